/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DERIVE_H
#define DW_DERIVE_H

/* What follows from the values of a draft, where they say nothing or nobody but us may say it. */

#include "schema.h"

/* Fills a draft's gaps, and makes its policy's trust. 0, or -1 and a complaint. */
DW_MUST_USE int derive(const struct reading *reading, struct draft *draft);

/* Absolute; lives in the arena. NULL after a complaint, or out of memory. */
const char *working_folder(const struct reading *reading);

#endif
