/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rules_header.h"
#include "sent.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define LARGE        8192 /* bytes of a field: what most servers take by default */
#define RATHER_LARGE 4096

static const struct capture_field *request_field(const struct scene *scene, const char *name)
{
    return message_field(&scene->it->request, name);
}

static bool is_refused(const struct scene *scene)
{
    return scene->it->status == 0 || scene->it->status >= 400;
}

/* -- Under another name ------------------------------------------------------------------------ */

/* Names that some services do use: there it may be right. */
static bool is_real_name(struct dw_span name)
{
    return span_is(name, "X-Auth-Token") || span_is(name, "Token") ||
           span_is(name, "X-Access-Token") || span_is(name, "Access-Token") ||
           span_is(name, "Auth-Token") || span_is(name, "X-Token") || span_is(name, "JWT") ||
           span_is(name, "X-JWT");
}

static void look_name_typo(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause)
{
    const struct sent *sent = &scene->sent;
    const bool is_real = sent->field != NULL && is_real_name(sent->field->name);
    struct finding *finding;

    if (sent->where != SENT_FIELD || sent->field == NULL || !is_refused(scene) ||
        (!is_nearly_authorization(sent->field->name) &&
         (!is_real || scene_challenge(scene, "Bearer") == NULL || scene->error.at != NULL))) {
        return;
    }
    finding = is_real || scene->error.at != NULL ? diagnosis_suspect(diagnosis, cause, 70)
                                                 : diagnosis_add(diagnosis, cause);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "a field %.*s is there, none is named Authorization", (int)sent->field->name.len,
                sent->field->name.at);
    say_challenges(scene, diagnosis, finding);
    point_sent(scene, diagnosis, finding, sent, 0, sent->value.len,
               "the server looks for Authorization");
    repair_sent(scene, diagnosis, finding, sent, NULL);
}

static void look_scheme_as_name(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    const struct sent *sent = &scene->sent;
    const char *scheme = sent->where == SENT_FIELD ? scheme_as_name(sent->field->name) : NULL;
    struct finding *finding;

    if (scheme == NULL || !is_refused(scene)) {
        return;
    }
    finding = diagnosis_add(diagnosis, cause);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "a field %.*s is there, none is named Authorization", (int)sent->field->name.len,
                sent->field->name.at);
    point_sent(scene, diagnosis, finding, sent, 0, sent->value.len,
               "Authorization is the name, this follows the scheme");
    repair_sent(scene, diagnosis, finding, sent, scheme);
}

/* -- More than one ----------------------------------------------------------------------------- */

static void look_multiple_fields(const struct scene *scene, struct diagnosis *diagnosis,
                                 const char *cause)
{
    const size_t n = message_count(&scene->it->request, "Authorization");
    struct finding *finding;

    if (n < 2) {
        return;
    }
    finding = diagnosis_add(diagnosis, cause);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                "%zu fields named Authorization", n);
    for (size_t i = 0; i < scene->n_others; i++) {
        const struct sent *other = &scene->others[i];

        if (other->where == SENT_AUTHORIZATION) {
            finding_say(diagnosis, finding, "request", place_of_sent(scene, other),
                        "another one: %.*s", (int)(other->scheme.len < 24 ? other->scheme.len : 24),
                        other->scheme.at != NULL ? other->scheme.at : "");
            point_sent(scene, diagnosis, finding, other, 0, other->value.len, "the second one");
        }
    }
    repair_sent(scene, diagnosis, finding, &scene->sent, NULL);
}

/* RFC 6750 s2: one method in each request. */
static void look_multiple_methods(const struct scene *scene, struct diagnosis *diagnosis,
                                  const char *cause)
{
    const bool in_query =
        span_begins(scene->query, "access_token=") || span_has(scene->query, "&access_token=");
    const struct dw_span body = scene->it->request.body;
    const bool in_body = span_begins(body, "access_token=") || span_has(body, "&access_token=");
    const bool agrees = span_is(scene->error, "invalid_request") || scene_says(scene, "multiple");
    struct finding *finding;

    if (scene->sent.where != SENT_AUTHORIZATION || (!in_query && !in_body)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, agrees ? CERTAIN : 75);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                "a token in Authorization, and access_token in the %s",
                in_query ? "query" : "body");
    say_challenges(scene, diagnosis, finding);
    repair_sent(scene, diagnosis, finding, &scene->sent, NULL);
}

