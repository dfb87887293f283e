/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <string.h>

static bool is_text(const char *text)
{
    const size_t len = text == NULL ? 0 : strnlen(text, DW_TEXT_MAX + 1);

    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e) {
            return false;
        }
    }
    return len > 0 && len <= DW_TEXT_MAX;
}

/* RFC 6749 s3.3. */
static bool is_scope(const char *text)
{
    return is_text(text) && strpbrk(text, " \"\\") == NULL;
}

static bool is_method(const char *text)
{
    size_t at = 0;
    const struct dw_span span = is_text(text) ? dw_span_of(text) : DW_SPAN("");
    const struct dw_span token = read_token(span, &at);
    return token.len > 0 && token.len == span.len;
}

static bool are_all(const struct dw_list *list, bool (*is_fine)(const char *text))
{
    for (size_t i = 0; i < list->n; i++) {
        if (!is_fine(list->items[i])) {
            return false;
        }
    }
    return true;
}

static size_t list_bytes(const struct dw_list *list)
{
    size_t bytes = 0;

    for (size_t i = 0; i < list->n; i++) {
        bytes += strlen(list->items[i]) + 1;
    }
    return bytes;
}

static const char *fault_of_segment(struct dw_span segment, bool last)
{
    if (dw_span_equal(segment, DW_SPAN(".")) || dw_span_equal(segment, DW_SPAN(".."))) {
        return "a path has no dot segments";
    }
    if (dw_span_equal(segment, DW_SPAN("**"))) {
        return last ? NULL : "** stands only at the end of a path";
    }
    if (segment.at[0] == '{') {
        return memchr(segment.at, '}', segment.len) == segment.at + segment.len - 1
                   ? NULL
                   : "a name in braces is a whole segment: {name}";
    }
    if (memchr(segment.at, '*', segment.len) != NULL && segment.len > 1) {
        return "* is a whole segment";
    }
    return NULL;
}

static const char *fault_of_path(const char *path)
{
    if (!is_text(path) || path[0] != '/') {
        return "a path begins with / and is printable";
    }
    if (strpbrk(path, "%?#;\\ ") != NULL) {
        return "a path is written decoded: no %, ?, #, ; or backslash";
    }
    struct dw_span rest = span_from(dw_span_of(path), 1);
    struct dw_span segment;
    if (strstr(path, "//") != NULL || (rest.len > 0 && rest.at[rest.len - 1] == '/')) {
        return "a path has no empty segment, and no slash at its end";
    }
    while (span_word(&rest, '/', &segment)) {
        const char *fault = fault_of_segment(segment, rest.len == 0);
        if (fault != NULL) {
            return fault;
        }
    }
    return NULL;
}

static const char *fault_of_accept(const enum dw_scheme *accept)
{
    unsigned seen = 0;

    for (size_t i = 0; i < DW_SCHEMES_END && accept[i] != DW_SCHEME_NONE; i++) {
        if ((unsigned)accept[i] >= DW_SCHEMES_END || (seen & (1u << accept[i])) != 0) {
            return "a route accepts each scheme once";
        }
        seen |= 1u << accept[i];
    }
    return NULL;
}

static const char *fault_of_route(const struct dw_route *route)
{
    const struct dw_list *lists[] = {&route->methods, &route->scope, &route->scope_any};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (lists[i]->n > DW_LIST_MAX) {
            return "a list is longer than 64";
        }
    }
    if (!are_all(&route->methods, is_method)) {
        return "a method is a token, such as GET (RFC 9110 s9.1)";
    }
    if (!are_all(&route->scope, is_scope) || !are_all(&route->scope_any, is_scope)) {
        return "a scope is printable, without spaces, quotes or backslashes (RFC 6749 s3.3)";
    }
    if (list_bytes(&route->scope) + list_bytes(&route->scope_any) > DW_SCOPE_MAX) {
        return "the scopes of a route are longer than 2048 bytes together";
    }
    if (route->anyone && route->scope.n + route->scope_any.n > 0) {
        return "a route open to anyone cannot ask for a scope";
    }
    const char *fault = fault_of_path(route->path);
    return fault != NULL ? fault : fault_of_accept(route->accept);
}

static const char *fault_of_trust(const struct dw_trust *trust)
{
    if (!is_text(trust->issuer)) {
        return "an issuer is a printable text";
    }
    if (trust->audiences.n > DW_LIST_MAX || !are_all(&trust->audiences, is_text)) {
        return "audiences are at most 64 printable texts";
    }
    if (trust->any_audience == (trust->audiences.n > 0)) {
        return "an issuer has either audiences or any_audience";
    }
    if ((trust->algorithms & 1u) != 0 || trust->algorithms >= DW_ALG_BIT(DW_ALGS_END)) {
        return "an issuer's algorithms are a set of DW_ALG_BIT";
    }
    return NULL;
}

static const char *fault_of_settings(const struct dw_policy *policy)
{
    if (policy->realm != NULL && !is_text(policy->realm)) {
        return "a realm is a printable text";
    }
    if (policy->malformed != 0 && policy->malformed != 400 && policy->malformed != 401) {
        return "malformed is 400 or 401";
    }
    if (policy->leeway < 0 || policy->leeway > DW_LEEWAY_MAX) {
        return "leeway is 0 to 60 seconds";
    }
    if (policy->n_trust > DW_TRUST_MAX || policy->n_routes > DW_ROUTES_MAX) {
        return "a policy has at most 64 issuers and 1024 routes";
    }
    return NULL;
}

static bool is_issuer_repeated(const struct dw_policy *policy, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(policy->trust[i].issuer, policy->trust[at].issuer) == 0) {
            return true;
        }
    }
    return false;
}

static const char *fault_of_policy(const struct dw_policy *policy)
{
    const char *fault = fault_of_settings(policy);

    for (size_t i = 0; fault == NULL && i < policy->n_trust; i++) {
        fault = fault_of_trust(&policy->trust[i]);
        if (fault == NULL && is_issuer_repeated(policy, i)) {
            fault = "an issuer is trusted once";
        }
    }
    for (size_t i = 0; fault == NULL && i < policy->n_routes; i++) {
        fault = fault_of_route(&policy->routes[i]);
    }
    return fault;
}

static int report(const char *found, const char **fault)
{
    if (found == NULL) {
        return 0;
    }
    *fault = found;
    return DW_ERR_POLICY;
}

int dw_policy_check(const struct dw_policy *policy, const char **fault)
{
    return report(fault_of_policy(policy), fault);
}

int dw_route_check(const struct dw_route *route, const char **fault)
{
    return report(fault_of_route(route), fault);
}
