/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "mint.h"

#define NOW    INT64_C(1700000000)
#define ISSUER "https://issuer.example"
#define CLAIMS_END \
    "\"aud\":\"api\",\"sub\":\"alice\",\"client_id\":\"web\",\"scope\":\"read list\"}"
#define GOOD "{\"iss\":\"" ISSUER "\",\"exp\":1700000600," CLAIMS_END

static const char *const AUDIENCE[] = {"api"};
static const char *const READ[] = {"read"};
static const char *const WRITE[] = {"write"};
static const struct dw_trust TRUST[] = {
    {.issuer = "https://other.example", .audiences = {AUDIENCE, 1}},
    {.issuer = ISSUER, .audiences = {AUDIENCE, 1}},
};
static const struct dw_route ROUTES[] = {
    {.path = "/health", .anyone = true},
    {.path = "/read", .scope = {READ, 1}},
    {.path = "/write/**", .scope = {WRITE, 1}},
    {.path = "/public/**", .anyone = true},
};
static const struct dw_policy POLICY = {.leeway = 30,
                                        .trust = TRUST,
                                        .n_trust = COUNT_OF(TRUST),
                                        .routes = ROUTES,
                                        .n_routes = COUNT_OF(ROUTES)};

static struct mint mint;
static struct dw_work work;
static struct dw_issuer_keys issuers[2];
static bool revoked;

static bool is_revoked(void *context, enum dw_scheme scheme, const struct dw_jwt *token)
{
    (void)context;
    (void)scheme;
    (void)token;
    return revoked;
}

static struct dw_answers answers = {.issuers = issuers, .is_revoked = is_revoked};

static struct dw_decision decide(const char *target, const char *authorization, int64_t now)
{
    const struct dw_field field = {DW_SPAN("AUTHORIZATION"), dw_span_of(authorization)};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = dw_span_of(target),
                                       .fields = &field,
                                       .n_fields = authorization == NULL ? 0 : 1,
                                       .now = now};
    struct dw_decision decision;

    dw_decide(&POLICY, &answers, &request, &work, &decision);
    return decision;
}

static enum dw_reason reason_for(const char *target, const char *claims)
{
    return decide(target, mint_bearer(&mint, claims), NOW).reason;
}

static void nobody_passes_without_credentials(void **state)
{
    static const struct {
        const char *authorization;
        enum dw_reason reason;
    } CASES[] = {
        {NULL, DW_HEADER_MISSING},     {"Basic YTpi", DW_SCHEME_UNSUPPORTED},
        {"Bearer", DW_HEADER_EMPTY},   {"Bearer \"x\"", DW_HEADER_QUOTED},
        {"Bearer x", DW_TOKEN_OPAQUE}, {"Bearer a.b.c.d.e", DW_TOKEN_ENCRYPTED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_decision decision = decide("/read", CASES[i].authorization, NOW);
        assert_int_equal(decision.reason, CASES[i].reason);
        assert_int_equal(decision.verdict, DW_DENY);
        assert_null(decision.subject.at);
    }
}

static void two_authorization_fields_are_one_too_many(void **state)
{
    const char *bearer = mint_bearer(&mint, GOOD);
    const struct dw_field fields[] = {{DW_SPAN("Authorization"), dw_span_of(bearer)},
                                      {DW_SPAN("authorization"), dw_span_of(bearer)}};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/read"),
                                       .fields = fields,
                                       .n_fields = 2,
                                       .now = NOW};
    struct dw_decision decision;

    (void)state;
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    assert_int_equal(decision.reason, DW_HEADER_MULTIPLE);
}

static void a_401_is_found_before_a_403(void **state)
{
    (void)state;
    assert_int_equal(reason_for("/write", "{\"iss\":\"" ISSUER "\",\"exp\":1," CLAIMS_END),
                     DW_TOKEN_EXPIRED);
    assert_int_equal(reason_for("/write", "{\"iss\":\"https://x\",\"exp\":1700000600," CLAIMS_END),
                     DW_TOKEN_ISS);
    assert_int_equal(reason_for("/write", "{\"exp\":1700000600," CLAIMS_END), DW_TOKEN_ISS_MISSING);
    assert_int_equal(reason_for("/write", GOOD), DW_SCOPE_INSUFFICIENT);
    assert_int_equal(reason_for("/read", GOOD), DW_ALLOWED_TOKEN);
}

