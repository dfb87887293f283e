/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "look.h"

/* -- Redacted ----------------------------------------------------------------------------------------- */

/* Where the payload begins in its field; 0 where it stands there in another form. */
static size_t start_of(const struct sent *sent)
{
    const struct dw_span in = sent->field->value;
    const char *at =
        sent->payload.len == 0 ? NULL : memmem(in.at, in.len, sent->payload.at, sent->payload.len);

    return at != NULL ? (size_t)(at - in.at) : 0;
}

/* One request may well have had none; several of a browser's seldom do. Who sends a token in the URL,
 * and it is there to be read, sends as a rule no other. */
static int redacted_confidence(const struct scene *scene)
{
    const struct sent *sent = &scene->sent;

    if (sent->where == SENT_QUERY && !is_masked(sent->value) && !is_masked(sent->payload) &&
        !span_begins(sent->payload, "$")) {
        return POSSIBLE;
    }
    return scene->capture->n_seen > 1 || sent->where != SENT_NOWHERE ? VERY_LIKELY + 5 : LIKELY;
}

static void look_sanitized(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct finding *finding;

    if (!scene_is_sanitized(scene)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "capture.sanitized", redacted_confidence(scene));
    const struct dw_span payload = scene->sent.payload;
    if (scene->sent.field != NULL && (is_masked(payload) || span_begins(payload, "$"))) {
        finding_say(diagnosis, finding, "capture", scene->sent.field->place,
                    "%.*s holds what stands in for a secret", SHOWN(scene->sent.field->name));
        finding_point(diagnosis, finding, scene->sent.field, start_of(&scene->sent),
                      scene->sent.payload.len, "not what was sent");
        return;
    }
    if (scene->capture->creator.len > 0) {
        finding_say(diagnosis, finding, "capture", (struct place){0, 0}, "written by %.*s",
                    SHOWN(scene->capture->creator));
    }
    finding_say(diagnosis, finding, "capture", scene->it->request.place,
                "none of %u entries has Authorization, Cookie or Set-Cookie",
                scene->capture->n_seen);
}

/* -- No answer ---------------------------------------------------------------------------------------- */

/* What the client said of it; the last line, which tells how it ended. */
static struct dw_span complaint_of(const struct exchange *it)
{
    static const char *const SIGNS[] = {"err_",  "error",     "fail",   "refused", "timed out",
                                        "reset", "could not", "closed", "blocked", "denied"};

    for (size_t i = it->n_notes; i > 0; i--) {
        if (first_in(it->notes[i - 1], SIGNS, sizeof(SIGNS) / sizeof(SIGNS[0])) != NULL) {
            return span_bare(it->notes[i - 1]);
        }
    }
    return (struct dw_span){NULL, 0};
}

static void look_status_zero(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct finding *finding;
    struct dw_span said;

    if (scene->it->status != 0 || scene->it->role != ROLE_CAPTURED || !was_asked(scene)) {
        return;
    }
    finding = is_refused_by_client(scene->it)
                  ? diagnosis_suspect(diagnosis, "capture.status_zero", POSSIBLE)
                  : diagnosis_add(diagnosis, "capture.status_zero");
    said = complaint_of(scene->it);
    finding_say(diagnosis, finding, "capture", scene->it->place, "the request has no answer");
    if (said.len > 0) {
        finding_say(diagnosis, finding, "client", scene->it->place, "%.*s", SHOWN(said));
    }
}

/* -- No 401 -------------------------------------------------------------------------------------------- */

static const char *list_statuses(const struct scene *scene)
{
    const struct capture *capture = scene->capture;
    const char *list = "";

    for (size_t i = 0; i < capture->n_exchanges && i < 8; i++) {
        list = arena_print(scene->arena, "%s%s%d", list, i > 0 ? ", " : "",
                           capture->exchanges[i]->status);
    }
    return capture->n_exchanges > 8 ? arena_print(scene->arena, "%s, ...", list) : list;
}

/* How sure it is that the status has nothing to do with credentials; 0: it has. */
static int is_elsewhere(const struct exchange *it)
{
    static const int KIN[] = {401, 403, 407, 419, 421, 440, 498, 499, 511};

    if (it == NULL) {
        return 99;
    }
    for (size_t i = 0; i < sizeof(KIN) / sizeof(KIN[0]); i++) {
        if (it->status == KIN[i]) {
            return 0;
        }
    }
    if (it->status < 400 || message_field(&it->response, "WWW-Authenticate") != NULL) {
        return 0;
    }
    return it->status == 400 || it->status == 431 || it->status == 494 ? LIKELY : 99;
}

static void look_not_a_401(const struct scene *scene, struct diagnosis *diagnosis)
{
    const int confidence = is_elsewhere(scene->it);
    struct finding *finding;

    if (scene->capture->n_exchanges == 0 || confidence == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "capture.not_a_401", confidence);
    finding_say(diagnosis, finding, "capture", (struct place){0, 0}, "the statuses are %s",
                list_statuses(scene));
}

void rules_capture(const struct scene *scene, struct diagnosis *diagnosis)
{
    look_not_a_401(scene, diagnosis);
    if (scene->it != NULL) {
        look_sanitized(scene, diagnosis);
        look_status_zero(scene, diagnosis);
    }
}
