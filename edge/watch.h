/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_WATCH_H
#define DW_WATCH_H

/* What of the edge's folder a process has open: each once the daemon has made it. For guard.c. */

#include "edge.h"
#include "known.h"
#include "once.h"
#include "recent.h"
#include "throttle.h"

struct watch {
    struct edge *edge; /* NULL, all of them: not there yet */
    struct known *known;
    struct once *once;
    struct throttle *throttle;
    struct recent *recent;
};

/* Opens what has come or was replaced since. Whether the edge is another one. */
bool watch_update(struct watch *watch, const char *folder);
void watch_close(struct watch *watch); /* one all zero is fine */

#endif
