/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_fields.h"

static const char *const READ[] = {"read", "list"};
static const char *const ADMIN[] = {"admin", "root"};
static const char *const ACR[] = {"gold", "silver"};
static const struct dw_route ROUTE = {.path = "/", .scope = {READ, 2}, .scope_any = {ADMIN, 2}};
static const struct dw_route TOKENS = {
    .path = "/", .acr = {ACR, 2}, .max_age = 5, .accept = {DW_SCHEME_DPOP, DW_SCHEME_BEARER}};
static const struct dw_route MIXED = {
    .path = "/", .scope = {READ, 1}, .accept = {DW_SCHEME_BEARER, DW_SCHEME_BASIC}};
static const struct dw_route PAGES = {
    .path = "/", .accept = {DW_SCHEME_COOKIE, DW_SCHEME_BASIC, DW_SCHEME_DIGEST}};
static const struct dw_route DIALOGS = {.path = "/", .accept = {DW_SCHEME_BASIC}};
static const struct dw_policy POLICY = {.realm = "api.example.com"};
static const struct dw_policy POLICY_400 = {.realm = "api.example.com", .malformed = 400};

static char buffer[DW_DENIAL_SIZE];

static struct dw_denial write_denial(const struct dw_policy *policy,
                                     const struct dw_request *request, struct dw_decision decision)
{
    struct dw_denial denial;

    print_message("# %s\n", dw_reason_text(decision.reason)->name);
    assert_int_equal(dw_denial_write(policy, request, &decision, DW_SPAN("abc123"), buffer,
                                     sizeof(buffer), &denial),
                     0);
    return denial;
}

static struct dw_denial denial_for(const struct dw_policy *policy, struct dw_decision decision,
                                   const char *accept)
{
    const struct dw_field field = {DW_SPAN("accept"), dw_span_of(accept)};
    const struct dw_request request = {.fields = &field, .n_fields = accept == NULL ? 0 : 1};

    return write_denial(policy, &request, decision);
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
        {DW_HEADER_MISSING, &ROUTE, 401,
         "Bearer realm=\"api.example.com\", scope=\"read list admin\""},
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
        {DW_CLAIM_MISMATCH, &ROUTE, 403, NULL},
        {DW_KEYS_UNREACHABLE, NULL, 503, NULL},
        {DW_ATTEMPTS, NULL, 429, NULL},
        {DW_REQUEST_PATH, NULL, 400, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_decision decision = {
            .reason = CASES[i].reason, .scheme = DW_SCHEME_BEARER, .route = CASES[i].route};
        const struct dw_denial denial = denial_for(&POLICY, decision, NULL);
        assert_int_equal(denial.status, CASES[i].status);
        assert_int_equal(count_fields(&denial, "WWW-Authenticate"),
                         CASES[i].challenge == NULL ? 0 : 1);
        assert_span(field_of(&denial, "WWW-Authenticate", 0), CASES[i].challenge);
        assert_span(field_of(&denial, "Cache-Control", 0), "no-store");
        assert_span(field_of(&denial, "Doorward-Id", 0), "abc123");
    }
}

