/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

struct reader {
    char *text;
    size_t len;
    size_t at;
    struct json_node *nodes;
    size_t n_nodes;
    size_t max;
    unsigned depth;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next byte that is no white space; NUL, which cannot stand there either, at the end. */
static char peek(struct reader *reader)
{
    while (reader->at < reader->len) {
        const char c = reader->text[reader->at];

        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            return c;
        }
        reader->at++;
    }
    return '\0';
}

/* What has been read since `start`, as a node without children. */
static void fill_node(struct reader *reader, enum json_type type, size_t start)
{
    struct json_node *node = &reader->nodes[reader->n_nodes++];

    *node = (struct json_node){type, (uint32_t)start, (uint32_t)(reader->at - start), 1};
}

/* -- Strings (RFC 8259 s7) ----------------------------------------------------------------------- */

/* Four hexadecimal digits at `at`; 0, which no text may hold, if they are not there. */
static uint32_t read_hex(const struct reader *reader, size_t at)
{
    uint32_t value = 0;

    if (at + 4 > reader->len) {
        return 0;
    }
    for (size_t i = at; i < at + 4; i++) {
        const char c = reader->text[i];
        const char letter = (char)(c | 0x20);

        if (is_digit(c)) {
            value = value << 4 | (uint32_t)(c - '0');
        } else if (letter >= 'a' && letter <= 'f') {
            value = value << 4 | (uint32_t)(letter - 'a' + 10);
        } else {
            return 0;
        }
    }
    return value;
}

static size_t write_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xc0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xe0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 0x3f));
        to[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 0x3f));
    to[2] = (char)(0x80 | (code >> 6 & 0x3f));
    to[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* \uXXXX, or a pair of them for what lies beyond U+FFFF; half a pair is refused. Returns how many
 * bytes it takes, 0 if it is broken. */
static size_t read_unicode(struct reader *reader, size_t at, size_t *to)
{
    uint32_t code = read_hex(reader, at + 2);
    size_t taken = 6;

    if (code >= 0xd800 && code <= 0xdbff) {
        const bool pair = at + 8 <= reader->len && memcmp(reader->text + at + 6, "\\u", 2) == 0;
        const uint32_t low = pair ? read_hex(reader, at + 8) : 0;

        if (low < 0xdc00 || low > 0xdfff) {
            return 0;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        taken = 12;
    } else if (code == 0 || (code >= 0xdc00 && code <= 0xdfff)) {
        return 0;
    }
    *to += write_utf8(reader->text + *to, code);
    return taken;
}

static size_t read_escape(struct reader *reader, size_t at, size_t *to)
{
    static const char NAMES[] = "\"\\/bfnrt";
    static const char MEANINGS[] = "\"\\/\b\f\n\r\t";
    const char name = at + 1 < reader->len ? reader->text[at + 1] : '\0';
    const char *found = name != '\0' ? strchr(NAMES, name) : NULL;

    if (name == 'u') {
        return read_unicode(reader, at, to);
    }
    if (found == NULL) {
        return 0;
    }
    reader->text[(*to)++] = MEANINGS[found - NAMES];
    return 2;
}

static size_t copy_character(struct reader *reader, size_t at, size_t *to)
{
    const unsigned char *from = (const unsigned char *)reader->text + at;
    const size_t n = *from < 0x20 ? 0 : utf8_len(from, reader->len - at);

    for (size_t i = 0; i < n; i++) {
        reader->text[(*to)++] = (char)from[i];
    }
    return n;
}

/* The rest of a string, from its first byte that is not plain ASCII: what is decoded takes no more
 * room than what it stands for, so it is written where it was read. */
static enum json_error read_string_rest(struct reader *reader, size_t start, size_t at)
{
    size_t to = at;

    while (at < reader->len && reader->text[at] != '"') {
        const bool escape = reader->text[at] == '\\';
        const size_t n = escape ? read_escape(reader, at, &to) : copy_character(reader, at, &to);

        if (n == 0) {
            reader->at = at;
            return JSON_SYNTAX;
        }
        at += n;
    }
    reader->at = at;
    if (at == reader->len) {
        return JSON_SYNTAX;
    }
    reader->at = to;
    fill_node(reader, JSON_STRING, start);
    reader->at = at + 1;
    return JSON_OK;
}

static enum json_error read_string(struct reader *reader)
{
    const size_t start = reader->at + 1;
    const size_t at = start + text_plain_run(reader->text + start, reader->len - start);

    if (at == reader->len || reader->text[at] != '"') {
        return read_string_rest(reader, start, at);
    }
    reader->at = at;
    fill_node(reader, JSON_STRING, start);
    reader->at++;
    return JSON_OK;
}

/* -- Numbers and words (RFC 8259 s3, s6) --------------------------------------------------------- */

static bool take(struct reader *reader, char c)
{
    if (reader->at == reader->len || reader->text[reader->at] != c) {
        return false;
    }
    reader->at++;
    return true;
}

static bool take_digits(struct reader *reader)
{
    const size_t start = reader->at;

    while (reader->at < reader->len && is_digit(reader->text[reader->at])) {
        reader->at++;
    }
    return reader->at > start;
}

static enum json_error read_number(struct reader *reader)
{
    const size_t start = reader->at;

    (void)take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader)) {
        return JSON_SYNTAX;
    }
    if (take(reader, '.') && !take_digits(reader)) {
        return JSON_SYNTAX;
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+')) {
            (void)take(reader, '-');
        }
        if (!take_digits(reader)) {
            return JSON_SYNTAX;
        }
    }
    fill_node(reader, JSON_NUMBER, start);
    return JSON_OK;
}

