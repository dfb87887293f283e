/* SPDX-License-Identifier: Apache-2.0 */
#include "loggers.h"

#include <stdlib.h>
#include <string.h>

#define ABSENT ((struct dw_span){NULL, 0})
#define ROOM   4096 /* bytes more than twice the text: first lines that are put together */

/* -- Writing ------------------------------------------------------------------------------------ */

void put_span(struct rewrite *to, struct dw_span span)
{
    if (span.len > 0 && span.len < to->size - to->len) {
        memcpy(to->at + to->len, span.at, span.len);
        to->len += span.len;
    }
}

void put_text(struct rewrite *to, const char *text)
{
    put_span(to, dw_span_of(text));
}

void put_line(struct rewrite *to, struct dw_span line)
{
    put_span(to, line);
    put_text(to, "\n");
}

void put_request(struct rewrite *to, struct dw_span version)
{
    put_span(to, to->method.len > 0 ? to->method : DW_SPAN("GET"));
    put_text(to, " ");
    put_span(to, to->target);
    put_text(to, version.len > 0 ? " " : "");
    put_line(to, version);
}

void put_status(struct rewrite *to, struct dw_span status)
{
    put_text(to, "HTTP/1.1 ");
    put_line(to, status);
}

void leave_out(struct rewrite *to)
{
    to->owed++;
}

void put_gap(struct rewrite *to)
{
    put_text(to, "\n");
    for (; to->owed > 0; to->owed--) {
        put_text(to, "\n");
    }
}

struct dw_span behind(struct dw_span line, const char *text)
{
    const size_t at = find_text(line, text);

    return at < line.len ? trimmed(skip(line, at + strlen(text))) : ABSENT;
}

/* -- Apache HttpClient: what went over the wire --------------------------------------------------- */

static bool is_wire(struct dw_span text)
{
    return find_text(text, "http-outgoing-") < text.len &&
           (find_text(text, " >> \"") < text.len || find_text(text, " << \"") < text.len);
}

/* http-outgoing-0 >> "GET / HTTP/1.1[\r][\n]" */
static void wire_line(struct rewrite *to, struct dw_span line)
{
    const size_t sent = find_text(line, " >> \""), got = find_text(line, " << \"");
    const size_t at = sent < got ? sent : got;
    struct dw_span inside = skip(line, at + 5);
    const size_t end = find_text(inside, "[\\r]"), only_lf = find_text(inside, "[\\n]");

    if (at == line.len) {
        put_gap(to);
        return;
    }
    inside.len = end < only_lf ? end : only_lf;
    if (inside.len == line.len - at - 5 && inside.len > 0) {
        inside.len--; /* the quote */
    }
    put_line(to, inside);
}

/* -- Jersey, CXF ---------------------------------------------------------------------------------- */

/* "1 > Accept: text/plain": what is behind it, and which way it went; '\0': it is no such line. */
static char numbered(struct dw_span line, struct dw_span *rest)
{
    *rest = line;
    if (next_number(rest) < 0 || rest->len < 3 || rest->at[0] != ' ' || rest->at[2] != ' ' ||
        (rest->at[1] != '>' && rest->at[1] != '<')) {
        return '\0';
    }
    const char way = rest->at[1];
    *rest = skip(*rest, 3);
    return way;
}

static bool is_jersey(struct dw_span text)
{
    struct dw_span rest;
    struct lines lines;
    size_t n = 0;

    lines_init(&lines, text);
    while (n < 2 && lines_next(&lines)) {
        n += numbered(lines.line, &rest) != '\0' ? 1 : 0;
    }
    return n == 2;
}

static void jersey_line(struct rewrite *to, struct dw_span line)
{
    struct dw_span rest, digits;
    const char way = numbered(line, &rest);
    const size_t n_left = find_text(line, "LoggingInterceptor");

    digits = rest;
    if (way == '<' && next_number(&digits) >= 100 && trimmed(digits).len == 0) {
        put_status(to, rest);
    } else if (way != '\0') {
        put_line(to, rest);
    } else if (n_left < line.len || find_text(line, "LoggingFeature") < line.len ||
               find_text(line, " * ") < line.len) {
        put_gap(to);
    } else {
        put_line(to, line);
    }
}

/* -- .NET: a message's ToString() ----------------------------------------------------------------- */

