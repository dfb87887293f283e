/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosis.h"

#include <stdlib.h>
#include <string.h>

#define GUESS       40 /* what is left of a conclusion whose ground is gone */
#define REMARK_FROM 50 /* where remarks stand: above guesses, below what explains the failure */

/* How a cause stands to the others: what is general gives way to what is specific. A remark is true,
 * but is seldom why a request failed. An absence is concluded from what is not in the request. */
enum trait { ABSENCE = 1, REMARK = 2, NEEDS_LOSS = 4 };

static const struct standing {
    const char *cause;
    int handicap;
    unsigned traits;
} STANDINGS[] = {
    {"capture.not_a_401", 40, 0},
    {"capture.status_zero", 15, 0},
    {"header.missing", 24, ABSENCE},
    {"header.wrong_scheme", 4, 0},
    {"header.missing_scheme", 1, 0},
    {"dpop.proof_invalid", 6, 0},
    {"basic.browser_url_creds", 0, ABSENCE},
    {"negotiate.not_sent", 0, ABSENCE},
    {"registry.npmrc_scope", 0, ABSENCE},
    {"registry.private_or_absent", 5, 0},
    {"cookie.not_logged_in", 12, ABSENCE},
    {"cookie.third_party", 5, ABSENCE},
    {"cors.credentials_mode", 5, ABSENCE},
    {"cors.masked_401", 15, 0},
    {"browser.basic_popup", 8, 0},
    {"browser.clock", 5, 0},
    {"proxy.strips_authorization", 10, NEEDS_LOSS},
    {"proxy.apache_cgi", 0, NEEDS_LOSS},
    {"proxy.mod_wsgi", 0, NEEDS_LOSS},
    {"proxy.cloudfront", 5, NEEDS_LOSS},
    {"proxy.gateway_consumes", 10, NEEDS_LOSS},
    {"proxy.407", 3, 0},
    {"proxy.edge_challenge", 6, 0},
    {"proxy.auth_request", 5, 0},
    {"proxy.www_auth_remapped", 20, 0},
    {"proxy.vhost", 5, 0},
    {"proxy.mesh_rejected", 20, 0},
    {"token.segments", 6, 0},
    {"token.wrong_iss", 4, 0},
    {"token.wrong_aud", 4, 0},
    {"token.signature_invalid", 3, 0},
    {"token.revoked", 10, 0},
    {"token.session_ended", 10, 0},
    {"token.context_bound", 10, 0},
    {"token.client_not_allowed", 10, 0},
    {"token.jwt_not_known", 5, 0},
    {"server.403_for_401", 14, ABSENCE},
    {"server.401_for_403", 10, 0},
    {"server.middleware_order", 20, 0},
    {"server.auth_backend_down", 5, 0},
    {"server.no_www_authenticate", 2, REMARK},
    {"server.malformed_challenge", 0, REMARK},
    {"server.challenge_unusable", 1, REMARK},
    {"server.clock_wrong", 1, REMARK},
    {"server.case_or_spec", 3, REMARK},
    {"status.400_invalid_request", 15, 0},
    {"cors.expose", 2, REMARK},
    {"cache.shared_user", 2, REMARK},
};

static const struct standing *standing_of(const struct finding *finding)
{
    static const struct standing USUAL = {"", 0, 0};

    for (size_t i = 0; i < sizeof(STANDINGS) / sizeof(STANDINGS[0]); i++) {
        if (strcmp(finding->cause->id, STANDINGS[i].cause) == 0) {
            return &STANDINGS[i];
        }
    }
    return &USUAL;
}

static bool has_trait(const struct finding *finding, enum trait trait)
{
    return (standing_of(finding)->traits & (unsigned)trait) != 0;
}

static int weigh(const struct finding *finding)
{
    const struct standing *standing = standing_of(finding);

    if ((standing->traits & REMARK) != 0) {
        return REMARK_FROM + finding->confidence / 10 - standing->handicap;
    }
    return finding->confidence - standing->handicap;
}

/* -- What speaks for and against ------------------------------------------------------------------ */

static struct finding *found(struct diagnosis *diagnosis, const char *cause)
{
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        if (strcmp(diagnosis->findings[i].cause->id, cause) == 0) {
            return &diagnosis->findings[i];
        }
    }
    return NULL;
}

