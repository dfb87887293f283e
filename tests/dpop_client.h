/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DPOP_CLIENT_H
#define TESTS_DPOP_CLIENT_H

/* A client that makes proofs of possession (RFC 9449), good ones and others. */

#include "schemes.h"
#include "tap.h"

struct dpop_client {
    struct dw_key *key;
    char members[2048]; /* of its public JWK, without the braces */
    char jkt[DPOP_JKT_LEN + 1];
};

static inline void dpop_client_init(struct dpop_client *client, enum dw_alg alg)
{
    const enum dw_alg kind =
        alg == DW_ALG_RS384 || (alg >= DW_ALG_RS512 && alg <= DW_ALG_PS512) ? DW_ALG_RS256 : alg;
    unsigned char numbers[MATERIAL_SIZE];
    struct key_material material;
    struct text text;
    size_t len = 0;

    assert_int_equal(dw_key_generate(kind, &client->key), 0);
    client->key->algs = DW_ALG_BIT(alg);
    assert_int_equal(
        key_handle_material(client->key->handle, false, numbers, sizeof(numbers), &material), 0);
    text_init(&text, client->members, sizeof(client->members));
    jwk_write_material(&text, &material);
    text_char(&text, '\0');
    assert_false(text.overflow);
    assert_int_equal(dw_base64url_write(client->key->thumbprint, THUMBPRINT_SIZE, client->jkt,
                                        DPOP_JKT_LEN, &len),
                     0);
    client->jkt[len] = '\0';
}

static inline void dpop_client_free(struct dpop_client *client)
{
    dw_key_free(client->key);
}

/* -- Texts with @names in them ------------------------------------------------------------------- */

struct dpop_name {
    const char *name, *value;
};

/* The text with each @name replaced, good until the next call but three. */
static inline const char *dpop_expand(const char *text, const struct dpop_name *names, size_t n)
{
    static char buffers[4][8192];
    static unsigned turn;
    char *buffer = buffers[turn++ % 4];
    size_t len = 0;

    while (*text != '\0') {
        size_t i = 0;

        while (i < n && strncmp(text, names[i].name, strlen(names[i].name)) != 0) {
            i++;
        }
        const char *from = i < n ? names[i].value : text;
        const size_t taken = i < n ? strlen(from) : 1;
        assert_true(len + taken < sizeof(buffers[0]));
        memcpy(buffer + len, from, taken);
        len += taken;
        text += i < n ? strlen(names[i].name) : 1;
    }
    buffer[len] = '\0';
    return buffer;
}

/* -- Signing ------------------------------------------------------------------------------------- */

static inline void dpop_add(struct text *text, const void *bytes, size_t n)
{
    size_t len = 0;

    assert_int_equal(dw_base64url_write(bytes, n, text->at + text->len, text->size - text->len, &len),
                     0);
    text->len += len;
}

/* HMAC under the text of the public key: what a verifier that believes `alg` would take. */
static inline size_t dpop_sign_hs256(const struct dpop_client *client, struct dw_span message,
                                     unsigned char *signature)
{
    const struct key_material material = {.kind = KEY_OCT, .k = dw_span_of(client->members)};
    struct key_handle *handle = NULL;
    size_t len = 0;

    assert_int_equal(key_handle_new(&material, &handle), 0);
    assert_int_equal(
        key_handle_sign(handle, DW_ALG_HS256, message, signature, SIGNATURE_MAX, &len), 0);
    key_handle_free(handle);
    return len;
}

/* A proof of these two objects, good until the next call. `how`: NULL, or none, zero or hs256. */
static inline const char *dpop_sign(const struct dpop_client *client, const char *header,
                                    const char *claims, const char *how)
{
    static char proof[16 * 1024];
    unsigned char signature[SIGNATURE_MAX] = {0};
    struct text text;
    size_t len = 0;

    text_init(&text, proof, sizeof(proof) - 1);
    dpop_add(&text, header, strlen(header));
    text_char(&text, '.');
    dpop_add(&text, claims, strlen(claims));
    if (how == NULL) {
        assert_int_equal(key_handle_sign(client->key->handle, dw_key_alg(client->key),
                                         text_span(&text), signature, sizeof(signature), &len),
                         0);
    } else if (strcmp(how, "zero") == 0) {
        len = 64;
    } else if (strcmp(how, "hs256") == 0) {
        len = dpop_sign_hs256(client, text_span(&text), signature);
    }
    text_char(&text, '.');
    dpop_add(&text, signature, len);
    proof[text.len] = '\0';
    return proof;
}

#endif
