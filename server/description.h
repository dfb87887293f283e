/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_DESCRIPTION_H
#define DW_SERVER_DESCRIPTION_H

/*
 * The request another server describes to us. Whoever is trusted to say what is asked for is trusted to
 * say by whom, too; our own nginx alone says more.
 *
 *   what    X-Original-Method and X-Original-URI (or X-Original-Url, whole), or X-Forwarded-Method and
 *           X-Forwarded-Uri; both only if they agree
 *   where   X-Forwarded-Proto with X-Forwarded-Host or else Host
 *   by whom Doorward-Source and Doorward-Certificate, from our nginx; else the last of X-Forwarded-For,
 *           X-Real-IP, or the peer
 */

#include "http.h"

#define DESCRIPTION_ORIGIN      512
#define DESCRIPTION_CERTIFICATE (16 * 1024) /* bytes of DER */

/* What the described request borrows, besides the one that describes it. */
struct description {
    char origin[DESCRIPTION_ORIGIN];
    uint8_t certificate[DESCRIPTION_CERTIFICATE];
};

/* Whether it is a question of our own nginx module: on the socket of this machine, with Doorward-Ask. */
bool description_is_ask(const struct http_request *request);

/* Whether somebody on the network sent it, be it through our own nginx. */
bool description_is_foreign(const struct http_request *request);

/* The request as it came to us: where, by whom, when. */
void description_begin(const struct http_request *request, struct description *description,
                       struct dw_request *described);

/* Puts in what the other server says. false: that is unclear. */
DW_MUST_USE bool description_read(const struct http_request *request,
                                  struct description *description, struct dw_request *described);

#endif
