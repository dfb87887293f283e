/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_WHY_H
#define DW_WHY_H

/* The private story of one decision, on stdout. */

#include "recent.h"

/* For a person, in 80 columns. `now` is that of this machine: seconds since 1970. */
void why_print(const struct recent_entry *entry, int64_t now);

/* For programs: one object. */
void why_print_json(const struct recent_entry *entry);

/* What whoever sent the request could read. */
const char *why_public(const struct recent_entry *entry);

#endif
