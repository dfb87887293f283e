/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

/* libcrypto alone, in the same process: what Doorward's own figures are shown beside. */

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "doorward.h"
#include "measure.h"

#define BARE_SHORT 64

struct bare {
    EVP_PKEY *key;
    EVP_MD_CTX *context;
    EVP_MAC_CTX *mac;
    EVP_MD *digest;
    unsigned char message[350];
    unsigned char signature[512];
    size_t len;
};

static inline void verify_bare(void *context)
{
    struct bare *bare = context;

    need(EVP_DigestVerifyInit(bare->context, NULL, bare->digest, NULL, bare->key) == 1 &&
             EVP_DigestVerify(bare->context, bare->signature, bare->len, bare->message,
                              sizeof(bare->message)) == 1,
         "EVP_DigestVerify");
    EVP_MD_CTX_reset(bare->context);
}

static inline void mac_bare(void *context)
{
    struct bare *bare = context;

    need(EVP_MAC_init(bare->mac, NULL, 0, NULL) == 1 &&
             EVP_MAC_update(bare->mac, bare->message, sizeof(bare->message)) == 1 &&
             EVP_MAC_final(bare->mac, bare->signature, &bare->len, sizeof(bare->signature)) == 1,
         "EVP_MAC");
}

static inline void hash_bare(void *context)
{
    struct bare *bare = context;

    need(EVP_DigestInit_ex2(bare->context, bare->digest, NULL) == 1 &&
             EVP_DigestUpdate(bare->context, bare->message, BARE_SHORT) == 1 &&
             EVP_DigestFinal_ex(bare->context, bare->signature, NULL) == 1,
         "EVP_Digest");
}

static inline void parse_bare(void *context)
{
    const struct dw_span *der = context;
    const unsigned char *at = (const unsigned char *)der->at;
    X509 *parsed = d2i_X509(NULL, &at, (long)der->len);

    need(parsed != NULL, "d2i_X509");
    X509_free(parsed);
}

static inline EVP_PKEY *make_bare_key(enum dw_alg alg)
{
    if (alg == DW_ALG_RS256) {
        return EVP_RSA_gen(2048);
    }
    return alg == DW_ALG_ES256 ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static inline double measure_bare(enum dw_alg alg)
{
    struct bare bare = {.context = EVP_MD_CTX_new(), .len = sizeof(bare.signature)};

    bare.key = make_bare_key(alg);
    bare.digest = alg == DW_ALG_EdDSA ? NULL : EVP_MD_fetch(NULL, "SHA256", NULL);
    need(EVP_DigestSignInit(bare.context, NULL, bare.digest, NULL, bare.key) == 1 &&
             EVP_DigestSign(bare.context, bare.signature, &bare.len, bare.message,
                            sizeof(bare.message)) == 1,
         "EVP_DigestSign");
    EVP_MD_CTX_reset(bare.context);
    const double result = measure(verify_bare, &bare);
    EVP_PKEY_free(bare.key);
    EVP_MD_free(bare.digest);
    EVP_MD_CTX_free(bare.context);
    return result;
}

static inline double measure_bare_mac(void)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    struct bare bare = {.mac = EVP_MAC_CTX_new(mac)};
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {{"digest", OSSL_PARAM_UTF8_STRING, name, 6, 0}, {0}};
    const unsigned char secret[32] = {1};

    need(EVP_MAC_init(bare.mac, secret, sizeof(secret), params) == 1, "EVP_MAC_init");
    const double result = measure(mac_bare, &bare);
    EVP_MAC_CTX_free(bare.mac);
    EVP_MAC_free(mac);
    return result;
}

static inline double measure_bare_hash(void)
{
    struct bare bare = {.context = EVP_MD_CTX_new(), .digest = EVP_MD_fetch(NULL, "SHA256", NULL)};
    const double result = measure(hash_bare, &bare);

    EVP_MD_free(bare.digest);
    EVP_MD_CTX_free(bare.context);
    return result;
}

#endif
