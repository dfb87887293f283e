/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* Whom the token is for (RFC 7519 s4.1.3, RFC 9068 s4, RFC 8707), what else it should say; and what is
 * left where nothing shows. */

/* What was expected, and how that is known. */
struct expectation {
    struct dw_span value;
    const char *source; /* for people */
    bool is_said;       /* by the server's words */
};

static bool read_params(const struct scene *scene, struct expectation *expectation)
{
    static const char *const NAMES[] = {"audience", "resource_id", "resource", "aud"};

    for (size_t i = 0; i < scene->n_challenges; i++) {
        for (size_t k = 0; k < COUNT_OF_ROWS(NAMES); k++) {
            const struct dw_span value = scene_param(&scene->challenges[i], NAMES[k]);

            if (value.len > 0) {
                *expectation = (struct expectation){value, NAMES[k], false};
                return true;
            }
        }
    }
    return false;
}

static bool read_expectation(const struct scene *scene, struct diagnosis *diagnosis,
                             struct expectation *expectation)
{
    const struct dw_span said = expected_value(scene, "aud");

    if (said.at != NULL && is_named(scene, diagnosis, "token.wrong_aud", NULL)) {
        *expectation = (struct expectation){said, "the server's words", true};
        return true;
    }
    return read_params(scene, expectation);
}

static enum likeness compare_auds(const struct token_view *token, struct dw_span expected)
{
    enum likeness most = NAMES_DIFFER;

    for (size_t i = 0; i < token->n_aud; i++) {
        const enum likeness likeness = names_compare(token->aud[i], expected);

        most = likeness > most ? likeness : most;
    }
    return most;
}

static void look_expected(const struct scene *scene, struct diagnosis *diagnosis,
                          const struct expectation *expectation)
{
    const enum likeness likeness = compare_auds(&scene->token, expectation->value);
    const bool is_said = expectation->is_said;
    struct finding *finding;

    if (likeness == NAMES_SAME) {
        diagnosis_rule_out(diagnosis, "token.wrong_aud", "aud names %.*s, as %s does",
                           BRIEF(expectation->value), expectation->source);
        return;
    }
    if (likeness == NAMES_ALIKE) {
        finding = suspect(scene, diagnosis, "token.aud_format", "token.wrong_aud",
                          (struct weight){is_said ? 97 : 90, 99, 70});
    } else {
        finding = suspect(scene, diagnosis, "token.wrong_aud", "token.aud_format",
                          (struct weight){is_said ? 97 : 85, 98, 60});
    }
    finding_say(diagnosis, finding, "token", token_place(scene), "aud \"%.*s\", by %s \"%.*s\"",
                BRIEF(scene->token.aud[0]), expectation->source, BRIEF(expectation->value));
    point_token(scene, diagnosis, finding, 0, 0, "its aud is not the one expected");
}

/* It names the host, and is refused: servers compare it letter by letter (RFC 7519 s4.1.3). */
static void look_form(const struct scene *scene, struct diagnosis *diagnosis, struct dw_span aud)
{
    const bool is_http = scene->is_https && span_begins(aud, "http://");
    const bool ends_in_slash = aud.at[aud.len - 1] == '/';
    struct finding *finding;

    if ((!is_http && !ends_in_slash) || !is_named(scene, diagnosis, "token.wrong_aud", NULL)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "token.aud_format", is_http ? 96 : LIKELY);
    finding_say(diagnosis, finding, "token", token_place(scene),
                "aud \"%.*s\" %s, and names the host that was asked", BRIEF(aud),
                is_http ? "begins with http://" : "ends in /");
    point_token(scene, diagnosis, finding, 0, 0, "its aud is written in another way");
}

