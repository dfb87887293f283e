/* SPDX-License-Identifier: Apache-2.0 */
#include "inquiry.h"

#include <string.h>

#include "accounts.h"
#include "clock.h"
#include "inquiry_parts.h"
#include "report.h"

#define APIKEY_RENEW 2700 /* seconds at least until an API key's record is looked at again, */
#define APIKEY_MORE  900  /* and at most so many more */
#define APIKEY_USE   2700 /* its last use is noted so often */
#define SESSION_USE  60   /* so often at least it is noted that a session is in use */
#define SESSION_USES 8    /* and so often in the time it may be idle */
#define TOKEN_MIN    1    /* so long at least that whoever has asked can decide */

/* -- What all have in common --------------------------------------------------------------------- */

enum inquiry question_refuse(enum dw_reason reason, enum dw_reason *heard)
{
    *heard = reason;
    return INQUIRY_REFUSED;
}

enum inquiry question_fail(const struct question *question, const struct complaint *why,
                           enum dw_reason *heard)
{
    if (!question->service->failing) {
        report("%s", why->text);
    }
    question->service->failing = true;
    return question_refuse(DW_GUARD_FAILED, heard);
}

enum inquiry question_answer(const struct question *question, const struct dw_known *known,
                             enum dw_reason *heard)
{
    const struct dw_decision *decision = question->decision;
    struct complaint why;

    if (known_put(question->service->shared.known, decision->fact, decision->name, known, &why) !=
        0) {
        return question_fail(question, &why, heard);
    }
    question->service->failing = false;
    return INQUIRY_DONE;
}

enum inquiry question_deny(const struct question *question, enum dw_reason reason,
                           enum dw_reason *heard)
{
    const struct dw_decision *decision = question->decision;
    struct known *known = question->service->shared.known;
    struct dw_known found;
    struct complaint why;
    const bool is_there = known_look(known, decision->fact, decision->name, question->now, &found);

    known_end(known);
    if (is_there && known_drop(known, decision->fact, decision->name, DW_FACT_NAME, &why) != 0) {
        return question_fail(question, &why, heard);
    }
    return question_refuse(reason, heard);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* -- Keys of an issuer --------------------------------------------------------------------------- */

static enum inquiry find_keys(const struct question *question, enum dw_reason *heard)
{
    const struct dw_decision *decision = question->decision;
    const int64_t came = question->request->came_us / 1000;

    (void)heard;
    if (question->late) {
        return INQUIRY_DONE;
    }
    return keeper_ask(question->service->keeper, decision->issuer, came, decision->kid) == KEYS_WAIT
               ? INQUIRY_LATER
               : INQUIRY_DONE;
}

/* -- API keys ------------------------------------------------------------------------------------ */

/* Keys that were all asked about in one minute are not all asked about again in another: names are
 * hashes, and fall anywhere. */
static int64_t apikey_care(const uint8_t name[DW_FACT_NAME])
{
    return APIKEY_RENEW + ((name[0] << 8 | name[1]) % APIKEY_MORE);
}

/* When it was last used is for people: about when is enough, and it may be lost. */
static void note_use(const struct question *question, const struct store_apikey *key)
{
    struct complaint why;

    if (question->now - key->used >= APIKEY_USE &&
        store_apikey_use(question->service->store, dw_span_of(key->id), question->now, &why) < 0) {
        report("%s", why.text);
    }
}

static enum inquiry put_apikey(const struct question *question, const struct store_apikey *key,
                               enum dw_reason *heard)
{
    char *claims = question->service->claims;
    struct complaint why;

    if (apikey_claims(key, claims, DW_CLAIMS_MAX) != 0) {
        complain(&why, "the API key %s: its claims are too long", key->id);
        return question_fail(question, &why, heard);
    }
    const int64_t end = key->expires == 0 ? INT64_MAX : key->expires;
    const struct dw_known known = {.claims = dw_span_of(claims),
                                   .until = earlier(end, question->now + APIKEY_KNOWN),
                                   .renew = question->now + apikey_care(key->name)};
    return question_answer(question, &known, heard);
}

/* Whoever rotates a key writes the store and then drops what is known: so it is looked at again
 * afterwards, lest what was known before that is left behind. */
static enum inquiry answer_apikey(const struct question *question, const struct store_apikey *key,
                                  enum dw_reason *heard)
{
    struct store_apikey again;
    struct complaint why;

    const enum inquiry result = put_apikey(question, key, heard);
    if (result != INQUIRY_DONE) {
        return result;
    }
    const int found =
        store_apikey_find(question->service->store, dw_span_of(key->id), &again, &why);
    if (found < 0) {
        (void)question_fail(question, &why, heard);
        return question_deny(question, DW_GUARD_FAILED, heard);
    }
    const enum dw_reason reason =
        found == 0 ? apikey_judge(&again, question->now) : DW_APIKEY_UNKNOWN;
    if (reason != DW_REASON_NONE) {
        return question_deny(question, reason, heard);
    }
    return again.expires == key->expires ? INQUIRY_DONE : put_apikey(question, &again, heard);
}

static enum inquiry find_apikey(const struct question *question, enum dw_reason *heard)
{
    const struct dw_decision *decision = question->decision;
    const struct dw_span name = {(const char *)decision->name, DW_FACT_NAME};
    struct store_apikey key;
    struct complaint why;

