/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

static void broken_patterns_are_refused(void **state)
{
    static const char *const PATHS[] = {
        "",       "a",      "/a/",    "//",   "/a//b", "/a/../b", "/./a", "/a%20b", "/a?b", "/a#b",
        "/**/a",  "/a*",    "/{a",    "/{a}b", "/a;b", "/a b",    "/a\\b", "/\x01",
    };
    const char *fault = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        const struct dw_route route = {.path = PATHS[i]};
        print_message("# %s\n", PATHS[i]);
        assert_int_equal(dw_route_check(&route, &fault), DW_ERR_POLICY);
        assert_non_null(fault);
    }
}

static void sound_patterns_are_taken(void **state)
{
    static const char *const PATHS[] = {"/", "/a", "/a/b.c", "/**", "/a/**", "/*/b", "/{id}/x", "/~a"};
    const char *fault = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        const struct dw_route route = {.path = PATHS[i]};
        print_message("# %s\n", PATHS[i]);
        assert_int_equal(dw_route_check(&route, &fault), 0);
    }
}

static const char *const BAD_SCOPE[] = {"a b"};
static const char *const SCOPE[] = {"read"};
static const char *const BAD_METHOD[] = {"GET POST"};
static const char *const AUDIENCE[] = {"api"};

static void broken_routes_are_refused(void **state)
{
    const struct dw_route routes[] = {
        {.path = "/", .scope = {BAD_SCOPE, 1}},
        {.path = "/", .scope_any = {BAD_SCOPE, 1}},
        {.path = "/", .methods = {BAD_METHOD, 1}},
        {.path = "/", .scope = {SCOPE, DW_LIST_MAX + 1}},
        {.path = "/", .anyone = true, .scope = {SCOPE, 1}},
        {.path = "/", .accept = {DW_SCHEMES_END}},
        {.path = NULL},
    };
    const char *fault = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        assert_int_equal(dw_route_check(&routes[i], &fault), DW_ERR_POLICY);
    }
}

static void broken_policies_are_refused(void **state)
{
    const struct dw_trust no_audience = {.issuer = "https://i"};
    const struct dw_trust both = {.issuer = "https://i", .audiences = {AUDIENCE, 1}, .any_audience = true};
    const struct dw_trust no_alg = {.issuer = "https://i", .any_audience = true, .algorithms = 1};
    const struct dw_trust no_name = {.issuer = "", .any_audience = true};
    const struct dw_trust twice[] = {{.issuer = "https://i", .any_audience = true},
                                     {.issuer = "https://i", .any_audience = true}};
    const struct dw_policy policies[] = {
        {.leeway = 61},
        {.leeway = -1},
        {.malformed = 403},
        {.realm = ""},
        {.realm = "a\nb"},
        {.n_trust = DW_TRUST_MAX + 1},
        {.n_routes = DW_ROUTES_MAX + 1},
        {.trust = &no_audience, .n_trust = 1},
        {.trust = &both, .n_trust = 1},
        {.trust = &no_alg, .n_trust = 1},
        {.trust = &no_name, .n_trust = 1},
        {.trust = twice, .n_trust = 2},
    };
    const char *fault = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        fault = NULL;
        print_message("# policy %zu\n", i);
        assert_int_equal(dw_policy_check(&policies[i], &fault), DW_ERR_POLICY);
        assert_non_null(fault);
    }
}

static void a_blank_policy_is_sound(void **state)
{
    const struct dw_policy policy = {.realm = NULL};
    const char *fault = "untouched";

    (void)state;
    assert_int_equal(dw_policy_check(&policy, &fault), 0);
    assert_string_equal(fault, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_patterns_are_refused),
        cmocka_unit_test(sound_patterns_are_taken),
        cmocka_unit_test(broken_routes_are_refused),
        cmocka_unit_test(broken_policies_are_refused),
        cmocka_unit_test(a_blank_policy_is_sound),
    };
    return RUN_TAP(tests);
}