/* -- Elsewhere --------------------------------------------------------------------------------- */

/* Servers say "Missing API key", "No API key found in request", "x-api-key header is required". */
static bool asks_for_key(const struct scene *scene)
{
    static const char *const NAMES[] = {"api key",          "api-key",   "apikey",    "api_key",
                                        "subscription key", "api token", "access key"};

    for (size_t i = 0; i < COUNT(NAMES); i++) {
        if (span_has(scene->body, NAMES[i]) || span_has(scene->error_description, NAMES[i])) {
            return says_missing(scene);
        }
    }
    return false;
}

/* Whose key came in the query is not told to put it there. */
static bool asks_for_query(const struct scene *scene)
{
    static const char *const PLACES[] = {"query parameter", "query string", "querystring",
                                         "url parameter",   "in the query", "query param",
                                         "in the url"};

    if (scene->sent.where == SENT_QUERY || scene->it->status != 401) {
        return false;
    }
    for (size_t i = 0; i < COUNT(PLACES); i++) {
        if (span_has(scene->body, PLACES[i]) && !span_has(scene->body, "header")) {
            return says_missing(scene);
        }
    }
    return false;
}

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* X-Auth-Token, PRIVATE-TOKEN, Ocp-Apim-Subscription-Key. */
static bool is_fields_name(struct dw_span word)
{
    static const char *const OF_KEYS[] = {"-key", "-token", "-auth", "-secret", "-apikey"};

    if (span_has(word, "csrf") || span_has(word, "xsrf")) {
        return false;
    }
    for (size_t i = 0; i < COUNT(OF_KEYS); i++) {
        if (word.len > strlen(OF_KEYS[i]) && word.len < 48 && span_has(word, OF_KEYS[i])) {
            return true;
        }
    }
    return false;
}

/* It names a field, says that it is missing, and the request has none of that name. */
static bool asks_for_field(const struct scene *scene)
{
    const struct dw_span body = scene->body;
    size_t from = 0;

    if (scene->it->status != 401 || scene->body_is_html || !says_missing(scene) ||
        !span_has(body, "header")) {
        return false;
    }
    for (size_t i = 0; i <= body.len; i++) {
        const struct dw_span word = {body.at + from, i - from};

        if (i < body.len && is_of_name(body.at[i])) {
            continue;
        }
        if (is_fields_name(word) &&
            request_field(scene, arena_print(scene->arena, "%.*s", (int)word.len, word.at)) ==
                NULL) {
            return true;
        }
        from = i + 1;
    }
    return false;
}

/* "API key not found" and "a valid API key is required" are said of keys that were seen, too. */
static bool may_mean_the_key(const struct scene *scene)
{
    static const char *const TEXTS[] = {"key not found", "valid api key", "valid api-key",
                                        "valid api_key", "valid key",     "valid access key"};

    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        if (span_has(scene->body, TEXTS[i]) && !span_has(scene->body, "header") &&
            !span_has(scene->body, "in request")) {
            return true;
        }
    }
    return false;
}

static bool names_sent_field(const struct scene *scene)
{
    const struct sent *sent = &scene->sent;

    return sent->field != NULL && sent->field->name.len < 64 &&
           scene_says(scene, arena_print(scene->arena, "%.*s", (int)sent->field->name.len,
                                         sent->field->name.at));
}

/* Whose key it is shows by how it begins, and that vendor takes it in another field. */
static bool is_anothers_field(const struct sent *sent)
{
    const struct token_vendor *vendor =
        sent->where == SENT_FIELD ? token_vendor_of(sent->payload) : NULL;

    return vendor != NULL && vendor->belongs != NULL &&
           !dw_span_equal_nocase(dw_span_of(vendor->belongs), sent->field->name) &&
           strncmp(vendor->belongs, "the query", strlen("the query")) != 0;
}

