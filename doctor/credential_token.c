/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"

#include <string.h>

#include "scene.h"

#define ELLIPSIS 0x2026 /* what shows that a text was cut */

/* -- A whole answer of a token endpoint -------------------------------------------------------- */

static const char *find_text(struct dw_span in, const char *text)
{
    return in.len > 0 ? memmem(in.at, in.len, text, strlen(text)) : NULL;
}

/* The text behind "access_token": in what is nearly JSON. */
static struct dw_span member_text(struct dw_span in, const char *name)
{
    const char *found = find_text(in, name);
    struct dw_span rest = found != NULL ? span_behind(in, (size_t)(found - in.at) + strlen(name))
                                        : (struct dw_span){NULL, 0};
    size_t len = 0;

    while (rest.len > 0 && rest.at[0] != '\0' && strchr("\\\"':= \t", rest.at[0]) != NULL) {
        rest = span_behind(rest, 1);
    }
    while (len < rest.len && rest.at[len] != '\0' && strchr("\\\"', \t}", rest.at[len]) == NULL) {
        len++;
    }
    return (struct dw_span){rest.at, len};
}

/* As JSON has it, or as Java prints a map: {access_token=..., expires_in=3600}. */
static bool is_object(struct dw_span text)
{
    const bool is_quoted = find_text(text, "\"") != NULL || find_text(text, "'") != NULL;

    return (is_quoted && memchr(text.at, ':', text.len) != NULL) ||
           find_text(text, "token=") != NULL;
}

bool peel_json(struct peel *peel)
{
    static const char *const NAMES[] = {"access_token", "accessToken", "id_token", "token"};
    const char *brace = peel->rest.len > 0 ? memchr(peel->rest.at, '{', peel->rest.len) : NULL;

    for (size_t i = 0; brace != NULL && i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        const struct dw_span from = span_behind(peel->rest, (size_t)(brace - peel->rest.at));
        const struct dw_span text = member_text(from, NAMES[i]);

        if (text.len > 0 && is_object(from)) {
            if (peel->place != CREDENTIAL_ALONE) {
                peel_blame(peel, "header.json_blob", brace, from.len,
                           "a whole JSON answer; the token alone goes here");
            }
            peel->rest = text;
            return true;
        }
    }
    return false;
}

/* -- The token --------------------------------------------------------------------------------- */

static const char *separator_in(struct dw_span text)
{
    const char *comma = text.len > 0 ? memchr(text.at, ',', text.len) : NULL;

    return comma == NULL && text.len > 0 ? memchr(text.at, ';', text.len) : comma;
}

/* "Basic x, Bearer y": two of them in one value. */
void peel_second(struct peel *peel)
{
    const char *comma = separator_in(peel->rest);
    struct dw_span behind;
    bool is_list;
    size_t len;

    if (comma == NULL) {
        return;
    }
    behind = span_bare(span_behind(peel->rest, (size_t)(comma - peel->rest.at) + 1));
    len = known_scheme(behind, &is_list);
    if (len > 0 && len < behind.len && behind.at[len] == ' ') {
        peel_blame(peel, "header.multiple_authorization", comma, 1,
                   "a second credential begins here");
        peel->rest.len = (size_t)(comma - peel->rest.at);
    }
}

/* "U+200B ZERO WIDTH SPACE" */
static const char *say_stranger(struct peel *peel, const struct stranger *stranger)
{
    if (stranger->code == 0) {
        return arena_print(peel->arena, "the byte 0x%02X, which is no UTF-8",
                           (unsigned char)peel->rest.at[stranger->at]);
    }
    return arena_print(peel->arena, "U+%04X %s", stranger->code,
                       stranger->name != NULL ? stranger->name : "is no ASCII");
}

/* The first quote of a word processor, and the first of all others. */
static void look_at_strangers(struct peel *peel)
{
    struct stranger stranger;
    bool is_seen[2] = {false, false};
    size_t at = 0;

    while (stranger_find(peel->rest, at, &stranger)) {
        if (stranger.code == ELLIPSIS) {
            peel_blame(peel, "header.truncated", peel->rest.at + stranger.at, stranger.len,
                       "an ellipsis stands where more was left out");
        } else if (!is_seen[stranger.is_quote]) {
            peel_blame(peel, stranger.is_quote ? "header.smart_quotes" : "header.invisible_unicode",
                       peel->rest.at + stranger.at, stranger.len, say_stranger(peel, &stranger));
            is_seen[stranger.is_quote] = true;
        }
        at = stranger.at + stranger.len;
    }
}

