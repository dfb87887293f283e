/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "look.h"
#include "rules_header.h"
#include "sent.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const PROPER[] = {"Bearer", "Basic", "Digest", "DPoP", "Negotiate", "NTLM"};

/* -- header.wrong_scheme ----------------------------------------------------------------------- */

/* Either may be answered with the other (RFC 4559 s4); DPoP and Bearer are told apart by other rules. */
static bool is_kin(struct dw_span sent, struct dw_span asked)
{
    return dw_span_equal_nocase(sent, asked) ||
           ((span_is(sent, "NTLM") || span_is(sent, "Negotiate") || span_is(sent, "Kerberos")) &&
            (span_is(asked, "NTLM") || span_is(asked, "Negotiate"))) ||
           ((span_is(sent, "DPoP") || span_is(sent, "Bearer")) &&
            (span_is(asked, "DPoP") || span_is(asked, "Bearer")));
}

static bool is_asked_for(const struct scene *scene)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        if (is_kin(scene->sent.scheme, scene->challenges[i].challenge.scheme)) {
            return true;
        }
    }
    return false;
}

/* What was meant by "Baerer"; NULL: it is no misspelling. */
static const char *meant(struct dw_span scheme)
{
    for (size_t i = 0; i < COUNT(PROPER); i++) {
        if (span_is(scheme, PROPER[i])) {
            return NULL;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        if (scheme.len > 3 && names_distance(scheme, PROPER[i]) <= 2) {
            return PROPER[i];
        }
    }
    return NULL;
}

static bool has_sound_challenge(const struct scene *scene)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        if (scene->challenges[i].fault.what == NULL) {
            return true;
        }
    }
    return false;
}

static size_t at_of(const struct sent *sent)
{
    return sent->scheme.at >= sent->value.at && sent->scheme.at <= sent->value.at + sent->value.len
               ? (size_t)(sent->scheme.at - sent->value.at)
               : 0;
}

static bool is_jwt_in_basic(const struct scene *scene)
{
    return scene_is_scheme(scene, "Basic") && !scene->sent.is_basic_decoded &&
           span_begins(scene->sent.payload, "eyJ") && scene_challenge(scene, "Bearer") != NULL;
}

/* Basic that a client may have taken from ~/.netrc: then it is not the caller's choice. */
static bool is_perhaps_netrcs(const struct scene *scene)
{
    return scene_is_scheme(scene, "Basic") && scene_challenge(scene, "Bearer") != NULL &&
           reads_netrc(message_value(&scene->it->request, "User-Agent"));
}

static int wrong_confidence(const struct scene *scene, const char *right)
{
    if (right != NULL) {
        return CERTAIN;
    }
    if (scene->error.at != NULL) {
        return POSSIBLE; /* it read something */
    }
    if (is_jwt_in_basic(scene)) {
        return 96;
    }
    if (is_perhaps_netrcs(scene)) {
        return 74;
    }
    return has_sound_challenge(scene) ? 88 : 65;
}

/* Basic is made of a user and a password: no other scheme takes what it holds, nor the reverse. */
static bool is_tradable(const struct scene *scene)
{
    return (scene->token.shape != TOKEN_NONE || is_jwt_in_basic(scene)) &&
           (scene_challenge(scene, "Bearer") != NULL || scene_challenge(scene, "Token") != NULL ||
            scene_challenge(scene, "ApiKey") != NULL || scene_challenge(scene, "JWT") != NULL);
}

