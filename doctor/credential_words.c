/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "credential.h"
#include "scene.h"

#define PLACEHOLDER_MAX 96 /* characters; what is longer was made by a machine */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* -- Schemes: registered ones, and those that are met ------------------------------------------ */

static const struct {
    const char *name;
    bool is_list;
} SCHEMES[] = {
    {"Bearer", false},
    {"Basic", false},
    {"Digest", true},
    {"Negotiate", false},
    {"NTLM", false},
    {"Kerberos", false},
    {"DPoP", false},
    {"Token", false},
    {"JWT", false},
    {"ApiKey", false},
    {"Api-Key", false},
    {"X-API-Key", false},
    {"APIToken", false},
    {"OAuth", false},
    {"OAuth2", false},
    {"GNAP", false},
    {"AWS4-HMAC-SHA256", true},
    {"AWS4-ECDSA-P256-SHA256", true},
    {"AWS", false},
    {"Hawk", true},
    {"HMAC", true},
    {"Signature", true},
    {"HOBA", true},
    {"Mutual", true},
    {"MAC", true},
    {"WSSE", true},
    {"vapid", true},
    {"GoogleLogin", true},
    {"SCRAM-SHA-1", true},
    {"SCRAM-SHA-256", true},
    {"PrivateToken", true},
    {"Concealed", true},
    {"SharedKey", false},
    {"SharedKeyLite", false},
    {"SharedAccessSignature", true},
    {"SSWS", false},
    {"Bot", false},
    {"GenieKey", false},
    {"Splunk", false},
    {"SAPISIDHASH", false},
    {"Zoho-oauthtoken", false},
    {"Klaviyo-API-Key", false},
    {"DeepL-Auth-Key", false},
    {"Client-ID", false},
    {"Discogs", true},
    {"PVEAPIToken", false},
};

static bool ends_word(struct dw_span text, size_t at)
{
    return at == text.len || (!is_letter(text.at[at]) && !is_digit(text.at[at]) &&
                              text.at[at] != '-' && text.at[at] != '_');
}

size_t known_scheme(struct dw_span text, bool *is_list)
{
    for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
        const size_t len = strlen(SCHEMES[i].name);

        if (span_begins(text, SCHEMES[i].name) && ends_word(text, len)) {
            *is_list = SCHEMES[i].is_list;
            return len;
        }
    }
    return 0;
}

/* -- Placeholders ------------------------------------------------------------------------------ */

static bool is_among(struct dw_span token, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_is(token, words[i])) {
            return true;
        }
    }
    return false;
}

static bool ends_with(struct dw_span token, const char *end)
{
    const size_t len = strlen(end);

    return token.len >= len && span_is(span_behind(token, token.len - len), end);
}

static bool is_between(struct dw_span token, const char *open, const char *close)
{
    return token.len > strlen(open) + strlen(close) && span_begins(token, open) &&
           ends_with(token, close);
}

/* A name of a variable: letters, digits, _ . - : and blanks. */
static bool is_name(struct dw_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_letter(name.at[i]) && !is_digit(name.at[i]) &&
            strchr("_.-: []'", name.at[i]) == NULL) {
            return false;
        }
    }
    return name.len > 0 && !is_digit(name.at[0]);
}

static bool is_shouted(struct dw_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!(name.at[i] >= 'A' && name.at[i] <= 'Z') && name.at[i] != '_' &&
            !is_digit(name.at[i])) {
            return false;
        }
    }
    return name.len >= 3;
}

/* What a template language would have replaced. */
static const char *unexpanded(struct dw_span token)
{
    const struct dw_span inside = {token.at + 1, token.len >= 2 ? token.len - 2 : 0};

    if (is_between(token, "{{", "}}") || is_between(token, "{%", "%}") ||
        is_between(token, "<%", "%>")) {
        return "a template that nobody filled in";
    }
    if (is_between(token, "${", "}") || is_between(token, "$(", ")") ||
        is_between(token, "#{", "}") || is_between(token, "@{", "}")) {
        return "a variable that was not expanded";
    }
    if (span_begins(token, "%!") && ends_with(token, ")")) {
        return "a format of Go's that had nothing to write";
    }
    if (is_between(token, "%(", ")s") || is_between(token, "%", "%")) {
        return is_name(inside) || token.at[1] == '(' ? "a variable that was not expanded" : NULL;
    }
    if (token.at[0] == '$' && token.len > 1 && is_name(span_behind(token, 1))) {
        return "a variable that was not expanded";
    }
    if (is_between(token, "[object", "]")) {
        return "an object where a text was wanted";
    }
    return NULL;
}

/* How languages write that there is nothing. */
static const char *nothing(struct dw_span token)
{
    static const char *const WORDS[] = {
        "undefined", "null", "None",  "nil",  "NaN", "(null)",     "<nil>",      "<null>",
        "<none>",    "NULL", "false", "true", "\\0", "%!s(<nil>)", "<undefined>"};

    return is_among(token, WORDS, sizeof(WORDS) / sizeof(WORDS[0])) ? "a variable that was empty"
                                                                    : NULL;
}

