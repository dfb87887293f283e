/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_INQUIRY_H
#define DW_SERVER_INQUIRY_H

/*
 * Finds out what a decision has asked for, and leaves the answer on the edge: keys of an issuer
 * (keeper.h), users, API keys and sessions (the store), passwords (hasher.h), opaque tokens
 * (introspection.h). Under the daemon's lock; never waits itself.
 */

#include "http.h"
#include "service.h"

enum inquiry {
    INQUIRY_DONE,    /* what can be known is on the edge: decide again, as one who has asked */
    INQUIRY_REFUSED, /* and so it would be for nobody's use: these credentials are refused for `heard` */
    INQUIRY_LATER    /* ask again after http_wake() */
};

/* `described` is what was decided about, as `request` has it. `late`: do not wait any longer. `heard` is
 * written on INQUIRY_REFUSED only. */
DW_MUST_USE enum inquiry inquire(struct service *service, const struct http_request *request,
                                 const struct dw_request *described,
                                 const struct dw_decision *decision, bool late,
                                 enum dw_reason *heard);

/* A user's name and password as they came, dw_password_name() of them, and the client's address. */
struct inquiry_password {
    struct dw_span user, password;
    const uint8_t *name;
    struct dw_span source;
};

/* Whether that is right. INQUIRY_DONE: it is, and that is the user, to be wiped. */
DW_MUST_USE enum inquiry inquire_password(struct service *service,
                                          const struct inquiry_password *asked, bool late,
                                          struct store_user *user, enum dw_reason *heard);

#endif
