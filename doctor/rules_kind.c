/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* The wrong one of several tokens: an ID token (OpenID Connect Core s2), a refresh token, one for
 * Microsoft Graph, a code or a secret. */

#define GRAPH_ID "00000003-0000-0000-c000-000000000000"

static bool claim_is(const struct token_view *token, const char *name, const char *text)
{
    return span_is(token_claim(token, name), text);
}

static bool is_for(const struct token_view *token, const char *aud)
{
    for (size_t i = 0; i < token->n_aud; i++) {
        if (span_is(token->aud[i], aud)) {
            return true;
        }
    }
    return false;
}

/* -- ID tokens -------------------------------------------------------------------------------------- */

static bool is_aud_client(const struct token_view *token)
{
    return token->n_aud == 1 && token->client.len > 0 &&
           dw_span_equal(token->aud[0], token->client);
}

static bool has_scope(const struct token_view *token)
{
    return token->scope.at != NULL || token_has_claim(token, "scp") ||
           token_has_claim(token, "permissions") || token_has_claim(token, "roles");
}

/* Only where the issuer says so itself, or makes them for nothing else. */
static bool is_named_id(const struct token_view *token)
{
    return claim_is(token, "typ", "ID") || claim_is(token, "token_use", "id") ||
           claim_is(token, "token_type", "id") || claim_is(token, "token_type", "id_token") ||
           span_is(token->typ, "id+jwt");
}

/* Some APIs are made for ID tokens: Firebase, Google's IAP and Cloud Run, API Gateway before Cognito. */
static bool is_wanted(const struct scene *scene)
{
    const struct token_view *token = &scene->token;
    const struct dw_span host = token->n_aud > 0 ? name_host(token->aud[0]) : NOTHING;

    if (span_has(token->iss, "securetoken.google.com")) {
        return true;
    }
    if (claim_is(token, "token_use", "id") &&
        answered_field(scene, "x-amzn-RequestId").at != NULL) {
        return true;
    }
    return span_has(token->iss, "accounts.google.com") && host.len > 0 &&
           dw_span_equal_nocase(host, scene->host);
}

/* How sure its claims make it, in percent, and which claim that was. */
static int judge_id(const struct token_view *token, const char **sign)
{
    static const struct {
        const char *claim;
        int confidence;
    } SIGNS[] = {{"at_hash", 96},
                 {"c_hash", 96},
                 {"s_hash", 95},
                 {"nonce", 94},
                 {"auth_time", 82},
                 {"email_verified", 80},
                 {"preferred_username", 74},
                 {"given_name", 76},
                 {"picture", 76}};

    if (has_scope(token) || span_is(token->typ, "at+jwt") ||
        span_is(token->typ, "application/at+jwt")) {
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF_ROWS(SIGNS); i++) {
        if (token_has_claim(token, SIGNS[i].claim)) {
            *sign = SIGNS[i].claim;
            return SIGNS[i].confidence;
        }
    }
    *sign = "aud = client";
    return is_aud_client(token) && token->sub.len > 0 ? 74 : 0;
}

static void look_id_token(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    const bool is_sure = is_named_id(token);
    const char *sign = "its type";
    const int confidence = is_sure ? CERTAIN : judge_id(token, &sign);
    struct finding *finding;

    if (scene->it == NULL || confidence == 0 || is_wanted(scene)) {
        return;
    }
    if (!is_refused(scene) && !span_is(scene->error, "insufficient_scope") &&
        scene->it->status != 403) {
        return;
    }
    finding = suspect(scene, diagnosis, cause,
                      "token.wrong_aud token.typ_mismatch token.missing_claim scope.insufficient "
                      "token.signature_invalid",
                      (struct weight){confidence, confidence > 90 ? 98 : 93, 70});
    if (is_sure) {
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "it says of itself that it is an ID token");
    } else {
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "%s, and no scope: it speaks of a sign-in", sign);
    }
    if (is_aud_client(token)) {
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "aud \"%.*s\" is the client itself", BRIEF(token->aud[0]));
    }
    point_token(scene, diagnosis, finding, 0, 0, "an ID token: for the client, not for an API");
}

/* -- Refresh tokens --------------------------------------------------------------------------------- */

static bool is_refresh(const struct token_view *token)
{
    static const char *const NAMES[] = {"typ",  "token_use", "token_type",
                                        "type", "tokenType", "use"};
    static const char WORDS[] = "refresh|offline";

    if (span_is(token->typ, "rt+jwt") || span_is(token->typ, "refresh+jwt") ||
        span_is(token->typ, "refresh")) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF_ROWS(NAMES); i++) {
        if (found_of(token_claim(token, NAMES[i]), WORDS).at != NULL) {
            return true;
        }
    }
    return false;
}

static void look_refresh(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    const struct key_form *form = key_form_find(scene->sent.payload);
    const bool is_opaque_one = !is_jwt(scene) && form != NULL && form->use == KEY_REFRESH;
    struct finding *finding;

    if (scene->it == NULL || !(is_opaque_one || (is_jwt(scene) && is_refresh(token)))) {
        return;
    }
    finding = suspect(scene, diagnosis, cause,
                      "token.typ_mismatch token.wrong_aud token.signature_invalid token.expired",
                      (struct weight){is_opaque_one ? 90 : 97, 99, 85});
    if (is_opaque_one) {
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "it begins with %s, as refresh tokens do", form->prefix);
    } else {
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "it says of itself that it is a refresh token");
    }
    point_token(scene, diagnosis, finding, 0, 0, "a refresh token: only for the token endpoint");
}

