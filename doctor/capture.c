/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture.h"

#define FIELDS_AT_FIRST 16
#define NEWEST_KEPT     16 /* exchanges whose neighbours may still come */

/* A capture and what only this file keeps of it. */
struct own_capture {
    struct capture capture;
    size_t tidy_at; /* bytes used from which on it pays to look for what can be dropped */
};

struct capture *capture_new(enum capture_kind kind, const char *name)
{
    struct own_capture *made = calloc(1, sizeof(*made));
    struct arena *arena = made != NULL ? arena_new(CAPTURE_MEMORY_MAX) : NULL;

    if (arena == NULL) {
        free(made);
        return NULL;
    }
    made->capture.kind = kind;
    made->capture.arena = arena;
    made->capture.name = arena_print(arena, "%s", name != NULL ? name : "-");
    made->tidy_at = CAPTURE_MEMORY_MAX / 2;
    return &made->capture;
}

void capture_free(struct capture *capture)
{
    if (capture != NULL) {
        arena_free(capture->arena);
        dw_secret_wipe(capture, sizeof(struct own_capture));
        free(capture);
    }
}

/* -- Making room --------------------------------------------------------------------------------------- */

static bool answers_something(const struct exchange *exchange)
{
    return exchange->status < 100 || exchange->status >= 400 ||
           message_field(&exchange->response, "WWW-Authenticate") != NULL ||
           message_field(&exchange->response, "Proxy-Authenticate") != NULL;
}

static bool is_needed(const struct capture *capture, size_t i)
{
    return i + NEWEST_KEPT >= capture->n_exchanges || answers_something(capture->exchanges[i]) ||
           (i > 0 && answers_something(capture->exchanges[i - 1])) ||
           answers_something(capture->exchanges[i + 1]);
}

/* Looks at the first `among`. */
static void drop_the_needless(struct capture *capture, size_t among)
{
    bool needed[CAPTURE_EXCHANGES_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < capture->n_exchanges; i++) {
        needed[i] = i >= among || is_needed(capture, i);
    }
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        if (needed[i]) {
            capture->exchanges[kept++] = capture->exchanges[i];
        }
    }
    capture->n_exchanges = kept;
}

static struct dw_span move_span(struct arena *arena, struct dw_span span)
{
    return span.at != NULL ? arena_keep(arena, span) : span;
}

static size_t fields_room(size_t n)
{
    size_t room = FIELDS_AT_FIRST;

    while (room < n) {
        room *= 2;
    }
    return room;
}

static void move_message(struct arena *arena, struct capture_message *message)
{
    const struct capture_field *from = message->fields;
    const size_t n = message->n_fields;

    message->version = move_span(arena, message->version);
    message->body = move_span(arena, message->body);
    if (n == 0) {
        return;
    }
    message->fields = arena_take(arena, fields_room(n) * sizeof(*from));
    message->n_fields = message->fields != NULL ? n : 0;
    for (size_t i = 0; i < message->n_fields; i++) {
        message->fields[i] = (struct capture_field){move_span(arena, from[i].name),
                                                    move_span(arena, from[i].value), from[i].place};
    }
}

/* What is moved takes no more than it took before, so that there is room for all of it. */
static struct exchange *move_exchange(struct arena *arena, const struct exchange *from)
{
    struct exchange *to = arena_take(arena, sizeof(*to));

    if (to == NULL) {
        return NULL;
    }
    *to = *from;
    to->method = move_span(arena, from->method);
    to->url = move_span(arena, from->url);
    to->phrase = move_span(arena, from->phrase);
    move_message(arena, &to->request);
    move_message(arena, &to->response);
    for (size_t i = 0; i < from->n_notes; i++) {
        to->notes[i] = move_span(arena, from->notes[i]);
    }
    return to;
}

/* What was dropped still takes memory: what is left moves to new memory. */
static void tidy(struct capture *capture)
{
    struct arena *arena = arena_new(CAPTURE_MEMORY_MAX);
    size_t kept = 0;

    if (arena == NULL) {
        return;
    }
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        struct exchange *moved = move_exchange(arena, capture->exchanges[i]);

        if (moved != NULL) {
            capture->exchanges[kept++] = moved;
        }
    }
    capture->n_exchanges = kept;
    capture->name = arena_print(arena, "%s", capture->name);
    capture->creator = move_span(arena, capture->creator);
    capture->token = move_span(arena, capture->token);
    capture->command = move_span(arena, capture->command);
    arena_free(capture->arena);
    capture->arena = arena;
}

