/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_SERVICE_H
#define DW_SERVER_SERVICE_H

/*
 * What one reading of the configuration brings to life: the guard, our issuer, the keeper of foreign
 * keys. SIGHUP makes a new one and lets the old one go. Touched under the daemon's lock alone.
 */

#include <pthread.h>

#include "config.h"
#include "guard.h"
#include "issuer.h"
#include "keeper.h"

struct service {
    struct config *config;
    struct dw_span *jwks; /* for each of policy.trust: its jwks_file, or absent */
    struct guard *guard;
    struct issuer_settings issuer_settings;
    struct issuer *issuer; /* NULL: we issue nothing */
    struct keeper *keeper;
    /* Scratch for one answer at a time. */
    struct issuer_response issued;
    char denial[DW_DENIAL_SIZE];
};

struct service_parts {
    struct store *store;
    struct edge *edge;
    const char *edge_folder;
    pthread_mutex_t *lock;
    void (*learned)(void *context);
    void *context;
};

/* Takes the configuration, also when it fails. The caller holds the lock. 0 or -1 and a complaint. */
DW_MUST_USE int service_new(struct config *config, const struct service_parts *parts,
                            struct service **service, struct complaint *why);

/* The caller does not hold the lock, and nobody uses the service any more. NULL is fine. */
void service_free(struct service *service);

#endif
