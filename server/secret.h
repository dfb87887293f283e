/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_SECRET_H
#define DW_SERVER_SECRET_H

/* Secrets that stand in a file of their own, one in each. */

#include "complaint.h"
#include "doorward.h"

#define SECRET_MAX 1024 /* bytes */

/* What is in the file but for the newline at its end, NUL-terminated. 0, or -1 and a complaint. */
DW_MUST_USE int secret_read(const char *path, char **secret, struct complaint *why);

/* Wipes and frees it, and makes it NULL; it may be that already. For any NUL-terminated text. */
void secret_free(char **secret);

#endif
