/* SPDX-License-Identifier: Apache-2.0 */
#include "mask.h"

#include <string.h>

#include "scene.h"

#define TOKEN_MIN  20 /* characters of what is taken for a token by its looks alone */
#define SCHEME_MAX 24
#define SHORT      2 /* a word so short is punctuation */

static const char BLANKS[] = " \t\r\n\"',;";
static const char TOKEN_CHARACTERS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "-_.+/=~";

static bool is_among(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_one_of(struct dw_span word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_is(word, words[i])) {
            return true;
        }
    }
    return false;
}

static bool has_one_of(struct dw_span word, const char *const *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_has(word, parts[i])) {
            return true;
        }
    }
    return false;
}

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void hide(struct dw_span whole, struct dw_span part, bool *hidden)
{
    memset(hidden + (part.at - whole.at), true, part.len * sizeof(*hidden));
}

/* -- By their looks ------------------------------------------------------------------------------ */

static size_t token_run(struct dw_span text, size_t at)
{
    size_t n = 0;

    while (at + n < text.len && is_among(text.at[at + n], TOKEN_CHARACTERS)) {
        n++;
    }
    return n;
}

/* What begins as the base64url of a JSON object does, and goes on long enough. */
static void find_tokens(struct dw_span whole, struct dw_span text, bool *hidden)
{
    size_t at = 0;

    while (at + TOKEN_MIN <= text.len) {
        if (memcmp(text.at + at, "eyJ", 3) != 0) {
            at++;
            continue;
        }
        const size_t n = token_run(text, at);
        if (n >= TOKEN_MIN) {
            hide(whole, (struct dw_span){text.at + at, n}, hidden);
        }
        at += n;
    }
}

void mask_known(struct dw_span value, struct dw_span secret, bool *hidden)
{
    const char *at = value.at;
    size_t left = value.len;

    while (secret.len > 0 && left >= secret.len) {
        const char *found = memmem(at, left, secret.at, secret.len);
        if (found == NULL) {
            return;
        }
        hide(value, (struct dw_span){found, secret.len}, hidden);
        left -= (size_t)(found - at) + secret.len;
        at = found + secret.len;
    }
}

/* -- Words of credentials ------------------------------------------------------------------------ */

static bool is_identifier(struct dw_span word)
{
    for (size_t i = 0; i < word.len; i++) {
        const char c = (char)(word.at[i] | 0x20);

        if (!(c >= 'a' && c <= 'z') && word.at[i] != '_' &&
            !(i > 0 && word.at[i] >= '0' && word.at[i] <= '9')) {
            return false;
        }
    }
    return word.len > 0;
}

/* $TOKEN, ${TOKEN}, $(command), {{token}}, <token>, %TOKEN% */
static bool is_variable(struct dw_span word)
{
    const char last = word.at[word.len - 1];
    const struct dw_span inside = {word.at + 1, word.len > 2 ? word.len - 2 : 0};

    switch (word.at[0]) {
    case '$':
        return span_begins(word, "${") || span_begins(word, "$(") ||
               is_identifier(span_behind(word, 1));
    case '{':
        return word.len == 1 || span_begins(word, "{{");
    case '<':
        return last == '>';
    case '%':
        return last == '%' && is_identifier(inside);
    case '[':
        return span_is(word, "[object");
    default:
        return false;
    }
}

static bool is_punctuation(struct dw_span word)
{
    for (size_t i = 0; i < word.len; i++) {
        if ((word.at[i] & 0x80) != 0 || is_identifier((struct dw_span){word.at + i, 1}) ||
            (word.at[i] >= '0' && word.at[i] <= '9')) {
            return false;
        }
    }
    return word.len <= SHORT;
}

static bool is_placeholder(struct dw_span word)
{
    static const char *const WORDS[] = {"undefined", "null",  "none", "nil",   "nan",    "true",
                                        "false",     "token", "xxx",  "xxxxx", "object]"};

    if (word.len >= TOKEN_MIN * 2) {
        return false;
    }
    return is_punctuation(word) || is_variable(word) || is_one_of(word, WORDS, N(WORDS)) ||
           is_masked(word);
}

static bool is_known_scheme(struct dw_span word)
{
    static const char *const SCHEMES[] = {"Bearer",
                                          "Basic",
                                          "Digest",
                                          "Token",
                                          "Negotiate",
                                          "NTLM",
                                          "ApiKey",
                                          "Api-Key",
                                          "JWT",
                                          "OAuth",
                                          "Signature",
                                          "DPoP",
                                          "AWS4-HMAC-SHA256",
                                          "AWS",
                                          "Hawk",
                                          "GNAP",
                                          "Key",
                                          "HMAC",
                                          "Mutual",
                                          "Apikey",
                                          "SharedAccessSignature",
                                          "Authorization"};

    while (word.len > 0 && word.at[word.len - 1] == ':') {
        word.len--;
    }
    return is_one_of(word, SCHEMES, N(SCHEMES));
}

