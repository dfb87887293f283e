/* SPDX-License-Identifier: Apache-2.0 */
/* The plain SHA256_ functions, because EVP_DigestInit_ex2 allocates memory each time. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "edge.h"

#include <errno.h>
#include <limits.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "view.h"

#define DIGEST_SIZE \
    SHA256_DIGEST_LENGTH /* an issuer or a jti can be longer than LMDB's 511 bytes */
#define KINDS_END (EDGE_ALL + 1)

enum table { KEYS, REVOKED };

static const struct environment_kind KIND = {
    .tables = {[KEYS] = "keys.1", [REVOKED] = "revoked.2"},
    .map_size = EDGE_MAP_SIZE,
    .lasting = true,
};

struct edge {
    struct view view;
    bool is_reading;        /* the view was begun */
    uint64_t version;       /* of what is looked at */
    uint64_t kinds_version; /* when `kinds` was found out */
    unsigned kinds;         /* of what is revoked: set of 1u << enum edge_revoked */
};

struct stored_keys {
    uint64_t generation;
    int64_t fetched;
    int64_t fresh_until;
    int64_t failing;
};

struct stored_revocation {
    int64_t until; /* view_sweep() reads it */
    int64_t before;
};

/* A revocation's key: by kind, so that one look tells whether there is any. Of kind 0 is the mark that
 * all are there. */
struct revoked_name {
    uint8_t kind;
    uint8_t digest[DIGEST_SIZE];
};
_Static_assert(sizeof(struct revoked_name) == 1 + DIGEST_SIZE, "a key has no gaps");

/* -- Opening ----------------------------------------------------------------------------------- */

int edge_open(const char *folder, enum edge_mode mode, struct edge **edge, struct complaint *why)
{
    struct edge *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return complain(why, "%s: out of memory", folder);
    }
    if (view_open(folder, &KIND, mode, &made->view, why) != 0) {
        free(made);
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
    view_close(&edge->view);
    free(edge);
}

bool edge_is_current(const struct edge *edge)
{
    return view_is_current(&edge->view);
}

void edge_clear_readers(struct edge *edge)
{
    view_clear_readers(&edge->view);
}

/* -- Reading ----------------------------------------------------------------------------------- */

static int begin_reading(struct edge *edge)
{
    if (view_begin(&edge->view) != 0) {
        return -1;
    }
    edge->is_reading = true;
    edge->version = mdb_txn_id(edge->view.txn);
    return 0;
}

/* Nearly always nothing has changed since it was found out that nothing is revoked: then there is nothing
 * to be read, and a reader's slot need not be taken. */
int edge_begin(struct edge *edge, uint64_t *version)
{
    edge->version = view_version(&edge->view);
    if ((edge->kinds_version != edge->version || edge->kinds != 0) && begin_reading(edge) != 0) {
        return -1;
    }
    *version = edge->version;
    return 0;
}

void edge_end(struct edge *edge)
{
    if (edge->is_reading) {
        view_end(&edge->view);
    }
    edge->is_reading = false;
}

static int look_up(struct edge *edge, enum table table, MDB_val *key, MDB_val *value)
{
    return mdb_get(edge->view.txn, edge->view.shared->tables[table], key, value);
}

/* The digest of one or two texts, with a NUL between. */
static bool make_digest(struct dw_span first, const struct dw_span *second,
                        uint8_t digest[DIGEST_SIZE])
{
    SHA256_CTX context;

    return SHA256_Init(&context) == 1 && SHA256_Update(&context, first.at, first.len) == 1 &&
           (second == NULL || (SHA256_Update(&context, "", 1) == 1 &&
                               SHA256_Update(&context, second->at, second->len) == 1)) &&
           SHA256_Final(digest, &context) == 1;
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
    uint8_t name[DIGEST_SIZE];
    MDB_val key = {sizeof(name), name};
    MDB_val value;

    if (!edge->is_reading && begin_reading(edge) != 0) {
        return false;
    }
    return make_digest(issuer, NULL, name) && look_up(edge, KEYS, &key, &value) == 0 &&
           read_keys(&value, keys);
}

