/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MINT_H
#define TESTS_MINT_H

/* A key of our own, the set that verifies it, and tokens under it. */

#include <stdlib.h>

#include "tap.h"

struct mint {
    struct dw_key *key;
    struct dw_keys *keys;
};

static inline void mint_init(struct mint *mint, enum dw_alg alg)
{
    char jwks[4096] = "{\"keys\":[";
    const size_t start = strlen(jwks);
    size_t len = 0;

    assert_int_equal(dw_key_generate(alg, &mint->key), 0);
    assert_int_equal(dw_key_write(mint->key, false, jwks + start, sizeof(jwks) - start - 2, &len),
                     0);
    memcpy(jwks + start + len, "]}", 2);
    assert_int_equal(dw_keys_parse((struct dw_span){jwks, start + len + 2}, false, &mint->keys), 0);
    assert_int_equal(dw_keys_count(mint->keys), 1);
}

static inline void mint_free(struct mint *mint)
{
    dw_key_free(mint->key);
    dw_keys_free(mint->keys);
}

/* "Bearer ..." for claims (a JSON text), good until the next call. */
static inline const char *mint_bearer(const struct mint *mint, const char *claims)
{
    static char field[DW_TOKEN_MAX + 8] = "Bearer ";
    size_t len = 0;

    assert_int_equal(dw_jws_sign(mint->key, "JWT", dw_span_of(claims), field + 7, DW_TOKEN_MAX, &len),
                     0);
    field[7 + len] = '\0';
    return field;
}

#endif