/* 0: it is no matter of the place. */
static int location_confidence(const struct scene *scene)
{
    const struct sent *sent = &scene->sent;

    if (asks_for_key(scene)) {
        return names_sent_field(scene) || may_mean_the_key(scene) ? 55 : 93;
    }
    if (asks_for_query(scene) || asks_for_field(scene)) {
        return 80;
    }
    if (sent->where == SENT_AUTHORIZATION && scene->it->status == 401 && says_missing(scene) &&
        span_has(scene->body, "cookie")) {
        return 70;
    }
    if (sent->where == SENT_AUTHORIZATION || sent->where == SENT_COOKIE ||
        sent->where == SENT_BODY) {
        return 0;
    }
    if (is_anothers_field(sent) && scene->error.at == NULL) {
        return 74;
    }
    if (!is_bare_challenge(scene)) {
        return says_missing(scene) && scene->error.at == NULL ? 70 : 0;
    }
    return scene_challenge(scene, "Bearer") != NULL || scene_challenge(scene, "Basic") != NULL ? 70
                                                                                               : 0;
}

static void look_wrong_location(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    const struct sent *sent = &scene->sent;
    struct finding *finding;
    int confidence;

    if (sent->where == SENT_NOWHERE || scene->it->status < 400 ||
        (sent->where == SENT_FIELD && is_nearly_authorization(sent->field->name))) {
        return;
    }
    confidence = location_confidence(scene);
    if (confidence == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "the credentials stand in %s", name_of_sent(diagnosis->arena, sent));
    if (asks_for_key(scene)) {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "it says that an API key is missing");
    } else {
        say_challenges(scene, diagnosis, finding);
    }
    point_sent(scene, diagnosis, finding, sent, 0, sent->value.len,
               "the server looks for it elsewhere");
    if (sent->where != SENT_AUTHORIZATION && !asks_for_key(scene)) {
        repair_sent(scene, diagnosis, finding, sent, NULL);
    }
}

/* nginx leaves out fields with _ in their names unless told otherwise. */
static void look_underscore(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    const struct sent *sent = &scene->sent;
    const bool is_nginx = span_has(scene->server, "nginx") ||
                          span_has(scene->server, "openresty") || span_has(scene->body, "nginx");
    struct finding *finding;

    if (sent->where != SENT_FIELD ||
        memchr(sent->field->name.at, '_', sent->field->name.len) == NULL ||
        scene->it->status < 400 || scene->error.at != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_nginx ? (says_missing(scene) ? 94 : 80) : 55);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "the field's name, %.*s, has a _ in it", (int)sent->field->name.len,
                sent->field->name.at);
    if (is_nginx) {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "it is nginx, which drops such fields");
    }
    point_sent(scene, diagnosis, finding, sent, 0, sent->value.len,
               "nginx may have dropped this field");
}

/* In a URL, + is a space once it is decoded as a form. */
static void look_not_encoded(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    const struct sent *sent = &scene->sent;
    const char *plus;
    struct finding *finding;

    if ((sent->where != SENT_QUERY && sent->where != SENT_BODY) || sent->value.len == 0 ||
        !is_refused(scene)) {
        return;
    }
    plus = memchr(sent->value.at, '+', sent->value.len);
    plus = plus == NULL ? memchr(sent->value.at, ' ', sent->value.len) : plus;
    if (plus == NULL ||
        (sent->where == SENT_BODY && span_begins(span_bare(scene->it->request.body), "{"))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 80);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "a %c stands in it as it is, and arrives as a space", *plus);
    point_sent(scene, diagnosis, finding, sent, (size_t)(plus - sent->value.at), 1,
               "written %2B in a URL");
}

/* -- Too long ---------------------------------------------------------------------------------- */

