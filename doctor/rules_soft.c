/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* -- Statuses of one product or one framework -------------------------------------------------------- */

static void look_statuses(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct {
        int status;
        const char *cause, *what;
    } ROWS[] = {
        {419, "status.419", "419 is Laravel's: the page, and its CSRF token, have expired"},
        {440, "status.440", "440 is IIS's and Exchange's: the login has timed out"},
        {498, "status.498", "498 is ArcGIS's: the token is invalid"},
        {499, "status.499", "499 is ArcGIS's: a token is required"},
    };

    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const bool is_nginx = ROWS[i].status == 499 && !scene->body_is_json;

        if (scene->it->status == ROWS[i].status) {
            struct finding *finding =
                diagnosis_suspect(diagnosis, ROWS[i].cause, is_nginx ? LIKELY : 98);

            finding_say(diagnosis, finding, "server", scene->it->response.place, "%s",
                        ROWS[i].what);
        }
    }
}

static void look_400(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct finding *finding;

    if (scene->it->status != 400 || !span_is(scene->error, "invalid_request")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "status.400_invalid_request", 99);
    finding_say(diagnosis, finding, "server", scene->it->response.place,
                "400 with error=\"invalid_request\" is right (RFC 6750 s3.1)");
}

/* -- A page to sign in at ------------------------------------------------------------------------------ */

static void look_page(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const char *const PASSWORDS[] = {"type=\"password\"", "type='password'",
                                            "type=password"};
    static const char *const TITLES[] = {"<title>log in",  "<title>login",      "<title>sign in",
                                         "<title>signin",  "- sign in</title>", "login</title>",
                                         "log in</title>", "sign in</title>",   "sign in to "};
    const char *password = first_in(scene->body, PASSWORDS, COUNT(PASSWORDS));
    const char *title = first_in(scene->body, TITLES, COUNT(TITLES));
    struct finding *finding;

    if (!is_success(scene->it) || !scene->body_is_html || (password == NULL && title == NULL)) {
        return;
    }
    finding =
        diagnosis_suspect(diagnosis, "soft.login_page_200",
                          password != NULL && (title != NULL || wants_json(scene->it)) ? 93 : 85);
    finding_say(diagnosis, finding, "server", scene->it->response.place,
                "%d with a page that has %s", scene->it->status,
                password != NULL ? password : title);
    if (wants_json(scene->it)) {
        finding_say(diagnosis, finding, "request", scene->it->request.place, "JSON was asked for");
    }
}

/* -- A body that says no under a status that says yes ----------------------------------------------- */

struct body {
    struct json json;
    const struct json_node *root;
};

/* Reading decodes strings in place, so it is a copy that is read. */
static bool open_body(const struct scene *scene, struct body *body)
{
    const struct dw_span text = span_bare(scene->body);
    struct json_node *nodes = arena_take(scene->arena, SCENE_JSON_NODES * sizeof(*nodes));
    char *copy = arena_take(scene->arena, text.len + 1);

    if (text.len == 0 || nodes == NULL || copy == NULL) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    if (json_parse(copy, text.len, nodes, SCENE_JSON_NODES, &body->json, NULL) != JSON_OK) {
        return false;
    }
    body->root = json_root(&body->json);
    if (body->root->type == JSON_ARRAY) {
        body->root = json_first(body->root);
    }
    return body->root != NULL && body->root->type == JSON_OBJECT;
}

static bool is_refusal_word(struct dw_span text)
{
    static const char *const WORDS[] = {
        "unauthenticated",     "unauthorized",    "not_authed",
        "invalid_auth",        "token_expired",   "token_revoked",
        "invalid_token",       "invalid token",   "not authenticated",
        "not logged in",       "authentication",  "login required",
        "login_required",      "access denied",   "no permission",
        "session expired",     "not_logged_in",   "session_expired",
        "expired token",       "invalid_session", "unauthorised",
        "INVALID_SESSION_ID",  "auth_required",   "please log in",
        "please sign in",      "jwt expired",     "account_inactive",
        "invalid credentials", "AccessDenied",    "not_allowed_token_type",
        "invalid api key",     "token expired",   "token has expired",
        "token is expired",    "access-denied",   "invalid-jwt",
    };

    return first_in(text, WORDS, COUNT(WORDS)) != NULL;
}

bool is_refusal_body(struct dw_span body)
{
    static const char *const CODES[] = {"\"code\":498",  "\"code\": 498", "\"code\":499",
                                        "\"code\": 499", "\"code\":401",  "\"code\": 401"};
    static const char *const NOES[] = {"\"ok\":false",       "\"ok\": false", "\"success\":false",
                                       "\"success\": false", "\"errors\":[",  "\"errors\": ["};
    const struct dw_span start = span_bare(body);

    if (start.len == 0 || (start.at[0] != '{' && start.at[0] != '[')) {
        return false;
    }
    return first_in(body, CODES, COUNT(CODES)) != NULL ||
           (first_in(body, NOES, COUNT(NOES)) != NULL && is_refusal_word(body));
}