static void look_for_line_ends(struct peel *peel)
{
    for (size_t i = 0; i < peel->rest.len && peel->place != CREDENTIAL_ALONE; i++) {
        if (peel->rest.at[i] == '\n' || peel->rest.at[i] == '\r') {
            peel_blame(peel, "header.newline", peel->rest.at + i, 1,
                       "a line ends within the token");
            return;
        }
    }
}

static void look_for_percent(struct peel *peel)
{
    for (size_t i = 0; i < peel->rest.len; i++) {
        if (is_percent(peel->rest, i)) {
            peel_blame(peel, "header.percent_encoded", peel->rest.at + i, 3,
                       "encoded as in a URL; a field takes it as it is");
            peel->rest = percent_open(peel->arena, peel->rest);
            return;
        }
    }
}

/* Without what is not ASCII, and without blanks and line ends. */
static struct dw_span cleaned(struct arena *arena, struct dw_span token)
{
    char *bytes = arena_take(arena, token.len + 1);
    size_t len = 0;

    for (size_t i = 0; bytes != NULL && i < token.len; i++) {
        if ((unsigned char)token.at[i] < 0x7f && (unsigned char)token.at[i] > ' ') {
            bytes[len++] = token.at[i];
        }
    }
    return (struct dw_span){bytes, len};
}

static const char *illegal_says(struct peel *peel, unsigned char c)
{
    if (c == ' ' || c == '\t') {
        return "a blank within the token";
    }
    if (c == '=') {
        return "= stands only at the end of a token";
    }
    return c > ' ' && c < 0x7f
               ? arena_print(peel->arena, "%c cannot stand in a token", c)
               : arena_print(peel->arena, "the byte 0x%02X cannot stand in a token", c);
}

/* What a defect of its own names: base64 in a JWT's parts is the token's matter. */
static bool is_for_others(struct dw_span token, size_t at)
{
    return (unsigned char)token.at[at] >= 0x80 || token.at[at] == '\r' || token.at[at] == '\n' ||
           is_percent(token, at) || (token.at[at - (at > 0)] == '=' && span_begins(token, "eyJ")) ||
           (token.at[at] == '=' && span_begins(token, "eyJ"));
}

/* Apart from | and :, which some put between a number and a secret. */
static bool is_usual_otherwise(struct dw_span token)
{
    for (size_t i = 0; i < token.len; i++) {
        const struct dw_span one = {token.at + i, 1};

        if (b64token_end(one) == 0 && token.at[i] != '|' && token.at[i] != ':' &&
            token.at[i] != '=') {
            return false;
        }
    }
    return true;
}

/* RFC 6750 s2.1. Some who issue opaque tokens take more than that; a JWT has no room for it. */
static void look_for_illegal(struct peel *peel)
{
    struct credential *credential = peel->credential;
    const size_t at = b64token_end(peel->rest);
    const size_t n = credential->n_defects;

    if (at >= peel->rest.len || is_for_others(peel->rest, at) ||
        span_is(credential->scheme, "Basic")) {
        return;
    }
    peel_blame(peel, "header.illegal_char", peel->rest.at + at, 1,
               illegal_says(peel, (unsigned char)peel->rest.at[at]));
    if (n < credential->n_defects && !span_begins(peel->rest, "eyJ")) {
        credential->defects[n].confidence = is_usual_otherwise(peel->rest) ? 45 : 75;
    }
}

/* <eyJ...>: somebody filled in a template and left its brackets. */
static void peel_brackets(struct peel *peel)
{
    const struct dw_span rest = peel->rest;

    if (rest.len > 2 && memchr("<[{", rest.at[0], 3) != NULL &&
        memchr(">]}", rest.at[rest.len - 1], 3) != NULL) {
        peel_blame(peel, "header.illegal_char", rest.at, 1, "the brackets are sent too");
        peel->rest = (struct dw_span){rest.at + 1, rest.len - 2};
    }
}

void peel_token(struct peel *peel)
{
    const struct dw_span bare = peel->rest;
    const char *placeholder;

    if (peel_json(peel)) {
        peel->credential->token = peel->rest;
        return;
    }
    peel_quotes(peel);
    placeholder = placeholder_in(peel->rest);
    if (placeholder != NULL) {
        peel_blame(peel, "header.placeholder", bare.at, bare.len, placeholder);
        peel->credential->token = peel->rest;
        return;
    }
    peel_brackets(peel);
    look_at_strangers(peel);
    look_for_line_ends(peel);
    if (peel->place != CREDENTIAL_KEY) {
        look_for_illegal(peel);
    }
    look_for_percent(peel);
    peel->credential->token = cleaned(peel->arena, peel->rest);
}
