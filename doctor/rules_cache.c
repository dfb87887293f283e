/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* -- A 401 that was kept ------------------------------------------------------------------------------ */

static bool is_authority(const struct exchange *exchange)
{
    return exchange->status == 401 || exchange->status == 403 || exchange->status == 407;
}

/* The field that says that the answer is an older one; NULL: none. */
static const struct capture_field *stored_sign(const struct capture_message *response)
{
    static const struct {
        const char *field, *value;
    } SIGNS[] = {
        {"X-Cache", "HIT"},        {"CF-Cache-Status", "HIT"},   {"X-Cache-Status", "HIT"},
        {"X-Proxy-Cache", "HIT"},  {"Cache-Status", "; hit"},    {"Cache-Status", ";hit"},
        {"X-Drupal-Cache", "HIT"}, {"X-Nginx-Cache", "HIT"},     {"X-Vercel-Cache", "HIT"},
        {"CDN-Cache", "HIT"},      {"X-Litespeed-Cache", "hit"}, {"X-Cache-Lookup", "HIT"}};

    if (field_number(response, "Age") > 0) {
        return message_field(response, "Age");
    }
    if (field_number(response, "X-Cache-Hits") > 0) {
        return message_field(response, "X-Cache-Hits");
    }
    for (size_t i = 0; i < COUNT(SIGNS); i++) {
        if (span_has(message_value(response, SIGNS[i].field), SIGNS[i].value)) {
            return message_field(response, SIGNS[i].field);
        }
    }
    return NULL;
}

static void look_stored(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *sign = stored_sign(&scene->it->response);
    struct finding *finding;

    if (sign == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cache.stored_401", 98);
    finding_say(diagnosis, finding, "server", sign->place,
                "%.*s: %.*s, so this %d is an older answer", SHOWN(sign->name), SHOWN(sign->value),
                scene->it->status);
    finding_point(diagnosis, finding, sign, 0, sign->value.len, "a cache answered");
}

/* A directive and its number, "max-age=60"; 0: none. */
static int64_t directive(struct dw_span list, const char *name)
{
    int64_t number = 0;

    for (size_t at = 0; at < list.len; at++) {
        struct dw_span rest = span_bare(span_behind(list, at));
        const size_t len = dw_span_of(name).len;

        if (!span_begins(rest, name)) {
            continue;
        }
        for (size_t i = len; i < rest.len && rest.at[i] >= '0' && rest.at[i] <= '9'; i++) {
            number = number < INT32_MAX ? number * 10 + (rest.at[i] - '0') : number;
        }
        return number;
    }
    return 0;
}

/* RFC 9111 s3.5: only these let a shared cache keep an answer to a request with Authorization. */
static bool may_be_shared(const struct capture_message *response)
{
    const struct dw_span control = message_value(response, "Cache-Control");

    return (names_member(control, "public") || directive(control, "s-maxage=") > 0) &&
           !span_has(control, "no-store") && !span_has(control, "private");
}

static void look_storable(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *field = message_field(&scene->it->response, "Cache-Control");
    const struct dw_span control = message_value(&scene->it->response, "Cache-Control");
    struct finding *finding;

    if (field == NULL || span_has(control, "no-store") || span_has(control, "no-cache") ||
        (!may_be_shared(&scene->it->response) && directive(control, "max-age=") == 0)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cache.stored_401",
                                may_be_shared(&scene->it->response) ? LIKELY : 60);
    finding_say(diagnosis, finding, "server", field->place,
                "Cache-Control: %.*s lets caches keep this %d", SHOWN(control), scene->it->status);
    finding_point(diagnosis, finding, field, 0, field->value.len, "a 401 needs no-store");
}

/* A stored refusal would have been given then too. */
static bool passed_too(const struct scene *scene)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];

        if (is_success(other) && asked_the_same(other, scene->it)) {
            return true;
        }
    }
    return false;
}

/* The same second twice, though time went by: one answer, given twice. */
static void look_same_date(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct dw_span date = message_value(&scene->it->response, "Date");

    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];
        const int64_t between = other->started - scene->it->started;
        struct finding *finding;

        if (other == scene->it || other->status != scene->it->status ||
            !asked_the_same(other, scene->it) || other->started == 0 || scene->it->started == 0 ||
            (between < 3 && between > -3) || date.len == 0 ||
            !dw_span_equal(date, message_value(&other->response, "Date"))) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, "cache.stored_401", 97);
        finding_say(diagnosis, finding, "server", other->response.place,
                    "Date is %.*s in answers %s apart", SHOWN(date),
                    apart(scene->arena, other->started, scene->it->started));
        return;
    }
}

/* -- The browser's own -------------------------------------------------------------------------------- */

static void look_browser(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct finding *finding;

    if (!scene->it->from_cache && !scene->it->from_worker) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "cache.browser_or_sw", 97);
    finding_say(
        diagnosis, finding, "capture", scene->it->place, "%s gave this %d; no server was asked",
        scene->it->from_worker ? "a service worker" : "the browser's cache", scene->it->status);
}

