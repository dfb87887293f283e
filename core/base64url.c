/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define NO_DIGIT 64

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What each byte stands for; NO_DIGIT, a bit no digit has, for those outside the alphabet. */
/* clang-format off */
static const uint8_t VALUES[256] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64,
    64, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 63,
    64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
};
/* clang-format on */

int dw_base64url_write(const void *bytes, size_t n, char *buffer, size_t size, size_t *len)
{
    const uint8_t *from = bytes;
    const size_t rest = n % 3;
    char *to = buffer;

    if (n > SIZE_MAX / 4 - 1 || size < DW_BASE64URL_SIZE(n)) {
        return DW_ERR_SIZE;
    }
    for (; n >= 3; n -= 3, from += 3, to += 4) {
        to[0] = DIGITS[from[0] >> 2];
        to[1] = DIGITS[(from[0] & 3) << 4 | from[1] >> 4];
        to[2] = DIGITS[(from[1] & 15) << 2 | from[2] >> 6];
        to[3] = DIGITS[from[2] & 63];
    }
    if (rest > 0) {
        const unsigned second = rest == 2 ? from[1] : 0;

        *to++ = DIGITS[from[0] >> 2];
        *to++ = DIGITS[(from[0] & 3u) << 4 | second >> 4];
        if (rest == 2) {
            *to++ = DIGITS[(second & 15) << 2];
        }
    }
    *len = (size_t)(to - buffer);
    return 0;
}

/* The last two or three characters, which hold one or two bytes. The bits left over must be 0, or
 * several spellings of one value would pass (RFC 4648 s3.5). */
static int parse_rest(const unsigned char *from, size_t rest, uint8_t *to)
{
    const unsigned a = VALUES[from[0]];
    const unsigned b = VALUES[from[1]];
    const unsigned c = rest == 3 ? VALUES[from[2]] : 0;
    const unsigned over = rest == 3 ? c & 3 : b & 15;

    if (((a | b | c) & NO_DIGIT) != 0 || over != 0) {
        return DW_ERR_SYNTAX;
    }
    to[0] = (uint8_t)(a << 2 | b >> 4);
    if (rest == 3) {
        to[1] = (uint8_t)(b << 4 | c >> 2);
    }
    return 0;
}

int dw_base64url_parse(struct dw_span text, void *buffer, size_t size, size_t *len)
{
    const size_t rest = text.len % 4;
    const size_t n = text.len / 4 * 3 + (rest > 0 ? rest - 1 : 0);
    const unsigned char *from = (const unsigned char *)text.at;
    uint8_t *to = buffer;
    unsigned seen = 0;

    if (rest == 1) {
        return DW_ERR_SYNTAX;
    }
    if (size < n) {
        return DW_ERR_SIZE;
    }
    for (size_t left = text.len / 4; left > 0; left--, from += 4, to += 3) {
        const unsigned a = VALUES[from[0]];
        const unsigned b = VALUES[from[1]];
        const unsigned c = VALUES[from[2]];
        const unsigned d = VALUES[from[3]];

        seen |= a | b | c | d;
        to[0] = (uint8_t)(a << 2 | b >> 4);
        to[1] = (uint8_t)(b << 4 | c >> 2);
        to[2] = (uint8_t)(c << 6 | d);
    }
    if ((seen & NO_DIGIT) != 0 || (rest > 0 && parse_rest(from, rest, to) != 0)) {
        return DW_ERR_SYNTAX;
    }
    *len = n;
    return 0;
}
