/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

#include "look.h"

/* API keys: of the wrong kind, cut, gone, or of another place than the one that was asked. */

/* The key, wherever it stands: behind Bearer and its like, in a field of its own, or as Basic's user. */
static struct dw_span key_of(const struct scene *scene)
{
    if (!scene->sent.is_basic_decoded) {
        return scene->sent.payload.len > 0 ? scene->sent.payload : scene->sent.value;
    }
    if (key_form_find(scene->sent.user) != NULL || scene->sent.password.len == 0) {
        return scene->sent.user;
    }
    return scene->sent.password;
}

static bool is_key_asked(const struct scene *scene)
{
    return scene->it != NULL && scene->it->status >= 400 && scene->sent.where != SENT_NOWHERE &&
           scene->token.shape != TOKEN_JWS && scene->token.shape != TOKEN_JWE;
}

/* -- The wrong key ------------------------------------------------------------------------------------ */

static void look_env(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "test mode|live mode|testmode|livemode|sandbox key|production key|sandbox token|"
        "test key|live key|wrong environment|different environment|"
        "key is not valid for this environment|environment mismatch";
    const struct dw_span key = key_of(scene);
    const struct key_form *form = key_form_find(key);
    const struct dw_span said = said_of(scene, TEXTS);
    struct dw_span word = {NULL, 0};
    const enum name_env host = name_env(scene->host, &word);
    struct finding *finding;
    int confidence = said.at != NULL ? 92 : 0;

    if (!is_key_asked(scene) || is_local_host(scene->host)) {
        return;
    }
    if (form != NULL && form->env == ENV_LIVE && host == ENV_TEST) {
        confidence = said.at != NULL ? 98 : 90;
    } else if (form != NULL && form->env == ENV_TEST && host != ENV_TEST &&
               (form->hosts[0] == '\0' || found_of(scene->host, form->hosts).at == NULL)) {
        confidence = said.at != NULL ? 98 : host == ENV_LIVE ? 90 : 78;
    } else if (form != NULL && form->env != ENV_NONE && said.at != NULL) {
        confidence = 96;
    }
    if (confidence == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    if (form != NULL) {
        finding_say(diagnosis, finding, "request", token_place(scene),
                    "a key that begins with %s, sent to %.*s", form->prefix, BRIEF(scene->host));
    }
    if (said.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"",
                    BRIEF(said));
    }
}

static void look_publishable(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    static const char TEXTS[] =
        "publishable API key|publishable key|public key cannot|requires a secret key|"
        "secret API key|service_role|use your secret key|client-side key|public API key";
    const struct key_form *form = key_form_find(key_of(scene));
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (!is_key_asked(scene) || form == NULL || form->use != KEY_PUBLIC) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, said.at != NULL ? 98 : 91);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "it begins with %s: made to be seen, and good for little", form->prefix);
    if (said.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"",
                    BRIEF(said));
    }
    point_token(scene, diagnosis, finding, 0, strlen(form->prefix), "a public key");
}

/* -- Not the whole key -------------------------------------------------------------------------------- */

static void look_partial(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span key = key_of(scene);
    const struct token_vendor *vendor = token_vendor_of(key);
    struct finding *finding;
    struct dw_span id;

    if (!is_key_asked(scene) && !(scene->it == NULL && scene->token.shape == TOKEN_VENDOR)) {
        return;
    }
    if (vendor != NULL && strcmp(vendor->prefix, "dw_") == 0) {
        const enum dw_reason reason = dw_apikey_parse(key, "dw", &id);

        if (reason == DW_REASON_NONE) {
            return;
        }
        finding = diagnosis_suspect(diagnosis, cause, CERTAIN);
        finding_say(diagnosis, finding, "request", token_place(scene), "%s",
                    dw_reason_text(reason)->private_text);
        return;
    }
    if (vendor == NULL || vendor->least == 0 ||
        (key.len >= vendor->least && (vendor->most == 0 || key.len <= vendor->most))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, vendor->most == vendor->least ? 94 : 86);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "%s: %zu characters, whole it has %s%zu", vendor->name, key.len,
                vendor->most == vendor->least ? "" : "at least ", vendor->least);
    point_token(scene, diagnosis, finding, 0, 0,
                key.len < vendor->least ? "cut short" : "too long");
}

/* A key whose beginning was left behind: its vendor's host, and just as long as what follows the prefix. */
static void look_beheaded(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const struct {
        const char *host, *prefix;
        size_t len;
    } KEYS[] = {{"api.github.com", "ghp_", 36},          {"gitlab.com", "glpat-", 20},
                {"api.digitalocean.com", "dop_v1_", 64}, {"api.sendgrid.com", "SG.", 66},
                {"huggingface.co", "hf_", 34},           {"npmjs", "npm_", 36}};
    const struct dw_span key = key_of(scene);
    struct finding *finding;

    for (size_t i = 0; i < COUNT_OF_ROWS(KEYS) && is_key_asked(scene); i++) {
        if (!span_has(scene->host, KEYS[i].host) || key.len != KEYS[i].len ||
            token_vendor_of(key) != NULL) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, cause, 80);
        finding_say(diagnosis, finding, "request", token_place(scene),
                    "%zu characters, as many as follow %s in keys of this host", key.len,
                    KEYS[i].prefix);
    }
}

/* -- Gone --------------------------------------------------------------------------------------------- */

