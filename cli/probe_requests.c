/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <string.h>

#include <openssl/rand.h>

#include "cli.h"
#include "discovery.h"
#include "mask.h"
#include "replay.h"

#define FIELDS_MAX 64
#define EXTRA_MAX  3

/* What cannot be right, in the form of what was sent. */
#define NO_TOKEN "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJkb29yd2FyZC1wcm9iZSJ9.AAAA"
#define NO_BASIC "ZG9vcndhcmQtcHJvYmU6bm9uZQ" /* doorward-probe:none */
#define NO_KEY   "doorward-probe-that-is-no-key"

struct probes {
    struct capture *capture;
    const struct explained *explained;
    const struct command *command; /* NULL: none */
    struct command bare;           /* the same without credentials */
    const struct scene *scene;
    const char *url; /* of what was captured */
    size_t answered;
    bool is_dead; /* nobody answers there */
};

static const char *const NAMES[] = {
    [ROLE_CAPTURED] = "captured", [ROLE_NONE] = "none",           [ROLE_GARBAGE] = "garbage",
    [ROLE_YOURS] = "yours",       [ROLE_REPAIRED] = "repaired",   [ROLE_NOWHERE] = "nowhere",
    [ROLE_REPEATED] = "repeated", [ROLE_PREFLIGHT] = "preflight", [ROLE_HTTP1] = "http1",
    [ROLE_HTTP2] = "http2",       [ROLE_JWKS] = "jwks",           [ROLE_METADATA] = "metadata"};

/* -- Sending ----------------------------------------------------------------------------------------- */

static void tell(const struct probes *probes, const struct replay *replay, const char *outcome)
{
    (void)fprintf(stderr, "probe %-9s ", NAMES[replay->role]);
    cli_put_safe(stderr, dw_span_of(replay->method));
    (void)fputc(' ', stderr);
    cli_put_safe(stderr, dw_span_of(explain_url(probes->explained, dw_span_of(replay->url))));
    (void)fputs("  ", stderr);
    cli_put_safe(stderr, dw_span_of(outcome));
    (void)fputc('\n', stderr);
}

/* The answer; NULL: there was none. */
static const struct exchange *ask(struct probes *probes, struct replay *replay)
{
    const struct explain_settings *settings = probes->explained->settings;
    struct complaint why;
    const struct exchange *answer;

    replay->agent = "doorward/" DW_VERSION;
    replay->proxy = settings->proxy != NULL ? settings->proxy : replay->proxy;
    replay->seconds = settings->seconds;
    if (replay_send(probes->capture, replay, &why) != 0) {
        tell(probes, replay, why.text);
        return NULL;
    }
    answer = probes->capture->exchanges[probes->capture->n_exchanges - 1];
    probes->answered++;
    tell(probes, replay, arena_print(probes->capture->arena, "%d", answer->status));
    return answer;
}

/* -- What is sent -------------------------------------------------------------------------------------- */

static bool is_credential(const struct probes *probes, const struct capture_field *field)
{
    const enum mask_kind kind = mask_kind_of(field->name);

    for (size_t i = 0; i < probes->scene->n_others; i++) {
        if (probes->scene->others[i].field == field) {
            return true;
        }
    }
    return kind == MASK_CREDENTIALS || kind == MASK_COOKIE || probes->scene->sent.field == field;
}

static bool is_for_body(const struct capture_field *field)
{
    return span_begins(field->name, "Content-") || span_is(field->name, "Transfer-Encoding") ||
           span_is(field->name, "Expect") || span_begins(field->name, "If-") ||
           span_is(field->name, "Range");
}

/* Those of the captured request: with its credentials, without, or with another Authorization. */
static size_t take_fields(const struct probes *probes, bool with_credentials,
                          const char *authorization, struct capture_field fields[FIELDS_MAX])
{
    const struct capture_message *request = &probes->scene->it->request;
    size_t n = 0;

    for (size_t i = 0; i < request->n_fields && n < FIELDS_MAX - EXTRA_MAX; i++) {
        const struct capture_field *field = &request->fields[i];
        const bool is_replaced = authorization != NULL && span_is(field->name, "Authorization");

        if (!is_for_body(field) && !is_replaced &&
            (with_credentials || !is_credential(probes, field))) {
            fields[n++] = *field;
        }
    }
    if (authorization != NULL) {
        fields[n++] = (struct capture_field){.name = DW_SPAN("Authorization"),
                                             .value = dw_span_of(authorization)};
    }
    return n;
}

static bool has_none(enum exchange_role role)
{
    return role == ROLE_NONE || role == ROLE_GARBAGE || role == ROLE_PREFLIGHT;
}

static const struct command *command_for(const struct probes *probes, enum exchange_role role)
{
    return probes->command != NULL && has_none(role) ? &probes->bare : probes->command;
}

