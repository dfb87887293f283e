/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

/* What only a fault is said of: each must be refused, with a sentence. */
static void refuse_route(struct dw_route route)
{
    const char *fault = NULL;

    print_message("# %s\n", route.path == NULL ? "(no path)" : route.path);
    assert_int_equal(dw_route_check(&route, &fault), DW_ERR_POLICY);
    assert_non_null(fault);
    print_message("#   %s\n", fault);
}

static void take_route(struct dw_route route)
{
    const char *fault = "";

    assert_int_equal(dw_route_check(&route, &fault), 0);
    assert_string_equal(fault, "");
}

static void refuse(struct dw_policy policy)
{
    const char *fault = NULL;

    assert_int_equal(dw_policy_check(&policy, &fault), DW_ERR_POLICY);
    assert_non_null(fault);
    print_message("# %s\n", fault);
}

static void take(struct dw_policy policy)
{
    const char *fault = "";
    const int error = dw_policy_check(&policy, &fault);

    print_message("# %s\n", fault);
    assert_int_equal(error, 0);
}

static void broken_patterns_are_refused(void **state)
{
    static const char *const PATHS[] = {
        "",     "a",     "/a/", "//",  "/a//b", "/a/../b", "/./a", "/a%20b", "/a?b",
        "/a#b", "/**/a", "/a*", "/{a", "/{a}b", "/a;b",    "/a b", "/a\\b",  "/\x01",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        refuse_route((struct dw_route){.path = PATHS[i]});
    }
}

static void sound_patterns_are_taken(void **state)
{
    static const char *const PATHS[] = {"/",     "/a",   "/a/b.c",  "/**",
                                        "/a/**", "/*/b", "/{id}/x", "/~a"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        take_route((struct dw_route){.path = PATHS[i]});
    }
}

static const char *const BAD_SCOPE[] = {"a b"};
static const char *const SCOPE[] = {"read"};
static const char *const BAD_METHOD[] = {"GET POST"};
static const char *const BLANK[] = {""};
static const char *const MISSING[] = {NULL};
static const struct dw_demand TENANT = {"tenant", "{path.tenant}"};

