/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_SIGNIN_H
#define DW_SERVER_SIGNIN_H

/*
 * Sessions of people, begun with a password and carried by a cookie. Nothing is here unless the policy
 * has a place to sign in.
 *
 *   GET  sign_in          the page with the form
 *   POST sign_in          username, password, return: 303 to that path with the cookie; or 401 and the page
 *   POST PREFIX signout   ends the session: 303 to /
 *
 * Only pages of our own origin may post here (Sec-Fetch-Site, else Origin). Whoever accepts JSON and no
 * page is answered with 200 and JSON. Wrong passwords are counted and logged as those of Basic are.
 */

#include "http.h"
#include "service.h"

#define SIGNIN_WAIT_MS 4700

/* false: the path is none of these. */
DW_MUST_USE bool signin_answer(struct service *service, const struct http_request *request,
                               struct http_response *response, enum http_answer *when);

#endif
