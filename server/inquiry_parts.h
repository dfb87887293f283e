/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_INQUIRY_PARTS_H
#define DW_SERVER_INQUIRY_PARTS_H

/* What inquiry.c and inquiry_user.c say to each other. Nobody else includes this. */

#include "inquiry.h"

/* What a decision has asked for. */
struct question {
    struct service *service;
    const struct http_request *request;
    const struct dw_request *described;
    const struct dw_decision *decision;
    int64_t now;
    bool late;
};

/* The credentials are refused, or cannot be told: whatever is known of them stays. */
enum inquiry question_refuse(enum dw_reason reason, enum dw_reason *heard);

/* They are refused for good: nothing is to be known of them any more. */
enum inquiry question_deny(const struct question *question, enum dw_reason reason,
                           enum dw_reason *heard);

/* Nobody can tell, and the operator is told why, once. */
enum inquiry question_fail(const struct question *question, const struct complaint *why,
                           enum dw_reason *heard);

/* Leaves what is known on the edge. */
enum inquiry question_answer(const struct question *question, const struct dw_known *known,
                             enum dw_reason *heard);

/* -- inquiry_user.c ------------------------------------------------------------------------------ */

enum inquiry question_user(const struct question *question, enum dw_reason *heard);
enum inquiry question_password(const struct question *question, enum dw_reason *heard);

#endif