static void look_wrong_scheme(const struct scene *scene, struct diagnosis *diagnosis,
                              const char *cause)
{
    const struct sent *sent = &scene->sent;
    const char *right = meant(sent->scheme);
    struct finding *finding;

    if (sent->where != SENT_AUTHORIZATION || sent->scheme.at == NULL || scene->it == NULL ||
        (right == NULL && (scene->n_challenges == 0 || is_asked_for(scene)))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, wrong_confidence(scene, right));
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "the scheme sent is %.*s", (int)(sent->scheme.len < 24 ? sent->scheme.len : 24),
                sent->scheme.at);
    say_challenges(scene, diagnosis, finding);
    point_sent(scene, diagnosis, finding, sent, at_of(sent), sent->scheme.len,
               right != NULL ? arena_print(diagnosis->arena, "%s, misspelt", right)
                             : "the server does not ask for this");
    if (right != NULL || is_tradable(scene)) {
        repair_sent(scene, diagnosis, finding, sent, right);
    }
}

/* Words that schemes were called before they had a name: with no challenge to compare with, a guess. */
static void look_odd_scheme(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    const struct sent *sent = &scene->sent;
    const bool is_odd = scene_is_scheme(scene, "Token") || scene_is_scheme(scene, "JWT") ||
                        scene_is_scheme(scene, "OAuth") || scene_is_scheme(scene, "ApiKey") ||
                        scene_is_scheme(scene, "Api-Key");
    struct finding *finding;

    if (scene->it == NULL || sent->where != SENT_AUTHORIZATION || !is_odd ||
        scene->n_challenges > 0 || scene->it->status != 401) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, scene_says(scene, "Bearer") ? 85 : 40);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "the scheme sent is %.*s", (int)sent->scheme.len, sent->scheme.at);
    say_challenges(scene, diagnosis, finding);
    point_sent(scene, diagnosis, finding, sent, at_of(sent), sent->scheme.len,
               "few servers know this scheme");
    repair_sent(scene, diagnosis, finding, sent, "Bearer");
}

/* -- header.scheme_case ------------------------------------------------------------------------ */

static const char *proper_case(struct dw_span scheme)
{
    for (size_t i = 0; i < COUNT(PROPER); i++) {
        if (span_is(scheme, PROPER[i]) && !dw_span_equal(scheme, dw_span_of(PROPER[i]))) {
            return PROPER[i];
        }
    }
    return NULL;
}

/* The same token passed where the scheme was written as usual. */
static bool passed_in_proper_case(const struct scene *scene, const char *proper)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];
        const struct dw_span value = message_value(&other->request, "Authorization");
        const struct dw_span scheme = {value.at, strlen(proper)};

        if (is_success(other) && asked_the_same(scene->it, other) &&
            sent_in_other_shape(scene->it, other) && value.len > scheme.len &&
            dw_span_equal(scheme, dw_span_of(proper))) {
            return true;
        }
    }
    return false;
}

static int case_confidence(const struct scene *scene, const char *proper)
{
    if (passed_in_proper_case(scene, proper)) {
        return 97;
    }
    if (scene->error.at != NULL) {
        return 20; /* it read the token */
    }
    if (scene_says(scene, "'Bearer'") || scene_says(scene, "Authorization: Bearer")) {
        return 94;
    }
    if (says_missing(scene)) {
        return 80;
    }
    return is_bare_challenge(scene) ? 70 : 40;
}

/* Schemes have no case (RFC 9110 s11.1), and servers that compare it. */
static void look_scheme_case(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    const struct sent *sent = &scene->sent;
    const char *proper = sent->where == SENT_AUTHORIZATION ? proper_case(sent->scheme) : NULL;
    struct finding *finding;

    if (proper == NULL || scene->it == NULL || scene->it->status != 401) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, case_confidence(scene, proper));
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "the scheme is written %.*s, not %s", (int)sent->scheme.len, sent->scheme.at,
                proper);
    say_challenges(scene, diagnosis, finding);
    point_sent(scene, diagnosis, finding, sent, at_of(sent), sent->scheme.len,
               "some servers take only the usual case");
    repair_sent(scene, diagnosis, finding, sent, proper);
}

void header_scheme(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"header.wrong_scheme", look_wrong_scheme},
        {"header.wrong_scheme", look_odd_scheme},
        {"header.scheme_case", look_scheme_case},
    };

    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
