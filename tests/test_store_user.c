/* SPDX-License-Identifier: Apache-2.0 */
#include "guard_page.h"
#include "store_place.h"

#define NOW 1700000000

/* The user of RFC 7616 s3.9.2, in SQL, and what his name's hash is as erratum 4897 has it. */
#define JASON "'J' || char(228) || 's' || char(248) || 'n Doe'"
#define REALM "api@example.org"
static const uint8_t JASON_HASH[DW_FACT_NAME] = {
    0x79, 0x32, 0x63, 0xca, 0xab, 0xb7, 0x07, 0xa5, 0x62, 0x11, 0x94, 0x0d, 0x90, 0x41, 0x1e, 0xa4,
    0xa5, 0x75, 0xad, 0xec, 0xcb, 0x7e, 0x36, 0x0a, 0xeb, 0x62, 0x4e, 0xd0, 0x6e, 0xce, 0x9b, 0x0b};

/* -- Upgrading ---------------------------------------------------------------------------------- */

/* The users of the second schema: one who has hashes for Digest, and one who has none. */
static const char VERSION_2[] =
    "CREATE TABLE user ("
    "  name TEXT NOT NULL PRIMARY KEY, scope TEXT NOT NULL, password TEXT NOT NULL,"
    "  realm TEXT NOT NULL, ha1_md5 TEXT NOT NULL, ha1_sha256 TEXT NOT NULL,"
    "  ha1_sha512_256 TEXT NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO user VALUES (" JASON ", 'read', 'x', '" REALM "', '', 'a', 'b', 1, 2);"
    "INSERT INTO user VALUES ('bob', 'read', 'x', '', '', '', '', 1, 2);"
    "PRAGMA user_version = 2;";

static void upgrades_a_file_of_the_second_schema(void **state)
{
    const struct place *place = *state;
    struct store *store;
    struct store_user user = {.name = ""};

    store_close(open_store(place));
    unlink(place->file);
    run_sql(place, VERSION_2);
    store = open_store(place);
    assert_int_equal(store_user_find_hashed(store, JASON_HASH, &user, NULL), 0);
    assert_string_equal(user.name, "J\xc3\xa4s\xc3\xb8n Doe");
    assert_string_equal(user.ha1[DW_DIGEST_SHA512_256], "b");
    assert_int_equal(store_user_find(store, DW_SPAN("bob"), &user, NULL), 0);
    assert_string_equal(user.realm, "");
    store_close(store);
}

/* -- Users -------------------------------------------------------------------------------------- */

static void note_user(void *context, const struct store_user *user)
{
    note(context, user->name);
}

static void finds_and_removes_no_other_user(void **state)
{
    static const char *const NAMES[] = {"", "alic", "alice ", "ALICE", "alice\n", "%", "' OR 1 --"};
    struct store *store = open_store(*state);
    const struct store_user alice = {.name = "alice", .password = "hash"};
    struct store_user found = {.name = "untouched"};

    assert_int_equal(store_user_put(store, &alice, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct guarded name = guard_text(NAMES[i]);

        assert_int_equal(store_user_find(store, name.span, &found, NULL), 1);
        assert_int_equal(store_user_remove(store, NAMES[i], NULL), 1);
        guard_release(&name);
    }
    assert_string_equal(found.name, "untouched");
    store_close(store);
}

static void keeps_users(void **state)
{
    struct store *store = open_store(*state);
    struct store_user user = {.name = "alice",
                              .scope = "read write",
                              .password = "$2y$",
                              .realm = "api",
                              .created = NOW,
                              .changed = NOW + 1};
    struct store_user found;
    char names[256] = "";

    snprintf(user.ha1[DW_DIGEST_SHA256], DW_HA1_SIZE, "%s", "abc");
    snprintf(user.ha1[DW_DIGEST_SHA512_256], DW_HA1_SIZE, "%s", "def");
    assert_int_equal(store_user_put(store, &user, NULL), 0);
    assert_int_equal(store_user_find(store, DW_SPAN("alice"), &found, NULL), 0);
    assert_string_equal(found.name, "alice");
    assert_string_equal(found.scope, "read write");
    assert_string_equal(found.password, "$2y$");
    assert_string_equal(found.realm, "api");
    assert_string_equal(found.ha1[DW_DIGEST_MD5], "");
    assert_string_equal(found.ha1[DW_DIGEST_SHA256], "abc");
    assert_string_equal(found.ha1[DW_DIGEST_SHA512_256], "def");
    assert_int_equal(found.created, NOW);
    assert_int_equal(found.changed, NOW + 1);

    snprintf(user.password, sizeof(user.password), "$6$");
    assert_int_equal(store_user_put(store, &user, NULL), 0);
    snprintf(user.name, sizeof(user.name), "aaron");
    assert_int_equal(store_user_put(store, &user, NULL), 0);
    assert_int_equal(store_user_list(store, note_user, names, NULL), 0);
    assert_string_equal(names, "aaron alice ");
    assert_int_equal(store_user_find(store, DW_SPAN("alice"), &found, NULL), 0);
    assert_string_equal(found.password, "$6$");
    assert_int_equal(store_user_remove(store, "alice", NULL), 0);
    assert_int_equal(store_user_find(store, DW_SPAN("alice"), &found, NULL), 1);
    store_close(store);
}

static void finds_users_by_the_hash_of_their_name(void **state)
{
    static const enum dw_digest ALGORITHMS[] = {DW_DIGEST_SHA256, DW_DIGEST_SHA512_256};
    struct store *store = open_store(*state);
    struct store_user user = {.name = "alice", .password = "x", .realm = REALM};
    struct store_user found = {.name = "untouched"};
    uint8_t hash[DW_FACT_NAME] = {0};

    assert_int_equal(store_user_put(store, &user, NULL), 0);
    assert_int_equal(store_user_find_hashed(store, hash, &found, NULL), 1);
    assert_string_equal(found.name, "untouched");
    for (size_t i = 0; i < COUNT_OF(ALGORITHMS); i++) {
        assert_int_equal(dw_digest_userhash(ALGORITHMS[i], DW_SPAN("alice"), DW_SPAN(REALM), hash),
                         0);
        assert_int_equal(store_user_find_hashed(store, hash, &found, NULL), 0);
        assert_string_equal(found.name, "alice");
    }
    user.realm[0] = '\0';
    assert_int_equal(store_user_put(store, &user, NULL), 0);
    assert_int_equal(store_user_find_hashed(store, hash, &found, NULL), 1);
    store_close(store);
}

/* Anybody can send a hash that is nobody's, and as often as they like from elsewhere. */
static void finds_nobody_among_many_at_once(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place);
    struct store_user user;
    uint8_t hash[DW_FACT_NAME];
    double begin;

    run_sql(place, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)"
                   " INSERT INTO user SELECT printf('%d', i), '', '', 'r', '', '', '', 0, 0,"
                   " randomblob(32), randomblob(32) FROM n");
    begin = cpu_seconds();
    for (int i = 0; i < 50; i++) {
        memset(hash, i, sizeof(hash));
        assert_int_equal(store_user_find_hashed(store, hash, &user, NULL), 1);
    }
    assert_true(cpu_seconds() - begin < 0.5);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(upgrades_a_file_of_the_second_schema),
        TEST(finds_and_removes_no_other_user),
        TEST(keeps_users),
        TEST(finds_users_by_the_hash_of_their_name),
        TEST(finds_nobody_among_many_at_once),
    };

    return RUN_TAP(tests);
}
