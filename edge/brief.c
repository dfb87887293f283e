/* SPDX-License-Identifier: Apache-2.0 */
#include "brief.h"

#include <endian.h>
#include <string.h>

#define PIECE_MAX 15

/* PIECES[i] is written as the byte i + 1: a control character, and none that is white space in JSON. */
static const struct piece {
    unsigned char len;
    char text[PIECE_MAX];
} PIECES[] = {
    {8, "{\"sub\":\""},      {11, "\",\"scope\":\""},     {9, "\",\"jti\":\""}, {8, "\",\"iat\":"},
    {7, ",\"exp\":"},        {15, "\",\"client_id\":\""}, {9, "\",\"iss\":\""}, {9, "\",\"aud\":\""},
};

#define N_PIECES (sizeof(PIECES) / sizeof(PIECES[0]))
#define PIECE_END (N_PIECES + 1)

static bool is_code(char c)
{
    return (unsigned char)(c - 1) < N_PIECES;
}

/* Of what a stored byte stands for. */
static size_t length_of(char c)
{
    return is_code(c) ? PIECES[c - 1].len : 1;
}

/* The piece that stands there; N_PIECES: none. */
static size_t find_piece(struct dw_span rest)
{
    const char first = rest.at[0];
    size_t i = 0;

    if (first != '{' && first != '"' && first != ',') {
        return N_PIECES;
    }
    while (i < N_PIECES &&
           (rest.len < PIECES[i].len || memcmp(rest.at, PIECES[i].text, PIECES[i].len) != 0)) {
        i++;
    }
    return i;
}

bool brief_write(struct dw_span text, char *to, size_t *len)
{
    size_t n = 0;
    size_t at = 0;

    while (at < text.len) {
        const size_t piece = find_piece((struct dw_span){text.at + at, text.len - at});
        if (is_code(text.at[at])) {
            return false;
        }
        to[n] = piece < N_PIECES ? (char)(piece + 1) : text.at[at];
        at += length_of(to[n]);
        n++;
    }
    *len = n;
    return true;
}

#define EACH(byte) ((byte) * UINT64_C(0x0101010101010101))

/* How many of eight bytes stand for themselves before one that may not: a byte of less than PIECE_END. A
 * borrow travels upwards, so that the lowest mark is exact. */
static size_t literal_run(uint64_t word)
{
    const uint64_t below = (word - EACH((uint64_t)PIECE_END)) & ~word & EACH(0x80);

    return below == 0 ? sizeof(word) : (size_t)__builtin_ctzll(below) / 8;
}

/* The bytes that stand for themselves, as many as can be written eight at a time. */
static size_t copy_literals(struct dw_span brief, char *to, size_t size)
{
    size_t n = 0;
    size_t run = sizeof(uint64_t);

    while (run == sizeof(uint64_t) && brief.len - n >= run && size - n >= run) {
        uint64_t word;
        memcpy(&word, brief.at + n, sizeof(word));
        memcpy(to + n, &word, sizeof(word));
        run = literal_run(le64toh(word));
        n += run;
    }
    return n;
}

bool brief_read(struct dw_span brief, char *to, size_t size, size_t *len)
{
    size_t n = 0;
    size_t at = 0;

    while (at < brief.len) {
        const size_t run =
            copy_literals((struct dw_span){brief.at + at, brief.len - at}, to + n, size - n);
        at += run;
        n += run;
        if (at == brief.len) {
            break;
        }
        const char c = brief.at[at++];
        const char *piece = is_code(c) ? PIECES[c - 1].text : &c;
        const size_t added = length_of(c);
        if (added > size - n) {
            return false;
        }
        memcpy(to + n, piece, added);
        n += added;
    }
    *len = n;
    return true;
}
