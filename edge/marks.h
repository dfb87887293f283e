/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_MARKS_H
#define DW_MARKS_H

/*
 * A table of marks in shared memory: words of 64 bits, each a time (seconds since 1970, the upper half)
 * and a tag, in sets of some. One word is changed at once or not at all, so nobody ever sees half a mark,
 * and nobody's death leaves one. For once.c and throttle.c.
 */

#include <stdatomic.h>

#include "doorward.h"

#define MARKS_IN_SET 32 /* four cache lines */

/* What was seen of a digest's set, one word after the other. */
struct marks_look {
    uint32_t tag;           /* of the digest */
    _Atomic uint64_t *mark; /* the latest with this tag; NULL: none */
    uint64_t marked;        /* its word; 0 */
    _Atomic uint64_t *least; /* the earliest of all, the first of several */
    uint64_t lowest;         /* its word */
};

/* `n` is MARKS_IN_SET times a power of two; the first eight bytes of the digest say where to look. */
void marks_look(_Atomic uint64_t *marks, size_t n, const uint8_t digest[8],
                struct marks_look *look);

int64_t mark_time(uint64_t word);
uint64_t mark_make(int64_t time, uint32_t tag); /* a time out of range is the nearest that is in it */

#endif
