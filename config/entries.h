/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ENTRIES_H
#define DW_ENTRIES_H

/* Values that only doorward.yaml has, and the keys below them. Behind each stands what its member is. */

#include "schema.h"

/* -- schema.c ---------------------------------------------------------------------------------- */

/* Whether a policy of that part alone would be sound, which was read from that node. 0, or -1 and a
 * complaint. */
DW_MUST_USE int check_part(const struct reading *reading, const struct key *key,
                           const struct node *node, const struct dw_policy *part);

/* -- schemes.c --------------------------------------------------------------------------------- */

extern const struct key SCHEMES_KEYS[];

/* -- trust.c ----------------------------------------------------------------------------------- */

extern const struct key TRUST_KEYS[];
read_value read_trust;       /* struct draft */
read_value read_issuer;      /* struct draft */
read_value read_own_alg;     /* enum dw_alg, one our issuer can sign with */
read_value read_algs;        /* unsigned, a set of DW_ALG_BIT */
read_value read_public_algs; /* the same, without those whose keys are secrets */

/* -- routes.c ---------------------------------------------------------------------------------- */

extern const struct key ROUTE_KEYS[];
read_value read_routes; /* struct draft */

#endif
