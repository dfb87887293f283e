/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <stdlib.h>

#define CLOCK_APART  120 /* seconds; queues and long downloads explain less */
#define CLOCK_CLOSE  45
#define CLOCK_ABSURD 86400 /* with a clock that wrong TLS fails first; the capture is made up */

static void look_popup(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct challenge_view *basic = scene_challenge(scene, "Basic");
    struct finding *finding;

    if (basic == NULL || scene->it->status != 401 || !is_script(scene->it)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "browser.basic_popup",
                                sent_authorization(scene) ? 60
                                : sent_nothing(scene)     ? 97
                                                          : VERY_LIKELY);
    finding_say(diagnosis, finding, "request", scene->it->request.place,
                "a script asks, not a person");
    finding_say(diagnosis, finding, "server", basic->field->place,
                "WWW-Authenticate: Basic lets the browser open its own dialog");
    finding_point(diagnosis, finding, basic->field, 0, basic->challenge.scheme.len,
                  "opens the dialog");
}

/* -- Clocks --------------------------------------------------------------------------------------------- */

/* How far ahead of the client's clock a server's is; false: not known. Stored answers are older. */
static bool is_clock_known(const struct exchange *exchange, int64_t *ahead)
{
    const int64_t date = date_read(message_value(&exchange->response, "Date"));

    if (date == 0 || exchange->started == 0 || exchange->from_cache || exchange->from_worker ||
        field_number(&exchange->response, "Age") > 0) {
        return false;
    }
    *ahead = date - exchange->started;
    return true;
}

/* How other hosts' clocks stand to the client's. */
struct witnesses {
    size_t agree, differ; /* with the client */
};

static struct witnesses ask_others(const struct scene *scene)
{
    struct witnesses witnesses = {0, 0};

    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];
        int64_t ahead;

        if (!is_clock_known(one, &ahead) ||
            dw_span_equal_nocase(url_host(one->url), url_host(scene->it->url))) {
            continue;
        }
        witnesses.agree += llabs(ahead) < CLOCK_CLOSE;
        witnesses.differ += llabs(ahead) >= CLOCK_APART;
    }
    return witnesses;
}

static void find_clock(const struct scene *scene, struct diagnosis *diagnosis, const char *cause,
                       int confidence, const char *others)
{
    struct finding *finding = diagnosis_suspect(diagnosis, cause, confidence);
    int64_t ahead = 0;

    (void)is_clock_known(scene->it, &ahead);
    finding_say(diagnosis, finding, "clock", scene->it->response.place,
                "the server's Date is %s %s the client's clock",
                apart(scene->arena, scene->it->started + ahead, scene->it->started),
                ahead > 0 ? "ahead of" : "behind");
    if (others != NULL) {
        finding_say(diagnosis, finding, "clock", (struct place){0, 0}, "%s", others);
    }
}

static void look_clock(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct witnesses others;
    int64_t ahead;

    if (!is_clock_known(scene->it, &ahead) || llabs(ahead) < CLOCK_APART) {
        return;
    }
    others = ask_others(scene);
    if (others.agree > 0 && others.differ == 0) {
        find_clock(scene, diagnosis, "server.clock_wrong", 97,
                   "other hosts agree with the client's clock");
    } else if (others.differ > 0 && others.agree == 0) {
        find_clock(scene, diagnosis, "browser.clock", 95, "other hosts' clocks differ from it too");
    } else if (is_browser(scene->it) || scene->capture->kind == CAPTURE_HAR) {
        find_clock(scene, diagnosis, "browser.clock", llabs(ahead) < CLOCK_ABSURD ? 70 : 45, NULL);
    }
}

static void look_certificate_date(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const char *const NOTES[] = {"ERR_CERT_DATE_INVALID", "certificate is not yet valid",
                                        "SEC_ERROR_EXPIRED", "NOT_YET_VALID"};

    for (size_t i = 0; i < sizeof(NOTES) / sizeof(NOTES[0]); i++) {
        if (notes_have(scene->it, NOTES[i])) {
            struct finding *finding = diagnosis_suspect(diagnosis, "browser.clock", 85);

            finding_say(diagnosis, finding, "client", scene->it->place, "%s", NOTES[i]);
        }
    }
}

/* -- WebSockets ----------------------------------------------------------------------------------------- */

static bool is_upgrade(const struct exchange *it)
{
    return span_is(message_value(&it->request, "Upgrade"), "websocket") ||
           message_field(&it->request, "Sec-WebSocket-Key") != NULL ||
           span_begins(it->url, "ws:") || span_begins(it->url, "wss:");
}

/* Browsers keep the status of a refused handshake to themselves, and say it in a message. */
static bool is_refused_unseen(const struct exchange *it)
{
    return it->status == 0 &&
           (notes_have(it, "HTTP Authentication failed") || notes_have(it, "response code: 401") ||
            notes_have(it, "response code: 403"));
}

static void look_upgrade(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *field = message_field(&scene->it->request, "Upgrade");
    const bool is_unseen = is_refused_unseen(scene->it);
    struct finding *finding;

    if (!is_upgrade(scene->it) ||
        (scene->it->status != 401 && scene->it->status != 403 && !is_unseen)) {
        return;
    }
    finding =
        diagnosis_suspect(diagnosis, "ws.upgrade_401", scene->it->status == 403 ? VERY_LIKELY : 98);
    finding_say(diagnosis, finding, "request",
                field != NULL ? field->place : scene->it->request.place, "asks for a WebSocket");
    if (is_unseen) {
        finding_say(diagnosis, finding, "client", scene->it->place,
                    "the browser says that the handshake was refused");
    } else {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "%d instead of 101: scripts only see that it failed", scene->it->status);
    }
    if (field != NULL) {
        finding_point(diagnosis, finding, field, 0, field->value.len, "the handshake was refused");
    }
}

static void look_close(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct dw_span frame = closing_frame(scene->it);
    struct finding *finding;

    if (scene->it->status != 101 || frame.at == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "ws.close_4401", 95);
    finding_say(diagnosis, finding, "server", scene->it->response.place,
                "the WebSocket opened, and was closed: %.*s", SHOWN(frame));
}

void rules_browser(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (scene->it == NULL) {
        return;
    }
    cors_look(scene, diagnosis);
    look_popup(scene, diagnosis);
    look_clock(scene, diagnosis);
    look_certificate_date(scene, diagnosis);
    look_upgrade(scene, diagnosis);
    look_close(scene, diagnosis);
}
