/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "alone.h"
#include "look.h"
#include "rules_header.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define OF_A_PAGE    62 /* that what opened a page could set no field */

static struct dw_span asked(const struct scene *scene, const char *name)
{
    return message_value(&scene->it->request, name);
}

/* A note of the client's that holds the text; absent: none. */
static struct dw_span note_with(const struct scene *scene, const char *text)
{
    for (size_t i = 0; i < scene->it->n_notes; i++) {
        if (span_has(scene->it->notes[i], text)) {
            return scene->it->notes[i];
        }
    }
    return (struct dw_span){NULL, 0};
}

static void say_note(const struct scene *scene, struct diagnosis *diagnosis,
                     struct finding *finding, struct dw_span note)
{
    finding_say(diagnosis, finding, "client", scene->it->place, "%.*s",
                (int)(note.len < 90 ? note.len : 90), note.at);
}

/* -- Replaced by the client -------------------------------------------------------------------- */

bool reads_netrc(struct dw_span agent)
{
    return span_begins(agent, "python-requests") || span_has(agent, "aiohttp") ||
           span_has(agent, "httpx") || span_has(agent, "pip/") || span_has(agent, "git/");
}

static bool is_basic_where_bearer_is_asked(const struct scene *scene)
{
    return scene->sent.where == SENT_AUTHORIZATION && scene_is_scheme(scene, "Basic") &&
           scene_challenge(scene, "Bearer") != NULL && scene_challenge(scene, "Basic") == NULL;
}

/* curl reads it only where it is told to. */
static bool is_told_to_read_netrc(const struct scene *scene)
{
    const struct dw_span command = scene->capture->command;

    return (span_has(command, " -n ") || span_has(command, " --netrc")) &&
           span_has(command, "Authorization:");
}

static void look_netrc(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span agent = asked(scene, "User-Agent");
    const struct dw_span note = note_with(scene, "netrc");
    const bool is_empty =
        scene->sent.is_basic_decoded && scene->sent.user.len == 0 && scene->sent.password.len == 0;
    const bool is_python = reads_netrc(agent) && scene_is_scheme(scene, "Basic");
    struct finding *finding;
    int confidence = is_basic_where_bearer_is_asked(scene) && reads_netrc(agent) ? 74
                     : is_empty && is_python                                     ? 60
                                                                                 : 0;

    if (note.at != NULL && scene_is_scheme(scene, "Basic")) {
        confidence = span_has(note, "find host") ? confidence : 85;
    }
    if (is_told_to_read_netrc(scene) && scene_is_scheme(scene, "Basic")) {
        confidence = 90;
    }
    if (confidence == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                "Basic was sent by a client that reads ~/.netrc: %.*s",
                (int)(agent.len < 40 ? agent.len : 40), agent.at != NULL ? agent.at : "curl -n");
    say_challenges(scene, diagnosis, finding);
    if (note.at != NULL) {
        say_note(scene, diagnosis, finding, note);
    }
    point_sent(scene, diagnosis, finding, &scene->sent, 0, scene->sent.value.len,
               "perhaps ~/.netrc's, not yours");
}

/* curl's note names the scheme that its -u, or the URL's user, stands for; false: it is what was sent. */
static bool is_another_scheme(const struct scene *scene, struct dw_span note)
{
    const char *name =
        arena_print(scene->arena, "using %.*s", (int)scene->sent.scheme.len, scene->sent.scheme.at);

    return !span_has(note, name) && !span_has(note, "proxy auth");
}

static int override_confidence(const struct scene *scene, struct dw_span note)
{
    const struct dw_span command = scene->capture->command;
    const bool has_user = span_has(command, " -u ") || span_has(command, " --user ") ||
                          url_user(scene->it->url).len > 0;

    if (scene->sent.where != SENT_AUTHORIZATION || scene->sent.scheme.at == NULL ||
        (is_told_to_read_netrc(scene) && !has_user)) {
        return 0;
    }
    if (note.at != NULL &&
        (is_another_scheme(scene, note) || is_basic_where_bearer_is_asked(scene))) {
        return 85;
    }
    return has_user && (span_has(command, "Authorization:") || scene->token.shape != TOKEN_NONE)
               ? 85
               : 0;
}

