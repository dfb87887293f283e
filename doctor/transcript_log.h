/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DOCTOR_TRANSCRIPT_LOG_H
#define DW_DOCTOR_TRANSCRIPT_LOG_H

/* What servers log of the requests they answered. */

#include "transcript.h"

/* How the note begins that names a user who is in the log. */
#define LOG_USER "the log names the user "

bool is_log_line(struct dw_span line);

DW_MUST_USE int log_read(struct dw_span text, const char *name, struct capture **capture,
                         struct complaint *why);

#endif
