/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "key_handle.h"

#define RSA_BITS_NEW 2048

#define RS_AND_PS                                                                                  \
    (DW_ALG_BIT(DW_ALG_RS256) | DW_ALG_BIT(DW_ALG_RS384) | DW_ALG_BIT(DW_ALG_RS512) |              \
     DW_ALG_BIT(DW_ALG_PS256) | DW_ALG_BIT(DW_ALG_PS384) | DW_ALG_BIT(DW_ALG_PS512))
#define HS (DW_ALG_BIT(DW_ALG_HS256) | DW_ALG_BIT(DW_ALG_HS384) | DW_ALG_BIT(DW_ALG_HS512))

static const struct {
    unsigned algs;
    size_t width;
    const char *group;
} KINDS[KEY_KINDS] = {
    [KEY_RSA] = {RS_AND_PS, 0, NULL},
    [KEY_EC256] = {DW_ALG_BIT(DW_ALG_ES256), 32, "P-256"},
    [KEY_EC384] = {DW_ALG_BIT(DW_ALG_ES384), 48, "P-384"},
    [KEY_EC521] = {DW_ALG_BIT(DW_ALG_ES512), 66, "P-521"},
    [KEY_ED25519] = {DW_ALG_BIT(DW_ALG_EdDSA), 32, NULL},
    [KEY_OCT] = {HS, 0, NULL},
};

unsigned key_kind_algs(enum key_kind kind)
{
    return KINDS[kind].algs;
}

size_t key_kind_width(enum key_kind kind)
{
    return KINDS[kind].width;
}

const char *key_kind_group(enum key_kind kind)
{
    return KINDS[kind].group;
}

/* -- Making and freeing ------------------------------------------------------------------------- */

/* A private part that does not belong to the public one is found here, not by the first client. */
static bool can_sign_and_verify(struct key_handle *handle)
{
    const struct dw_span message = DW_SPAN("doorward");
    unsigned char signature[SIGNATURE_MAX];
    const unsigned algs = key_kind_algs(handle->kind);
    enum dw_alg alg = DW_ALG_NONE;
    size_t len = 0;

    while ((algs & DW_ALG_BIT(alg)) == 0) {
        alg++;
    }
    if (key_handle_sign(handle, alg, message, signature, sizeof(signature), &len) != 0) {
        return false;
    }
    return key_handle_verify(handle, alg, message,
                             (struct dw_span){(const char *)signature, len}) == 0;
}

static int fill_oct(struct key_handle *handle, struct dw_span secret)
{
    if (secret.len == 0) {
        return DW_ERR_KEY;
    }
    handle->secret = malloc(secret.len);
    if (handle->secret == NULL) {
        return DW_ERR_MEMORY;
    }
    memcpy(handle->secret, secret.at, secret.len);
    handle->secret_len = secret.len;
    return 0;
}

static int fill_handle(struct key_handle *handle, const struct key_material *material)
{
    if (material->kind == KEY_OCT) {
        return fill_oct(handle, material->k);
    }
    ERR_set_mark();
    handle->pkey = pkey_import(material);
    ERR_pop_to_mark();
    if (handle->pkey == NULL || (material->d.len > 0 && !can_sign_and_verify(handle))) {
        return DW_ERR_KEY;
    }
    return 0;
}

int key_handle_new(const struct key_material *material, struct key_handle **handle)
{
    struct key_handle *made = calloc(1, sizeof(*made));
    int error;

    if (made == NULL) {
        return DW_ERR_MEMORY;
    }
    made->kind = material->kind;
    error = fill_handle(made, material);
    if (error != 0) {
        key_handle_free(made);
        return error;
    }
    *handle = made;
    return 0;
}

void key_handle_free(struct key_handle *handle)
{
    if (handle == NULL) {
        return;
    }
    for (size_t i = 0; i < DW_ALGS_END; i++) {
        EVP_MD_free(handle->methods[i].digest);
        EVP_PKEY_CTX_free(handle->methods[i].verify);
        EVP_PKEY_CTX_free(handle->methods[i].sign);
        EVP_MAC_CTX_free(handle->methods[i].mac);
    }
    EVP_MD_CTX_free(handle->hashing);
    EVP_PKEY_free(handle->pkey);
    dw_secret_wipe(handle->secret, handle->secret_len);
    free(handle->secret);
    free(handle);
}

/* -- New keys ------------------------------------------------------------------------------------ */

static EVP_PKEY *generate_pkey(enum key_kind kind)
{
    if (kind == KEY_RSA) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS_NEW);
    }
    if (kind == KEY_ED25519) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    }
    return KINDS[kind].group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", KINDS[kind].group)
                                     : NULL;
}

