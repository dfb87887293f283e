/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "basic.h"
#include "look.h"
#include "transcript_log.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct dw_span realm_of(const struct scene *scene, const char *scheme)
{
    return scene_param(scene_challenge(scene, scheme), "realm");
}

static void say_realm(const struct scene *scene, struct diagnosis *diagnosis,
                      struct finding *finding)
{
    const struct challenge_view *challenge = scene_challenge(scene, "Basic");
    const struct dw_span realm = scene_param(challenge, "realm");

    if (challenge != NULL) {
        finding_say(diagnosis, finding, "server", challenge->field->place,
                    "asks for Basic again, realm \"%.*s\"", (int)(realm.len < 40 ? realm.len : 40),
                    realm.at != NULL ? realm.at : "");
    }
}

static void point_all(const struct scene *scene, struct diagnosis *diagnosis,
                      struct finding *finding, const char *says)
{
    point_sent(scene, diagnosis, finding, &scene->sent, 0, scene->sent.value.len, says);
}

/* -- No password is wanted --------------------------------------------------------------------- */

static bool is_tokenish(struct dw_span password)
{
    return token_vendor_of(password) != NULL || span_begins(password, "eyJ") || password.len >= 36;
}

static bool ends_with(struct dw_span host, const char *domain)
{
    const size_t len = strlen(domain);

    return host.len >= len && span_is(span_behind(host, host.len - len), domain) &&
           (host.len == len || host.at[host.len - len - 1] == '.');
}

static bool wants_tokens(struct dw_span host)
{
    static const char *const HOSTS[] = {"github.com",    "atlassian.net",  "bitbucket.org",
                                        "office365.com", "googleapis.com", "gmail.com",
                                        "outlook.com",   "docker.io"};

    for (size_t i = 0; i < COUNT(HOSTS); i++) {
        if (ends_with(host, HOSTS[i])) {
            return true;
        }
    }
    return false;
}

static const char *refusal(const struct scene *scene)
{
    static const char *const TEXTS[] = {"password authentication was removed",
                                        "app password",
                                        "application-specific password",
                                        "basic authentication is disabled",
                                        "basic auth is disabled",
                                        "basic authentication with passwords is deprecated",
                                        "application password",
                                        "passwords are deprecated",
                                        "personal access token instead"};

    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        if (scene_says(scene, TEXTS[i])) {
            return TEXTS[i];
        }
    }
    return NULL;
}

static void look_password_disabled(const struct scene *scene, struct diagnosis *diagnosis,
                                   const char *cause)
{
    const char *says = scene->it != NULL ? refusal(scene) : NULL;
    const bool is_password = is_basic(scene) && scene->sent.password.len > 0 &&
                             !is_tokenish(scene->sent.password) &&
                             token_vendor_of(scene->sent.user) == NULL;
    struct finding *finding;

    if (scene->it == NULL || scene->it->status < 400 ||
        (says == NULL && (!is_password || !wants_tokens(scene->host)))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, says != NULL ? 92 : 74);
    if (says != NULL) {
        finding_say(diagnosis, finding, "server", scene->it->response.place, "it says \"%s\"",
                    says);
        finding->server_text = says;
    }
    if (is_password) {
        finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                    "Basic with a password that looks like no token");
        point_all(scene, diagnosis, finding, "a password, where a token is wanted");
    }
}

/* -- The wrong half ---------------------------------------------------------------------------- */

static bool goes_as_password(const struct token_vendor *vendor)
{
    return vendor != NULL && vendor->belongs != NULL &&
           strstr(vendor->belongs, "as the password") != NULL;
}

static bool is_stripes(const struct token_vendor *vendor)
{
    return vendor != NULL && strncmp(vendor->name, "Stripe", 6) == 0;
}

/* What is wrong about the halves; NULL: nothing that shows. */
static const char *wrong_half(const struct sent *sent, int *confidence)
{
    const struct token_vendor *user = token_vendor_of(sent->user);
    const struct token_vendor *password = token_vendor_of(sent->password);

    *confidence = 90;
    if (is_stripes(password)) {
        return "a Stripe key as the password; it goes as the user, with no password";
    }
    if (goes_as_password(user) && sent->password.len == 0) {
        return "a key as the user; its service wants it as the password";
    }
    *confidence = 85;
    if (user != NULL && strncmp(user->name, "GitLab", 6) == 0) {
        return "a GitLab token as the user; it goes as the password";
    }
    *confidence = 60;
    if (sent->user.len == 0 && sent->password.len > 0) {
        return "the user is empty, the password is not";
    }
    if (span_is(sent->user, "x") && sent->password.len > 15) {
        return "the user is an x, as some services want it for the password, behind their key";
    }
    if (sent->user.len > 15 && sent->password.len == 0 && user == NULL) {
        return "the password is empty, the user is not";
    }
    return NULL;
}