/* -- A gateway that remembers its verdict ------------------------------------------------------------ */

static bool is_gateway(const struct exchange *exchange)
{
    static const char *const FIELDS[] = {"apigw-requestid", "x-amzn-errortype", "x-amz-apigw-id"};

    for (size_t i = 0; i < COUNT(FIELDS); i++) {
        if (message_field(&exchange->response, FIELDS[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Later the same credentials got in with the same request: it was no matter of rights. */
static bool passes_later(const struct scene *scene)
{
    for (size_t i = scene->index + 1; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];

        if (one->role == ROLE_CAPTURED && is_success(one) && asked_the_same(one, scene->it) &&
            sent_the_same(one, scene->it)) {
            return true;
        }
    }
    return false;
}

/* The same no to other credentials, or to the same ones that passed before, within its five minutes. */
static void look_authorizer(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (!is_gateway(scene->it) || !is_authority(scene->it) || sent_nothing(scene)) {
        return;
    }
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];
        struct finding *finding;

        if (other == scene->it || other->role != ROLE_CAPTURED ||
            other->status != scene->it->status || !is_gateway(other) ||
            !dw_span_equal(url_host(other->url), url_host(scene->it->url))) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, "cache.authorizer_deny",
                                    passes_later(scene)               ? 88
                                    : sent_the_same(other, scene->it) ? 65
                                                                      : LIKELY);
        finding_say(diagnosis, finding, "server", other->response.place,
                    "API Gateway said the same %d again%s; it keeps an authorizer's verdict",
                    other->status, sent_the_same(other, scene->it) ? "" : " to other credentials");
        return;
    }
    if (scene_says(scene, "is not authorized to access this resource")) {
        struct finding *finding = diagnosis_suspect(diagnosis, "cache.authorizer_deny", 60);

        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "an authorizer's Deny, which API Gateway keeps for up to its TTL");
    }
}

/* -- What is one user's, and kept for all ----------------------------------------------------------- */

static bool is_shared(const struct exchange *exchange)
{
    const bool is_personal = message_field(&exchange->request, "Authorization") != NULL ||
                             message_field(&exchange->request, "Cookie") != NULL ||
                             message_field(&exchange->response, "Set-Cookie") != NULL;

    return is_success(exchange) && is_personal && may_be_shared(&exchange->response) &&
           (stored_sign(&exchange->response) != NULL ||
            message_field(&exchange->response, "Set-Cookie") != NULL) &&
           !span_has(message_value(&exchange->response, "Vary"), "Authorization");
}

/* Data of one user's, asked for with a session, that a cache held. */
static bool is_of_a_person(const struct exchange *exchange)
{
    return message_field(&exchange->request, "Cookie") != NULL &&
           span_has(message_value(&exchange->response, "Content-Type"), "json") &&
           (span_has(exchange->response.body, "\"email\":") ||
            span_has(exchange->response.body, "\"email\" :"));
}

/* A session out of a cache is another user's; bots and balancers are counted with other cookies. */
bool is_kept_for_all(const struct exchange *exchange)
{
    static const char *const SESSIONS[] = {"sess", "sid", "auth", "token", "login"};
    const struct dw_span set = message_value(&exchange->response, "Set-Cookie");
    const char *equals = set.len > 0 ? memchr(set.at, '=', set.len) : NULL;
    const struct dw_span name = {set.at, equals != NULL ? (size_t)(equals - set.at) : 0};

    return is_shared(exchange) && stored_sign(&exchange->response) != NULL &&
           (is_of_a_person(exchange) || first_in(name, SESSIONS, COUNT(SESSIONS)) != NULL);
}

/* Scripts and styles, for which a session's cookie is sent along for nothing. */
static bool is_of_all(struct dw_span path)
{
    const char *last = path.len > 0 ? memrchr(path.at, '.', path.len) : NULL;
    const size_t dot = last != NULL ? (size_t)(last - path.at) : path.len;

    return span_is(span_behind(path, dot), ".js") || span_is(span_behind(path, dot), ".css") ||
           span_is(span_behind(path, dot), ".mjs");
}

static void look_shared(const struct scene *scene, struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *exchange = scene->capture->exchanges[i];
        struct finding *finding;

        if (!is_shared(exchange) || is_of_all(url_path(exchange->url))) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, "cache.shared_user", 85);
        finding_say(diagnosis, finding, "server", exchange->response.place,
                    "%d to a signed-in user with Cache-Control: %.*s", exchange->status,
                    SHOWN(message_value(&exchange->response, "Cache-Control")));
        return;
    }
}

void cache_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (is_authority(scene->it)) {
        look_stored(scene, diagnosis);
        look_storable(scene, diagnosis);
        if (!passed_too(scene)) {
            look_same_date(scene, diagnosis);
        }
    }
    look_browser(scene, diagnosis);
    look_authorizer(scene, diagnosis);
    look_shared(scene, diagnosis);
}
