/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <string.h>

#define PREFIX_MAX     16
#define NONCE_LIFE_MAX (24 * 60 * 60)
#define BODY_MAX       (1024 * 1024)
#define WINDOW_MAX     300
#define HEX_SHA256     64
#define RULES_MAX      DW_ROUTES_MAX

static const char *fault_of_digest(const struct dw_schemes *schemes)
{
    if (schemes->digest.algorithms >= 1u << DW_DIGESTS_END) {
        return "Digest's algorithms are a set of enum dw_digest";
    }
    if (schemes->digest.nonce_life < 0 || schemes->digest.nonce_life > NONCE_LIFE_MAX) {
        return "a nonce of Digest lives for a day at most";
    }
    if (schemes->digest.auth_int < 0 || schemes->digest.auth_int > BODY_MAX) {
        return "auth-int is for bodies of 1 MiB at most";
    }
    return NULL;
}

/* -- Where credentials stand ----------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_prefix(const char *text)
{
    const size_t len = strnlen(text, PREFIX_MAX + 1);

    for (size_t i = 0; i < len; i++) {
        if (!is_letter(text[i]) && (i == 0 || !is_digit(text[i]))) {
            return false;
        }
    }
    return len > 0 && len <= PREFIX_MAX;
}

/* A name of our own choice: not one that means something else already. */
static bool is_field(const char *text)
{
    static const char *const TAKEN[] = {"Authorization", "Cookie", "DPoP", "Host", "Origin"};

    if (!fits_name(text) || span_starts_nocase(dw_span_of(text), DW_IDENTITY_PREFIX)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(TAKEN) / sizeof(TAKEN[0]); i++) {
        if (dw_span_equal_nocase(dw_span_of(text), dw_span_of(TAKEN[i]))) {
            return false;
        }
    }
    return true;
}

/* RFC 3986 s2.3: what nobody would encode, so that it has one spelling. */
static bool is_query(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!is_letter(*c) && !is_digit(*c) && strchr("-._~", *c) == NULL) {
            return false;
        }
    }
    return fits_text(text);
}

static const char *fault_of_apikey(const struct dw_schemes *schemes)
{
    if (!fits_optional(schemes->apikey.prefix, is_prefix)) {
        return "the prefix of API keys is a letter and up to 15 letters and digits";
    }
    if (!fits_optional(schemes->apikey.field, is_field)) {
        return "the field of API keys is a field name that has no other meaning";
    }
    if (!fits_optional(schemes->apikey.query, is_query)) {
        return "the query parameter of API keys is made of letters, digits and - . _ ~";
    }
    return NULL;
}

static const char *fault_of_cookie(const struct dw_schemes *schemes)
{
    if (!fits_optional(schemes->cookie.name, fits_name)) {
        return "a cookie's name is a token, best one that begins with __Host- (RFC 6265 s4.1.1)";
    }
    if (!fits_optional(schemes->cookie.sign_in, fits_path)) {
        return "sign_in is a path of this place, without a query";
    }
    if (!fit_all(&schemes->cookie.origins, fits_origin)) {
        return "a cookie's origins are at most 64, each scheme://host[:port] in small letters";
    }
    return NULL;
}

/* -- Certificates ---------------------------------------------------------------------------------- */

static bool is_fingerprint(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF") == HEX_SHA256 && text[HEX_SHA256] == '\0';
}

static bool is_san(const char *text)
{
    static const char *const KINDS[] = {"dns:", "email:", "uri:", "ip:"};

    for (size_t i = 0; fits_text(text) && i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        const size_t len = strlen(KINDS[i]);
        if (strncmp(text, KINDS[i], len) == 0) {
            return text[len] != '\0';
        }
    }
    return false;
}

static const char *fault_of_rule(const struct dw_certificate_rule *rule)
{
    if (rule->fingerprint == NULL && rule->subject == NULL && rule->san == NULL) {
        return "a rule for certificates has a fingerprint, a subject or a san";
    }
    if (!fits_optional(rule->fingerprint, is_fingerprint)) {
        return "a fingerprint is 64 hexadecimal digits, without colons";
    }
    if (!fits_optional(rule->subject, fits_text) || !fits_optional(rule->principal, fits_text)) {
        return "a subject and a principal are printable texts";
    }
    if (!fits_optional(rule->san, is_san)) {
        return "a san is dns:NAME, email:NAME, uri:NAME or ip:ADDRESS";
    }
    if (!fit_all(&rule->scope, fits_word) || list_bytes(&rule->scope) > DW_SCOPE_MAX) {
        return "a certificate's scopes are at most 64 words (RFC 6749 s3.3), 2048 bytes together";
    }
    return NULL;
}

static const char *fault_of_certificate(const struct dw_schemes *schemes)
{
    const char *fault = NULL;

    if (!fits_optional(schemes->certificate.field, is_field)) {
        return "the field of certificates is a field name that has no other meaning";
    }
    if (schemes->certificate.n_rules > RULES_MAX) {
        return "there are at most 1024 rules for certificates";
    }
    for (size_t i = 0; fault == NULL && i < schemes->certificate.n_rules; i++) {
        fault = fault_of_rule(&schemes->certificate.rules[i]);
    }
    return fault;
}

/* -- Proofs of possession -------------------------------------------------------------------------- */

static const char *fault_of_dpop(const struct dw_schemes *schemes)
{
    const unsigned asymmetric = DW_ALG_BIT(DW_ALG_HS256) - DW_ALG_BIT(DW_ALG_RS256);

    if ((schemes->dpop.algorithms & ~asymmetric) != 0) {
        return "DPoP's algorithms are a set of DW_ALG_BIT, all asymmetric (RFC 9449 s4.2)";
    }
    if (schemes->dpop.window < 0 || schemes->dpop.window > WINDOW_MAX) {
        return "a DPoP proof is at most 5 minutes old";
    }
    return NULL;
}

const char *fault_of_schemes(const struct dw_schemes *schemes)
{
    static const char *(*const CHECKS[])(const struct dw_schemes *) = {
        fault_of_digest, fault_of_apikey, fault_of_cookie, fault_of_certificate, fault_of_dpop};
    const char *fault = NULL;

    for (size_t i = 0; fault == NULL && i < sizeof(CHECKS) / sizeof(CHECKS[0]); i++) {
        fault = CHECKS[i](schemes);
    }
    return fault;
}
