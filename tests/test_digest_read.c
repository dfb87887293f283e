/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"
#include "guard_page.h"
#include "tap.h"
#include "vector_file.h"

/* What the field of Digest says, and the arithmetic. What a guard makes of it is in test_digest.c. */

static struct dw_work work;

static enum dw_reason read_field(struct dw_span field, struct digest *digest)
{
    struct trial trial = {.work = &work};

    return digest_read(&trial, field, digest);
}

static void assert_hash(const uint8_t hash[HASH_SIZE], size_t n, struct dw_span expected)
{
    char hex[2 * HASH_SIZE + 1] = "";

    digest_write_hex(hash, n, hex);
    assert_span(expected, hex);
}

/* -- Fields ---------------------------------------------------------------------------------------- */

static void check_read(const struct vector *vector, const struct digest *digest)
{
    const struct dw_span userhash = vector_value(vector, "userhash");
    const char *session = digest->session ? "-sess" : "";
    char algorithm[32];

    (void)snprintf(algorithm, sizeof(algorithm), "%s%s", dw_digest_name(digest->algorithm),
                   session);
    assert_span(vector_value(vector, "algorithm"), algorithm);
    assert_true(dw_span_equal(digest->user, vector_value(vector, "user")));
    assert_int_equal(digest->hashed, userhash.at != NULL);
    if (digest->hashed) {
        assert_hash(digest->userhash, HASH_SIZE, userhash);
    }
}

static void run_field(const struct vector *vector)
{
    const struct dw_span field = vector_value(vector, "field");
    const struct dw_span expected = vector_value(vector, "reason");
    struct guarded guarded = guard_bytes(field.at, field.len);
    struct digest digest = {.user = DW_SPAN("untouched")};
    const enum dw_reason reason = read_field(guarded.span, &digest);

    if (!dw_span_equal(expected, dw_span_of(dw_reason_text(reason)->name))) {
        print_error("%s:%d: got %s\n", vector->path, vector->number, dw_reason_text(reason)->name);
        fail();
    }
    if (reason == DW_REASON_NONE) {
        check_read(vector, &digest);
    } else {
        assert_span(digest.user, "untouched");
    }
    guard_release(&guarded);
}

static void fields(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/digest/fields.txt", run_field), 1);
}

/* However the field is cut, nothing is read that was not sent. */
static void run_prefixes(const struct vector *vector)
{
    const struct dw_span field = vector_value(vector, "field");
    struct digest digest;

    for (size_t len = 0; len < field.len; len += 1 + len / 64) {
        struct guarded guarded = guard_bytes(field.at, len);

        (void)!read_field(guarded.span, &digest);
        guard_release(&guarded);
    }
}

static void every_prefix(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/digest/*.txt", run_prefixes), 2);
}

/* -- Responses ------------------------------------------------------------------------------------- */

static void run_response(const struct vector *vector)
{
    const struct dw_span field = vector_value(vector, "field");
    const bool expected = dw_span_equal(vector_value(vector, "fits"), DW_SPAN("yes"));
    struct digest digest;
    char ha1[DW_HA1_SIZE];
    uint8_t response[HASH_SIZE];

    assert_int_equal(read_field(field, &digest), DW_REASON_NONE);
    assert_int_equal(dw_digest_ha1(digest.algorithm, vector_value(vector, "user"), digest.realm,
                                   vector_value(vector, "password"), ha1),
                     0);
    digest.body = vector_value(vector, "body");
    size_t n = digest_response(&digest, dw_span_of(ha1), vector_value(vector, "method"), response);
    assert_int_equal(n, digest_size(digest.algorithm));
    if ((memcmp(response, digest.response, n) == 0) != expected) {
        fail_msg("%s:%d", vector->path, vector->number);
    }
    if (digest.hashed) {
        assert_hash(digest.userhash, HASH_SIZE, vector_value(vector, "userhash"));
    }
    digest.qop = DW_SPAN("auth");
    digest.integrity = false;
    n = digest_response(&digest, dw_span_of(ha1), DW_SPAN(""), response);
    assert_hash(response, n, vector_value(vector, "rspauth"));
}

static void responses(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/digest/response.txt", run_response), 1);
}

static void ha1_is_for_algorithms_we_know(void **state)
{
    char ha1[DW_HA1_SIZE] = "untouched";

    (void)state;
    assert_int_equal(dw_digest_ha1(DW_DIGESTS_END, DW_SPAN("u"), DW_SPAN("r"), DW_SPAN("p"), ha1),
                     DW_ERR_CRYPTO);
    assert_string_equal(ha1, "untouched");
    assert_string_equal(dw_digest_name(DW_DIGESTS_END), "");
    /* RFC 2617 s3.5, computed with md5sum. */
    assert_int_equal(dw_digest_ha1(DW_DIGEST_MD5, DW_SPAN("Mufasa"), DW_SPAN("testrealm@host.com"),
                                   DW_SPAN("Circle Of Life"), ha1),
                     0);
    assert_string_equal(ha1, "939e7578ed9e3c518a452acee763bce9");
}

/* -- Nonces ---------------------------------------------------------------------------------------- */

static const uint8_t SECRET[32] = "a secret of thirty-two bytes....";

static void a_nonce_says_when_it_was_made(void **state)
{
    static const int64_t TIMES[] = {0, 1, 1700000000, INT64_C(4102444800), -1};
    char text[NONCE_CHARS];
    int64_t made;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TIMES); i++) {
        nonce_write(SECRET, "digest", TIMES[i], text);
        assert_true(nonce_read(SECRET, "digest", (struct dw_span){text, sizeof(text)}, &made));
        assert_true(made == TIMES[i]);
    }
}

static void only_ours_are_nonces(void **state)
{
    static const uint8_t OTHER[32] = "another of thirty-two bytes.....";
    char text[NONCE_CHARS];
    const struct dw_span nonce = {text, sizeof(text)};
    int64_t made = 7;

    (void)state;
    nonce_write(SECRET, "digest", 1700000000, text);
    assert_false(nonce_read(OTHER, "digest", nonce, &made));
    assert_false(nonce_read(SECRET, "dpop", nonce, &made));
    assert_false(nonce_read(SECRET, "digest", DW_SPAN(""), &made));
    assert_false(nonce_read(SECRET, "digest", (struct dw_span){text, sizeof(text) - 4}, &made));
    for (size_t i = 0; i < sizeof(text); i++) {
        const char kept = text[i];

        text[i] = kept == 'A' ? 'B' : 'A';
        assert_false(nonce_read(SECRET, "digest", nonce, &made));
        text[i] = kept;
    }
    assert_true(made == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(every_prefix),
        cmocka_unit_test(responses),
        cmocka_unit_test(ha1_is_for_algorithms_we_know),
        cmocka_unit_test(a_nonce_says_when_it_was_made),
        cmocka_unit_test(only_ours_are_nonces),
    };

    return RUN_TAP(tests);
}
