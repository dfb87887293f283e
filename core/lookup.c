/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

/* Of a fact's name: of both halves, one of which many have in common if it is a password's. */
#define MARK_AT   (DW_FACT_NAME / 4)
#define MARK_SIZE (DW_FACT_NAME / 2)

/* What is said of the credentials of each kind. */
static const struct kind {
    enum dw_reason ask, expired, revoked;
} KINDS[] = {
    [DW_FACT_NONE] = {DW_GUARD_FAILED, DW_GUARD_FAILED, DW_GUARD_FAILED},
    [DW_FACT_APIKEY] = {DW_ASK_APIKEY, DW_APIKEY_EXPIRED, DW_APIKEY_REVOKED},
    [DW_FACT_SESSION] = {DW_ASK_SESSION, DW_COOKIE_EXPIRED, DW_COOKIE_REVOKED},
    [DW_FACT_PASSWORD] = {DW_ASK_PASSWORD, DW_GUARD_BUSY, DW_REASON_NONE},
    [DW_FACT_DIGEST] = {DW_ASK_USER, DW_GUARD_BUSY, DW_REASON_NONE},
    [DW_FACT_TOKEN] = {DW_ASK_TOKEN, DW_TOKEN_EXPIRED, DW_TOKEN_REVOKED},
};

/* Whoever was asked may only refuse: that somebody is let in is decided here, from what is known. */
static enum dw_reason take_heard(enum dw_reason heard)
{
    return dw_reason_text(heard)->status >= 400 ? heard : DW_GUARD_FAILED;
}

static enum dw_reason without_fact(struct trial *trial)
{
    const struct dw_answers *answers = trial->answers;

    if (answers->asking == DW_HAVE_ASKED) {
        return take_heard(answers->heard);
    }
    /* Before anybody is troubled: a guess too many is turned away here and now. */
    if (trial_has_to_wait(trial, false)) {
        return DW_ATTEMPTS;
    }
    return answers->asking == DW_MAY_ASK ? KINDS[trial->found->fact].ask : DW_GUARD_UNREACHABLE;
}

enum dw_reason lookup_find(struct trial *trial, struct dw_known *known)
{
    const struct dw_answers *answers = trial->answers;
    const struct dw_decision *found = trial->found;
    struct dw_known there = {.until = 0};

    if (answers->find == NULL ||
        !answers->find(answers->context, found->fact, found->name, &there)) {
        return without_fact(trial);
    }
    if (found->fact == DW_FACT_PASSWORD && trial_has_to_wait(trial, true)) {
        return DW_ATTEMPTS;
    }
    if (there.renew != 0 && there.renew <= trial->request->now && answers->asking == DW_MAY_ASK) {
        return KINDS[found->fact].ask;
    }
    *known = there;
    return DW_REASON_NONE;
}

/* A password is not revoked with what its user was given: it only has to be looked at again. */
static enum dw_reason look_again(const struct trial *trial, const struct kind *kind)
{
    const struct dw_answers *answers = trial->answers;

    switch (answers->asking) {
    case DW_MAY_ASK:
        return kind->ask;
    case DW_HAVE_ASKED:
        return answers->heard != DW_REASON_NONE ? take_heard(answers->heard) : DW_REASON_NONE;
    case DW_CANNOT_ASK:
    default:
        return DW_GUARD_UNREACHABLE;
    }
}

/* Who comes again and again is not read again and again; of who comes now and then, the cache would be
 * colder than the claims. What is remembered is what they say, and nothing of whether they still hold. */
enum dw_reason lookup_read(struct trial *trial, const struct dw_known *known)
{
    struct dw_cache *cache = known->again ? trial->answers->cache : NULL;
    const struct dw_span mark = {(const char *)trial->found->name + MARK_AT, MARK_SIZE};
    const struct cache_key name = {trial->policy, known->claims, mark};
    const struct dw_jwt *met = cache == NULL ? NULL : cache_find_claims(cache, &name);

    if (met != NULL) {
        jwt_copy(met, &trial->who);
        trial->who.token = SPAN_NONE;
        return DW_REASON_NONE;
    }
    const enum dw_reason reason =
        claims_parse(known->claims, trial->work->bytes + WORK_FACT, WORK_ROOM, &trial->who);
    if (reason == DW_REASON_NONE && cache != NULL) {
        cache_add_claims(cache, &name, &trial->who, trial->request->now);
    }
    return reason;
}

enum dw_reason lookup_accept(struct trial *trial, const struct dw_known *known)
{
    const struct kind *kind = &KINDS[trial->found->fact];

    if (lookup_read(trial, known) != DW_REASON_NONE) {
        return DW_GUARD_FAILED;
    }
    trial->claims = known->claims;
    trial->found->cached = true;
    trial_name(trial);
    if (trial->who.has_exp && trial->who.exp <= trial->request->now) {
        return kind->expired;
    }
    if (!trial_is_revoked(trial)) {
        return DW_REASON_NONE;
    }
    return kind->revoked != DW_REASON_NONE ? kind->revoked : look_again(trial, kind);
}
