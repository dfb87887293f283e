/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_VERIFY_H
#define DW_SERVER_VERIFY_H

/*
 * PREFIX verify: another proxy describes a request (description.h), and is told whether to let it in.
 *
 *   200   no body; Doorward-Subject, -Client, -Scope, -Issuer, -Scheme, -Id; Authentication-Info and
 *         DPoP-Nonce, to be passed on to the client
 *   else  the denial, to be passed on to the client
 *
 * A verify may take up to three seconds, when an issuer must be asked first, or five, when passwords wait
 * to be checked. On the socket of this machine, Doorward-Ask makes it a question of our own nginx module:
 * that decides by itself what it does with the news and puts it on record; so nothing is used up here, and
 * Doorward-Reason says what the credentials were refused for.
 */

#include "http.h"
#include "service.h"

#define VERIFY_WAIT_MS          2700 /* the rest of the three seconds is for everybody else */
#define VERIFY_WAIT_PASSWORD_MS 4700

enum http_answer verify_answer(struct service *service, const struct http_request *request,
                               struct http_response *response);

#endif
