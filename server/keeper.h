/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_KEEPER_H
#define DW_SERVER_KEEPER_H

/*
 * Keeps the keys of all foreign issuers on the edge: a thread that fetches (fetch.h) when it is time
 * (keys.h). Everything it shares is touched under the daemon's lock alone.
 */

#include <pthread.h>

#include "config.h"
#include "edge.h"
#include "keys.h"

struct keeper_settings {
    const struct config *config; /* outlives the keeper */
    struct edge *edge;
    pthread_mutex_t *lock;
    void (*learned)(void *context); /* a fetch has ended; called under the lock */
    void *context;
};

struct keeper;

/* Starts the thread, and the first fetches. 0 or -1 and a complaint. */
DW_MUST_USE int keeper_new(const struct keeper_settings *settings, struct keeper **keeper,
                           struct complaint *why);

/* Ends the thread; the caller does not hold the lock. NULL is fine. */
void keeper_free(struct keeper *keeper);

/* Whether to wait for news of that issuer (an index into policy.trust). Under the lock. */
DW_MUST_USE enum keys_advice keeper_ask(struct keeper *keeper, size_t trust, int64_t since,
                                        struct dw_span kid);

#endif
