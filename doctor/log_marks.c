/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "clean.h"
#include "transcript_curl.h"

#define MARK_MAX   160
#define STAMP_MAX  40
#define STAMP_MIN  7
#define FIELDS_MIN 2 /* lines of the message that must stand behind the same mark */

/*
 * What a logger writes before each line of a transcript: "2026-11-21 10:00:00 [worker-1] < HTTP/1.1 401".
 * It is learnt from the line that begins a message; numbers and the width of blanks may differ.
 */

struct mark {
    char text[MARK_MAX];
    size_t len;
    bool is_known; /* the logger is: one more line bears it out */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Which way a message goes is no part of the mark. */
static bool is_arrow(char c)
{
    return c == '<' || c == '>';
}

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

/* What one byte of the mark stands for: a run of its kind; NULL: itself alone. Go's loggers name the file
 * that logs, which changes from line to line. */
static bool (*kind_of(const struct dw_span mark, size_t at))(char)
{
    if (is_digit(mark.at[at])) {
        return is_digit;
    }
    if (is_blank(mark.at[at])) {
        return is_blank;
    }
    if (is_arrow(mark.at[at])) {
        return is_arrow;
    }
    return is_of_name(mark.at[at]) && find_text(mark, ".go:") < mark.len ? is_of_name : NULL;
}

/* Which way it went changes: Apache's HttpClient writes ">> " and "<< ". */
static bool is_alike(char a, char b)
{
    return a == b || (strchr("<>", a) != NULL && strchr("<>", b) != NULL && a != '\0' && b != '\0');
}

static size_t run(struct dw_span span, size_t at, bool (*is)(char))
{
    while (at < span.len && is(span.at[at])) {
        at++;
    }
    return at;
}

/* What is behind the mark; absent: the line does not begin with it. */
static struct dw_span behind_mark(struct dw_span line, const struct mark *mark)
{
    const struct dw_span text = {mark->text, mark->len};
    size_t at = 0, i = 0;

