/* SPDX-License-Identifier: Apache-2.0 */
#include "brief.h"

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

bool brief_read(struct dw_span brief, char *to, size_t size, size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < brief.len; i++) {
        const char c = brief.at[i];
        const size_t added = length_of(c);
        if (added > size - n) {
            return false;
        }
        if (added == 1) {
            to[n] = c;
        } else {
            memcpy(to + n, PIECES[c - 1].text, added);
        }
        n += added;
    }
    *len = n;
    return true;
}
