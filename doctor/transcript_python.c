/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "transcript.h"

/*
 * What http.client prints at debuglevel 1, what urllib3 logs, and how requests' exceptions end:
 *     send: b'GET /v1/orders HTTP/1.1\r\nHost: api.example.com\r\n\r\n'
 *     reply: 'HTTP/1.1 401 Unauthorized\r\n'
 *     header: WWW-Authenticate: Bearer
 *     DEBUG:urllib3.connectionpool:https://api.example.com:443 "GET /v1/orders HTTP/1.1" 401 52
 *     requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api.example.com/v1
 * and what Ruby's Net::HTTP prints with set_debug_output:
 *     <- "GET /v1/orders HTTP/1.1\r\nHost: api.example.com\r\n\r\n"
 *     -> "HTTP/1.1 401 Unauthorized\r\n"
 * and whole messages in quotes, as Go prints httputil's dumps by %q and JSON logs hold them:
 *     2026/11/21 10:00:00 req: "GET /v1/orders HTTP/1.1\r\nHost: api.example.com\r\n\r\n"
 */

#define FIRST_LINE_MAX 2048

struct reader {
    struct capture *capture;
    struct exchange *exchange; /* NULL: none yet */
    bool in_fields;            /* of the response */
    bool in_body;              /* of the response, where its bytes are shown */
    bool in_request;           /* further bytes of it may come */
    enum security security;    /* of the connection */
    bool is_full;
    char *literal; /* as long as the text */
};

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* One character of a literal, its escape undone; how many bytes it took. */
static size_t unescape(struct dw_span at, char *c)
{
    static const char NAMES[] = "rntbf0", MEANT[] = "\r\n\t\b\f";
    const char *name;

    *c = at.at[0];
    if (at.at[0] != '\\' || at.len < 2) {
        return 1;
    }
    if (at.at[1] == 'x' && at.len >= 4 && is_hex(at.at[2]) && is_hex(at.at[3])) {
        const char digits[] = {at.at[2], at.at[3], '\0'};

        *c = (char)strtoul(digits, NULL, 16);
        return 4;
    }
    if (at.len >= 6 && memcmp(at.at, "\\u00", 4) == 0 && is_hex(at.at[4]) && is_hex(at.at[5])) {
        const char digits[] = {at.at[4], at.at[5], '\0'};

        *c = (char)strtoul(digits, NULL, 16);
        return 6;
    }
    name = at.at[1] != '\0' ? strchr(NAMES, at.at[1]) : NULL;
    *c = name != NULL ? MEANT[name - NAMES] : at.at[1];
    return 2;
}

/* b'...' or "...": what it means, up to the quote that ends it. */
static struct dw_span read_literal(const struct reader *reader, struct dw_span rest)
{
    size_t len = 0;
    char quote;

    rest = begins(rest, "b") ? skip(rest, 1) : rest;
    if (rest.len == 0 || (rest.at[0] != '\'' && rest.at[0] != '"')) {
        return (struct dw_span){NULL, 0};
    }
    quote = rest.at[0];
    rest = skip(rest, 1);
    while (rest.len > 0 && rest.at[0] != quote) {
        rest = skip(rest, unescape(rest, &reader->literal[len++]));
    }
    return (struct dw_span){reader->literal, len};
}

static void read_fields(struct reader *reader, struct dw_span bytes, struct place place)
{
    struct lines lines;

    lines_init(&lines, bytes);
    while (lines_next(&lines) && lines.line.len > 0) {
        (void)add_field_line(reader->capture, &reader->exchange->request, lines.line, place);
    }
    capture_add_body(reader->capture, &reader->exchange->request, lines.rest);
    make_absolute(reader->capture, reader->exchange, reader->security, (struct dw_span){NULL, 0});
}

static void read_sent(struct reader *reader, struct dw_span bytes, struct place place)
{
    struct lines lines;
    struct start start;

    lines_init(&lines, bytes);
    if (!lines_next(&lines) || !start_read(lines.line, &start) || start.version.at == NULL) {
        if (reader->in_request && bytes.len > 0) {
            capture_add_body(reader->capture, &reader->exchange->request, bytes);
        }
        return;
    }
    reader->exchange = add_request(reader->capture, &start, place);
    reader->is_full = reader->exchange == NULL;
    if (!reader->is_full) {
        reader->in_request = true;
        reader->in_fields = false;
        read_fields(reader, lines.rest, place);
    }
}

