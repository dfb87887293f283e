/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_PLAIN_H
#define DW_SERVER_PLAIN_H

/* Answers that no decision stands behind. */

#include "http.h"

/* Status, type and body; not to be stored. `body` outlives the handler's call. */
void plain_say(struct http_response *response, int status, const char *type, struct dw_span body);

/* What the status says, and no more: 400, 404, 405, 413, 431, else 500. */
void plain_refuse(struct http_response *response, int status);

/* Whether the method is GET or HEAD; else the answer is 405. */
DW_MUST_USE bool plain_is_read(const struct http_request *request, struct http_response *response);

#endif
