/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "parts.h"

bool scope_word(struct dw_span *rest, struct dw_span *word)
{
    const char *space;
    size_t len;

    if (rest->len == 0) {
        return false;
    }
    space = memchr(rest->at, ' ', rest->len);
    len = space != NULL ? (size_t)(space - rest->at) : rest->len;
    *word = (struct dw_span){rest->at, len};
    len += space != NULL ? 1 : 0;
    *rest = (struct dw_span){rest->at + len, rest->len - len};
    return true;
}

bool scope_is_word(struct dw_span word)
{
    for (size_t i = 0; i < word.len; i++) {
        const char c = word.at[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\') {
            return false;
        }
    }
    return word.len > 0;
}

bool scope_has(struct dw_span scope, struct dw_span word)
{
    struct dw_span each;

    while (scope_word(&scope, &each)) {
        if (dw_span_equal(each, word)) {
            return true;
        }
    }
    return false;
}

bool scope_grant(struct dw_span asked, struct dw_span allowed, struct text *granted)
{
    struct dw_span word;

    if (asked.len > 0 && asked.at[asked.len - 1] == ' ') {
        return false;
    }
    while (scope_word(&asked, &word)) {
        if (!scope_is_word(word) || !scope_has(allowed, word)) {
            return false;
        }
        if (scope_has(text_span(granted), word)) {
            continue;
        }
        if (granted->len > 0) {
            text_char(granted, ' ');
        }
        text_add(granted, word);
    }
    return !granted->overflow;
}
