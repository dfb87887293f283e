/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_HANDLER_H
#define DW_SERVER_HANDLER_H

/* Whose request it is: healthz, verify, our issuer's, or nobody's. */

#include "http.h"
#include "service.h"

struct handler {
    struct service *service;
    bool ready; /* all is up: what healthz says */
};

/* `context` is a struct handler. Called under the daemon's lock. */
enum http_answer handler_answer(void *context, const struct http_request *request,
                                struct http_response *response);

#endif