static const struct exchange *ask_with(struct probes *probes, enum exchange_role role,
                                       const char *url, const struct capture_field *fields,
                                       size_t n_fields)
{
    static const enum replay_version VERSIONS[] = {
        [ROLE_HTTP1] = REPLAY_HTTP1, [ROLE_HTTP2] = REPLAY_HTTP2};
    const bool has_version = role == ROLE_HTTP1 || role == ROLE_HTTP2;
    const bool is_head = span_is(probes->scene->it->method, "HEAD");
    struct replay replay = {.role = role,
                            .url = url,
                            .method = role == ROLE_PREFLIGHT ? "OPTIONS"
                                      : is_head              ? "HEAD"
                                                             : "GET",
                            .fields = fields,
                            .n_fields = n_fields,
                            .command = command_for(probes, role),
                            .proxy = probes->command != NULL ? probes->command->proxy : NULL,
                            .version = has_version ? VERSIONS[role] : REPLAY_ANY_VERSION};
    const struct exchange *answer = probes->is_dead ? NULL : ask(probes, &replay);

    probes->is_dead = answer == NULL;
    return answer;
}

static void ask_yours(struct probes *probes, enum exchange_role role, const char *url)
{
    struct capture_field fields[FIELDS_MAX];
    const size_t n = take_fields(probes, true, NULL, fields);

    (void)ask_with(probes, role, url, fields, n);
}

/* -- Without credentials ------------------------------------------------------------------------------ */

/* The URL without the parameters that hold secrets. */
static const char *without_secrets(const struct probes *probes)
{
    struct arena *arena = probes->capture->arena;
    const char *mark = strchr(probes->url, '?');
    struct dw_span rest = url_query(dw_span_of(probes->url)), name, value;
    const char *made;

    if (mark == NULL) {
        return probes->url;
    }
    made = arena_print(arena, "%.*s", (int)(mark - probes->url), probes->url);
    for (char before = '?'; url_query_next(&rest, &name, &value);) {
        if (!mask_is_secret_name(name)) {
            made = arena_print(arena, "%s%c%.*s=%.*s", made, before, (int)name.len, name.at,
                               (int)value.len, value.at);
            before = '&';
        }
    }
    return made;
}

static void ask_none(struct probes *probes)
{
    struct capture_field fields[FIELDS_MAX];
    const size_t n = take_fields(probes, false, NULL, fields);

    (void)ask_with(probes, ROLE_NONE, without_secrets(probes), fields, n);
}

/* As a browser asks for a script of the captured origin, or of any (Fetch standard). */
static void ask_preflight(struct probes *probes)
{
    const struct exchange *it = probes->scene->it;
    const struct dw_span origin = message_value(&it->request, "Origin");
    const struct capture_field fields[] = {
        {.name = DW_SPAN("Origin"),
         .value = origin.len > 0 ? origin : DW_SPAN("https://doorward-probe.example")},
        {.name = DW_SPAN("Access-Control-Request-Method"),
         .value = it->method.len > 0 ? it->method : DW_SPAN("GET")},
        {.name = DW_SPAN("Access-Control-Request-Headers"), .value = DW_SPAN("authorization")}};

    (void)ask_with(probes, ROLE_PREFLIGHT, without_secrets(probes), fields, 3);
}

/* -- With credentials ----------------------------------------------------------------------------------- */

static const char *garbage(const struct scene *scene)
{
    if (span_is(scene->sent.scheme, "Basic")) {
        return NO_BASIC;
    }
    return scene->token.shape == TOKEN_JWS ? NO_TOKEN : NO_KEY;
}

static void ask_garbage(struct probes *probes)
{
    const struct sent *sent = &probes->scene->sent;
    struct capture_field fields[FIELDS_MAX];
    size_t n = take_fields(probes, false, NULL, fields);
    const char *value;

    if (sent->field == NULL || sent->where == SENT_COOKIE) {
        return;
    }
    value = arena_print(probes->capture->arena, "%.*s%s%s", (int)sent->scheme.len,
                        sent->scheme.at != NULL ? sent->scheme.at : "",
                        sent->scheme.len > 0 ? " " : "", garbage(probes->scene));
    fields[n++] = (struct capture_field){.name = sent->field->name, .value = dw_span_of(value)};
    (void)ask_with(probes, ROLE_GARBAGE, probes->url, fields, n);
}

static void ask_repaired(struct probes *probes, const struct diagnosis *diagnosis)
{
    struct capture_field fields[FIELDS_MAX];
    size_t n;

    if (diagnosis->n_findings == 0 || diagnosis->findings[0].repaired == NULL) {
        return;
    }
    n = take_fields(probes, true, diagnosis->findings[0].repaired, fields);
    (void)ask_with(probes, ROLE_REPAIRED, probes->url, fields, n);
}

/* A path of the same server that nobody has. */
static const char *nowhere(const struct probes *probes)
{
    const struct dw_span path = url_path(dw_span_of(probes->url));
    const size_t origin = path.at != NULL && path.at >= probes->url
                              ? (size_t)(path.at - probes->url)
                              : strcspn(probes->url, "?#");
    unsigned char random[8] = {0};

    (void)RAND_bytes(random, sizeof(random));
    return arena_print(probes->capture->arena, "%.*s/doorward-probe-%02x%02x%02x%02x%02x%02x",
                       (int)origin, probes->url, random[0], random[1], random[2], random[3],
                       random[4], random[5]);
}

