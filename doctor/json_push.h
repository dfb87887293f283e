/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_JSON_PUSH_H
#define DW_DOCTOR_JSON_PUSH_H

/*
 * JSON (RFC 8259) as it comes in, in pieces of any size: a tokenizer of fixed memory, for texts too long
 * to be held. Kinder than core/json.h, as captures are edited by hand: it skips a byte order mark, and
 * takes NaN and Infinity, a comma before a closing bracket, control characters and unknown escapes in
 * strings (both as they stand), names twice, and half a surrogate pair (as U+FFFD).
 */

#include "doorward.h"

#define JSON_PUSH_DEPTH_MAX 1024
#define JSON_PUSH_NAME_MAX  256 /* bytes of a member's name; what is longer is cut */
#define JSON_PUSH_WORD_MAX  32  /* of a number; what is longer is cut */

enum json_event {
    JSON_EVENT_OBJECT,   /* one begins */
    JSON_EVENT_ARRAY,    /* one begins */
    JSON_EVENT_END,      /* of the innermost object or array */
    JSON_EVENT_NAME,     /* a member's name, whole */
    JSON_EVENT_STRING,   /* one begins */
    JSON_EVENT_TEXT,     /* a piece of it, decoded */
    JSON_EVENT_TEXT_END, /* that was all of it */
    JSON_EVENT_WORD      /* a number, true, false, null */
};

/* All members are private, but for those that say otherwise. */
struct json_push {
    void (*tell)(void *context, enum json_event event, struct dw_span bytes);
    void *context;
    bool (*step)(struct json_push *json, struct dw_span bytes, size_t *at);
    const char *fault; /* may be read: why it is broken, a static sentence; NULL: it is not */
    unsigned line;     /* may be read: of the next byte, from 1 */
    uint64_t column;   /* may be read once it is broken: in bytes, from 1 */
    uint64_t offset;   /* of the piece */
    uint64_t line_at;  /* the offset where the line begins */
    unsigned char is_object[JSON_PUSH_DEPTH_MAX / 8];
    unsigned depth;
    unsigned n_mark; /* bytes of a byte order mark */
    char name[JSON_PUSH_NAME_MAX];
    size_t n_name; /* may be read: with `name`, the last name */
    bool is_name;  /* the string is one */
    char word[JSON_PUSH_WORD_MAX];
    size_t n_word;
    uint32_t code; /* of \uXXXX */
    uint32_t high; /* the first half of a pair; 0: none waits for its second */
    unsigned n_hex;
};

/* `hear` is told all, in order; its bytes are good until it returns. */
void json_push_init(struct json_push *json,
                    void (*hear)(void *context, enum json_event event, struct dw_span bytes),
                    void *context);

/* 0; or -1, then and ever after, with `fault`, `line` and `column` set. */
DW_MUST_USE int json_push(struct json_push *json, struct dw_span bytes);

/* Says that there is no more. 0, or -1 as above: a value is missing, or not finished. */
DW_MUST_USE int json_push_end(struct json_push *json);

#endif
