/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <lmdb.h>
#include <time.h>

#include "edge_folder.h"
#include "edge_killing.h"
#include "known.h"
#include "no_system_calls.h"

#define NOW    1700000000
#define LATER  4000000000
#define CLAIMS DW_SPAN("{\"sub\":\"ann\"}")
#define MANY   50000

static struct edge_folder folder;

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    edge_folder_remove(&folder);
    return 0;
}

/* -- What the tests are made of ------------------------------------------------------------------ */

static struct known *open_known(enum edge_mode mode)
{
    struct complaint why = {""};
    struct known *known = NULL;

    if (known_open(folder.path, mode, &known, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return known;
}

/* Names as a hash would spread them. */
static const uint8_t *name_of(uint32_t number)
{
    static uint8_t name[DW_FACT_NAME];
    uint32_t state = number;

    for (size_t i = 0; i < sizeof(name); i++) {
        name[i] = (uint8_t)next_random(&state);
    }
    return name;
}

static void put(struct known *known, enum dw_fact fact, const uint8_t *name, struct dw_span claims,
                int64_t until)
{
    const struct dw_known what = {.claims = claims, .until = until, .renew = until / 2};
    struct complaint why = {""};

    if (known_put(known, fact, name, &what, &why) != 0) {
        fail_msg("%s", why.text);
    }
}

static bool is_known(struct known *known, enum dw_fact fact, const uint8_t *name, int64_t now)
{
    struct dw_known found;
    bool there;

    there = known_look(known, fact, name, now, &found);
    known_end(known);
    return there;
}

static void copy_secret(struct known *known, uint8_t secret[KNOWN_SECRET])
{
    assert_non_null(known_secret(known));
    memcpy(secret, known_secret(known), KNOWN_SECRET);
}

/* -- Opening ------------------------------------------------------------------------------------- */

static void reading_needs_a_writer_first(void **state)
{
    const struct dw_known what = {.claims = CLAIMS, .until = LATER};
    struct complaint why = {""};
    struct known *known = NULL;

    (void)state;
    assert_int_equal(known_open(folder.path, EDGE_READ, &known, &why), -1);
    assert_non_null(strstr(why.text, "start the daemon"));
    assert_int_equal(known_open("/nowhere/at/all", EDGE_WRITE, &known, &why), -1);
    assert_int_equal(known_open("/dev/null", EDGE_WRITE, &known, &why), -1);
    assert_null(known);
    known_close(NULL);
    known_close(open_known(EDGE_WRITE));
    known = open_known(EDGE_READ);
    assert_int_equal(known_put(known, DW_FACT_APIKEY, name_of(1), &what, &why), -1);
    assert_int_equal(known_drop(known, DW_FACT_APIKEY, name_of(1), 1, &why), -1);
    known_close(known);
}

static void the_secret_is_one_for_all_and_stays(void **state)
{
    uint8_t first[KNOWN_SECRET];
    uint8_t second[KNOWN_SECRET];
    struct known *writer = open_known(EDGE_WRITE);
    struct known *reader = open_known(EDGE_READ);

    (void)state;
    copy_secret(writer, first);
    copy_secret(reader, second);
    assert_memory_equal(first, second, KNOWN_SECRET);
    known_close(reader);
    known_close(writer);
    writer = open_known(EDGE_WRITE);
    copy_secret(writer, second);
    assert_memory_equal(first, second, KNOWN_SECRET);
    known_close(writer);
}

static void files_belong_to_the_folders_owner(void **state)
{
    static const struct {
        const char *name;
        mode_t mode;
    } ROWS[] = {
        {"known", 0750}, {"known/boot", 0640}, {"known/data.mdb", 0640}, {"known/lock.mdb", 0660}};
    const uid_t owner = geteuid() == 0 ? 12345 : geteuid();

    (void)state;
    if (owner == 12345) {
        assert_int_equal(chown(folder.path, owner, owner), 0);
    }
    known_close(open_known(EDGE_WRITE));
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct stat file;

        assert_int_equal(stat(edge_folder_file(&folder, ROWS[i].name), &file), 0);
        assert_int_equal(file.st_mode & 07777, ROWS[i].mode);
        assert_int_equal(file.st_uid, owner);
    }
}

static void what_is_of_an_earlier_start_is_thrown_away(void **state)
{
    const char *other = "01234567-89ab-cdef-0123-456789abcdef";
    uint8_t first[KNOWN_SECRET];
    uint8_t second[KNOWN_SECRET];
    struct complaint why = {""};
    struct known *known = open_known(EDGE_WRITE);

    (void)state;
    copy_secret(known, first);
    put(known, DW_FACT_APIKEY, name_of(1), CLAIMS, LATER);
    known_close(known);
    edge_folder_scribble(&folder, "known/boot", 0, other, strlen(other));
    assert_int_equal(known_open(folder.path, EDGE_READ, &known, &why), -1);
    assert_non_null(strstr(why.text, "start the daemon"));
    /* As a power failure may leave it: LMDB never gets to see it. */
    assert_int_equal(truncate(edge_folder_file(&folder, "known/data.mdb"), 5000), 0);
    known = open_known(EDGE_WRITE);
    assert_false(is_known(known, DW_FACT_APIKEY, name_of(1), NOW));
    copy_secret(known, second);
    assert_memory_not_equal(first, second, KNOWN_SECRET);
    put(known, DW_FACT_APIKEY, name_of(1), CLAIMS, LATER);
    known_close(known);
    known = open_known(EDGE_WRITE);
    assert_true(is_known(known, DW_FACT_APIKEY, name_of(1), NOW));
    known_close(known);
}

static void a_damaged_file_is_started_afresh(void **state)
{
    char garbage[8192];
    struct known *known = open_known(EDGE_WRITE);
    struct known *new;

    (void)state;
    put(known, DW_FACT_APIKEY, name_of(1), CLAIMS, LATER);
    known_close(known);
    memset(garbage, 'g', sizeof(garbage));
    edge_folder_scribble(&folder, "known/data.mdb", 0, garbage, sizeof(garbage));
    known = open_known(EDGE_WRITE);
    assert_false(is_known(known, DW_FACT_APIKEY, name_of(1), NOW));
    assert_non_null(known_secret(known));
    assert_true(known_is_current(known));
    assert_int_equal(unlink(edge_folder_file(&folder, "known/data.mdb")), 0);
    assert_int_equal(unlink(edge_folder_file(&folder, "known/lock.mdb")), 0);
    assert_false(known_is_current(known));
    new = open_known(EDGE_WRITE);
    assert_true(known_is_current(new));
    known_close(known);
    known_close(new);
}

/* -- Facts --------------------------------------------------------------------------------------- */

static void what_is_put_is_found_until_it_ends(void **state)
{
    struct known *writer = open_known(EDGE_WRITE);
    struct known *reader = open_known(EDGE_READ);
    struct dw_known found;

    (void)state;
    put(writer, DW_FACT_APIKEY, name_of(1), CLAIMS, LATER);
    assert_true(known_look(reader, DW_FACT_APIKEY, name_of(1), NOW, &found));
    assert_span(found.claims, "{\"sub\":\"ann\"}");
    assert_int_equal(found.until, LATER);
    assert_int_equal(found.renew, LATER / 2);
    assert_true(known_look(reader, DW_FACT_APIKEY, name_of(1), LATER - 1, &found));
    assert_false(known_look(reader, DW_FACT_APIKEY, name_of(1), LATER, &found));
    assert_false(known_look(reader, DW_FACT_SESSION, name_of(1), NOW, &found));
    assert_false(known_look(reader, DW_FACT_APIKEY, name_of(2), NOW, &found));
    put(writer, DW_FACT_APIKEY, name_of(1), DW_SPAN("{}"), LATER - 1);
    assert_true(known_look(reader, DW_FACT_APIKEY, name_of(1), NOW, &found)); /* as it was begun */
    assert_span(found.claims, "{\"sub\":\"ann\"}");
    known_end(reader);
    assert_false(is_known(reader, DW_FACT_APIKEY, name_of(1), LATER - 1));
    assert_true(is_known(reader, DW_FACT_APIKEY, name_of(1), LATER - 2));
    known_close(reader);
    known_close(writer);
}

static void the_largest_claims_fit_and_no_larger(void **state)
{
    static char large[DW_CLAIMS_MAX + 1];
    struct dw_known what = {.claims = {large, DW_CLAIMS_MAX}, .until = LATER};
    struct known *known = open_known(EDGE_WRITE);
    struct complaint why = {""};
    struct dw_known found;

    (void)state;
    memset(large, 'x', sizeof(large));
    put(known, DW_FACT_TOKEN, name_of(1), what.claims, LATER);
    put(known, DW_FACT_TOKEN, name_of(2), (struct dw_span){NULL, 0}, LATER);
    assert_true(known_look(known, DW_FACT_TOKEN, name_of(1), NOW, &found));
    assert_true(dw_span_equal(found.claims, what.claims));
    assert_true(known_look(known, DW_FACT_TOKEN, name_of(2), NOW, &found));
    assert_int_equal(found.claims.len, 0);
    known_end(known);
    what.claims.len = sizeof(large);
    assert_int_equal(known_put(known, DW_FACT_TOKEN, name_of(3), &what, &why), -1);
    known_close(known);
}

/* A password's name is its user's, and then its own: all of it counts. */
static void no_byte_of_a_password_is_overlooked(void **state)
{
    uint8_t name[DW_FACT_NAME] = {1, 2, 3};
    struct known *known = open_known(EDGE_WRITE);

    (void)state;
    put(known, DW_FACT_PASSWORD, name, CLAIMS, LATER);
    for (size_t i = 0; i < sizeof(name); i++) {
        name[i] ^= 0x80;
        assert_false(is_known(known, DW_FACT_PASSWORD, name, NOW));
        name[i] ^= 0x80;
    }
    assert_true(is_known(known, DW_FACT_PASSWORD, name, NOW));
    memset(name, 7, sizeof(name));
    put(known, DW_FACT_APIKEY, name, CLAIMS, LATER);
    for (size_t i = 0; i < sizeof(name) / 2; i++) {
        name[i] ^= 1;
        assert_false(is_known(known, DW_FACT_APIKEY, name, NOW));
        name[i] ^= 1;
    }
    known_close(known);
}

static void what_begins_alike_is_dropped_together(void **state)
{
    uint8_t ann[DW_FACT_NAME] = {'a', 0xff, 0xff};
    uint8_t bob[DW_FACT_NAME] = {'b'};
    struct known *known = open_known(EDGE_WRITE);
    struct complaint why = {""};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        ann[16] = (uint8_t)i;
        ann[31] = (uint8_t)(i >> 8);
        put(known, DW_FACT_PASSWORD, ann, CLAIMS, LATER);
    }
    put(known, DW_FACT_PASSWORD, bob, CLAIMS, LATER);
    put(known, DW_FACT_DIGEST, ann, CLAIMS, LATER);
    assert_int_equal(known_drop(known, DW_FACT_PASSWORD, ann, 16, &why), 0);
    for (int i = 0; i < 1000; i++) {
        ann[16] = (uint8_t)i;
        ann[31] = (uint8_t)(i >> 8);
        assert_false(is_known(known, DW_FACT_PASSWORD, ann, NOW));
    }
    assert_true(is_known(known, DW_FACT_PASSWORD, bob, NOW));
    assert_true(is_known(known, DW_FACT_DIGEST, ann, NOW));
    assert_int_equal(known_drop(known, DW_FACT_DIGEST, ann, sizeof(ann), &why), 0);
    assert_false(is_known(known, DW_FACT_DIGEST, ann, NOW));
    assert_int_equal(known_drop(known, DW_FACT_DIGEST, ann, sizeof(ann), &why), 0);
    put(known, DW_FACT_TOKEN, ann, CLAIMS, LATER);
    assert_int_equal(known_drop(known, DW_FACT_PASSWORD, NULL, 0, &why), 0);
    assert_false(is_known(known, DW_FACT_PASSWORD, bob, NOW));
    assert_true(is_known(known, DW_FACT_TOKEN, ann, NOW));
    known_close(known);
}

