/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_MINDER_H
#define DW_SERVER_MINDER_H

/*
 * Keeps one program running: started, or taken over from a daemon that was killed; started again, after
 * 1, 2, 4 ... 30 s, when it ends; ended at last, gently and then not.
 */

#include "child.h"

struct minder {
    const char *name;             /* for people: "nginx" */
    const char *const *arguments; /* ends with NULL; the first is the program's path */
    const char *mark;             /* a part of its command line that no other program's has */
    const char *pid_path;         /* where its number is kept for the next daemon */
    int quit;                     /* the signal that ends it gently */

    struct child child;
    bool adopted;
    pid_t last; /* the group it may have left something in */
    unsigned failures;
    int64_t started; /* clock_ms() */
    int64_t next;    /* when to start it again */
    int64_t stopping_since;
};

/* Takes over what an earlier daemon left running. */
DW_MUST_USE bool minder_adopt(struct minder *minder, int64_t now);

DW_MUST_USE int minder_start(struct minder *minder, int64_t now, struct complaint *why);

/* Call every few hundred milliseconds. */
void minder_tick(struct minder *minder, int64_t now);

/* Tells it to end; minder_tick() insists after ten seconds, and kills after twelve. */
void minder_stop(struct minder *minder, int64_t now);
/* Ends it without waiting for what it is doing. */
void minder_hurry(struct minder *minder);

/* Ends what was taken over and is not wanted, and waits for it: up to twelve seconds. */
void minder_end(struct minder *minder);

bool minder_is_running(const struct minder *minder);

#endif