/* The error belongs to the credentials that were sent; the others are only what one may send instead. */
static void the_error_stands_where_it_belongs(void **state)
{
    static const struct {
        const struct dw_route *route;
        enum dw_scheme scheme;
        enum dw_reason reason;
        const char *first, *second;
    } CASES[] = {
        {&MIXED, DW_SCHEME_BASIC, DW_BASIC_PASSWORD,
         "Bearer realm=\"api.example.com\", scope=\"read\"",
         "Basic realm=\"api.example.com\", charset=\"UTF-8\""},
        {&MIXED, DW_SCHEME_BASIC, DW_BASIC_COLON,
         "Bearer realm=\"api.example.com\", scope=\"read\"",
         "Basic realm=\"api.example.com\", charset=\"UTF-8\""},
        {&MIXED, DW_SCHEME_NONE, DW_HEADER_METHODS,
         "Bearer realm=\"api.example.com\", error=\"invalid_request\", "
         "error_description=\"The credentials are sent in more than one place.\"",
         "Basic realm=\"api.example.com\", charset=\"UTF-8\""},
        {&TOKENS, DW_SCHEME_DPOP, DW_STEPUP_AGE,
         "DPoP realm=\"api.example.com\", error=\"insufficient_user_authentication\", "
         "error_description=\"A more recent sign-in is needed.\", acr_values=\"gold silver\", "
         "max_age=\"5\", algs=\"ES256\"",
         "Bearer realm=\"api.example.com\""},
        {&TOKENS, DW_SCHEME_BEARER, DW_STEPUP_ACR, "DPoP realm=\"api.example.com\", algs=\"ES256\"",
         "Bearer realm=\"api.example.com\", error=\"insufficient_user_authentication\", "
         "error_description=\"A stronger sign-in is needed.\", acr_values=\"gold silver\", "
         "max_age=\"5\""},
    };
    const struct dw_policy policy = {.realm = "api.example.com",
                                     .schemes.dpop.algorithms = DW_ALG_BIT(DW_ALG_ES256)};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_decision decision = {
            .reason = CASES[i].reason, .route = CASES[i].route, .scheme = CASES[i].scheme};
        const struct dw_denial denial = denial_for(&policy, decision, NULL);
        assert_int_equal(denial.status, 401);
        assert_span(field_of(&denial, "WWW-Authenticate", 0), CASES[i].first);
        assert_span(field_of(&denial, "WWW-Authenticate", 1), CASES[i].second);
        assert_span(field_of(&denial, "WWW-Authenticate", 2), NULL);
    }
}

/* More scope is a token's to have; a key or a password has what it has. */
static void only_tokens_are_told_their_scope(void **state)
{
    static const struct {
        enum dw_scheme scheme;
        const char *schemes;
    } CASES[] = {
        {DW_SCHEME_BEARER, "Bearer"}, {DW_SCHEME_DPOP, "DPoP"}, {DW_SCHEME_BASIC, ""},
        {DW_SCHEME_DIGEST, ""},       {DW_SCHEME_APIKEY, ""},   {DW_SCHEME_COOKIE, ""},
        {DW_SCHEME_CERTIFICATE, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_decision decision = {
            .reason = DW_SCOPE_INSUFFICIENT, .route = &MIXED, .scheme = CASES[i].scheme};
        const struct dw_denial denial = denial_for(&POLICY, decision, NULL);
        assert_int_equal(denial.status, 403);
        assert_string_equal(schemes_of(&denial), CASES[i].schemes);
    }
}

static void every_scheme_is_offered_in_order(void **state)
{
    const struct dw_route route = {
        .path = "/",
        .accept = {DW_SCHEME_CERTIFICATE, DW_SCHEME_DPOP, DW_SCHEME_BEARER, DW_SCHEME_APIKEY,
                   DW_SCHEME_COOKIE, DW_SCHEME_DIGEST, DW_SCHEME_BASIC},
    };
    const struct dw_policy policy = {
        .resource.metadata = "https://api.example.com/.well-known/oauth-protected-resource"};
    const struct dw_decision decision = {
        .reason = DW_HEADER_MISSING, .route = &route, .digest_nonce = DW_SPAN("nonce")};
    const struct dw_denial denial = denial_for(&policy, decision, NULL);

    (void)state;
    assert_string_equal(schemes_of(&denial),
                        "ClientCertificate DPoP Bearer Api-Key Cookie Digest Digest Basic");
    for (size_t i = 0; i < count_fields(&denial, "WWW-Authenticate"); i++) {
        const struct dw_span challenge = field_of(&denial, "WWW-Authenticate", i);
        const bool for_tokens = i == 1 || i == 2;
        assert_int_equal(span_holds(challenge, "resource_metadata=\"https://api.example.com/"
                                               ".well-known/oauth-protected-resource\""),
                         for_tokens);
        assert_true(span_holds(challenge, "realm=\"api\""));
    }
}

static void waiting_has_its_length(void **state)
{
    struct dw_decision decision = {.reason = DW_ATTEMPTS, .retry_after = 1234};
    struct dw_denial denial = denial_for(&POLICY, decision, NULL);

    (void)state;
    assert_span(field_of(&denial, "Retry-After", 0), "1234");
    decision.retry_after = 0;
    denial = denial_for(&POLICY, decision, NULL);
    assert_span(field_of(&denial, "Retry-After", 0), "1");
    decision.reason = DW_GUARD_BUSY;
    denial = denial_for(&POLICY, decision, NULL);
    assert_span(field_of(&denial, "Retry-After", 0), "5");
    decision.reason = DW_TOKEN_EXPIRED;
    denial = denial_for(&POLICY, decision, NULL);
    assert_span(field_of(&denial, "Retry-After", 0), NULL);
}

static void a_nonce_comes_with_any_denial(void **state)
{
    static const enum dw_reason REASONS[] = {DW_DPOP_NONCE, DW_SCOPE_INSUFFICIENT,
                                             DW_KEYS_UNREACHABLE, DW_ATTEMPTS};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(REASONS); i++) {
        const struct dw_decision decision = {
            .reason = REASONS[i], .route = &TOKENS, .dpop_nonce = DW_SPAN("n-1")};
        const struct dw_denial denial = denial_for(&POLICY, decision, NULL);
        assert_span(field_of(&denial, "DPoP-Nonce", 0), "n-1");
    }
}

