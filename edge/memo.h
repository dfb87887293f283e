/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_MEMO_H
#define DW_MEMO_H

/* What one process has found lately of what is known: who comes again need not be looked up again while
 * nobody has written. For known.c, whose names are digests already. */

#include "doorward.h"

#define MEMO_NAME   40
#define MEMO_CLAIMS 400 /* longer ones are looked up each time */
#define MEMO_SLOTS  4096

/* Whose a place is, beside the entries: who is not here costs one line of the processor's cache. */
struct memo_place {
    uint64_t version; /* of what is known, when it was found; 0: nothing is here */
    uint32_t part;    /* of the name */
    uint32_t waits;   /* that of one who was not given this place */
};

struct memo_entry {
    int64_t until;
    int64_t renew;
    uint16_t claims_len;
    uint16_t name_len;
    uint8_t name[MEMO_NAME];
    char claims[MEMO_CLAIMS];
};

struct memo {
    struct memo_place places[MEMO_SLOTS];
    struct memo_entry entries[MEMO_SLOTS];
};

/* false: it was not found lately, or something was written since. What is found lies in the memo. */
DW_MUST_USE bool memo_find(const struct memo *memo, uint64_t version, const uint8_t *name,
                           size_t len, struct dw_known *found);

/* Keeps it, unless it is too long. Where another is that is still good, it takes that place only if it comes
 * twice in a row: of more than there are places for, some are kept, instead of each for a moment. */
void memo_keep(struct memo *memo, uint64_t version, const uint8_t *name, size_t len,
               const struct dw_known *found);

#endif
