/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURED_H
#define TESTS_CAPTURED_H

/*
 * Captures written as text, and what a rule finds in them.
 *
 *     @ 1700000000 250                 when it was asked, and how many ms it took; begins an exchange
 *     > GET https://api.example.com/   then one line for each field
 *     < 401
 *     = a line of the answer's body
 *     * what the client said of it
 *
 * Without @, a line > METHOD URL begins an exchange.
 */

#include "tap.h"

#include "diagnosis.h"

static struct exchange *captured_begin(struct capture *capture)
{
    struct exchange *exchange = capture_add(capture);

    assert_non_null(exchange);
    exchange->role = ROLE_CAPTURED;
    exchange->took_ms = -1;
    exchange->place.line = 1;
    return exchange;
}

static void captured_field(struct capture *capture, struct capture_message *message,
                           struct dw_span line)
{
    const char *colon = memchr(line.at, ':', line.len);
    const size_t len = colon != NULL ? (size_t)(colon - line.at) : 0;
    const size_t behind = len + 2 <= line.len ? len + 2 : line.len;

    assert_non_null(colon);
    assert_true(capture_add_field(capture, message, (struct dw_span){line.at, len},
                                  (struct dw_span){line.at + behind, line.len - behind},
                                  (struct place){1, 0}));
}

static void captured_request(struct capture *capture, struct exchange **exchange,
                             struct dw_span line)
{
    const char *blank = memchr(line.at, ' ', line.len);
    const char *colon = memchr(line.at, ':', line.len);
    const size_t len = blank != NULL ? (size_t)(blank - line.at) : line.len;

    if (blank == NULL || (colon != NULL && colon < blank)) {
        captured_field(capture, &(*exchange)->request, line);
        return;
    }
    if (*exchange == NULL || (*exchange)->request.is_there) {
        *exchange = captured_begin(capture);
    }
    (*exchange)->request.is_there = true;
    (*exchange)->method = arena_keep(capture->arena, (struct dw_span){line.at, len});
    (*exchange)->url =
        arena_keep(capture->arena, (struct dw_span){line.at + len + 1, line.len - len - 1});
}

static void captured_response(struct capture *capture, struct exchange **exchange,
                              struct dw_span line)
{
    const char *colon = memchr(line.at, ':', line.len);

    if (colon != NULL) {
        captured_field(capture, &(*exchange)->response, line);
        return;
    }
    if (*exchange == NULL) {
        *exchange = captured_begin(capture);
    }
    (*exchange)->response.is_there = true;
    (*exchange)->status = (int)strtol(line.at, NULL, 10);
}

static void captured_line(struct capture *capture, struct exchange **exchange, struct dw_span line)
{
    const struct dw_span rest = {line.at + 2, line.len >= 2 ? line.len - 2 : 0};
    char *end;

    switch (line.at[0]) {
    case '@':
        *exchange = captured_begin(capture);
        (*exchange)->started = strtoll(rest.at, &end, 10);
        (*exchange)->took_ms = *end == ' ' ? strtoll(end, NULL, 10) : -1;
        return;
    case '>':
        captured_request(capture, exchange, rest);
        return;
    case '<':
        captured_response(capture, exchange, rest);
        return;
    case '=':
        capture_add_body(capture, &(*exchange)->response, rest);
        return;
    default:
        capture_add_note(capture, *exchange, rest);
        return;
    }
}

static struct capture *captured(enum capture_kind kind, const char *text)
{
    struct capture *capture = capture_new(kind, "test");
    struct exchange *exchange = NULL;

    assert_non_null(capture);
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        const size_t len = end != NULL ? (size_t)(end - text) : strlen(text);

        if (len > 0) {
            captured_line(capture, &exchange, (struct dw_span){text, len});
        }
        text += len + (end != NULL);
    }
    capture->n_seen = (unsigned)capture->n_exchanges;
    return capture;
}

static inline const struct finding *found_in(const struct diagnosis *diagnosis, const char *cause)
{
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        if (strcmp(diagnosis->findings[i].cause->id, cause) == 0) {
            return &diagnosis->findings[i];
        }
    }
    return NULL;
}

/* The same, where it has to be there. */
static inline const struct finding *finding_in(const struct diagnosis *diagnosis, const char *cause)
{
    const struct finding *finding = found_in(diagnosis, cause);

    if (finding == NULL) {
        print_error("no %s\n", cause);
        abort();
    }
    return finding;
}

static inline void *taken(struct arena *arena, size_t size)
{
    void *at = arena_take(arena, size);

    if (at == NULL) {
        abort();
    }
    return at;
}

/* A capture, and what must be found in it, at least so sure; and what must not. NULL: nothing. */
struct sighting {
    const char *text;
    const char *cause;
    int confidence;
    const char *without;
};

static inline void print_findings(const struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        const struct finding *finding = &diagnosis->findings[i];

        print_error("  %s %d\n", finding->cause->id, finding->confidence);
        for (size_t k = 0; k < finding->n_evidence; k++) {
            print_error("    %s: %s\n", finding->evidence[k].source, finding->evidence[k].what);
        }
    }
}

static inline void check_sighting(const struct sighting *sighting, enum capture_kind kind,
                                  void (*look)(const struct scene *scene,
                                               struct diagnosis *diagnosis))
{
    struct capture *capture = captured(kind, sighting->text);
    struct scene *scene = arena_take(capture->arena, sizeof(*scene));
    struct diagnosis *diagnosis = arena_take(capture->arena, sizeof(*diagnosis));
    const struct finding *finding;
    const int chosen = scene_choose(capture);
    const int index = chosen >= 0 ? chosen : (int)capture->n_exchanges - 1;
    bool is_right;

    assert_non_null(scene);
    assert_non_null(diagnosis);
    diagnosis->arena = capture->arena;
    diagnosis->scene = scene;
    assert_int_equal(scene_make(capture, index, 1795000000, scene), 0);
    look(scene, diagnosis);
    finding = sighting->cause != NULL ? found_in(diagnosis, sighting->cause) : NULL;
    is_right = sighting->cause == NULL || (finding != NULL && finding->n_evidence > 0 &&
                                           finding->confidence >= sighting->confidence);
    if (!is_right ||
        (sighting->without != NULL && found_in(diagnosis, sighting->without) != NULL)) {
        print_error("%s\nwanted %s, not %s; found\n", sighting->text,
                    sighting->cause != NULL ? sighting->cause : "nothing",
                    sighting->without != NULL ? sighting->without : "-");
        print_findings(diagnosis);
        capture_free(capture);
        fail();
    }
    capture_free(capture);
}

#endif
