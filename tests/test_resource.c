/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

static char buffer[8192];

static struct dw_span document_of(const struct dw_policy *policy)
{
    const char *fault = "";
    size_t len = 0;

    if (dw_policy_check(policy, &fault) != 0) {
        fail_msg("%s", fault);
    }
    assert_int_equal(dw_resource_write(policy, buffer, sizeof(buffer), &len), 0);
    return (struct dw_span){buffer, len};
}

static void what_says_nothing_has_no_document(void **state)
{
    const struct dw_policy policy = {.resource.name = "An API"};
    size_t len = 7;

    (void)state;
    assert_int_equal(dw_resource_write(&policy, buffer, sizeof(buffer), &len), DW_ERR_POLICY);
    assert_int_equal(len, 7);
}

static void a_document_may_be_short(void **state)
{
    const struct dw_policy policy = {.resource.resource = "https://api.example.com"};

    (void)state;
    assert_span(document_of(&policy), "{\"resource\":\"https://api.example.com\","
                                      "\"bearer_methods_supported\":[\"header\"]}\n");
}

static void a_document_says_all_there_is(void **state)
{
    static const char *const SCOPES[] = {"read", "write"};
    static const struct dw_trust TRUST[] = {
        {.issuer = "https://a.example.com", .any_audience = true},
        {.issuer = "https://b.example.com/x", .any_audience = true},
    };
    static const struct dw_route ROUTES[] = {
        {.path = "/open", .anyone = true, .accept = {DW_SCHEME_BEARER}},
        {.path = "/**", .accept = {DW_SCHEME_DPOP, DW_SCHEME_CERTIFICATE}},
        {.path = "/never", .accept = {DW_SCHEME_BEARER}},
    };
    const struct dw_policy policy = {
        .schemes.dpop.algorithms = DW_ALG_BIT(DW_ALG_ES256) | DW_ALG_BIT(DW_ALG_EdDSA),
        .resource = {.resource = "https://api.example.com/v1",
                     .metadata = "https://api.example.com/.well-known/oauth-protected-resource/v1",
                     .name = "An \"API\"",
                     .documentation = "https://docs.example.com/",
                     .scopes = {SCOPES, 2}},
        .trust = TRUST,
        .n_trust = 2,
        .routes = ROUTES,
        .n_routes = 3,
    };

    (void)state;
    assert_span(document_of(&policy),
                "{\"resource\":\"https://api.example.com/v1\","
                "\"authorization_servers\":[\"https://a.example.com\",\"https://b.example.com/x\"],"
                "\"scopes_supported\":[\"read\",\"write\"],"
                "\"bearer_methods_supported\":[\"header\"],"
                "\"resource_name\":\"An \\\"API\\\"\","
                "\"resource_documentation\":\"https://docs.example.com/\","
                "\"dpop_signing_alg_values_supported\":[\"ES256\",\"EdDSA\"],"
                "\"dpop_bound_access_tokens_required\":true,"
                "\"tls_client_certificate_bound_access_tokens\":true}\n");
}

/* "Required" is said only where no route at all takes a token that is bound to nothing. */
static void bound_tokens_are_required_where_no_others_go(void **state)
{
    static const char *const GET[] = {"GET"};
    static const struct dw_route CASES[][2] = {
        {{.path = "/a", .accept = {DW_SCHEME_DPOP}}, {.path = "/b", .accept = {DW_SCHEME_DPOP}}},
        {{.path = "/a", .accept = {DW_SCHEME_DPOP}}, {.path = "/**"}},
        {{.path = "/a"}, {.path = "/**", .accept = {DW_SCHEME_DPOP}}},
        {{.path = "/**", .methods = {GET, 1}, .accept = {DW_SCHEME_DPOP}},
         {.path = "/a", .anyone = true}},
        {{.path = "/a", .accept = {DW_SCHEME_BASIC}}, {.path = "/**", .accept = {DW_SCHEME_DPOP}}},
        {{.path = "/**", .accept = {DW_SCHEME_DPOP}}, {.path = "/a"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_policy policy = {
            .resource.resource = "https://api.example.com", .routes = CASES[i], .n_routes = 2};
        const struct dw_span document = document_of(&policy);
        print_message("# %zu\n", i);
        assert_non_null(memmem(document.at, document.len, "\"RS256\"", 7));
        assert_null(memmem(document.at, document.len, "HS256", 5));
        assert_int_equal(memmem(document.at, document.len, "_required", 9) != NULL, i >= 4);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    const struct dw_policy policy = {.resource.resource = "https://api.example.com"};
    const size_t whole = document_of(&policy).len;
    size_t len = 7;

    (void)state;
    for (size_t size = 0; size < whole; size++) {
        char *exact = malloc(size == 0 ? 1 : size);
        assert_int_equal(dw_resource_write(&policy, exact, size, &len), DW_ERR_SIZE);
        free(exact);
    }
    assert_int_equal(len, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_says_nothing_has_no_document),
        cmocka_unit_test(a_document_may_be_short),
        cmocka_unit_test(a_document_says_all_there_is),
        cmocka_unit_test(bound_tokens_are_required_where_no_others_go),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return RUN_TAP(tests);
}
