/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "schemes.h"

#define CHECK       6
#define PREFIX_MAX  16
#define ENCODED_MAX 256 /* bytes that are looked at: more than any key has, each as %XX or not */

/* -- The key: PREFIX_ID_SECRETCHECK ---------------------------------------------------------------- */

/* Base 62, in the order GitHub's tokens have: nothing in a key wants quoting anywhere, and a double
 * click takes all of it. */
static const char DIGITS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool are_digits(struct dw_span span)
{
    for (size_t i = 0; i < span.len; i++) {
        const char c = span.at[i];
        if (!is_letter(c) && (c < '0' || c > '9')) {
            return false;
        }
    }
    return true;
}

static struct dw_span prefix_of(const char *prefix)
{
    return prefix == NULL ? DW_SPAN("dw") : dw_span_of(prefix);
}

static size_t length_with(struct dw_span prefix)
{
    return prefix.len + 1 + DW_APIKEY_ID + 1 + DW_APIKEY_SECRET + CHECK;
}

/* Takes the last n digits off a number, whose first byte is the highest. */
static void take_digits(uint8_t *number, size_t len, char *digits, size_t n)
{
    while (n > 0) {
        unsigned rest = 0;
        for (size_t i = 0; i < len; i++) {
            rest = rest << 8 | number[i];
            number[i] = (uint8_t)(rest / 62);
            rest %= 62;
        }
        digits[--n] = DIGITS[rest];
    }
}

/* The CRC-32 of Ethernet and zip, four bits at a time. */
static uint32_t crc32(struct dw_span bytes)
{
    static const uint32_t STEPS[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.at[i];
        crc = crc >> 4 ^ STEPS[crc & 15];
        crc = crc >> 4 ^ STEPS[crc & 15];
    }
    return ~crc;
}

/* Checked by arithmetic alone, a typing error is told from a key nobody knows without a look-up, and
 * whoever scans for leaked keys can tell one from what only looks like it. It is no secret's proof. */
static void make_check(struct dw_span before, char check[CHECK])
{
    const uint32_t crc = crc32(before);
    uint8_t number[] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                        (uint8_t)crc};

    take_digits(number, sizeof(number), check, CHECK);
}

int dw_apikey_write(const char *prefix, const uint8_t random[DW_APIKEY_RANDOM], char *key,
                    size_t size)
{
    const struct dw_span begin = prefix_of(prefix);
    const size_t len = length_with(begin);
    uint8_t number[DW_APIKEY_RANDOM];

    if (begin.len == 0 || begin.len > PREFIX_MAX || !is_letter(begin.at[0]) || !are_digits(begin)) {
        return DW_ERR_SYNTAX;
    }
    if (size <= len) {
        return DW_ERR_SIZE;
    }
    char *id = key + begin.len + 1;
    char *secret = id + DW_APIKEY_ID + 1;
    memcpy(number, random, sizeof(number));
    memcpy(key, begin.at, begin.len);
    id[-1] = '_';
    take_digits(number, sizeof(number), id, DW_APIKEY_ID);
    secret[-1] = '_';
    take_digits(number, sizeof(number), secret, DW_APIKEY_SECRET);
    make_check((struct dw_span){key, len - CHECK}, key + len - CHECK);
    key[len] = '\0';
    dw_secret_wipe(number, sizeof(number));
    return 0;
}

enum dw_reason dw_apikey_parse(struct dw_span key, const char *prefix, struct dw_span *id)
{
    const struct dw_span begin = prefix_of(prefix);
    char check[CHECK];

    if (key.len != length_with(begin) ||
        !dw_span_equal((struct dw_span){key.at, begin.len}, begin)) {
        return DW_APIKEY_PARTIAL;
    }
    const struct dw_span name = {key.at + begin.len + 1, DW_APIKEY_ID};
    const struct dw_span rest = {name.at + DW_APIKEY_ID + 1, DW_APIKEY_SECRET + CHECK};
    if (name.at[-1] != '_' || rest.at[-1] != '_' || !are_digits(name) || !are_digits(rest)) {
        return DW_APIKEY_PARTIAL;
    }
    make_check((struct dw_span){key.at, key.len - CHECK}, check);
    if (!dw_span_equal(span_from(key, key.len - CHECK), (struct dw_span){check, CHECK})) {
        return DW_APIKEY_CHECKSUM;
    }
    *id = name;
    return DW_REASON_NONE;
}

bool apikey_is_one(const struct dw_policy *policy, struct dw_span token)
{
    const struct dw_span prefix = prefix_of(policy->schemes.apikey.prefix);

    return token.len > prefix.len && token.at[prefix.len] == '_' &&
           dw_span_equal((struct dw_span){token.at, prefix.len}, prefix);
}

/* -- Where it stands ------------------------------------------------------------------------------- */

