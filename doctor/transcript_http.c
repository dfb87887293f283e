/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "complaint.h"
#include "transcript.h"

/* Messages as they go over the wire, one after the other; and OkHttp's log, which marks where they begin
 * and end by arrows. */

struct reader {
    struct capture *capture;
    struct capture_message *message; /* the one being read; NULL: none */
    struct exchange *exchange;
    bool in_body;
    bool is_full;
};

/* "<-- 401 Unauthorized https://api.example.com/v1/orders (52ms)" */
static bool read_arrow_back(struct dw_span line, struct start *start)
{
    struct dw_span rest = skip(line, arrow_len(line));
    const struct dw_span word = next_word(&rest);
    struct dw_span digits = word;
    const size_t url = find_text(rest, "http");
    const int status = next_number(&digits);

    if (digits.len > 0 || status < 100) {
        return false;
    }
    *start = (struct start){.is_response = true, .status = status};
    start->phrase = trimmed(first(rest, url));
    return true;
}

/* "--> GET https://api.example.com/v1/orders http/1.1" */
static bool read_arrow(struct dw_span line, struct start *start)
{
    const size_t arrow = arrow_len(line);

    if (arrow > 0 && line.at[0] == '<') {
        return status_line_read(skip(line, arrow), start) || read_arrow_back(line, start);
    }
    return arrow > 0 && start_read(skip(line, arrow), start);
}

static bool is_arrow_end(struct dw_span line)
{
    return arrow_len(line) > 0 && begins(skip(line, arrow_len(line)), "END");
}

static bool read_start(struct dw_span line, struct start *start)
{
    return start_read(line, start) || read_arrow(line, start);
}

static void begin_request(struct reader *reader, const struct start *start, struct place place)
{
    reader->exchange = add_request(reader->capture, start, place);
    reader->is_full = reader->exchange == NULL;
    reader->message = reader->is_full ? NULL : &reader->exchange->request;
    reader->in_body = false;
}

static void begin_response(struct reader *reader, const struct start *start, struct place place)
{
    reader->exchange = add_response(reader->capture, start, place);
    reader->is_full = reader->exchange == NULL;
    reader->message = reader->is_full ? NULL : &reader->exchange->response;
    reader->in_body = false;
}

static void begin_message(struct reader *reader, const struct start *start, struct place place)
{
    if (start->is_request) {
        begin_request(reader, start, place);
    }
    if (start->is_response && !reader->is_full) {
        begin_response(reader, start, place);
    }
}

/* A body without a line end, and the next message behind it. */
static size_t find_glued(struct dw_span line)
{
    size_t at = find_text(skip(line, 1), "HTTP/") + 1;
    struct start start;

    return at < line.len && status_line_read(skip(line, at), &start) && start.phrase.len < 40
               ? at
               : line.len;
}

static void read_body_line(struct reader *reader, const struct lines *lines)
{
    const size_t glued = find_glued(lines->line);
    const struct place place = {lines->number, 0};
    struct start start;

    if (glued == lines->line.len) {
        capture_add_body(reader->capture, reader->message, lines->raw);
        return;
    }
    capture_add_body(reader->capture, reader->message, first(lines->line, glued));
    if (status_line_read(skip(lines->line, glued), &start)) {
        begin_message(reader, &start, place);
    }
}

static void read_field_line(struct reader *reader, const struct lines *lines)
{
    const struct place place = {lines->number, 0};
    const bool is_whole =
        lines->raw.len > lines->line.len || find_char(lines->line, ':') < lines->line.len;

    if (reader->message->n_fields > 0 && is_no_field(lines->line)) {
        reader->in_body =
            find_char(trimmed(lines->line), '.') > 0; /* the empty line was not copied */
        capture_add_body(reader->capture, reader->message,
                         reader->in_body ? lines->raw : (struct dw_span){NULL, 0});
    } else if (is_whole) {
        (void)add_field_line(reader->capture, reader->message, lines->line, place);
    } else {
        reader->capture->is_cut = true;
        reader->capture->cut_at = place;
    }
}

static void read_line(struct reader *reader, const struct lines *lines)
{
    const struct place place = {lines->number, 0};
    struct start start;

    if (read_start(lines->line, &start)) {
        begin_message(reader, &start, place);
    } else if (is_arrow_end(lines->line)) {
        reader->message = NULL;
    } else if (reader->message != NULL && reader->in_body) {
        read_body_line(reader, lines);
    } else if (reader->message != NULL && trimmed(lines->line).len == 0) {
        reader->in_body = true;
    } else if (reader->message != NULL) {
        read_field_line(reader, lines);
    }
}

