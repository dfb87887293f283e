/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "decode.h"

#define REPLACEMENT 0xfffdU

static size_t put_utf8(char *at, uint32_t c)
{
    if (c < 0x80) {
        at[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        at[0] = (char)(0xc0 | (c >> 6));
        at[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        at[0] = (char)(0xe0 | (c >> 12));
        at[1] = (char)(0x80 | ((c >> 6) & 0x3f));
        at[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    at[0] = (char)(0xf0 | (c >> 18));
    at[1] = (char)(0x80 | ((c >> 12) & 0x3f));
    at[2] = (char)(0x80 | ((c >> 6) & 0x3f));
    at[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* Surrogates come in pairs; one alone is nothing. */
static size_t put_unit(struct decoder *decoder, uint32_t unit, char *at)
{
    const uint32_t high = decoder->high;
    size_t len = 0;

    decoder->high = 0;
    if (high != 0 && unit >= 0xdc00 && unit < 0xe000) {
        return put_utf8(at, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
    }
    if (high != 0) {
        len = put_utf8(at, REPLACEMENT);
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
        decoder->high = unit;
        return len;
    }
    return len + put_utf8(at + len, unit >= 0xdc00 && unit < 0xe000 ? REPLACEMENT : unit);
}

static size_t decode_byte(struct decoder *decoder, unsigned char byte, char *at)
{
    const bool is_little = decoder->encoding == ENCODING_UTF16LE;

    if (decoder->encoding == ENCODING_UTF8) {
        *at = (char)byte;
        return 1;
    }
    decoder->held[decoder->n_held++] = byte;
    if (decoder->n_held < 2) {
        return 0;
    }
    decoder->n_held = 0;
    return put_unit(
        decoder, (uint32_t)decoder->held[is_little ? 1 : 0] << 8 | decoder->held[is_little ? 0 : 1],
        at);
}

/* RFC 8259 s3 of old: where every second byte is NUL, text is UTF-16 even without its mark. */
static void choose(struct decoder *decoder)
{
    const unsigned char *b = decoder->held;

    if ((b[0] == 0xff && b[1] == 0xfe) || (b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0)) {
        decoder->encoding = ENCODING_UTF16LE;
    } else if ((b[0] == 0xfe && b[1] == 0xff) ||
               (b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0)) {
        decoder->encoding = ENCODING_UTF16BE;
    } else {
        decoder->encoding = ENCODING_UTF8;
    }
}

/* The first bytes, once there are enough to tell what they are. */
static size_t decode_held(struct decoder *decoder, char *buffer)
{
    unsigned char bytes[sizeof(decoder->held)];
    const size_t n = decoder->n_held;
    size_t len = 0, from = 0;

    memcpy(bytes, decoder->held, sizeof(bytes));
    choose(decoder);
    if (decoder->encoding == ENCODING_UTF8) {
        from = n >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf ? 3 : 0;
    } else {
        from = bytes[0] >= 0xfe ? 2 : 0;
    }
    decoder->n_held = 0;
    for (size_t i = from; i < n; i++) {
        len += decode_byte(decoder, bytes[i], buffer + len);
    }
    return len;
}

size_t decode(struct decoder *decoder, struct dw_span bytes, char *buffer)
{
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        const unsigned char byte = (unsigned char)bytes.at[i];

        if (decoder->encoding != ENCODING_UNKNOWN) {
            len += decode_byte(decoder, byte, buffer + len);
            continue;
        }
        decoder->held[decoder->n_held++] = byte;
        if (decoder->n_held == sizeof(decoder->held)) {
            len += decode_held(decoder, buffer + len);
        }
    }
    return len;
}

size_t decode_end(struct decoder *decoder, char *buffer)
{
    size_t len = 0;

    if (decoder->encoding == ENCODING_UNKNOWN) {
        memset(decoder->held + decoder->n_held, 'x', sizeof(decoder->held) - decoder->n_held);
        len = decode_held(decoder, buffer);
    }
    if (decoder->high != 0 || (decoder->n_held > 0 && decoder->encoding != ENCODING_UTF8)) {
        len += put_utf8(buffer + len, REPLACEMENT);
    }
    return len;
}
