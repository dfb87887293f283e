/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "alone.h"
#include "cause.h"
#include "complaint.h"
#include "scene.h"
#include "transcript.h"

#define SEARCHED_MAX  ((size_t)64 * 1024)
#define CHALLENGE_MAX 1024
#define HEARD_MAX     2000
#define WORDS_MIN     3 /* a credential has two at most */

/* -- Whether it is one ---------------------------------------------------------------------------------- */

unsigned said_line(struct dw_span text)
{
    struct lines lines;

    lines_init(&lines, first(text, SEARCHED_MAX));
    while (lines_next(&lines)) {
        if (trimmed(lines.line).len > 0 && server_text_stands(lines.line)) {
            return lines.number;
        }
    }
    return 0;
}

static bool is_parameter(struct dw_span text, const char *name)
{
    return begins_nocase(text, name) && begins(skip(text, strlen(name)), "=\"");
}

bool is_challenge_alone(struct dw_span text)
{
    struct dw_span rest = trimmed(text);
    const struct dw_span scheme = next_word(&rest);

    rest = trimmed(rest);
    return scheme.len > 0 && find_char(scheme, ':') == scheme.len &&
           (is_parameter(rest, "realm") || is_parameter(rest, "error"));
}

/* Where the value of a WWW-Authenticate begins, however the log writes its fields down; text.len: none. */
static size_t find_value(struct dw_span text)
{
    const char *const NAME = "www-authenticate";
    size_t at = 0;

    while (at < text.len && !begins_nocase(skip(text, at), NAME)) {
        at++;
    }
    at += at < text.len ? strlen(NAME) : 0;
    while (at < text.len && (strchr("\"' \t\n:=<>,[(\\", text.at[at]) != NULL ||
                             begins(skip(text, at), "b'") || begins(skip(text, at), "b\""))) {
        at++;
    }
    return at;
}

static char closing_of(char opening)
{
    return opening == '[' ? ']' : opening == '"' || opening == '\'' ? opening : '\n';
}

/* The value, without the escapes of the quotes around it; 0: there is none. */
static size_t take_challenge(struct dw_span text, char value[CHALLENGE_MAX])
{
    size_t at = find_value(first(text, SEARCHED_MAX)), len = 0;
    const char closing = at > 0 && at < text.len ? closing_of(text.at[at - 1]) : '\n';

    while (at < text.len && text.at[at] != closing && text.at[at] != '\n' && text.at[at] != '}' &&
           len < CHALLENGE_MAX) {
        at += text.at[at] == '\\' && at + 1 < text.len ? 1 : 0;
        value[len++] = text.at[at++];
    }
    return len;
}

static bool has_number(struct dw_span text, const char *number)
{
    size_t from = 0;

    for (;;) {
        const struct dw_span rest = skip(text, from);
        const size_t at = find_text(rest, number);
        const char before = from + at > 0 ? text.at[from + at - 1] : ' ';
        const struct dw_span behind = skip(rest, at + strlen(number));

        if (at == rest.len) {
            return false;
        }
        if (strchr(" \t\n:='\"[(", before) != NULL &&
            (behind.len == 0 || strchr(" \t\r\n:;,.'\")]}", behind.at[0]) != NULL)) {
            return true;
        }
        from += at + strlen(number);
    }
}

/* A line of somebody's log that tells of a refusal in words of its own. */
static bool tells_refusal(struct dw_span line)
{
    static const char *const NUMBERS[] = {"401", "403", "407"};
    static const char *const WORDS[] = {"unauthorized", "unauthorised", "forbidden",
                                        "http",         "status",       "authentication"};

    for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
        for (size_t k = 0; has_number(line, NUMBERS[i]) && k < sizeof(WORDS) / sizeof(WORDS[0]);
             k++) {
            if (span_has(line, WORDS[k])) {
                return true;
            }
        }
    }
    return false;
}

static bool has_refusal(struct dw_span text)
{
    struct lines lines;

    lines_init(&lines, first(text, SEARCHED_MAX));
    while (lines_next(&lines)) {
        if (tells_refusal(first(lines.line, HEARD_MAX))) {
            return true;
        }
    }
    return false;
}

static int status_of(struct dw_span text)
{
    static const struct {
        const char *digits;
        int status;
    } STATUSES[] = {{"407", 407}, {"401", 401}, {"403", 403}, {"419", 419}, {"400", 400}};

    text = first(text, SEARCHED_MAX);
    for (size_t i = 0; i < sizeof(STATUSES) / sizeof(STATUSES[0]); i++) {
        if (has_number(text, STATUSES[i].digits)) {
            return STATUSES[i].status;
        }
    }
    return 0;
}