static void broken_routes_are_refused(void **state)
{
    const struct dw_route routes[] = {
        {.path = NULL},
        {.path = "/scope", .scope = {BAD_SCOPE, 1}},
        {.path = "/scope_any", .scope_any = {BAD_SCOPE, 1}},
        {.path = "/scope_any", .scope_any = {MISSING, 1}},
        {.path = "/methods", .methods = {BAD_METHOD, 1}},
        {.path = "/long", .scope = {SCOPE, DW_LIST_MAX + 1}},
        {.path = "/long", .acr = {SCOPE, DW_LIST_MAX + 1}},
        {.path = "/long", .audience = {SCOPE, DW_LIST_MAX + 1}},
        {.path = "/long", .cors.origins = {SCOPE, DW_LIST_MAX + 1}},
        {.path = "/long", .require = &TENANT, .n_require = DW_LIST_MAX + 1},
        {.path = "/acr", .acr = {BAD_SCOPE, 1}},
        {.path = "/audience", .audience = {BLANK, 1}},
        {.path = "/age", .max_age = -1},
        {.path = "/malformed", .malformed = 403},
        {.path = "/accept", .accept = {DW_SCHEMES_END}},
        {.path = "/accept", .accept = {DW_SCHEME_BASIC, DW_SCHEME_DPOP, DW_SCHEME_BASIC}},
        {.path = "/anyone", .anyone = true, .scope = {SCOPE, 1}},
        {.path = "/anyone", .anyone = true, .scope_any = {SCOPE, 1}},
        {.path = "/anyone", .anyone = true, .acr = {SCOPE, 1}},
        {.path = "/anyone", .anyone = true, .audience = {SCOPE, 1}},
        {.path = "/{tenant}", .anyone = true, .require = &TENANT, .n_require = 1},
        {.path = "/anyone", .anyone = true, .max_age = 1},
        {.path = "/anyone", .anyone = true, .hide = true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        refuse_route(routes[i]);
    }
}

/* What is written into one field must stay within it. */
static void lists_are_bounded_in_bytes(void **state)
{
    static char word[DW_TEXT_MAX + 1];
    const char *const words[] = {word, word, word, word};
    const struct dw_list three = {words, 3}, four = {words, 4};

    (void)state;
    memset(word, 'w', DW_TEXT_MAX);
    take_route((struct dw_route){.path = "/", .scope = three, .acr = three});
    refuse_route((struct dw_route){.path = "/", .scope = four});
    refuse_route((struct dw_route){.path = "/", .scope = three, .scope_any = {words, 1}});
    refuse_route((struct dw_route){.path = "/", .acr = four});
}

static void demands_name_segments_of_their_own_path(void **state)
{
    static const struct {
        const char *path, *value;
        bool sound;
    } CASES[] = {
        {"/{tenant}", "{path.user}", false},
        {"/tenant", "{path.tenant}", false},
        {"/{tenant}/{tenant}", "{path.tenant}", false},
        {"/{tenant}", "{path.}", false},
        {"/{tenant}", "{path.tenant", false},
        {"/{tenant}", "{tenant}", false},
        {"/{tenant}", "x{", false},
        {"/{tenant}", "{path.tenant}{", false},
        {"/{tenant}", "", false},
        {"/{tenant}", NULL, false},
        {"/{tenant}", "{path.tenant}", true},
        {"/{tenant}/{user}/**", "x-{path.user}.{path.tenant}-y}", true},
        {"/", "plain", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_demand demand = {"tenant", CASES[i].value};
        const struct dw_route route = {.path = CASES[i].path, .require = &demand, .n_require = 1};
        print_message("# %s\n", CASES[i].value == NULL ? "(none)" : CASES[i].value);
        if (CASES[i].sound) {
            take_route(route);
        } else {
            refuse_route(route);
        }
    }
    refuse_route(
        (struct dw_route){.path = "/", .require = &(struct dw_demand){"", "x"}, .n_require = 1});
}

static void origins_are_as_browsers_write_them(void **state)
{
    static const char *const BAD[] = {
        "",
        "null",
        "app.example.com",
        "https://",
        "https://a/",
        "https://a/b",
        "HTTPS://a",
        "https://A",
        "https://a:",
        "https://a:0",
        "https://a:65536",
        "https://a:99999999999999999999",
        "https://a:8o",
        "https://u@a",
        "https://a b",
        "https://*.a",
        "https://[::1",
        "https://[]",
        "://a",
        "https://a?b",
        "https:/a",
        "1https://a",
        "https://a~b",
    };
    static const char *const GOOD[] = {
        "https://app.example.com", "http://localhost:3000",  "https://[2001:db8::1]:8443",
        "https://192.0.2.1",       "moz-extension://1b2c-3",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        print_message("# %s\n", BAD[i]);
        refuse_route((struct dw_route){.path = "/", .cors.origins = {&BAD[i], 1}});
        refuse((struct dw_policy){.schemes.cookie.origins = {&BAD[i], 1}});
        refuse((struct dw_policy){.origin = BAD[i]});
    }
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        print_message("# %s\n", GOOD[i]);
        take_route((struct dw_route){.path = "/", .cors.origins = {&GOOD[i], 1}});
        take((struct dw_policy){.schemes.cookie.origins = {&GOOD[i], 1}});
    }
    const char *const star = "*";
    take_route((struct dw_route){.path = "/", .cors.origins = {&star, 1}});
    refuse((struct dw_policy){.schemes.cookie.origins = {&star, 1}});
    refuse((struct dw_policy){.origin = GOOD[4]});
    take((struct dw_policy){.origin = GOOD[0]});
}

static void broken_policies_are_refused(void **state)
{
    const struct dw_policy policies[] = {
        {.leeway = 61},
        {.leeway = -1},
        {.malformed = 403},
        {.realm = ""},
        {.realm = "a\nb"},
        {.n_trust = DW_TRUST_MAX + 1},
        {.n_routes = DW_ROUTES_MAX + 1},
        {.resource.resource = "api"},
        {.resource.resource = "https://api.example.com#part"},
        {.resource.resource = "https:///path"},
        {.resource.metadata = "ftp://api.example.com/"},
        {.resource.metadata = "https://api.example.com/ x"},
        {.resource.documentation = "https://api.example.com/\"x"},
        {.resource.name = "a\nb"},
        {.resource.scopes = {BAD_SCOPE, 1}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        refuse(policies[i]);
    }
}

static void broken_issuers_are_refused(void **state)
{
    const struct dw_trust cases[][2] = {
        {{.issuer = "https://i"}},
        {{.issuer = "https://i", .audiences = {SCOPE, 1}, .any_audience = true}},
        {{.issuer = "https://i", .audiences = {SCOPE, DW_LIST_MAX + 1}}},
        {{.issuer = "https://i", .any_audience = true, .algorithms = 1}},
        {{.issuer = "https://i", .any_audience = true, .algorithms = DW_ALG_BIT(DW_ALGS_END)}},
        {{.issuer = "", .any_audience = true}},
        {{.issuer = "https://i", .any_audience = true, .opaque_prefix = "at_"}},
        {{.issuer = "https://i", .any_audience = true, .introspects = true, .opaque_prefix = ""}},
        {{.issuer = "https://i", .any_audience = true},
         {.issuer = "https://i", .any_audience = true}},
        {{.issuer = "https://i", .any_audience = true, .introspects = true},
         {.issuer = "https://j", .any_audience = true, .introspects = true}},
        {{.issuer = "https://i", .any_audience = true, .introspects = true, .opaque_prefix = "a"},
         {.issuer = "https://j", .any_audience = true, .introspects = true, .opaque_prefix = "ab"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        refuse(
            (struct dw_policy){.trust = cases[i], .n_trust = cases[i][1].issuer == NULL ? 1 : 2});
    }
}

static void issuers_of_opaque_tokens_are_told_apart(void **state)
{
    const struct dw_trust trust[] = {
        {.issuer = "https://i", .any_audience = true, .introspects = true},
        {.issuer = "https://j", .any_audience = true, .introspects = true, .opaque_prefix = "j_"},
        {.issuer = "https://k", .any_audience = true, .introspects = true, .opaque_prefix = "k_"},
        {.issuer = "https://l", .any_audience = true},
    };

    (void)state;
    take((struct dw_policy){.trust = trust, .n_trust = COUNT_OF(trust)});
}

#define SHA256_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void broken_schemes_are_refused(void **state)
{
    const struct dw_schemes schemes[] = {
        {.digest.algorithms = 1u << DW_DIGESTS_END},
        {.digest.nonce_life = -1},
        {.digest.nonce_life = 24 * 60 * 60 + 1},
        {.digest.auth_int = -1},
        {.digest.auth_int = 1024 * 1024 + 1},
        {.apikey.prefix = ""},
        {.apikey.prefix = "a_b"},
        {.apikey.prefix = "1a"},
        {.apikey.prefix = "abcdefghijklmnopq"},
        {.apikey.field = "X Key"},
        {.apikey.field = "authorization"},
        {.apikey.field = "Doorward-Key"},
        {.apikey.query = "a b"},
        {.apikey.query = "a%62"},
        {.apikey.query = ""},
        {.cookie.name = "a b"},
        {.cookie.name = "__Host-a=b"},
        {.cookie.sign_in = "sign-in"},
        {.cookie.sign_in = "//elsewhere.example"},
        {.cookie.sign_in = "/\\elsewhere.example"},
        {.cookie.sign_in = "/a?b"},
        {.cookie.sign_in = ""},
        {.certificate.field = "Cookie"},
        {.certificate.n_rules = 1025},
        {.dpop.algorithms = 1},
        {.dpop.algorithms = DW_ALG_BIT(DW_ALG_HS256)},
        {.dpop.algorithms = DW_ALG_BIT(DW_ALGS_END)},
        {.dpop.window = -1},
        {.dpop.window = 301},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        refuse((struct dw_policy){.schemes = schemes[i]});
    }
}

static void broken_certificate_rules_are_refused(void **state)
{
    const struct dw_certificate_rule rules[] = {
        {.principal = "somebody"},
        {.fingerprint = ""},
        {.fingerprint = "e3:b0"},
        {.fingerprint = SHA256_OF_NOTHING "0"},
        {.fingerprint = "g" SHA256_OF_NOTHING},
        {.subject = ""},
        {.san = "dns:"},
        {.san = "meter.example.com"},
        {.san = "DNS:a"},
        {.subject = "CN=a", .principal = ""},
        {.subject = "CN=a", .scope = {BAD_SCOPE, 1}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        refuse((struct dw_policy){.schemes.certificate = {NULL, &rules[i], 1}});
    }
}

static void a_full_policy_is_sound(void **state)
{
    const struct dw_certificate_rule rules[] = {
        {.fingerprint = SHA256_OF_NOTHING, .principal = "meter 1", .scope = {SCOPE, 1}},
        {.subject = "CN=meter,O=Example"},
        {.san = "dns:meter.example.com"},
        {.san = "email:a@example.com"},
        {.san = "uri:spiffe://example/meter"},
        {.san = "ip:2001:db8::1"},
    };
    const struct dw_route route = {
        .path = "/{tenant}/**",
        .hide = true,
        .malformed = 400,
        .max_age = 300,
        .acr = {SCOPE, 1},
        .audience = {SCOPE, 1},
        .scope = {SCOPE, 1},
        .require = &TENANT,
        .n_require = 1,
        .accept = {DW_SCHEME_DPOP, DW_SCHEME_BEARER, DW_SCHEME_APIKEY, DW_SCHEME_DIGEST,
                   DW_SCHEME_BASIC, DW_SCHEME_CERTIFICATE, DW_SCHEME_COOKIE},
    };
    const struct dw_policy policy = {
        .origin = "https://api.example.com",
        .malformed = 401,
        .leeway = DW_LEEWAY,
        .schemes = {.digest = {1u << DW_DIGEST_MD5, 60, 4096},
                    .apikey = {"acme2", "X-Acme-Key", "api_key"},
                    .cookie = {.name = "__Host-acme", .sign_in = "/sign-in"},
                    .certificate = {"Client-Cert", rules, COUNT_OF(rules)},
                    .dpop = {DW_ALG_BIT(DW_ALG_ES256) | DW_ALG_BIT(DW_ALG_EdDSA), 60, true}},
        .resource = {.resource = "https://api.example.com/v1?a=b",
                     .metadata = "https://api.example.com/.well-known/oauth-protected-resource",
                     .name = "An API",
                     .documentation = "http://localhost:8080",
                     .scopes = {SCOPE, 1}},
        .routes = &route,
        .n_routes = 1,
    };

    (void)state;
    take(policy);
}

static void a_blank_policy_is_sound(void **state)
{
    const struct dw_policy policy = {.realm = NULL};
    const char *fault = "untouched";

    (void)state;
    assert_int_equal(dw_policy_check(&policy, &fault), 0);
    assert_string_equal(fault, "untouched");
}

static void schemes_have_the_names_of_the_policy(void **state)
{
    static const char *const NAMES[] = {"",       "bearer", "basic",       "digest",
                                        "apikey", "cookie", "certificate", "dpop"};

    (void)state;
    assert_int_equal(COUNT_OF(NAMES), DW_SCHEMES_END);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        assert_string_equal(dw_scheme_name((enum dw_scheme)i), NAMES[i]);
    }
    assert_string_equal(dw_scheme_name(DW_SCHEMES_END), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_patterns_are_refused),
        cmocka_unit_test(sound_patterns_are_taken),
        cmocka_unit_test(broken_routes_are_refused),
        cmocka_unit_test(lists_are_bounded_in_bytes),
        cmocka_unit_test(demands_name_segments_of_their_own_path),
        cmocka_unit_test(origins_are_as_browsers_write_them),
        cmocka_unit_test(broken_policies_are_refused),
        cmocka_unit_test(broken_issuers_are_refused),
        cmocka_unit_test(issuers_of_opaque_tokens_are_told_apart),
        cmocka_unit_test(broken_schemes_are_refused),
        cmocka_unit_test(broken_certificate_rules_are_refused),
        cmocka_unit_test(a_full_policy_is_sound),
        cmocka_unit_test(a_blank_policy_is_sound),
        cmocka_unit_test(schemes_have_the_names_of_the_policy),
    };
    return RUN_TAP(tests);
}
