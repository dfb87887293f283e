/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "alone.h"
#include "clean.h"
#include "complaint.h"
#include "decode.h"
#include "loggers.h"
#include "transcript_log.h"

#define DECIDED_AT ((size_t)64 * 1024) /* bytes after which it must be clear whether it is a HAR */
#define SLICE      2048

struct input {
    const char *name;
    struct decoder decoder;
    struct har *har; /* NULL: it is something else, or that is not clear yet */
    bool is_decided;
    char *text;
    size_t len, size;
};

static const char UNDERSTOOD[] =
    "paste a curl -v transcript, a HAR, a request or response, a curl command, a token";

struct input *input_new(const char *name)
{
    struct input *input = calloc(1, sizeof(*input));

    if (input != NULL) {
        input->name = name != NULL ? name : "-";
    }
    return input;
}

static void give_text_back(struct input *input)
{
    if (input->text != NULL) {
        dw_secret_wipe(input->text, input->size);
        free(input->text);
    }
    input->text = NULL;
    input->len = 0;
    input->size = 0;
}

void input_free(struct input *input)
{
    if (input != NULL) {
        give_text_back(input);
        har_free(input->har);
        dw_secret_wipe(input, sizeof(*input));
        free(input);
    }
}

/* -- Taking it in ------------------------------------------------------------------------------------------- */

/* Not realloc(3), which may leave a copy behind. */
static int grow(struct input *input, size_t size, struct complaint *why)
{
    char *text = malloc(size);

    if (text == NULL) {
        return complain(why, "%.100s: out of memory", input->name);
    }
    if (input->len > 0) {
        memcpy(text, input->text, input->len);
    }
    if (input->text != NULL) {
        dw_secret_wipe(input->text, input->size);
        free(input->text);
    }
    input->text = text;
    input->size = size;
    return 0;
}

static int keep(struct input *input, struct dw_span bytes, struct complaint *why)
{
    size_t size = input->size > 0 ? input->size : DECIDED_AT;

    if (bytes.len > INPUT_TEXT_MAX - input->len) {
        return complain(
            why, "%.100s: more than %d MiB, and no HAR: cut it down to the request that fails",
            input->name, INPUT_TEXT_MAX >> 20);
    }
    while (size < input->len + bytes.len) {
        size *= 2;
    }
    if (size > input->size && grow(input, size, why) != 0) {
        return -1;
    }
    memcpy(input->text + input->len, bytes.at, bytes.len);
    input->len += bytes.len;
    return 0;
}

static int begin_har(struct input *input, struct complaint *why)
{
    int error;

    input->har = har_new(input->name);
    if (input->har == NULL) {
        return complain(why, "%.100s: out of memory", input->name);
    }
    error = har_push(input->har, (struct dw_span){input->text, input->len}, why);
    give_text_back(input);
    return error;
}

static int take(struct input *input, struct dw_span bytes, struct complaint *why)
{
    if (input->har != NULL) {
        return har_push(input->har, bytes, why);
    }
    if (bytes.len == 0) {
        return 0;
    }
    if (keep(input, bytes, why) != 0) {
        return -1;
    }
    if (!input->is_decided && input->len >= DECIDED_AT) {
        input->is_decided = true;
        if (begins_har((struct dw_span){input->text, input->len}, false)) {
            return begin_har(input, why);
        }
    }
    return 0;
}

int input_push(struct input *input, struct dw_span bytes, struct complaint *why)
{
    char decoded[DECODED_MAX(SLICE)];

    while (bytes.len > 0) {
        const struct dw_span slice = first(bytes, SLICE);
        const size_t len = decode(&input->decoder, slice, decoded);

        if (take(input, (struct dw_span){decoded, len}, why) != 0) {
            return -1;
        }
        bytes = skip(bytes, slice.len);
    }
    return 0;
}

/* -- What it is --------------------------------------------------------------------------------------------- */

static int refuse_nothing(const struct input *input, struct complaint *why)
{
    return complain(why, "%.100s: empty: %s", input->name, UNDERSTOOD);
}

/* Files of which people forget that they are packed, by their first bytes. */
static const char *packed_as(struct dw_span text)
{
    static const struct {
        const char *magic, *name;
    } FORMATS[] = {{"\x1f\x8b", "gzip"},
                   {"PK\x03\x04", "a ZIP archive"},
                   {"\x89PNG", "a picture"},
                   {"%PDF", "a PDF"},
                   {"\x28\xb5\x2f\xfd", "zstd"},
                   {"\x7f"
                    "ELF",
                    "a program"},
                   {"\xd4\xc3\xb2\xa1", "a packet capture"},
                   {"\x0a\x0d\x0d\x0a", "a packet capture"}};

    for (size_t i = 0; i < sizeof(FORMATS) / sizeof(FORMATS[0]); i++) {
        if (begins(text, FORMATS[i].magic)) {
            return FORMATS[i].name;
        }
    }
    return NULL;
}

