/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ONE_FACT_H
#define TESTS_ONE_FACT_H

/* A machine that remembers one fact at most, and decisions there. */

#include "tap.h"

#define NOW INT64_C(1700000000)

static struct {
    enum dw_fact fact; /* DW_FACT_NONE: nothing */
    uint8_t name[DW_FACT_NAME];
    struct dw_known known;
    bool revoked;
    char subject[128]; /* of what was last asked about */
    struct dw_work work;
    char denial[DW_DENIAL_SIZE];
} memory;

static inline bool memory_find(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                               struct dw_known *known)
{
    (void)context;
    if (fact != memory.fact || memcmp(name, memory.name, DW_FACT_NAME) != 0) {
        return false;
    }
    *known = memory.known;
    return true;
}

static inline bool memory_is_revoked(void *context, enum dw_scheme scheme,
                                     const struct dw_jwt *token)
{
    (void)context;
    (void)scheme;
    (void)snprintf(memory.subject, sizeof(memory.subject), "%.*s", (int)token->sub.len,
                   token->sub.at);
    return memory.revoked;
}

static struct dw_answers answers = {.find = memory_find, .is_revoked = memory_is_revoked};

static inline int forget(void **state)
{
    (void)state;
    memory.fact = DW_FACT_NONE;
    memory.revoked = false;
    memory.subject[0] = '\0';
    answers.asking = DW_MAY_ASK;
    answers.heard = DW_REASON_NONE;
    return 0;
}

/* As whoever was asked leaves what it has found out. */
static inline void remember(const struct dw_decision *asked, const char *claims)
{
    assert_int_equal(asked->verdict, DW_ASK);
    memory.fact = asked->fact;
    memcpy(memory.name, asked->name, DW_FACT_NAME);
    memory.known = (struct dw_known){.claims = dw_span_of(claims), .until = NOW + 300};
}

static inline struct dw_decision decide(const struct dw_policy *policy,
                                        const struct dw_request *request)
{
    struct dw_decision decision;
    const char *fault = "";

    if (dw_policy_check(policy, &fault) != 0) {
        fail_msg("%s", fault);
    }
    dw_decide(policy, &answers, request, &memory.work, &decision);
    return decision;
}

static inline void assert_reason(enum dw_reason reason, enum dw_reason expected)
{
    if (reason != expected) {
        print_error("got %s, expected %s\n", dw_reason_text(reason)->name,
                    dw_reason_text(expected)->name);
        fail();
    }
}

/* The only challenge of the denial. */
static inline void assert_challenge(const struct dw_policy *policy, const struct dw_request *request,
                                    const char *expected)
{
    const struct dw_decision decision = decide(policy, request);
    struct dw_denial denial;
    size_t n = 0;

    assert_int_equal(dw_denial_write(policy, request, &decision, DW_SPAN("1"), memory.denial,
                                     sizeof(memory.denial), &denial),
                     0);
    assert_int_equal(denial.status, 401);
    for (size_t i = 0; i < denial.n_fields; i++) {
        if (dw_span_equal_nocase(denial.fields[i].name, DW_SPAN("WWW-Authenticate"))) {
            assert_span(denial.fields[i].value, expected);
            n++;
        }
    }
    assert_int_equal(n, 1);
}

#endif
