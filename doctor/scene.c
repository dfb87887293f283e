/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <string.h>

#include "sent.h"

#define ABSENT  ((struct dw_span){NULL, 0})
#define AGE_MAX (366 * 86400)

/* -- The request ------------------------------------------------------------------------------- */

static void look_at_url(struct scene *scene)
{
    const struct exchange *it = scene->it;
    struct dw_span host = url_host(it->url);

    if (host.at == NULL) {
        host = message_value(&it->request, "Host");
        host = host.at == NULL ? message_value(&it->request, ":authority") : host;
        scene->is_https = span_is(message_value(&it->request, ":scheme"), "https") ||
                          span_is(it->request.version, "h2") ||
                          span_is(it->request.version, "HTTP/2") ||
                          span_is(it->request.version, "HTTP/3");
        if (host.len > 0 && host.at[0] != '[' && memchr(host.at, ':', host.len) != NULL) {
            host.len = (size_t)((const char *)memchr(host.at, ':', host.len) - host.at);
        }
    } else {
        scene->is_https = span_begins(it->url, "https:") || span_begins(it->url, "wss:");
    }
    scene->host = host;
    scene->path = url_path(it->url);
    scene->query = url_query(it->url);
}

/* -- The response ------------------------------------------------------------------------------ */

/* Gateways that may not write the field itself put it under another name. */
static bool is_challenge_field(const struct scene *scene, struct dw_span name)
{
    static const char *const NAMES[] = {"WWW-Authenticate", "x-amzn-Remapped-WWW-Authenticate",
                                        "X-WWW-Authenticate", "X-Original-WWW-Authenticate"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (span_is(name, NAMES[i])) {
            return true;
        }
    }
    return scene->it->status == 407 && span_is(name, "Proxy-Authenticate");
}

static void read_challenges(struct scene *scene, const struct capture_field *field)
{
    struct dw_challenge_reader reader;

    dw_challenge_reader_init(&reader, field->value, true);
    while (scene->n_challenges < SCENE_CHALLENGES_MAX) {
        struct challenge_view *view = &scene->challenges[scene->n_challenges];

        *view = (struct challenge_view){.field = field};
        if (dw_challenge_next(&reader, &view->challenge, &view->fault) != 0) {
            break;
        }
        scene->n_challenges++;
    }
}

struct dw_span scene_param(const struct challenge_view *challenge, const char *name)
{
    const struct dw_param *param =
        challenge != NULL ? dw_challenge_param(&challenge->challenge, name) : NULL;

    return param != NULL ? param->value : ABSENT;
}

static struct dw_span unescaped(struct arena *arena, const struct challenge_view *challenge,
                                const char *name)
{
    const struct dw_param *param = dw_challenge_param(&challenge->challenge, name);
    char *buffer;
    size_t len;

    if (param == NULL) {
        return ABSENT;
    }
    buffer = arena_take(arena, param->value.len + 1);
    if (buffer == NULL || dw_param_unescape(param, buffer, param->value.len + 1, &len) != 0) {
        return ABSENT;
    }
    return (struct dw_span){buffer, len};
}

static void look_at_challenges(struct scene *scene)
{
    const struct capture_message *response = &scene->it->response;

    for (size_t i = 0; i < response->n_fields; i++) {
        if (is_challenge_field(scene, response->fields[i].name)) {
            read_challenges(scene, &response->fields[i]);
        }
    }
    for (size_t i = 0; i < scene->n_challenges && scene->error.at == NULL; i++) {
        scene->error = unescaped(scene->arena, &scene->challenges[i], "error");
        scene->error_description =
            unescaped(scene->arena, &scene->challenges[i], "error_description");
    }
}

/* A log's line begins with a bracket, too: "[2026-11-21 10:00:00] local.ERROR: ...". */
static bool is_json(struct dw_span text)
{
    const struct dw_span inner = span_bare((struct dw_span){text.at + 1, text.len - 1});

    if (text.at[0] == '[') {
        return inner.len > 0 && memchr("{[\"]", inner.at[0], 4) != NULL;
    }
    return text.at[0] == '{';
}

static void look_at_body(struct scene *scene)
{
    const struct capture_message *response = &scene->it->response;
    const struct dw_span type = message_value(response, "Content-Type");
    const struct dw_span start = span_bare(response->body);

    scene->body = start.len > 0 ? response->body : start;
    scene->server = message_value(response, "Server");
    scene->body_is_html = span_begins(type, "text/html") || span_begins(start, "<!doctype html") ||
                          span_begins(start, "<html");
    scene->body_is_json =
        !scene->body_is_html && start.len > 0 && (is_json(start) || span_has(type, "json"));
}

