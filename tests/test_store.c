/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard_page.h"
#include "store_place.h"

static struct store_client make_client(const char *id, const char *name)
{
    struct store_client client = {.scope = "read write", .created = 1700000000};

    snprintf(client.id, sizeof(client.id), "%s", id);
    snprintf(client.name, sizeof(client.name), "%s", name);
    memset(client.secret_hash, 0xa5, sizeof(client.secret_hash));
    return client;
}

static void refuses_a_folder_it_cannot_make(void **state)
{
    struct complaint why = {""};
    struct store *store = NULL;

    (void)state;
    assert_int_equal(store_open("/nowhere/at/all", &store, &why), -1);
    assert_null(store);
    assert_non_null(strstr(why.text, "/nowhere/at/all"));
}

static void refuses_what_is_no_database(void **state)
{
    const struct place *place = *state;
    struct complaint why = {""};
    struct store *store = NULL;
    FILE *file;

    assert_int_equal(mkdir(place->data, 0700), 0);
    file = fopen(place->file, "w");
    assert_non_null(file);
    for (int i = 0; i < 200; i++) {
        fputs("this is a text file, whatever its name says\n", file);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(store_open(place->data, &store, &why), -1);
    assert_null(store);
    assert_non_null(strstr(why.text, "not a database"));
}

static void refuses_a_newer_file(void **state)
{
    const struct place *place = *state;
    struct complaint why = {""};
    struct store *store = NULL;

    store_close(open_store(place));
    run_sql(place, "PRAGMA user_version = 1000");
    assert_int_equal(store_open(place->data, &store, &why), -1);
    assert_null(store);
    assert_non_null(strstr(why.text, "newer Doorward"));
}

static void refuses_the_same_name_or_id_twice(void **state)
{
    struct store *store = open_store(*state);
    const struct store_client one = make_client("c_1", "one");
    const struct store_client same_name = make_client("c_2", "one");
    const struct store_client same_id = make_client("c_1", "two");

    assert_int_equal(store_client_add(store, &one, NULL), 0);
    assert_int_equal(store_client_add(store, &same_name, NULL), 1);
    assert_int_equal(store_client_add(store, &same_id, NULL), 1);
    store_close(store);
}

static void finds_nobody(void **state)
{
    static const char *const IDS[] = {"", "c_", "c_12", "C_1", "one", "c_1'--", "%", "c_1 "};
    struct store *store = open_store(*state);
    const struct store_client one = make_client("c_1", "one");
    struct store_client found = make_client("untouched", "untouched");
    struct guarded nul = guard_bytes("c_1\0", 4);

    assert_int_equal(store_client_add(store, &one, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(IDS); i++) {
        struct guarded id = guard_text(IDS[i]);

        assert_int_equal(store_client_find(store, id.span, &found, NULL), 1);
        guard_release(&id);
    }
    assert_int_equal(store_client_find(store, nul.span, &found, NULL), 1);
    assert_string_equal(found.id, "untouched");
    assert_int_equal(store_client_remove(store, "c_2", NULL), 1);
    guard_release(&nul);
    store_close(store);
}

static void notices_a_damaged_record(void **state)
{
    const struct place *place = *state;
    struct complaint why = {""};
    struct store_client found = make_client("untouched", "untouched");
    struct store *store = open_store(place);

    run_sql(place, "INSERT INTO client VALUES ('c_1', hex(zeroblob(200)), '', zeroblob(32), 0)");
    assert_int_equal(store_client_find(store, DW_SPAN("c_1"), &found, &why), -1);
    assert_string_equal(found.id, "untouched");
    assert_non_null(strstr(why.text, "damaged"));
    store_close(store);
}

static void keeps_clients_over_a_restart(void **state)
{
    const struct place *place = *state;
    const struct store_client one = make_client("c_1", "one");
    struct store_client found = {.created = 0};
    struct store *store = open_store(place);

    assert_int_equal(store_client_add(store, &one, NULL), 0);
    store_close(store);
    store = open_store(place);
    assert_int_equal(store_client_find(store, DW_SPAN("c_1"), &found, NULL), 0);
    assert_string_equal(found.name, "one");
    assert_string_equal(found.scope, "read write");
    assert_int_equal(found.created, 1700000000);
    assert_memory_equal(found.secret_hash, one.secret_hash, sizeof(one.secret_hash));
    store_close(store);
}

static void removes_by_id_before_name(void **state)
{
    struct store *store = open_store(*state);
    const struct store_client one = make_client("c_1", "one");
    const struct store_client sly = make_client("c_2", "c_1");
    struct store_client found;

    assert_int_equal(store_client_add(store, &one, NULL), 0);
    assert_int_equal(store_client_add(store, &sly, NULL), 0);
    assert_int_equal(store_client_remove(store, "c_1", NULL), 0);
    assert_int_equal(store_client_find(store, DW_SPAN("c_1"), &found, NULL), 1);
    assert_int_equal(store_client_find(store, DW_SPAN("c_2"), &found, NULL), 0);
    assert_int_equal(store_client_remove(store, "c_1", NULL), 0);
    assert_int_equal(store_client_find(store, DW_SPAN("c_2"), &found, NULL), 1);
    store_close(store);
}

static void add_name(void *context, const struct store_client *client)
{
    char *names = context;
    const size_t len = strlen(names);

    snprintf(names + len, 256 - len, "%s ", client->name);
}

static void lists_clients_by_name(void **state)
{
    struct store *store = open_store(*state);
    const struct store_client clients[] = {make_client("c_1", "pear"), make_client("c_2", "apple"),
                                           make_client("c_3", "fig")};
    char names[256] = "";

    assert_int_equal(store_client_list(store, add_name, names, NULL), 0);
    assert_string_equal(names, "");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(store_client_add(store, &clients[i], NULL), 0);
    }
    assert_int_equal(store_client_list(store, add_name, names, NULL), 0);
    assert_string_equal(names, "apple fig pear ");
    store_close(store);
}

static void add_kid(void *context, const struct store_key *key)
{
    char *kids = context;
    const size_t len = strlen(kids);

    snprintf(kids + len, 256 - len, "%s:%s:%s ", key->kid, dw_alg_name(key->alg), key->jwk);
}

static void lists_keys_oldest_first(void **state)
{
    struct store *store = open_store(*state);
    const struct store_key second = {.kid = "b", .alg = DW_ALG_ES256, .jwk = "{1}", .created = 5};
    const struct store_key third = {.kid = "a", .alg = DW_ALG_EdDSA, .jwk = "{2}", .created = 5};
    char kids[256] = "";

    assert_int_equal(store_key_add(store, &second, NULL), 0);
    assert_int_equal(store_key_add(store, &third, NULL), 0);
    assert_int_equal(store_key_add(store, &third, NULL), 1);
    assert_int_equal(store_key_list(store, add_kid, kids, NULL), 0);
    assert_string_equal(kids, "b:ES256:{1} a:EdDSA:{2} ");
    store_close(store);
}

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 0777;
}

