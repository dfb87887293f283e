/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "parts.h"

#define ID_PREFIX "c_"
#define ID_RANDOM 20 /* characters of base32: 100 bits */
#define SECRET_BYTES 32

bool draw_random(void *at, size_t len)
{
    return getrandom(at, len, 0) == (ssize_t)len;
}

static bool hash_secret(struct dw_span secret, uint8_t hash[HASH_SIZE])
{
    return EVP_Digest(secret.at, secret.len, hash, NULL, EVP_sha256(), NULL) == 1;
}

/* -- Making one --------------------------------------------------------------------------------- */

static bool draw_id(char *id)
{
    static const char BASE32[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char bytes[ID_RANDOM];

    if (!draw_random(bytes, sizeof(bytes))) {
        return false;
    }
    memcpy(id, ID_PREFIX, 2);
    for (size_t i = 0; i < ID_RANDOM; i++) {
        id[2 + i] = BASE32[bytes[i] & 31];
    }
    id[2 + ID_RANDOM] = '\0';
    return true;
}

static bool draw_secret(char secret[ISSUER_SECRET_SIZE])
{
    unsigned char bytes[SECRET_BYTES];
    size_t len = 0;
    const bool drawn =
        draw_random(bytes, sizeof(bytes)) &&
        dw_base64url_write(bytes, sizeof(bytes), secret, ISSUER_SECRET_SIZE - 1, &len) == 0;

    secret[len] = '\0';
    dw_secret_wipe(bytes, sizeof(bytes));
    return drawn;
}

/* UTF-8 without control characters, C1's among them. */
static bool is_plain_text(struct dw_span name)
{
    const unsigned char *at = (const unsigned char *)name.at;
    size_t n;

    for (size_t i = 0; i < name.len; i += n) {
        n = utf8_len(at + i, name.len - i);
        if (n == 0 || at[i] < ' ' || at[i] == 0x7f || (at[i] == 0xc2 && at[i + 1] < 0xa0)) {
            return false;
        }
    }
    return true;
}

static int take_name(const char *name, struct store_client *client, struct complaint *why)
{
    const size_t len = strlen(name);

    if (len == 0 || len > STORE_NAME_MAX) {
        return complain(why, "a client's name has 1 to %d bytes", STORE_NAME_MAX);
    }
    if (name[0] == ' ' || name[len - 1] == ' ' || !is_plain_text(dw_span_of(name))) {
        return complain(why, "a client's name is UTF-8 without control characters, and neither "
                             "begins nor ends with a space");
    }
    memcpy(client->name, name, len + 1);
    return 0;
}

static int take_scope(const char *scope, struct store_client *client, struct complaint *why)
{
    struct dw_span rest = dw_span_of(scope);
    struct dw_span word;
    struct text text;

    text_init(&text, client->scope, STORE_SCOPE_MAX);
    while (scope_word(&rest, &word)) {
        if (word.len == 0 || scope_has(text_span(&text), word)) {
            continue;
        }
        if (!scope_is_word(word)) {
            return complain(why, "\"%.*s\" is no scope: RFC 6749 s3.3 allows printable ASCII "
                                 "without \" and \\",
                            (int)word.len, word.at);
        }
        if (text.len > 0) {
            text_char(&text, ' ');
        }
        text_add(&text, word);
    }
    if (text.overflow) {
        return complain(why, "a client's scope has at most %d bytes", STORE_SCOPE_MAX);
    }
    client->scope[text.len] = '\0';
    return 0;
}

int issuer_client_add(struct store *store, const char *name, const char *scope, int64_t now,
                      struct store_client *client, char secret[ISSUER_SECRET_SIZE],
                      struct complaint *why)
{
    struct store_client made = {.created = now};
    char drawn[ISSUER_SECRET_SIZE];
    int result;

    if (take_name(name, &made, why) != 0 || take_scope(scope, &made, why) != 0) {
        return -1;
    }
    if (!draw_id(made.id) || !draw_secret(drawn) ||
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
