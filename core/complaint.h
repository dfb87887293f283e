/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_COMPLAINT_H
#define DW_COMPLAINT_H

/* One line for a person: what is wrong, where, and how to mend it. For the rims; core never complains. */

#define COMPLAINT_SIZE 512

struct complaint {
    char text[COMPLAINT_SIZE];
};

/* Writes the line, cut if too long, control characters replaced. Returns -1, so that a failing
 * function can say `return complain(why, ...)`. `why` may be NULL. */
int complain(struct complaint *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
