/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "guard_page.h"
#include "keys.h"

#define START  1000000
#define SECOND 1000

static const struct dw_span KID = {"new", 3};

static struct keys_schedule keys; /* large: kept off the stack */

/* Warm: fetched at START, a second long, good for ten minutes. */
static void warm(void)
{
    keys_init(&keys, START, false);
    keys_begin(&keys, START);
    keys_succeed(&keys, START + SECOND, -1);
}

static void never_had_and_down(void **state)
{
    (void)state;
    keys_init(&keys, START, false);
    assert_true(keys_is_due(&keys, START));
    keys_begin(&keys, START);
    assert_false(keys_is_due(&keys, START + 1));
    keys_fail(&keys, START + 100);

    assert_int_equal(keys_ask(&keys, START + 200, START + 150, KID), KEYS_GO_ON);
    assert_false(keys_is_due(&keys, START + 200));
    assert_true(keys_is_due(&keys, START + 1100));
}

static void backs_off(void **state)
{
    static const int64_t WAITS[] = {1, 2, 4, 8, 16, 30, 30, 30};
    int64_t now = START;

    (void)state;
    keys_init(&keys, now, false);
    for (size_t i = 0; i < sizeof WAITS / sizeof WAITS[0]; i++) {
        keys_begin(&keys, now);
        keys_fail(&keys, now);
        assert_int_equal(keys_wait(&keys, now, 60 * SECOND), WAITS[i] * SECOND);
        now += WAITS[i] * SECOND;
        assert_true(keys_is_due(&keys, now));
    }
}

static void retry_after_finds_a_fetch(void **state)
{
    (void)state;
    keys_init(&keys, START, false);
    for (int i = 0; i < 8; i++) {
        keys_begin(&keys, START);
        keys_fail(&keys, START);
    }
    const int64_t later = START + DW_RETRY_AFTER * SECOND;
    assert_int_equal(keys_ask(&keys, later - 1, later - 1, KID), KEYS_GO_ON);
    assert_int_equal(keys_ask(&keys, later, later, KID), KEYS_WAIT);
    assert_true(keys_is_due(&keys, later));
}

static void patience_ends(void **state)
{
    (void)state;
    keys_init(&keys, START, false);
    keys_begin(&keys, START);
    assert_int_equal(keys_ask(&keys, START + 1, START + 1, KID), KEYS_WAIT);
    assert_int_equal(keys_ask(&keys, START + KEYS_PATIENCE - 1, START + 1, KID), KEYS_WAIT);
    assert_int_equal(keys_ask(&keys, START + KEYS_PATIENCE, START + 1, KID), KEYS_GO_ON);
}

static void one_fetch_for_many(void **state)
{
    (void)state;
    keys_init(&keys, START, false);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(keys_ask(&keys, START + i, START + i, KID), KEYS_WAIT);
    }
    keys_begin(&keys, START + 20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(keys_ask(&keys, START + 21 + i, START + i, KID), KEYS_WAIT);
        assert_false(keys_is_due(&keys, START + 21 + i));
    }
    keys_succeed(&keys, START + 220, -1);
    assert_false(keys_is_due(&keys, START + 221));
    assert_false(keys_was_miss(&keys));
}

static void first_miss_is_free(void **state)
{
    const int64_t now = START + 5 * SECOND;

    (void)state;
    warm();
    assert_int_equal(keys_ask(&keys, now, now, KID), KEYS_WAIT);
    assert_true(keys_is_due(&keys, now));
    keys_begin(&keys, now);
    keys_succeed(&keys, now + 50, -1);
    assert_true(keys_was_miss(&keys));
    assert_int_equal(keys_ask(&keys, now + 51, now, KID), KEYS_GO_ON);
}

static void fifty_misses_one_fetch(void **state)
{
    const int64_t now = START + 5 * SECOND;
    int fetches = 0;

    (void)state;
    warm();
    for (int i = 0; i < 50; i++) {
        char kid[16];
        const int len = snprintf(kid, sizeof kid, "random-%d", i);
        struct guarded name = guard_bytes(kid, (size_t)len);
        const int64_t at = now + i * 100;
        const enum keys_advice advice = keys_ask(&keys, at, at, name.span);
        assert_int_equal(advice, i == 0 ? KEYS_WAIT : KEYS_GO_ON);
        if (keys_is_due(&keys, at)) {
            fetches++;
            keys_begin(&keys, at);
            keys_succeed(&keys, at + 10, -1);
        }
        guard_release(&name);
    }
    assert_int_equal(fetches, 1);
}