/* -- The issuer, and the resource itself -------------------------------------------------------------- */

static const struct exchange *fetch(struct probes *probes, enum exchange_role role, const char *url)
{
    struct replay replay = {.role = role, .url = url, .method = "GET"};

    return discovery_is_safe(url) ? ask(probes, &replay) : NULL;
}

static void fetch_keys(struct probes *probes, const struct exchange *metadata, const char *issuer)
{
    const struct dw_span kept = arena_keep(probes->capture->arena, metadata->response.body);
    char *document = arena_take(probes->capture->arena, kept.len + 1);
    char jwks_uri[DISCOVERY_URL_SIZE];

    if (document == NULL || kept.len == 0) {
        return;
    }
    memcpy(document, kept.at, kept.len);
    if (discovery_read(document, kept.len, issuer, jwks_uri) == NULL) {
        (void)fetch(probes, ROLE_JWKS, arena_print(probes->capture->arena, "%s", jwks_uri));
    }
}

static void ask_issuer(struct probes *probes)
{
    const struct dw_span iss = probes->scene->token.iss;
    const char *issuer =
        arena_print(probes->capture->arena, "%.*s", (int)iss.len, iss.at != NULL ? iss.at : "");
    char url[DISCOVERY_URL_SIZE];

    for (int form = DISCOVERY_FORMS; form-- > 0;) {
        const struct exchange *answer = NULL;

        if (discovery_url(issuer, (enum discovery_form)form, url)) {
            answer = fetch(probes, ROLE_METADATA, arena_print(probes->capture->arena, "%s", url));
        }
        if (answer != NULL && answer->status == 200) {
            fetch_keys(probes, answer, issuer);
            return;
        }
    }
}

/* RFC 9728 s5.1: where the challenge says, if that is the same server. */
static void ask_resource(struct probes *probes)
{
    for (size_t i = 0; i < probes->scene->n_challenges; i++) {
        const struct dw_span url = scene_param(&probes->scene->challenges[i], "resource_metadata");

        if (url.at != NULL && replay_same_origin(url, dw_span_of(probes->url))) {
            (void)fetch(probes, ROLE_METADATA,
                        arena_print(probes->capture->arena, "%.*s", (int)url.len, url.at));
            return;
        }
    }
}

/* -- All ------------------------------------------------------------------------------------------------- */

static bool is_harmless(struct dw_span method)
{
    return method.len == 0 || dw_span_equal(method, DW_SPAN("GET")) ||
           dw_span_equal(method, DW_SPAN("HEAD")) || dw_span_equal(method, DW_SPAN("OPTIONS"));
}

static void ask_server(struct probes *probes, const struct diagnosis *diagnosis)
{
    const bool has_credentials = probes->scene->sent.where != SENT_NOWHERE;

    ask_none(probes);
    if (is_harmless(probes->scene->it->method) && has_credentials) {
        ask_garbage(probes);
        ask_yours(probes, ROLE_YOURS, probes->url);
        ask_yours(probes, ROLE_REPEATED, probes->url);
        ask_repaired(probes, diagnosis);
    }
    if (is_harmless(probes->scene->it->method)) {
        ask_yours(probes, ROLE_NOWHERE, nowhere(probes));
    }
    ask_preflight(probes);
    if (is_harmless(probes->scene->it->method) && probes->scene->is_https) {
        ask_yours(probes, ROLE_HTTP1, probes->url);
        ask_yours(probes, ROLE_HTTP2, probes->url);
    }
}

size_t probe_send(struct capture *capture, const struct diagnosis *diagnosis,
                  const struct explain_settings *settings, const struct command *command)
{
    const struct explained explained = {settings, capture, diagnosis, true};
    struct probes probes = {
        .capture = capture, .explained = &explained, .command = command, .scene = diagnosis->scene};
    const struct exchange *it = diagnosis->scene->it;

    if (command != NULL) {
        probes.bare = *command;
        probes.bare.user = probes.bare.cert = probes.bare.key = NULL;
        probes.bare.digest = probes.bare.ntlm = probes.bare.negotiate = false;
        probes.bare.anyauth = probes.bare.netrc = false;
    }
    if (it != NULL && (span_begins(it->url, "http://") || span_begins(it->url, "https://"))) {
        probes.url = arena_print(capture->arena, "%.*s", (int)it->url.len, it->url.at);
        ask_server(&probes, diagnosis);
    } else if (it != NULL) {
        (void)fputs("probe: what was captured names no http or https URL\n", stderr);
    }
    if (diagnosis->scene->token.iss.len > 0) {
        ask_issuer(&probes);
    }
    if (probes.url != NULL && !probes.is_dead) {
        ask_resource(&probes);
    }
    return probes.answered;
}
