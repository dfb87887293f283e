/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

struct dw_span digest_realm(const struct dw_policy *policy)
{
    return policy->realm == NULL ? DW_SPAN("api") : dw_span_of(policy->realm);
}

bool digest_offers(const struct dw_policy *policy, enum dw_digest algorithm)
{
    const unsigned set = policy->schemes.digest.algorithms;

    return algorithm < DW_DIGESTS_END &&
           (set == 0 ? algorithm != DW_DIGEST_MD5 : (set >> algorithm & 1) != 0);
}

/* -- Bodies, for auth-int -------------------------------------------------------------------------- */

/* The Content-Length, if it is one and within what the policy lets us read. */
static bool has_small_body(const struct dw_policy *policy, const struct dw_request *request,
                           size_t *size)
{
    const int most = policy->schemes.digest.auth_int;
    struct dw_span length;
    int64_t n = 0;

    if (request_field(request, DW_SPAN("Content-Length"), &length) != 1 || length.len == 0) {
        return false;
    }
    for (size_t i = 0; i < length.len; i++) {
        if (length.at[i] < '0' || length.at[i] > '9' || n > most) {
            return false;
        }
        n = 10 * n + (length.at[i] - '0');
    }
    *size = (size_t)n;
    return most > 0 && n <= most;
}

size_t dw_wants_body(const struct dw_policy *policy, const struct dw_request *request)
{
    const struct dw_param *qop;
    struct dw_challenge from;
    struct dw_span value;
    size_t size = 0;

    if (!has_small_body(policy, request, &size) ||
        request_field(request, DW_SPAN("Authorization"), &value) != 1 ||
        !span_starts_nocase(value, "Digest ") || dw_credentials_parse(value, &from, NULL) != 0) {
        return 0;
    }
    qop = dw_challenge_param(&from, "qop");
    return qop != NULL && dw_span_equal_nocase(qop->value, DW_SPAN("auth-int")) ? size : 0;
}

/* An empty body nobody has to have read. */
bool digest_find_body(const struct trial *trial, struct dw_span *body)
{
    size_t size = 0;

    if (trial->request->body.at != NULL) {
        *body = trial->request->body;
        return true;
    }
    if (!has_small_body(trial->policy, trial->request, &size) || size > 0) {
        return false;
    }
    *body = DW_SPAN("");
    return true;
}

/* -- The challenge --------------------------------------------------------------------------------- */

void digest_make_nonce(struct trial *trial)
{
    const uint8_t *secret = trial->answers->secret;

    char *text = secret == NULL ? NULL : trial_take(trial, NONCE_CHARS);
    if (text != NULL) {
        nonce_write(secret, DIGEST_NONCE, trial->request->now, text);
        trial->found->digest_nonce = (struct dw_span){text, NONCE_CHARS};
    }
}

static void put_token(struct dw_challenge *challenge, const char *name, struct dw_span value)
{
    challenge->params[challenge->n_params++] =
        (struct dw_param){.name = dw_span_of(name), .value = value, .quoted = false};
}

/* `algorithm` stands first: a client that reads all challenges as one list of parameters (Python's
 * Requests) then takes the first challenge's, not the last one's. */
static int write_challenge(struct answer *answer, enum dw_digest algorithm)
{
    struct dw_challenge challenge = {.scheme = DW_SPAN("Digest")};
    size_t size = 0;
    const bool integrity = has_small_body(answer->policy, answer->request, &size);

    put_token(&challenge, "algorithm", dw_span_of(dw_digest_name(algorithm)));
    challenge_put(&challenge, "realm", digest_realm(answer->policy));
    challenge_put(&challenge, "qop", integrity ? DW_SPAN("auth, auth-int") : DW_SPAN("auth"));
    challenge_put(&challenge, "nonce", answer->decision->digest_nonce);
    put_token(&challenge, "charset", DW_SPAN("UTF-8"));
    if (algorithm != DW_DIGEST_MD5) {
        put_token(&challenge, "userhash", DW_SPAN("true"));
    }
    if (answer->decision->reason == DW_DIGEST_STALE) {
        put_token(&challenge, "stale", DW_SPAN("true"));
    }
    return answer_challenge(answer, &challenge);
}

/* RFC 7616 s3.7 calls SHA-256 the one everybody has and SHA-512-256 its backup. It is first for those
 * who take the first: curl before 8.7 says SHA-512-256 and computes SHA-256. */
int digest_challenge(struct answer *answer)
{
    static const enum dw_digest ORDER[] = {DW_DIGEST_SHA256, DW_DIGEST_SHA512_256, DW_DIGEST_MD5};

    if (answer->decision->digest_nonce.at == NULL) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(ORDER) / sizeof(ORDER[0]); i++) {
        const int error =
            digest_offers(answer->policy, ORDER[i]) ? write_challenge(answer, ORDER[i]) : 0;
        if (error != 0) {
            return error;
        }
    }
    return 0;
}
