/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#define COLUMNS "id, name, owner, scope, created, expires, revoked, used, successor"

int store_apikey_add(struct store *store, const struct store_apikey *key, struct complaint *why)
{
    struct query query = query_begin(
        store, APIKEY_ADD,
        "INSERT INTO apikey (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", why);

    query_text(&query, 1, dw_span_of(key->id));
    query_bytes(&query, 2, key->name, sizeof(key->name));
    query_text(&query, 3, dw_span_of(key->owner));
    query_text(&query, 4, dw_span_of(key->scope));
    query_number(&query, 5, key->created);
    query_number(&query, 6, key->expires);
    query_number(&query, 7, key->revoked);
    query_number(&query, 8, key->used);
    query_text(&query, 9, dw_span_of(key->successor));
    return query_change(&query);
}

static bool read_key(sqlite3_stmt *row, void *record)
{
    struct store_apikey *key = record;

    key->created = sqlite3_column_int64(row, 4);
    key->expires = sqlite3_column_int64(row, 5);
    key->revoked = sqlite3_column_int64(row, 6);
    key->used = sqlite3_column_int64(row, 7);
    return column_text(row, 0, key->id, sizeof(key->id)) &&
           column_bytes(row, 1, key->name, sizeof(key->name)) &&
           column_text(row, 2, key->owner, sizeof(key->owner)) &&
           column_text(row, 3, key->scope, sizeof(key->scope)) &&
           column_text(row, 8, key->successor, sizeof(key->successor));
}

int store_apikey_find(struct store *store, struct dw_span id, struct store_apikey *key,
                      struct complaint *why)
{
    struct query query =
        query_begin(store, APIKEY_FIND, "SELECT " COLUMNS " FROM apikey WHERE id = ?1", why);
    struct store_apikey found;
    int result;

    query_text(&query, 1, id);
    result = query_find(&query, read_key, &found, "an API key");
    if (result == 0) {
        *key = found;
    }
    return result;
}

/* Of two who rotate a key at the same time, one finds it without a successor. Rotating never lengthens
 * a key's life. */
static int set_successor(struct store *store, struct dw_span id, int64_t expires,
                         const char *successor, struct complaint *why)
{
    struct query query =
        query_begin(store, APIKEY_SUCCEED,
                    "UPDATE apikey SET successor = ?3,"
                    " expires = CASE WHEN expires = 0 OR expires > ?2 THEN ?2 ELSE expires END"
                    " WHERE id = ?1 AND successor = '' AND revoked = 0",
                    why);

    query_text(&query, 1, id);
    query_number(&query, 2, expires);
    query_text(&query, 3, dw_span_of(successor));
    return query_change(&query);
}

int store_apikey_rotate(struct store *store, struct dw_span id, int64_t expires,
                        const struct store_apikey *successor, struct complaint *why)
{
    int result;

    if (store_begin(store, why) != 0) {
        return -1;
    }
    result = set_successor(store, id, expires, successor->id, why);
    if (result == 0) {
        result = store_apikey_add(store, successor, why);
    }
    return store_end(store, result, why);
}

int store_apikey_revoke(struct store *store, struct dw_span id, int64_t at, struct complaint *why)
{
    struct query query = query_begin(
        store, APIKEY_REVOKE,
        "UPDATE apikey SET revoked = CASE WHEN revoked = 0 THEN ?2 ELSE revoked END WHERE id = ?1",
        why);

    query_text(&query, 1, id);
    query_number(&query, 2, at);
    return query_change(&query);
}

int store_apikey_use(struct store *store, struct dw_span id, int64_t at, struct complaint *why)
{
    struct query query =
        query_begin(store, APIKEY_USE, "UPDATE apikey SET used = max(used, ?2) WHERE id = ?1", why);

    query_text(&query, 1, id);
    query_number(&query, 2, at);
    return query_change(&query);
}

int store_apikey_list(struct store *store, const char *owner,
                      void (*each)(void *context, const struct store_apikey *key), void *context,
                      struct complaint *why)
{
    struct query query =
        owner == NULL
            ? query_begin(store, APIKEY_LIST,
                          "SELECT " COLUMNS " FROM apikey ORDER BY owner, created, id", why)
            : query_begin(store, APIKEY_LIST_OF,
                          "SELECT " COLUMNS " FROM apikey WHERE owner = ?1 ORDER BY created, id",
                          why);
    struct store_apikey key;
    int result;

    if (owner != NULL) {
        query_text(&query, 1, dw_span_of(owner));
    }
    result = query_next(&query, read_key, &key, "an API key");
    for (; result == 0; result = query_next(&query, read_key, &key, "an API key")) {
        each(context, &key);
    }
    query_end(&query);
    return result == 1 ? 0 : result;
}
