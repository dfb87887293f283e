/* SPDX-License-Identifier: Apache-2.0 */
#include "inspection.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_MAX    6
#define SHAPE_MEMORY (4 << 20)

/* -- base64url, as far as it goes --------------------------------------------------------------- */

/* The six bits of a character in base64url or base64, or -1. */
static int read_sextet(char c)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const char *found = c != '\0' ? strchr(ALPHABET, c) : NULL;

    if (found != NULL) {
        return (int)(found - ALPHABET);
    }
    if (c == '-' || c == '+') {
        return 62;
    }
    return c == '_' || c == '/' ? 63 : -1;
}

/* What base64url holds against a character; NULL: nothing. */
static const char *fault_in(char c)
{
    if (c == '=') {
        return "base64url in a token has no padding";
    }
    if (c == '+' || c == '/') {
        return "this is base64; base64url writes - for + and _ for /";
    }
    return read_sextet(c) < 0 ? "this is no character of base64url" : NULL;
}

static void note_fault(struct dw_fault *fault, size_t at, const char *what)
{
    if (fault->what == NULL && what != NULL) {
        *fault = (struct dw_fault){at, what};
    }
}

/* Decodes also where the strict grammar is broken, up to what cannot be decoded at all. Returns how
 * many bytes were written; a fault's place counts from the part's start. */
static size_t decode(struct dw_span part, char *bytes, struct dw_fault *fault)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t len = 0;
    size_t i = 0;

    for (; i < part.len; i++) {
        const int sextet = read_sextet(part.at[i]);

        note_fault(fault, i, fault_in(part.at[i]));
        if (sextet < 0) {
            return len;
        }
        bits = (bits << 6 | (uint32_t)sextet) & 0xffffff;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes[len++] = (char)(bits >> n_bits & 0xff);
        }
    }
    if (n_bits == 6) {
        note_fault(fault, i, "a character is missing or too many");
    } else if ((bits & ((1u << n_bits) - 1)) != 0) {
        note_fault(fault, i - 1, "the last character holds bits that must be zero");
    }
    return len;
}

/* -- Parts -------------------------------------------------------------------------------------- */

static size_t split(struct dw_span token, struct dw_span parts[PARTS_MAX])
{
    size_t n = 0;

    for (;;) {
        const char *dot = token.len > 0 ? memchr(token.at, '.', token.len) : NULL;
        const size_t len = dot != NULL ? (size_t)(dot - token.at) : token.len;

        parts[n++] = (struct dw_span){token.at, len};
        if (dot == NULL || n == PARTS_MAX) {
            return n;
        }
        token = (struct dw_span){dot + 1, token.len - len - 1};
    }
}

static const char *grammar_fault(enum json_error error)
{
    switch (error) {
    case JSON_OK:
        return NULL;
    case JSON_DUPLICATE:
        return "this member was there before";
    case JSON_NESTING:
        return "this is nested too deeply";
    case JSON_SIZE:
        return "there are too many values";
    case JSON_SYNTAX:
    default:
        return "this is not JSON";
    }
}

static void read_part(const struct inspection *inspection, struct dw_span span,
                      struct inspection_part *part)
{
    enum json_error error;

    part->is_there = true;
    part->len = decode(span, part->bytes, &part->encoding);
    part->encoding.at += (size_t)(span.at - inspection->token.at);
    memcpy(part->text, part->bytes, part->len);
    error = json_parse(part->text, part->len, part->nodes, INSPECTION_NODES_MAX, &part->json,
                       &part->grammar.at);
    part->grammar.what = grammar_fault(error);
    if (error == JSON_OK && json_root(&part->json)->type != JSON_OBJECT) {
        part->grammar = (struct dw_fault){0, "an object was expected"};
    }
    part->is_object = part->grammar.what == NULL;
}

/* The signature is looked at only for where it is broken. */
static void read_signature(struct inspection *inspection, struct dw_span span)
{
    char bytes[4096];

    if (span.len > sizeof(bytes)) {
        return;
    }
    (void)decode(span, bytes, &inspection->signature);
    inspection->signature.at += (size_t)(span.at - inspection->token.at);
}

static void read_parts(struct inspection *inspection)
{
    struct dw_span parts[PARTS_MAX];
    const size_t n = split(inspection->token, parts);

    if (n < 2) {
        return;
    }
    read_part(inspection, parts[0], &inspection->header);
    /* Of five parts the others are encrypted (RFC 7516 s3.1). */
    if (n == 5) {
        return;
    }
    read_part(inspection, parts[1], &inspection->claims);
    if (n == 3) {
        read_signature(inspection, parts[2]);
    }
}

/* -- The whole ---------------------------------------------------------------------------------- */

static bool judge(struct inspection *inspection, const struct dw_policy *policy)
{
    struct dw_work *work = malloc(sizeof(*work));
    struct dw_jwt jwt;
    enum dw_reason reason;

    if (work == NULL) {
        return false;
    }
    reason = dw_jwt_parse(inspection->token, work, &jwt);
    if (reason != DW_REASON_NONE) {
        inspection->problems[0] = reason;
        inspection->n_problems = 1;
    } else {
        inspection->n_problems = verdict_find(&jwt, policy, inspection->now, inspection->problems);
    }
    dw_secret_wipe(work, sizeof(*work));
    free(work);
    return true;
}

/* What kind of token it is, where it is no JWT. */
static bool find_shape(struct inspection *inspection)
{
    struct arena *arena = arena_new(SHAPE_MEMORY);
    struct token_view view;

    if (arena == NULL) {
        return false;
    }
    token_look(arena, inspection->token, &view);
    inspection->shape = view.shape;
    inspection->vendor = view.vendor;
    arena_free(arena);
    return true;
}

struct inspection *inspection_new(struct dw_span token, const struct dw_policy *policy,
                                  const char *policy_name, int64_t now)
{
    struct inspection *inspection = calloc(1, sizeof(*inspection));

    if (inspection == NULL) {
        return NULL;
    }
    inspection->token = token;
    inspection->now = now;
    inspection->policy_name = policy_name;
    inspection->header.name = "header";
    inspection->claims.name = "claims";
    read_parts(inspection);
    if (!find_shape(inspection) || !judge(inspection, policy)) {
        inspection_free(inspection);
        return NULL;
    }
    return inspection;
}

void inspection_free(struct inspection *inspection)
{
    if (inspection != NULL) {
        dw_secret_wipe(inspection, sizeof(*inspection));
    }
    free(inspection);
}

bool inspection_has_failed(const struct inspection *inspection)
{
    bool failed =
        inspection->n_problems > 0 || (inspection->proof.was_tried && !inspection->proof.holds);

    for (size_t i = 0; i < inspection->n_expected; i++) {
        failed |= !inspection->expected[i].holds;
    }
    return failed;
}

bool inspection_has_content(const struct inspection *inspection)
{
    return inspection->header.is_object || inspection->claims.is_object ||
           inspection->shape == TOKEN_PASETO || inspection->vendor != NULL;
}
