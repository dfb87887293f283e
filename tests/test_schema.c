/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <unistd.h>

#include "config.h"
#include "document.h"
#include "write.h"

#define VECTORS "tests/vectors/config"

static void assert_below(const char *path, const char *below)
{
    char folder[1024], expected[2048];

    assert_non_null(getcwd(folder, sizeof folder));
    (void)snprintf(expected, sizeof expected, "%s/%s", folder, below);
    assert_string_equal(path, expected);
}

static void nothing_said_is_a_working_guard(void **state)
{
    struct config *config;
    struct complaint why;

    (void)state;
    assert_int_equal(config_read(NULL, NULL, &config, &why), 0);
    assert_null(config->name);
    assert_string_equal(config->listen, "127.0.0.1:8401");
    assert_null(config->upstream);
    assert_below(config->data, "var");
    assert_below(config->edge, "var/edge");
    assert_below(config->log, "var/log/decisions.jsonl");
    assert_string_equal(config->prefix, "/doorward/");
    assert_false(config->log_allowed);
    assert_true(config->issuer.enabled);
    assert_string_equal(config->issuer.url, "http://127.0.0.1:8401");
    assert_string_equal(config->issuer.audience, "http://127.0.0.1:8401");
    assert_int_equal(config->issuer.alg, DW_ALG_ES256);
    assert_int_equal(config->issuer.access_token_ttl, 900);
    assert_null(config->policy.realm);
    assert_int_equal(config->policy.malformed, 401);
    assert_int_equal(config->policy.leeway, 30);
    assert_int_equal(config->policy.n_routes, 0);
    assert_int_equal(config->policy.n_trust, 1);
    assert_true(config->keys[0].ours);
    assert_string_equal(config->policy.trust[0].issuer, config->issuer.url);
    assert_true(config->policy.trust[0].access_tokens_only);
    assert_null(config->policy.origin);
    assert_null(config->policy.resource.resource);
    assert_null(config->verify_secret_file);
    config_free(config);
}

static void schemes_have_defaults(void **state)
{
    const struct dw_schemes *schemes;
    struct config *config;
    struct complaint why;

    (void)state;
    assert_int_equal(config_parse("file", DW_SPAN(""), NULL, &config, &why), 0);
    schemes = &config->policy.schemes;
    assert_int_equal(config->schemes.password_ttl, 300);
    assert_int_equal(config->schemes.idle, 1800);
    assert_int_equal(config->schemes.lifetime, 43200);
    assert_false(config->schemes.keeps_digests);
    assert_int_equal(schemes->digest.algorithms, 0);
    assert_int_equal(schemes->digest.nonce_life, 300);
    assert_int_equal(schemes->digest.auth_int, 0);
    assert_string_equal(schemes->apikey.prefix, "dw");
    assert_string_equal(schemes->apikey.field, "X-API-Key");
    assert_null(schemes->apikey.query);
    assert_string_equal(schemes->cookie.name, "__Host-doorward");
    assert_null(schemes->cookie.sign_in);
    assert_null(schemes->certificate.field);
    assert_int_equal(schemes->dpop.window, 60);
    assert_false(schemes->dpop.nonce);
    config_free(config);
}

static void flags_have_the_last_word(void **state)
{
    const struct config_flags flags = {"[::1]:9000", "http://localhost:1", "elsewhere"};
    const struct dw_span text = DW_SPAN("listen: 127.0.0.1:1\ndata: here\nissuer: true\n");
    struct config *config;
    struct complaint why;

    (void)state;
    assert_int_equal(config_parse("etc/file", text, &flags, &config, &why), 0);
    assert_string_equal(config->listen, "[::1]:9000");
    assert_string_equal(config->upstream, "http://localhost:1");
    assert_string_equal(config->issuer.url, "http://[::1]:9000");
    assert_below(config->edge, "elsewhere/edge");
    config_free(config);
}

static void wrong_flags_are_refused(void **state)
{
    static const struct {
        struct config_flags flags;
        const char *expected;
    } CASES[] = {
        {{"8401", NULL, NULL},
         "--listen: expected HOST:PORT, such as 127.0.0.1:8401 or [::1]:8401"},
        {{NULL, "localhost:3000", NULL},
         "--upstream: expected http://HOST[:PORT], https://HOST[:PORT] or unix:/PATH"},
        {{NULL, NULL, ""}, "--data: expected the path of a file or folder"},
    };
    struct config *config = NULL;
    struct complaint why;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(config_read(NULL, &CASES[i].flags, &config, &why), -1);
        assert_string_equal(why.text, CASES[i].expected);
        assert_null(config);
    }
}

