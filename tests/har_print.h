/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_HAR_PRINT_H
#define TESTS_HAR_PRINT_H

/* A HAR read in pieces of a given size, and all of what came of it as a text, to compare. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

static inline void print_har_span(FILE *file, const char *what, struct dw_span span)
{
    if (span.at != NULL) {
        fprintf(file, " %s=[", what);
        fwrite(span.at, 1, span.len, file);
        fputc(']', file);
    }
}

static inline void print_har_message(FILE *file, const struct capture_message *message)
{
    fprintf(file, "  message %d line %u", message->is_there, message->place.line);
    print_har_span(file, "version", message->version);
    print_har_span(file, "body", message->body);
    fprintf(file, "%s\n", message->body_cut ? " cut" : "");
    for (size_t i = 0; i < message->n_fields; i++) {
        const struct capture_field *field = &message->fields[i];

        fprintf(file, "    %u.%u", field->place.entry, field->place.line);
        print_har_span(file, "name", field->name);
        print_har_span(file, "value", field->value);
        fputc('\n', file);
    }
}

static inline void print_har_exchange(FILE *file, const struct exchange *exchange)
{
    fprintf(file, "entry %u line %u status %d started %lld took %lld%s%s", exchange->place.entry,
            exchange->place.line, exchange->status, (long long)exchange->started,
            (long long)exchange->took_ms, exchange->from_cache ? " cache" : "",
            exchange->from_worker ? " worker" : "");
    print_har_span(file, "method", exchange->method);
    print_har_span(file, "url", exchange->url);
    print_har_span(file, "phrase", exchange->phrase);
    for (size_t i = 0; i < exchange->n_notes; i++) {
        print_har_span(file, "note", exchange->notes[i]);
    }
    fputc('\n', file);
    print_har_message(file, &exchange->request);
    print_har_message(file, &exchange->response);
}

/* NULL, and `why`, where it is refused. */
static inline struct capture *read_har(struct dw_span text, size_t piece, struct complaint *why)
{
    struct har *har = har_new("a.har");
    struct capture *capture = NULL;
    int error = 0;

    if (har == NULL) {
        abort();
    }
    for (size_t at = 0; at < text.len && error == 0; at += piece) {
        const size_t len = text.len - at < piece ? text.len - at : piece;

        error = har_push(har, (struct dw_span){text.at + at, len}, why);
    }
    if (error == 0 && har_end(har, &capture, why) != 0) {
        capture = NULL;
    }
    har_free(har);
    return capture;
}

/* To be freed by the caller. */
static inline char *print_har(struct dw_span text, size_t piece)
{
    struct complaint why = {""};
    struct capture *capture = read_har(text, piece, &why);
    char *printed = NULL;
    size_t size;
    FILE *file = open_memstream(&printed, &size);

    if (file == NULL) {
        abort();
    }
    if (capture == NULL) {
        fprintf(file, "refused: %s\n", why.text);
    } else {
        fprintf(file, "seen %u cut %d at %u.%u", capture->n_seen, capture->is_cut,
                capture->cut_at.entry, capture->cut_at.line);
        print_har_span(file, "creator", capture->creator);
        fputc('\n', file);
        for (size_t i = 0; i < capture->n_exchanges; i++) {
            print_har_exchange(file, capture->exchanges[i]);
        }
    }
    fclose(file);
    capture_free(capture);
    return printed;
}

#endif
