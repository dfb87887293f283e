/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <lmdb.h>
#include <time.h>

#include "edge.h"
#include "edge_folder.h"
#include "no_system_calls.h"

#define ISSUER      DW_SPAN("https://login.example.org")
#define OTHER       DW_SPAN("https://login.example.com")
#define FIRST_KEYS  "{\"keys\":[]}"
#define SECOND_KEYS "{\"keys\":[ ]}"

static int set_up(void **state)
{
    struct edge_folder *folder = malloc(sizeof(*folder));

    if (folder == NULL) {
        return -1;
    }
    *folder = edge_folder_make();
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    edge_folder_remove(*state);
    free(*state);
    return 0;
}

static struct edge *open_edge(const struct edge_folder *folder, enum edge_mode mode)
{
    struct complaint why = {""};
    struct edge *edge = NULL;

    if (edge_open(folder->path, mode, &edge, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return edge;
}

static void put_keys(struct edge *edge, struct dw_span issuer, const char *jwks,
                     int64_t fresh_until)
{
    const struct edge_keys keys = {
        .fetched = 1000, .fresh_until = fresh_until, .jwks = dw_span_of(jwks)};
    struct complaint why = {""};

    if (edge_put_keys(edge, issuer, &keys, &why) != 0) {
        fail_msg("%s", why.text);
    }
}

static void put_revoked(struct edge *edge, struct edge_revocation revocation)
{
    struct complaint why = {""};

    if (edge_put_revoked(edge, &revocation, &why) != 0) {
        fail_msg("%s", why.text);
    }
}

static void put_revoked_jti(struct edge *edge, struct dw_span jti, int64_t until)
{
    put_revoked(edge, (struct edge_revocation){EDGE_JTI, ISSUER, jti, 0, until});
}

static int64_t find_revoked(struct edge *edge, enum edge_revoked kind, struct dw_span issuer,
                            struct dw_span value)
{
    uint64_t version;
    int64_t before;

    assert_int_equal(edge_begin(edge, &version), 0);
    before = edge_find_revoked(edge, kind, issuer, value);
    edge_end(edge);
    return before;
}

static bool is_revoked(struct edge *edge, struct dw_span issuer, struct dw_span jti)
{
    return find_revoked(edge, EDGE_JTI, issuer, jti) != 0;
}

static uint64_t generation(struct edge *edge, struct dw_span issuer)
{
    struct edge_keys keys = {0};
    uint64_t version;

    assert_int_equal(edge_begin(edge, &version), 0);
    assert_true(edge_find_keys(edge, issuer, &keys));
    edge_end(edge);
    return keys.generation;
}

static uint64_t version_of(struct edge *edge)
{
    uint64_t version;

    assert_int_equal(edge_begin(edge, &version), 0);
    edge_end(edge);
    return version;
}

static void reading_needs_a_writer_first(void **state)
{
    const struct edge_folder *folder = *state;
    struct complaint why = {""};
    struct edge *edge = NULL;

    assert_int_equal(edge_open(folder->path, EDGE_READ, &edge, &why), -1);
    assert_non_null(strstr(why.text, "start the daemon"));
    assert_null(edge);
    assert_int_equal(edge_open("/nowhere/at/all", EDGE_READ, &edge, &why), -1);
    assert_int_equal(edge_open("/nowhere/at/all", EDGE_WRITE, &edge, &why), -1);
    assert_int_equal(edge_open("/dev/null", EDGE_WRITE, &edge, &why), -1);
    assert_null(edge);
    edge_close(NULL);
}

static void a_reader_cannot_write(void **state)
{
    const struct edge_folder *folder = *state;
    const struct edge_keys keys = {.jwks = DW_SPAN("{}")};
    const struct edge_revocation revocation = {.kind = EDGE_ALL, .before = 1, .until = 2};
    struct complaint why = {""};
    struct edge *writer = open_edge(folder, EDGE_WRITE);
    struct edge *reader;
    struct edge *late = NULL;

    edge_close(writer);
    reader = open_edge(folder, EDGE_READ);
    assert_int_equal(edge_put_keys(reader, ISSUER, &keys, &why), -1);
    assert_int_equal(edge_put_revoked(reader, &revocation, &why), -1);
    assert_int_equal(edge_open(folder->path, EDGE_WRITE, &late, &why), -1);
    assert_non_null(strstr(why.text, "already"));
    edge_close(reader);
}

static void what_is_put_is_found_by_all(void **state)
{
    const struct edge_folder *folder = *state;
    struct edge *writer = open_edge(folder, EDGE_WRITE);
    struct edge *reader = open_edge(folder, EDGE_READ);
    struct edge_keys keys = {0};
    uint64_t before;
    uint64_t after;

    assert_int_equal(edge_begin(reader, &before), 0);
    assert_false(edge_find_keys(reader, ISSUER, &keys));
    put_keys(writer, ISSUER, FIRST_KEYS, 1600);
    assert_false(edge_find_keys(reader, ISSUER, &keys)); /* what was begun stays as it was */
    edge_end(reader);

    assert_int_equal(edge_begin(reader, &after), 0);
    assert_true(after != before);
    assert_true(edge_find_keys(reader, ISSUER, &keys));
    assert_false(edge_find_keys(reader, OTHER, &keys));
    assert_true(dw_span_equal(keys.jwks, DW_SPAN(FIRST_KEYS)));
    assert_int_equal(keys.fetched, 1000);
    assert_int_equal(keys.fresh_until, 1600);
    edge_end(reader);
    assert_int_equal(version_of(reader), after);
    edge_close(writer); /* the reader's environment outlives the edge it came with */
    assert_int_equal(generation(reader, ISSUER), 1);
    edge_close(reader);
}

static void the_generation_follows_the_keys_alone(void **state)
{
    struct edge *edge = open_edge(*state, EDGE_WRITE);
    struct edge_keys keys;
    uint64_t version;

    put_keys(edge, ISSUER, NULL, 1);
    assert_int_equal(edge_begin(edge, &version), 0);
    assert_true(edge_find_keys(edge, ISSUER, &keys));
    assert_null(keys.jwks.at);
    edge_end(edge);
    assert_int_equal(generation(edge, ISSUER), 1);
    put_keys(edge, ISSUER, FIRST_KEYS, 1);
    assert_int_equal(generation(edge, ISSUER), 2);
    put_keys(edge, ISSUER, FIRST_KEYS, 2);
    assert_int_equal(generation(edge, ISSUER), 2);
    put_keys(edge, ISSUER, SECOND_KEYS, 2);
    assert_int_equal(generation(edge, ISSUER), 3);
    put_keys(edge, OTHER, SECOND_KEYS, 2);
    assert_int_equal(generation(edge, OTHER), 1);
    assert_int_equal(generation(edge, ISSUER), 3);
    edge_close(edge);
}

static void long_names_and_large_keys_fit(void **state)
{
    struct edge *edge = open_edge(*state, EDGE_WRITE);
    char *large = malloc(DW_JWKS_MAX + 1);
    char name[DW_TEXT_MAX];
    const struct dw_span issuer = {name, sizeof(name)};
    struct edge_keys keys = {.jwks = {large, DW_JWKS_MAX}};
    struct complaint why = {""};
    uint64_t version;

    assert_non_null(large);
    memset(large, 'x', DW_JWKS_MAX + 1);
    memset(name, 'i', sizeof(name));
    assert_int_equal(edge_put_keys(edge, issuer, &keys, &why), 0);
    assert_int_equal(edge_begin(edge, &version), 0);
    assert_true(edge_find_keys(edge, issuer, &keys));
    assert_int_equal(keys.jwks.len, DW_JWKS_MAX);
    assert_memory_equal(keys.jwks.at, large, DW_JWKS_MAX);
    assert_false(edge_find_keys(edge, (struct dw_span){name, sizeof(name) - 1}, &keys));
    edge_end(edge);
    keys.jwks = (struct dw_span){large, DW_JWKS_MAX + 1};
    assert_int_equal(edge_put_keys(edge, issuer, &keys, &why), -1);
    free(large);
    edge_close(edge);
}

static void revocations_are_told_apart(void **state)
{
    struct edge *edge = open_edge(*state, EDGE_WRITE);
    const int64_t later = time(NULL) + 3600;

    assert_false(is_revoked(edge, ISSUER, DW_SPAN("one")));
    put_revoked_jti(edge, DW_SPAN("one"), later);
    assert_true(is_revoked(edge, ISSUER, DW_SPAN("one")));
    assert_false(is_revoked(edge, ISSUER, DW_SPAN("two")));
    assert_false(is_revoked(edge, OTHER, DW_SPAN("one")));
    assert_false(is_revoked(edge, DW_SPAN("https://login.example.orgo"), DW_SPAN("ne")));
    assert_false(is_revoked(edge, DW_SPAN(""), DW_SPAN("one")));
    edge_close(edge);
}

static void each_kind_of_revocation_is_its_own(void **state)
{
    static const struct {
        enum edge_revoked kind;
        int64_t before, found;
    } ROWS[] = {
        {EDGE_JTI, 0, INT64_MAX},     {EDGE_SUBJECT, 1000, 1000}, {EDGE_CLIENT, 2000, 2000},
        {EDGE_SESSION, 0, INT64_MAX}, {EDGE_KEY, 5, INT64_MAX},   {EDGE_ALL, 3000, 3000},
    };
    struct edge *edge = open_edge(*state, EDGE_WRITE);

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        assert_int_equal(find_revoked(edge, ROWS[i].kind, ISSUER, DW_SPAN("it")), 0);
        put_revoked(edge, (struct edge_revocation){ROWS[i].kind, ISSUER, DW_SPAN("it"),
                                                   ROWS[i].before, time(NULL) + 60});
        for (size_t j = 0; j < COUNT_OF(ROWS); j++) {
            assert_int_equal(find_revoked(edge, ROWS[j].kind, ISSUER, DW_SPAN("it")),
                             j <= i ? ROWS[j].found : 0);
            assert_int_equal(find_revoked(edge, ROWS[j].kind, OTHER, DW_SPAN("it")), 0);
        }
    }
    edge_close(edge);
}

static void a_revocation_never_means_less(void **state)
{
    const struct dw_span absent = {NULL, 0};
    const struct dw_span who = DW_SPAN("ann");
    const int64_t now = time(NULL);
    struct edge *edge = open_edge(*state, EDGE_WRITE);

    put_revoked(edge, (struct edge_revocation){EDGE_SUBJECT, absent, who, 200, now + 1000});
    put_revoked(edge, (struct edge_revocation){EDGE_SUBJECT, absent, who, 100, now - 1000});
    for (int i = 0; i < 64; i++) {
        char other[16];

        (void)snprintf(other, sizeof(other), "other-%d", i);
        put_revoked(
            edge, (struct edge_revocation){EDGE_SUBJECT, absent, dw_span_of(other), 1, now - 1000});
    }
    assert_int_equal(find_revoked(edge, EDGE_SUBJECT, absent, who), 200);
    put_revoked(edge, (struct edge_revocation){EDGE_SUBJECT, absent, who, 300, now - 1000});
    assert_int_equal(find_revoked(edge, EDGE_SUBJECT, absent, who), 300);
    edge_close(edge);
}

static void revocations_that_ended_make_room(void **state)
{
    struct edge *edge = open_edge(*state, EDGE_WRITE);
    const int64_t now = time(NULL);
    size_t left = 0;
    char jti[16];

    for (int i = 0; i < 32; i++) {
        (void)snprintf(jti, sizeof(jti), "ended-%d", i);
        put_revoked_jti(edge, dw_span_of(jti), now - 1000 - DW_LEEWAY_MAX);
        (void)snprintf(jti, sizeof(jti), "good-%d", i);
        put_revoked_jti(edge, dw_span_of(jti), now + 1000);
    }
    for (int i = 0; i < 32; i++) {
        (void)snprintf(jti, sizeof(jti), "ended-%d", i);
        left += is_revoked(edge, ISSUER, dw_span_of(jti)) ? 1 : 0;
        (void)snprintf(jti, sizeof(jti), "good-%d", i);
        assert_true(is_revoked(edge, ISSUER, dw_span_of(jti)));
    }
    assert_true(left < 8);
    edge_close(edge);
}

static void files_belong_to_the_folders_owner(void **state)
{
    struct edge_folder inner;
    struct stat file;
    struct edge *edge;

    (void)snprintf(inner.path, sizeof(inner.path), "%.50s/edge",
                   ((struct edge_folder *)*state)->path);
    edge = open_edge(&inner, EDGE_WRITE);
    edge_close(edge);
    assert_int_equal(stat(inner.path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0750);
    if (geteuid() == 0) {
        assert_int_equal(chown(inner.path, 12345, 12345), 0);
    }
    edge = open_edge(&inner, EDGE_WRITE);
    assert_int_equal(stat(edge_folder_file(&inner, "data.mdb"), &file), 0);
    assert_int_equal(file.st_mode & 07777, 0640);
    assert_true(geteuid() != 0 || (file.st_uid == 12345 && file.st_gid == 12345));
    assert_int_equal(stat(edge_folder_file(&inner, "lock.mdb"), &file), 0);
    assert_int_equal(file.st_mode & 07777, 0660);
    assert_true(geteuid() != 0 || (file.st_uid == 12345 && file.st_gid == 12345));
    edge_close(edge);
}

static void a_replaced_file_is_noticed(void **state)
{
    const struct edge_folder *folder = *state;
    struct edge *old = open_edge(folder, EDGE_WRITE);
    struct edge *new;
    struct edge_keys keys;
    uint64_t version;

    put_keys(old, ISSUER, FIRST_KEYS, 1);
    assert_true(edge_is_current(old));
    assert_int_equal(unlink(edge_folder_file(folder, "data.mdb")), 0);
    assert_int_equal(unlink(edge_folder_file(folder, "lock.mdb")), 0);
    assert_false(edge_is_current(old));
    new = open_edge(folder, EDGE_WRITE);
    assert_true(edge_is_current(new));
    assert_false(edge_is_current(old));
    assert_int_equal(generation(old, ISSUER), 1); /* what is open goes on being read */
    assert_int_equal(edge_begin(new, &version), 0);
    assert_false(edge_find_keys(new, ISSUER, &keys));
    edge_end(new);
    edge_close(old);
    edge_close(new);
}

static void check_starts_afresh(const struct edge_folder *folder)
{
    struct edge *edge = open_edge(folder, EDGE_WRITE);
    struct edge_keys keys;
    uint64_t version;

    assert_int_equal(edge_begin(edge, &version), 0);
    assert_false(edge_find_keys(edge, ISSUER, &keys));
    edge_end(edge);
    put_keys(edge, ISSUER, FIRST_KEYS, 1);
    assert_int_equal(generation(edge, ISSUER), 1);
    edge_close(edge);
}

static void a_damaged_file_is_started_afresh(void **state)
{
    const struct edge_folder *folder = *state;
    const char *file;
    struct stat whole;
    char zeros[4096] = {0};

    check_starts_afresh(folder);
    edge_folder_scribble(folder, "data.mdb", 0, zeros, sizeof(zeros));
    check_starts_afresh(folder);
    memset(zeros, 'g', sizeof(zeros));
    edge_folder_scribble(folder, "data.mdb", 0, zeros, sizeof(zeros));
    check_starts_afresh(folder);
    file = edge_folder_file(folder, "data.mdb");
    assert_int_equal(stat(file, &whole), 0);
    for (off_t size = whole.st_size - 4096; size > 0; size -= 4096) {
        assert_int_equal(truncate(file, size), 0);
        edge_close(open_edge(folder, EDGE_WRITE)); /* whether the lost page mattered or not */
    }
    assert_int_equal(truncate(file, 100), 0);
    check_starts_afresh(folder);
}

/* The pages of the large value are never touched: the file is sparse. */
static void enlarge(const struct edge_folder *folder)
{
    const size_t large = EDGE_MAP_SIZE + ((size_t)64 << 20);
    MDB_val key = {5, (char[]){"large"}};
    MDB_val value = {large, NULL};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;

    if (mdb_env_create(&env) != 0 || mdb_env_set_mapsize(env, 2 * large) != 0 ||
        mdb_env_set_maxdbs(env, 8) != 0 ||
        mdb_env_open(env, folder->path, MDB_WRITEMAP | MDB_NOSYNC, 0660) != 0 ||
        mdb_txn_begin(env, NULL, 0, &txn) != 0 ||
        mdb_dbi_open(txn, "large", MDB_CREATE, &table) != 0 ||
        mdb_put(txn, table, &key, &value, MDB_RESERVE) != 0 || mdb_txn_commit(txn) != 0) {
        _exit(1);
    }
    _exit(0);
}

static void a_map_made_larger_is_followed(void **state)
{
    const struct edge_folder *folder = *state;
    struct edge *edge = open_edge(folder, EDGE_WRITE);
    int status = -1;
    pid_t child;

    put_keys(edge, ISSUER, FIRST_KEYS, 1);
    edge_close(edge);
    edge = open_edge(folder, EDGE_READ);
    child = fork();
    if (child == 0) {
        enlarge(folder);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(generation(edge, ISSUER), 1);
    assert_true(edge_is_current(edge));
    edge_close(edge);
}

struct reading {
    const struct edge_folder *folder;
    struct edge *edge;
};

static bool prepare_reading(void *context)
{
    struct reading *reading = context;

    return edge_open(reading->folder->path, EDGE_READ, &reading->edge, NULL) == 0;
}

static bool read_often(void *context)
{
    struct edge *edge = ((struct reading *)context)->edge;
    struct edge_keys keys;
    uint64_t version;
    bool good = true;

    for (int i = 0; i < 100000; i++) {
        good = good && edge_begin(edge, &version) == 0 && edge_find_keys(edge, ISSUER, &keys) &&
               edge_find_revoked(edge, EDGE_JTI, ISSUER, DW_SPAN("one")) == INT64_MAX &&
               edge_find_revoked(edge, EDGE_JTI, ISSUER, DW_SPAN("two")) == 0;
        edge_end(edge);
    }
    return good;
}

static void reading_makes_no_system_call(void **state)
{
    struct reading reading = {*state, NULL};
    struct edge *edge = open_edge(*state, EDGE_WRITE);

    put_keys(edge, ISSUER, FIRST_KEYS, 1);
    put_revoked_jti(edge, DW_SPAN("one"), time(NULL) + 3600);
    edge_close(edge);
    assert_true(makes_no_system_call(prepare_reading, read_often, &reading));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reading_needs_a_writer_first),       TEST(a_reader_cannot_write),
        TEST(what_is_put_is_found_by_all),        TEST(the_generation_follows_the_keys_alone),
        TEST(long_names_and_large_keys_fit),      TEST(revocations_are_told_apart),
        TEST(each_kind_of_revocation_is_its_own), TEST(a_revocation_never_means_less),
        TEST(revocations_that_ended_make_room),   TEST(files_belong_to_the_folders_owner),
        TEST(a_replaced_file_is_noticed),         TEST(a_damaged_file_is_started_afresh),
        TEST(a_map_made_larger_is_followed),      TEST(reading_makes_no_system_call),
    };

    return RUN_TAP(tests);
}
