/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

/* One that is still being filled knows less than the one it takes the place of: nobody may forget what
 * was revoked. */
static bool update_edge(struct watch *watch, const char *folder)
{
    struct edge *found;

    if (watch->edge != NULL && edge_is_current(watch->edge)) {
        return false;
    }
    if (edge_open(folder, EDGE_READ, &found, NULL) != 0) {
        return false;
    }
    if (watch->edge != NULL && !edge_is_whole(found)) {
        edge_close(found);
        return false;
    }
    edge_close(watch->edge);
    watch->edge = found;
    return true;
}

static void update_known(struct watch *watch, const char *folder)
{
    struct known *found;

    if (watch->known != NULL && known_is_current(watch->known)) {
        return;
    }
    if (known_open(folder, EDGE_READ, &found, NULL) == 0) {
        known_close(watch->known);
        watch->known = found;
    }
}

static void update_once(struct watch *watch, const char *folder)
{
    struct once *found;

    if (watch->once != NULL && once_is_current(watch->once)) {
        return;
    }
    if (once_open(folder, false, &found, NULL) == 0) {
        once_close(watch->once);
        watch->once = found;
    }
}

static void update_throttle(struct watch *watch, const char *folder)
{
    struct throttle *found;

    if (watch->throttle != NULL && throttle_is_current(watch->throttle)) {
        return;
    }
    if (throttle_open(folder, false, &found, NULL) == 0) {
        throttle_close(watch->throttle);
        watch->throttle = found;
    }
}

static void update_recent(struct watch *watch, const char *folder)
{
    struct recent *found;

    if (watch->recent != NULL && recent_is_current(watch->recent)) {
        return;
    }
    if (recent_open(folder, false, &found, NULL) == 0) {
        recent_close(watch->recent);
        watch->recent = found;
    }
}

bool watch_update(struct watch *watch, const char *folder)
{
    update_known(watch, folder);
    update_once(watch, folder);
    update_throttle(watch, folder);
    update_recent(watch, folder);
    return update_edge(watch, folder);
}

void watch_close(struct watch *watch)
{
    edge_close(watch->edge);
    known_close(watch->known);
    once_close(watch->once);
    throttle_close(watch->throttle);
    recent_close(watch->recent);
    *watch = (struct watch){.edge = NULL};
}
