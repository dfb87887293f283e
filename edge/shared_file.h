/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SHARED_FILE_H
#define DW_SHARED_FILE_H

/*
 * A file in the edge's folder that all processes of the machine map into their memory and write at the
 * same time. For recent.c, once.c and throttle.c.
 */

#include <limits.h>
#include <sys/types.h>

#include "complaint.h"
#include "doorward.h"

#define SHARED_SEED 16

/* What must be the same for two processes to share a file. */
struct shared_layout {
    char magic[8];
    uint32_t version;
    uint32_t reasons; /* where their numbers stand in it */
    uint64_t slots;
    uint64_t slot_size;
};

/* How each of them begins. */
struct shared_head {
    struct shared_layout layout;
    uint8_t seed[SHARED_SEED]; /* random, drawn when the file was made */
};

struct shared_kind {
    const char *name;     /* of the file */
    const char *new_name; /* while it is being made */
    struct shared_layout layout;
    size_t size; /* its head included */
};

struct shared_file {
    void *map;
    size_t size;
    dev_t device;
    ino_t inode;
    char path[PATH_MAX];
};

/* `create` makes the file (mode 0660) where missing, zero behind its head; without, fails where there is
 * none. Opens only a file of this very layout; `create` replaces another. 0 or -1 and a complaint; of
 * `file`, then, only the path is written. */
DW_MUST_USE int shared_file_open(const char *folder, const struct shared_kind *kind, bool create,
                                 struct shared_file *file, struct complaint *why);
void shared_file_close(struct shared_file *file); /* one all zero is fine */

/* Whether the folder still holds the file that was opened; one stat(2). */
bool shared_file_is_current(const struct shared_file *file);

#endif
