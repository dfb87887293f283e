/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>

#include "guard_page.h"
#include "schemes.h"
#include "tap.h"
#include "vector_file.h"

#define NOW INT64_C(1700000000)

static struct dw_work work;

/* -- The vectors --------------------------------------------------------------------------------- */

static struct dw_keys *read_keys(const char *path, bool secrets)
{
    static char text[16 * 1024];
    struct dw_keys *keys = NULL;
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    const size_t len = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_int_equal(dw_keys_parse((struct dw_span){text, len}, secrets, &keys), 0);
    return keys;
}

static unsigned read_algorithms(struct dw_span list)
{
    struct dw_span word;
    unsigned algorithms = 0;

    while (span_word(&list, ' ', &word)) {
        assert_int_not_equal(dw_alg_find(word), DW_ALG_NONE);
        algorithms |= DW_ALG_BIT(dw_alg_find(word));
    }
    return algorithms;
}

static enum dw_reason judge_vector(const struct vector *vector, struct dw_span token,
                                   struct dw_keys *keys)
{
    static const char *const AUDIENCES[] = {"https://files.example.com", "https://api.example.com"};
    const struct dw_span now = vector_value(vector, "now");
    const struct dw_trust trust = {
        .audiences = {AUDIENCES, COUNT_OF(AUDIENCES)},
        .any_audience = dw_span_equal(vector_value(vector, "audience"), DW_SPAN("any")),
        .access_tokens_only = dw_span_equal(vector_value(vector, "only"), DW_SPAN("access")),
    };
    struct dw_jwt jwt;
    enum dw_reason reason = dw_jwt_parse(token, &work, &jwt);

    if (reason == DW_REASON_NONE) {
        reason = dw_jwt_verify(&jwt, keys, read_algorithms(vector_value(vector, "algorithms")));
    }
    if (reason == DW_REASON_NONE) {
        reason = dw_jwt_judge(&jwt, &trust, DW_LEEWAY,
                              now.at != NULL ? strtoll(now.at, NULL, 10) : NOW, DW_REASON_NONE);
    }
    return reason;
}

static void check_vector(const struct vector *vector)
{
    const struct vector_line *token = vector_line(vector, "token", 0);
    const bool secrets = vector_line(vector, "keys", 0) != NULL;
    struct dw_keys *keys = read_keys(
        secrets ? "tests/vectors/jwt/secrets.jwks" : "tests/vectors/jwt/public.jwks", secrets);
    struct guarded text = guard_bytes(token->value, token->len);
    const enum dw_reason reason = judge_vector(vector, text.span, keys);

    print_message("# %s:%d\n", vector->path, vector->number);
    assert_span(vector_value(vector, "reason"),
                reason == DW_REASON_NONE ? "none" : dw_reason_text(reason)->name);
    assert_int_equal(ERR_peek_error(), 0);
    guard_release(&text);
    dw_keys_free(keys);
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/jwt/*.txt", check_vector), 3);
}

/* -- What the vectors cannot say ----------------------------------------------------------------- */

static size_t add_part(char *to, const char *json)
{
    size_t len = 0;

    assert_int_equal(
        dw_base64url_write(json, strlen(json), to, DW_BASE64URL_SIZE(strlen(json)), &len), 0);
    return len;
}

/* A token nobody signed, good until the next call. */
static struct dw_span forge(const char *header, const char *claims)
{
    static char token[4 * DW_TOKEN_MAX];
    size_t len = add_part(token, header);

    token[len++] = '.';
    len += add_part(token + len, claims);
    memcpy(token + len, ".AAAA", 5);
    return (struct dw_span){token, len + 5};
}

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}"

static enum dw_reason parse(struct dw_span token, struct dw_jwt *jwt)
{
    struct guarded text = guard_bytes(token.at, token.len);
    const enum dw_reason reason = dw_jwt_parse(text.span, &work, jwt);

    guard_release(&text); /* the spans checked below are decoded: they lie in the work */
    return reason;
}

