/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>
#include <string.h>

#include "internal.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void text_init(struct text *text, char *buffer, size_t size)
{
    text->at = buffer;
    text->size = size;
    text->len = 0;
    text->overflow = false;
}

void text_add(struct text *text, struct dw_span bytes)
{
    const size_t room = text->size - text->len;
    const size_t n = bytes.len <= room ? bytes.len : room;

    if (n > 0) {
        memcpy(text->at + text->len, bytes.at, n);
        text->len += n;
    }
    if (n < bytes.len) {
        text->overflow = true;
    }
}

void text_put(struct text *text, const char *bytes)
{
    text_add(text, dw_span_of(bytes));
}

void text_char(struct text *text, char c)
{
    if (text->len == text->size) {
        text->overflow = true;
        return;
    }
    text->at[text->len++] = c;
}

void text_number(struct text *text, int64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        text_char(text, '-');
    }
    text_add(text, (struct dw_span){digits + at, sizeof(digits) - at});
}

#define EACH(byte) ((byte) * UINT64_C(0x0101010101010101))

/* The high bit of each of eight bytes that is not plain, without a branch for any. What a byte borrows
 * from the next or carries to it, if it is special itself, can only spoil what is above the lowest. */
static uint64_t find_special(uint64_t word)
{
    const uint64_t quote = word ^ EACH((uint64_t)'"');
    const uint64_t backslash = word ^ EACH((uint64_t)'\\');
    const uint64_t control = word - EACH(0x20);
    const uint64_t beyond = word | (word + EACH(1)); /* 0x7f, and what is not ASCII */

    return (control | beyond | (quote - EACH(1)) | (backslash - EACH(1))) & EACH(0x80);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

size_t text_plain_run(const char *at, size_t len)
{
    size_t n = 0;

    for (uint64_t word; len - n >= sizeof(word); n += sizeof(word)) {
        memcpy(&word, at + n, sizeof(word));
        const uint64_t special = find_special(le64toh(word));
        if (special != 0) {
            return n + (size_t)__builtin_ctzll(special) / 8;
        }
    }
    while (n < len && is_plain((unsigned char)at[n])) {
        n++;
    }
    return n;
}

/* RFC 3629 s4: the second byte's range keeps out overlong forms, surrogates and what is beyond
 * U+10FFFF. */
size_t utf8_len(const unsigned char *at, size_t len)
{
    const unsigned char first = at[0];
    const unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    const size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (n == 1) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4 || n > len || at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return n;
}

static void put_escape(struct text *text, unsigned char c)
{
    static const char HEX[] = "0123456789abcdef";

    if (c == '"' || c == '\\') {
        text_char(text, '\\');
        text_char(text, (char)c);
        return;
    }
    text_put(text, "\\u00");
    text_char(text, HEX[c >> 4]);
    text_char(text, HEX[c & 15]);
}

/* Writes what stands here and no text_plain_run() covers; returns how many bytes that was. */
static size_t put_special(struct text *text, const unsigned char *at, size_t len)
{
    const size_t n = utf8_len(at, len);

    if (n == 0) {
        text_put(text, REPLACEMENT);
        return 1;
    }
    if (n == 1) {
        put_escape(text, *at);
        return 1;
    }
    text_add(text, (struct dw_span){(const char *)at, n});
    return n;
}

void text_json(struct text *text, struct dw_span string)
{
    const unsigned char *bytes = (const unsigned char *)string.at;
    size_t at = 0;

    text_char(text, '"');
    while (at < string.len) {
        const size_t n = text_plain_run(string.at + at, string.len - at);

        text_add(text, (struct dw_span){string.at + at, n});
        at += n;
        if (at < string.len) {
            at += put_special(text, bytes + at, string.len - at);
        }
    }
    text_char(text, '"');
}

static void put_name(struct text *text, const char *name)
{
    const char *last = text->len > 0 ? &text->at[text->len - 1] : "{";

    if (*last != '{' && *last != '[') {
        text_char(text, ',');
    }
    text_json(text, dw_span_of(name));
    text_char(text, ':');
}

void text_json_member(struct text *text, const char *name, struct dw_span value)
{
    if (value.at == NULL) {
        return;
    }
    put_name(text, name);
    text_json(text, value);
}

void text_json_number(struct text *text, const char *name, int64_t number)
{
    put_name(text, name);
    text_number(text, number);
}

static const char *html_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void text_html(struct text *text, struct dw_span string)
{
    for (size_t i = 0; i < string.len; i++) {
        const char *entity = html_entity(string.at[i]);

        if (entity == NULL) {
            text_char(text, string.at[i]);
        } else {
            text_put(text, entity);
        }
    }
}

struct dw_span text_span(const struct text *text)
{
    return (struct dw_span){text->at, text->len};
}
