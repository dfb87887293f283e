/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_REPLAY_RECORD_H
#define DW_REPLAY_RECORD_H

/* Writes down what goes over the wire, as libcurl tells it. */

#include "capture.h"

struct record {
    struct capture *capture;
    enum exchange_role role;
    const char *url, *method;
    struct dw_span body;       /* of the request; absent: none */
    struct exchange *exchange; /* that is being written; NULL: none yet */
};

/* The head of a request, as it is sent. Begins an exchange, unless one waits for its answer: libcurl asks
 * more than once where it has to answer a challenge. */
void record_request(struct record *record, struct dw_span head);

/* A line of the head of an answer. */
void record_header(struct record *record, struct dw_span text);

void record_body(struct record *record, struct dw_span bytes);

/* What libcurl says of it. */
void record_notes(struct record *record, struct dw_span text);

#endif
