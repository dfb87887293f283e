/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "sent.h"

const struct challenge_view *scene_challenge(const struct scene *scene, const char *scheme)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        if (span_is(scene->challenges[i].challenge.scheme, scheme)) {
            return &scene->challenges[i];
        }
    }
    return NULL;
}

bool scene_is_scheme(const struct scene *scene, const char *scheme)
{
    return span_is(scene->sent.scheme, scheme);
}

bool scene_says(const struct scene *scene, const char *text)
{
    if (scene->it == NULL) {
        return false;
    }
    for (size_t i = 0; i < scene->it->response.n_fields; i++) {
        const struct capture_field *field = &scene->it->response.fields[i];

        if (!span_is(field->name, "Set-Cookie") && span_has(field->value, text)) {
            return true;
        }
    }
    return span_has(scene->body, text) || span_has(scene->error_description, text);
}

bool exchange_is_preflight(const struct exchange *exchange)
{
    return span_is(exchange->method, "OPTIONS") &&
           (message_field(&exchange->request, "Access-Control-Request-Method") != NULL ||
            message_field(&exchange->request, "Access-Control-Request-Headers") != NULL);
}

/* -- Was the capture cleaned? ------------------------------------------------------------------ */

static bool is_word(struct dw_span value)
{
    static const char *const WORDS[] = {
        "[Filtered]",   "redacted", "<redacted>",       "[redacted]", "(redacted)",
        "{redacted}",   "masked",   "<masked>",         "[masked]",   "hidden",
        "<hidden>",     "[hidden]", "removed",          "<removed>",  "[removed]",
        "--REDACTED--", "scrubbed", "[scrubbed]",       "sanitized",  "[sanitized]",
        "<sanitized>",  "omitted",  "<omitted>",        "[omitted]",  "[secure]",
        "<secret>",     "[secret]", "[value redacted]", "<snip>",     "[snip]",
        "snip",         "(hidden)", "<filtered>",       "(filtered)", "__redacted__",
        "[...]",        "<...>",    "-redacted-"};

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (span_is(value, WORDS[i])) {
            return true;
        }
    }
    return false;
}

/* Stars, bullets, blocks: how long the one is that stands there. */
static size_t cross(struct dw_span text)
{
    static const char *const CROSSES[] = {"*", "\xe2\x80\xa2", "\xe2\x96\x88", "\xe2\x97\x8f",
                                          "\xe2\x96\xa0"};

    for (size_t i = 0; i < sizeof(CROSSES) / sizeof(CROSSES[0]); i++) {
        if (text.len >= strlen(CROSSES[i]) &&
            memcmp(text.at, CROSSES[i], strlen(CROSSES[i])) == 0) {
            return strlen(CROSSES[i]);
        }
    }
    return 0;
}

/* Three in a row, wherever they stand; or nothing else: .NET logs "Authorization: *". */
static bool is_crossed_out(struct dw_span value)
{
    size_t run = 0, len_crossed = 0;

    for (size_t i = 0; i < value.len; i++) {
        const size_t len = cross(span_behind(value, i));

        run = len > 0 ? run + 1 : 0;
        len_crossed += len;
        if (run == 3) {
            return true;
        }
        i += len > 0 ? len - 1 : 0;
    }
    return value.len > 0 && len_crossed == value.len;
}

/* eyJh...x9Qw: a middle that was left out. */
static bool is_shortened(struct dw_span value)
{
    const char *dots = value.len > 6 ? memmem(value.at, value.len, "...", 3) : NULL;
    const char *ellipsis = value.len > 6 ? memmem(value.at, value.len, "\xe2\x80\xa6", 3) : NULL;
    const char *found = dots != NULL ? dots : ellipsis;

    return found != NULL && found > value.at && found + 3 < value.at + value.len &&
           found[3] != '.' && value.len < 256;
}

bool is_masked(struct dw_span value)
{
    const struct dw_span bare = span_bare(value);

    return bare.len > 0 && (is_word(bare) || is_crossed_out(bare) || is_shortened(bare) ||
                            span_has(bare, "redacted") || span_has(bare, "[filtered]"));
}

static bool is_secret_field(struct dw_span name)
{
    return span_is(name, "Authorization") || span_is(name, "Cookie") ||
           span_is(name, "Set-Cookie") || span_is(name, "Proxy-Authorization");
}

