/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_BRIEF_H
#define DW_BRIEF_H

/* Claims sets written briefly: what nearly all of them hold takes one byte, of those no JSON text has.
 * For known.c: a million API keys take a quarter less. */

#include "doorward.h"

/* Writes no more bytes than the text has. false: it holds such a byte, and is no JSON text. */
DW_MUST_USE bool brief_write(struct dw_span text, char *to, size_t *len);

/* false: it is longer than `size`. */
DW_MUST_USE bool brief_read(struct dw_span brief, char *to, size_t size, size_t *len);

#endif
