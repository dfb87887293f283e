/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

#include "look.h"

/* What became of a token after it was made: nothing in it shows that. The server's words do, and what
 * else happened in the capture. */

#define REPLICATED 30 /* seconds after which all places know a new token */
#define NEW        10

/* -- In words ----------------------------------------------------------------------------------------- */

static const struct said SAID[] = {
    {"token.session_ended", 90,
     "password has been changed|password was changed|session has been terminated|session was "
     "terminated|"
     "has been logged out|was logged out|signed out|logged out|session not active|Session not "
     "active|"
     "AADSTS50133|AADSTS50173|session is no longer active|Session doesn't have required client|"
     "session has been revoked|session revoked|invalid "
     "session|session_not_found|session_terminated"},
    {"token.user_disabled", 92,
     "User inactive or deleted|user is disabled|user is inactive|user not found|user does not "
     "exist|"
     "user has been deleted|account is disabled|user disabled|User is not active|user_disabled|"
     "user no longer exists|user was deleted|AADSTS50057|user_not_found|deactivated user|"
     "user has been deactivated|user is deactivated"},
    {"token.revoked", 92,
     "token has been revoked|token was revoked|token is revoked|token "
     "revoked|token_revoked|revoked token|"
     "Token is blacklisted|token has been invalidated|access token was revoked|token is "
     "blacklisted|"
     "revoked by the|token_invalidated|has been revoked"},
    {"token.replayed", 92,
     "already been used|jti has been used|jti already used|token replay|replay detected|replayed|"
     "jti was already|nonce already used|one-time token|token already used|JTI already"},
    {"token.client_not_allowed", 88,
     "client not allowed|client is not allowed|client_not_allowed|application is not authorized|"
     "azp is not allowed|client is not authorized|unauthorized client|unauthorized_client|"
     "client application is not|Invalid authorized party|invalid azp|azp claim|appid is not|"
     "unknown client|client id is not allowed"},
    {"token.context_bound", 88,
     "TokenBindingError|token is bound to|bound to another|different ip address|ip address "
     "mismatch|"
     "device mismatch|fingerprint mismatch|LocationConditionEvaluationSatisfied|"
     "token was issued to another|fingerprint does not match|issued for a different device|"
     "not issued to this client"},
};

static void look_said(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    (void)cause;
    if (scene->token.shape != TOKEN_NONE) {
        said_look(scene, diagnosis, SAID, COUNT_OF_ROWS(SAID), 100);
    }
}

/* The words agree with what is seen: it is refused, and not for its times. */
static void look_revoked(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;
    int64_t exp;

    if (!is_jwt(scene) || !is_named(scene, diagnosis, cause, NULL) ||
        !time_at(&scene->token.exp, &exp) || exp <= scene->clocks.judged) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 95);
    finding_say(diagnosis, finding, "token", token_place(scene), "its own times are fine: exp %s",
                instant(diagnosis->arena, exp));
}

/* Continuous access evaluation: the challenge's claims= is base64 of what is wanted. */
static void look_claims_challenge(const struct scene *scene, struct diagnosis *diagnosis,
                                  const char *cause)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        const struct dw_span claims = scene_param(&scene->challenges[i], "claims");
        const struct dw_span wanted =
            claims.len > 0 ? base64_open(scene->arena, claims, NULL) : claims;
        struct finding *finding;

        if (claims.len == 0) {
            continue;
        }
        if (found_of(wanted, "\"acrs\"|\"acr\"|\"amr\"").at != NULL) {
            finding = diagnosis_suspect(diagnosis, "stepup.required", CERTAIN);
        } else {
            finding = diagnosis_suspect(diagnosis, cause, 93);
        }
        finding_say(diagnosis, finding, "server", answer_place(scene),
                    "its challenge's claims want %.*s", BRIEF(wanted));
    }
}

/* -- Kubernetes --------------------------------------------------------------------------------------- */

static bool is_kubernetes(const struct token_view *token)
{
    return token_has_claim(token, "kubernetes.io") ||
           found_of(token->iss, "kubernetes|oidc.eks.|container.googleapis.com").at != NULL;
}

static void look_kubernetes(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    struct finding *finding;
    int64_t exp;

    if (!is_jwt(scene) || !is_kubernetes(&scene->token) || !time_at(&scene->token.exp, &exp) ||
        exp > scene->clocks.judged || scene->it == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, scene->clocks.server != 0 ? 99 : 92);
    finding_say(diagnosis, finding, "token", token_place(scene),
                "a service account's, exp %s: its file holds a newer one since",
                instant(diagnosis->arena, exp));
    finding = diagnosis_suspect(diagnosis, "token.expired", 0);
    finding->confidence = finding->confidence > 91 ? 91 : finding->confidence;
}

/* -- What else happened -------------------------------------------------------------------------------- */

static bool is_later_success(const struct exchange *first, const struct exchange *second)
{
    return first->status == 401 && is_success(second) && asked_the_same(first, second) &&
           sent_the_same(first, second) &&
           (message_field(&first->request, "Authorization") != NULL ||
            message_field(&first->request, "X-API-Key") != NULL);
}

