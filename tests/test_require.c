/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "schemes.h"

#define NOW 1000000

static struct dw_work work;
static struct dw_decision found;
static struct trial trial;

/* A trial of somebody who is known already, before one rule for every path. */
static enum dw_reason judge(const struct dw_route *route, const char *target,
                            const struct dw_jwt *who, const char *claims)
{
    static struct dw_policy policy;
    static struct dw_request request;
    static char scratch[DW_PATH_MAX];

    policy = (struct dw_policy){.routes = route, .n_routes = 1, .leeway = 30};
    request =
        (struct dw_request){.method = DW_SPAN("GET"), .target = dw_span_of(target), .now = NOW};
    found = (struct dw_decision){.scheme = DW_SCHEME_BEARER};
    trial = (struct trial){.policy = &policy,
                           .request = &request,
                           .work = &work,
                           .found = &found,
                           .who = *who,
                           .claims = dw_span_of(claims)};
    assert_true(policy_route(&policy, &request, scratch, &trial.demands));
    const enum dw_reason reason = require_check(&trial);
    print_message("# %.60s %.60s: %s\n", target, claims == NULL ? "" : claims,
                  dw_reason_text(reason)->name);
    assert_ptr_equal(found.route, reason == DW_REASON_NONE ? NULL : route);
    return reason;
}

static const char *const LIST[] = {"one", "two"};

static void tokens_must_name_the_routes_audience(void **state)
{
    const struct dw_route route = {.path = "/**", .audience = {LIST, 2}};
    const struct dw_jwt none = {.n_aud = 0};
    const struct dw_jwt other = {.aud = {DW_SPAN("three"), DW_SPAN("tw")}, .n_aud = 2};
    const struct dw_jwt right = {.aud = {DW_SPAN("three"), DW_SPAN("two")}, .n_aud = 2};

    (void)state;
    assert_int_equal(judge(&route, "/", &none, NULL), DW_TOKEN_AUD_MISSING);
    assert_span(found.wanted, "one");
    assert_span(found.seen, NULL);
    assert_int_equal(judge(&route, "/", &other, NULL), DW_TOKEN_AUD);
    assert_span(found.seen, "three");
    assert_int_equal(judge(&route, "/", &right, NULL), DW_REASON_NONE);
}

/* Nobody issues a password for somebody else's API. */
static void other_credentials_have_no_audience(void **state)
{
    static const struct {
        enum dw_scheme scheme;
        enum dw_reason reason;
    } CASES[] = {
        {DW_SCHEME_BEARER, DW_TOKEN_AUD_MISSING}, {DW_SCHEME_DPOP, DW_TOKEN_AUD_MISSING},
        {DW_SCHEME_BASIC, DW_REASON_NONE},        {DW_SCHEME_DIGEST, DW_REASON_NONE},
        {DW_SCHEME_APIKEY, DW_REASON_NONE},       {DW_SCHEME_COOKIE, DW_REASON_NONE},
        {DW_SCHEME_CERTIFICATE, DW_REASON_NONE},
    };
    const struct dw_route route = {.path = "/**", .audience = {LIST, 2}};
    const struct dw_jwt nobody = {.n_aud = 0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        (void)judge(&route, "/", &nobody, NULL);
        found.scheme = CASES[i].scheme;
        assert_int_equal(require_check(&trial), CASES[i].reason);
    }
}

static void the_sign_in_must_be_strong_enough(void **state)
{
    const struct dw_route route = {.path = "/**", .acr = {LIST, 2}};
    const struct dw_jwt none = {.n_aud = 0};
    const struct dw_jwt blank = {.acr = DW_SPAN("")};
    const struct dw_jwt other = {.acr = DW_SPAN("one two")};
    const struct dw_jwt right = {.acr = DW_SPAN("two")};

    (void)state;
    assert_int_equal(judge(&route, "/", &none, NULL), DW_STEPUP_ACR);
    assert_int_equal(judge(&route, "/", &blank, NULL), DW_STEPUP_ACR);
    assert_int_equal(judge(&route, "/", &other, NULL), DW_STEPUP_ACR);
    assert_span(found.wanted, "one");
    assert_span(found.seen, "one two");
    assert_int_equal(judge(&route, "/", &right, NULL), DW_REASON_NONE);
}

static void the_sign_in_must_be_recent_enough(void **state)
{
    static const struct {
        int64_t auth_time;
        enum dw_reason reason;
    } CASES[] = {
        {INT64_MIN, DW_STEPUP_AGE},      {0, DW_STEPUP_AGE},         {NOW - 60 - 31, DW_STEPUP_AGE},
        {NOW - 60 - 30, DW_REASON_NONE}, {NOW - 60, DW_REASON_NONE}, {NOW, DW_REASON_NONE},
    };
    const struct dw_route route = {.path = "/**", .max_age = 60};
    const struct dw_jwt none = {.auth_time = NOW};

    (void)state;
    assert_int_equal(judge(&route, "/", &none, NULL), DW_STEPUP_AGE);
    assert_span(found.wanted, "auth_time");
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_jwt who = {.has_auth_time = true, .auth_time = CASES[i].auth_time};
        assert_int_equal(judge(&route, "/", &who, NULL), CASES[i].reason);
    }
    (void)judge(&route, "/", &(struct dw_jwt){.has_auth_time = true}, NULL);
    assert_span(found.wanted, "999940");
    assert_span(found.seen, "0");
}

