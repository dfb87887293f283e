/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <string.h>

#include "clock.h"
#include "text.h"

#define IDENTITY_MAX 4096 /* bytes of one identity field, encoded */

/* -- The request to judge ---------------------------------------------------------------------- */

/* The one value all fields of these names agree on. false: there is none, or there are two. */
static bool agree(const struct http_request *request, const char *const *names, size_t n,
                  struct dw_span (*read)(struct dw_span value), struct dw_span *agreed)
{
    struct dw_span found = {NULL, 0};

    for (size_t i = 0; i < n; i++) {
        struct dw_span value = {NULL, 0};
        const size_t times = http_find_field(request, names[i], &value);
        if (times == 0) {
            continue;
        }
        value = read(value);
        if (times > 1 || value.len == 0 || (found.at != NULL && !dw_span_equal(found, value))) {
            return false;
        }
        found = value;
    }
    *agreed = found;
    return found.at != NULL;
}

static struct dw_span read_whole(struct dw_span value)
{
    return value;
}

static bool starts(struct dw_span value, struct dw_span start)
{
    return value.len >= start.len &&
           dw_span_equal_nocase((struct dw_span){value.at, start.len}, start);
}

/* https://host/path?query without its origin; what is neither that nor a path is nothing. */
static struct dw_span read_target(struct dw_span value)
{
    const bool secure = starts(value, DW_SPAN("https://"));
    size_t at = secure ? 8 : 7;

    if (value.len > 0 && value.at[0] == '/') {
        return value;
    }
    if (!secure && !starts(value, DW_SPAN("http://"))) {
        return (struct dw_span){"", 0};
    }
    while (at < value.len && strchr("/?#\\", value.at[at]) == NULL) {
        at++;
    }
    if (at == value.len || value.at[at] != '/') {
        return (struct dw_span){"", 0};
    }
    return (struct dw_span){value.at + at, value.len - at};
}

static bool describe(const struct http_request *request, struct dw_request *described)
{
    static const char *const METHODS[] = {"X-Original-Method", "X-Forwarded-Method"};
    static const char *const TARGETS[] = {"X-Original-URI", "X-Original-Url", "X-Forwarded-Uri"};

    *described = (struct dw_request){.method = request->method,
                                     .target = request->path,
                                     .fields = request->fields,
                                     .n_fields = request->n_fields,
                                     .now = clock_utc()};
    struct dw_span method, target;
    if (!agree(request, METHODS, 2, read_whole, &method) ||
        !agree(request, TARGETS, 3, read_target, &target)) {
        return false;
    }
    described->method = method;
    described->target = target;
    return true;
}

/* -- The decision ------------------------------------------------------------------------------ */

/* false: not yet. */
static bool decide(struct service *service, const struct http_request *request,
                   const struct dw_request *described, struct dw_decision *decision)
{
    const int64_t came = request->came_us / 1000;
    const bool late = request->hurry || clock_ms() - came >= VERIFY_WAIT_MS;

    guard_decide(service->guard, described, late ? DW_HAVE_ASKED : DW_MAY_ASK, decision);
    if (decision->verdict != DW_ASK) {
        return true;
    }
    if (keeper_ask(service->keeper, decision->issuer, came, decision->kid) == KEYS_WAIT) {
        return false;
    }
    guard_decide(service->guard, described, DW_HAVE_ASKED, decision);
    return true;
}

/* -- On record --------------------------------------------------------------------------------- */

static struct dw_span last_element(struct dw_span list)
{
    const char *comma = list.len == 0 ? NULL : memrchr(list.at, ',', list.len);

    if (comma != NULL) {
        list = (struct dw_span){comma + 1, list.len - (size_t)(comma + 1 - list.at)};
    }
    while (list.len > 0 && list.at[0] == ' ') {
        list = (struct dw_span){list.at + 1, list.len - 1};
    }
    return list;
}

/* Whom the proxy names as its client. It is trusted with the path, so with this too. */
static struct dw_span find_source(const struct http_request *request)
{
    struct dw_span source = {NULL, 0};

