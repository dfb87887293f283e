/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

/* -- Preflights ---------------------------------------------------------------------------------------- */

static void look_preflight(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct exchange *it = scene->it;
    const bool is_refused = it->status == 401 || it->status == 403 || it->status == 407;
    struct finding *finding;

    if (!dw_span_equal(it->method, DW_SPAN("OPTIONS")) || it->status < 400 ||
        message_field(&it->request, "Authorization") != NULL) {
        return;
    }
    if (!exchange_is_preflight(it) && message_field(&it->request, "Origin") == NULL &&
        !is_refused) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cors.preflight_401",
                                !exchange_is_preflight(it) ? 85
                                : is_refused               ? 99
                                                           : VERY_LIKELY);
    finding_say(diagnosis, finding, "request", it->request.place,
                "OPTIONS asks before the request; browsers send no credentials with it");
    finding_say(diagnosis, finding, "server", it->response.place, "the preflight got %d",
                it->status);
}

/* The preflight for it, whatever became of it; NULL: none is in the capture. */
static const struct exchange *preflight_of(const struct scene *scene)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];

        if (exchange_is_preflight(one) && one != scene->it &&
            dw_span_equal(one->url, scene->it->url)) {
            return one;
        }
    }
    return NULL;
}

static bool asks_for_authorization(const struct exchange *preflight, const struct exchange *it)
{
    return names_member(message_value(&preflight->request, "Access-Control-Request-Headers"),
                        "authorization") ||
           message_field(&it->request, "Authorization") != NULL;
}

static void say_allowed(const struct scene *scene, const struct exchange *preflight,
                        struct diagnosis *diagnosis)
{
    const struct capture_field *allowed =
        message_field(&preflight->response, "Access-Control-Allow-Headers");
    struct finding *finding =
        diagnosis_suspect(diagnosis, "cors.allow_headers", scene->it->status == 0 ? 98 : 97);

    finding_say(diagnosis, finding, "request", preflight->request.place,
                "the preflight asks for authorization");
    if (allowed == NULL) {
        finding_say(diagnosis, finding, "server", preflight->response.place,
                    "its answer has no Access-Control-Allow-Headers");
        return;
    }
    finding_say(diagnosis, finding, "server", allowed->place,
                "Access-Control-Allow-Headers: %.*s%s", SHOWN(allowed->value),
                names_member(allowed->value, "*") ? " (* does not cover Authorization)" : "");
    finding_point(diagnosis, finding, allowed, 0, allowed->value.len,
                  "Authorization is not among them");
}

static void look_allowed(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct exchange *preflight =
        exchange_is_preflight(scene->it) ? scene->it : preflight_of(scene);
    struct finding *finding;

    if (notes_have(scene->it, "is not allowed by Access-Control-Allow-Headers")) {
        finding = diagnosis_suspect(diagnosis, "cors.allow_headers", 99);
        finding_say(diagnosis, finding, "client", scene->it->place,
                    "the browser says so: a field is not allowed by Access-Control-Allow-Headers");
    }
    if (preflight == NULL || (scene->it->status != 0 && preflight != scene->it)) {
        return;
    }
    if (preflight->status == 401 || preflight->status == 403) {
        finding = diagnosis_suspect(diagnosis, "cors.preflight_401", 99);
        finding_say(diagnosis, finding, "server", preflight->response.place, "the preflight got %d",
                    preflight->status);
    }
    if (is_success(preflight) && asks_for_authorization(preflight, scene->it) &&
        !lets_authorization(preflight)) {
        say_allowed(scene, preflight, diagnosis);
    }
}

/* -- What a page may not see --------------------------------------------------------------------------- */

/* An Origin of somebody's own choice, which no script waits behind. */
static bool is_of_curl(const struct exchange *it)
{
    return span_begins(message_value(&it->request, "User-Agent"), "curl/");
}

