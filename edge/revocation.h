/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_REVOCATION_H
#define DW_REVOCATION_H

/* Which revocations mean whom. For guard.c. */

#include "edge.h"

/* Whether what was presented is revoked: by itself, with its session, its subject or its client, or with
 * everything of its time. What does not say when it was issued counts as of the beginning. Between
 * edge_begin() and edge_end(). */
DW_MUST_USE bool revocation_holds(struct edge *edge, enum dw_scheme scheme,
                                  const struct dw_jwt *who);

#endif
