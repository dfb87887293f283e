/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"
#include "rules_credentials.h"

#include <string.h>

/* Who is known and yet not let in: an account that is closed or locked, an address that is not on the
 * list, a second factor that is missing. Only the server can say so. */

#define TRIES 4 /* failures in a row that a server may answer with a lock */

#define LOCKED                                                                                     \
    "account is locked|account has been locked|account locked|account_locked|locked out|too many " \
    "failed|"                                                                                      \
    "too many login|too many attempts|temporarily locked|too many authentication failures|"        \
    "maximum number of login|exceeded the number of|user is locked|AADSTS50053|temporarily "       \
    "blocked|"                                                                                     \
    "too many unsuccessful|has been blocked after|Maximum login attempts|user account is locked"

static const struct said SAID[] = {
    {"mfa.required", 93,
     "X-GitHub-OTP|Must specify two-factor|two-factor authentication is required|two-factor "
     "authentication required|two-factor authentication code|requires two-factor|mfa_required|"
     "multi-factor "
     "authentication|multifactor|two_factor_required|2fa_required|otp_required|one-time "
     "password|one time password|otp "
     "required|"
     "2FA required|requires 2FA|second factor|MFA required|mfa token|verification code required|"
     "\"code\":\"otp|missing otp|otp code|EOTP"},
    /* Advice speaks of it too: "change your password or enable two-factor authentication". */
    {"mfa.required", 60, "two-factor authentication|two factor authentication"},
    {"account.locked", 92, LOCKED},
    {"account.inactive", 92,
     "account_inactive|account is inactive|account inactive|account is suspended|account has been "
     "suspended|"
     "account suspended|suspended account|subscription has expired|subscription "
     "expired|subscription is inactive|"
     "billing issue|billing is|billing account|payment required|account has been disabled|account "
     "disabled|account is not active|"
     "account not active|email not verified|email_not_verified|email_unverified|email is not "
     "verified|verify your email|verify your e-mail|account is not verified|account has "
     "been deactivated|"
     "trial has expired|trial expired|insufficient_quota|account is closed|account_suspended|"
     "organization has been disabled|project is suspended|overdue|plan has expired|unpaid"},
    {"ip.allowlist", 92,
     "IP address is not allowed|IP not allowed|ip_not_allowed|not in the allow list|not in the "
     "allowlist|not on the allow list|not on the allowlist|not on the whitelist|"
     "IP allow list|ip allowlist|ip whitelist|not whitelisted|IP address not|IP is not whitelisted|"
     "IP restriction|ip restricted|unauthorized IP|IP address has not been|address is not "
     "authorized|not "
     "authorized ip|"
     "from this IP|site or mobile application is not authorized|IP is not "
     "allowed|IP_ADDRESS_BLOCKED|ipRefererBlocked|"
     "referer restriction|ip address restriction|API_KEY_IP_ADDRESS_BLOCKED|unrecognized "
     "IP|allowed IP"},
};

static bool is_told(const struct scene *scene)
{
    return (scene->it->status >= 400 && scene->it->status < 500) ||
           (scene->it->status < 300 && scene->body_is_json); /* a refusal all the same */
}

/* Each try before was refused in other words. */
static void look_later_lock(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    for (size_t i = scene->index + 1; i < scene->capture->n_exchanges; i++) {
        const struct exchange *later = scene->capture->exchanges[i];
        struct dw_span words;
        struct finding *finding;

        if ((later->status != 401 && later->status != 403 && later->status != 423) ||
            !asked_the_same(scene->it, later)) {
            continue;
        }
        words = found_of(later->response.body, LOCKED);
        if (words.at == NULL) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, cause, 92);
        finding_say(diagnosis, finding, "server", later->place, "says \"%.*s\" in the end",
                    BRIEF(words));
        finding->server_text = arena_print(diagnosis->arena, "%.*s", BRIEF(words));
        return;
    }
}

static void look_said(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    (void)cause;
    /* A page of HTML has words for much that did not happen. */
    if (is_told(scene)) {
        said_look(scene, diagnosis, SAID, COUNT_OF_ROWS(SAID), scene->body_is_html ? 70 : 100);
    }
}

static void look_otp(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char *const FIELDS[] = {"X-GitHub-OTP", "X-OTP",        "X-2FA",
                                         "X-MFA",        "X-GitLab-OTP", "npm-otp"};

    for (size_t i = 0; i < COUNT_OF_ROWS(FIELDS); i++) {
        const struct dw_span value = answered_field(scene, FIELDS[i]);
        struct finding *finding;

        if (!span_begins(value, "required")) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, cause, 98);
        finding_say(diagnosis, finding, "server", answer_place(scene), "%s: %.*s", FIELDS[i],
                    BRIEF(value));
    }
}

/* npm asks so: WWW-Authenticate: OTP. */
static void look_otp_scheme(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    const struct challenge_view *challenge = scene_challenge(scene, "OTP");
    struct finding *finding;

    if (challenge == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, CERTAIN);
    finding_say(diagnosis, finding, "server", answer_place(scene), "its challenge's scheme is OTP");
}

/* The same credentials refused again and again; then another answer, with a time to wait. */
static void look_tries(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span wait = answered_field(scene, "Retry-After");
    struct finding *finding;
    unsigned n = 0;

    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];

        n += other->status == 401 &&
             dw_span_equal_nocase(url_host(other->url), url_host(scene->it->url)) &&
             message_field(&other->request, "Authorization") != NULL;
    }
    if (scene->it->status != 401 || wait.len == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, n >= TRIES ? 88 : 74);
    finding_say(diagnosis, finding, "server", answer_place(scene), "Retry-After: %.*s with a 401",
                BRIEF(wait));
    if (n >= TRIES) {
        finding_say(diagnosis, finding, "capture", scene->it->place,
                    "%u requests were refused before", n);
    }
}

void account_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"account.inactive", look_said},     {"mfa.required", look_otp},
        {"mfa.required", look_otp_scheme},   {"account.locked", look_tries},
        {"account.locked", look_later_lock},
    };

    if (scene->it != NULL) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
}
