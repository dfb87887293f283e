/* SPDX-License-Identifier: Apache-2.0 */
#include "replay_record.h"

#include <string.h>
#include <time.h>

#include "scene.h"

/* The next line of `rest`, without its end; false: there is none. */
static bool next_line(struct dw_span *rest, struct dw_span *line)
{
    const char *end = rest->len > 0 ? memchr(rest->at, '\n', rest->len) : NULL;
    const size_t len = end != NULL ? (size_t)(end - rest->at) : rest->len;

    if (rest->len == 0) {
        return false;
    }
    *line = (struct dw_span){rest->at, len > 0 && rest->at[len - 1] == '\r' ? len - 1 : len};
    *rest = span_behind(*rest, len + 1);
    return true;
}

/* The first colon that is not the first character: HTTP/2 has names that begin with one. */
static void keep_field(struct record *record, struct capture_message *message, struct dw_span line)
{
    const char *colon = line.len > 1 ? memchr(line.at + 1, ':', line.len - 1) : NULL;
    struct dw_span name, value;

    if (colon == NULL) {
        capture_add_note(record->capture, record->exchange, line);
        return;
    }
    name = (struct dw_span){line.at, (size_t)(colon - line.at)};
    value = span_behind(line, name.len + 1);
    value = span_behind(value, value.len > 0 && value.at[0] == ' ' ? 1 : 0);
    (void)capture_add_field(record->capture, message, name, value, (struct place){0, 0});
}

static struct exchange *begin_exchange(struct record *record)
{
    struct exchange *exchange = capture_add(record->capture);

    if (exchange == NULL) {
        return NULL;
    }
    exchange->role = record->role;
    exchange->method = arena_keep(record->capture->arena, dw_span_of(record->method));
    exchange->url = arena_keep(record->capture->arena, dw_span_of(record->url));
    exchange->started = (int64_t)time(NULL);
    exchange->took_ms = -1;
    exchange->request.is_there = true;
    return exchange;
}

void record_request(struct record *record, struct dw_span head)
{
    struct dw_span line;

    if (record->exchange == NULL || record->exchange->status >= 200) {
        record->exchange = begin_exchange(record);
    }
    if (record->exchange == NULL || !next_line(&head, &line)) {
        return;
    }
    const char *version = memrchr(line.at, ' ', line.len);
    if (version != NULL) {
        const struct dw_span rest = span_behind(line, (size_t)(version - line.at) + 1);
        record->exchange->request.version = arena_keep(record->capture->arena, rest);
    }
    while (next_line(&head, &line) && line.len > 0) {
        keep_field(record, &record->exchange->request, line);
    }
    if (record->body.at != NULL) {
        capture_add_body(record->capture, &record->exchange->request, record->body);
    }
}

void record_notes(struct record *record, struct dw_span text)
{
    struct dw_span line;

    while (record->exchange != NULL && next_line(&text, &line)) {
        capture_add_note(record->capture, record->exchange, line);
    }
}

/* "HTTP/1.1 401 Unauthorized"; the answer before it, if any, was a 1xx. */
static void keep_status(struct record *record, struct dw_span line)
{
    struct exchange *exchange = record->exchange;
    const char *blank = memchr(line.at, ' ', line.len);
    struct dw_span rest;

    if (blank == NULL) {
        return;
    }
    rest = span_behind(line, (size_t)(blank - line.at) + 1);
    exchange->response = (struct capture_message){.is_there = true};
    exchange->response.version =
        arena_keep(record->capture->arena, (struct dw_span){line.at, line.len - rest.len - 1});
    exchange->status = 0;
    for (size_t i = 0; i < rest.len && i < 3 && rest.at[i] >= '0' && rest.at[i] <= '9'; i++) {
        exchange->status = exchange->status * 10 + (rest.at[i] - '0');
    }
    exchange->phrase = arena_keep(record->capture->arena, span_behind(rest, 4));
}

void record_header(struct record *record, struct dw_span text)
{
    struct dw_span line;

    if (record->exchange == NULL || !next_line(&text, &line) || line.len == 0) {
        return;
    }
    if (line.len > 5 && memcmp(line.at, "HTTP/", 5) == 0) {
        keep_status(record, line);
    } else {
        keep_field(record, &record->exchange->response, line);
    }
}

void record_body(struct record *record, struct dw_span bytes)
{
    if (record->exchange != NULL) {
        capture_add_body(record->capture, &record->exchange->response, bytes);
    }
}
