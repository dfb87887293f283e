/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>

#include "guard_page.h"
#include "internal.h"
#include "mint.h"
#include "vector_file.h"

/* -- The vectors --------------------------------------------------------------------------------- */

/* The one key, ready to verify; oct keys too. */
static struct dw_keys *read_key(struct dw_span jwk)
{
    char set[8192];
    struct dw_keys *keys = NULL;
    const int len = snprintf(set, sizeof(set), "{\"keys\":[%.*s]}", (int)jwk.len, jwk.at);

    assert_int_equal(dw_keys_parse((struct dw_span){set, (size_t)len}, true, &keys), 0);
    assert_int_equal(dw_keys_count(keys), 1);
    return keys;
}

static void check_vector(const struct vector *vector)
{
    const struct dw_span jws = vector_value(vector, "jws");
    const char *dot = memrchr(jws.at, '.', jws.len);
    const struct dw_span message = {jws.at, (size_t)(dot - jws.at)};
    struct dw_keys *keys = read_key(vector_value(vector, "key"));
    char bytes[SIGNATURE_MAX];
    size_t len = 0;
    int expected =
        dw_span_equal(vector_value(vector, "verdict"), DW_SPAN("valid")) ? 0 : DW_ERR_SYNTAX;

    print_message("# %s:%d\n", vector->path, vector->number);
    assert_int_equal(
        dw_base64url_parse(span_from(jws, message.len + 1), bytes, sizeof(bytes), &len), 0);

    struct guarded signature = guard_bytes(bytes, len);
    struct guarded text = guard_bytes(message.at, message.len);
    assert_int_equal(key_handle_verify(keys->keys[0].handle,
                                       dw_alg_find(vector_value(vector, "alg")), text.span,
                                       signature.span),
                     expected);
    assert_int_equal(ERR_peek_error(), 0);
    guard_release(&signature);
    guard_release(&text);
    dw_keys_free(keys);
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/jws/*.txt", check_vector), 2);
}

/* -- Every algorithm, there and back ------------------------------------------------------------- */

#define SECRET \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

/* A key for any algorithm; PS and the longer RS borrow the numbers of an RS256 key. */
static struct dw_key *make_key(enum dw_alg alg)
{
    struct dw_key *key = NULL;
    char jwk[4096];

    if (alg >= DW_ALG_HS256) {
        (void)snprintf(jwk, sizeof(jwk), "{\"kty\":\"oct\",\"alg\":\"%s\",\"k\":\"" SECRET "\"}",
                       dw_alg_name(alg));
        assert_int_equal(dw_key_parse(dw_span_of(jwk), &key), 0);
        return key;
    }
    if (alg > DW_ALG_PS512) {
        assert_int_equal(dw_key_generate(alg, &key), 0);
        return key;
    }
    assert_int_equal(dw_key_generate(DW_ALG_RS256, &key), 0);
    key->algs = DW_ALG_BIT(alg);
    return key;
}

static struct dw_keys *keys_of(const struct dw_key *key)
{
    char set[4096] = "{\"keys\":[";
    const size_t start = strlen(set);
    struct dw_keys *keys = NULL;
    size_t len = 0;

    assert_int_equal(
        dw_key_write(key, key->kind == KEY_OCT, set + start, sizeof(set) - start - 2, &len), 0);
    memcpy(set + start + len, "]}", 2);
    assert_int_equal(dw_keys_parse((struct dw_span){set, start + len + 2}, true, &keys), 0);
    assert_int_equal(dw_keys_count(keys), 1);
    return keys;
}

/* Twice with each handle, as it keeps what it made at the first. */
static void check_alg(enum dw_alg alg)
{
    static struct dw_work work;
    struct dw_key *key = make_key(alg);
    struct dw_keys *keys = keys_of(key);
    char token[4096];
    struct dw_jwt jwt;
    size_t len = 0;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            dw_jws_sign(key, "JWT", DW_SPAN("{\"sub\":\"x\"}"), token, sizeof(token), &len), 0);

        struct guarded text = guard_bytes(token, len);
        assert_int_equal(dw_jwt_parse(text.span, &work, &jwt), DW_REASON_NONE);
        assert_int_equal(jwt.alg, alg);
        assert_true(dw_span_equal(jwt.kid, dw_key_kid(key)));
        assert_int_equal(dw_jwt_verify(&jwt, keys, 0), DW_REASON_NONE);
        assert_int_equal(dw_jwt_verify(&jwt, keys, DW_ALG_BIT(alg)), DW_REASON_NONE);
        assert_int_equal(dw_jwt_verify(&jwt, keys, ~DW_ALG_BIT(alg)), DW_TOKEN_ALG);
        work.bytes[jwt.signature.at - (char *)work.bytes] ^= 1;
        assert_int_equal(dw_jwt_verify(&jwt, keys, 0), DW_TOKEN_SIGNATURE);
        guard_release(&text);
    }
    dw_keys_free(keys);
    dw_key_free(key);
}