static bool is_net_message(struct dw_span text)
{
    return (find_text(text, ", RequestUri: '") < text.len ||
            find_text(text, ", ReasonPhrase: '") < text.len) &&
           find_text(text, "Headers:") < text.len;
}

static struct dw_span until(struct dw_span span, char c)
{
    return first(span, find_char(span, c));
}

/* Method: GET, RequestUri: 'https://...', Version: 1.1, Content: <null>, Headers: */
static void net_message_line(struct rewrite *to, struct dw_span line)
{
    const struct dw_span bare = trimmed(line), status = behind(bare, "StatusCode: ");

    if (find_text(bare, ", RequestUri: '") < bare.len) {
        to->method = until(behind(bare, "Method: "), ',');
        to->target = until(behind(bare, ", RequestUri: '"), '\'');
        put_request(to, DW_SPAN("HTTP/1.1"));
    } else if (status.at != NULL && find_text(bare, ", ReasonPhrase: '") < bare.len) {
        put_text(to, "HTTP/1.1 ");
        put_span(to, until(status, ','));
        put_text(to, " ");
        put_line(to, until(behind(bare, ", ReasonPhrase: '"), '\''));
    } else if (dw_span_equal(bare, DW_SPAN("{"))) {
        leave_out(to);
    } else if (begins(bare, "}")) {
        put_gap(to);
    } else {
        put_line(to, bare);
    }
}

/* -- Python: print(r.headers) -------------------------------------------------------------------- */

static bool is_python_dict(struct dw_span line)
{
    return begins(line, "{'") && line.at[line.len - 1] == '}' && find_text(line, "': '") < line.len;
}

static bool is_python(struct dw_span text)
{
    struct lines lines;

    if (find_text(text, "HTTP/") < text.len) {
        return false; /* more is there than what was printed */
    }
    lines_init(&lines, text);
    while (lines_next(&lines)) {
        const struct dw_span line = trimmed(lines.line);

        if (is_python_dict(line) && (find_text(line, "'Authorization':") < line.len ||
                                     find_text(line, "'WWW-Authenticate':") < line.len ||
                                     find_text(line, "'User-Agent':") < line.len)) {
            return true;
        }
    }
    return false;
}

/* As the reader of dumps knows them. */
static void python_line(struct rewrite *to, struct dw_span line)
{
    const struct dw_span bare = trimmed(line), status = behind(bare, "<Response [");

    if (is_python_dict(bare)) {
        const bool is_request = find_text(bare, "'User-Agent':") < bare.len ||
                                find_text(bare, "'Authorization':") < bare.len;

        put_text(to, is_request ? "request: { headers: " : "response: { headers: ");
        put_span(to, bare);
        put_line(to, DW_SPAN(" }"));
    } else if (status.at != NULL || (bare.len == 3 && bare.at[0] >= '4' && bare.at[0] <= '5')) {
        put_text(to, "status: ");
        put_line(to, first(status.at != NULL ? status : bare, 3));
    } else {
        put_gap(to);
    }
}

/* -- All ------------------------------------------------------------------------------------------- */

char *rewrite_log(struct dw_span text, size_t *len, size_t *size)
{
    static const struct {
        bool (*is)(struct dw_span text);
        void (*line)(struct rewrite *to, struct dw_span line);
    } LOGGERS[] = {{is_wire, wire_line},
                   {is_jersey, jersey_line},
                   {is_net_message, net_message_line},
                   {is_ktor, ktor_line},
                   {is_aspnet, aspnet_line},
                   {is_restassured, restassured_line},
                   {is_dio, dio_line},
                   {is_jmeter, jmeter_line},
                   {is_message_header, message_header_line},
                   {is_powershell, powershell_line},
                   {is_python, python_line}};
    const size_t n = sizeof(LOGGERS) / sizeof(LOGGERS[0]);
    struct rewrite to = {.text = text, .size = 2 * text.len + ROOM};
    struct lines lines;
    size_t i = 0;

    while (i < n && !LOGGERS[i].is(text)) {
        i++;
    }
    to.at = i < n ? malloc(to.size) : NULL;
    if (to.at == NULL) {
        return NULL;
    }
    lines_init(&lines, text);
    while (lines_next(&lines)) {
        LOGGERS[i].line(&to, lines.line);
    }
    *len = to.len;
    *size = to.size;
    return to.at;
}
