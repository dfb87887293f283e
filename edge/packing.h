/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_PACKING_H
#define DW_PACKING_H

/* A decision as the words that its slot in the ring holds: its numbers, then its texts one after the
 * other. Few are as long as they may be, and each cache line written costs. For recent.c. */

#include "recent.h"

#define PACKING_WORDS (sizeof(struct recent_entry) / sizeof(uint64_t))
#define PACKING_HEAD  2 /* which word says how many there are */

/* Returns how many words it wrote: an even number. */
size_t packing_write(const struct recent_entry *entry, uint64_t words[PACKING_WORDS]);

/* As that word says, anybody's bytes: never more than PACKING_WORDS, nor less than the numbers take. */
size_t packing_count(uint64_t head);

/* Whatever the words hold, every text ends within its bounds. */
void packing_read(const uint64_t words[PACKING_WORDS], size_t n, struct recent_entry *entry);

#endif