    const int found = store_apikey_find(question->service->store, decision->account, &key, &why);
    if (found < 0) {
        return question_fail(question, &why, heard);
    }
    if (found != 0 ||
        !dw_secret_equal((struct dw_span){(const char *)key.name, DW_FACT_NAME}, name)) {
        return question_deny(question, DW_APIKEY_UNKNOWN, heard);
    }
    const enum dw_reason reason = apikey_judge(&key, question->now);
    if (reason != DW_REASON_NONE) {
        return question_deny(question, reason, heard);
    }
    note_use(question, &key);
    return answer_apikey(question, &key, heard);
}

/* -- Sessions ------------------------------------------------------------------------------------ */

/* Seconds. Its use is noted when it is asked about, and it is asked about again after as long. */
static int64_t session_care(int idle)
{
    const int64_t often = earlier(idle / SESSION_USES, SESSION_USE);

    return often > 1 ? often : 1;
}

static enum inquiry answer_session(const struct question *question,
                                   const struct store_session *session, enum dw_reason *heard)
{
    const int idle = question->service->config->schemes.idle;
    char *claims = question->service->claims;
    struct complaint why;

    if (session_claims(session, idle, claims, DW_CLAIMS_MAX) != 0) {
        complain(&why, "the session %s: its claims are too long", session->id);
        return question_fail(question, &why, heard);
    }
    const struct dw_known known = {.claims = dw_span_of(claims),
                                   .until = earlier(session->expires, session->used + idle),
                                   .renew = question->now + session_care(idle)};
    return question_answer(question, &known, heard);
}

static enum inquiry find_session(const struct question *question, enum dw_reason *heard)
{
    const int idle = question->service->config->schemes.idle;
    struct store *store = question->service->store;
    struct store_session session;
    struct complaint why;

    const int found = store_session_find(store, question->decision->name, &session, &why);
    if (found < 0) {
        return question_fail(question, &why, heard);
    }
    if (found != 0) {
        return question_deny(question, DW_COOKIE_UNKNOWN, heard);
    }
    const enum dw_reason reason = session_judge(&session, idle, question->now);
    if (reason != DW_REASON_NONE) {
        return question_deny(question, reason, heard);
    }
    if (question->now - session.used >= session_care(idle)) {
        if (store_session_use(store, session.id, question->now, &why) < 0) {
            return question_fail(question, &why, heard);
        }
        session.used = question->now;
    }
    return answer_session(question, &session, heard);
}

/* -- Opaque tokens ------------------------------------------------------------------------------- */

static enum inquiry answer_token(const struct question *question, const struct introspected *found,
                                 enum dw_reason *heard)
{
    const int kept = question->service->config->keys[question->decision->issuer].introspection_ttl;
    /* One that has expired is told so by whoever decides. */
    const int64_t end = found->expires > question->now ? found->expires : question->now;
    const int64_t until = earlier(end, question->now + kept);
    const struct dw_known known = {
        .claims = found->claims,
        .until = until > question->now + TOKEN_MIN ? until : question->now + TOKEN_MIN};

    return question_answer(question, &known, heard);
}

static enum inquiry find_token(const struct question *question, enum dw_reason *heard)
{
    const struct dw_decision *decision = question->decision;
    struct introspected found;

    switch (introspection_ask(question->service->introspection, decision->issuer, decision->name,
                              decision->token, &found)) {
    case INTROSPECTION_ACTIVE:
        return answer_token(question, &found, heard);
    case INTROSPECTION_INACTIVE:
        return question_deny(question, DW_TOKEN_INACTIVE, heard);
    case INTROSPECTION_WAIT:
        return question->late ? question_refuse(DW_INTROSPECTION_UNREACHABLE, heard)
                              : INQUIRY_LATER;
    case INTROSPECTION_FAILED:
    default:
        return question_refuse(DW_INTROSPECTION_UNREACHABLE, heard);
    }
}

/* -- Which ----------------------------------------------------------------------------------------- */

enum inquiry inquire(struct service *service, const struct http_request *request,
                     const struct dw_request *described, const struct dw_decision *decision,
                     bool late, enum dw_reason *heard)
{
    static const struct {
        enum dw_reason asked;
        enum inquiry (*find)(const struct question *question, enum dw_reason *heard);
    } FINDERS[] = {
        {DW_ASK_KEYS, find_keys},     {DW_ASK_KID, find_keys},
        {DW_ASK_APIKEY, find_apikey}, {DW_ASK_SESSION, find_session},
        {DW_ASK_USER, question_user}, {DW_ASK_PASSWORD, question_password},
        {DW_ASK_TOKEN, find_token},
    };
    const struct question question = {service, request, described, decision, clock_utc(), late};

    for (size_t i = 0; i < sizeof FINDERS / sizeof FINDERS[0]; i++) {
        if (FINDERS[i].asked == decision->reason) {
            return FINDERS[i].find(&question, heard);
        }
    }
    return question_refuse(DW_GUARD_FAILED, heard);
}
