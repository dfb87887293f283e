/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rules_digest.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define TICKET_LARGE 16384 /* bytes: http.sys's MaxFieldLength */
#define TICKET_BIG   12000

/* How NTLMSSP, a zero and the message's number begin in base64 ([MS-NLMP] s2.2.1). */
enum ntlm_message { NTLM_NONE, NTLM_NEGOTIATE, NTLM_CHALLENGE, NTLM_AUTHENTICATE };

static enum ntlm_message ntlm_message_of(struct dw_span token)
{
    static const char *const STARTS[] = {"TlRMTVNTUAAB", "TlRMTVNTUAAC", "TlRMTVNTUAAD"};

    for (size_t i = 0; i < COUNT(STARTS); i++) {
        if (token.len >= 12 && memcmp(token.at, STARTS[i], 12) == 0) {
            return (enum ntlm_message)(NTLM_NEGOTIATE + i);
        }
    }
    return NTLM_NONE;
}

/* DER of an application's token, as Kerberos and SPNEGO begin (RFC 4178 s4.2). */
static bool is_kerberos(struct dw_span token)
{
    return span_begins(token, "YII") || span_begins(token, "YIG") || span_begins(token, "YIH");
}

static bool is_windows_scheme(const struct scene *scene)
{
    return scene_is_scheme(scene, "NTLM") || scene_is_scheme(scene, "Negotiate") ||
           scene_is_scheme(scene, "Kerberos");
}

/* The message the server sent back. */
static enum ntlm_message answered_message(const struct scene *scene)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        const enum ntlm_message message = ntlm_message_of(scene->challenges[i].challenge.token68);

        if (message != NTLM_NONE) {
            return message;
        }
    }
    return NTLM_NONE;
}

static void point_all(const struct scene *scene, struct diagnosis *diagnosis,
                      struct finding *finding, const char *says)
{
    point_sent(scene, diagnosis, finding, &scene->sent, 0, scene->sent.value.len, says);
}

/* -- ntlm.connection_broken -------------------------------------------------------------------- */

static bool is_h2(const struct exchange *exchange)
{
    return span_is(exchange->response.version, "h2") ||
           span_begins(exchange->response.version, "HTTP/2") ||
           span_is(exchange->request.version, "h2") ||
           span_begins(exchange->request.version, "HTTP/2");
}

/* What shows that the connection was not kept, or is shared; NULL: nothing. */
static const char *breaker(const struct scene *scene)
{
    const struct capture_message *response = &scene->it->response;

    if (is_h2(scene->it)) {
        return "HTTP/2, which shares a connection between requests";
    }
    if (span_has(message_value(response, "Connection"), "close") ||
        span_has(message_value(&scene->it->request, "Connection"), "close")) {
        return "Connection: close, though the connection is what is signed in";
    }
    if (message_field(response, "Via") != NULL || message_field(response, "X-Cache") != NULL) {
        return "Via: a proxy stands in between";
    }
    return NULL;
}

/* How often the server began anew. */
static size_t beginnings(const struct scene *scene)
{
    size_t n = 0;

    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];
        const struct dw_span value = message_value(&other->response, "WWW-Authenticate");

        n += other->status == 401 && span_has(value, "TlRMTVNTUAAC") ? 1 : 0;
    }
    return n;
}

static int broken_confidence(const struct scene *scene, const char *says)
{
    const enum ntlm_message sent = ntlm_message_of(scene->sent.payload);
    const enum ntlm_message got = answered_message(scene);

    if (sent == NTLM_AUTHENTICATE && got == NTLM_CHALLENGE) {
        return says != NULL ? 92 : 85; /* it forgot that it had asked */
    }
    if (beginnings(scene) > 1) {
        return says != NULL ? 90 : LIKELY;
    }
    return says == NULL ? 0 : sent == NTLM_AUTHENTICATE || sent == NTLM_NEGOTIATE ? 80 : 62;
}

static void look_broken(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const char *says = breaker(scene);
    struct finding *finding;
    int confidence;

    if (scene->it->status != 401 || !is_windows_scheme(scene) || is_kerberos(scene->sent.payload)) {
        return;
    }
    confidence = broken_confidence(scene, says);
    if (confidence == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    if (says != NULL) {
        finding_say(diagnosis, finding, "hops", scene->it->response.place, "%s", says);
    }
    if (beginnings(scene) > 0) {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "it began the sign-in %zu times", beginnings(scene));
    }
    point_all(scene, diagnosis, finding, "good on one connection only");
}