static void look_override(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span note = note_with(scene, "auth using");
    const int confidence = override_confidence(scene, note);
    struct finding *finding;

    if (confidence == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    if (note.at != NULL) {
        say_note(scene, diagnosis, finding, note);
    } else {
        finding_say(diagnosis, finding, "client", scene->it->place,
                    "a user is given as well as an Authorization field");
    }
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                "the scheme sent is %.*s",
                (int)(scene->sent.scheme.len < 24 ? scene->sent.scheme.len : 24),
                scene->sent.scheme.at);
    point_sent(scene, diagnosis, finding, &scene->sent, 0, scene->sent.value.len,
               "only one of the two is sent");
}

/* Why a client refused a value, by what it says of it: most often for a line end. */
static const char *refused_for(struct dw_span note, int *confidence)
{
    static const char *const QUOTES[] = {"u2018",  "u2019",  "u201c",  "u201d",
                                         "u2013",  "u2014",  "0x2018", "0x2019",
                                         "0x201c", "0x201d", "0x2013", "0x2014"};
    static const char *const LINE_ENDS[] = {"\\n", "\\r", "newline", "new-line", "0x0a", "0x0d"};

    *confidence = 90;
    if (first_in(note, QUOTES, COUNT(QUOTES)) != NULL) {
        return "header.smart_quotes";
    }
    if (first_in(note, LINE_ENDS, COUNT(LINE_ENDS)) != NULL) {
        return "header.newline";
    }
    if (span_has(note, "codec can't encode") || span_has(note, "Unexpected char 0x")) {
        return "header.invisible_unicode";
    }
    *confidence = 74;
    return "header.newline";
}

bool is_refused_by_client(const struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->n_notes; i++) {
        if (is_refusal(exchange->notes[i])) {
            return true;
        }
    }
    return false;
}

static void look_refused_value(const struct scene *scene, struct diagnosis *diagnosis,
                               const char *cause)
{
    int confidence;

    for (size_t i = 0; i < scene->it->n_notes; i++) {
        const struct dw_span note = scene->it->notes[i];

        if (is_refusal(note) && strcmp(refused_for(note, &confidence), cause) == 0) {
            say_note(scene, diagnosis, diagnosis_suspect(diagnosis, cause, confidence), note);
            return;
        }
    }
}

static void look_quoted_option(const struct scene *scene, struct diagnosis *diagnosis,
                               const char *cause)
{
    struct dw_span note = note_with(scene, "-H begins with a typographic quote");

    note = note.at == NULL ? note_with(scene, "option not known: \xe2") : note;
    if (note.at != NULL) {
        say_note(scene, diagnosis, diagnosis_add(diagnosis, cause), note);
    }
}

/* -- Proxies ----------------------------------------------------------------------------------- */

static struct dw_span scheme_in(struct dw_span value)
{
    size_t len = 0;

    while (len < value.len && value.at[len] != ' ') {
        len++;
    }
    return (struct dw_span){value.at, len};
}

static bool is_offered_by_proxy(const struct exchange *it, struct dw_span sent)
{
    for (size_t i = 0; i < it->response.n_fields; i++) {
        const struct capture_field *field = &it->response.fields[i];

        if (span_is(field->name, "Proxy-Authenticate") && field->value.len > 0 &&
            dw_span_equal_nocase(scheme_in(span_bare(field->value)), scheme_in(sent))) {
            return true;
        }
    }
    return false;
}

/* RFC 9110 s11.7: 401 asks for Authorization, 407 for Proxy-Authorization. */
static void look_proxy_confusion(const struct scene *scene, struct diagnosis *diagnosis,
                                 const char *cause)
{
    const struct capture_field *origin = message_field(&scene->it->request, "Authorization");
    const struct capture_field *proxy = message_field(&scene->it->request, "Proxy-Authorization");
    const bool is_401 = scene->it->status == 401 && proxy != NULL && origin == NULL;
    const bool is_407 = scene->it->status == 407 && proxy == NULL && origin != NULL;
    const struct capture_field *field = is_401 ? proxy : origin;
    /* Of the scheme that the proxy asks for, they were meant for it. */
    const bool is_for_proxy = is_407 && is_offered_by_proxy(scene->it, origin->value);
    struct finding *finding;

    if (!is_401 && !is_407) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_for_proxy ? 97 : is_401 ? 90 : 85);
    finding_say(diagnosis, finding, "request", field->place, "%.*s was sent, the answer is %d",
                (int)field->name.len, field->name.at, scene->it->status);
    finding_point(diagnosis, finding, field, 0, field->value.len, "%d asks for %s",
                  scene->it->status, is_401 ? "Authorization" : "Proxy-Authorization");
    finding_repair(diagnosis, finding, "%.*s", (int)field->value.len, field->value.at);
}