static void read_reply(struct reader *reader, struct dw_span bytes, struct place place)
{
    struct start start;

    if (!status_line_read(trimmed(bytes), &start)) {
        return;
    }
    reader->exchange = add_response(reader->capture, &start, place);
    reader->is_full = reader->exchange == NULL;
    reader->in_request = false;
    reader->in_fields = true;
    reader->in_body = false;
}

/* Bytes that came, a line of the response each, and then its body. */
static void read_received(struct reader *reader, struct dw_span bytes, struct place place)
{
    struct start start;

    if (status_line_read(trimmed(bytes), &start)) {
        read_reply(reader, bytes, place);
    } else if (reader->in_fields && reader->in_body) {
        capture_add_body(reader->capture, &reader->exchange->response, bytes);
    } else if (reader->in_fields && trimmed(bytes).len == 0) {
        reader->in_body = true;
    } else if (reader->in_fields) {
        (void)add_field_line(reader->capture, &reader->exchange->response, trimmed(bytes), place);
    }
}

/* `inside` follows a quote: whether a message's first line stands there, its end escaped. */
static bool begins_quoted(struct dw_span inside)
{
    const size_t blank = find_char(first(inside, 24), ' ');
    struct start start;

    return blank >= 3 && blank < 24 && inside.at[0] >= 'A' && inside.at[0] <= 'Z' &&
           start_read(first(inside, find_text(first(inside, FIRST_LINE_MAX), "\\r\\n")), &start) &&
           start.version.at != NULL;
}

/* Where a quote opens a whole message with its line ends escaped; line.len: nowhere. */
static size_t find_quoted(struct dw_span line)
{
    if (find_text(line, "\\r\\n") == line.len) {
        return line.len;
    }
    for (size_t at = 0; at < line.len; at++) {
        if ((line.at[at] == '"' || line.at[at] == '\'') && begins_quoted(skip(line, at + 1))) {
            return at;
        }
    }
    return line.len;
}

bool is_quoted_message(struct dw_span line)
{
    return find_quoted(line) < line.len;
}

static void read_quoted(struct reader *reader, struct dw_span line, struct place place)
{
    const struct dw_span bytes = read_literal(reader, skip(line, find_quoted(line)));
    struct lines lines;

    if (!begins(bytes, "HTTP/")) {
        read_sent(reader, bytes, place);
        reader->in_request = false;
        return;
    }
    lines_init(&lines, bytes);
    while (!reader->is_full && lines_next(&lines)) {
        read_received(reader, lines.raw, place);
    }
    reader->in_fields = false;
}

/* -- urllib3 and requests ------------------------------------------------------------------------------------- */

/* The exchange that a line of urllib3's tells of: the last, if that ended alike. */
static struct exchange *find_told(struct reader *reader, const struct start *start, int status,
                                  struct place place)
{
    struct exchange *last = reader->exchange;

    if (last != NULL && last->status == status && dw_span_equal(last->method, start->method)) {
        return last;
    }
    last = add_request(reader->capture, start, place);
    reader->is_full = last == NULL;
    if (last != NULL) {
        last->status = status;
        last->request.is_there = false; /* its fields are not shown */
        last->response.is_there = true;
        last->response.place = place;
        reader->exchange = last;
        reader->in_fields = true;
    }
    return last;
}

/* https://api.example.com:443 "GET /v1/orders HTTP/1.1" 401 52 */
static bool read_told(struct reader *reader, struct dw_span line, struct place place)
{
    const size_t quote = find_char(line, '"');
    const struct dw_span quoted = skip(line, quote + 1);
    const size_t len = find_char(quoted, '"');
    const size_t origin = find_text(line, "http");
    struct dw_span rest = trimmed(skip(quoted, len + 1)), authority = first(line, quote);
    struct exchange *told;
    struct start start;
    int status;

    if (!start_read(first(quoted, len), &start) || start.version.at == NULL || origin >= quote) {
        return false;
    }
    status = next_number(&rest);
    told = status >= 100 ? find_told(reader, &start, status, place) : NULL;
    if (told != NULL && told->url.len > 0 && told->url.at[0] == '/') {
        authority = trimmed(skip(authority, origin));
        make_absolute(reader->capture, told,
                      begins(authority, "https") ? SECURITY_TLS : SECURITY_NONE,
                      skip(authority, find_text(authority, "://") + 3));
    }
    return true;
}

