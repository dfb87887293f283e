/* SPDX-License-Identifier: Apache-2.0 */
#include "forms.h"

#include <string.h>

#include "chars.h"

#define PREFIX_MAX 64
#define NAME_LEN   64
#define KEY_PREFIX 16

/* C1 controls, line and paragraph separators, byte order marks and non-characters: YAML reads them
 * as line ends or not at all. */
static bool is_strange(struct dw_span text)
{
    const unsigned char *at = (const unsigned char *)text.at;

    if (text.len >= 2 && at[0] == 0xC2) {
        return at[1] < 0xA0;
    }
    if (text.len < 3) {
        return false;
    }
    return memcmp(at, "\xE2\x80\xA8", 3) == 0 || memcmp(at, "\xE2\x80\xA9", 3) == 0 ||
           memcmp(at, "\xEF\xBB\xBF", 3) == 0 || memcmp(at, "\xEF\xBF\xBE", 3) == 0 ||
           memcmp(at, "\xEF\xBF\xBF", 3) == 0;
}

bool is_path(struct dw_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];

        if (c < 0x20 || c == 0x7F || is_strange(from(text, i))) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

bool is_text(struct dw_span text)
{
    return is_all(text, is_printable);
}

static bool is_scope_char(char c)
{
    return is_printable(c) && !is_one_of(c, " \"\\");
}

bool is_scope(struct dw_span text)
{
    return is_all(text, is_scope_char);
}

static bool is_method_char(char c)
{
    return is_digit(c) || is_upper(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

static bool is_tchar(char c)
{
    return is_method_char(c) || is_small(c);
}

bool is_name(struct dw_span text)
{
    return text.len <= NAME_LEN && is_all(text, is_tchar);
}

static bool is_unreserved(char c)
{
    return is_name_char(c) || c == '~';
}

bool is_parameter(struct dw_span text)
{
    return text.len <= NAME_LEN && is_all(text, is_unreserved);
}

static bool is_letter(char c)
{
    return is_small(c) || is_upper(c);
}

bool is_key_prefix(struct dw_span text)
{
    return text.len <= KEY_PREFIX && is_all(text, is_letter);
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_fingerprint(struct dw_span text)
{
    const size_t step = text.len == 95 ? 3 : 2;

    for (size_t i = 0; i < text.len; i++) {
        if (step == 3 && i % 3 == 2 ? text.at[i] != ':' : !is_hex(text.at[i])) {
            return false;
        }
    }
    return text.len == 64 || text.len == 95;
}

bool is_san(struct dw_span text)
{
    static const char *const KINDS[] = {"dns:", "email:", "uri:", "ip:"};

    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (starts(text, KINDS[i])) {
            return text.len > strlen(KINDS[i]) && is_text(text);
        }
    }
    return false;
}

bool is_method(struct dw_span text)
{
    return is_all(text, is_method_char);
}

bool is_prefix(struct dw_span text)
{
    if (text.len < 3 || text.len > PREFIX_MAX || text.at[0] != '/' ||
        text.at[text.len - 1] != '/') {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        const bool first = text.at[i - 1] == '/';
        const char c = text.at[i];

        if (c == '/' ? first : !is_name_char(c) || (first && c == '.')) {
            return false;
        }
    }
    return true;
}