/* -- Browsers ---------------------------------------------------------------------------------- */

static bool is_bare(const struct scene *scene)
{
    return scene->sent.where == SENT_NOWHERE && scene->it->request.is_there &&
           scene->it->status >= 400 && !exchange_is_preflight(scene->it);
}

static bool is_a_browser(const struct scene *scene)
{
    return asked(scene, "Sec-Fetch-Mode").at != NULL ||
           span_begins(asked(scene, "User-Agent"), "Mozilla/") || asked(scene, "Origin").at != NULL;
}

/* What in a browser sends no Authorization of its author's; NULL: this can. */
static const char *mute_api(const struct scene *scene, int *confidence)
{
    static const struct {
        const char *dest, *says;
        int confidence;
    } DESTS[] = {{"image", "an <img>", 85},      {"audio", "an <audio>", 85},
                 {"video", "a <video>", 85},     {"track", "a <track>", 85},
                 {"script", "a <script>", 85},   {"style", "a stylesheet", 85},
                 {"font", "a font", 85},         {"iframe", "an <iframe>", 78},
                 {"object", "an <object>", 78},  {"embed", "an <embed>", 78},
                 {"manifest", "a manifest", 85}, {"document", "a link or a form", OF_A_PAGE}};

    if (span_is(asked(scene, "Upgrade"), "websocket") ||
        asked(scene, "Sec-WebSocket-Key").at != NULL) {
        *confidence = 85;
        return "a WebSocket";
    }
    if (span_has(asked(scene, "Accept"), "text/event-stream")) {
        *confidence = 85;
        return "an EventSource";
    }
    for (size_t i = 0; i < COUNT(DESTS); i++) {
        if (span_is(asked(scene, "Sec-Fetch-Dest"), DESTS[i].dest)) {
            *confidence = DESTS[i].confidence;
            return DESTS[i].says;
        }
    }
    return NULL;
}

static void look_mute_api(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;
    int confidence = 0;
    const char *says = is_bare(scene) && is_a_browser(scene) ? mute_api(scene, &confidence) : NULL;

    if (confidence == OF_A_PAGE && asked(scene, "Referer").at != NULL) {
        confidence = 80; /* it was a link, not an address somebody typed */
    }
    /* A person who follows a link is asked by the browser itself for these. */
    if (says == NULL || (confidence < 80 && scene_challenge(scene, "Bearer") == NULL)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    finding_say(diagnosis, finding, "request", scene->it->request.place,
                "%s asked, for which a page can set no Authorization", says);
    say_challenges(scene, diagnosis, finding);
}

static void look_no_cors(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span dest = asked(scene, "Sec-Fetch-Dest");
    const struct capture_field *mode = message_field(&scene->it->request, "Sec-Fetch-Mode");
    struct finding *finding;

    if (mode == NULL || !span_is(span_bare(mode->value), "no-cors") || !is_bare(scene)) {
        return;
    }
    finding =
        diagnosis_suspect(diagnosis, cause, span_is(dest, "empty") || dest.at == NULL ? 90 : 60);
    finding_say(diagnosis, finding, "request", mode->place,
                "Sec-Fetch-Mode: no-cors, and no Authorization");
    say_challenges(scene, diagnosis, finding);
    finding_point(diagnosis, finding, mode, 0, mode->value.len,
                  "in this mode fetch() drops Authorization");
}

void header_client(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"header.netrc_override", look_netrc},
        {"header.client_override", look_override},
        {"header.newline", look_refused_value},
        {"header.smart_quotes", look_refused_value},
        {"header.invisible_unicode", look_refused_value},
        {"header.smart_quotes", look_quoted_option},
        {"header.js_cannot_set", look_mute_api},
        {"header.proxy_confusion", look_proxy_confusion},
        {"header.no_cors_mode", look_no_cors},
    };

    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