static bool is_sure(struct diagnosis *diagnosis, const char *cause)
{
    const struct finding *finding = found(diagnosis, cause);

    return finding != NULL && finding->confidence >= VERY_LIKELY;
}

static void doubt(struct finding *finding, int most, const char *against)
{
    if (finding->confidence > most) {
        finding->confidence = most;
        finding->against = against;
    }
}

static bool is_in_group(const struct finding *finding, const char *const *groups, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strncmp(finding->cause->id, groups[i], strlen(groups[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_own_evidence(const struct finding *finding)
{
    for (size_t i = 0; i < finding->n_evidence; i++) {
        if (strcmp(finding->evidence[i].source, "server") != 0) {
            return true;
        }
    }
    return false;
}

/* The server names it, and it can be seen: nothing more could be asked for. */
static void strengthen(struct finding *finding)
{
    if (finding->server_text != NULL && has_own_evidence(finding) && finding->against == NULL &&
        finding->confidence >= 85 && finding->cause->confidence >= 85) {
        finding->confidence = finding->confidence > 98 ? finding->confidence : 98;
    }
}

/* These are told by what else the request holds. */
static bool is_told_otherwise(const struct finding *finding)
{
    static const char *const CAUSES[] = {"header.js_cannot_set", "header.no_cors_mode",
                                         "header.proxy_confusion"};

    return is_in_group(finding, CAUSES, sizeof(CAUSES) / sizeof(CAUSES[0]));
}

static void weaken_by_capture(struct diagnosis *diagnosis, struct finding *finding)
{
    static const char *const OF_REQUEST[] = {"header.", "basic.", "token.", "apikey.", "cookie."};
    const struct exchange *it = diagnosis->scene->it;
    const bool is_told = finding->server_text != NULL;

    if (it == NULL) {
        return;
    }
    if (found(diagnosis, "capture.sanitized") != NULL && !is_told && !is_told_otherwise(finding) &&
        (has_trait(finding, ABSENCE) || is_in_group(finding, OF_REQUEST, 5))) {
        doubt(finding, is_sure(diagnosis, "capture.sanitized") ? GUESS : LIKELY - 10,
              "the capture was redacted: what is missing may have been sent");
    }
    if (!it->request.is_there && has_trait(finding, ABSENCE)) {
        doubt(finding, is_told ? VERY_LIKELY - 5 : GUESS, "the request is not in the capture");
    }
    if (it->status == 0 &&
        ((has_trait(finding, ABSENCE) && !is_told) || is_in_group(finding, OF_REQUEST + 2, 3))) {
        doubt(finding, has_trait(finding, ABSENCE) ? GUESS : VERY_LIKELY,
              "no answer is in the capture");
    }
}

/* A word, and no template, in a cookie. */
static bool is_own_choice(const struct sent *sent)
{
    return sent->where == SENT_COOKIE && sent->payload.len > 0 &&
           memchr("$<{[%", sent->payload.at[0], 5) == NULL;
}

/* Only who could read a token can tell that of it. */
static bool tells_of_contents(const struct finding *finding)
{
    static const char *const CAUSES[] = {
        "token.expired",   "token.not_yet_valid", "token.iat_future",         "token.wrong_aud",
        "token.wrong_iss", "token.kid_unknown",   "token.alg_none",           "token.alg_mismatch",
        "token.revoked",   "token.missing_claim", "token.signature_invalid",  "scope.",
        "stepup.",         "token.max_age",       "token.client_not_allowed", "account.",
        "sso.required",    "token.aud_format",    "token.session_ended",      "mfa.",
        "ip.allowlist"};

    return finding->server_text != NULL && finding->confidence >= 85 &&
           is_in_group(finding, CAUSES, sizeof(CAUSES) / sizeof(CAUSES[0]));
}

/* What stands in a token's place was sent so, or put there when the capture was shared: in either case the
 * shape of it says nothing more, and a server that tells what the token holds has had another. */
static void weaken_by_template(struct diagnosis *diagnosis)
{
    static const char *const OF_SHAPE[] = {"header.truncated", "token.", "apikey."};
    struct finding *template = found(diagnosis, "header.placeholder");

    for (size_t i = 0; template != NULL && i < diagnosis->n_findings; i++) {
        struct finding *finding = &diagnosis->findings[i];

        if (tells_of_contents(finding)) {
            doubt(template, POSSIBLE + 10, "the server tells what a token held: it had another");
        } else if (finding->server_text == NULL && is_in_group(finding, OF_SHAPE, 3)) {
            doubt(finding, POSSIBLE, "what was sent may not be what stands here");
        }
    }
}

static void weaken_by_answer(struct diagnosis *diagnosis, struct finding *finding)
{
    const struct scene *scene = diagnosis->scene;
    const bool is_missing = strcmp(finding->cause->id, "header.missing") == 0;

    if (strcmp(finding->cause->id, "header.placeholder") == 0 && is_own_choice(&scene->sent)) {
        doubt(finding, POSSIBLE, "what a cookie holds is the server's own choice");
    }
    if (is_missing && scene->sent.where == SENT_AUTHORIZATION) {
        doubt(finding, GUESS, "Authorization was sent");
    }
    if (scene->error.at != NULL && has_trait(finding, NEEDS_LOSS)) {
        doubt(finding, GUESS - 10, "the server answers with error=: the credentials reached it");
    }
    if (is_sure(diagnosis, "capture.not_a_401") && finding->server_text == NULL &&
        !is_in_group(finding, (const char *const[]){"capture."}, 1)) {
        doubt(finding, has_trait(finding, ABSENCE) ? GUESS - 10 : LIKELY,
              "the status is no 401 or kin of it");
    }
}

/* Pairs of which only one can be. */
static const char *const EITHER[][2] = {
    {"token.expired", "token.not_yet_valid"},
    {"token.expired", "token.revoked"},
    {"token.kid_unknown", "token.signature_invalid"},
    {"token.wrong_aud", "token.aud_missing"},
    {"header.missing", "proxy.strips_authorization"},
    {"cookie.not_logged_in", "cookie.expired"},
    {"server.401_for_403", "server.403_for_401"},
    {"basic.wrong_password", "basic.password_disabled"},
    {"cache.stored_401", "server.bad_node"},
};

static void contradict(struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < sizeof(EITHER) / sizeof(EITHER[0]); i++) {
        struct finding *one = found(diagnosis, EITHER[i][0]);
        struct finding *other = found(diagnosis, EITHER[i][1]);

        if (one == NULL || other == NULL) {
            continue;
        }
        if (one->against == NULL) {
            one->against = arena_print(diagnosis->arena, "%s was found too, and only one can be",
                                       EITHER[i][1]);
        }
        if (other->against == NULL) {
            other->against = arena_print(diagnosis->arena, "%s was found too, and only one can be",
                                         EITHER[i][0]);
        }
    }
}

/* The first, if it is very likely, is why the second is there. */
static const char *const WHY[][2] = {
    {"token.clock_skew", "token.expired"},         {"token.clock_skew", "token.not_yet_valid"},
    {"token.clock_skew", "token.iat_future"},      {"token.refresh_race", "token.expired"},
    {"proxy.captive_portal", "redirect.to_login"},
};

static void explain(struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < sizeof(WHY) / sizeof(WHY[0]); i++) {
        const struct finding *why = found(diagnosis, WHY[i][0]);
        struct finding *effect = found(diagnosis, WHY[i][1]);

        if (why != NULL && effect != NULL && why->confidence >= VERY_LIKELY &&
            effect->confidence >= why->confidence) {
            effect->confidence = why->confidence - 1;
        }
    }
}

/* -- The order -------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct finding *one = a;
    const struct finding *other = b;
    const int difference = weigh(other) - weigh(one);

    return difference != 0 ? difference : strcmp(one->cause->id, other->cause->id);
}

/* How the credentials look is not for a server's text to tell where they were crossed out. */
static bool is_about_shape(const struct finding *finding)
{
    static const char *const GROUPS[] = {"header.",        "basic.",
                                         "token.segments", "token.base64_standard",
                                         "token.bad_json", "token.opaque_to_jwt"};

    return is_in_group(finding, GROUPS, sizeof(GROUPS) / sizeof(GROUPS[0]));
}

/* Who answers so has not looked at the credentials. */
static bool is_about_way(const struct finding *finding)
{
    static const char *const GROUPS[] = {
        "redirect.to_login",    "redirect.idp_cors", "proxy.407",         "proxy.captive_portal",
        "proxy.edge_challenge", "cache.stored_401",  "cors.preflight_401"};

    return is_in_group(finding, GROUPS, sizeof(GROUPS) / sizeof(GROUPS[0]));
}

/* Whether it holds although the credentials cannot be seen. */
static bool stands_alone(const struct diagnosis *diagnosis, const struct finding *finding)
{
    if (has_trait(finding, ABSENCE) || has_trait(finding, REMARK) || weigh(finding) < 85) {
        return false;
    }
    return diagnosis->scene->sent.where == SENT_NOWHERE || is_about_way(finding) ||
           (finding->server_text != NULL && !is_about_shape(finding));
}

/* A redacted capture comes first, unless something is known that its credentials could not change; and
 * where there was no answer, that comes first. */
static void yield(struct diagnosis *diagnosis)
{
    struct finding *sanitized = found(diagnosis, "capture.sanitized");

    if (sanitized == NULL) {
        return;
    }
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        const struct finding *finding = &diagnosis->findings[i];

        if (finding != sanitized && stands_alone(diagnosis, finding) &&
            sanitized->confidence >= weigh(finding)) {
            sanitized->confidence = weigh(finding) - 1;
        }
    }
    if (diagnosis->scene->it->status == 0 && sanitized->confidence > LIKELY) {
        sanitized->confidence = LIKELY;
    }
}

/* What comes later explains no better. A remark that is only first because all else is guessed is not
 * known to be why; nor is one that stands alone, where credentials were sent and nobody says what
 * became of them. */
static void level(struct diagnosis *diagnosis)
{
    const bool is_alone =
        diagnosis->n_findings == 1 && diagnosis->scene->sent.where == SENT_NOWHERE;
    int most = 100;

    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        struct finding *finding = &diagnosis->findings[i];
        const bool is_remark = has_trait(finding, REMARK);

        if (is_remark && i == 0 && !is_alone && finding->confidence >= LIKELY) {
            finding->confidence = LIKELY - 1;
        }
        if (!is_remark && finding->confidence > most) {
            finding->confidence = most;
        }
        most = is_remark ? most : finding->confidence;
    }
}

