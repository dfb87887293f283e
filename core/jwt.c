/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "internal.h"

#define NODES_MAX 1024

/* How a token's memory is laid out. The nodes serve the header first, then the claims. */
struct room {
    struct json_node nodes[NODES_MAX];
    char text[DW_TOKEN_MAX / 4 * 3]; /* the three parts, decoded */
};

static_assert(sizeof(struct room) <= sizeof(struct dw_work), "a token's memory fits the work");

enum part { HEADER, CLAIMS, SIGNATURE, PARTS };

/* -- Three parts (RFC 7515 s7.1) ----------------------------------------------------------------- */

static enum dw_reason reason_for_dots(size_t dots)
{
    switch (dots) {
    case 0:
        return DW_TOKEN_OPAQUE;
    case 2:
        return DW_REASON_NONE;
    case 4:
        return DW_TOKEN_ENCRYPTED;
    default:
        return DW_TOKEN_SEGMENTS;
    }
}

static enum dw_reason split(struct dw_span token, struct dw_span parts[PARTS])
{
    struct dw_span rest = token;
    size_t dots = 0;

    for (;;) {
        const char *dot = rest.len > 0 ? memchr(rest.at, '.', rest.len) : NULL;

        if (dots < PARTS) {
            parts[dots] = dot == NULL ? rest : (struct dw_span){rest.at, (size_t)(dot - rest.at)};
        }
        if (dot == NULL) {
            return reason_for_dots(dots);
        }
        rest = span_from(rest, (size_t)(dot - rest.at) + 1);
        dots++;
    }
}

/* Each part's text becomes its bytes, one behind the other in `room`. */
static bool decode_parts(struct dw_span parts[PARTS], struct room *room)
{
    size_t used = 0;

    for (size_t i = 0; i < PARTS; i++) {
        size_t len = 0;

        if (dw_base64url_parse(parts[i], room->text + used, sizeof(room->text) - used, &len) != 0) {
            return false;
        }
        parts[i] = (struct dw_span){room->text + used, len};
        used += len;
    }
    return true;
}

/* The same bytes, as the room's owner may change them. */
static char *writable(struct dw_span part, struct room *room)
{
    return room->text + (part.at - room->text);
}

static enum dw_reason parse_object(struct dw_span part, struct room *room, struct json *json)
{
    switch (json_parse(writable(part, room), part.len, room->nodes, NODES_MAX, json, NULL)) {
    case JSON_OK:
        return json_root(json)->type == JSON_OBJECT ? DW_REASON_NONE : DW_TOKEN_JSON;
    case JSON_DUPLICATE:
        return DW_TOKEN_DUPLICATE;
    case JSON_NESTING:
        return DW_TOKEN_NESTING;
    case JSON_SYNTAX:
    case JSON_SIZE:
    default:
        return DW_TOKEN_JSON;
    }
}

/* -- The header (RFC 7515 s4.1) ------------------------------------------------------------------ */

static bool is_one_of(struct dw_span word, const struct dw_span *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (dw_span_equal_nocase(word, words[i])) {
            return true;
        }
    }
    return false;
}

static enum dw_reason read_alg(const struct json *json, struct dw_jwt *jwt)
{
    const struct dw_span name = json_string(json, json_member(json, json_root(json), "alg"));

    if (dw_span_equal_nocase(name, DW_SPAN("none"))) {
        return DW_TOKEN_ALG_NONE;
    }
    jwt->alg = dw_alg_find(name);
    return jwt->alg != DW_ALG_NONE ? DW_REASON_NONE : DW_TOKEN_ALG;
}

/* RFC 8725 s3.11: a token made for something else, an ID token's logout cousin or a DPoP proof, says
 * so here. */
static enum dw_reason read_typ(const struct json *json, struct dw_jwt *jwt)
{
    static const struct dw_span TYPES[] = {{"JWT", 3},
                                           {"at+jwt", 6},
                                           {"application/at+jwt", 18},
                                           {"application/jwt", 15}};
    const struct json_node *typ = json_member(json, json_root(json), "typ");

    jwt->typ = json_string(json, typ);
    if (typ != NULL && !is_one_of(jwt->typ, TYPES, sizeof(TYPES) / sizeof(TYPES[0]))) {
        return DW_TOKEN_TYP;
    }
    return DW_REASON_NONE;
}

static bool is_nested(const struct json *json)
{
    static const struct dw_span TYPES[] = {{"JWT", 3}, {"application/jwt", 15}};
    const struct dw_span cty = json_string(json, json_member(json, json_root(json), "cty"));

    return is_one_of(cty, TYPES, sizeof(TYPES) / sizeof(TYPES[0]));
}

/* No extension is understood here, so each critical one is a reason to refuse (RFC 7515 s4.1.11).
 * RFC 7797's b64 must be critical; where it is not, refusing keeps two readers from differing. */
static bool has_extension(const struct json *json)
{
    const struct json_node *b64 = json_member(json, json_root(json), "b64");

    return json_member(json, json_root(json), "crit") != NULL ||
           (b64 != NULL && b64->type != JSON_TRUE);
}

/* jku, jwk, x5u and x5c are not even looked at: a key that comes with the token proves nothing. */
static enum dw_reason read_header(const struct json *json, struct dw_jwt *jwt)
{
    const struct json_node *kid = json_member(json, json_root(json), "kid");
    enum dw_reason reason;

    if (is_nested(json)) {
        return DW_TOKEN_NESTING;
    }
    reason = read_alg(json, jwt);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (has_extension(json)) {
        return DW_TOKEN_CRIT;
    }
    jwt->kid = json_string(json, kid);
    if (kid != NULL && jwt->kid.at == NULL) {
        return DW_TOKEN_JSON;
    }
    return read_typ(json, jwt);
}

/* -- The whole ----------------------------------------------------------------------------------- */

static enum dw_reason read_parts(struct dw_span parts[PARTS], struct room *room, struct dw_jwt *jwt)
{
    struct json json;
    enum dw_reason reason = parse_object(parts[HEADER], room, &json);

    if (reason == DW_REASON_NONE) {
        reason = read_header(&json, jwt);
    }
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (jwt->signature.len == 0) {
        return DW_TOKEN_UNSIGNED;
    }
    reason = parse_object(parts[CLAIMS], room, &json);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    return claims_read(&json, writable(parts[CLAIMS], room), jwt);
}

enum dw_reason dw_jwt_parse(struct dw_span token, struct dw_work *work, struct dw_jwt *jwt)
{
    struct room *room = (struct room *)(void *)work->bytes;
    struct dw_jwt found = {.token = token};
    struct dw_span parts[PARTS];
    enum dw_reason reason;

    if (token.len > DW_TOKEN_MAX) {
        return DW_TOKEN_TOO_LARGE;
    }
    reason = split(token, parts);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    found.signed_part = (struct dw_span){token.at, token.len - parts[SIGNATURE].len - 1};
    if (!decode_parts(parts, room)) {
        return DW_TOKEN_BASE64;
    }
    found.signature = parts[SIGNATURE];
    reason = read_parts(parts, room, &found);
    if (reason == DW_REASON_NONE) {
        *jwt = found;
    }
    return reason;
}
