/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <sys/mman.h>

#include "edge_folder.h"
#include "edge_killing.h"
#include "known.h"

/*
 * A daemon that puts facts, commands that drop some and workers that look are killed at random instants and
 * replaced. What was said to be put must be there, what was said to be dropped must be gone, nothing read
 * may be half of anything, and the secret must stay.
 */

#define PUTTERS  2
#define DROPPERS 1
#define READERS  2
#define WORKERS  (PUTTERS + DROPPERS + READERS)
#define LATER    4000000000
#define NOW      1700000000
#define RING     512 /* names of each */

/* What all processes of the test share. */
static struct shared {
    _Atomic uint32_t done[PUTTERS + DROPPERS]; /* put or dropped, and said so */
    _Atomic int looks;
    _Atomic int faults;
    uint8_t secret[KNOWN_SECRET];
} * shared;

static struct edge_folder folder;

static void note_fault(const char *what)
{
    (void)fprintf(stderr, "# %s\n", what);
    atomic_fetch_add(&shared->faults, 1);
}

static struct known *open_known(enum edge_mode mode)
{
    struct complaint why = {""};
    struct known *known = NULL;

    if (known_open(folder.path, mode, &known, &why) != 0) {
        note_fault(why.text);
        _exit(1);
    }
    return known;
}

/* Each putter's claims are of one letter, of a length that says until when they hold. */
static void put(struct known *known, int worker, uint32_t number)
{
    static char claims[DW_CLAIMS_MAX];
    const size_t len = 1 + (size_t)number * 7919 % (sizeof(claims) - 1);
    const struct dw_known what = {.claims = {claims, len}, .until = LATER + (int64_t)len};
    uint8_t name[DW_FACT_NAME] = {(uint8_t)(number * 167), (uint8_t)worker};
    struct complaint why = {""};

    number %= RING;
    memcpy(name + 2, &number, sizeof(number));
    memset(claims, 'a' + (int)(number % 26), sizeof(claims));
    if (known_put(known, DW_FACT_APIKEY, name, &what, &why) != 0) {
        note_fault(why.text);
        _exit(1);
    }
}

static bool is_there(struct known *known, int worker, uint32_t number)
{
    uint8_t name[DW_FACT_NAME] = {(uint8_t)(number * 167), (uint8_t)worker};
    struct dw_known found;

    number %= RING;
    memcpy(name + 2, &number, sizeof(number));
    if (!known_look(known, DW_FACT_APIKEY, name, NOW, &found)) {
        return false;
    }
    if (found.claims.len != (size_t)(found.until - LATER) ||
        (found.claims.len > 1 &&
         memcmp(found.claims.at, found.claims.at + 1, found.claims.len - 1) != 0)) {
        note_fault("half a fact was read");
    }
    return true;
}

/* -- The workers ------------------------------------------------------------------------------- */

static void put_forever(int worker)
{
    struct known *known = open_known(EDGE_WRITE);

    for (;;) {
        const uint32_t number = atomic_load(&shared->done[worker]) + 1;

        put(known, worker, number);
        atomic_store(&shared->done[worker], number);
    }
}

/* Opens anew each time, as a command does. */
static void drop_forever(int worker)
{
    for (;;) {
        const uint32_t number = atomic_load(&shared->done[worker]) + 1;
        const uint8_t name[DW_FACT_NAME] = {(uint8_t)number};
        struct known *known = open_known(EDGE_WRITE);

        put(known, worker, number);
        if (known_drop(known, DW_FACT_APIKEY, name, 0, NULL) != 0) {
            note_fault("cannot drop");
        }
        known_close(known);
        atomic_store(&shared->done[worker], number);
    }
}

static void read_forever(void)
{
    struct known *known = open_known(EDGE_READ);

    for (uint32_t i = 0;; i++) {
        (void)is_there(known, (int)(i % PUTTERS), i);
        known_end(known);
        atomic_fetch_add(&shared->looks, 1);
    }
}

static void work_forever(int worker)
{
    if (worker < PUTTERS) {
        put_forever(worker);
    }
    if (worker < PUTTERS + DROPPERS) {
        drop_forever(worker);
    }
    read_forever();
}

/* -- The test ------------------------------------------------------------------------------------ */

static int make_files(void)
{
    struct known *known = open_known(EDGE_WRITE);

    memcpy(shared->secret, known_secret(known), KNOWN_SECRET);
    known_close(known);
    return 0;
}

static int is_good(void)
{
    struct known *known = open_known(EDGE_WRITE);
    const uint8_t *secret = known_secret(known);

    if (secret == NULL || memcmp(secret, shared->secret, KNOWN_SECRET) != 0) {
        return 1;
    }
    for (uint32_t i = 0; i < RING; i++) {
        put(known, 0, i);
    }
    for (uint32_t i = 0; i < RING; i++) {
        if (!is_there(known, 0, i)) {
            return 1;
        }
    }
    known_end(known);
    known_close(known);
    return 0;
}

static void killed_processes_harm_nobody(void **state)
{
    (void)state;
    assert_true(passes(make_files));
    assert_int_equal(kill_many(work_forever, WORKERS), 0);
    print_message("# %u and %u put, %u dropped, %d looks\n", atomic_load(&shared->done[0]),
                  atomic_load(&shared->done[1]), atomic_load(&shared->done[2]),
                  atomic_load(&shared->looks));
    assert_int_equal(atomic_load(&shared->faults), 0);
    for (int i = 0; i < PUTTERS + DROPPERS; i++) {
        assert_true(atomic_load(&shared->done[i]) > 0);
    }
    assert_true(atomic_load(&shared->looks) > 0);
    assert_true(passes(is_good));
    assert_int_equal(atomic_load(&shared->faults), 0);
}

static void die_reading(int worker)
{
    struct known *known = NULL;

    if (known_open(folder.path, EDGE_READ, &known, NULL) == 0) {
        (void)is_there(known, worker, 0); /* has begun to read */
        (void)raise(SIGKILL);
    }
}

/* A dead reader keeps all that was there when it began: what is dropped and put again and again would
 * fill the file. */
static int outlive_a_dead_reader(void)
{
    static char large[DW_CLAIMS_MAX];
    const struct dw_known what = {.claims = {large, sizeof(large)}, .until = LATER};
    struct known *living = NULL;
    struct known *known = NULL;
    int status = 0;
    pid_t dead;

    dead = start_worker(die_reading, 0);
    if (waitpid(dead, &status, 0) != dead || !WIFSIGNALED(status) ||
        known_open(folder.path, EDGE_WRITE, &known, NULL) != 0 ||
        known_open(folder.path, EDGE_READ, &living, NULL) != 0) {
        return 1;
    }
    for (uint32_t i = 0; i < 8000; i++) {
        const uint8_t name[DW_FACT_NAME] = {(uint8_t)(i % 7)};

        if (known_put(known, DW_FACT_TOKEN, name, &what, NULL) != 0) {
            return 1;
        }
    }
    known_close(living);
    known_close(known);
    return 0;
}

static void dead_readers_hold_nothing_back(void **state)
{
    struct stat file;

    (void)state;
    assert_true(passes(make_files));
    assert_true(passes(outlive_a_dead_reader));
    assert_int_equal(stat(edge_folder_file(&folder, "known/data.mdb"), &file), 0);
    assert_true(file.st_size < 32 << 20);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_processes_harm_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dead_readers_hold_nothing_back, set_up, tear_down),
    };

    return RUN_TAP(tests);
}
