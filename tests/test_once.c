/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <sys/mman.h>

#include "edge_folder.h"
#include "edge_killing.h"
#include "no_system_calls.h"
#include "once.h"

#define NOW       1700000000
#define SET       32 /* names that share a set, at most */
#define NAMES     10000
#define PROCESSES 4
#define LAYOUT_AT 8 /* in the file: its version */

static struct edge_folder folder;

/* What all processes of a test share. */
static struct shared {
    _Atomic int ready;
    _Atomic int first[NAMES]; /* how often each name was the first */
    _Atomic int full;
    _Atomic int64_t noted[PROCESSES]; /* numbers up to this were used, and said so */
} * shared;

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    edge_folder_remove(&folder);
    return munmap(shared, sizeof(*shared));
}

static struct once *open_once(bool create)
{
    struct complaint why = {""};
    struct once *once = NULL;

    if (once_open(folder.path, create, &once, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return once;
}

/* Names as a hash would spread them; those of `set` share a set. */
static void write_name(uint32_t set, uint32_t number, uint8_t name[DW_FACT_NAME])
{
    memset(name, 0, DW_FACT_NAME);
    memcpy(name, &set, sizeof(set));
    memcpy(name + sizeof(set), &number, sizeof(number));
}

static enum once_answer use(struct once *once, uint32_t set, uint32_t number, int64_t until,
                            int64_t now)
{
    uint8_t name[DW_FACT_NAME];

    write_name(set, number, name);
    return once_use(once, name, until, now);
}

static void opening_needs_a_table(void **state)
{
    struct complaint why = {""};
    struct once *once = NULL;
    struct once *old;

    (void)state;
    assert_int_equal(once_open(folder.path, false, &once, &why), -1);
    assert_non_null(strstr(why.text, folder.path));
    assert_int_equal(once_open("/nowhere/at/all", true, &once, &why), -1);
    assert_null(once);
    once_close(NULL);
    old = open_once(true);
    assert_true(once_is_current(old));
    edge_folder_scribble(&folder, "once", LAYOUT_AT, "?", 1);
    assert_int_equal(once_open(folder.path, false, &once, &why), -1);
    once = open_once(true);
    assert_false(once_is_current(old));
    assert_true(once_is_current(once));
    once_close(old);
    once_close(once);
}

static void the_second_use_is_seen_by_all(void **state)
{
    struct once *one = open_once(true);
    struct once *other = open_once(false);

    (void)state;
    assert_int_equal(use(one, 1, 1, NOW + 60, NOW), ONCE_FIRST);
    assert_int_equal(use(other, 1, 1, NOW + 60, NOW), ONCE_AGAIN);
    assert_int_equal(use(one, 1, 1, NOW + 90, NOW + 60), ONCE_AGAIN);
    assert_int_equal(use(other, 1, 2, NOW + 60, NOW), ONCE_FIRST);
    assert_int_equal(use(other, 2, 1, NOW + 60, NOW), ONCE_FIRST);
    once_close(one);
    once_close(other);
    one = open_once(true); /* which keeps what is there */
    assert_int_equal(use(one, 1, 1, NOW + 60, NOW), ONCE_AGAIN);
    assert_int_equal(use(one, 1, 1, NOW + 120, NOW + 61), ONCE_FIRST);
    assert_int_equal(use(one, 1, 1, NOW + 120, NOW + 61), ONCE_AGAIN);
    once_close(one);
}

static void odd_times_are_survived(void **state)
{
    static const int64_t TIMES[] = {INT64_MIN / 2, -1, 0, NOW - 100, NOW, INT64_MAX};
    struct once *once = open_once(true);

    (void)state;
    for (uint32_t i = 0; i < COUNT_OF(TIMES); i++) {
        assert_int_equal(use(once, i, 1, TIMES[i], NOW), ONCE_FIRST);
        assert_int_equal(use(once, i, 1, TIMES[i], NOW), ONCE_AGAIN);
    }
    assert_int_equal(use(once, 0, 0, NOW + 60, NOW), ONCE_FIRST);
    assert_int_equal(use(once, 0, 0, NOW + 60, NOW), ONCE_AGAIN);
    once_close(once);
}

static void a_full_set_says_so_until_something_ends(void **state)
{
    struct once *once = open_once(true);

    (void)state;
    for (uint32_t i = 0; i < SET; i++) {
        assert_int_equal(use(once, 7, i, NOW + 60 + (int64_t)i, NOW), ONCE_FIRST);
    }
    assert_int_equal(use(once, 7, SET, NOW + 60, NOW), ONCE_FULL);
    assert_int_equal(use(once, 7, 5, NOW + 60, NOW), ONCE_AGAIN);
    assert_int_equal(use(once, 8, SET, NOW + 60, NOW), ONCE_FIRST);
    assert_int_equal(use(once, 7, SET, NOW + 120, NOW + 61), ONCE_FIRST);
    assert_int_equal(use(once, 7, SET + 1, NOW + 120, NOW + 61), ONCE_FULL);
    once_close(once);
}

static void a_million_are_remembered(void **state)
{
    struct once *once = open_once(true);
    uint32_t random = 1;
    int full = 0;

    (void)state;
    for (uint32_t i = 0; i < 1000000; i++) {
        const enum once_answer answer =
            use(once, next_random(&random) ^ next_random(&random) << 16, i, NOW + 60, NOW);

        full += answer == ONCE_FULL ? 1 : 0;
        assert_int_not_equal(answer, ONCE_AGAIN);
    }
    print_message("# %d of a million found no place\n", full);
    assert_true(full < 1000);
    once_close(once);
}

/* -- Many at once -------------------------------------------------------------------------------- */

/* All in the same order, at the same time, their clocks a second apart, in few sets, whose marks of before
 * end at different times: whoever looks sees another set. */
static void use_all(int process)
{
    struct once *once = NULL;

    if (once_open(folder.path, false, &once, NULL) != 0) {
        _exit(1);
    }
    atomic_fetch_add(&shared->ready, 1);
    while (atomic_load(&shared->ready) < PROCESSES) {
    }
    for (uint32_t i = 0; i < NAMES; i++) {
        const int64_t now = NOW + 100 + process % 2;
        const enum once_answer answer = use(once, i % 512, i, now + 600, now);

        if (answer == ONCE_FIRST) {
            atomic_fetch_add(&shared->first[i], 1);
        }
        if (answer == ONCE_FULL) {
            atomic_fetch_add(&shared->full, 1);
        }
    }
    _exit(0);
}

static void each_name_is_first_exactly_once(void **state)
{
    struct once *once = open_once(true);
    int status = -1;

    (void)state;
    for (uint32_t i = 0; i < 512 * SET; i++) {
        assert_int_equal(use(once, i % 512, NAMES + i, NOW + 50 + (int64_t)(i * 7919 % 51), NOW),
                         ONCE_FIRST);
    }
    once_close(once);
    for (int i = 0; i < PROCESSES; i++) {
        (void)start_worker(use_all, i);
    }
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(atomic_load(&shared->full), 0);
    for (size_t i = 0; i < NAMES; i++) {
        assert_int_equal(atomic_load(&shared->first[i]), 1);
    }
}

/* -- Sudden death --------------------------------------------------------------------------------- */

static void use_forever(int process)
{
    struct once *once = NULL;

    if (once_open(folder.path, false, &once, NULL) != 0) {
        _exit(1);
    }
    for (;;) {
        const int64_t number = atomic_load(&shared->noted[process]) + 1;

        /* The one before may have used it, and died before it could say so. */
        (void)use(once, (uint32_t)number * 2654435761u, (uint32_t)process, NOW + 60, NOW);
        atomic_store(&shared->noted[process], number);
    }
}

static void what_was_used_outlives_its_user(void **state)
{
    struct once *once = open_once(true);
    int64_t n = 0;

    (void)state;
    once_close(once);
    assert_int_equal(kill_many(use_forever, PROCESSES), 0);
    once = open_once(false);
    for (int process = 0; process < PROCESSES; process++) {
        const int64_t last = atomic_load(&shared->noted[process]);

        for (int64_t i = last > 1000 ? last - 1000 : 1; i <= last; i++) {
            const enum once_answer answer =
                use(once, (uint32_t)i * 2654435761u, (uint32_t)process, NOW + 60, NOW);

            assert_int_not_equal(answer, ONCE_FIRST);
        }
        n += last;
    }
    print_message("# %lld used\n", (long long)n);
    assert_true(n > 0);
    once_close(once);
}

static bool prepare_using(void *context)
{
    return once_open(folder.path, true, context, NULL) == 0;
}

static bool use_often(void *context)
{
    struct once *once = *(struct once **)context;
    bool good = true;

    for (uint32_t i = 0; i < 100000; i++) {
        good = good && use(once, i, i, NOW + 60, NOW) == ONCE_FIRST &&
               use(once, i, i, NOW + 60, NOW) == ONCE_AGAIN;
    }
    return good;
}

static void using_makes_no_system_call(void **state)
{
    struct once *once = NULL;

    (void)state;
    assert_true(makes_no_system_call(prepare_using, use_often, &once));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opening_needs_a_table),           TEST(the_second_use_is_seen_by_all),
        TEST(odd_times_are_survived),          TEST(a_full_set_says_so_until_something_ends),
        TEST(a_million_are_remembered),        TEST(each_name_is_first_exactly_once),
        TEST(what_was_used_outlives_its_user), TEST(using_makes_no_system_call),
    };

    return RUN_TAP(tests);
}