/* An endpoint that wants the ID token was given the access token; or the other way round. */
static void look_use(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "not an id token|is not an ID token|Token use not allowed|token_use|"
        "expected token type|Token has wrong type|not an access token|"
        "Only access tokens are allowed|Wrong token type|invalid token type";
    const struct dw_span said = said_of(scene, TEXTS);
    const struct dw_span use = token_claim(&scene->token, "token_use");
    struct finding *finding;

    if (said.at == NULL || is_refresh(&scene->token) || is_named_id(&scene->token)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 90);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(said));
    if (use.at != NULL) {
        finding_say(diagnosis, finding, "token", token_place(scene), "token_use is \"%.*s\"",
                    BRIEF(use));
    }
}

/* -- Microsoft Graph -------------------------------------------------------------------------------- */

static void look_graph(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct token_view *token = &scene->token;
    const bool is_graph = is_for(token, GRAPH_ID) || is_for(token, "https://graph.microsoft.com") ||
                          is_for(token, "https://graph.microsoft.com/");
    const bool has_nonce = token->has_header &&
                           json_member(&token->header, json_root(&token->header), "nonce") != NULL;
    struct finding *finding;

    if (!is_graph || scene->it == NULL || span_has(scene->host, "graph.microsoft.")) {
        return;
    }
    finding = suspect(scene, diagnosis, cause,
                      "token.signature_invalid token.wrong_aud token.kid_unknown",
                      (struct weight){has_nonce ? 98 : 96, 99, 85});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "aud \"%.*s\" is Microsoft Graph, the host asked is %.*s", BRIEF(token->aud[0]),
                BRIEF(scene->host));
    if (has_nonce) {
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "its header has a nonce: nobody but Graph can verify the signature");
    }
    point_token(scene, diagnosis, finding, 0, 0, "made for Microsoft Graph");
}

/* -- No token at all -------------------------------------------------------------------------------- */

static void look_secret(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct key_form *form = key_form_find(scene->sent.payload);
    const struct token_vendor *vendor = token_vendor_of(scene->sent.payload);
    struct finding *finding;

    if (scene->it == NULL || !scene_is_scheme(scene, "Bearer") || form == NULL ||
        form->use == KEY_REFRESH || form->hosts[0] == '\0' || is_jwt(scene)) {
        return;
    }
    if (form->use != KEY_CODE && found_of(scene->host, form->hosts).at != NULL) {
        return;
    }
    finding =
        suspect(scene, diagnosis, cause, "token.opaque_to_jwt token.segments",
                form->use == KEY_CODE ? (struct weight){90, 95, 80} : (struct weight){84, 93, 78});
    finding_say(diagnosis, finding, "request", token_place(scene),
                "%s...: %s, sent as a Bearer token to %.*s", form->prefix,
                vendor != NULL ? vendor->name : "a key of another service", BRIEF(scene->host));
    point_token(scene, diagnosis, finding, 0, strlen(form->prefix), "no token of this API");
}

/* Codes are short, and nothing is refused for being one but with such words. */
static void look_code(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] = "authorization code|client_secret|client secret|exchange the code|"
                                "exchange it for";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (scene->it == NULL || is_jwt(scene) || said.at == NULL ||
        !scene_is_scheme(scene, "Bearer")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 78);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(said));
}

static struct dw_span code_in(const struct scene *scene, struct dw_span url)
{
    struct dw_span query = url_query(url);
    struct dw_span name, value;

    while (url_query_next(&query, &name, &value)) {
        if (span_is(name, "code")) {
            return percent_open(scene->arena, value);
        }
    }
    return (struct dw_span){NULL, 0};
}

/* The very code that the login came back with. */
static void look_own_code(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    for (size_t i = 0; scene->it != NULL && scene_is_scheme(scene, "Bearer") && i < scene->index;
         i++) {
        const struct exchange *before = scene->capture->exchanges[i];
        const struct dw_span code = code_in(scene, before->url);
        struct finding *finding;

        if (code.len == 0 || !dw_span_equal(code, scene->sent.payload)) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, cause, 96);
        finding_say(diagnosis, finding, "capture", before->place,
                    "it is the code that the login came back with");
        point_token(scene, diagnosis, finding, 0, 0, "a code: for the token endpoint alone");
        return;
    }
}

void kind_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule OF_JWTS[] = {
        {"token.id_token_used", look_id_token},
        {"token.typ_mismatch", look_use},
        {"token.wrong_graph_audience", look_graph},
    };
    static const struct credential_rule RULES[] = {
        {"token.refresh_token_used", look_refresh},
        {"token.code_or_secret_used", look_secret},
        {"token.code_or_secret_used", look_code},
        {"token.code_or_secret_used", look_own_code},
    };

    if (is_jwt(scene)) {
        rules_walk(OF_JWTS, COUNT_OF_ROWS(OF_JWTS), scene, diagnosis);
    }
    rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
}
