/* SPDX-License-Identifier: Apache-2.0 */
#include "shared.h"

int shared_open(const char *folder, struct shared *shared, struct complaint *why)
{
    struct shared made = {NULL, NULL, NULL, NULL, NULL};

    if (edge_open(folder, EDGE_WRITE, &made.edge, why) != 0 ||
        known_open(folder, EDGE_WRITE, &made.known, why) != 0 ||
        once_open(folder, true, &made.once, why) != 0 ||
        throttle_open(folder, true, &made.throttle, why) != 0 ||
        recent_open(folder, true, &made.recent, why) != 0) {
        shared_close(&made);
        return -1;
    }
    *shared = made;
    return 0;
}

void shared_close(struct shared *shared)
{
    recent_close(shared->recent);
    throttle_close(shared->throttle);
    once_close(shared->once);
    known_close(shared->known);
    edge_close(shared->edge);
    *shared = (struct shared){NULL, NULL, NULL, NULL, NULL};
}

bool shared_is_current(const struct shared *shared)
{
    return edge_is_current(shared->edge) && known_is_current(shared->known) &&
           once_is_current(shared->once) && throttle_is_current(shared->throttle) &&
           recent_is_current(shared->recent);
}
