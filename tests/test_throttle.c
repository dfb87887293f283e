/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <sys/mman.h>

#include "edge_folder.h"
#include "edge_killing.h"
#include "no_system_calls.h"
#include "throttle.h"

#define NOW       1700000000
#define PROCESSES 4
#define GUESSES   90 /* of each process: within what a mark can hold */
#define HERE      DW_SPAN("192.0.2.1")
#define THERE     DW_SPAN("198.51.100.7")
#define ANN       DW_SPAN("ann")
#define BOB       DW_SPAN("bob")

static const struct dw_span NOBODY = {NULL, 0};

static struct edge_folder folder;
static struct throttle *throttle;
static _Atomic int *noted; /* guesses that were counted, and said so */

static struct throttle *open_throttle(bool create)
{
    struct complaint why = {""};
    struct throttle *opened = NULL;

    if (throttle_open(folder.path, create, &opened, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return opened;
}

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    throttle = open_throttle(true);
    noted = mmap(NULL, sizeof(*noted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return noted == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    throttle_close(throttle);
    edge_folder_remove(&folder);
    return munmap(noted, sizeof(*noted));
}

static void blame(struct dw_span source, struct dw_span account, int n, int64_t now)
{
    for (int i = 0; i < n; i++) {
        throttle_blame(throttle, source, account, now);
    }
}

static int wait_of(struct dw_span source, struct dw_span account, int64_t now)
{
    return throttle_wait(throttle, source, account, false, now);
}

static void opening_needs_a_table(void **state)
{
    struct edge_folder empty = edge_folder_make();
    struct complaint why = {""};
    struct throttle *opened = NULL;

    (void)state;
    assert_int_equal(throttle_open(empty.path, false, &opened, &why), -1);
    assert_non_null(strstr(why.text, empty.path));
    assert_int_equal(throttle_open("/nowhere/at/all", true, &opened, &why), -1);
    assert_null(opened);
    throttle_close(NULL);
    edge_folder_remove(&empty);
    assert_true(throttle_is_current(throttle));
    assert_int_equal(unlink(edge_folder_file(&folder, "throttle")), 0);
    assert_false(throttle_is_current(throttle));
}

static void a_source_may_guess_some_times_and_then_slowly(void **state)
{
    (void)state;
    for (int i = 0; i < THROTTLE_BURST; i++) {
        assert_int_equal(wait_of(HERE, NOBODY, NOW), 0);
        blame(HERE, NOBODY, 1, NOW);
    }
    assert_int_equal(wait_of(HERE, NOBODY, NOW), THROTTLE_EVERY);
    assert_int_equal(wait_of(HERE, ANN, NOW), THROTTLE_EVERY);
    assert_int_equal(wait_of(THERE, NOBODY, NOW), 0);
    assert_int_equal(wait_of(HERE, NOBODY, NOW + THROTTLE_EVERY - 1), 1);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(wait_of(HERE, NOBODY, NOW + (int64_t)i * THROTTLE_EVERY), 0);
        blame(HERE, NOBODY, 1, NOW + (int64_t)i * THROTTLE_EVERY);
        assert_int_equal(wait_of(HERE, NOBODY, NOW + (int64_t)i * THROTTLE_EVERY), THROTTLE_EVERY);
    }
    assert_int_equal(wait_of(HERE, NOBODY, NOW + 1000), 0);
    blame(HERE, NOBODY, THROTTLE_BURST - 1, NOW + 1000);
    assert_int_equal(wait_of(HERE, NOBODY, NOW + 1000), 0);
}

/* Guesses that were under way at once have all passed: they are made up for. */
static void what_came_at_once_is_paid_for(void **state)
{
    (void)state;
    blame(HERE, NOBODY, 2 * THROTTLE_BURST, NOW);
    assert_int_equal(wait_of(HERE, NOBODY, NOW), (THROTTLE_BURST + 1) * THROTTLE_EVERY);
    blame(HERE, NOBODY, 100 * THROTTLE_BURST, NOW);
    assert_int_equal(wait_of(HERE, NOBODY, NOW),
                     THROTTLE_MOST - (THROTTLE_BURST - 1) * THROTTLE_EVERY);
}

static void sources_are_told_apart_as_networks_are(void **state)
{
    static const struct {
        const char *blamed, *asked;
        bool same;
    } ROWS[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"::ffff:192.0.2.1", "192.0.2.1", true},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1", "2001:DB8:0:0:ffff::2", true},
        {"2001:db8::1", "2001:db8:0:1::1", false},
        {"2001:db8:1::1", "2001:db8:2::1", false},
        {"fe80::1%eth0", "fe80::1%eth0", true},
        {"a name as long as none that inet_pton takes would ever be", "something else", false},
        {"192.0.2.1", "", false},
        {"192.0.2.1", "unix:", false},
        {"unix:", "unix:", false},
        {"unix:/run/s", "unix:/run/s", false},
        {"", "", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const int64_t now = NOW + (int64_t)i * 100000;

        blame(dw_span_of(ROWS[i].blamed), NOBODY, THROTTLE_BURST, now);
        print_message("# %s, %s\n", ROWS[i].blamed, ROWS[i].asked);
        assert_int_equal(wait_of(dw_span_of(ROWS[i].asked), NOBODY, now) != 0, ROWS[i].same);
    }
    assert_int_equal(wait_of(NOBODY, ANN, NOW), 0);
}

static void an_account_at_its_limit_stays_its_owners(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) { /* many sources, each with few guesses */
        char source[32];

        (void)snprintf(source, sizeof(source), "10.0.0.%d", i);
        blame(dw_span_of(source), ANN, 1, NOW);
    }
    assert_int_equal(wait_of(HERE, ANN, NOW), 0);
    blame(HERE, ANN, THROTTLE_CLEAN - 1, NOW); /* the owner mistypes */
    assert_int_equal(wait_of(HERE, ANN, NOW), 0);
    blame(HERE, ANN, 1, NOW);
    assert_int_equal(wait_of(HERE, ANN, NOW), THROTTLE_EVERY);
    assert_int_equal(wait_of(HERE, BOB, NOW), 0);
    assert_int_equal(wait_of(HERE, NOBODY, NOW), 0);
    assert_int_equal(wait_of(HERE, ANN, NOW + THROTTLE_EVERY), 0);
}

static void an_account_is_nobodys_address(void **state)
{
    (void)state;
    blame(NOBODY, HERE, 3 * THROTTLE_BURST, NOW);
    assert_int_equal(wait_of(HERE, NOBODY, NOW), 0);
    blame(THERE, NOBODY, THROTTLE_CLEAN, NOW);
    assert_int_equal(wait_of(THERE, HERE, NOW), THROTTLE_EVERY);
    assert_int_equal(wait_of(THERE, THERE, NOW), 0);
}

static void a_clock_that_goes_back_locks_nobody_out(void **state)
{
    (void)state;
    blame(HERE, ANN, 2 * THROTTLE_BURST, NOW + 1000000);
    assert_int_equal(wait_of(HERE, ANN, NOW), 0);
    blame(HERE, ANN, THROTTLE_BURST, NOW);
    assert_int_equal(wait_of(HERE, ANN, NOW), THROTTLE_EVERY);
    blame(HERE, ANN, 1, -5);
    blame(HERE, ANN, 1, INT64_MAX / 2);
}

/* Whoever has many addresses cannot wash one of them clean, nor have others locked out. */
static void a_flood_of_sources_hides_no_guilt(void **state)
{
    char source[64];
    int locked = 0;

    (void)state;
    blame(HERE, NOBODY, THROTTLE_BURST + 2, NOW);
    for (int i = 0; i < 400000; i++) {
        (void)snprintf(source, sizeof(source), "2001:db8:%x:%x::1", i >> 16 & 0xffff, i & 0xffff);
        throttle_blame(throttle, dw_span_of(source), NOBODY, NOW);
    }
    assert_int_equal(wait_of(HERE, NOBODY, NOW), 3 * THROTTLE_EVERY);
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(source, sizeof(source), "172.16.%d.%d", i >> 8, i & 0xff);
        locked += wait_of(dw_span_of(source), NOBODY, NOW) != 0 ? 1 : 0;
    }
    assert_int_equal(locked, 0);
}

