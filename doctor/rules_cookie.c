/* SPDX-License-Identifier: Apache-2.0 */
#include "set_cookie.h"

#include <string.h>

static void say_cookie(struct diagnosis *diagnosis, struct finding *finding,
                       const struct capture_field *field, const struct set_cookie *cookie,
                       const char *why)
{
    finding_say(diagnosis, finding, "server", field->place, "Set-Cookie: %.*s: %s",
                SHOWN(cookie->name), why);
    finding_point(diagnosis, finding, field, 0, field->value.len, "%s", why);
}

/* -- A cookie that was set, and is not there when it is needed --------------------------------------- */

static bool is_on_http(const struct scene *scene)
{
    return span_begins(scene->it->url, "http:") || span_begins(scene->it->url, "ws:");
}

/* Why a browser that keeps it does not send it with the request that failed; NULL: it would. */
static const char *withheld(const struct scene *scene, const struct set_cookie *cookie,
                            struct dw_span setter, const char **cause)
{
    const struct dw_span host = url_host(scene->it->url);
    const bool is_host = cookie->domain.at != NULL ? domain_matches(host, cookie->domain)
                                                   : dw_span_equal_nocase(host, url_host(setter));

    *cause = "cookie.domain_path";
    if (!is_host) {
        return cookie->domain.at != NULL ? "its Domain is not this host's"
                                         : "without Domain it is its own host's alone";
    }
    if (cookie->path.at != NULL && !path_matches(url_path(scene->it->url), cookie->path)) {
        return "its Path is not the start of this one";
    }
    *cause = "cookie.secure_http";
    if (cookie->is_secure && is_on_http(scene) && !span_is(host, "localhost")) {
        return "Secure, and this request goes over http:";
    }
    *cause = "cookie.samesite";
    if (!is_cross_site(scene->it)) {
        return NULL;
    }
    if (cookie->same_site != SAMESITE_NONE) {
        return cookie->same_site == SAMESITE_ABSENT
                   ? "no SameSite counts as Lax, and this request is cross-site"
                   : "SameSite, and this request is cross-site";
    }
    *cause = "cookie.third_party";
    return cookie->is_partitioned
               ? NULL
               : "SameSite=None; Secure, and yet not sent: third-party cookies are blocked";
}

static int confidence_of(const char *cause)
{
    if (strcmp(cause, "cookie.samesite") == 0) {
        return 93;
    }
    return strcmp(cause, "cookie.third_party") == 0 ? LIKELY : 97;
}

/* A cookie of a site that has nothing to do with the request is no loss. */
static bool is_kin(const struct scene *scene, struct dw_span setter,
                   const struct set_cookie *cookie)
{
    const struct dw_span host = url_host(scene->it->url);
    const struct dw_span other = url_host(setter);

    return dw_span_equal_nocase(host, other) || domain_matches(host, other) ||
           domain_matches(other, host) ||
           (cookie->domain.at != NULL && domain_matches(host, cookie->domain)) ||
           dw_span_equal_nocase(span_behind(host, host.len > other.len ? host.len - other.len : 0),
                                other);
}

/* The labels behind the first are the same: api.example.com and www.example.com. */
static bool is_sibling(struct dw_span a, struct dw_span b)
{
    const char *x = a.len > 0 ? memchr(a.at, '.', a.len) : NULL;
    const char *y = b.len > 0 ? memchr(b.at, '.', b.len) : NULL;

    return x != NULL && y != NULL && memchr(x + 1, '.', a.len - (size_t)(x + 1 - a.at)) != NULL &&
           dw_span_equal_nocase(span_behind(a, (size_t)(x - a.at)),
                                span_behind(b, (size_t)(y - b.at)));
}

/* Names that hold no session; a lost one of these is no reason. */
static bool is_trifle(struct dw_span name)
{
    static const char *const NAMES[] = {"_ga",  "_gid",   "AWSALB", "__cf",
                                        "lang", "locale", "theme",  "consent",
                                        "_fb",  "csrf",   "xsrf",   "ARRAffinity"};

    return first_in(name, NAMES, sizeof(NAMES) / sizeof(NAMES[0])) != NULL;
}

