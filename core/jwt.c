/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "schemes.h"

#define NODES_MAX 1024

/* How a token's memory is laid out. The nodes serve the header first, then the claims. */
struct room {
    struct json_node nodes[NODES_MAX];
    char text[DW_TOKEN_MAX / 4 * 3]; /* the three parts, decoded */
};

static_assert(sizeof(struct room) <= WORK_ROOM, "a token's memory fits its room");

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

static enum dw_reason split(struct dw_span token, struct dw_span parts[JWS_PARTS])
{
    struct dw_span rest = token;
    size_t dots = 0;

    for (;;) {
        const char *dot = rest.len > 0 ? memchr(rest.at, '.', rest.len) : NULL;

        if (dots < JWS_PARTS) {
            parts[dots] = dot == NULL ? rest : (struct dw_span){rest.at, (size_t)(dot - rest.at)};
        }
        if (dot == NULL) {
            return reason_for_dots(dots);
        }
        rest = span_from(rest, (size_t)(dot - rest.at) + 1);
        dots++;
    }
}

enum dw_reason jws_split(struct dw_span token, char *buffer, size_t size,
                         struct dw_span parts[JWS_PARTS], struct dw_span *signed_part)
{
    struct dw_span texts[JWS_PARTS] = {SPAN_NONE};
    size_t used = 0;

    const enum dw_reason reason = split(token, texts);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    for (size_t i = 0; i < JWS_PARTS; i++) {
        size_t len = 0;

        if (dw_base64url_parse(texts[i], buffer + used, size - used, &len) != 0) {
            return DW_TOKEN_BASE64;
        }
        parts[i] = (struct dw_span){buffer + used, len};
        used += len;
    }
    *signed_part = (struct dw_span){token.at, token.len - texts[JWS_SIGNATURE].len - 1};
    return DW_REASON_NONE;
}

/* The same bytes, as the room's owner may change them. */
static char *writable(struct dw_span part, struct room *room)
{
    return room->text + (part.at - room->text);
}

static enum dw_reason parse_object(struct dw_span part, struct room *room, struct json *json)
{
    return object_parse(writable(part, room), part.len, room->nodes, NODES_MAX, json);
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
    static const struct dw_span TYPES[] = {
        {"JWT", 3}, {"at+jwt", 6}, {"application/at+jwt", 18}, {"application/jwt", 15}};
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

static enum dw_reason read_parts(const struct dw_span parts[JWS_PARTS], struct room *room,
                                 struct dw_jwt *jwt)
{
    struct json json;
    enum dw_reason reason = parse_object(parts[JWS_HEADER], room, &json);

    if (reason == DW_REASON_NONE) {
        reason = read_header(&json, jwt);
    }
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (jwt->signature.len == 0) {
        return DW_TOKEN_UNSIGNED;
    }
    reason = parse_object(parts[JWS_PAYLOAD], room, &json);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    return claims_read(&json, writable(parts[JWS_PAYLOAD], room), jwt);
}

void jwt_clear(struct dw_jwt *jwt)
{
    memset(jwt, 0, offsetof(struct dw_jwt, aud));
}

void jwt_copy(const struct dw_jwt *from, struct dw_jwt *to)
{
    memcpy(to, from, offsetof(struct dw_jwt, aud) + from->n_aud * sizeof(from->aud[0]));
}

enum dw_reason dw_jwt_parse(struct dw_span token, struct dw_work *work, struct dw_jwt *jwt)
{
    struct room *room = (struct room *)(void *)(work->bytes + WORK_TOKEN);
    struct dw_span parts[JWS_PARTS];
    struct dw_jwt found;
    enum dw_reason reason;

    if (token.len > DW_TOKEN_MAX) {
        return DW_TOKEN_TOO_LARGE;
    }
    jwt_clear(&found);
    found.token = token;
    reason = jws_split(token, room->text, sizeof(room->text), parts, &found.signed_part);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    found.signature = parts[JWS_SIGNATURE];
    reason = read_parts(parts, room, &found);
    if (reason == DW_REASON_NONE) {
        jwt_copy(&found, jwt);
    }
    return reason;
}
