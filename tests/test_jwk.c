/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>

#include "guard_page.h"
#include "internal.h"
#include "tap.h"
#include "vector_file.h"

/* -- The vectors --------------------------------------------------------------------------------- */

static void check_key(const struct vector *vector, const struct dw_key *key)
{
    const struct dw_span kid = vector_value(vector, "kid");
    struct dw_span list = vector_value(vector, "algs");
    struct dw_span word;
    unsigned algs = 0;
    char text[64];
    size_t len = 0;

    while (span_word(&list, ' ', &word)) {
        algs |= DW_ALG_BIT(dw_alg_find(word));
    }
    assert_int_equal(key->algs, algs);
    assert_true(dw_span_equal(dw_key_kid(key), kid));
    assert_int_equal(dw_base64url_write(key->thumbprint, THUMBPRINT_SIZE, text, sizeof(text), &len),
                     0);
    text[len] = '\0';
    assert_span(vector_value(vector, "thumbprint"), text);
}

static void check_signing_key(const struct vector *vector, struct dw_span jwk)
{
    const bool expected = !dw_span_equal(vector_value(vector, "algs"), DW_SPAN("none"));
    struct dw_key *key = NULL;

    assert_int_equal(dw_key_parse(jwk, &key), expected ? 0 : DW_ERR_KEY);
    if (expected) {
        check_key(vector, key);
    }
    dw_key_free(key);
}

/* Beside one that is always good: the bad are left out and do no harm. */
static void check_verifying_key(const struct vector *vector, struct dw_span jwk)
{
    static const char GOOD[] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"good\","
                               "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    const bool expected = !dw_span_equal(vector_value(vector, "algs"), DW_SPAN("none"));
    const bool secrets = dw_span_equal(vector_value(vector, "as"), DW_SPAN("secret"));
    struct dw_keys *keys = NULL;
    char set[2 * VECTOR_LINE_SIZE];
    const int len = snprintf(set, sizeof(set), "{\"keys\":[%.*s,%s]}", (int)jwk.len, jwk.at, GOOD);
    struct guarded text = guard_bytes(set, (size_t)len);

    assert_int_equal(dw_keys_parse(text.span, secrets, &keys), 0);
    guard_release(&text);
    assert_int_equal(dw_keys_count(keys), expected ? 2 : 1);
    assert_true(dw_keys_has_kid(keys, DW_SPAN("good")));
    if (expected) {
        check_key(vector, &keys->keys[0]);
        assert_ptr_equal(keys_find(keys, keys->keys[0].thumbprint), &keys->keys[0]);
    }
    dw_keys_free(keys);
}

