/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* How a token is built (RFC 7515 s3.1, s7.1; RFC 7519 s7.2). What the field around it does to it is for
 * rules_header(): where that found something, the token itself is not to blame. */

#define MALFORMED_TEXTS                                                                      \
    "jwt malformed|Not enough segments|Expected 3 parts|not in the form of Header.Payload|"  \
    "token is malformed|malformed token|malformed jwt|invalid number of segments|"           \
    "token contains an invalid number|Wrong number of segments|invalid compact|Invalid JWT|" \
    "JWT strings must contain exactly 2 period|IDX12741|IDX14100|JWT must have 3|must consist of"

/* -- Shape ------------------------------------------------------------------------------------------ */

static bool is_spoilt(const struct diagnosis *diagnosis)
{
    return surest_of(diagnosis, "header.") >= LIKELY;
}

/* Whether the token is made of nothing else than base64 and dots. */
static bool is_clean(struct dw_span token)
{
    static const char MORE[] = "-_.+/=";

    for (size_t i = 0; i < token.len; i++) {
        const char c = token.at[i];
        const char letter = (char)(c | 0x20);

        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') &&
            (c == '\0' || strchr(MORE, c) == NULL)) {
            return false;
        }
    }
    return token.len > 0;
}

static void look_segments(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    struct weight weight = {95, 99, 75};
    struct finding *finding;

    if (token->shape != TOKEN_BROKEN || token->n_dots == 2 || token->n_dots == 4) {
        return;
    }
    if (is_spoilt(diagnosis) || !is_clean(token->text)) {
        weight = (struct weight){70, 74, 50};
    }
    finding = suspect(scene, diagnosis, cause, "token.bad_json token.opaque_to_jwt", weight);
    finding_say(diagnosis, finding, "token", token_place(scene),
                "%zu part%s where a JWS has three (RFC 7515 s7.1)", token->n_dots + 1,
                token->n_dots == 0 ? "" : "s");
    point_token(scene, diagnosis, finding, 0, 0,
                arena_print(diagnosis->arena, "%zu part%s, not three", token->n_dots + 1,
                            token->n_dots == 0 ? "" : "s"));
}

static void look_standard_base64(const struct scene *scene, struct diagnosis *diagnosis,
                                 const char *cause)
{
    const struct token_view *token = &scene->token;
    const struct dw_span text = token->text;
    struct finding *finding;
    size_t at;

    if (!token->is_standard_base64 || token->n_dots < 1 || token->shape == TOKEN_OPAQUE) {
        return;
    }
    at = span_until(text, "+/=").len;
    finding = suspect(scene, diagnosis, cause,
                      "token.segments token.bad_json token.signature_invalid token.opaque_to_jwt",
                      (struct weight){is_spoilt(diagnosis) ? 80 : 97, 99, 75});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "'%c' at character %zu: that is base64, a JWT is base64url without padding",
                at < text.len ? text.at[at] : '=', at + 1);
    point_token(scene, diagnosis, finding, at, 1, "base64, not base64url");
}

static void look_json(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    struct finding *finding;

    if (token->n_dots != 2 || token->is_standard_base64 ||
        (token->has_header && token->has_claims) ||
        (token->shape != TOKEN_BROKEN && token->shape != TOKEN_JWS)) {
        return;
    }
    finding =
        suspect(scene, diagnosis, cause,
                "token.segments token.signature_invalid token.base64_standard token.opaque_to_jwt",
                is_spoilt(diagnosis) || !is_clean(token->text) ? (struct weight){70, 74, 50}
                                                               : (struct weight){96, 99, 75});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "its %s cannot be read as a JSON object", token->has_header ? "payload" : "header");
    if (token->fault.what != NULL) {
        finding_say(diagnosis, finding, "token", token_place(scene), "character %zu: %s",
                    token->fault.at + 1, token->fault.what);
    }
    point_token(scene, diagnosis, finding, token->fault.what != NULL ? token->fault.at : 0,
                token->fault.what != NULL ? 1 : 0,
                token->fault.what != NULL ? token->fault.what : "no JSON object inside");
}