/* "401 Client Error: Unauthorized for url: https://api.example.com/v1/orders" */
static bool read_raised(struct reader *reader, struct dw_span line, struct place place)
{
    const size_t at = find_text(line, " Client Error: ");
    const size_t url_at = find_text(line, " for url: ");
    struct dw_span digits = skip(line, at - 3), url = skip(line, url_at + strlen(" for url: "));
    struct start start = {.method = {NULL, 0}};

    if (at == line.len || at < 3 || url_at == line.len) {
        return false;
    }
    start.status = next_number(&digits);
    start.target = next_word(&url);
    start.phrase = first(skip(line, at + 15), url_at - at - 15);
    if (reader->exchange == NULL && start.status >= 400) {
        reader->exchange = add_response(reader->capture, &start, place);
        reader->is_full = reader->exchange == NULL;
    }
    if (!reader->is_full && reader->exchange != NULL) {
        reader->exchange->url = reader->exchange->url.len > 0
                                    ? reader->exchange->url
                                    : arena_keep(reader->capture->arena, start.target);
        capture_add_note(reader->capture, reader->exchange, trimmed(line));
    }
    return true;
}

static bool is_log(struct dw_span line)
{
    static const char *const BEGINNINGS[] = {
        "DEBUG",    "INFO",  "WARNING",      "ERROR",          "connect: ", "Traceback",
        "  File ",  "read ", "reading ",     "Conn close",     "Conn keep", "opened",
        "opening ", "<- ",   "starting SSL", "SSL established"};

    for (size_t i = 0; i < sizeof(BEGINNINGS) / sizeof(BEGINNINGS[0]); i++) {
        if (begins(line, BEGINNINGS[i])) {
            return true;
        }
    }
    return false;
}

/* The body, printed below the exception: print(response.text). */
static bool is_printed(const struct reader *reader, struct dw_span line)
{
    return reader->exchange != NULL && reader->exchange->response.is_there &&
           reader->exchange->response.n_fields == 0 && begins(line, "{");
}

static void read_other(struct reader *reader, const struct lines *lines)
{
    const struct dw_span line = trimmed(lines->line);
    const struct place place = {lines->number, 0};

    if (begins(line, "starting SSL for ")) {
        reader->security = SECURITY_TLS;
    } else if (find_text(line, "Starting new HTTP") < line.len) {
        reader->security = find_text(line, "new HTTPS") < line.len ? SECURITY_TLS : SECURITY_NONE;
    } else if (begins(line, "connect: (")) {
        reader->security = find_text(line, ", 443") < line.len ? SECURITY_TLS : SECURITY_UNKNOWN;
    } else if (is_quoted_message(line)) {
        read_quoted(reader, line, place);
    } else if (read_told(reader, line, place) || read_raised(reader, line, place)) {
        return;
    } else if ((reader->in_fields || is_printed(reader, line)) && !reader->in_body &&
               !is_log(lines->line) && line.len > 0) {
        capture_add_body(reader->capture, &reader->exchange->response, lines->raw);
    }
}

static void read_line(struct reader *reader, const struct lines *lines)
{
    const struct dw_span line = trimmed(lines->line);
    const struct place place = {lines->number, 0};

    if (begins(line, "send: ")) {
        read_sent(reader, read_literal(reader, skip(line, 6)), place);
    } else if (begins(line, "<- \"")) {
        read_sent(reader, read_literal(reader, skip(line, 3)), place);
    } else if (begins(line, "-> \"")) {
        read_received(reader, read_literal(reader, skip(line, 3)), place);
    } else if (begins(line, "reply: ")) {
        read_reply(reader, read_literal(reader, skip(line, 7)), place);
    } else if (begins(line, "header: ") && reader->in_fields) {
        (void)add_field_line(reader->capture, &reader->exchange->response,
                             skip(lines->line, find_text(lines->line, "header: ") + 8), place);
    } else {
        read_other(reader, lines);
    }
}

int python_read(struct dw_span text, const char *name, struct capture **capture,
                struct complaint *why)
{
    struct reader reader = {.capture = capture_new(CAPTURE_PYTHON, name),
                            .literal = malloc(text.len + 1)};
    struct lines lines;

    if (reader.capture == NULL || reader.literal == NULL) {
        capture_free(reader.capture);
        free(reader.literal);
        return complain(why, "out of memory");
    }
    lines_init(&lines, text);
    while (!reader.is_full && lines_next(&lines)) {
        read_line(&reader, &lines);
    }
    if (reader.in_request) {
        reader.capture->is_cut = true;
        reader.capture->cut_at = reader.exchange->place;
    }
    dw_secret_wipe(reader.literal, text.len + 1);
    free(reader.literal);
    return transcript_end(reader.capture, "what Python prints", capture, why);
}
