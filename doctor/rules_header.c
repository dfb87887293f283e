/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_header.h"

#include <string.h>

void header_walk(const struct header_rule *rules, size_t n, const struct scene *scene,
                 struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < n; i++) {
        rules[i].look(scene, diagnosis, rules[i].cause);
    }
}

/* -- Showing ----------------------------------------------------------------------------------- */

static bool lies_in(struct dw_span part, struct dw_span whole)
{
    return part.at != NULL && whole.at != NULL && part.at >= whole.at &&
           part.at + part.len <= whole.at + whole.len;
}

/* What the credential's value is a part of, so that the caret has something around it. */
static struct dw_span around(const struct scene *scene, const struct sent *sent)
{
    const struct exchange *it = scene->it;

    if (sent->field != NULL) {
        return sent->field->value;
    }
    return it != NULL && lies_in(sent->value, it->url) ? it->url : sent->value;
}

void point_sent(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
                const struct sent *sent, size_t at, size_t len, const char *says)
{
    const struct dw_span whole = around(scene, sent);
    const size_t before = lies_in(sent->value, whole) ? (size_t)(sent->value.at - whole.at) : 0;

    if (finding->caret.says != NULL) {
        return;
    }
    finding_point(diagnosis, finding, sent->field, before + at, len, "%s", says);
    if (sent->field == NULL) {
        finding->caret.text = whole;
    }
}

struct place place_of_sent(const struct scene *scene, const struct sent *sent)
{
    if (sent->field != NULL) {
        return sent->field->place;
    }
    return scene->it != NULL ? scene->it->place : (struct place){0, 0};
}

const char *name_of_sent(struct arena *arena, const struct sent *sent)
{
    if (sent->field != NULL) {
        return arena_print(arena, "%.*s", (int)sent->field->name.len, sent->field->name.at);
    }
    switch (sent->where) {
    case SENT_QUERY:
        return "the query";
    case SENT_BODY:
        return "the body";
    case SENT_COOKIE:
        return "the cookie";
    case SENT_NOWHERE:
    case SENT_AUTHORIZATION:
    case SENT_FIELD:
    case SENT_ALONE:
    default:
        return "the credentials";
    }
}

static bool is_offered(const struct scene *scene, struct dw_span scheme)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        if (dw_span_equal_nocase(scene->challenges[i].challenge.scheme, scheme)) {
            return true;
        }
    }
    return false;
}

/* The scheme to mend it with: its own where nothing speaks against it, else what can carry a token. */
static struct dw_span best_scheme(const struct scene *scene, const struct sent *sent)
{
    static const char *const FOR_TOKENS[] = {"Bearer", "Token", "DPoP", "JWT", "ApiKey", "Api-Key"};

    if (sent->scheme.at != NULL && (scene->n_challenges == 0 || is_offered(scene, sent->scheme))) {
        return span_is(sent->scheme, "Bearer") ? DW_SPAN("Bearer") : sent->scheme;
    }
    for (size_t i = 0; i < sizeof(FOR_TOKENS) / sizeof(FOR_TOKENS[0]); i++) {
        if (is_offered(scene, dw_span_of(FOR_TOKENS[i]))) {
            return dw_span_of(FOR_TOKENS[i]);
        }
    }
    return sent->scheme.at != NULL ? sent->scheme : DW_SPAN("Bearer");
}

void repair_sent(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
                 const struct sent *sent, const char *scheme)
{
    const struct dw_span name = scheme != NULL ? dw_span_of(scheme) : best_scheme(scene, sent);

    if (sent->payload.len > 0 && !is_masked(sent->payload)) {
        finding_repair(diagnosis, finding, "%.*s %.*s", (int)name.len, name.at,
                       (int)sent->payload.len, sent->payload.at);
    }
}

void say_challenges(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding)
{
    const char *names = "";
    struct place place = {0, 0};

    if (scene->it == NULL || !scene->it->response.is_there) {
        return;
    }
    if (scene->n_challenges == 0) {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "%d without a challenge", scene->it->status);
        return;
    }
    place = scene->challenges[0].field->place;
    for (size_t i = 0; i < scene->n_challenges && i < 4; i++) {
        const struct dw_span scheme = scene->challenges[i].challenge.scheme;

        names = arena_print(diagnosis->arena, "%s%s%.*s", names, i > 0 ? ", " : "",
                            (int)(scheme.len < 24 ? scheme.len : 24), scheme.at);
    }
    if (scene->error.at == NULL) {
        finding_say(diagnosis, finding, "server", place, "asks for %s, names no error", names);
    } else {
        finding_say(diagnosis, finding, "server", place, "asks for %s, error=\"%.*s\"", names,
                    (int)(scene->error.len < 40 ? scene->error.len : 40), scene->error.at);
    }
}

bool is_bare_challenge(const struct scene *scene)
{
    return scene->n_challenges > 0 && scene->error.at == NULL;
}

static bool is_said(const struct scene *scene, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_has(scene->body, texts[i]) || span_has(scene->error_description, texts[i])) {
            return true;
        }
    }
    return false;
}

/* "Please provide your key" is said of keys that were seen, too, with what was wrong with them. */
static bool asks_politely(const struct scene *scene)
{
    static const char *const ASKS[] = {"please provide", "please pass", "please supply",
                                       "please include", "please send", "supply your",
                                       "pass your"};
    static const char *const BLAMES[] = {"invalid", "incorrect", "wrong", "expired",
                                         "valid ",  "revoked",   "denied"};

    return is_said(scene, ASKS, sizeof(ASKS) / sizeof(ASKS[0])) &&
           !is_said(scene, BLAMES, sizeof(BLAMES) / sizeof(BLAMES[0]));
}

bool says_missing(const struct scene *scene)
{
    static const char *const TEXTS[] = {
        "missing",           "not provided",     "no authorization", "no token",
        "required",          "not present",      "not found",        "no api key",
        "without",           "must be provided", "no credentials",   "unauthenticated",
        "not authenticated", "not supplied",     "must be sent",     "must be passed",
        "must be supplied",  "must be included", "must be set",      "no api token"};

    return is_said(scene, TEXTS, sizeof(TEXTS) / sizeof(TEXTS[0])) || asks_politely(scene);
}

void rules_header(const struct scene *scene, struct diagnosis *diagnosis)
{
    header_shape(scene, diagnosis);
    header_cut(scene, diagnosis);
    header_scheme(scene, diagnosis);
    if (scene->it != NULL) {
        header_place(scene, diagnosis);
        header_client(scene, diagnosis);
        header_missing(scene, diagnosis);
    }
}
