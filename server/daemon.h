/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DAEMON_H
#define DW_DAEMON_H

/*
 * The daemon: verify for other proxies, our issuer's endpoints, the fetching of foreign keys, the
 * decision log, and, with an upstream, an nginx in front that it starts and watches over.
 */

#include "config.h"

struct daemon_options {
    const char *config_path; /* NULL: flags alone. Read again on SIGHUP */
    struct config_flags flags;
    bool example; /* guard an example API */
};

/* Runs until SIGTERM or SIGINT. The exit status: 0, or 1 after one clear line on stderr. */
int daemon_run(const struct daemon_options *options);

#endif
