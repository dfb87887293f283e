/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "credential.h"
#include "sent.h"

#define ABSENT    ((struct dw_span){NULL, 0})
#define SHORT_KEY 12 /* characters: what a parameter called "key" has at least if it is one */
#define SENT_MAX  (1 + sizeof(((struct scene *)0)->others) / sizeof(((struct scene *)0)->others[0]))

/* -- One more ---------------------------------------------------------------------------------- */

static void split_basic(struct arena *arena, struct sent *sent)
{
    struct dw_fault fault;
    const struct dw_span bytes = base64_open(arena, sent->payload, &fault);
    const char *colon = bytes.len > 0 ? memchr(bytes.at, ':', bytes.len) : NULL;

    if (fault.what != NULL || bytes.len == 0) {
        return;
    }
    sent->is_basic_decoded = true;
    sent->user = bytes;
    if (colon != NULL) {
        sent->user.len = (size_t)(colon - bytes.at);
        sent->password = span_behind(bytes, sent->user.len + 1);
    }
}

static struct sent *next_free(struct scene *scene)
{
    if (scene->sent.where == SENT_NOWHERE) {
        return &scene->sent;
    }
    return scene->n_others + 1 < SENT_MAX ? &scene->others[scene->n_others++] : NULL;
}

/* `credential_place` says how the value is to be read. */
static struct sent *add(struct scene *scene, enum sent_where where,
                        const struct capture_field *field, struct dw_span value,
                        enum credential_place place)
{
    struct sent *sent = next_free(scene);
    struct credential credential;

    if (sent == NULL) {
        return NULL;
    }
    credential_open(scene->arena, value, place, &credential);
    *sent = (struct sent){.where = where,
                          .field = field,
                          .value = value,
                          .scheme = credential.scheme,
                          .payload = credential.token};
    if (span_is(sent->scheme, "Basic")) {
        split_basic(scene->arena, sent);
    }
    return sent;
}

/* -- Fields ------------------------------------------------------------------------------------ */

static void look_for(struct scene *scene, const char *name)
{
    const struct capture_message *request = &scene->it->request;

    for (size_t i = 0; i < request->n_fields; i++) {
        if (span_is(request->fields[i].name, name)) {
            (void)add(scene, SENT_AUTHORIZATION, &request->fields[i], request->fields[i].value,
                      CREDENTIAL_FIELD);
        }
    }
}

static void add_named(struct scene *scene, const struct capture_field *field, const char *scheme)
{
    struct sent *sent = add(scene, SENT_FIELD, field, field->value, CREDENTIAL_KEY);

    if (sent == NULL || sent->scheme.at != NULL) {
        return;
    }
    sent->scheme = dw_span_of(scheme);
    if (span_is(sent->scheme, "Basic")) {
        split_basic(scene->arena, sent);
    }
}

static void look_for_misnamed(struct scene *scene)
{
    const struct capture_message *request = &scene->it->request;

    for (size_t i = 0; i < request->n_fields; i++) {
        const struct capture_field *field = &request->fields[i];
        const char *scheme = scheme_as_name(field->name);

        if (scheme != NULL) {
            add_named(scene, field, scheme);
        } else if (is_nearly_authorization(field->name)) {
            (void)add(scene, SENT_FIELD, field, field->value, CREDENTIAL_FIELD);
        }
    }
}

static void look_for_keys(struct scene *scene)
{
    const struct capture_message *request = &scene->it->request;

    for (size_t i = 0; i < request->n_fields; i++) {
        const struct capture_field *field = &request->fields[i];

        if (is_key_field(field->name) && scheme_as_name(field->name) == NULL) {
            (void)add(scene, SENT_FIELD, field, field->value, CREDENTIAL_KEY);
        }
    }
}

/* -- The query and a form ---------------------------------------------------------------------- */

static bool is_key_param(struct dw_span name, struct dw_span value)
{
    static const char *const NAMES[] = {"auth",
                                        "authorization",
                                        "sig",
                                        "signature",
                                        "appid",
                                        "app_key",
                                        "X-Amz-Signature",
                                        "X-Goog-Signature",
                                        "client_assertion",
                                        "sas",
                                        "api-token",
                                        "apitoken",
                                        "app_id",
                                        "ticket",
                                        "credential"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (span_is(name, NAMES[i])) {
            return true;
        }
    }
    return is_key_field(name) || (span_is(name, "key") && value.len >= SHORT_KEY);
}

static void look_into_params(struct scene *scene, struct dw_span params, enum sent_where where)
{
    struct dw_span name, value;

    while (url_query_next(&params, &name, &value)) {
        if (is_key_param(name, value) || (where == SENT_BODY && span_is(name, "password"))) {
            struct sent *sent =
                add(scene, where, NULL, percent_open(scene->arena, value), CREDENTIAL_KEY);

            if (sent != NULL) {
                sent->value = value;
            }
        }
    }
}

/* The text of a member, in JSON that may be cut. */
static struct dw_span member_text(struct dw_span json, const char *quoted_name)
{
    const char *found =
        json.len > 0 ? memmem(json.at, json.len, quoted_name, strlen(quoted_name)) : NULL;
    struct dw_span rest;
    size_t len = 0;

