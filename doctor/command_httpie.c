/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "clean.h"

/* What HTTPie and xh are asked for, in curl's words. */

#define OUT_MAX COMMAND_WORDS_MAX /* words of curl's */

struct translation {
    struct arena *arena;
    char **out;
    size_t n;
    const char *method, *url, *auth;
    bool is_tls, is_bearer;
};

static void put(struct translation *to, const char *word)
{
    const size_t size = strlen(word) + 1;
    char *copy = to->n < OUT_MAX ? arena_take(to->arena, size) : NULL;

    if (copy != NULL) {
        memcpy(copy, word, size);
        to->out[to->n++] = copy;
    }
}

static void put_two(struct translation *to, const char *option, const char *value)
{
    if (to->n + 2 <= OUT_MAX) {
        put(to, option);
        put(to, value);
    }
}

bool is_httpie(struct dw_span word)
{
    static const char *const NAMES[] = {"http", "https", "xh", "xhs"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (dw_span_equal(word, dw_span_of(NAMES[i]))) {
            return true;
        }
    }
    return false;
}

/* Whether the option's value is the next word. */
static bool takes_value(const char *option)
{
    static const char *const OPTIONS[] = {"-a",
                                          "--auth",
                                          "-A",
                                          "--auth-type",
                                          "-s",
                                          "--style",
                                          "-p",
                                          "--print",
                                          "-o",
                                          "-P",
                                          "--output",
                                          "--cert",
                                          "--session",
                                          "--timeout",
                                          "--verify",
                                          "--proxy",
                                          "--ssl",
                                          "--cert-key",
                                          "--raw",
                                          "--pretty",
                                          "--session-read-only",
                                          "--max-redirects"};

    for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++) {
        if (strcmp(option, OPTIONS[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void take_option(struct translation *to, const char *option, const char *value)
{
    if (strcmp(option, "-a") == 0 || strcmp(option, "--auth") == 0) {
        to->auth = value;
    } else if (strcmp(option, "-A") == 0 || strcmp(option, "--auth-type") == 0) {
        to->is_bearer = strcmp(value, "bearer") == 0;
    } else if (strcmp(option, "-F") == 0 || strcmp(option, "--follow") == 0) {
        put(to, "-L");
    }
}

static bool is_method(const char *word)
{
    const size_t len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    return len > 2 && word[len] == '\0';
}

/* ":8000/x" is this machine's; a URL without a scheme has the program's. */
static const char *whole_url(const struct translation *to, const char *word)
{
    const char *scheme = to->is_tls ? "https" : "http";

    if (strstr(word, "://") != NULL) {
        return word;
    }
    return arena_print(to->arena, "%s://%s%s", scheme, word[0] == ':' ? "localhost" : "", word);
}

/* Name:value is a field; name=value, name:=1 and name@file are the body's; name==value the query's. */
static void take_item(struct translation *to, const char *word)
{
    const size_t at = strcspn(word, ":=@");

    if (word[at] == ':' && word[at + 1] != '=') {
        put_two(to, "-H",
                arena_print(to->arena, "%.*s: %s", (int)at, word,
                            word[at + 1] == ' ' ? word + at + 2 : word + at + 1));
    } else if (word[at] == '=' && word[at + 1] == '=') {
        to->url =
            arena_print(to->arena, "%s%c%.*s=%s", to->url, strchr(to->url, '?') != NULL ? '&' : '?',
                        (int)at, word, word + at + 2);
    } else if (word[at] != '\0') {
        put_two(to, "-d", word);
    }
}

static void take_word(struct translation *to, const char *word)
{
    if (to->url != NULL) {
        take_item(to, word);
    } else if (to->method == NULL && is_method(word)) {
        to->method = word;
    } else {
        to->url = whole_url(to, word);
    }
}

static void end(struct translation *to)
{
    if (to->method != NULL) {
        put_two(to, "-X", to->method);
    }
    if (to->auth != NULL && to->is_bearer) {
        put_two(to, "-H", arena_print(to->arena, "Authorization: Bearer %s", to->auth));
    } else if (to->auth != NULL) {
        put_two(to, "-u", to->auth);
    }
    if (to->url != NULL) {
        put(to, to->url);
    }
}

bool httpie_translate(struct arena *arena, char ***words, size_t *n)
{
    struct translation to = {.arena = arena};

    to.out = arena_take(arena, (OUT_MAX + 1) * sizeof(*to.out));
    if (to.out == NULL || *n < 2 || !is_httpie(dw_span_of((*words)[0]))) {
        return false;
    }
    to.is_tls = strchr((*words)[0] + 1, 's') != NULL;
    put(&to, "curl");
    for (size_t i = 1; i < *n; i++) {
        const char *word = (*words)[i];

        if (word[0] == '-' && takes_value(word) && i + 1 < *n) {
            take_option(&to, word, (*words)[++i]);
        } else if (word[0] == '-') {
            take_option(&to, word, "");
        } else {
            take_word(&to, word);
        }
    }
    end(&to);
    *words = to.out;
    *n = to.n;
    return to.url != NULL;
}