static void miss_again_after_the_pause(void **state)
{
    const int64_t now = START + 5 * SECOND;
    const int64_t later = now + KEYS_MISS_PAUSE * SECOND;
    const struct dw_span other = DW_SPAN("other");

    (void)state;
    warm();
    assert_int_equal(keys_ask(&keys, now, now, KID), KEYS_WAIT);
    keys_begin(&keys, now);
    keys_succeed(&keys, now + 10, -1);
    assert_int_equal(keys_ask(&keys, now + 20, now, KID), KEYS_GO_ON);

    assert_int_equal(keys_ask(&keys, later - 1, later - 1, other), KEYS_GO_ON);
    assert_int_equal(keys_ask(&keys, later, later, KID), KEYS_GO_ON);
    assert_int_equal(keys_ask(&keys, later, later, other), KEYS_WAIT);
    keys_begin(&keys, later);
    keys_succeed(&keys, later + 10, -1);

    const int64_t forgotten = now + 20 + KEYS_UNKNOWN_TIME * SECOND;
    assert_int_equal(keys_ask(&keys, forgotten, forgotten, KID), KEYS_WAIT);
}

static void an_issuer_that_is_down_teaches_nothing(void **state)
{
    const int64_t now = START + 5 * SECOND;
    const int64_t later = now + KEYS_MISS_PAUSE * SECOND;

    (void)state;
    warm();
    assert_int_equal(keys_ask(&keys, now, now, KID), KEYS_WAIT);
    keys_begin(&keys, now);
    keys_fail(&keys, now + 10);
    assert_int_equal(keys_ask(&keys, now + 20, now, KID), KEYS_GO_ON);
    assert_int_equal(keys_ask(&keys, later, later, KID), KEYS_WAIT);
}

static void the_table_is_bounded(void **state)
{
    static char long_kid[DW_KID_MAX + 1];
    int64_t now = START + 5 * SECOND;

    (void)state;
    warm();
    for (int i = 0; i < 3 * KEYS_UNKNOWN_MAX; i++) {
        char kid[16];
        const int len = snprintf(kid, sizeof kid, "%d", i);
        const struct dw_span name = {kid, (size_t)len};
        assert_int_equal(keys_ask(&keys, now, START, name), KEYS_GO_ON);
        keys_begin(&keys, now);
        keys_succeed(&keys, now, -1);
        assert_int_equal(keys_ask(&keys, now, now, name), KEYS_GO_ON);
    }
    assert_int_equal(keys_ask(&keys, now, now, (struct dw_span){long_kid, sizeof long_kid}),
                     KEYS_GO_ON);
    assert_int_equal(keys_ask(&keys, now, now, (struct dw_span){NULL, 0}), KEYS_GO_ON);
}

static void lifetimes(void **state)
{
    static const struct {
        const char *field;
        int64_t max_age;
        int64_t refresh; /* seconds after the fetch */
    } CASES[] = {
        {"", -1, 510},
        {"public", -1, 510},
        {"max-age", -1, 510},
        {"max-age=", -1, 510},
        {"max-age=x", -1, 510},
        {"max-age=-5", -1, 510},
        {"xmax-age=1200", -1, 510},
        {"s-maxage=1200", -1, 510},
        {"no-store", 0, 51},
        {"no-cache, max-age=1200", 0, 51},
        {"max-age=0", 0, 51},
        {"max-age=59", 59, 51},
        {"max-age=61", 61, 51},
        {"max-age=1200", 1200, 1020},
        {"public,\tMax-Age=\"1200\" , must-revalidate", 1200, 1020},
        {"max-age=86400", 86400, 3060},
        {"max-age=99999999999999999999999", 999999999, 3060},
        {",,,max-age=1200,,", 1200, 1020},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct guarded field = guard_text(CASES[i].field);
        const int64_t max_age = keys_max_age(field.span);
        assert_int_equal(max_age, CASES[i].max_age);
        keys_init(&keys, START, false);
        keys_begin(&keys, START);
        keys_succeed(&keys, START, max_age);
        const int64_t wait = keys_wait(&keys, START, INT64_MAX / 4) / SECOND;
        assert_int_equal(wait, CASES[i].refresh);
        guard_release(&field);
    }
}

static void waits_no_longer_than_asked(void **state)
{
    (void)state;
    warm();
    assert_int_equal(keys_wait(&keys, START + SECOND, 500), 500);
    keys_init(&keys, START, true);
    assert_int_equal(keys_wait(&keys, START, 500), 0);
    keys_begin(&keys, START);
    assert_int_equal(keys_wait(&keys, START, 500), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_had_and_down),
        cmocka_unit_test(backs_off),
        cmocka_unit_test(retry_after_finds_a_fetch),
        cmocka_unit_test(patience_ends),
        cmocka_unit_test(one_fetch_for_many),
        cmocka_unit_test(first_miss_is_free),
        cmocka_unit_test(fifty_misses_one_fetch),
        cmocka_unit_test(miss_again_after_the_pause),
        cmocka_unit_test(an_issuer_that_is_down_teaches_nothing),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(lifetimes),
        cmocka_unit_test(waits_no_longer_than_asked),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
