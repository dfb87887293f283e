/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define TCHAR   1
#define TOKEN68 2

/* What each byte may be part of; those from 0x80 on belong to neither. */
/* clang-format off */
static const uint8_t CLASSES[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 3, 0, 3, 3, 2,
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0,
    0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 1, 3,
    1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 1, 0, 3, 0,
};
/* clang-format on */

bool is_tchar(char c)
{
    return (CLASSES[(unsigned char)c] & TCHAR) != 0;
}

bool is_token68_char(char c)
{
    return (CLASSES[(unsigned char)c] & TOKEN68) != 0;
}

bool is_text_char(char c)
{
    return ((unsigned char)c >= 0x20 && c != 0x7f) || c == '\t';
}

size_t skip_spaces(struct dw_span field, size_t at)
{
    while (at < field.len && field.at[at] == ' ') {
        at++;
    }
    return at;
}

size_t skip_blanks(struct dw_span field, size_t at)
{
    while (at < field.len && (field.at[at] == ' ' || field.at[at] == '\t')) {
        at++;
    }
    return at;
}

/* A bearer token of some hundred bytes goes through here on every request: four bytes at a time. */
static size_t skip_class(struct dw_span field, size_t at, uint8_t class)
{
    while (field.len - at >= 4) {
        const unsigned char *c = (const unsigned char *)field.at + at;

        if ((CLASSES[c[0]] & CLASSES[c[1]] & CLASSES[c[2]] & CLASSES[c[3]] & class) == 0) {
            break;
        }
        at += 4;
    }
    while (at < field.len && (CLASSES[(unsigned char)field.at[at]] & class) != 0) {
        at++;
    }
    return at;
}

struct dw_span read_token(struct dw_span field, size_t *at)
{
    const size_t start = *at;

    *at = start < field.len ? skip_class(field, start, TCHAR) : start;
    return *at > start ? (struct dw_span){field.at + start, *at - start} : SPAN_NONE;
}

struct dw_span read_token68(struct dw_span field, size_t *at)
{
    size_t end = *at < field.len ? skip_class(field, *at, TOKEN68) : *at;
    struct dw_span token68;

    if (end == *at) {
        return SPAN_NONE;
    }
    while (end < field.len && field.at[end] == '=') {
        end++;
    }
    token68 = (struct dw_span){field.at + *at, end - *at};
    *at = end;
    return token68;
}