static void everything_is_read(void **state)
{
    struct dw_jwt jwt;

    (void)state;
    assert_int_equal(
        parse(forge(HEADER, "{\"iss\":\"i\",\"sub\":\"s\\u00e9\",\"jti\":\"j\",\"client_id\":\"c\","
                            "\"azp\":\"a\",\"scope\":\"x y\",\"scp\":\"z\",\"aud\":[\"p\",\"q\"],"
                            "\"exp\":3.9,\"nbf\":-1.1,\"iat\":2e3,\"auth_time\":7,\"acr\":\"gold\","
                            "\"sid\":\"S\",\"cnf\":{\"jkt\":\"t\",\"x5t#S256\":\"u\"}}"),
              &jwt),
        DW_REASON_NONE);
    assert_int_equal(jwt.alg, DW_ALG_RS256);
    assert_span(jwt.kid, "k");
    assert_span(jwt.typ, "at+jwt");
    assert_span(jwt.iss, "i");
    assert_span(jwt.sub, "s\xc3\xa9");
    assert_span(jwt.jti, "j");
    assert_span(jwt.client_id, "c");
    assert_span(jwt.scope, "x y");
    assert_int_equal(jwt.n_aud, 2);
    assert_span(jwt.aud[1], "q");
    assert_span(jwt.sid, "S");
    assert_span(jwt.acr, "gold");
    assert_span(jwt.jkt, "t");
    assert_span(jwt.x5t, "u");
    assert_true(jwt.has_exp && jwt.has_nbf && jwt.has_iat && jwt.has_auth_time);
    assert_true(jwt.exp == 3 && jwt.nbf == -2 && jwt.iat == 2000 && jwt.auth_time == 7);
    assert_int_equal(jwt.signature.len, 3);
    assert_int_equal(jwt.signed_part.len, jwt.token.len - 5);
}

static void what_is_absent_is_absent(void **state)
{
    struct dw_jwt jwt;

    (void)state;
    assert_int_equal(parse(forge("{\"alg\":\"HS512\"}", "{}"), &jwt), DW_REASON_NONE);
    assert_span(jwt.kid, NULL);
    assert_span(jwt.typ, NULL);
    assert_span(jwt.iss, NULL);
    assert_span(jwt.sub, NULL);
    assert_span(jwt.client_id, NULL);
    assert_span(jwt.scope, NULL);
    assert_int_equal(jwt.n_aud, 0);
    assert_span(jwt.sid, NULL);
    assert_span(jwt.acr, NULL);
    assert_span(jwt.jkt, NULL);
    assert_span(jwt.x5t, NULL);
    assert_false(jwt.has_exp || jwt.has_nbf || jwt.has_iat || jwt.has_auth_time);
}

static void names_of_other_issuers(void **state)
{
    static const struct {
        const char *claims, *client, *scope;
    } CASES[] = {
        {"{\"cid\":\"c\",\"appid\":\"p\",\"azp\":\"z\"}", "z", NULL},
        {"{\"cid\":\"c\",\"appid\":\"p\"}", "p", NULL},
        {"{\"cid\":\"c\",\"azp\":5}", "c", NULL},
        {"{\"azp\":{}}", NULL, NULL},
        {"{\"scp\":\"a b\"}", NULL, "a b"},
        {"{\"scp\":[\"a\",\"b\"]}", NULL, "a b"},
        {"{\"scope\":[\"a\"],\"scp\":[\"b\"]}", NULL, "a"},
        {"{\"scope\":[\"\",\"a\",\"\",\"b\",\"\"]}", NULL, "a b"},
        {"{\"scope\":[ \"\\u0061\" , \"b\\/c\" ]}", NULL, "a b/c"},
        {"{\"scope\":[]}", NULL, ""},
        {"{\"scope\":\"\"}", NULL, ""},
    };
    struct dw_jwt jwt;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        print_message("# %s\n", CASES[i].claims);
        assert_int_equal(parse(forge(HEADER, CASES[i].claims), &jwt), DW_REASON_NONE);
        assert_span(jwt.client_id, CASES[i].client);
        assert_span(jwt.scope, CASES[i].scope);
    }
}

static void types_are_strict(void **state)
{
    static const struct {
        const char *claims;
        enum dw_reason reason;
    } CASES[] = {
        {"{\"sid\":1}", DW_TOKEN_CLAIM_TYPE},
        {"{\"acr\":[\"gold\"]}", DW_TOKEN_CLAIM_TYPE},
        {"{\"acr\":\"a\\u000ab\"}", DW_TOKEN_CLAIM_TYPE},
        {"{\"cnf\":\"x\"}", DW_TOKEN_CLAIM_TYPE},
        {"{\"cnf\":null}", DW_TOKEN_CLAIM_TYPE},
        {"{\"cnf\":{\"jkt\":null}}", DW_TOKEN_CLAIM_TYPE},
        {"{\"cnf\":{\"jkt\":{}}}", DW_TOKEN_CLAIM_TYPE},
        {"{\"cnf\":{\"x5t#S256\":1}}", DW_TOKEN_CLAIM_TYPE},
        {"{\"auth_time\":\"7\"}", DW_TOKEN_TIME_TYPE},
        {"{\"auth_time\":1e99}", DW_TOKEN_TIME_TYPE},
        {"{\"cnf\":{\"kid\":1}}", DW_REASON_NONE},
        {"{\"cnf\":{}}", DW_REASON_NONE},
    };
    struct dw_jwt jwt;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        print_message("# %s\n", CASES[i].claims);
        assert_int_equal(parse(forge(HEADER, CASES[i].claims), &jwt), CASES[i].reason);
    }
}