/* Words that examples have in a token's place. */
static bool is_example(struct dw_span token)
{
    static const char *const WORDS[] = {"token",        "access_token", "access-token",
                                        "accesstoken",  "jwt",          "jwt_token",
                                        "jwttoken",     "api_key",      "apikey",
                                        "api-key",      "mytoken",      "my_token",
                                        "my-token",     "todo",         "fixme",
                                        "changeme",     "change_me",    "change-me",
                                        "replaceme",    "replace_me",   "replace-me",
                                        "string",       "placeholder",  "dummy",
                                        "tbd",          "auth_token",   "authtoken",
                                        "bearer_token", "yourtoken",    "youraccesstoken",
                                        "yourapikey",   "yourjwt",      "id_token",
                                        "the_token",    "sometoken",    "some_token",
                                        "%s",           "%v",           "%d",
                                        "{}",           "%@",           "x",
                                        "some-token"};

    return is_among(token, WORDS, sizeof(WORDS) / sizeof(WORDS[0]));
}

static bool is_phrase(struct dw_span token)
{
    static const char *const BEGINS[] = {
        "your_",        "your-",        "your ",      "insert_",  "insert-", "insert ",
        "replace_with", "replace-with", "enter_",     "enter-",   "paste_",  "paste-",
        "my_secret_",   "process.env.", "os.environ", "secrets.", "env."};
    static const char *const ENDS[] = {"_here",      "-here",     " here",
                                       "_goes_here", "tokenhere", "keyhere"};
    size_t i;

    if (!is_name(token)) {
        return false;
    }
    for (i = 0; i < sizeof(BEGINS) / sizeof(BEGINS[0]) && !span_begins(token, BEGINS[i]); i++) {
    }
    if (i < sizeof(BEGINS) / sizeof(BEGINS[0])) {
        return true;
    }
    for (i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]) && !ends_with(token, ENDS[i]); i++) {
    }
    return i < sizeof(ENDS) / sizeof(ENDS[0]) || span_has(token, "_your_") ||
           span_has(token, "-your-");
}

/* xxxx, or a vendor's prefix with xxxx behind it. */
static bool is_crossed(struct dw_span token)
{
    size_t n = 0;

    while (n < token.len &&
           (token.at[token.len - 1 - n] == 'x' || token.at[token.len - 1 - n] == 'X')) {
        n++;
    }
    return (n == token.len && n >= 2) ||
           (n >= 4 && n < token.len && strchr("_-.", token.at[token.len - 1 - n]) != NULL) ||
           (n >= 8 && n + 12 > token.len);
}

/* eyJ..., abc…: an example that was cut. */
static bool is_dotted(struct dw_span token)
{
    return token.len <= 64 && (ends_with(token, "...") || ends_with(token, "\xe2\x80\xa6"));
}

bool may_be_covered(struct dw_span token)
{
    return is_crossed(token) || is_dotted(token);
}

const char *placeholder_in(struct dw_span token)
{
    const char *what;

    if (token.len == 0 || token.len > PLACEHOLDER_MAX) {
        return NULL;
    }
    what = unexpanded(token);
    what = what == NULL ? nothing(token) : what;
    if (what != NULL) {
        return what;
    }
    if (token.len <= 64 && !span_begins(span_behind(token, 1), "eyJ") &&
        (is_between(token, "<", ">") || is_between(token, "{", "}") ||
         is_between(token, "[", "]"))) {
        return "a template that nobody filled in";
    }
    if (is_example(token) || is_phrase(token) || is_crossed(token)) {
        return "an example's word, not a token";
    }
    return is_dotted(token) ? "an example that was cut, not a token" : NULL;
}

const char *placeholder_in_password(struct dw_span password)
{
    if (password.len == 0 || password.len > PLACEHOLDER_MAX || span_is(password, "false")) {
        return NULL;
    }
    if (password.at[0] == '$' && password.len > 1 && password.at[1] != '{' &&
        password.at[1] != '(' && !is_shouted(span_behind(password, 1))) {
        return NULL;
    }
    if (is_between(password, "<", ">") &&
        is_name((struct dw_span){password.at + 1, password.len - 2})) {
        return "a template that nobody filled in";
    }
    return unexpanded(password) != NULL ? unexpanded(password) : nothing(password);
}

size_t b64token_end(struct dw_span token)
{
    size_t i = 0;

    while (i < token.len && (is_letter(token.at[i]) || is_digit(token.at[i]) ||
                             (token.at[i] != '\0' && strchr("-._~+/", token.at[i])))) {
        i++;
    }
    while (i > 0 && i < token.len && token.at[i] == '=') {
        i++;
    }
    return i;
}
