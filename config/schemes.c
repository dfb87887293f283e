/* SPDX-License-Identifier: Apache-2.0 */
#include "entries.h"

#include <string.h>

#include "forms.h"

#define PRINCIPALS_MAX 1024
#define DAY            (24 * 3600) /* seconds */

static int read_scheme(const struct reading *reading, const struct key *key,
                       const struct node *node, void *member)
{
    struct dw_policy part = {.malformed = 0};

    if (read_mapping(reading, key, node, member) != 0) {
        return -1;
    }
    part.schemes = ((const struct config *)member)->policy.schemes;
    return check_part(reading, key, node, &part);
}

/* -- digest -------------------------------------------------------------------------------------- */

static unsigned digest_bit(struct dw_span name)
{
    for (unsigned i = 0; i < DW_DIGESTS_END; i++) {
        if (dw_span_equal(name, dw_span_of(dw_digest_name((enum dw_digest)i)))) {
            return 1u << i;
        }
    }
    return 0;
}

static int read_digests(const struct reading *reading, const struct key *key,
                        const struct node *node, void *member)
{
    struct values values;
    struct dw_list names;
    unsigned set = 0;

    if (read_texts(reading, key, node, &names) != 0) {
        return -1;
    }
    values = values_of(node);
    for (size_t i = 0; i < names.n; i++) {
        const struct node *value = values_take(&values);

        if (digest_bit(value->text) == 0) {
            return refuse_value(reading, key, value);
        }
        set |= digest_bit(value->text);
    }
    *(unsigned *)member = set;
    return 0;
}

/* -- certificate --------------------------------------------------------------------------------- */

/* As OpenSSL prints it, or as it is compared: in small letters, without colons. */
static int read_fingerprint(const struct reading *reading, const struct key *key,
                            const struct node *node, void *member)
{
    const char *text;
    char *plain;
    size_t len = 0;

    if (read_text(reading, key, node, &text) != 0) {
        return -1;
    }
    plain = config_arena_take(reading->arena, strlen(text) + 1, 1);
    if (plain == NULL) {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text != ':') {
            plain[len++] = (char)(*text >= 'A' && *text <= 'F' ? *text | 0x20 : *text);
        }
    }
    *(const char **)member = plain;
    return 0;
}

static int read_principals(const struct reading *reading, const struct key *key,
                           const struct node *node, void *member)
{
    struct config *config = member;
    struct dw_certificate_rule *rules;
    size_t n = 0;

    if (node->kind != NODE_LIST || node->n == 0) {
        return refuse_value(reading, key, node);
    }
    if (node->n > PRINCIPALS_MAX) {
        return refuse(reading, node, "%s: expected at most %d", key->name, PRINCIPALS_MAX);
    }
    rules = config_arena_take(reading->arena, node->n, sizeof *rules);
    if (rules == NULL) {
        return -1;
    }
    for (const struct node *at = node->first; at != NULL; at = at->next, n++) {
        struct dw_certificate_rule *rule = &rules[n];

        if (read_mapping(reading, key, at, rule) != 0) {
            return -1;
        }
        if (rule->fingerprint == NULL && rule->subject == NULL && rule->san == NULL) {
            return refuse(reading, at, "%s: expected fingerprint, subject or san", key->name);
        }
    }
    config->policy.schemes.certificate.rules = rules;
    config->policy.schemes.certificate.n_rules = n;
    return 0;
}

/* -- the keys ------------------------------------------------------------------------------------ */

#define OF(name) offsetof(struct config, name)
#define OF_SCHEME(name) offsetof(struct config, policy.schemes.name)
#define OF_RULE(name) offsetof(struct dw_certificate_rule, name)

static const struct key BASIC_KEYS[] = {
    {.name = "remember", .read = read_duration, .member = OF(schemes.password_ttl), .least = 1,
     .most = DAY, .expected = "1s to 24h, such as 5m"},
    {.name = NULL},
};

static const struct key DIGEST_KEYS[] = {
    {.name = "algorithms", .read = read_digests, .member = OF_SCHEME(digest.algorithms),
     .fits = is_text, .expected = "SHA-256, SHA-512-256 or MD5, or a list of them"},
    {.name = "nonce_life", .read = read_duration, .member = OF_SCHEME(digest.nonce_life),
     .least = 1, .most = DAY, .expected = "1s to 24h, such as 5m"},
    {.name = "auth_int", .read = read_size, .member = OF_SCHEME(digest.auth_int), .least = 0,
     .most = 1024 * 1024, .expected = "0 to 1024k, the largest body that is looked at, such as 64k"},
    {.name = NULL},
};

