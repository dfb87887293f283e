/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "transcript.h"

/* -- Spans ---------------------------------------------------------------------------------------------- */

bool begins(struct dw_span span, const char *prefix)
{
    const size_t len = strlen(prefix);

    return span.len >= len && memcmp(span.at, prefix, len) == 0;
}

bool begins_nocase(struct dw_span span, const char *prefix)
{
    const size_t len = strlen(prefix);

    return span.len >= len &&
           dw_span_equal_nocase((struct dw_span){span.at, len}, (struct dw_span){prefix, len});
}

struct dw_span first(struct dw_span span, size_t n)
{
    return (struct dw_span){span.at, n < span.len ? n : span.len};
}

struct dw_span skip(struct dw_span span, size_t n)
{
    n = n < span.len ? n : span.len;
    return span.at != NULL ? (struct dw_span){span.at + n, span.len - n} : span;
}

bool is_blank_or_end(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct dw_span trimmed(struct dw_span span)
{
    while (span.len > 0 && is_blank_or_end(span.at[0])) {
        span = skip(span, 1);
    }
    while (span.len > 0 && is_blank_or_end(span.at[span.len - 1])) {
        span.len--;
    }
    return span;
}

size_t find_char(struct dw_span span, char c)
{
    const char *at = span.len > 0 ? memchr(span.at, c, span.len) : NULL;

    return at != NULL ? (size_t)(at - span.at) : span.len;
}

size_t find_text(struct dw_span span, const char *text)
{
    const char *at = span.len > 0 ? memmem(span.at, span.len, text, strlen(text)) : NULL;

    return at != NULL ? (size_t)(at - span.at) : span.len;
}

struct dw_span next_word(struct dw_span *rest)
{
    struct dw_span left = *rest;
    size_t len = 0;

    while (left.len > 0 && is_blank_or_end(left.at[0])) {
        left = skip(left, 1);
    }
    while (len < left.len && !is_blank_or_end(left.at[len])) {
        len++;
    }
    *rest = skip(left, len);
    return first(left, len);
}

int next_number(struct dw_span *rest)
{
    size_t len = 0;
    int number = 0;

    while (len < rest->len && len < 9 && rest->at[len] >= '0' && rest->at[len] <= '9') {
        number = 10 * number + (rest->at[len++] - '0');
    }
    *rest = skip(*rest, len);
    return len > 0 ? number : -1;
}

size_t arrow_len(struct dw_span line)
{
    if (begins(line, "---> ") || begins(line, "<--- ")) {
        return 5;
    }
    return begins(line, "--> ") || begins(line, "<-- ") ? 4 : 0;
}

/* -- Lines ---------------------------------------------------------------------------------------------- */

void lines_init(struct lines *lines, struct dw_span text)
{
    *lines = (struct lines){.rest = text};
}

bool lines_next(struct lines *lines)
{
    const struct dw_span rest = lines->rest;
    const size_t len = find_char(rest, '\n');

    if (rest.len == 0) {
        return false;
    }
    lines->number++;
    lines->line = first(rest, len);
    lines->raw = first(rest, len + 1);
    lines->rest = skip(rest, len + 1);
    if (len < rest.len && len > 0 && rest.at[len - 1] == '\r') {
        lines->line.len--;
    }
    return true;
}