static void the_file_outlives_its_processes(void **state)
{
    (void)state;
    blame(HERE, ANN, THROTTLE_BURST, NOW);
    throttle_close(throttle);
    throttle = open_throttle(true);
    assert_int_equal(wait_of(HERE, ANN, NOW), THROTTLE_EVERY);
}

/* -- Many at once, and sudden death ---------------------------------------------------------------- */

static void guess(int process)
{
    struct throttle *mine = NULL;

    (void)process;
    if (throttle_open(folder.path, false, &mine, NULL) != 0) {
        _exit(1);
    }
    for (int i = 0; i < GUESSES; i++) {
        throttle_blame(mine, HERE, ANN, NOW);
    }
    _exit(0);
}

static void no_guess_is_lost(void **state)
{
    int status = -1;

    (void)state;
    for (int i = 0; i < PROCESSES; i++) {
        (void)start_worker(guess, i);
    }
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(wait_of(HERE, NOBODY, NOW),
                     (PROCESSES * GUESSES - THROTTLE_BURST + 1) * THROTTLE_EVERY);
}

static void guess_forever(int process)
{
    struct throttle *mine = NULL;
    char source[32];

    (void)process;
    if (throttle_open(folder.path, false, &mine, NULL) != 0) {
        _exit(1);
    }
    for (;;) {
        const int number = atomic_fetch_add(noted, 1);

        (void)snprintf(source, sizeof(source), "10.%d.%d.%d", number >> 16 & 0xff,
                       number >> 8 & 0xff, number & 0xff);
        for (int i = 0; i < THROTTLE_BURST; i++) {
            throttle_blame(mine, dw_span_of(source), ANN, NOW);
        }
        throttle_blame(mine, HERE, ANN, NOW);
    }
}

