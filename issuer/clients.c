/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <string.h>

#include "parts.h"

#define ID_PREFIX "c_"
#define ID_RANDOM 20 /* characters: 100 bits */

static bool hash_secret(struct dw_span secret, uint8_t hash[HASH_SIZE])
{
    return EVP_Digest(secret.at, secret.len, hash, NULL, EVP_sha256(), NULL) == 1;
}

/* -- Making one --------------------------------------------------------------------------------- */

int issuer_client_add(struct store *store, const char *name, const char *scope, int64_t now,
                      struct store_client *client, char secret[ISSUER_SECRET_SIZE],
                      struct complaint *why)
{
    struct store_client made = {.created = now};
    char drawn[ISSUER_SECRET_SIZE];
    int result;

    if (record_name("a client's name", name, made.name, why) != 0 ||
        record_scope(scope, made.scope, why) != 0) {
        return -1;
    }
    memcpy(made.id, ID_PREFIX, sizeof(ID_PREFIX));
    if (!draw_id(made.id + sizeof(ID_PREFIX) - 1, ID_RANDOM) || !draw_secret(drawn) ||
        !hash_secret(dw_span_of(drawn), made.secret_hash)) {
        return complain(why, "no secret could be made: the system gave no random bytes");
    }
    result = store_client_add(store, &made, why);
    if (result == 0) {
        *client = made;
        memcpy(secret, drawn, sizeof(drawn));
    }
    dw_secret_wipe(drawn, sizeof(drawn));
    return result;
}

/* -- Knowing one again -------------------------------------------------------------------------- */

int client_verify(struct issuer *issuer, struct dw_span id, struct dw_span secret,
                  struct store_client *client, struct complaint *why)
{
    struct store_client found;
    uint8_t hash[HASH_SIZE];
    bool is_equal;
    const int unknown = store_client_find(issuer->store, id, &found, why);
    const uint8_t *expected = unknown == 0 ? found.secret_hash : issuer->nobody;

    if (unknown < 0) {
        return -1;
    }
    if (!hash_secret(secret, hash)) {
        return complain(why, "a client's secret could not be hashed");
    }
    is_equal = dw_secret_equal((struct dw_span){(const char *)hash, HASH_SIZE},
                               (struct dw_span){(const char *)expected, HASH_SIZE});
    if (unknown != 0 || !is_equal) {
        return 1;
    }
    *client = found;
    return 0;
}

static char url_character(char c)
{
    switch (c) {
    case '+':
        return '-';
    case '/':
        return '_';
    default:
        return c;
    }
}

/* RFC 4648 s4 by way of s5: the same but for two characters and the padding, which must be exact. */
static bool decode_base64(struct dw_span text, char *buffer, size_t size, size_t *len)
{
    char url[1024];
    size_t n = text.len;
    bool decoded;

    if (text.len % 4 != 0 || text.len > sizeof(url)) {
        return false;
    }
    while (n > 0 && text.len - n < 2 && text.at[n - 1] == '=') {
        n--;
    }
    for (size_t i = 0; i < n; i++) {
        if (text.at[i] == '-' || text.at[i] == '_') {
            return false;
        }
        url[i] = url_character(text.at[i]);
    }
    decoded = dw_base64url_parse((struct dw_span){url, n}, buffer, size, len) == 0;
    dw_secret_wipe(url, sizeof(url));
    return decoded;
}

bool client_read_basic(struct dw_span token68, char *buffer, size_t size, struct dw_span *id,
                       struct dw_span *secret)
{
    size_t len;
    size_t id_len;
    size_t secret_len;
    char *colon;

    if (!decode_base64(token68, buffer, size, &len)) {
        return false;
    }
    colon = memchr(buffer, ':', len);
    if (colon == NULL) {
        return false;
    }
    id_len = (size_t)(colon - buffer);
    secret_len = len - id_len - 1;
    if (!form_decode(buffer, &id_len) || !form_decode(colon + 1, &secret_len)) {
        return false;
    }
    *id = (struct dw_span){buffer, id_len};
    *secret = (struct dw_span){colon + 1, secret_len};
    return true;
}