static const struct capture_field *longest_field(const struct scene *scene)
{
    const struct capture_message *request = &scene->it->request;
    const struct capture_field *longest = NULL;

    for (size_t i = 0; i < request->n_fields; i++) {
        if (longest == NULL || request->fields[i].value.len > longest->value.len) {
            longest = &request->fields[i];
        }
    }
    return longest;
}

static int size_confidence(const struct scene *scene, size_t len)
{
    const int status = scene->it->status;
    const bool says = scene_says(scene, "too large") || scene_says(scene, "too long") ||
                      scene_says(scene, "too big") || scene_says(scene, "header size") ||
                      scene_says(scene, "field exceeds");

    if (status == 431 || status == 494 || (status >= 400 && says)) {
        return len > RATHER_LARGE / 2 || says ? CERTAIN : 85;
    }
    if ((status == 400 || status == 413 || status == 502) && len >= RATHER_LARGE) {
        return len >= LARGE ? 88 : 75;
    }
    return len >= LARGE && (status == 401 || status == 0) ? 60 : 0;
}

static void look_too_large(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause)
{
    const struct capture_field *field = longest_field(scene);
    const size_t len = field != NULL ? field->value.len : 0;
    const int confidence = size_confidence(scene, len);
    struct finding *finding;

    if (confidence == 0 || len < 1024) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    finding_say(diagnosis, finding, "request", field->place, "%.*s has %zu bytes",
                (int)(field->name.len < 32 ? field->name.len : 32), field->name.at, len);
    finding_say(diagnosis, finding, "server", scene->it->response.place, "it answers %d",
                scene->it->status);
    finding_point(diagnosis, finding, field, 0, len, "longer than many servers take");
}

/* -- Named as hop-by-hop ----------------------------------------------------------------------- */

static void look_hop_by_hop(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    const struct capture_field *field = request_field(scene, "Connection");
    struct finding *finding;

    if (field == NULL || !span_has(field->value, "authorization") ||
        span_has(field->value, "proxy-authorization")) {
        return;
    }
    finding = diagnosis_add(diagnosis, cause);
    finding_say(diagnosis, finding, "request", field->place,
                "Connection names authorization, so a proxy drops it");
    finding_point(diagnosis, finding, field, 0, field->value.len,
                  "no proxy passes on what is named here");
}

/* -- Another version, another outcome ---------------------------------------------------------- */

static bool is_h2(const struct exchange *exchange)
{
    const struct dw_span version = exchange->request.version.at != NULL
                                       ? exchange->request.version
                                       : exchange->response.version;

    return span_is(version, "h2") || span_is(version, "HTTP/2") || span_is(version, "HTTP/2.0") ||
           span_is(version, "h3") || span_is(version, "HTTP/3");
}

static bool passes_by_http1(const struct scene *scene)
{
    const struct dw_span value = message_value(&scene->it->request, "Authorization");

    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];

        if (other->status >= 200 && other->status < 300 && !is_h2(other) &&
            other->response.is_there && dw_span_equal(url_path(other->url), scene->path) &&
            dw_span_equal(message_value(&other->request, "Authorization"), value)) {
            return true;
        }
    }
    return false;
}

static void look_http2(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;
    const bool passes = is_h2(scene->it) && scene->it->status == 401 &&
                        scene->sent.where == SENT_AUTHORIZATION && passes_by_http1(scene);

    if (!passes) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, VERY_LIKELY);
    finding_say(diagnosis, finding, "hops", scene->it->place,
                "401 over HTTP/2; the same request over HTTP/1.1 passed");
}

void header_place(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"header.name_typo", look_name_typo},
        {"header.bearer_as_name", look_scheme_as_name},
        {"header.multiple_authorization", look_multiple_fields},
        {"header.multiple_methods", look_multiple_methods},
        {"header.wrong_location", look_wrong_location},
        {"header.underscore_dropped", look_underscore},
        {"header.not_percent_encoded", look_not_encoded},
        {"header.too_large", look_too_large},
        {"header.hop_by_hop", look_hop_by_hop},
        {"header.http2_case", look_http2},
    };

    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
