/* SPDX-License-Identifier: Apache-2.0 */
/* The plain SHA256_ functions, because EVP_DigestInit_ex2 allocates memory each time. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "edge.h"

#include <limits.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "environment.h"
#include "folder.h"

#define KEY_SIZE    SHA256_DIGEST_LENGTH /* an issuer or a jti can be longer than LMDB's 511 bytes */
#define SWEEP_STEPS 16

struct edge {
    struct environment *shared;
    MDB_txn *txn; /* one reader's slot, reset and renewed */
    bool broken;
    uint64_t version;         /* of the transaction at hand */
    uint64_t revoked_version; /* when has_revoked was found out */
    bool has_revoked;
    char file[PATH_MAX];
};

struct stored_keys {
    uint64_t generation;
    int64_t fetched;
    int64_t fresh_until;
    int64_t failing;
};

/* -- Opening ----------------------------------------------------------------------------------- */

static int begin_reader(struct edge *made)
{
    const int error = mdb_txn_begin(made->shared->env, NULL, MDB_RDONLY, &made->txn);

    if (error == 0) {
        mdb_txn_reset(made->txn);
    }
    return error;
}

static int open_edge(struct edge *made, const char *folder, enum edge_mode mode,
                     struct complaint *why)
{
    int error;

    if (folder_path(folder, DATA_FILE, made->file, sizeof(made->file), why) != 0 ||
        environment_use(folder, made->file, mode, &made->shared, why) != 0) {
        return -1;
    }
    error = begin_reader(made);
    if (error != 0) {
        return complain(why, "%s: cannot read the edge: %s", folder, mdb_strerror(error));
    }
    return 0;
}

int edge_open(const char *folder, enum edge_mode mode, struct edge **edge, struct complaint *why)
{
    struct edge *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return complain(why, "%s: out of memory", folder);
    }
    if (open_edge(made, folder, mode, why) != 0) {
        edge_close(made);
        return -1;
    }
    *edge = made;
    return 0;
}

void edge_close(struct edge *edge)
{
    if (edge == NULL) {
        return;
    }
    if (edge->txn != NULL) {
        mdb_txn_abort(edge->txn);
    }
    if (edge->shared != NULL) {
        environment_leave(edge->shared);
    }
    free(edge);
}

bool edge_is_current(const struct edge *edge)
{
    struct stat file;

    return !edge->broken && stat(edge->file, &file) == 0 && file.st_dev == edge->shared->device &&
           file.st_ino == edge->shared->inode;
}

void edge_clear_readers(struct edge *edge)
{
    int dead = 0;

    /* What fails now is tried again the next time. */
    (void)mdb_reader_check(edge->shared->env, &dead);
}

/* -- Reading ----------------------------------------------------------------------------------- */

int edge_begin(struct edge *edge, uint64_t *version)
{
    int error = mdb_txn_renew(edge->txn);

    if (error == MDB_MAP_RESIZED && environment_grow(edge->shared)) {
        error = mdb_txn_renew(edge->txn);
    }
    if (error != 0) {
        edge->broken = true;
        return -1;
    }
    edge->version = mdb_txn_id(edge->txn);
    *version = edge->version;
    return 0;
}

void edge_end(struct edge *edge)
{
    mdb_txn_reset(edge->txn);
}

/* The digest of one or two texts, with a NUL between. */
static bool make_key(struct dw_span first, const struct dw_span *second,
                     unsigned char key[KEY_SIZE])
{
    SHA256_CTX digest;

    return SHA256_Init(&digest) == 1 && SHA256_Update(&digest, first.at, first.len) == 1 &&
           (second == NULL || (SHA256_Update(&digest, "", 1) == 1 &&
                               SHA256_Update(&digest, second->at, second->len) == 1)) &&
           SHA256_Final(key, &digest) == 1;
}

static bool read_keys(const MDB_val *value, struct edge_keys *keys)
{
    struct stored_keys stored;
    size_t len;

    if (value->mv_size < sizeof(stored)) {
        return false;
    }
    len = value->mv_size - sizeof(stored);
    memcpy(&stored, value->mv_data, sizeof(stored));
    keys->generation = stored.generation;
    keys->fetched = stored.fetched;
    keys->fresh_until = stored.fresh_until;
    keys->failing = stored.failing != 0;
    keys->jwks =
        (struct dw_span){len > 0 ? (const char *)value->mv_data + sizeof(stored) : NULL, len};
    return true;
}

bool edge_find_keys(struct edge *edge, struct dw_span issuer, struct edge_keys *keys)
{
    unsigned char name[KEY_SIZE];
    MDB_val key = {sizeof(name), name};
    MDB_val value;

    return make_key(issuer, NULL, name) &&
           mdb_get(edge->txn, edge->shared->keys, &key, &value) == 0 && read_keys(&value, keys);
}

static bool has_revoked(struct edge *edge)
{
    MDB_stat stat;

    if (edge->revoked_version != edge->version) {
        edge->has_revoked =
            mdb_stat(edge->txn, edge->shared->revoked, &stat) != 0 || stat.ms_entries > 0;
        edge->revoked_version = edge->version;
    }
    return edge->has_revoked;
}

