/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_LISTING_H
#define DW_LISTING_H

/* Which of the last decisions `doorward recent` shows, and how. For recent.c and recent_by.c. */

#include "past.h"

struct listing_options {
    const char *reason;  /* what its name begins with; NULL: any */
    enum dw_reason only; /* the one meant, if the above is a whole name */
    long status;         /* 0: any */
    bool all;            /* also what was let in */
    uint64_t n;          /* so many at most */
    const char *by;      /* "reason"; NULL: not counted */
    bool follow, json;
};

/* Without a reason or a status: whatever was not let in. */
bool listing_wants(const struct listing_options *options, const struct recent_entry *entry);

/* -- recent_by.c ---------------------------------------------------------------------------------- */

bool listing_can_count(const char *by);

/* Counts what is wanted by what options->by says, and prints the most frequent. CLI_FINE, or CLI_FAILED
 * after one line on stderr. */
DW_MUST_USE int listing_count(const struct listing_options *options, const struct past *past);

#endif
