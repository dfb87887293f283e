/* SPDX-License-Identifier: Apache-2.0 */
#include "entries.h"

#include <string.h>

#include "forms.h"

#define YEAR (365 * 24 * 3600) /* seconds */

/* -- what a route demands ------------------------------------------------------------------------ */

static int read_pattern(const struct reading *reading, const struct key *key,
                        const struct node *node, void *member)
{
    struct dw_route route = {.path = NULL};
    const char *fault;

    if (read_text(reading, key, node, &route.path) != 0) {
        return -1;
    }
    if (dw_route_check(&route, &fault) != 0) {
        return refuse(reading, node, "%s: %s", key->name, fault);
    }
    *(const char **)member = route.path;
    return 0;
}

static int read_allow(const struct reading *reading, const struct key *key, const struct node *node,
                      void *member)
{
    const bool is_text = node->kind == NODE_PLAIN || node->kind == NODE_QUOTED;

    if (!is_text || !dw_span_equal(node->text, DW_SPAN("anyone"))) {
        return refuse_value(reading, key, node);
    }
    *(bool *)member = true;
    return 0;
}

static enum dw_scheme scheme_of(struct dw_span name)
{
    for (unsigned i = DW_SCHEME_NONE + 1; i < DW_SCHEMES_END; i++) {
        if (dw_span_equal(name, dw_span_of(dw_scheme_name((enum dw_scheme)i)))) {
            return (enum dw_scheme)i;
        }
    }
    return DW_SCHEME_NONE;
}

static int read_accept(const struct reading *reading, const struct key *key,
                       const struct node *node, void *member)
{
    enum dw_scheme *accept = member;
    struct values values;
    struct dw_list names;

    if (read_texts(reading, key, node, &names) != 0) {
        return -1;
    }
    values = values_of(node);
    for (size_t i = 0; i < names.n; i++) {
        const struct node *value = values_take(&values);
        const enum dw_scheme scheme = scheme_of(value->text);

        if (scheme == DW_SCHEME_NONE) {
            return refuse_value(reading, key, value);
        }
        accept[i] = scheme;
    }
    return 0;
}

static int read_demand(const struct reading *reading, const struct key *key,
                       const struct node *claim, struct dw_demand *demand)
{
    if (!is_scope(claim->text)) {
        return refuse(reading, claim, "%s: expected the name of a claim, without spaces",
                      key->name);
    }
    if (read_text(reading, key, claim, &demand->claim) != 0) {
        return -1;
    }
    return read_text(reading, key, claim->next, &demand->value);
}

/* A mapping whose keys are names of claims. */
static int read_require(const struct reading *reading, const struct key *key,
                        const struct node *node, void *member)
{
    struct dw_route *route = member;
    struct dw_demand *demands;
    size_t n = 0;

    if (node->kind != NODE_MAPPING || node->n == 0) {
        return refuse_value(reading, key, node);
    }
    if (node->n / 2 > DW_LIST_MAX) {
        return refuse(reading, node, "%s: expected at most %d claims", key->name, DW_LIST_MAX);
    }
    demands = config_arena_take(reading->arena, node->n / 2, sizeof *demands);
    if (demands == NULL) {
        return -1;
    }
    for (const struct node *at = node->first; at != NULL; at = at->next->next, n++) {
        if (read_demand(reading, key, at, &demands[n]) != 0) {
            return -1;
        }
        if (value_of(node, demands[n].claim) != at->next) {
            return refuse(reading, at, "%s: expected each claim once", key->name);
        }
    }
    route->require = demands;
    route->n_require = n;
    return 0;
}

static int read_cors(const struct reading *reading, const struct key *key, const struct node *node,
                     void *member)
{
    struct dw_cors *cors = member;

    if (node->kind == NODE_MAPPING) {
        return read_mapping(reading, key, node, cors);
    }
    return read_texts(reading, key, node, &cors->origins);
}

/* -- the keys ---------------------------------------------------------------------------------- */

#define OF_ROUTE(name) offsetof(struct dw_route, name)

static const struct key CORS_KEYS[] = {
    {.name = "origins", .read = read_texts, .member = offsetof(struct dw_cors, origins),
     .fits = is_cors_origin, .expected = WEB_ORIGIN_EXPECTED ", a list, or \"*\"",
     .required = true},
    {.name = NULL},
};

