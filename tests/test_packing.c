/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "packing.h"

static size_t pack(const struct recent_entry *entry, struct recent_entry *out)
{
    uint64_t words[PACKING_WORDS];
    size_t n;

    memset(words, 0xa5, sizeof(words));
    n = packing_write(entry, words);
    assert_in_range(n, 4, PACKING_WORDS);
    assert_int_equal(n % 2, 0);
    assert_int_equal(packing_count(words[PACKING_HEAD]), n);
    memset(out, 0x5a, sizeof(*out));
    packing_read(words, n, out);
    return n;
}

static void an_entry_comes_back(void **state)
{
    const struct recent_entry in = {
        .at_us = INT64_MIN + 1,
        .latency_us = UINT32_MAX,
        .reason = DW_TOKEN_EXPIRED,
        .status = 401,
        .scheme = DW_SCHEME_BEARER,
        .cached = 1,
        .id = "0123456789abc",
        .method = "GET",
        .path = "/v1/orders",
        .route = "/v1",
        .source = "2001:db8::1",
        .issuer = "https://issuer.test",
        .subject = "alice",
        .token = "eyJh...9x_Q",
        .wanted = "after 10",
        .seen = "9",
    };
    struct recent_entry out;

    (void)state;
    assert_in_range(pack(&in, &out), 8, 20); /* two or three cache lines, not twelve */
    assert_memory_equal(&out, &in, sizeof(in));
}

static void nothing_and_everything_come_back(void **state)
{
    struct recent_entry in = {0};
    struct recent_entry out;

    (void)state;
    assert_int_equal(pack(&in, &out), 6);
    assert_memory_equal(&out, &in, sizeof(in));

    memset(&in, 'x', sizeof(in)); /* no text has its end */
    assert_int_equal(pack(&in, &out), PACKING_WORDS);
    assert_int_equal(out.at_us, in.at_us);
    assert_int_equal(strlen(out.id), sizeof(out.id) - 1);
    assert_int_equal(strlen(out.path), sizeof(out.path) - 1);
    assert_int_equal(strlen(out.token), sizeof(out.token) - 1);
    assert_int_equal(strlen(out.seen), sizeof(out.seen) - 1);
}

static void any_count_is_held_to_bounds(void **state)
{
    (void)state;
    assert_int_equal(packing_count(0), 4);
    assert_int_equal(packing_count(UINT64_MAX), PACKING_WORDS);
}

static void any_words_make_ended_texts(void **state)
{
    uint64_t words[PACKING_WORDS];
    struct recent_entry out;

    (void)state;
    memset(words, 'x', sizeof(words));
    for (size_t n = 4; n <= PACKING_WORDS; n++) {
        packing_read(words, n, &out);
        assert_in_range(strlen(out.id), 1, sizeof(out.id) - 1);
        assert_int_equal(strlen(out.method), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_comes_back),
        cmocka_unit_test(nothing_and_everything_come_back),
        cmocka_unit_test(any_count_is_held_to_bounds),
        cmocka_unit_test(any_words_make_ended_texts),
    };

    return RUN_TAP(tests);
}
