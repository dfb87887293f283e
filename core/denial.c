/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#include <string.h>

/* -- The other fields ------------------------------------------------------------------------------ */

/* Written into the answer's text, as the value may not last as long. */
static int add_copy(struct answer *answer, const char *name, struct dw_span value)
{
    const size_t start = answer->text->len;

    text_add(answer->text, value);
    return answer_add(answer, name, span_from(text_span(answer->text), start));
}

static int add_number(struct answer *answer, const char *name, int number)
{
    const size_t start = answer->text->len;

    text_number(answer->text, number);
    return answer_add(answer, name, span_from(text_span(answer->text), start));
}

static int add_retry_after(struct answer *answer)
{
    if (answer->status == 429) {
        const int seconds = answer->decision->retry_after;
        return add_number(answer, "Retry-After", seconds > 0 ? seconds : 1);
    }
    return answer->status == 503 ? add_number(answer, "Retry-After", DW_RETRY_AFTER) : 0;
}

static int add_fields(struct answer *answer)
{
    int error = answer_add(answer, "Cache-Control", DW_SPAN("no-store"));

    if (error == 0) {
        error = add_copy(answer, "Doorward-Id", answer->id);
    }
    if (error == 0 && answer->decision->dpop_nonce.len > 0) {
        error = add_copy(answer, "DPoP-Nonce", answer->decision->dpop_nonce);
    }
    if (error == 0) {
        error = add_retry_after(answer);
    }
    return error == 0 ? cors_answer(answer) : error;
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

/* RFC 6750 s3.1 answers a malformed request with 400; a policy or a route may prefer 401 for it. */
static int status_for(const struct answer *answer)
{
    const struct dw_route *route = answer->decision->route;
    const int malformed =
        route != NULL && route->malformed != 0 ? route->malformed : answer->policy->malformed;

    if (malformed == 400 && strcmp(answer->reason->error, "invalid_request") == 0) {
        return 400;
    }
    return answer->reason->status;
}

/* What is hidden is answered like what is not there: without a challenge and without a sentence. */
static void hide(struct answer *answer)
{
    const struct dw_route *route = answer->decision->route;

    if (route != NULL && route->hide &&
        (answer->status == 400 || answer->status == 401 || answer->status == 403)) {
        answer->status = 404;
        answer->reason = dw_reason_text(DW_REASON_NONE);
    }
}

static int write_answer(struct answer *answer)
{
    int error = answer_challenges(answer);

    if (error == 0) {
        error = add_fields(answer);
    }
    return error == 0 ? answer_body(answer) : error;
}

int dw_denial_write(const struct dw_policy *policy, const struct dw_request *request,
                    const struct dw_decision *decision, struct dw_span id, char *buffer,
                    size_t size, struct dw_denial *denial)
{
    /* Whoever writes the answer to a question left open could not ask it. */
    const enum dw_reason reason =
        decision->verdict == DW_ASK ? DW_GUARD_UNREACHABLE : decision->reason;
    struct dw_denial made;
    struct text text;
    struct answer answer = {.policy = policy,
                            .request = request,
                            .decision = decision,
                            .reason = dw_reason_text(reason),
                            .id = id,
                            .text = &text,
                            .denial = &made};

    if (!is_id(id)) {
        return DW_ERR_SYNTAX;
    }
    made.body = SPAN_NONE;
    made.n_fields = 0;
    text_init(&text, buffer, size);
    answer.status = status_for(&answer);
    hide(&answer);
    const int error = write_answer(&answer);
    if (error != 0) {
        return error;
    }
    made.status = answer.status;
    memcpy(denial, &made, offsetof(struct dw_denial, fields[made.n_fields]));
    return 0;
}
