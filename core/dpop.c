/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#define WINDOW 60      /* seconds a proof may be old */
#define NONCE_LIFE 300 /* seconds */
#define PURPOSE "dpop" /* of its nonces: nonce.c */
#define HASH_LEN DW_BASE64URL_SIZE(HASH_SIZE)

/* What a proof may be signed with: the order is that of the challenge. */
static const enum dw_alg ALGORITHMS[] = {
    DW_ALG_ES256, DW_ALG_ES384, DW_ALG_ES512, DW_ALG_EdDSA, DW_ALG_PS256,
    DW_ALG_PS384, DW_ALG_PS512, DW_ALG_RS256, DW_ALG_RS384, DW_ALG_RS512,
};

static unsigned find_algorithms(const struct dw_policy *policy)
{
    const unsigned chosen = policy->schemes.dpop.algorithms;
    unsigned all = 0;

    for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); i++) {
        all |= DW_ALG_BIT(ALGORITHMS[i]);
    }
    return chosen != 0 ? chosen & all : all;
}

static int64_t window_of(const struct dw_policy *policy)
{
    return policy->schemes.dpop.window != 0 ? policy->schemes.dpop.window : WINDOW;
}

/* -- Nonces (RFC 9449 s9) ------------------------------------------------------------------------ */

static void make_nonce(struct trial *trial)
{
    char *nonce = trial_take(trial, NONCE_CHARS);

    if (nonce != NULL) {
        nonce_write(trial->answers->secret, PURPOSE, trial->request->now, nonce);
        trial->found->dpop_nonce = (struct dw_span){nonce, NONCE_CHARS};
    }
}

void dpop_make_nonce(struct trial *trial)
{
    if (trial->policy->schemes.dpop.nonce && trial->answers->secret != NULL &&
        trial->found->dpop_nonce.at == NULL) {
        make_nonce(trial);
    }
}

/* Whether it is ours, and how old it is. */
static bool read_nonce(const struct trial *trial, struct dw_span nonce, int64_t *age)
{
    int64_t made;

    return nonce_read(trial->answers->secret, PURPOSE, nonce, &made) &&
           !__builtin_sub_overflow(trial->request->now, made, age);
}

/* -- What a proof must say (RFC 9449 s4.3) ------------------------------------------------------- */

static enum dw_reason check_method(struct trial *trial, const struct dpop_proof *proof)
{
    if (!dw_span_equal(proof->htm, trial->request->method)) {
        trial_note(trial, trial->request->method, proof->htm);
        return DW_DPOP_HTM;
    }
    return DW_REASON_NONE;
}

/* In one spelling, which is longer than the other by one slash at most. */
static struct dw_span write_address(struct trial *trial, struct dw_span origin, struct dw_span path)
{
    const size_t size = origin.len + path.len + 1;
    char *at = trial_take(trial, size);
    struct text text;

    if (at == NULL) {
        return SPAN_NONE;
    }
    text_init(&text, at, size);
    uri_put(&text, origin, path);
    return text_span(&text);
}

static struct dw_span write_own_address(struct trial *trial)
{
    char buffer[512];
    const struct dw_span origin = request_origin(trial->policy, trial->request, buffer);
    struct path path;

    return origin.at != NULL && path_find(trial->request->target, &path)
               ? write_address(trial, origin, path.raw)
               : SPAN_NONE;
}

static enum dw_reason check_address(struct trial *trial, const struct dpop_proof *proof)
{
    const struct dw_span wanted = write_own_address(trial);
    struct dw_span origin, path;
    struct dw_span seen = SPAN_NONE;

    if (uri_split(proof->htu, &origin, &path)) {
        seen = write_address(trial, origin, path);
    }
    if (wanted.at == NULL || seen.at == NULL || !dw_span_equal(wanted, seen)) {
        trial_note(trial, wanted, proof->htu);
        return DW_DPOP_HTU;
    }
    return DW_REASON_NONE;
}

static enum dw_reason check_time(struct trial *trial, const struct dpop_proof *proof)
{
    const int64_t leeway = trial->policy->leeway;
    int64_t age;

    if (__builtin_sub_overflow(trial->request->now, proof->iat, &age) || age < -leeway ||
        age > window_of(trial->policy) + leeway) {
        trial_note_times(trial, trial->request->now, proof->iat);
        return DW_DPOP_IAT;
    }
    return DW_REASON_NONE;
}

/* One that was not asked for must be ours all the same (s4.3, check 10). A new one is sent along before
 * the old one ends, so that no request is lost to it (s8.2). */
static enum dw_reason check_nonce(struct trial *trial, const struct dpop_proof *proof)
{
    const bool is_demanded = trial->policy->schemes.dpop.nonce;
    int64_t age = 0;

