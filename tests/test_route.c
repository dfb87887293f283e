/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "internal.h"

static const char *const WRITE[] = {"POST", "PUT"};
static const char *const GET[] = {"GET"};
static const char *const ALL_OF[] = {"read", "list"};
static const char *const ONE_OF[] = {"admin", "root"};

/* First match wins; the comment is the number a test names it by. */
static const struct dw_route ROUTES[] = {
    {.path = "/health", .anyone = true},                   /* 0 */
    {.path = "/reports/**", .methods = {WRITE, 2}},        /* 1 */
    {.path = "/reports/**"},                               /* 2 */
    {.path = "/users/{id}/keys"},                          /* 3 */
    {.path = "/users/*"},                                  /* 4 */
    {.path = "/got", .methods = {GET, 1}},                 /* 5 */
    {.path = "/public/**", .anyone = true},                /* 6 */
    {.path = "/", .anyone = true},                         /* 7 */
};

static const struct dw_policy POLICY = {.routes = ROUTES, .n_routes = COUNT_OF(ROUTES)};

static char scratch[DW_PATH_MAX];

static struct demands demands_of(const char *method, const char *target)
{
    const struct dw_request request = {.method = dw_span_of(method), .target = dw_span_of(target)};
    struct demands demands = {.n = 99};

    print_message("# %s %s\n", method, target);
    assert_true(policy_route(&POLICY, &request, scratch, &demands));
    return demands;
}

static void each_request_finds_its_first_rule(void **state)
{
    static const struct {
        const char *method, *target;
        int route;
    } CASES[] = {
        {"GET", "/health", 0},       {"GET", "/health/", 0},       {"GET", "/health?x", 0},
        {"GET", "/%68ealth", 0},     {"GET", "//health", 0},       {"GET", "/health/x", -1},
        {"GET", "/Health", -1},      {"GET", "/healthy", -1},      {"POST", "/reports", 1},
        {"PUT", "/reports/a/b", 1},  {"GET", "/reports/a/b", 2},   {"post", "/reports", 2},
        {"GET", "/reportsx", -1},    {"GET", "/users/7/keys", 3},  {"GET", "/users/7", 4},
        {"GET", "/users", -1},       {"GET", "/users/7/x", -1},    {"GET", "/got", 5},
        {"HEAD", "/got", 5},         {"POST", "/got", -1},         {"GET", "/", 7},
        {"GET", "", 7},              {"OPTIONS", "*", -1},         {"GET", "/public", 6},
        {"GET", "http://h/health", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct demands demands = demands_of(CASES[i].method, CASES[i].target);
        const struct dw_route *expected = CASES[i].route < 0 ? NULL : &ROUTES[CASES[i].route];
        assert_int_equal(demands.n, 1);
        assert_ptr_equal(demands.routes[0], expected);
    }
}

static bool demands_route(const struct demands *demands, const struct dw_route *route)
{
    for (size_t i = 0; i < demands->n; i++) {
        if (demands->routes[i] == route) {
            return true;
        }
    }
    return false;
}

/* However it is spelt, what some server behind may take for /reports meets the rule for it. */
static void no_spelling_escapes_a_rule(void **state)
{
    static const char *const TARGETS[] = {
        "/reports/x",
        "/%72eports/x",
        "//reports//x",
        "/./reports/x",
        "/public/../reports/x",
        "/public/%2e%2e/reports/x",
        "/public/..%2freports/x",
        "/public%2f..%2freports/x",
        "/public/..;/reports/x",
        "/public/..;a=b/reports/x",
        "/reports;a=b/x",
        "/reports%3ba/x",
        "/reports%2fx",
        "/reports\\x",
        "/reports%5cx",
        "/public\\..\\reports/x",
        "/public/%252e%252e/reports/x",
        "/public/..%252freports/x",
        "/%2572eports/x",
        "/reports/../public",
        "/reports/%2e%2e/public",
        "/reports%2f..%2fpublic",
        "/reports;/x%2f..%2f..%2fpublic",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TARGETS); i++) {
        const struct demands demands = demands_of("GET", TARGETS[i]);
        assert_true(demands_route(&demands, &ROUTES[2]));
    }
}

static void a_broken_path_has_no_route(void **state)
{
    const struct dw_request request = {.method = DW_SPAN("GET"), .target = DW_SPAN("/a%00")};
    struct demands demands;

    (void)state;
    assert_false(policy_route(&POLICY, &request, scratch, &demands));
}

static void scopes_are_compared_word_by_word(void **state)
{
    const struct dw_route route = {
        .path = "/", .scope = {ALL_OF, 2}, .scope_any = {ONE_OF, 2}};
    static const struct {
        const char *scope, *place;
        bool suffices;
    } CASES[] = {
        {"", "", false},
        {NULL, "", false},
        {"read list", "", false},
        {"read admin", "", false},
        {"reads list admin", "", false},
        {"read list adm", "", false},
        {"readlist admin", "", false},
        {"read,list,admin", "", false},
        {"read list admin", "extra", false},
        {"read list admin", "", true},
        {"root  list read", "", true},
        {"admin extra read list", "extra", true},
        {"admin extra read list", " extra  read ", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        print_message("# \"%s\"\n", CASES[i].scope == NULL ? "" : CASES[i].scope);
        assert_int_equal(scope_suffices(dw_span_of(CASES[i].scope), &route,
                                        dw_span_of(CASES[i].place)),
                         CASES[i].suffices);
    }
    assert_true(scope_suffices(dw_span_of(NULL), NULL, dw_span_of(NULL)));
    assert_false(scope_suffices(dw_span_of(NULL), NULL, DW_SPAN("x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_finds_its_first_rule),
        cmocka_unit_test(no_spelling_escapes_a_rule),
        cmocka_unit_test(a_broken_path_has_no_route),
        cmocka_unit_test(scopes_are_compared_word_by_word),
    };
    return RUN_TAP(tests);
}
