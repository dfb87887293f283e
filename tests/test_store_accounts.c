/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"
#include "store_place.h"

#define NOW 1700000000
#define DAY 86400

/* -- Upgrading ---------------------------------------------------------------------------------- */

/* The schema as it was first released, with a client and a key. */
static const char VERSION_1[] =
    "CREATE TABLE client ("
    "  id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, scope TEXT NOT NULL,"
    "  secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32), created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE signing_key ("
    "  number INTEGER PRIMARY KEY, kid TEXT NOT NULL UNIQUE, alg TEXT NOT NULL, jwk TEXT NOT NULL,"
    "  created INTEGER NOT NULL"
    ") STRICT;"
    "INSERT INTO client VALUES ('c_1', 'one', 'read', zeroblob(32), 5);"
    "INSERT INTO signing_key VALUES (1, 'k', 'ES256', '{}', 5);"
    "PRAGMA user_version = 1;";

static void count_key(void *context, const struct store_key *key)
{
    (void)key;
    (*(int *)context)++;
}

static void upgrades_a_file_of_the_first_schema(void **state)
{
    const struct place *place = *state;
    const struct store_user user = {.name = "alice", .password = "x"};
    struct store_client client;
    struct store *store;
    int n = 0;

    store_close(open_store(place));
    unlink(place->file);
    run_sql(place, VERSION_1);
    for (int i = 0; i < 2; i++) {
        store = open_store(place);
        assert_int_equal(store_client_find(store, DW_SPAN("c_1"), &client, NULL), 0);
        assert_string_equal(client.name, "one");
        assert_int_equal(store_user_put(store, &user, NULL), 0);
        store_close(store);
    }
    store = open_store(place);
    assert_int_equal(store_key_list(store, count_key, &n, NULL), 0);
    assert_int_equal(n, 1);
    store_close(store);
}

/* -- API keys ----------------------------------------------------------------------------------- */

static struct store_apikey make_key(const char *id, const char *owner, int64_t created)
{
    struct store_apikey key = {.scope = "read", .created = created};

    snprintf(key.id, sizeof(key.id), "%s", id);
    snprintf(key.owner, sizeof(key.owner), "%s", owner);
    memset(key.name, 0xa5, sizeof(key.name));
    return key;
}

static struct store_apikey find_key(struct store *store, const char *id)
{
    struct store_apikey key = {.created = 0};

    assert_int_equal(store_apikey_find(store, dw_span_of(id), &key, NULL), 0);
    return key;
}

static void note_key(void *context, const struct store_apikey *key)
{
    note(context, key->id);
}

static void knows_no_other_key(void **state)
{
    struct store *store = open_store(*state);
    const struct store_apikey one = make_key("one", "ci", NOW);
    const struct store_apikey two = make_key("two", "ci", NOW);
    struct store_apikey found;

    assert_int_equal(store_apikey_add(store, &one, NULL), 0);
    assert_int_equal(store_apikey_add(store, &one, NULL), 1);
    assert_int_equal(store_apikey_find(store, DW_SPAN("on"), &found, NULL), 1);
    assert_int_equal(store_apikey_find(store, DW_SPAN("ONE"), &found, NULL), 1);
    assert_int_equal(store_apikey_revoke(store, DW_SPAN("two"), NOW, NULL), 1);
    assert_int_equal(store_apikey_use(store, DW_SPAN("two"), NOW, NULL), 1);
    assert_int_equal(store_apikey_rotate(store, DW_SPAN("two"), NOW, &two, NULL), 1);
    assert_int_equal(store_apikey_find(store, DW_SPAN("two"), &found, NULL), 1);
    store_close(store);
}

static void keeps_keys(void **state)
{
    struct store *store = open_store(*state);
    const struct store_apikey keys[] = {make_key("c", "x", 3), make_key("b", "x", 2),
                                        make_key("a", "y", 1)};
    struct store_apikey found;
    char names[256] = "";

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        assert_int_equal(store_apikey_add(store, &keys[i], NULL), 0);
    }
    found = find_key(store, "c");
    assert_string_equal(found.owner, "x");
    assert_string_equal(found.scope, "read");
    assert_string_equal(found.successor, "");
    assert_memory_equal(found.name, keys[0].name, sizeof(found.name));
    assert_int_equal(store_apikey_list(store, NULL, note_key, names, NULL), 0);
    assert_string_equal(names, "b c a ");
    names[0] = '\0';
    assert_int_equal(store_apikey_list(store, "x", note_key, names, NULL), 0);
    assert_string_equal(names, "b c ");
    names[0] = '\0';
    assert_int_equal(store_apikey_list(store, "z", note_key, names, NULL), 0);
    assert_string_equal(names, "");
    store_close(store);
}