static void look_set(const struct scene *scene, struct diagnosis *diagnosis,
                     const struct exchange *setter, const struct capture_field *field)
{
    struct set_cookie cookie;
    const char *cause;
    const char *why;

    set_cookie_read(field->value, scene->clocks.judged, &cookie);
    if (cookie.name.len == 0 || cookie.is_deleted ||
        cookie_is_sent(&scene->it->request, cookie.name)) {
        return;
    }
    why = cookie_refusal(&cookie, setter->url, &cause);
    if (why == NULL && setter != scene->it && scene->it->request.is_there &&
        (is_kin(scene, setter->url, &cookie) || is_sibling(url_host(setter->url), scene->host))) {
        why = withheld(scene, &cookie, setter->url, &cause);
    }
    if (why != NULL) {
        const int confidence = is_trifle(cookie.name) ? POSSIBLE : confidence_of(cause);

        say_cookie(diagnosis, diagnosis_suspect(diagnosis, cause, confidence), field, &cookie, why);
    }
}

static void look_all_set(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (message_field(&scene->it->request, "Authorization") != NULL) {
        return;
    }
    for (size_t i = 0; i <= scene->index; i++) {
        const struct exchange *setter = scene->capture->exchanges[i];

        for (size_t k = 0; setter->role == ROLE_CAPTURED && k < setter->response.n_fields; k++) {
            if (span_is(setter->response.fields[k].name, "Set-Cookie")) {
                look_set(scene, diagnosis, setter, &setter->response.fields[k]);
            }
        }
    }
}

/* -- Cookies that were sent ---------------------------------------------------------------------------- */

static void look_twice(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *field = message_field(&scene->it->request, "Cookie");
    struct dw_span rest, name, value;

    if (field == NULL) {
        return;
    }
    rest = field->value;
    while (cookie_next(&rest, &name, &value)) {
        struct dw_span later = rest;
        struct dw_span other, other_value;

        while (cookie_next(&later, &other, &other_value)) {
            struct finding *finding;

            if (!dw_span_equal(name, other) || dw_span_equal(value, other_value)) {
                continue;
            }
            finding =
                diagnosis_suspect(diagnosis, "cookie.duplicate", is_trifle(name) ? POSSIBLE : 92);
            finding_say(diagnosis, finding, "request", field->place,
                        "Cookie has %.*s twice, with different values", SHOWN(name));
            finding_point(diagnosis, finding, field, (size_t)(other.at - field->value.at),
                          other.len, "the second one");
            return;
        }
    }
}

static void say_expired(const struct scene *scene, struct diagnosis *diagnosis,
                        const struct capture_field *field, const struct set_cookie *cookie)
{
    struct finding *finding =
        diagnosis_suspect(diagnosis, "cookie.expired", cookie->is_deleted ? 93 : 85);

    finding_say(diagnosis, finding, "request", scene->it->request.place, "Cookie: %.*s was sent",
                SHOWN(cookie->name));
    finding_say(diagnosis, finding, "server", field->place, "the answer %s",
                cookie->is_deleted ? "deletes it" : "starts a new one of that name");
    finding_point(diagnosis, finding, field, 0, field->value.len, "%s",
                  cookie->is_deleted ? "the server does not know it any more" : "a new session");
}

static void look_expired(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_message *response = &scene->it->response;

    if (scene->sent.where == SENT_AUTHORIZATION || is_kept_for_all(scene->it)) {
        return;
    }
    for (size_t i = 0; i < response->n_fields; i++) {
        struct set_cookie cookie;

        if (!span_is(response->fields[i].name, "Set-Cookie")) {
            continue;
        }
        set_cookie_read(response->fields[i].value, scene->clocks.judged, &cookie);
        if (cookie_is_sent(&scene->it->request, cookie.name) && !is_trifle(cookie.name)) {
            say_expired(scene, diagnosis, &response->fields[i], &cookie);
            return;
        }
    }
    if (message_field(&scene->it->request, "Cookie") != NULL && !sent_nothing(scene) &&
        scene->n_challenges == 0 &&
        (scene->it->status == 401 || scene->it->status == 440 || is_redirect(scene->it))) {
        struct finding *finding = diagnosis_suspect(diagnosis, "cookie.expired", 65);

        finding_say(diagnosis, finding, "request", scene->it->request.place,
                    "a Cookie was sent, and the server does not take it");
    }
}