/* Refused, and a moment later the same was let in. */
static void look_not_replicated(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    const struct capture *capture = scene->capture;

    for (size_t i = 0; i + 1 < capture->n_exchanges; i++) {
        const struct exchange *first = capture->exchanges[i];

        for (size_t k = i + 1; k < capture->n_exchanges && first->status == 401; k++) {
            const struct exchange *second = capture->exchanges[k];
            const int64_t later = second->started - first->started;
            struct finding *finding;

            if (!is_later_success(first, second)) {
                continue;
            }
            finding = diagnosis_suspect(diagnosis, cause,
                                        first->started != 0 && later > REPLICATED ? 55 : 88);
            finding_say(diagnosis, finding, "capture", second->place,
                        "the same request with the same token got %d, %s later", second->status,
                        first->started != 0 ? apart(diagnosis->arena, later, 0) : "a moment");
            return;
        }
    }
}

static void look_new(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const int64_t now = scene->clocks.server != 0 ? scene->clocks.server : scene->clocks.capture;
    struct finding *finding;
    int64_t iat;

    if (!is_jwt(scene) || !is_refused(scene) || now == 0 || !time_at(&scene->token.iat, &iat) ||
        iat > now || now - iat >= NEW || surest_of(diagnosis, "token. header. dpop. scope.") > 60) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 58);
    finding_say(diagnosis, finding, "token", token_place(scene), "it was made only %s before",
                apart(diagnosis->arena, now, iat));
}

static void look_replayed(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    for (size_t i = 0; scene->it != NULL && i < scene->index; i++) {
        const struct exchange *before = scene->capture->exchanges[i];
        struct finding *finding;

        if (!is_success(before) || !asked_the_same(before, scene->it) ||
            !sent_the_same(before, scene->it) || !is_refused(scene)) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, cause, scene->token.jti.len > 0 ? 70 : 58);
        finding_say(diagnosis, finding, "capture", before->place,
                    "the same request with the same token was let in before: %d", before->status);
        finding = diagnosis_suspect(diagnosis, "token.revoked", 60);
        finding_say(diagnosis, finding, "capture", before->place,
                    "the same token was let in before: %d", before->status);
        return;
    }
}

/* -- Two refreshes at once ------------------------------------------------------------------------------ */

static bool is_refresh(const struct exchange *exchange)
{
    const struct dw_span body = exchange->request.body;

    if (!span_is(exchange->method, "POST")) {
        return false;
    }
    return span_has(body, "grant_type=refresh_token") ||
           found_of(body, "\"refresh_token\"|\"refreshToken\"|\"grant_type\":\"refresh_token\"")
                   .at != NULL ||
           found_of(url_path(exchange->url), "/refresh|refresh_token|refresh-token").at != NULL;
}

static bool has_lost(const struct exchange *exchange)
{
    return exchange->status >= 400 && exchange->status < 500 &&
           (span_has(exchange->response.body, "invalid_grant") || exchange->status == 401);
}

static bool overlap(const struct exchange *a, const struct exchange *b)
{
    const int64_t took = a->took_ms > 0 ? a->took_ms / 1000 + 1 : 1;

    return a->started != 0 && b->started != 0 && b->started >= a->started - 1 &&
           b->started <= a->started + took;
}

static bool is_same_refresh(const struct exchange *a, const struct exchange *b)
{
    return a->request.body.len > 0 && dw_span_equal(a->request.body, b->request.body);
}

static void say_race(struct diagnosis *diagnosis, const struct exchange *one,
                     const struct exchange *other, const char *cause)
{
    const bool is_same = is_same_refresh(one, other);
    const bool is_at_once = overlap(one, other) || overlap(other, one);
    struct finding *finding;

    if (!is_same && !is_at_once) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_same && is_at_once ? 95 : 85);
    finding_say(diagnosis, finding, "capture", one->place, "a refresh%s, answered %d",
                is_at_once ? " at the same time as another" : "", one->status);
    finding_say(diagnosis, finding, "capture", other->place, "%s, answered %d",
                is_same ? "a refresh with the same refresh token" : "the other refresh",
                other->status);
}

static void look_race(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct capture *capture = scene->capture;

    for (size_t i = 0; i < capture->n_exchanges; i++) {
        for (size_t k = i + 1; k < capture->n_exchanges && is_refresh(capture->exchanges[i]); k++) {
            const struct exchange *one = capture->exchanges[i];
            const struct exchange *other = capture->exchanges[k];

            if (is_refresh(other) && has_lost(one) != has_lost(other)) {
                say_race(diagnosis, one, other, cause);
            }
        }
    }
}

void state_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"token.revoked", look_said},
        {"token.revoked", look_revoked},
        {"token.context_bound", look_claims_challenge},
        {"token.k8s_rotated", look_kubernetes},
        {"token.not_replicated", look_not_replicated},
        {"token.refresh_race", look_race},
        {"token.replayed", look_replayed},
        {"token.not_replicated", look_new},
    };

    if (scene->it != NULL) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
}
