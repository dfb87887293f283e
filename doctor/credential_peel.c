/* SPDX-License-Identifier: Apache-2.0 */
#include "credential.h"

#include <string.h>

#include "scene.h"

void peel_blame(struct peel *peel, const char *cause, const char *at, size_t len, const char *says)
{
    struct credential *credential = peel->credential;
    const struct defect defect = {cause, (size_t)(at - credential->value.at), len, says, 0};

    for (size_t i = 0; i < credential->n_defects; i++) {
        if (strcmp(credential->defects[i].cause, cause) == 0) {
            return;
        }
    }
    if (credential->n_defects < CREDENTIAL_DEFECTS_MAX) {
        credential->defects[credential->n_defects++] = defect;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

size_t blanks_at(struct dw_span text)
{
    size_t n = 0;

    while (n < text.len && is_blank(text.at[n])) {
        n++;
    }
    return n;
}

void peel_drop(struct peel *peel, size_t n)
{
    peel->rest = span_behind(peel->rest, n);
}

/* -- What is around it ------------------------------------------------------------------------- */

/* The line end a text ends with, as it is or written out; 0: none. */
static size_t line_end(struct dw_span text)
{
    static const char *const ENDS[] = {"\r\n", "\n", "\r", "\\r\\n", "\\n", "%0D%0A", "%0A"};

    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        const size_t len = strlen(ENDS[i]);

        if (text.len >= len && span_is(span_behind(text, text.len - len), ENDS[i])) {
            return len;
        }
    }
    return 0;
}

static void peel_line_ends(struct peel *peel)
{
    size_t len = line_end(peel->rest);

    while (len > 0) {
        peel->rest.len -= len;
        if (peel->place != CREDENTIAL_ALONE) {
            peel_blame(peel, "header.newline", peel->rest.at + peel->rest.len, len,
                       "a line end belongs to the value");
        }
        len = line_end(peel->rest);
    }
}

static void peel_blanks(struct peel *peel)
{
    const size_t before = blanks_at(peel->rest);
    size_t behind = 0;

    if (before > 0 && peel->place != CREDENTIAL_ALONE) {
        peel_blame(peel, "header.extra_whitespace", peel->rest.at, before,
                   "blanks stand before the value");
    }
    peel_drop(peel, before);
    while (behind < peel->rest.len && is_blank(peel->rest.at[peel->rest.len - 1 - behind])) {
        behind++;
    }
    peel->rest.len -= behind;
    if (behind > 0 && peel->place != CREDENTIAL_ALONE) {
        peel_blame(peel, "header.extra_whitespace", peel->rest.at + peel->rest.len, behind,
                   "blanks stand behind the value");
    }
}

static size_t name_len(struct dw_span text)
{
    static const char *const NAMES[] = {"Authorization", "Authentication", "Proxy-Authorization"};
    bool is_list;

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        const size_t len = strlen(NAMES[i]);
        const struct dw_span behind = span_behind(text, len);
        const size_t gap = blanks_at(behind);

        if (!span_begins(text, NAMES[i]) || gap == behind.len) {
            continue;
        }
        if (behind.at[gap] == ':' || behind.at[gap] == '=') {
            return len + gap + 1;
        }
        if (gap > 0 && known_scheme(span_behind(behind, gap), &is_list) > 0) {
            return len + gap;
        }
    }
    return 0;
}

void peel_name(struct peel *peel)
{
    const size_t len = name_len(peel->rest);

    if (len == 0) {
        return;
    }
    if (peel->place != CREDENTIAL_ALONE) {
        peel_blame(peel, "header.name_in_value", peel->rest.at, len,
                   "the field's name stands in its value again");
    }
    peel_drop(peel, len);
    peel_drop(peel, blanks_at(peel->rest));
}

/* -- Quotes ------------------------------------------------------------------------------------ */

/* How long the quote is that the text begins with: ", ', `, \", b' */
static size_t opening(struct dw_span text)
{
    if (span_begins(text, "b'") || span_begins(text, "b\"") || span_begins(text, "\\\"")) {
        return 2;
    }
    return text.len > 0 && strchr("\"'`", text.at[0]) != NULL && text.at[0] != '\0' ? 1 : 0;
}

static size_t closing(struct dw_span text)
{
    if (text.len == 0 || text.at[text.len - 1] == '\0' ||
        strchr("\"'`", text.at[text.len - 1]) == NULL) {
        return 0;
    }
    return text.len >= 2 && text.at[text.len - 2] == '\\' ? 2 : 1;
}

static const char *quote_says(struct dw_span text, size_t open)
{
    if (open == 2 && text.at[0] == 'b') {
        return "Python's way to write bytes, sent as it is";
    }
    return open > 0 ? "the quotes are sent too" : "a quote is sent too";
}

void peel_quotes(struct peel *peel)
{
    const struct dw_span whole = peel->rest;
    const size_t open = opening(whole);
    const size_t close = closing(span_behind(whole, open));

    if (open == 0 && close == 0) {
        return;
    }
    peel->rest = (struct dw_span){whole.at + open, whole.len - open - close};
    if (peel->place == CREDENTIAL_ALONE) {
        return;
    }
    peel_blame(peel, "header.quoted_token", open > 0 ? whole.at : whole.at + whole.len - close,
               open > 0 ? whole.len : close, quote_says(whole, open));
}

static void peel_quotes_around(struct peel *peel)
{
    if (opening(peel->rest) > 0 && closing(span_behind(peel->rest, opening(peel->rest))) > 0) {
        peel_quotes(peel);
    }
}

/* The quotes are around the whole field, as one is pasted; or behind its name, and then they were sent. */
void peel_around(struct peel *peel)
{
    const enum credential_place place = peel->place;

    peel_line_ends(peel);
    peel_blanks(peel);
    peel_quotes_around(peel);
    const char *before = peel->rest.at;
    peel_name(peel);
    peel->place = peel->rest.at != before ? CREDENTIAL_FIELD : place;
    peel_quotes_around(peel);
    peel->place = place;
}
