/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* A token that is right and not enough: bound to a certificate (RFC 8705), of too little scope (RFC 6750
 * s3.1), from too weak or too old a sign-in (RFC 9470), not meant for an organisation's single sign-on. */

/* -- Certificates ------------------------------------------------------------------------------------- */

static void look_certificate(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    static const char TEXTS[] =
        "certificate thumbprint|x5t#S256|certificate-bound|certificate bound|"
        "proof of possession|cnf claim|certificate does not match|"
        "client certificate mismatch|bound to a certificate|certificate mismatch";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (scene->token.x5t.at == NULL || !is_refused(scene)) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, NULL,
                      said.at != NULL ? (struct weight){98, 98, 90} : (struct weight){76, 80, 50});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "cnf.x5t#S256 binds it to a certificate");
    if (said.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"",
                    BRIEF(said));
    }
    point_token(scene, diagnosis, finding, 0, 0,
                "good only with the certificate it was issued for");
}

static void look_no_certificate(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    static const char TEXTS[] =
        "No required SSL certificate was sent|client certificate required|"
        "client certificate is required|The SSL certificate error|"
        "requires a client certificate|client certificate not|403.7|"
        "No client certificate|missing client certificate|certificate required|"
        "client certificate was not|SSL client certificate";
    static const char NOTES[] =
        "alert certificate required|certificate required|bad_certificate|"
        "alert handshake failure|ERR_SSL_CLIENT_AUTH|ERR_BAD_SSL_CLIENT_AUTH_CERT|"
        "SSL_ERROR_RX_CERTIFICATE_REQUIRED|sslv3 alert bad certificate";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;
    bool is_asked = false;

    for (size_t i = 0; i < scene->it->n_notes; i++) {
        const struct dw_span noted = found_of(scene->it->notes[i], NOTES);

        is_asked = is_asked || span_has(scene->it->notes[i], "Request CERT");
        if (noted.at != NULL && said.at == NULL) {
            finding =
                diagnosis_suspect(diagnosis, cause, span_has(noted, "handshake failure") ? 60 : 90);
            finding_say(diagnosis, finding, "client", scene->it->place, "%.*s",
                        BRIEF(scene->it->notes[i]));
        }
    }
    if (said.at != NULL) {
        finding = diagnosis_suspect(diagnosis, cause, is_asked ? CERTAIN : 92);
        finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"",
                    BRIEF(said));
        finding->server_text = arena_print(diagnosis->arena, "%.*s", BRIEF(said));
    } else if (is_asked && scene->sent.where == SENT_NOWHERE && scene->it->status >= 400) {
        finding = diagnosis_suspect(diagnosis, cause, 76);
    } else {
        return;
    }
    if (is_asked) {
        finding_say(diagnosis, finding, "client", scene->it->place,
                    "the server asked for a certificate");
    }
}

/* -- Scope ---------------------------------------------------------------------------------------------- */

static bool is_in_list(const struct json *json, const struct json_node *list, struct dw_span word)
{
    for (const struct json_node *item = json_first(list); item != NULL;
         item = json_next(list, item)) {
        if (dw_span_equal(json_string(json, item), word)) {
            return true;
        }
    }
    return false;
}

static bool token_grants(const struct token_view *token, struct dw_span word)
{
    static const char *const NAMES[] = {"scope",       "scp",   "scopes",
                                        "permissions", "roles", "authorities"};
    const struct json_node *root = json_root(&token->claims);
    const struct json_node *realm = json_member(&token->claims, root, "realm_access");

    for (size_t i = 0; i < COUNT_OF_ROWS(NAMES); i++) {
        const struct json_node *node = json_member(&token->claims, root, NAMES[i]);

        if (list_has(json_string(&token->claims, node), word) ||
            (node != NULL && node->type == JSON_ARRAY && is_in_list(&token->claims, node, word))) {
            return true;
        }
    }
    realm = json_member(&token->claims, realm, "roles");
    return realm != NULL && is_in_list(&token->claims, realm, word);
}

static struct dw_span wanted_scope(const struct scene *scene)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        const struct dw_span scope = scene_param(&scene->challenges[i], "scope");

        if (scope.len > 0) {
            return scope;
        }
    }
    return NOTHING;
}

/* Names what is missing; the first word of it, absent if nothing is. */
static struct dw_span first_missing(const struct scene *scene, struct dw_span wanted, unsigned *n)
{
    struct dw_span first = {NULL, 0};
    struct dw_span word;

    *n = 0;
    while (take_word(&wanted, &word)) {
        if (!token_grants(&scene->token, word)) {
            first = first.at == NULL ? word : first;
            ++*n;
        }
    }
    return first;
}

static void say_missing(const struct scene *scene, struct diagnosis *diagnosis,
                        struct finding *finding, struct dw_span wanted)
{
    unsigned n;
    const struct dw_span missing = first_missing(scene, wanted, &n);
    const struct dw_span has = scene->token.scope;

    if (missing.at == NULL) {
        finding->against =
            arena_print(diagnosis->arena, "the token has all of \"%.*s\"", BRIEF(wanted));
        finding->confidence = finding->confidence > 75 ? 75 : finding->confidence;
        return;
    }
    finding_say(diagnosis, finding, "token", token_place(scene),
                "\"%.*s\"%s is not among its scope \"%.*s\"", BRIEF(missing),
                n > 1 ? " and more" : "", BRIEF(has));
    point_token(scene, diagnosis, finding, 0, 0,
                arena_print(diagnosis->arena, "lacks %.*s", BRIEF(missing)));
}

