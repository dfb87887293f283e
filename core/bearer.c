/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "schemes.h"

/* -- A JWT ----------------------------------------------------------------------------------------- */

static enum dw_reason find_issuer(const struct dw_policy *policy, struct dw_span iss, size_t *issuer)
{
    if (iss.at == NULL) {
        return DW_TOKEN_ISS_MISSING;
    }
    for (size_t i = 0; i < policy->n_trust; i++) {
        if (dw_span_equal(iss, dw_span_of(policy->trust[i].issuer))) {
            *issuer = i;
            return DW_REASON_NONE;
        }
    }
    return DW_TOKEN_ISS;
}

/* Nothing can be said of a token whose issuer's keys are not had: never a 401, which would tell an
 * honest client to throw its token away. */
static enum dw_reason without_keys(const struct trial *trial, const struct dw_trust *trust)
{
    if (trust->fixed_keys || trial->answers->asking == DW_HAVE_ASKED) {
        return DW_KEYS_UNREACHABLE;
    }
    return trial->answers->asking == DW_MAY_ASK ? DW_ASK_KEYS : DW_GUARD_UNREACHABLE;
}

/* A new key may just have been published: the kid is unknown only once someone could look. */
static enum dw_reason without_kid(const struct trial *trial, const struct dw_trust *trust,
                                  const struct dw_issuer_keys *known)
{
    if (trust->fixed_keys) {
        return DW_TOKEN_KID;
    }
    if (known->fresh || trial->answers->asking == DW_HAVE_ASKED) {
        return known->failing ? DW_KEYS_UNREACHABLE : DW_TOKEN_KID;
    }
    return trial->answers->asking == DW_MAY_ASK ? DW_ASK_KID : DW_GUARD_UNREACHABLE;
}

static enum dw_reason verify_token(struct trial *trial, const struct cache_key *name)
{
    struct dw_decision *found = trial->found;
    struct dw_jwt *jwt = &trial->who;
    struct dw_key *key = NULL;
    size_t issuer = 0;

    enum dw_reason reason = dw_jwt_parse(name->token, trial->work, jwt);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    found->kid = jwt->kid;
    reason = find_issuer(trial->policy, jwt->iss, &issuer);
    if (reason != DW_REASON_NONE) {
        found->seen = jwt->iss;
        return reason;
    }
    found->issuer = issuer;
    found->iss = jwt->iss;

    const struct dw_trust *trust = &trial->policy->trust[issuer];
    const struct dw_issuer_keys *known = &trial->answers->issuers[issuer];
    if (known->keys == NULL) {
        return without_keys(trial, trust);
    }
    reason = jws_verify(jwt, known->keys, trust->algorithms, &key);
    if (reason == DW_TOKEN_KID) {
        return without_kid(trial, trust, known);
    }
    if (reason == DW_REASON_NONE && trial->answers->cache != NULL) {
        cache_add(trial->answers->cache, name, jwt, issuer, key->thumbprint, trial->request->now);
    }
    return reason;
}

static enum dw_reason read_jwt(struct trial *trial, struct dw_span token)
{
    const struct cache_key name = cache_key_of(trial->policy, token);
    struct dw_cache *cache = trial->answers->cache;
    struct dw_decision *found = trial->found;

    const struct dw_jwt *jwt =
        cache == NULL ? NULL : cache_find(cache, &name, trial->answers->issuers, &found->issuer);
    if (jwt == NULL) {
        return verify_token(trial, &name);
    }
    jwt_copy(jwt, &trial->who);
    found->cached = true;
    found->iss = jwt->iss;
    found->kid = jwt->kid;
    return DW_REASON_NONE;
}

/* -- An opaque token (RFC 7662): its issuer's answer takes the place of a signature --------------------- */

/* An opaque token may hold dots too (RFC 9449's own does): a JWT's header is a JSON object. */
static bool is_jwt(struct dw_span token)
{
    struct dw_span rest = token;
    size_t dots = 0;

    if (!span_starts_nocase(token, "eyJ")) {
        return false;
    }
    for (const char *dot = memchr(rest.at, '.', rest.len); dot != NULL;
         dot = memchr(rest.at, '.', rest.len)) {
        rest = span_from(rest, (size_t)(dot - rest.at) + 1);
        dots++;
    }
    return dots == 2;
}

/* The one issuer that may be asked about it. */
static bool find_introspecting(const struct dw_policy *policy, struct dw_span token,
                               size_t *issuer)
{
    for (size_t i = 0; i < policy->n_trust; i++) {
        const struct dw_trust *trust = &policy->trust[i];
        const struct dw_span prefix = dw_span_of(trust->opaque_prefix);
        if (trust->introspects && token.len >= prefix.len &&
            dw_span_equal((struct dw_span){token.at, prefix.len}, prefix)) {
            *issuer = i;
            return true;
        }
    }
    return false;
}

