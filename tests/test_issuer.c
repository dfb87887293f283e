/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer_place.h"

/* -- Paths -------------------------------------------------------------------------------------- */

static void leaves_other_paths_alone(void **state)
{
    static const char *const PATHS[] = {
        "",
        "/",
        "/doorward",
        "/doorward/",
        "/doorward/token/",
        "/doorward/Token",
        "/token",
        "/.well-known/",
        "/.well-known/jwks.jso",
        "/.well-known/openid-configuration/",
        "/.well-known/oauth-authorization-server/x",
        "doorward/token",
        "/doorward//token",
    };

    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        assert_false(ask(*state, "GET", PATHS[i], NULL, 0, ""));
    }
}

static void takes_only_the_right_methods(void **state)
{
    static const struct {
        const char *method, *path, *allow;
    } CASES[] = {
        {"GET", "/doorward/token", "POST"},
        {"HEAD", "/doorward/token", "POST"},
        {"post", "/doorward/token", "POST"},
        {"OPTIONS", "/doorward/token", "POST"},
        {"POST", "/.well-known/jwks.json", "GET, HEAD"},
        {"DELETE", "/.well-known/openid-configuration", "GET, HEAD"},
        {"get", "/.well-known/oauth-authorization-server", "GET, HEAD"},
    };
    struct place *place = *state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_true(ask(place, CASES[i].method, CASES[i].path, &FORM_FIELD, 1, "grant_type=x"));
        assert_int_equal(place->response.status, 405);
        assert_string_equal(place->response.allow, CASES[i].allow);
        assert_string_equal(place->response.cache_control, "no-store");
    }
}

/* -- Keys --------------------------------------------------------------------------------------- */

static void restart(struct place *place, enum dw_alg alg)
{
    issuer_free(place->issuer);
    place->issuer = NULL;
    place->settings.alg = alg;
    open_issuer(place);
}

static void keeps_its_key_over_a_restart(void **state)
{
    struct place *place = *state;
    char *before = strdup(issuer_jwks(place->issuer));

    assert_non_null(before);
    restart(place, DW_ALG_ES256);
    assert_string_equal(issuer_jwks(place->issuer), before);
    free(before);
}

static void publishes_no_secret(void **state)
{
    struct place *place = *state;
    const char *jwks = issuer_jwks(place->issuer);

    assert_non_null(strstr(jwks, "\"kty\":\"EC\""));
    assert_null(strstr(jwks, "\"d\":"));
}

static void signs_with_each_algorithm(void **state)
{
    static const enum dw_alg ALGS[] = {DW_ALG_RS256, DW_ALG_EdDSA, DW_ALG_ES384, DW_ALG_ES256};
    struct place *place = *state;
    struct dw_work *work = malloc(sizeof(*work));
    char credentials[128];
    char token[8192];

    assert_non_null(work);
    snprintf(credentials, sizeof(credentials), "%s:%s", place->client.id, place->secret);
    for (size_t i = 0; i < COUNT_OF(ALGS); i++) {
        struct dw_keys *keys = NULL;
        struct dw_jwt jwt;

        restart(place, ALGS[i]);
        post_basic(place, "Basic ", credentials, "grant_type=client_credentials");
        read_token(place, work, &jwt, token, sizeof(token));
        assert_int_equal(jwt.alg, ALGS[i]);
        assert_int_equal(dw_keys_parse(dw_span_of(issuer_jwks(place->issuer)), false, &keys), 0);
        assert_int_equal(dw_keys_count(keys), i < 3 ? i + 2 : 4);
        dw_keys_free(keys);
    }
    free(work);
}

static void refuses_an_algorithm_it_cannot_make(void **state)
{
    struct place *place = *state;
    struct issuer_settings settings = place->settings;
    struct issuer *issuer = NULL;
    struct complaint why = {""};

    settings.alg = DW_ALG_HS256;
    assert_int_equal(issuer_new(place->store, &settings, NOW, &issuer, &why), -1);
    assert_null(issuer);
    assert_non_null(strstr(why.text, "HS256"));
}

/* -- Documents ---------------------------------------------------------------------------------- */

static void refuses_urls_that_name_no_issuer(void **state)
{
    static const char *const URLS[] = {
        "",           "api.example.com", "ftp://a",     "https://",
        "https:///x", "https://a?b=c",   "https://a#b", "https://a b"};
    struct place *place = *state;
    struct issuer_settings settings = place->settings;
    struct issuer *issuer = NULL;

    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        settings.url = URLS[i];
        assert_int_equal(issuer_new(place->store, &settings, NOW, &issuer, NULL), -1);
        assert_null(issuer);
    }
}

