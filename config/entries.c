/* SPDX-License-Identifier: Apache-2.0 */
#include "entries.h"

#include <string.h>

#include "forms.h"

/* Algorithms of RFC 7518 s3.2: their keys are secrets. */
#define SECRET_ALGS (DW_ALG_BIT(DW_ALG_HS256) | DW_ALG_BIT(DW_ALG_HS384) | DW_ALG_BIT(DW_ALG_HS512))

/* Our own issuer takes one place in the policy. */
#define TRUSTED_MAX (DW_TRUST_MAX - 1)

/* -- algorithms -------------------------------------------------------------------------------- */

static int read_alg(const struct reading *reading, const struct key *key, const struct node *node,
                    unsigned possible, enum dw_alg *alg)
{
    const char *name;
    enum dw_alg found;

    if (read_text(reading, key, node, &name) != 0) {
        return -1;
    }
    found = dw_alg_find(dw_span_of(name));
    if (found == DW_ALG_NONE || (possible & DW_ALG_BIT(found)) == 0) {
        return refuse_value(reading, key, node);
    }
    *alg = found;
    return 0;
}

int read_own_alg(const struct reading *reading, const struct key *key, const struct node *node,
                 void *member)
{
    const unsigned possible = DW_ALG_BIT(DW_ALG_ES256) | DW_ALG_BIT(DW_ALG_ES384) |
                              DW_ALG_BIT(DW_ALG_ES512) | DW_ALG_BIT(DW_ALG_RS256) |
                              DW_ALG_BIT(DW_ALG_EdDSA);

    return read_alg(reading, key, node, possible, member);
}

int read_algs(const struct reading *reading, const struct key *key, const struct node *node,
              void *member)
{
    struct values values = values_of(node);
    const struct node *value;
    unsigned algs = 0;

    if (values.left == 0) {
        return refuse_value(reading, key, node);
    }
    for (value = values_take(&values); value != NULL; value = values_take(&values)) {
        enum dw_alg alg = DW_ALG_NONE;

        if (read_alg(reading, key, value, ~0u, &alg) != 0) {
            return -1;
        }
        if ((algs & DW_ALG_BIT(alg)) != 0) {
            return refuse(reading, value, "%s: expected each value once", key->name);
        }
        algs |= DW_ALG_BIT(alg);
    }
    *(unsigned *)member = algs;
    return 0;
}

/* -- issuers ----------------------------------------------------------------------------------- */

int read_audience(const struct reading *reading, const struct key *key, const struct node *node,
                  void *member)
{
    struct dw_trust *trust = member;
    struct values values = values_of(node);
    const struct node *value;

    if (is_word(node, "any")) {
        trust->any_audience = true;
        return 0;
    }
    for (value = values_take(&values); value != NULL; value = values_take(&values)) {
        if (is_word(value, "any")) {
            return refuse(reading, value, "%s: expected `any` alone, or names alone", key->name);
        }
    }
    return read_texts(reading, key, node, &trust->audiences);
}

static int check_keys(const struct reading *reading, const struct trusted *trusted)
{
    const struct node *node = trusted->node;
    const struct config_keys *keys = &trusted->keys;

    if (keys->jwks_url != NULL && keys->jwks_file != NULL) {
        return refuse(reading, value_of(node, "jwks_file"),
                      "jwks_file: expected either jwks or jwks_file, not both");
    }
    if (keys->jwks_file == NULL && (trusted->trust.algorithms & SECRET_ALGS) != 0) {
        return refuse(reading, value_of(node, "algorithms"),
                      "algorithms: expected jwks_file beside HS256, HS384 or HS512: "
                      "a published key is no secret");
    }
    if (keys->jwks_url == NULL && keys->jwks_file == NULL &&
        !is_discoverable_url(dw_span_of(trusted->trust.issuer))) {
        return refuse(reading, value_of(node, "issuer"),
                      "issuer: expected an https URL (http for this machine alone) to find its "
                      "keys at, or jwks or jwks_file");
    }
    return 0;
}

static int check_trusted(const struct reading *reading, const struct trusted *trusted, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(trusted[i].trust.issuer, trusted[at].trust.issuer) == 0) {
            return refuse(reading, value_of(trusted[at].node, "issuer"),
                          "issuer: expected once, and it stands on line %u already",
                          trusted[i].node->line);
        }
    }
    return check_keys(reading, &trusted[at]);
}

int read_trust(const struct reading *reading, const struct key *key, const struct node *node,
               void *member)
{
    struct draft *draft = member;
    struct trusted *trusted;
    size_t n = 0;

    if (node->kind != NODE_LIST) {
        return refuse_value(reading, key, node);
    }
    if (node->n > TRUSTED_MAX) {
        return refuse(reading, node, "%s: expected at most %d issuers", key->name, TRUSTED_MAX);
    }
    trusted = arena_take(reading->arena, node->n, sizeof *trusted);
    if (trusted == NULL) {
        return -1;
    }
    for (const struct node *at = node->first; at != NULL; at = at->next, n++) {
        trusted[n].node = at;
        if (read_mapping(reading, key, at, &trusted[n]) != 0 ||
            check_trusted(reading, trusted, n) != 0) {
            return -1;
        }
        trusted[n].trust.fixed_keys = trusted[n].keys.jwks_file != NULL;
    }
    draft->trusted = trusted;
    draft->n_trusted = n;
    return 0;
}

int read_issuer(const struct reading *reading, const struct key *key, const struct node *node,
                void *member)
{
    struct draft *draft = member;

    draft->issuer = node;
    if (is_word(node, "true") || is_word(node, "false")) {
        draft->config.issuer.enabled = is_word(node, "true");
        return 0;
    }
    draft->config.issuer.enabled = true;
    return read_mapping(reading, key, node, &draft->config.issuer);
}

/* -- routes ------------------------------------------------------------------------------------ */

int read_pattern(const struct reading *reading, const struct key *key, const struct node *node,
                 void *member)
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

int read_allow(const struct reading *reading, const struct key *key, const struct node *node,
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

int read_accept(const struct reading *reading, const struct key *key, const struct node *node,
                void *member)
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

static int check_route(const struct reading *reading, const struct node *node,
                       const struct dw_route *route)
{
    const char *fault;

    if (route->anyone && route->accept[0] != DW_SCHEME_NONE) {
        return refuse(reading, value_of(node, "accept"),
                      "accept: expected either this or allow: anyone");
    }
    if (dw_route_check(route, &fault) != 0) {
        return refuse(reading, node, "route: %s", fault);
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
    routes = arena_take(reading->arena, node->n, sizeof *routes);
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
