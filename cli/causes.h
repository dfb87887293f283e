/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_CAUSES_H
#define DW_CAUSES_H

#include "cause.h"

#define CAUSES_LABEL 28 /* columns of the labels before what is said of a cause or a reason */

/* All that is known of a cause on stdout: lines with a label each, or a JSON object without a newline. */
void causes_put(const struct cause *cause);
void causes_put_json(const struct cause *cause);

/* A label and a text behind it, wrapped; nothing if the text is "". */
void causes_put_line(const char *label, const char *text);

/* A line for each on stdout. */
void causes_put_all(void);

/* Writes the catalogue as Markdown: FOLDER/ID.md for each cause, and an index. CLI_FINE, or CLI_FAILED
 * after one line on stderr. */
DW_MUST_USE int causes_write_pages(const char *folder);

#endif
