/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "json_push.h"

static bool read_value(struct json_push *json, struct dw_span bytes, size_t *at);
static bool read_name(struct json_push *json, struct dw_span bytes, size_t *at);
static bool read_colon(struct json_push *json, struct dw_span bytes, size_t *at);
static bool read_next(struct json_push *json, struct dw_span bytes, size_t *at);
static bool read_string(struct json_push *json, struct dw_span bytes, size_t *at);
static bool read_rest(struct json_push *json, struct dw_span bytes, size_t *at);

static bool refuse(struct json_push *json, const char *what)
{
    json->fault = what;
    return false;
}

static void tell(struct json_push *json, enum json_event event)
{
    json->tell(json->context, event, (struct dw_span){NULL, 0});
}

/* The line that ends with the byte at `at`. */
static void end_line(struct json_push *json, size_t at)
{
    json->line++;
    json->line_at = json->offset + at + 1;
}

/* false: the piece has nothing else. */
static bool skip_blanks(struct json_push *json, struct dw_span bytes, size_t *at)
{
    for (; *at < bytes.len; ++*at) {
        const char c = bytes.at[*at];

        if (c == '\n') {
            end_line(json, *at);
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return true;
        }
    }
    return false;
}

/* -- Objects and arrays ---------------------------------------------------------------------------- */

static bool is_in_object(const struct json_push *json)
{
    const unsigned top = json->depth - 1;

    return json->depth > 0 && (json->is_object[top / 8] >> top % 8 & 1) != 0;
}

static void end_value(struct json_push *json)
{
    json->step = json->depth == 0 ? read_rest : read_next;
}

static bool open_container(struct json_push *json, bool is_object)
{
    const unsigned bit = 1u << json->depth % 8;
    unsigned char *byte = &json->is_object[json->depth / 8];

    if (json->depth == JSON_PUSH_DEPTH_MAX - 1) {
        return refuse(json, "objects and arrays are nested too deeply");
    }
    *byte = (unsigned char)(is_object ? *byte | bit : *byte & ~bit);
    json->depth++;
    json->step = is_object ? read_name : read_value;
    tell(json, is_object ? JSON_EVENT_OBJECT : JSON_EVENT_ARRAY);
    return true;
}

static bool close_container(struct json_push *json)
{
    json->depth--;
    tell(json, JSON_EVENT_END);
    end_value(json);
    return true;
}

/* -- Strings (RFC 8259 s7) ------------------------------------------------------------------------- */

static void begin_string(struct json_push *json, bool is_name)
{
    json->is_name = is_name;
    json->high = 0;
    json->step = read_string;
    if (is_name) {
        json->n_name = 0;
    } else {
        tell(json, JSON_EVENT_STRING);
    }
}

static void put_bytes(struct json_push *json, struct dw_span bytes)
{
    const size_t room = sizeof(json->name) - json->n_name;
    const size_t n = bytes.len < room ? bytes.len : room;

    if (!json->is_name) {
        json->tell(json->context, JSON_EVENT_TEXT, bytes);
        return;
    }
    memcpy(json->name + json->n_name, bytes.at, n);
    json->n_name += n;
}

static void put_code(struct json_push *json, uint32_t code)
{
    const char low = (char)(0x80 | (code & 0x3f));
    const char middle = (char)(0x80 | (code >> 6 & 0x3f));
    const char high = (char)(0x80 | (code >> 12 & 0x3f));

    if (code < 0x80) {
        put_bytes(json, (struct dw_span){(char[]){(char)code}, 1});
    } else if (code < 0x800) {
        put_bytes(json, (struct dw_span){(char[]){(char)(0xc0 | code >> 6), low}, 2});
    } else if (code < 0x10000) {
        put_bytes(json, (struct dw_span){(char[]){(char)(0xe0 | code >> 12), middle, low}, 3});
    } else {
        put_bytes(json,
                  (struct dw_span){(char[]){(char)(0xf0 | code >> 18), high, middle, low}, 4});
    }
}

/* A first half whose second did not come. */
static void put_lone(struct json_push *json)
{
    if (json->high != 0) {
        json->high = 0;
        put_code(json, 0xfffd);
    }
}