static void is_for_its_owner_alone(void **state)
{
    const struct place *place = *state;
    const struct store_client one = make_client("c_1", "one");
    struct store *store = open_store(place);
    char wal[160];

    assert_int_equal(store_client_add(store, &one, NULL), 0);
    snprintf(wal, sizeof(wal), "%s-wal", place->file);
    assert_int_equal(mode_of(place->data), 0700);
    assert_int_equal(mode_of(place->file), 0600);
    assert_int_equal(mode_of(wal), 0600);
    store_close(store);
}

static void is_seen_by_another_while_open(void **state)
{
    struct store *writer = open_store(*state);
    struct store *reader = open_store(*state);
    const struct store_client one = make_client("c_1", "one");
    struct store_client found;

    assert_int_equal(store_client_find(reader, DW_SPAN("c_1"), &found, NULL), 1);
    assert_int_equal(store_client_add(writer, &one, NULL), 0);
    assert_int_equal(store_client_find(reader, DW_SPAN("c_1"), &found, NULL), 0);
    store_close(reader);
    store_close(writer);
}

static int add_some(const struct place *place, int process)
{
    struct store *store = NULL;
    char id[32];

    if (store_open(place->data, &store, NULL) != 0) {
        return 1;
    }
    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof(id), "c_%d_%d", process, i);
        const struct store_client client = make_client(id, id);

        if (store_client_add(store, &client, NULL) != 0) {
            return 2;
        }
    }
    store_close(store);
    return 0;
}

static void count(void *context, const struct store_client *client)
{
    (void)client;
    (*(int *)context)++;
}

static void takes_eight_processes_at_once(void **state)
{
    const struct place *place = *state;
    struct store *store;
    int n = 0;

    for (int i = 0; i < 8; i++) {
        const pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            _exit(add_some(place, i));
        }
    }
    for (int i = 0; i < 8; i++) {
        int status = -1;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    store = open_store(place);
    assert_int_equal(store_client_list(store, count, &n, NULL), 0);
    assert_int_equal(n, 80);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_a_folder_it_cannot_make),
        TEST(refuses_what_is_no_database),
        TEST(refuses_a_newer_file),
        TEST(refuses_the_same_name_or_id_twice),
        TEST(finds_nobody),
        TEST(notices_a_damaged_record),
        TEST(keeps_clients_over_a_restart),
        TEST(removes_by_id_before_name),
        TEST(lists_clients_by_name),
        TEST(lists_keys_oldest_first),
        TEST(is_for_its_owner_alone),
        TEST(is_seen_by_another_while_open),
        TEST(takes_eight_processes_at_once),
    };

    return RUN_TAP(tests);
}
