/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include "entries.h"
#include "forms.h"

/* The keys, from the innermost mappings out. doorward.yaml(5) says the same at length. */

#define OF_FILE(name) offsetof(struct draft, config.name)
#define OF_ISSUER(name) offsetof(struct config_issuer, name)
#define OF_TRUST(name) offsetof(struct trusted, name)
#define OF_ROUTE(name) offsetof(struct dw_route, name)

static const struct key LOG_KEYS[] = {
    {.name = "file", .read = read_path, .member = OF_FILE(log), .fits = is_path,
     .expected = PATH_EXPECTED},
    {.name = "allowed", .read = read_switch, .member = OF_FILE(log_allowed),
     .expected = "true or false"},
    {.name = NULL},
};

static const struct key ISSUER_KEYS[] = {
    {.name = "url", .read = read_text, .member = OF_ISSUER(url), .fits = is_origin,
     .expected = "http://HOST[:PORT] or https://HOST[:PORT], without a path"},
    {.name = "audience", .read = read_text, .member = OF_ISSUER(audience), .fits = is_text,
     .expected = "the name of this API, printable"},
    {.name = "algorithm", .read = read_own_alg, .member = OF_ISSUER(alg), .fits = is_text,
     .expected = "one of ES256, ES384, ES512, RS256, EdDSA"},
    {.name = "access_token_ttl", .read = read_duration, .member = OF_ISSUER(access_token_ttl),
     .least = 1, .most = 86400, .expected = "1s to 24h, such as 15m"},
    {.name = NULL},
};

static const struct key TRUST_KEYS[] = {
    {.name = "issuer", .read = read_text, .member = OF_TRUST(trust.issuer), .fits = is_text,
     .expected = "the issuer, as its tokens name it in iss", .required = true},
    {.name = "audience", .read = read_audience, .member = OF_TRUST(trust), .fits = is_text,
     .expected = "the name of this API, a list of names, or `any`", .required = true},
    {.name = "algorithms", .read = read_algs, .member = OF_TRUST(trust.algorithms),
     .fits = is_text, .expected = "names such as RS256, PS256, ES256, EdDSA, one or a list"},
    {.name = "jwks", .read = read_text, .member = OF_TRUST(keys.jwks_url), .fits = is_secure_url,
     .expected = "an https URL (http for this machine alone)"},
    {.name = "jwks_file", .read = read_path, .member = OF_TRUST(keys.jwks_file), .fits = is_path,
     .expected = PATH_EXPECTED},
    {.name = NULL},
};

static const struct key ROUTE_KEYS[] = {
    {.name = "path", .read = read_pattern, .member = OF_ROUTE(path), .fits = is_text,
     .expected = "a path, such as /reports, /reports/* or /reports/**", .required = true},
    {.name = "methods", .read = read_texts, .member = OF_ROUTE(methods), .fits = is_method,
     .expected = "a method in capitals, such as GET, or a list"},
    {.name = "allow", .read = read_allow, .member = OF_ROUTE(anyone), .fits = is_text,
     .expected = "anyone"},
    {.name = "scope", .read = read_texts, .member = OF_ROUTE(scope), .fits = is_scope,
     .expected = "a scope without spaces, or a list"},
    {.name = "scope_any", .read = read_texts, .member = OF_ROUTE(scope_any), .fits = is_scope,
     .expected = "a scope without spaces, or a list"},
    {.name = "accept", .read = read_accept, .member = OF_ROUTE(accept), .fits = is_text,
     .expected = "bearer, or a list of schemes"},
    {.name = NULL},
};

static const struct key FILE_KEYS[] = {
    {.name = "listen", .read = read_text, .member = OF_FILE(listen), .fits = is_listen,
     .expected = LISTEN_EXPECTED},
    {.name = "upstream", .read = read_text, .member = OF_FILE(upstream), .fits = is_upstream,
     .expected = UPSTREAM_EXPECTED},
    {.name = "data", .read = read_path, .member = OF_FILE(data), .fits = is_path,
     .expected = PATH_EXPECTED},
    {.name = "edge", .read = read_path, .member = OF_FILE(edge), .fits = is_path,
     .expected = PATH_EXPECTED},
    {.name = "prefix", .read = read_text, .member = OF_FILE(prefix), .fits = is_prefix,
     .expected = "a path between slashes, such as /doorward/"},
    {.name = "log", .read = read_mapping, .keys = LOG_KEYS,
     .expected = "a mapping with file and allowed"},
    {.name = "realm", .read = read_text, .member = OF_FILE(policy.realm), .fits = is_text,
     .expected = "a printable text"},
    {.name = "malformed", .read = read_number, .member = OF_FILE(policy.malformed), .least = 400,
     .most = 401, .expected = "400 or 401"},
    {.name = "leeway", .read = read_duration, .member = OF_FILE(policy.leeway), .least = 0,
     .most = DW_LEEWAY_MAX, .expected = "0s to 60s"},
    {.name = "issuer", .read = read_issuer, .keys = ISSUER_KEYS,
     .expected = "a mapping, or `true` for all its defaults"},
    {.name = "trust", .read = read_trust, .keys = TRUST_KEYS,
     .expected = "a list of mappings, each with issuer and audience"},
    {.name = "routes", .read = read_routes, .keys = ROUTE_KEYS,
     .expected = "a list of mappings, each with a path"},
    {.name = NULL},
};

static const struct key WHOLE = {.name = "configuration", .read = read_mapping, .keys = FILE_KEYS,
                                 .expected = "a mapping, such as `listen: 127.0.0.1:8401`"};

int schema_read(const struct reading *reading, const struct node *root, struct draft *draft)
{
    if (root == NULL || (root->kind == NODE_PLAIN && root->text.len == 0)) {
        return 0;
    }
    return WHOLE.read(reading, &WHOLE, root, draft);
}
