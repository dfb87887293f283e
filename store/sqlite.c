/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

#define FILE_NAME "doorward.db"
#define BUSY_MS 5000
#define OPEN_RETRIES 250
#define OPEN_RETRY_MS 20

/* MIGRATIONS[n] takes a file from user_version n to n + 1. What was released is never changed. */
static const char *const MIGRATIONS[] = {
    "CREATE TABLE client ("
    "  id TEXT NOT NULL PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  scope TEXT NOT NULL,"
    "  secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),"
    "  created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE signing_key ("
    "  number INTEGER PRIMARY KEY,"
    "  kid TEXT NOT NULL UNIQUE,"
    "  alg TEXT NOT NULL,"
    "  jwk TEXT NOT NULL,"
    "  created INTEGER NOT NULL"
    ") STRICT;",
};
#define N_MIGRATIONS ((int)(sizeof(MIGRATIONS) / sizeof(MIGRATIONS[0])))

enum statement { CLIENT_ADD, CLIENT_FIND, CLIENT_REMOVE, CLIENT_LIST, KEY_ADD, KEY_LIST, N_STATEMENTS };

static const char *const STATEMENTS[N_STATEMENTS] = {
    [CLIENT_ADD] = "INSERT INTO client (id, name, scope, secret_hash, created)"
                   " VALUES (?1, ?2, ?3, ?4, ?5)",
    [CLIENT_FIND] = "SELECT id, name, scope, secret_hash, created FROM client WHERE id = ?1",
    [CLIENT_REMOVE] = "DELETE FROM client WHERE id = coalesce("
                      " (SELECT id FROM client WHERE id = ?1),"
                      " (SELECT id FROM client WHERE name = ?1))",
    [CLIENT_LIST] = "SELECT id, name, scope, secret_hash, created FROM client ORDER BY name",
    [KEY_ADD] = "INSERT INTO signing_key (kid, alg, jwk, created) VALUES (?1, ?2, ?3, ?4)",
    [KEY_LIST] = "SELECT kid, alg, jwk, created FROM signing_key ORDER BY number",
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[N_STATEMENTS];
};

static int fail(const struct store *store, struct complaint *why)
{
    return complain(why, "%s: %s", sqlite3_db_filename(store->db, "main"),
                    sqlite3_errmsg(store->db));
}

/* -- Opening ------------------------------------------------------------------------------------ */

/* SQLite would make the file readable to all. It is opened here only when new: closing a file drops
 * the locks SQLite holds on it elsewhere in this process. */
static int make_file(const char *folder, const char *path, struct complaint *why)
{
    int file;

    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return complain(why, "cannot make the folder %s: %s", folder, strerror(errno));
    }
    file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno == EEXIST ? 0 : complain(why, "cannot make %s: %s", path, strerror(errno));
    }
    close(file);
    return 0;
}

/* Turning a new file into a WAL one needs it alone, and SQLite does not wait for that by itself. */
static int turn_on_wal(const struct store *store, struct complaint *why)
{
    for (int i = 0; i < OPEN_RETRIES; i++) {
        const int rc = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);

        if (rc == SQLITE_OK) {
            return 0;
        }
        if ((rc & 0xff) != SQLITE_BUSY) {
            break;
        }
        sqlite3_sleep(OPEN_RETRY_MS);
    }
    return fail(store, why);
}

static int read_version(const struct store *store, int *version, struct complaint *why)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        const int failed = fail(store, why);

        sqlite3_finalize(statement);
        return failed;
    }
    *version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return 0;
}

/* Inside a transaction: another process may have done it since we looked. */
static int migrate_from_here(const struct store *store, struct complaint *why)
{
    char set_version[64];
    int version = 0;

    if (read_version(store, &version, why) != 0) {
        return -1;
    }
    for (; version < N_MIGRATIONS; version++) {
        if (sqlite3_exec(store->db, MIGRATIONS[version], NULL, NULL, NULL) != SQLITE_OK) {
            return fail(store, why);
        }
    }
    (void)snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %d", version);
    if (sqlite3_exec(store->db, set_version, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        return fail(store, why);
    }
    return 0;
}

static int migrate(const struct store *store, struct complaint *why)
{
    int version = 0;

    if (read_version(store, &version, why) != 0) {
        return -1;
    }
    if (version > N_MIGRATIONS) {
        return complain(why, "%s was written by a newer Doorward (version %d; this one knows %d)",
                        sqlite3_db_filename(store->db, "main"), version, N_MIGRATIONS);
    }
    if (version == N_MIGRATIONS) {
        return 0;
    }
    if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
        return fail(store, why);
    }
    if (migrate_from_here(store, why) != 0) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return 0;
}

