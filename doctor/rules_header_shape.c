/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "credential.h"
#include "rules_header.h"
#include "sent.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define COVERED      74 /* that xxxx and a cut were sent so: as often they are put in for us to see */
#define DOUBTED      60 /* what is said of bytes somebody may have put there for us to see */

static enum credential_place place_for(const struct sent *sent)
{
    if (sent->where == SENT_ALONE) {
        return CREDENTIAL_ALONE;
    }
    if (sent->where == SENT_AUTHORIZATION ||
        (sent->where == SENT_FIELD && is_nearly_authorization(sent->field->name))) {
        return CREDENTIAL_FIELD;
    }
    return CREDENTIAL_KEY;
}

/* A defect that only shows how somebody blotted the value out is none. */
static bool is_blotted(const struct sent *sent, const struct defect *defect)
{
    static const char *const CAUSES[] = {"header.illegal_char", "header.placeholder",
                                         "header.invisible_unicode", "header.missing_scheme",
                                         "header.percent_encoded"};

    for (size_t i = 0; i < COUNT(CAUSES); i++) {
        if (strcmp(defect->cause, CAUSES[i]) == 0) {
            return is_masked(sent->payload) || is_masked(sent->value);
        }
    }
    return false;
}

/* RFC 6750 s2 and the way keys are sent leave queries and cookies their own rules. */
static bool is_for_fields(const struct sent *sent)
{
    return sent->where == SENT_AUTHORIZATION || sent->where == SENT_FIELD ||
           sent->where == SENT_ALONE;
}

static bool is_elsewhere_too(const char *cause)
{
    return strcmp(cause, "header.placeholder") == 0 || strcmp(cause, "header.empty_token") == 0 ||
           strcmp(cause, "header.invisible_unicode") == 0 || strcmp(cause, "header.newline") == 0 ||
           strcmp(cause, "header.quoted_token") == 0;
}

/* Blanks are forgiven by many: the server's words tell whether these were. */
static int blanks_confidence(const struct scene *scene)
{
    static const char *const TEXTS[] = {
        "format is",      "bad authorization",     "malformed", "segments",   "space-delimited",
        "contain spaces", "invalid authorization", "parse",     "bad format", "badly formatted",
        "invalid header", "could not be decoded",  "decode"};

    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        if (scene_says(scene, TEXTS[i])) {
            return 94;
        }
    }
    return scene->it != NULL && scene->it->status == 401 &&
                   (is_bare_challenge(scene) || says_missing(scene))
               ? 80
               : 0;
}

static int defect_confidence(const struct scene *scene, const struct defect *defect)
{
    const int blanks =
        strcmp(defect->cause, "header.extra_whitespace") == 0 ? blanks_confidence(scene) : 0;

    return blanks > 0 ? blanks : defect->confidence;
}

static void add_defect(const struct scene *scene, struct diagnosis *diagnosis,
                       const struct sent *sent, const struct defect *defect)
{
    const bool is_template = strcmp(defect->cause, "header.placeholder") == 0;
    const bool is_covered = is_template && may_be_covered(sent->payload);
    const bool is_doubted = is_template && scene_is_sanitized(scene);
    const bool is_void = is_template || strcmp(defect->cause, "header.empty_token") == 0;
    struct finding *finding;
    const int confidence = is_doubted   ? DOUBTED
                           : is_covered ? COVERED
                                        : defect_confidence(scene, defect);

    finding = confidence > 0 ? diagnosis_suspect(diagnosis, defect->cause, confidence)
                             : diagnosis_add(diagnosis, defect->cause);
    finding_say(diagnosis, finding, sent->where == SENT_ALONE ? "token" : "request",
                place_of_sent(scene, sent), "%s: %s", name_of_sent(diagnosis->arena, sent),
                defect->says);
    point_sent(scene, diagnosis, finding, sent, defect->at, defect->len, defect->says);
    if (is_doubted || is_covered) {
        finding->against = "somebody may have put it there when the capture was shared";
    }
    if (!is_void && sent->where != SENT_ALONE && place_for(sent) == CREDENTIAL_FIELD) {
        repair_sent(scene, diagnosis, finding, sent, NULL);
    }
}

static void look_at_one(const struct scene *scene, struct diagnosis *diagnosis,
                        const struct sent *sent)
{
    struct credential credential;

    if (sent->where == SENT_NOWHERE || sent->where == SENT_BODY) {
        return;
    }
    credential_open(diagnosis->arena, sent->value, place_for(sent), &credential);
    for (size_t i = 0; i < credential.n_defects; i++) {
        const struct defect *defect = &credential.defects[i];

        if (!is_blotted(sent, defect) && (is_for_fields(sent) || is_elsewhere_too(defect->cause))) {
            add_defect(scene, diagnosis, sent, defect);
        }
    }
}

static void look_at_defects(const struct scene *scene, struct diagnosis *diagnosis)
{
    look_at_one(scene, diagnosis, &scene->sent);
    for (size_t i = 0; i < scene->n_others; i++) {
        if (scene->others[i].where == SENT_AUTHORIZATION ||
            scene->sent.where != SENT_AUTHORIZATION) {
            look_at_one(scene, diagnosis, &scene->others[i]);
        }
    }
}

/* -- Basic: nothing, or a template, within its base64 ------------------------------------------ */

static void look_empty_basic(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    const struct sent *sent = &scene->sent;
    struct finding *finding;

    if (!sent->is_basic_decoded || sent->user.len > 0 || sent->password.at == NULL ||
        sent->password.len > 0) {
        return;
    }
    finding = diagnosis_add(diagnosis, cause);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "Basic: decoded it is a colon alone, no user and no password");
    point_sent(scene, diagnosis, finding, sent, 0, sent->value.len, "no user, no password");
}

static void look_template_basic(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    const struct sent *sent = &scene->sent;
    const char *user = placeholder_in_password(sent->user);
    const char *password = placeholder_in_password(sent->password);
    struct finding *finding;

    if (!sent->is_basic_decoded || (user == NULL && password == NULL)) {
        return;
    }
    finding = scene_is_sanitized(scene) ? diagnosis_suspect(diagnosis, cause, DOUBTED)
                                        : diagnosis_add(diagnosis, cause);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent), "Basic: the %s is %s",
                user != NULL ? "user" : "password", user != NULL ? user : password);
    point_sent(scene, diagnosis, finding, sent, 0, sent->value.len, user != NULL ? user : password);
}

/* curl --trace-ascii writes a dot for each byte that is no ASCII. */
static void look_traced_dots(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    const struct sent *sent = &scene->sent;
    struct finding *finding;
    size_t dots = 0;

    while (dots < sent->payload.len && sent->payload.at[dots] == '.') {
        dots++;
    }
    if (scene->capture->kind != CAPTURE_CURL_TRACE || dots == 0 ||
        !span_begins(span_behind(sent->payload, dots), "eyJ")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, VERY_LIKELY);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, sent),
                "%zu bytes before the token, for which a trace writes dots", dots);
    point_sent(scene, diagnosis, finding, sent, sent->value.len - span_bare(sent->payload).len,
               dots, "dots stand for bytes that are no ASCII");
    finding_repair(diagnosis, finding, "%.*s %.*s", (int)sent->scheme.len,
                   sent->scheme.at != NULL ? sent->scheme.at : "", (int)(sent->payload.len - dots),
                   sent->payload.at + dots);
}

void header_shape(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"header.empty_token", look_empty_basic},
        {"header.placeholder", look_template_basic},
        {"header.invisible_unicode", look_traced_dots},
    };

    look_at_defects(scene, diagnosis);
    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
