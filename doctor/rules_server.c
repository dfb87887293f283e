/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SLOW_MS      5000

/* -- Challenges ----------------------------------------------------------------------------------------- */

static void look_challenge(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_message *response = &scene->it->response;
    struct finding *finding;

    if (scene->it->status != 401 || response->n_fields == 0 ||
        message_field(response, "WWW-Authenticate") != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.no_www_authenticate", 99);
    finding_say(diagnosis, finding, "server", response->place,
                "a 401 must have WWW-Authenticate (RFC 9110 s15.5.2)");
}

/* A token may begin with one, but whoever writes it means a quoted-string. */
static const char *single_quote(const struct dw_challenge *challenge)
{
    for (size_t i = 0; i < challenge->n_params; i++) {
        const struct dw_span value = challenge->params[i].value;

        if (!challenge->params[i].quoted && value.len > 0 && value.at[0] == '\'') {
            return value.at;
        }
    }
    return NULL;
}

/* The first place where a field breaks the strict grammar, or only seems to keep it. */
static bool is_broken(struct dw_span field, struct dw_fault *fault)
{
    struct dw_challenge_reader reader;
    struct dw_challenge challenge;
    const char *quote = NULL;
    int error;

    *fault = (struct dw_fault){0, NULL};
    dw_challenge_reader_init(&reader, field, false);
    do {
        error = dw_challenge_next(&reader, &challenge, fault);
        quote = error == 0 && quote == NULL ? single_quote(&challenge) : quote;
    } while (error == 0);
    if (error != DW_ERR_SYNTAX && quote != NULL) {
        *fault = (struct dw_fault){(size_t)(quote - field.at),
                                   "' is no quote: it is a part of the value"};
    }
    return fault->what != NULL;
}

static void look_malformed(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_message *response = &scene->it->response;

    for (size_t i = 0; i < response->n_fields; i++) {
        const struct capture_field *field = &response->fields[i];
        struct finding *finding;
        struct dw_fault fault;

        if (!(span_is(field->name, "WWW-Authenticate") ||
              span_is(field->name, "Proxy-Authenticate")) ||
            !is_broken(field->value, &fault)) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, "server.malformed_challenge", 99);
        finding_say(diagnosis, finding, "server", field->place,
                    "%.*s breaks its grammar at byte %zu: %s", SHOWN(field->name), fault.at + 1,
                    fault.what);
        finding_point(diagnosis, finding, field, fault.at, 1, "%s", fault.what);
    }
}

static bool is_widely_known(struct dw_span scheme)
{
    static const char *const SCHEMES[] = {"Basic", "Bearer", "Digest", "Negotiate", "NTLM", "DPoP"};

    for (size_t i = 0; i < COUNT(SCHEMES); i++) {
        if (span_is(scheme, SCHEMES[i])) {
            return true;
        }
    }
    return false;
}

