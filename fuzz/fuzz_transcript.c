/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "capture.h"

/* Whatever comes in, in one piece or in many, the same comes out: a capture within its bounds, or none.
 * Each reader also gets it as it is. */

#define INPUT_MAX 65536

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_message(const struct capture_message *message)
{
    size_t len = message->body.len;

    require(message->n_fields <= CAPTURE_FIELDS_MAX && message->body.len <= CAPTURE_BODY_MAX);
    for (size_t i = 0; i < message->n_fields; i++) {
        const struct capture_field *field = &message->fields[i];

        require(field->name.at != NULL && field->value.at != NULL);
        require(field->name.len <= CAPTURE_VALUE_MAX && field->value.len <= CAPTURE_VALUE_MAX);
        len += strlen(field->name.at) + strlen(field->value.at);
    }
    require(len < CAPTURE_MEMORY_MAX);
}

static void check_capture(const struct capture *capture)
{
    require(capture->n_exchanges <= CAPTURE_EXCHANGES_MAX);
    require(capture->n_exchanges <= capture->n_seen);
    require(arena_used(capture->arena) <= CAPTURE_MEMORY_MAX);
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        const struct exchange *exchange = capture->exchanges[i];

        require(exchange->status >= 0 && exchange->status <= 999);
        require(exchange->n_notes <= CAPTURE_NOTES_MAX);
        check_message(&exchange->request);
        check_message(&exchange->response);
    }
}

/* -1 and nothing; or 0 and the capture. */
static int read_pieces(struct dw_span bytes, size_t piece, struct capture **capture)
{
    struct input *input = input_new("fuzz");
    int error = 0;

    require(input != NULL);
    while (error == 0 && bytes.len > 0) {
        const size_t n = bytes.len < piece ? bytes.len : piece;

        error = input_push(input, (struct dw_span){bytes.at, n}, NULL);
        bytes = (struct dw_span){bytes.at + n, bytes.len - n};
    }
    if (error == 0) {
        error = input_end(input, capture, NULL);
    }
    input_free(input);
    return error;
}

static void check_input(struct dw_span bytes)
{
    struct capture *whole, *pieces;
    const int error = read_pieces(bytes, INPUT_MAX, &whole);

    require(read_pieces(bytes, 1 + bytes.len % 7, &pieces) == error);
    if (error != 0) {
        return;
    }
    check_capture(whole);
    require(whole->kind == pieces->kind && whole->n_exchanges == pieces->n_exchanges);
    require(dw_span_equal(whole->token, pieces->token));
    capture_free(whole);
    capture_free(pieces);
}

static void check_readers(struct dw_span text)
{
    static int (*const READERS[])(struct dw_span, const char *, struct capture **,
                                  struct complaint *) = {curl_read, curl_trace_read, http_read,
                                                         wget_read, python_read,     console_read};

    for (size_t i = 0; i < sizeof(READERS) / sizeof(READERS[0]); i++) {
        struct capture *capture;

        if (READERS[i](text, "fuzz", &capture, NULL) == 0) {
            require(capture->n_exchanges > 0);
            check_capture(capture);
            capture_free(capture);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dw_span bytes = {(const char *)data, size};

    if (size <= INPUT_MAX) {
        check_input(bytes);
        check_readers(bytes);
    }
    return 0;
}
