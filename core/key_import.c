/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "key_handle.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define RSA_EXPONENT_MAX 8 /* bytes; larger ones cost a verifier more than they give */
#define WIDTH_MAX 66       /* bytes of a P-521 coordinate */
#define NUMBERS_MAX 8      /* of an RSA key */
#define UNCOMPRESSED 4     /* the first byte of a point that is written whole (SEC 1 s2.3.3) */

static const unsigned char *bytes_of(struct dw_span span)
{
    return (const unsigned char *)span.at;
}

struct import {
    OSSL_PARAM params[NUMBERS_MAX + 3]; /* group, point, the end */
    size_t n_params;
    unsigned char bytes[MATERIAL_SIZE];
    size_t used;
};

static bool add_number(struct import *import, const char *name, struct dw_span number)
{
    unsigned char *to = import->bytes + import->used;

    if (number.len == 0 || number.len > sizeof(import->bytes) - import->used) {
        return false;
    }
    /* OpenSSL takes a number's bytes in the machine's order, a JWK has the highest first. */
    for (size_t i = 0; i < number.len; i++) {
        const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

        to[i] = bytes_of(number)[little ? number.len - 1 - i : i];
    }
    import->used += number.len;
    import->params[import->n_params++] = OSSL_PARAM_construct_BN(name, to, number.len);
    return true;
}

static EVP_PKEY *finish_import(struct import *import, const char *type, bool secret)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    import->params[import->n_params] = OSSL_PARAM_construct_end();
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1) {
        (void)EVP_PKEY_fromdata(ctx, &pkey, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                                import->params);
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static size_t count_bits(struct dw_span number)
{
    size_t bits = number.len * 8;

    for (unsigned top = 0x80; number.len > 0 && top > 0; top >>= 1) {
        if ((bytes_of(number)[0] & top) != 0) {
            break;
        }
        bits--;
    }
    return bits;
}

static bool is_odd(struct dw_span number)
{
    return number.len > 0 && (number.at[number.len - 1] & 1) != 0;
}

static bool is_usable_rsa(struct dw_span n, struct dw_span e)
{
    const size_t bits = count_bits(n);

    return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && is_odd(n) && is_odd(e) &&
           e.len <= RSA_EXPONENT_MAX && count_bits(e) >= 2;
}

static EVP_PKEY *import_rsa(const struct key_material *material)
{
    struct import import = {.n_params = 0};
    const bool secret = material->d.len > 0;
    EVP_PKEY *pkey = NULL;

    if (!is_usable_rsa(material->n, material->e)) {
        return NULL;
    }
    if (add_number(&import, OSSL_PKEY_PARAM_RSA_N, material->n) &&
        add_number(&import, OSSL_PKEY_PARAM_RSA_E, material->e) &&
        (!secret || (add_number(&import, OSSL_PKEY_PARAM_RSA_D, material->d) &&
                     add_number(&import, OSSL_PKEY_PARAM_RSA_FACTOR1, material->p) &&
                     add_number(&import, OSSL_PKEY_PARAM_RSA_FACTOR2, material->q) &&
                     add_number(&import, OSSL_PKEY_PARAM_RSA_EXPONENT1, material->dp) &&
                     add_number(&import, OSSL_PKEY_PARAM_RSA_EXPONENT2, material->dq) &&
                     add_number(&import, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, material->qi)))) {
        pkey = finish_import(&import, "RSA", secret);
    }
    dw_secret_wipe(import.bytes, import.used);
    return pkey;
}

/* OpenSSL itself refuses a point that is not on the curve. */
static EVP_PKEY *import_ec(const struct key_material *material)
{
    const size_t width = key_kind_width(material->kind);
    const bool secret = material->d.len > 0;
    unsigned char point[1 + 2 * WIDTH_MAX] = {UNCOMPRESSED};
    char group[sizeof("P-256")];
    struct import import = {.n_params = 2};
    EVP_PKEY *pkey = NULL;

    if (material->x.len != width || material->y.len != width ||
        (secret && material->d.len != width)) {
        return NULL;
    }
    memcpy(point + 1, material->x.at, width);
    memcpy(point + 1 + width, material->y.at, width);
    memcpy(group, key_kind_group(material->kind), sizeof(group));
    import.params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    import.params[1] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * width);
    if (!secret || add_number(&import, OSSL_PKEY_PARAM_PRIV_KEY, material->d)) {
        pkey = finish_import(&import, "EC", secret);
    }
    dw_secret_wipe(import.bytes, import.used);
    return pkey;
}

/* The public part of a private Ed25519 key follows from it; another one beside it would sign what
 * nobody can verify, or worse (it goes into the signature). */
static EVP_PKEY *import_ed25519(const struct key_material *material)
{
    const size_t width = key_kind_width(KEY_ED25519);
    unsigned char public[32];
    size_t len = sizeof(public);
    EVP_PKEY *pkey;

    if (material->x.len != width || (material->d.len != 0 && material->d.len != width)) {
        return NULL;
    }
    if (material->d.len == 0) {
        return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, bytes_of(material->x), width);
    }
    pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, bytes_of(material->d), width);
    if (pkey == NULL || EVP_PKEY_get_raw_public_key(pkey, public, &len) != 1 || len != width ||
        memcmp(public, material->x.at, width) != 0) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    return pkey;
}

EVP_PKEY *pkey_import(const struct key_material *material)
{
    if (material->kind == KEY_RSA) {
        return import_rsa(material);
    }
    return material->kind == KEY_ED25519 ? import_ed25519(material) : import_ec(material);
}