static int prepare(struct store *store, struct complaint *why)
{
    for (size_t i = 0; i < N_STATEMENTS; i++) {
        if (sqlite3_prepare_v3(store->db, STATEMENTS[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK) {
            return fail(store, why);
        }
    }
    return 0;
}

static int open_file(struct store *store, const char *path, struct complaint *why)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK) {
        return complain(why, "%s: %s", path,
                        store->db == NULL ? "out of memory" : sqlite3_errmsg(store->db));
    }
    if (turn_on_wal(store, why) != 0) {
        return -1;
    }
    sqlite3_busy_timeout(store->db, BUSY_MS);
    if (sqlite3_exec(store->db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", NULL, NULL,
                     NULL) != SQLITE_OK) {
        return fail(store, why);
    }
    if (migrate(store, why) != 0) {
        return -1;
    }
    return prepare(store, why);
}

int store_open(const char *folder, struct store **store, struct complaint *why)
{
    char path[PATH_MAX];
    struct store *opened;

    if ((size_t)snprintf(path, sizeof(path), "%s/" FILE_NAME, folder) >= sizeof(path)) {
        return complain(why, "the data folder's name is too long");
    }
    if (make_file(folder, path, why) != 0) {
        return -1;
    }
    opened = calloc(1, sizeof(*opened));
    if (opened == NULL) {
        return complain(why, "out of memory");
    }
    if (open_file(opened, path, why) != 0) {
        store_close(opened);
        return -1;
    }
    *store = opened;
    return 0;
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    for (size_t i = 0; i < N_STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
    }
    sqlite3_close(store->db);
    free(store);
}

/* -- Statements --------------------------------------------------------------------------------- */

static bool bind_text(sqlite3_stmt *statement, int i, struct dw_span text)
{
    return text.len <= INT_MAX &&
           sqlite3_bind_text(statement, i, text.at, (int)text.len, SQLITE_STATIC) == SQLITE_OK;
}

/* Leaves nothing bound: the values are the caller's, and some are secret. */
static void finish(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

/* Runs a statement that changes something, whose values are bound if `bound`. */
static int change(const struct store *store, sqlite3_stmt *statement, bool bound,
                  struct complaint *why)
{
    const int rc = bound ? sqlite3_step(statement) : SQLITE_NOMEM;
    int result = 0;

    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY) {
        result = 1;
    } else if (rc != SQLITE_DONE) {
        result = fail(store, why);
    }
    finish(statement);
    return result;
}

static bool copy_text(sqlite3_stmt *statement, int column, char *to, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    const int len = sqlite3_column_bytes(statement, column);

    if (text == NULL || len < 0 || (size_t)len >= size) {
        return false;
    }
    memcpy(to, text, (size_t)len);
    to[len] = '\0';
    return true;
}

/* -- Clients ------------------------------------------------------------------------------------ */

