/* SPDX-License-Identifier: Apache-2.0 */
#include "inspection.h"

static const struct dw_trust *find_trust(const struct dw_policy *policy, struct dw_span iss)
{
    for (size_t i = 0; policy != NULL && i < policy->n_trust; i++) {
        if (dw_span_equal(iss, dw_span_of(policy->trust[i].issuer))) {
            return &policy->trust[i];
        }
    }
    return NULL;
}

/* What dw_decide() looks at before it looks at the claims; `trust` NULL: the issuer is not known. */
static enum dw_reason judge_origin(const struct dw_jwt *jwt, const struct dw_policy *policy,
                                   const struct dw_trust *trust)
{
    if (jwt->iss.at == NULL) {
        return DW_TOKEN_ISS_MISSING;
    }
    if (policy != NULL && trust == NULL) {
        return DW_TOKEN_ISS;
    }
    if (trust != NULL && trust->algorithms != 0 &&
        (trust->algorithms & DW_ALG_BIT(jwt->alg)) == 0) {
        return DW_TOKEN_ALG;
    }
    return DW_REASON_NONE;
}

size_t verdict_find(const struct dw_jwt *jwt, const struct dw_policy *policy, int64_t now,
                    enum dw_reason problems[INSPECTION_PROBLEMS_MAX])
{
    const struct dw_trust *trust = find_trust(policy, jwt->iss);
    const int leeway = policy != NULL ? policy->leeway : DW_LEEWAY;
    enum dw_reason reason = judge_origin(jwt, policy, trust);
    size_t n = 0;

    if (reason != DW_REASON_NONE) {
        problems[n++] = reason;
    }
    reason = dw_jwt_judge(jwt, trust, leeway, now, DW_REASON_NONE);
    while (reason != DW_REASON_NONE && n < INSPECTION_PROBLEMS_MAX) {
        problems[n++] = reason;
        reason = dw_jwt_judge(jwt, trust, leeway, now, reason);
    }
    return n;
}
