/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_EXAMPLE_H
#define DW_SERVER_EXAMPLE_H

/*
 * The example API: says, as JSON, who it was told is calling. A process of its own, so that it stays
 * up, as an API of your own would, when the daemon does not.
 */

#include "minder.h"
#include "place.h"
#include "store.h"

/* Serves it on an AF_UNIX socket until SIGTERM or SIGINT. The exit status. */
int example_serve(const char *socket);

struct example {
    char program[PATH_MAX];
    char pid[PATH_MAX];
    const char *arguments[5];
    struct minder minder;
};

/* Names its files. 0 or -1 and a complaint. */
DW_MUST_USE int example_init(struct example *example, const struct place *place,
                             struct complaint *why);

/* Starts it, or takes over that of a daemon that was killed. 0 or -1 and a complaint. */
DW_MUST_USE int example_start(struct example *example, int64_t now, struct complaint *why);

/* Makes the client `example` anew and prints the three commands to paste. 0 or -1 and a complaint. */
DW_MUST_USE int example_invite(struct store *store, const struct config *config,
                               struct complaint *why);

#endif
