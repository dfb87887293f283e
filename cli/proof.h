/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_PROOF_H
#define DW_PROOF_H

/* What a token is held against besides itself: keys, a secret, what its reader expects. */

#include <stdio.h>

#include "doorward.h"
#include "json.h"

#define PROOF_TEXT_SIZE    512
#define PROOF_EXPECTED_MAX 16

/* Whether the signature verifies, and if not, at which step that ended. */
struct proof {
    bool was_tried;
    bool holds;
    const char *step;           /* "structure", "algorithm", "key", "signature"; "" when it holds */
    char text[PROOF_TEXT_SIZE]; /* one sentence */
};

/* With a JWKS. */
void proof_by_keys(struct dw_span token, struct dw_span jwks, struct proof *proof);

/* With an HMAC secret as it was given, read in every way people mean it: raw, without a newline at its
 * end, base64, base64url, hexadecimal. The one that fits is named. */
void proof_by_secret(struct dw_span token, struct dw_span secret, struct proof *proof);

/* One expectation, "aud=https://api.example.com". */
struct expectation {
    struct dw_span name, wanted;
    bool holds;
    char seen[PROOF_TEXT_SIZE]; /* the claim as JSON; "" where there is none */
};

/* Splits "aud=x,iss=y" and adds what it says. false: there is no = in one, or there are too many. */
DW_MUST_USE bool expectations_read(const char *text, struct expectation *expected, size_t *n);

/* Compares one with the claims; a member of the header goes by "header.typ". An array holds what is
 * in it; `scope` holds each word that is in it. */
void expectation_judge(const struct json *header, const struct json *claims,
                       struct expectation *expected);

#endif