static void remembers_use_and_revocation(void **state)
{
    struct store *store = open_store(*state);
    const struct store_apikey key = make_key("one", "ci", NOW);

    assert_int_equal(store_apikey_add(store, &key, NULL), 0);
    assert_int_equal(store_apikey_use(store, DW_SPAN("one"), NOW + 9, NULL), 0);
    assert_int_equal(store_apikey_use(store, DW_SPAN("one"), NOW + 5, NULL), 0);
    assert_int_equal(find_key(store, "one").used, NOW + 9);
    assert_int_equal(store_apikey_revoke(store, DW_SPAN("one"), NOW + 10, NULL), 0);
    assert_int_equal(store_apikey_revoke(store, DW_SPAN("one"), NOW + 20, NULL), 0);
    assert_int_equal(find_key(store, "one").revoked, NOW + 10);
    store_close(store);
}

static void rotates_once_or_not_at_all(void **state)
{
    struct store *store = open_store(*state);
    struct store_apikey old = make_key("old", "ci", NOW);
    const struct store_apikey next = make_key("next", "ci", NOW);
    const struct store_apikey third = make_key("third", "ci", NOW);
    struct store_apikey found;

    old.expires = NOW + 100;
    assert_int_equal(store_apikey_add(store, &old, NULL), 0);
    assert_int_equal(store_apikey_rotate(store, DW_SPAN("old"), NOW + 10, &old, NULL), 1);
    assert_string_equal(find_key(store, "old").successor, "");
    assert_int_equal(find_key(store, "old").expires, NOW + 100);

    assert_int_equal(store_apikey_rotate(store, DW_SPAN("old"), NOW + 500, &next, NULL), 0);
    assert_string_equal(find_key(store, "old").successor, "next");
    assert_int_equal(find_key(store, "old").expires, NOW + 100);
    assert_int_equal(store_apikey_rotate(store, DW_SPAN("old"), NOW, &third, NULL), 1);
    assert_int_equal(store_apikey_find(store, DW_SPAN("third"), &found, NULL), 1);

    assert_int_equal(store_apikey_rotate(store, DW_SPAN("next"), NOW + 10, &third, NULL), 0);
    assert_int_equal(find_key(store, "next").expires, NOW + 10);
    assert_int_equal(store_apikey_revoke(store, DW_SPAN("third"), NOW, NULL), 0);
    assert_int_equal(store_apikey_rotate(store, DW_SPAN("third"), NOW,
                                         &(struct store_apikey){.id = "fourth"}, NULL),
                     1);
    store_close(store);
}

static void finds_one_of_many_keys_at_once(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place);
    char id[DW_APIKEY_ID + 1];
    double begin;

    run_sql(place, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)"
                   " INSERT INTO apikey SELECT printf('%012d', i * 7919 % 100000), zeroblob(32),"
                   " 'owner', 'read', i, 0, 0, 0, '' FROM n");
    begin = cpu_seconds();
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof(id), "%012d", i * 97);
        assert_string_equal(find_key(store, id).id, id);
    }
    assert_true(cpu_seconds() - begin < 0.5);
    store_close(store);
}

/* -- Sessions ----------------------------------------------------------------------------------- */

static struct store_session make_session(const char *id, const char *user, int64_t created)
{
    struct store_session session = {
        .scope = "read", .created = created, .used = created, .expires = created + 3600};

    snprintf(session.id, sizeof(session.id), "%s", id);
    snprintf(session.user, sizeof(session.user), "%s", user);
    snprintf((char *)session.name, sizeof(session.name), "name of %s", id);
    return session;
}

static void note_session(void *context, const struct store_session *session)
{
    note(context, session->id);
}

