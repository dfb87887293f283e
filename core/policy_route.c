/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <string.h>

/* -- The pattern ----------------------------------------------------------------------------------- */

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
    if (!fits_text(path) || path[0] != '/') {
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

/* -- What is demanded ------------------------------------------------------------------------------ */

/* A name the pattern has once, so that it says which segment is meant. */
static bool names_segment(const char *path, struct dw_span name)
{
    struct dw_span rest = dw_span_of(path);
    struct dw_span segment;
    size_t n = 0;

    while (span_word(&rest, '/', &segment)) {
        n += segment.len == name.len + 2 && segment.at[0] == '{' &&
                     memcmp(segment.at + 1, name.at, name.len) == 0
                 ? 1
                 : 0;
    }
    return n == 1;
}

static const char *fault_of_demand(const struct dw_route *route, const struct dw_demand *demand)
{
    struct dw_span rest, piece;
    bool is_segment;

    if (!fits_text(demand->claim) || !fits_text(demand->value)) {
        return "a claim and its value are printable texts";
    }
    rest = dw_span_of(demand->value);
    while (demand_piece(&rest, &piece, &is_segment)) {
        if (is_segment && !names_segment(route->path, piece)) {
            return "{path.NAME} stands for a segment that the route's path calls {NAME}, once";
        }
    }
    return rest.len == 0 ? NULL : "a brace in a claim's value begins {path.NAME}";
}

static const char *fault_of_require(const struct dw_route *route)
{
    const char *fault = NULL;

    if (route->n_require > DW_LIST_MAX) {
        return "a route requires at most 64 claims";
    }
    for (size_t i = 0; fault == NULL && i < route->n_require; i++) {
        fault = fault_of_demand(route, &route->require[i]);
    }
    return fault;
}

static const char *fault_of_scopes(const struct dw_route *route)
{
    if (!fit_all(&route->scope, fits_word) || !fit_all(&route->scope_any, fits_word)) {
        return "a scope is printable, without spaces, quotes or backslashes (RFC 6749 s3.3)";
    }
    if (list_bytes(&route->scope) + list_bytes(&route->scope_any) > DW_SCOPE_MAX) {
        return "the scopes of a route are longer than 2048 bytes together";
    }
    return NULL;
}

static const char *fault_of_stepup(const struct dw_route *route)
{
    if (!fit_all(&route->acr, fits_word)) {
        return "an acr is printable, without spaces, quotes or backslashes (RFC 9470 s3)";
    }
    if (list_bytes(&route->acr) > DW_SCOPE_MAX) {
        return "the acr values of a route are longer than 2048 bytes together";
    }
    return route->max_age < 0 ? "max_age is a number of seconds" : NULL;
}

static const char *fault_of_open(const struct dw_route *route)
{
    if (route->scope.n + route->scope_any.n > 0) {
        return "a route open to anyone cannot ask for a scope";
    }
    if (route->audience.n + route->acr.n + route->n_require > 0 || route->max_age != 0) {
        return "a route open to anyone cannot demand anything";
    }
    return route->hide ? "a route open to anyone cannot hide" : NULL;
}

static const char *fault_of_demands(const struct dw_route *route)
{
    const char *fault = fault_of_scopes(route);

    if (fault == NULL) {
        fault = fault_of_stepup(route);
    }
    if (fault == NULL && !fit_all(&route->audience, fits_text)) {
        fault = "audiences are at most 64 printable texts";
    }
    return fault == NULL ? fault_of_require(route) : fault;
}

/* -- The rest -------------------------------------------------------------------------------------- */

static bool is_cors_origin(const char *text)
{
    return fits_origin(text) || (text != NULL && strcmp(text, "*") == 0);
}

static const char *fault_of_settings(const struct dw_route *route)
{
    const struct dw_list *lists[] = {&route->methods, &route->scope,    &route->scope_any,
                                     &route->acr,     &route->audience, &route->cors.origins};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (lists[i]->n > DW_LIST_MAX) {
            return "a list is longer than 64";
        }
    }
    if (!fit_all(&route->methods, fits_name)) {
        return "a method is a token, such as GET (RFC 9110 s9.1)";
    }
    if (route->malformed != 0 && route->malformed != 400 && route->malformed != 401) {
        return "malformed is 400 or 401";
    }
    if (!fit_all(&route->cors.origins, is_cors_origin)) {
        return "an origin is scheme://host[:port] in small letters, or * for all";
    }
    return route->anyone ? fault_of_open(route) : NULL;
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

const char *fault_of_route(const struct dw_route *route)
{
    const char *fault = fault_of_path(route->path);

    if (fault == NULL) {
        fault = fault_of_settings(route);
    }
    if (fault == NULL) {
        fault = fault_of_demands(route);
    }
    return fault == NULL ? fault_of_accept(route->accept) : fault;
}