/* What an answer may leave out: RFC 7662 s2.2 asks for no more than `active`. */
static enum dw_reason complete(struct trial *trial, const struct dw_trust *trust, int64_t until)
{
    struct dw_jwt *who = &trial->who;

    if (who->iss.at == NULL) {
        who->iss = dw_span_of(trust->issuer);
    }
    if (!dw_span_equal(who->iss, dw_span_of(trust->issuer))) {
        trial_note(trial, dw_span_of(trust->issuer), who->iss);
        return DW_TOKEN_ISS;
    }
    if (!who->has_exp) {
        who->exp = until;
        who->has_exp = true;
    }
    return DW_REASON_NONE;
}

static enum dw_reason read_opaque(struct trial *trial, struct dw_span token, size_t issuer)
{
    const struct dw_trust *trust = &trial->policy->trust[issuer];
    struct dw_decision *found = trial->found;
    struct dw_known known;

    if (token.len > DW_TOKEN_MAX) {
        return DW_TOKEN_TOO_LARGE;
    }
    found->issuer = issuer;
    found->iss = dw_span_of(trust->issuer);
    found->fact = DW_FACT_TOKEN;
    dw_token_name(found->iss, token, found->name);
    enum dw_reason reason = lookup_find(trial, &known);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    reason = lookup_read(trial, &known);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    trial->claims = known.claims;
    found->cached = true;
    return complete(trial, trust, known.until);
}

/* -- What a token is worth ------------------------------------------------------------------------- */

static void note_claim(struct trial *trial, const struct dw_trust *trust, enum dw_reason reason)
{
    const struct dw_jwt *who = &trial->who;
    const int64_t now = trial->request->now;

    if (reason == DW_TOKEN_EXPIRED || reason == DW_TOKEN_MILLIS) {
        trial_note_times(trial, now, who->exp);
    } else if (reason == DW_TOKEN_NOT_YET) {
        trial_note_times(trial, now, who->nbf);
    } else if (reason == DW_TOKEN_AUD && trust->audiences.n > 0 && who->n_aud > 0) {
        trial_note(trial, dw_span_of(trust->audiences.items[0]), who->aud[0]);
    } else if (reason == DW_TOKEN_TYP) {
        trial_note(trial, DW_SPAN("at+jwt"), who->typ);
    }
}

/* Whether it may be presented without a proof is for the scheme to say: those are the last rules. */
static bool is_binding(enum dw_reason reason)
{
    return reason == DW_TOKEN_BOUND_KEY || reason == DW_TOKEN_BOUND_CERT;
}

static enum dw_reason judge_token(struct trial *trial)
{
    const struct dw_trust *trust = &trial->policy->trust[trial->found->issuer];

    trial_name(trial);
    const enum dw_reason reason = dw_jwt_judge(&trial->who, trust, trial->policy->leeway,
                                               trial->request->now, DW_REASON_NONE);
    if (reason != DW_REASON_NONE && !is_binding(reason)) {
        note_claim(trial, trust, reason);
        return reason;
    }
    return trial_is_revoked(trial) ? DW_TOKEN_REVOKED : DW_REASON_NONE;
}

enum dw_reason token_authenticate(struct trial *trial, struct dw_span token)
{
    const struct dw_policy *policy = trial->policy;
    size_t issuer = 0;

    trial->found->token = token;
    const enum dw_reason reason = find_introspecting(policy, token, &issuer) && !is_jwt(token)
                                      ? read_opaque(trial, token, issuer)
                                      : read_jwt(trial, token);
    return reason != DW_REASON_NONE ? reason : judge_token(trial);
}

/* -- The scheme (RFC 6750) --------------------------------------------------------------------------- */

enum dw_reason bearer_authenticate(struct trial *trial, struct dw_span value)
{
    struct dw_span token, other;

    enum dw_reason reason = dw_bearer_parse(value, &token);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (request_parameter(trial->request, DW_SPAN("access_token"), &other) > 0) {
        return DW_HEADER_METHODS;
    }
    reason = token_authenticate(trial, token);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (trial->who.jkt.at != NULL) {
        return DW_TOKEN_BOUND_KEY;
    }
    return trial->who.x5t.at == NULL ? DW_REASON_NONE
                                     : certificate_is_bound(trial, trial->who.x5t);
}

int bearer_challenge(struct answer *answer)
{
    struct dw_challenge challenge = {.scheme = DW_SPAN("Bearer")};

    answer_common(answer, &challenge, answer_has_error(answer, DW_SCHEME_BEARER));
    return answer_challenge(answer, &challenge);
}
