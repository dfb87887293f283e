/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define ALL_HS (DW_ALG_BIT(DW_ALG_HS256) | DW_ALG_BIT(DW_ALG_HS384) | DW_ALG_BIT(DW_ALG_HS512))

/* -- Reading a set ------------------------------------------------------------------------------- */

/* What cannot be used is left out (RFC 7517 s5). */
static int read_keys(const struct json *json, const struct json_node *list, bool secrets,
                     struct dw_keys *keys)
{
    for (const struct json_node *node = json_first(list); node != NULL && keys->n_keys < DW_KEYS_MAX;
         node = json_next(list, node)) {
        const int error = jwk_read(json, node, secrets ? JWK_VERIFY_OCT : JWK_VERIFY,
                                   &keys->keys[keys->n_keys]);

        if (error == DW_ERR_MEMORY) {
            return error;
        }
        if (error == 0) {
            keys->n_keys++;
        }
    }
    return 0;
}

static size_t count_items(const struct json_node *list)
{
    size_t n = 0;

    for (const struct json_node *node = json_first(list); node != NULL && n < DW_KEYS_MAX;
         node = json_next(list, node)) {
        n++;
    }
    return n;
}

static int make_keys(const struct json *json, bool secrets, struct dw_keys **keys)
{
    const struct json_node *list = json_member(json, json_root(json), "keys");
    struct dw_keys *made;
    int error;

    if (list == NULL || list->type != JSON_ARRAY) {
        return DW_ERR_SYNTAX;
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return DW_ERR_MEMORY;
    }
    made->keys = calloc(count_items(list) + 1, sizeof(*made->keys));
    error = made->keys != NULL ? read_keys(json, list, secrets, made) : DW_ERR_MEMORY;
    if (error != 0) {
        dw_keys_free(made);
        return error;
    }
    *keys = made;
    return 0;
}

int dw_keys_parse(struct dw_span jwks, bool secrets, struct dw_keys **keys)
{
    struct jwk_document document;
    int error = jwk_document_open(jwks, &document);

    if (error != 0) {
        return error;
    }
    error = make_keys(&document.json, secrets, keys);
    jwk_document_close(&document);
    return error;
}

void dw_keys_free(struct dw_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < keys->n_keys; i++) {
        key_handle_free(keys->keys[i].handle);
    }
    free(keys->keys);
    free(keys);
}

/* -- Finding one --------------------------------------------------------------------------------- */

static bool has_kid(const struct dw_key *key, struct dw_span kid)
{
    return key->kid_len > 0 && dw_span_equal(kid, (struct dw_span){key->kid, key->kid_len});
}

size_t dw_keys_count(const struct dw_keys *keys)
{
    return keys->n_keys;
}

bool dw_keys_has_kid(const struct dw_keys *keys, struct dw_span kid)
{
    for (size_t i = 0; i < keys->n_keys; i++) {
        if (has_kid(&keys->keys[i], kid)) {
            return true;
        }
    }
    return false;
}

struct dw_key *keys_find(const struct dw_keys *keys, const uint8_t thumbprint[THUMBPRINT_SIZE])
{
    for (size_t i = 0; i < keys->n_keys; i++) {
        if (memcmp(keys->keys[i].thumbprint, thumbprint, THUMBPRINT_SIZE) == 0) {
            return &keys->keys[i];
        }
    }
    return NULL;
}

/* What the keys that could have signed the token have to say. */
struct search {
    struct dw_key *fitting; /* the first that fits kid and alg */
    size_t n_fitting;
    bool kid_known;
    bool alg_known;
};

static struct search search_keys(const struct dw_keys *keys, const struct dw_jwt *jwt)
{
    struct search search = {.fitting = NULL};

    for (size_t i = 0; i < keys->n_keys; i++) {
        struct dw_key *key = &keys->keys[i];
        const bool named = jwt->kid.at == NULL || has_kid(key, jwt->kid);
        const bool fits = (key->algs & DW_ALG_BIT(jwt->alg)) != 0;

        search.kid_known = search.kid_known || named;
        search.alg_known = search.alg_known || fits;
        if (!named || !fits) {
            continue;
        }
        if (search.fitting == NULL) {
            search.fitting = key;
        }
        search.n_fitting++;
    }
    return search;
}

enum dw_reason keys_choose(const struct dw_keys *keys, const struct dw_jwt *jwt, unsigned algorithms,
                           struct dw_key **key)
{
    const unsigned alg = DW_ALG_BIT(jwt->alg);
    struct search search;

    if (jwt->alg == DW_ALG_NONE || (algorithms != 0 && (algorithms & alg) == 0)) {
        return DW_TOKEN_ALG;
    }
    search = search_keys(keys, jwt);
    if (search.fitting != NULL) {
        if (jwt->kid.at == NULL && search.n_fitting > 1) {
            return DW_TOKEN_KID_MISSING;
        }
        *key = search.fitting;
        return DW_REASON_NONE;
    }
    /* An unknown kid is worth asking the issuer about even when none of its keys known so far makes
     * the algorithm (it may be moving to another), but no issuer publishes secrets. */
    if (jwt->kid.at != NULL && !search.kid_known && (search.alg_known || (alg & ALL_HS) == 0)) {
        return DW_TOKEN_KID;
    }
    return DW_TOKEN_ALG;
}
