/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_FILE_H
#define DW_FILE_H

/* Small files, read and written whole. */

#include "complaint.h"
#include "doorward.h"

/* The bytes of a file of at most `max` bytes, to be freed with free(). 0, or -1 and a complaint. */
DW_MUST_USE int file_read(const char *path, size_t max, char **bytes, size_t *len,
                          struct complaint *why);

/* Puts a new file (mode 0644) in the place of the old one, whole or not at all. 0, or -1 and a
 * complaint. */
DW_MUST_USE int file_replace(const char *path, struct dw_span bytes, struct complaint *why);

#endif
