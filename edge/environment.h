/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ENVIRONMENT_H
#define DW_ENVIRONMENT_H

/*
 * The LMDB environment under an edge, or under what is known. LMDB must not open one file twice in a
 * process (its fcntl(2) locks would be lost), so all views of one file share one. For view.c and
 * known.c.
 */

#include <lmdb.h>
#include <sys/types.h>

#include "edge.h"

#define DATA_FILE "data.mdb"
#define LOCK_FILE "lock.mdb"

#define ENVIRONMENT_TABLES 2

/* What an environment is made of. */
struct environment_kind {
    /* The number in a table's name is its layout: a change of what is stored takes a new one. */
    const char *tables[ENVIRONMENT_TABLES];
    size_t map_size; /* sparse; grows on disk as it is used */
    bool lasting;    /* what was written outlives a power failure */
};

struct environment {
    MDB_env *env;
    const struct environment_kind *kind;
    MDB_dbi tables[ENVIRONMENT_TABLES];
    dev_t device;
    ino_t inode;
    ino_t lock_inode;
    enum edge_mode mode;
    unsigned users;
    struct environment *next;
};

/* Opens the environment in `folder`, whose data file is `file`, or shares the one this process has
 * open. `kind` is static. 0 or -1 and a complaint. */
DW_MUST_USE int environment_use(const char *folder, const char *file,
                                const struct environment_kind *kind, enum edge_mode mode,
                                struct environment **environment, struct complaint *why);

/* Whether both its files are still there, `file` the one with the data; two stat(2). */
bool environment_is_at(const struct environment *environment, const char *file);

/* Closes it when nobody else uses it. */
void environment_leave(struct environment *left);

/* Maps the file anew after another process has made it larger. false: not while it is shared. */
bool environment_grow(struct environment *environment);

/* Removes the files of one that no process uses any more. 0 or -1 and a complaint. */
DW_MUST_USE int environment_remove(const char *folder, struct complaint *why);

#endif