bool edge_is_revoked(struct edge *edge, struct dw_span issuer, struct dw_span jti)
{
    unsigned char name[KEY_SIZE];
    MDB_val key = {sizeof(name), name};
    MDB_val value;

    if (!has_revoked(edge)) {
        return false;
    }
    /* Not being able to tell counts as revoked. */
    return !make_key(issuer, &jti, name) ||
           mdb_get(edge->txn, edge->shared->revoked, &key, &value) != MDB_NOTFOUND;
}

/* -- Writing ----------------------------------------------------------------------------------- */

static int complain_write(const struct edge *edge, int error, struct complaint *why)
{
    return complain(why, "%s: cannot write: %s", edge->file, mdb_strerror(error));
}

static int store_keys(MDB_txn *txn, MDB_dbi table, MDB_val *key, const struct edge_keys *keys)
{
    struct stored_keys stored = {1, keys->fetched, keys->fresh_until, keys->failing ? 1 : 0};
    MDB_val value = {sizeof(stored) + keys->jwks.len, NULL};
    struct edge_keys old;
    MDB_val there;
    int error = mdb_get(txn, table, key, &there);

    if (error != 0 && error != MDB_NOTFOUND) {
        return error;
    }
    if (error == 0 && read_keys(&there, &old)) {
        stored.generation = old.generation + (dw_span_equal(old.jwks, keys->jwks) ? 0 : 1);
    }
    error = mdb_put(txn, table, key, &value, MDB_RESERVE);
    if (error != 0) {
        return error;
    }
    memcpy(value.mv_data, &stored, sizeof(stored));
    if (keys->jwks.len > 0) {
        memcpy((char *)value.mv_data + sizeof(stored), keys->jwks.at, keys->jwks.len);
    }
    return 0;
}

int edge_put_keys(struct edge *edge, struct dw_span issuer, const struct edge_keys *keys,
                  struct complaint *why)
{
    unsigned char name[KEY_SIZE];
    MDB_val key = {sizeof(name), name};
    MDB_txn *txn;
    int error;

    if (keys->jwks.len > (size_t)(DW_JWKS_MAX)) {
        return complain(why, "%s: the JWKS is larger than %d bytes", edge->file, DW_JWKS_MAX);
    }
    if (!make_key(issuer, NULL, name)) {
        return complain(why, "%s: cannot make a SHA-256", edge->file);
    }
    error = mdb_txn_begin(edge->shared->env, NULL, 0, &txn);
    if (error != 0) {
        return complain_write(edge, error, why);
    }
    error = store_keys(txn, edge->shared->keys, &key, keys);
    if (error != 0) {
        mdb_txn_abort(txn);
        return complain_write(edge, error, why);
    }
    error = mdb_txn_commit(txn);
    return error == 0 ? 0 : complain_write(edge, error, why);
}

/* Keys are digests, so the neighbours of a new one are drawn by lot: looking at a few each time drops
 * what has ended as fast as new ones come, without an index by time. */
static int sweep(MDB_txn *txn, MDB_dbi table, MDB_val *key, int64_t now)
{
    MDB_cursor *cursor;
    MDB_val value;
    int64_t until;
    int error = mdb_cursor_open(txn, table, &cursor);

    if (error != 0) {
        return error;
    }
    error = mdb_cursor_get(cursor, key, &value, MDB_SET);
    for (int i = 0; error == 0 && i < SWEEP_STEPS; i++) {
        error = mdb_cursor_get(cursor, key, &value, MDB_NEXT);
        if (error == MDB_NOTFOUND) {
            error = mdb_cursor_get(cursor, key, &value, MDB_FIRST);
        }
        if (error == 0 && value.mv_size == sizeof(until)) {
            memcpy(&until, value.mv_data, sizeof(until));
            error = until < now - DW_LEEWAY_MAX ? mdb_cursor_del(cursor, 0) : 0;
        }
    }
    mdb_cursor_close(cursor);
    return error == MDB_NOTFOUND ? 0 : error;
}

int edge_put_revoked(struct edge *edge, struct dw_span issuer, struct dw_span jti, int64_t until,
                     struct complaint *why)
{
    const MDB_dbi table = edge->shared->revoked;
    unsigned char name[KEY_SIZE];
    MDB_val key = {sizeof(name), name};
    MDB_val value = {sizeof(until), &until};
    MDB_txn *txn;
    int error;

    if (!make_key(issuer, &jti, name)) {
        return complain(why, "%s: cannot make a SHA-256", edge->file);
    }
    error = mdb_txn_begin(edge->shared->env, NULL, 0, &txn);
    if (error != 0) {
        return complain_write(edge, error, why);
    }
    error = mdb_put(txn, table, &key, &value, 0);
    if (error == 0) {
        error = sweep(txn, table, &key, time(NULL));
    }
    if (error != 0) {
        mdb_txn_abort(txn);
        return complain_write(edge, error, why);
    }
    error = mdb_txn_commit(txn);
    return error == 0 ? 0 : complain_write(edge, error, why);
}