static void there_and_back(void **state)
{
    (void)state;
    for (unsigned alg = DW_ALG_NONE + 1; alg < DW_ALGS_END; alg++) {
        print_message("# %s\n", dw_alg_name((enum dw_alg)alg));
        check_alg((enum dw_alg)alg);
    }
}

/* A set's first key is of no use for another's token, whatever came before. */
static void other_keys_do_not_verify(void **state)
{
    static struct dw_work work;
    struct mint ours;
    struct mint theirs;
    struct dw_jwt jwt;

    (void)state;
    mint_init(&ours, DW_ALG_ES256);
    mint_init(&theirs, DW_ALG_ES256);
    const char *token = mint_bearer(&theirs, "{}") + 7;
    assert_int_equal(dw_jwt_parse(dw_span_of(token), &work, &jwt), DW_REASON_NONE);
    assert_int_equal(dw_jwt_verify(&jwt, ours.keys, 0), DW_TOKEN_KID);
    jwt.kid = dw_key_kid(ours.key);
    assert_int_equal(dw_jwt_verify(&jwt, ours.keys, 0), DW_TOKEN_SIGNATURE);
    jwt.kid = SPAN_NONE;
    assert_int_equal(dw_jwt_verify(&jwt, ours.keys, 0), DW_TOKEN_SIGNATURE);
    assert_int_equal(dw_jwt_verify(&jwt, theirs.keys, 0), DW_REASON_NONE);
    jwt.signature = SPAN_NONE;
    assert_int_equal(dw_jwt_verify(&jwt, theirs.keys, 0), DW_TOKEN_UNSIGNED);
    mint_free(&ours);
    mint_free(&theirs);
}

/* -- Signing ------------------------------------------------------------------------------------- */

static void a_small_buffer_is_refused(void **state)
{
    struct mint mint;
    char buffer[512];
    size_t whole = 0;
    size_t len = 12345;

    (void)state;
    mint_init(&mint, DW_ALG_EdDSA);
    assert_int_equal(dw_jws_sign(mint.key, "at+jwt", DW_SPAN("{}"), buffer, sizeof(buffer), &whole),
                     0);
    for (size_t size = 0; size < whole; size++) {
        assert_int_equal(dw_jws_sign(mint.key, "at+jwt", DW_SPAN("{}"), buffer, size, &len),
                         DW_ERR_SIZE);
    }
    assert_int_equal(len, 12345);
    assert_int_equal(dw_jws_sign(mint.key, "at+jwt", DW_SPAN("{}"), buffer, whole, &len), 0);
    mint_free(&mint);
}

/* RFC 8037 A.4, whose header is not the one we write, and RFC 7515 A.1: both say the same each time. */
static void signatures_without_chance(void **state)
{
    static const char ED25519[] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                                  "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\","
                                  "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    static const char MESSAGE[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    static const char SIGNATURE[] =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5Bh"
        "VsPt9g7sVvpAr_MuM0KAg";
    struct dw_key *key = NULL;
    unsigned char signature[SIGNATURE_MAX];
    char text[128];
    size_t len = 0;

    (void)state;
    assert_int_equal(dw_key_parse(dw_span_of(ED25519), &key), 0);
    assert_int_equal(key_handle_sign(key->handle, DW_ALG_EdDSA, dw_span_of(MESSAGE), signature,
                                     sizeof(signature), &len),
                     0);
    assert_int_equal(dw_base64url_write(signature, len, text, sizeof(text), &len), 0);
    assert_span((struct dw_span){text, len}, SIGNATURE);
    dw_key_free(key);
}

static void a_key_signs_with_its_own_algorithm_alone(void **state)
{
    struct mint mint;
    unsigned char signature[SIGNATURE_MAX];
    size_t len = 0;

    (void)state;
    mint_init(&mint, DW_ALG_ES256);
    for (unsigned alg = DW_ALG_NONE; alg < DW_ALGS_END; alg++) {
        assert_int_equal(key_handle_sign(mint.key->handle, (enum dw_alg)alg, DW_SPAN("x"),
                                         signature, sizeof(signature), &len),
                         alg == DW_ALG_ES256 ? 0 : DW_ERR_CRYPTO);
    }
    assert_int_equal(
        key_handle_sign(mint.key->handle, DW_ALG_ES256, DW_SPAN("x"), signature, 63, &len),
        DW_ERR_SIZE);
    assert_int_equal(key_handle_sign(mint.keys->keys[0].handle, DW_ALG_ES256, DW_SPAN("x"),
                                     signature, sizeof(signature), &len),
                     DW_ERR_CRYPTO);
    assert_int_equal(ERR_peek_error(), 0);
    mint_free(&mint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(other_keys_do_not_verify),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(a_small_buffer_is_refused),
        cmocka_unit_test(signatures_without_chance),
        cmocka_unit_test(a_key_signs_with_its_own_algorithm_alone),
    };

    return RUN_TAP(tests);
}
