/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ENTRIES_H
#define DW_ENTRIES_H

/* Values that only doorward.yaml has. Behind each stands what its member is. */

#include "schema.h"

read_value read_own_alg;  /* enum dw_alg, one our issuer can sign with */
read_value read_algs;     /* unsigned, a set of DW_ALG_BIT */
read_value read_audience; /* struct dw_trust */
read_value read_trust;    /* struct draft */
read_value read_issuer;   /* struct draft */
read_value read_pattern;  /* const char *, a route's path */
read_value read_allow;    /* bool */
read_value read_accept;   /* enum dw_scheme[DW_SCHEMES_END] */
read_value read_routes;   /* struct draft */

#endif
