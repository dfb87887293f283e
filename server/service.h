/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_SERVICE_H
#define DW_SERVER_SERVICE_H

/*
 * What one reading of the configuration brings to life: the guard, our issuer, and those who find things
 * out: the keeper of foreign keys, the hasher, introspection. SIGHUP makes a new one and lets the old one
 * go. Touched under the daemon's lock alone.
 */

#include <pthread.h>

#include "config.h"
#include "description.h"
#include "guard.h"
#include "hasher.h"
#include "http.h"
#include "introspection.h"
#include "issuer.h"
#include "keeper.h"
#include "shared.h"

struct service_parts {
    struct store *store;
    const struct shared *shared;
    const char *edge_folder;
    pthread_mutex_t *lock;
    void (*learned)(void *context); /* something was found out; called under the lock */
    void *context;
};

struct service {
    struct config *config;
    struct store *store;
    struct shared shared;
    struct dw_span *jwks; /* for each of policy.trust: its jwks_file, or absent */
    char *verify_secret;  /* NULL: none is demanded */
    struct guard *guard;
    struct issuer_settings issuer_settings;
    struct issuer *issuer; /* NULL: we issue nothing */
    struct keeper *keeper;
    struct hasher *hasher;
    struct introspection *introspection;
    bool failing; /* something could not be found out; it was said */
    /* Scratch for one answer at a time. */
    struct description description;
    struct issuer_response issued;
    char denial[DW_DENIAL_SIZE];
    char form[ISSUER_BODY_MAX];
    char claims[DW_CLAIMS_MAX];
};

/* Takes the configuration. The caller holds the lock. 0 or -1 and a complaint. In any case what was made,
 * or NULL, is to be freed. */
DW_MUST_USE int service_new(struct config *config, const struct service_parts *parts,
                            struct service **service, struct complaint *why);

/* Puts what the store knows as revoked onto the edge: that may have been lost since, or whoever revoked
 * have been killed on the way to it. Once a configuration is in effect: a command that revokes finds
 * the edge by that. Under the lock. 0 or -1 and a complaint. */
DW_MUST_USE int service_publish(struct service *service, struct complaint *why);

/* The caller does not hold the lock, and nobody uses the service any more. NULL is fine. */
void service_free(struct service *service);

/* Writes the denial, whole. `response` borrows the service until the next one. */
void service_deny(struct service *service, const struct dw_request *described,
                  const struct dw_decision *decision, const char *id,
                  struct http_response *response);

#endif