/* Nobody said what it should be: the host that was asked is a hint, since aud need not name it. */
static void look_host(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct weight weight = {0, 93, 40};
    struct finding *finding;
    bool is_host = false;

    for (size_t i = 0; i < scene->token.n_aud; i++) {
        const struct dw_span host = name_host(scene->token.aud[i]);

        if (host.len > 0 && dw_span_equal_nocase(host, scene->host)) {
            diagnosis_rule_out(diagnosis, cause, "aud names the host %.*s", BRIEF(host));
            weight.agreed = 86;
            weight.alone = 0;
            look_form(scene, diagnosis, scene->token.aud[i]);
            is_host = true;
            break;
        }
        if (span_has(scene->token.aud[i], "://") && host.len > 0 && is_refused(scene)) {
            weight.alone = is_same_site(host, scene->host) ? 62 : 70;
        }
    }
    if (weight.alone == 0 && !is_named(scene, diagnosis, cause, NULL)) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, NULL, weight);
    if (is_host) {
        finding->against = "aud names the host that was asked";
    }
    finding_say(diagnosis, finding, "token", token_place(scene),
                "aud \"%.*s\", the host asked is %.*s", BRIEF(scene->token.aud[0]),
                BRIEF(scene->host));
    point_token(scene, diagnosis, finding, 0, 0, "made for another API, by its aud");
}

static void look_audience(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct expectation expectation;

    if (scene->token.n_aud == 0 || scene->it == NULL) {
        return;
    }
    if (read_expectation(scene, diagnosis, &expectation)) {
        look_expected(scene, diagnosis, &expectation);
        return;
    }
    look_host(scene, diagnosis, cause);
}

static void look_no_audience(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    struct finding *finding;
    struct weight weight = {45, 98, 30};

    if (scene->it == NULL || token_has_claim(&scene->token, "aud")) {
        return;
    }
    if (is_refused(scene) && scene->n_challenges > 0) {
        weight.alone = 50;
    }
    finding = suspect(scene, diagnosis, cause, "token.wrong_aud", weight);
    finding_say(diagnosis, finding, "token", token_place(scene),
                "there is no aud among its claims");
    point_token(scene, diagnosis, finding, 0, 0, "names no audience");
}

/* RFC 7519 s4.1.3: a string, or a list of strings. */
static void look_aud_type(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    struct finding *finding;

    if (!token_has_claim(token, "aud") || token->n_aud > 0) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, "token.wrong_aud token.aud_missing",
                      (struct weight){85, 97, 70});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "aud is neither text nor a list of texts");
}

/* -- A claim that is missing ------------------------------------------------------------------------ */

/* The claim's name in words like: missing required claim "sub", Token has no 'x' claim. */
static struct dw_span missing_name(struct dw_span text)
{
    static const char *const LEADS[] = {
        "required claim",   "missing claim",  "is missing the",          "has no",
        "claim is missing", "missing the",    "missing required claims", "does not contain",
        "claim required",   "mandatory claim"};
    static const char WORDS[] = "but and or is are was in on for from to by not that which";

    for (size_t i = 0; i < COUNT_OF_ROWS(LEADS); i++) {
        const size_t at = span_find(text, LEADS[i]);
        struct dw_span rest = span_behind(text, at + strlen(LEADS[i]));

        if (at >= text.len || (!span_has(text, "claim"))) {
            continue;
        }
        while (rest.len > 0 && strchr(" :\\\"'`[(", rest.at[0]) != NULL && rest.at[0] != '\0') {
            rest = span_behind(rest, 1);
        }
        rest = span_until(rest, " \\\"'`,.;)]}\n");
        if (rest.len > 0 && rest.len < 40 && !list_has(dw_span_of(WORDS), rest)) {
            return rest;
        }
    }
    return NOTHING;
}

static void look_missing_claim(const struct scene *scene, struct diagnosis *diagnosis,
                               const char *cause)
{
    struct dw_span name = missing_name(scene->error_description);
    struct finding *finding;
    char text[40];

    if (name.at == NULL && !scene->body_is_html) {
        name = missing_name(scene->body);
    }
    if (name.at == NULL || name.len >= sizeof(text)) {
        return;
    }
    (void)memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    if (strcmp(text, "aud") == 0) {
        cause = "token.aud_missing";
    } else if (strcmp(text, "exp") == 0) {
        cause = "token.exp_missing";
    }
    finding = diagnosis_suspect(diagnosis, cause, 88);
    finding_say(diagnosis, finding, "server", answer_place(scene), "wants the claim \"%s\"", text);
    if (token_has_claim(&scene->token, text)) {
        finding->against = arena_print(diagnosis->arena, "the token has the claim \"%s\"", text);
        finding->confidence = 70;
        return;
    }
    finding->confidence = 98;
    finding_say(diagnosis, finding, "token", token_place(scene), "has no claim \"%s\"", text);
    point_token(scene, diagnosis, finding, 0, 0, arena_print(diagnosis->arena, "has no %s", text));
}

