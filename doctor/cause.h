/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_CAUSE_H
#define DW_DOCTOR_CAUSE_H

/* Why a request got 401, or something like it: the catalogue. Each row of causes.def once. */

#include "doorward.h"

struct cause {
    const char *id; /* "token.expired"; the same word as in core/reasons.def where both have it */
    const char *group;   /* "token" is the id's part before the dot; this is its heading */
    const char *title;   /* one sentence: what is wrong */
    const char *signals; /* how it shows */
    const char *confirm; /* what to try to be sure; "" if nothing */
    int confidence;      /* in percent, from a capture alone */
    const char *builder, *consumer,
        *visitor;    /* the fix for each; "" where there is nothing to do */
    const char *rfc; /* "RFC 9110 s11.6.1"; "" */
};

size_t cause_count(void);
const struct cause *cause_at(size_t i);
const struct cause *cause_find(struct dw_span id); /* NULL: none of that id */

/* A text servers say, word for word, and what it means: texts.def. */
struct server_text {
    const char *text;    /* as a part of a body, a challenge, a field; case does not matter */
    const char *product; /* "Envoy/Istio jwt_authn" */
    const char *cause;   /* an id */
    int confidence;      /* that this text means this cause */
};

size_t server_text_count(void);
/* Whether a text of some weight stands in it, of which the first few KiB are looked at. */
bool server_text_stands(struct dw_span said);
/* Whether words stand there that name a cause without being known literally. */
bool wording_stands(struct dw_span said);
const struct server_text *server_text_at(size_t i);

#endif
