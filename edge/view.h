/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_VIEW_H
#define DW_VIEW_H

/* One thread's view of an LMDB environment: how edge.c and known.c look and write. */

#include <limits.h>

#include "environment.h"

struct view {
    struct environment *shared;
    MDB_txn *txn; /* one reader's slot, reset and renewed */
    bool broken;
    char file[PATH_MAX];
};

/* 0 or -1 and a complaint. */
DW_MUST_USE int view_open(const char *folder, const struct environment_kind *kind,
                          enum edge_mode mode, struct view *view, struct complaint *why);
void view_close(struct view *view); /* one all zero is fine */

/* Whether the folder still holds the file that was opened; one stat(2). */
bool view_is_current(const struct view *view);

/* Frees the slots of readers that died. */
void view_clear_readers(struct view *view);

/* Which of all states is the newest: mdb_txn_id() of whoever begins now. Costs less than beginning. */
uint64_t view_version(const struct view *view);

/* Begins to look: what is found stays good until view_end(). No system call is made. */
DW_MUST_USE int view_begin(struct view *view);
void view_end(struct view *view);

/* Not between the two. Changes all that `change` does, or nothing. 0, what `change` returned, or another
 * of LMDB's errors. */
DW_MUST_USE int view_change(struct view *view,
                            int (*change)(MDB_txn *txn, const MDB_dbi *tables, void *context),
                            void *context);

/* Says why nothing could be changed. */
int view_complain(const struct view *view, int error, struct complaint *why);

/* Looks at a few neighbours of the key and drops those that have ended before `now`: values begin with
 * an int64_t that says when they do. 0 or an error. */
DW_MUST_USE int view_sweep(MDB_txn *txn, MDB_dbi table, const MDB_val *key, int64_t now);

#endif
