/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "proof.h"

static void fail(struct proof *proof, const char *step)
{
    proof->holds = false;
    proof->step = step;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* Why the keys did not do, in the words of the step that ended it. */
static void explain(const struct dw_jwt *jwt, const struct dw_keys *keys, enum dw_reason reason,
                    struct proof *proof)
{
    const size_t n = dw_keys_count(keys);
    const int kid_len = (int)(jwt->kid.len < 100 ? jwt->kid.len : 100);
    const char *kid = jwt->kid.at != NULL ? jwt->kid.at : "";

    switch ((int)reason) {
    case DW_TOKEN_KID:
        fail(proof, "key");
        (void)snprintf(proof->text, sizeof(proof->text),
                       "none of the JWKS's %zu usable key%s has the kid \"%.*s\"", n, plural(n),
                       kid_len, kid);
        return;
    case DW_TOKEN_KID_MISSING:
        fail(proof, "key");
        (void)snprintf(proof->text, sizeof(proof->text),
                       "the token names no kid, and the JWKS has %zu usable key%s", n, plural(n));
        return;
    case DW_TOKEN_ALG:
        fail(proof, "algorithm");
        (void)snprintf(proof->text, sizeof(proof->text),
                       "the key with the kid \"%.*s\" is not one for %s", kid_len, kid,
                       dw_alg_name(jwt->alg));
        return;
    case DW_TOKEN_SIGNATURE:
        fail(proof, "signature");
        (void)snprintf(
            proof->text, sizeof(proof->text),
            "the signature does not verify with the key \"%.*s\": the token was changed, or "
            "another key of that name signed it",
            kid_len, kid);
        return;
    default:
        fail(proof, "signature");
        (void)snprintf(proof->text, sizeof(proof->text), "%s",
                       dw_reason_text(reason)->private_text);
    }
}

static void verify(const struct dw_jwt *jwt, struct dw_keys *keys, struct proof *proof)
{
    const enum dw_reason reason = dw_jwt_verify(jwt, keys, 0);

    if (reason != DW_REASON_NONE) {
        explain(jwt, keys, reason, proof);
        return;
    }
    proof->holds = true;
    proof->step = "";
    (void)snprintf(proof->text, sizeof(proof->text), "the signature verifies (%s, kid \"%.*s\")",
                   dw_alg_name(jwt->alg), (int)(jwt->kid.len < 100 ? jwt->kid.len : 100),
                   jwt->kid.at != NULL ? jwt->kid.at : "");
}

static void with_keys(const struct dw_jwt *jwt, struct dw_span jwks, struct proof *proof)
{
    struct dw_keys *keys = NULL;
    const int error = dw_keys_parse(jwks, true, &keys);

    if (error != 0) {
        fail(proof, "key");
        (void)snprintf(proof->text, sizeof(proof->text), "what was given as JWKS is none: %s",
                       dw_error_text(error));
        return;
    }
    verify(jwt, keys, proof);
    dw_keys_free(keys);
}

void proof_by_keys(struct dw_span token, struct dw_span jwks, struct proof *proof)
{
    struct dw_work *work = malloc(sizeof(*work));
    struct dw_jwt jwt;

    *proof = (struct proof){.was_tried = true};
    if (work == NULL) {
        fail(proof, "structure");
        (void)snprintf(proof->text, sizeof(proof->text), "out of memory");
        return;
    }
    const enum dw_reason reason = dw_jwt_parse(token, work, &jwt);
    if (reason != DW_REASON_NONE) {
        fail(proof, "structure");
        (void)snprintf(proof->text, sizeof(proof->text), "%s",
                       dw_reason_text(reason)->private_text);
    } else {
        with_keys(&jwt, jwks, proof);
    }
    dw_secret_wipe(work, sizeof(*work));
    free(work);
}
