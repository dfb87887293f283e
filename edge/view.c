/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <string.h>

#include "folder.h"

#define SWEEP_STEPS 16

/* -- Opening ----------------------------------------------------------------------------------- */

static int begin_reader(struct view *made)
{
    const int error = mdb_txn_begin(made->shared->env, NULL, MDB_RDONLY, &made->txn);

    if (error == 0) {
        mdb_txn_reset(made->txn);
    }
    return error;
}

int view_open(const char *folder, const struct environment_kind *kind, enum edge_mode mode,
              struct view *view, struct complaint *why)
{
    struct view made = {.shared = NULL};
    int error;

    if (folder_path(folder, DATA_FILE, made.file, sizeof(made.file), why) != 0 ||
        environment_use(folder, made.file, kind, mode, &made.shared, why) != 0) {
        return -1;
    }
    error = begin_reader(&made);
    if (error != 0) {
        view_close(&made);
        return complain(why, "%s: cannot be read: %s", folder, mdb_strerror(error));
    }
    *view = made;
    return 0;
}

void view_close(struct view *view)
{
    if (view->txn != NULL) {
        mdb_txn_abort(view->txn);
    }
    if (view->shared != NULL) {
        environment_leave(view->shared);
    }
    view->txn = NULL;
    view->shared = NULL;
}

bool view_is_current(const struct view *view)
{
    return !view->broken && environment_is_at(view->shared, view->file);
}

void view_clear_readers(struct view *view)
{
    int dead = 0;

    /* What fails now is tried again the next time. */
    (void)mdb_reader_check(view->shared->env, &dead);
}

/* -- Reading ----------------------------------------------------------------------------------- */

uint64_t view_version(const struct view *view)
{
    MDB_envinfo info;

    return mdb_env_info(view->shared->env, &info) == 0 ? info.me_last_txnid : UINT64_MAX;
}

int view_begin(struct view *view)
{
    int error = mdb_txn_renew(view->txn);

    if (error == MDB_MAP_RESIZED && environment_grow(view->shared)) {
        error = mdb_txn_renew(view->txn);
    }
    if (error != 0) {
        view->broken = true;
        return -1;
    }
    return 0;
}

void view_end(struct view *view)
{
    mdb_txn_reset(view->txn);
}

/* -- Writing ----------------------------------------------------------------------------------- */

int view_change(struct view *view,
                int (*change)(MDB_txn *txn, const MDB_dbi *tables, void *context), void *context)
{
    MDB_txn *txn;
    int error = mdb_txn_begin(view->shared->env, NULL, 0, &txn);

    if (error != 0) {
        return error;
    }
    error = change(txn, view->shared->tables, context);
    if (error != 0) {
        mdb_txn_abort(txn);
        return error;
    }
    return mdb_txn_commit(txn);
}

int view_complain(const struct view *view, int error, struct complaint *why)
{
    return complain(why, "%s: cannot write: %s", view->file, mdb_strerror(error));
}

static int64_t read_end(const MDB_val *value)
{
    int64_t end = INT64_MAX;

    if (value->mv_size >= sizeof(end)) {
        memcpy(&end, value->mv_data, sizeof(end));
    }
    return end;
}

/* Keys are digests, so the neighbours of a new one are drawn by lot: looking at a few each time drops
 * what has ended as fast as new ones come, without an index by time. */
int view_sweep(MDB_txn *txn, MDB_dbi table, const MDB_val *key, int64_t now)
{
    MDB_val there = *key;
    MDB_cursor *cursor;
    MDB_val value;
    int error = mdb_cursor_open(txn, table, &cursor);

    if (error != 0) {
        return error;
    }
    error = mdb_cursor_get(cursor, &there, &value, MDB_SET);
    for (int i = 0; error == 0 && i < SWEEP_STEPS; i++) {
        error = mdb_cursor_get(cursor, &there, &value, MDB_NEXT);
        if (error == MDB_NOTFOUND) {
            error = mdb_cursor_get(cursor, &there, &value, MDB_FIRST);
        }
        if (error == 0 && read_end(&value) < now) {
            error = mdb_cursor_del(cursor, 0);
        }
    }
    mdb_cursor_close(cursor);
    return error == MDB_NOTFOUND ? 0 : error;
}
