/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_SHARED_H
#define DW_SERVER_SHARED_H

/* All that the processes of the machine share in the edge's folder, made where missing. */

#include "edge.h"
#include "known.h"
#include "once.h"
#include "recent.h"
#include "throttle.h"

struct shared {
    struct edge *edge;
    struct known *known;
    struct once *once;
    struct throttle *throttle;
    struct recent *recent;
};

/* 0 or -1 and a complaint. */
DW_MUST_USE int shared_open(const char *folder, struct shared *shared, struct complaint *why);
void shared_close(struct shared *shared); /* all zero is fine, and what it is then */

/* Whether the folder still holds what was opened. */
bool shared_is_current(const struct shared *shared);

#endif
