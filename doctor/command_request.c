/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "command_options.h"
#include "complaint.h"
#include "transcript.h"

/* The request that curl would send. */

static const char *base64(struct arena *arena, struct dw_span bytes)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = arena_take(arena, (bytes.len + 2) / 3 * 4 + 1);
    size_t len = 0;

    for (size_t i = 0; text != NULL && i < bytes.len; i += 3) {
        const unsigned a = (unsigned char)bytes.at[i];
        const unsigned b = i + 1 < bytes.len ? (unsigned char)bytes.at[i + 1] : 0;
        const unsigned c = i + 2 < bytes.len ? (unsigned char)bytes.at[i + 2] : 0;

        text[len++] = DIGITS[a >> 2];
        text[len++] = DIGITS[(a & 3) << 4 | b >> 4];
        text[len++] = i + 1 < bytes.len ? DIGITS[(b & 15) << 2 | c >> 6] : '=';
        text[len++] = i + 2 < bytes.len ? DIGITS[c & 63] : '=';
    }
    return text != NULL ? text : "";
}

static int hex(char c)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(DIGITS, c | 0x20) : NULL;

    return at != NULL ? (int)(at - DIGITS) : -1;
}

/* RFC 3986 s2.1; curl undoes it in a URL's user and password. */
static struct dw_span without_percents(struct arena *arena, struct dw_span text)
{
    char *made = arena_take(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; made != NULL && i < text.len; i++) {
        const bool is_escape = text.at[i] == '%' && i + 2 < text.len && hex(text.at[i + 1]) >= 0 &&
                               hex(text.at[i + 2]) >= 0;

        made[len++] =
            is_escape ? (char)(16 * hex(text.at[i + 1]) + hex(text.at[i + 2])) : text.at[i];
        i += is_escape ? 2 : 0;
    }
    return (struct dw_span){made, made != NULL ? len : 0};
}

/* -- The URL ------------------------------------------------------------------------------------------------ */

/* curl takes a URL without a scheme for an http one. */
static const char *with_scheme(struct arena *arena, const char *url)
{
    return find_text(dw_span_of(url), "://") < strlen(url) ? url
                                                           : arena_print(arena, "http://%s", url);
}

/* What is between "://" and the path. */
static struct dw_span authority_of(const char *url)
{
    const struct dw_span rest = skip(dw_span_of(url), find_text(dw_span_of(url), "://") + 3);
    size_t len = 0;

    while (len < rest.len && strchr("/?#", rest.at[len]) == NULL) {
        len++;
    }
    return first(rest, len);
}

static size_t find_userinfo_end(struct dw_span authority)
{
    size_t at = authority.len;

    while (at > 0 && authority.at[at - 1] != '@') {
        at--;
    }
    return at;
}

/* Takes https://alice:secret@host apart: the user is curl's -u then. */
static void split_userinfo(struct asked *asked)
{
    struct command *command = asked->command;
    const struct dw_span authority = authority_of(command->url);
    const size_t at = find_userinfo_end(authority);
    const size_t before = (size_t)(authority.at - command->url);
    struct dw_span user;

    if (at == 0) {
        return;
    }
    user = without_percents(asked->capture->arena, first(authority, at - 1));
    if (command->user == NULL) {
        command->user = arena_print(asked->capture->arena, "%.*s", (int)user.len, user.at);
    }
    command->url =
        arena_print(asked->capture->arena, "%.*s%s", (int)before, command->url, authority.at + at);
}

static void place_url(struct asked *asked)
{
    struct command *command = asked->command;

    command->url = with_scheme(asked->capture->arena, command->url);
    split_userinfo(asked);
    if (command->get && command->data != NULL) {
        command->url = arena_print(asked->capture->arena, "%s%c%s", command->url,
                                   strchr(command->url, '?') != NULL ? '&' : '?', command->data);
        command->data = NULL;
    }
}

/* -- Fields -------------------------------------------------------------------------------------------------- */

/* Whether -H sets, empties or removes that field. */
static bool is_overridden(const struct asked *asked, const char *name)
{
    const size_t len = strlen(name);

    for (size_t i = 0; i < asked->n_fields; i++) {
        const char *field = asked->fields[i];

        if (begins_nocase(dw_span_of(field), name) && (field[len] == ':' || field[len] == ';')) {
            return true;
        }
    }
    return false;
}

static void add(const struct asked *asked, struct exchange *exchange, const char *name,
                const char *value)
{
    if (value != NULL && !is_overridden(asked, name)) {
        (void)capture_add_field(asked->capture, &exchange->request, dw_span_of(name),
                                dw_span_of(value), exchange->place);
    }
}

/* Only its first word: the rest may be a secret. */
static void note_without_colon(const struct asked *asked, struct exchange *exchange,
                               struct dw_span line)
{
    const struct dw_span word = first(next_word(&line), 40);

    if (word.len > 0) {
        capture_add_note(asked->capture, exchange,
                         dw_span_of(arena_print(asked->capture->arena, "-H without a colon: %.*s",
                                                (int)word.len, word.at)));
    }
}

