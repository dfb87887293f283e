/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "clean.h"

#define ESCAPE '\x1b'
#define BELL   '\a'

#define QUOTES_MAX 4 /* answers to answers that are still looked through */

/* -- Colours ------------------------------------------------------------------------------------------------ */

/* How many bytes an escape sequence takes (ECMA-48 s5.4; the title sequences of xterm). */
static size_t escape_len(const char *at, size_t len)
{
    size_t n = 2;

    if (len < 2) {
        return len;
    }
    if (at[1] == '[') {
        while (n < len && (at[n] < 0x40 || at[n] > 0x7e) && at[n] != '\n') {
            n++;
        }
        return n < len && at[n] != '\n' ? n + 1 : n;
    }
    if (at[1] == ']') {
        while (n < len && at[n] != BELL && at[n] != '\n' && at[n] != ESCAPE) {
            n++;
        }
        return n < len && at[n] == BELL ? n + 1 : n;
    }
    return at[1] == '\n' ? 1 : 2;
}

static size_t take_escapes_out(char *text, size_t len)
{
    size_t to = 0;

    for (size_t from = 0; from < len;) {
        if (text[from] == ESCAPE) {
            from += escape_len(text + from, len - from);
        } else {
            text[to++] = text[from++];
        }
    }
    return to;
}

/* -- Line ends ---------------------------------------------------------------------------------------------- */

/* CR alone ended lines once. Where most lines end with CR CR LF, a program wrote CRLF into a file that
 * made it of LF; one such line is a value that ends with CR, which is worth to be seen. */
static size_t mend_line_ends(char *text, size_t len)
{
    size_t n_lf = 0, n_doubled = 0, to = 0;

    for (size_t i = 0; i < len; i++) {
        n_lf += text[i] == '\n' ? 1 : 0;
        n_doubled +=
            i >= 2 && text[i] == '\n' && text[i - 1] == '\r' && text[i - 2] == '\r' ? 1 : 0;
    }
    for (size_t i = 0; i < len; i++) {
        const bool is_extra =
            2 * n_doubled > n_lf && i + 2 < len && memcmp(text + i, "\r\r\n", 3) == 0;

        if (!is_extra) {
            text[to++] = n_lf == 0 && text[i] == '\r' ? '\n' : text[i];
        }
    }
    return to;
}

/* -- Quoting and indentation -------------------------------------------------------------------------------- */

/* curl -v marks what it sent by the same sign: a first line, fields, and nothing else. */
static bool is_curl_request(struct dw_span text)
{
    struct dw_span name, value;
    struct lines lines;
    struct start start;
    bool has_request = false;

    lines_init(&lines, text);
    while (lines_next(&lines)) {
        const struct dw_span inside = skip(lines.line, 2);

        if (start_read(inside, &start) && start.is_request && start.version.at != NULL) {
            has_request = true;
        } else if (trimmed(inside).len > 0 && !field_read(inside, &name, &value)) {
            return false;
        }
    }
    return has_request;
}

static bool is_quoted(struct dw_span text)
{
    size_t n_quoted = 0, n = 0;
    struct lines lines;

    lines_init(&lines, text);
    while (lines_next(&lines)) {
        n += trimmed(lines.line).len > 0 ? 1 : 0;
        n_quoted += begins(lines.line, ">") ? 1 : 0;
    }
    return n_quoted > 0 && 10 * n_quoted >= 9 * n && !is_curl_request(text);
}

static size_t take_quotes_out(char *text, size_t len)
{
    struct lines lines;
    size_t to = 0;

    lines_init(&lines, (struct dw_span){text, len});
    while (lines_next(&lines)) {
        const size_t mark = begins(lines.raw, "> ") ? 2 : begins(lines.raw, ">") ? 1 : 0;
        const struct dw_span kept = skip(lines.raw, mark);

        memmove(text + to, kept.at, kept.len);
        to += kept.len;
    }
    return to;
}

static size_t common_indent(struct dw_span text)
{
    size_t common = SIZE_MAX;
    struct lines lines;

    lines_init(&lines, text);
    while (lines_next(&lines)) {
        size_t indent = 0;

        while (indent < lines.line.len &&
               (lines.line.at[indent] == ' ' || lines.line.at[indent] == '\t')) {
            indent++;
        }
        common = trimmed(lines.line).len > 0 && indent < common ? indent : common;
    }
    return common == SIZE_MAX ? 0 : common;
}

static size_t take_indent_out(char *text, size_t len, size_t indent)
{
    struct lines lines;
    size_t to = 0;

    lines_init(&lines, (struct dw_span){text, len});
    while (lines_next(&lines)) {
        const struct dw_span kept =
            skip(lines.raw, indent < lines.line.len ? indent : lines.line.len);

        memmove(text + to, kept.at, kept.len);
        to += kept.len;
    }
    return to;
}

/* -- Code fences -------------------------------------------------------------------------------------------- */

static bool is_fence(struct dw_span line)
{
    const struct dw_span fence = trimmed(line);

    return begins(fence, "```") && find_char(skip(fence, 3), '`') == fence.len - 3 &&
           find_char(fence, ' ') == fence.len;
}

static size_t count_fences(struct dw_span text)
{
    struct lines lines;
    size_t n = 0;

    lines_init(&lines, text);
    while (lines_next(&lines)) {
        n += is_fence(lines.line) ? 1 : 0;
    }
    return n;
}

/* What is outside of a pair of fences is prose. */
static size_t take_fences_out(char *text, size_t len, bool is_paired)
{
    struct lines lines;
    bool is_inside = false;
    size_t to = 0;

    lines_init(&lines, (struct dw_span){text, len});
    while (lines_next(&lines)) {
        const bool fence = is_fence(lines.line);
        struct dw_span kept = lines.raw;

        is_inside = is_inside != fence;
        if (fence || (is_paired && !is_inside)) {
            kept = skip(lines.raw, lines.line.len);
        }
        memmove(text + to, kept.at, kept.len);
        to += kept.len;
    }
    return to;
}

static size_t take_indent_off(char *text, size_t len)
{
    const size_t indent = common_indent((struct dw_span){text, len});

    return indent > 0 ? take_indent_out(text, len, indent) : len;
}

size_t text_clean(char *text, size_t len)
{
    size_t n_fences;

    len = take_escapes_out(text, len);
    len = mend_line_ends(text, len);
    len = take_indent_off(text, len);
    for (int depth = 0; depth < QUOTES_MAX && is_quoted((struct dw_span){text, len}); depth++) {
        len = take_quotes_out(text, len);
    }
    n_fences = count_fences((struct dw_span){text, len});
    if (n_fences > 0) {
        len = take_fences_out(text, len, n_fences % 2 == 0);
    }
    len = take_loggers_out(text, take_indent_off(text, len));
    len = take_log_marks_out(text, len);
    return take_indent_off(text, len);
}
