/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* A space at either end would be trimmed on its way (RFC 9110 s5.5). */
static bool must_encode(struct dw_span value, size_t at)
{
    const unsigned char c = (unsigned char)value.at[at];

    if (c == ' ') {
        return at == 0 || at + 1 == value.len;
    }
    return c < ' ' || c > '~' || c == '%';
}

int dw_identity_write(struct dw_span value, char *buffer, size_t size, size_t *len)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    struct text text;

    text_init(&text, buffer, size);
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char c = (unsigned char)value.at[i];
        if (!must_encode(value, i)) {
            text_char(&text, (char)c);
            continue;
        }
        text_char(&text, '%');
        text_char(&text, DIGITS[c >> 4]);
        text_char(&text, DIGITS[c & 15]);
    }
    if (text.overflow) {
        return DW_ERR_SIZE;
    }
    *len = text.len;
    return 0;
}