static void lists_sessions_that_last(void **state)
{
    struct store *store = open_store(*state);
    const struct store_session sessions[] = {make_session("1", "bob", NOW),
                                             make_session("2", "al", NOW),
                                             make_session("3", "bob", NOW - 4000)};
    char names[256] = "";

    for (size_t i = 0; i < COUNT_OF(sessions); i++) {
        assert_int_equal(store_session_add(store, &sessions[i], NULL), 0);
    }
    assert_int_equal(store_session_add(store, &sessions[0], NULL), 1);
    assert_int_equal(store_session_list(store, NULL, NOW, note_session, names, NULL), 0);
    assert_string_equal(names, "2 1 ");
    assert_int_equal(store_session_end(store, "2", NOW, NULL), 0);
    names[0] = '\0';
    assert_int_equal(store_session_list(store, NULL, NOW, note_session, names, NULL), 0);
    assert_string_equal(names, "1 ");
    names[0] = '\0';
    assert_int_equal(store_session_list(store, "al", NOW, note_session, names, NULL), 0);
    assert_string_equal(names, "");
    store_close(store);
}

static void remembers_use_and_end_of_a_session(void **state)
{
    struct store *store = open_store(*state);
    const struct store_session session = make_session("one", "bob", NOW);
    struct store_session found = {.created = 0};
    uint8_t other[DW_FACT_NAME];

    memcpy(other, session.name, sizeof(other));
    other[31] ^= 1;
    assert_int_equal(store_session_add(store, &session, NULL), 0);
    assert_int_equal(store_session_find(store, other, &found, NULL), 1);
    assert_int_equal(store_session_use(store, "two", NOW, NULL), 1);
    assert_int_equal(store_session_end(store, "two", NOW, NULL), 1);
    assert_int_equal(store_session_use(store, "one", NOW + 9, NULL), 0);
    assert_int_equal(store_session_use(store, "one", NOW + 5, NULL), 0);
    assert_int_equal(store_session_end(store, "one", NOW + 10, NULL), 0);
    assert_int_equal(store_session_end(store, "one", NOW + 20, NULL), 0);
    assert_int_equal(store_session_find(store, session.name, &found, NULL), 0);
    assert_string_equal(found.user, "bob");
    assert_int_equal(found.used, NOW + 9);
    assert_int_equal(found.ended, NOW + 10);
    store_close(store);
}

/* What ended long ago goes, a few with each that comes; what ended lately can still be named. */
static void drops_sessions_long_over(void **state)
{
    struct store *store = open_store(*state);
    struct store_session session;
    char id[STORE_SESSION_ID + 1];
    int there = 0;

    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "old%d", i);
        session = make_session(id, "bob", NOW - 3 * DAY);
        assert_int_equal(store_session_add(store, &session, NULL), 0);
    }
    session = make_session("lately", "bob", NOW - 7200);
    assert_int_equal(store_session_add(store, &session, NULL), 0);
    session = make_session("new", "bob", NOW);
    assert_int_equal(store_session_add(store, &session, NULL), 0);
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "old%d", i);
        session = make_session(id, "bob", 0);
        there += store_session_find(store, session.name, &session, NULL) == 0 ? 1 : 0;
    }
    assert_true(there > 0 && there < 20);
    session = make_session("lately", "bob", 0);
    assert_int_equal(store_session_find(store, session.name, &session, NULL), 0);
    store_close(store);
}

/* -- Revocations -------------------------------------------------------------------------------- */

static void note_revocation(void *context, const struct store_revocation *revocation)
{
    char line[1100];

    snprintf(line, sizeof(line), "%d/%s/%s/%lld/%lld", revocation->kind, revocation->issuer,
             revocation->value, (long long)revocation->before, (long long)revocation->until);
    note(context, line);
}

static void never_takes_a_revocation_back(void **state)
{
    struct store *store = open_store(*state);
    struct store_revocation revocation = {
        .kind = 2, .value = "al", .before = 50, .until = NOW + 500};
    char names[256] = "";

    assert_int_equal(store_revoke(store, &revocation, NOW, NULL), 0);
    revocation.before = 40;
    revocation.until = NOW + 600;
    assert_int_equal(store_revoke(store, &revocation, NOW, NULL), 0);
    revocation.before = 60;
    revocation.until = NOW + 300;
    assert_int_equal(store_revoke(store, &revocation, NOW, NULL), 0);
    assert_int_equal(store_revocation_list(store, 0, note_revocation, names, NULL), 0);
    assert_string_equal(names, "2//al/60/1700000600 ");
    store_close(store);
}