/* -- Nothing shows ---------------------------------------------------------------------------------- */

/* A token that is fine as far as anybody without its issuer's keys can tell. */
static void look_fine(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const struct {
        const char *cause, *why;
        int confidence;
    } LEFT[] = {
        {"token.signature_invalid", "only its issuer's keys can tell whether the signature fits",
         55},
        {"token.wrong_aud", "what the API calls itself is not known here", 53},
        {"token.revoked", "whether it was revoked only its issuer knows", 50},
        {"token.kid_unknown", "whether the server has that key is not known here", 48},
    };

    (void)cause;
    if (scene->it == NULL || scene->token.shape != TOKEN_JWS || !is_refused(scene) ||
        !span_is(scene->error, "invalid_token") ||
        surest_of(diagnosis, "token. dpop. mtls. scope. header.") > 60) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF_ROWS(LEFT); i++) {
        finding_say(diagnosis, diagnosis_suspect(diagnosis, LEFT[i].cause, LEFT[i].confidence),
                    "token", token_place(scene), "%s", LEFT[i].why);
    }
}

static void look_unreadable(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    const bool is_opaque = scene->token.shape == TOKEN_OPAQUE ||
                           scene->token.shape == TOKEN_VENDOR || scene->token.shape == TOKEN_PASETO;

    if (scene->it == NULL || !is_opaque || !span_is(scene->error, "invalid_token") ||
        surest_of(diagnosis, "token. header.") > 60) {
        return;
    }
    finding_say(diagnosis, diagnosis_suspect(diagnosis, cause, 58), "token", token_place(scene),
                "opaque: only its issuer can tell whether it was revoked");
    finding_say(diagnosis, diagnosis_suspect(diagnosis, "token.expired", 56), "token",
                token_place(scene), "opaque: when it ended cannot be read from it");
    finding_say(diagnosis, diagnosis_suspect(diagnosis, "token.opaque_to_jwt", 50), "token",
                token_place(scene), "no JWT: a server that validates JWTs can make nothing of it");
}

static bool says_token_invalid(const struct scene *scene)
{
    static const char TEXTS[] =
        "invalid token|invalid access token|invalid bearer token|invalid oauth token|invalid "
        "authorization token|invalid jwt|token is invalid|token is not valid|token invalid|invalid "
        "access-token|token is no longer valid|token was not recognized";

    return span_is(scene->error, "invalid_token") ||
           (!scene->body_is_html && scene->it->status >= 400 && said_of(scene, TEXTS).at != NULL);
}

/* The request was not captured; the server did see a token, and a token that worked ends by itself. */
static void look_unseen(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    if (scene->it == NULL || scene->it->request.is_there || !says_token_invalid(scene) ||
        surest_of(diagnosis, "token. dpop. mtls. scope. cookie. registry.") > 0) {
        return;
    }
    finding_say(diagnosis, diagnosis_suspect(diagnosis, cause, 50), "server", answer_place(scene),
                "it saw a token, and calls it invalid; the capture does not show it");
    finding_say(diagnosis, diagnosis_suspect(diagnosis, "token.revoked", 48), "server",
                answer_place(scene), "it may as well have been revoked");
    finding_say(diagnosis, diagnosis_suspect(diagnosis, "token.signature_invalid", 46), "server",
                answer_place(scene), "it may as well be another issuer's, or changed");
}

void rules_claims(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"token.wrong_aud", look_audience},
        {"token.aud_missing", look_no_audience},
        {"token.aud_format", look_aud_type},
        {"token.missing_claim", look_missing_claim},
    };
    static const struct credential_rule LAST[] = {
        {"token.revoked", look_unreadable},
        {"token.signature_invalid", look_fine},
        {"token.expired", look_unseen},
    };

    if (is_jwt(scene)) {
        kind_look(scene, diagnosis);
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
        issuer_look(scene, diagnosis);
    } else {
        told_look(scene, diagnosis);
    }
    if (!is_jwt(scene) && scene->token.shape != TOKEN_NONE) {
        kind_look(scene, diagnosis);
    }
    keys_look(scene, diagnosis);
    state_look(scene, diagnosis);
    rules_walk(LAST, COUNT_OF_ROWS(LAST), scene, diagnosis);
}
