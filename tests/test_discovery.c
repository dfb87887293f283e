/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "discovery.h"
#include "guard_page.h"

#define ISSUER "https://issuer.test"

static void unsafe_addresses(void **state)
{
    static const char *const URLS[] = {
        "",
        "https",
        "https://",
        "https:///keys",
        "://issuer.test/",
        "http://issuer.test/keys",
        "http://127.0.0.1.issuer.test/",
        "http://localhost.issuer.test/",
        "http://128.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://[::2]/",
        "http://[::1/",
        "http://127.0.0.1:80@issuer.test/",
        "https://user:password@issuer.test/",
        "http://issuer.test#@127.0.0.1/",
        "http://issuer.test\\@127.0.0.1/",
        "https://issuer.test/a b",
        "https://issuer.test/\n",
        "https://issuer.test/\x7f",
        "https://issuer.test/\xc3\xa9",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof URLS / sizeof URLS[0]; i++) {
        assert_false(discovery_is_safe(URLS[i]));
    }
}

static void safe_addresses(void **state)
{
    static const char *const URLS[] = {
        "https://issuer.test",      "HTTPS://issuer.test:8443/keys?a=b",
        "http://127.0.0.1:80/keys", "http://127.255.0.9/",
        "http://localhost/",        "http://LOCALHOST:1/",
        "http://[::1]:8080/keys",
    };

    (void)state;
    for (size_t i = 0; i < sizeof URLS / sizeof URLS[0]; i++) {
        assert_true(discovery_is_safe(URLS[i]));
    }
}

static void redirects(void **state)
{
    (void)state;
    assert_true(discovery_may_follow("https://a.test/", "https://b.test/"));
    assert_true(discovery_may_follow("http://127.0.0.1/", "http://localhost/"));
    assert_false(discovery_may_follow("https://a.test/", "http://127.0.0.1/"));
    assert_false(discovery_may_follow("http://127.0.0.1/", "https://a.test/"));
    assert_false(discovery_may_follow("http://127.0.0.1/", "http://a.test/"));
    assert_false(discovery_may_follow("https://a.test/", "file:///etc/passwd"));
}

/* RFC 8414 s3.1 and OpenID Connect Discovery s4.1. */
static void addresses_of_metadata(void **state)
{
    static const struct {
        const char *issuer, *oauth, *openid;
    } CASES[] = {
        {"https://a.test", "https://a.test/.well-known/oauth-authorization-server",
         "https://a.test/.well-known/openid-configuration"},
        {"https://a.test/", "https://a.test/.well-known/oauth-authorization-server",
         "https://a.test/.well-known/openid-configuration"},
        {"https://a.test:1/b/c", "https://a.test:1/.well-known/oauth-authorization-server/b/c",
         "https://a.test:1/b/c/.well-known/openid-configuration"},
        {"https://a.test/b/", "https://a.test/.well-known/oauth-authorization-server/b",
         "https://a.test/b/.well-known/openid-configuration"},
    };
    char url[DISCOVERY_URL_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_true(discovery_url(CASES[i].issuer, DISCOVERY_OAUTH, url));
        assert_string_equal(url, CASES[i].oauth);
        assert_true(discovery_url(CASES[i].issuer, DISCOVERY_OPENID, url));
        assert_string_equal(url, CASES[i].openid);
    }
}

static void issuers_without_metadata(void **state)
{
    static const char *const ISSUERS[] = {"", "issuer", "https://", "https://a.test?b",
                                          "https://a.test/#b"};
    char long_issuer[DISCOVERY_URL_SIZE] = "https://a.test/";
    char url[DISCOVERY_URL_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof ISSUERS / sizeof ISSUERS[0]; i++) {
        assert_false(discovery_url(ISSUERS[i], DISCOVERY_OAUTH, url));
        assert_false(discovery_url(ISSUERS[i], DISCOVERY_OPENID, url));
    }
    memset(long_issuer + 15, 'b', sizeof long_issuer - 16);
    long_issuer[sizeof long_issuer - 1] = '\0';
    assert_false(discovery_url(long_issuer, DISCOVERY_OPENID, url));
}

static void documents(void **state)
{
    static const struct {
        const char *document;
        bool good;
    } CASES[] = {
        {"", false},
        {"<html>", false},
        {"null", false},
        {"[]", false},
        {"{}", false},
        {"{\"issuer\":\"" ISSUER "\"}", false},
        {"{\"jwks_uri\":\"https://issuer.test/k\"}", false},
        {"{\"issuer\":1,\"jwks_uri\":\"https://issuer.test/k\"}", false},
        {"{\"issuer\":\"" ISSUER "/\",\"jwks_uri\":\"https://issuer.test/k\"}", false},
        {"{\"issuer\":\"HTTPS://issuer.test\",\"jwks_uri\":\"https://issuer.test/k\"}", false},
        {"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"http://issuer.test/k\"}", false},
        {"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://issuer.test/\\u0000k\"}", false},
        {"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":[\"https://issuer.test/k\"]}", false},
        {"{\"issuer\":\"a\",\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://issuer.test/k\"}",
         false},
        {"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://issuer.test/k\"} x", false},
        {"{\"issuer\":\"" ISSUER "\",\"x\":[{}],\"jwks_uri\":\"https:\\/\\/keys.test/k\"}", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct guarded document = guard_text(CASES[i].document);
        char jwks_uri[DISCOVERY_URL_SIZE] = "untouched";
        const char *fault = discovery_read((char *)(uintptr_t)document.span.at, document.span.len,
                                           ISSUER, jwks_uri);
        assert_int_equal(fault == NULL, CASES[i].good);
        assert_string_equal(jwks_uri, CASES[i].good ? "https://keys.test/k" : "untouched");
        guard_release(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsafe_addresses),
        cmocka_unit_test(safe_addresses),
        cmocka_unit_test(redirects),
        cmocka_unit_test(addresses_of_metadata),
        cmocka_unit_test(issuers_without_metadata),
        cmocka_unit_test(documents),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
