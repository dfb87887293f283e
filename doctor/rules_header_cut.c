/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "credential.h"
#include "rules_header.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define BASE64_LINE  76 /* characters that base64(1) writes before it breaks the line */
#define TYPED        60 /* of a signature that somebody may have made up */

/* Characters of a signature in base64url; RSA's least is that of 2048 bits. */
static const struct {
    const char *alg;
    size_t len;
} SIGNATURES[] = {{"HS256", 43},  {"HS384", 64},  {"HS512", 86},  {"ES256", 86},  {"ES256K", 86},
                  {"ES384", 128}, {"ES512", 176}, {"EdDSA", 86},  {"RS256", 342}, {"RS384", 342},
                  {"RS512", 342}, {"PS256", 342}, {"PS384", 342}, {"PS512", 342}};

static size_t signature_least(struct dw_span alg)
{
    for (size_t i = 0; i < COUNT(SIGNATURES); i++) {
        if (span_is(alg, SIGNATURES[i].alg)) {
            return SIGNATURES[i].len;
        }
    }
    return 0;
}

static bool is_whole_rsa(size_t len)
{
    static const size_t WHOLE[] = {171, 342, 512, 683,
                                   1366}; /* 1024, 2048, 3072, 4096, 8192 bits */

    for (size_t i = 0; i < COUNT(WHOLE); i++) {
        if (len == WHOLE[i]) {
            return true;
        }
    }
    return false;
}

/* Where columns, logs and terminals stop. */
static bool is_round(size_t len)
{
    static const size_t LENGTHS[] = {128,  200,  250,  254,  255,  256,  500,  511,  512,  1000,
                                     1023, 1024, 2000, 2047, 2048, 4000, 4095, 4096, 8191, 8192};

    for (size_t i = 0; i < COUNT(LENGTHS); i++) {
        if (len == LENGTHS[i]) {
            return true;
        }
    }
    return false;
}

/* The = that standard base64 ends in belong to no signature. */
static size_t padding_of(const struct token_view *token)
{
    size_t n = 0;

    while (n < token->signature_len && token->text.at[token->text.len - 1 - n] == '=') {
        n++;
    }
    return n;
}

/* Characters wanted; 0: the signature has what its algorithm makes. */
static size_t is_short_of(const struct token_view *token)
{
    const size_t least = signature_least(token->alg);
    const size_t len = token->signature_len - padding_of(token);
    const bool is_rsa = least == 342;

    if (len == 0 || least == 0 || (is_rsa && is_whole_rsa(len))) {
        return 0;
    }
    if (is_rsa && len > least && len < 683) {
        return len < 512 ? 512 : 683;
    }
    return len < least ? least : 0;
}

static void say_length(const struct scene *scene, struct diagnosis *diagnosis,
                       struct finding *finding)
{
    const size_t len = scene->token.text.len;

    if (is_round(len)) {
        finding_say(diagnosis, finding, "token", place_of_sent(scene, &scene->sent),
                    "its length is %zu characters, where columns and logs stop", len);
    }
}

static size_t end_of_token(const struct sent *sent)
{
    const struct dw_span value = span_bare(sent->value);

    return value.at != NULL ? (size_t)(value.at - sent->value.at) + value.len : 0;
}

static void point_end(const struct scene *scene, struct diagnosis *diagnosis,
                      struct finding *finding)
{
    const size_t end = end_of_token(&scene->sent);
    const size_t len = end < 4 ? end : 4;

    point_sent(scene, diagnosis, finding, &scene->sent, end - len, len, "it ends too soon");
}

/* Tests and examples have signatures that were typed: those are wrong, not cut. */
static bool is_typed(struct arena *arena, const struct token_view *token)
{
    const struct dw_span tail = span_behind(token->text, token->text.len - token->signature_len);
    const struct dw_span bytes = base64_open(arena, tail, NULL);
    size_t n = 0;

    while (n < bytes.len && bytes.at[n] >= ' ' && bytes.at[n] < 0x7f) {
        n++;
    }
    return token->signature_len < 12 || n == bytes.len;
}

