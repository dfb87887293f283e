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
        if (method_matches(&route->methods, method) && path_matches(route->path, path)) {
            return route;
        }
    }
    return NULL;
}

static void add_demand(struct demands *demands, const struct dw_route *route)
{
    for (size_t i = 0; i < demands->n; i++) {
        if (demands->routes[i] == route) {
            return;
        }
    }
    demands->routes[demands->n++] = route;
}

bool policy_route(const struct dw_policy *policy, const struct dw_request *request, char *buffer,
                  struct demands *demands)
{
    struct path path;
    struct dw_span read;

    demands->n = 0;
    if (!path_find(request->target, &path)) {
        return false;
    }
    for (unsigned reading = 0; reading < path.n_readings; reading++) {
        if (!path_read(&path, reading, buffer, &read)) {
            return false;
        }
        add_demand(demands, find_route(policy, request->method, read));
    }
    return true;
}

bool route_accepts(const struct dw_route *route, enum dw_scheme scheme)
{
    if (route == NULL || route->accept[0] == DW_SCHEME_NONE) {
        return scheme == DW_SCHEME_BEARER;
    }
    for (size_t i = 0; i < DW_SCHEMES_END && route->accept[i] != DW_SCHEME_NONE; i++) {
        if (route->accept[i] == scheme) {
            return true;
        }
    }
    return false;
}

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