/* Clients that look at the first challenge alone, or at a field's first, give up here. */
static void look_unusable(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct challenge_view *first = &scene->challenges[0];
    struct finding *finding;

    if (scene->n_challenges < 2 || is_widely_known(first->challenge.scheme) ||
        !sent_nothing(scene)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.challenge_unusable", 70);
    finding_say(diagnosis, finding, "server", first->field->place,
                "the first of %zu challenges is %.*s, which few clients know", scene->n_challenges,
                SHOWN(first->challenge.scheme));
    finding_point(diagnosis, finding, first->field, 0, first->challenge.scheme.len,
                  "some stop here");
}

/* -- The wrong status ---------------------------------------------------------------------------------- */

static void look_403_for_401(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const char *const OTHERS[] = {
        "csrf",         "rate limit", "cloudflare",
        "blocked",      "ip address", "Missing Authentication Token",
        "RBAC",         "waf",        "SignatureDoesNotMatch",
        "AccessDenied", "user agent", "user-agent"};
    const char *words = words_for_missing(scene);
    struct finding *finding;

    if (scene->it->status != 403 || !sent_nothing(scene) || exchange_is_preflight(scene->it) ||
        span_is(scene->it->method, "CONNECT") ||
        (words == NULL && first_in(scene->body, OTHERS, COUNT(OTHERS)) != NULL)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.403_for_401", words != NULL ? 97 : 85);
    finding_say(diagnosis, finding, "request", scene->it->request.place,
                "no credentials were sent");
    finding_say(diagnosis, finding, "server", scene->it->response.place,
                "403, which is for credentials that do not suffice (RFC 9110 s15.5.4)");
    if (words != NULL) {
        finding_say(diagnosis, finding, "server", scene->it->response.place, "it says \"%s\"",
                    words);
    }
}

static bool passed_elsewhere(const struct scene *scene)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];

        if (is_success(one) && one->role == ROLE_CAPTURED && sent_the_same(one, scene->it) &&
            dw_span_equal_nocase(url_host(one->url), url_host(scene->it->url)) &&
            !dw_span_equal(url_path(one->url), scene->path)) {
            return true;
        }
    }
    return false;
}

static const char *const FOR_403[] = {
    "insufficient permission",
    "insufficient privilege",
    "not permitted",
    "permission denied",
    "does not have permission",
    "do not have permission",
    "lacks the required role",
    "required role",
    "role required",
    "role is required",
    "permission required",
    "required permission",
    "missing permission",
    "missing role",
    "not allowed to access",
    "access is denied",
    "forbidden",
    "insufficient_scope",
    "not authorized to perform",
    "requires admin",
    "admin only",
    "insufficient rights",
};
/* Servers write these of a wrong password too. */
static const char *const LOOSE[] = {"forbidden", "access is denied"};
/* These tell of rights only where the same credentials are known to be good. */
static const char *const NEXT_DOOR[] = {
    "may not ",      "not allowed",   "not authorized to", "not authorised to",
    "no permission", "permission",    "privilege",         " role",
    "access denied", "not entitled",  "not a member",      "only admin",
    "admins only",   "must be admin", "owner only",        "only the owner",
    "not the owner", "no access to",
};

static void look_401_for_403(const struct scene *scene, struct diagnosis *diagnosis)
{
    const char *words = first_in(scene->body, FOR_403, COUNT(FOR_403));
    const bool passes = !sent_nothing(scene) && passed_elsewhere(scene);
    struct finding *finding;
    bool is_loose;

    if (scene->it->status != 401 || sent_nothing(scene) || !scene->it->request.is_there ||
        span_has(scene->server, "IIS")) {
        return;
    }
    if (words == NULL) {
        words = first_in(scene->error_description, FOR_403, COUNT(FOR_403));
    }
    if (words == NULL && passes) {
        words = first_in(scene->body, NEXT_DOOR, COUNT(NEXT_DOOR));
    }
    if (words == NULL) {
        return;
    }
    is_loose = first_in(dw_span_of(words), LOOSE, COUNT(LOOSE)) != NULL;
    finding = diagnosis_suspect(diagnosis, "server.401_for_403", is_loose && !passes ? 70 : 88);
    finding_say(diagnosis, finding, "server", scene->it->response.place,
                "it says \"%s\": it knows who asks, and 403 would be right", words);
    if (passes) {
        finding_say(diagnosis, finding, "request", scene->it->request.place,
                    "the same credentials pass at another path");
    }
}

/* -- Another path's business ----------------------------------------------------------------------------- */

