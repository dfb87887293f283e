/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_SENDER_H
#define DW_SERVER_SENDER_H

/* Whose page sent a request to one of our own, and with which session. */

#include "http.h"

/* Whether a page of our own origin did, or of one the policy trusts with sessions: by Sec-Fetch-Site (Fetch
 * Metadata), which the browser itself has judged, else by Origin. `origin` is where the request came in, if
 * that is known; else its Host field says. Who says nothing is refused. */
bool sender_is_own(const struct dw_policy *policy, const struct http_request *request,
                   struct dw_span origin);

struct dw_span sender_cookie(const struct dw_policy *policy); /* the name of a session's */

/* The value of the first cookie of that name (RFC 6265 s4.2.1). */
DW_MUST_USE bool sender_find_cookie(const struct http_request *request, struct dw_span name,
                                    struct dw_span *value);

#endif
