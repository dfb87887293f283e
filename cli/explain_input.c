/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "replay.h"

#define PIECE       ((size_t)64 * 1024)
#define LITERAL_MIN 24 /* characters: what is shorter, and no file, is a name mistyped */

static int refuse(const struct complaint *why)
{
    (void)cli_fail("%s", why->text);
    return EXPLAIN_INPUT;
}

static int no_memory(void)
{
    (void)cli_fail("out of memory");
    return EXPLAIN_INPUT;
}

/* -- Requests of our own ---------------------------------------------------------------------------- */

/* Sends it, into a capture of its own. */
static int send_one(const struct explain_settings *settings, struct replay *replay,
                    struct capture **capture)
{
    struct capture *live = capture_new(CAPTURE_LIVE, replay->url);
    struct complaint why;

    if (live == NULL) {
        return no_memory();
    }
    if (settings->proxy != NULL) {
        replay->proxy = settings->proxy;
    }
    if (settings->seconds > 0) {
        replay->seconds = settings->seconds;
    }
    live->name = arena_print(live->arena, "%s", replay->url);
    if (replay_send(live, replay, &why) != 0) {
        capture_free(live);
        (void)cli_fail("%s", why.text);
        return EXPLAIN_NETWORK;
    }
    live->n_seen = (unsigned)live->n_exchanges;
    *capture = live;
    return EXPLAIN_HEALTHY;
}