static void look_route(const struct scene *scene, struct diagnosis *diagnosis)
{
    const bool is_token_type = span_has(message_value(&scene->it->response, "x-amzn-errortype"),
                                        "MissingAuthenticationToken");
    struct finding *finding;

    if (!is_token_type && (!scene_says(scene, "Missing Authentication Token") ||
                           scene_says(scene, "missing authentication token for"))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.route_first",
                                span_has(scene->host, "execute-api") || is_token_type ? 97 : 92);
    finding_say(
        diagnosis, finding, "server", scene->it->response.place,
        "\"Missing Authentication Token\" is API Gateway's word for no such route or method");
    if (scene->it->url.len > 0) {
        finding_say(diagnosis, finding, "request", scene->it->place, "%.*s %.*s",
                    SHOWN(scene->it->method), SHOWN(scene->path));
    }
}

/* The same credentials are let in next door, and nothing is said against them here. */
static void look_unknown_path(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct finding *finding;

    if (scene->it->status != 401 || !sent_authorization(scene) || scene->error.at != NULL ||
        words_for_missing(scene) != NULL || !passed_elsewhere(scene)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.route_first", 62);
    finding_say(diagnosis, finding, "request", scene->it->place,
                "the same credentials pass at another path: perhaps nothing is at %.*s",
                SHOWN(scene->path));
}

/* Spring Security's default answer fields. */
static bool runs_spring(const struct scene *scene)
{
    const struct dw_span control = message_value(&scene->it->response, "Cache-Control");

    return message_field(&scene->it->response, "X-Content-Type-Options") != NULL &&
           span_has(control, "no-cache, no-store, max-age=0, must-revalidate");
}

static void look_error_dispatch(const struct scene *scene, struct diagnosis *diagnosis)
{
    const bool is_error_path = span_has(scene->body, "\"path\":\"/error\"") ||
                               span_has(scene->body, "\"path\": \"/error\"");
    const bool passed =
        !sent_nothing(scene) && scene->sent.where != SENT_NOWHERE && passed_elsewhere(scene);
    struct finding *finding;

    if (scene->it->status != 401 && scene->it->status != 403) {
        return;
    }
    if (!is_error_path && !(runs_spring(scene) && passed && scene->body.len == 0)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.error_dispatch", is_error_path ? 95 : 85);
    finding_say(diagnosis, finding, "server", scene->it->response.place, "%s",
                is_error_path ? "the body's path is /error: another error was hidden on its way"
                              : "Spring's answer without a body, only at this path");
    if (passed) {
        finding_say(diagnosis, finding, "request", scene->it->request.place,
                    "the same credentials pass at another path");
    }
}

static void look_404(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct finding *finding;
    bool passed = false;

    if (scene->it->status != 404 || !sent_nothing(scene)) {
        return;
    }
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];

        passed = passed || (is_success(one) && asked_the_same(one, scene->it) &&
                            !sent_the_same(one, scene->it));
    }
    finding = diagnosis_suspect(diagnosis, "server.404_for_401", passed ? 97 : 45);
    finding_say(diagnosis, finding, "server", scene->it->response.place, "%s",
                passed ? "404 without credentials, 2xx with them"
                       : "404 without credentials may hide what is there");
}

static const char *const DOORS[] = {"/login",       "/signin", "/sign-in",
                                    "/register",    "/signup", "/sign-up",
                                    "/oauth/token", "/forgot", "/password/reset"};