static void what_has_ended_makes_room(void **state)
{
    struct known *known = open_known(EDGE_WRITE);
    const int64_t now = time(NULL);
    size_t left = 0;

    (void)state;
    for (uint32_t i = 0; i < 64; i++) {
        put(known, DW_FACT_TOKEN, name_of(2 * i), CLAIMS, now - 1000);
        put(known, DW_FACT_TOKEN, name_of(2 * i + 1), CLAIMS, now + 1000);
    }
    for (uint32_t i = 0; i < 64; i++) {
        left += is_known(known, DW_FACT_TOKEN, name_of(2 * i), now - 2000) ? 1 : 0;
        assert_true(is_known(known, DW_FACT_TOKEN, name_of(2 * i + 1), now));
    }
    assert_true(left < 16);
    known_close(known);
}

/* A million API keys are to fit into 256 MiB. */
static void a_key_takes_little_room(void **state)
{
    const struct dw_span claims =
        DW_SPAN("{\"sub\":\"someone@example.org\",\"scope\":\"read:reports write:reports\","
                "\"jti\":\"abcdefghijkl\",\"iat\":1700000000}");
    struct known *known = open_known(EDGE_WRITE);
    struct stat file;

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        put(known, DW_FACT_APIKEY, name_of(i), claims, LATER);
    }
    known_close(known);
    assert_int_equal(stat(edge_folder_file(&folder, "known/data.mdb"), &file), 0);
    print_message("# %d bytes each, %d of them claims\n", (int)(file.st_size / MANY),
                  (int)claims.len);
    assert_true(file.st_size / MANY < 256 * 1048576LL / 1000000);
}