int store_client_add(struct store *store, const struct store_client *client, struct complaint *why)
{
    sqlite3_stmt *statement = store->statements[CLIENT_ADD];
    const bool bound =
        bind_text(statement, 1, dw_span_of(client->id)) &&
        bind_text(statement, 2, dw_span_of(client->name)) &&
        bind_text(statement, 3, dw_span_of(client->scope)) &&
        sqlite3_bind_blob(statement, 4, client->secret_hash, (int)sizeof(client->secret_hash),
                          SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_int64(statement, 5, client->created) == SQLITE_OK;

    return change(store, statement, bound, why);
}

static bool read_client(sqlite3_stmt *statement, struct store_client *client)
{
    const void *hash = sqlite3_column_blob(statement, 3);

    if (hash == NULL || sqlite3_column_bytes(statement, 3) != (int)sizeof(client->secret_hash)) {
        return false;
    }
    memcpy(client->secret_hash, hash, sizeof(client->secret_hash));
    client->created = sqlite3_column_int64(statement, 4);
    return copy_text(statement, 0, client->id, sizeof(client->id)) &&
           copy_text(statement, 1, client->name, sizeof(client->name)) &&
           copy_text(statement, 2, client->scope, sizeof(client->scope));
}

static int complain_damaged(const struct store *store, const char *what, struct complaint *why)
{
    return complain(why, "%s: the record of a %s is damaged",
                    sqlite3_db_filename(store->db, "main"), what);
}

int store_client_find(struct store *store, struct dw_span id, struct store_client *client,
                      struct complaint *why)
{
    sqlite3_stmt *statement = store->statements[CLIENT_FIND];
    const int rc = bind_text(statement, 1, id) ? sqlite3_step(statement) : SQLITE_NOMEM;
    struct store_client found = {.created = 0};
    int result;

    if (rc == SQLITE_DONE) {
        result = 1;
    } else if (rc != SQLITE_ROW) {
        result = fail(store, why);
    } else if (!read_client(statement, &found)) {
        result = complain_damaged(store, "client", why);
    } else {
        *client = found;
        result = 0;
    }
    finish(statement);
    return result;
}

int store_client_remove(struct store *store, const char *id_or_name, struct complaint *why)
{
    sqlite3_stmt *statement = store->statements[CLIENT_REMOVE];
    const bool bound = bind_text(statement, 1, dw_span_of(id_or_name));
    const int result = change(store, statement, bound, why);

    if (result != 0) {
        return result;
    }
    return sqlite3_changes(store->db) == 0 ? 1 : 0;
}

int store_client_list(struct store *store,
                      void (*each)(void *context, const struct store_client *client),
                      void *context, struct complaint *why)
{
    sqlite3_stmt *statement = store->statements[CLIENT_LIST];
    struct store_client client = {.created = 0};
    int result = 0;
    int rc = sqlite3_step(statement);

    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement)) {
        if (!read_client(statement, &client)) {
            result = complain_damaged(store, "client", why);
            break;
        }
        each(context, &client);
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        result = fail(store, why);
    }
    finish(statement);
    return result;
}

/* -- Signing keys ------------------------------------------------------------------------------- */

int store_key_add(struct store *store, const struct store_key *key, struct complaint *why)
{
    sqlite3_stmt *statement = store->statements[KEY_ADD];
    const bool bound = bind_text(statement, 1, dw_span_of(key->kid)) &&
                       bind_text(statement, 2, dw_span_of(dw_alg_name(key->alg))) &&
                       bind_text(statement, 3, dw_span_of(key->jwk)) &&
                       sqlite3_bind_int64(statement, 4, key->created) == SQLITE_OK;

    return change(store, statement, bound, why);
}

static bool read_key(sqlite3_stmt *statement, struct store_key *key)
{
    char alg[16];

    if (!copy_text(statement, 1, alg, sizeof(alg))) {
        return false;
    }
    key->alg = dw_alg_find(dw_span_of(alg));
    key->created = sqlite3_column_int64(statement, 3);
    return key->alg != DW_ALG_NONE && copy_text(statement, 0, key->kid, sizeof(key->kid)) &&
           copy_text(statement, 2, key->jwk, sizeof(key->jwk));
}

int store_key_list(struct store *store, void (*each)(void *context, const struct store_key *key),
                   void *context, struct complaint *why)
{
    sqlite3_stmt *statement = store->statements[KEY_LIST];
    struct store_key key = {.created = 0};
    int result = 0;
    int rc = sqlite3_step(statement);

    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement)) {
        if (!read_key(statement, &key)) {
            result = complain_damaged(store, "signing key", why);
            break;
        }
        each(context, &key);
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        result = fail(store, why);
    }
    dw_secret_wipe(&key, sizeof(key));
    finish(statement);
    return result;
}
