/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite.h"

#define FILE_NAME     "doorward.db"
#define BUSY_MS       5000
#define OPEN_RETRIES  250
#define OPEN_RETRY_MS 20

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
    return store_fail(store, why);
}

static int read_version(const struct store *store, int *version, struct complaint *why)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        const int failed = store_fail(store, why);

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
    for (; version < SCHEMA_VERSION; version++) {
        if (sqlite3_exec(store->db, schema_step(version), NULL, NULL, NULL) != SQLITE_OK) {
            return store_fail(store, why);
        }
    }
    (void)snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %d", version);
    return sqlite3_exec(store->db, set_version, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : store_fail(store, why);
}

static int migrate(const struct store *store, struct complaint *why)
{
    int version = 0;

    if (read_version(store, &version, why) != 0) {
        return -1;
    }
    if (version > SCHEMA_VERSION) {
        return complain(why, "%s was written by a newer Doorward (version %d; this one knows %d)",
                        sqlite3_db_filename(store->db, "main"), version, SCHEMA_VERSION);
    }
    if (version == SCHEMA_VERSION) {
        return 0;
    }
    if (store_begin(store, why) != 0) {
        return -1;
    }
    return store_end(store, migrate_from_here(store, why), why);
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
        return store_fail(store, why);
    }
    return user_functions(store, why) == 0 ? migrate(store, why) : -1;
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
    for (size_t i = 0; i < STATEMENTS_END; i++) {
        sqlite3_finalize(store->statements[i]);
    }
    sqlite3_close(store->db);
    free(store);
}