    while (i < text.len) {
        bool (*is)(char) = kind_of(text, i);

        if (at == line.len) {
            return is == is_blank && run(text, i, is) == text.len ? skip(line, at)
                                                                  : (struct dw_span){NULL, 0};
        }
        if (is != NULL ? !is(line.at[at]) : !is_alike(line.at[at], text.at[i])) {
            return (struct dw_span){NULL, 0};
        }
        is = is == is_arrow ? NULL : is; /* ">" is a mark of curl's, ">>" is one of HttpClient's */
        at = is != NULL ? run(line, at, is) : at + 1;
        i = is != NULL ? run(text, i, is) : i + 1;
    }
    return skip(line, at);
}

/* kubectl -v=8 and its kin: "I1121 10:00:00.000000    8703 round_trippers.go:463] Response Headers:" */
static bool is_behind_klog(struct dw_span line, size_t at)
{
    return at > 2 && line.at[at - 1] == ' ' && line.at[at - 2] == ']' &&
           find_text(first(line, at), ".go:") < at &&
           (begins(skip(line, at), "Request Headers:") ||
            begins(skip(line, at), "Response Headers:"));
}

static bool begins_message(struct dw_span rest)
{
    struct start start;

    if (begins(rest, "HTTP/")) {
        return status_line_read(rest, &start);
    }
    if (is_curl_mark(rest, '>') || is_curl_mark(rest, '<')) {
        return start_read(skip(rest, 2), &start) && start.version.at != NULL;
    }
    if (arrow_len(rest) > 0) {
        return start_read(skip(rest, arrow_len(rest)), &start) || find_text(rest, " http") < 40;
    }
    return begins(rest, "=> Send header: ") || begins(rest, "<= Recv header: ");
}

/* A mark that curl writes itself, and its reader knows. */
static bool is_curls_own(struct dw_span line)
{
    int64_t ms;
    const struct dw_span rest = curl_untimed(line, &ms);

    return is_curl_mark(rest, '>') || is_curl_mark(rest, '<') || is_curl_mark(rest, '*') ||
           begins(rest, "=> ") || begins(rest, "<= ") || begins(rest, "== ") ||
           begins(rest, "0000: ");
}

static bool find_mark(struct dw_span line, struct mark *mark)
{
    const size_t most = line.len < MARK_MAX ? line.len : MARK_MAX;

    if (line.len == 0 || is_blank(line.at[0]) || is_curls_own(line)) {
        return false;
    }
    for (size_t at = 2; at < most; at++) {
        if (line.at[at - 1] != '\'' && line.at[at - 1] != '"' &&
            (is_behind_klog(line, at) || begins_message(skip(line, at)))) {
            memcpy(mark->text, line.at, at);
            mark->len = at;
            mark->is_known = !begins(skip(line, at), "HTTP/");
            return true;
        }
    }
    return false;
}

static bool is_borne_out(struct dw_span text, const struct mark *mark)
{
    struct dw_span name, value;
    struct lines lines;
    const size_t wanted = mark->is_known ? 1 : FIELDS_MIN;
    size_t n = 0;

    lines_init(&lines, text);
    while (n < wanted && lines_next(&lines)) {
        struct dw_span rest = behind_mark(lines.line, mark);
        const bool is_marked = is_curl_mark(rest, '>') || is_curl_mark(rest, '<');

        rest = is_marked ? skip(rest, 2) : rest;
        rest = begins(rest, "<= Recv header: ") || begins(rest, "=> Send header: ")
                   ? skip(rest, strlen("<= Recv header: "))
                   : rest;
        n += rest.at != NULL && !begins_message(rest) && field_read(rest, &name, &value) ? 1 : 0;
    }
    return n >= wanted;
}

/* git's trace has curl's events in words of its own. */
static size_t put_line(char *to, struct dw_span raw)
{
    static const struct {
        const char *from, *to;
    } EVENTS[] = {{"=> Send header: ", "> "}, {"<= Recv header: ", "< "}, {"== Info: ", "* "},
                  {"=> Send header:", "> "},  {"<= Recv header:", "< "},  {"=> Send header, ", ""},
                  {"<= Recv header, ", ""}};
    size_t len = 0;

    for (size_t i = 0; i < sizeof(EVENTS) / sizeof(EVENTS[0]); i++) {
        if (begins(raw, EVENTS[i].from)) {
            raw = EVENTS[i].to[0] != '\0' ? skip(raw, strlen(EVENTS[i].from)) : DW_SPAN("\n");
            len = strlen(EVENTS[i].to);
            memcpy(to, EVENTS[i].to, len);
            break;
        }
    }
    memmove(to + len, raw.at, raw.len);
    return len + raw.len;
}

static size_t take_mark_out(char *text, size_t len, const struct mark *mark)
{
    struct lines lines;
    size_t to = 0;

    lines_init(&lines, (struct dw_span){text, len});
    while (lines_next(&lines)) {
        const struct dw_span kept = behind_mark(lines.line, mark);

        if (kept.at == NULL) {
            memmove(text + to, lines.raw.at, lines.raw.len);
            to += lines.raw.len;
        } else {
            to += put_line(text + to, skip(lines.raw, (size_t)(kept.at - lines.line.at)));
        }
    }
    return to;
}

/* Go's log.Print of a dump stamps the first line of each message and no other. 0: there is no stamp. */
static size_t stamp_len(struct dw_span line)
{
    struct start start;
    size_t at = 0;

    while (at < line.len && at < STAMP_MAX && line.at[at] != '\0' &&
           strchr("0123456789-/:.,TZ+ []", line.at[at]) != NULL) {
        at++;
    }
    while (at > STAMP_MIN && line.at[at - 1] != ' ') {
        at--; /* the T of TRACE was none of its */
    }
    return at > STAMP_MIN && start_read(skip(line, at), &start) && start.version.at != NULL ? at
                                                                                            : 0;
}

static size_t take_stamps_out(char *text, size_t len)
{
    struct lines lines;
    size_t to = 0;

    lines_init(&lines, (struct dw_span){text, len});
    while (lines_next(&lines)) {
        const struct dw_span kept = skip(lines.raw, stamp_len(lines.line));

        memmove(text + to, kept.at, kept.len);
        to += kept.len;
    }
    return to;
}

size_t take_log_marks_out(char *text, size_t len)
{
    struct mark mark = {.len = 0};
    struct lines lines;

    lines_init(&lines, (struct dw_span){text, len});
    while (lines_next(&lines)) {
        if (find_mark(lines.line, &mark)) {
            return is_borne_out((struct dw_span){text, len}, &mark)
                       ? take_mark_out(text, len, &mark)
                       : take_stamps_out(text, len);
        }
    }
    return take_stamps_out(text, len);
}