const struct key ROUTE_KEYS[] = {
    {.name = "path", .read = read_pattern, .member = OF_ROUTE(path), .fits = is_text,
     .expected = "a path, such as /reports, /reports/* or /reports/**", .required = true},
    {.name = "methods", .read = read_texts, .member = OF_ROUTE(methods), .fits = is_method,
     .expected = "a method in capitals, such as GET, or a list"},
    {.name = "allow", .read = read_allow, .member = OF_ROUTE(anyone), .fits = is_text,
     .expected = "anyone"},
    {.name = "accept", .read = read_accept, .member = OF_ROUTE(accept), .fits = is_text,
     .expected = "bearer, basic, digest, apikey, cookie, certificate or dpop, or a list of them"},
    {.name = "audience", .read = read_texts, .member = OF_ROUTE(audience), .fits = is_text,
     .expected = "the name of this API, or a list of names"},
    {.name = "scope", .read = read_texts, .member = OF_ROUTE(scope), .fits = is_scope,
     .expected = "a scope without spaces, or a list"},
    {.name = "scope_any", .read = read_texts, .member = OF_ROUTE(scope_any), .fits = is_scope,
     .expected = "a scope without spaces, or a list"},
    {.name = "require", .read = read_require, .fits = is_text,
     .expected = "claims and the values they must have, such as {tenant: \"{path.tenant}\"}"},
    {.name = "max_age", .read = read_duration, .member = OF_ROUTE(max_age), .least = 1,
     .most = YEAR, .expected = "1s or more, such as 10m"},
    {.name = "acr", .read = read_texts, .member = OF_ROUTE(acr), .fits = is_scope,
     .expected = "a name of how to sign in without spaces, or a list"},
    {.name = "malformed", .read = read_number, .member = OF_ROUTE(malformed), .least = 400,
     .most = 401, .expected = "400 or 401"},
    {.name = "hide", .read = read_switch, .member = OF_ROUTE(hide), .expected = "true or false"},
    {.name = "cors", .read = read_cors, .member = OF_ROUTE(cors), .keys = CORS_KEYS,
     .fits = is_cors_origin, .expected = WEB_ORIGIN_EXPECTED ", a list, or \"*\""},
    {.name = NULL},
};

/* -- all of them ------------------------------------------------------------------------------- */

/* The parts of a route that can be wrong by themselves. */
static const struct {
    const char *key;
    size_t at, end;
} PARTS[] = {
#define PART(name) OF_ROUTE(name), OF_ROUTE(name) + sizeof(((struct dw_route *)NULL)->name)
    {"methods", PART(methods)},
    {"accept", PART(accept)},
    {"audience", PART(audience)},
    {"scope", PART(scope)},
    {"scope_any", PART(scope_any)},
    {"require", OF_ROUTE(require), OF_ROUTE(n_require) + sizeof(size_t)},
    {"acr", PART(acr)},
    {"max_age", PART(max_age)},
    {"cors", PART(cors)},
#undef PART
};

/* The key whose value would be wrong in any route of that path; NULL: several do not go together. */
static const char *find_part(const struct dw_route *route, const char **fault)
{
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        struct dw_route part = {.path = route->path};

        memcpy((char *)&part + PARTS[i].at, (const char *)route + PARTS[i].at,
               PARTS[i].end - PARTS[i].at);
        if (dw_route_check(&part, fault) != 0) {
            return PARTS[i].key;
        }
    }
    return NULL;
}

static int check_route(const struct reading *reading, const struct node *node,
                       const struct dw_route *route)
{
    const char *fault;

    if (route->anyone && route->accept[0] != DW_SCHEME_NONE) {
        return refuse(reading, value_of(node, "accept"),
                      "accept: expected either this or allow: anyone");
    }
    if (dw_route_check(route, &fault) != 0) {
        const char *part = find_part(route, &fault);

        return part == NULL ? refuse(reading, node, "route: %s", fault)
                            : refuse(reading, value_of(node, part), "%s: %s", part, fault);
    }
    return 0;
}

int read_routes(const struct reading *reading, const struct key *key, const struct node *node,
                void *member)
{
    struct draft *draft = member;
    struct dw_route *routes;
    size_t n = 0;

    if (node->kind != NODE_LIST) {
        return refuse_value(reading, key, node);
    }
    if (node->n > DW_ROUTES_MAX) {
        return refuse(reading, node, "%s: expected at most %d routes", key->name, DW_ROUTES_MAX);
    }
    routes = config_arena_take(reading->arena, node->n, sizeof *routes);
    if (routes == NULL) {
        return -1;
    }
    for (const struct node *at = node->first; at != NULL; at = at->next, n++) {
        if (read_mapping(reading, key, at, &routes[n]) != 0 ||
            check_route(reading, at, &routes[n]) != 0) {
            return -1;
        }
    }
    draft->config.policy.routes = routes;
    draft->config.policy.n_routes = n;
    return 0;
}
