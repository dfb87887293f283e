/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_EXPLAIN_ID_H
#define DW_EXPLAIN_ID_H

/* A decision of ours, by its id, as `doorward why` tells it. */

#include "doorward.h"

/* Whether the word has the form of an id, and no file has it for a name. */
DW_MUST_USE bool explain_is_id(const char *word);

/* Tells it on stdout. What `doorward explain` leaves with: 0 let in, 1 refused, 3 not found. */
int explain_decision(const char *id, const char *config, const char *data, bool json);

#endif
