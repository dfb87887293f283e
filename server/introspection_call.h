/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_INTROSPECTION_CALL_H
#define DW_SERVER_INTROSPECTION_CALL_H

/* One question to an issuer (RFC 7662 s2.1), and its answer (s2.2). For introspection.c. */

#include "config.h"
#include "transfer.h"

#define CALL_TOTAL_MS 2500

/* An issuer that can be asked. */
struct call_issuer {
    const char *issuer;
    const char *url;     /* NULL: it cannot */
    char *user, *secret; /* percent-encoded (RFC 6749 s2.3.1); NULL: it asks for none */
};

/* Reads what is configured for policy.trust[trust]. 0, or -1 and a complaint; in any case it is to be
 * cleared. */
DW_MUST_USE int call_issuer_init(const struct config *config, size_t trust,
                                 struct call_issuer *issuer, struct complaint *why);
void call_issuer_clear(struct call_issuer *issuer);

struct call {
    struct transfer transfer;
    char *form; /* the token, as it is sent */
    struct complaint fault;
};

/* Makes transfer.handle ready. NULL, or what is wrong; in any case it is to be ended. */
DW_MUST_USE const char *call_begin(struct call *call, const struct call_issuer *issuer,
                                   struct dw_span token, void *owner);

/* What the answer says, once the handle is done with `code`: NULL, and whether the token is active and
 * until when (INT64_MAX: it does not say); or what is wrong, borrowed from the call. The answer itself
 * is in the transfer. */
DW_MUST_USE const char *call_read(struct call *call, CURLcode code, bool *active, int64_t *expires);

/* Wipes and frees what was needed to ask, and the answer, unless the caller has taken transfer.bytes and
 * left NULL. */
void call_end(struct call *call);

#endif
