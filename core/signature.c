/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "key_handle.h"

/* RFC 7518 s3.1. EdDSA hashes by itself. */
static const struct {
    const char *digest;
    int padding;
} TRAITS[DW_ALGS_END] = {
    [DW_ALG_RS256] = {"SHA256", RSA_PKCS1_PADDING},
    [DW_ALG_RS384] = {"SHA384", RSA_PKCS1_PADDING},
    [DW_ALG_RS512] = {"SHA512", RSA_PKCS1_PADDING},
    [DW_ALG_PS256] = {"SHA256", RSA_PKCS1_PSS_PADDING},
    [DW_ALG_PS384] = {"SHA384", RSA_PKCS1_PSS_PADDING},
    [DW_ALG_PS512] = {"SHA512", RSA_PKCS1_PSS_PADDING},
    [DW_ALG_ES256] = {"SHA256", 0},
    [DW_ALG_ES384] = {"SHA384", 0},
    [DW_ALG_ES512] = {"SHA512", 0},
    [DW_ALG_HS256] = {"SHA256", 0},
    [DW_ALG_HS384] = {"SHA384", 0},
    [DW_ALG_HS512] = {"SHA512", 0},
};

enum purpose { VERIFY, SIGN };

static bool can_make(const struct key_handle *handle, enum dw_alg alg)
{
    return (key_kind_algs(handle->kind) & DW_ALG_BIT(alg)) != 0;
}

static const unsigned char *bytes_of(struct dw_span span)
{
    return (const unsigned char *)span.at;
}

/* -- Hashing ------------------------------------------------------------------------------------- */

static bool hash_message(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                         unsigned char *digest, unsigned *len)
{
    struct method *method = &handle->methods[alg];

    if (handle->hashing == NULL) {
        handle->hashing = EVP_MD_CTX_new();
    }
    if (method->digest == NULL) {
        method->digest = EVP_MD_fetch(NULL, TRAITS[alg].digest, NULL);
    }
    return handle->hashing != NULL && method->digest != NULL &&
           EVP_DigestInit_ex2(handle->hashing, method->digest, NULL) == 1 &&
           EVP_DigestUpdate(handle->hashing, message.at, message.len) == 1 &&
           EVP_DigestFinal_ex(handle->hashing, digest, len) == 1;
}

/* -- RSA and ECDSA: over a digest ---------------------------------------------------------------- */

/* RFC 7518 s3.5: the salt is as long as the digest. */
static bool set_padding(EVP_PKEY_CTX *ctx, enum dw_alg alg)
{
    const int padding = TRAITS[alg].padding;

    if (padding == 0) {
        return true;
    }
    return EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
           (padding != RSA_PKCS1_PSS_PADDING ||
            EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static EVP_PKEY_CTX *prepare(const struct key_handle *handle, enum dw_alg alg, enum purpose purpose)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, handle->pkey, NULL);

    if (ctx == NULL) {
        return NULL;
    }
    if ((purpose == SIGN ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) != 1 ||
        !set_padding(ctx, alg) ||
        EVP_PKEY_CTX_set_signature_md(ctx, handle->methods[alg].digest) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* An ASN.1 INTEGER in as few bytes as hold it. 0 for the number 0, which is no part of a signature
 * (and once made any signature pass elsewhere: CVE-2022-21449). */
static size_t write_integer(const unsigned char *number, size_t len, unsigned char *der)
{
    size_t sign = 0;

    while (len > 0 && *number == 0) {
        number++;
        len--;
    }
    if (len == 0) {
        return 0;
    }
    if ((*number & 0x80) != 0) {
        der[2] = 0;
        sign = 1;
    }
    der[0] = 0x02;
    der[1] = (unsigned char)(len + sign);
    memcpy(der + 2 + sign, number, len);
    return 2 + sign + len;
}

#define DER_MAX (3 + 2 * (3 + 66))

/* r and s side by side, as JOSE has them, into the ASN.1 SEQUENCE OpenSSL wants. */
static bool write_der(struct dw_span raw, size_t width, unsigned char der[DER_MAX],
                      struct dw_span *written)
{
    unsigned char *body = der + 3;
    size_t r;
    size_t s;

    if (raw.len != 2 * width) {
        return false;
    }
    r = write_integer(bytes_of(raw), width, body);
    s = r > 0 ? write_integer(bytes_of(raw) + width, width, body + r) : 0;
    if (s == 0) {
        return false;
    }
    body[-1] = (unsigned char)(r + s);
    body -= 2;
    if (r + s > 0x7f) {
        body[0] = 0x81;
        body--;
    }
    body[0] = 0x30;
    *written = (struct dw_span){(const char *)body, (size_t)(der + 3 - body) + r + s};
    return true;
}

static int verify_digest(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                         struct dw_span signature)
{
    struct method *method = &handle->methods[alg];
    unsigned char der[DER_MAX];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (handle->kind == KEY_RSA) {
        if (signature.len != (size_t)EVP_PKEY_get_size(handle->pkey)) {
            return DW_ERR_SYNTAX;
        }
    } else if (!write_der(signature, key_kind_width(handle->kind), der, &signature)) {
        return DW_ERR_SYNTAX;
    }
    if (!hash_message(handle, alg, message, digest, &len)) {
        return DW_ERR_CRYPTO;
    }
    if (method->verify == NULL) {
        method->verify = prepare(handle, alg, VERIFY);
    }
    if (method->verify == NULL) {
        return DW_ERR_CRYPTO;
    }
    return EVP_PKEY_verify(method->verify, bytes_of(signature), signature.len, digest, len) == 1
               ? 0
               : DW_ERR_SYNTAX;
}

static bool write_raw(const unsigned char *der, size_t der_len, size_t width, unsigned char *raw)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
    const bool done =
        pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, (int)width) == (int)width &&
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + width, (int)width) == (int)width;

    ECDSA_SIG_free(pair);
    return done;
}

