/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_REASONS_H
#define DW_REASONS_H

#include <stdio.h>

#include "doorward.h"

/* Writes the catalogue as Markdown: FOLDER/ID.md for each reason, and an index. CLI_FINE, or CLI_FAILED
 * after one line on stderr. */
DW_MUST_USE int reasons_write_pages(const char *folder);

/* The answer a reason gets, as an example: status line, fields and body. Nothing for what is no denial. */
void reasons_put_example(FILE *file, enum dw_reason reason);

#endif
