/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

#define WORDED   86 /* how sure it is what a server means that says it in words of its own */
#define UNSEEN   74 /* the same, where the capture does not show that a token was sent */
#define NEAR     72 /* how far the verb may be from its noun */
#define SAID_MAX 2048

#define REFUSED                                                                              \
    "invalid|not allowed|mismatch|not match|n't match|unexpected|wrong|not valid|incorrect|" \
    "not equal|not accept|unknown|untrusted|not trusted|not recogni|unrecogni|not "          \
    "authori|unauthori|"                                                                     \
    "not permitted|not supported|unsupported|not configured|must be|should "                 \
    "be|expected|reject|does not include|doesn't include|not intended"
#define NOT_FOUND                                                                            \
    "not found|unknown|no match|not match|n't match|unable to find|could not find|couldn't " \
    "find|cannot find|can't find|no key|unable to match|"                                    \
    "n't have key|not have key|unable to retrieve|not known|no suitable|not present|no "     \
    "applicable|failed to find"
#define ABSENT                                                                                   \
    "missing|required|absent|does not have|doesn't have|has no|without|no such|not contain|not " \
    "present|not provided|must have|lacks|lacking|mandatory"

/* Which noun with which verb near it means what. The first that fits counts: what is narrow comes
 * first. */
static const struct wording {
    const char *nouns, *verbs, *cause;
} WORDINGS[] = {
    {"azp|authorized party|authorized parties|authorizedparties", REFUSED "|not in|invalid",
     "token.client_not_allowed"},
    {"client|application|appid",
     "not authorized to access|not authorized to call|not authorized to use|not authorised to|not "
     "allowed to access|not allowed to call|not permitted to access|not permitted to call|may not "
     "access|may not call|may not use|not allowed for",
     "token.client_not_allowed"},
    {"certificate|thumbprint|x5t#s256|x5t",
     "does not match|mismatch|not match|n't match|different certificate|not bound to|bound to "
     "another|wrong certificate",
     "mtls.cert_mismatch"},
    {"client certificate|certificate",
     "missing|is required|not provided|not presented|failed to present|no client certificate|must "
     "present|none was sent",
     "mtls.cert_missing"},
    {"scope|scopes|scope(s)",
     "insufficient|missing|lack|is required|are required|does not match|not match|not contain|not "
     "include|not granted|not have|not enough|must be included",
     "scope.insufficient"},
    {"nbf|not before|notbefore",
     "future|not yet|before|invalid|not active|prior|clock|later than|ahead of",
     "token.not_yet_valid"},
    {"token|jwt|id_token|assertion",
     "not yet valid|not valid yet|not valid before|not valid until|not yet active|not active yet|"
     "not active before|not active until|used too early|used before its|too early|becomes valid|"
     "will become valid|will be valid",
     "token.not_yet_valid"},
    {"iat|issued at|issued-at|issued_at|issued in|before issued|used before",
     "future|before issued|before it was issued|invalid|too early|clock|later than|ahead of",
     "token.iat_future"},
    {"token|jwt", "before it was issued|was issued after|issued later than|issued in the future",
     "token.iat_future"},
    {"exp claim|\"exp\"|'exp'|exp",
     "must be a number|must be an integer|not a number|not an integer|not a valid|malformed|must "
     "be numeric",
     "token.exp_type"},
    {"exp claim|\"exp\"|'exp'|expiration|expiry", ABSENT, "token.exp_missing"},
    {"proof", "too old|older than|too long ago", "dpop.proof_invalid"},
    {"max_age|max age|maxage|maximum age", "exceed|too old|older", "token.max_age"},
    {"iat|issued at", "too old|older than|too long ago", "token.max_age"},
    {"token|jwt", "too old|too long ago|exceeds maximum lifetime|maximum lifetime",
     "token.max_age"},
    {"refresh token|refresh_token|refreshtoken", "already used|already been used|reuse|replay",
     "token.refresh_race"},
    {"refresh token|refresh_token|refreshtoken",
     "expired|has expire|is invalid|revoked|not found|unknown", "token.session_ended"},
    {"refresh token|refresh_token",
     "not allowed|not accepted|cannot be used|can't be used|used as|instead of|not an access|only "
     "non-refresh",
     "token.refresh_token_used"},
    {"id token|id_token",
     "not allowed|not accepted|cannot be used|used as|instead of|not an access",
     "token.id_token_used"},
    {"token|jwt|credential|bearer",
     "expired|has expire|is expire|past its expir|no longer valid|expiration time has passed|exp "
     "claim timestamp check failed|token has timed out|lifetime exceeded|lifetime has ended",
     "token.expired"},
    {"exp claim|\"exp\"|'exp'", "check failed|in the past|passed|not satisf|too old",
     "token.expired"},
    {"exp|expiration time|expiration date|expiry", "in the past|has passed|already passed",
     "token.expired"},
    {"token|jwt|jti|assertion|link",
     "already used|already been used|has been used|reuse detected|been replayed|replay detected",
     "token.replayed"},
    {"session",
     "terminated|has ended|logged out|signed out|another device|another session|not active|no "
     "longer active|does not exist|invalidated",
     "token.session_ended"},
    {"token|jwt|session|grant", "revoked|revocation list|blacklist|blocklist|denylist|invalidated",
     "token.revoked"},
    {"user|account", "disabled|deactivated|deleted|no longer exists|is inactive|not active",
     "token.user_disabled"},
    {"aud claim|\"aud\"|'aud'|audience", ABSENT, "token.aud_missing"},
    {"aud claim|\"aud\"|'aud'|audience|aud", REFUSED, "token.wrong_aud"},
    {"iss claim|\"iss\"|'iss'|issuer|iss", REFUSED, "token.wrong_iss"},
    {"kid|key id|keyid|signing key|signature key|key identifier|verification key|jwk", NOT_FOUND,
     "token.kid_unknown"},
    {"matching key|suitable key|appropriate key|key matching",
     "not found|no |unable|could not|couldn't|cannot|none", "token.kid_unknown"},
    {"jwks|key set|keyset|openid-configuration|well-known",
     "unable|fail|timeout|timed out|unreachable|refused|could not|couldn't|cannot|error "
     "fetch|retriev",
     "token.jwks_unreachable"},
    {"alg|algorithm|signing method",
     "not allowed|unsupported|not supported|invalid|mismatch|unexpected|not "
     "accept|wrong|disallowed|not match|n't match|forbidden|not permitted",
     "token.alg_mismatch"},
    {"crit|critical", "unsupported|unknown|not understood|not supported|unrecogni",
     "token.crit_unknown"},
    {"typ header|header typ|\"typ\"|'typ'|token type|at+jwt|token_type",
     "invalid|validation failed|type failed|unexpected|mismatch|not allowed|must "
     "be|expected|wrong|unsupported",
     "token.typ_mismatch"},
    {"signature",
     "invalid|fail|not valid|mismatch|not match|n't match|wrong|could not be verified|cannot be "
     "verified|bad |incorrect|not verified|unable to verify|not be verified|tampered",
     "token.signature_invalid"},
    {"segments|three parts|3 parts|two dots|token parts",
     "not enough|expected|must have|wrong number|invalid number|too many|must contain|not "
     "contain|found",
     "token.segments"},
};

