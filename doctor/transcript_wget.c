/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "complaint.h"
#include "transcript.h"

/* wget -d frames messages with lines of its own; wget -S shows responses alone, two blanks in front. */

enum part { PART_NONE, PART_REQUEST, PART_RESPONSE, PART_BODY, PART_SHOWN };

struct reader {
    struct capture *capture;
    struct exchange *exchange; /* NULL: none yet */
    enum part part;
    struct dw_span url; /* of the request to come */
    bool is_framed;     /* requests are shown */
    bool is_full;
};

/* "--2026-11-21 10:02:45--  http://api.example.com/v1/orders" */
static bool read_heading(struct reader *reader, struct dw_span line)
{
    const size_t end = find_text(skip(line, 2), "--  ") + 2;

    if (!begins(line, "--") || begins(line, "---") || end >= line.len || end > 30) {
        return false;
    }
    reader->url = first(trimmed(skip(line, end + 4)), CAPTURE_VALUE_MAX);
    reader->part = PART_NONE;
    return true;
}

static bool ends_with(struct dw_span span, struct dw_span end)
{
    return end.len > 0 && span.len >= end.len && dw_span_equal(skip(span, span.len - end.len), end);
}

static void place_request(struct reader *reader)
{
    struct exchange *exchange = reader->exchange;

    if (exchange != NULL && ends_with(reader->url, exchange->url)) {
        exchange->url = arena_keep(reader->capture->arena, reader->url);
    } else if (exchange != NULL) {
        make_absolute(reader->capture, exchange,
                      begins(reader->url, "https:") ? SECURITY_TLS : SECURITY_UNKNOWN,
                      (struct dw_span){NULL, 0});
    }
}

static bool read_frame(struct reader *reader, struct dw_span line)
{
    static const struct {
        const char *text;
        enum part part;
    } FRAMES[] = {{"---request begin---", PART_REQUEST},
                  {"---response begin---", PART_RESPONSE},
                  {"---request end---", PART_NONE},
                  {"---response end---", PART_NONE}};

    for (size_t i = 0; i < sizeof(FRAMES) / sizeof(FRAMES[0]); i++) {
        if (begins(line, FRAMES[i].text)) {
            if (reader->part == PART_REQUEST) {
                place_request(reader);
            }
            reader->part = FRAMES[i].part;
            reader->is_framed = true;
            return true;
        }
    }
    return false;
}

static void begin_message(struct reader *reader, const struct start *start, struct place place)
{
    const bool follows = reader->exchange != NULL && reader->exchange->status == 0;

    reader->exchange = start->is_request ? add_request(reader->capture, start, place)
                                         : add_response(reader->capture, start, place);
    reader->is_full = reader->exchange == NULL;
    if (!reader->is_full && start->is_response && !follows && reader->exchange->url.len == 0 &&
        reader->url.len > 0) {
        reader->exchange->url = arena_keep(reader->capture->arena, reader->url);
    }
}

static void read_message_line(struct reader *reader, struct dw_span line, struct place place)
{
    struct capture_message *message;
    struct start start;

    if (start_read(line, &start) && start.is_request != start.is_response) {
        begin_message(reader, &start, place);
        return;
    }
    if (reader->exchange == NULL || trimmed(line).len == 0) {
        return;
    }
    message =
        reader->part == PART_REQUEST ? &reader->exchange->request : &reader->exchange->response;
    (void)add_field_line(reader->capture, message, line, place);
}

/* "Skipping 52 bytes of body: [...] done.", in as many lines as the body has. */
static bool read_skipped_body(struct reader *reader, struct dw_span line)
{
    const struct dw_span end = DW_SPAN("] done.");
    const size_t at = find_text(line, " of body: [");

    if (reader->part != PART_BODY) {
        if (!begins(line, "Skipping ") || at == line.len) {
            return false;
        }
        line = skip(line, at + strlen(" of body: ["));
        reader->part = PART_BODY;
    } else {
        capture_add_body(reader->capture, &reader->exchange->response, DW_SPAN("\n"));
    }
    if (line.len >= end.len && dw_span_equal(skip(line, line.len - end.len), end)) {
        line.len -= end.len;
        reader->part = PART_NONE;
    }
    capture_add_body(reader->capture, &reader->exchange->response, line);
    return true;
}