/* -- The clocks -------------------------------------------------------------------------------- */

static int64_t read_age(struct dw_span text)
{
    int64_t age = 0;

    for (size_t i = 0; i < text.len && age < AGE_MAX; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return 0;
        }
        age = age * 10 + (text.at[i] - '0');
    }
    return age < AGE_MAX ? age : AGE_MAX;
}

static void judge_clocks(struct clocks *clocks)
{
    clocks->judged = clocks->local;
    clocks->judged_by = "this machine's clock";
    if (clocks->server != 0) {
        clocks->judged = clocks->server;
        clocks->judged_by = "the server's Date";
    } else if (clocks->capture != 0) {
        clocks->judged = clocks->capture;
        clocks->judged_by = "the capture's clock";
    }
}

static void look_at_clocks(struct scene *scene)
{
    const struct exchange *it = scene->it;

    scene->clocks.server = date_read(message_value(&it->response, "Date"));
    if (scene->clocks.server != 0) {
        scene->clocks.server += read_age(message_value(&it->response, "Age"));
    }
    scene->clocks.capture = it->started;
}

/* -- The hop before ---------------------------------------------------------------------------- */

static bool is_redirect(const struct exchange *exchange)
{
    return exchange->role == ROLE_CAPTURED && exchange->status >= 301 && exchange->status <= 308 &&
           exchange->status != 304 && message_field(&exchange->response, "Location") != NULL;
}

/* Location may be relative (RFC 9110 s10.2.2). */
static bool leads_to(const struct exchange *from, const struct exchange *to)
{
    const struct dw_span location = message_value(&from->response, "Location");
    const struct dw_span host = url_host(location);

    if (host.at != NULL && url_host(to->url).at != NULL &&
        !dw_span_equal_nocase(host, url_host(to->url))) {
        return false;
    }
    return dw_span_equal(url_path(location), url_path(to->url));
}

static const struct exchange *find_before(const struct capture *capture, size_t index)
{
    const struct exchange *it = capture->exchanges[index];

    if (index > 0 && capture->kind != CAPTURE_HAR && is_redirect(capture->exchanges[index - 1])) {
        return capture->exchanges[index - 1];
    }
    for (size_t i = index; i > 0; i--) {
        const struct exchange *earlier = capture->exchanges[i - 1];

        if (is_redirect(earlier) && leads_to(earlier, it)) {
            return earlier;
        }
    }
    return NULL;
}

/* -- All of it --------------------------------------------------------------------------------- */

/* What these schemes carry is no token to be looked into. */
static bool carries_no_token(struct dw_span scheme)
{
    static const char *const SCHEMES[] = {"Basic",     "Digest",        "Negotiate", "NTLM",
                                          "Kerberos",  "Signature",     "Hawk",      "AWS",
                                          "SharedKey", "SharedKeyLite", "MAC",       "HMAC"};

    for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
        if (span_is(scheme, SCHEMES[i])) {
            return true;
        }
    }
    return span_begins(scheme, "AWS4-");
}

static void look_at_token(struct scene *scene)
{
    struct dw_span text = scene->sent.payload;

    if (scene->sent.where == SENT_NOWHERE && scene->it == NULL) {
        text = scene->capture->token;
    }
    if (!carries_no_token(scene->sent.scheme)) {
        token_look(scene->arena, text, &scene->token);
    }
}

int scene_make(const struct capture *capture, int index, int64_t local, struct scene *scene)
{
    *scene = (struct scene){.capture = capture, .arena = capture->arena};
    scene->clocks.local = local;
    if (index >= 0 && (size_t)index < capture->n_exchanges) {
        scene->index = (size_t)index;
        scene->it = capture->exchanges[index];
        scene->before = find_before(capture, scene->index);
        look_at_url(scene);
        look_at_challenges(scene);
        look_at_body(scene);
        look_at_clocks(scene);
    }
    judge_clocks(&scene->clocks);
    sent_find(scene);
    look_at_token(scene);
    return scene->sent.where != SENT_NOWHERE && scene->sent.payload.len > 0 &&
                   scene->sent.payload.at == NULL
               ? -1
               : 0;
}