    if (found == NULL) {
        return ABSENT;
    }
    rest = span_behind(json, (size_t)(found - json.at) + strlen(quoted_name));
    while (rest.len > 0 && (rest.at[0] == ' ' || rest.at[0] == ':')) {
        rest = span_behind(rest, 1);
    }
    if (rest.len == 0 || rest.at[0] != '"') {
        return ABSENT;
    }
    rest = span_behind(rest, 1);
    while (len < rest.len && rest.at[len] != '"') {
        len++;
    }
    return (struct dw_span){rest.at, len};
}

static void look_into_json(struct scene *scene, struct dw_span body)
{
    static const char *const NAMES[] = {
        "\"access_token\"", "\"client_secret\"", "\"api_key\"",     "\"apiKey\"",
        "\"password\"",     "\"refresh_token\"", "\"refreshToken\""};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        const struct dw_span text = member_text(body, NAMES[i]);

        if (text.at != NULL) {
            (void)add(scene, SENT_BODY, NULL, text, CREDENTIAL_KEY);
            return;
        }
    }
}

static void look_into_body(struct scene *scene)
{
    const struct capture_message *request = &scene->it->request;
    const struct dw_span body = span_bare(request->body);

    if (body.len == 0) {
        return;
    }
    if (body.at[0] == '{') {
        look_into_json(scene, body);
    } else if (span_has(message_value(request, "Content-Type"), "form-urlencoded") ||
               message_field(request, "Content-Type") == NULL) {
        look_into_params(scene, body, SENT_BODY);
    }
}

/* -- Cookies ----------------------------------------------------------------------------------- */

/* Those that no server takes for somebody's session. */
static bool is_no_session(struct dw_span name)
{
    static const char *const NAMES[] = {
        "_ga",    "_gid",    "_gat",    "_gcl",     "__utm", "_fbp",      "_hj",   "__cf",
        "cf_",    "csrf",    "xsrf",    "theme",    "lang",  "locale",    "i18n",  "consent",
        "cookie", "optanon", "tz",      "timezone", "_pk_",  "amplitude", "ajs_",  "intercom",
        "awsalb", "__hs",    "hubspot", "mp_",      "nlbi",  "visid",     "incap", "dark"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (span_begins(name, NAMES[i])) {
            return true;
        }
    }
    return span_has(name, "csrf") || span_has(name, "xsrf") || span_has(name, "consent");
}

static bool is_session(struct dw_span name, struct dw_span value)
{
    static const char *const PARTS[] = {"sess",     "sid",      "auth",     "token", "jwt",
                                        "login",    "remember", "identity", "user",  "account",
                                        "doorward", "sso",      ".asp"};

    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        if (span_has(name, PARTS[i])) {
            return true;
        }
    }
    return span_begins(value, "eyJ");
}

static bool next_cookie(struct dw_span *rest, struct dw_span *name, struct dw_span *value)
{
    const char *end, *equals;
    struct dw_span pair = span_bare(*rest);

    if (pair.len == 0) {
        return false;
    }
    end = memchr(pair.at, ';', pair.len);
    *rest = end != NULL ? span_behind(pair, (size_t)(end - pair.at) + 1) : ABSENT;
    pair.len = end != NULL ? (size_t)(end - pair.at) : pair.len;
    equals = pair.len > 0 ? memchr(pair.at, '=', pair.len) : NULL;
    *name = (struct dw_span){pair.at, equals != NULL ? (size_t)(equals - pair.at) : 0};
    *value = equals != NULL ? span_behind(pair, name->len + 1) : pair;
    return true;
}

/* The one that looks most like a session; else any that may be one. */
static void look_into_cookies(struct scene *scene, const struct capture_field *field)
{
    struct dw_span rest = field->value;
    struct dw_span best = ABSENT;
    struct dw_span name, value;
    bool is_sure = false;

    while (!is_sure && next_cookie(&rest, &name, &value)) {
        if (is_no_session(name)) {
            continue;
        }
        is_sure = is_session(name, value);
        best = is_sure || best.at == NULL ? value : best;
    }
    if (best.at != NULL) {
        (void)add(scene, SENT_COOKIE, field, best, CREDENTIAL_KEY);
    }
}

static void look_for_cookies(struct scene *scene)
{
    const struct capture_message *request = &scene->it->request;

    for (size_t i = 0; i < request->n_fields; i++) {
        if (span_is(request->fields[i].name, "Cookie")) {
            look_into_cookies(scene, &request->fields[i]);
        }
    }
}

/* -- All of it --------------------------------------------------------------------------------- */

void sent_find(struct scene *scene)
{
    if (scene->it == NULL) {
        if (scene->capture->token.at != NULL) {
            (void)add(scene, SENT_ALONE, NULL, scene->capture->token, CREDENTIAL_ALONE);
        }
        return;
    }
    look_for(scene, scene->it->status == 407 ? "Proxy-Authorization" : "Authorization");
    look_for_misnamed(scene);
    look_for_keys(scene);
    look_into_params(scene, scene->query, SENT_QUERY);
    look_into_body(scene);
    look_for_cookies(scene);
}
