/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_STORY_H
#define DW_STORY_H

/*
 * What a decision on record looked at, in the order in which core looks: the checks before the one that
 * failed held, and those behind it were not made any more. Pure: nothing is read but the record.
 */

#include "recent.h"

#define STORY_MAX 28

/* How the values of a check that failed were compared. */
enum story_values {
    STORY_TEXTS = 0, /* as they are */
    STORY_LATER,     /* times: seen should have been later than expected */
    STORY_BY,        /* ... no later */
    STORY_NEAR       /* ... about then */
};

struct story_check {
    const char *check;    /* one word */
    const char *expected; /* the value; where none was noted, what is demanded, in words */
    const char *seen;     /* NULL: not known; nothing at all, where values were compared */
    bool ok;
    bool compared;            /* it failed, and both values were noted */
    enum story_values values; /* not STORY_TEXTS: the two below are meant, seconds since 1970 */
    int64_t expected_at, seen_at;
};

struct story {
    size_t n;
    struct story_check checks[STORY_MAX];
};

/* The texts are the entry's, or static. A reason its scheme cannot have is told alone. */
void story_tell(const struct recent_entry *entry, struct story *story);

/* The word for the check a reason belongs to; NULL: it tells of none that failed. */
const char *story_check_of(enum dw_reason reason);

#endif