static void look_scope(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "insufficient_scope|insufficient scope|insufficientScope|missing_scope|"
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT|insufficient authentication scopes|"
        "insufficient permissions|requires scope|required scope|missing required scope|"
        "missing scope|scope required|not have the required scope|Insufficient privileges|"
        "does not have the necessary scope|RBAC: access denied|invalid_scope|"
        "Resource not accessible by|insufficient oauth scope|token lacks scope";
    const struct dw_span said = said_of(scene, TEXTS);
    const struct dw_span wanted = wanted_scope(scene);
    /* Envoy's filter has these words for each of its rules, of which few are about scope. */
    const bool is_mesh = span_has(scene->server, "envoy") && span_begins(said, "RBAC");
    const bool is_seen = scene->sent.where != SENT_NOWHERE;
    struct finding *finding;

    if ((!is_seen && scene->it->request.is_there) || said.at == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause,
                                span_is(scene->error, "insufficient_scope") ? CERTAIN
                                : is_seen && !is_mesh                       ? 91
                                                                            : LIKELY - 1);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"%s", BRIEF(said),
                scene->it->status == 401 ? ", with 401 where RFC 6750 s3.1 has 403" : "");
    if (wanted.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "wants scope \"%.*s\"",
                    BRIEF(wanted));
    }
    if (wanted.at != NULL && is_jwt(scene)) {
        say_missing(scene, diagnosis, finding, wanted);
    }
}

/* A challenge that wants scope, and a token that is fine but for it. */
static void look_quiet_scope(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    const struct dw_span wanted = wanted_scope(scene);
    struct finding *finding;
    unsigned n;

    if (wanted.at == NULL || !is_jwt(scene) ||
        surest_of(diagnosis, "token. header. scope. dpop.") > 60 ||
        first_missing(scene, wanted, &n).at == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 72);
    finding_say(diagnosis, finding, "server", answer_place(scene), "wants scope \"%.*s\"",
                BRIEF(wanted));
    say_missing(scene, diagnosis, finding, wanted);
}

/* GitHub says what a token has, and what would do. */
static void look_accepted(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span has = answered_field(scene, "X-OAuth-Scopes");
    struct dw_span accepted = answered_field(scene, "X-Accepted-OAuth-Scopes");
    struct finding *finding;
    struct dw_span word;

    if (accepted.len == 0 || scene->it->status < 400) {
        return;
    }
    while (take_word(&accepted, &word)) {
        if (list_has(has, word)) {
            return;
        }
    }
    finding = diagnosis_suspect(diagnosis, cause, 92);
    finding_say(diagnosis, finding, "server", answer_place(scene),
                "X-OAuth-Scopes \"%.*s\", accepted \"%.*s\"", BRIEF(has),
                BRIEF(answered_field(scene, "X-Accepted-OAuth-Scopes")));
}

/* -- Step-up and single sign-on ------------------------------------------------------------------------- */

static void say_authentication(const struct scene *scene, struct diagnosis *diagnosis,
                               struct finding *finding)
{
    static const char *const NAMES[] = {"acr_values", "max_age"};

    for (size_t i = 0; i < scene->n_challenges; i++) {
        for (size_t k = 0; k < COUNT_OF_ROWS(NAMES); k++) {
            const struct dw_span value = scene_param(&scene->challenges[i], NAMES[k]);
            const struct dw_span acr = token_claim(&scene->token, "acr");

            if (value.len > 0) {
                finding_say(diagnosis, finding, "server", answer_place(scene),
                            "wants %s \"%.*s\", the token's acr is \"%.*s\"", NAMES[k],
                            BRIEF(value), BRIEF(acr));
            }
        }
    }
}

static void look_stepup(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "insufficient_user_authentication|interaction_required|AADSTS50076|AADSTS50079|"
        "step_up_required|step-up authentication|reauthentication required|"
        "re-authentication required|login_required";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (said.at == NULL) {
        return;
    }
    finding = diagnosis_suspect(
        diagnosis, cause, span_is(scene->error, "insufficient_user_authentication") ? 98 : 86);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(said));
    say_authentication(scene, diagnosis, finding);
}

static void look_sso(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] = "SAML enforcement|SAML SSO|enforces SAML|organization SAML|"
                                "single sign-on|SSO authorization|must be authorized for SSO|"
                                "sso-required|sso_required|via SSO";
    const struct dw_span field = answered_field(scene, "X-GitHub-SSO");
    const struct dw_span said = said_of(scene, TEXTS);
    const bool is_seen = scene->sent.where != SENT_NOWHERE;
    struct finding *finding;

    if ((!is_seen && scene->it->request.is_there) ||
        (field.len == 0 && (said.at == NULL || scene->body_is_html))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause,
                                span_begins(field, "required") ? 98
                                : is_seen                      ? 88
                                                               : LIKELY - 1);
    finding_say(diagnosis, finding, "server", answer_place(scene), "%s%.*s",
                field.len > 0 ? "X-GitHub-SSO: " : "says ", BRIEF(field.len > 0 ? field : said));
}

void rules_proof(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"mtls.cert_mismatch", look_certificate}, {"mtls.cert_missing", look_no_certificate},
        {"scope.insufficient", look_scope},       {"scope.insufficient", look_accepted},
        {"stepup.required", look_stepup},         {"sso.required", look_sso},
        {"scope.insufficient", look_quiet_scope},
    };

    if (scene->it != NULL) {
        dpop_look(scene, diagnosis);
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
}
