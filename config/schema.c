/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include "entries.h"
#include "forms.h"

/* The keys, from the innermost mappings out; those below schemes, trust and routes are in files of their
 * own. doorward.yaml(5) says the same at length. */

#define OF_FILE(name) offsetof(struct draft, config.name)
#define OF_ISSUER(name) offsetof(struct config_issuer, name)
#define OF_RESOURCE(name) offsetof(struct dw_resource, name)

int check_part(const struct reading *reading, const struct key *key, const struct node *node,
               const struct dw_policy *part)
{
    const char *fault;

    if (dw_policy_check(part, &fault) != 0) {
        return refuse(reading, node, "%s: %s", key->name, fault);
    }
    return 0;
}

static int read_resource(const struct reading *reading, const struct key *key,
                         const struct node *node, void *member)
{
    struct dw_policy part = {.malformed = 0};

    if (read_mapping(reading, key, node, member) != 0) {
        return -1;
    }
    part.resource = *(const struct dw_resource *)member;
    return check_part(reading, key, node, &part);
}

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
     .least = 1, .most = CONFIG_ACCESS_TOKEN_TTL_MAX, .expected = "1s to 24h, such as 15m"},
    {.name = NULL},
};

static const struct key VERIFY_KEYS[] = {
    {.name = "secret_file", .read = read_path, .member = OF_FILE(verify_secret_file),
     .fits = is_path, .expected = PATH_EXPECTED, .required = true},
    {.name = NULL},
};

/* An identifier without a query: RFC 9728 s1.2. */
static const struct key RESOURCE_KEYS[] = {
    {.name = "url", .read = read_text, .member = OF_RESOURCE(resource),
     .fits = is_discoverable_url, .expected = "an https URL without a query (http for this machine alone)",
     .required = true},
    {.name = "name", .read = read_text, .member = OF_RESOURCE(name), .fits = is_text,
     .expected = "a printable text"},
    {.name = "documentation", .read = read_text, .member = OF_RESOURCE(documentation),
     .fits = is_url, .expected = "an http or https URL"},
    {.name = "scopes", .read = read_texts, .member = OF_RESOURCE(scopes), .fits = is_scope,
     .expected = "a scope without spaces, or a list"},
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
    {.name = "origin", .read = read_text, .member = OF_FILE(policy.origin), .fits = is_web_origin,
     .expected = "https://HOST[:PORT] in small letters, as clients name this API"},
    {.name = "verify", .read = read_mapping, .keys = VERIFY_KEYS,
     .expected = "a mapping with secret_file"},
    {.name = "resource", .read = read_resource, .member = OF_FILE(policy.resource),
     .keys = RESOURCE_KEYS, .expected = "a mapping with url"},
    {.name = "realm", .read = read_text, .member = OF_FILE(policy.realm), .fits = is_text,
     .expected = "a printable text"},
    {.name = "malformed", .read = read_number, .member = OF_FILE(policy.malformed), .least = 400,
     .most = 401, .expected = "400 or 401"},
    {.name = "leeway", .read = read_duration, .member = OF_FILE(policy.leeway), .least = 0,
     .most = DW_LEEWAY_MAX, .expected = "0s to 60s"},
    {.name = "issuer", .read = read_issuer, .keys = ISSUER_KEYS,
     .expected = "a mapping, or `true` for all its defaults"},
    {.name = "schemes", .read = read_mapping, .member = offsetof(struct draft, config),
     .keys = SCHEMES_KEYS,
     .expected = "a mapping with basic, digest, apikey, cookie, certificate and dpop"},
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