static void claims_are_compared_with_the_path(void **state)
{
    static const struct {
        const char *target, *claims;
        enum dw_reason reason;
    } CASES[] = {
        {"/acme/x", "{}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":null}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":\"\"}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":\"acm\"}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":\"acme2\"}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":\"Acme\"}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"Tenant\":\"acme\"}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":{\"acme\":\"acme\"}}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":[]}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":[\"other\",[\"acme\"]]}", DW_CLAIM_MISMATCH},
        {"/7/x", "{\"tenant\":[7]}", DW_CLAIM_MISMATCH},
        {"/7/x", "{\"tenant\":7.0}", DW_CLAIM_MISMATCH},
        {"/null/x", "{\"tenant\":null}", DW_CLAIM_MISMATCH},
        {"/True/x", "{\"tenant\":true}", DW_CLAIM_MISMATCH},
        {"/other/..;/acme/x", "{\"tenant\":\"acme\"}", DW_CLAIM_MISMATCH},
        {"/acme%2Fx/x", "{\"tenant\":\"acme\"}", DW_CLAIM_MISMATCH},
        {"/other/%2e%2e/acme/x", "{\"tenant\":\"acme\"}", DW_CLAIM_MISMATCH},
        {"/%2561cme/x", "{\"tenant\":\"acme\"}", DW_CLAIM_MISMATCH},
        {"/acme;v=1/x", "{\"tenant\":\"acme\"}", DW_CLAIM_MISMATCH},
        {"/acme/x", "{\"tenant\":\"acme\"}", DW_REASON_NONE},
        {"/acme/x", "{\"tenant\":\"\\u0061cme\"}", DW_REASON_NONE},
        {"/%61cme//x?y", "{\"tenant\":\"acme\"}", DW_REASON_NONE},
        {"/acme/x%2Fy", "{\"tenant\":\"acme\"}", DW_REASON_NONE},
        {"/acme/x", "{\"tenant\":[1,\"other\",\"acme\"]}", DW_REASON_NONE},
        {"/7/x", "{\"tenant\":7}", DW_REASON_NONE},
        {"/true/x", "{\"tenant\":true}", DW_REASON_NONE},
        {"/caf\xc3\xa9/x", "{\"tenant\":\"caf\xc3\xa9\"}", DW_REASON_NONE},
        {"/caf%C3%A9/x", "{\"tenant\":\"caf\\u00e9\"}", DW_REASON_NONE},
    };
    const struct dw_demand demand = {"tenant", "{path.tenant}"};
    const struct dw_route route = {.path = "/{tenant}/**", .require = &demand, .n_require = 1};
    const struct dw_jwt who = {.n_aud = 0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(judge(&route, CASES[i].target, &who, CASES[i].claims), CASES[i].reason);
    }
    (void)judge(&route, "/acme/x", &who, "{\"tenant\":\"other\"}");
    assert_span(found.wanted, "acme");
    assert_span(found.seen, "other");
}

static void values_mix_names_and_text(void **state)
{
    const struct dw_demand demands[] = {{"https://example.com/who", "{path.a}.{path.b}-x"},
                                        {"kind", "user"}};
    const struct dw_route route = {.path = "/{a}/{b}", .require = demands, .n_require = 2};
    const struct dw_jwt who = {.n_aud = 0};

    (void)state;
    assert_int_equal(judge(&route, "/1/2", &who, "{\"https://example.com/who\":\"1.2-x\"}"),
                     DW_CLAIM_MISMATCH);
    assert_int_equal(judge(&route, "/1/2", &who, "{\"kind\":\"user\"}"), DW_CLAIM_MISMATCH);
    assert_int_equal(
        judge(&route, "/1/2", &who, "{\"https://example.com/who\":\"1.2-x\",\"kind\":\"user\"}"),
        DW_REASON_NONE);
}

/* A value that cannot be written out holds nowhere; the rest of the memory is not touched. */
static void the_longest_segment_is_no_trouble(void **state)
{
    static char target[DW_PATH_MAX + 1], claims[DW_PATH_MAX + 16];
    const struct dw_demand demand = {"t", "{path.t}"};
    const struct dw_route route = {.path = "/{t}", .require = &demand, .n_require = 1};
    const struct dw_jwt who = {.n_aud = 0};

    (void)state;
    memset(target, 'x', DW_PATH_MAX);
    target[0] = '/';
    snprintf(claims, sizeof(claims), "{\"t\":\"%.4000s\"}", target + 1);
    assert_int_equal(judge(&route, target, &who, claims), DW_CLAIM_MISMATCH);
    target[4001] = '\0';
    assert_int_equal(judge(&route, target, &who, claims), DW_CLAIM_MISMATCH);
    target[1001] = '\0';
    snprintf(claims, sizeof(claims), "{\"t\":\"%s\"}", target + 1);
    assert_int_equal(judge(&route, target, &who, claims), DW_REASON_NONE);
}

