/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer_place.h"

/* -- Refusals ----------------------------------------------------------------------------------- */

static void wants_a_form(void **state)
{
    static const struct {
        size_t n;
        const char *types[2];
    } CASES[] = {
        {0, {NULL, NULL}},
        {1, {"application/json", NULL}},
        {1, {"", NULL}},
        {1, {"application/x-www-form-urlencodedx", NULL}},
        {1, {"multipart/form-data; boundary=x", NULL}},
        {2, {"application/x-www-form-urlencoded", "application/x-www-form-urlencoded"}},
    };
    struct place *place = *state;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct dw_field fields[2];

        for (size_t j = 0; j < CASES[i].n; j++) {
            fields[j] = (struct dw_field){DW_SPAN("Content-Type"), dw_span_of(CASES[i].types[j])};
        }
        assert_true(ask(place, "POST", "/doorward/token", fields, CASES[i].n,
                        "grant_type=client_credentials"));
        assert_error(place, 400, "invalid_request", "content type");
    }
}

static void refuses_broken_forms(void **state)
{
    static const char *const BODIES[] = {
        "",
        "grant_type",
        "grant_type=",
        "grant_type=&client_id=x",
        "=x",
        "&grant_type=client_credentials",
        "grant_type=client_credentials&",
        "grant_type=client_credentials&&a=b",
        "grant_type=client%5",
        "grant_type=client%",
        "grant_type=%zz",
        "grant_type=%5g",
        "gr%nt=x",
        "grant_type=client credentials",
        "grant_type=client_credentials\n",
        "grant_type=client_credentials\r\n&a=b",
        "grant_type=\xc3\xa4",
        "grant_type=a&grant_type=a",
        "grant_type=a&grant%5Ftype=a",
        "grant_type=a&x=1&x=2",
        "grant_type=a&scope=a&scope=b",
        "{\"grant_type\":\"client_credentials\"}",
    };
    struct place *place = *state;

    for (size_t i = 0; i < COUNT_OF(BODIES); i++) {
        post(place, BODIES[i]);
        assert_error(place, 400, "invalid_request", BODIES[i]);
    }
}

static void bounds_forms(void **state)
{
    struct place *place = *state;
    char *body = malloc(ISSUER_BODY_MAX + 2);
    char many[1024] = "grant_type=client_credentials";

    assert_non_null(body);
    memset(body, 'a', ISSUER_BODY_MAX + 1);
    memcpy(body, "grant_type=", 11);
    body[ISSUER_BODY_MAX + 1] = '\0';
    post(place, body);
    assert_error(place, 400, "invalid_request", "too long");
    body[ISSUER_BODY_MAX] = '\0';
    post(place, body);
    assert_error(place, 401, "invalid_client", "just fits");
    for (int i = 0; i < 64; i++) {
        const size_t len = strlen(many);

        snprintf(many + len, sizeof(many) - len, "&p%d=v", i);
    }
    post(place, many);
    assert_error(place, 400, "invalid_request", "too many");
    free(body);
}

static void refuses_who_is_not_known(void **state)
{
    struct place *place = *state;
    char bodies[6][256];
    const char *id = place->client.id;

    snprintf(bodies[0], 256, "grant_type=client_credentials");
    snprintf(bodies[1], 256, "grant_type=client_credentials&client_id=%s", id);
    snprintf(bodies[2], 256, "grant_type=client_credentials&client_id=%s&client_secret=wrong", id);
    snprintf(bodies[3], 256, "grant_type=client_credentials&client_id=nobody&client_secret=%s",
             place->secret);
    snprintf(bodies[4], 256, "grant_type=client_credentials&client_id=reports&client_secret=%s",
             place->secret);
    snprintf(bodies[5], 256, "grant_type=client_credentials&client_id=%s&client_secret=%.42s", id,
             place->secret);
    for (size_t i = 0; i < 6; i++) {
        post(place, bodies[i]);
        assert_error(place, 401, "invalid_client", bodies[i]);
    }
}

static void answers_the_unknown_like_the_wrong(void **state)
{
    struct place *place = *state;
    char body[256];
    char first[1024];
    size_t len;

    snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=%s&client_secret=x",
             place->client.id);
    post(place, body);
    len = place->response.body_len;
    assert_true(len < sizeof(first));
    memcpy(first, place->response.body, len);
    post(place, "grant_type=client_credentials&client_id=nobody&client_secret=x");
    assert_int_equal(place->response.body_len, len);
    assert_memory_equal(place->response.body, first, len);
}

