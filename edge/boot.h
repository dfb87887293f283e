/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_BOOT_H
#define DW_BOOT_H

/*
 * Whether what stands in a folder was written since the machine was started. After a power failure
 * files that nobody waited for may be torn, or old pages may have come back. For known.c.
 */

#include "complaint.h"
#include "doorward.h"

/* For who writes: what is of an earlier start is removed, and the folder marked. Returns a descriptor
 * that keeps others out of here until it is closed, or -1 and a complaint. */
DW_MUST_USE int boot_enter(const char *folder, struct complaint *why);

/* For who reads. 0; -1 and a complaint: it is of an earlier start, or there is nothing yet. */
DW_MUST_USE int boot_check(const char *folder, struct complaint *why);

#endif
