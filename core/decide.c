/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#define NOTED 256 /* bytes of a route's scopes that are noted: an operator reads them, no program */

/*
 * The product: who may pass. Read from the bottom up: judge() is the whole order of things. How each
 * scheme finds out who is calling is in the file of its name.
 */

/* -- Who is calling: the Authorization field ---------------------------------------------------------- */

static enum dw_reason authenticate_apikey(struct trial *trial, struct dw_span value)
{
    struct dw_span key, other;

    /* `Api-Key` is what everybody writes; `ApiKey` is what everybody else writes. */
    const char *name = span_starts_nocase(value, "Api-Key") ? "Api-Key" : "ApiKey";
    if (span_starts_nocase(value, "Bearer")) {
        name = "Bearer";
    }
    const enum dw_reason reason = auth_token68(value, name, &key);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (apikey_find(trial, &other) != DW_HEADER_MISSING) {
        return DW_HEADER_METHODS;
    }
    return apikey_authenticate(trial, key);
}

static const struct named {
    const char *name;
    enum dw_scheme scheme;
    enum dw_reason (*authenticate)(struct trial *trial, struct dw_span value);
} NAMED[] = {
    {"Bearer", DW_SCHEME_BEARER, bearer_authenticate},
    {"DPoP", DW_SCHEME_DPOP, dpop_authenticate},
    {"Basic", DW_SCHEME_BASIC, basic_authenticate},
    {"Digest", DW_SCHEME_DIGEST, digest_authenticate},
    {"Api-Key", DW_SCHEME_APIKEY, authenticate_apikey},
    {"ApiKey", DW_SCHEME_APIKEY, authenticate_apikey},
};

/* A key may also come as a Bearer token: many clients can send nothing else. */
static bool is_key_as_bearer(const struct trial *trial, struct dw_span value)
{
    const size_t start = skip_spaces(value, sizeof("Bearer") - 1);
    struct dw_span token;

    return apikey_is_one(trial->policy, span_from(value, start)) &&
           trial_accepts(trial, DW_SCHEME_APIKEY) &&
           dw_bearer_parse(value, &token) == DW_REASON_NONE;
}

static const struct named *find_named(const struct trial *trial, struct dw_span value)
{
    static const struct named KEY = {"Bearer", DW_SCHEME_APIKEY, authenticate_apikey};

    for (size_t i = 0; i < sizeof(NAMED) / sizeof(NAMED[0]); i++) {
        if (!span_starts_nocase(value, NAMED[i].name)) {
            continue;
        }
        return NAMED[i].scheme == DW_SCHEME_BEARER && is_key_as_bearer(trial, value) ? &KEY
                                                                                     : &NAMED[i];
    }
    return NULL;
}

static enum dw_reason by_authorization(struct trial *trial, struct dw_span value)
{
    struct dw_span token;

    value = span_from(value, skip_spaces(value, 0));
    const struct named *named = find_named(trial, value);
    if (named == NULL) {
        /* Says what kind of nothing it is; it can be no Bearer token. */
        return dw_bearer_parse(value, &token);
    }
    if (!trial_accepts(trial, named->scheme)) {
        return DW_SCHEME_UNSUPPORTED;
    }
    trial->found->scheme = named->scheme;
    return named->authenticate(trial, value);
}

/* -- Who is calling: everywhere else ------------------------------------------------------------------- */

/* The strongest first. What is present and bad is answered as bad: nobody falls through to less. */
static const struct place {
    enum dw_scheme scheme;
    enum dw_reason (*find)(struct trial *trial, struct dw_span *value);
    enum dw_reason (*authenticate)(struct trial *trial, struct dw_span value);
} PLACES[] = {
    {DW_SCHEME_APIKEY, apikey_find, apikey_authenticate},
    {DW_SCHEME_CERTIFICATE, certificate_find, certificate_authenticate},
    {DW_SCHEME_COOKIE, cookie_find, cookie_authenticate},
};

static enum dw_reason by_place(struct trial *trial)
{
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        struct dw_span value;
        if (!trial_accepts(trial, PLACES[i].scheme)) {
            continue;
        }
        const enum dw_reason reason = PLACES[i].find(trial, &value);
        if (reason != DW_HEADER_MISSING) {
            trial->found->scheme = PLACES[i].scheme;
            return reason != DW_REASON_NONE ? reason : PLACES[i].authenticate(trial, value);
        }
    }
    return apikey_is_misplaced(trial) ? DW_HEADER_LOCATION : DW_HEADER_MISSING;
}

static enum dw_reason authenticate(struct trial *trial)
{
    struct dw_span value;

    switch (request_field(trial->request, DW_SPAN("Authorization"), &value)) {
    case 0:
        return by_place(trial);
    case 1:
        return by_authorization(trial, value);
    default:
        return DW_HEADER_MULTIPLE;
    }
}