int key_handle_generate(enum key_kind kind, struct key_handle **handle)
{
    struct key_handle *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return DW_ERR_MEMORY;
    }
    made->kind = kind;
    ERR_set_mark();
    made->pkey = generate_pkey(kind);
    ERR_pop_to_mark();
    if (made->pkey == NULL) {
        key_handle_free(made);
        return DW_ERR_CRYPTO;
    }
    *handle = made;
    return 0;
}

/* -- An OpenSSL key back into numbers ------------------------------------------------------------ */

struct export {
    const EVP_PKEY *pkey;
    unsigned char *buffer;
    size_t size;
    size_t used;
};

/* A width of 0 means as few bytes as hold the number. */
static bool take_number(struct export *export, const char *name, size_t width,
                        struct dw_span *number)
{
    BIGNUM *value = NULL;
    unsigned char *to = export->buffer + export->used;
    bool done = false;

    if (EVP_PKEY_get_bn_param(export->pkey, name, &value) != 1) {
        return false;
    }
    const size_t len = width > 0 ? width : (size_t)BN_num_bytes(value);
    if (len <= export->size - export->used && BN_bn2binpad(value, to, (int)len) == (int)len) {
        *number = (struct dw_span){(const char *)to, len};
        export->used += len;
        done = true;
    }
    BN_clear_free(value);
    return done;
}

static bool export_rsa(struct export *export, bool with_secret, struct key_material *material)
{
    if (!take_number(export, OSSL_PKEY_PARAM_RSA_N, 0, &material->n) ||
        !take_number(export, OSSL_PKEY_PARAM_RSA_E, 0, &material->e)) {
        return false;
    }
    return !with_secret ||
           (take_number(export, OSSL_PKEY_PARAM_RSA_D, 0, &material->d) &&
            take_number(export, OSSL_PKEY_PARAM_RSA_FACTOR1, 0, &material->p) &&
            take_number(export, OSSL_PKEY_PARAM_RSA_FACTOR2, 0, &material->q) &&
            take_number(export, OSSL_PKEY_PARAM_RSA_EXPONENT1, 0, &material->dp) &&
            take_number(export, OSSL_PKEY_PARAM_RSA_EXPONENT2, 0, &material->dq) &&
            take_number(export, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0, &material->qi));
}

static bool export_ec(struct export *export, bool with_secret, struct key_material *material)
{
    const size_t width = key_kind_width(material->kind);

    return take_number(export, OSSL_PKEY_PARAM_EC_PUB_X, width, &material->x) &&
           take_number(export, OSSL_PKEY_PARAM_EC_PUB_Y, width, &material->y) &&
           (!with_secret || take_number(export, OSSL_PKEY_PARAM_PRIV_KEY, width, &material->d));
}

static bool export_ed25519(struct export *export, bool with_secret, struct key_material *material)
{
    const size_t width = key_kind_width(KEY_ED25519);
    unsigned char *to = export->buffer;
    size_t len = export->size;

    if (len < 2 * width || EVP_PKEY_get_raw_public_key(export->pkey, to, &len) != 1) {
        return false;
    }
    material->x = (struct dw_span){(const char *)to, width};
    if (!with_secret) {
        return true;
    }
    to += width;
    len = export->size - width;
    if (EVP_PKEY_get_raw_private_key(export->pkey, to, &len) != 1) {
        return false;
    }
    material->d = (struct dw_span){(const char *)to, width};
    return true;
}

static bool export_oct(struct export *export, const struct key_handle *handle,
                       struct key_material *material)
{
    if (export->size < handle->secret_len) {
        return false;
    }
    memcpy(export->buffer, handle->secret, handle->secret_len);
    material->k = (struct dw_span){(const char *)export->buffer, handle->secret_len};
    return true;
}

int key_handle_material(const struct key_handle *handle, bool with_secret, unsigned char *buffer,
                        size_t size, struct key_material *material)
{
    struct export export = {handle->pkey, buffer, size, 0};
    struct key_material found = {.kind = handle->kind};
    bool done;

    ERR_set_mark();
    if (handle->kind == KEY_RSA) {
        done = export_rsa(&export, with_secret, &found);
    } else if (handle->kind == KEY_ED25519) {
        done = export_ed25519(&export, with_secret, &found);
    } else if (handle->kind == KEY_OCT) {
        done = export_oct(&export, handle, &found);
    } else {
        done = export_ec(&export, with_secret, &found);
    }
    ERR_pop_to_mark();
    if (!done) {
        return DW_ERR_SIZE;
    }
    *material = found;
    return 0;
}