static void refuses_bad_basic(void **state)
{
    struct place *place = *state;
    static const char *const FIELDS[] = {
        "Basic",           "Basic ",     "Basic *",        "Basic YQ",   "Basic YQ==",
        "Basic YTpi=",     "Basic ",     "Bearer x",       "Digest a=b", "Basic YTpiYw===",
        "Basic YTpi YTpi", "Basic a-_=", "Basic YTolMg==", /* a:%2 */
    };

    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        const struct dw_field fields[] = {FORM_FIELD,
                                          {DW_SPAN("Authorization"), dw_span_of(FIELDS[i])}};

        assert_true(
            ask(place, "POST", "/doorward/token", fields, 2, "grant_type=client_credentials"));
        assert_error(place, 401, "invalid_client", FIELDS[i]);
    }
    post_basic(place, "Basic ", "nobody:wrong", "grant_type=client_credentials");
    assert_error(place, 401, "invalid_client", "unknown");
    post_basic(place, "Basic ", ":", "grant_type=client_credentials");
    assert_error(place, 401, "invalid_client", "empty");
}

static void refuses_a_basic_too_long(void **state)
{
    char credentials[1200];

    memset(credentials, 'a', sizeof(credentials) - 1);
    credentials[600] = ':';
    credentials[sizeof(credentials) - 1] = '\0';
    post_basic(*state, "Basic ", credentials, "grant_type=client_credentials");
    assert_error(*state, 401, "invalid_client", "too long");
}

static void refuses_two_ways_at_once(void **state)
{
    struct place *place = *state;
    const struct dw_field twice[] = {FORM_FIELD,
                                     {DW_SPAN("Authorization"), DW_SPAN("Basic YTpi")},
                                     {DW_SPAN("authorization"), DW_SPAN("Basic YTpi")}};
    char credentials[128];
    char body[256];

    snprintf(credentials, sizeof(credentials), "%s:%s", place->client.id, place->secret);
    snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=%s&client_secret=%s",
             place->client.id, place->secret);
    post_basic(place, "Basic ", credentials, body);
    assert_error(place, 400, "invalid_request", "basic and post");
    post_basic(place, "Basic ", credentials, "grant_type=client_credentials&client_id=another");
    assert_error(place, 400, "invalid_request", "another id beside basic");
    assert_true(ask(place, "POST", "/doorward/token", twice, 3, "grant_type=client_credentials"));
    assert_error(place, 400, "invalid_request", "two fields");
}

static void refuses_what_the_client_may_not(void **state)
{
    static const struct {
        const char *more, *error;
    } CASES[] = {
        {"grant_type=password", "unsupported_grant_type"},
        {"grant_type=Client_Credentials", "unsupported_grant_type"},
        {"grant_type=authorization_code&code=x", "unsupported_grant_type"},
        {"grant_type=client_credentials&scope=admin", "invalid_scope"},
        {"grant_type=client_credentials&scope=read+admin", "invalid_scope"},
        {"grant_type=client_credentials&scope=READ", "invalid_scope"},
        {"grant_type=client_credentials&scope=read++write", "invalid_scope"},
        {"grant_type=client_credentials&scope=+read", "invalid_scope"},
        {"grant_type=client_credentials&scope=read+", "invalid_scope"},
        {"grant_type=client_credentials&scope=%22read%22", "invalid_scope"},
        {"grant_type=client_credentials&scope=read%00", "invalid_scope"},
        {"grant_type=client_credentials&scope=+", "invalid_scope"},
        {"grant_type=client_credentials&resource=https://api.example.com", "invalid_target"},
        {"grant_type=client_credentials&resource=https://api.example.com/v1"
         "&resource=https://other.example",
         "invalid_target"},
    };
    struct place *place = *state;
    char credentials[128];

    snprintf(credentials, sizeof(credentials), "%s:%s", place->client.id, place->secret);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        post_basic(place, "Basic ", credentials, CASES[i].more);
        assert_error(place, 400, CASES[i].error, CASES[i].more);
    }
}

static void refuses_a_removed_client(void **state)
{
    struct place *place = *state;
    char credentials[128];

    snprintf(credentials, sizeof(credentials), "%s:%s", place->client.id, place->secret);
    assert_int_equal(store_client_remove(place->store, "reports", NULL), 0);
    post_basic(place, "Basic ", credentials, "grant_type=client_credentials");
    assert_error(place, 401, "invalid_client", "removed");
}

/* -- Grants ------------------------------------------------------------------------------------- */

static void grants_a_token(void **state)
{
    struct place *place = *state;
    struct dw_work *work = malloc(sizeof(*work));
    char credentials[128];
    char token[8192];
    struct dw_jwt jwt;

    assert_non_null(work);
    snprintf(credentials, sizeof(credentials), "%s:%s", place->client.id, place->secret);
    post_basic(place, "bAsIc ", credentials, "grant_type=client_credentials");
    assert_int_equal(place->response.status, 200);
    assert_string_equal(place->response.cache_control, "no-store");
    assert_string_equal(place->response.challenge, "");
    assert_true(body_has(place, "\"expires_in\":900"));
    assert_true(body_has(place, "\"scope\":\"read write\""));
    read_token(place, work, &jwt, token, sizeof(token));
    assert_int_equal(jwt.alg, DW_ALG_ES256);
    assert_span(jwt.typ, "at+jwt");
    assert_span(jwt.iss, URL);
    assert_int_equal(jwt.n_aud, 1);
    assert_span(jwt.aud[0], "https://api.example.com/v1");
    assert_span(jwt.sub, place->client.id);
    assert_span(jwt.client_id, place->client.id);
    assert_span(jwt.scope, "read write");
    assert_int_equal(jwt.iat, NOW);
    assert_int_equal(jwt.exp, NOW + 900);
    assert_int_equal(jwt.jti.len, 22);
    free(work);
}

