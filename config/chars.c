/* SPDX-License-Identifier: Apache-2.0 */
#include "chars.h"

#include <string.h>

bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

bool is_name_char(char c)
{
    return is_digit(c) || is_upper(c) || is_small(c) || is_one_of(c, "-._");
}

bool is_all(struct dw_span text, bool (*is)(char c))
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is(text.at[i])) {
            return false;
        }
    }
    return text.len > 0;
}

bool starts(struct dw_span text, const char *prefix)
{
    return text.len >= strlen(prefix) && memcmp(text.at, prefix, strlen(prefix)) == 0;
}

struct dw_span from(struct dw_span text, size_t at)
{
    return (struct dw_span){text.at + at, text.len - at};
}

bool ends(struct dw_span text, const char *end)
{
    return text.len >= strlen(end) &&
           memcmp(text.at + text.len - strlen(end), end, strlen(end)) == 0;
}
