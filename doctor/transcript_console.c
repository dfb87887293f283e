/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "alone.h"
#include "complaint.h"
#include "transcript_console.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum section {
    SECTION_GENERAL,
    SECTION_REQUEST,
    SECTION_RESPONSE,
    SECTION_REQUEST_BODY,
    SECTION_RESPONSE_BODY,
    SECTION_BODY,
    SECTION_FIELDS,
    SECTION_NONE
};

struct reader {
    struct capture *capture;
    struct exchange *exchange; /* NULL: none yet */
    enum section section;
    bool has_headings; /* of requests and responses */
    bool is_stacked;   /* each name has a line, and its value the next, as Chrome copies them */
    bool is_quoted;    /* values stand in quotes, as in Postman's console */
    struct dw_span pending; /* a name of which the value is on the next line */
    struct place pending_at;
    bool is_full;
};

/* -- Headings ------------------------------------------------------------------------------------------------ */

/* "~~~ REQUEST ~~~", "Request Headers (12)", "HEADERS  :": its letters, and the blanks between them. */
static struct dw_span letters_of(struct dw_span line)
{
    size_t len = 0;

    while (line.len > 0 && ((line.at[0] | 0x20) < 'a' || (line.at[0] | 0x20) > 'z')) {
        line = skip(line, 1);
    }
    while (len < line.len && (line.at[len] == ' ' || line.at[len] == '-' ||
                              ((line.at[len] | 0x20) >= 'a' && (line.at[len] | 0x20) <= 'z'))) {
        len++;
    }
    for (size_t i = len; i < line.len; i++) {
        if ((line.at[i] | 0x20) >= 'a' && (line.at[i] | 0x20) <= 'z') {
            return (struct dw_span){NULL, 0};
        }
    }
    return trimmed(first(line, len));
}

static enum section heading_of(struct dw_span line)
{
    static const struct {
        const char *text;
        enum section section;
    } HEADINGS[] = {{"General", SECTION_GENERAL},
                    {"Summary", SECTION_GENERAL},
                    {"Network", SECTION_GENERAL},
                    {"Request", SECTION_REQUEST},
                    {"Request Headers", SECTION_REQUEST},
                    {"Response", SECTION_RESPONSE},
                    {"Response Headers", SECTION_RESPONSE},
                    {"Request Body", SECTION_REQUEST_BODY},
                    {"Request Payload", SECTION_REQUEST_BODY},
                    {"Form Data", SECTION_REQUEST_BODY},
                    {"Response Body", SECTION_RESPONSE_BODY},
                    {"Headers", SECTION_FIELDS},
                    {"Body", SECTION_BODY}};
    const struct dw_span letters = letters_of(line);

    for (size_t i = 0; letters.len > 0 && i < COUNT_OF(HEADINGS); i++) {
        if (dw_span_equal_nocase(letters, dw_span_of(HEADINGS[i].text))) {
            return HEADINGS[i].section;
        }
    }
    return SECTION_NONE;
}

static bool is_of_request(const struct reader *reader)
{
    return reader->section == SECTION_REQUEST || reader->section == SECTION_REQUEST_BODY;
}

/* -- Exchanges ------------------------------------------------------------------------------------------------- */

static bool begin_exchange(struct reader *reader, struct place place)
{
    reader->exchange = capture_add(reader->capture);
    reader->is_full = reader->exchange == NULL;
    if (!reader->is_full) {
        reader->exchange->place = place;
    }
    return !reader->is_full;
}

static bool need_exchange(struct reader *reader, struct place place)
{
    return reader->exchange != NULL || begin_exchange(reader, place);
}

static void enter(struct reader *reader, enum section section, struct place place)
{
    const bool is_answered = reader->exchange != NULL && reader->exchange->status != 0 &&
                             reader->exchange->request.n_fields > 0;

    reader->has_headings =
        reader->has_headings || section == SECTION_REQUEST || section == SECTION_RESPONSE;
    if (is_answered &&
        (section == SECTION_GENERAL || (section == SECTION_REQUEST && is_of_request(reader)))) {
        (void)begin_exchange(reader, place);
    }
    if (section == SECTION_BODY) {
        section = is_of_request(reader) ? SECTION_REQUEST_BODY : SECTION_RESPONSE_BODY;
    }
    if (section == SECTION_FIELDS) {
        section = is_of_request(reader) ? SECTION_REQUEST : SECTION_RESPONSE;
    }
    reader->section = section;
}

/* -- Names and values -------------------------------------------------------------------------------------------- */

/* Where browsers' lists have no headings, the names tell where the request's fields begin. */
static void guess_section(struct reader *reader, struct dw_span name)
{
    static const char *const OF_REQUESTS[] = {
        ":authority",      ":method",         ":path",         ":scheme", "Host",
        "Accept",          "User-Agent",      "Authorization", "Cookie",  "Referer",
        "Accept-Encoding", "Accept-Language", "X-Api-Key"};

    if (reader->has_headings && reader->section != SECTION_GENERAL) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(OF_REQUESTS); i++) {
        if (dw_span_equal_nocase(name, dw_span_of(OF_REQUESTS[i]))) {
            reader->section = SECTION_REQUEST;
            return;
        }
    }
    if (reader->section == SECTION_GENERAL) {
        reader->section = SECTION_RESPONSE;
    }
}

