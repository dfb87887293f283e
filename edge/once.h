/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ONCE_H
#define DW_ONCE_H

/*
 * What may be used once only: a proof's jti, a nonce's count. A table in shared memory, for all processes
 * of the machine; no locks, no system calls, and a process killed at any instant harms nothing.
 *
 * Of a name some 48 bits are kept: no name is ever taken for new that is not, but with a million
 * remembered, one in 270 million is taken for used.
 */

#include "complaint.h"
#include "doorward.h"

#define ONCE_SLOTS ((size_t)1 << 21) /* remembered at once, if evenly spread; 8 bytes each */

struct once;

/* As recent_open(). */
DW_MUST_USE int once_open(const char *folder, bool create, struct once **once,
                          struct complaint *why);
void once_close(struct once *once); /* NULL is fine */
bool once_is_current(const struct once *once);

enum once_answer {
    ONCE_FIRST,
    ONCE_AGAIN,
    ONCE_FULL /* nobody can tell: where it would be remembered, everything is still needed */
};

/* Of two processes that come with the same name at the same time, one is the first. */
enum once_answer once_use(struct once *once, const uint8_t name[DW_FACT_NAME], int64_t until,
                          int64_t now);

#endif