/* Where a path can be read in several ways, the rule of each is met; memory lasts for all of them. */
static void every_reading_is_held_to_its_rule(void **state)
{
    static const struct dw_demand PLAIN = {"tenant", "{path.tenant}"}, FIXED = {"kind", "user"};
    static const struct dw_route ROUTES[] = {
        {.path = "/open/**", .anyone = true},
        {.path = "/{tenant}/{x}", .require = &PLAIN, .n_require = 1},
        {.path = "/**", .require = &FIXED, .n_require = 1},
    };
    static const struct {
        const char *target, *claims;
        size_t rules;
        const struct dw_route *failed;
    } CASES[] = {
        {"/acme/x", "{\"tenant\":\"acme\"}", 1, NULL},
        {"/acme/x%2Fy", "{\"tenant\":\"acme\"}", 2, &ROUTES[2]},
        {"/acme/x%2Fy", "{\"kind\":\"user\"}", 2, &ROUTES[1]},
        {"/acme/x%2Fy", "{\"kind\":\"user\",\"tenant\":\"acme\"}", 2, NULL},
        {"/open/%2e%2e/acme/x", "{\"tenant\":\"acme\"}", 2, NULL},
        {"/open/..%5c..%252facme/x;y%2Fz", "{\"tenant\":\"acme\",\"kind\":\"user\"}", 3,
         &ROUTES[1]},
    };
    const struct dw_policy policy = {.routes = ROUTES, .n_routes = COUNT_OF(ROUTES)};
    static char scratch[DW_PATH_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_request request = {.method = DW_SPAN("GET"),
                                           .target = dw_span_of(CASES[i].target)};
        found = (struct dw_decision){.scheme = DW_SCHEME_BASIC};
        trial = (struct trial){.policy = &policy,
                               .request = &request,
                               .work = &work,
                               .found = &found,
                               .claims = dw_span_of(CASES[i].claims)};
        print_message("# %s %s\n", CASES[i].target, CASES[i].claims);
        assert_true(policy_route(&policy, &request, scratch, &trial.demands));
        assert_int_equal(trial.demands.n, CASES[i].rules);
        assert_int_equal(require_check(&trial),
                         CASES[i].failed == NULL ? DW_REASON_NONE : DW_CLAIM_MISMATCH);
        assert_ptr_equal(found.route, CASES[i].failed);
    }
}

static void broken_claims_let_nobody_in(void **state)
{
    const struct dw_demand demand = {"a", "b"};
    const struct dw_route route = {.path = "/", .require = &demand, .n_require = 1};

    (void)state;
    assert_int_equal(judge(&route, "/", &(struct dw_jwt){.n_aud = 0}, "{\"a\":\"b\""),
                     DW_TOKEN_JSON);
    assert_int_equal(judge(&route, "/", &(struct dw_jwt){.n_aud = 0}, NULL), DW_CLAIM_MISMATCH);
}

/* What nobody wrote down is not checked; and when the spare memory is taken, nobody is let in. */
static void the_checks_come_in_their_order(void **state)
{
    const struct dw_demand demand = {"a", "b"};
    const struct dw_route blank = {.path = "/"};
    const struct dw_route route = {.path = "/",
                                   .audience = {LIST, 1},
                                   .acr = {LIST, 1},
                                   .max_age = 1,
                                   .require = &demand,
                                   .n_require = 1};
    struct dw_jwt who = {.n_aud = 0};

    (void)state;
    assert_int_equal(judge(&blank, "/", &who, NULL), DW_REASON_NONE);
    assert_int_equal(judge(&route, "/", &who, NULL), DW_TOKEN_AUD_MISSING);
    who.aud[who.n_aud++] = DW_SPAN("one");
    assert_int_equal(judge(&route, "/", &who, NULL), DW_STEPUP_ACR);
    who.acr = DW_SPAN("one");
    assert_int_equal(judge(&route, "/", &who, NULL), DW_STEPUP_AGE);
    who.has_auth_time = true;
    who.auth_time = NOW;
    assert_int_equal(judge(&route, "/", &who, NULL), DW_CLAIM_MISMATCH);
    assert_int_equal(judge(&route, "/", &who, "{\"a\":\"b\"}"), DW_REASON_NONE);
    trial.spare = WORK_ROOM;
    assert_int_equal(require_check(&trial), DW_GUARD_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_must_name_the_routes_audience),
        cmocka_unit_test(other_credentials_have_no_audience),
        cmocka_unit_test(the_sign_in_must_be_strong_enough),
        cmocka_unit_test(the_sign_in_must_be_recent_enough),
        cmocka_unit_test(claims_are_compared_with_the_path),
        cmocka_unit_test(values_mix_names_and_text),
        cmocka_unit_test(the_longest_segment_is_no_trouble),
        cmocka_unit_test(every_reading_is_held_to_its_rule),
        cmocka_unit_test(broken_claims_let_nobody_in),
        cmocka_unit_test(the_checks_come_in_their_order),
    };
    return RUN_TAP(tests);
}
