/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "transcript_console.h"

#define DEPTH_MAX       32
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Objects as Node's console.log, JSON and Go's %v print them; what fetch, axios and got say of a 401:
 *     response: { status: 401, headers: { 'www-authenticate': 'Bearer' } }
 */

struct level {
    struct dw_span name;
    const char *begin;
    bool is_list, is_plain; /* without a class's name before it */
};

struct scan {
    struct capture *capture;
    struct exchange *exchange;
    const char *text;
    struct dw_span rest;
    struct dw_span name; /* of the value to come; absent: none */
    struct dw_span last; /* the last word */
    struct level levels[DEPTH_MAX];
    size_t depth; /* may be more than DEPTH_MAX */
    unsigned line;
};

bool is_dump(struct dw_span text)
{
    static const char *const TEXTS[] = {
        "headers: {", "eaders {",   "headers: Object [",      "\"headers\":",
        "map[",       "Response {", "\"Request Headers\": {", "\"Response Headers\": {"};

    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        if (find_text(text, TEXTS[i]) < text.len) {
            return true;
        }
    }
    return false;
}

/* -- Where a member stands ---------------------------------------------------------------------------------- */

static const struct level *level_at(const struct scan *scan, size_t up)
{
    return scan->depth > up && scan->depth <= DEPTH_MAX ? &scan->levels[scan->depth - 1 - up]
                                                        : NULL;
}

static bool are_headers(const struct level *level)
{
    static const char *const NAMES[] = {"headers", "requestHeaders",  "responseHeaders", "_headers",
                                        "map",     "Request Headers", "Response Headers"};

    return level != NULL && is_among(level->name, NAMES, COUNT_OF(NAMES));
}

/* The innermost that says whose it is: response.config.headers are the request's. */
static bool is_of_request(const struct scan *scan)
{
    static const char *const REQUESTS[] = {"request",        "config", "options",        "req",
                                           "requestHeaders", "init",   "Request Headers"};
    static const char *const RESPONSES[] = {"response", "res", "responseHeaders",
                                            "Response Headers"};

    const struct level *level = level_at(scan, 0);

    for (size_t up = 1; level != NULL; up++) {
        if (is_among(level->name, REQUESTS, COUNT_OF(REQUESTS))) {
            return true;
        }
        if (is_among(level->name, RESPONSES, COUNT_OF(RESPONSES))) {
            return false;
        }
        level = level_at(scan, up);
    }
    return scan->exchange->status == 0;
}

static void add_header(struct scan *scan, struct dw_span name, struct dw_span value, bool is_listed)
{
    struct capture_message *message =
        is_of_request(scan) ? &scan->exchange->request : &scan->exchange->response;
    const struct place place = {scan->line, 0};

    for (size_t i = 0; i < message->n_fields; i++) {
        const struct capture_field *field = &message->fields[i];

        if (dw_span_equal_nocase(field->name, name) &&
            (!is_listed || dw_span_equal(field->value, value))) {
            return;
        }
    }
    (void)capture_add_field(scan->capture, message, name, value, place);
}

static bool is_answer_body(const struct scan *scan, struct dw_span name)
{
    static const char *const NAMES[] = {"data", "body"};

    return ((is_among(name, NAMES, COUNT_OF(NAMES)) && !is_of_request(scan)) ||
            dw_span_equal(name, DW_SPAN("Response Body"))) &&
           scan->exchange->response.body.len == 0;
}

static void take_value(struct scan *scan, struct dw_span value)
{
    const struct level *level = level_at(scan, 0);

    if (level != NULL && level->is_list && are_headers(level_at(scan, 1))) {
        add_header(scan, level->name, value, true);
    } else if (scan->name.at != NULL && are_headers(level)) {
        add_header(scan, scan->name, value, false);
    } else if (scan->name.at != NULL && is_answer_body(scan, scan->name)) {
        capture_add_body(scan->capture, &scan->exchange->response, value);
    } else if (scan->depth == 0 && scan->name.at == NULL && value.len == 3 &&
               number_in(value) >= 400) {
        take_status(scan->capture, scan->exchange, value);
    } else if (scan->name.at != NULL) {
        (void)take_fact(scan->capture, scan->exchange, scan->name, value);
    }
}

/* -- Reading --------------------------------------------------------------------------------------------------- */

static void open_level(struct scan *scan, bool is_list)
{
    if (scan->depth < DEPTH_MAX) {
        scan->levels[scan->depth] = (struct level){scan->name.at != NULL ? scan->name : scan->last,
                                                   scan->rest.at, is_list, scan->last.at == NULL};
    }
    scan->depth++;
    scan->name = (struct dw_span){NULL, 0};
    scan->last = (struct dw_span){NULL, 0};
}

static void close_level(struct scan *scan)
{
    const struct level *level = level_at(scan, 0);
    struct dw_span name = {NULL, 0};

    if (level != NULL) {
        name = level->name;
    }
    scan->depth -= scan->depth > 0 ? 1 : 0;
    if (level != NULL && level->is_plain && !level->is_list && is_answer_body(scan, name)) {
        capture_add_body(
            scan->capture, &scan->exchange->response,
            (struct dw_span){level->begin, (size_t)(scan->rest.at + 1 - level->begin)});
    }
    scan->name = level != NULL && level->is_list ? name : (struct dw_span){NULL, 0};
    scan->last = scan->name;
}