static enum json_error read_word(struct reader *reader, const char *word, enum json_type type)
{
    const size_t start = reader->at;
    const size_t len = strlen(word);

    if (reader->len - start < len || memcmp(reader->text + start, word, len) != 0) {
        return JSON_SYNTAX;
    }
    reader->at += len;
    fill_node(reader, type, start);
    return JSON_OK;
}

/* -- Arrays, objects, values (RFC 8259 s4, s5) --------------------------------------------------- */

static enum json_error read_value(struct reader *reader);

/* RFC 8259 s4 leaves repeated names to the reader; two readers that choose differently are a hole.
 * Names are compared decoded, so that no escape hides one. */
static bool is_repeated(const struct reader *reader, size_t object)
{
    const struct json_node *last = &reader->nodes[reader->n_nodes - 1];
    const char *name = reader->text + last->at;
    const struct json_node *node = &reader->nodes[object + 1];

    while (node < last) {
        const char *other = reader->text + node->at;

        if (node->len == last->len && *other == *name && memcmp(other, name, last->len) == 0) {
            return true;
        }
        node += 1 + node[1].skip;
    }
    return false;
}

static enum json_error read_member(struct reader *reader, size_t object)
{
    enum json_error error;

    if (peek(reader) != '"') {
        return JSON_SYNTAX;
    }
    if (reader->n_nodes == reader->max) {
        return JSON_SIZE;
    }
    error = read_string(reader);
    if (error != JSON_OK) {
        return error;
    }
    if (is_repeated(reader, object)) {
        return JSON_DUPLICATE;
    }
    if (peek(reader) != ':') {
        return JSON_SYNTAX;
    }
    reader->at++;
    return read_value(reader);
}

static enum json_error read_items(struct reader *reader, size_t container, char close)
{
    size_t n = 0;
    char next;

    reader->at++;
    if (peek(reader) == close) {
        return JSON_OK;
    }
    do {
        enum json_error error;

        if (close == '}' && n++ == JSON_MEMBERS_MAX) {
            return JSON_SIZE;
        }
        error = close == '}' ? read_member(reader, container) : read_value(reader);
        if (error != JSON_OK) {
            return error;
        }
        next = peek(reader);
    } while (next == ',' && reader->at++ < reader->len);
    return next == close ? JSON_OK : JSON_SYNTAX;
}

static enum json_error read_container(struct reader *reader, enum json_type type, char close)
{
    const size_t self = reader->n_nodes;
    const size_t start = reader->at;
    enum json_error error;

    if (reader->depth == JSON_DEPTH_MAX) {
        return JSON_NESTING;
    }
    reader->depth++;
    fill_node(reader, type, start);
    error = read_items(reader, self, close);
    if (error != JSON_OK) {
        return error;
    }
    reader->depth--;
    reader->at++;
    reader->nodes[self].len = (uint32_t)(reader->at - start);
    reader->nodes[self].skip = (uint32_t)(reader->n_nodes - self);
    return JSON_OK;
}

static enum json_error read_value(struct reader *reader)
{
    const char first = peek(reader);

    if (reader->n_nodes == reader->max) {
        return JSON_SIZE;
    }
    switch (first) {
    case '"':
        return read_string(reader);
    case '{':
        return read_container(reader, JSON_OBJECT, '}');
    case '[':
        return read_container(reader, JSON_ARRAY, ']');
    case 't':
        return read_word(reader, "true", JSON_TRUE);
    case 'f':
        return read_word(reader, "false", JSON_FALSE);
    case 'n':
        return read_word(reader, "null", JSON_NULL);
    default:
        return read_number(reader);
    }
}

enum json_error json_parse(char *text, size_t len, struct json_node *nodes, size_t max,
                           struct json *json, size_t *fault)
{
    struct reader reader = {.text = text, .len = len, .nodes = nodes, .max = max};
    enum json_error error = len <= UINT32_MAX ? read_value(&reader) : JSON_SIZE;

    if (error == JSON_OK) {
        (void)peek(&reader);
        error = reader.at == len ? JSON_OK : JSON_SYNTAX;
    }
    if (error != JSON_OK) {
        if (fault != NULL) {
            *fault = reader.at;
        }
        return error;
    }
    *json = (struct json){text, nodes};
    return JSON_OK;
}