static bool has_secret_field(const struct capture_message *message)
{
    for (size_t i = 0; i < message->n_fields; i++) {
        if (is_secret_field(message->fields[i].name)) {
            return true;
        }
    }
    return false;
}

/* Chrome leaves these fields out of a HAR unless it is told otherwise. */
static bool is_chromes_safe_har(const struct capture *capture)
{
    if (capture->kind != CAPTURE_HAR || !span_has(capture->creator, "WebInspector")) {
        return false;
    }
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        if (has_secret_field(&capture->exchanges[i]->request) ||
            has_secret_field(&capture->exchanges[i]->response)) {
            return false;
        }
    }
    return capture->n_exchanges > 0;
}

/* Credentials under a name that such a HAR keeps: what was to be Authorization is there to be seen, and
 * so is what a form was sent with. */
static bool is_shown_elsewhere(const struct scene *scene)
{
    const struct sent *sent = &scene->sent;

    if (sent->where == SENT_BODY) {
        return true;
    }
    return sent->where == SENT_FIELD && sent->field != NULL &&
           (is_nearly_authorization(sent->field->name) ||
            scheme_as_name(sent->field->name) != NULL || span_has(sent->field->name, "auth"));
}

/* $TOKEN or ${TOKEN}, and nothing that a shell or a build would have had to work out. */
static bool is_plain_variable(struct dw_span value)
{
    const bool is_braced = value.len > 3 && value.at[1] == '{' && value.at[value.len - 1] == '}';
    const size_t from = is_braced ? 2 : 1;
    const size_t to = is_braced ? value.len - 1 : value.len;

    for (size_t i = from; i < to; i++) {
        const char c = value.at[i];

        if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            c != '_') {
            return false;
        }
    }
    return value.len > 1 && value.at[0] == '$';
}

/* A command shows a variable where its value was sent. In what went over the wire it was put back by hand,
 * unless the server says it got it. */
static bool is_put_back(const struct scene *scene, struct dw_span value)
{
    const enum capture_kind kind = scene->capture->kind;
    const struct dw_span command = scene->capture->command;

    if (!is_plain_variable(value) || scene_says(scene, "malformed") ||
        scene_says(scene, "segments") || scene_says(scene, "decode")) {
        return false;
    }
    if (command.len > 0 && memmem(command.at, command.len, value.at, value.len) != NULL) {
        return command_expands(command, value);
    }
    return kind == CAPTURE_CURL_VERBOSE || kind == CAPTURE_CURL_TRACE;
}

static bool ends_with(struct dw_span name, const char *end)
{
    const size_t len = strlen(end);

    return name.len >= len && span_is(span_behind(name, name.len - len), end);
}

bool exchange_is_signed(const struct exchange *exchange)
{
    for (size_t i = 0; exchange != NULL && i < exchange->request.n_fields; i++) {
        const struct dw_span name = exchange->request.fields[i].name;

        if (ends_with(name, "-Sign") || ends_with(name, "-Signature") ||
            ends_with(name, "-Signature-256") || ends_with(name, "-Hmac") ||
            ends_with(name, "-Hmac-Sha256")) {
            return true;
        }
    }
    return false;
}

/* user:$PASSWORD is in base64 what went over the wire, but the shell had put its value there. */
static bool is_expanded(const struct scene *scene, const struct sent *sent)
{
    return sent->is_basic_decoded && is_plain_variable(sent->password) &&
           command_expands(scene->capture->command, sent->password);
}

static bool is_cleaned(const struct scene *scene, const struct sent *sent)
{
    if (sent->where == SENT_NOWHERE || sent->where == SENT_ALONE) {
        return false;
    }
    return is_masked(sent->payload) || is_masked(sent->value) ||
           is_put_back(scene, sent->payload) || is_expanded(scene, sent) ||
           (sent->is_basic_decoded && is_masked(sent->password));
}

bool scene_is_sanitized(const struct scene *scene)
{
    if (is_cleaned(scene, &scene->sent) ||
        (is_chromes_safe_har(scene->capture) && !is_shown_elsewhere(scene))) {
        return true;
    }
    for (size_t i = 0; i < scene->n_others; i++) {
        if (is_cleaned(scene, &scene->others[i])) {
            return true;
        }
    }
    return false;
}
