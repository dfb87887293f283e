/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_HASHER_H
#define DW_SERVER_HASHER_H

/*
 * Checks passwords, on a thread of its own at low priority: slow on purpose, so that a flood of them
 * delays nobody but those who wait for one. Bounded: who comes when the queue is full is told so, and so
 * is a source (an IPv4 address, an IPv6 /64) that has its share of it. Several who ask for the same check
 * get one.
 */

#include <pthread.h>

#include "complaint.h"
#include "doorward.h"

#define HASHER_QUEUE 32 /* checks waiting; some 80 ms each */
#define HASHER_SHARE 8  /* of one source, at most */

struct hasher;

/* `done` is called under the lock after each check. 0 or -1 and a complaint. */
DW_MUST_USE int hasher_new(pthread_mutex_t *lock, void (*done)(void *context), void *context,
                           struct hasher **hasher, struct complaint *why);
void hasher_free(struct hasher *hasher); /* the caller does not hold the lock; NULL is fine */

enum hasher_answer {
    HASHER_RIGHT,
    HASHER_WRONG,
    HASHER_WAIT, /* asked for; ask again after done() */
    HASHER_FULL,
    HASHER_FAILED /* nobody can tell: there was no memory to check it */
};

/* Whether the password is that of the hash (NULL: nobody's, told after as long). `name` is how the check
 * is found again: dw_password_name(). `source` is the client's address; absent: nobody knows, which is a
 * source, too. An answer is kept for ten seconds, that there is none for one. Under the lock; copies. */
DW_MUST_USE enum hasher_answer hasher_ask(struct hasher *hasher, const uint8_t name[DW_FACT_NAME],
                                          const char *hash, struct dw_span password,
                                          struct dw_span source);

/* Of a password that was right, our own hash in place of an imported one; NULL: there is none. Good until
 * the next call. Under the lock. */
const char *hasher_renewed(struct hasher *hasher, const uint8_t name[DW_FACT_NAME],
                           const char *hash);

#endif
