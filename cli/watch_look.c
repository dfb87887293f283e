/* SPDX-License-Identifier: Apache-2.0 */
#include "sighting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosis.h"
#include "replay.h"

#define DRIFT 30 /* seconds; what tokens' leeways forgive */
#define DAY   86400

/* -- What was found --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct watch_finding *one = a;
    const struct watch_finding *other = b;

    return strcmp(one->id, other->id);
}

static void add(struct sighting *sighting, const char *id, const char *what)
{
    for (size_t i = 0; i < sighting->n_findings; i++) {
        if (strcmp(sighting->findings[i].id, id) == 0) {
            return;
        }
    }
    if (sighting->n_findings == WATCH_FINDINGS_MAX) {
        return;
    }
    struct watch_finding *finding = &sighting->findings[sighting->n_findings++];
    finding->id = id;
    (void)snprintf(finding->what, sizeof(finding->what), "%s", what);
}

/* What is wrong with the site, rather than with a request that was sent without credentials on purpose. */
static bool is_the_sites(const char *id)
{
    static const char *const KINDS[] = {"soft.",
                                        "server.",
                                        "cache.",
                                        "redirect.to_login",
                                        "redirect.scheme_downgrade",
                                        "proxy.edge_challenge",
                                        "proxy.captive_portal",
                                        "status."};

    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (strncmp(id, KINDS[i], strlen(KINDS[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void add_causes(const struct capture *capture, int64_t now, bool has_credentials,
                       struct sighting *sighting)
{
    struct diagnosis *diagnosis;

    if (diagnosis_make(capture, now, &diagnosis) != 0) {
        return;
    }
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        const struct finding *finding = &diagnosis->findings[i];
        if (finding->confidence >= LIKELY &&
            (has_credentials || is_the_sites(finding->cause->id))) {
            add(sighting, finding->cause->id, finding->cause->title);
        }
    }
}

/* -- What a single capture does not ask about ---------------------------------------------------------- */

static bool has_been_at(const struct capture *capture, size_t before, struct dw_span url)
{
    for (size_t i = 0; i < before; i++) {
        if (dw_span_equal(capture->exchanges[i]->url, url)) {
            return true;
        }
    }
    return false;
}

static void add_loop(const struct capture *capture, struct sighting *sighting)
{
    for (size_t i = 1; i < capture->n_exchanges; i++) {
        const struct exchange *exchange = capture->exchanges[i];
        if (exchange->status >= 300 && exchange->status < 400 &&
            has_been_at(capture, i, exchange->url)) {
            add(sighting, "watch.login_loop", "The redirects lead back to where they began.");
        }
    }
    if (capture->n_exchanges > REPLAY_HOPS_MAX) {
        add(sighting, "watch.login_loop", "The redirects do not end.");
    }
}

static void add_drift(const struct exchange *last, int64_t now, struct sighting *sighting)
{
    const int64_t date = date_read(message_value(&last->response, "Date"));
    char what[WATCH_TEXT_SIZE];

    if (date == 0 || message_field(&last->response, "Age") != NULL || llabs(date - now) <= DRIFT) {
        return;
    }
    (void)snprintf(what, sizeof(what), "Its Date is %lld s %s this machine's clock.",
                   llabs(date - now), date > now ? "ahead of" : "behind");
    add(sighting, "server.clock_wrong", what);
}

/* A 401 that says it may be kept will be shown to who has signed in since. */
static void add_kept(const struct exchange *last, struct sighting *sighting)
{
    const struct dw_span control = message_value(&last->response, "Cache-Control");

    if (last->status == 401 && (span_has(control, "public") || span_has(control, "max-age")) &&
        !span_has(control, "no-store")) {
        add(sighting, "cache.stored_401", "This 401 says that caches may keep it.");
    }
}

static void add_certificate(const struct exchange *last, int64_t now, unsigned days,
                            struct sighting *sighting)
{
    const struct dw_span mark = DW_SPAN("certificate expires ");
    char what[WATCH_TEXT_SIZE];

    for (size_t i = 0; i < last->n_notes; i++) {
        const struct dw_span note = last->notes[i];
        if (note.len <= mark.len || memcmp(note.at, mark.at, mark.len) != 0) {
            continue;
        }
        const int64_t end = date_read((struct dw_span){note.at + mark.len, note.len - mark.len});
        if (end != 0 && end - now < (int64_t)days * DAY) {
            (void)snprintf(what, sizeof(what), "Its certificate %s in %lld days.",
                           end > now ? "ends" : "has ended:", (long long)((end - now) / DAY));
            add(sighting, "watch.certificate", what);
        }
    }
}

/* -- A look -------------------------------------------------------------------------------------------- */

static bool has_credentials(const struct watch_request *request)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        if (span_is(request->fields[i].name, "Authorization") ||
            span_is(request->fields[i].name, "Cookie")) {
            return true;
        }
    }
    return false;
}

static void judge(const struct capture *capture, const struct watch_request *request, int64_t now,
                  struct sighting *sighting)
{
    if (capture->n_exchanges == 0) {
        return;
    }
    const struct exchange *last = capture->exchanges[capture->n_exchanges - 1];
    sighting->status = last->status;
    add_causes(capture, now, has_credentials(request), sighting);
    add_loop(capture, sighting);
    add_drift(last, now, sighting);
    add_kept(last, sighting);
    add_certificate(last, now, request->cert_days, sighting);
}

void watch_look(const struct watch_request *request, int64_t now, struct sighting *sighting)
{
    const struct replay replay = {
        .role = ROLE_CAPTURED,
        .url = request->url,
        .method = "GET",
        .fields = (struct capture_field *)(uintptr_t)request->fields,
        .n_fields = request->n_fields,
        .agent = "doorward-watch/" DW_VERSION,
        .follow = true,
        .seconds = request->seconds,
    };
    struct capture *capture = capture_new(CAPTURE_LIVE, request->url);
    struct complaint why = {""};

    *sighting = (struct sighting){.status = 0};
    if (capture == NULL) {
        add(sighting, "watch.unreachable", "out of memory");
        return;
    }
    if (replay_send(capture, &replay, &why) != 0) {
        add(sighting, "watch.unreachable", why.text);
    }
    judge(capture, request, now, sighting);
    qsort(sighting->findings, sighting->n_findings, sizeof(sighting->findings[0]), compare);
    capture_free(capture);
}

bool watch_differs(const struct sighting *a, const struct sighting *b)
{
    if (a->status != b->status || a->n_findings != b->n_findings) {
        return true;
    }
    for (size_t i = 0; i < a->n_findings; i++) {
        if (strcmp(a->findings[i].id, b->findings[i].id) != 0) {
            return true;
        }
    }
    return false;
}
