/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* What the answer is made from. */
struct answer {
    const struct dw_policy *policy;
    const struct dw_request *request;
    const struct dw_decision *decision;
    const struct dw_reason_text *reason;
    struct dw_span id;
    int status;
};

/* -- The challenges (RFC 9110 s11.6.1, RFC 6750 s3) ------------------------------------------------ */

static void put_list(struct text *text, const struct dw_list *list, size_t most)
{
    for (size_t i = 0; i < list->n && i < most; i++) {
        if (text->len > 0) {
            text_char(text, ' ');
        }
        text_put(text, list->items[i]);
    }
}

/* The scope that would do: all a route and the place ask for, and the first of its alternatives. */
static void put_scope(struct text *text, const struct answer *answer)
{
    const struct dw_route *route = answer->decision->route;

    text_add(text, answer->request->scope);
    if (route != NULL) {
        put_list(text, &route->scope, DW_LIST_MAX);
        put_list(text, &route->scope_any, 1);
    }
}

static void add_param(struct dw_challenge *challenge, const char *name, struct dw_span value)
{
    if (value.len > 0) {
        challenge->params[challenge->n_params++] =
            (struct dw_param){.name = dw_span_of(name), .value = value, .quoted = true};
    }
}

static struct dw_span realm_of(const struct answer *answer)
{
    if (answer->request->realm.len > 0) {
        return answer->request->realm;
    }
    return answer->policy->realm == NULL ? DW_SPAN("api") : dw_span_of(answer->policy->realm);
}

/* RFC 6750 s3.1: a request without credentials is told what to send, not what is wrong with it. */
static int write_bearer(const struct answer *answer, struct text *text, struct dw_span *written)
{
    char scope_buffer[2 * DW_SCOPE_MAX + 1];
    struct text scope;
    struct dw_challenge challenge = {.scheme = DW_SPAN("Bearer")};
    const bool has_error = answer->reason->error[0] != '\0';
    size_t len = 0;

    text_init(&scope, scope_buffer, sizeof(scope_buffer));
    put_scope(&scope, answer);
    add_param(&challenge, "realm", realm_of(answer));
    if (has_error) {
        add_param(&challenge, "error", dw_span_of(answer->reason->error));
        add_param(&challenge, "error_description", dw_span_of(answer->reason->public_text));
    }
    if (!has_error || answer->decision->reason == DW_SCOPE_INSUFFICIENT) {
        add_param(&challenge, "scope", text_span(&scope));
    }
    char *at = text->at + text->len;
    const int error = dw_challenge_write(&challenge, at, text->size - text->len, &len);
    if (error != 0 || scope.overflow) {
        return error != 0 ? error : DW_ERR_SIZE;
    }
    text->len += len;
    *written = (struct dw_span){at, len};
    return 0;
}

static int write_challenge(const struct answer *answer, enum dw_scheme scheme, struct text *text,
                           struct dw_denial *denial)
{
    if (scheme != DW_SCHEME_BEARER) {
        return 0;
    }
    const int error = write_bearer(answer, text, &denial->challenges[denial->n_challenges]);
    if (error == 0) {
        denial->n_challenges++;
    }
    return error;
}

