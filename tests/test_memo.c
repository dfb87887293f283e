/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "memo.h"

#define NAME_LEN 33

static struct memo memo;
static const uint8_t NAME[MEMO_NAME + 1] = {1, 2, 3};
static char large[MEMO_CLAIMS + 1];

static int set_up(void **state)
{
    (void)state;
    memset(&memo, 0, sizeof(memo));
    memset(large, 'x', sizeof(large));
    return 0;
}

static void keep(uint64_t version, const uint8_t *name, size_t len, struct dw_span claims)
{
    const struct dw_known found = {.claims = claims, .until = 20, .renew = 10};

    memo_keep(&memo, version, name, len, &found);
}

static bool is_there(uint64_t version, const uint8_t *name, size_t len)
{
    struct dw_known found;

    return memo_find(&memo, version, name, len, &found);
}

static void what_was_kept_is_found(void **state)
{
    struct dw_known found = {.until = 0};

    (void)state;
    assert_false(is_there(7, NAME, NAME_LEN));
    keep(7, NAME, NAME_LEN, DW_SPAN("{\"sub\":\"ann\"}"));
    assert_true(memo_find(&memo, 7, NAME, NAME_LEN, &found));
    assert_true(dw_span_equal(found.claims, DW_SPAN("{\"sub\":\"ann\"}")));
    assert_int_equal(found.until, 20);
    assert_int_equal(found.renew, 10);
    assert_true(found.again);
}

static void another_version_or_name_is_not(void **state)
{
    uint8_t other[NAME_LEN];

    (void)state;
    keep(7, NAME, NAME_LEN, DW_SPAN("{}"));
    assert_false(is_there(6, NAME, NAME_LEN));
    assert_false(is_there(8, NAME, NAME_LEN));
    assert_false(is_there(7, NAME, NAME_LEN - 1));
    for (size_t i = 0; i < NAME_LEN; i++) {
        memcpy(other, NAME, NAME_LEN);
        other[i] ^= 0x80;
        assert_false(is_there(7, other, NAME_LEN));
    }
    assert_true(is_there(7, NAME, NAME_LEN));
}

static void who_comes_twice_takes_the_place(void **state)
{
    uint8_t other[NAME_LEN];
    uint8_t third[NAME_LEN];

    (void)state;
    memcpy(other, NAME, NAME_LEN);
    other[NAME_LEN - 1] ^= 0x80; /* the same place, but a part of its own */
    memcpy(third, NAME, NAME_LEN);
    third[NAME_LEN - 1] ^= 0x40;
    keep(7, NAME, NAME_LEN, DW_SPAN("{}"));
    for (int i = 0; i < 10; i++) {
        keep(7, other, NAME_LEN, DW_SPAN("{}"));
        keep(7, third, NAME_LEN, DW_SPAN("{}"));
        assert_true(is_there(7, NAME, NAME_LEN));
    }
    keep(7, third, NAME_LEN, DW_SPAN("{}"));
    assert_true(is_there(7, third, NAME_LEN));
    assert_false(is_there(7, NAME, NAME_LEN));
    keep(8, other, NAME_LEN, DW_SPAN("{}")); /* what is there is good no more */
    assert_true(is_there(8, other, NAME_LEN));
}

static void what_does_not_fit_is_not_kept(void **state)
{
    (void)state;
    keep(7, NAME, MEMO_NAME + 1, DW_SPAN("{}"));
    assert_false(is_there(7, NAME, MEMO_NAME + 1));
    keep(7, NAME, 3, DW_SPAN("{}"));
    assert_false(is_there(7, NAME, 3));
    keep(0, NAME, NAME_LEN, DW_SPAN("{}"));
    assert_false(is_there(0, NAME, NAME_LEN));
    keep(7, NAME, NAME_LEN, (struct dw_span){large, MEMO_CLAIMS + 1});
    assert_false(is_there(7, NAME, NAME_LEN));
    keep(7, NAME, NAME_LEN, (struct dw_span){large, MEMO_CLAIMS});
    assert_true(is_there(7, NAME, NAME_LEN));
    keep(7, NAME, NAME_LEN, (struct dw_span){NULL, 0});
    assert_true(is_there(7, NAME, NAME_LEN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_kept_is_found, set_up),
        cmocka_unit_test_setup(another_version_or_name_is_not, set_up),
        cmocka_unit_test_setup(who_comes_twice_takes_the_place, set_up),
        cmocka_unit_test_setup(what_does_not_fit_is_not_kept, set_up),
    };

    return RUN_TAP(tests);
}