/* Where the token can be seen, so can what is wrong with its form. */
static const struct wording MALFORMED = {
    "access token|token|jwt|bearer",
    "malformed|not well formed|not a valid jwt|cannot be parsed|could not be parsed|cannot "
    "parse|unable to parse|could not be decoded|cannot be decoded|unable to decode",
    "token.segments"};

/* -- Where a noun and a verb stand together ---------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A sentence, or a value of JSON, ends there. */
static bool is_end(struct dw_span text, size_t at)
{
    const char c = text.at[at];
    const char next = at + 1 < text.len ? text.at[at + 1] : ' ';

    if (c == '\n' || c == '{' || c == '}' || c == '<' || c == '>') {
        return true;
    }
    if (c == '.') {
        return next == ' ' || next == '"';
    }
    return c == '"' && (next == ',' || next == ':' || next == '}');
}

/* What stands around `at`, as far as one sentence reaches. */
static struct dw_span sentence_at(struct dw_span text, size_t at, size_t len)
{
    size_t from = at;
    size_t to = at + len;

    while (from > 0 && at - from < NEAR && !is_end(text, from - 1)) {
        from--;
    }
    while (to < text.len && to - at < NEAR && !is_end(text, to)) {
        to++;
    }
    return (struct dw_span){text.at + from, to - from};
}

static bool is_word(struct dw_span text, size_t at, size_t len)
{
    const bool begins = at == 0 || !is_letter(text.at[at]) || !is_letter(text.at[at - 1]);
    const bool ends = at + len >= text.len || !is_letter(text.at[at + len]) ||
                      text.at[at + len] == 's' || len > 4;

    return begins && ends;
}

/* Whether one noun stands there with one of the verbs near it. */
static bool stands(struct dw_span text, const char *noun, const char *verbs, struct dw_span *words)
{
    const size_t len = strlen(noun);
    size_t from = 0;

    for (;;) {
        const size_t at = from + span_find(span_behind(text, from), noun);

        if (at >= text.len) {
            return false;
        }
        *words = sentence_at(text, at, len);
        if (is_word(text, at, len) && found_of(*words, verbs).at != NULL) {
            return true;
        }
        from = at + len;
    }
}

