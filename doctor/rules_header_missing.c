/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"
#include "rules_header.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define LOST         60 /* at most, where an earlier hop had credentials */
#define UNSEEN       50 /* at most, where the request was not captured */
#define CLEANED      40 /* at most, where credentials were taken out of the capture */

static bool has_credentials(const struct exchange *exchange)
{
    return exchange != NULL && (message_field(&exchange->request, "Authorization") != NULL ||
                                message_field(&exchange->request, "Cookie") != NULL);
}

/* Certificates are no field: whoever asks for one may have got it. */
static int status_confidence(const struct scene *scene)
{
    switch (scene->it->status) {
    case 401:
        return says_missing(scene) || is_bare_challenge(scene) ? 92 : 85;
    case 403:
        return scene->n_challenges > 0 || says_missing(scene) ? 70 : 45;
    case 400:
        return says_missing(scene) && scene_says(scene, "auth") ? 60 : 0;
    default:
        return scene->n_challenges > 0 ? 60 : 0;
    }
}

struct limit {
    int most;
    const char *against; /* NULL: nothing speaks against it */
};

static struct limit limit_of(const struct scene *scene)
{
    if (scene_is_sanitized(scene)) {
        return (struct limit){CLEANED, "the capture was cleaned: credentials may have been there"};
    }
    if (!scene->it->request.is_there) {
        return (struct limit){UNSEEN, "the request itself is not in the capture"};
    }
    if (exchange_is_signed(scene->it)) {
        return (struct limit){UNSEEN, "a field of the request holds a signature"};
    }
    if (has_credentials(scene->before)) {
        return (struct limit){LOST, "the request before the redirect had credentials"};
    }
    if (notes_have(scene->it, "auth using")) {
        return (struct limit){LOST,
                              "the client was given credentials, and was to answer with them"};
    }
    if (span_is(scene->error, "invalid_token") || span_is(scene->error, "expired_token")) {
        return (struct limit){LOST, "the server names an error, as if it had seen a token"};
    }
    return (struct limit){100, NULL};
}

static const char *what_is_there(const struct scene *scene)
{
    if (!scene->it->request.is_there) {
        return "the request is not in the capture";
    }
    return scene->sent.where == SENT_COOKIE
               ? "a cookie, but no Authorization and no key"
               : "no Authorization, no cookie, no key that could be told";
}

static void add_missing(const struct scene *scene, struct diagnosis *diagnosis, const char *cause,
                        int confidence)
{
    const struct limit limit = limit_of(scene);
    struct finding *finding;

    finding =
        diagnosis_suspect(diagnosis, cause, confidence < limit.most ? confidence : limit.most);
    finding_say(diagnosis, finding, "request", scene->it->request.place, "%s",
                what_is_there(scene));
    say_challenges(scene, diagnosis, finding);
    finding->against = limit.against;
}

/* Not captured, but seen: the server names what was wrong with it. */
static bool is_unseen_token(const struct scene *scene)
{
    return !scene->it->request.is_there && span_is(scene->error, "invalid_token") &&
           !says_missing(scene);
}

static void look_missing(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const int confidence = status_confidence(scene);

    if (scene->sent.where == SENT_AUTHORIZATION && scene->it->status == 401) {
        diagnosis_rule_out(diagnosis, cause, "Authorization was sent");
    }
    if (confidence == 0 || scene->sent.where != SENT_NOWHERE || exchange_is_preflight(scene->it) ||
        is_unseen_token(scene)) {
        return;
    }
    add_missing(scene, diagnosis, cause, confidence);
}

/* A cookie of no known meaning is there, and a challenge that no cookie answers. */
static void look_only_cookie(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    if (scene->sent.where != SENT_COOKIE || scene->it->status != 401 || !is_bare_challenge(scene) ||
        exchange_is_preflight(scene->it)) {
        return;
    }
    add_missing(scene, diagnosis, cause, 62);
}

void header_missing(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"header.missing", look_missing},
        {"header.missing", look_only_cookie},
    };

    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
