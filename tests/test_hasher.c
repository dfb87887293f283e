/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "accounts.h"
#include "hasher.h"

#define PASSWORD "correct horse"

static pthread_mutex_t lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
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
    (void)pthread_mutex_unlock(&lock); /* refused, unless a check that failed has left it locked */
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

static enum hasher_answer ask_from(const char *source, unsigned name)
{
    return hasher_ask(hasher, name_of(name), hash, DW_SPAN(PASSWORD), dw_span_of(source));
}

/* Many come from as many places as they need to be let in. */
static const char *source_of(unsigned name)
{
    static char source[32];

    snprintf(source, sizeof source, "192.0.2.%u", name / HASHER_SHARE % 256);
    return source;
}

static void wait_for(unsigned n)
{
    while (n_done < n) {
        pthread_cond_wait(&told, &lock);
    }
}

/* Asks until it is told; counts how many checks that took. The lock is held. */
static enum hasher_answer ask(unsigned name, const char *of, const char *password)
{
    const struct dw_span source = DW_SPAN("192.0.2.1");
    enum hasher_answer answer = hasher_ask(hasher, name_of(name), of, dw_span_of(password), source);

    while (answer == HASHER_WAIT) {
        pthread_cond_wait(&told, &lock);
        answer = hasher_ask(hasher, name_of(name), of, dw_span_of(password), source);
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

#define APR1 "$apr1$mysalt12$HZgZ4ATAq.lO1GWdr5ZIT1"

static void an_imported_hash_is_made_anew(void **state)
{
    const char *renewed;

    (void)state;
    pthread_mutex_lock(&lock);
    assert_int_equal(ask(1, hash, PASSWORD), HASHER_RIGHT);
    assert_null(hasher_renewed(hasher, name_of(1), hash));
    assert_int_equal(ask(2, APR1, "wrong horse"), HASHER_WRONG);
    assert_null(hasher_renewed(hasher, name_of(2), APR1));
    assert_int_equal(ask(3, APR1, PASSWORD), HASHER_RIGHT);
    assert_null(hasher_renewed(hasher, name_of(4), APR1));
    assert_null(hasher_renewed(hasher, name_of(3), hash));
    renewed = hasher_renewed(hasher, name_of(3), APR1);
    assert_non_null(renewed);
    assert_true(strncmp(renewed, "$argon2id$", 10) == 0);
    assert_true(password_check(renewed, DW_SPAN(PASSWORD)));
    assert_false(password_check(renewed, DW_SPAN("wrong horse")));
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
        assert_int_equal(ask_from("192.0.2.1", 1), HASHER_WAIT);
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

/* Everybody who could be put in line is told in the end, though others are put in line meanwhile. Who asks
 * comes back when told: an answer is kept for seconds only, and on a busy machine they take long. */
static void full(void **state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < HASHER_QUEUE; i++) {
        assert_int_equal(ask_from(source_of(i), i), HASHER_WAIT);
    }
    assert_int_equal(ask_from(source_of(99), 99), HASHER_FULL);
    assert_int_equal(ask_from(source_of(0), 0), HASHER_WAIT);
    for (unsigned i = 0; i < HASHER_QUEUE; i++) {
        wait_for(i + 1);
        assert_int_equal(ask_from(source_of(i), i), HASHER_RIGHT);
        assert_int_equal(ask_from(source_of(1000 + i), 1000 + i), HASHER_WAIT);
    }
    pthread_mutex_unlock(&lock);
}

/* -- Shares ------------------------------------------------------------------------------------ */

#define SIX  "2001:db8:1:2"
#define LONG "0123456789012345678901234567890123456789012345"

/* One who has taken a whole share, who then finds no room, and who does. */
static const struct {
    const char *first, *same, *other;
} SOURCES[] = {
    {"192.0.2.1", "192.0.2.1", "192.0.2.10"},
    {"192.0.2.1", "192.0.2.1", NULL},
    {NULL, NULL, "192.0.2.1"},
    {NULL, "", "unix:"},
    {"unix:", "unix:", "192.0.2.1"},
    {SIX "::1", SIX ":ffff:ffff:ffff:ffff", "2001:db8:1:3::1"},
    {SIX "::1", "2001:DB8:1:2:0::7", "192.0.2.1"},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"},
    {LONG "a", LONG "b", "0" LONG},
};

static void takes_no_more_than_its_share(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SOURCES); i++) {
        assert_int_equal(set_up(state), 0);
        pthread_mutex_lock(&lock);
        for (unsigned n = 0; n < HASHER_SHARE; n++) {
            assert_int_equal(ask_from(SOURCES[i].first, n), HASHER_WAIT);
        }
        assert_int_equal(ask_from(SOURCES[i].same, 99), HASHER_FULL);
        assert_int_equal(ask_from(SOURCES[i].same, 0), HASHER_WAIT);
        assert_int_equal(ask_from(SOURCES[i].other, 99), HASHER_WAIT);
        pthread_mutex_unlock(&lock);
        assert_int_equal(tear_down(state), 0);
    }
}

/* What is under way counts; what is done does not. */
static void gets_its_share_back(void **state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    for (unsigned n = 0; n < HASHER_SHARE; n++) {
        assert_int_equal(ask_from("192.0.2.1", n), HASHER_WAIT);
    }
    wait_for(1);
    for (unsigned n = 0; n < n_done; n++) {
        assert_int_equal(ask_from("192.0.2.1", 100 + n), HASHER_WAIT);
    }
    assert_int_equal(ask_from("192.0.2.1", 200), HASHER_FULL);
    pthread_mutex_unlock(&lock);
}

/* -- The thread -------------------------------------------------------------------------------- */

static void ends_while_some_wait(void **state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < HASHER_QUEUE; i++) {
        assert_int_equal(ask_from(source_of(i), i), HASHER_WAIT);
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
        cmocka_unit_test_setup_teardown(an_imported_hash_is_made_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_ask_for_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full, set_up, tear_down),
        cmocka_unit_test(takes_no_more_than_its_share),
        cmocka_unit_test_setup_teardown(gets_its_share_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_while_some_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(steps_back, set_up, tear_down),
    };

    return RUN_TAP(tests);
}
