/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "sqlite.h"

int store_fail(const struct store *store, struct complaint *why)
{
    return complain(why, "%s: %s", sqlite3_db_filename(store->db, "main"),
                    sqlite3_errmsg(store->db));
}

struct query query_begin(struct store *store, enum statement number, const char *sql,
                         struct complaint *why)
{
    sqlite3_stmt **statement = &store->statements[number];

    if (*statement == NULL) {
        (void)sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    }
    return (struct query){store, *statement, *statement != NULL, why};
}

/* -- Values ------------------------------------------------------------------------------------- */

void query_text(struct query *query, int i, struct dw_span text)
{
    query->bound =
        query->bound && text.len <= INT_MAX &&
        sqlite3_bind_text(query->statement, i, text.at, (int)text.len, SQLITE_STATIC) == SQLITE_OK;
}

void query_bytes(struct query *query, int i, const void *bytes, size_t len)
{
    query->bound =
        query->bound && len <= INT_MAX &&
        sqlite3_bind_blob(query->statement, i, bytes, (int)len, SQLITE_STATIC) == SQLITE_OK;
}

void query_number(struct query *query, int i, int64_t number)
{
    query->bound = query->bound && sqlite3_bind_int64(query->statement, i, number) == SQLITE_OK;
}

bool column_text(sqlite3_stmt *row, int i, char *to, size_t size)
{
    const unsigned char *text = sqlite3_column_text(row, i);
    const int len = sqlite3_column_bytes(row, i);

    if (text == NULL || len < 0 || (size_t)len >= size) {
        return false;
    }
    memcpy(to, text, (size_t)len);
    to[len] = '\0';
    return true;
}

bool column_bytes(sqlite3_stmt *row, int i, void *to, size_t size)
{
    const void *bytes = sqlite3_column_blob(row, i);

    if (bytes == NULL || sqlite3_column_bytes(row, i) != (int)size) {
        return false;
    }
    memcpy(to, bytes, size);
    return true;
}

/* -- Running ------------------------------------------------------------------------------------ */

/* Leaves nothing bound: the values are the caller's, and some are secret. */
void query_end(struct query *query)
{
    if (query->statement == NULL) {
        return;
    }
    sqlite3_reset(query->statement);
    sqlite3_clear_bindings(query->statement);
}

int query_change(struct query *query)
{
    const int rc = query->bound ? sqlite3_step(query->statement) : SQLITE_NOMEM;
    const bool is_taken = rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY;
    int result;

    if (is_taken || rc == SQLITE_DONE) {
        result = is_taken || sqlite3_changes(query->store->db) == 0 ? 1 : 0;
    } else {
        result = store_fail(query->store, query->why);
    }
    query_end(query);
    return result;
}

int query_next(struct query *query, bool (*read)(sqlite3_stmt *row, void *record), void *record,
               const char *what)
{
    const int rc = query->bound ? sqlite3_step(query->statement) : SQLITE_NOMEM;

    if (rc == SQLITE_DONE) {
        return 1;
    }
    if (rc != SQLITE_ROW) {
        return store_fail(query->store, query->why);
    }
    if (!read(query->statement, record)) {
        return complain(query->why, "%s: the record of %s is damaged",
                        sqlite3_db_filename(query->store->db, "main"), what);
    }
    return 0;
}

int query_find(struct query *query, bool (*read)(sqlite3_stmt *row, void *record), void *record,
               const char *what)
{
    const int result = query_next(query, read, record, what);

    query_end(query);
    return result;
}

/* -- Several at once ---------------------------------------------------------------------------- */

int store_begin(const struct store *store, struct complaint *why)
{
    return sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : store_fail(store, why);
}

int store_end(const struct store *store, int result, struct complaint *why)
{
    if (result == 0 && sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        result = store_fail(store, why);
    }
    if (result != 0) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return result;
}
