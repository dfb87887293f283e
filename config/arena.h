/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ARENA_H
#define DW_ARENA_H

/* Memory that is freed all at once, with a stated maximum. */

#include "doorward.h"

struct arena;

/* At most `max` bytes will ever be taken. NULL: out of memory. */
DW_MUST_USE struct arena *config_arena_new(size_t max);
void config_arena_free(struct arena *arena); /* NULL is fine */

/* Zeroed memory for `n` things of `size` bytes. NULL: out of memory, or beyond the maximum. */
DW_MUST_USE void *config_arena_take(struct arena *arena, size_t n, size_t size);

/* A NUL-terminated copy; NULL as above. */
DW_MUST_USE char *arena_text(struct arena *arena, struct dw_span text);

#endif