static void make_room(struct capture *capture)
{
    struct own_capture *own = (struct own_capture *)capture;

    if (arena_used(capture->arena) > own->tidy_at) {
        drop_the_needless(capture, capture->n_exchanges);
        tidy(capture);
        own->tidy_at = (CAPTURE_MEMORY_MAX + arena_used(capture->arena)) / 2;
    }
    if (capture->n_exchanges == CAPTURE_EXCHANGES_MAX) {
        drop_the_needless(capture, CAPTURE_EXCHANGES_MAX / 4);
    }
    if (capture->n_exchanges == CAPTURE_EXCHANGES_MAX) {
        drop_the_needless(capture, CAPTURE_EXCHANGES_MAX);
    }
}

/* -- Filling ------------------------------------------------------------------------------------------- */

struct exchange *capture_add(struct capture *capture)
{
    struct exchange *exchange;

    capture->n_seen++;
    make_room(capture);
    if (capture->n_exchanges == CAPTURE_EXCHANGES_MAX) {
        return NULL;
    }
    exchange = arena_take(capture->arena, sizeof(*exchange));
    if (exchange != NULL) {
        exchange->took_ms = -1;
        capture->exchanges[capture->n_exchanges++] = exchange;
    }
    return exchange;
}

static struct dw_span keep_bounded(struct capture *capture, struct dw_span bytes)
{
    bytes.len = bytes.len > CAPTURE_VALUE_MAX ? CAPTURE_VALUE_MAX : bytes.len;
    return arena_keep(capture->arena, bytes);
}

static bool make_field_room(struct capture *capture, struct capture_message *message)
{
    const size_t n = message->n_fields;
    struct capture_field *fields;

    if (n == CAPTURE_FIELDS_MAX) {
        return false;
    }
    if (n > 0 && n < fields_room(n)) {
        return true;
    }
    fields = arena_take(capture->arena, fields_room(n + 1) * sizeof(*fields));
    if (fields == NULL) {
        return false;
    }
    if (n > 0) {
        memcpy(fields, message->fields, n * sizeof(*fields));
    }
    message->fields = fields;
    return true;
}

bool capture_add_field(struct capture *capture, struct capture_message *message,
                       struct dw_span name, struct dw_span value, struct place place)
{
    struct capture_field field = {.place = place};

    if (!make_field_room(capture, message)) {
        return false;
    }
    field.name = keep_bounded(capture, name);
    field.value = keep_bounded(capture, value);
    if (field.name.at == NULL || field.value.at == NULL) {
        return false;
    }
    message->fields[message->n_fields++] = field;
    message->is_there = true;
    return true;
}

void capture_add_body(struct capture *capture, struct capture_message *message,
                      struct dw_span bytes)
{
    const size_t room = CAPTURE_BODY_MAX - message->body.len;
    struct dw_span body;

    if (bytes.len > room) {
        bytes.len = room;
        message->body_cut = true;
    }
    body = arena_append(capture->arena, message->body, bytes);
    if (body.at != NULL) {
        message->body = body;
    } else {
        message->body_cut = true;
    }
}

void capture_add_note(struct capture *capture, struct exchange *exchange, struct dw_span note)
{
    struct dw_span kept;

    if (exchange->n_notes == CAPTURE_NOTES_MAX) {
        return;
    }
    kept = keep_bounded(capture, note);
    if (kept.at != NULL) {
        exchange->notes[exchange->n_notes++] = kept;
    }
}

/* -- Looking ------------------------------------------------------------------------------------------- */

static bool is_named(const struct capture_field *field, struct dw_span name)
{
    return dw_span_equal_nocase(field->name, name);
}

const struct capture_field *message_field(const struct capture_message *message, const char *name)
{
    for (size_t i = 0; i < message->n_fields; i++) {
        if (is_named(&message->fields[i], dw_span_of(name))) {
            return &message->fields[i];
        }
    }
    return NULL;
}

size_t message_count(const struct capture_message *message, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < message->n_fields; i++) {
        count += is_named(&message->fields[i], dw_span_of(name)) ? 1 : 0;
    }
    return count;
}

struct dw_span message_value(const struct capture_message *message, const char *name)
{
    const struct capture_field *field = message_field(message, name);
    struct dw_span value = field != NULL ? field->value : (struct dw_span){NULL, 0};

    while (value.len > 0 && (value.at[0] == ' ' || value.at[0] == '\t')) {
        value = (struct dw_span){value.at + 1, value.len - 1};
    }
    while (value.len > 0 && (value.at[value.len - 1] == ' ' || value.at[value.len - 1] == '\t')) {
        value.len--;
    }
    return value;
}
