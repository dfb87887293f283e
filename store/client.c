/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#define COLUMNS "id, name, scope, secret_hash, created"

int store_client_add(struct store *store, const struct store_client *client, struct complaint *why)
{
    struct query query = query_begin(
        store, CLIENT_ADD, "INSERT INTO client (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)", why);

    query_text(&query, 1, dw_span_of(client->id));
    query_text(&query, 2, dw_span_of(client->name));
    query_text(&query, 3, dw_span_of(client->scope));
    query_bytes(&query, 4, client->secret_hash, sizeof(client->secret_hash));
    query_number(&query, 5, client->created);
    return query_change(&query);
}

static bool read_client(sqlite3_stmt *row, void *record)
{
    struct store_client *client = record;

    client->created = sqlite3_column_int64(row, 4);
    return column_text(row, 0, client->id, sizeof(client->id)) &&
           column_text(row, 1, client->name, sizeof(client->name)) &&
           column_text(row, 2, client->scope, sizeof(client->scope)) &&
           column_bytes(row, 3, client->secret_hash, sizeof(client->secret_hash));
}

int store_client_find(struct store *store, struct dw_span id, struct store_client *client,
                      struct complaint *why)
{
    struct query query =
        query_begin(store, CLIENT_FIND, "SELECT " COLUMNS " FROM client WHERE id = ?1", why);
    struct store_client found;
    int result;

    query_text(&query, 1, id);
    result = query_find(&query, read_client, &found, "a client");
    if (result == 0) {
        *client = found;
    }
    return result;
}

int store_client_remove(struct store *store, const char *id_or_name, struct complaint *why)
{
    struct query query = query_begin(store, CLIENT_REMOVE,
                                     "DELETE FROM client WHERE id = coalesce("
                                     " (SELECT id FROM client WHERE id = ?1),"
                                     " (SELECT id FROM client WHERE name = ?1))",
                                     why);

    query_text(&query, 1, dw_span_of(id_or_name));
    return query_change(&query);
}

int store_client_list(struct store *store,
                      void (*each)(void *context, const struct store_client *client), void *context,
                      struct complaint *why)
{
    struct query query =
        query_begin(store, CLIENT_LIST, "SELECT " COLUMNS " FROM client ORDER BY name", why);
    struct store_client client;
    int result = query_next(&query, read_client, &client, "a client");

    for (; result == 0; result = query_next(&query, read_client, &client, "a client")) {
        each(context, &client);
    }
    query_end(&query);
    return result == 1 ? 0 : result;
}