/* A shell does not know typographic quotes: they go along, and part what they were to hold together. */
static void note_quotes(const struct asked *asked, struct exchange *exchange, struct dw_span line)
{
    static const char *const QUOTES[] = {"\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9c",
                                         "\xe2\x80\x9d", "\xe2\x80\x9e"};

    for (size_t i = 0; i < sizeof(QUOTES) / sizeof(QUOTES[0]); i++) {
        if (begins(line, QUOTES[i])) {
            const struct dw_span name = first(line, find_char(line, ':'));

            capture_add_note(asked->capture, exchange,
                             dw_span_of(arena_print(
                                 asked->capture->arena, "-H begins with a typographic quote: %.*s",
                                 (int)(name.len < 40 ? name.len : 40), name.at)));
            return;
        }
    }
}

/* -H 'Name: value'; 'Name;' sends it empty, 'Name:' not at all. */
static void add_own(const struct asked *asked, struct exchange *exchange, const char *field)
{
    const struct dw_span line = dw_span_of(field);
    struct dw_span name = first(line, find_char(line, ':'));
    struct dw_span value = skip(line, name.len + 1);

    note_quotes(asked, exchange, line);
    if (name.len == line.len && line.len > 0 && line.at[line.len - 1] == ';') {
        name = first(line, line.len - 1);
    } else if (name.len == line.len || trimmed(value).len == 0) {
        note_without_colon(asked, exchange,
                           name.len == line.len ? line : (struct dw_span){NULL, 0});
        return;
    }
    while (value.len > 0 && (value.at[0] == ' ' || value.at[0] == '\t')) {
        value = skip(value, 1);
    }
    (void)capture_add_field(asked->capture, &exchange->request, name, value, exchange->place);
}

/* What curl can send before it has seen a challenge. */
static const char *authorization(const struct asked *asked)
{
    const struct command *command = asked->command;
    struct arena *arena = asked->capture->arena;

    if (asked->bearer != NULL) {
        return arena_print(arena, "Bearer %s", asked->bearer);
    }
    if (command->user == NULL || command->digest || command->ntlm || command->negotiate ||
        command->anyauth) {
        return NULL;
    }
    return arena_print(arena, "Basic %s",
                       base64(arena, strchr(command->user, ':') != NULL
                                         ? dw_span_of(command->user)
                                         : dw_span_of(arena_print(arena, "%s:", command->user))));
}

static const char *content_type(const struct asked *asked)
{
    if (asked->has_json) {
        return "application/json";
    }
    if (asked->has_form) {
        return "multipart/form-data";
    }
    return asked->command->data != NULL ? "application/x-www-form-urlencoded" : NULL;
}

static const char *method_of(const struct asked *asked)
{
    if (asked->method != NULL) {
        return asked->method;
    }
    if (asked->command->head) {
        return "HEAD";
    }
    if (asked->has_upload) {
        return "PUT";
    }
    return asked->command->data != NULL ? "POST" : "GET";
}

static void fill(const struct asked *asked, struct exchange *exchange)
{
    struct capture *capture = asked->capture;
    const struct dw_span host = authority_of(asked->command->url);

    exchange->method = arena_keep(capture->arena, dw_span_of(asked->command->method));
    exchange->url = arena_keep(capture->arena, dw_span_of(asked->command->url));
    exchange->request.is_there = true;
    exchange->request.place = exchange->place;
    add(asked, exchange, "Host", arena_print(capture->arena, "%.*s", (int)host.len, host.at));
    add(asked, exchange, "Authorization", authorization(asked));
    add(asked, exchange, "User-Agent", asked->agent);
    add(asked, exchange, "Accept", asked->has_json ? "application/json" : "*/*");
    add(asked, exchange, "Accept-Encoding",
        asked->is_compressed ? "deflate, gzip, br, zstd" : NULL);
    add(asked, exchange, "Referer", asked->referer);
    add(asked, exchange, "Cookie", asked->command->cookie);
    for (size_t i = 0; i < asked->n_fields; i++) {
        add_own(asked, exchange, asked->fields[i]);
    }
    add(asked, exchange, "Content-Type", content_type(asked));
    if (asked->command->data != NULL) {
        capture_add_body(capture, &exchange->request, dw_span_of(asked->command->data));
    }
    if (asked->unknown != NULL) {
        capture_add_note(
            capture, exchange,
            dw_span_of(arena_print(capture->arena, "option not known: %s", asked->unknown)));
    }
}

int asked_request(struct asked *asked, struct complaint *why)
{
    struct exchange *exchange;

    if (asked->command->url == NULL) {
        return complain(why, "the curl command names no URL");
    }
    place_url(asked);
    asked->command->method = method_of(asked);
    if (authority_of(asked->command->url).len == 0) {
        return complain(why, "the curl command's URL names no host: %.80s", asked->command->url);
    }
    exchange = capture_add(asked->capture);
    if (exchange == NULL) {
        return complain(why, "out of memory");
    }
    fill(asked, exchange);
    return 0;
}
