/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_STATUS_PAGES_H
#define DW_STATUS_PAGES_H

#include <stdio.h>

#include "doorward.h"

/* Writes FOLDER/CODE.md for each status, and an index. CLI_FINE, or CLI_FAILED after one line on stderr. */
DW_MUST_USE int status_write_pages(const char *folder);

/* The same as one page of the manual: doorward-status(7). */
void status_put_manual(FILE *file);

#endif