/* Who names a claim has read the whole token. */
static bool was_read(const struct scene *scene)
{
    static const char *const TEXTS[] = {"expired",    "audience", "issuer",  "not yet valid",
                                        "not active", "nbf",      "revoked", "insufficient_scope"};

    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        if (scene_says(scene, TEXTS[i])) {
            return true;
        }
    }
    return false;
}

static int cut_confidence(const struct scene *scene)
{
    if (was_read(scene)) {
        return 45;
    }
    if (is_round(scene->token.text.len)) {
        return CERTAIN;
    }
    return is_typed(scene->arena, &scene->token) ? TYPED : 95;
}

static void look_short_signature(const struct scene *scene, struct diagnosis *diagnosis,
                                 const char *cause)
{
    const struct token_view *token = &scene->token;
    const size_t wanted = token->shape == TOKEN_JWS ? is_short_of(token) : 0;
    struct finding *finding;

    if (wanted == 0 || is_masked(token->text) || placeholder_in(token->text) != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, cut_confidence(scene));
    finding->against =
        was_read(scene) ? "the server names what it read in the token" : finding->against;
    finding_say(diagnosis, finding, "token", place_of_sent(scene, &scene->sent),
                "the signature has %zu characters, %.*s makes %zu", token->signature_len,
                (int)(token->alg.len < 8 ? token->alg.len : 8), token->alg.at, wanted);
    say_length(scene, diagnosis, finding);
    point_end(scene, diagnosis, finding);
}

/* A cut seldom falls on a dot: two whole parts were put together so. */
static int short_confidence(const struct token_view *token)
{
    if (is_round(token->text.len)) {
        return CERTAIN;
    }
    return token->n_dots == 1 && token->has_claims ? 62 : 85;
}

/* Two parts or one: the rest may be gone, or never was there. */
static void look_short_token(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    const struct token_view *token = &scene->token;
    const bool is_cut = token->shape == TOKEN_BROKEN && token->n_dots < 2 && token->has_header;
    const bool has_no_middle = token->shape == TOKEN_BROKEN && token->n_dots == 0;
    struct finding *finding;

    if ((!is_cut && !has_no_middle) || is_masked(token->text) ||
        placeholder_in(token->text) != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, short_confidence(token));
    finding_say(diagnosis, finding, "token", place_of_sent(scene, &scene->sent),
                "it begins like a JWT and ends after %zu of its 3 parts", token->n_dots + 1);
    say_length(scene, diagnosis, finding);
    point_end(scene, diagnosis, finding);
}

static void look_headless(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    struct finding *finding;

    if (token->shape != TOKEN_BROKEN || token->has_header || token->n_dots < 1 ||
        token->fault.at != 0 || is_masked(token->text)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 85);
    finding_say(diagnosis, finding, "token", place_of_sent(scene, &scene->sent),
                "its second part is a JWT's claims, its first is no JWT's header");
    point_sent(scene, diagnosis, finding, &scene->sent, 0, scene->sent.value.len,
               "its beginning is missing");
}

static void look_opaque_cut(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    const struct token_view *token = &scene->token;
    const struct sent *sent = &scene->sent;
    const bool is_line = span_is(sent->scheme, "Basic") && sent->payload.len == BASE64_LINE &&
                         !span_has(scene->capture->command, " -u");
    struct finding *finding;

    if (!is_line && (span_has(token->text, "=\"") || token->shape != TOKEN_OPAQUE ||
                     token->text.len < 250 || !is_round(token->text.len))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_line ? TYPED : 50);
    if (is_line) {
        finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                    "it has %d characters: the first line that base64 writes without -w0",
                    BASE64_LINE);
    } else {
        say_length(scene, diagnosis, finding);
    }
    point_end(scene, diagnosis, finding);
}

void header_cut(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"header.truncated", look_short_signature},
        {"header.truncated", look_short_token},
        {"header.truncated", look_headless},
        {"header.truncated", look_opaque_cut},
    };

    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
