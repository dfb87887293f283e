/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#define COLUMNS "id, name, user, scope, created, used, expires, ended"

/* For a day it can still be said of a session that it has ended. Each new one makes room for several, so
 * that they never pile up, and none has to wait for many. */
#define KEPT_FOR      86400
#define SWEPT_AT_ONCE "8"

static int add(struct store *store, const struct store_session *session, struct complaint *why)
{
    struct query query = query_begin(
        store, SESSION_ADD,
        "INSERT INTO session (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", why);

    query_text(&query, 1, dw_span_of(session->id));
    query_bytes(&query, 2, session->name, sizeof(session->name));
    query_text(&query, 3, dw_span_of(session->user));
    query_text(&query, 4, dw_span_of(session->scope));
    query_number(&query, 5, session->created);
    query_number(&query, 6, session->used);
    query_number(&query, 7, session->expires);
    query_number(&query, 8, session->ended);
    return query_change(&query);
}

static int sweep(struct store *store, int64_t now, struct complaint *why)
{
    struct query query =
        query_begin(store, SESSION_SWEEP,
                    "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires < ?1"
                    " ORDER BY expires LIMIT " SWEPT_AT_ONCE ")",
                    why);

    query_number(&query, 1, now - KEPT_FOR);
    return query_change(&query) < 0 ? -1 : 0;
}

int store_session_add(struct store *store, const struct store_session *session,
                      struct complaint *why)
{
    int result;

    if (store_begin(store, why) != 0) {
        return -1;
    }
    result = add(store, session, why);
    if (result == 0) {
        result = sweep(store, session->created, why);
    }
    return store_end(store, result, why);
}

static bool read_session(sqlite3_stmt *row, void *record)
{
    struct store_session *session = record;

    session->created = sqlite3_column_int64(row, 4);
    session->used = sqlite3_column_int64(row, 5);
    session->expires = sqlite3_column_int64(row, 6);
    session->ended = sqlite3_column_int64(row, 7);
    return column_text(row, 0, session->id, sizeof(session->id)) &&
           column_bytes(row, 1, session->name, sizeof(session->name)) &&
           column_text(row, 2, session->user, sizeof(session->user)) &&
           column_text(row, 3, session->scope, sizeof(session->scope));
}

int store_session_find(struct store *store, const uint8_t name[DW_FACT_NAME],
                       struct store_session *session, struct complaint *why)
{
    struct query query =
        query_begin(store, SESSION_FIND, "SELECT " COLUMNS " FROM session WHERE name = ?1", why);
    struct store_session found;
    int result;

    query_bytes(&query, 1, name, DW_FACT_NAME);
    result = query_find(&query, read_session, &found, "a session");
    if (result == 0) {
        *session = found;
    }
    return result;
}

int store_session_use(struct store *store, const char *id, int64_t at, struct complaint *why)
{
    struct query query = query_begin(store, SESSION_USE,
                                     "UPDATE session SET used = max(used, ?2) WHERE id = ?1", why);

    query_text(&query, 1, dw_span_of(id));
    query_number(&query, 2, at);
    return query_change(&query);
}

int store_session_end(struct store *store, const char *id, int64_t at, struct complaint *why)
{
    struct query query = query_begin(
        store, SESSION_END,
        "UPDATE session SET ended = CASE WHEN ended = 0 THEN ?2 ELSE ended END WHERE id = ?1", why);

    query_text(&query, 1, dw_span_of(id));
    query_number(&query, 2, at);
    return query_change(&query);
}

int store_session_list(struct store *store, const char *user, int64_t now,
                       void (*each)(void *context, const struct store_session *session),
                       void *context, struct complaint *why)
{
    struct query query =
        user == NULL
            ? query_begin(store, SESSION_LIST,
                          "SELECT " COLUMNS " FROM session WHERE ended = 0 AND expires > ?1"
                          " ORDER BY user, created, id",
                          why)
            : query_begin(store, SESSION_LIST_OF,
                          "SELECT " COLUMNS " FROM session WHERE ended = 0 AND expires > ?1"
                          " AND user = ?2 ORDER BY created, id",
                          why);
    struct store_session session;
    int result;

    query_number(&query, 1, now);
    if (user != NULL) {
        query_text(&query, 2, dw_span_of(user));
    }
    result = query_next(&query, read_session, &session, "a session");
    for (; result == 0; result = query_next(&query, read_session, &session, "a session")) {
        each(context, &session);
    }
    query_end(&query);
    return result == 1 ? 0 : result;
}