/* -- The signature ---------------------------------------------------------------------------------- */

static void look_unsigned(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    struct finding *finding;

    if (!span_is(token->alg, "none")) {
        if (token->alg.len > 0 && token->shape == TOKEN_JWS) {
            diagnosis_rule_out(diagnosis, cause, "alg is %.*s", BRIEF(token->alg));
        }
        return;
    }
    finding = suspect(scene, diagnosis, cause,
                      "token.alg_mismatch token.signature_invalid token.signature_stripped",
                      (struct weight){98, 99, 90});
    finding_say(diagnosis, finding, "token", token_place(scene), "its header says alg \"%.*s\"",
                BRIEF(token->alg));
    point_token(scene, diagnosis, finding, 0, span_until(token->text, ".").len, "alg is none");
}

static void look_stripped(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    struct finding *finding;

    if (token->n_dots != 2 || token->signature_len != 0 || !token->has_header ||
        span_is(token->alg, "none")) {
        return;
    }
    finding = suspect(scene, diagnosis, cause,
                      "token.segments token.signature_invalid token.bad_json token.alg_none",
                      (struct weight){98, 99, 90});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "alg is %.*s, and nothing follows the second dot", BRIEF(token->alg));
    point_token(scene, diagnosis, finding, token->text.len > 0 ? token->text.len - 1 : 0, 1,
                "the signature is gone");
}

/* Characters of base64url for the signatures whose length is fixed (RFC 7518 s3, RFC 8037). */
static size_t signature_due(struct dw_span alg)
{
    static const struct {
        const char *alg;
        size_t len;
    } LENGTHS[] = {{"HS256", 43},  {"HS384", 64},  {"HS512", 86}, {"ES256", 86},  {"ES384", 128},
                   {"ES512", 176}, {"ES256K", 86}, {"EdDSA", 86}, {"Ed25519", 86}};

    for (size_t i = 0; i < COUNT_OF_ROWS(LENGTHS); i++) {
        if (span_is(alg, LENGTHS[i].alg)) {
            return LENGTHS[i].len;
        }
    }
    return 0;
}

static void look_signature(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause)
{
    const struct token_view *token = &scene->token;
    const size_t due = signature_due(token->alg);
    struct dw_span signature;
    struct finding *finding;
    bool is_der;

    if (token->shape != TOKEN_JWS || due == 0 || token->signature_len == 0 ||
        token->signature_len == due || token->signature_len > token->text.len) {
        return;
    }
    signature = span_behind(token->text, token->text.len - token->signature_len);
    /* DER begins with SEQUENCE and its length: 0x30, 0x43 to 0x48. */
    is_der = (span_begins(token->alg, "ES")) && span_begins(signature, "M");
    if (token->signature_len < due && !is_der) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, "token.bad_json",
                      (struct weight){is_der ? 93 : 80, 98, 70});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "the signature has %zu characters, %.*s makes %zu", token->signature_len,
                BRIEF(token->alg), due);
    if (is_der) {
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "it is DER; JWS wants r and s side by side (RFC 7518 s3.4)");
    }
    point_token(scene, diagnosis, finding, token->text.len - token->signature_len, 0,
                is_der ? "DER, not r || s" : "not as long as its algorithm makes it");
}

/* -- What kind of token ----------------------------------------------------------------------------- */

static void look_encrypted(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause)
{
    const struct token_view *token = &scene->token;
    struct finding *finding;

    if (token->shape != TOKEN_JWE) {
        return;
    }
    finding = suspect(scene, diagnosis, cause,
                      "token.segments token.bad_json token.alg_mismatch token.opaque_to_jwt "
                      "token.signature_invalid token.kid_unknown",
                      (struct weight){is_spoilt(diagnosis) ? 74 : 93, 99, 60});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "five parts, alg %.*s: encrypted (RFC 7516), for its audience only",
                BRIEF(token->alg));
    point_token(scene, diagnosis, finding, 0, 0, "a JWE, where a JWS is expected");
}

