/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_PROXY_H
#define DW_SERVER_PROXY_H

/* nginx in front: found, configured, started or taken over, watched. */

#include "minder.h"
#include "nginx_conf.h"

struct proxy {
    char program[PATH_MAX]; /* nginx */
    char module[PATH_MAX];
    char prefix[PATH_MAX];
    char conf[PATH_MAX];
    char log[PATH_MAX];
    char pid[PATH_MAX];
    const char *arguments[8];
    struct minder minder;
};

/* Names its files; finds nothing out yet. 0 or -1 and a complaint. */
DW_MUST_USE int proxy_init(struct proxy *proxy, const struct place *place, struct complaint *why);

/* Finds nginx, and the module beside our own program. 0, or -1 and which is missing. */
DW_MUST_USE int proxy_find(struct proxy *proxy, struct complaint *why);

/* Writes nginx's configuration. 0 or -1 and a complaint. */
DW_MUST_USE int proxy_configure(struct proxy *proxy, const struct config *config,
                                const struct place *place, struct complaint *why);

/* Lets an nginx that was taken over read its configuration again; else starts one. 0 or -1 and a complaint. */
DW_MUST_USE int proxy_start(struct proxy *proxy, int64_t now, struct complaint *why);

/* Lets it read its configuration again. */
void proxy_reload(struct proxy *proxy);

#endif
