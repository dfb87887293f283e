/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_RECENT_H
#define DW_RECENT_H

/*
 * The last decisions of all processes on this machine: a ring in shared memory. Adding makes no
 * system call, never waits, and survives the death of any process at any instant; the daemon reads
 * it into the decision log.
 */

#include "complaint.h"
#include "doorward.h"

#define RECENT_SLOTS   65536
#define RECENT_ID_SIZE 14 /* 13 letters and digits, and a NUL */

/* One decision. Texts are NUL-terminated, cut if longer, and hold no secret. */
struct recent_entry {
    int64_t at_us; /* since 1970, UTC */
    uint32_t latency_us;
    uint16_t reason; /* enum dw_reason */
    uint16_t status;
    uint8_t scheme; /* enum dw_scheme */
    uint8_t cached;
    char id[RECENT_ID_SIZE];
    char method[16];
    char path[128]; /* without the query */
    char route[64];
    char source[48];
    char issuer[64];
    char kid[32];
    char subject[48];
    char client[32];
    char token[12]; /* fingerprint: first and last four characters */
    char credential[40]; /* jti: of a token, a key, a session */
    char account[40];    /* the user or key that was named, proven or not */
    char wanted[96];     /* the values a failed check has compared */
    char seen[96];
};

struct recent;

/* `create` makes the file (mode 0660) where missing; without, fails where there is none. Attaches
 * only to a ring of this very layout; `create` replaces another. 0 or -1 and a complaint. */
DW_MUST_USE int recent_open(const char *folder, bool create, struct recent **recent,
                            struct complaint *why);
void recent_close(struct recent *recent); /* NULL is fine */
bool recent_is_current(const struct recent *recent);

void recent_add(struct recent *recent, const struct recent_entry *entry);

/* For the one reader that keeps the log: the next entry not yet taken, in order. false: none now; ask
 * again in about 200 ms. Remembers in the ring how far it came, so that a restart goes on there. Adds
 * to `dropped` how many were overwritten before they could be taken, or left half written by a dead
 * process: an unfinished entry is waited for through five such calls, or until a quarter of the ring
 * has been written after it. */
DW_MUST_USE bool recent_take(struct recent *recent, struct recent_entry *entry, uint64_t *dropped);

/* For anybody: the entry `back` places before the newest (0), as far as the ring reaches. false: there is
 * none, or it is being written. `total`, always written, is how many there ever were: it tells what is
 * new, and that this entry is the one numbered total - 1 - back. */
DW_MUST_USE bool recent_look(struct recent *recent, uint64_t back, struct recent_entry *entry,
                             uint64_t *total);

/* The latest entry of that id still in the ring. */
DW_MUST_USE bool recent_find(struct recent *recent, const char *id, struct recent_entry *entry);

#endif
