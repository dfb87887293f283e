/* SPDX-License-Identifier: Apache-2.0 */
#include "har_entry.h"

/* Its six bits; -1: it has none. */
static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

static bool is_blank(char c)
{
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

static bool is_base64(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (digit_value(at[i]) < 0 && !is_blank(at[i]) && at[i] != '=') {
            return false;
        }
    }
    return true;
}

struct dw_span har_decode_base64(char *at, size_t len)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;

    if (!is_base64(at, len)) {
        return (struct dw_span){at, len};
    }
    for (size_t i = 0; i < len && at[i] != '='; i++) {
        if (is_blank(at[i])) {
            continue;
        }
        bits = bits << 6 | (uint32_t)digit_value(at[i]);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            at[n++] = (char)(bits >> n_bits & 0xff);
        }
    }
    return (struct dw_span){at, n};
}

static bool is_form_plain(char c)
{
    const char letter = (char)(c | 0x20);

    return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '*';
}

void har_put_form(struct har_entry *entry, struct dw_span bytes)
{
    static const char DIGITS[] = "0123456789ABCDEF";

    for (size_t i = 0; i < bytes.len; i++) {
        const unsigned char c = (unsigned char)bytes.at[i];
        const char escaped[] = {'%', DIGITS[c >> 4], DIGITS[c & 15], '\0'};
        const char plain[] = {(char)c, '\0'};

        har_text_put(entry, is_form_plain((char)c) ? plain : c == ' ' ? "+" : escaped);
    }
}