static void look_rotated(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "Invalid API key|invalid api_key|invalid_api_key|API key is invalid|Incorrect API key|"
        "API key not valid|API key not found|unknown api key|api key has been revoked|"
        "api key was revoked|api key has been deleted|Bad credentials|key has been rotated|"
        "api key expired|API key has expired|apikey is invalid|invalid apikey|"
        "Invalid API token|invalid_auth|invalid x-api-key|Api key is not valid|"
        "Unrecognized API key|API key does not exist|No such API key|key was regenerated|"
        "ApiKey is not valid|Invalid access key|invalid subscription key|"
        "API token is invalid|Invalid key|The provided API key";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (!is_key_asked(scene) || said.at == NULL) {
        return;
    }
    /* What is seen to be wrong with the key explains it better. */
    finding = diagnosis_suspect(diagnosis, cause,
                                surest_of(diagnosis, "apikey. header.") >= LIKELY ? 72 : 86);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(said));
    finding_say(diagnosis, finding, "request", token_place(scene), "the key reached it: %s",
                masked(diagnosis->arena, key_of(scene)));
}

static void look_worked(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    for (size_t i = 0; is_key_asked(scene) && scene->it->status == 401 && i < scene->index; i++) {
        const struct exchange *before = scene->capture->exchanges[i];
        struct finding *finding;

        if (!is_success(before) || !sent_the_same(before, scene->it) ||
            !dw_span_equal_nocase(url_host(before->url), url_host(scene->it->url))) {
            continue;
        }
        if (scene->sent.where != SENT_FIELD && scene->sent.where != SENT_QUERY) {
            return;
        }
        finding = diagnosis_suspect(diagnosis, cause, 82);
        finding_say(diagnosis, finding, "capture", before->place,
                    "the same key was let in before: %d", before->status);
        return;
    }
}

/* It stands where only keys do. */
static bool is_in_keys_place(const struct scene *scene)
{
    return scene->sent.where == SENT_FIELD || scene->sent.where == SENT_QUERY ||
           (scene->sent.where == SENT_AUTHORIZATION &&
            (scene_is_scheme(scene, "ApiKey") || scene_is_scheme(scene, "Api-Key")) &&
            scene_challenge(scene, "ApiKey") != NULL);
}

/* API keys of AWS's API Gateway get a 403, wrong or not of this stage's plan. */
static bool is_refusal(const struct scene *scene)
{
    return scene->it->status == 401 ||
           (scene->it->status == 403 &&
            span_is(answered_field(scene, "X-Amzn-ErrorType"), "ForbiddenException"));
}

/* A key in its place that is refused without a word about it. */
static void look_refused(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;

    if (!is_key_asked(scene) || !is_refusal(scene) || key_of(scene).len == 0 ||
        !is_in_keys_place(scene) || surest_of(diagnosis, "apikey. header. token.") > 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 60);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "a key was sent, and nothing shows in it");
}

/* -- Of another region ---------------------------------------------------------------------------------- */

/* The part of a name that says where: eu, us, ap, and what vendors number. */
static struct dw_span region_of(struct dw_span name)
{
    static const char REGIONS[] =
        "eu us uk ap au ca jp in eu1 us1 na1 ap1 us2 us3 us4 us5 us6 us7 us8 us9 us10 us11 "
        "us12 us13 us14 us15 us16 us17 us18 us19 us20 us21 eu2 eu01";

    while (name.len > 0) {
        const struct dw_span part = span_until(name, ".-_");

        name = span_behind(name, part.len + 1);
        if (list_has(dw_span_of(REGIONS), part)) {
            return part;
        }
    }
    return NOTHING;
}

/* Vendors whose keys name their region, in front or behind. */
static struct dw_span key_region(const struct scene *scene, struct dw_span key)
{
    static const char TAILS[] = "mailchimp";
    size_t at = key.len;

    if (span_has(scene->host, TAILS)) {
        while (at > 0 && key.at[at - 1] != '-') {
            at--;
        }
        return at > 0 ? span_behind(key, at) : NOTHING;
    }
    if (span_begins(key, "eu01xx")) {
        return DW_SPAN("eu");
    }
    return span_begins(key, "pat-") ? region_of(span_behind(key, 4)) : NOTHING;
}

static void look_region(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "wrong region|different region|another region|wrong data center|wrong datacenter|"
        "different data center|not valid for this region|in a different region|"
        "in this region|wrong endpoint|region mismatch|use the EU|use the US|regional endpoint|"
        "another data center|belongs to region|key from another region|"
        "belongs to the EU|belongs to the US|belong to the EU|belong to the US|"
        "of EU accounts|of US accounts|EU site|US site";
    const struct dw_span said = said_of(scene, TEXTS);
    const struct dw_span of_key = is_key_asked(scene) ? key_region(scene, key_of(scene)) : NOTHING;
    const struct dw_span of_host = region_of(scene->host);
    struct finding *finding;

    if (of_key.len > 0 && !dw_span_equal_nocase(of_key, of_host) &&
        (of_host.len > 0 || !span_begins(of_key, "us"))) {
        finding = diagnosis_suspect(diagnosis, cause, 95);
        finding_say(diagnosis, finding, "request", token_place(scene),
                    "the key is of %.*s, the host asked is %.*s", BRIEF(of_key),
                    BRIEF(scene->host));
    }
    if (is_key_asked(scene) && said.at != NULL) {
        finding = diagnosis_suspect(diagnosis, cause, 92);
        finding_say(diagnosis, finding, "server", answer_place(scene),
                    "says \"%.*s\"; the host asked is %.*s", BRIEF(said), BRIEF(scene->host));
        finding->server_text = arena_print(diagnosis->arena, "%.*s", BRIEF(said));
    }
}

void rules_apikey(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"apikey.wrong_env", look_env},       {"apikey.publishable_used", look_publishable},
        {"apikey.partial", look_partial},     {"apikey.partial", look_beheaded},
        {"apikey.wrong_region", look_region}, {"apikey.rotated", look_rotated},
        {"apikey.rotated", look_worked},      {"apikey.rotated", look_refused},
    };

    rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    account_look(scene, diagnosis);
}
