/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "schemes.h"

static_assert(WORK_CLAIMS + WORK_ROOM <= sizeof(struct dw_work), "the rooms fit the work");

enum dw_reason object_parse(char *text, size_t len, struct json_node *nodes, size_t max,
                            struct json *json)
{
    struct json read;

    switch (json_parse(text, len, nodes, max, &read, NULL)) {
    case JSON_OK:
        break;
    case JSON_DUPLICATE:
        return DW_TOKEN_DUPLICATE;
    case JSON_NESTING:
        return DW_TOKEN_NESTING;
    case JSON_SYNTAX:
    case JSON_SIZE:
    default:
        return DW_TOKEN_JSON;
    }
    if (json_root(&read)->type != JSON_OBJECT) {
        return DW_TOKEN_JSON;
    }
    *json = read;
    return DW_REASON_NONE;
}

/* The text stands at the room's end: all that is left before it is for nodes. */
static enum dw_reason parse_at_end(unsigned char *room, size_t size, size_t len, struct json *json)
{
    struct json_node *nodes = (struct json_node *)(void *)room;

    return object_parse((char *)room + size - len, len, nodes, (size - len) / sizeof(*nodes), json);
}

enum dw_reason object_copy(struct dw_span text, unsigned char *room, size_t size, struct json *json)
{
    if (text.len > size) {
        return DW_TOKEN_JSON;
    }
    if (text.len > 0) {
        memcpy(room + size - text.len, text.at, text.len);
    }
    return parse_at_end(room, size, text.len, json);
}

enum dw_reason claims_parse(struct dw_span text, unsigned char *room, size_t size,
                            struct dw_jwt *jwt)
{
    struct dw_jwt found;
    struct json json;

    jwt_clear(&found);
    if (text.len > DW_CLAIMS_MAX) {
        return DW_TOKEN_JSON;
    }
    enum dw_reason reason = object_copy(text, room, size, &json);
    if (reason == DW_REASON_NONE) {
        reason = claims_read(&json, (char *)room + size - text.len, &found);
    }
    if (reason == DW_REASON_NONE) {
        jwt_copy(&found, jwt);
    }
    return reason;
}

/* What stands between the first two dots. */
static struct dw_span payload_of(struct dw_span token)
{
    const char *dot = token.len == 0 ? NULL : memchr(token.at, '.', token.len);

    if (dot == NULL) {
        return SPAN_NONE;
    }
    const struct dw_span rest = span_from(token, (size_t)(dot - token.at) + 1);
    const char *end = rest.len == 0 ? NULL : memchr(rest.at, '.', rest.len);
    return end == NULL ? SPAN_NONE : (struct dw_span){rest.at, (size_t)(end - rest.at)};
}

enum dw_reason claims_open(struct trial *trial, struct json *json)
{
    unsigned char *room = trial->work->bytes + WORK_CLAIMS;
    const struct dw_span payload = payload_of(trial->who.token);
    const size_t size = payload.len / 4 * 3 + (payload.len % 4 > 0 ? payload.len % 4 - 1 : 0);
    size_t len = 0;

    if (trial->claims.at != NULL) {
        return object_copy(trial->claims, room, WORK_ROOM, json);
    }
    if (payload.at == NULL) {
        return object_copy(DW_SPAN("{}"), room, WORK_ROOM, json);
    }
    if (size > WORK_ROOM || dw_base64url_parse(payload, room + WORK_ROOM - size, size, &len) != 0) {
        return DW_TOKEN_BASE64;
    }
    return parse_at_end(room, WORK_ROOM, len, json);
}
