/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static bool segment_matches(struct dw_span pattern, struct dw_span segment)
{
    const bool any = dw_span_equal(pattern, DW_SPAN("*")) || (pattern.len > 0 && *pattern.at == '{');
    return any ? segment.len > 0 : dw_span_equal(pattern, segment);
}

static bool path_matches(const char *pattern, struct dw_span path)
{
    struct dw_span patterns = span_from(dw_span_of(pattern), 1);
    struct dw_span segments = path;
    struct dw_span wanted, segment;

    if (path.len == 0 || path.at[0] != '/') {
        return false;
    }
    segments = span_from(segments, 1);
    while (span_word(&patterns, '/', &wanted)) {
        if (dw_span_equal(wanted, DW_SPAN("**"))) {
            return true;
        }
        if (!span_word(&segments, '/', &segment) || !segment_matches(wanted, segment)) {
            return false;
        }
    }
    return segments.len == 0;
}

/* What may be got may be looked at: a rule for GET is one for HEAD (RFC 9110 s9.3.2). */
static bool method_matches(const struct dw_list *methods, struct dw_span method)
{
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
    return methods->n == 0;
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
    demands->n = 0;
    for (unsigned reading = 0; reading < PATH_READINGS_MAX; reading++) {
        struct dw_span path;
        const enum path_result result = path_read(request->target, reading, buffer, &path);
        if (result == PATH_BROKEN) {
            return false;
        }
        if (result == PATH_NO_MORE) {
            break;
        }
        add_demand(demands, find_route(policy, request->method, path));
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