/* Only where other credentials could help: not on 503, and not on a path that cannot be read. */
static int write_challenges(const struct answer *answer, struct text *text, struct dw_denial *denial)
{
    const struct dw_route *route = answer->decision->route;

    if (answer->reason->status != 401 && answer->reason->status != 403) {
        return 0;
    }
    if (route == NULL || route->accept[0] == DW_SCHEME_NONE) {
        return write_challenge(answer, DW_SCHEME_BEARER, text, denial);
    }
    for (size_t i = 0; i < DW_SCHEMES_END && route->accept[i] != DW_SCHEME_NONE; i++) {
        const int error = write_challenge(answer, route->accept[i], text, denial);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

/* -- The body -------------------------------------------------------------------------------------- */

static const char *phrase_of(int status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    default:
        return "Service Unavailable";
    }
}

static void put_problem(const struct answer *answer, struct text *text)
{
    text_char(text, '{');
    text_json_member(text, "title", dw_span_of(phrase_of(answer->status)));
    text_json_number(text, "status", answer->status);
    text_json_member(text, "detail", dw_span_of(answer->reason->public_text));
    if (answer->reason->error[0] != '\0') {
        text_json_member(text, "error", dw_span_of(answer->reason->error));
    }
    text_json_member(text, "id", answer->id);
    text_put(text, "}\n");
}

static void put_json(const struct answer *answer, struct text *text)
{
    const char *error = answer->reason->error[0] == '\0' ? "unauthorized" : answer->reason->error;

    text_char(text, '{');
    text_json_member(text, "error", dw_span_of(error));
    text_json_member(text, "error_description", dw_span_of(answer->reason->public_text));
    text_json_member(text, "id", answer->id);
    text_put(text, "}\n");
}

static void put_html(const struct answer *answer, struct text *text)
{
    const struct dw_span phrase = dw_span_of(phrase_of(answer->status));

    text_put(text, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    text_html(text, phrase);
    text_put(text, "</title>\n<style>:root{color-scheme:light dark}"
                   "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;"
                   "margin:18vh auto;padding:0 1.5rem}"
                   "small{opacity:.7}</style></head>\n<body><h1>");
    text_html(text, phrase);
    text_put(text, "</h1>\n<p>");
    text_html(text, dw_span_of(answer->reason->public_text));
    text_char(text, ' ');
    text_html(text, dw_span_of(answer->reason->visit));
    text_put(text, "</p>\n<p><small>If you ask for help, give this number: <code>");
    text_html(text, answer->id);
    text_put(text, "</code></small></p></body></html>\n");
}

struct form {
    const char *media_type, *subtype_of;
    struct dw_span content_type;
    void (*put)(const struct answer *answer, struct text *text);
};

/* In the order of our own preference, for an Accept that has none. */
static const struct form FORMS[] = {
    {"application/problem+json", "application/*", {"application/problem+json", 24}, put_problem},
    {"application/json", "application/*", {"application/json", 16}, put_json},
    {"text/html", "text/*", {"text/html; charset=utf-8", 24}, put_html},
};

/* -- What Accept prefers (RFC 9110 s12.5.1) -------------------------------------------------------- */

/* A weight in thousandths; a broken one counts as 1. */
static int weight_of(struct dw_span params)
{
    struct dw_span param;

    while (span_word(&params, ';', &param)) {
        param = span_trim(param);
        if (!span_starts_nocase(param, "q=") || param.len < 3) {
            continue;
        }
        int weight = param.at[2] == '0' ? 0 : 1000;
        int unit = 100;
        for (size_t i = 4; weight < 1000 && i < param.len && unit > 0; i++, unit /= 10) {
            weight += param.at[i] >= '0' && param.at[i] <= '9' ? (param.at[i] - '0') * unit : 0;
        }
        return weight;
    }
    return 1000;
}

/* How closely a media range names a form: 3 exactly, 2 its type, 1 anything, 0 not at all. */
static int closeness(struct dw_span range, const struct form *form)
{
    if (dw_span_equal_nocase(range, dw_span_of(form->media_type))) {
        return 3;
    }
    if (dw_span_equal_nocase(range, dw_span_of(form->subtype_of))) {
        return 2;
    }
    return dw_span_equal(range, DW_SPAN("*/*")) ? 1 : 0;
}

/* Takes one element of Accept into account: the closest range gives the weight. */
static void weigh(struct dw_span element, const struct form *form, int *closest, int *weight)
{
    struct dw_span params = element;
    struct dw_span range = SPAN_NONE;

    if (!span_word(&params, ';', &range)) {
        return;
    }
    const int close = closeness(span_trim(range), form);
    if (close > *closest) {
        *closest = close;
        *weight = weight_of(params);
    }
}

static int weight_for(const struct dw_request *request, const struct form *form)
{
    int closest = 0;
    int weight = 0;

    for (size_t i = 0; i < request->n_fields; i++) {
        struct dw_span element;
        struct dw_span list = request->fields[i].value;
        if (!dw_span_equal_nocase(request->fields[i].name, DW_SPAN("Accept"))) {
            continue;
        }
        while (span_word(&list, ',', &element)) {
            weigh(element, form, &closest, &weight);
        }
    }
    return weight;
}

static const struct form *choose_form(const struct dw_request *request)
{
    const struct form *chosen = &FORMS[0];
    int best = 0;

    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        const int weight = weight_for(request, &FORMS[i]);
        if (weight > best) {
            best = weight;
            chosen = &FORMS[i];
        }
    }
    return chosen;
}

/* -- The whole ------------------------------------------------------------------------------------- */

static bool is_id(struct dw_span id)
{
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.at[i];
        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))) {
            return false;
        }
    }
    return id.len > 0 && id.len <= 32;
}

/* RFC 6750 s3.1 answers a malformed request with 400; a policy may prefer 401 for it. */
static int status_of(const struct dw_policy *policy, const struct dw_reason_text *reason)
{
    const bool malformed = dw_span_equal(dw_span_of(reason->error), DW_SPAN("invalid_request"));
    return malformed && policy->malformed == 400 ? 400 : reason->status;
}

int dw_denial_write(const struct dw_policy *policy, const struct dw_request *request,
                    const struct dw_decision *decision, struct dw_span id, char *buffer,
                    size_t size, struct dw_denial *denial)
{
    /* Whoever writes the answer to a question left open could not ask it. */
    const enum dw_reason reason =
        decision->verdict == DW_ASK ? DW_GUARD_UNREACHABLE : decision->reason;
    const struct dw_reason_text *row = dw_reason_text(reason);
    const struct answer answer = {policy, request, decision, row, id, status_of(policy, row)};
    const struct form *form = choose_form(request);
    struct dw_denial made = {.status = answer.status, .content_type = form->content_type};
    struct text text;

    if (!is_id(id)) {
        return DW_ERR_SYNTAX;
    }
    text_init(&text, buffer, size);
    const int error = write_challenges(&answer, &text, &made);
    if (error != 0) {
        return error;
    }
    const size_t start = text.len;
    form->put(&answer, &text);
    if (text.overflow) {
        return DW_ERR_SIZE;
    }
    made.body = (struct dw_span){buffer + start, text.len - start};
    made.retry_after = made.status == 503 ? DW_RETRY_AFTER : 0;
    *denial = made;
    return 0;
}
