/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"

#include <string.h>

#include "scene.h"

#define REPEATS_MAX 4

/* -- The scheme -------------------------------------------------------------------------------- */

/* A word nobody here knows, and something behind it. */
static size_t unknown_scheme(struct dw_span text)
{
    size_t n = 0;

    while (n < text.len && n <= 24 &&
           ((text.at[n] >= 'a' && text.at[n] <= 'z') || (text.at[n] >= 'A' && text.at[n] <= 'Z') ||
            (n > 0 && ((text.at[n] >= '0' && text.at[n] <= '9') || text.at[n] == '-' ||
                       text.at[n] == '_')))) {
        n++;
    }
    return n > 1 && n < text.len && text.at[n] == ' ' && !span_begins(text, "eyJ") ? n : 0;
}

/* "Bearereyj...": a scheme that something sticks to. */
static size_t glued_scheme(struct dw_span text)
{
    static const struct {
        const char *name;
        size_t least; /* that must follow; more where a token may well begin so */
    } NAMES[] = {{"Bearer", 4}, {"Basic", 4}, {"DPoP", 4}, {"Token", 24}, {"ApiKey", 24}};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        const size_t len = strlen(NAMES[i].name);

        if (span_begins(text, NAMES[i].name) && text.len >= len + NAMES[i].least) {
            return len;
        }
    }
    return 0;
}

static void take_scheme(struct peel *peel, size_t len)
{
    peel->credential->scheme = (struct dw_span){peel->rest.at, len};
    peel_drop(peel, len);
}

/* What stands between a scheme and its token, where one space should. */
static void peel_separator(struct peel *peel)
{
    const struct dw_span rest = peel->rest;
    const size_t gap = blanks_at(rest);
    const char next = gap < rest.len ? rest.at[gap] : '\0';

    if (next == ':' || next == '=') {
        peel_blame(peel, next == ':' ? "header.scheme_colon" : "header.scheme_equals",
                   rest.at + gap, 1, "one space belongs here");
        peel_drop(peel, gap + 1);
        peel_drop(peel, blanks_at(peel->rest));
    } else if (next == ',') {
        peel_blame(peel, "header.missing_space", rest.at + gap, 1, "one space belongs here");
        peel_drop(peel, gap + 1);
        peel_drop(peel, blanks_at(peel->rest));
    } else if (span_begins(rest, "%20") || next == '+') {
        peel_blame(peel, "header.percent_encoded", rest.at + gap, next == '+' ? 1 : 3,
                   "a space, encoded as in a URL");
        peel_drop(peel, gap + (next == '+' ? 1 : 3));
    } else if (gap == 0 && rest.len > 0 && (unsigned char)rest.at[0] < 0x80) {
        peel_blame(peel, "header.missing_space", rest.at, 1, "one space is missing here");
    } else if (gap > 1 || (gap == 1 && rest.at[0] == '\t')) {
        peel_blame(peel, "header.extra_whitespace", rest.at, gap,
                   memchr(rest.at, '\t', gap) != NULL ? "a tab, where one space belongs"
                                                      : "more than one space");
        peel_drop(peel, gap);
    } else {
        peel_drop(peel, gap);
    }
}

/* A NO-BREAK SPACE between the two looks right. */
static bool peel_strange_space(struct peel *peel)
{
    struct stranger stranger;

    if (!stranger_find(peel->rest, 0, &stranger) || stranger.at != 0 || stranger.is_quote ||
        stranger.name == NULL) {
        return false;
    }
    peel_blame(peel, "header.invisible_unicode", peel->rest.at, stranger.len,
               arena_print(peel->arena, "U+%04X %s", stranger.code, stranger.name));
    peel_drop(peel, stranger.len);
    peel_drop(peel, blanks_at(peel->rest));
    return true;
}

static bool peel_scheme(struct peel *peel)
{
    struct credential *credential = peel->credential;
    size_t len = known_scheme(peel->rest, &credential->is_list);

    len = len == 0 && peel->place != CREDENTIAL_KEY ? unknown_scheme(peel->rest) : len;
    len = len == 0 ? glued_scheme(peel->rest) : len;
    if (len == 0 ||
        (peel->place == CREDENTIAL_KEY && (len >= peel->rest.len || peel->rest.at[len] != ' '))) {
        return false;
    }
    take_scheme(peel, len);
    if (!peel_strange_space(peel)) {
        peel_separator(peel);
    }
    return true;
}

/* Several name="value" (RFC 9110 s11.4), as OAuth 1 sends them under a name that others send tokens under. */
static bool has_parameters(struct dw_span text)
{
    size_t at = 0;

    while (at < text.len && text.at[at] != '\0' && strchr("=\", \t", text.at[at]) == NULL) {
        at++;
    }
    return at > 0 && span_begins(span_behind(text, at), "=\"") && span_has(text, "\",");
}