static void malformed_is_400_where_the_policy_says_so(void **state)
{
    const struct dw_route route_400 = {.path = "/", .malformed = 400};
    const struct dw_route route_401 = {.path = "/", .malformed = 401};
    const struct {
        const struct dw_policy *policy;
        const struct dw_route *route;
        enum dw_reason reason;
        int status;
    } cases[] = {
        {&POLICY, NULL, DW_HEADER_QUOTED, 401},
        {&POLICY_400, NULL, DW_HEADER_QUOTED, 400},
        {&POLICY_400, NULL, DW_TOKEN_JSON, 401},
        {&POLICY, &route_400, DW_HEADER_QUOTED, 400},
        {&POLICY, &route_400, DW_TOKEN_EXPIRED, 401},
        {&POLICY_400, &route_401, DW_HEADER_QUOTED, 401},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct dw_decision decision = {.reason = cases[i].reason, .route = cases[i].route};
        const struct dw_denial denial = denial_for(cases[i].policy, decision, NULL);
        assert_int_equal(denial.status, cases[i].status);
        assert_int_equal(count_fields(&denial, "WWW-Authenticate"), 1);
    }
}

/* An open question that is answered all the same fails closed. */
static void a_question_is_answered_503(void **state)
{
    const struct dw_decision ask = {.verdict = DW_ASK, .reason = DW_ASK_KID};
    const struct dw_denial denial = denial_for(&POLICY, ask, NULL);

    (void)state;
    assert_int_equal(denial.status, 503);
    assert_int_equal(count_fields(&denial, "WWW-Authenticate"), 0);
    assert_span(field_of(&denial, "Retry-After", 0), "5");
}

/* -- What is hidden, and what opens a dialog ------------------------------------------------------- */

static void what_is_hidden_is_not_there(void **state)
{
    static const struct {
        enum dw_reason reason;
        int status;
    } CASES[] = {
        {DW_HEADER_MISSING, 404},    {DW_TOKEN_EXPIRED, 404}, {DW_SCOPE_INSUFFICIENT, 404},
        {DW_COOKIE_CROSS_SITE, 404}, {DW_HEADER_QUOTED, 404}, {DW_ATTEMPTS, 429},
        {DW_KEYS_UNREACHABLE, 503},
    };
    const struct dw_route route = {.path = "/", .hide = true, .accept = {DW_SCHEME_COOKIE}};
    const struct dw_policy policy = {.malformed = 400, .schemes.cookie.sign_in = "/sign-in"};
    struct dw_denial denial;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_decision decision = {.reason = CASES[i].reason, .route = &route};
        denial = denial_for(&policy, decision, "application/problem+json");
        assert_int_equal(denial.status, CASES[i].status);
        assert_span(field_of(&denial, "Cache-Control", 0), "no-store");
        if (denial.status == 404) {
            assert_string_equal(schemes_of(&denial), "");
            assert_span(denial.body,
                        "{\"title\":\"Not Found\",\"status\":404,\"id\":\"abc123\"}\n");
        }
    }
    const struct dw_decision decision = {.reason = DW_COOKIE_EXPIRED, .route = &route};
    denial = denial_for(&policy, decision, "application/json");
    assert_span(denial.body, "{\"error\":\"not_found\",\"id\":\"abc123\"}\n");
    denial = denial_for(&policy, decision, "text/html");
    assert_true(span_holds(denial.body, "<h1>Not Found</h1>"));
    assert_false(span_holds(denial.body, "<form"));
    assert_false(span_holds(denial.body, "session"));
}