static int refuse_unknown(const struct input *input, struct complaint *why)
{
    const struct dw_span text = {input->text, input->len};
    const char *packed = packed_as(text);
    size_t at = 0;
    struct lines lines;

    if (packed != NULL) {
        return complain(why, "%.100s: it is %s: %s", input->name, packed, UNDERSTOOD);
    }
    while (at < text.len &&
           ((unsigned char)text.at[at] >= 0x20 || strchr("\t\n\r\f\x1b", text.at[at]) != NULL) &&
           text.at[at] != '\0') {
        at++;
    }
    if (at < text.len) {
        return complain(why, "%.100s: binary: byte 0x%02x at offset %zu: %s", input->name,
                        (unsigned)(unsigned char)text.at[at], at, UNDERSTOOD);
    }
    lines_init(&lines, text);
    while (lines_next(&lines) && trimmed(lines.line).len == 0) {
    }
    return complain(why, "%.100s:%u: no HTTP in it: %s", input->name, lines.number, UNDERSTOOD);
}

/* A log's line may begin as a credential does: "Bearer was not authenticated". */
static enum capture_kind kind_of(struct dw_span text)
{
    const enum capture_kind kind = text_kind(text);

    if (kind == CAPTURE_TOKEN && (is_challenge_alone(text) || is_said(text))) {
        return CAPTURE_UNKNOWN;
    }
    return kind;
}

static bool has_answer(const struct capture *capture)
{
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        if (capture->exchanges[i]->status != 0) {
            return true;
        }
    }
    return false;
}

/* A console's complaint, and below it no more of the exchange than its first line. */
static bool is_complained_of(const struct capture *capture, struct dw_span text)
{
    const unsigned said = said_line(text);

    for (size_t i = 0; i < capture->n_exchanges; i++) {
        const struct exchange *exchange = capture->exchanges[i];

        if (exchange->request.n_fields + exchange->response.n_fields > 0 ||
            exchange->place.line <= said) {
            return false;
        }
    }
    return said > 0;
}

/* A log may have a request line in it, and what the server said somewhere else. */
static int read_messages(struct dw_span text, const char *name, struct capture **capture,
                         struct complaint *why)
{
    const int error = begins(trimmed(text), "{") ? body_read(text, name, capture, why)
                                                 : http_read(text, name, capture, why);
    struct capture *nobody = NULL;
    struct complaint unused;

    if (error == 0 && has_answer(*capture) && !is_complained_of(*capture, text)) {
        return 0;
    }
    if (error == 0) {
        nobody = *capture;
    }
    if (log_read(text, name, capture, &unused) == 0 ||
        (is_said(text) && said_read(text, name, capture, why) == 0)) {
        capture_free(nobody);
        return 0;
    }
    *capture = nobody;
    return nobody != NULL ? 0 : -1;
}

static int read_one_kind(struct input *input, struct dw_span text, enum capture_kind kind,
                         struct capture **capture, struct complaint *why)
{
    switch (kind) {
    case CAPTURE_CURL_VERBOSE:
        return curl_read(text, input->name, capture, why);
    case CAPTURE_CURL_TRACE:
        return curl_trace_read(text, input->name, capture, why);
    case CAPTURE_HTTP:
        return read_messages(text, input->name, capture, why);
    case CAPTURE_WGET:
        return wget_read(text, input->name, capture, why);
    case CAPTURE_PYTHON:
        return python_read(text, input->name, capture, why);
    case CAPTURE_CONSOLE:
        return console_read(text, input->name, capture, why);
    case CAPTURE_COMMAND:
        return command_text_read(trimmed(text), input->name, capture, why);
    case CAPTURE_TOKEN:
    case CAPTURE_TOKEN_ANSWER:
        return token_read(text, kind, input->name, capture, why);
    case CAPTURE_UNKNOWN:
        if (is_challenge_alone(text) || is_said(text)) {
            return said_read(text, input->name, capture, why);
        }
        if (is_unsent(text)) {
            return unsent_read(text, input->name, capture, why);
        }
        break;
    case CAPTURE_HAR:
    case CAPTURE_LIVE:
        break;
    }
    return refuse_unknown(input, why);
}

static int read_kind(struct input *input, struct dw_span text, enum capture_kind kind,
                     struct capture **capture, struct complaint *why)
{
    if (read_one_kind(input, text, kind, capture, why) != 0) {
        return -1;
    }
    if (kind == CAPTURE_HTTP || kind == CAPTURE_WGET || kind == CAPTURE_PYTHON ||
        kind == CAPTURE_CONSOLE) {
        said_join(*capture, text);
    }
    return 0;
}

