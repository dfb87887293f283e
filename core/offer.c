/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#include <string.h>

/* -- What would do, written out -------------------------------------------------------------------- */

struct wanted {
    char scope[2 * DW_SCOPE_MAX + 1], acr[DW_SCOPE_MAX], max_age[12];
};

void list_put(struct text *text, const struct dw_list *list, size_t most)
{
    for (size_t i = 0; i < list->n && i < most; i++) {
        if (text->len > 0) {
            text_char(text, ' ');
        }
        text_put(text, list->items[i]);
    }
}

/* All the scopes a route and the place ask for, and the first of the route's alternatives. */
static int write_wanted(struct answer *answer, struct wanted *wanted)
{
    const struct dw_route *route = answer->decision->route;
    struct text scope, acr, max_age;

    text_init(&scope, wanted->scope, sizeof(wanted->scope));
    text_init(&acr, wanted->acr, sizeof(wanted->acr));
    text_init(&max_age, wanted->max_age, sizeof(wanted->max_age));
    text_add(&scope, answer->request->scope);
    if (route != NULL) {
        list_put(&scope, &route->scope, DW_LIST_MAX);
        list_put(&scope, &route->scope_any, 1);
        list_put(&acr, &route->acr, DW_LIST_MAX);
    }
    if (route != NULL && route->max_age > 0) {
        text_number(&max_age, route->max_age);
    }
    answer->scope = text_span(&scope);
    answer->acr = text_span(&acr);
    answer->max_age = text_span(&max_age);
    return scope.overflow || acr.overflow ? DW_ERR_SIZE : 0;
}

/* -- The challenges (RFC 9110 s11.6.1) ------------------------------------------------------------- */

static int (*const CHALLENGES[DW_SCHEMES_END])(struct answer *answer) = {
    [DW_SCHEME_BEARER] = bearer_challenge, [DW_SCHEME_BASIC] = basic_challenge,
    [DW_SCHEME_DIGEST] = digest_challenge, [DW_SCHEME_APIKEY] = apikey_challenge,
    [DW_SCHEME_COOKIE] = cookie_challenge, [DW_SCHEME_CERTIFICATE] = certificate_challenge,
    [DW_SCHEME_DPOP] = dpop_challenge,
};

/* A browser meets Basic and Digest with a dialog of its own, over the page whose script is calling or in
 * place of the page that has a form. */
static bool is_unwanted(const struct answer *answer, enum dw_scheme scheme)
{
    if (scheme != DW_SCHEME_BASIC && scheme != DW_SCHEME_DIGEST) {
        return false;
    }
    return request_is_script(answer->request) ||
           (request_is_navigation(answer->request) && answer_accepts(answer, DW_SCHEME_COOKIE));
}

/* A 401 must hold a challenge (RFC 9110 s15.5.2): one no browser knows opens no dialog. */
static int write_placeholder(struct answer *answer)
{
    struct dw_challenge challenge = {.scheme = DW_SPAN("X-Basic")};

    challenge_put(&challenge, "realm", answer_realm(answer));
    return answer_challenge(answer, &challenge);
}

static int write_offers(struct answer *answer)
{
    const struct dw_route *route = answer->decision->route;
    const size_t before = answer->denial->n_fields;
    enum dw_scheme scheme = route_offers(route, 0);

    for (size_t at = 1; scheme != DW_SCHEME_NONE; scheme = route_offers(route, at++)) {
        const int error = is_unwanted(answer, scheme) ? 0 : CHALLENGES[scheme](answer);
        if (error != 0) {
            return error;
        }
    }
    return answer->denial->n_fields > before ? 0 : write_placeholder(answer);
}

static int write_due(struct answer *answer)
{
    struct wanted wanted;

    const int error = write_wanted(answer, &wanted);
    if (error != 0) {
        return error;
    }
    return answer->reason->status == 401 ? write_offers(answer)
                                         : CHALLENGES[answer->decision->scheme](answer);
}

/* Only where other credentials could help: not on 429 or 503, and not on a path that cannot be read.
 * On a 403 that is a token with more scope (RFC 6750 s3.1). */
int answer_challenges(struct answer *answer)
{
    const enum dw_scheme scheme = answer->decision->scheme;

    if (answer->reason->status == 401) {
        return write_due(answer);
    }
    if (strcmp(answer->reason->error, "insufficient_scope") == 0 &&
        (scheme == DW_SCHEME_BEARER || scheme == DW_SCHEME_DPOP)) {
        return write_due(answer);
    }
    return 0;
}