static void look_opaque(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    const bool is_opaque = token->shape == TOKEN_OPAQUE || token->shape == TOKEN_PASETO;
    const struct dw_span said = said_of(scene, MALFORMED_TEXTS);
    struct finding *finding;

    if (!is_opaque || scene->it == NULL || (!scene_is_scheme(scene, "Bearer") && said.at == NULL)) {
        return;
    }
    if (said.at == NULL && !is_named(scene, diagnosis, cause, "token.segments token.bad_json")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_spoilt(diagnosis) ? 74 : 95);
    finding_say(diagnosis, finding, "token", token_place(scene),
                "%zu characters, %zu dots: %s, no JWT", token->text.len, token->n_dots,
                token->shape == TOKEN_PASETO ? "PASETO" : "opaque");
    if (said.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene),
                    "says \"%.*s\": it wants a JWT", BRIEF(said));
    }
    point_token(scene, diagnosis, finding, 0, 0, "not a JWT");
}

static void look_introspected(const struct scene *scene, struct diagnosis *diagnosis,
                              const char *cause)
{
    static const char TEXTS[] = "introspection|token is not active|Token inactive|token not active|"
                                "token isn't active|\"active\":false|Provided token isn't active";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (scene->token.shape != TOKEN_JWS || said.at == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 78);
    finding_say(diagnosis, finding, "server", answer_place(scene),
                "says \"%.*s\": it asks its own issuer", BRIEF(said));
    finding_say(diagnosis, finding, "token", token_place(scene), "a JWT of %.*s",
                BRIEF(scene->token.iss));
}

/* Types that are tokens, but for nobody's API. */
static void look_typ(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char FOREIGN[] =
        "logout+jwt|dpop+jwt|secevent+jwt|oauth-authz-req+jwt|"
        "token-introspection+jwt|entity-statement+jwt|client-authentication+jwt";
    const struct dw_span typ = scene->token.typ;
    const struct dw_span foreign = found_of(typ, FOREIGN);
    struct finding *finding;

    if (!scene->token.has_header ||
        (foreign.at == NULL && !is_named(scene, diagnosis, cause, NULL))) {
        return;
    }
    /* RFC 9068 s4: a resource server takes at+jwt, in either spelling. */
    if (foreign.at == NULL && (span_is(typ, "at+jwt") || span_is(typ, "application/at+jwt"))) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, NULL, (struct weight){93, 97, 70});
    finding_say(diagnosis, finding, "token", token_place(scene), "typ is \"%.*s\"", BRIEF(typ));
    point_token(scene, diagnosis, finding, 0, span_until(scene->token.text, ".").len,
                "not the type that is wanted");
}

static void look_critical(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    const struct json_node *crit;
    struct finding *finding;

    if (!token->has_header) {
        return;
    }
    crit = json_member(&token->header, json_root(&token->header), "crit");
    if (crit == NULL) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, NULL, (struct weight){93, 99, 70});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "crit names \"%.*s\": who does not know it must refuse (RFC 7515 s4.1.11)",
                BRIEF(json_string(&token->header, json_first(crit))));
    point_token(scene, diagnosis, finding, 0, span_until(token->text, ".").len, "has crit");
}

void rules_token(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"token.base64_standard", look_standard_base64},
        {"token.segments", look_segments},
        {"token.bad_json", look_json},
        {"token.alg_none", look_unsigned},
        {"token.signature_stripped", look_stripped},
        {"token.signature_invalid", look_signature},
        {"token.jwe_to_jws", look_encrypted},
        {"token.opaque_to_jwt", look_opaque},
        {"token.jwt_not_known", look_introspected},
        {"token.typ_mismatch", look_typ},
        {"token.crit_unknown", look_critical},
    };

    if (scene->token.shape != TOKEN_NONE) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
    wording_look(scene, diagnosis);
}
