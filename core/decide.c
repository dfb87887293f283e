/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * The product: who may pass. Read from the bottom up: judge() is the whole order of things.
 */

/* A request before its judge, and what has been found out so far. */
struct trial {
    const struct dw_policy *policy;
    const struct dw_answers *answers;
    const struct dw_request *request;
    struct dw_work *work;
    struct dw_decision *found;
    struct demands demands;
};

/* -- What a token is worth ------------------------------------------------------------------------- */

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

static enum dw_reason verify_token(struct trial *trial, const struct cache_key *name,
                                   struct dw_jwt *jwt)
{
    struct dw_decision *found = trial->found;
    struct dw_key *key = NULL;
    size_t issuer = 0;

    enum dw_reason reason = dw_jwt_parse(name->token, trial->work, jwt);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    found->kid = jwt->kid;
    reason = find_issuer(trial->policy, jwt->iss, &issuer);
    if (reason != DW_REASON_NONE) {
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

static enum dw_reason judge_token(struct trial *trial, const struct dw_jwt *jwt)
{
    const struct dw_answers *answers = trial->answers;
    struct dw_decision *found = trial->found;

    found->subject = jwt->sub;
    found->client = jwt->client_id;
    found->scope = jwt->scope;
    const enum dw_reason reason =
        dw_jwt_judge(jwt, &trial->policy->trust[found->issuer], trial->policy->leeway,
                     trial->request->now, DW_REASON_NONE);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (answers->is_revoked != NULL && answers->is_revoked(answers->context, jwt)) {
        return DW_TOKEN_REVOKED;
    }
    return DW_REASON_NONE;
}

static enum dw_reason authenticate_token(struct trial *trial, struct dw_span token)
{
    const struct cache_key name = {trial->policy, token};
    struct dw_cache *cache = trial->answers->cache;
    struct dw_decision *found = trial->found;
    struct dw_jwt fresh;

    found->token = token;
    const struct dw_jwt *jwt =
        cache == NULL ? NULL : cache_find(cache, &name, trial->answers->issuers, &found->issuer);
    if (jwt != NULL) {
        found->cached = true;
        found->iss = jwt->iss;
        found->kid = jwt->kid;
        return judge_token(trial, jwt);
    }
    const enum dw_reason reason = verify_token(trial, &name, &fresh);
    return reason != DW_REASON_NONE ? reason : judge_token(trial, &fresh);
}

/* -- Who is calling -------------------------------------------------------------------------------- */

static bool all_accept(const struct demands *demands, enum dw_scheme scheme)
{
    for (size_t i = 0; i < demands->n; i++) {
        const struct dw_route *route = demands->routes[i];
        if ((route == NULL || !route->anyone) && !route_accepts(route, scheme)) {
            return false;
        }
    }
    return true;
}

/* The one Authorization field, or why there is not one. */
static enum dw_reason find_authorization(const struct dw_request *request, struct dw_span *value)
{
    const struct dw_field *authorization = NULL;

    for (size_t i = 0; i < request->n_fields; i++) {
        if (!dw_span_equal_nocase(request->fields[i].name, DW_SPAN("Authorization"))) {
            continue;
        }
        if (authorization != NULL) {
            return DW_HEADER_MULTIPLE;
        }
        authorization = &request->fields[i];
    }
    if (authorization == NULL) {
        return DW_HEADER_MISSING;
    }
    *value = authorization->value;
    return DW_REASON_NONE;
}

static enum dw_reason authenticate(struct trial *trial)
{
    struct dw_span value, token;

    enum dw_reason reason = find_authorization(trial->request, &value);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    reason = dw_bearer_parse(value, &token);
    if (reason == DW_SCHEME_UNSUPPORTED || !all_accept(&trial->demands, DW_SCHEME_BEARER)) {
        return DW_SCHEME_UNSUPPORTED;
    }
    trial->found->scheme = DW_SCHEME_BEARER;
    return reason != DW_REASON_NONE ? reason : authenticate_token(trial, token);
}

/* -- May they do this ------------------------------------------------------------------------------ */

static enum dw_reason authorise(struct trial *trial)
{
    for (size_t i = 0; i < trial->demands.n; i++) {
        const struct dw_route *route = trial->demands.routes[i];
        if (!scope_suffices(trial->found->scope, route, trial->request->scope)) {
            trial->found->route = route;
            return DW_SCOPE_INSUFFICIENT;
        }
    }
    return DW_ALLOWED_TOKEN;
}

/* The rule that asks for credentials: with several readings of a path, any one that does. */
static bool is_open(struct trial *trial)
{
    for (size_t i = 0; i < trial->demands.n; i++) {
        const struct dw_route *route = trial->demands.routes[i];
        if (route == NULL || !route->anyone) {
            trial->found->route = route;
            return false;
        }
    }
    trial->found->route = trial->demands.routes[0];
    return trial->request->scope.len == 0;
}

/* First the route, then who is calling, and only then what they may do: a 401 before a 403. */
static enum dw_reason judge(struct trial *trial)
{
    char *scratch = (char *)trial->work->bytes;

    if (!policy_route(trial->policy, trial->request, scratch, &trial->demands)) {
        return DW_REQUEST_PATH;
    }
    if (is_open(trial)) {
        return DW_ALLOWED_ANYONE;
    }
    const enum dw_reason reason = authenticate(trial);
    return reason != DW_REASON_NONE ? reason : authorise(trial);
}

static enum dw_verdict verdict_of(enum dw_reason reason)
{
    switch (dw_reason_text(reason)->status) {
    case 200:
        return DW_ALLOW;
    case 0:
        return reason == DW_REASON_NONE ? DW_DENY : DW_ASK;
    default:
        return DW_DENY;
    }
}

void dw_decide(const struct dw_policy *policy, const struct dw_answers *answers,
               const struct dw_request *request, struct dw_work *work, struct dw_decision *decision)
{
    struct trial trial = {.policy = policy,
                          .answers = answers,
                          .request = request,
                          .work = work,
                          .found = decision};

    *decision = (struct dw_decision){.verdict = DW_DENY, .reason = DW_GUARD_FAILED};
    decision->reason = judge(&trial);
    decision->verdict = verdict_of(decision->reason);
}
