/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_safe(struct dw_span method)
{
    return span_is(method, "GET") || span_is(method, "HEAD") || span_is(method, "OPTIONS");
}

/* A page may name its CSRF token without complaining of it. */
static const char *csrf_words(const struct scene *scene)
{
    static const char *const WORDS[] = {
        "csrf token missing",
        "missing csrf",
        "invalid csrf",
        "csrf failed",
        "csrf verification failed",
        "csrf token mismatch",
        "csrf token invalid",
        "csrf token from",
        "csrf token has expired",
        "no csrf token",
        "bad csrf",
        "ebadcsrftoken",
        "csrf double submit",
        "csrf protection",
        "csrf validation",
        "csrf_token_invalid",
        "invalidcsrftoken",
        "missing xsrf",
        "invalid xsrf",
        "xsrf token",
        "'_xsrf' argument missing",
        "authenticity token",
        "invalidauthenticitytoken",
        "requestverificationtoken",
        "antiforgery",
        "anti-forgery",
        "page expired",
        "csrf cookie not set",
        "origin checking failed",
        "csrf check",
        "could not verify the provided csrf",
        "expected csrf token not found",
    };
    static const char *const FIELDS[] = {"x-csrf-token", "x-csrftoken", "x-xsrf-token"};
    const char *found = first_in(scene->body, WORDS, COUNT(WORDS));

    if (found == NULL && !scene->body_is_html &&
        (scene_says(scene, "missing") || scene_says(scene, "required"))) {
        found = first_in(scene->body, FIELDS, COUNT(FIELDS));
    }
    for (size_t i = 0; found == NULL && i < COUNT(WORDS); i++) {
        if (scene_says(scene, WORDS[i])) {
            found = WORDS[i];
        }
    }
    return found;
}

void csrf_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    const char *words = scene->it->status >= 400 ? csrf_words(scene) : NULL;
    struct finding *finding;

    if (scene->it->status == 419 && !is_safe(scene->it->method)) {
        finding = diagnosis_suspect(diagnosis, "csrf.token", 90);
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "419 is how Laravel says that the CSRF token has expired");
    }
    if (words == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "csrf.token", is_safe(scene->it->method) ? 85 : 93);
    finding_say(diagnosis, finding, "server", scene->it->response.place, "it says \"%s\"", words);
    if (scene->it->request.is_there) {
        finding_say(diagnosis, finding, "request", scene->it->request.place,
                    "%.*s with%s a CSRF field", SHOWN(scene->it->method),
                    message_field(&scene->it->request, "X-CSRF-Token") != NULL ||
                            message_field(&scene->it->request, "X-XSRF-TOKEN") != NULL ||
                            message_field(&scene->it->request, "X-CSRFToken") != NULL
                        ? ""
                        : "out");
    }
}