static void paths_are_relative_to_the_file(void **state)
{
    static const struct {
        const char *name, *data;
    } CASES[] = {
        {"/etc/doorward/file", "/etc/doorward/state"},
        {"/file", "/state"},
    };
    struct config *config;
    struct complaint why;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(config_parse(CASES[i].name, DW_SPAN("data: state"), NULL, &config, &why),
                         0);
        assert_string_equal(config->data, CASES[i].data);
        config_free(config);
    }
    assert_int_equal(config_parse("a/b", DW_SPAN("edge: c"), NULL, &config, &why), 0);
    assert_below(config->edge, "a/c");
    assert_below(config->data, "var");
    config_free(config);
    assert_int_equal(config_parse("b", DW_SPAN("edge: c"), NULL, &config, &why), 0);
    assert_below(config->edge, "c");
    config_free(config);
}

/* Every key, and the same after it was written and read back. */
static struct config *read_everything(bool again)
{
    static char buffer[DOCUMENT_MAX];
    struct config *config, *second;
    struct complaint why;
    struct text text;

    assert_int_equal(config_read(VECTORS "/ok-everything.yaml", NULL, &config, &why), 0);
    if (!again) {
        return config;
    }
    text_init(&text, buffer, sizeof buffer);
    config_text(config, &text);
    config_free(config);
    if (config_parse("/elsewhere/file", text_span(&text), NULL, &second, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return second;
}

static void check_keys(const struct config *config)
{
    const struct dw_trust *trust = config->policy.trust;
    const struct dw_route *routes = config->policy.routes;
    const struct dw_resource *resource = &config->policy.resource;

    assert_string_equal(config->upstream, "https://backend.internal:3000");
    assert_below(config->data, VECTORS "/state");
    assert_below(config->log, VECTORS "/decisions.jsonl");
    assert_string_equal(config->edge, "/run/doorward/edge");
    assert_string_equal(config->prefix, "/auth/v1/");
    assert_true(config->log_allowed);
    assert_string_equal(config->policy.realm, "say \"api\"");
    assert_int_equal(config->policy.malformed, 400);
    assert_int_equal(config->policy.leeway, 60);
    assert_int_equal(config->issuer.alg, DW_ALG_RS256);
    assert_int_equal(config->issuer.access_token_ttl, 3600);
    assert_string_equal(trust[0].audiences.items[0], "reports");
    assert_true(trust[1].any_audience);
    assert_false(trust[1].access_tokens_only);
    assert_int_equal(trust[2].audiences.n, 2);
    assert_int_equal(trust[2].algorithms, DW_ALG_BIT(DW_ALG_RS256) | DW_ALG_BIT(DW_ALG_ES256));
    assert_string_equal(config->keys[3].jwks_url, "http://localhost:9000/keys?a=b");
    assert_below(config->keys[4].jwks_file, VECTORS "/../keys/zo\xc3\xab.json");
    assert_true(trust[4].fixed_keys);
    assert_false(trust[4].any_audience);
    assert_string_equal(trust[4].audiences.items[0], "any");
    assert_true(routes[0].anyone);
    assert_string_equal(routes[1].methods.items[1], "PUT");
    assert_string_equal(routes[1].scope.items[0], "write:reports");
    assert_string_equal(routes[1].scope_any.items[1], "b");
    assert_int_equal(routes[9].accept[0], DW_SCHEME_BEARER);
    assert_string_equal(config->policy.origin, "https://api.example.com:8443");
    assert_below(config->verify_secret_file, VECTORS "/secrets/verify");
    assert_string_equal(resource->name, "Orders API");
    assert_string_equal(resource->documentation, "http://docs.example.com/orders?lang=en");
    assert_string_equal(resource->scopes.items[1], "write");
}

static void check_schemes(const struct config *config)
{
    const struct dw_schemes *schemes = &config->policy.schemes;
    const struct dw_certificate_rule *rules = schemes->certificate.rules;

    assert_int_equal(config->schemes.password_ttl, 3600);
    assert_int_equal(schemes->digest.algorithms, 1u << DW_DIGEST_SHA512_256 | 1u << DW_DIGEST_MD5);
    assert_int_equal(schemes->digest.nonce_life, 600);
    assert_int_equal(schemes->digest.auth_int, 65536);
    assert_true(config->schemes.keeps_digests);
    assert_string_equal(schemes->apikey.prefix, "acme");
    assert_string_equal(schemes->apikey.field, "X-Acme-Key");
    assert_string_equal(schemes->apikey.query, "api_key");
    assert_string_equal(schemes->cookie.name, "acme-session");
    assert_string_equal(schemes->cookie.sign_in, "/auth/v1/signin");
    assert_string_equal(schemes->cookie.origins.items[1], "http://[::1]:3000");
    assert_int_equal(config->schemes.idle, 3600);
    assert_int_equal(config->schemes.lifetime, 86400);
    assert_string_equal(schemes->certificate.field, "Client-Cert");
    assert_int_equal(schemes->certificate.n_rules, 3);
    assert_string_equal(rules[0].fingerprint,
                        "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899");
    assert_string_equal(rules[0].principal, "meter 7");
    assert_string_equal(rules[0].scope.items[1], "write");
    assert_string_equal(rules[1].san, "dns:*.meters.example.com");
    assert_string_equal(rules[2].subject, "CN=ops,O=Example\\, Inc.");
    assert_int_equal(schemes->dpop.algorithms, DW_ALG_BIT(DW_ALG_ES256) | DW_ALG_BIT(DW_ALG_EdDSA));
    assert_int_equal(schemes->dpop.window, 120);
    assert_true(schemes->dpop.nonce);
}

static void check_demands(const struct config *config)
{
    const struct dw_route *route = &config->policy.routes[5];
    const struct dw_trust *opaque = &config->policy.trust[6];
    const struct config_keys *keys = &config->keys[6];

    assert_int_equal(route->accept[0], DW_SCHEME_DPOP);
    assert_int_equal(route->accept[6], DW_SCHEME_COOKIE);
    assert_int_equal(route->accept[7], DW_SCHEME_NONE);
    assert_string_equal(route->audience.items[1], "orders");
    assert_int_equal(route->n_require, 2);
    assert_string_equal(route->require[0].value, "{path.tenant}");
    assert_string_equal(route->require[1].claim, "https://example.com/plan");
    assert_int_equal(route->max_age, 600);
    assert_string_equal(route->acr.items[1], "urn:example:silver");
    assert_int_equal(route->malformed, 401);
    assert_true(route->hide);
    assert_string_equal(route->cors.origins.items[1], "http://localhost:3000");
    assert_string_equal(config->policy.routes[6].cors.origins.items[0], "*");
    assert_string_equal(config->policy.routes[7].cors.origins.items[0], "https://app.example.com");
    assert_true(opaque->introspects);
    assert_false(config->policy.trust[1].introspects);
    assert_string_equal(opaque->opaque_prefix, "op_");
    assert_string_equal(keys->introspection, "https://opaque.example.net/introspect");
    assert_string_equal(keys->client_id, "api");
    assert_below(keys->client_secret_file, VECTORS "/secrets/introspection");
    assert_int_equal(keys->introspection_ttl, 30);
}

static void every_key_arrives(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        struct config *config = read_everything(again == 1);

        check_keys(config);
        check_schemes(config);
        check_demands(config);
        config_free(config);
    }
}

/* RFC 9728 s3.1. */
static void the_resource_says_where_it_is_described(void **state)
{
    static const struct {
        const char *url, *metadata;
    } CASES[] = {
        {"https://api.example.com", "https://api.example.com/.well-known/oauth-protected-resource"},
        {"https://api.example.com/",
         "https://api.example.com/.well-known/oauth-protected-resource"},
        {"https://api.example.com/v1",
         "https://api.example.com/.well-known/oauth-protected-resource/v1"},
        {"http://127.0.0.1:8401/a/b/",
         "http://127.0.0.1:8401/.well-known/oauth-protected-resource/a/b/"},
    };
    struct config *config;
    struct complaint why;
    char text[256];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        (void)snprintf(text, sizeof text, "resource: {url: \"%s\"}", CASES[i].url);
        assert_int_equal(config_parse("file", dw_span_of(text), NULL, &config, &why), 0);
        assert_string_equal(config->policy.resource.resource, CASES[i].url);
        assert_string_equal(config->policy.resource.metadata, CASES[i].metadata);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_a_working_guard),
        cmocka_unit_test(schemes_have_defaults),
        cmocka_unit_test(wrong_flags_are_refused),
        cmocka_unit_test(flags_have_the_last_word),
        cmocka_unit_test(paths_are_relative_to_the_file),
        cmocka_unit_test(every_key_arrives),
        cmocka_unit_test(the_resource_says_where_it_is_described),
    };

    return RUN_TAP(tests);
}