static void describes_itself(void **state)
{
    static const char *const PATHS[] = {"/.well-known/oauth-authorization-server",
                                        "/.well-known/openid-configuration"};
    struct place *place = *state;
    struct answer *answer = calloc(1, sizeof(*answer));

    assert_non_null(answer);
    for (size_t i = 0; i < 2; i++) {
        assert_true(ask(place, "GET", PATHS[i], NULL, 0, ""));
        assert_int_equal(place->response.status, 200);
        assert_string_equal(place->response.content_type, "application/json");
        read_body(place, answer);
        assert_span(member(answer, "issuer"), URL);
        assert_span(member(answer, "token_endpoint"), URL "/doorward/token");
        assert_span(member(answer, "jwks_uri"), URL "/.well-known/jwks.json");
        assert_true(body_has(place, "\"grant_types_supported\":[\"client_credentials\"]"));
    }
    assert_true(body_has(place, "\"id_token_signing_alg_values_supported\":[\"ES256\"]"));
    assert_true(ask(place, "HEAD", "/.well-known/jwks.json", NULL, 0, ""));
    assert_int_equal(place->response.body_len, strlen(issuer_jwks(place->issuer)));
    free(answer);
}

static void describes_an_issuer_with_a_path(void **state)
{
    static const struct {
        const char *path;
        bool taken;
    } CASES[] = {
        {"/.well-known/oauth-authorization-server/a/b", true},
        {"/.well-known/oauth-authorization-server", true},
        {"/.well-known/openid-configuration/a/b", true},
        {"/a/b/.well-known/openid-configuration", true},
        {"/.well-known/jwks.json", true},
        {"/.well-known/oauth-authorization-server/a", false},
        {"/.well-known/oauth-authorization-server/a/b/", false},
        {"/a/.well-known/openid-configuration", false},
        {"/a/b/.well-known/oauth-authorization-server", false},
    };
    struct place *place = *state;

    place->settings.url = URL "/a/b/";
    restart(place, DW_ALG_ES256);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(ask(place, "GET", CASES[i].path, NULL, 0, ""), CASES[i].taken);
    }
    assert_true(ask(place, "GET", CASES[0].path, NULL, 0, ""));
    assert_true(body_has(place, "\"issuer\":\"" URL "/a/b/\""));
    assert_true(body_has(place, "\"token_endpoint\":\"" URL "/doorward/token\""));
}

/* -- Clients ------------------------------------------------------------------------------------ */

static void refuses_bad_clients(void **state)
{
    static const struct {
        const char *name, *scope;
    } CASES[] = {
        {"", "a"},          {" x", "a"},   {"x ", "a"},           {"a\nb", "a"},
        {"a\x1b[31m", "a"}, {"\xff", "a"}, {"\xed\xa0\x80", "a"}, {"x\x7f", "a"},
        {"x", "a\"b"},      {"x", "a\\b"}, {"x", "\xc3\xa4"},     {"x", "a\tb"},
    };
    struct place *place = *state;
    struct store_client client = {.created = -1};
    char secret[ISSUER_SECRET_SIZE] = "untouched";
    char name[STORE_NAME_MAX + 2];
    char scope[STORE_SCOPE_MAX + 2];

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(issuer_client_add(place->store, CASES[i].name, CASES[i].scope, NOW,
                                           &client, secret, NULL),
                         -1);
    }
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    memset(scope, 's', sizeof(scope));
    scope[sizeof(scope) - 1] = '\0';
    assert_int_equal(issuer_client_add(place->store, name, "", NOW, &client, secret, NULL), -1);
    assert_int_equal(issuer_client_add(place->store, "x", scope, NOW, &client, secret, NULL), -1);
    assert_int_equal(issuer_client_add(place->store, "reports", "", NOW, &client, secret, NULL), 1);
    assert_int_equal(client.created, -1);
    assert_string_equal(secret, "untouched");
}

static void makes_clients(void **state)
{
    struct place *place = *state;
    struct store_client client;
    char secret[ISSUER_SECRET_SIZE];
    char name[STORE_NAME_MAX + 1];

    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(issuer_client_add(place->store, name, "  b a  b ", NOW, &client, secret, NULL),
                     0);
    assert_string_equal(client.scope, "b a");
    assert_int_equal(strlen(client.id), 22);
    assert_memory_equal(client.id, "c_", 2);
    assert_int_equal(strlen(secret), 43);
    assert_string_not_equal(secret, place->secret);
    assert_int_equal(issuer_client_add(place->store, "J\xc3\xb6rg \"the\" \\ \xf0\x9f\x9a\xaa", "",
                                       NOW, &client, secret, NULL),
                     0);
}

/* ----------------------------------------------------------------------------------------------- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(leaves_other_paths_alone),
        PLACE_TEST(takes_only_the_right_methods),
        PLACE_TEST(refuses_urls_that_name_no_issuer),
        PLACE_TEST(describes_itself),
        PLACE_TEST(describes_an_issuer_with_a_path),
        PLACE_TEST(keeps_its_key_over_a_restart),
        PLACE_TEST(publishes_no_secret),
        PLACE_TEST(signs_with_each_algorithm),
        PLACE_TEST(refuses_an_algorithm_it_cannot_make),
        PLACE_TEST(refuses_bad_clients),
        PLACE_TEST(makes_clients),
    };

    return RUN_TAP(tests);
}
