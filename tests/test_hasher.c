/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "accounts.h"
#include "hasher.h"

#define PASSWORD "correct horse"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static struct hasher *hasher;
static unsigned n_done;
static char hash[256];

static void take_note(void *context)
{
    assert_ptr_equal(context, &n_done);
    n_done++;
    pthread_cond_signal(&told);
}

static int set_up(void **state)
{
    (void)state;
    n_done = 0;
    assert_int_equal(password_hash(DW_SPAN(PASSWORD), hash, NULL), 0);
    return hasher_new(&lock, take_note, &n_done, &hasher, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    hasher_free(hasher);
    return 0;
}

/* The n-th name there is. */
static const uint8_t *name_of(unsigned n)
{
    static uint8_t name[DW_FACT_NAME];

    memcpy(name, &n, sizeof n);
    return name;
}

/* Asks until it is told; counts how many checks that took. The lock is held. */
static enum hasher_answer ask(unsigned name, const char *of, const char *password)
{
    enum hasher_answer answer = hasher_ask(hasher, name_of(name), of, dw_span_of(password));

    while (answer == HASHER_WAIT) {
        pthread_cond_wait(&told, &lock);
        answer = hasher_ask(hasher, name_of(name), of, dw_span_of(password));
    }
    return answer;
}

static void wrong_and_right(void **state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    assert_int_equal(ask(1, hash, "wrong horse"), HASHER_WRONG);
    assert_int_equal(ask(2, NULL, PASSWORD), HASHER_WRONG);
    assert_int_equal(ask(3, "", PASSWORD), HASHER_WRONG);
    assert_int_equal(ask(4, hash, ""), HASHER_WRONG);
    assert_int_equal(ask(5, "no hash", PASSWORD), HASHER_WRONG);
    assert_int_equal(ask(6, hash, PASSWORD), HASHER_RIGHT);
    assert_int_equal(n_done, 6);
    pthread_mutex_unlock(&lock);
}

static void too_long(void **state)
{
    char password[PASSWORD_MAX + 2];

    (void)state;
    memset(password, 'a', sizeof password - 1);
    password[sizeof password - 1] = '\0';
    pthread_mutex_lock(&lock);
    assert_int_equal(ask(1, hash, password), HASHER_WRONG);
    assert_int_equal(n_done, 0);
    password[PASSWORD_MAX] = '\0';
    assert_int_equal(ask(2, hash, password), HASHER_WRONG);
    assert_int_equal(n_done, 1);
    pthread_mutex_unlock(&lock);
}

static void many_ask_for_one(void **state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(hasher_ask(hasher, name_of(1), hash, DW_SPAN(PASSWORD)), HASHER_WAIT);
    }
    assert_int_equal(ask(1, hash, PASSWORD), HASHER_RIGHT);
    assert_int_equal(ask(1, hash, PASSWORD), HASHER_RIGHT);
    assert_int_equal(n_done, 1);
    pthread_mutex_unlock(&lock);
}

/* An answer for one hash says nothing of the next. */
static void another_hash(void **state)
{
    char other[256];

    (void)state;
    assert_int_equal(password_hash(DW_SPAN("another horse"), other, NULL), 0);
    pthread_mutex_lock(&lock);
    assert_int_equal(ask(1, hash, PASSWORD), HASHER_RIGHT);
    assert_int_equal(ask(1, other, PASSWORD), HASHER_WRONG);
    assert_int_equal(ask(1, NULL, PASSWORD), HASHER_WRONG);
    assert_int_equal(ask(1, hash, PASSWORD), HASHER_RIGHT);
    assert_int_equal(n_done, 3);
    pthread_mutex_unlock(&lock);
}

/* Everybody who could be put in line is told in the end, though others are put in line meanwhile. */
static void full(void **state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < HASHER_QUEUE; i++) {
        assert_int_equal(hasher_ask(hasher, name_of(i), hash, DW_SPAN(PASSWORD)), HASHER_WAIT);
    }
    assert_int_equal(hasher_ask(hasher, name_of(99), hash, DW_SPAN(PASSWORD)), HASHER_FULL);
    assert_int_equal(hasher_ask(hasher, name_of(0), hash, DW_SPAN(PASSWORD)), HASHER_WAIT);
    while (n_done < HASHER_QUEUE) {
        pthread_cond_wait(&told, &lock);
    }
    for (unsigned i = 0; i < HASHER_QUEUE; i++) {
        assert_int_equal(hasher_ask(hasher, name_of(1000 + i), hash, DW_SPAN("x")), HASHER_WAIT);
    }
    for (unsigned i = 0; i < HASHER_QUEUE; i++) {
        assert_int_equal(hasher_ask(hasher, name_of(i), hash, DW_SPAN(PASSWORD)), HASHER_RIGHT);
    }
    pthread_mutex_unlock(&lock);
}

static void ends_while_some_wait(void **state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < HASHER_QUEUE; i++) {
        assert_int_equal(hasher_ask(hasher, name_of(i), hash, DW_SPAN(PASSWORD)), HASHER_WAIT);
    }
    pthread_mutex_unlock(&lock);
    hasher_free(hasher);
    hasher = NULL;
    assert_true(n_done <= 1);
}

/* The thread alone has stepped back. */
static void steps_back(void **state)
{
    const int own = getpriority(PRIO_PROCESS, (id_t)gettid());
    int n = 0;

    (void)state;
    pthread_mutex_lock(&lock);
    assert_int_equal(ask(1, hash, PASSWORD), HASHER_RIGHT);
    pthread_mutex_unlock(&lock);
    DIR *threads = opendir("/proc/self/task");
    assert_non_null(threads);
    for (const struct dirent *entry = readdir(threads); entry != NULL; entry = readdir(threads)) {
        const long tid = strtol(entry->d_name, NULL, 10);
        if (tid > 0 && tid != gettid() && getpriority(PRIO_PROCESS, (id_t)tid) == 10) {
            n++;
        }
    }
    closedir(threads);
    assert_int_equal(n, 1);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)gettid()), own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_and_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_ask_for_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_while_some_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(steps_back, set_up, tear_down),
    };

    return RUN_TAP(tests);
}