    if (request->from_socket && http_find_field(request, "Doorward-Source", &source) == 1) {
        return source;
    }
    if (http_find_field(request, "X-Real-IP", &source) == 1 ||
        http_find_field(request, "X-Forwarded-For", &source) == 1) {
        return last_element(source);
    }
    return request->source;
}

static bool is_recorded(const struct http_request *request)
{
    struct dw_span ask;

    return !request->from_socket || http_find_field(request, "Doorward-Ask", &ask) == 0;
}

static void record(struct service *service, const struct http_request *request,
                   const struct dw_request *described, const struct dw_decision *decision,
                   const char *id, int status)
{
    const struct guard_record entry = {
        .id = id,
        .source = find_source(request),
        .status = status,
        .at_us = clock_utc_us(),
        .latency_us = (uint32_t)(clock_us() - request->came_us),
    };

    if (is_recorded(request)) {
        guard_record(service->guard, described, decision, &entry);
    }
}

/* -- The answer -------------------------------------------------------------------------------- */

/* false: too long to be told; whoever is let in must not look like somebody else, or like nobody. */
static bool tell(struct http_response *response, const char *name, struct dw_span value)
{
    char buffer[IDENTITY_MAX];
    size_t len = 0;

    if (value.len == 0) {
        return true;
    }
    return dw_identity_write(value, buffer, sizeof(buffer), &len) == 0 &&
           http_add_field(response, name, (struct dw_span){buffer, len});
}

static bool let_in(const struct dw_decision *decision, struct http_response *response)
{
    bool told = true;

    response->status = 200;
#define TELL(name, member) told = told && tell(response, name, decision->member);
    DW_IDENTITY_FIELDS(TELL)
#undef TELL
    return told && tell(response, "Doorward-Scheme", dw_span_of(dw_scheme_name(decision->scheme)));
}

static void add_number(struct http_response *response, const char *name, int number)
{
    char buffer[24];
    struct text text;

    text_init(&text, buffer, sizeof buffer);
    text_number(&text, number);
    http_add_field(response, name, text_span(&text));
}

static void turn_away(struct service *service, const struct dw_request *described,
                      const struct dw_decision *decision, const char *id,
                      struct http_response *response)
{
    struct dw_denial denial;

    const int error = dw_denial_write(&service->config->policy, described, decision, dw_span_of(id),
                                      service->denial, sizeof service->denial, &denial);
    if (error != 0) {
        response->status = 503;
        add_number(response, "Retry-After", DW_RETRY_AFTER);
        return;
    }
    response->status = denial.status;
    for (size_t i = 0; i < denial.n_challenges; i++) {
        http_add_field(response, "WWW-Authenticate", denial.challenges[i]);
    }
    if (denial.retry_after != 0) {
        add_number(response, "Retry-After", denial.retry_after);
    }
    http_add_field(response, "Content-Type", denial.content_type);
    response->body = denial.body;
}

enum http_answer verify_answer(struct service *service, const struct http_request *request,
                               struct http_response *response)
{
    struct dw_decision decision = {.verdict = DW_DENY, .reason = DW_VERIFY_TARGET};
    struct dw_request described;
    char id[RECENT_ID_SIZE];

    if (describe(request, &described) && !decide(service, request, &described, &decision)) {
        return HTTP_LATER;
    }
    guard_id(service->guard, id);
    if (decision.verdict == DW_ALLOW && !let_in(&decision, response)) {
        decision.verdict = DW_DENY;
        decision.reason = DW_GUARD_FAILED;
        response->n_fields = 0;
    }
    if (decision.verdict != DW_ALLOW) {
        turn_away(service, &described, &decision, id, response);
    }
    http_add_field(response, "Cache-Control", DW_SPAN("no-store"));
    http_add_field(response, "Doorward-Id", dw_span_of(id));
    record(service, request, &described, &decision, id, response->status);
    return HTTP_ANSWERED;
}