/* -- Claims that are no token's ------------------------------------------------------------------- */

static enum dw_reason parse_claims(struct dw_span text, struct dw_jwt *jwt)
{
    struct guarded claims = guard_bytes(text.at, text.len);
    const enum dw_reason reason = claims_parse(claims.span, work.bytes + WORK_FACT, WORK_ROOM, jwt);

    guard_release(&claims);
    return reason;
}

static void claims_alone_are_read(void **state)
{
    static char claims[DW_CLAIMS_MAX + 1];
    struct dw_jwt jwt;

    (void)state;
    assert_int_equal(parse_claims(SPAN_NONE, &jwt), DW_TOKEN_JSON);
    assert_int_equal(parse_claims(DW_SPAN("[]"), &jwt), DW_TOKEN_JSON);
    assert_int_equal(parse_claims(DW_SPAN("{\"a\":1,\"a\":1}"), &jwt), DW_TOKEN_DUPLICATE);
    assert_int_equal(parse_claims(DW_SPAN("{\"sub\":1}"), &jwt), DW_TOKEN_CLAIM_TYPE);
    assert_int_equal(parse_claims(DW_SPAN("{\"exp\":true}"), &jwt), DW_TOKEN_TIME_TYPE);
    memset(claims, ' ', sizeof(claims));
    memcpy(claims, "{}", 2);
    assert_int_equal(parse_claims((struct dw_span){claims, sizeof(claims)}, &jwt), DW_TOKEN_JSON);
    assert_int_equal(parse_claims((struct dw_span){claims, DW_CLAIMS_MAX}, &jwt), DW_REASON_NONE);
    assert_int_equal(
        parse_claims(DW_SPAN("{\"sub\":\"u\\u0031\",\"scope\":[\"a\",\"b\"],\"exp\":5}"), &jwt),
        DW_REASON_NONE);
    assert_span(jwt.sub, "u1");
    assert_span(jwt.scope, "a b");
    assert_span(jwt.token, NULL);
    assert_true(jwt.has_exp && jwt.exp == 5);
}

static void claims_are_opened_again(void **state)
{
    struct trial trial = {.work = &work};
    struct json json;

    (void)state;
    assert_int_equal(claims_open(&trial, &json), DW_REASON_NONE);
    assert_null(json_first(json_root(&json)));
    trial.who.token = forge(HEADER, "{\"tenant\":\"t\",\"sub\":\"u\"}");
    assert_int_equal(claims_open(&trial, &json), DW_REASON_NONE);
    assert_span(json_string(&json, json_member(&json, json_root(&json), "tenant")), "t");
    trial.claims = DW_SPAN("{\"tenant\":\"other\"}");
    assert_int_equal(claims_open(&trial, &json), DW_REASON_NONE);
    assert_span(json_string(&json, json_member(&json, json_root(&json), "tenant")), "other");
    trial.claims = DW_SPAN("7");
    assert_int_equal(claims_open(&trial, &json), DW_TOKEN_JSON);
}

/* The largest that is read, and the first that is not. */
static void the_size_is_bounded(void **state)
{
    static char claims[DW_TOKEN_MAX];
    const size_t around = forge(HEADER, "").len;
    const size_t len = (DW_TOKEN_MAX - around) / 4 * 3;
    struct dw_jwt jwt;

    (void)state;
    memset(claims, ' ', sizeof(claims));
    memcpy(claims, "{}", 2);
    claims[len] = '\0';
    struct dw_span token = forge(HEADER, claims);
    assert_in_range(token.len, DW_TOKEN_MAX - 4, DW_TOKEN_MAX);
    assert_int_equal(parse(token, &jwt), DW_REASON_NONE);
    claims[len] = ' ';
    claims[len + 4] = '\0';
    token = forge(HEADER, claims);
    assert_true(token.len > DW_TOKEN_MAX);
    assert_int_equal(parse(token, &jwt), DW_TOKEN_TOO_LARGE);
    assert_int_equal(parse((struct dw_span){token.at, DW_TOKEN_MAX}, &jwt), DW_TOKEN_SEGMENTS);
    assert_int_equal(dw_jwt_parse((struct dw_span){NULL, 0}, &work, &jwt), DW_TOKEN_OPAQUE);
    assert_int_equal(dw_jwt_parse((struct dw_span){NULL, SIZE_MAX}, &work, &jwt),
                     DW_TOKEN_TOO_LARGE);
}