static void drop_guesses(struct diagnosis *diagnosis)
{
    if (diagnosis->n_findings == 0 || diagnosis->findings[0].confidence < CERTAIN) {
        return;
    }
    while (diagnosis->n_findings > 1 &&
           diagnosis->findings[diagnosis->n_findings - 1].confidence < POSSIBLE) {
        diagnosis->n_findings--;
    }
}

static bool is_ruled_out(const struct diagnosis *diagnosis, const struct cause *cause)
{
    for (size_t i = 0; i < diagnosis->n_ruled_out; i++) {
        if (diagnosis->ruled_out[i].cause == cause) {
            return true;
        }
    }
    return false;
}

/* What a rule has ruled out is not guessed at; what stands in spite of that is no longer ruled out. */
static void reconcile(struct diagnosis *diagnosis)
{
    size_t n = 0;
    size_t n_out = 0;

    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        const struct finding *finding = &diagnosis->findings[i];
        if (finding->confidence >= POSSIBLE || !is_ruled_out(diagnosis, finding->cause)) {
            diagnosis->findings[n++] = *finding;
        }
    }
    diagnosis->n_findings = n;
    for (size_t i = 0; i < diagnosis->n_ruled_out; i++) {
        size_t at = 0;
        while (at < n && diagnosis->findings[at].cause != diagnosis->ruled_out[i].cause) {
            at++;
        }
        if (at == n) {
            diagnosis->ruled_out[n_out++] = diagnosis->ruled_out[i];
        }
    }
    diagnosis->n_ruled_out = n_out;
}

void diagnosis_rank(struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        strengthen(&diagnosis->findings[i]);
        weaken_by_capture(diagnosis, &diagnosis->findings[i]);
        weaken_by_answer(diagnosis, &diagnosis->findings[i]);
    }
    weaken_by_template(diagnosis);
    contradict(diagnosis);
    explain(diagnosis);
    yield(diagnosis);
    qsort(diagnosis->findings, diagnosis->n_findings, sizeof(diagnosis->findings[0]), compare);
    level(diagnosis);
    drop_guesses(diagnosis);
    reconcile(diagnosis);
}
