/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite.h"

#define COLUMNS \
    "name, scope, password, realm, ha1_md5, ha1_sha256, ha1_sha512_256, created, changed"
#define HA1_COLUMN 4

_Static_assert(DW_DIGEST_MD5 == 0 && DW_DIGEST_SHA256 == 1 && DW_DIGEST_SHA512_256 == 2 &&
                   DW_DIGESTS_END == 3,
               "the columns follow enum dw_digest");

/* -- Hashes of names ---------------------------------------------------------------------------- */

/* userhash(ALGORITHM, NAME, REALM), or NULL for who has no realm. */
static void make_userhash(sqlite3_context *context, int n, sqlite3_value **values)
{
    const enum dw_digest algorithm = (enum dw_digest)sqlite3_value_int(values[0]);
    const struct dw_span name = dw_span_of((const char *)sqlite3_value_text(values[1]));
    const struct dw_span realm = dw_span_of((const char *)sqlite3_value_text(values[2]));
    uint8_t hash[DW_FACT_NAME];

    (void)n;
    if (realm.len == 0) {
        sqlite3_result_null(context);
    } else if (dw_digest_userhash(algorithm, name, realm, hash) != 0) {
        sqlite3_result_error(context, "the hash of a user's name could not be made", -1);
    } else {
        sqlite3_result_blob(context, hash, sizeof(hash), SQLITE_TRANSIENT);
    }
}

int user_functions(const struct store *store, struct complaint *why)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;

    return sqlite3_create_function(store->db, "userhash", 3, flags, NULL, make_userhash, NULL,
                                   NULL) == SQLITE_OK
               ? 0
               : store_fail(store, why);
}

/* -- Users ---------------------------------------------------------------------------------------- */

int store_user_put(struct store *store, const struct store_user *user, struct complaint *why)
{
    struct query query = query_begin(
        store, USER_PUT,
        "INSERT OR REPLACE INTO user (" COLUMNS ", userhash_sha256, userhash_sha512_256)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, userhash(1, ?1, ?4), userhash(2, ?1, ?4))",
        why);

    query_text(&query, 1, dw_span_of(user->name));
    query_text(&query, 2, dw_span_of(user->scope));
    query_text(&query, 3, dw_span_of(user->password));
    query_text(&query, 4, dw_span_of(user->realm));
    for (int i = 0; i < DW_DIGESTS_END; i++) {
        query_text(&query, HA1_COLUMN + 1 + i, dw_span_of(user->ha1[i]));
    }
    query_number(&query, 8, user->created);
    query_number(&query, 9, user->changed);
    return query_change(&query) == 0 ? 0 : -1;
}

int store_user_rehash(struct store *store, const char *name, const char *old, const char *hash,
                      struct complaint *why)
{
    struct query query = query_begin(
        store, USER_REHASH, "UPDATE user SET password = ?3 WHERE name = ?1 AND password = ?2", why);

    query_text(&query, 1, dw_span_of(name));
    query_text(&query, 2, dw_span_of(old));
    query_text(&query, 3, dw_span_of(hash));
    return query_change(&query);
}

static bool read_user(sqlite3_stmt *row, void *record)
{
    struct store_user *user = record;

    for (int i = 0; i < DW_DIGESTS_END; i++) {
        if (!column_text(row, HA1_COLUMN + i, user->ha1[i], sizeof(user->ha1[i]))) {
            return false;
        }
    }
    user->created = sqlite3_column_int64(row, 7);
    user->changed = sqlite3_column_int64(row, 8);
    return column_text(row, 0, user->name, sizeof(user->name)) &&
           column_text(row, 1, user->scope, sizeof(user->scope)) &&
           column_text(row, 2, user->password, sizeof(user->password)) &&
           column_text(row, 3, user->realm, sizeof(user->realm));
}

static int find_user(struct query *query, struct store_user *user)
{
    struct store_user found;
    const int result = query_find(query, read_user, &found, "a user");

    if (result == 0) {
        *user = found;
    }
    dw_secret_wipe(&found, sizeof(found));
    return result;
}

int store_user_find(struct store *store, struct dw_span name, struct store_user *user,
                    struct complaint *why)
{
    struct query query =
        query_begin(store, USER_FIND, "SELECT " COLUMNS " FROM user WHERE name = ?1", why);

    query_text(&query, 1, name);
    return find_user(&query, user);
}

int store_user_find_hashed(struct store *store, const uint8_t hash[DW_FACT_NAME],
                           struct store_user *user, struct complaint *why)
{
    struct query query = query_begin(store, USER_FIND_HASHED,
                                     "SELECT " COLUMNS " FROM user"
                                     " WHERE userhash_sha256 = ?1 OR userhash_sha512_256 = ?1",
                                     why);

    query_bytes(&query, 1, hash, DW_FACT_NAME);
    return find_user(&query, user);
}

int store_user_remove(struct store *store, const char *name, struct complaint *why)
{
    struct query query = query_begin(store, USER_REMOVE, "DELETE FROM user WHERE name = ?1", why);

    query_text(&query, 1, dw_span_of(name));
    return query_change(&query);
}

int store_user_list(struct store *store, void (*each)(void *context, const struct store_user *user),
                    void *context, struct complaint *why)
{
    struct query query =
        query_begin(store, USER_LIST, "SELECT " COLUMNS " FROM user ORDER BY name", why);
    struct store_user user;
    int result = query_next(&query, read_user, &user, "a user");

    for (; result == 0; result = query_next(&query, read_user, &user, "a user")) {
        each(context, &user);
    }
    dw_secret_wipe(&user, sizeof(user));
    query_end(&query);
    return result == 1 ? 0 : result;
}
