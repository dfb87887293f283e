/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_RECORD_H
#define DW_RECORD_H

/* What of a request and its decision is put on record. For guard.c, and whoever keeps a log beside it. */

#include "guard.h"

/* Texts are cut to what an entry holds; of the target the path alone is kept; of a token, a key or a
 * session its first and last four characters, of a short one nothing, of a password never. */
void record_fill(const struct dw_request *request, const struct dw_decision *decision,
                 const struct guard_record *record, struct recent_entry *entry);

/* A user's name as it may be written down: of one that begins as API keys do, as far as its id. */
struct dw_span record_account(struct dw_span account);

#endif
