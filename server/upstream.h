/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_UPSTREAM_H
#define DW_SERVER_UPSTREAM_H

/* The upstream as nginx's configuration names it. */

#include <stdio.h>

#include "doorward.h"

struct upstream {
    const char *scheme; /* "http", "https" */
    char host[256];     /* without brackets; "" for a socket */
    char port[6];
    char server[300]; /* as nginx writes it: host:port or unix:/path */
    bool resolves;
};

/* Takes a configured upstream apart, and looks up its name. */
void upstream_find(const char *url, struct upstream *upstream);

/* Writes whom nginx is to ask for a name: it asks DNS itself for one in a variable, and only the servers it
 * is told. */
void upstream_put_resolver(FILE *out);

#endif
