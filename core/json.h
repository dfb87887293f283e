/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_JSON_H
#define DW_JSON_H

/*
 * JSON (RFC 8259), strictly: UTF-8, no duplicate members, bounded depth, no NUL, one value and
 * nothing after it. For the whole project; not part of the public library.
 */

#include "doorward.h"

#define JSON_DEPTH_MAX 16
#define JSON_MEMBERS_MAX 256 /* of one object */

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A value. Children follow their parent in the array; an object's are name, value, name, value. */
struct json_node {
    enum json_type type;
    uint32_t at;   /* of a string: its decoded bytes; else its first byte */
    uint32_t len;  /* of a string: decoded */
    uint32_t skip; /* how many nodes this value takes, itself included */
};

struct json {
    const char *text;
    const struct json_node *nodes; /* nodes[0] is the whole */
};

enum json_error { JSON_OK = 0, JSON_SYNTAX, JSON_DUPLICATE, JSON_NESTING, JSON_SIZE };

/* Reads `text`, which is changed: strings are decoded in place. Up to `max` values. `json` borrows
 * text and nodes. `fault` may be NULL: the offset of the first byte that is wrong. */
DW_MUST_USE enum json_error json_parse(char *text, size_t len, struct json_node *nodes, size_t max,
                                       struct json *json, size_t *fault);

/* All below take a node of `json`, or NULL, and answer NULL or absent for NULL. */
const struct json_node *json_root(const struct json *json);
const struct json_node *json_member(const struct json *json, const struct json_node *object,
                                    const char *name);
/* A value's first element, or an object's first member name; NULL if it has none. */
const struct json_node *json_first(const struct json_node *container);
/* What follows `node` inside `container`, or NULL. */
const struct json_node *json_next(const struct json_node *container, const struct json_node *node);
/* A string's bytes; absent if it is none. */
struct dw_span json_string(const struct json *json, const struct json_node *node);
/* A number rounded down to a whole one. false if `node` is no number or is beyond int64_t. */
DW_MUST_USE bool json_whole(const struct json *json, const struct json_node *node, int64_t *whole);

#endif