static bool make_name(enum edge_revoked kind, struct dw_span issuer, struct dw_span value,
                      struct revoked_name *name)
{
    name->kind = (uint8_t)kind;
    return make_digest(issuer, &value, name->digest);
}

/* Not being able to tell counts as one of every kind. */
static unsigned find_kinds(MDB_txn *txn, MDB_dbi table)
{
    MDB_cursor *cursor;
    unsigned kinds = 0;

    if (mdb_cursor_open(txn, table, &cursor) != 0) {
        return UINT_MAX;
    }
    for (unsigned kind = EDGE_JTI; kind < KINDS_END; kind++) {
        uint8_t begin = (uint8_t)kind;
        MDB_val key = {sizeof(begin), &begin};
        MDB_val value;
        const int error = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

        if (error != MDB_NOTFOUND && (error != 0 || *(const uint8_t *)key.mv_data == kind)) {
            kinds |= 1u << kind;
        }
    }
    mdb_cursor_close(cursor);
    return kinds;
}

static bool has_revoked(struct edge *edge, enum edge_revoked kind)
{
    if (edge->kinds_version != edge->version) {
        edge->kinds = find_kinds(edge->view.txn, edge->view.shared->tables[REVOKED]);
        edge->kinds_version = edge->version;
    }
    return (edge->kinds & 1u << kind) != 0;
}

/* Of these whatever is named is meant, whenever it was issued. */
static bool is_whole(enum edge_revoked kind)
{
    return kind == EDGE_JTI || kind == EDGE_SESSION || kind == EDGE_KEY;
}

int64_t edge_find_revoked(struct edge *edge, enum edge_revoked kind, struct dw_span issuer,
                          struct dw_span value)
{
    struct stored_revocation stored;
    struct revoked_name name;
    MDB_val key = {sizeof(name), &name};
    MDB_val there;
    int error;

    if (!has_revoked(edge, kind)) {
        return 0;
    }
    if (!make_name(kind, issuer, value, &name)) {
        return INT64_MAX;
    }
    error = look_up(edge, REVOKED, &key, &there);
    if (error == MDB_NOTFOUND) {
        return 0;
    }
    if (error != 0 || there.mv_size != sizeof(stored) || is_whole(kind)) {
        return INT64_MAX;
    }
    memcpy(&stored, there.mv_data, sizeof(stored));
    return stored.before;
}

/* -- Writing ----------------------------------------------------------------------------------- */

struct keys_change {
    uint8_t name[DIGEST_SIZE];
    const struct edge_keys *keys;
};

static int put_keys(MDB_txn *txn, const MDB_dbi *tables, void *context)
{
    struct keys_change *change = context;
    const struct edge_keys *keys = change->keys;
    struct stored_keys stored = {1, keys->fetched, keys->fresh_until, keys->failing ? 1 : 0};
    MDB_val key = {sizeof(change->name), change->name};
    MDB_val value = {sizeof(stored) + keys->jwks.len, NULL};
    struct edge_keys old;
    MDB_val there;
    int error = mdb_get(txn, tables[KEYS], &key, &there);

    if (error != 0 && error != MDB_NOTFOUND) {
        return error;
    }
    if (error == 0 && read_keys(&there, &old)) {
        stored.generation = old.generation + (dw_span_equal(old.jwks, keys->jwks) ? 0 : 1);
    }
    error = mdb_put(txn, tables[KEYS], &key, &value, MDB_RESERVE);
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
    struct keys_change change = {.keys = keys};
    int error;

    if (keys->jwks.len > (size_t)(DW_JWKS_MAX)) {
        return complain(why, "%s: the JWKS is larger than %d bytes", edge->view.file, DW_JWKS_MAX);
    }
    if (!make_digest(issuer, NULL, change.name)) {
        return complain(why, "%s: cannot make a SHA-256", edge->view.file);
    }
    error = view_change(&edge->view, put_keys, &change);
    return error == 0 ? 0 : view_complain(&edge->view, error, why);
}