static void look_key_position(const struct scene *scene, struct diagnosis *diagnosis,
                              const char *cause)
{
    const struct sent *sent = &scene->sent;
    int confidence = 0;
    const char *says =
        is_basic(scene) && sent->password.at != NULL ? wrong_half(sent, &confidence) : NULL;
    struct finding *finding;
    const char *swapped;

    if (says == NULL || scene->it == NULL || scene->it->status < 400) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent), "%s", says);
    point_all(scene, diagnosis, finding, "the halves may have to be swapped");
    swapped =
        is_stripes(token_vendor_of(sent->password))
            ? arena_print(diagnosis->arena, "%.*s:", (int)sent->password.len, sent->password.at)
            : arena_print(diagnosis->arena, "%.*s:%.*s", (int)sent->password.len, sent->password.at,
                          (int)sent->user.len, sent->user.at);
    repair_basic(diagnosis, finding, dw_span_of(swapped));
}

/* -- Browsers ---------------------------------------------------------------------------------- */

static void look_browser_url(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    static const char TEXT[] = "URL that includes credentials"; /* Firefox says it the other way */
    const bool is_said =
        scene->it != NULL && (notes_have(scene->it, TEXT) || scene_says(scene, TEXT) ||
                              notes_have(scene->it, "url with embedded credentials"));
    struct finding *finding;

    if (scene->it == NULL ||
        (!is_said && (url_user(scene->it->url).len == 0 || !is_browser(scene->it))) ||
        scene->sent.where == SENT_AUTHORIZATION) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_said ? 95 : 92);
    finding_say(diagnosis, finding, is_said ? "client" : "request", scene->it->place,
                is_said ? "the browser refuses an address with credentials in it"
                        : "user and password stand in the address, no Authorization was sent");
    finding->server_text = is_said ? TEXT : finding->server_text;
}

static void look_cached(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;

    if (scene->it == NULL || !is_basic(scene) || scene->it->status != 401 ||
        !is_browser(scene->it) || scene_challenge(scene, "Basic") == NULL) {
        return;
    }
    finding = diagnosis_add(diagnosis, cause);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                "a browser sent Basic; it remembers what was typed once for a realm");
    say_realm(scene, diagnosis, finding);
}

/* -- Two layers -------------------------------------------------------------------------------- */

/* How people call what they put in front of a site that is not public yet. */
static bool is_fence(struct dw_span realm)
{
    static const char *const WORDS[] = {
        "stag",      "restricted",  "private",  "preview",    "test",        "dev",
        "protected", "beta",        "internal", "htpasswd",   "members",     "demo",
        "pre-prod",  "preprod",     "closed",   "authorized", "coming soon", "administrator",
        "site",      "secure area", "uat",      "acceptance", "not public",  "password required"};

    for (size_t i = 0; i < COUNT(WORDS); i++) {
        if (span_has(realm, WORDS[i])) {
            return true;
        }
    }
    return false;
}

/* Another request to the same host passed the fence, and now the application asks for Bearer. */
static bool passed_a_fence(const struct scene *scene)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];

        if (other != scene->it && dw_span_equal_nocase(url_host(other->url), scene->host) &&
            other->status == 401 &&
            span_begins(message_value(&other->response, "WWW-Authenticate"), "Basic")) {
            return true;
        }
    }
    return false;
}

