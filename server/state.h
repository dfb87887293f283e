/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_STATE_H
#define DW_SERVER_STATE_H

/*
 * All the daemon holds. For start.c, reload.c and daemon.c.
 *
 * Threads: the main one (signals, children, the log), one for each listening socket, one that fetches
 * keys, one that checks passwords, one that introspects tokens. One lock guards the handler and all it
 * reaches: service, store, edge. It is held for an answer, for what was found out, and for a tick; never
 * while something waits. The ring's reader, the log and the children are the main thread's own.
 */

#include "daemon.h"
#include "example.h"
#include "handler.h"
#include "http.h"
#include "log.h"
#include "place.h"
#include "proxy.h"
#include "service.h"
#include "store.h"

struct state {
    const struct daemon_options *options;
    pthread_mutex_t lock;
    struct place place;
    struct store *store;
    struct shared shared;
    struct log_writer *log;
    struct handler handler;
    struct http *socket; /* on the daemon's own socket */
    struct http *tcp;    /* at `listen`, where there is no upstream */
    bool proxied;        /* nginx is in front */
    struct proxy proxy;
    struct example example;
    int64_t cleared;        /* when dead readers were last cleared */
    int64_t stopping_since; /* 0: not */
    bool had_terminal;
    bool log_failing; /* said so already */
    bool edge_failing;
};

/* -- start.c ----------------------------------------------------------------------------------- */

/* Reads the configuration and puts in what only the daemon knows. 0 or -1 and a complaint. */
DW_MUST_USE int state_read(const struct state *state, struct config **config,
                           struct complaint *why);

/* Brings everything up; what it has opened stays open when it fails. 0 or -1 and a complaint. */
DW_MUST_USE int state_open(struct state *state, struct complaint *why);
void state_close(struct state *state);

/* Calls every request put off again. Under the lock. */
void state_wake(struct state *state);

/* Makes a service for this configuration, which it takes, and puts it in the place of the old one.
 * 0, or -1 and a complaint: then the old one goes on. */
DW_MUST_USE int state_serve(struct state *state, struct config *config,
                            const struct shared *shared, struct complaint *why);

/* -- reload.c ---------------------------------------------------------------------------------- */

/* Reads the configuration again, and lets nginx do so; on a mistake all goes on as it was. */
void state_reload(struct state *state);

/* Makes the edge and all beside it again if somebody has taken it away. */
void state_renew(struct state *state);

#endif