struct revoked_change {
    struct revoked_name name;
    struct stored_revocation revocation;
};

static int64_t later(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static int put_revocation(MDB_txn *txn, const MDB_dbi *tables, struct revoked_change *change)
{
    struct stored_revocation *revocation = &change->revocation;
    MDB_val key = {sizeof(change->name), &change->name};
    MDB_val value = {sizeof(*revocation), revocation};
    struct stored_revocation old;
    MDB_val there;
    int error = mdb_get(txn, tables[REVOKED], &key, &there);

    if (error != 0 && error != MDB_NOTFOUND) {
        return error;
    }
    if (error == 0 && there.mv_size == sizeof(old)) {
        memcpy(&old, there.mv_data, sizeof(old));
        revocation->until = later(revocation->until, old.until);
        revocation->before = later(revocation->before, old.before);
    }
    return mdb_put(txn, tables[REVOKED], &key, &value, 0);
}

static int put_revoked(MDB_txn *txn, const MDB_dbi *tables, void *context)
{
    struct revoked_change *change = context;
    MDB_val key = {sizeof(change->name), &change->name};
    const int error = put_revocation(txn, tables, change);

    return error == 0 ? view_sweep(txn, tables[REVOKED], &key, time(NULL) - DW_LEEWAY_MAX) : error;
}

int edge_put_revoked(struct edge *edge, const struct edge_revocation *revocation,
                     struct complaint *why)
{
    struct revoked_change change = {.revocation = {revocation->until, revocation->before}};
    int error;

    if (!make_name(revocation->kind, revocation->issuer, revocation->value, &change.name)) {
        return complain(why, "%s: cannot make a SHA-256", edge->view.file);
    }
    error = view_change(&edge->view, put_revoked, &change);
    return error == 0 ? 0 : view_complain(&edge->view, error, why);
}

/* -- Filling ----------------------------------------------------------------------------------- */

struct edge_filling {
    MDB_txn *txn;
    const MDB_dbi *tables;
    int error; /* of LMDB; the first */
    int (*fill)(void *context, struct edge_filling *filling, struct complaint *why);
    void *context;
    bool has_failed; /* and complained */
    struct complaint *why;
};

void edge_fill_add(struct edge_filling *filling, const struct edge_revocation *revocation)
{
    struct revoked_change change = {.revocation = {revocation->until, revocation->before}};

    if (filling->error != 0) {
        return;
    }
    filling->error =
        make_name(revocation->kind, revocation->issuer, revocation->value, &change.name)
            ? put_revocation(filling->txn, filling->tables, &change)
            : EINVAL;
}

static int put_all(MDB_txn *txn, const MDB_dbi *tables, void *context)
{
    struct edge_filling *filling = context;
    struct revoked_change mark = {.revocation = {INT64_MAX, 0}};

    filling->txn = txn;
    filling->tables = tables;
    filling->has_failed = filling->fill(filling->context, filling, filling->why) != 0;
    if (filling->has_failed || filling->error != 0) {
        return filling->has_failed ? ECANCELED : filling->error;
    }
    return put_revocation(txn, tables, &mark);
}

int edge_fill(struct edge *edge,
              int (*fill)(void *context, struct edge_filling *filling, struct complaint *why),
              void *context, struct complaint *why)
{
    struct edge_filling filling = {.fill = fill, .context = context, .why = why};
    const int error = view_change(&edge->view, put_all, &filling);

    if (filling.has_failed) {
        return -1;
    }
    return error == 0 ? 0 : view_complain(&edge->view, error, why);
}

bool edge_is_whole(struct edge *edge)
{
    struct revoked_name name = {.kind = 0};
    MDB_val key = {sizeof(name), &name};
    MDB_val there;
    bool whole;

    if (view_begin(&edge->view) != 0) {
        return false;
    }
    whole = look_up(edge, REVOKED, &key, &there) == 0;
    view_end(&edge->view);
    return whole;
}
