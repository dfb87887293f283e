/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_GUARD_H
#define DW_GUARD_H

/*
 * One process's guard: a policy, the edge it looks at, the cache of tokens it has verified, and the
 * ring it tells its decisions to. The nginx module and the daemon's verify are translations of their
 * requests into this. One thread at a time uses it. Deciding makes no system call.
 */

#include "complaint.h"
#include "doorward.h"
#include "edge.h"
#include "recent.h"

struct guard;

struct guard_settings {
    const struct dw_policy *policy; /* outlives the guard */
    const char *edge;               /* folder; NULL: no daemon, only fixed keys */
    /* For each of policy->trust: a JWKS of the operator's own, or absent to look on the edge. */
    const struct dw_span *jwks;
    size_t cache_slots; /* 0: no cache */
};

/* Draws random bytes. Call after the last fork. The edge need not be there yet. 0 or -1 and a
 * complaint. */
DW_MUST_USE int guard_new(const struct guard_settings *settings, struct guard **guard,
                          struct complaint *why);
void guard_free(struct guard *guard); /* NULL is fine */

/* Opens the edge once it is there, and again when it was replaced. Makes system calls: call from a
 * timer, about once a second. */
void guard_watch(struct guard *guard);

/* How to decide. All zero: may ask. */
struct guard_terms {
    enum dw_asking asking;
    enum dw_reason heard; /* as in struct dw_answers */
    bool rehearsal;       /* nothing is used up: a proof, a nonce. Somebody else decides in earnest */
};

/* Decides with what is on the edge right now. The decision's spans stay good until the next call. */
void guard_decide(struct guard *guard, const struct dw_request *request,
                  const struct guard_terms *terms, struct dw_decision *decision);

/* A new id for a decision: 13 letters and digits, unique and not guessable. */
void guard_id(struct guard *guard, char id[RECENT_ID_SIZE]);

/* What the record knows beside request and decision. */
struct guard_record {
    const char *id;
    int status; /* what was answered */
    int64_t at_us;
    uint32_t latency_us; /* since it began to be decided, or came to the daemon */
};

/* Puts a decision into the ring, if there is one, and counts a wrong guess. Once for each request. false:
 * there is no ring, log it yourself. */
bool guard_record(struct guard *guard, const struct dw_request *request,
                  const struct dw_decision *decision, const struct guard_record *record);

#endif
