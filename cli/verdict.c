/* SPDX-License-Identifier: Apache-2.0 */
#include "inspection.h"

#define FAR_FUTURE (INT64_C(3653) * 24 * 60 * 60) /* ten years */

/* A token before its judge. */
struct trial {
    const struct dw_jwt *jwt;
    const struct dw_policy *policy; /* may be NULL */
    const struct dw_trust *trust;   /* the token's issuer in it; NULL: none */
    int64_t leeway, now;
};

static bool has_no_iss(const struct trial *trial)
{
    return trial->jwt->iss.at == NULL;
}

static bool has_unknown_iss(const struct trial *trial)
{
    return trial->jwt->iss.at != NULL && trial->policy != NULL && trial->trust == NULL;
}

static bool has_refused_alg(const struct trial *trial)
{
    return trial->trust != NULL && trial->trust->algorithms != 0 &&
           (trial->trust->algorithms & DW_ALG_BIT(trial->jwt->alg)) == 0;
}

/* RFC 9068 s2.1, s4 */
static bool is_no_access_token(const struct trial *trial)
{
    const struct dw_span typ = trial->jwt->typ;

    return trial->trust != NULL && trial->trust->access_tokens_only &&
           !dw_span_equal_nocase(typ, DW_SPAN("at+jwt")) &&
           !dw_span_equal_nocase(typ, DW_SPAN("application/at+jwt"));
}

static bool lacks_claim(const struct trial *trial)
{
    return trial->trust != NULL && trial->trust->access_tokens_only &&
           (trial->jwt->sub.len == 0 || trial->jwt->client_id.len == 0);
}

static bool has_no_exp(const struct trial *trial)
{
    return !trial->jwt->has_exp;
}

static bool is_in_millis(const struct trial *trial)
{
    return trial->jwt->has_exp && trial->jwt->exp > trial->now + FAR_FUTURE;
}

static bool has_expired(const struct trial *trial)
{
    return trial->jwt->has_exp && trial->jwt->exp <= trial->now - trial->leeway;
}

static bool is_not_yet_valid(const struct trial *trial)
{
    return trial->jwt->has_nbf && trial->jwt->nbf > trial->now + trial->leeway;
}

static bool is_audience_checked(const struct trial *trial)
{
    return trial->trust == NULL || !trial->trust->any_audience;
}

static bool has_no_aud(const struct trial *trial)
{
    return is_audience_checked(trial) && trial->jwt->n_aud == 0;
}

static bool names_audience(const struct dw_jwt *jwt, struct dw_span audience)
{
    for (size_t i = 0; i < jwt->n_aud; i++) {
        if (dw_span_equal(jwt->aud[i], audience)) {
            return true;
        }
    }
    return false;
}

static bool has_other_aud(const struct trial *trial)
{
    if (trial->trust == NULL || trial->trust->any_audience || trial->jwt->n_aud == 0) {
        return false;
    }
    for (size_t i = 0; i < trial->trust->audiences.n; i++) {
        if (names_audience(trial->jwt, dw_span_of(trial->trust->audiences.items[i]))) {
            return false;
        }
    }
    return true;
}

static bool is_bound_to_key(const struct trial *trial)
{
    return trial->jwt->bound_to_key;
}

static bool is_bound_to_certificate(const struct trial *trial)
{
    return trial->jwt->bound_to_certificate;
}

/* In the order dw_decide() looks, so that the first is the reason it would give. */
static const struct {
    enum dw_reason reason;
    bool (*is_broken)(const struct trial *trial);
} RULES[] = {
    {DW_TOKEN_ISS_MISSING, has_no_iss},
    {DW_TOKEN_ISS, has_unknown_iss},
    {DW_TOKEN_ALG, has_refused_alg},
    {DW_TOKEN_TYP, is_no_access_token},
    {DW_TOKEN_CLAIM_MISSING, lacks_claim},
    {DW_TOKEN_EXP_MISSING, has_no_exp},
    {DW_TOKEN_MILLIS, is_in_millis},
    {DW_TOKEN_EXPIRED, has_expired},
    {DW_TOKEN_NOT_YET, is_not_yet_valid},
    {DW_TOKEN_AUD_MISSING, has_no_aud},
    {DW_TOKEN_AUD, has_other_aud},
    {DW_TOKEN_BOUND_KEY, is_bound_to_key},
    {DW_TOKEN_BOUND_CERT, is_bound_to_certificate},
};
#define N_RULES (sizeof(RULES) / sizeof(RULES[0]))

_Static_assert(N_RULES <= INSPECTION_PROBLEMS_MAX, "all rules may be broken at once");

static const struct dw_trust *find_trust(const struct dw_policy *policy, struct dw_span iss)
{
    for (size_t i = 0; policy != NULL && i < policy->n_trust; i++) {
        if (dw_span_equal(iss, dw_span_of(policy->trust[i].issuer))) {
            return &policy->trust[i];
        }
    }
    return NULL;
}

size_t verdict_find(const struct dw_jwt *jwt, const struct dw_policy *policy, int64_t now,
                    enum dw_reason problems[INSPECTION_PROBLEMS_MAX])
{
    const struct trial trial = {.jwt = jwt,
                                .policy = policy,
                                .trust = find_trust(policy, jwt->iss),
                                .leeway = policy != NULL ? policy->leeway : DW_LEEWAY,
                                .now = now};
    size_t n = 0;

    for (size_t i = 0; i < N_RULES; i++) {
        if (RULES[i].is_broken(&trial)) {
            problems[n++] = RULES[i].reason;
        }
    }
    return n;
}
