/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "digest.h"

#define USER_MAX   128
#define CNONCE_MAX 256
#define NC_DIGITS  8

/* -- Forms ----------------------------------------------------------------------------------------- */

static int hex_value(char c)
{
    const char small = (char)(c | 0x20);

    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool digest_read_hex(struct dw_span hex, uint8_t *bytes, size_t n)
{
    if (hex.len != 2 * n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const int high = hex_value(hex.at[2 * i]);
        const int low = hex_value(hex.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The RFC calls a cnonce ASCII only; it goes back in Authentication-Info. */
static bool is_cnonce(struct dw_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < 0x20 || text.at[i] > 0x7e) {
            return false;
        }
    }
    return text.len > 0 && text.len <= CNONCE_MAX;
}

/* UTF-8 without control characters. */
static bool is_name(struct dw_span text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t n = 0;

    for (size_t i = 0; i < text.len; i += n) {
        n = utf8_len(at + i, text.len - i);
        if (n == 0 || at[i] < 0x20 || at[i] == 0x7f) {
            return false;
        }
    }
    return text.at != NULL && text.len <= USER_MAX;
}

/* -- The parameters -------------------------------------------------------------------------------- */

enum value {
    VALUE_USERNAME,
    VALUE_REALM,
    VALUE_NONCE,
    VALUE_URI,
    VALUE_RESPONSE,
    VALUE_ALGORITHM,
    VALUE_QOP,
    VALUE_NC,
    VALUE_CNONCE,
    VALUES_END
};

static const char *const NAMES[VALUES_END] = {
    "username", "realm", "nonce", "uri", "response", "algorithm", "qop", "nc", "cnonce",
};

/* Clients differ in which of them they quote; nothing depends on it. Absent: it was not sent. */
struct values {
    struct trial *trial;
    const struct dw_challenge *from;
    struct dw_span of[VALUES_END];
};

/* Without its escapes: a value is copied only where it has some. */
static bool unescape(struct trial *trial, const struct dw_param *param, struct dw_span *value)
{
    const struct dw_span raw = param->value;
    size_t len = 0;

    if (raw.len == 0 || !param->quoted || memchr(raw.at, '\\', raw.len) == NULL) {
        *value = raw;
        return true;
    }
    char *copy = trial_take(trial, raw.len);
    if (copy == NULL || dw_param_unescape(param, copy, raw.len, &len) != 0) {
        return false;
    }
    *value = (struct dw_span){copy, len};
    return true;
}

static bool take_values(struct values *values)
{
    for (unsigned i = 0; i < VALUES_END; i++) {
        const struct dw_param *param = dw_challenge_param(values->from, NAMES[i]);
        if (param != NULL && !unescape(values->trial, param, &values->of[i])) {
            return false;
        }
    }
    return true;
}

/* RFC 8187 s3.2: UTF-8''percent%20encoded. What is decoded is never longer. */
static bool read_extended(struct dw_span value, char *copy, struct dw_span *name)
{
    const char *start = "UTF-8''";
    size_t n = 0;

    if (!span_starts_nocase(value, start)) {
        return false;
    }
    for (size_t i = strlen(start); i < value.len; i++) {
        uint8_t byte = (uint8_t)value.at[i];
        if (byte == '%') {
            const struct dw_span rest = span_from(value, i + 1);
            if (rest.len < 2 || !digest_read_hex((struct dw_span){rest.at, 2}, &byte, 1)) {
                return false;
            }
            i += 2;
        }
        copy[n++] = (char)byte;
    }
    *name = (struct dw_span){copy, n};
    return true;
}

/* RFC 7616 s3.4: with both user names, or an extended one that is a hash, something is wrong. */
static enum dw_reason read_name(const struct values *values, struct digest *digest)
{
    const struct dw_param *extended = dw_challenge_param(values->from, "username*");

    if (extended == NULL) {
        digest->user = values->of[VALUE_USERNAME];
    } else {
        if (values->of[VALUE_USERNAME].at != NULL || extended->quoted) {
            return DW_DIGEST_MALFORMED;
        }
        char *copy = trial_take(values->trial, extended->value.len);
        if (copy == NULL) {
            return DW_GUARD_FAILED;
        }
        if (!read_extended(extended->value, copy, &digest->user)) {
            return DW_DIGEST_MALFORMED;
        }
    }
    return is_name(digest->user) ? DW_REASON_NONE : DW_DIGEST_MALFORMED;
}

/* s3.4.4. Of 32 bytes: that of MD5 is shorter, and is not offered. */
static enum dw_reason read_user(const struct values *values, struct digest *digest)
{
    const struct dw_param *flag = dw_challenge_param(values->from, "userhash");

    if (flag == NULL || dw_span_equal_nocase(flag->value, DW_SPAN("false"))) {
        return read_name(values, digest);
    }
    digest->hashed = true;
    return dw_span_equal_nocase(flag->value, DW_SPAN("true")) &&
                   dw_challenge_param(values->from, "username*") == NULL &&
                   digest_read_hex(values->of[VALUE_USERNAME], digest->userhash, HASH_SIZE)
               ? DW_REASON_NONE
               : DW_DIGEST_MALFORMED;
}

static enum dw_reason read_place(const struct values *values, struct digest *digest)
{
    digest->realm = values->of[VALUE_REALM];
    digest->nonce = values->of[VALUE_NONCE];
    digest->uri = values->of[VALUE_URI];
    return digest->realm.at != NULL && digest->nonce.at != NULL && digest->uri.at != NULL
               ? DW_REASON_NONE
               : DW_DIGEST_MALFORMED;
}

/* Without `algorithm` it is MD5 (s3.3). */
static enum dw_digest find_algorithm(struct dw_span name, bool *session)
{
    *session = false;
    for (unsigned i = 0; i < DW_DIGESTS_END; i++) {
        const char *known = dw_digest_name((enum dw_digest)i);
        if (!span_starts_nocase(name, known)) {
            continue;
        }
        const struct dw_span rest = span_from(name, strlen(known));
        *session = dw_span_equal_nocase(rest, DW_SPAN("-sess"));
        if (*session || rest.len == 0) {
            return (enum dw_digest)i;
        }
    }
    return name.at == NULL ? DW_DIGEST_MD5 : DW_DIGESTS_END;
}

/* How long a response is goes by the algorithm; under one we do not know, nobody will read it. */
static enum dw_reason read_response(const struct values *values, struct digest *digest)
{
    const struct dw_span response = values->of[VALUE_RESPONSE];

    digest->named = values->of[VALUE_ALGORITHM];
    digest->algorithm = find_algorithm(digest->named, &digest->session);
    if (response.at == NULL) {
        return DW_DIGEST_MALFORMED;
    }
    return digest->algorithm == DW_DIGESTS_END ||
                   digest_read_hex(response, digest->response, digest_size(digest->algorithm))
               ? DW_REASON_NONE
               : DW_DIGEST_MALFORMED;
}

/* An answer without qop, as of RFC 2069, could be replayed at will: nobody may step down to it. */
static enum dw_reason read_quality(const struct values *values, struct digest *digest)
{
    uint8_t count[NC_DIGITS / 2];

    digest->qop = values->of[VALUE_QOP];
    digest->nc = values->of[VALUE_NC];
    digest->cnonce = values->of[VALUE_CNONCE];
    digest->integrity = dw_span_equal_nocase(digest->qop, DW_SPAN("auth-int"));
    if (!digest->integrity && !dw_span_equal_nocase(digest->qop, DW_SPAN("auth"))) {
        return DW_DIGEST_QOP;
    }
    return digest_read_hex(digest->nc, count, sizeof(count)) && is_cnonce(digest->cnonce)
               ? DW_REASON_NONE
               : DW_DIGEST_QOP;
}

/* -- The whole ------------------------------------------------------------------------------------- */

static enum dw_reason read_values(const struct values *values, struct digest *digest)
{
    static enum dw_reason (*const STEPS[])(const struct values *values, struct digest *digest) = {
        read_user, read_place, read_response, read_quality};
    struct digest read = {.algorithm = DW_DIGESTS_END};

    for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++) {
        const enum dw_reason reason = STEPS[i](values, &read);
        if (reason != DW_REASON_NONE) {
            return reason;
        }
    }
    *digest = read;
    return DW_REASON_NONE;
}

enum dw_reason digest_read(struct trial *trial, struct dw_span field, struct digest *digest)
{
    struct dw_challenge from;
    struct values values = {.trial = trial, .from = &from};

    if (dw_credentials_parse(field, &from, NULL) != 0) {
        return DW_DIGEST_MALFORMED;
    }
    if (!dw_span_equal_nocase(from.scheme, DW_SPAN("Digest"))) {
        return DW_SCHEME_UNSUPPORTED;
    }
    if (from.n_params == 0) {
        return from.token68.at == NULL ? DW_HEADER_EMPTY : DW_DIGEST_MALFORMED;
    }
    return take_values(&values) ? read_values(&values, digest) : DW_GUARD_FAILED;
}
