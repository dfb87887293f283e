/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_VERIFY_H
#define DW_SERVER_VERIFY_H

/*
 * PREFIX verify: another proxy describes a request, and is told whether to let it in.
 *
 *   described by  X-Original-Method and X-Original-URI (or X-Original-Url, whole), or
 *                 X-Forwarded-Method and X-Forwarded-Uri; both only if they agree
 *   200           no body; Doorward-Subject, -Client, -Scope, -Issuer, -Scheme, -Id
 *   else          the denial, to be passed on to the client
 *
 * A verify may take up to three seconds, when an issuer must be asked for its keys first. On the
 * socket of this machine, Doorward-Ask makes it a question of our own nginx module: that decides by
 * itself what it does with the news, and puts it on record.
 */

#include "http.h"
#include "service.h"

#define VERIFY_WAIT_MS 2700 /* for keys; the rest of the three seconds is for everybody else */

enum http_answer verify_answer(struct service *service, const struct http_request *request,
                               struct http_response *response);

#endif