static void who_is_let_in_is_named(void **state)
{
    const struct dw_decision decision = decide("/read", mint_bearer(&mint, GOOD), NOW);

    (void)state;
    assert_int_equal(decision.verdict, DW_ALLOW);
    assert_int_equal(decision.scheme, DW_SCHEME_BEARER);
    assert_ptr_equal(decision.route, &ROUTES[1]);
    assert_int_equal(decision.issuer, 1);
    assert_span(decision.iss, ISSUER);
    assert_span(decision.subject, "alice");
    assert_span(decision.client, "web");
    assert_span(decision.scope, "read list");
}

static void what_is_open_is_open(void **state)
{
    (void)state;
    assert_int_equal(decide("/health", NULL, NOW).reason, DW_ALLOWED_ANYONE);
    assert_int_equal(decide("/health", "Bearer rubbish", NOW).verdict, DW_ALLOW);
    assert_int_equal(decide("/else", NULL, NOW).reason, DW_HEADER_MISSING);
    assert_int_equal(decide("/health%00", NULL, NOW).reason, DW_REQUEST_PATH);
}

/* Where servers disagree on a path, the rules of every reading must be met. */
static void no_reading_of_a_path_is_forgotten(void **state)
{
    (void)state;
    assert_int_equal(decide("/public/..%2fwrite/x", NULL, NOW).reason, DW_HEADER_MISSING);
    assert_int_equal(decide("/write/..%2f..%2fpublic", NULL, NOW).reason, DW_HEADER_MISSING);
    assert_int_equal(reason_for("/public/..;/write/x", GOOD), DW_SCOPE_INSUFFICIENT);
    assert_int_equal(decide("/public/a%2fb", NULL, NOW).reason, DW_ALLOWED_ANYONE);
}

static void keys_that_are_not_had_are_asked_for(void **state)
{
    static const struct {
        enum dw_asking asking;
        enum dw_reason no_keys, no_kid;
    } CASES[] = {
        {DW_MAY_ASK, DW_ASK_KEYS, DW_ASK_KID},
        {DW_HAVE_ASKED, DW_KEYS_UNREACHABLE, DW_TOKEN_KID},
        {DW_CANNOT_ASK, DW_GUARD_UNREACHABLE, DW_GUARD_UNREACHABLE},
    };
    const struct dw_issuer_keys had = issuers[1];
    struct mint stranger;

    (void)state;
    mint_init(&stranger, DW_ALG_ES256);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        answers.asking = CASES[i].asking;
        assert_int_equal(decide("/read", mint_bearer(&stranger, GOOD), NOW).reason,
                         CASES[i].no_kid);
        issuers[1].keys = NULL;
        const struct dw_decision decision = decide("/read", mint_bearer(&mint, GOOD), NOW);
        assert_int_equal(decision.reason, CASES[i].no_keys);
        assert_int_equal(decision.issuer, 1);
        assert_int_equal(decision.verdict, CASES[i].asking == DW_MAY_ASK ? DW_ASK : DW_DENY);
        issuers[1] = had;
    }
    answers.asking = DW_MAY_ASK;
    issuers[1].fresh = true;
    assert_int_equal(decide("/read", mint_bearer(&stranger, GOOD), NOW).reason, DW_TOKEN_KID);
    issuers[1].failing = true;
    assert_int_equal(decide("/read", mint_bearer(&stranger, GOOD), NOW).reason,
                     DW_KEYS_UNREACHABLE);
    assert_int_equal(decide("/read", mint_bearer(&mint, GOOD), NOW).reason, DW_ALLOWED_TOKEN);
    issuers[1] = had;
    mint_free(&stranger);
}

/* A hit says that a signature was verified once; all else is judged again. */
static void what_is_cached_is_judged_again(void **state)
{
    static const uint8_t seed[16] = {1};
    const char *bearer = mint_bearer(&mint, GOOD);
    const struct dw_issuer_keys had = issuers[1];

    (void)state;
    assert_int_equal(dw_cache_new(8, seed, &answers.cache), 0);
    assert_false(decide("/read", bearer, NOW).cached);
    assert_false(decide("/read", bearer, NOW).cached);
    const struct dw_decision again = decide("/read", bearer, NOW);
    assert_true(again.cached);
    assert_int_equal(again.reason, DW_ALLOWED_TOKEN);
    assert_span(again.subject, "alice");
    assert_int_equal(again.issuer, 1);

    assert_int_equal(decide("/write", bearer, NOW).reason, DW_SCOPE_INSUFFICIENT);
    assert_int_equal(decide("/read", bearer, NOW + 629).reason, DW_ALLOWED_TOKEN);
    assert_int_equal(decide("/read", bearer, NOW + 630).reason, DW_TOKEN_EXPIRED);
    revoked = true;
    assert_int_equal(decide("/read", bearer, NOW).reason, DW_TOKEN_REVOKED);
    revoked = false;

    issuers[1].keys = NULL;
    assert_int_equal(decide("/read", bearer, NOW).reason, DW_ASK_KEYS);
    struct mint other;
    mint_init(&other, DW_ALG_ES256);
    issuers[1].keys = other.keys;
    assert_int_equal(decide("/read", bearer, NOW).reason, DW_ASK_KID);
    issuers[1] = had;
    assert_true(decide("/read", bearer, NOW).cached);
    mint_free(&other);
    dw_cache_free(answers.cache);
    answers.cache = NULL;
}