/* -- A full file ---------------------------------------------------------------------------------- */

/* One value of that size: its pages are never touched, the file is sparse. */
static int fill_up(void)
{
    MDB_val key = {5, (char[]){"large"}};
    MDB_val value = {KNOWN_SIZE + 4096, NULL};
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi table;

    return mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, KNOWN_MAP_SIZE) == 0 &&
                   mdb_env_set_maxdbs(env, 8) == 0 &&
                   mdb_env_open(env, edge_folder_file(&folder, "known"), MDB_WRITEMAP | MDB_NOSYNC,
                                0660) == 0 &&
                   mdb_txn_begin(env, NULL, 0, &txn) == 0 &&
                   mdb_dbi_open(txn, "facts.1", 0, &table) == 0 &&
                   mdb_put(txn, table, &key, &value, MDB_RESERVE) == 0 && mdb_txn_commit(txn) == 0
               ? 0
               : 1;
}

static void a_full_file_is_emptied(void **state)
{
    uint8_t first[KNOWN_SECRET];
    uint8_t second[KNOWN_SECRET];
    struct known *known = open_known(EDGE_WRITE);

    (void)state;
    copy_secret(known, first);
    put(known, DW_FACT_APIKEY, name_of(1), CLAIMS, LATER);
    known_close(known);
    assert_true(passes(fill_up));
    known = open_known(EDGE_WRITE);
    assert_true(is_known(known, DW_FACT_APIKEY, name_of(1), NOW));
    put(known, DW_FACT_APIKEY, name_of(2), CLAIMS, LATER);
    assert_false(is_known(known, DW_FACT_APIKEY, name_of(1), NOW));
    assert_true(is_known(known, DW_FACT_APIKEY, name_of(2), NOW));
    put(known, DW_FACT_APIKEY, name_of(3), CLAIMS, LATER);
    assert_true(is_known(known, DW_FACT_APIKEY, name_of(2), NOW));
    known_close(known);
    assert_true(passes(fill_up)); /* the pages can be had again */
    known = open_known(EDGE_WRITE);
    put(known, DW_FACT_APIKEY, name_of(4), CLAIMS, LATER);
    copy_secret(known, second);
    assert_memory_equal(first, second, KNOWN_SECRET);
    known_close(known);
}

