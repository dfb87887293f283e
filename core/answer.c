/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#include <string.h>

int answer_add(struct answer *answer, const char *name, struct dw_span value)
{
    struct dw_denial *denial = answer->denial;

    if (denial->n_fields == DW_DENIAL_FIELDS || answer->text->overflow) {
        return DW_ERR_SIZE;
    }
    denial->fields[denial->n_fields++] = (struct dw_field){dw_span_of(name), value};
    return 0;
}

int answer_challenge(struct answer *answer, const struct dw_challenge *challenge)
{
    struct text *text = answer->text;
    char *at = text->at + text->len;
    size_t len = 0;

    const int error = dw_challenge_write(challenge, at, text->size - text->len, &len);
    if (error != 0) {
        return error;
    }
    text->len += len;
    return answer_add(answer, "WWW-Authenticate", (struct dw_span){at, len});
}

void challenge_put(struct dw_challenge *challenge, const char *name, struct dw_span value)
{
    if (value.len > 0) {
        challenge->params[challenge->n_params++] =
            (struct dw_param){.name = dw_span_of(name), .value = value, .quoted = true};
    }
}

struct dw_span answer_realm(const struct answer *answer)
{
    if (answer->request->realm.len > 0) {
        return answer->request->realm;
    }
    return answer->policy->realm == NULL ? DW_SPAN("api") : dw_span_of(answer->policy->realm);
}

bool answer_accepts(const struct answer *answer, enum dw_scheme scheme)
{
    return route_accepts(answer->decision->route, scheme);
}

/* RFC 6750 s3.1: a request without credentials is told what to send, not what is wrong with it. */
bool answer_has_error(const struct answer *answer, enum dw_scheme scheme)
{
    const enum dw_scheme used = answer->decision->scheme;

    if (answer->reason->error[0] == '\0') {
        return false;
    }
    if (used != DW_SCHEME_NONE) {
        return scheme == used;
    }
    return scheme == (answer_accepts(answer, DW_SCHEME_BEARER) ? DW_SCHEME_BEARER : DW_SCHEME_DPOP);
}

void answer_common(const struct answer *answer, struct dw_challenge *challenge, bool with_error)
{
    const char *error = with_error ? answer->reason->error : "";

    challenge_put(challenge, "realm", answer_realm(answer));
    if (with_error) {
        challenge_put(challenge, "error", dw_span_of(error));
        challenge_put(challenge, "error_description", dw_span_of(answer->reason->public_text));
    }
    if (!with_error || strcmp(error, "insufficient_scope") == 0) {
        challenge_put(challenge, "scope", answer->scope);
    }
    if (strcmp(error, "insufficient_user_authentication") == 0) {
        challenge_put(challenge, "acr_values", answer->acr);
        challenge_put(challenge, "max_age", answer->max_age);
    }
    challenge_put(challenge, "resource_metadata", dw_span_of(answer->policy->resource.metadata));
}