static void put_unicode(struct json_push *json, uint32_t code)
{
    if (code >= 0xdc00 && code <= 0xdfff && json->high != 0) {
        code = 0x10000 + ((json->high - 0xd800) << 10) + (code - 0xdc00);
        json->high = 0;
    }
    put_lone(json);
    if (code >= 0xd800 && code <= 0xdbff) {
        json->high = code;
    } else {
        put_code(json, code >= 0xdc00 && code <= 0xdfff ? 0xfffd : code);
    }
}

static bool read_hex(struct json_push *json, struct dw_span bytes, size_t *at)
{
    static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
    const char *digit = memchr(DIGITS, bytes.at[*at], sizeof(DIGITS) - 1);

    if (digit == NULL) {
        return refuse(json, "four hexadecimal digits were expected behind \\u");
    }
    json->code = json->code << 4 | (uint32_t)((digit - DIGITS) % 16);
    ++*at;
    if (++json->n_hex == 4) {
        put_unicode(json, json->code);
        json->step = read_string;
    }
    return true;
}

static bool read_escape(struct json_push *json, struct dw_span bytes, size_t *at)
{
    static const char LETTERS[] = "bfnrt\"\\/";
    static const char MEANINGS[] = "\b\f\n\r\t\"\\/";
    const char *letter = memchr(LETTERS, bytes.at[*at], sizeof(LETTERS) - 1);

    json->step = read_string;
    if (bytes.at[*at] == 'u') {
        json->n_hex = 0;
        json->code = 0;
        json->step = read_hex;
        ++*at;
        return true;
    }
    put_lone(json);
    if (letter == NULL) {
        put_bytes(json, DW_SPAN("\\"));
        return true;
    }
    put_bytes(json, (struct dw_span){&MEANINGS[letter - LETTERS], 1});
    ++*at;
    return true;
}

static void end_string(struct json_push *json)
{
    put_lone(json);
    if (json->is_name) {
        json->tell(json->context, JSON_EVENT_NAME, (struct dw_span){json->name, json->n_name});
        json->step = read_colon;
        return;
    }
    tell(json, JSON_EVENT_TEXT_END);
    end_value(json);
}

static bool read_string(struct json_push *json, struct dw_span bytes, size_t *at)
{
    const size_t start = *at;
    size_t end = start;

    for (; end < bytes.len && bytes.at[end] != '"' && bytes.at[end] != '\\'; end++) {
        if (bytes.at[end] == '\n') {
            end_line(json, end);
        }
    }
    *at = end;
    if (end > start) {
        put_lone(json);
        put_bytes(json, (struct dw_span){bytes.at + start, end - start});
    }
    if (end == bytes.len) {
        return true;
    }
    ++*at;
    if (bytes.at[end] == '\\') {
        json->step = read_escape;
    } else {
        end_string(json);
    }
    return true;
}

/* -- Numbers and words ----------------------------------------------------------------------------- */

static bool is_word_char(char c)
{
    const char letter = (char)(c | 0x20);

    return (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'z') || c == '-' || c == '+' ||
           c == '.';
}

static bool is_value(struct dw_span word)
{
    static const char *const WORDS[] = {"true", "false", "null", "NaN", "Infinity", "-Infinity"};
    const size_t at = word.len > 1 && word.at[0] == '-' ? 1 : 0;

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (dw_span_equal(word, dw_span_of(WORDS[i]))) {
            return true;
        }
    }
    return word.at[at] >= '0' && word.at[at] <= '9';
}

static bool read_word(struct json_push *json, struct dw_span bytes, size_t *at)
{
    while (*at < bytes.len && is_word_char(bytes.at[*at])) {
        if (json->n_word < sizeof(json->word)) {
            json->word[json->n_word++] = bytes.at[*at];
        }
        ++*at;
    }
    if (*at == bytes.len) {
        return true;
    }
    const struct dw_span word = {json->word, json->n_word};

    if (!is_value(word)) {
        return refuse(json, "a value was expected before this");
    }
    json->tell(json->context, JSON_EVENT_WORD, word);
    end_value(json);
    return true;
}

/* -- What may stand where -------------------------------------------------------------------------- */