/* Empty lines between a message and the next are nobody's body. */
static void end_body(struct capture_message *message)
{
    if (trimmed(message->body).len == 0) {
        message->body = (struct dw_span){NULL, 0};
    }
}

static bool is_response_alone(const struct exchange *exchange)
{
    return exchange->status != 0 && !exchange->request.is_there;
}

/* A response, and below it the request it answers. */
static void join_the_reversed(struct capture *capture)
{
    struct exchange *answer = capture->exchanges[0];
    const struct exchange *question = capture->exchanges[1];

    if (capture->n_exchanges != 2 || !is_response_alone(answer) || question->status != 0) {
        return;
    }
    answer->method = question->method;
    answer->url = question->url;
    answer->request = question->request;
    answer->place = question->place;
    capture->n_exchanges = 1;
    capture->n_seen = 1;
}

static void finish(struct capture *capture)
{
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        end_body(&capture->exchanges[i]->request);
        end_body(&capture->exchanges[i]->response);
    }
    join_the_reversed(capture);
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        make_absolute(capture, capture->exchanges[i], SECURITY_UNKNOWN, (struct dw_span){NULL, 0});
    }
    follow_locations(capture);
}

/* -- Fields without a first line ---------------------------------------------------------------------------- */

static const char *const OF_RESPONSES[] = {"WWW-Authenticate",
                                           "Proxy-Authenticate",
                                           "Set-Cookie",
                                           "Server",
                                           "Date",
                                           "Location",
                                           "Authentication-Info",
                                           "DPoP-Nonce",
                                           "X-Amzn-Remapped-WWW-Authenticate",
                                           "X-Amzn-ErrorType",
                                           "ETag",
                                           "Vary",
                                           "Age",
                                           "Content-Security-Policy",
                                           "Strict-Transport-Security",
                                           "Retry-After",
                                           "Access-Control-Allow-Origin",
                                           "X-Powered-By",
                                           "CF-RAY",
                                           "X-Cache",
                                           "Via"};

static bool is_of_responses(struct dw_span name)
{
    for (size_t i = 0; i < sizeof(OF_RESPONSES) / sizeof(OF_RESPONSES[0]); i++) {
        if (dw_span_equal_nocase(trimmed(name), dw_span_of(OF_RESPONSES[i]))) {
            return true;
        }
    }
    return false;
}

static bool holds_response_fields(struct dw_span text)
{
    struct dw_span name, value;
    struct lines lines;

    lines_init(&lines, text);
    while (lines_next(&lines)) {
        if (field_read(lines.line, &name, &value) && is_of_responses(name)) {
            return true;
        }
    }
    return false;
}

/* One message of which the first line was not copied. A challenge is a 401's (RFC 9110 s11.6.1). */
static void read_fields_alone(struct capture *capture, struct dw_span text)
{
    const bool is_response = holds_response_fields(text);
    struct exchange *exchange = capture_add(capture);
    struct reader reader = {capture, NULL, exchange, false, false};
    struct capture_message *message;
    struct lines lines;

    if (exchange == NULL) {
        return;
    }
    message = is_response ? &exchange->response : &exchange->request;
    reader.message = message;
    lines_init(&lines, text);
    while (lines_next(&lines) && reader.message != NULL) {
        if (message->n_fields > 0 || trimmed(lines.line).len > 0) {
            read_line(&reader, &lines);
        }
    }
    exchange->place = message->n_fields > 0 ? message->fields[0].place : exchange->place;
    message->place = exchange->place;
    if (message_field(&exchange->response, "WWW-Authenticate") != NULL) {
        exchange->status = 401;
    } else if (message_field(&exchange->response, "Proxy-Authenticate") != NULL) {
        exchange->status = 407;
    }
    if (!message->is_there) {
        capture->n_exchanges--;
    }
}

int http_read(struct dw_span text, const char *name, struct capture **capture,
              struct complaint *why)
{
    struct capture *made = capture_new(CAPTURE_HTTP, name);
    struct reader reader = {made, NULL, NULL, false, false};
    struct lines lines;

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    lines_init(&lines, text);
    while (!reader.is_full && lines_next(&lines)) {
        read_line(&reader, &lines);
    }
    if (made->n_exchanges == 0) {
        read_fields_alone(made, text);
    }
    finish(made);
    return transcript_end(made, "HTTP messages", capture, why);
}
