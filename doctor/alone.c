/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "alone.h"
#include "clean.h"
#include "complaint.h"

#define COMMANDS_MAX 32                       /* of a transcript, and what each of them printed */
#define ROOMY        (CAPTURE_MEMORY_MAX / 4) /* bytes used up to which capture_add() moves nothing */

/* -- Tokens --------------------------------------------------------------------------------------------- */

/* One line end is every file's; more, and blanks, may be what is wrong. */
static struct dw_span without_line_end(struct dw_span text)
{
    if (text.len > 0 && text.at[text.len - 1] == '\n') {
        text.len--;
        text.len -= text.len > 0 && text.at[text.len - 1] == '\r' ? 1 : 0;
    }
    return text;
}

int token_read(struct dw_span text, enum capture_kind kind, const char *name,
               struct capture **capture, struct complaint *why)
{
    struct capture *made = capture_new(kind, name);
    const struct dw_span token =
        kind == CAPTURE_TOKEN ? without_line_end(text) : token_of_answer(text);

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    if (token.len > CAPTURE_VALUE_MAX) {
        capture_free(made);
        return complain(why, "%.100s: a token of %zu bytes is none", name, token.len);
    }
    made->token = arena_keep(made->arena, token);
    *capture = made;
    return 0;
}

/* -- Bodies ---------------------------------------------------------------------------------------------- */

static int status_of_body(struct dw_span body)
{
    static const char *const MEMBERS[] = {"\"statusCode\"", "\"status\"", "\"code\"",
                                          "\"status_code\"", "\"response_code\""};

    for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(MEMBERS[0]); i++) {
        const size_t at = find_text(body, MEMBERS[i]);
        struct dw_span rest = trimmed(skip(body, at + strlen(MEMBERS[i])));
        int status = -1;

        if (at < body.len && begins(rest, ":")) {
            rest = trimmed(skip(rest, 1));
            rest = begins(rest, "\"") ? skip(rest, 1) : rest;
            status = next_number(&rest);
        }
        if (status >= 400 && status < 600) {
            return status;
        }
    }
    return 0;
}

static void fill_with_body(struct capture *capture, struct exchange *exchange, struct dw_span body)
{
    const int status = status_of_body(body);

    exchange->status = status != 0 ? status : 401;
    exchange->response.is_there = true;
    exchange->response.place = (struct place){1, 0};
    capture_add_body(capture, &exchange->response, body);
    if (status == 0) {
        capture_add_note(capture, exchange,
                         DW_SPAN("the status was not captured; taken to be 401"));
    }
}

int body_read(struct dw_span text, const char *name, struct capture **capture,
              struct complaint *why)
{
    static const char *const MEMBERS[] = {"\"error",   "\"message\"", "\"detail\"", "\"status",
                                          "\"code\"",  "\"title\"",   "\"msg\"",    "\"Message\"",
                                          "\"fault\"", "\"reason\""};
    struct capture *made = capture_new(CAPTURE_HTTP, name);
    struct exchange *exchange = made != NULL ? capture_add(made) : NULL;

    if (exchange == NULL) {
        capture_free(made);
        return complain(why, "out of memory");
    }
    for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(MEMBERS[0]); i++) {
        if (find_text(text, MEMBERS[i]) < text.len) {
            fill_with_body(made, exchange, trimmed(text));
            exchange->place = exchange->response.place;
            *capture = made;
            return 0;
        }
    }
    capture_free(made);
    return complain(why, "%.100s:1: JSON, but no HAR, no token and no error in it", name);
}

/* -- Commands -------------------------------------------------------------------------------------------- */

static int add_command(struct capture *capture, struct dw_span text, struct complaint *why)
{
    struct command command;
    char **words;
    size_t n;

    capture->command = arena_keep(capture->arena, first(text, CAPTURE_VALUE_MAX));
    if (command_split(capture->arena, text, &words, &n, why) != 0) {
        return -1;
    }
    (void)httpie_translate(capture->arena, &words, &n);
    return command_read(capture, words, n, &command, why);
}