/* A quoted text on one line, its quotes left out; how many bytes it took, 0: it is none. */
static size_t read_quoted(struct dw_span rest, struct dw_span *inside)
{
    size_t len = 1;

    while (len < rest.len && rest.at[len] != rest.at[0] && rest.at[len] != '\n') {
        len += rest.at[len] == '\\' && len + 1 < rest.len ? 2 : 1;
    }
    if (len >= rest.len || rest.at[len] != rest.at[0]) {
        return 0;
    }
    *inside = first(skip(rest, 1), len - 1);
    return len + 1;
}

static struct dw_span unescaped(struct scan *scan, struct dw_span inside)
{
    char *made =
        find_char(inside, '\\') < inside.len ? arena_take(scan->capture->arena, inside.len) : NULL;
    size_t len = 0;

    if (made == NULL) {
        return inside;
    }
    for (size_t i = 0; i < inside.len; i++) {
        i += inside.at[i] == '\\' && i + 1 < inside.len ? 1 : 0;
        made[len++] = inside.at[i];
    }
    return (struct dw_span){made, len};
}

static size_t word_len(struct dw_span rest)
{
    size_t len = 0;

    while (len < rest.len && strchr(" \t\r\n{}[],:'\"`", rest.at[len]) == NULL) {
        len++;
    }
    return len > 0 ? len : 1;
}

/* "ReadableStream {": a class, not a value. */
static bool is_class(struct dw_span rest)
{
    return begins(rest, " {") || begins(rest, " [");
}

/* A word or a text: a name where a colon follows, else a value. */
static void take_word(struct scan *scan, struct dw_span word, size_t len)
{
    scan->rest = skip(scan->rest, len);
    if (begins(scan->rest, ":") && !begins(scan->rest, "://")) {
        scan->name = word;
        scan->last = (struct dw_span){NULL, 0};
        scan->rest = skip(scan->rest, 1);
        return;
    }
    scan->last = word;
    if (!is_class(scan->rest)) {
        take_value(scan, word);
    }
}

/* Go's map[Name:[value] Name:[value]]: a value ends where its bracket does. */
static bool take_go_value(struct scan *scan)
{
    const struct level *level = level_at(scan, 0);
    const size_t len = find_char(scan->rest, ']');

    if (level == NULL || !dw_span_equal(level->name, DW_SPAN("map")) || !begins(scan->rest, "[") ||
        scan->name.at == NULL) {
        return false;
    }
    add_header(scan, scan->name, first(skip(scan->rest, 1), len > 0 ? len - 1 : 0), true);
    scan->rest = skip(scan->rest, len + 1);
    scan->name = (struct dw_span){NULL, 0};
    return true;
}

static void take_next(struct scan *scan)
{
    const char c = scan->rest.at[0];
    struct dw_span word = {NULL, 0};
    size_t len = strchr("'\"`", c) != NULL && c != '\0' ? read_quoted(scan->rest, &word) : 0;

    if (len > 0) {
        take_word(scan, unescaped(scan, word), len);
    } else if (take_go_value(scan)) {
        return;
    } else if (c == '{' || c == '[') {
        open_level(scan, c == '[' && !dw_span_equal(scan->last, DW_SPAN("map")));
        scan->rest = skip(scan->rest, 1);
    } else if (c == '}' || c == ']') {
        close_level(scan);
        scan->rest = skip(scan->rest, 1);
    } else if (strchr(" \t\r\n,:'\"`", c) != NULL) {
        scan->line += c == '\n' ? 1 : 0;
        scan->name = c == ',' || (c == '\n' && scan->last.at != NULL) ? (struct dw_span){NULL, 0}
                                                                      : scan->name;
        scan->rest = skip(scan->rest, 1);
    } else {
        len = word_len(scan->rest);
        take_word(scan, first(scan->rest, len), len);
    }
}

/* A map of which nothing said whose it is. */
static void place_fields(struct exchange *exchange)
{
    static const char *const OF_RESPONSES[] = {"WWW-Authenticate", "Server", "Date", "Set-Cookie"};

    for (size_t i = 0; i < COUNT_OF(OF_RESPONSES) && exchange->response.n_fields == 0; i++) {
        if (message_field(&exchange->request, OF_RESPONSES[i]) != NULL) {
            exchange->response = exchange->request;
            exchange->request = (struct capture_message){.is_there = false};
        }
    }
}

/* Postman's console has them before the object: "GET https://api.example.com/v1: {". */
static void take_first_line(struct scan *scan)
{
    const struct dw_span line = first(scan->rest, find_char(scan->rest, '\n'));
    const size_t len = find_text(line, ": {");
    struct start start;

    if (len < line.len && start_read(first(line, len), &start) && start.version.at == NULL) {
        scan->exchange->method = arena_keep(scan->capture->arena, start.method);
        scan->exchange->url = arena_keep(scan->capture->arena, start.target);
        scan->rest = skip(scan->rest, len + 1);
    }
}

void dump_read(struct capture *capture, struct dw_span text)
{
    struct scan scan = {.capture = capture, .text = text.at, .rest = text, .line = 1};

    scan.exchange = capture_add(capture);
    if (scan.exchange == NULL) {
        return;
    }
    scan.exchange->place = (struct place){1, 0};
    take_first_line(&scan);
    while (scan.rest.len > 0) {
        take_next(&scan);
    }
    place_fields(scan.exchange);
    if (scan.exchange->status == 0 && scan.exchange->request.n_fields == 0 &&
        scan.exchange->response.n_fields == 0) {
        capture->n_exchanges--;
    }
}
