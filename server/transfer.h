/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_TRANSFER_H
#define DW_SERVER_TRANSFER_H

/*
 * What goes for every request of ours to an issuer: https, or http on this machine; no redirects that
 * nobody has looked at; no proxy and no credentials from the environment; a time and a size.
 */

#include <curl/curl.h>

#include "doorward.h"

#define TRANSFER_CONNECT_MS 2000

/* An answer while it comes in. */
struct transfer {
    CURL *handle;
    char *bytes; /* `size` of them */
    size_t size;
    size_t len;
    bool overflow; /* it was longer; the transfer has failed */
};

/* Makes the handle ready for `url`, keeping its connections; `owner` is found again with
 * transfer_owner(). NULL, or what is wrong: a static sentence. */
DW_MUST_USE const char *transfer_init(struct transfer *transfer, const char *url, int total_ms,
                                      void *owner);

void *transfer_owner(CURL *handle);

/* The status; 0: there was none. */
long transfer_status(const struct transfer *transfer);

#endif
