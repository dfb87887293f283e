/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#define VALUE_MAX \
    1024 /* bytes of a demand's value with its names written out; longer ones hold nowhere */

static bool list_has(const struct dw_list *list, struct dw_span item)
{
    for (size_t i = 0; i < list->n; i++) {
        if (dw_span_equal(dw_span_of(list->items[i]), item)) {
            return true;
        }
    }
    return false;
}

static struct dw_span first_of(const struct dw_list *list)
{
    return dw_span_of(list->items[0]);
}

/* Tokens are made for somebody; a password, a key of ours, a session or a certificate is not. */
static enum dw_reason check_audience(struct trial *trial, size_t rule)
{
    const struct dw_list *audience = &trial->demands.routes[rule]->audience;
    const enum dw_scheme scheme = trial->found->scheme;
    const struct dw_jwt *who = &trial->who;

    if (audience->n == 0 || (scheme != DW_SCHEME_BEARER && scheme != DW_SCHEME_DPOP)) {
        return DW_REASON_NONE;
    }
    for (size_t i = 0; i < who->n_aud; i++) {
        if (list_has(audience, who->aud[i])) {
            return DW_REASON_NONE;
        }
    }
    trial_note(trial, first_of(audience), who->n_aud == 0 ? SPAN_NONE : who->aud[0]);
    return who->n_aud == 0 ? DW_TOKEN_AUD_MISSING : DW_TOKEN_AUD;
}

static enum dw_reason check_acr(struct trial *trial, size_t rule)
{
    const struct dw_list *acr = &trial->demands.routes[rule]->acr;

    if (acr->n == 0 || (trial->who.acr.at != NULL && list_has(acr, trial->who.acr))) {
        return DW_REASON_NONE;
    }
    trial_note(trial, first_of(acr), trial->who.acr);
    return DW_STEPUP_ACR;
}

static enum dw_reason check_age(struct trial *trial, size_t rule)
{
    const int max_age = trial->demands.routes[rule]->max_age;
    const int64_t oldest = trial->request->now - max_age;
    const struct dw_jwt *who = &trial->who;

    if (max_age == 0) {
        return DW_REASON_NONE;
    }
    if (!who->has_auth_time) {
        trial_note(trial, DW_SPAN("auth_time"), SPAN_NONE);
        return DW_STEPUP_AGE;
    }
    if (who->auth_time < oldest - trial->policy->leeway) {
        trial_note_times(trial, oldest, who->auth_time);
        return DW_STEPUP_AGE;
    }
    return DW_REASON_NONE;
}

/* -- Claims ---------------------------------------------------------------------------------------- */

/* What a route's demands are compared with, and where what they are compared with is written. */
struct comparison {
    const struct dw_route *route;
    struct dw_span path; /* in one of its readings */
    struct json claims;
    char *value; /* VALUE_MAX bytes */
};

static bool write_value(const struct comparison *comparison, const struct dw_demand *demand,
                        struct dw_span *value)
{
    struct dw_span rest = dw_span_of(demand->value);
    struct dw_span piece;
    struct text text;
    bool is_name;

    text_init(&text, comparison->value, VALUE_MAX);
    while (demand_piece(&rest, &piece, &is_name)) {
        if (is_name) {
            piece = route_segment(comparison->route, comparison->path, piece);
        }
        if (piece.len == 0) {
            return false;
        }
        text_add(&text, piece);
    }
    *value = text_span(&text);
    return rest.len == 0 && !text.overflow;
}

/* A string's bytes; a number or truth value as it is written; absent for all else. */
static struct dw_span scalar_of(const struct json *json, const struct json_node *node)
{
    switch (node == NULL ? JSON_NULL : node->type) {
    case JSON_STRING:
    case JSON_NUMBER:
    case JSON_TRUE:
    case JSON_FALSE:
        return (struct dw_span){json->text + node->at, node->len};
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
    default:
        return SPAN_NONE;
    }
}

static bool is_or_holds(const struct json *json, const struct json_node *claim,
                        struct dw_span value)
{
    if (claim == NULL || claim->type != JSON_ARRAY) {
        const struct dw_span scalar = scalar_of(json, claim);
        return scalar.at != NULL && dw_span_equal(scalar, value);
    }
    for (const struct json_node *item = json_first(claim); item != NULL;
         item = json_next(claim, item)) {
        if (item->type == JSON_STRING && dw_span_equal(json_string(json, item), value)) {
            return true;
        }
    }
    return false;
}

static enum dw_reason compare_claims(struct trial *trial, const struct comparison *comparison)
{
    const struct json *json = &comparison->claims;

    for (size_t i = 0; i < comparison->route->n_require; i++) {
        const struct dw_demand *demand = &comparison->route->require[i];
        const struct json_node *claim = json_member(json, json_root(json), demand->claim);
        struct dw_span value = SPAN_NONE;
        if (!write_value(comparison, demand, &value) || !is_or_holds(json, claim, value)) {
            trial_note(trial, value, scalar_of(json, claim));
            return DW_CLAIM_MISMATCH;
        }
    }
    return DW_REASON_NONE;
}

/* Whoever reads the path in another way must find the same tenant in it. */
static enum dw_reason check_claims(struct trial *trial, size_t rule)
{
    const struct demands *demands = &trial->demands;
    struct comparison comparison = {.route = demands->routes[rule]};
    const size_t spare = trial->spare;

    if (comparison.route->n_require == 0) {
        return DW_REASON_NONE;
    }
    char *path = trial_take(trial, DW_PATH_MAX + VALUE_MAX);
    if (path == NULL) {
        return DW_GUARD_FAILED;
    }
    comparison.value = path + DW_PATH_MAX;
    enum dw_reason reason = claims_open(trial, &comparison.claims);
    for (unsigned i = 0; reason == DW_REASON_NONE && i < demands->path.n_readings; i++) {
        if ((demands->readings[rule] & (UINT64_C(1) << i)) == 0) {
            continue;
        }
        reason = path_read(&demands->path, i, path, &comparison.path)
                     ? compare_claims(trial, &comparison)
                     : DW_REQUEST_PATH;
    }
    trial->spare = reason == DW_REASON_NONE ? spare : trial->spare;
    return reason;
}

/* -- All of it ------------------------------------------------------------------------------------- */

static enum dw_reason check_each(struct trial *trial,
                                 enum dw_reason (*check)(struct trial *trial, size_t rule))
{
    for (size_t rule = 0; rule < trial->demands.n; rule++) {
        const struct dw_route *route = trial->demands.routes[rule];
        const enum dw_reason reason =
            route == NULL || route->anyone ? DW_REASON_NONE : check(trial, rule);
        if (reason != DW_REASON_NONE) {
            trial->found->route = route;
            return reason;
        }
    }
    return DW_REASON_NONE;
}

/* In the order in which other credentials help: another token, a better sign-in, another account. */
static enum dw_reason (*const CHECKS[])(struct trial *trial, size_t rule) = {
    check_audience, check_acr, check_age, check_claims};

enum dw_reason require_check(struct trial *trial)
{
    enum dw_reason reason = DW_REASON_NONE;

    for (size_t i = 0; reason == DW_REASON_NONE && i < sizeof(CHECKS) / sizeof(CHECKS[0]); i++) {
        reason = check_each(trial, CHECKS[i]);
    }
    return reason;
}
