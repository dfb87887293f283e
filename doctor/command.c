/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "complaint.h"
#include "transcript.h"

struct splitter {
    struct arena *arena;
    struct dw_span rest;
    const char *begin; /* of the text */
    char *word;        /* as long as the text may get */
    size_t len;
    bool has_word;
    char **words;
    size_t n;
};

static void put(struct splitter *splitter, char c)
{
    splitter->word[splitter->len++] = c;
    splitter->has_word = true;
}

static char peek(const struct splitter *splitter, size_t ahead)
{
    return ahead < splitter->rest.len ? splitter->rest.at[ahead] : '\0';
}

static void step(struct splitter *splitter, size_t n)
{
    splitter->rest = skip(splitter->rest, n);
}

static int end_word(struct splitter *splitter, struct complaint *why)
{
    char *word;

    if (!splitter->has_word) {
        return 0;
    }
    word = splitter->n < COMMAND_WORDS_MAX ? arena_take(splitter->arena, splitter->len + 1) : NULL;
    if (word == NULL) {
        return complain(why, "a command of more than %d words, or too long", COMMAND_WORDS_MAX);
    }
    memcpy(word, splitter->word, splitter->len);
    splitter->words[splitter->n++] = word;
    splitter->len = 0;
    splitter->has_word = false;
    return 0;
}

static int refuse_open_quote(const struct splitter *splitter, struct dw_span quote,
                             struct complaint *why)
{
    unsigned line = 1;

    for (const char *at = splitter->begin; at < quote.at; at++) {
        line += *at == '\n' ? 1 : 0;
    }
    return complain(why, "the quote %c that begins in the command's line %u does not end",
                    quote.at[0], line);
}

