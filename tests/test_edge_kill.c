/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <lmdb.h>
#include <sys/mman.h>

#include "edge.h"
#include "edge_folder.h"
#include "edge_killing.h"
#include "recent.h"

/*
 * Processes that use the edge and the ring are killed at random instants and replaced. Whatever was
 * said to be written must be there afterwards, nothing read may be half of anything, and nothing may
 * hang: everybody who finishes by himself must do so before the alarm.
 */

#define WRITERS  2
#define READERS  2
#define ADDERS   2
#define WORKERS  (WRITERS + READERS + ADDERS)
#define JWKS_MAX 60000
#define LATER    4000000000
#define ISSUER   DW_SPAN("https://login.example.org")

/* What all processes of the test share. */
struct shared {
    _Atomic int revoked[WRITERS]; /* put, and said to be put */
    _Atomic int looks;
    _Atomic int added;
    _Atomic int faults;
};

static struct edge_folder folder;
static struct shared *shared;

static void note_fault(const char *what)
{
    (void)fprintf(stderr, "# %s\n", what);
    atomic_fetch_add(&shared->faults, 1);
}

static struct edge *open_edge(enum edge_mode mode)
{
    struct complaint why = {""};
    struct edge *edge = NULL;

    (void)alarm(ALARM_SECONDS);
    if (edge_open(folder.path, mode, &edge, &why) != 0) {
        note_fault(why.text);
        _exit(1);
    }
    return edge;
}

/* -- The workers ------------------------------------------------------------------------------- */

static int put_revoked(struct edge *edge, struct dw_span jti, struct complaint *why)
{
    const struct edge_revocation revocation = {
        .kind = EDGE_JTI, .issuer = ISSUER, .value = jti, .until = LATER};

    return edge_put_revoked(edge, &revocation, why);
}

static struct dw_span name_revoked(int writer, int number, char text[32])
{
    (void)snprintf(text, 32, "%d-%d", writer, number);
    return dw_span_of(text);
}

/* Each writer's keys are of one letter, of a length that says when they were fetched. */
static void write_forever(int writer)
{
    static char jwks[JWKS_MAX];
    struct edge *edge = open_edge(EDGE_WRITE);
    struct complaint why = {""};
    char text[32];

    for (;;) {
        const int number = atomic_load(&shared->revoked[writer]) + 1;
        const size_t len = 1 + (size_t)number * 7919 % (JWKS_MAX - 1);
        const struct edge_keys keys = {.fetched = (int64_t)len, .jwks = {jwks, len}};

        memset(jwks, 'a' + number % 26, sizeof(jwks));
        if (put_revoked(edge, name_revoked(writer, number, text), &why) != 0 ||
            edge_put_keys(edge, ISSUER, &keys, &why) != 0) {
            note_fault(why.text);
            _exit(1);
        }
        atomic_store(&shared->revoked[writer], number);
        edge_clear_readers(edge);
    }
}

static bool is_whole(const struct edge_keys *keys)
{
    const char *jwks = keys->jwks.at;

    return keys->jwks.len == (size_t)keys->fetched &&
           (keys->jwks.len < 2 || memcmp(jwks, jwks + 1, keys->jwks.len - 1) == 0);
}

static void read_forever(void)
{
    struct edge *edge = open_edge(EDGE_READ);
    struct edge_keys keys;
    uint64_t version;

    for (;;) {
        (void)alarm(ALARM_SECONDS);
        if (edge_begin(edge, &version) != 0) {
            note_fault("cannot begin to read");
            _exit(1);
        }
        if (edge_find_keys(edge, ISSUER, &keys) && !is_whole(&keys)) {
            note_fault("half a JWKS was read");
        }
        edge_end(edge);
        atomic_fetch_add(&shared->looks, 1);
    }
}

static void fill_entry(struct recent_entry *entry, int letter)
{
    memset(entry, letter, sizeof(*entry));
}

static void add_forever(void)
{
    struct recent *recent = NULL;
    struct recent_entry entry;

    (void)alarm(ALARM_SECONDS);
    if (recent_open(folder.path, false, &recent, NULL) != 0) {
        note_fault("cannot open the ring");
        _exit(1);
    }
    for (int i = 0;; i++) {
        fill_entry(&entry, 'a' + i % 26);
        recent_add(recent, &entry);
        atomic_fetch_add(&shared->added, 1);
    }
}

static void work_forever(int worker)
{
    if (worker < WRITERS) {
        write_forever(worker);
    }
    if (worker < WRITERS + READERS) {
        read_forever();
    }
    add_forever();
}

/* -- The judges ---------------------------------------------------------------------------------- */

static int make_files(void)
{
    struct recent *recent = NULL;

    edge_close(open_edge(EDGE_WRITE));
    return recent_open(folder.path, true, &recent, NULL) == 0 ? 0 : 1;
}

static int count_reader(const char *line, void *context)
{
    int *n = context;

    (*n) += strstr(line, "pid") == NULL && strstr(line, "no active") == NULL ? 1 : 0;
    return 0;
}