static bool is_scheme_like(struct dw_span word)
{
    size_t letters = 0;

    for (size_t i = 0; i < word.len; i++) {
        letters += (word.at[i] | 0x20) >= 'a' && (word.at[i] | 0x20) <= 'z';
    }
    return word.len <= SCHEME_MAX && letters + 1 >= word.len;
}

/* Of Digest (RFC 7616), AWS4-HMAC-SHA256, Signature and OAuth 1.0: what may be shown. */
static bool is_public_name(struct dw_span name)
{
    static const char *const NAMES[] = {"username",
                                        "username*",
                                        "realm",
                                        "uri",
                                        "algorithm",
                                        "qop",
                                        "nc",
                                        "opaque",
                                        "keyId",
                                        "headers",
                                        "userhash",
                                        "SignedHeaders",
                                        "created",
                                        "expires",
                                        "charset",
                                        "oauth_version",
                                        "error",
                                        "scope",
                                        "oauth_signature_method",
                                        "oauth_timestamp",
                                        "ts",
                                        "error_description"};

    return is_one_of(name, NAMES, N(NAMES));
}

static bool is_secret_parameter(struct dw_span name)
{
    static const char *const NAMES[] = {"nonce", "cnonce", "response", "mac", "id", "se"};

    return is_one_of(name, NAMES, N(NAMES)) || mask_is_secret_name(name);
}

/* BearereyJ...: the scheme, which the blank behind it is missing from. */
static size_t glued_scheme(struct dw_span word)
{
    static const char *const SCHEMES[] = {"Bearer", "Basic", "Digest", "Token"};

    for (size_t i = 0; i < N(SCHEMES); i++) {
        const size_t len = strlen(SCHEMES[i]);
        if (word.len > len + SHORT && span_begins(word, SCHEMES[i])) {
            return len;
        }
    }
    return 0;
}

/* Reading a credential: what the words so far mean for the next one. */
struct words {
    struct dw_span whole;
    bool *hidden;
    bool is_first;
    bool is_public; /* the next word is the quoted value of a parameter that may be shown */
};

static void hide_word(struct words *words, struct dw_span word)
{
    if (!is_placeholder(word)) {
        hide(words->whole, word, words->hidden);
    }
}

static bool is_quoted(struct dw_span whole, const char *at)
{
    return at + 1 < whole.at + whole.len && *at == '"' && !is_among(at[1], BLANKS);
}

/* base64 ends in them. */
static bool is_padding(struct dw_span value)
{
    size_t n = 0;

    while (n < value.len && value.at[n] == '=') {
        n++;
    }
    return n == value.len;
}

/* name=value, or name= with a quote behind it. false: it is none. */
static bool read_parameter(struct words *words, struct dw_span word)
{
    const char *equals = memchr(word.at, '=', word.len);
    struct dw_span name, value;

    if (equals == NULL) {
        return false;
    }
    name = (struct dw_span){word.at, (size_t)(equals - word.at)};
    value = span_behind(word, name.len + 1);
    if (!is_public_name(name) &&
        (!is_secret_parameter(name) || (is_padding(value) && !is_quoted(words->whole, value.at)))) {
        return false;
    }
    words->is_public = is_public_name(name) && value.len == 0 && is_quoted(words->whole, value.at);
    if (!is_public_name(name)) {
        hide_word(words, value);
    }
    return true;
}

static void read_word(struct words *words, struct dw_span word, bool is_last)
{
    const bool is_first = words->is_first;
    const bool is_public = words->is_public;

    words->is_first = false;
    words->is_public = false;
    if (is_public || is_known_scheme(word) || (is_first && !is_last && is_scheme_like(word))) {
        return;
    }
    if (read_parameter(words, word)) {
        return;
    }
    hide_word(words, span_behind(word, is_first ? glued_scheme(word) : 0));
}

/* The whole of a quoted value that may be shown is one word. */
static size_t word_len(const struct words *words, struct dw_span rest)
{
    size_t n = 0;

    while (n < rest.len && !(words->is_public ? rest.at[n] == '"' : is_among(rest.at[n], BLANKS))) {
        n++;
    }
    return n;
}

