/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_TRANSCRIPT_CONSOLE_H
#define DW_DOCTOR_TRANSCRIPT_CONSOLE_H

/* What console_read() is made of: lists of names and values, and objects as Node, JSON and Go print them. */

#include "transcript.h"

/* An object's dump, into one exchange of the capture. */
void dump_read(struct capture *capture, struct dw_span text);

/* Whether the text is such a dump. */
bool is_dump(struct dw_span text);

bool is_among(struct dw_span name, const char *const *names, size_t n); /* case does not matter */
int number_in(struct dw_span value); /* the first there is; -1: none */

/* "401 Unauthorized (from disk cache)" */
void take_status(struct capture *capture, struct exchange *exchange, struct dw_span value);

/* A member or a list's item that is no field, but tells of the exchange: its URL, method, status. */
bool take_fact(struct capture *capture, struct exchange *exchange, struct dw_span name,
               struct dw_span value);

#endif
