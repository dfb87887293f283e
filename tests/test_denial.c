/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

static const char *const READ[] = {"read", "list"};
static const char *const ADMIN[] = {"admin", "root"};
static const struct dw_route ROUTE = {.path = "/", .scope = {READ, 2}, .scope_any = {ADMIN, 2}};
static const struct dw_policy POLICY = {.realm = "api.example.com"};
static const struct dw_policy POLICY_400 = {.realm = "api.example.com", .malformed = 400};

static char buffer[DW_DENIAL_SIZE];

static struct dw_denial denial_for(const struct dw_policy *policy, struct dw_decision decision,
                                   const char *accept)
{
    const struct dw_field field = {DW_SPAN("accept"), dw_span_of(accept)};
    const struct dw_request request = {.fields = &field, .n_fields = accept == NULL ? 0 : 1};
    struct dw_denial denial;

    print_message("# %s\n", dw_reason_text(decision.reason)->name);
    assert_int_equal(dw_denial_write(policy, &request, &decision, DW_SPAN("abc123"), buffer,
                                     sizeof(buffer), &denial),
                     0);
    return denial;
}

/* RFC 6750 s3.1: no error where nothing was sent; the error, never its detail, where something was. */
static void each_reason_has_its_challenge(void **state)
{
    static const struct {
        enum dw_reason reason;
        const struct dw_route *route;
        int status;
        const char *challenge;
    } CASES[] = {
        {DW_HEADER_MISSING, NULL, 401, "Bearer realm=\"api.example.com\""},
        {DW_HEADER_MISSING, &ROUTE, 401, "Bearer realm=\"api.example.com\", scope=\"read list admin\""},
        {DW_SCHEME_UNSUPPORTED, NULL, 401, "Bearer realm=\"api.example.com\""},
        {DW_HEADER_QUOTED, NULL, 401,
         "Bearer realm=\"api.example.com\", error=\"invalid_request\", "
         "error_description=\"The Authorization field is malformed.\""},
        {DW_TOKEN_EXPIRED, &ROUTE, 401,
         "Bearer realm=\"api.example.com\", error=\"invalid_token\", "
         "error_description=\"The token has expired.\""},
        {DW_SCOPE_INSUFFICIENT, &ROUTE, 403,
         "Bearer realm=\"api.example.com\", error=\"insufficient_scope\", "
         "error_description=\"The token lacks a scope this request needs.\", "
         "scope=\"read list admin\""},
        {DW_KEYS_UNREACHABLE, NULL, 503, NULL},
        {DW_REQUEST_PATH, NULL, 400, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_decision decision = {.reason = CASES[i].reason, .route = CASES[i].route};
        const struct dw_denial denial = denial_for(&POLICY, decision, NULL);
        assert_int_equal(denial.status, CASES[i].status);
        assert_int_equal(denial.n_challenges, CASES[i].challenge == NULL ? 0 : 1);
        assert_int_equal(denial.retry_after, CASES[i].status == 503 ? DW_RETRY_AFTER : 0);
        if (CASES[i].challenge != NULL) {
            assert_span(denial.challenges[0], CASES[i].challenge);
        }
    }
}

static void malformed_is_400_where_the_policy_says_so(void **state)
{
    const struct dw_decision malformed = {.reason = DW_HEADER_QUOTED};
    const struct dw_decision invalid = {.reason = DW_TOKEN_JSON};
    struct dw_denial denial;

    (void)state;
    denial = denial_for(&POLICY_400, malformed, NULL);
    assert_int_equal(denial.status, 400);
    assert_int_equal(denial.n_challenges, 1);
    denial = denial_for(&POLICY_400, invalid, NULL);
    assert_int_equal(denial.status, 401);
}

/* An open question that is answered all the same fails closed. */
static void a_question_is_answered_503(void **state)
{
    const struct dw_decision ask = {.verdict = DW_ASK, .reason = DW_ASK_KID};
    const struct dw_denial denial = denial_for(&POLICY, ask, NULL);

    (void)state;
    assert_int_equal(denial.status, 503);
    assert_int_equal(denial.n_challenges, 0);
}

static void the_body_is_what_accept_prefers(void **state)
{
    static const struct {
        const char *accept, *type;
    } CASES[] = {
        {NULL, "application/problem+json"},
        {"", "application/problem+json"},
        {"*/*", "application/problem+json"},
        {"image/png", "application/problem+json"},
        {"application/*", "application/problem+json"},
        {"application/json", "application/json"},
        {"Application/JSON;charset=utf-8", "application/json"},
        {"application/json, application/problem+json", "application/problem+json"},
        {"application/problem+json;q=0.1, application/json;q=0.2", "application/json"},
        {"application/problem+json;q=0, */*", "application/json"},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
         "text/html; charset=utf-8"},
        {"text/html;q=0.5, application/json;q=0.51", "application/json"},
        {"text/html;q=0, */*;q=0.1", "application/problem+json"},
        {"text/*", "text/html; charset=utf-8"},
        {";;;,,,q=1,", "application/problem+json"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_decision decision = {.reason = DW_TOKEN_EXPIRED};
        const struct dw_denial denial = denial_for(&POLICY, decision, CASES[i].accept);
        print_message("# %s\n", CASES[i].accept == NULL ? "(none)" : CASES[i].accept);
        assert_span(denial.content_type, CASES[i].type);
    }
}

static void bodies_say_no_more_than_they_should(void **state)
{
    const struct dw_decision expired = {.reason = DW_TOKEN_EXPIRED};
    struct dw_denial denial;

    (void)state;
    denial = denial_for(&POLICY, expired, "application/problem+json");
    assert_span(denial.body, "{\"title\":\"Unauthorized\",\"status\":401,"
                             "\"detail\":\"The token has expired.\",\"error\":\"invalid_token\","
                             "\"id\":\"abc123\"}\n");
    denial = denial_for(&POLICY, expired, "application/json");
    assert_span(denial.body, "{\"error\":\"invalid_token\","
                             "\"error_description\":\"The token has expired.\",\"id\":\"abc123\"}\n");
    denial = denial_for(&POLICY, (struct dw_decision){.reason = DW_HEADER_MISSING}, "text/html");
    assert_non_null(memmem(denial.body.at, denial.body.len, "Sign in.", 8));
    assert_non_null(memmem(denial.body.at, denial.body.len, "abc123", 6));
}

static void the_place_may_ask_for_more(void **state)
{
    const struct dw_request request = {.realm = DW_SPAN("a \"quoted\" place"),
                                       .scope = DW_SPAN("extra")};
    const struct dw_decision decision = {.reason = DW_HEADER_MISSING, .route = &ROUTE};
    struct dw_denial denial;

    (void)state;
    assert_int_equal(dw_denial_write(&POLICY, &request, &decision, DW_SPAN("1"), buffer,
                                     sizeof(buffer), &denial),
                     0);
    assert_span(denial.challenges[0],
                "Bearer realm=\"a \\\"quoted\\\" place\", scope=\"extra read list admin\"");
}

/* The longest texts a policy and a place may have fit the buffer that always suffices. */
static void the_longest_demand_fits(void **state)
{
    static char scope[DW_SCOPE_MAX + 1], realm[DW_TEXT_MAX + 1], word[DW_TEXT_MAX];
    const char *const words[] = {word, word, word, word};
    const struct dw_route route = {.path = "/", .scope = {words, COUNT_OF(words)}};
    const struct dw_policy policy = {.routes = &route, .n_routes = 1};
    const struct dw_decision decision = {.reason = DW_SCOPE_INSUFFICIENT, .route = &route};
    struct dw_request request = {.method = DW_SPAN("GET")};
    const char *fault = NULL;
    struct dw_denial denial;

    (void)state;
    memset(scope, 's', sizeof(scope) - 1);
    memset(realm, '"', sizeof(realm) - 1);
    memset(word, 'w', sizeof(word) - 1);
    request.scope = dw_span_of(scope);
    request.realm = dw_span_of(realm);
    assert_int_equal(dw_policy_check(&policy, &fault), 0);
    assert_int_equal(dw_denial_write(&policy, &request, &decision, DW_SPAN("1"), buffer,
                                     sizeof(buffer), &denial),
                     0);
    assert_true(denial.challenges[0].len > 2 * (DW_SCOPE_MAX + DW_TEXT_MAX));
}

static void what_does_not_fit_is_refused(void **state)
{
    const struct dw_request request = {.n_fields = 0};
    const struct dw_decision decision = {.reason = DW_TOKEN_EXPIRED};
    struct dw_denial denial = {.status = 1};

    (void)state;
    for (size_t size = 0; size < 200; size++) {
        char *exact = malloc(size == 0 ? 1 : size);
        assert_int_equal(dw_denial_write(&POLICY, &request, &decision, DW_SPAN("1"), exact, size,
                                         &denial),
                         DW_ERR_SIZE);
        free(exact);
    }
    assert_int_equal(dw_denial_write(&POLICY, &request, &decision, DW_SPAN("a\nb"), buffer,
                                     sizeof(buffer), &denial),
                     DW_ERR_SYNTAX);
    assert_int_equal(denial.status, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_has_its_challenge),
        cmocka_unit_test(malformed_is_400_where_the_policy_says_so),
        cmocka_unit_test(a_question_is_answered_503),
        cmocka_unit_test(the_body_is_what_accept_prefers),
        cmocka_unit_test(bodies_say_no_more_than_they_should),
        cmocka_unit_test(the_place_may_ask_for_more),
        cmocka_unit_test(the_longest_demand_fits),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return RUN_TAP(tests);
}