static void find_credentials(struct dw_span value, bool *hidden)
{
    struct words words = {.whole = value, .hidden = hidden, .is_first = true};
    size_t at = 0;

    while (at < value.len) {
        if (is_among(value.at[at], BLANKS)) {
            at++;
            continue;
        }
        const struct dw_span rest = span_behind(value, at);
        const size_t n = word_len(&words, rest);

        read_word(&words, (struct dw_span){rest.at, n}, at + n == value.len);
        at += n;
    }
}

/* -- Cookies and URLs ---------------------------------------------------------------------------- */

static void find_cookies(struct dw_span value, bool only_first, bool *hidden)
{
    struct dw_span rest = value;

    while (rest.len > 0) {
        const char *end = memchr(rest.at, ';', rest.len);
        const size_t len = end != NULL ? (size_t)(end - rest.at) : rest.len;
        const char *equals = memchr(rest.at, '=', len);
        const size_t name = equals != NULL ? (size_t)(equals - rest.at) + 1 : 0;
        const struct dw_span secret = {rest.at + name, len - name};

        if (!is_placeholder(secret)) {
            hide(value, secret, hidden);
        }
        rest = only_first || end == NULL ? (struct dw_span){NULL, 0} : span_behind(rest, len + 1);
    }
}

bool mask_is_secret_name(struct dw_span name)
{
    static const char *const PARTS[] = {
        "token", "secret", "passw",  "pwd",  "sig",   "key",       "jwt",        "auth", "session",
        "code",  "sid",    "ticket", "saml", "state", "assertion", "credential", "pin",  "otp"};

    return has_one_of(name, PARTS, N(PARTS));
}

static bool is_token_like(struct dw_span value)
{
    size_t digits = 0;

    for (size_t i = 0; i < value.len; i++) {
        digits += value.at[i] >= '0' && value.at[i] <= '9';
    }
    return value.len >= TOKEN_MIN && digits > 0 && token_run(value, 0) == value.len;
}

static void find_in_url(struct dw_span url, bool *hidden)
{
    const struct dw_span user = url_user(url);
    const char *mark = url.at;
    struct dw_span rest, name, value;

    if (user.at != NULL && user.len > 0) {
        const char *colon = memchr(user.at, ':', user.len);
        hide(url, span_behind(user, colon != NULL ? (size_t)(colon - user.at) + 1 : 0), hidden);
    }
    while (mark < url.at + url.len && !is_among(*mark, "?#")) {
        mark++;
    }
    rest = span_behind(url, (size_t)(mark - url.at) + (mark < url.at + url.len));
    while (url_query_next(&rest, &name, &value)) {
        if (value.len > 0 && !is_placeholder(value) &&
            (mask_is_secret_name(name) || is_token_like(value))) {
            hide(url, value, hidden);
        }
    }
}

/* -- All ------------------------------------------------------------------------------------------- */

enum mask_kind mask_kind_of(struct dw_span name)
{
    static const char *const URLS[] = {"Location", "Referer", "Content-Location", "Refresh",
                                       "Link"};
    static const char *const OPEN[] = {
        "WWW-Authenticate",    "Proxy-Authenticate", "Server",       "Via",
        "Authentication-Info", ":authority",         "Cache-Control"};
    static const char *const PARTS[] = {"auth",  "token",  "key",    "secret", "session",
                                        "passw", "cookie", "signat", "dpop",   "credential",
                                        "jwt",   "csrf",   "xsrf",   "cert",   "assert"};

    if (span_is(name, "Cookie") || span_is(name, "Set-Cookie")) {
        return span_is(name, "Cookie") ? MASK_COOKIE : MASK_SET_COOKIE;
    }
    if (is_one_of(name, URLS, N(URLS))) {
        return MASK_URL;
    }
    if (is_one_of(name, OPEN, N(OPEN)) || span_begins(name, "Access-Control-") ||
        span_has(name, "www-authenticate")) {
        return MASK_TEXT;
    }
    return has_one_of(name, PARTS, N(PARTS)) ? MASK_CREDENTIALS : MASK_TEXT;
}

void mask_find(enum mask_kind kind, struct dw_span value, bool *hidden)
{
    if (value.len == 0) {
        return;
    }
    find_tokens(value, value, hidden);
    switch (kind) {
    case MASK_TEXT:
        break;
    case MASK_CREDENTIALS:
        find_credentials(value, hidden);
        break;
    case MASK_COOKIE:
    case MASK_SET_COOKIE:
        find_cookies(value, kind == MASK_SET_COOKIE, hidden);
        break;
    case MASK_URL:
        find_in_url(value, hidden);
        break;
    }
}
