/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_FETCH_H
#define DW_SERVER_FETCH_H

/*
 * Fetches the keys of issuers, all at once if need be: the address given, or discovered from the
 * issuer. https, or http on this machine; at most three redirects, to the same scheme; 256 KiB, counted
 * while reading; no proxy and no credentials from the environment.
 */

#include "complaint.h"
#include "doorward.h"

#define FETCH_TOTAL_MS 5000 /* for one document */

struct fetch_issuer {
    const char *issuer;
    const char *jwks; /* NULL: discovered */
};

struct fetch_result {
    const char *fault;   /* NULL: the keys are had. Else what went wrong, one line */
    struct dw_span jwks; /* parses, and holds a usable key. Borrowed until the callback returns */
    int64_t max_age;     /* seconds the issuer lets them be kept; -1: it does not say */
};

struct fetch;

/* Borrows the issuers. `done` is called by fetch_run(), once for each fetch_begin(). */
DW_MUST_USE int fetch_new(const struct fetch_issuer *issuers, size_t n,
                          void (*done)(void *context, size_t issuer,
                                       const struct fetch_result *result),
                          void *context, struct fetch **fetch, struct complaint *why);
void fetch_free(struct fetch *fetch); /* ends what is under way; NULL is fine */

/* Begins to fetch. Not while a fetch for that issuer is under way. */
void fetch_begin(struct fetch *fetch, size_t issuer);

/* Works for up to `wait_ms`, or until fetch_wake(). */
void fetch_run(struct fetch *fetch, int wait_ms);

/* Ends the wait of fetch_run() now or, if it does not wait, the next. From any thread. */
void fetch_wake(struct fetch *fetch);

#endif
