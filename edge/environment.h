/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ENVIRONMENT_H
#define DW_ENVIRONMENT_H

/*
 * The LMDB environment under an edge. LMDB must not open one file twice in a process (its fcntl(2)
 * locks would be lost), so all edges of one file share one. For edge.c alone.
 */

#include <lmdb.h>
#include <sys/types.h>

#include "edge.h"

#define DATA_FILE "data.mdb"
#define LOCK_FILE "lock.mdb"

struct environment {
    MDB_env *env;
    MDB_dbi keys, revoked; /* tables */
    dev_t device;
    ino_t inode;
    enum edge_mode mode;
    unsigned users;
    struct environment *next;
};

/* Opens the environment in `folder`, whose data file is `file`, or shares the one this process has
 * open. 0 or -1 and a complaint. */
DW_MUST_USE int environment_use(const char *folder, const char *file, enum edge_mode mode,
                                struct environment **environment, struct complaint *why);

/* Closes it when nobody else uses it. */
void environment_leave(struct environment *left);

/* Maps the file anew after another process has made it larger. false: not while it is shared. */
bool environment_grow(struct environment *environment);

#endif
