/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_INSPECTION_H
#define DW_INSPECTION_H

/* A token looked into: what it says, where it is broken, and what would fail here. Believes nothing. */

#include <stdio.h>

#include "doorward.h"
#include "json.h"
#include "proof.h"
#include "scene.h"

#define INSPECTION_TOKEN_MAX    (64 * 1024)
#define INSPECTION_NODES_MAX    4096
#define INSPECTION_PROBLEMS_MAX 16

/* The header or the claims. */
struct inspection_part {
    const char *name;
    bool is_there;
    char bytes[INSPECTION_TOKEN_MAX]; /* decoded, as far as that went */
    size_t len;
    bool is_object; /* `json` can be read */
    struct json json;
    char text[INSPECTION_TOKEN_MAX]; /* json's */
    struct json_node nodes[INSPECTION_NODES_MAX];
    struct dw_fault encoding; /* `at` counts from the token's start; `what` NULL: sound base64url */
    struct dw_fault grammar;  /* `at` counts from the start of `bytes`; `what` NULL: sound JSON */
};

struct inspection {
    struct dw_span token;
    int64_t now;
    struct inspection_part header, claims;
    struct dw_fault signature; /* like a part's `encoding` */
    enum dw_reason problems[INSPECTION_PROBLEMS_MAX];
    size_t n_problems;
    const char *policy_name; /* NULL: judged without a policy */
    enum token_shape shape;
    const char *vendor; /* whose it is by its prefix; NULL: not known */
    struct proof proof;
    struct expectation expected[PROOF_EXPECTED_MAX];
    size_t n_expected;
};

/* Whether there is a problem, a claim that is not as expected, or a signature that does not hold. */
bool inspection_has_failed(const struct inspection *inspection);

/* Looks into a token of at most INSPECTION_TOKEN_MAX bytes. `policy` may be NULL: then issuer, audience
 * and algorithm are not compared. Borrows the token and the name. NULL: out of memory. */
struct inspection *inspection_new(struct dw_span token, const struct dw_policy *policy,
                                  const char *policy_name, int64_t now);
void inspection_free(struct inspection *inspection); /* wipes; NULL is fine */

/* Whether anything of it could be read. */
bool inspection_has_content(const struct inspection *inspection);

/* -- verdict.c --------------------------------------------------------------------------------- */

/* Every reason, in the guard's order, why a token that is well formed would be refused, but for its
 * signature. Returns how many were written. */
size_t verdict_find(const struct dw_jwt *jwt, const struct dw_policy *policy, int64_t now,
                    enum dw_reason problems[INSPECTION_PROBLEMS_MAX]);

/* -- inspection_print.c ------------------------------------------------------------------------ */

void inspection_print(FILE *file, const struct inspection *inspection);
void inspection_print_json(FILE *file, const struct inspection *inspection);

#endif
