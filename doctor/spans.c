/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "scene.h"

bool span_is(struct dw_span span, const char *text)
{
    return span.at != NULL && dw_span_equal_nocase(span, dw_span_of(text));
}

bool span_begins(struct dw_span span, const char *text)
{
    const size_t len = strlen(text);

    return span.len >= len && (len == 0 || strncasecmp(span.at, text, len) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool span_has(struct dw_span in, const char *text)
{
    const size_t len = strlen(text);

    if (in.at == NULL || len == 0 || in.len < len) {
        return false;
    }
    for (size_t i = 0; i <= in.len - len; i++) {
        if (lower(in.at[i]) == lower(text[0]) && strncasecmp(in.at + i, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_one(struct dw_span in, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_has(in, texts[i])) {
            return true;
        }
    }
    return false;
}

bool is_closing_frame(struct dw_span frame)
{
    static const char *const CODES[] = {"4401", "4403", "1008"};
    /* What graphql-ws, Action Cable, Phoenix and Socket.IO say in a frame of data before they close. */
    static const char *const ENDS[] = {"connection_error", "\"disconnect\"", "phx_reply",
                                       "connect_error", "data: 44{"};
    static const char *const WHY[] = {"unauth", "not auth", "forbidden", "invalid token",
                                      "expired"};
    const bool says_why = has_one(frame, WHY, sizeof(WHY) / sizeof(WHY[0]));

    if (has_one(frame, CODES, sizeof(CODES) / sizeof(CODES[0]))) {
        return says_why || span_has(frame, "code") || span_has(frame, "close");
    }
    return says_why && has_one(frame, ENDS, sizeof(ENDS) / sizeof(ENDS[0]));
}

struct dw_span span_behind(struct dw_span span, size_t at)
{
    at = at < span.len ? at : span.len;
    return (struct dw_span){span.at != NULL ? span.at + at : NULL, span.len - at};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct dw_span span_bare(struct dw_span span)
{
    while (span.len > 0 && is_blank(span.at[0])) {
        span = span_behind(span, 1);
    }
    while (span.len > 0 && is_blank(span.at[span.len - 1])) {
        span.len--;
    }
    return span;
}

/* -- Base64 ------------------------------------------------------------------------------------ */

static int read_sextet(char c)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const char *found = c != '\0' ? strchr(ALPHABET, c) : NULL;

    if (found != NULL) {
        return (int)(found - ALPHABET);
    }
    if (c == '-' || c == '+') {
        return 62;
    }
    return c == '_' || c == '/' ? 63 : -1;
}

static size_t padding_of(struct dw_span text)
{
    size_t n = 0;

    while (n < 2 && n < text.len && text.at[text.len - 1 - n] == '=') {
        n++;
    }
    return n;
}

/* Returns how many bytes were written; `end` is where it stopped. */
static size_t decode(struct dw_span text, char *bytes, size_t *end)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t len = 0;
    size_t i = 0;

    for (; i < text.len && read_sextet(text.at[i]) >= 0; i++) {
        bits = (bits << 6 | (uint32_t)read_sextet(text.at[i])) & 0xffffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes[len++] = (char)(unsigned char)(bits >> n_bits & 0xff);
        }
    }
    *end = i;
    return len;
}

struct dw_span base64_open(struct arena *arena, struct dw_span text, struct dw_fault *fault)
{
    struct dw_fault found = {0, NULL};
    char *bytes = arena_take(arena, text.len / 4 * 3 + 4);
    size_t len = 0;
    size_t end = 0;

    text.len -= padding_of(text);
    if (bytes != NULL) {
        len = decode(text, bytes, &end);
    }
    if (end < text.len) {
        found = (struct dw_fault){end, "this is no character of base64"};
    } else if (text.len % 4 == 1) {
        found = (struct dw_fault){text.len, "no base64 has this length: a character is missing"};
    }
    if (fault != NULL) {
        *fault = found;
    }
    return (struct dw_span){bytes, len};
}