/* Who signs in has no token yet. */
static void look_login_order(const struct scene *scene, struct diagnosis *diagnosis)
{
    const char *door = first_in(scene->path, DOORS, COUNT(DOORS));
    const char *words = words_for_missing(scene);
    struct finding *finding;

    if (door == NULL || words == NULL || scene->it->status != 401 || sent_authorization(scene) ||
        !span_is(scene->it->method, "POST")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.middleware_order", 96);
    finding_say(diagnosis, finding, "request", scene->it->place,
                "%s is where a token is got, and it says \"%s\"", door, words);
}

/* What stands open as a rule: for whoever watches the server, or has no token yet. NULL: not this. */
static const char *open_door(const struct exchange *one)
{
    static const char *const PUBLIC[] = {"/.well-known/", "/health",      "/livez",
                                         "/readyz",       "/favicon.ico", "/robots.txt",
                                         "/openapi.json", "/swagger"};
    const char *path = first_in(url_path(one->url), PUBLIC, COUNT(PUBLIC));

    return path == NULL && span_is(one->method, "POST")
               ? first_in(url_path(one->url), DOORS, COUNT(DOORS))
               : path;
}

/* A second door of the same server that is shut too, with the same words: one could be meant so. */
static const char *other_shut_door(const struct scene *scene)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];

        if (one != scene->it && one->status == 401 && one->role == ROLE_CAPTURED &&
            message_field(&one->request, "Authorization") == NULL &&
            dw_span_equal_nocase(url_host(one->url), url_host(scene->it->url)) &&
            !dw_span_equal(url_path(one->url), scene->path) &&
            dw_span_equal(span_bare(one->response.body), span_bare(scene->body)) &&
            open_door(one) != NULL) {
            return open_door(one);
        }
    }
    return NULL;
}

static void look_order(const struct scene *scene, struct diagnosis *diagnosis)
{
    const char *path = open_door(scene->it), *other;
    struct finding *finding;

    if (path == NULL || scene->it->status != 401 || !sent_nothing(scene)) {
        return;
    }
    other = other_shut_door(scene);
    if (other == NULL && first_in(dw_span_of(path), DOORS, COUNT(DOORS)) != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.middleware_order",
                                other != NULL ? VERY_LIKELY : LIKELY);
    finding_say(diagnosis, finding, "request", scene->it->place, "%s is for everybody, as a rule",
                path);
    if (other != NULL) {
        finding_say(diagnosis, finding, "capture", scene->it->place,
                    "and %s, which is too, gets the same answer", other);
    }
}

/* -- What stands behind it ----------------------------------------------------------------------------- */

static void look_backend(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const char *const WORDS[] = {
        "connection refused",
        "upstream connect error",
        "connect timed out",
        "endpoint timed out",
        "endpoint unreachable",
        "endpoint is unavailable",
        "introspection timed out",
        "introspection timeout",
        "upstream timed out",
        "timed out contacting",
        "timeout contacting",
        "unable to reach",
        "could not reach",
        "identity provider unavailable",
        "authentication service unavailable",
        "authentication backend",
        "ldap server",
        "ldap_bind",
        "introspection failed",
        "introspection request failed",
        "failed to introspect",
        "unable to connect",
        "failed to connect",
        "service unavailable",
        "econnrefused",
        "etimedout",
        "database",
        "redis",
        "an error occurred while attempting to introspect",
        "auth service",
    };
    const char *words = first_in(scene->body, WORDS, COUNT(WORDS));
    const bool is_slow = scene->it->took_ms >= SLOW_MS;
    struct finding *finding;

    if (scene->it->status != 401 || sent_nothing(scene) || (words == NULL && !is_slow)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "server.auth_backend_down",
                                words != NULL && is_slow ? 88
                                : words != NULL          ? 80
                                                         : 60);
    if (words != NULL) {
        finding_say(diagnosis, finding, "server", scene->it->response.place, "it says \"%s\"",
                    words);
    }
    if (is_slow) {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "the answer took %lld ms", (long long)scene->it->took_ms);
    }
}

void rules_server(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (scene->it == NULL) {
        return;
    }
    soft_look(scene, diagnosis);
    nodes_look(scene, diagnosis);
    look_challenge(scene, diagnosis);
    look_malformed(scene, diagnosis);
    look_unusable(scene, diagnosis);
    look_403_for_401(scene, diagnosis);
    look_401_for_403(scene, diagnosis);
    look_route(scene, diagnosis);
    look_unknown_path(scene, diagnosis);
    look_error_dispatch(scene, diagnosis);
    look_404(scene, diagnosis);
    look_order(scene, diagnosis);
    look_login_order(scene, diagnosis);
    look_backend(scene, diagnosis);
}
