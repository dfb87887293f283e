/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STORE_PLACE_H
#define TESTS_STORE_PLACE_H

/* A folder for a store, and ways to get at the store and behind its back. */

#include "tap.h"

#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include "store.h"

struct place {
    char folder[64];
    char data[80];
    char file[128];
};

static inline int make_place(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    assert_non_null(place);
    snprintf(place->folder, sizeof(place->folder), "/tmp/doorward-store-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->data, sizeof(place->data), "%s/data", place->folder);
    snprintf(place->file, sizeof(place->file), "%s/doorward.db", place->data);
    *state = place;
    return 0;
}

static inline int remove_place(void **state)
{
    static const char *const ENDINGS[] = {"", "-wal", "-shm"};
    struct place *place = *state;
    char name[160];

    for (size_t i = 0; i < COUNT_OF(ENDINGS); i++) {
        snprintf(name, sizeof(name), "%s%s", place->file, ENDINGS[i]);
        unlink(name);
    }
    rmdir(place->data);
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

static inline struct store *open_store(const struct place *place)
{
    struct complaint why = {""};
    struct store *store = NULL;

    if (store_open(place->data, &store, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return store;
}

/* Runs SQL behind the store's back. */
static inline void run_sql(const struct place *place, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(place->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Names found, in the order they came. */
static inline void note(char *names, const char *name)
{
    const size_t len = strlen(names);

    snprintf(names + len, 256 - len, "%s ", name);
}

static inline double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

#endif