static void too_many_values(void **state)
{
    static char claims[8192];
    struct dw_jwt jwt;
    size_t len = 0;

    (void)state;
    memcpy(claims, "{\"a\":[1", 7);
    for (len = 7; len < 7 + 2 * 1020; len += 2) {
        memcpy(claims + len, ",1", 2);
    }
    memcpy(claims + len, "]}", 3);
    assert_int_equal(parse(forge(HEADER, claims), &jwt), DW_REASON_NONE);
    memcpy(claims + len, ",1]}", 5);
    assert_int_equal(parse(forge(HEADER, claims), &jwt), DW_TOKEN_JSON);
}

static void nothing_is_written_on_failure(void **state)
{
    struct dw_jwt jwt;

    (void)state;
    memset(&jwt, 0x5a, sizeof(jwt));
    const struct dw_jwt before = jwt;
    assert_int_equal(parse(forge(HEADER, "{\"sub\":1}"), &jwt), DW_TOKEN_CLAIM_TYPE);
    assert_int_equal(parse(forge(HEADER, "{\"exp\":\"1\"}"), &jwt), DW_TOKEN_TIME_TYPE);
    assert_int_equal(parse(forge("{\"alg\":\"none\"}", "{}"), &jwt), DW_TOKEN_ALG_NONE);
    assert_memory_equal(&jwt, &before, sizeof(jwt));
}

/* Every beginning of a token is refused, and so is the token with any one byte gone astray. */
static void a_damaged_token_is_refused(void **state)
{
    struct dw_keys *keys = read_keys("tests/vectors/jwt/public.jwks", false);
    static const char TOKEN[] =
        "eyJhbGciOiJFUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c"
        "nVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    char damaged[sizeof(TOKEN)];
    struct dw_jwt jwt;

    (void)state;
    assert_int_equal(parse(dw_span_of(TOKEN), &jwt), DW_REASON_NONE);
    for (size_t i = 0; i < strlen(TOKEN); i++) {
        memcpy(damaged, TOKEN, sizeof(TOKEN));
        damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
        struct guarded part = guard_bytes(TOKEN, i);
        struct guarded whole = guard_text(damaged);
        enum dw_reason reason = dw_jwt_parse(part.span, &work, &jwt);
        assert_true(reason != DW_REASON_NONE || dw_jwt_verify(&jwt, keys, 0) != DW_REASON_NONE);
        reason = dw_jwt_parse(whole.span, &work, &jwt);
        assert_true(reason != DW_REASON_NONE || dw_jwt_verify(&jwt, keys, 0) != DW_REASON_NONE);
        guard_release(&part);
        guard_release(&whole);
    }
    dw_keys_free(keys);
}

/* Times at the ends of 64 bits: no overflow, and no way in. */
static void the_ends_of_time(void **state)
{
    static const struct {
        int64_t exp, nbf, now;
        enum dw_reason reason;
    } CASES[] = {
        {INT64_MAX, 0, 0, DW_TOKEN_MILLIS},
        {INT64_MAX, 0, INT64_MAX, DW_TOKEN_EXPIRED},
        {INT64_MAX, INT64_MAX, INT64_MAX - 1, DW_REASON_NONE},
        {INT64_MAX, INT64_MIN, INT64_MAX - 1, DW_REASON_NONE},
        {INT64_MIN, 0, 0, DW_TOKEN_EXPIRED},
        {INT64_MIN, 0, INT64_MIN, DW_TOKEN_NOT_YET},
        {0, INT64_MIN, INT64_MIN, DW_TOKEN_MILLIS},
        {100, 160, 100, DW_TOKEN_NOT_YET},
        {100, 130, 100, DW_REASON_NONE},
    };
    const struct dw_trust trust = {.any_audience = true};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_jwt jwt = {
            .exp = CASES[i].exp, .nbf = CASES[i].nbf, .has_exp = true, .has_nbf = true};

        assert_int_equal(dw_jwt_judge(&jwt, &trust, 30, CASES[i].now, DW_REASON_NONE),
                         CASES[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(the_size_is_bounded),
        cmocka_unit_test(too_many_values),
        cmocka_unit_test(types_are_strict),
        cmocka_unit_test(nothing_is_written_on_failure),
        cmocka_unit_test(a_damaged_token_is_refused),
        cmocka_unit_test(the_ends_of_time),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(what_is_absent_is_absent),
        cmocka_unit_test(names_of_other_issuers),
        cmocka_unit_test(claims_alone_are_read),
        cmocka_unit_test(claims_are_opened_again),
    };

    return RUN_TAP(tests);
}
