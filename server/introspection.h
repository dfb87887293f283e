/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_INTROSPECTION_H
#define DW_SERVER_INTROSPECTION_H

/*
 * Asks issuers about their opaque tokens (RFC 7662), on a thread of its own: one question for however
 * many wait for it; at most 64 at once; 2.5 s for each. That a token is not active is remembered for ten
 * seconds. An issuer that failed five times in a row is left alone for ten seconds, and what would need
 * asking it is refused at once.
 */

#include <pthread.h>

#include "complaint.h"
#include "config.h"

#define INTROSPECTION_FAILURES 5     /* in a row */
#define INTROSPECTION_PAUSE_MS 10000 /* after them */

struct introspection;

/* `done` is called under the lock after each answer. Reads the clients' secrets. 0 or -1 and a
 * complaint. */
DW_MUST_USE int introspection_new(const struct config *config, pthread_mutex_t *lock,
                                  void (*done)(void *context), void *context,
                                  struct introspection **introspection, struct complaint *why);
void introspection_free(struct introspection *introspection); /* not under the lock; NULL is fine */

enum introspection_answer {
    INTROSPECTION_ACTIVE,
    INTROSPECTION_INACTIVE,
    INTROSPECTION_WAIT,
    INTROSPECTION_FAILED /* the issuer cannot be asked */
};

/* What is said of an active token. */
struct introspected {
    struct dw_span claims; /* the answer: a JSON object of at most DW_CLAIMS_MAX bytes */
    int64_t expires;       /* its exp; INT64_MAX: it has none */
};

/* What the issuer (an index into policy.trust) says of a token. `name`: dw_token_name(). `found` is
 * written on INTROSPECTION_ACTIVE, and borrowed until the lock is let go. Under the lock; copies. */
DW_MUST_USE enum introspection_answer introspection_ask(struct introspection *introspection,
                                                        size_t trust,
                                                        const uint8_t name[DW_FACT_NAME],
                                                        struct dw_span token,
                                                        struct introspected *found);

#endif
