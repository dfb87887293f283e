/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "sent.h"

#define NAME_MAX_LEN 40

/* Lower case, without what separates words. Returns its length; 0: it is too long. */
static size_t plain(struct dw_span name, char *to)
{
    size_t n = 0;

    if (name.len >= NAME_MAX_LEN) {
        return 0;
    }
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.at[i];

        if (c != '-' && c != '_' && c != ' ') {
            to[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
    }
    to[n] = '\0';
    return n;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped or changed. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t row[NAME_MAX_LEN + 1];

    for (size_t j = 0; j <= n_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        size_t above_left = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            const size_t above = row[j];

            row[j] =
                least(least(above, row[j - 1]) + 1, above_left + (a[i - 1] == b[j - 1] ? 0 : 1));
            above_left = above;
        }
    }
    return row[n_b];
}

size_t names_distance(struct dw_span a, const char *b)
{
    char word[NAME_MAX_LEN], other[NAME_MAX_LEN];
    const size_t len = plain(a, word);
    const size_t len_b = plain(dw_span_of(b), other);

    return len == 0 || len_b == 0 ? NAME_MAX_LEN : distance(word, len, other, len_b);
}

static bool is_listed(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool is_nearly_authorization(struct dw_span name)
{
    static const char *const NAMES[] = {"authentication",
                                        "authentification",
                                        "auth",
                                        "authorize",
                                        "authorized",
                                        "xauthorization",
                                        "xauth",
                                        "authheader",
                                        "httpauthorization",
                                        "xhttpauthorization",
                                        "authorizationheader",
                                        "authorizationtoken",
                                        "authorizationbearer",
                                        "xauthentication",
                                        "authenticate",
                                        "wwwauthorization",
                                        "wwwauthenticate",
                                        "httpauth",
                                        "authenticator"};
    char word[NAME_MAX_LEN];
    const size_t len = plain(name, word);

    if (len == 0 || span_is(name, "Authorization") || span_is(name, "Proxy-Authorization")) {
        return false;
    }
    return is_listed(word, NAMES, sizeof(NAMES) / sizeof(NAMES[0])) ||
           (len > 8 && names_distance(name, "authorization") <= 2);
}

const char *scheme_as_name(struct dw_span name)
{
    static const char *const NAMES[] = {"Bearer", "Basic", "Digest", "DPoP", "Negotiate", "NTLM"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        /* DPoP has a field of that name (RFC 9449 s4.1). */
        if (span_is(name, NAMES[i]) && !span_is(name, "DPoP") && !span_is(name, "Digest")) {
            return NAMES[i];
        }
    }
    return span_is(name, "Bearer-Token") || span_is(name, "BearerToken") ? "Bearer" : NULL;
}

bool is_key_field(struct dw_span name)
{
    static const char *const ENDS[] = {
        "apikey",       "token",          "accesskey", "authkey",   "subscriptionkey",
        "functionskey", "applicationkey", "apisecret", "secretkey", "jwt",
        "jfrogartapi",  "clientsecret",   "apiauth",   "clientkey", "licensekey"};
    static const char *const OTHERS[] = {
        "csrf",        "xsrf",        "verificationtoken", "securitytoken",     "pushtoken",
        "devicetoken", "pagetoken",   "nexttoken",         "continuationtoken", "synctoken",
        "idempotency", "traceparent", "requesttoken"};
    char word[NAME_MAX_LEN];
    const size_t len = plain(name, word);

    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        if (strstr(word, OTHERS[i]) != NULL && len > 0) {
            return false;
        }
    }
    for (size_t i = 0; len > 0 && i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        const size_t end = strlen(ENDS[i]);

        if (len >= end && strcmp(word + len - end, ENDS[i]) == 0) {
            return true;
        }
    }
    return false;
}