static void forgets_revocations_that_mean_nothing_any_more(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place);
    struct store_revocation revocation = {.kind = 1, .issuer = "i", .value = "a", .until = NOW};
    char names[256] = "";

    assert_int_equal(store_revoke(store, &revocation, NOW, NULL), 0);
    revocation.value[0] = 'b';
    revocation.until = NOW + DAY;
    assert_int_equal(store_revoke(store, &revocation, NOW, NULL), 0);
    store_close(store);
    store = open_store(place);
    assert_int_equal(
        store_revocation_list(store, NOW + DW_LEEWAY_MAX, note_revocation, names, NULL), 0);
    assert_string_equal(names, "1/i/a/0/1700000000 1/i/b/0/1700086400 ");
    names[0] = '\0';
    assert_int_equal(
        store_revocation_list(store, NOW + DW_LEEWAY_MAX + 1, note_revocation, names, NULL), 0);
    assert_string_equal(names, "1/i/b/0/1700086400 ");
    store_close(store);
}

static void count_revocation(void *context, const struct store_revocation *revocation)
{
    (void)revocation;
    (*(int *)context)++;
}

/* `before` may lie long ago: the time is the caller's. Each new one makes room. */
static void never_piles_up_revocations(void **state)
{
    struct store *store = open_store(*state);
    struct store_revocation revocation = {.kind = 1, .issuer = "i", .before = 1};
    int n = 0;

    for (int i = 0; i < 200; i++) {
        snprintf(revocation.value, sizeof(revocation.value), "%d", i);
        revocation.until = i < 100 ? NOW : NOW + 1;
        assert_int_equal(store_revoke(store, &revocation, NOW + DW_LEEWAY_MAX, NULL), 0);
    }
    assert_int_equal(store_revocation_list(store, 0, count_revocation, &n, NULL), 0);
    assert_int_equal(n, 200);
    assert_int_equal(store_revoke(store, &revocation, NOW + DW_LEEWAY_MAX + 1, NULL), 0);
    n = 0;
    assert_int_equal(store_revocation_list(store, 0, count_revocation, &n, NULL), 0);
    assert_int_equal(n, 100);
    store_close(store);
}

static void notices_damaged_records(void **state)
{
    const struct place *place = *state;
    struct store *store = open_store(place);
    struct store_user user = {.name = "untouched"};
    struct complaint why = {""};
    char names[256] = "";

    run_sql(
        place,
        "INSERT INTO user VALUES ('al', '', hex(zeroblob(200)), '', '', '', '', 0, 0, NULL, NULL);"
        "INSERT INTO apikey VALUES ('0123456789abc', zeroblob(32), '', '', 0, 0, 0, 0, '');"
        "INSERT INTO revocation VALUES (1, '', hex(zeroblob(300)), 0, 9)");
    assert_int_equal(store_user_find(store, DW_SPAN("al"), &user, &why), -1);
    assert_non_null(strstr(why.text, "the record of a user is damaged"));
    assert_string_equal(user.name, "untouched");
    assert_int_equal(store_apikey_list(store, NULL, note_key, names, &why), -1);
    assert_non_null(strstr(why.text, "the record of an API key is damaged"));
    assert_int_equal(store_revocation_list(store, 0, note_revocation, names, &why), -1);
    assert_non_null(strstr(why.text, "the record of a revocation is damaged"));
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(upgrades_a_file_of_the_first_schema),
        TEST(knows_no_other_key),
        TEST(keeps_keys),
        TEST(remembers_use_and_revocation),
        TEST(rotates_once_or_not_at_all),
        TEST(finds_one_of_many_keys_at_once),
        TEST(lists_sessions_that_last),
        TEST(remembers_use_and_end_of_a_session),
        TEST(drops_sessions_long_over),
        TEST(never_takes_a_revocation_back),
        TEST(forgets_revocations_that_mean_nothing_any_more),
        TEST(never_piles_up_revocations),
        TEST(notices_damaged_records),
    };

    return RUN_TAP(tests);
}