static const struct key APIKEY_KEYS[] = {
    {.name = "prefix", .read = read_text, .member = OF_SCHEME(apikey.prefix),
     .fits = is_key_prefix, .expected = "1 to 16 letters, such as dw"},
    {.name = "field", .read = read_text, .member = OF_SCHEME(apikey.field), .fits = is_name,
     .expected = "the name of a field, such as X-API-Key"},
    {.name = "query", .read = read_text, .member = OF_SCHEME(apikey.query), .fits = is_parameter,
     .expected = "the name of a query parameter, such as api_key"},
    {.name = NULL},
};

static const struct key COOKIE_KEYS[] = {
    {.name = "name", .read = read_text, .member = OF_SCHEME(cookie.name), .fits = is_name,
     .expected = "the name of a cookie, such as __Host-doorward"},
    {.name = "idle", .read = read_duration, .member = OF(schemes.idle), .least = 1,
     .most = 30 * DAY, .expected = "1s to 720h, such as 30m"},
    {.name = "lifetime", .read = read_duration, .member = OF(schemes.lifetime), .least = 1,
     .most = 365 * DAY, .expected = "1s to 8760h, such as 12h"},
    {.name = "origins", .read = read_texts, .member = OF_SCHEME(cookie.origins),
     .fits = is_web_origin, .expected = WEB_ORIGIN_EXPECTED ", or a list"},
    {.name = NULL},
};

static const struct key PRINCIPAL_KEYS[] = {
    {.name = "fingerprint", .read = read_fingerprint, .member = OF_RULE(fingerprint),
     .fits = is_fingerprint, .expected = "the SHA-256 of a certificate, 64 hexadecimal digits"},
    {.name = "subject", .read = read_text, .member = OF_RULE(subject), .fits = is_text,
     .expected = "a distinguished name, such as CN=meter,O=Example"},
    {.name = "san", .read = read_text, .member = OF_RULE(san), .fits = is_san,
     .expected = "dns:NAME, email:NAME, uri:NAME or ip:ADDRESS"},
    {.name = "principal", .read = read_text, .member = OF_RULE(principal), .fits = is_text,
     .expected = "a printable text: who that is"},
    {.name = "scope", .read = read_texts, .member = OF_RULE(scope), .fits = is_scope,
     .expected = "a scope without spaces, or a list"},
    {.name = NULL},
};

static const struct key CERTIFICATE_KEYS[] = {
    {.name = "field", .read = read_text, .member = OF_SCHEME(certificate.field), .fits = is_name,
     .expected = "the name of a field, such as Client-Cert"},
    {.name = "principals", .read = read_principals, .keys = PRINCIPAL_KEYS,
     .expected = "a list of mappings, each with fingerprint, subject or san"},
    {.name = NULL},
};

static const struct key DPOP_KEYS[] = {
    {.name = "algorithms", .read = read_public_algs, .member = OF_SCHEME(dpop.algorithms),
     .fits = is_text, .expected = "names such as ES256, EdDSA, PS256, one or a list"},
    {.name = "window", .read = read_duration, .member = OF_SCHEME(dpop.window), .least = 1,
     .most = 600, .expected = "1s to 10m, such as 60s"},
    {.name = "nonce", .read = read_switch, .member = OF_SCHEME(dpop.nonce),
     .expected = "true or false"},
    {.name = NULL},
};

const struct key SCHEMES_KEYS[] = {
    {.name = "basic", .read = read_scheme, .keys = BASIC_KEYS,
     .expected = "a mapping with remember"},
    {.name = "digest", .read = read_scheme, .keys = DIGEST_KEYS,
     .expected = "a mapping with algorithms, nonce_life and auth_int"},
    {.name = "apikey", .read = read_scheme, .keys = APIKEY_KEYS,
     .expected = "a mapping with prefix, field and query"},
    {.name = "cookie", .read = read_scheme, .keys = COOKIE_KEYS,
     .expected = "a mapping with name, idle, lifetime and origins"},
    {.name = "certificate", .read = read_scheme, .keys = CERTIFICATE_KEYS,
     .expected = "a mapping with field and principals"},
    {.name = "dpop", .read = read_scheme, .keys = DPOP_KEYS,
     .expected = "a mapping with algorithms, window and nonce"},
    {.name = NULL},
};