/* Names of the list itself, with blanks in them, and none of a field. */
static bool is_of_list(struct dw_span name)
{
    return find_char(name, ' ') < name.len || dw_span_equal(name, DW_SPAN("Source")) ||
           dw_span_equal(name, DW_SPAN("Address")) || dw_span_equal(name, DW_SPAN("Initiator")) ||
           dw_span_equal(name, DW_SPAN("PROTO")) || dw_span_equal(name, DW_SPAN("Address:"));
}

static void add_list_note(struct reader *reader, struct dw_span name, struct dw_span value)
{
    const char *note = arena_print(reader->capture->arena, "%.*s: %.*s", (int)first(name, 100).len,
                                   name.at, (int)first(value, 1000).len, value.at);

    capture_add_note(reader->capture, reader->exchange, dw_span_of(note));
}

static void put(struct reader *reader, struct dw_span name, struct dw_span value,
                struct place place)
{
    struct capture_message *message;

    name = trimmed(name);
    if (!need_exchange(reader, place)) {
        return;
    }
    if (reader->is_quoted && value.len >= 2 && value.at[0] == '"' &&
        value.at[value.len - 1] == '"') {
        value = first(skip(value, 1), value.len - 2);
    }
    if (dw_span_equal_nocase(name, DW_SPAN("Request URL")) && reader->exchange->url.len > 0 &&
        !begin_exchange(reader, place)) {
        return;
    }
    if (take_fact(reader->capture, reader->exchange, name, trimmed(value))) {
        return;
    }
    if (is_of_list(name) || is_complaint(value)) {
        add_list_note(reader, name, value);
        return;
    }
    guess_section(reader, name);
    message = is_of_request(reader) ? &reader->exchange->request : &reader->exchange->response;
    if (message->n_fields == 0) {
        message->place = place;
    }
    (void)capture_add_field(reader->capture, message, name, value, place);
}

/* -- Lines -------------------------------------------------------------------------------------------------------- */

static bool is_complete(const struct exchange *exchange)
{
    return exchange == NULL || (exchange->status != 0 && exchange->request.n_fields > 0);
}

static void fill_request(struct reader *reader, const struct start *start, struct place place)
{
    struct exchange *exchange = reader->exchange;

    exchange->place = place;
    exchange->request.place = place;
    exchange->request.is_there = true;
    exchange->method = arena_keep(reader->capture->arena, start->method);
    if (exchange->url.len == 0) {
        exchange->url = arena_keep(reader->capture->arena, start->target);
    }
    if (start->version.at != NULL) {
        exchange->request.version = arena_keep(reader->capture->arena, start->version);
    }
}

static void read_start(struct reader *reader, const struct start *start, struct place place)
{
    if (start->is_request && is_complete(reader->exchange)) {
        reader->exchange = add_request(reader->capture, start, place);
        reader->is_full = reader->exchange == NULL;
        reader->section = SECTION_REQUEST;
    } else if (start->is_request) {
        fill_request(reader, start, place);
        reader->section = SECTION_REQUEST;
    }
    if (start->is_response && !reader->is_full && need_exchange(reader, place)) {
        reader->exchange->status = start->status;
        reader->exchange->response.is_there = true;
        reader->section = start->is_request ? SECTION_REQUEST : SECTION_RESPONSE;
    }
}

/* "---------", "***** NO CONTENT *****" */
static bool is_rule(struct dw_span line)
{
    return begins(line, "-----") || begins(line, "=====") || begins(line, "*****");
}

static void read_body(struct reader *reader, const struct lines *lines)
{
    struct capture_message *message =
        is_of_request(reader) ? &reader->exchange->request : &reader->exchange->response;

    if (is_rule(trimmed(lines->line))) {
        return;
    }
    if (trimmed(lines->line).len > 0 || message->body.len > 0) {
        capture_add_body(reader->capture, message, lines->raw);
    }
}

