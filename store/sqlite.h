/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_STORE_SQLITE_H
#define DW_STORE_SQLITE_H

/* What the store's files share: the database, its schema and its statements. Nobody else includes this. */

#include <sqlite3.h>

#include "store.h"

enum statement {
    CLIENT_ADD, CLIENT_FIND, CLIENT_REMOVE, CLIENT_LIST,
    SIGNING_KEY_ADD, SIGNING_KEY_LIST,
    USER_PUT, USER_REHASH, USER_FIND, USER_FIND_HASHED, USER_REMOVE, USER_LIST,
    APIKEY_ADD, APIKEY_FIND, APIKEY_SUCCEED, APIKEY_REVOKE, APIKEY_USE, APIKEY_LIST, APIKEY_LIST_OF,
    SESSION_ADD, SESSION_SWEEP, SESSION_FIND, SESSION_USE, SESSION_END, SESSION_LIST, SESSION_LIST_OF,
    REVOCATION_PUT, REVOCATION_SWEEP, REVOCATION_LIST,
    STATEMENTS_END
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS_END]; /* NULL: not used yet */
};

/* What SQLite says went wrong. -1. */
int store_fail(const struct store *store, struct complaint *why);

/* -- schema.c ---------------------------------------------------------------------------------- */

#define SCHEMA_VERSION 3

/* What takes a file from a version below SCHEMA_VERSION to the next. */
const char *schema_step(int version);

/* -- user.c --------------------------------------------------------------------------------------- */

/* Lets SQL say userhash(ALGORITHM, NAME, REALM). 0 or -1. */
DW_MUST_USE int user_functions(const struct store *store, struct complaint *why);

/* -- query.c: one use of a statement -------------------------------------------------------------- */

struct query {
    struct store *store;
    sqlite3_stmt *statement; /* NULL: it could not be prepared */
    bool bound;              /* all values so far */
    struct complaint *why;
};

/* The statement of that number is always of the same text. */
struct query query_begin(struct store *store, enum statement number, const char *sql,
                         struct complaint *why);

/* Values are numbered from 1 and borrowed until the query has run. */
void query_text(struct query *query, int i, struct dw_span text);
void query_bytes(struct query *query, int i, const void *bytes, size_t len);
void query_number(struct query *query, int i, int64_t number);

/* Runs a query that changes something, and ends it. 0; 1: such a record is there already, or none is
 * there to be changed; -1 and a complaint. */
DW_MUST_USE int query_change(struct query *query);

/* Reads the next record; `read` answers false for one that is damaged. 0; 1: there is none left; -1 and
 * a complaint, which calls it `what`. */
DW_MUST_USE int query_next(struct query *query, bool (*read)(sqlite3_stmt *row, void *record),
                           void *record, const char *what);

/* The same for the only record there can be: ends the query. */
DW_MUST_USE int query_find(struct query *query, bool (*read)(sqlite3_stmt *row, void *record),
                           void *record, const char *what);
void query_end(struct query *query);

/* Columns are numbered from 0. false: it does not fit, or has another size. */
DW_MUST_USE bool column_text(sqlite3_stmt *row, int i, char *to, size_t size);
DW_MUST_USE bool column_bytes(sqlite3_stmt *row, int i, void *to, size_t size);

/* Several changes as one. store_end() takes the result of the last: 0 keeps them all, else none is kept;
 * returns the result, or -1 and a complaint. */
DW_MUST_USE int store_begin(const struct store *store, struct complaint *why);
DW_MUST_USE int store_end(const struct store *store, int result, struct complaint *why);

#endif
