/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "accounts.h"
#include "clock.h"
#include "inquiry_parts.h"

/* Seconds for which a password is known under a name in another spelling than the user's own: what is
 * known is dropped by that when the password changes. */
#define SPELLING_TTL 2

/* -- Passwords ----------------------------------------------------------------------------------- */

/* As store_user_find(), by any spelling of the name (RFC 7617 s2.1). */
static int find_spelling(struct store *store, struct dw_span name, struct store_user *user,
                         struct complaint *why)
{
    char buffer[STORE_NAME_MAX + 1];
    struct dw_span normal;

    if (password_normalize(name, buffer, sizeof buffer, &normal) != 0) {
        return 1;
    }
    return store_user_find(store, normal, user, why);
}

/* An imported hash is put out of use by the first who knows its password. What fails is tried again the
 * next time. */
static void renew_hash(const struct question *question, const struct inquiry_password *asked,
                       struct store_user *user)
{
    const char *renewed = hasher_renewed(question->service->hasher, asked->name, user->password);
    struct complaint why;

    if (renewed != NULL && store_user_rehash(question->service->store, user->name, user->password,
                                             renewed, &why) == 0) {
        memcpy(user->password, renewed, strlen(renewed) + 1);
    }
}

static enum inquiry check_password(const struct question *question,
                                   const struct inquiry_password *asked, struct store_user *user,
                                   enum dw_reason *heard)
{
    struct complaint why;

    const int found = find_spelling(question->service->store, asked->user, user, &why);
    if (found < 0) {
        return question_fail(question, &why, heard);
    }
    switch (hasher_ask(question->service->hasher, asked->name, found == 0 ? user->password : NULL,
                       asked->password, asked->source)) {
    case HASHER_RIGHT:
        renew_hash(question, asked, user);
        return INQUIRY_DONE;
    case HASHER_WRONG:
        return question_refuse(found == 0 ? DW_BASIC_PASSWORD : DW_BASIC_USER, heard);
    case HASHER_WAIT:
        return question->late ? question_refuse(DW_GUARD_BUSY, heard) : INQUIRY_LATER;
    case HASHER_FAILED:
        complain(&why, "a password could not be checked: out of memory");
        return question_fail(question, &why, heard);
    case HASHER_FULL:
    default:
        return question_refuse(DW_GUARD_BUSY, heard);
    }
}

enum inquiry inquire_password(struct service *service, const struct inquiry_password *asked,
                              bool late, struct store_user *user, enum dw_reason *heard)
{
    const struct question question = {.service = service, .now = clock_utc(), .late = late};
    struct store_user found = {.name = ""};

    const enum inquiry result = check_password(&question, asked, &found, heard);
    if (result == INQUIRY_DONE) {
        *user = found;
    }
    dw_secret_wipe(&found, sizeof found);
    return result;
}

/* Leaves a user on the edge. Whoever changes one writes the store and then drops what is known: so it is
 * looked at again afterwards, lest what was known before that is left behind. */
static enum inquiry answer_user(const struct question *question, const struct store_user *user,
                                int ttl, enum dw_reason *heard)
{
    const bool with_digest = question->decision->fact == DW_FACT_DIGEST;
    char *claims = question->service->claims;
    struct store_user again = {.name = ""};
    struct complaint why;

    if (user_claims(user, with_digest, question->now, claims, DW_CLAIMS_MAX) != 0) {
        complain(&why, "the user %s: the claims are too long", user->name);
        return question_fail(question, &why, heard);
    }
    const struct dw_known known = {.claims = dw_span_of(claims), .until = question->now + ttl};
    enum inquiry result = question_answer(question, &known, heard);
    dw_secret_wipe(claims, DW_CLAIMS_MAX);
    if (result != INQUIRY_DONE) {
        return result;
    }
    const int found =
        store_user_find(question->service->store, dw_span_of(user->name), &again, &why);
    if (found < 0) {
        (void)question_fail(question, &why, heard);
        result = question_deny(question, DW_GUARD_FAILED, heard);
    } else if (found != 0 || strcmp(again.password, user->password) != 0 ||
               strcmp(again.scope, user->scope) != 0) {
        result = question_deny(question, with_digest ? DW_DIGEST_USER : DW_BASIC_PASSWORD, heard);
    }
    dw_secret_wipe(&again, sizeof again);
    return result;
}

enum inquiry question_password(const struct question *question, enum dw_reason *heard)
{
    const struct dw_decision *decision = question->decision;
    const struct inquiry_password asked = {decision->account, decision->password, decision->name,
                                           question->described->source};
    const int ttl = question->service->config->schemes.password_ttl;
    struct store_user user;

    const enum inquiry result =
        inquire_password(question->service, &asked, question->late, &user, heard);
    if (result == INQUIRY_REFUSED && (*heard == DW_BASIC_PASSWORD || *heard == DW_BASIC_USER)) {
        return question_deny(question, *heard, heard);
    }
    if (result != INQUIRY_DONE) {
        return result;
    }
    const bool is_own = dw_span_equal(decision->account, dw_span_of(user.name));
    const enum inquiry answered = answer_user(question, &user, is_own ? ttl : SPELLING_TTL, heard);
    dw_secret_wipe(&user, sizeof user);
    return answered;
}

/* -- Digest hashes ------------------------------------------------------------------------------- */

/* Where no name was sent its hash was (RFC 7616 s3.4.4), by which what is known of the user is known, too.
 * 0; 1: there is none; -1 and a complaint. */
static int find_user(const struct question *question, struct store_user *user,
                     struct complaint *why)
{
    const struct dw_decision *decision = question->decision;
    struct store *store = question->service->store;

    return decision->account.len > 0 ? store_user_find(store, decision->account, user, why)
                                     : store_user_find_hashed(store, decision->name, user, why);
}

enum inquiry question_user(const struct question *question, enum dw_reason *heard)
{
    const struct config *config = question->service->config;
    const char *realm = config->policy.realm == NULL ? "api" : config->policy.realm;
    struct store_user user = {.name = ""};
    enum inquiry result;
    struct complaint why;

    const int found = find_user(question, &user, &why);
    if (found < 0) {
        return question_fail(question, &why, heard);
    }
    if (found != 0 || strcmp(user.realm, realm) != 0) {
        result = question_deny(question, DW_DIGEST_USER, heard);
    } else {
        result = answer_user(question, &user, config->schemes.password_ttl, heard);
    }
    dw_secret_wipe(&user, sizeof user);
    return result;
}