static bool is_label(struct dw_span line)
{
    static const char *const LABELS[] = {"Request URL", "Request Method", "Status Code",
                                         "Remote Address", "Referrer Policy"};

    for (size_t i = 0; i < COUNT_OF(LABELS); i++) {
        if (dw_span_equal(line, dw_span_of(LABELS[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_stacked_name(const struct reader *reader, struct dw_span line)
{
    const struct dw_span name = begins(line, ":") ? skip(line, 1) : line;

    return (reader->section == SECTION_REQUEST || reader->section == SECTION_RESPONSE) &&
           name.len > 0 && find_char(name, ':') == name.len && find_char(name, ' ') == name.len;
}

static void read_pair(struct reader *reader, struct dw_span line, struct place place)
{
    const size_t pseudo = begins(line, ":") ? 1 : 0;
    const size_t colon = find_char(skip(line, pseudo), ':') + pseudo;
    struct dw_span value = skip(line, colon + 1);

    if (reader->pending.at != NULL) {
        const struct dw_span name = reader->pending;

        reader->pending = (struct dw_span){NULL, 0};
        put(reader, name, line, reader->pending_at);
    } else if (is_label(line) || (reader->is_stacked && is_stacked_name(reader, line)) ||
               (colon + 1 == line.len && colon > pseudo)) {
        reader->is_stacked = reader->is_stacked || is_label(line);
        reader->pending = first(line, is_label(line) ? line.len : colon);
        reader->pending_at = place;
    } else if (colon < line.len && colon > pseudo) {
        put(reader, first(line, colon), begins(value, " ") ? skip(value, 1) : value, place);
    } else if (reader->exchange != NULL) {
        capture_add_note(reader->capture, reader->exchange, line);
    }
}

/* Postman draws a triangle before a request, Chrome a circle before a status. */
static struct dw_span without_ornament(struct dw_span line)
{
    while (line.len > 0 && (unsigned char)line.at[0] >= 0x80) {
        line = skip(line, 1);
    }
    return trimmed(line);
}

static bool is_phrase(struct dw_span rest)
{
    for (size_t i = 0; i < rest.len; i++) {
        const char c = (char)(rest.at[i] | 0x20);

        if ((c < 'a' || c > 'z') && rest.at[i] != ' ' && rest.at[i] != '-') {
            return false;
        }
    }
    return rest.len == 0 || (rest.len > 1 && rest.len < 40 && rest.at[0] == ' ' &&
                             rest.at[1] >= 'A' && rest.at[1] <= 'Z'); /* not "200 ms" */
}

/* A first line; or a status alone, as Postman and Bruno have it. */
static bool read_outcome(struct dw_span line, struct start *start)
{
    struct dw_span rest = line;
    const int status = next_number(&rest);

    if (start_read(line, start)) {
        return true;
    }
    *start = (struct start){.is_response = true, .status = status};
    return is_phrase(rest) && line.len - rest.len == 3 && status >= 100 && status < 600;
}

static void read_line(struct reader *reader, const struct lines *lines)
{
    const struct place place = {lines->number, 0};
    const struct dw_span line = without_ornament(trimmed(lines->line));
    const enum section heading = reader->pending.at == NULL ? heading_of(line) : SECTION_NONE;
    struct start start;

    if (heading != SECTION_NONE) {
        enter(reader, heading, place);
    } else if (reader->pending.at == NULL && read_outcome(line, &start)) {
        read_start(reader, &start, place);
    } else if (reader->exchange != NULL && (reader->section == SECTION_REQUEST_BODY ||
                                            reader->section == SECTION_RESPONSE_BODY)) {
        read_body(reader, lines);
    } else if (reader->exchange != NULL && reader->exchange->status != 0 && is_no_field(line) &&
               reader->section == SECTION_RESPONSE) {
        reader->section = SECTION_RESPONSE_BODY; /* no heading, no empty line */
        read_body(reader, lines);
    } else if (line.len > 0) {
        /* Blanks at the end of a value are worth to be seen. */
        read_pair(reader,
                  (struct dw_span){line.at, (size_t)(lines->line.at + lines->line.len - line.at)},
                  place);
    }
}

static bool has_quoted_values(struct dw_span text)
{
    size_t n = 0, n_quoted = 0;
    struct lines lines;

    lines_init(&lines, text);
    while (lines_next(&lines)) {
        const struct dw_span value = trimmed(skip(lines.line, find_text(lines.line, ": ") + 2));

        n += value.len > 0 ? 1 : 0;
        n_quoted += value.len > 1 && value.at[0] == '"' && value.at[value.len - 1] == '"' ? 1 : 0;
    }
    return n_quoted > 1 && 2 * n_quoted > n;
}

static void read_list(struct capture *capture, struct dw_span text)
{
    struct reader reader = {.capture = capture, .is_quoted = has_quoted_values(text)};
    struct lines lines;

    lines_init(&lines, text);
    while (!reader.is_full && lines_next(&lines)) {
        read_line(&reader, &lines);
    }
}

/* Where the status was not copied: a challenge is a 401's (RFC 9110 s11.6.1), Proxy-Authenticate a 407's. */
static void add_status(struct exchange *exchange)
{
    if (exchange->status == 0 && message_field(&exchange->response, "WWW-Authenticate") != NULL) {
        exchange->status = 401;
    } else if (exchange->status == 0 &&
               message_field(&exchange->response, "Proxy-Authenticate") != NULL) {
        exchange->status = 407;
    }
}

int console_read(struct dw_span text, const char *name, struct capture **capture,
                 struct complaint *why)
{
    struct capture *made = capture_new(CAPTURE_CONSOLE, name);

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    if (is_dump(text)) {
        dump_read(made, text);
    } else {
        read_list(made, text);
    }
    for (size_t i = 0; i < made->n_exchanges; i++) {
        add_status(made->exchanges[i]);
        make_absolute(made, made->exchanges[i], SECURITY_UNKNOWN, (struct dw_span){NULL, 0});
    }
    return transcript_end(made, "a console's list", capture, why);
}
