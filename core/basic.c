/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "schemes.h"

#define USER_MAX     128
#define PASSWORD_MAX 1024

/* Characters of base64 for the longest user, a colon and the longest password. */
#define ENCODED_MAX ((USER_MAX + 1 + PASSWORD_MAX + 2) / 3 * 4)

/* -- What the field says (RFC 7617 s2) ------------------------------------------------------------- */

static bool has_control(struct dw_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c < 0x20 || c == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool is_utf8(struct dw_span text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    size_t n = 0;

    for (size_t i = 0; i < text.len; i += n) {
        n = utf8_len(at + i, text.len - i);
        if (n == 0) {
            return false;
        }
    }
    return true;
}

/* The first colon ends the user's name: a password may hold more of them. */
static enum dw_reason split(struct dw_span plain, struct dw_span *user, struct dw_span *password)
{
    if (plain.len == 0 || dw_span_equal(plain, DW_SPAN(":"))) {
        return DW_HEADER_EMPTY;
    }
    if (has_control(plain)) {
        return DW_BASIC_CONTROL;
    }
    if (!is_utf8(plain)) {
        return DW_BASIC_CHARSET;
    }
    const char *colon = memchr(plain.at, ':', plain.len);
    if (colon == NULL) {
        return DW_BASIC_COLON;
    }
    const struct dw_span name = {plain.at, (size_t)(colon - plain.at)};
    const struct dw_span rest = span_from(plain, name.len + 1);
    if (name.len > USER_MAX || rest.len > PASSWORD_MAX) {
        return DW_BASIC_SIZE;
    }
    *user = name;
    *password = rest;
    return DW_REASON_NONE;
}

/* -- Who that is ----------------------------------------------------------------------------------- */

static enum dw_reason check_password(struct trial *trial)
{
    const struct dw_answers *answers = trial->answers;
    struct dw_decision *found = trial->found;
    struct dw_known known;

    found->fact = DW_FACT_PASSWORD;
    if (answers->secret == NULL) {
        return answers->asking == DW_MAY_ASK ? DW_ASK_PASSWORD : DW_GUARD_UNREACHABLE;
    }
    dw_password_name(answers->secret, found->account, found->password, found->name);
    const enum dw_reason reason = lookup_find(trial, &known);
    return reason != DW_REASON_NONE ? reason : lookup_accept(trial, &known);
}

enum dw_reason basic_authenticate(struct trial *trial, struct dw_span value)
{
    struct dw_decision *found = trial->found;
    struct dw_span token;
    size_t len = 0;

    enum dw_reason reason = auth_token68(value, "Basic", &token);
    if (reason != DW_REASON_NONE) {
        /* Here a character is illegal for not being base64, which says more. */
        return reason == DW_HEADER_ILLEGAL ? DW_BASIC_BASE64 : reason;
    }
    if (token.len > ENCODED_MAX) {
        return DW_BASIC_SIZE;
    }
    char *plain = trial_take(trial, token.len);
    if (plain == NULL) {
        return DW_GUARD_FAILED;
    }
    reason = base64_parse(token, plain, &len) == 0
                 ? split((struct dw_span){plain, len}, &found->account, &found->password)
                 : DW_BASIC_BASE64;
    if (reason == DW_REASON_NONE) {
        reason = check_password(trial);
    }
    /* Only who is to find out more needs the password; the name stays for the log. */
    if (reason == DW_REASON_NONE || dw_reason_text(reason)->status != 0) {
        dw_secret_wipe(plain + found->account.len, token.len - found->account.len);
        found->password = SPAN_NONE;
    }
    return reason;
}

/* -- The challenge --------------------------------------------------------------------------------- */

int basic_challenge(struct answer *answer)
{
    struct dw_challenge challenge = {.scheme = DW_SPAN("Basic")};

    challenge_put(&challenge, "realm", answer_realm(answer));
    challenge_put(&challenge, "charset", DW_SPAN("UTF-8"));
    return answer_challenge(answer, &challenge);
}