static bool is_url(const char *text)
{
    return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

static int fetch(const struct explain_settings *settings, const char *url, struct capture **capture)
{
    struct replay replay = {
        .url = url, .method = "GET", .agent = "doorward/" DW_VERSION, .follow = true};

    return send_one(settings, &replay, capture);
}

/* What a command would send, sent. `read` holds it. */
static int send_command(const struct explain_settings *settings, const struct capture *read,
                        const struct command *command, struct capture **capture)
{
    const struct exchange *exchange = read->exchanges[0];
    struct replay replay = {.url = command->url,
                            .method = command->method,
                            .fields = exchange->request.fields,
                            .n_fields = exchange->request.n_fields,
                            .body = exchange->request.body,
                            .command = command,
                            .proxy = command->proxy,
                            .agent = replay_curl_agent(),
                            .follow = command->follow,
                            .seconds = command->max_seconds};

    if (command->url == NULL || !is_url(command->url)) {
        (void)cli_fail("the command names no http or https URL to send it to");
        return EXPLAIN_INPUT;
    }
    if (command->data != NULL && command->data[0] == '@') {
        (void)cli_fail(
            "the command sends a file, %s, which is not read: put what it holds, or -d '' "
            "in its place",
            command->data + 1);
        return EXPLAIN_INPUT;
    }
    return send_one(settings, &replay, capture);
}

/* Reads curl's words, and sends what they say. */
static int run_words(const struct explain_settings *settings, char **words, size_t n,
                     struct explain_source *source)
{
    struct capture *read = capture_new(CAPTURE_COMMAND, "the command");
    struct command *command = read != NULL ? arena_take(read->arena, sizeof(*command)) : NULL;
    struct complaint why;
    int status;

    if (command == NULL) {
        capture_free(read);
        return no_memory();
    }
    if (command_read(read, words, n, command, &why) != 0) {
        status = refuse(&why);
    } else if (read->n_exchanges == 0) {
        (void)cli_fail("the command names no URL");
        status = EXPLAIN_INPUT;
    } else {
        status = send_command(settings, read, command, &source->capture);
    }
    if (status != EXPLAIN_HEALTHY) {
        capture_free(read);
        return status;
    }
    source->read = read;
    source->command = command;
    return status;
}

static bool is_harmless(struct dw_span method)
{
    return dw_span_equal(method, DW_SPAN("GET")) || dw_span_equal(method, DW_SPAN("HEAD")) ||
           dw_span_equal(method, DW_SPAN("OPTIONS"));
}

/* The exchange that fails, asked again as it was captured. */
static int send_again(const struct explain_settings *settings, const struct capture *read,
                      struct capture **capture)
{
    const int chosen = scene_choose(read);
    const struct exchange *it = chosen >= 0             ? read->exchanges[chosen]
                                : read->n_exchanges > 0 ? read->exchanges[read->n_exchanges - 1]
                                                        : NULL;
    struct replay replay = {.agent = "doorward/" DW_VERSION};

    if (it == NULL || it->url.at == NULL || !is_url(it->url.at)) {
        (void)cli_fail("what was captured names no http or https URL, so it cannot be replayed");
        return EXPLAIN_INPUT;
    }
    if (!is_harmless(it->method)) {
        (void)cli_fail(
            "a captured %.*s is not replayed, for it could change something: give it as a "
            "curl command if you mean it",
            (int)it->method.len, it->method.at != NULL ? it->method.at : "");
        return EXPLAIN_INPUT;
    }
    replay.url = it->url.at;
    replay.method = it->method.at;
    replay.fields = it->request.fields;
    replay.n_fields = it->request.n_fields;
    return send_one(settings, &replay, capture);
}

/* `read` is given back; what is captured anew takes its place. */
static int replay_instead(const struct explain_settings *settings, struct capture *read,
                          struct explain_source *source)
{
    struct complaint why;
    char **words;
    size_t n;
    int status;

    if (read->kind != CAPTURE_COMMAND) {
        status = send_again(settings, read, &source->capture);
    } else if (command_split(read->arena, read->command, &words, &n, &why) != 0) {
        status = refuse(&why);
    } else {
        status = run_words(settings, words, n, source);
    }
    capture_free(read);
    return status;
}

/* -- What is read ------------------------------------------------------------------------------------ */

/* 0; or -1 and why. */
static int push_all(struct input *input, int file, const char *name, struct complaint *why)
{
    char *piece = malloc(PIECE);
    ssize_t n = 1;
    int result = piece != NULL ? 0 : complain(why, "out of memory");

    while (result == 0 && n > 0) {
        do {
            n = read(file, piece, PIECE);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            result = complain(why, "%s: %s", name, strerror(errno));
        } else if (n > 0) {
            result = input_push(input, (struct dw_span){piece, (size_t)n}, why);
        }
    }
    if (piece != NULL) {
        dw_secret_wipe(piece, PIECE);
    }
    free(piece);
    return result;
}

static int read_file(int file, const char *name, struct capture **capture)
{
    struct input *input = input_new(name);
    struct complaint why;
    int result;

    if (input == NULL) {
        return no_memory();
    }
    result = push_all(input, file, name, &why);
    if (result == 0) {
        result = input_end(input, capture, &why);
    }
    input_free(input);
    return result == 0 ? EXPLAIN_HEALTHY : refuse(&why);
}

static int read_text(const char *text, struct capture **capture)
{
    struct input *input = input_new("-");
    struct complaint why;
    int result;

    if (input == NULL) {
        return no_memory();
    }
    result = input_push(input, dw_span_of(text), &why);
    if (result == 0) {
        result = input_end(input, capture, &why);
    }
    input_free(input);
    return result == 0 ? EXPLAIN_HEALTHY : refuse(&why);
}

/* Not the name of a file: a token, a header, a command as one word. */
static bool is_literal(const char *text)
{
    return strpbrk(text, " \n") != NULL ||
           (strlen(text) >= LITERAL_MIN &&
            (strchr(text, '/') == NULL || strncmp(text, "eyJ", 3) == 0));
}

static int read_named(const char *name, struct capture **capture)
{
    const int file = open(name, O_RDONLY | O_CLOEXEC);
    int status;

    if (file < 0 && (errno == ENOENT || errno == ENAMETOOLONG) && is_literal(name)) {
        return read_text(name, capture);
    }
    if (file < 0) {
        (void)cli_fail("%s: %s", name, strerror(errno));
        return EXPLAIN_INPUT;
    }
    status = read_file(file, name, capture);
    (void)close(file);
    return status;
}

static int read_standard_input(struct capture **capture)
{
    if (isatty(STDIN_FILENO) == 1) {
        (void)fputs("Paste what you have - a token, headers, curl -v, a command - and end it with "
                    "Ctrl-D:\n",
                    stderr);
    }
    return read_file(STDIN_FILENO, "-", capture);
}

int explain_open(const struct explain_settings *settings, struct explain_source *source)
{
    struct capture *read;
    int status;

    *source = (struct explain_source){.capture = NULL};
    if (settings->command != NULL) {
        return run_words(settings, settings->command, settings->n_command, source);
    }
    if (is_url(settings->input)) {
        return fetch(settings, settings->input, &source->capture);
    }
    status = strcmp(settings->input, "-") == 0 ? read_standard_input(&read)
                                               : read_named(settings->input, &read);
    if (status != EXPLAIN_HEALTHY) {
        return status;
    }
    if (settings->replay) {
        return replay_instead(settings, read, source);
    }
    source->capture = read;
    return EXPLAIN_HEALTHY;
}

void explain_close(struct explain_source *source)
{
    capture_free(source->capture);
    capture_free(source->read);
}