/* -- negotiate.* ------------------------------------------------------------------------------- */

/* What curl says of the ticket it could not get for this host; absent: nothing. */
static struct dw_span spn_note(const struct scene *scene)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *exchange = scene->capture->exchanges[i];

        for (size_t k = 0; k < exchange->n_notes; k++) {
            if (span_has(exchange->notes[k], "not found in Kerberos database") ||
                span_has(exchange->notes[k], "SEC_E_TARGET_UNKNOWN")) {
                return exchange->notes[k];
            }
        }
    }
    return (struct dw_span){NULL, 0};
}

static void look_no_ticket(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause)
{
    const struct dw_span note = spn_note(scene);
    struct finding *finding;

    if (note.at == NULL || scene_challenge(scene, "Negotiate") == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 93);
    finding_say(diagnosis, finding, "client", scene->it->place, "%.*s",
                (int)(note.len < 160 ? note.len : 160), note.at);
}

static void look_spn(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const bool is_fallback =
        scene_is_scheme(scene, "Negotiate") && ntlm_message_of(scene->sent.payload) != NTLM_NONE;
    const bool is_ticket = scene_is_scheme(scene, "Negotiate") && is_kerberos(scene->sent.payload);
    const bool says = scene_says(scene, "KRB_AP_ERR") || scene_says(scene, "service principal") ||
                      scene_says(scene, "spn");
    struct finding *finding;

    if (scene->it->status != 401 || (!is_fallback && !is_ticket) ||
        scene_challenge(scene, "Negotiate") == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause,
                                says                                                    ? 88
                                : is_fallback && scene_challenge(scene, "NTLM") != NULL ? 60
                                                                                        : 74);
    finding_say(
        diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
        is_fallback
            ? "Negotiate carries NTLM (TlRMTVNTUA): there was no Kerberos ticket for this host"
            : "a Kerberos ticket was sent, and refused");
    say_challenges(scene, diagnosis, finding);
    point_all(scene, diagnosis, finding,
              is_fallback ? "NTLM, where Kerberos was hoped for"
                          : "a ticket the service cannot open");
}

static bool asks_only_windows(const struct scene *scene)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        const struct dw_span scheme = scene->challenges[i].challenge.scheme;

        if (!span_is(scheme, "Negotiate") && !span_is(scheme, "NTLM") &&
            !span_is(scheme, "Kerberos")) {
            return false;
        }
    }
    return scene->n_challenges > 0;
}

static void look_not_sent(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const bool asks =
        scene_challenge(scene, "Negotiate") != NULL || scene_challenge(scene, "NTLM") != NULL;
    struct finding *finding;

    if (!asks || scene->it->status != 401 || !scene->it->request.is_there ||
        exchange_is_preflight(scene->it) ||
        (scene->sent.where != SENT_NOWHERE && scene->sent.where != SENT_COOKIE)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause,
                                spn_note(scene).at != NULL  ? POSSIBLE
                                : !asks_only_windows(scene) ? 58
                                : scene_is_sanitized(scene) ? 64
                                                            : 86);
    finding_say(diagnosis, finding, "request", scene->it->request.place,
                "no Authorization was sent");
    say_challenges(scene, diagnosis, finding);
}

static bool is_own_machine(const struct scene *scene)
{
    for (size_t i = 0; i < scene->it->n_notes; i++) {
        if (span_has(scene->it->notes[i], "127.0.0.1") || span_has(scene->it->notes[i], "(::1)")) {
            return true;
        }
    }
    return span_begins(scene->host, "127.") || span_is(scene->host, "localhost") ||
           span_is(scene->host, "[::1]");
}

static void look_loopback(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const bool is_named = !span_is(scene->host, "localhost") && !span_begins(scene->host, "127.");
    struct finding *finding;

    if (scene->it->status != 401 || !is_windows_scheme(scene) || !is_own_machine(scene) ||
        !(span_has(scene->server, "IIS") || span_has(scene->server, "HTTPAPI"))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_named ? 78 : 50);
    finding_say(diagnosis, finding, "client", scene->it->place,
                "the connection goes to this very machine");
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent), "host %.*s",
                (int)(scene->host.len < 60 ? scene->host.len : 60),
                scene->host.at != NULL ? scene->host.at : "");
}