static unsigned hex_value(char c)
{
    const char small = (char)(c | 0x20);

    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    return small >= 'a' && small <= 'f' ? (unsigned)(small - 'a') + 10 : 16;
}

/* What is broken stays as it is: no key has a percent sign, so it is answered as the wrong shape. */
static struct dw_span decode(struct dw_span from, char *to)
{
    size_t len = 0;

    for (size_t i = 0; i < from.len; i++) {
        const bool is_encoded = from.at[i] == '%' && from.len - i > 2 &&
                                hex_value(from.at[i + 1]) < 16 && hex_value(from.at[i + 2]) < 16;
        if (is_encoded) {
            to[len++] = (char)(hex_value(from.at[i + 1]) << 4 | hex_value(from.at[i + 2]));
            i += 2;
        } else {
            to[len++] = from.at[i];
        }
    }
    return (struct dw_span){to, len};
}

static struct dw_span field_of(const struct dw_policy *policy)
{
    const char *field = policy->schemes.apikey.field;

    return field == NULL ? DW_SPAN("X-API-Key") : dw_span_of(field);
}

enum dw_reason apikey_find(struct trial *trial, struct dw_span *value)
{
    const char *parameter = trial->policy->schemes.apikey.query;
    struct dw_span there = SPAN_NONE;

    const size_t n_fields = request_field(trial->request, field_of(trial->policy), &there);
    struct dw_span in_query = SPAN_NONE;
    const size_t n_queries =
        parameter == NULL ? 0 : request_parameter(trial->request, dw_span_of(parameter), &in_query);
    if (n_fields + n_queries == 0) {
        return DW_HEADER_MISSING;
    }
    if (n_fields + n_queries > 1) {
        return DW_HEADER_METHODS;
    }
    there = n_fields == 1 ? span_trim(there) : in_query;
    if (there.len == 0) {
        return DW_HEADER_EMPTY;
    }
    if (there.len > ENCODED_MAX) {
        return DW_APIKEY_PARTIAL;
    }
    char *room = n_queries == 0 ? NULL : trial_take(trial, there.len);
    *value = room == NULL ? there : decode(there, room);
    return DW_REASON_NONE;
}

/* Names nothing else is sent under; a `key` may be anything, and is one if it looks like one. */
static bool is_secret(const struct trial *trial, struct dw_span name, struct dw_span value)
{
    return dw_span_equal(name, DW_SPAN("access_token")) || dw_span_equal(name, DW_SPAN("api_key")) ||
           dw_span_equal(name, DW_SPAN("apikey")) ||
           (dw_span_equal(name, DW_SPAN("key")) && apikey_is_one(trial->policy, value));
}

bool apikey_is_misplaced(const struct trial *trial)
{
    struct dw_span rest = request_query(trial->request);
    struct dw_span name, value;

    while (param_next(&rest, &name, &value)) {
        if (is_secret(trial, name, value)) {
            return true;
        }
    }
    return false;
}

/* -- The scheme ------------------------------------------------------------------------------------ */

enum dw_reason apikey_authenticate(struct trial *trial, struct dw_span value)
{
    const char *prefix = trial->policy->schemes.apikey.prefix;
    const struct dw_span begin = prefix_of(prefix);
    struct dw_decision *found = trial->found;
    struct dw_span id = SPAN_NONE;
    struct dw_known known;

    found->token = value;
    if (value.len != length_with(begin)) {
        return DW_APIKEY_PARTIAL;
    }
    found->account = (struct dw_span){value.at + begin.len + 1, DW_APIKEY_ID};
    found->credential = found->account;
    found->fact = DW_FACT_APIKEY;
    dw_fact_name(DW_FACT_APIKEY, value, found->name);
    const enum dw_reason reason = lookup_find(trial, &known);
    if (reason == DW_REASON_NONE) {
        return lookup_accept(trial, &known);
    }
    /* A key that is known has the right shape. */
    const enum dw_reason shape = dw_apikey_parse(value, prefix, &id);
    found->account = id;
    found->credential = id;
    found->retry_after = shape == DW_REASON_NONE ? found->retry_after : 0;
    return shape == DW_REASON_NONE ? reason : shape;
}

/* Nothing is registered for keys (RFC 9110 s16.4.1); the scheme is the one the Authorization field may
 * name, and the parameters say where else a key is looked for. */
int apikey_challenge(struct answer *answer)
{
    struct dw_challenge challenge = {.scheme = DW_SPAN("Api-Key")};

    challenge_put(&challenge, "realm", answer_realm(answer));
    challenge_put(&challenge, "field", field_of(answer->policy));
    challenge_put(&challenge, "query", dw_span_of(answer->policy->schemes.apikey.query));
    return answer_challenge(answer, &challenge);
}
