/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_NEAREST_H
#define DW_NEAREST_H

/* Which word was meant? */

#include "doorward.h"

/* The candidate that a mistyped word probably meant: one letter apart, two in words of four letters
 * and more, three in words of nine and more; capitals aside. NULL if none is near.
 * `candidate(from, i)` is NULL at the end. */
const char *nearest(struct dw_span word, const char *(*candidate)(const void *from, size_t i),
                    const void *from);

#endif
