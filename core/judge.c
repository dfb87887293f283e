/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define FAR_FUTURE (INT64_C(3653) * 24 * 60 * 60) /* ten years */

/* A token before its judge. */
struct bench {
    const struct dw_jwt *jwt;
    const struct dw_trust *trust; /* NULL: its issuer is not known */
    int leeway;
    int64_t now;
};

/* The end of time rather than an overflow. */
static int64_t later(int64_t time, int64_t seconds)
{
    int64_t sum;

    if (__builtin_add_overflow(time, seconds, &sum)) {
        return seconds > 0 ? INT64_MAX : INT64_MIN;
    }
    return sum;
}

/* RFC 9068 s2.1, s4. */
static bool is_no_access_token(const struct bench *bench)
{
    const struct dw_span typ = bench->jwt->typ;

    return bench->trust != NULL && bench->trust->access_tokens_only &&
           !dw_span_equal_nocase(typ, DW_SPAN("at+jwt")) &&
           !dw_span_equal_nocase(typ, DW_SPAN("application/at+jwt"));
}

static bool lacks_claim(const struct bench *bench)
{
    return bench->trust != NULL && bench->trust->access_tokens_only &&
           (bench->jwt->sub.len == 0 || bench->jwt->client_id.len == 0);
}

static bool has_no_exp(const struct bench *bench)
{
    return !bench->jwt->has_exp;
}

static bool is_in_milliseconds(const struct bench *bench)
{
    return bench->jwt->has_exp && bench->jwt->exp > later(bench->now, FAR_FUTURE);
}

static bool has_expired(const struct bench *bench)
{
    return bench->jwt->has_exp && later(bench->jwt->exp, bench->leeway) <= bench->now;
}

static bool is_not_yet_valid(const struct bench *bench)
{
    return bench->jwt->has_nbf && later(bench->jwt->nbf, -bench->leeway) > bench->now;
}

static bool has_no_audience(const struct bench *bench)
{
    return bench->jwt->n_aud == 0 && (bench->trust == NULL || !bench->trust->any_audience);
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

static bool has_other_audience(const struct bench *bench)
{
    if (bench->trust == NULL || bench->trust->any_audience || bench->jwt->n_aud == 0) {
        return false;
    }
    for (size_t i = 0; i < bench->trust->audiences.n; i++) {
        if (names_audience(bench->jwt, dw_span_of(bench->trust->audiences.items[i]))) {
            return false;
        }
    }
    return true;
}

static bool is_bound_to_key(const struct bench *bench)
{
    return bench->jwt->jkt.at != NULL;
}

static bool is_bound_to_certificate(const struct bench *bench)
{
    return bench->jwt->x5t.at != NULL;
}

/* The order in which they are found. */
static const struct {
    enum dw_reason reason;
    bool (*is_broken)(const struct bench *bench);
} RULES[] = {
    {DW_TOKEN_TYP, is_no_access_token},
    {DW_TOKEN_CLAIM_MISSING, lacks_claim},
    {DW_TOKEN_EXP_MISSING, has_no_exp},
    {DW_TOKEN_MILLIS, is_in_milliseconds},
    {DW_TOKEN_EXPIRED, has_expired},
    {DW_TOKEN_NOT_YET, is_not_yet_valid},
    {DW_TOKEN_AUD_MISSING, has_no_audience},
    {DW_TOKEN_AUD, has_other_audience},
    {DW_TOKEN_BOUND_KEY, is_bound_to_key},
    {DW_TOKEN_BOUND_CERT, is_bound_to_certificate},
};

#define N_RULES (sizeof(RULES) / sizeof(RULES[0]))

static size_t rule_after(enum dw_reason reason)
{
    size_t rule = 0;

    while (rule < N_RULES && RULES[rule].reason != reason) {
        rule++;
    }
    return rule + 1;
}

enum dw_reason dw_jwt_judge(const struct dw_jwt *jwt, const struct dw_trust *trust, int leeway,
                            int64_t now, enum dw_reason after)
{
    const struct bench bench = {jwt, trust, leeway, now};

    for (size_t i = after == DW_REASON_NONE ? 0 : rule_after(after); i < N_RULES; i++) {
        if (RULES[i].is_broken(&bench)) {
            return RULES[i].reason;
        }
    }
    return DW_REASON_NONE;
}