/* How many readers LMDB believes alive; our own is not among them. */
static int count_readers(void)
{
    MDB_env *env;
    int n = 0;

    if (mdb_env_create(&env) != 0 || mdb_env_set_maxreaders(env, 1024) != 0 ||
        mdb_env_open(env, folder.path, MDB_RDONLY | MDB_NOTLS, 0) != 0 ||
        mdb_reader_list(env, count_reader, &n) < 0) {
        return 100;
    }
    mdb_env_close(env);
    return n;
}

static int is_all_there(void)
{
    struct edge *edge = open_edge(EDGE_WRITE);
    struct edge_keys keys;
    uint64_t version;
    char text[32];

    if (edge_begin(edge, &version) != 0 || !edge_find_keys(edge, ISSUER, &keys) ||
        !is_whole(&keys)) {
        return 1;
    }
    for (int writer = 0; writer < WRITERS; writer++) {
        for (int i = 1; i <= atomic_load(&shared->revoked[writer]); i++) {
            if (edge_find_revoked(edge, EDGE_JTI, ISSUER, name_revoked(writer, i, text)) == 0) {
                return 1;
            }
        }
    }
    edge_end(edge);
    return put_revoked(edge, DW_SPAN("after"), NULL);
}

/* A reader that has begun, and then dies or, with the edge in its hands, waits to be killed. */
static pid_t start_reader(bool dies)
{
    const pid_t child = fork();
    struct edge *edge;
    uint64_t version;

    if (child != 0) {
        return child;
    }
    edge = open_edge(EDGE_READ);
    if (edge_begin(edge, &version) != 0) {
        _exit(1);
    }
    (void)raise(dies ? SIGKILL : SIGSTOP);
    _exit(1);
}

/* While others live, a dead reader's slot is held until a writer clears it; theirs are left alone. */
static int clears_dead_readers(void)
{
    const pid_t living = start_reader(false);
    pid_t dead;
    struct edge *edge;
    int before;
    int after;

    if (waitpid(living, NULL, WUNTRACED) != living) {
        return 1;
    }
    dead = start_reader(true);
    if (waitpid(dead, NULL, 0) != dead) {
        return 1;
    }
    before = count_readers();
    edge = open_edge(EDGE_WRITE);
    edge_clear_readers(edge);
    edge_close(edge);
    after = count_readers();
    (void)kill(living, SIGKILL);
    (void)waitpid(living, NULL, 0);
    return before == 2 && after == 1 ? 0 : 1;
}

static bool is_of_one_letter(const struct recent_entry *entry)
{
    struct recent_entry expected;

    fill_entry(&expected, entry->id[0]);
    return memcmp(entry->id, expected.id, sizeof(entry->id) - 1) == 0 &&
           memcmp(entry->path, expected.path, sizeof(entry->path) - 1) == 0 &&
           memcmp(entry->token, expected.token, sizeof(entry->token) - 1) == 0 &&
           memcmp(entry->seen, expected.seen, sizeof(entry->seen) - 1) == 0 &&
           entry->at_us == expected.at_us;
}

static int the_ring_goes_on(void)
{
    struct recent *recent = NULL;
    struct recent_entry entry;
    uint64_t dropped = 0;
    int taken = 0;
    int last = 0;

    if (recent_open(folder.path, true, &recent, NULL) != 0) {
        return 1;
    }
    for (int poll = 0; poll < 10; poll++) {
        while (recent_take(recent, &entry, &dropped)) {
            taken++;
            if (!is_of_one_letter(&entry)) {
                return 1;
            }
        }
    }
    fill_entry(&entry, 'z');
    recent_add(recent, &entry);
    while (recent_take(recent, &entry, &dropped)) {
        last++;
    }
    (void)fprintf(stderr, "# ring: %d added, %d taken, %d dropped\n", atomic_load(&shared->added),
                  taken, (int)dropped);
    return taken > 0 && last == 1 ? 0 : 1;
}

/* -- The test ------------------------------------------------------------------------------------ */

static void killed_processes_harm_nobody(void **state)
{
    (void)state;
    assert_true(passes(make_files));
    assert_int_equal(kill_many(work_forever, WORKERS), 0);
    print_message("# %d and %d writes, %d looks\n", atomic_load(&shared->revoked[0]),
                  atomic_load(&shared->revoked[1]), atomic_load(&shared->looks));
    assert_int_equal(atomic_load(&shared->faults), 0);
    assert_true(atomic_load(&shared->revoked[0]) > 0 && atomic_load(&shared->revoked[1]) > 0);
    assert_true(atomic_load(&shared->looks) > 0);
    assert_true(passes(is_all_there));
    assert_true(passes(the_ring_goes_on));
    assert_int_equal(atomic_load(&shared->faults), 0);
}

static void dead_readers_are_cleared(void **state)
{
    (void)state;
    assert_true(passes(make_files));
    assert_true(passes(clears_dead_readers));
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
        cmocka_unit_test_setup_teardown(dead_readers_are_cleared, set_up, tear_down),
    };

    return RUN_TAP(tests);
}
