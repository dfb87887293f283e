/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_THROTTLE_H
#define DW_THROTTLE_H

/*
 * Wrong guesses, counted per source and per account, for all processes of the machine; the file outlives
 * them all. No locks, no system calls.
 *
 *   A source (an IPv4 address, an IPv6 /64) may guess wrong THROTTLE_BURST times, and then once every
 *   THROTTLE_EVERY seconds. So may an account, whoever asks; but an account at its limit refuses only
 *   sources that have failed THROTTLE_CLEAN times themselves lately: nobody can lock out the owner, who
 *   comes from elsewhere. What is known to be right is held back by neither: only where this very source
 *   has guessed at this very account THROTTLE_PAIR times, told to wait or not, or whoever is let in at
 *   once when right and told to wait when wrong could guess for ever. Never held back is who comes
 *   through a unix socket, or from nowhere: whoever asks on somebody's behalf has to say whose.
 */

#include "complaint.h"
#include "doorward.h"

#define THROTTLE_BURST 10
#define THROTTLE_EVERY 10   /* seconds; one guess is forgotten in this time */
#define THROTTLE_CLEAN 3
#define THROTTLE_PAIR  100
#define THROTTLE_MOST  3600 /* seconds it takes at most until all is forgotten */
#define THROTTLE_SLOTS ((size_t)1 << 16) /* sources, accounts and pairs each; the least guilty is forgotten */

struct throttle;

/* As recent_open(). */
DW_MUST_USE int throttle_open(const char *folder, bool create, struct throttle **throttle,
                              struct complaint *why);
void throttle_close(struct throttle *throttle); /* NULL is fine */
bool throttle_is_current(const struct throttle *throttle);

/* Seconds until this source may guess at this account again; 0: now. Either may be absent. `right`: it
 * is known that the guess is. */
int throttle_wait(struct throttle *throttle, struct dw_span source, struct dw_span account,
                  bool right, int64_t now);

/* A wrong guess. */
void throttle_blame(struct throttle *throttle, struct dw_span source, struct dw_span account,
                    int64_t now);

/* A guess that nobody looked at, as its source had to wait. */
void throttle_insist(struct throttle *throttle, struct dw_span source, struct dw_span account,
                     int64_t now);

#endif