/* -- None at all ---------------------------------------------------------------------------------------- */

static bool is_for_people(const struct scene *scene)
{
    return span_is(message_value(&scene->it->request, "Sec-Fetch-Mode"), "navigate") ||
           span_is(message_value(&scene->it->request, "Sec-Fetch-Dest"), "document") ||
           (is_browser(scene->it) &&
            span_has(message_value(&scene->it->request, "Accept"), "text/html"));
}

static void look_none(const struct scene *scene, struct diagnosis *diagnosis)
{
    const bool sets_one = message_field(&scene->it->response, "Set-Cookie") != NULL;
    const bool has_others = message_field(&scene->it->request, "Cookie") != NULL;
    struct finding *finding;

    if (!sent_nothing(scene) || scene->n_challenges > 0 || scene->it->status == 0 ||
        exchange_is_preflight(scene->it) || !(is_browser(scene->it) || sets_one || has_others)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cookie.not_logged_in",
                                is_for_people(scene) || sets_one ? 88
                                : is_browser(scene->it)          ? 78
                                                                 : LIKELY - 1);
    finding_say(diagnosis, finding, "request", scene->it->request.place, "%s",
                has_others ? "of the cookies that were sent none is a session's"
                           : "a browser's request without a Cookie");
    if (sets_one) {
        finding_say(diagnosis, finding, "server",
                    message_field(&scene->it->response, "Set-Cookie")->place,
                    "the answer starts a session");
    }
}

static void look_frame(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct dw_span dest = message_value(&scene->it->request, "Sec-Fetch-Dest");
    struct finding *finding;

    if (!is_cross_site(scene->it) || !sent_nothing(scene) ||
        !(span_is(dest, "iframe") || span_is(dest, "frame") || span_is(dest, "embed"))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cookie.third_party", 85);
    finding_say(diagnosis, finding, "request", scene->it->request.place,
                "a frame of another site (Sec-Fetch-Dest: %.*s), and no Cookie", SHOWN(dest));
}

/* Browsers say there whether a request of another site may have the cookies it asks for. */
static void look_access(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *field =
        message_field(&scene->it->request, "Sec-Fetch-Storage-Access");
    struct finding *finding;

    if (field == NULL || span_is(span_bare(field->value), "active") || !sent_nothing(scene) ||
        scene->it->status < 400) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cookie.third_party", 85);
    finding_say(diagnosis, finding, "request", field->place,
                "Sec-Fetch-Storage-Access: %.*s: cookies were asked for and are kept back",
                SHOWN(field->value));
    finding_point(diagnosis, finding, field, 0, field->value.len, "no third-party cookies");
}

/* What browsers themselves write down of cookies they held back. */
static void look_notes(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct {
        const char *note, *cause;
    } NOTES[] = {{"SameSite", "cookie.samesite"},       {"ThirdParty", "cookie.third_party"},
                 {"third-party", "cookie.third_party"}, {"SecureOnly", "cookie.secure_http"},
                 {"NotOnPath", "cookie.domain_path"},   {"DomainMismatch", "cookie.domain_path"}};

    for (size_t i = 0; i < sizeof(NOTES) / sizeof(NOTES[0]); i++) {
        if (notes_have(scene->it, NOTES[i].note)) {
            struct finding *finding = diagnosis_suspect(diagnosis, NOTES[i].cause, 95);

            finding_say(diagnosis, finding, "client", scene->it->place,
                        "the browser held it back: %s", NOTES[i].note);
        }
    }
}

void rules_cookie(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (scene->it == NULL) {
        return;
    }
    csrf_look(scene, diagnosis);
    look_all_set(scene, diagnosis);
    look_twice(scene, diagnosis);
    look_expired(scene, diagnosis);
    look_none(scene, diagnosis);
    look_frame(scene, diagnosis);
    look_access(scene, diagnosis);
    look_notes(scene, diagnosis);
}
