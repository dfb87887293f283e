/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#include <string.h>

static bool ends_authority(char c)
{
    return c == '/' || c == '?' || c == '#';
}

static bool ends_path(char c)
{
    return c == '?' || c == '#';
}

static size_t find_end(struct dw_span uri, size_t at, bool (*ends)(char c))
{
    while (at < uri.len && !ends(uri.at[at])) {
        at++;
    }
    return at;
}

/* User names in an address (RFC 9110 s4.2.4) are no part of any that is served. */
bool uri_split(struct dw_span uri, struct dw_span *origin, struct dw_span *path)
{
    const size_t start = span_starts_nocase(uri, "https://")  ? strlen("https://")
                         : span_starts_nocase(uri, "http://") ? strlen("http://")
                                                              : 0;
    const size_t authority = find_end(uri, start, ends_authority);
    const size_t end = find_end(uri, authority, ends_path);

    if (start == 0 || authority == start ||
        memchr(uri.at + start, '@', authority - start) != NULL) {
        return false;
    }
    *origin = (struct dw_span){uri.at, authority};
    *path = (struct dw_span){uri.at + authority, end - authority};
    return true;
}

/* -- Scheme, host and port (RFC 3986 s6.2.2.1, s6.2.3) ------------------------------------------- */

static bool drop_end(struct dw_span *text, struct dw_span end)
{
    if (text->len < end.len || !dw_span_equal(span_from(*text, text->len - end.len), end)) {
        return false;
    }
    text->len -= end.len;
    return true;
}

static void put_origin(struct text *text, struct dw_span origin)
{
    const bool is_plain = span_starts_nocase(origin, "http:");

    if (!drop_end(&origin, is_plain ? DW_SPAN(":80") : DW_SPAN(":443"))) {
        (void)drop_end(&origin, DW_SPAN(":"));
    }
    for (size_t i = 0; i < origin.len; i++) {
        const char c = origin.at[i];
        text_char(text, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
    }
}

/* -- The path (RFC 3986 s6.2.2.1 to s6.2.2.3) ---------------------------------------------------- */

static int hex_value(char c)
{
    const char letter = (char)(c | 0x20);

    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static bool is_unreserved(int byte)
{
    const int letter = byte | 0x20;

    return (letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
           byte == '.' || byte == '_' || byte == '~';
}

/* Returns how many bytes it took. */
static size_t put_character(struct text *text, struct dw_span path, size_t at)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    const bool is_long = path.at[at] == '%' && path.len - at >= 3;
    const int high = is_long ? hex_value(path.at[at + 1]) : -1;
    const int low = is_long ? hex_value(path.at[at + 2]) : -1;

    if (high < 0 || low < 0) {
        text_char(text, path.at[at]);
        return 1;
    }
    if (is_unreserved(high << 4 | low)) {
        text_char(text, (char)(high << 4 | low));
        return 3;
    }
    text_char(text, '%');
    text_char(text, DIGITS[high]);
    text_char(text, DIGITS[low]);
    return 3;
}

/* Takes a dot segment back, which began at `mark`, and for two dots what stands before it. */
static void drop_dots(struct text *text, size_t start, size_t mark)
{
    const struct dw_span segment = span_from(text_span(text), mark);
    const char *before = memrchr(text->at + start, '/', mark - start);

    if (dw_span_equal(segment, DW_SPAN("/..")) && before != NULL) {
        text->len = (size_t)(before - text->at);
    } else if (dw_span_equal(segment, DW_SPAN("/.")) || dw_span_equal(segment, DW_SPAN("/.."))) {
        text->len = mark;
    }
}

static void put_path(struct text *text, struct dw_span path)
{
    const size_t start = text->len;
    size_t at = 0;

    do {
        const size_t mark = text->len;
        text_char(text, '/');
        at += at < path.len && path.at[at] == '/' ? 1 : 0;
        while (at < path.len && path.at[at] != '/') {
            at += put_character(text, path, at);
        }
        drop_dots(text, start, mark);
        if (at == path.len && text->len <= mark) {
            text_char(text, '/');
        }
    } while (at < path.len);
}

void uri_put(struct text *text, struct dw_span origin, struct dw_span path)
{
    put_origin(text, origin);
    put_path(text, path);
}
