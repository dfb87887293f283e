/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_FOLDER_H
#define DW_FOLDER_H

/* The folder that the daemon owns and its group, the nginx workers, may use. */

#include <sys/types.h>

#include "complaint.h"
#include "doorward.h"

/* Makes the folder (0750) unless it is there. 0 or -1 and a complaint. */
DW_MUST_USE int folder_make(const char *folder, struct complaint *why);

/* Writes "folder/name". 0 or -1 and a complaint. */
DW_MUST_USE int folder_path(const char *folder, const char *name, char *buffer, size_t size,
                            struct complaint *why);

/* Gives a file this mode, whatever the umask was, and, when root does it, the folder's owner and group:
 * what an operator's command makes is the daemon's too. Works by name: opening and closing a file would
 * drop the locks this process holds on it (fcntl(2)). */
DW_MUST_USE int folder_share(const char *folder, const char *name, mode_t mode,
                             struct complaint *why);

#endif