    if (trial->answers->secret == NULL) {
        return is_demanded ? DW_GUARD_FAILED : DW_REASON_NONE;
    }
    if (proof->nonce.at == NULL) {
        return is_demanded ? DW_DPOP_NONCE : DW_REASON_NONE;
    }
    const bool is_good = read_nonce(trial, proof->nonce, &age) && age <= NONCE_LIFE &&
                         age >= -(int64_t)trial->policy->leeway;
    if (!is_good || age > NONCE_LIFE / 2) {
        make_nonce(trial);
    }
    return is_good ? DW_REASON_NONE : DW_DPOP_NONCE;
}

static enum dw_reason check_token(struct trial *trial, const struct dpop_proof *proof)
{
    uint8_t hash[HASH_SIZE];
    size_t len = 0;

    (void)hash_join(DW_DIGEST_SHA256, '\0', &trial->found->token, 1, hash);
    char *ath = trial_take(trial, HASH_LEN);
    if (ath == NULL || dw_base64url_write(hash, sizeof(hash), ath, HASH_LEN, &len) != 0) {
        return DW_GUARD_FAILED;
    }
    if (!dw_secret_equal(proof->ath, (struct dw_span){ath, len})) {
        trial_note(trial, (struct dw_span){ath, len}, proof->ath);
        return DW_DPOP_ATH;
    }
    return DW_REASON_NONE;
}

static enum dw_reason check_key(struct trial *trial, const struct dpop_proof *proof)
{
    if (!dw_secret_equal(proof->jkt, trial->who.jkt)) {
        trial_note(trial, trial->who.jkt, proof->jkt);
        return DW_DPOP_KEY;
    }
    return DW_REASON_NONE;
}

static enum dw_reason check_certificate(struct trial *trial, const struct dpop_proof *proof)
{
    (void)proof;
    return trial->who.x5t.at == NULL ? DW_REASON_NONE : certificate_is_bound(trial, trial->who.x5t);
}

/* Last, as it uses the proof up. */
static enum dw_reason check_replay(struct trial *trial, const struct dpop_proof *proof)
{
    const struct dw_answers *answers = trial->answers;
    const struct dw_span parts[] = {DW_SPAN("dpop"), proof->jkt, proof->jti};
    uint8_t name[DW_FACT_NAME];

    if (answers->use == NULL) {
        return DW_REASON_NONE;
    }
    (void)hash_join(DW_DIGEST_SHA256, '\0', parts, sizeof(parts) / sizeof(parts[0]), name);
    return answers->use(answers->context, name,
                        proof->iat + window_of(trial->policy) + trial->policy->leeway + 1);
}

/* The order in which they are found. */
static enum dw_reason (*const CHECKS[])(struct trial *trial, const struct dpop_proof *proof) = {
    check_method, check_address, check_time,        check_nonce,
    check_token,  check_key,     check_certificate, check_replay,
};

static enum dw_reason judge_proof(struct trial *trial, struct dw_span field)
{
    struct dpop_proof proof;
    enum dw_reason reason = dpop_proof_read(span_trim(field), find_algorithms(trial->policy),
                                            trial->work->bytes + WORK_CLAIMS, &proof);

    for (size_t i = 0; reason == DW_REASON_NONE && i < sizeof(CHECKS) / sizeof(CHECKS[0]); i++) {
        reason = CHECKS[i](trial, &proof);
    }
    return reason;
}

/* -- The scheme (RFC 9449 s7.1) ------------------------------------------------------------------ */

enum dw_reason dpop_authenticate(struct trial *trial, struct dw_span value)
{
    struct dw_span token, other, field;

    enum dw_reason reason = auth_token68(value, "DPoP", &token);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    if (request_parameter(trial->request, DW_SPAN("access_token"), &other) > 0) {
        return DW_HEADER_METHODS;
    }
    const size_t n = request_field(trial->request, DW_SPAN("DPoP"), &field);
    if (n != 1) {
        return n == 0 ? DW_DPOP_PROOF_MISSING : DW_DPOP_PROOF_MULTIPLE;
    }
    reason = token_authenticate(trial, token);
    if (reason != DW_REASON_NONE) {
        return reason;
    }
    return trial->who.jkt.at == NULL ? DW_DPOP_UNBOUND : judge_proof(trial, field);
}

static void put_algorithms(struct text *text, unsigned algorithms)
{
    for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); i++) {
        if ((algorithms & DW_ALG_BIT(ALGORITHMS[i])) == 0) {
            continue;
        }
        text_put(text, text->len > 0 ? " " : "");
        text_put(text, dw_alg_name(ALGORITHMS[i]));
        text_put(text, ALGORITHMS[i] == DW_ALG_EdDSA ? " Ed25519" : ""); /* RFC 9864 */
    }
}

int dpop_challenge(struct answer *answer)
{
    struct dw_challenge challenge = {.scheme = DW_SPAN("DPoP")};
    char buffer[8 * (sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]) + 1)];
    struct text algs;

    text_init(&algs, buffer, sizeof(buffer));
    put_algorithms(&algs, find_algorithms(answer->policy));
    answer_common(answer, &challenge, answer_has_error(answer, DW_SCHEME_DPOP));
    challenge_put(&challenge, "algs", text_span(&algs));
    return answer_challenge(answer, &challenge);
}