static void check_vector(const struct vector *vector)
{
    const struct dw_span jwk = vector_value(vector, "jwk");

    print_message("# %s:%d\n", vector->path, vector->number);
    if (dw_span_equal(vector_value(vector, "as"), DW_SPAN("sign"))) {
        check_signing_key(vector, jwk);
    } else {
        check_verifying_key(vector, jwk);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/jwk/*.txt", check_vector), 2);
}

/* -- Sets ---------------------------------------------------------------------------------------- */

#define ED(kid)                                           \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"" kid \
    "\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"

static void what_is_no_set(void **state)
{
    static const char *const TEXTS[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"keys\":null}",
        "{\"keys\":{}}",
        "{\"keys\":\"\"}",
        "{\"Keys\":[]}",
        "{\"keys\":[]",
        "{\"keys\":[]}x",
        "{\"keys\":[],\"keys\":[]}",
        "{\"keys\":[{\"kid\":\"a\",\"kid\":\"b\"}]}",
        "{\"keys\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
        ED("x"),
        "<html>Bad gateway</html>",
    };
    struct dw_keys *keys = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct guarded text = guard_text(TEXTS[i]);

        print_message("# %s\n", TEXTS[i]);
        assert_int_equal(dw_keys_parse(text.span, true, &keys), DW_ERR_SYNTAX);
        assert_null(keys);
        guard_release(&text);
    }
}

static void an_empty_set_is_a_set(void **state)
{
    struct dw_keys *keys = NULL;

    (void)state;
    assert_int_equal(dw_keys_parse(DW_SPAN("{\"keys\":[]}"), false, &keys), 0);
    assert_int_equal(dw_keys_count(keys), 0);
    assert_false(dw_keys_has_kid(keys, DW_SPAN("")));
    dw_keys_free(keys);
    keys = NULL;
    assert_int_equal(
        dw_keys_parse(DW_SPAN("{\"keys\":[1,null,\"x\",[],{}],\"more\":{}}"), false, &keys), 0);
    assert_int_equal(dw_keys_count(keys), 0);
    dw_keys_free(keys);
    dw_keys_free(NULL);
}

/* More than are kept, in the largest set that is read, and one byte more. */
static void the_size_is_bounded(void **state)
{
    static char text[DW_JWKS_MAX + 1] = "{\"keys\":[" ED("k");
    size_t len = strlen(text);
    struct dw_keys *keys = NULL;

    (void)state;
    for (int i = 0; i < DW_KEYS_MAX + 9; i++) {
        memcpy(text + len, "," ED("k"), strlen("," ED("k")));
        len += strlen("," ED("k"));
    }
    memcpy(text + len, "]}", 2);
    len += 2;
    memset(text + len, ' ', sizeof(text) - len);
    assert_int_equal(dw_keys_parse((struct dw_span){text, sizeof(text)}, false, &keys),
                     DW_ERR_SIZE);
    assert_int_equal(dw_keys_parse((struct dw_span){text, DW_JWKS_MAX}, false, &keys), 0);
    assert_int_equal(dw_keys_count(keys), DW_KEYS_MAX);
    dw_keys_free(keys);
}

static void many_values_are_read(void **state)
{
    static char text[DW_JWKS_MAX] = "{\"keys\":[0";
    size_t len = strlen(text);
    struct dw_keys *keys = NULL;

    (void)state;
    while (len + 4 <= sizeof(text)) {
        memcpy(text + len, ",0", 2);
        len += 2;
    }
    memcpy(text + len, "]}", 2);
    assert_int_equal(dw_keys_parse((struct dw_span){text, len + 2}, false, &keys), 0);
    assert_int_equal(dw_keys_count(keys), 0);
    dw_keys_free(keys);
}

/* -- Choosing ------------------------------------------------------------------------------------ */

static const char SET[] =
    "{\"keys\":["
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":"
    "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}," ED("a") "," ED(
        "b") ","
             "{\"kty\":\"oct\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"}]}";

static void the_key_is_chosen(void **state)
{
    static const struct {
        enum dw_alg alg;
        const char *kid;
        unsigned algorithms;
        enum dw_reason reason;
        int key;
    } CASES[] = {
        {DW_ALG_ES256, "a", 0, DW_REASON_NONE, 0},
        {DW_ALG_EdDSA, "a", 0, DW_REASON_NONE, 1},
        {DW_ALG_EdDSA, "b", 0, DW_REASON_NONE, 2},
        {DW_ALG_ES256, NULL, 0, DW_REASON_NONE, 0},
        {DW_ALG_HS256, NULL, 0, DW_REASON_NONE, 3},
        {DW_ALG_EdDSA, NULL, 0, DW_TOKEN_KID_MISSING, -1},
        {DW_ALG_ES256, "b", 0, DW_TOKEN_ALG, -1},
        {DW_ALG_ES384, "a", 0, DW_TOKEN_ALG, -1},
        {DW_ALG_ES256, "c", 0, DW_TOKEN_KID, -1},
        {DW_ALG_RS256, "c", 0, DW_TOKEN_KID, -1},
        {DW_ALG_RS256, NULL, 0, DW_TOKEN_ALG, -1},
        {DW_ALG_HS256, "c", 0, DW_TOKEN_KID, -1},
        {DW_ALG_HS512, "c", 0, DW_TOKEN_ALG, -1},
        {DW_ALG_HS256, "", 0, DW_TOKEN_KID, -1},
        {DW_ALG_ES256, "a", DW_ALG_BIT(DW_ALG_EdDSA), DW_TOKEN_ALG, -1},
        {DW_ALG_ES256, "c", DW_ALG_BIT(DW_ALG_EdDSA), DW_TOKEN_ALG, -1},
        {DW_ALG_ES256, "a", DW_ALG_BIT(DW_ALG_EdDSA) | DW_ALG_BIT(DW_ALG_ES256), DW_REASON_NONE, 0},
        {DW_ALG_NONE, "a", 0, DW_TOKEN_ALG, -1},
    };
    struct dw_keys *keys = NULL;

    (void)state;
    assert_int_equal(dw_keys_parse(dw_span_of(SET), true, &keys), 0);
    assert_int_equal(dw_keys_count(keys), 4);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_jwt jwt = {.alg = CASES[i].alg, .kid = dw_span_of(CASES[i].kid)};
        struct dw_key *key = NULL;

        print_message("# %s %s\n", dw_alg_name(CASES[i].alg),
                      CASES[i].kid != NULL ? CASES[i].kid : "-");
        assert_int_equal(keys_choose(keys, &jwt, CASES[i].algorithms, &key), CASES[i].reason);
        assert_ptr_equal(key, CASES[i].key >= 0 ? &keys->keys[CASES[i].key] : NULL);
    }
    dw_keys_free(keys);
}