static void killed_processes_harm_nobody(void **state)
{
    (void)state;
    assert_int_equal(kill_many(guess_forever, PROCESSES), 0);
    print_message("# %d sources\n", atomic_load(noted));
    assert_int_equal(wait_of(HERE, ANN, NOW),
                     THROTTLE_MOST - (THROTTLE_BURST - 1) * THROTTLE_EVERY);
    assert_int_equal(wait_of(THERE, ANN, NOW), 0);
    blame(THERE, BOB, THROTTLE_BURST, NOW);
    assert_int_equal(wait_of(THERE, BOB, NOW), THROTTLE_EVERY);
}

static bool prepare_guessing(void *context)
{
    return throttle_open(folder.path, true, context, NULL) == 0;
}

static bool guess_often(void *context)
{
    struct throttle *mine = *(struct throttle **)context;
    bool good = true;

    for (int i = 0; i < 100000; i++) {
        throttle_blame(mine, HERE, ANN, NOW + i);
        good = good && throttle_wait(mine, THERE, ANN, false, NOW + i) == 0;
    }
    return good && throttle_wait(mine, HERE, ANN, false, NOW + 100000) > 0;
}

static void guessing_makes_no_system_call(void **state)
{
    struct throttle *mine = NULL;

    (void)state;
    assert_true(makes_no_system_call(prepare_guessing, guess_often, &mine));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Whoever is told to wait when wrong and let in when right could guess for ever. */
static void the_right_guess_waits_only_where_it_was_guessed_at(void **state)
{
    (void)state;
    for (int i = 0; i < THROTTLE_PAIR - 1; i++) {
        assert_int_equal(throttle_wait(throttle, HERE, ANN, true, NOW), 0);
        throttle_insist(throttle, HERE, ANN, NOW);
    }
    assert_int_equal(throttle_wait(throttle, HERE, ANN, true, NOW), 0);
    throttle_blame(throttle, HERE, ANN, NOW);
    assert_int_equal(throttle_wait(throttle, HERE, ANN, true, NOW), THROTTLE_EVERY);
    assert_int_equal(throttle_wait(throttle, THERE, ANN, true, NOW), 0);
    assert_int_equal(throttle_wait(throttle, HERE, BOB, true, NOW), 0);
    for (int i = 0; i < 1000; i++) {
        throttle_insist(throttle, HERE, ANN, NOW);
    }
    assert_true(throttle_wait(throttle, HERE, ANN, true, NOW) < 10 * THROTTLE_EVERY);
    assert_int_equal(throttle_wait(throttle, HERE, BOB, true, NOW), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opening_needs_a_table),
        TEST(a_source_may_guess_some_times_and_then_slowly),
        TEST(what_came_at_once_is_paid_for),
        TEST(sources_are_told_apart_as_networks_are),
        TEST(an_account_at_its_limit_stays_its_owners),
        TEST(an_account_is_nobodys_address),
        TEST(a_clock_that_goes_back_locks_nobody_out),
        TEST(a_flood_of_sources_hides_no_guilt),
        TEST(the_file_outlives_its_processes),
        TEST(no_guess_is_lost),
        TEST(killed_processes_harm_nobody),
        TEST(guessing_makes_no_system_call),
        TEST(the_right_guess_waits_only_where_it_was_guessed_at),
    };

    return RUN_TAP(tests);
}
