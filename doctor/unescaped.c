/* SPDX-License-Identifier: Apache-2.0 */
#include "unescaped.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int hex_of(char c)
{
    const char *const DIGITS = "0123456789abcdef";
    const char *digit =
        c == '\0' ? NULL : strchr(DIGITS, (c >= 'A' && c <= 'F') ? c + ('a' - 'A') : c);

    return digit == NULL ? -1 : (int)(digit - DIGITS);
}

/* `count` hexadecimal digits as an ASCII character or a quote; 0: they are none. */
static char hex_char(struct dw_span in, size_t count)
{
    int value = 0;

    if (in.len < count) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (hex_of(in.at[i]) < 0) {
            return 0;
        }
        value = value * 16 + hex_of(in.at[i]);
    }
    if (value == 0x2018 || value == 0x2019) {
        return '\'';
    }
    return value >= ' ' && value < 0x7f ? (char)value : 0;
}

/* What `in` begins with: an escape of JSON, of a quoted-string, of HTML, of a URL; or itself. How many
 * bytes that took. */
static size_t unwrap(struct dw_span in, char *c)
{
    static const struct {
        const char *name;
        char c;
    } NAMED[] = {
        {"\\n", ' '},          {"\\r", ' '},         {"\\t", ' '},           {"\\\"", '"'},
        {"\\\\", '\\'},        {"\\/", '/'},         {"\\'", '\''},          {"&quot;", '"'},
        {"&#34;", '"'},        {"&#39;", '\''},      {"&#039;", '\''},       {"&#x27;", '\''},
        {"&apos;", '\''},      {"&amp;", '&'},       {"&lt;", '<'},          {"&gt;", '>'},
        {"&nbsp;", ' '},       {"\xc2\xa0", ' '},    {"\xe2\x80\x98", '\''}, {"\xe2\x80\x99", '\''},
        {"\xe2\x80\x9c", '"'}, {"\xe2\x80\x9d", '"'}};
    const bool is_u = in.len >= 2 && in.at[0] == '\\' && in.at[1] == 'u';

    *c = in.at[0];
    if (strchr("\\&%\xc2\xe2", *c) == NULL || *c == '\0') {
        return 1;
    }
    for (size_t i = 0; i < sizeof(NAMED) / sizeof(NAMED[0]); i++) {
        const size_t len = strlen(NAMED[i].name);

        if (in.len >= len && memcmp(in.at, NAMED[i].name, len) == 0) {
            *c = NAMED[i].c;
            return len;
        }
    }
    const size_t skip = is_u ? 2 : 1, count = is_u ? 4 : 2;
    const char found =
        is_u || *c == '%' ? hex_char((struct dw_span){in.at + skip, in.len - skip}, count) : 0;
    if (found == 0) {
        return 1;
    }
    *c = found;
    return skip + count;
}

static void put_char(struct plain *plain, char c)
{
    if (!is_blank(c)) {
        plain->at[plain->len++] = c;
        return;
    }
    if ((plain->is_json && plain->quote == 0) ||
        (plain->len > 0 && plain->at[plain->len - 1] == ' ')) {
        return;
    }
    plain->at[plain->len++] = ' ';
}

void plain_put(struct plain *plain, struct dw_span in)
{
    for (size_t i = 0; i < in.len;) {
        char c = 0;
        const size_t took = unwrap((struct dw_span){in.at + i, in.len - i}, &c);

        if (took == 1 && plain->quote == 0 && (c == '"' || c == '\'')) {
            plain->quote = c;
        } else if (took == 1 && c == plain->quote) {
            plain->quote = 0;
        }
        put_char(plain, c);
        i += took;
    }
}