static void a_cache_is_not_shared_between_policies(void **state)
{
    static const uint8_t seed[16] = {2};
    const struct dw_policy other = {.trust = TRUST, .n_trust = COUNT_OF(TRUST)};
    const struct dw_field field = {DW_SPAN("Authorization"), dw_span_of(mint_bearer(&mint, GOOD))};
    const struct dw_request request = {
        .target = DW_SPAN("/read"), .fields = &field, .n_fields = 1, .now = NOW};
    struct dw_decision decision;

    (void)state;
    assert_int_equal(dw_cache_new(8, seed, &answers.cache), 0);
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    dw_decide(&other, &answers, &request, &work, &decision);
    assert_int_equal(decision.reason, DW_ALLOWED_TOKEN);
    assert_false(decision.cached);
    dw_cache_free(answers.cache);
    answers.cache = NULL;
}

/* A small cache forgets, and never answers for another token. */
static void a_full_cache_lets_nobody_else_in(void **state)
{
    static const uint8_t seed[16] = {3};
    char claims[512];

    (void)state;
    assert_int_equal(dw_cache_new(1, seed, &answers.cache), 0);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof(name), "user%d", i);
        snprintf(claims, sizeof(claims),
                 "{\"iss\":\"" ISSUER "\",\"exp\":1700000600,\"aud\":\"api\",\"sub\":\"%s\","
                 "\"scope\":\"read\"}",
                 name);
        const char *bearer = mint_bearer(&mint, claims);
        assert_span(decide("/read", bearer, NOW).subject, name);
        assert_span(decide("/read", bearer, NOW).subject, name);
        const struct dw_decision again = decide("/read", bearer, NOW);
        assert_true(again.cached);
        assert_span(again.subject, name);
    }
    dw_cache_free(answers.cache);
    answers.cache = NULL;
}

static void a_token_too_large_for_its_slot_is_still_judged(void **state)
{
    static const uint8_t seed[16] = {4};
    static char claims[6000];
    char filler[4000];

    (void)state;
    memset(filler, 'x', sizeof(filler));
    filler[sizeof(filler) - 1] = '\0';
    snprintf(claims, sizeof(claims), "{\"f\":\"%s\",\"iss\":\"" ISSUER "\",\"exp\":1700000600,%s",
             filler, CLAIMS_END);
    assert_int_equal(dw_cache_new(8, seed, &answers.cache), 0);
    for (int i = 0; i < 3; i++) {
        const struct dw_decision decision = decide("/read", mint_bearer(&mint, claims), NOW);
        assert_int_equal(decision.reason, DW_ALLOWED_TOKEN);
        assert_false(decision.cached);
    }
    dw_cache_free(answers.cache);
    answers.cache = NULL;
}

static int start(void **state)
{
    (void)state;
    mint_init(&mint, DW_ALG_ES256);
    issuers[1].keys = mint.keys;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    mint_free(&mint);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_passes_without_credentials),
        cmocka_unit_test(two_authorization_fields_are_one_too_many),
        cmocka_unit_test(a_401_is_found_before_a_403),
        cmocka_unit_test(who_is_let_in_is_named),
        cmocka_unit_test(what_is_open_is_open),
        cmocka_unit_test(no_reading_of_a_path_is_forgotten),
        cmocka_unit_test(keys_that_are_not_had_are_asked_for),
        cmocka_unit_test(what_is_cached_is_judged_again),
        cmocka_unit_test(a_cache_is_not_shared_between_policies),
        cmocka_unit_test(a_full_cache_lets_nobody_else_in),
        cmocka_unit_test(a_token_too_large_for_its_slot_is_still_judged),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, start, finish);
}
