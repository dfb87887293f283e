/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_TEXT_H
#define TESTS_CAPTURE_TEXT_H

/* A capture written down, to be compared with what it should be; and bytes read into one. */

#include "capture.h"
#include "complaint.h"
#include "text.h"

static inline void put_span(struct text *text, const char *before, struct dw_span span, const char *behind)
{
    text_put(text, before);
    text_add(text, span);
    text_put(text, behind);
}

static inline void put_message(struct text *text, const char *mark, const struct capture_message *message)
{
    char place[32];

    if (!message->is_there) {
        return;
    }
    put_span(text, mark, message->version, "\n");
    for (size_t i = 0; i < message->n_fields; i++) {
        (void)snprintf(place, sizeof(place), "%s %u ", mark, message->fields[i].place.line);
        put_span(text, place, message->fields[i].name, "|");
        put_span(text, "", message->fields[i].value, "|\n");
    }
    if (message->body.len > 0) {
        put_span(text, "  body |", message->body, "|\n");
    }
}

static inline void put_exchange(struct text *text, const struct exchange *exchange)
{
    char status[64];

    (void)snprintf(status, sizeof(status), " %d ", exchange->status);
    put_span(text, "exchange ", exchange->method, " ");
    put_span(text, "", exchange->url, status);
    (void)snprintf(status, sizeof(status), " line %u\n", exchange->place.line);
    put_span(text, "", exchange->phrase, status);
    put_message(text, "  >", &exchange->request);
    put_message(text, "  <", &exchange->response);
    for (size_t i = 0; i < exchange->n_notes; i++) {
        put_span(text, "  * ", exchange->notes[i], "\n");
    }
}

static inline void put_capture(struct text *text, const struct capture *capture)
{
    text_put(text, capture_kind_name(capture->kind));
    text_put(text, capture->is_cut ? " cut\n" : "\n");
    if (capture->token.at != NULL) {
        put_span(text, "token |", capture->token, "|\n");
    }
    if (capture->command.at != NULL) {
        put_span(text, "command |", capture->command, "|\n");
    }
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        put_exchange(text, capture->exchanges[i]);
    }
}

/* Given in pieces of that size. 0 and the capture, or -1 and why. */
static inline int read_input(struct dw_span bytes, size_t piece, struct capture **capture, struct complaint *why)
{
    struct input *input = input_new("test");
    int error = input != NULL ? 0 : -1;

    while (error == 0 && bytes.len > 0) {
        const size_t n = bytes.len < piece ? bytes.len : piece;

        error = input_push(input, (struct dw_span){bytes.at, n}, why);
        bytes = (struct dw_span){bytes.at + n, bytes.len - n};
    }
    if (error == 0) {
        error = input_end(input, capture, why);
    }
    input_free(input);
    return error;
}

#endif