static bool fits(struct dw_span text, const struct wording *wording, struct dw_span *words)
{
    const char *nouns = wording->nouns;
    char noun[32];

    while (*nouns != '\0') {
        const size_t len = strcspn(nouns, "|");

        if (len < sizeof(noun)) {
            memcpy(noun, nouns, len);
            noun[len] = '\0';
            if (stands(text, noun, wording->verbs, words)) {
                return true;
            }
        }
        nouns += len + (nouns[len] == '|' ? 1 : 0);
    }
    return false;
}

static struct dw_span beginning_of(struct dw_span text)
{
    text.len = text.len < SAID_MAX ? text.len : SAID_MAX;
    return text;
}

static const struct wording *find_wording(struct dw_span text, struct dw_span *words)
{
    text = beginning_of(text);
    for (size_t i = 0; text.len > 0 && i < COUNT_OF_ROWS(WORDINGS); i++) {
        if (fits(text, &WORDINGS[i], words)) {
            return &WORDINGS[i];
        }
    }
    return NULL;
}

/* -- Both ------------------------------------------------------------------------------------------- */

bool wording_stands(struct dw_span said)
{
    struct dw_span words;

    return find_wording(said, &words) != NULL;
}

/* The request is not in the capture: that a token was in it is what the words have to tell. */
static bool is_unseen(const struct scene *scene)
{
    return !scene->it->request.is_there && scene->it->status >= 400 &&
           !span_has(scene->body, "csrf") && !span_has(scene->body, "xsrf");
}

/* X-Clerk-Auth-Message, x-ms-diagnostics, grpc-message... */
static const struct wording *wording_of_fields(const struct scene *scene, struct dw_span *words)
{
    const struct capture_message *response = &scene->it->response;
    const struct wording *found = NULL;

    for (size_t i = 0; i < response->n_fields && found == NULL; i++) {
        const struct capture_field *field = &response->fields[i];

        if (found_of(field->name, "message|reason|diagnostics|error|warning").at != NULL) {
            found = find_wording(field->value, words);
        }
    }
    return found;
}

static const struct wording *wording_of(const struct scene *scene, struct dw_span *words)
{
    const struct wording *found = NULL;

    if (scene->it == NULL || (scene->token.shape == TOKEN_NONE && !is_unseen(scene))) {
        return NULL;
    }
    if (scene->error_description.len > 0) {
        found = find_wording(scene->error_description, words);
    }
    if (found == NULL) {
        found = wording_of_fields(scene, words);
    }
    if (found == NULL && !scene->body_is_html) {
        found = find_wording(scene->body, words);
    }
    if (found == NULL && scene->token.shape == TOKEN_NONE && !scene->body_is_html &&
        fits(beginning_of(scene->body), &MALFORMED, words)) {
        found = &MALFORMED;
    }
    return found;
}

/* What is missing cannot be wrong, and the other way round, whatever the words. */
static const char *settle(const struct scene *scene, const char *cause)
{
    const bool has_aud = token_has_claim(&scene->token, "aud");

    if (!is_jwt(scene)) {
        return cause;
    }
    if (strcmp(cause, "token.wrong_aud") == 0 && !has_aud) {
        return "token.aud_missing";
    }
    return strcmp(cause, "token.aud_missing") == 0 && has_aud ? "token.wrong_aud" : cause;
}

/* "Too old" is said of a token past its own end too, and then no other limit need be thought of. */
static const char *cause_by_clock(const struct scene *scene, const char *cause)
{
    int64_t exp;

    return cause != NULL && strcmp(cause, "token.max_age") == 0 &&
                   time_at(&scene->token.exp, &exp) && exp <= scene->clocks.judged
               ? "token.expired"
               : cause;
}

const char *wording_cause(const struct scene *scene, struct dw_span *words)
{
    const struct wording *found = wording_of(scene, words);

    return found != NULL ? cause_by_clock(scene, settle(scene, found->cause)) : NULL;
}

/* "Session does not exist" with a 404 may be about a thing that was asked for. */
static int confidence_of(const struct scene *scene)
{
    switch (scene->it->status) {
    case 400:
    case 401:
    case 403:
    case 498:
        return scene->token.shape != TOKEN_NONE ? WORDED : UNSEEN;
    case 404:
    case 409:
    case 410:
        return POSSIBLE;
    default:
        return scene->body_is_json || scene->error_description.len > 0 ? UNSEEN : POSSIBLE;
    }
}

void wording_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct dw_span words;
    const char *cause = wording_cause(scene, &words);
    struct finding *finding;

    if (cause == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence_of(scene));
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(words));
    if (finding->server_text == NULL) {
        finding->server_text = arena_print(diagnosis->arena, "%.*s", BRIEF(words));
    }
}
