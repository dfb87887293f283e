/* SPDX-License-Identifier: Apache-2.0 */
#include "entries.h"

#include <string.h>

#include "forms.h"

/* Algorithms of RFC 7518 s3.2: their keys are secrets. */
#define SECRET_ALGS (DW_ALG_BIT(DW_ALG_HS256) | DW_ALG_BIT(DW_ALG_HS384) | DW_ALG_BIT(DW_ALG_HS512))

/* Our own issuer takes one place in the policy. */
#define TRUSTED_MAX (DW_TRUST_MAX - 1)

#define INTROSPECTION_TTL 60 /* seconds */

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

static int read_set(const struct reading *reading, const struct key *key, const struct node *node,
                    unsigned possible, unsigned *set)
{
    struct values values = values_of(node);
    const struct node *value;
    unsigned algs = 0;

    if (values.left == 0) {
        return refuse_value(reading, key, node);
    }
    for (value = values_take(&values); value != NULL; value = values_take(&values)) {
        enum dw_alg alg = DW_ALG_NONE;

        if (read_alg(reading, key, value, possible, &alg) != 0) {
            return -1;
        }
        if ((algs & DW_ALG_BIT(alg)) != 0) {
            return refuse(reading, value, "%s: expected each value once", key->name);
        }
        algs |= DW_ALG_BIT(alg);
    }
    *set = algs;
    return 0;
}

int read_algs(const struct reading *reading, const struct key *key, const struct node *node,
              void *member)
{
    return read_set(reading, key, node, ~0u, member);
}

int read_public_algs(const struct reading *reading, const struct key *key, const struct node *node,
                     void *member)
{
    return read_set(reading, key, node, ~SECRET_ALGS, member);
}

/* -- issuers ----------------------------------------------------------------------------------- */

static int read_audience(const struct reading *reading, const struct key *key,
                         const struct node *node, void *member)
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

/* A token is shown to its own issuer alone: which must be clear from how it begins. */
static bool are_told_apart(const struct trusted *earlier, const struct trusted *later)
{
    const struct dw_trust both[] = {earlier->trust, later->trust};
    const struct dw_policy part = {.trust = both, .n_trust = 2};
    const char *fault;

    return dw_policy_check(&part, &fault) == 0;
}

static int check_pair(const struct reading *reading, const struct trusted *earlier,
                      const struct trusted *later)
{
    if (strcmp(earlier->trust.issuer, later->trust.issuer) == 0) {
        return refuse(reading, value_of(later->node, "issuer"),
                      "issuer: expected once, and it stands on line %u already",
                      earlier->node->line);
    }
    if (!are_told_apart(earlier, later)) {
        return refuse(reading, value_of(later->node, "introspection"),
                      "introspection: expected a prefix that tells its tokens from those of line %u",
                      earlier->node->line);
    }
    return 0;
}

static int check_trusted(const struct reading *reading, const struct key *key,
                         const struct trusted *trusted, size_t at)
{
    const struct dw_policy part = {.trust = &trusted[at].trust, .n_trust = 1};

    if (check_part(reading, key, trusted[at].node, &part) != 0) {
        return -1;
    }
    for (size_t i = 0; i < at; i++) {
        if (check_pair(reading, &trusted[i], &trusted[at]) != 0) {
            return -1;
        }
    }
    return check_keys(reading, &trusted[at]);
}

static int read_introspection(const struct reading *reading, const struct key *key,
                              const struct node *node, void *member)
{
    struct trusted *trusted = member;

    trusted->keys.introspection_ttl = INTROSPECTION_TTL;
    return read_mapping(reading, key, node, member);
}

#define OF_TRUST(name) offsetof(struct trusted, name)

static const struct key INTROSPECTION_KEYS[] = {
    {.name = "url", .read = read_text, .member = OF_TRUST(keys.introspection),
     .fits = is_secure_url, .expected = SECURE_URL_EXPECTED, .required = true},
    {.name = "client_id", .read = read_text, .member = OF_TRUST(keys.client_id), .fits = is_text,
     .expected = "what the issuer knows this API as", .required = true},
    {.name = "client_secret_file", .read = read_path, .member = OF_TRUST(keys.client_secret_file),
     .fits = is_path, .expected = PATH_EXPECTED, .required = true},
    {.name = "ttl", .read = read_duration, .member = OF_TRUST(keys.introspection_ttl), .least = 1,
     .most = INTROSPECTION_TTL, .expected = "1s to 60s"},
    {.name = "prefix", .read = read_text, .member = OF_TRUST(trust.opaque_prefix),
     .fits = is_parameter, .expected = "what this issuer's opaque tokens begin with"},
    {.name = NULL},
};

const struct key TRUST_KEYS[] = {
    {.name = "issuer", .read = read_text, .member = OF_TRUST(trust.issuer), .fits = is_text,
     .expected = "the issuer, as its tokens name it in iss", .required = true},
    {.name = "audience", .read = read_audience, .member = OF_TRUST(trust), .fits = is_text,
     .expected = "the name of this API, a list of names, or `any`", .required = true},
    {.name = "algorithms", .read = read_algs, .member = OF_TRUST(trust.algorithms),
     .fits = is_text, .expected = "names such as RS256, PS256, ES256, EdDSA, one or a list"},
    {.name = "jwks", .read = read_text, .member = OF_TRUST(keys.jwks_url), .fits = is_secure_url,
     .expected = SECURE_URL_EXPECTED},
    {.name = "jwks_file", .read = read_path, .member = OF_TRUST(keys.jwks_file), .fits = is_path,
     .expected = PATH_EXPECTED},
    {.name = "introspection", .read = read_introspection, .keys = INTROSPECTION_KEYS,
     .expected = "a mapping with url, client_id and client_secret_file"},
    {.name = NULL},
};

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
    trusted = config_arena_take(reading->arena, node->n, sizeof *trusted);
    if (trusted == NULL) {
        return -1;
    }
    for (const struct node *at = node->first; at != NULL; at = at->next, n++) {
        trusted[n].node = at;
        if (read_mapping(reading, key, at, &trusted[n]) != 0) {
            return -1;
        }
        trusted[n].trust.fixed_keys = trusted[n].keys.jwks_file != NULL;
        trusted[n].trust.introspects = trusted[n].keys.introspection != NULL;
        if (check_trusted(reading, key, trusted, n) != 0) {
            return -1;
        }
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