static void look_masked(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *allowed =
        message_field(&scene->it->response, "Access-Control-Allow-Origin");
    const struct capture_field *origin = message_field(&scene->it->request, "Origin");
    struct finding *finding;

    if (allowed != NULL || scene->it->status < 400 || exchange_is_preflight(scene->it) ||
        !is_cross_origin(scene->it) || is_of_curl(scene->it) ||
        message_field(&scene->it->request, "Sec-WebSocket-Key") != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cors.masked_401",
                                scene->it->status == 401 ? 97 : VERY_LIKELY);
    finding_say(diagnosis, finding, "request", origin->place,
                "Origin: %.*s, of another origin than the URL", SHOWN(origin->value));
    finding_say(diagnosis, finding, "server", scene->it->response.place,
                "the %d has no Access-Control-Allow-Origin: scripts see a CORS error",
                scene->it->status);
    finding_point(diagnosis, finding, origin, 0, origin->value.len,
                  "this page may not read the answer");
}

static void look_exposed(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const char *const FIELDS[] = {"WWW-Authenticate", "DPoP-Nonce"};
    const struct dw_span exposed =
        message_value(&scene->it->response, "Access-Control-Expose-Headers");

    if (message_field(&scene->it->response, "Access-Control-Allow-Origin") == NULL ||
        !is_cross_origin(scene->it)) {
        return;
    }
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        const struct capture_field *field = message_field(&scene->it->response, FIELDS[i]);
        struct finding *finding;

        if (field == NULL || names_member(exposed, FIELDS[i]) || names_member(exposed, "*")) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, "cors.expose", 97);
        finding_say(diagnosis, finding, "server", field->place,
                    "%s is there, and Access-Control-Expose-Headers does not name it", FIELDS[i]);
        finding_point(diagnosis, finding, field, 0, field->value.len,
                      "scripts of %.*s cannot read this",
                      SHOWN(message_value(&scene->it->request, "Origin")));
    }
}

/* -- Cookies that stay at home ------------------------------------------------------------------------ */

/* Whether anything in the capture says that this host goes by cookies. */
static bool host_has_cookies(const struct scene *scene)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];

        if (dw_span_equal_nocase(url_host(one->url), url_host(scene->it->url)) &&
            (message_field(&one->request, "Cookie") != NULL ||
             message_field(&one->response, "Set-Cookie") != NULL)) {
            return true;
        }
    }
    return false;
}

static void look_credentials(const struct scene *scene, struct diagnosis *diagnosis)
{
    const bool is_with_cookies = host_has_cookies(scene);
    const struct dw_span allowed =
        message_value(&scene->it->response, "Access-Control-Allow-Credentials");
    struct finding *finding;

    if (!is_script(scene->it) || !(is_cross_origin(scene->it) || is_cross_site(scene->it)) ||
        !sent_nothing(scene) || exchange_is_preflight(scene->it) || scene->it->status < 400) {
        return;
    }
    /* Browsers send that field only where the mode is "include" (Storage Access Headers). */
    if ((scene_challenge(scene, "Bearer") != NULL && !is_with_cookies) ||
        message_field(&scene->it->request, "Sec-Fetch-Storage-Access") != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cors.credentials_mode",
                                is_with_cookies            ? 88
                                : span_is(allowed, "true") ? 85
                                                           : 70);
    finding_say(
        diagnosis, finding, "request", scene->it->request.place,
        "fetch to another origin, and no Cookie: credentials: 'include' is not its default");
    if (is_with_cookies) {
        finding_say(diagnosis, finding, "capture", (struct place){0, 0},
                    "%.*s uses cookies elsewhere in this capture", SHOWN(scene->host));
    }
    if (allowed.at != NULL) {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "Access-Control-Allow-Credentials: %.*s", SHOWN(allowed));
    }
}

void cors_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    look_preflight(scene, diagnosis);
    look_allowed(scene, diagnosis);
    look_masked(scene, diagnosis);
    look_exposed(scene, diagnosis);
    look_credentials(scene, diagnosis);
}