/* Rails: Token token=abc, Token token="abc" */
static void peel_parameter(struct peel *peel, size_t name_len)
{
    struct dw_span *rest = &peel->rest;

    peel_drop(peel, name_len);
    if (rest->len > 2 && rest->at[0] == '"' && rest->at[rest->len - 1] == '"') {
        *rest = (struct dw_span){rest->at + 1, rest->len - 2};
    }
}

/* "Bearer Bearer x"; the last one that means something is the scheme. */
static void peel_repeats(struct peel *peel)
{
    struct credential *credential = peel->credential;

    for (int i = 0; i < REPEATS_MAX; i++) {
        const struct dw_span first = credential->scheme;
        const char *at = peel->rest.at;
        bool is_list = false;
        const size_t len = known_scheme(peel->rest, &is_list);
        const char next = len > 0 && len < peel->rest.len ? at[len] : '\0';

        if (len == 0 || next == '\0' || strchr(" :\t=", next) == NULL ||
            (next == '=' && credential->is_list)) {
            return;
        }
        if (next == '=' && span_is(first, "Token")) {
            peel_parameter(peel, len + 1);
            return;
        }
        peel_blame(peel, "header.duplicate_scheme", at, len, "a scheme stands here already");
        take_scheme(peel, len);
        peel_drop(peel, 1);
        peel_drop(peel, blanks_at(peel->rest));
        if (span_begins(credential->scheme, "Token") || span_is(credential->scheme, "JWT")) {
            credential->scheme = first;
        } else {
            credential->is_list = is_list;
        }
    }
}

/* -- All of it --------------------------------------------------------------------------------- */

/* A place that keys have to themselves needs no scheme; some servers forgive it. */
static void look_for_needless(struct peel *peel)
{
    struct credential *credential = peel->credential;
    const size_t n = credential->n_defects;

    if (peel->place != CREDENTIAL_KEY) {
        return;
    }
    peel_blame(peel, "header.duplicate_scheme", credential->scheme.at, credential->scheme.len,
               "a key's own field takes no scheme");
    if (n < credential->n_defects) {
        credential->defects[n].confidence = 75;
    }
}

/* "Bearer access_token=x&expires_in=3600": an answer in a URL's fragment, or what a form was to hold. */
static void peel_form(struct peel *peel)
{
    static const char NAME[] = "access_token=";
    const char *end;

    if (!span_is(peel->credential->scheme, "Bearer") || !span_begins(peel->rest, NAME)) {
        return;
    }
    peel_blame(peel, "header.json_blob", peel->rest.at, strlen(NAME),
               "the token's name is sent too; the token alone goes here");
    peel_drop(peel, strlen(NAME));
    end = peel->rest.len > 0 ? memchr(peel->rest.at, '&', peel->rest.len) : NULL;
    peel->rest.len = end != NULL ? (size_t)(end - peel->rest.at) : peel->rest.len;
}

static void look_at_scheme(struct peel *peel)
{
    struct credential *credential = peel->credential;

    if (peel_scheme(peel)) {
        look_for_needless(peel);
        peel_name(peel);
        peel_form(peel);
        peel_repeats(peel);
    } else if (peel->place == CREDENTIAL_FIELD && peel->rest.len > 0 &&
               placeholder_in(peel->rest) == NULL) {
        peel_blame(peel, "header.missing_scheme", peel->rest.at, peel->rest.len,
                   "a scheme is missing before this");
    }
    if (peel->rest.len == 0 && peel->place != CREDENTIAL_ALONE &&
        !span_is(credential->scheme, "Negotiate") && !span_is(credential->scheme, "NTLM")) {
        peel_blame(peel, "header.empty_token", credential->value.at, credential->value.len,
                   "nothing follows");
    }
}

void credential_open(struct arena *arena, struct dw_span value, enum credential_place place,
                     struct credential *credential)
{
    *credential = (struct credential){.value = value};
    struct peel peel = {arena, credential, place, value};
    if (value.at == NULL) {
        return;
    }
    peel_around(&peel);
    if (peel.rest.len > 0 && peel.rest.at[0] == '{' && placeholder_in(peel.rest) == NULL &&
        peel_json(&peel)) {
        credential->token = peel.rest;
        return;
    }
    look_at_scheme(&peel);
    credential->is_list = credential->is_list || has_parameters(peel.rest);
    peel_second(&peel);
    if (credential->is_list) {
        credential->token = peel.rest;
    } else {
        peel_token(&peel);
    }
}
