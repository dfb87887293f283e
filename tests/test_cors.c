/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_fields.h"

#include "schemes.h"

static const char *const APPS[] = {"https://app.example.com", "http://localhost:3000"};
static const char *const STAR[] = {"https://app.example.com", "*"};
static const struct dw_route LISTED = {.path = "/", .cors.origins = {APPS, 2}};
static const struct dw_route OPEN = {.path = "/", .cors.origins = {STAR, 2}};
static const struct dw_route CLOSED = {.path = "/"};

static struct dw_denial denial_for(const struct dw_route *route, const struct dw_field *fields,
                                   size_t n)
{
    static char buffer[DW_DENIAL_SIZE];
    const struct dw_policy policy = {.realm = NULL};
    const struct dw_request request = {.fields = fields, .n_fields = n};
    const struct dw_decision decision = {.reason = DW_SCOPE_INSUFFICIENT, .route = route};
    struct dw_denial denial;

    assert_int_equal(dw_denial_write(&policy, &request, &decision, DW_SPAN("1"), buffer,
                                     sizeof(buffer), &denial),
                     0);
    return denial;
}

static void origins_are_compared_byte_by_byte(void **state)
{
    static const struct {
        const struct dw_route *route;
        const char *origin, *allowed;
    } CASES[] = {
        {&LISTED, "null", NULL},
        {&LISTED, "", NULL},
        {&LISTED, "*", NULL},
        {&LISTED, "https://app.example.com.evil.example", NULL},
        {&LISTED, "https://app.example.co", NULL},
        {&LISTED, "https://evil-app.example.com", NULL},
        {&LISTED, "HTTPS://app.example.com", NULL},
        {&LISTED, "https://app.example.com/", NULL},
        {&LISTED, "https://app.example.com:443", NULL},
        {&LISTED, "http://app.example.com", NULL},
        {&LISTED, "http://localhost:3001", NULL},
        {&LISTED, "https://app.example.com https://app.example.com", NULL},
        {&LISTED, "https://app.example.com", "https://app.example.com"},
        {&LISTED, "http://localhost:3000", "http://localhost:3000"},
        {&OPEN, "https://app.example.com", "*"},
        {&OPEN, "null", "*"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_field origin = {DW_SPAN("origin"), dw_span_of(CASES[i].origin)};
        const struct dw_request request = {.fields = &origin, .n_fields = 1};
        const struct dw_denial denial = denial_for(CASES[i].route, &origin, 1);
        const bool listed = CASES[i].allowed != NULL && CASES[i].allowed[0] != '*';
        print_message("# %s\n", CASES[i].origin);
        assert_int_equal(cors_allows(&CASES[i].route->cors, &request), CASES[i].allowed != NULL);
        assert_span(field_of(&denial, "Access-Control-Allow-Origin", 0), CASES[i].allowed);
        assert_span(field_of(&denial, "Access-Control-Allow-Credentials", 0),
                    listed ? "true" : NULL);
        assert_span(field_of(&denial, "Access-Control-Expose-Headers", 0),
                    CASES[i].allowed == NULL
                        ? NULL
                        : "WWW-Authenticate, DPoP-Nonce, Doorward-Id, Retry-After");
        assert_span(field_of(&denial, "Vary", 0), "Origin");
    }
}

static void nobody_is_allowed_without_one_origin(void **state)
{
    const struct dw_field twice[] = {{DW_SPAN("Origin"), dw_span_of(APPS[0])},
                                     {DW_SPAN("origin"), dw_span_of(APPS[0])}};
    struct dw_denial denial;

    (void)state;
    for (size_t n = 0; n <= 2; n += 2) {
        denial = denial_for(&LISTED, twice, n);
        assert_int_equal(count_fields(&denial, "Access-Control-Allow-Origin"), 0);
        assert_span(field_of(&denial, "Vary", 0), "Origin");
        denial = denial_for(&OPEN, twice, n);
        assert_int_equal(count_fields(&denial, "Access-Control-Allow-Origin"), 0);
    }
}

static void a_route_without_cors_says_nothing_of_it(void **state)
{
    const struct dw_field origin = {DW_SPAN("Origin"), dw_span_of(APPS[0])};
    const struct dw_request request = {.fields = &origin, .n_fields = 1};
    const struct dw_route *const routes[] = {&CLOSED, NULL};

    (void)state;
    assert_false(cors_allows(&CLOSED.cors, &request));
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        const struct dw_denial denial = denial_for(routes[i], &origin, 1);
        assert_int_equal(count_fields(&denial, "Access-Control-Allow-Origin"), 0);
        assert_int_equal(count_fields(&denial, "Vary"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_are_compared_byte_by_byte),
        cmocka_unit_test(nobody_is_allowed_without_one_origin),
        cmocka_unit_test(a_route_without_cors_says_nothing_of_it),
    };
    return RUN_TAP(tests);
}