/* One entry, or a list of them, as some tools copy it: with a HAR's beginning and end it is one. */
static int read_har(struct input *input, struct dw_span text, struct capture **capture,
                    struct complaint *why)
{
    const struct dw_span bare = trimmed(text);
    const bool is_list = begins(bare, "["), is_whole = begins_har(text, true);
    const struct dw_span before = is_whole  ? DW_SPAN("")
                                  : is_list ? DW_SPAN("{\"log\":{\"entries\":")
                                            : DW_SPAN("{\"log\":{\"entries\":[");
    const struct dw_span behind = is_whole ? DW_SPAN("") : is_list ? DW_SPAN("}}") : DW_SPAN("]}}");

    har_free(input->har);
    input->har = har_new(input->name);
    if (input->har == NULL) {
        return complain(why, "%.100s: out of memory", input->name);
    }
    if (har_push(input->har, before, why) != 0 || har_push(input->har, text, why) != 0 ||
        har_push(input->har, behind, why) != 0) {
        return -1;
    }
    return har_end(input->har, capture, why);
}

/* What the command printed, if it is there too: else the command alone. `text` is without the command. */
static int read_output(struct input *input, struct dw_span text, struct dw_span command,
                       struct capture **capture, struct complaint *why)
{
    const enum capture_kind kind = kind_of(text);

    if ((kind == CAPTURE_UNKNOWN && !is_said(text)) || kind == CAPTURE_TOKEN ||
        kind == CAPTURE_COMMAND || kind == CAPTURE_HAR) {
        return command_text_read(command, input->name, capture, why);
    }
    if (read_kind(input, text, kind, capture, why) != 0) {
        return -1;
    }
    return command_join(*capture, command);
}

/* They are no part of what was printed, nor is the prompt before them. Lines keep their numbers. */
static void blank_commands(struct dw_span copy, char *text)
{
    struct dw_span command = command_find(copy);

    while (command.at != NULL) {
        const size_t end = (size_t)(command.at - copy.at) + command.len;
        size_t at = end - command.len;

        while (at > 0 && copy.at[at - 1] != '\n') {
            at--;
        }
        for (size_t i = at; i < end; i++) {
            text[i] = text[i] == '\n' ? '\n' : ' ';
        }
        command = command_find(skip(copy, end));
    }
}

static int read_with_commands(struct input *input, struct dw_span text, struct capture **capture,
                              struct complaint *why)
{
    char *copy = malloc(text.len);
    int error;

    if (copy == NULL) {
        return complain(why, "%.100s: out of memory", input->name);
    }
    memcpy(copy, text.at, text.len);
    blank_commands((struct dw_span){copy, text.len}, input->text);
    error = read_output(input, text, command_find((struct dw_span){copy, text.len}), capture, why);
    if (error == 0) {
        commands_join(*capture, (struct dw_span){copy, text.len});
    }
    dw_secret_wipe(copy, text.len);
    free(copy);
    return error;
}

/* What a program's own log writes of messages is read as the messages themselves. */
static void unlog(struct input *input)
{
    size_t len, size;
    char *made = rewrite_log((struct dw_span){input->text, input->len}, &len, &size);

    if (made != NULL) {
        give_text_back(input);
        input->text = made;
        input->len = len;
        input->size = size;
    }
}

static int read_text(struct input *input, struct capture **capture, struct complaint *why)
{
    struct dw_span text;
    enum capture_kind kind;

    input->len = text_clean(input->text, input->len);
    unlog(input);
    text = (struct dw_span){input->text, input->len};
    if (trimmed(text).len == 0) {
        return refuse_nothing(input, why);
    }
    if (command_find(text).at != NULL) {
        return read_with_commands(input, text, capture, why);
    }
    kind = kind_of(text);
    return kind == CAPTURE_HAR ? read_har(input, text, capture, why)
                               : read_kind(input, text, kind, capture, why);
}

int input_end(struct input *input, struct capture **capture, struct complaint *why)
{
    char rest[16];
    const size_t len = decode_end(&input->decoder, rest);

    if (take(input, (struct dw_span){rest, len}, why) != 0) {
        return -1;
    }
    if (input->har != NULL) {
        return har_end(input->har, capture, why);
    }
    return input->len > 0 ? read_text(input, capture, why) : refuse_nothing(input, why);
}

const char *capture_kind_name(enum capture_kind kind)
{
    static const char *const NAMES[] = {[CAPTURE_UNKNOWN] = "unknown",
                                        [CAPTURE_HAR] = "har",
                                        [CAPTURE_CURL_VERBOSE] = "curl",
                                        [CAPTURE_CURL_TRACE] = "curl-trace",
                                        [CAPTURE_HTTP] = "http",
                                        [CAPTURE_WGET] = "wget",
                                        [CAPTURE_PYTHON] = "python",
                                        [CAPTURE_CONSOLE] = "console",
                                        [CAPTURE_COMMAND] = "command",
                                        [CAPTURE_TOKEN] = "token",
                                        [CAPTURE_TOKEN_ANSWER] = "token-answer",
                                        [CAPTURE_LIVE] = "live"};

    return NAMES[kind];
}
