/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "internal.h"

static const char *const WRITE[] = {"POST", "PUT"};
static const char *const GET[] = {"GET"};
static const char *const ALL_OF[] = {"read", "list"};
static const char *const ONE_OF[] = {"admin", "root"};

/* First match wins; the comment is the number a test names it by. */
static const struct dw_route ROUTES[] = {
    {.path = "/health", .anyone = true},            /* 0 */
    {.path = "/reports/**", .methods = {WRITE, 2}}, /* 1 */
    {.path = "/reports/**"},                        /* 2 */
    {.path = "/users/{id}/keys"},                   /* 3 */
    {.path = "/users/*"},                           /* 4 */
    {.path = "/got", .methods = {GET, 1}},          /* 5 */
    {.path = "/public/**", .anyone = true},         /* 6 */
    {.path = "/", .anyone = true},                  /* 7 */
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
        {"GET", "/health", 0},
        {"GET", "/health/", 0},
        {"GET", "/health?x", 0},
        {"GET", "/%68ealth", 0},
        {"GET", "/health//", 0},
        {"GET", "/health/x", -1},
        {"GET", "/Health", -1},
        {"GET", "/healthy", -1},
        {"POST", "/reports", 1},
        {"PUT", "/reports/a/b", 1},
        {"GET", "/reports/a/b", 2},
        {"post", "/reports", 2},
        {"GET", "/reportsx", -1},
        {"GET", "/users/7/keys", 3},
        {"GET", "/users/7", 4},
        {"GET", "/users", -1},
        {"GET", "/users/7/x", -1},
        {"GET", "/got", 5},
        {"HEAD", "/got", 5},
        {"POST", "/got", -1},
        {"GET", "/", 7},
        {"GET", "", 7},
        {"OPTIONS", "*", -1},
        {"GET", "/public", 6},
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
        "/reports;/x%2f..%2fpublic",
        "//public/reports/x",
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
    const struct dw_route route = {.path = "/", .scope = {ALL_OF, 2}, .scope_any = {ONE_OF, 2}};
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
        assert_int_equal(
            scope_suffices(dw_span_of(CASES[i].scope), &route, dw_span_of(CASES[i].place)),
            CASES[i].suffices);
    }
    assert_true(scope_suffices(dw_span_of(NULL), NULL, dw_span_of(NULL)));
    assert_false(scope_suffices(dw_span_of(NULL), NULL, DW_SPAN("x")));
}

static void a_rule_knows_its_readings(void **state)
{
    const struct demands plain = demands_of("GET", "/users/7");
    const struct demands slash = demands_of("GET", "/users/7%2Fkeys");
    const struct demands mixed = demands_of("GET", "/users/a;b/keys");

    (void)state;
    assert_int_equal(plain.readings[0], 1);
    assert_int_equal(slash.n, 2);
    assert_int_equal(slash.readings[0] & slash.readings[1], 0);
    assert_int_equal(slash.readings[0] | slash.readings[1], (1u << slash.path.n_readings) - 1);
    assert_int_equal(mixed.n, 1);
    assert_int_equal(mixed.readings[0], (1u << mixed.path.n_readings) - 1);
}

static void a_route_offers_bearer_unless_it_says_otherwise(void **state)
{
    const struct dw_route blank = {.path = "/"};
    const struct dw_route two = {.path = "/", .accept = {DW_SCHEME_COOKIE, DW_SCHEME_BASIC}};
    const struct dw_route all = {.path = "/",
                                 .accept = {DW_SCHEME_BEARER, DW_SCHEME_BASIC, DW_SCHEME_DIGEST,
                                            DW_SCHEME_APIKEY, DW_SCHEME_COOKIE,
                                            DW_SCHEME_CERTIFICATE, DW_SCHEME_DPOP, DW_SCHEME_NONE}};

    (void)state;
    assert_int_equal(route_offers(NULL, 0), DW_SCHEME_BEARER);
    assert_int_equal(route_offers(&blank, 0), DW_SCHEME_BEARER);
    assert_int_equal(route_offers(&blank, 1), DW_SCHEME_NONE);
    assert_int_equal(route_offers(&two, 1), DW_SCHEME_BASIC);
    assert_int_equal(route_offers(&two, 2), DW_SCHEME_NONE);
    assert_int_equal(route_offers(&all, 6), DW_SCHEME_DPOP);
    assert_int_equal(route_offers(&all, DW_SCHEMES_END), DW_SCHEME_NONE);
    assert_true(route_accepts(NULL, DW_SCHEME_BEARER));
    assert_false(route_accepts(NULL, DW_SCHEME_DPOP));
    assert_false(route_accepts(NULL, DW_SCHEME_NONE));
    assert_true(route_accepts(&two, DW_SCHEME_BASIC));
    assert_false(route_accepts(&two, DW_SCHEME_BEARER));
    assert_false(route_accepts(&two, DW_SCHEME_NONE));
}

static void segments_are_found_by_name(void **state)
{
    static const struct {
        const char *pattern, *path, *name, *segment;
    } CASES[] = {
        {"/users/{id}", "/users/7", "user", NULL},
        {"/users/{id}", "/users/7", "i", NULL},
        {"/users/{id}", "/users/7", "", NULL},
        {"/users/id", "/users/7", "id", NULL},
        {"/users/{id}", "/users/7", "id", "7"},
        {"/{tenant}/*/{id}/**", "/acme/x/7/y/z", "tenant", "acme"},
        {"/{tenant}/*/{id}/**", "/acme/x/7/y/z", "id", "7"},
        {"/{tenant}/**", "/acme", "tenant", "acme"},
        {"/a/**", "/a/b", "b", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_route route = {.path = CASES[i].pattern};
        print_message("# %s %s\n", CASES[i].pattern, CASES[i].name);
        assert_span(route_segment(&route, dw_span_of(CASES[i].path), dw_span_of(CASES[i].name)),
                    CASES[i].segment);
    }
}

/* Names in angle brackets; an exclamation mark where it ends too early. */
static void a_demand_is_taken_piece_by_piece(void **state)
{
    static const struct {
        const char *value, *pieces;
    } CASES[] = {
        {"", ""},
        {"{", "!"},
        {"{path.", "!"},
        {"{path.}", "!"},
        {"{path.a", "!"},
        {"{Path.a}", "!"},
        {"a{b}", "(a)!"},
        {"a", "(a)"},
        {"}", "(})"},
        {"{path.a}", "<a>"},
        {"x-{path.a}{path.b}-y", "(x-)<a><b>(-y)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct dw_span rest = dw_span_of(CASES[i].value);
        struct dw_span piece;
        char buffer[64];
        struct text text;
        bool is_name;

        print_message("# %s\n", CASES[i].value);
        text_init(&text, buffer, sizeof(buffer));
        while (demand_piece(&rest, &piece, &is_name)) {
            text_char(&text, is_name ? '<' : '(');
            text_add(&text, piece);
            text_char(&text, is_name ? '>' : ')');
        }
        text_put(&text, rest.len > 0 ? "!" : "");
        assert_span(text_span(&text), CASES[i].pieces);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_finds_its_first_rule),
        cmocka_unit_test(no_spelling_escapes_a_rule),
        cmocka_unit_test(a_broken_path_has_no_route),
        cmocka_unit_test(scopes_are_compared_word_by_word),
        cmocka_unit_test(a_rule_knows_its_readings),
        cmocka_unit_test(a_route_offers_bearer_unless_it_says_otherwise),
        cmocka_unit_test(segments_are_found_by_name),
        cmocka_unit_test(a_demand_is_taken_piece_by_piece),
    };
    return RUN_TAP(tests);
}