static bool read_value(struct json_push *json, struct dw_span bytes, size_t *at)
{
    if (!skip_blanks(json, bytes, at)) {
        return true;
    }
    const char c = bytes.at[*at];

    if (is_word_char(c)) {
        json->n_word = 0;
        json->step = read_word;
        return true;
    }
    if (c == ']' && json->depth > 0 && !is_in_object(json)) {
        ++*at;
        return close_container(json);
    }
    if (c != '"' && c != '{' && c != '[') {
        return refuse(json, c == '\0' ? "a NUL byte: a text in UTF-16 has to be saved as UTF-8"
                                      : "a value was expected");
    }
    ++*at;
    if (c != '"') {
        return open_container(json, c == '{');
    }
    begin_string(json, false);
    return true;
}

static bool read_name(struct json_push *json, struct dw_span bytes, size_t *at)
{
    if (!skip_blanks(json, bytes, at)) {
        return true;
    }
    const char c = bytes.at[*at];

    if (c != '"' && c != '}') {
        return refuse(json, c == '\0' ? "a NUL byte: a text in UTF-16 has to be saved as UTF-8"
                                      : "a member's name or a closing brace was expected");
    }
    ++*at;
    if (c == '}') {
        return close_container(json);
    }
    begin_string(json, true);
    return true;
}

static bool read_colon(struct json_push *json, struct dw_span bytes, size_t *at)
{
    if (!skip_blanks(json, bytes, at)) {
        return true;
    }
    if (bytes.at[*at] != ':') {
        return refuse(json, "a colon was expected");
    }
    ++*at;
    json->step = read_value;
    return true;
}

static bool read_next(struct json_push *json, struct dw_span bytes, size_t *at)
{
    const bool in_object = is_in_object(json);

    if (!skip_blanks(json, bytes, at)) {
        return true;
    }
    if (bytes.at[*at] == (in_object ? '}' : ']')) {
        ++*at;
        return close_container(json);
    }
    if (bytes.at[*at] != ',') {
        return refuse(json, in_object ? "a comma or a closing brace was expected"
                                      : "a comma or a closing bracket was expected");
    }
    ++*at;
    json->step = in_object ? read_name : read_value;
    return true;
}

static bool read_rest(struct json_push *json, struct dw_span bytes, size_t *at)
{
    return !skip_blanks(json, bytes, at) || refuse(json, "something follows the end");
}

static bool read_start(struct json_push *json, struct dw_span bytes, size_t *at)
{
    static const char MARK[] = "\xef\xbb\xbf";
    const char c = bytes.at[*at];

    if (json->n_mark < sizeof(MARK) - 1 && c == MARK[json->n_mark]) {
        json->n_mark++;
        ++*at;
        return true;
    }
    if (c == '\xfe' || c == '\xff') {
        return refuse(json, "a text in UTF-16 has to be saved as UTF-8");
    }
    if (json->n_mark > 0 && json->n_mark < sizeof(MARK) - 1) {
        return refuse(json, "a value was expected");
    }
    json->step = read_value;
    return true;
}

/* -- All of it --------------------------------------------------------------------------------------- */

void json_push_init(struct json_push *json,
                    void (*hear)(void *context, enum json_event event, struct dw_span bytes),
                    void *context)
{
    memset(json, 0, sizeof(*json));
    json->tell = hear;
    json->context = context;
    json->step = read_start;
    json->line = 1;
}

int json_push(struct json_push *json, struct dw_span bytes)
{
    size_t at = 0;

    if (json->fault != NULL) {
        return -1;
    }
    while (at < bytes.len) {
        if (!json->step(json, bytes, &at)) {
            json->column = json->offset + at - json->line_at + 1;
            return -1;
        }
    }
    json->offset += bytes.len;
    return 0;
}

int json_push_end(struct json_push *json)
{
    if (json->step == read_word && json_push(json, DW_SPAN(" ")) != 0) {
        return -1;
    }
    if (json->fault != NULL || json->step == read_rest) {
        return json->fault != NULL ? -1 : 0;
    }
    json->column = json->offset - json->line_at + 1;
    (void)refuse(json, "the text ends too soon");
    return -1;
}