/* \n \t \r and \x41 \u0041 of $'...'; how many bytes it took. */
static size_t put_escape(struct splitter *splitter)
{
    static const char NAMES[] = "ntr", MEANT[] = "\n\t\r";
    const char c = peek(splitter, 1);
    const char *name = c != '\0' ? strchr(NAMES, c) : NULL;
    const size_t digits = c == 'x' ? 2 : 4;
    unsigned value = 0;
    size_t n = 0;

    if (c != 'x' && c != 'u') {
        put(splitter, name != NULL ? MEANT[name - NAMES] : c);
        return 2;
    }
    while (n < digits && strchr("0123456789abcdefABCDEF", peek(splitter, 2 + n)) != NULL &&
           peek(splitter, 2 + n) != '\0') {
        const char digit = peek(splitter, 2 + n++);

        value = 16 * value + (unsigned)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    put(splitter, value < 0x80 ? (char)value : '?');
    return 2 + n;
}

static int take_single(struct splitter *splitter, bool has_escapes, struct complaint *why)
{
    const struct dw_span quote = splitter->rest;

    splitter->has_word = true;
    step(splitter, 1);
    while (splitter->rest.len > 0 && peek(splitter, 0) != '\'') {
        if (has_escapes && peek(splitter, 0) == '\\' && splitter->rest.len > 1) {
            step(splitter, put_escape(splitter));
        } else {
            put(splitter, peek(splitter, 0));
            step(splitter, 1);
        }
    }
    if (splitter->rest.len == 0) {
        return refuse_open_quote(splitter, quote, why);
    }
    step(splitter, 1);
    return 0;
}

static int take_double(struct splitter *splitter, struct complaint *why)
{
    const struct dw_span quote = splitter->rest;

    splitter->has_word = true;
    step(splitter, 1);
    while (splitter->rest.len > 0 && peek(splitter, 0) != '"') {
        const char c = peek(splitter, 0), next = peek(splitter, 1);

        if (c == '\\' && next == '\n') {
            step(splitter, 2);
        } else if ((c == '\\' && next != '\0' && strchr("$`\"\\", next) != NULL) ||
                   (c == '`' && next == '"')) {
            put(splitter, next);
            step(splitter, 2);
        } else {
            put(splitter, c);
            step(splitter, 1);
        }
    }
    if (splitter->rest.len == 0) {
        return refuse_open_quote(splitter, quote, why);
    }
    step(splitter, 1);
    return 0;
}

/* The end of a line that goes on with the next one; 0: it does not. */
static size_t continuation_len(const struct splitter *splitter)
{
    if (peek(splitter, 0) != '\\' && peek(splitter, 0) != '`') {
        return 0;
    }
    if (peek(splitter, 1) == '\n') {
        return 2;
    }
    return peek(splitter, 1) == '\r' && peek(splitter, 2) == '\n' ? 3 : 0;
}

/* What a shell would not give to curl any more. An & inside of a word is a URL's that nobody quoted. */
static bool is_end(const struct splitter *splitter)
{
    const char c = peek(splitter, 0), next = peek(splitter, 1);

    return c == '\n' || c == '|' || c == ';' ||
           (c == '&' && (next == '&' || next == ' ' || next == '\n' || splitter->rest.len == 1));
}

/* "2>&1", "> out.txt" */
static bool take_redirection(struct splitter *splitter)
{
    if (peek(splitter, 0) != '>' || splitter->len > 1 ||
        (splitter->len == 1 && splitter->word[0] != '1' && splitter->word[0] != '2')) {
        return false;
    }
    splitter->len = 0;
    splitter->has_word = false;
    while (peek(splitter, 0) == '>' || peek(splitter, 0) == '&') {
        step(splitter, 1);
    }
    while (peek(splitter, 0) == ' ') {
        step(splitter, 1);
    }
    while (splitter->rest.len > 0 && strchr(" \t\r\n", peek(splitter, 0)) == NULL) {
        step(splitter, 1);
    }
    return true;
}

static int take_one(struct splitter *splitter, struct complaint *why)
{
    const char c = peek(splitter, 0);
    const size_t continuation = continuation_len(splitter);

    if (c == '\'') {
        return take_single(splitter, false, why);
    }
    if (c == '"') {
        return take_double(splitter, why);
    }
    if (c == '$' && peek(splitter, 1) == '\'') {
        step(splitter, 1);
        return take_single(splitter, true, why);
    }
    if (continuation > 0 || take_redirection(splitter)) {
        step(splitter, continuation);
        return 0;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
        step(splitter, 1);
        return end_word(splitter, why);
    }
    if (c == '\\' && splitter->rest.len > 1) {
        step(splitter, 1);
    }
    put(splitter, peek(splitter, 0));
    step(splitter, 1);
    return 0;
}

/* Windows' cmd: ^ takes its meaning from the next character, and a line end away. */
static struct dw_span without_carets(struct arena *arena, struct dw_span text)
{
    char *made = arena_take(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; made != NULL && i < text.len; i++) {
        const bool is_caret = text.at[i] == '^' && i + 1 < text.len;

        i += is_caret ? 1 : 0;
        i += is_caret && text.at[i] == '\r' && i + 1 < text.len && text.at[i + 1] == '\n' ? 1 : 0;
        if (!is_caret || text.at[i] != '\n') {
            made[len++] = text.at[i];
        }
    }
    return (struct dw_span){made, len};
}

static bool is_of_cmd(struct dw_span text)
{
    return find_text(text, "^\n") < text.len || find_text(text, "^\r\n") < text.len ||
           find_text(text, "^\"") < text.len;
}

static bool is_prompt(const char *word)
{
    return strcmp(word, "$") == 0 || strcmp(word, "#") == 0 || strcmp(word, "%") == 0 ||
           strcmp(word, ">") == 0;
}

int command_split(struct arena *arena, struct dw_span text, char ***words, size_t *n,
                  struct complaint *why)
{
    struct splitter splitter = {.arena = arena};
    size_t from;

    text = trimmed(text);
    text = begins(text, "> ") ? skip(text, 2) : text;
    if (find_char(text, '\0') < text.len) {
        return complain(why, "a command with a NUL at its byte %zu", find_char(text, '\0'));
    }
    splitter.rest = is_of_cmd(text) ? without_carets(arena, text) : text;
    splitter.begin = splitter.rest.at;
    splitter.word = arena_take(arena, text.len + 1);
    splitter.words = arena_take(arena, (COMMAND_WORDS_MAX + 1) * sizeof(*splitter.words));
    if (splitter.rest.at == NULL || splitter.word == NULL || splitter.words == NULL) {
        return complain(why, "a command that is too long");
    }
    while (splitter.rest.len > 0 && !is_end(&splitter)) {
        if (take_one(&splitter, why) != 0) {
            return -1;
        }
    }
    if (end_word(&splitter, why) != 0) {
        return -1;
    }
    from = splitter.n > 0 && is_prompt(splitter.words[0]) ? 1 : 0;
    if (splitter.n == from) {
        return complain(why, "no command");
    }
    *words = splitter.words + from;
    *n = splitter.n - from;
    return 0;
}
