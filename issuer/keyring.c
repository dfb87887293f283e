/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "parts.h"

/* What becomes of the store's keys while they are listed. */
struct loading {
    enum dw_alg alg; /* of the key that signs */
    struct dw_key *signer;
    struct text jwks;
    int error;
};

static void load_key(void *context, const struct store_key *stored)
{
    struct loading *loading = context;
    struct text *jwks = &loading->jwks;
    struct dw_key *key = NULL;
    size_t len = 0;
    int error = loading->error;

    if (error == 0) {
        error = dw_key_parse(dw_span_of(stored->jwk), &key);
    }
    if (error == 0) {
        text_put(jwks, jwks->at[jwks->len - 1] == '[' ? "" : ",");
        error = dw_key_write(key, false, jwks->at + jwks->len, jwks->size - jwks->len, &len);
        jwks->len += len;
    }
    if (error == 0 && stored->alg == loading->alg) {
        /* The newest signs: keys come oldest first. */
        dw_key_free(loading->signer);
        loading->signer = key;
        key = NULL;
    }
    dw_key_free(key);
    loading->error = error;
}

static int load_keys(struct issuer *issuer, struct complaint *why)
{
    struct loading loading = {.alg = issuer->settings->alg};
    int result;

    text_init(&loading.jwks, issuer->jwks, sizeof(issuer->jwks) - 1);
    text_put(&loading.jwks, "{\"keys\":[");
    result = store_key_list(issuer->store, load_key, &loading, why);
    text_put(&loading.jwks, "]}");
    issuer->jwks[loading.jwks.len] = '\0';
    issuer->signer = loading.signer;
    if (result != 0) {
        return -1;
    }
    if (loading.error != 0 || loading.jwks.overflow) {
        return complain(why, "a signing key in the store cannot be used: %s",
                        dw_error_text(loading.error != 0 ? loading.error : DW_ERR_SIZE));
    }
    return 0;
}

/* The key as the store keeps it. */
static int describe_key(const struct dw_key *key, int64_t now, struct store_key *stored)
{
    const struct dw_span kid = dw_key_kid(key);
    size_t len = 0;
    const int error = dw_key_write(key, true, stored->jwk, sizeof(stored->jwk) - 1, &len);

    if (error != 0) {
        return error;
    }
    if (kid.len >= sizeof(stored->kid)) {
        return DW_ERR_SIZE;
    }
    stored->jwk[len] = '\0';
    memcpy(stored->kid, kid.at, kid.len);
    stored->kid[kid.len] = '\0';
    stored->alg = dw_key_alg(key);
    stored->created = now;
    return 0;
}

static int make_key(struct issuer *issuer, int64_t now, struct complaint *why)
{
    struct store_key stored = {.created = now};
    struct dw_key *key = NULL;
    int error = dw_key_generate(issuer->settings->alg, &key);
    int result;

    if (error == 0) {
        error = describe_key(key, now, &stored);
    }
    if (error == 0) {
        result = store_key_add(issuer->store, &stored, why);
    } else {
        result = complain(why, "no signing key for %s could be made: %s",
                          dw_alg_name(issuer->settings->alg), dw_error_text(error));
    }
    dw_secret_wipe(&stored, sizeof(stored));
    dw_key_free(key);
    return result;
}

int keyring_open(struct issuer *issuer, int64_t now, struct complaint *why)
{
    if (load_keys(issuer, why) != 0) {
        return -1;
    }
    if (issuer->signer != NULL) {
        return 0;
    }
    if (make_key(issuer, now, why) != 0) {
        return -1;
    }
    return load_keys(issuer, why);
}
