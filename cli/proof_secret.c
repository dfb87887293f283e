/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "proof.h"

#define SECRET_MAX    2048
#define SIGNATURE_MAX 1024 /* of any algorithm, to name the one that no secret goes with */

/* What a token was signed with, taken apart by hand: a secret may be too short for the guard and still
 * be the right one. */
struct signed_with {
    struct dw_span signed_part;
    uint8_t signature[SIGNATURE_MAX];
    size_t signature_len;
    const EVP_MD *digest; /* NULL: no HMAC */
};

static const EVP_MD *find_digest(struct dw_span header)
{
    char text[2048];
    struct json_node nodes[256];
    struct json json;
    size_t len = 0;

    if (dw_base64url_parse(header, text, sizeof(text), &len) != 0 ||
        json_parse(text, len, nodes, sizeof(nodes) / sizeof(nodes[0]), &json, NULL) != JSON_OK) {
        return NULL;
    }
    const struct dw_span alg = json_string(&json, json_member(&json, json_root(&json), "alg"));
    if (dw_span_equal(alg, DW_SPAN("HS256"))) {
        return EVP_sha256();
    }
    if (dw_span_equal(alg, DW_SPAN("HS384"))) {
        return EVP_sha384();
    }
    return dw_span_equal(alg, DW_SPAN("HS512")) ? EVP_sha512() : NULL;
}

static bool take_apart(struct dw_span token, struct signed_with *with)
{
    const char *first = memchr(token.at, '.', token.len);
    const char *last = memrchr(token.at, '.', token.len);

    if (first == NULL || last == first) {
        return false;
    }
    const struct dw_span signature = {last + 1, token.len - (size_t)(last + 1 - token.at)};
    with->signed_part = (struct dw_span){token.at, (size_t)(last - token.at)};
    with->digest = find_digest((struct dw_span){token.at, (size_t)(first - token.at)});
    return dw_base64url_parse(signature, with->signature, sizeof(with->signature),
                              &with->signature_len) == 0;
}

static bool fits(const struct signed_with *with, const uint8_t *secret, size_t len)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;

    if (len == 0 || HMAC(with->digest, secret, (int)len, (const uint8_t *)with->signed_part.at,
                         with->signed_part.len, mac, &mac_len) == NULL) {
        return false;
    }
    return dw_secret_equal((struct dw_span){(const char *)mac, mac_len},
                           (struct dw_span){(const char *)with->signature, with->signature_len});
}

/* -- The ways a secret is meant ------------------------------------------------------------------ */

/* Each writes what it makes of the text; 0: nothing. */
static size_t read_raw(struct dw_span text, uint8_t *to)
{
    memcpy(to, text.at, text.len);
    return text.len;
}

static size_t read_trimmed(struct dw_span text, uint8_t *to)
{
    const size_t before = text.len;

    while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r')) {
        text.len--;
    }
    return text.len < before ? read_raw(text, to) : 0;
}

/* Many a secret was made with echo, whose newline went into the key. */
static size_t read_with_newline(struct dw_span text, uint8_t *to)
{
    memcpy(to, text.at, text.len);
    to[text.len] = '\n';
    return text.len + 1;
}

static struct dw_span without_end(struct dw_span text)
{
    while (text.len > 0 && strchr("\r\n =", text.at[text.len - 1]) != NULL) {
        text.len--;
    }
    return text;
}

static size_t read_base64url(struct dw_span text, uint8_t *to)
{
    size_t len = 0;

    return dw_base64url_parse(without_end(text), to, SECRET_MAX, &len) == 0 ? len : 0;
}

static size_t read_base64(struct dw_span text, uint8_t *to)
{
    char other[SECRET_MAX];

    text = without_end(text);
    for (size_t i = 0; i < text.len; i++) {
        other[i] = text.at[i];
        if (text.at[i] == '+') {
            other[i] = '-';
        } else if (text.at[i] == '/') {
            other[i] = '_';
        }
    }
    const size_t len = read_base64url((struct dw_span){other, text.len}, to);
    dw_secret_wipe(other, sizeof(other));
    return len;
}

static size_t read_hex(struct dw_span text, uint8_t *to)
{
    size_t n = 0;

    text = without_end(text);
    if (text.len % 2 != 0) {
        return 0;
    }
    for (size_t i = 0; i < text.len; i += 2) {
        const char digits[] = {text.at[i], text.at[i + 1], '\0'};
        if (strspn(digits, "0123456789abcdefABCDEF") != 2) {
            return 0;
        }
        to[n++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return n;
}

static const struct way {
    const char *name;
    size_t (*read)(struct dw_span text, uint8_t *to);
} WAYS[] = {
    {"as it stands", read_raw},
    {"without the newline at its end", read_trimmed},
    {"decoded from base64", read_base64},
    {"decoded from base64url", read_base64url},
    {"decoded from hexadecimal", read_hex},
    {"with a newline behind it, as echo writes one", read_with_newline},
};

static void try_ways(const struct signed_with *with, struct dw_span secret, struct proof *proof)
{
    uint8_t bytes[SECRET_MAX + 1];

    for (size_t i = 0; i < sizeof(WAYS) / sizeof(WAYS[0]) && !proof->holds; i++) {
        const size_t len = WAYS[i].read(secret, bytes);
        if (fits(with, bytes, len)) {
            proof->holds = true;
            proof->step = "";
            (void)snprintf(proof->text, sizeof(proof->text), "the secret fits %s (%zu bytes)",
                           WAYS[i].name, len);
        }
    }
    dw_secret_wipe(bytes, sizeof(bytes));
}

void proof_by_secret(struct dw_span token, struct dw_span secret, struct proof *proof)
{
    struct signed_with with = {.digest = NULL};

    *proof = (struct proof){.was_tried = true, .step = "signature"};
    if (secret.len == 0 || secret.len > SECRET_MAX) {
        (void)snprintf(proof->text, sizeof(proof->text),
                       "the secret is empty, or longer than %d bytes", SECRET_MAX);
        return;
    }
    if (token.len == 0 || !take_apart(token, &with)) {
        proof->step = "structure";
        (void)snprintf(proof->text, sizeof(proof->text), "the token does not have three parts");
        return;
    }
    if (with.digest == NULL) {
        proof->step = "algorithm";
        (void)snprintf(proof->text, sizeof(proof->text),
                       "the token's alg is none of HS256, HS384 and HS512: no secret signed it");
        return;
    }
    try_ways(&with, secret, proof);
    if (!proof->holds) {
        (void)snprintf(
            proof->text, sizeof(proof->text),
            "the secret fits neither as it stands nor trimmed, nor as base64, base64url or "
            "hexadecimal");
    }
}
