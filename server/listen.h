/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_LISTEN_H
#define DW_SERVER_LISTEN_H

/* Sockets to listen on. */

#include "complaint.h"
#include "doorward.h"

#define LISTEN_HOST_SIZE 256
#define LISTEN_PORT_SIZE 6

/* HOST:PORT or [IPV6]:PORT taken apart, without the brackets. */
struct listen_address {
    char host[LISTEN_HOST_SIZE];
    char port[LISTEN_PORT_SIZE];
};

DW_MUST_USE int listen_parse(const char *text, struct listen_address *address,
                             struct complaint *why);

/* A listening TCP socket at HOST:PORT. 0 or -1 and a complaint, which names a port in use as such. */
DW_MUST_USE int listen_tcp(const char *text, int *listener, struct complaint *why);

/* Whether something accepts connections at HOST:PORT right now. */
bool listen_is_open(const char *text);

/* A listening AF_UNIX socket at `path`, mode 0660. It takes the place of another in one step, so that
 * at no instant nobody listens. 0 or -1 and a complaint. */
DW_MUST_USE int listen_unix(const char *path, int *listener, struct complaint *why);

#endif