static void look_large_ticket(const struct scene *scene, struct diagnosis *diagnosis,
                              const char *cause)
{
    const size_t len = scene->sent.value.len;
    const int status = scene->it->status;
    struct finding *finding;

    if (!is_windows_scheme(scene) || len < TICKET_BIG ||
        (status != 400 && status != 401 && status != 431)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause,
                                status != 401 && len >= TICKET_LARGE ? 92
                                : len >= TICKET_LARGE                ? 80
                                                                     : 62);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                "Authorization has %zu bytes", len);
    finding_say(diagnosis, finding, "server", scene->it->response.place, "it answers %d", status);
    point_all(scene, diagnosis, finding, "longer than http.sys takes by default");
}

/* -- iis.* ------------------------------------------------------------------------------------- */

static const char *iis_text(const struct scene *scene, const char *cause)
{
    static const struct {
        const char *cause, *text;
    } TEXTS[] = {
        {"iis.401_1", "401.1"},
        {"iis.401_1", "denied due to invalid credentials"},
        {"iis.401_2", "401.2"},
        {"iis.401_2", "denied due to server configuration"},
        {"iis.401_3", "401.3"},
        {"iis.401_3", "denied due to an ACL set on the requested resource"},
        {"iis.401_3", "because of Access Control List (ACL)"},
    };

    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        if (strcmp(TEXTS[i].cause, cause) == 0 &&
            (span_has(scene->body, TEXTS[i].text) || span_has(scene->it->phrase, TEXTS[i].text))) {
            return TEXTS[i].text;
        }
    }
    return NULL;
}

static bool is_iis(const struct scene *scene)
{
    return span_has(scene->server, "IIS") || span_has(scene->server, "HTTPAPI") ||
           span_has(scene->body, "IIS") ||
           message_field(&scene->it->response, "X-AspNet-Version") != NULL ||
           span_has(message_value(&scene->it->response, "X-Powered-By"), "ASP.NET") ||
           span_has(scene->body, "HTTP Error 401.") ||
           span_begins(scene->it->phrase, "401."); /* its log has it so */
}

/* In its log the first two steps of each sign-in are 401.2 and 401.1 without credentials. */
static bool is_step(const struct scene *scene)
{
    return scene->it->response.n_fields == 0 && scene->body.len == 0 &&
           (span_is(scene->it->phrase, "401.2") || span_has(scene->it->phrase, "NO_CREDENTIALS"));
}

/* Its page for visitors says "invalid credentials" also where there were none. */
static int iis_confidence(const struct scene *scene, const char *text)
{
    if (text[0] != '4' && scene->sent.where == SENT_NOWHERE) {
        return POSSIBLE;
    }
    return is_iis(scene) && !is_step(scene) ? CERTAIN : 70;
}

static void look_iis(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const char *text = scene->it->status == 401 ? iis_text(scene, cause) : NULL;
    struct finding *finding;

    if (text == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, iis_confidence(scene, text));
    finding_say(diagnosis, finding, "server", scene->it->response.place, "its page says \"%s\"",
                text);
    finding->server_text = text;
}

/* NTLM's last message, understood and refused; the capture is judged by the first of its requests. */
static const struct exchange *refused_logon(const struct scene *scene)
{
    for (size_t i = scene->index; i < scene->capture->n_exchanges; i++) {
        const struct exchange *exchange = scene->capture->exchanges[i];
        const struct dw_span sent = message_value(&exchange->request, "Authorization");

        if (exchange->status == 401 && span_has(sent, "TlRMTVNTUAAD") &&
            !span_has(message_value(&exchange->response, "WWW-Authenticate"), "TlRMTVNTUAAC")) {
            return exchange;
        }
    }
    return NULL;
}

static void look_logon(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct exchange *refused = refused_logon(scene);
    struct finding *finding;

    if (refused == NULL || !is_iis(scene) || breaker(scene) != NULL || beginnings(scene) != 1) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 72);
    finding_say(diagnosis, finding, "request", refused->place,
                "NTLM's last message, on the connection that it began on");
}

void windows_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct header_rule RULES[] = {
        {"ntlm.connection_broken", look_broken},
        {"negotiate.spn", look_spn},
        {"negotiate.spn", look_no_ticket},
        {"negotiate.not_sent", look_not_sent},
        {"negotiate.loopback", look_loopback},
        {"negotiate.token_too_big", look_large_ticket},
        {"iis.401_1", look_iis},
        {"iis.401_1", look_logon},
        {"iis.401_2", look_iis},
        {"iis.401_3", look_iis},
    };

    header_walk(RULES, COUNT(RULES), scene, diagnosis);
}