static void grants_what_was_asked(void **state)
{
    static const struct {
        const char *more, *scope;
    } CASES[] = {
        {"&scope=write", "\"scope\":\"write\""},
        {"&scope=write+read", "\"scope\":\"write read\""},
        {"&scope=read%20read", "\"scope\":\"read\""},
        {"&scope=", "\"scope\":\"read write\""},
        {"&resource=https%3A%2F%2Fapi.example.com%2Fv1", "\"scope\":\"read write\""},
        {"&resource=https://api.example.com/v1&resource=https://api.example.com/v1", "\"scope\""},
        {"&unknown=x%0Ay", "\"scope\":\"read write\""},
    };
    struct place *place = *state;
    char body[512];

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        snprintf(body, sizeof(body),
                 "grant_type=client_credentials&client_id=%s&client_secret=%s%s", place->client.id,
                 place->secret, CASES[i].more);
        post(place, body);
        assert_int_equal(place->response.status, 200);
        assert_true(body_has(place, CASES[i].scope));
    }
}

static void takes_basic_with_the_id_beside(void **state)
{
    struct place *place = *state;
    char credentials[128];
    char body[128];

    /* RFC 6749 s2.3.1: id and secret are form-encoded within Basic. */
    snprintf(credentials, sizeof(credentials), "%%63%s:%s", place->client.id + 1, place->secret);
    snprintf(body, sizeof(body), "client_id=%s&grant_type=client_credentials", place->client.id);
    post_basic(place, "Basic ", credentials, body);
    assert_int_equal(place->response.status, 200);
}

static void takes_a_charset(void **state)
{
    struct place *place = *state;
    const struct dw_field field = {DW_SPAN("CONTENT-TYPE"),
                                   DW_SPAN("Application/X-WWW-Form-Urlencoded ;charset=UTF-8")};
    char body[256];

    snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=%s&client_secret=%s",
             place->client.id, place->secret);
    assert_true(ask(place, "POST", "/doorward/token", &field, 1, body));
    assert_int_equal(place->response.status, 200);
}

static void never_repeats_a_jti(void **state)
{
    struct place *place = *state;
    struct dw_work *work = malloc(sizeof(*work));
    char credentials[128];
    char token[8192];
    char before[32] = "";

    assert_non_null(work);
    snprintf(credentials, sizeof(credentials), "%s:%s", place->client.id, place->secret);
    for (int i = 0; i < 3; i++) {
        struct dw_jwt jwt;

        post_basic(place, "Basic ", credentials, "grant_type=client_credentials");
        read_token(place, work, &jwt, token, sizeof(token));
        assert_true(strncmp(before, jwt.jti.at, jwt.jti.len) != 0);
        snprintf(before, sizeof(before), "%.*s", (int)jwt.jti.len, jwt.jti.at);
    }
    free(work);
}

static void grants_a_token_without_scope(void **state)
{
    struct place *place = *state;
    struct store_client client;
    char secret[ISSUER_SECRET_SIZE];
    char credentials[128];

    assert_int_equal(issuer_client_add(place->store, "none", "", NOW, &client, secret, NULL), 0);
    snprintf(credentials, sizeof(credentials), "%s:%s", client.id, secret);
    post_basic(place, "Basic ", credentials, "grant_type=client_credentials");
    assert_int_equal(place->response.status, 200);
}

/* ----------------------------------------------------------------------------------------------- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(wants_a_form),
        PLACE_TEST(refuses_broken_forms),
        PLACE_TEST(bounds_forms),
        PLACE_TEST(refuses_who_is_not_known),
        PLACE_TEST(answers_the_unknown_like_the_wrong),
        PLACE_TEST(refuses_bad_basic),
        PLACE_TEST(refuses_a_basic_too_long),
        PLACE_TEST(refuses_two_ways_at_once),
        PLACE_TEST(refuses_what_the_client_may_not),
        PLACE_TEST(refuses_a_removed_client),
        PLACE_TEST(grants_a_token),
        PLACE_TEST(grants_what_was_asked),
        PLACE_TEST(takes_basic_with_the_id_beside),
        PLACE_TEST(takes_a_charset),
        PLACE_TEST(never_repeats_a_jti),
        PLACE_TEST(grants_a_token_without_scope),
    };

    return RUN_TAP(tests);
}