static void no_script_meets_a_dialog(void **state)
{
    static const struct {
        const char *mode;
        const struct dw_route *route;
        const char *schemes;
    } CASES[] = {
        {"cors", &PAGES, "Cookie"},
        {"same-origin", &DIALOGS, "X-Basic"},
        {"no-cors", &MIXED, "Bearer"},
        {"navigate", &PAGES, "Cookie"},
        {"navigate", &DIALOGS, "Basic"},
        {"navigate", &MIXED, "Bearer Basic"},
        {NULL, &PAGES, "Cookie Basic Digest Digest"},
        {NULL, &DIALOGS, "Basic"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_field field = {DW_SPAN("Sec-Fetch-Mode"), dw_span_of(CASES[i].mode)};
        const struct dw_request request = {.fields = &field,
                                           .n_fields = CASES[i].mode == NULL ? 0 : 1};
        const struct dw_decision decision = {
            .reason = DW_HEADER_MISSING, .route = CASES[i].route, .digest_nonce = DW_SPAN("nonce")};
        const struct dw_denial denial = write_denial(&POLICY, &request, decision);
        print_message("# %s\n", CASES[i].mode == NULL ? "(none)" : CASES[i].mode);
        assert_string_equal(schemes_of(&denial), CASES[i].schemes);
    }
}

/* -- Its limits ------------------------------------------------------------------------------------ */

static void the_place_may_ask_for_more(void **state)
{
    const struct dw_request request = {.realm = DW_SPAN("a \"quoted\" place"),
                                       .scope = DW_SPAN("extra")};
    const struct dw_decision decision = {.reason = DW_HEADER_MISSING, .route = &ROUTE};
    const struct dw_denial denial = write_denial(&POLICY, &request, decision);

    (void)state;
    assert_span(field_of(&denial, "WWW-Authenticate", 0),
                "Bearer realm=\"a \\\"quoted\\\" place\", scope=\"extra read list admin\"");
}

static void what_does_not_fit_is_refused(void **state)
{
    const struct dw_request request = {.n_fields = 0};
    const struct dw_decision decision = {.reason = DW_TOKEN_EXPIRED};
    struct dw_denial denial = {.status = 1};

    (void)state;
    for (size_t size = 0; size < 200; size++) {
        char *exact = malloc(size == 0 ? 1 : size);
        assert_int_equal(
            dw_denial_write(&POLICY, &request, &decision, DW_SPAN("1"), exact, size, &denial),
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
        cmocka_unit_test(the_error_stands_where_it_belongs),
        cmocka_unit_test(only_tokens_are_told_their_scope),
        cmocka_unit_test(every_scheme_is_offered_in_order),
        cmocka_unit_test(waiting_has_its_length),
        cmocka_unit_test(a_nonce_comes_with_any_denial),
        cmocka_unit_test(malformed_is_400_where_the_policy_says_so),
        cmocka_unit_test(a_question_is_answered_503),
        cmocka_unit_test(what_is_hidden_is_not_there),
        cmocka_unit_test(no_script_meets_a_dialog),
        cmocka_unit_test(the_place_may_ask_for_more),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return RUN_TAP(tests);
}
