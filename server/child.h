/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_CHILD_H
#define DW_SERVER_CHILD_H

/*
 * A process beside the daemon, in a process group of its own. It outlives a daemon that is killed, and
 * the next daemon takes it over.
 */

#include <sys/types.h>

#include "complaint.h"
#include "doorward.h"

struct child {
    pid_t pid; /* 0: none */
    int pidfd;
};

/* Starts a program with no open files but the first three. 0 or -1 and a complaint. */
DW_MUST_USE int child_start(const char *const *arguments, struct child *child,
                            struct complaint *why);

/* Takes over process `pid` if it is one of this user's whose command line holds `mark`. */
DW_MUST_USE bool child_adopt(pid_t pid, const char *mark, struct child *child);

#define CHILD_UNKNOWN (-1)

/* Whether it has ended; then there is no child any more, and `how` is a wait status, or CHILD_UNKNOWN
 * of one that was taken over. */
DW_MUST_USE bool child_has_ended(struct child *child, int *how);

void child_signal(const struct child *child, int signal);

/* To what a process started this way has left behind in its group. */
void child_signal_group(pid_t pid, int signal);

#endif