int command_text_read(struct dw_span text, const char *name, struct capture **capture,
                      struct complaint *why)
{
    struct capture *made = capture_new(CAPTURE_COMMAND, name);

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    if (add_command(made, text, why) != 0) {
        capture_free(made);
        return -1;
    }
    made->exchanges[0]->place = (struct place){1, 0};
    *capture = made;
    return 0;
}

/* A request of which only the first line was seen has the fields of the command that asks for the same. */
static bool may_be_asked_by(const struct exchange *answered, const struct exchange *asked)
{
    return !answered->request.is_there || answered->url.len == 0 ||
           dw_span_equal(answered->url, asked->url);
}

/* Whether it was http or https is seldom in what was printed, and always in the command. */
static void take_scheme(struct capture *capture, struct dw_span command)
{
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        struct exchange *exchange = capture->exchanges[i];
        const char *plain;

        if (exchange->status >= 300 && exchange->status < 400) {
            return; /* from there on it may be another */
        }
        if (!begins(exchange->url, "https://")) {
            continue;
        }
        plain = arena_print(capture->arena, "http://%.*s", (int)(exchange->url.len - 8),
                            exchange->url.at + 8);
        if (plain[0] != '\0' && find_text(command, plain) < command.len &&
            !begins(exchange->request.version, "HTTP/2")) {
            exchange->url = dw_span_of(plain);
        }
    }
}

/* Gives the answer the request that the command would have sent. */
static void join_at(struct capture *capture, size_t index, struct dw_span command)
{
    struct exchange *answered, *asked;
    const size_t n = capture->n_exchanges;
    const unsigned n_seen = capture->n_seen;

    if (add_command(capture, command, NULL) == 0 && capture->n_exchanges == n + 1 &&
        may_be_asked_by(capture->exchanges[index], capture->exchanges[n])) {
        answered = capture->exchanges[index];
        asked = capture->exchanges[n];
        answered->method = asked->method;
        answered->url = answered->url.len > 0 ? answered->url : asked->url;
        answered->request = asked->request;
        for (size_t i = 0; i < asked->n_notes; i++) {
            capture_add_note(capture, answered, asked->notes[i]);
        }
    }
    capture->n_exchanges = n;
    capture->n_seen = n_seen;
}

static bool has_room(const struct capture *capture)
{
    return capture->n_exchanges < CAPTURE_EXCHANGES_MAX && arena_used(capture->arena) <= ROOMY;
}

int command_join(struct capture *capture, struct dw_span command)
{
    const size_t n = capture->n_exchanges;

    take_scheme(capture, command);
    if (n == 0 || capture->exchanges[0]->request.n_fields > 0 || !has_room(capture)) {
        capture->command = arena_keep(capture->arena, first(command, CAPTURE_VALUE_MAX));
    } else {
        join_at(capture, 0, command);
    }
    return 0;
}

/* The first answer between two lines whose request was not printed; n_exchanges: none. */
static size_t find_unasked(const struct capture *capture, unsigned from, unsigned to)
{
    size_t i = 0;

    while (i < capture->n_exchanges && (capture->exchanges[i]->response.place.line <= from ||
                                        capture->exchanges[i]->response.place.line >= to ||
                                        capture->exchanges[i]->request.n_fields > 0)) {
        i++;
    }
    return i;
}

static unsigned lines_before(struct dw_span text, const char *at)
{
    unsigned n = 1;

    for (const char *c = text.at; c < at; c++) {
        n += *c == '\n' ? 1 : 0;
    }
    return n;
}

void commands_join(struct capture *capture, struct dw_span text)
{
    const struct dw_span kept = capture->command;
    struct dw_span command = command_find(text);

    for (size_t n = 0; n < COMMANDS_MAX && command.at != NULL && has_room(capture); n++) {
        const size_t end = (size_t)(command.at - text.at) + command.len;
        const struct dw_span next = command_find(skip(text, end));
        const size_t index = find_unasked(capture, lines_before(text, command.at),
                                          next.at != NULL ? lines_before(text, next.at) : UINT_MAX);

        if (n > 0 && index < capture->n_exchanges) {
            join_at(capture, index, command);
        }
        command = next;
    }
    capture->command = kept;
}
