/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <string.h>

#include "clock.h"
#include "inquiry.h"
#include "text.h"

#define IDENTITY_MAX 4096 /* bytes of one identity field, encoded */

/* -- Who may ask ------------------------------------------------------------------------------- */

static bool may_ask(const struct service *service, const struct http_request *request)
{
    struct dw_span secret;

    if (service->verify_secret == NULL || !description_is_foreign(request)) {
        return true;
    }
    return http_find_field(request, "Doorward-Secret", &secret) == 1 &&
           dw_secret_equal(secret, dw_span_of(service->verify_secret));
}

/* -- The decision ------------------------------------------------------------------------------ */

/* Passwords take their time, one after the other. */
static bool is_late(const struct http_request *request, enum dw_reason asked)
{
    const int64_t wait = asked == DW_ASK_PASSWORD ? VERIFY_WAIT_PASSWORD_MS : VERIFY_WAIT_MS;

    return request->hurry || clock_ms() - request->came_us / 1000 >= wait;
}

/* false: not yet. */
static bool decide(struct service *service, const struct http_request *request,
                   const struct dw_request *described, struct dw_decision *decision)
{
    struct guard_terms terms = {.rehearsal = description_is_ask(request)};

    guard_decide(service->guard, described, &terms, decision);
    if (decision->verdict != DW_ASK) {
        return true;
    }
    const bool late = is_late(request, decision->reason);
    const enum inquiry result =
        inquire(service, request, described, decision, late, &terms.heard);
    if (decision->password.len > 0) {
        dw_secret_wipe((void *)(uintptr_t)decision->password.at, decision->password.len);
    }
    if (result == INQUIRY_LATER) {
        return false;
    }
    terms.asking = DW_HAVE_ASKED;
    guard_decide(service->guard, described, &terms, decision);
    return true;
}

/* false: not yet. */
static bool judge(struct service *service, const struct http_request *request,
                  struct dw_request *described, struct dw_decision *decision)
{
    *decision = (struct dw_decision){.verdict = DW_DENY, .reason = DW_VERIFY_TARGET};
    if (!may_ask(service, request)) {
        description_begin(request, &service->description, described);
        decision->reason = DW_VERIFY_SECRET;
        return true;
    }
    return !description_read(request, &service->description, described) ||
           decide(service, request, described, decision);
}

/* -- On record --------------------------------------------------------------------------------- */

/* Our own module puts on record what it has decided itself. */
static void record(struct service *service, const struct http_request *request,
                   const struct dw_request *described, const struct dw_decision *decision,
                   const char *id, int status)
{
    const struct guard_record entry = {
        .id = id,
        .status = status,
        .at_us = clock_utc_us(),
        .latency_us = (uint32_t)(clock_us() - request->came_us),
    };

    if (!description_is_ask(request)) {
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

static bool let_in(const struct dw_decision *decision, const char *id,
                   struct http_response *response)
{
    bool told = true;

    response->status = 200;
#define TELL(name, member) told = told && tell(response, name, decision->member);
    DW_IDENTITY_FIELDS(TELL)
#undef TELL
    http_add_field(response, "Authentication-Info", decision->authentication_info);
    http_add_field(response, "DPoP-Nonce", decision->dpop_nonce);
    http_add_field(response, "Cache-Control", DW_SPAN("no-store"));
    http_add_field(response, "Doorward-Id", dw_span_of(id));
    return told && tell(response, "Doorward-Scheme", dw_span_of(dw_scheme_name(decision->scheme)));
}

enum http_answer verify_answer(struct service *service, const struct http_request *request,
                               struct http_response *response)
{
    struct dw_decision decision;
    struct dw_request described;
    char id[RECENT_ID_SIZE];

    if (!judge(service, request, &described, &decision)) {
        return HTTP_LATER;
    }
    guard_id(service->guard, id);
    if (decision.verdict == DW_ALLOW && !let_in(&decision, id, response)) {
        decision.verdict = DW_DENY;
        decision.reason = DW_GUARD_FAILED;
        response->n_fields = 0;
    }
    if (decision.verdict != DW_ALLOW) {
        service_deny(service, &described, &decision, id, response);
    }
    if (decision.verdict != DW_ALLOW && description_is_ask(request)) {
        http_add_field(response, "Doorward-Reason",
                       dw_span_of(dw_reason_text(decision.reason)->name));
    }
    record(service, request, &described, &decision, id, response->status);
    return HTTP_ANSWERED;
}
