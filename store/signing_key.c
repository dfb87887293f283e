/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

int store_key_add(struct store *store, const struct store_key *key, struct complaint *why)
{
    struct query query = query_begin(
        store, SIGNING_KEY_ADD,
        "INSERT INTO signing_key (kid, alg, jwk, created) VALUES (?1, ?2, ?3, ?4)", why);

    query_text(&query, 1, dw_span_of(key->kid));
    query_text(&query, 2, dw_span_of(dw_alg_name(key->alg)));
    query_text(&query, 3, dw_span_of(key->jwk));
    query_number(&query, 4, key->created);
    return query_change(&query);
}

static bool read_key(sqlite3_stmt *row, void *record)
{
    struct store_key *key = record;
    char alg[16];

    if (!column_text(row, 1, alg, sizeof(alg))) {
        return false;
    }
    key->alg = dw_alg_find(dw_span_of(alg));
    key->created = sqlite3_column_int64(row, 3);
    return key->alg != DW_ALG_NONE && column_text(row, 0, key->kid, sizeof(key->kid)) &&
           column_text(row, 2, key->jwk, sizeof(key->jwk));
}

int store_key_list(struct store *store, void (*each)(void *context, const struct store_key *key),
                   void *context, struct complaint *why)
{
    struct query query =
        query_begin(store, SIGNING_KEY_LIST,
                    "SELECT kid, alg, jwk, created FROM signing_key ORDER BY number", why);
    struct store_key key;
    int result = query_next(&query, read_key, &key, "a signing key");

    for (; result == 0; result = query_next(&query, read_key, &key, "a signing key")) {
        each(context, &key);
    }
    dw_secret_wipe(&key, sizeof(key));
    query_end(&query);
    return result == 1 ? 0 : result;
}