/* -- System calls --------------------------------------------------------------------------------- */

static bool prepare_finding(void *context)
{
    return known_open(folder.path, EDGE_READ, context, NULL) == 0;
}

static bool find_often(void *context)
{
    struct known *known = *(struct known **)context;
    bool good = known_secret(known) != NULL;

    for (uint32_t i = 0; i < 100000; i++) {
        struct dw_known found;

        good =
            good && known_look(known, DW_FACT_APIKEY, name_of(i % 8), NOW, &found) == (i % 8 < 4);
        known_end(known);
    }
    return good;
}

static void finding_makes_no_system_call(void **state)
{
    struct known *known = open_known(EDGE_WRITE);

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        put(known, DW_FACT_APIKEY, name_of(i), CLAIMS, LATER);
    }
    known_close(known);
    assert_true(makes_no_system_call(prepare_finding, find_often, &known));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reading_needs_a_writer_first),
        TEST(the_secret_is_one_for_all_and_stays),
        TEST(files_belong_to_the_folders_owner),
        TEST(what_is_of_an_earlier_start_is_thrown_away),
        TEST(a_damaged_file_is_started_afresh),
        TEST(what_is_put_is_found_until_it_ends),
        TEST(the_largest_claims_fit_and_no_larger),
        TEST(no_byte_of_a_password_is_overlooked),
        TEST(what_begins_alike_is_dropped_together),
        TEST(what_has_ended_makes_room),
        TEST(a_key_takes_little_room),
        TEST(a_full_file_is_emptied),
        TEST(finding_makes_no_system_call),
    };

    return RUN_TAP(tests);
}