static bool is_of_login(struct dw_span text)
{
    static const char *const WORDS[] = {"auth",   "Auth", "token", "Token", "Bearer",
                                        "bearer", "JWT",  "Jwt",   "jwt"};

    text = first(text, SEARCHED_MAX);
    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (find_text(text, WORDS[i]) < text.len) {
            return true;
        }
    }
    return status_of(text) != 0;
}

bool is_said(struct dw_span text)
{
    struct dw_span rest = trimmed(text);
    char challenge[CHALLENGE_MAX];
    size_t n = begins(rest, "{") ? WORDS_MIN : 0; /* a line of a JSON log may be one word */

    while (n < WORDS_MIN && next_word(&rest).len > 0) {
        n++;
    }
    return n == WORDS_MIN && (said_line(text) > 0 || take_challenge(text, challenge) > 0 ||
                              has_refusal(text) || (is_of_login(text) && wording_stands(text)));
}

/* -- Reading it ------------------------------------------------------------------------------------------ */

/* "GET https://api.example.com/v1" anywhere: what was asked for. */
static void take_request(struct capture *capture, struct exchange *exchange, struct dw_span text)
{
    static const char *const METHODS[] = {"GET \"http", "GET http",    "POST http", "PUT http",
                                          "HEAD http",  "DELETE http", "PATCH http"};

    text = first(text, SEARCHED_MAX);
    for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
        struct dw_span rest = skip(text, find_text(text, METHODS[i]));
        struct dw_span method = next_word(&rest), url = next_word(&rest);

        url = begins(url, "\"") ? skip(url, 1) : url;
        if (method.len > 0 && find_text(url, "://") <= strlen("https")) {
            exchange->method = arena_keep(capture->arena, method);
            exchange->url = arena_keep(capture->arena, first(url, find_char(url, '"')));
            return;
        }
    }
}

static void fill(struct capture *capture, struct exchange *exchange, struct dw_span text)
{
    const bool is_challenge = is_challenge_alone(text);
    const int status = is_challenge ? 401 : status_of(text);
    const unsigned line = said_line(text);
    char challenge[CHALLENGE_MAX];
    const size_t len = is_challenge ? 0 : take_challenge(text, challenge);

    exchange->place = (struct place){is_challenge || line == 0 ? 1 : line, 0};
    exchange->status = status != 0 ? status : 401;
    exchange->response.is_there = true;
    exchange->response.place = exchange->place;
    take_request(capture, exchange, text);
    if (is_challenge) {
        (void)capture_add_field(capture, &exchange->response, DW_SPAN("WWW-Authenticate"),
                                trimmed(text), exchange->place);
    } else {
        capture_add_body(capture, &exchange->response, trimmed(text));
    }
    if (len > 0) {
        (void)capture_add_field(capture, &exchange->response, DW_SPAN("WWW-Authenticate"),
                                (struct dw_span){challenge, len}, exchange->place);
    }
    if (status == 0) {
        capture_add_note(capture, exchange,
                         DW_SPAN("the status was not captured; taken to be 401"));
    }
}

int said_read(struct dw_span text, const char *name, struct capture **capture,
              struct complaint *why)
{
    struct capture *made = capture_new(CAPTURE_HTTP, name);
    struct exchange *exchange = made != NULL ? capture_add(made) : NULL;

    if (exchange == NULL) {
        capture_free(made);
        return complain(why, "out of memory");
    }
    fill(made, exchange, text);
    *capture = made;
    return 0;
}

/* -- Beside an exchange ---------------------------------------------------------------------------------- */

static bool says_why(const struct exchange *exchange)
{
    const struct capture_message *response = &exchange->response;

    for (size_t i = 0; i < response->n_fields; i++) {
        if (server_text_stands(response->fields[i].value)) {
            return true;
        }
    }
    return server_text_stands(response->body);
}

static struct dw_span line_at(struct dw_span text, unsigned number)
{
    struct lines lines;

    lines_init(&lines, text);
    while (lines_next(&lines) && lines.number < number) {
    }
    return lines.line;
}

void said_join(struct capture *capture, struct dw_span text)
{
    struct exchange *refusal = NULL;
    unsigned number;

    for (size_t i = 0; i < capture->n_exchanges; i++) {
        struct exchange *exchange = capture->exchanges[i];

        if (says_why(exchange)) {
            return;
        }
        refusal = exchange->status >= 400 && exchange->response.body.len == 0 ? exchange : refusal;
    }
    number = refusal != NULL ? said_line(text) : 0;
    if (number > 0) {
        capture_add_body(capture, &refusal->response, trimmed(line_at(text, number)));
    }
}
