/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "accounts.h"
#include "parts.h"

_Static_assert(SESSION_COOKIE_SIZE == ISSUER_SECRET_SIZE, "a cookie is drawn as a secret is");

/* Whoever changes a user writes the store and then ends what sessions there are: so the user is looked at
 * again afterwards, lest one goes on that was made by what was known before that. 0; 1: it has ended. */
static int look_again(struct store *store, const struct store_user *user,
                      const struct store_session *made, struct complaint *why)
{
    struct store_user again = {.name = ""};
    const int found = store_user_find(store, dw_span_of(user->name), &again, why);
    const bool is_same = found == 0 && strcmp(again.password, user->password) == 0 &&
                         strcmp(again.scope, user->scope) == 0;

    dw_secret_wipe(&again, sizeof(again));
    if (found < 0 || is_same) {
        return found;
    }
    return store_session_end(store, made->id, made->created, why) < 0 ? -1 : 1;
}

int session_add(struct store *store, const struct store_user *user, int lifetime, int64_t now,
                struct store_session *record, char cookie[SESSION_COOKIE_SIZE],
                struct complaint *why)
{
    struct store_session made = {.created = now, .used = now, .expires = now + lifetime};
    char drawn[SESSION_COOKIE_SIZE] = "";
    int result;

    if (!draw_id(made.id, STORE_SESSION_ID) || !draw_secret(drawn)) {
        return complain(why, "no session could be made: the system gave no random bytes");
    }
    memcpy(made.user, user->name, sizeof(made.user));
    memcpy(made.scope, user->scope, sizeof(made.scope));
    dw_fact_name(DW_FACT_SESSION, dw_span_of(drawn), made.name);
    result = store_session_add(store, &made, why);
    if (result == 1) {
        result = complain(why, "the session drawn has the id of another: try again");
    }
    if (result == 0) {
        result = look_again(store, user, &made, why);
    }
    if (result == 0) {
        *record = made;
        memcpy(cookie, drawn, sizeof(drawn));
    }
    dw_secret_wipe(drawn, sizeof(drawn));
    return result;
}

static int64_t end_of(const struct store_session *session, int idle)
{
    const int64_t unused = session->used + idle;

    return unused < session->expires ? unused : session->expires;
}

enum dw_reason session_judge(const struct store_session *session, int idle, int64_t now)
{
    if (session->ended != 0) {
        return DW_COOKIE_REVOKED;
    }
    return now < end_of(session, idle) ? DW_REASON_NONE : DW_COOKIE_EXPIRED;
}

int session_claims(const struct store_session *session, int idle, char *buffer, size_t size)
{
    struct text text;

    claims_begin(&text, buffer, size);
    text_json_member(&text, "sub", dw_span_of(session->user));
    text_json_member(&text, "scope", dw_span_of(session->scope));
    text_json_member(&text, "jti", dw_span_of(session->id));
    text_json_member(&text, "sid", dw_span_of(session->id));
    text_json_number(&text, "iat", session->created);
    text_json_number(&text, "auth_time", session->created);
    text_json_number(&text, "exp", end_of(session, idle));
    return claims_end(&text);
}