/* -- May they do this ------------------------------------------------------------------------------ */

/* As the challenge names them: of alternatives the first. */
static void note_scope(struct trial *trial, const struct dw_route *route)
{
    char *at = trial_take(trial, NOTED);
    struct text text;

    if (at == NULL) {
        return;
    }
    text_init(&text, at, NOTED);
    text_add(&text, trial->request->scope);
    if (route != NULL) {
        list_put(&text, &route->scope, DW_LIST_MAX);
        list_put(&text, &route->scope_any, 1);
    }
    trial_note(trial, text_span(&text), trial->found->scope);
}

static enum dw_reason authorise(struct trial *trial)
{
    const enum dw_reason reason = require_check(trial);

    if (reason != DW_REASON_NONE) {
        return reason;
    }
    for (size_t i = 0; i < trial->demands.n; i++) {
        const struct dw_route *route = trial->demands.routes[i];
        if (!scope_suffices(trial->found->scope, route, trial->request->scope)) {
            trial->found->route = route;
            note_scope(trial, route);
            return DW_SCOPE_INSUFFICIENT;
        }
    }
    return DW_REASON_NONE;
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

/* A browser asks, without credentials, whether a script may send a request of another method (Fetch
 * standard, CORS-preflight request): the rules are those of the request it asks about. */
static bool is_preflight(const struct trial *trial, char *scratch)
{
    struct dw_request asked;
    struct demands demands;

    if (!request_is_preflight(trial->request)) {
        return false;
    }
    asked = *trial->request;
    (void)request_field(trial->request, DW_SPAN("Access-Control-Request-Method"), &asked.method);
    if (!policy_route(trial->policy, &asked, scratch, &demands)) {
        return false;
    }
    for (size_t i = 0; i < demands.n; i++) {
        const struct dw_route *route = demands.routes[i];
        if (route == NULL || !cors_allows(&route->cors, trial->request)) {
            return false;
        }
    }
    return true;
}

/* First the route, then who is calling, and only then what they may do: a 401 before a 403. */
static enum dw_reason judge(struct trial *trial)
{
    static const enum dw_reason ALLOWED[DW_SCHEMES_END] = {
        [DW_SCHEME_BEARER] = DW_ALLOWED_TOKEN,
        [DW_SCHEME_DPOP] = DW_ALLOWED_TOKEN,
        [DW_SCHEME_BASIC] = DW_ALLOWED_PASSWORD,
        [DW_SCHEME_DIGEST] = DW_ALLOWED_PASSWORD,
        [DW_SCHEME_APIKEY] = DW_ALLOWED_APIKEY,
        [DW_SCHEME_COOKIE] = DW_ALLOWED_SESSION,
        [DW_SCHEME_CERTIFICATE] = DW_ALLOWED_CERTIFICATE,
    };
    char *scratch = (char *)trial->work->bytes;

    if (!policy_route(trial->policy, trial->request, scratch, &trial->demands)) {
        return DW_REQUEST_PATH;
    }
    if (is_open(trial)) {
        return DW_ALLOWED_ANYONE;
    }
    if (is_preflight(trial, scratch)) {
        return DW_ALLOWED_PREFLIGHT;
    }
    enum dw_reason reason = authenticate(trial);
    if (reason == DW_REASON_NONE) {
        reason = authorise(trial);
    }
    return reason != DW_REASON_NONE ? reason : ALLOWED[trial->found->scheme];
}

/* -- The verdict ----------------------------------------------------------------------------------- */

/* What the challenges of a 401 need that only a decision knows. */
static void make_nonces(struct trial *trial)
{
    if (route_accepts(trial->found->route, DW_SCHEME_DIGEST)) {
        digest_make_nonce(trial);
    }
    if (route_accepts(trial->found->route, DW_SCHEME_DPOP)) {
        dpop_make_nonce(trial);
    }
}

void dw_decide(const struct dw_policy *policy, const struct dw_answers *answers,
               const struct dw_request *request, struct dw_work *work, struct dw_decision *decision)
{
    struct trial trial;

    trial_begin(&trial);
    trial.policy = policy;
    trial.answers = answers;
    trial.request = request;
    trial.work = work;
    trial.found = decision;
    *decision = (struct dw_decision){.verdict = DW_DENY, .reason = DW_GUARD_FAILED};
    decision->reason = judge(&trial);
    switch (dw_reason_text(decision->reason)->status) {
    case 200:
        decision->verdict = DW_ALLOW;
        break;
    case 0:
        decision->verdict = DW_ASK;
        break;
    case 401:
        make_nonces(&trial);
        break;
    default:
        break;
    }
}