static void a_kid_is_found(void **state)
{
    const uint8_t nobody[THUMBPRINT_SIZE] = {0};
    struct dw_keys *keys = NULL;

    (void)state;
    assert_int_equal(dw_keys_parse(dw_span_of(SET), false, &keys), 0);
    assert_int_equal(dw_keys_count(keys), 3);
    assert_true(dw_keys_has_kid(keys, DW_SPAN("b")));
    assert_false(dw_keys_has_kid(keys, DW_SPAN("B")));
    assert_false(dw_keys_has_kid(keys, DW_SPAN("")));
    assert_false(dw_keys_has_kid(keys, SPAN_NONE));
    assert_null(keys_find(keys, nobody));
    dw_keys_free(keys);
}

/* -- Keys of our own ----------------------------------------------------------------------------- */

static const enum dw_alg GENERATED[] = {DW_ALG_RS256, DW_ALG_ES256, DW_ALG_ES384, DW_ALG_ES512,
                                        DW_ALG_EdDSA};

static bool can_be_generated(enum dw_alg alg)
{
    for (size_t i = 0; i < COUNT_OF(GENERATED); i++) {
        if (GENERATED[i] == alg) {
            return true;
        }
    }
    return false;
}

static void only_these_are_generated(void **state)
{
    struct dw_key *key = NULL;

    (void)state;
    for (unsigned alg = DW_ALG_NONE; alg <= DW_ALGS_END; alg++) {
        if (!can_be_generated((enum dw_alg)alg)) {
            assert_int_equal(dw_key_generate((enum dw_alg)alg, &key), DW_ERR_KEY);
        }
    }
    assert_null(key);
}

static bool holds(struct dw_span text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

/* Written, read again, written again: the same text. Published: no secret in it. */
static void check_written(const struct dw_key *key)
{
    static const char *const SECRETS[] = {"\"d\"",  "\"p\"",  "\"q\"", "\"dp\"",
                                          "\"dq\"", "\"qi\"", "\"k\""};
    char first[2048];
    char second[2048];
    size_t first_len = 0;
    size_t second_len = 0;
    struct dw_key *again = NULL;

    assert_int_equal(dw_key_write(key, true, first, sizeof(first), &first_len), 0);
    assert_int_equal(dw_key_parse((struct dw_span){first, first_len}, &again), 0);
    assert_int_equal(dw_key_alg(again), dw_key_alg(key));
    assert_true(dw_span_equal(dw_key_kid(again), dw_key_kid(key)));
    assert_memory_equal(again->thumbprint, key->thumbprint, THUMBPRINT_SIZE);
    assert_int_equal(dw_key_write(again, true, second, sizeof(second), &second_len), 0);
    assert_true(
        dw_span_equal((struct dw_span){first, first_len}, (struct dw_span){second, second_len}));
    dw_key_free(again);

    assert_int_equal(dw_key_write(key, false, second, sizeof(second), &second_len), 0);
    for (size_t i = 0; i < COUNT_OF(SECRETS); i++) {
        const bool rsa = dw_key_alg(key) == DW_ALG_RS256;

        assert_false(holds((struct dw_span){second, second_len}, SECRETS[i]));
        assert_int_equal(holds((struct dw_span){first, first_len}, SECRETS[i]),
                         i == 0 || (rsa && i < 6));
    }
    assert_int_equal(dw_key_write(key, true, second, first_len - 1, &second_len), DW_ERR_SIZE);
    assert_int_equal(dw_key_write(key, true, second, 0, &second_len), DW_ERR_SIZE);
    assert_int_equal(dw_key_write(key, true, second, first_len, &second_len), 0);
}

static void generated_keys_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(GENERATED); i++) {
        struct dw_key *key = NULL;
        struct dw_key *other = NULL;

        print_message("# %s\n", dw_alg_name(GENERATED[i]));
        assert_int_equal(dw_key_generate(GENERATED[i], &key), 0);
        assert_int_equal(dw_key_generate(GENERATED[i], &other), 0);
        assert_int_equal(dw_key_alg(key), GENERATED[i]);
        assert_int_equal(dw_key_kid(key).len, DW_BASE64URL_SIZE(THUMBPRINT_SIZE));
        assert_false(dw_span_equal(dw_key_kid(key), dw_key_kid(other)));
        check_written(key);
        dw_key_free(key);
        dw_key_free(other);
    }
    dw_key_free(NULL);
}

