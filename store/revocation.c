/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

/* A token is forgiven the leeway after its end: so long it has to stay revoked. */
static int sweep(struct store *store, int64_t now, struct complaint *why)
{
    struct query query =
        query_begin(store, REVOCATION_SWEEP, "DELETE FROM revocation WHERE until < ?1", why);

    query_number(&query, 1, now - DW_LEEWAY_MAX);
    return query_change(&query) < 0 ? -1 : 0;
}

static int put(struct store *store, const struct store_revocation *revocation,
               struct complaint *why)
{
    struct query query = query_begin(
        store, REVOCATION_PUT,
        "INSERT INTO revocation (kind, issuer, value, before, until) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (kind, issuer, value) DO UPDATE"
        " SET before = max(before, ?4), until = max(until, ?5)",
        why);

    query_number(&query, 1, revocation->kind);
    query_text(&query, 2, dw_span_of(revocation->issuer));
    query_text(&query, 3, dw_span_of(revocation->value));
    query_number(&query, 4, revocation->before);
    query_number(&query, 5, revocation->until);
    return query_change(&query) == 0 ? 0 : -1;
}

int store_revoke(struct store *store, const struct store_revocation *revocation, int64_t now,
                 struct complaint *why)
{
    int result;

    if (store_begin(store, why) != 0) {
        return -1;
    }
    result = put(store, revocation, why);
    if (result == 0) {
        result = sweep(store, now, why);
    }
    return store_end(store, result, why);
}

static bool read_revocation(sqlite3_stmt *row, void *record)
{
    struct store_revocation *revocation = record;

    revocation->kind = sqlite3_column_int(row, 0);
    revocation->before = sqlite3_column_int64(row, 3);
    revocation->until = sqlite3_column_int64(row, 4);
    return column_text(row, 1, revocation->issuer, sizeof(revocation->issuer)) &&
           column_text(row, 2, revocation->value, sizeof(revocation->value));
}

int store_revocation_list(struct store *store, int64_t now,
                          void (*each)(void *context, const struct store_revocation *revocation),
                          void *context, struct complaint *why)
{
    struct store_revocation revocation;
    struct query query;
    int result;

    if (sweep(store, now, why) != 0) {
        return -1;
    }
    query = query_begin(store, REVOCATION_LIST,
                        "SELECT kind, issuer, value, before, until FROM revocation", why);
    result = query_next(&query, read_revocation, &revocation, "a revocation");
    for (; result == 0; result = query_next(&query, read_revocation, &revocation, "a revocation")) {
        each(context, &revocation);
    }
    query_end(&query);
    return result == 1 ? 0 : result;
}