static int sign_digest(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                       unsigned char *signature, size_t *len)
{
    struct method *method = &handle->methods[alg];
    const size_t width = key_kind_width(handle->kind);
    unsigned char made[SIGNATURE_MAX];
    size_t made_len = sizeof(made);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;

    if (!hash_message(handle, alg, message, digest, &digest_len)) {
        return DW_ERR_CRYPTO;
    }
    if (method->sign == NULL) {
        method->sign = prepare(handle, alg, SIGN);
    }
    if (method->sign == NULL ||
        EVP_PKEY_sign(method->sign, made, &made_len, digest, digest_len) != 1) {
        return DW_ERR_CRYPTO;
    }
    if (handle->kind == KEY_RSA) {
        memcpy(signature, made, made_len);
        *len = made_len;
        return 0;
    }
    *len = 2 * width;
    return write_raw(made, made_len, width, signature) ? 0 : DW_ERR_CRYPTO;
}

/* -- Ed25519: over the message ------------------------------------------------------------------- */

static int verify_message(struct key_handle *handle, struct dw_span message,
                          struct dw_span signature)
{
    if (handle->hashing == NULL) {
        handle->hashing = EVP_MD_CTX_new();
    }
    if (handle->hashing == NULL ||
        EVP_DigestVerifyInit_ex(handle->hashing, NULL, NULL, NULL, NULL, handle->pkey, NULL) != 1) {
        return DW_ERR_CRYPTO;
    }
    return EVP_DigestVerify(handle->hashing, bytes_of(signature), signature.len, bytes_of(message),
                            message.len) == 1
               ? 0
               : DW_ERR_SYNTAX;
}

static int sign_message(struct key_handle *handle, struct dw_span message, unsigned char *signature,
                        size_t *len)
{
    size_t made = 2 * key_kind_width(KEY_ED25519);

    if (handle->hashing == NULL) {
        handle->hashing = EVP_MD_CTX_new();
    }
    if (handle->hashing == NULL ||
        EVP_DigestSignInit_ex(handle->hashing, NULL, NULL, NULL, NULL, handle->pkey, NULL) != 1 ||
        EVP_DigestSign(handle->hashing, signature, &made, bytes_of(message), message.len) != 1) {
        return DW_ERR_CRYPTO;
    }
    *len = made;
    return 0;
}

/* -- HMAC ---------------------------------------------------------------------------------------- */

static EVP_MAC_CTX *prepare_mac(const struct key_handle *handle, enum dw_alg alg)
{
    char digest[sizeof("SHA256")];
    OSSL_PARAM params[2];
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

    memcpy(digest, TRAITS[alg].digest, sizeof(digest));
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (ctx != NULL && EVP_MAC_init(ctx, handle->secret, handle->secret_len, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_MAC_free(mac);
    return ctx;
}

static int sign_mac(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                    unsigned char mac[EVP_MAX_MD_SIZE], size_t *len)
{
    struct method *method = &handle->methods[alg];

    if (method->mac == NULL) {
        method->mac = prepare_mac(handle, alg);
    }
    /* Without a key, init starts over with the one it was given before. */
    if (method->mac == NULL || EVP_MAC_init(method->mac, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(method->mac, bytes_of(message), message.len) != 1 ||
        EVP_MAC_final(method->mac, mac, len, EVP_MAX_MD_SIZE) != 1) {
        return DW_ERR_CRYPTO;
    }
    return 0;
}

static int verify_mac(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                      struct dw_span signature)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    size_t len = 0;
    int error = sign_mac(handle, alg, message, mac, &len);

    if (error == 0 && !dw_secret_equal(signature, (struct dw_span){(const char *)mac, len})) {
        error = DW_ERR_SYNTAX;
    }
    dw_secret_wipe(mac, sizeof(mac));
    return error;
}

/* -- All of them --------------------------------------------------------------------------------- */

static int verify_any(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                      struct dw_span signature)
{
    if (handle->kind == KEY_OCT) {
        return verify_mac(handle, alg, message, signature);
    }
    return handle->kind == KEY_ED25519 ? verify_message(handle, message, signature)
                                       : verify_digest(handle, alg, message, signature);
}

/* What OpenSSL notes of a failure is dropped again: nobody here reads it, and whoever shares the
 * thread (nginx's TLS does) would take it for its own. */
int key_handle_verify(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                      struct dw_span signature)
{
    int error = DW_ERR_SYNTAX;

    if (can_make(handle, alg) && signature.len > 0) {
        ERR_set_mark();
        error = verify_any(handle, alg, message, signature);
        ERR_pop_to_mark();
    }
    return error;
}

static int sign_any(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                    unsigned char signature[SIGNATURE_MAX], size_t *len)
{
    if (handle->kind == KEY_OCT) {
        return sign_mac(handle, alg, message, signature, len);
    }
    return handle->kind == KEY_ED25519 ? sign_message(handle, message, signature, len)
                                       : sign_digest(handle, alg, message, signature, len);
}

int key_handle_sign(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                    unsigned char *signature, size_t size, size_t *len)
{
    unsigned char made[SIGNATURE_MAX];
    size_t made_len = 0;
    int error = DW_ERR_CRYPTO;

    if (can_make(handle, alg)) {
        ERR_set_mark();
        error = sign_any(handle, alg, message, made, &made_len);
        ERR_pop_to_mark();
    }
    if (error != 0) {
        return error;
    }
    if (made_len > size) {
        return DW_ERR_SIZE;
    }
    memcpy(signature, made, made_len);
    *len = made_len;
    return 0;
}