static void look_two_layers(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *cause)
{
    const bool asks_basic =
        scene_challenge(scene, "Basic") != NULL && scene_challenge(scene, "Bearer") == NULL;
    const bool is_fenced =
        (scene_is_scheme(scene, "Bearer") || scene_is_scheme(scene, "DPoP")) && asks_basic;
    const bool is_within = is_basic(scene) && scene_challenge(scene, "Bearer") != NULL &&
                           scene_challenge(scene, "Basic") == NULL && passed_a_fence(scene);
    struct finding *finding;

    if (scene->it == NULL || scene->sent.where != SENT_AUTHORIZATION ||
        (!is_fenced && !is_within)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause,
                                is_within || is_fence(realm_of(scene, "Basic")) ? 92 : 75);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent), "%s was sent",
                is_fenced ? "a Bearer token" : "Basic");
    if (is_fenced) {
        const struct dw_span realm = realm_of(scene, "Basic");

        finding_say(diagnosis, finding, "server", scene_challenge(scene, "Basic")->field->place,
                    "asks for Basic alone, realm \"%.*s\"", (int)(realm.len < 40 ? realm.len : 40),
                    realm.at != NULL ? realm.at : "");
    } else {
        finding_say(diagnosis, finding, "hops", scene->it->place,
                    "the host asked for Basic before, and for Bearer now");
    }
    point_all(scene, diagnosis, finding, "two layers look at this one field");
}

/* -- What is left ------------------------------------------------------------------------------ */

static bool is_suspected(const struct diagnosis *diagnosis)
{
    static const char *const GROUPS[] = {"basic.", "header.", "digest."};

    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        const struct finding *finding = &diagnosis->findings[i];

        for (size_t j = 0; finding->confidence > POSSIBLE && j < COUNT(GROUPS); j++) {
            if (strncmp(finding->cause->id, GROUPS[j], strlen(GROUPS[j])) == 0 &&
                strcmp(finding->cause->id, "header.missing") != 0) {
                return true;
            }
        }
    }
    return false;
}

static bool sends_password_in_body(const struct scene *scene)
{
    const struct dw_span body = scene->it->request.body;

    return scene->sent.where == SENT_BODY &&
           (span_has(body, "\"password\"") || span_has(body, "password=")) &&
           (span_has(body, "user") || span_has(body, "email") || span_has(body, "login"));
}

static int wrong_confidence(const struct scene *scene)
{
    if (sends_password_in_body(scene)) {
        return 70;
    }
    if (!is_basic(scene) || scene->sent.password.at == NULL || scene->sent.user.len == 0) {
        return 0;
    }
    if (scene->sent.password.len == 0) {
        return scene_challenge(scene, "Basic") != NULL ? 60 : 0;
    }
    if (scene_challenge(scene, "Basic") != NULL) {
        return is_tokenish(scene->sent.password) ? 60 : 74;
    }
    return scene->n_challenges == 0 ? POSSIBLE : 0;
}

static void look_wrong_password(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    const int confidence =
        scene->it != NULL && scene->it->status == 401 ? wrong_confidence(scene) : 0;
    struct finding *finding;

    if (confidence == 0 || is_suspected(diagnosis) || scene_is_sanitized(scene) ||
        words_for_missing(scene) != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent), "%s",
                !is_basic(scene) ? "a user and a password in the body"
                : scene->sent.password.len == 0
                    ? "Basic: a user, and an empty password"
                    : "Basic, well formed: a user, a colon, a password");
    say_realm(scene, diagnosis, finding);
    if (is_basic(scene)) {
        point_all(scene, diagnosis, finding, "the server knows no such user and password");
        diagnosis_rule_out(diagnosis, "basic.trailing_newline",
                           "decoded, the password ends with no newline");
        diagnosis_rule_out(diagnosis, "basic.bad_base64", "it is base64 with a colon inside");
    }
}

/* Servers log the user of Basic and Digest also where the password was wrong. */
static void look_logged_user(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    struct finding *finding;

    for (size_t i = 0; scene->it != NULL && i < scene->it->n_notes; i++) {
        if (scene->it->status == 401 && span_begins(scene->it->notes[i], LOG_USER)) {
            finding = diagnosis_suspect(diagnosis, cause, 68);
            finding_say(diagnosis, finding, "server", scene->it->place, "%.*s",
                        (int)(scene->it->notes[i].len < 120 ? scene->it->notes[i].len : 120),
                        scene->it->notes[i].at);
        }
    }
}

void rules_basic(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"basic.password_disabled", look_password_disabled},
        {"basic.key_position", look_key_position},
        {"basic.browser_url_creds", look_browser_url},
        {"basic.cached_wrong", look_cached},
        {"basic.two_layers", look_two_layers},
        {"basic.wrong_password", look_wrong_password},
        {"basic.wrong_password", look_logged_user},
    };

    basic_shape(scene, diagnosis);
    basic_letters(scene, diagnosis);
    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