static void an_oct_key_has_no_public_part(void **state)
{
    static const char OCT[] =
        "{\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\",\"kty\":\"oct\",\"alg\":\"HS256\","
        "\"use\":\"sig\",\"kid\":\"a \\\"b\\\"\"}";
    struct dw_key *key = NULL;
    char text[512];
    size_t len = 0;

    (void)state;
    assert_int_equal(dw_key_parse(dw_span_of(OCT), &key), 0);
    assert_int_equal(dw_key_write(key, false, text, sizeof(text), &len), DW_ERR_KEY);
    assert_int_equal(dw_key_write(key, true, text, sizeof(text), &len), 0);
    text[len] = '\0';
    assert_span(dw_key_kid(key), "a \"b\"");
    dw_key_free(key);
    assert_int_equal(dw_key_parse((struct dw_span){text, len}, &key), 0);
    assert_span(dw_key_kid(key), "a \"b\"");
    dw_key_free(key);
}

static void what_is_no_key(void **state)
{
    struct dw_key *key = NULL;

    (void)state;
    assert_int_equal(dw_key_parse(DW_SPAN(""), &key), DW_ERR_SYNTAX);
    assert_int_equal(dw_key_parse(DW_SPAN("{"), &key), DW_ERR_SYNTAX);
    assert_int_equal(dw_key_parse(DW_SPAN("[]"), &key), DW_ERR_KEY);
    assert_int_equal(dw_key_parse(DW_SPAN("{\"kty\":\"EC\",\"kty\":\"EC\"}"), &key), DW_ERR_SYNTAX);
    assert_null(key);
}

static void algorithms_have_names(void **state)
{
    (void)state;
    for (unsigned alg = DW_ALG_NONE + 1; alg < DW_ALGS_END; alg++) {
        assert_int_equal(dw_alg_find(dw_span_of(dw_alg_name((enum dw_alg)alg))), alg);
    }
    assert_string_equal(dw_alg_name(DW_ALG_NONE), "");
    assert_string_equal(dw_alg_name((enum dw_alg)1000), "");
    assert_int_equal(dw_alg_find(DW_SPAN("Ed25519")), DW_ALG_EdDSA);
    assert_int_equal(dw_alg_find(DW_SPAN("none")), DW_ALG_NONE);
    assert_int_equal(dw_alg_find(DW_SPAN("")), DW_ALG_NONE);
    assert_int_equal(dw_alg_find(DW_SPAN("rs256")), DW_ALG_NONE);
    assert_int_equal(dw_alg_find(DW_SPAN("RS2560")), DW_ALG_NONE);
    assert_int_equal(dw_alg_find(SPAN_NONE), DW_ALG_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(what_is_no_set),
        cmocka_unit_test(an_empty_set_is_a_set),
        cmocka_unit_test(the_size_is_bounded),
        cmocka_unit_test(many_values_are_read),
        cmocka_unit_test(the_key_is_chosen),
        cmocka_unit_test(a_kid_is_found),
        cmocka_unit_test(what_is_no_key),
        cmocka_unit_test(only_these_are_generated),
        cmocka_unit_test(generated_keys_are_written_and_read),
        cmocka_unit_test(an_oct_key_has_no_public_part),
        cmocka_unit_test(algorithms_have_names),
    };

    return RUN_TAP(tests);
}
