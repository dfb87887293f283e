/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

/* A space at either end would be trimmed on its way (RFC 9110 s5.5). */
static bool must_encode(struct dw_span value, size_t at)
{
    const unsigned char c = (unsigned char)value.at[at];

    if (c > ' ' && c <= '~') {
        return c == '%';
    }
    return c != ' ' || at == 0 || at + 1 == value.len;
}

/* How many bytes from there on surely need no encoding: mostly all. */
static size_t plain_run(struct dw_span value, size_t at)
{
    const char *from = value.at + at;
    size_t n = text_plain_run(from, value.len - at);
    const char *percent = n > 0 ? memchr(from, '%', n) : NULL;

    if (percent != NULL) {
        n = (size_t)(percent - from);
    }
    /* Not the spaces at both ends. */
    if (n > 0 && at == 0 && from[0] == ' ') {
        return 0;
    }
    return n > 0 && at + n == value.len && from[n - 1] == ' ' ? n - 1 : n;
}

int dw_identity_write(struct dw_span value, char *buffer, size_t size, size_t *len)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    struct text text;

    text_init(&text, buffer, size);
    for (size_t i = 0; i < value.len; i++) {
        const size_t n = plain_run(value, i);
        text_add(&text, (struct dw_span){value.at + i, n});
        i += n;
        if (i < value.len && !must_encode(value, i)) {
            text_char(&text, value.at[i]);
        } else if (i < value.len) {
            const unsigned char c = (unsigned char)value.at[i];
            text_char(&text, '%');
            text_char(&text, DIGITS[c >> 4]);
            text_char(&text, DIGITS[c & 15]);
        }
    }
    if (text.overflow) {
        return DW_ERR_SIZE;
    }
    *len = text.len;
    return 0;
}