/* "HTTP request sent, awaiting response... 401 Unauthorized": all that is shown without -S. */
static bool read_outcome(struct reader *reader, struct dw_span line, struct place place)
{
    const char *const SENT = "HTTP request sent, awaiting response... ";
    struct dw_span rest = skip(line, strlen(SENT));
    struct start start = {.is_response = true, .status = next_number(&rest)};

    if (!begins(line, SENT) || start.status < 100 || start.status > 599) {
        return false;
    }
    start.phrase = trimmed(rest);
    if (reader->exchange == NULL || reader->exchange->status != start.status ||
        reader->exchange->url.len == 0) {
        begin_message(reader, &start, place);
    }
    return true;
}

/* BusyBox says no more than this; what it asked for is in the command, if that is there. */
static bool read_busybox(struct reader *reader, struct dw_span line, struct place place)
{
    const char *const SAYS = "wget: server returned error: ";
    const struct dw_span command = skip(line, find_text(line, "wget "));
    struct dw_span url = skip(command, find_text(command, "http"));
    struct start start;

    if (begins(line, SAYS) && status_line_read(skip(line, strlen(SAYS)), &start)) {
        begin_message(reader, &start, place);
        return true;
    }
    if (reader->url.len == 0 && find_text(url, "://") <= strlen("https")) {
        reader->url = first(next_word(&url), CAPTURE_VALUE_MAX);
        return true;
    }
    return false;
}

static void read_between(struct reader *reader, struct dw_span line, struct place place)
{
    struct start start;

    if (read_outcome(reader, line, place) || read_busybox(reader, line, place)) {
        return;
    }
    if (begins(line, "  HTTP/") && status_line_read(skip(line, 2), &start)) {
        reader->part = PART_SHOWN;
        begin_message(reader, &start, place);
    } else if (reader->exchange != NULL && trimmed(line).len > 0 &&
               !read_skipped_body(reader, line)) {
        capture_add_note(reader->capture, reader->exchange, trimmed(line));
    }
}

static void read_line(struct reader *reader, const struct lines *lines)
{
    const struct dw_span line = lines->line;
    const struct place place = {lines->number, 0};

    if (reader->part == PART_BODY) {
        (void)read_skipped_body(reader, line);
        return;
    }
    if (read_heading(reader, line) || read_frame(reader, line)) {
        return;
    }
    if (reader->part == PART_SHOWN && begins(line, "  ")) {
        read_message_line(reader, skip(line, 2), place);
    } else if (reader->part == PART_NONE || reader->part == PART_SHOWN) {
        reader->part = PART_NONE;
        read_between(reader, line, place);
    } else {
        read_message_line(reader, line, place);
    }
}

/* wget -S does not say what it asked with; it is a GET all the same. */
static void finish(struct reader *reader)
{
    for (size_t i = 0; i < reader->capture->n_exchanges; i++) {
        struct exchange *exchange = reader->capture->exchanges[i];

        if (exchange->method.at == NULL && exchange->url.len > 0) {
            exchange->method = arena_keep(reader->capture->arena, DW_SPAN("GET"));
        }
    }
    follow_locations(reader->capture);
    if (reader->part == PART_REQUEST || (reader->part == PART_RESPONSE && reader->is_framed)) {
        place_request(reader);
        reader->capture->is_cut = true;
        reader->capture->cut_at =
            reader->exchange != NULL ? reader->exchange->place : (struct place){0, 0};
    }
}

int wget_read(struct dw_span text, const char *name, struct capture **capture,
              struct complaint *why)
{
    struct reader reader = {.capture = capture_new(CAPTURE_WGET, name)};
    struct lines lines;

    if (reader.capture == NULL) {
        return complain(why, "out of memory");
    }
    lines_init(&lines, text);
    while (!reader.is_full && lines_next(&lines)) {
        read_line(&reader, &lines);
    }
    finish(&reader);
    return transcript_end(reader.capture, "wget's output", capture, why);
}
