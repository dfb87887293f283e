/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <string.h>

static size_t end_of_segment(struct dw_span path, size_t at)
{
    while (at < path.len && path.at[at] != '/') {
        at++;
    }
    return at;
}

/* Side by side, from slash to slash: most patterns part from the path at their first letters. */
static bool path_matches(const char *pattern, struct dw_span path)
{
    size_t at = 0;

    while (at < path.len && *pattern != '\0') {
        if (*pattern != path.at[at]) {
            return false;
        }
        pattern++;
        at++;
        if (pattern[-1] != '/' || (*pattern != '*' && *pattern != '{')) {
            continue;
        }
        if (pattern[0] == '*' && pattern[1] == '*') {
            return true;
        }
        const size_t end = end_of_segment(path, at);
        if (end == at) {
            return false;
        }
        at = end;
        pattern += strcspn(pattern, "/");
    }
    return at == path.len && (*pattern == '\0' || strcmp(pattern, "/**") == 0);
}

/* Most patterns differ from a path in their first letter: what a rule's turn costs is to see that. */
static bool may_match(const char *pattern, struct dw_span path)
{
    return path.len < 2 || pattern[0] == '\0' || pattern[1] == path.at[1] || pattern[1] == '*' ||
           pattern[1] == '{';
}

/* What may be got may be looked at: a rule for GET is one for HEAD (RFC 9110 s9.3.2). */
static bool method_matches(const struct dw_list *methods, struct dw_span method)
{
    if (methods->n == 0) {
        return true;
    }
    if (dw_span_equal(method, DW_SPAN("HEAD"))) {
        method = DW_SPAN("GET");
    }
    for (size_t i = 0; i < methods->n; i++) {
        struct dw_span listed = dw_span_of(methods->items[i]);
        if (dw_span_equal(listed, DW_SPAN("HEAD"))) {
            listed = DW_SPAN("GET");
        }
        if (dw_span_equal(listed, method)) {
            return true;
        }
    }
    return false;
}

static const struct dw_route *find_route(const struct dw_policy *policy, struct dw_span method,
                                         struct dw_span path)
{
    for (size_t i = 0; i < policy->n_routes; i++) {
        const struct dw_route *route = &policy->routes[i];
        if (may_match(route->path, path) && path_matches(route->path, path) &&
            method_matches(&route->methods, method)) {
            return route;
        }
    }
    return NULL;
}

static void add_demand(struct demands *demands, const struct dw_route *route, unsigned reading)
{
    size_t at = 0;

    while (at < demands->n && demands->routes[at] != route) {
        at++;
    }
    if (at == demands->n) {
        demands->routes[at] = route;
        demands->readings[at] = 0;
        demands->n++;
    }
    demands->readings[at] |= UINT64_C(1) << reading;
}

bool policy_route(const struct dw_policy *policy, const struct dw_request *request, char *buffer,
                  struct demands *demands)
{
    struct dw_span read;

    demands->n = 0;
    if (!path_find(request->target, &demands->path)) {
        return false;
    }
    for (unsigned reading = 0; reading < demands->path.n_readings; reading++) {
        if (!path_read(&demands->path, reading, buffer, &read)) {
            return false;
        }
        add_demand(demands, find_route(policy, request->method, read), reading);
    }
    return true;
}

/* -- What it offers ----------------------------------------------------------------------------- */

enum dw_scheme route_offers(const struct dw_route *route, size_t at)
{
    if (route == NULL || route->accept[0] == DW_SCHEME_NONE) {
        return at == 0 ? DW_SCHEME_BEARER : DW_SCHEME_NONE;
    }
    return at < DW_SCHEMES_END ? route->accept[at] : DW_SCHEME_NONE;
}

bool route_accepts(const struct dw_route *route, enum dw_scheme scheme)
{
    enum dw_scheme offered = route_offers(route, 0);

    for (size_t at = 1; offered != DW_SCHEME_NONE && offered != scheme; at++) {
        offered = route_offers(route, at);
    }
    return offered == scheme && scheme != DW_SCHEME_NONE;
}

/* -- What it demands ---------------------------------------------------------------------------- */

static bool has_scope(struct dw_span scope, struct dw_span wanted)
{
    struct dw_span word;

    while (span_word(&scope, ' ', &word)) {
        if (dw_span_equal(word, wanted)) {
            return true;
        }
    }
    return false;
}

static size_t count_scopes(struct dw_span scope, const struct dw_list *wanted)
{
    size_t n = 0;

    for (size_t i = 0; i < wanted->n; i++) {
        n += has_scope(scope, dw_span_of(wanted->items[i])) ? 1 : 0;
    }
    return n;
}

bool scope_suffices(struct dw_span scope, const struct dw_route *route, struct dw_span place)
{
    struct dw_span word;

    while (span_word(&place, ' ', &word)) {
        if (word.len > 0 && !has_scope(scope, word)) {
            return false;
        }
    }
    if (route == NULL) {
        return true;
    }
    return count_scopes(scope, &route->scope) == route->scope.n &&
           (route->scope_any.n == 0 || count_scopes(scope, &route->scope_any) > 0);
}

static bool is_named(struct dw_span segment, struct dw_span name)
{
    return segment.len == name.len + 2 && segment.at[0] == '{' &&
           dw_span_equal((struct dw_span){segment.at + 1, name.len}, name);
}

/* Pattern and path have their segments at the same places: ** stands at the end only. */
struct dw_span route_segment(const struct dw_route *route, struct dw_span path, struct dw_span name)
{
    struct dw_span pattern = dw_span_of(route->path);
    struct dw_span wanted, segment;

    while (span_word(&pattern, '/', &wanted) && span_word(&path, '/', &segment)) {
        if (is_named(wanted, name)) {
            return segment;
        }
    }
    return SPAN_NONE;
}

bool demand_piece(struct dw_span *rest, struct dw_span *piece, bool *is_name)
{
    static const struct dw_span OPENING = {"{path.", 6};
    const char *brace = rest->len == 0 ? NULL : memchr(rest->at, '{', rest->len);
    const size_t literal = brace == NULL ? rest->len : (size_t)(brace - rest->at);

    if (literal > 0) {
        *piece = (struct dw_span){rest->at, literal};
        *is_name = false;
        *rest = span_from(*rest, literal);
        return true;
    }
    if (rest->len <= OPENING.len ||
        !dw_span_equal((struct dw_span){rest->at, OPENING.len}, OPENING)) {
        return false;
    }
    const struct dw_span name = span_from(*rest, OPENING.len);
    const char *end = memchr(name.at, '}', name.len);
    if (end == NULL || end == name.at) {
        return false;
    }
    *piece = (struct dw_span){name.at, (size_t)(end - name.at)};
    *is_name = true;
    *rest = span_from(name, piece->len + 1);
    return true;
}
