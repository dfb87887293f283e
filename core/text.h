/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_TEXT_H
#define DW_TEXT_H

/*
 * Text written into a buffer of the caller's, with the overflow checked once, at the end. For the
 * whole project; not part of the public library.
 */

#include "doorward.h"

struct text {
    char *at;
    size_t size;
    size_t len;
    bool overflow; /* something did not fit: what is there is cut */
};

void text_init(struct text *text, char *buffer, size_t size);
void text_add(struct text *text, struct dw_span bytes);
void text_put(struct text *text, const char *bytes); /* NUL-terminated */
void text_char(struct text *text, char c);
void text_number(struct text *text, int64_t number);

/* How many bytes from there on are printable ASCII, and neither a quote nor a backslash: nearly always
 * all, which is why it looks at eight at a time. */
size_t text_plain_run(const char *at, size_t len);

/* How many bytes the UTF-8 character at `at` takes; 0 if it is none. `len` is at least 1. */
size_t utf8_len(const unsigned char *at, size_t len);

/* A JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD. */
void text_json(struct text *text, struct dw_span string);

/* `"name":"value"` as a member of a JSON object, with a comma before it unless `{` or `[` is last.
 * Writes nothing if the value is absent. */
void text_json_member(struct text *text, const char *name, struct dw_span value);
void text_json_number(struct text *text, const char *name, int64_t number);

/* Escaped for HTML text and quoted attributes. */
void text_html(struct text *text, struct dw_span string);

/* What was written so far. */
struct dw_span text_span(const struct text *text);

#endif
