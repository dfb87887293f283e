/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/crypto.h>

#include "internal.h"

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c | 0x20);
    }
    return c;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct dw_span dw_span_of(const char *text)
{
    return text != NULL ? (struct dw_span){text, strlen(text)} : SPAN_NONE;
}

bool dw_span_equal(struct dw_span a, struct dw_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool dw_span_equal_nocase(struct dw_span a, struct dw_span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.at[i] != b.at[i] && lower(a.at[i]) != lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool dw_secret_equal(struct dw_span a, struct dw_span b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}

void dw_secret_wipe(void *at, size_t len)
{
    if (at != NULL) {
        explicit_bzero(at, len);
    }
}

bool span_starts_nocase(struct dw_span span, const char *prefix)
{
    const size_t len = strlen(prefix);

    return span.len >= len &&
           dw_span_equal_nocase((struct dw_span){span.at, len}, (struct dw_span){prefix, len});
}

struct dw_span span_from(struct dw_span span, size_t at)
{
    if (span.at == NULL) {
        return SPAN_NONE;
    }
    if (at > span.len) {
        at = span.len;
    }
    return (struct dw_span){span.at + at, span.len - at};
}

struct dw_span span_trim(struct dw_span span)
{
    while (span.len > 0 && is_blank(span.at[span.len - 1])) {
        span.len--;
    }
    while (span.len > 0 && is_blank(span.at[0])) {
        span.at++;
        span.len--;
    }
    return span;
}

bool span_word(struct dw_span *rest, char separator, struct dw_span *word)
{
    size_t at = 0;

    while (at < rest->len && rest->at[at] == separator) {
        at++;
    }
    const struct dw_span left = span_from(*rest, at);
    const char *end = left.len == 0 ? NULL : memchr(left.at, separator, left.len);
    const size_t len = end == NULL ? left.len : (size_t)(end - left.at);
    *rest = span_from(left, len);
    if (len == 0) {
        return false;
    }
    *word = (struct dw_span){left.at, len};
    return true;
}