/* The number or word a member holds, if it says that somebody is not signed in. */
static bool is_refusal_code(const struct body *body, const struct json_node *node, int64_t *code)
{
    if (!json_whole(&body->json, node, code)) {
        *code = 0;
        return span_is(json_string(&body->json, node), "401") ||
               is_refusal_word(json_string(&body->json, node));
    }
    return *code == 401 || *code == 498 || *code == 499 || *code == 40101;
}

static void find_body(const struct scene *scene, struct diagnosis *diagnosis, int confidence,
                      const char *where, int64_t code)
{
    const bool is_arcgis = code == 498 || code == 499;
    struct finding *finding =
        diagnosis_suspect(diagnosis, "soft.body_error_200", is_arcgis ? 97 : confidence);

    finding_say(diagnosis, finding, "server", scene->it->response.place,
                "the status is %d, and the body's %s says unauthenticated", scene->it->status,
                where);
    if (is_arcgis) {
        finding = diagnosis_suspect(diagnosis, code == 498 ? "status.498" : "status.499", 98);
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "%lld in the body is ArcGIS's: %s", (long long)code,
                    code == 498 ? "the token is invalid" : "a token is required");
    }
}

/* GraphQL: errors[].extensions.code, or only a message. */
static void look_graphql(const struct scene *scene, const struct body *body,
                         struct diagnosis *diagnosis)
{
    const struct json_node *errors = json_member(&body->json, body->root, "errors");
    const struct json_node *error =
        errors != NULL && errors->type == JSON_ARRAY ? json_first(errors) : NULL;
    int64_t code;

    for (; error != NULL; error = json_next(errors, error)) {
        const struct json_node *extensions = json_member(&body->json, error, "extensions");

        if (is_refusal_code(body, json_member(&body->json, extensions, "code"), &code) ||
            is_refusal_code(body, json_member(&body->json, extensions, "classification"), &code)) {
            find_body(scene, diagnosis, 98, "errors[].extensions.code", code);
        } else if (is_refusal_word(
                       json_string(&body->json, json_member(&body->json, error, "message")))) {
            find_body(scene, diagnosis, VERY_LIKELY, "errors[].message", 0);
        }
    }
}

static bool is_no(const struct json_node *node)
{
    return node != NULL && node->type == JSON_FALSE;
}

static void look_members(const struct scene *scene, const struct body *body,
                         struct diagnosis *diagnosis)
{
    static const char *const NAMES[] = {
        "error",      "code",    "status",  "statusCode", "status_code",       "errorCode",
        "error_code", "errcode", "message", "msg",        "error_description", "reason"};
    const bool says_no = is_no(json_member(&body->json, body->root, "ok")) ||
                         is_no(json_member(&body->json, body->root, "success"));
    const struct json_node *error = json_member(&body->json, body->root, "error");
    int64_t code;

    for (size_t i = 0; i < COUNT(NAMES); i++) {
        const bool is_text = i >= 8;
        const struct json_node *own = json_member(&body->json, body->root, NAMES[i]);

        if (is_refusal_code(body, own, &code) && (!is_text || says_no)) {
            find_body(scene, diagnosis, says_no || code != 0 ? 98 : VERY_LIKELY, NAMES[i], code);
        }
        if (error != NULL && error->type == JSON_OBJECT &&
            is_refusal_code(body, json_member(&body->json, error, NAMES[i]), &code)) {
            find_body(scene, diagnosis, code != 0 ? 98 : VERY_LIKELY,
                      arena_print(scene->arena, "error.%s", NAMES[i]), code);
        }
    }
}

static void look_body(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct body body;

    if (!is_success(scene->it) || !open_body(scene, &body)) {
        return;
    }
    look_graphql(scene, &body, diagnosis);
    look_members(scene, &body, diagnosis);
}

static void look_grpc(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *field = message_field(&scene->it->response, "grpc-status");
    const struct dw_span message = message_value(&scene->it->response, "grpc-message");
    static const char *const TRAILERS[] = {"grpc-status:16", "grpc-status: 16"};
    struct finding *finding;

    /* Where trailers cannot travel as fields, grpc-web's and captures' stand behind the body. */
    if (field == NULL && first_in(scene->body, TRAILERS, COUNT(TRAILERS)) != NULL &&
        span_begins(message_value(&scene->it->response, "Content-Type"), "application/grpc")) {
        finding = diagnosis_suspect(diagnosis, "soft.grpc_16", 98);
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "grpc-status: 16 behind the body is UNAUTHENTICATED");
        return;
    }
    if (field == NULL || !span_is(span_bare(field->value), "16")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "soft.grpc_16", 99);
    finding_say(diagnosis, finding, "server", field->place, "grpc-status: 16 is UNAUTHENTICATED");
    finding_point(diagnosis, finding, field, 0, field->value.len, "UNAUTHENTICATED");
    if (message.len > 0) {
        finding_say(diagnosis, finding, "server", field->place, "grpc-message: %.*s",
                    SHOWN(message));
    }
}

void soft_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    look_statuses(scene, diagnosis);
    look_400(scene, diagnosis);
    look_page(scene, diagnosis);
    look_body(scene, diagnosis);
    look_grpc(scene, diagnosis);
}
