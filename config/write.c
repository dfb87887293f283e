/* SPDX-License-Identifier: Apache-2.0 */
#include "write.h"

#include <stdlib.h>

#include "document.h"
#include "file.h"
#include "members.h"

static void put_text(struct text *text, const char *name, const char *value)
{
    if (value != NULL) {
        text_put(text, name);
        text_put(text, ": ");
        text_json(text, dw_span_of(value));
        text_char(text, '\n');
    }
}

static void put_number(struct text *text, const char *name, int value)
{
    text_put(text, name);
    text_put(text, ": ");
    text_number(text, value);
    text_char(text, '\n');
}

/* -- sets, as lists of names ----------------------------------------------------------------------- */

static void put_algorithms(struct text *text, unsigned algorithms)
{
    const char *names[DW_ALGS_END];
    struct dw_list list = {names, 0};

    for (unsigned alg = DW_ALG_NONE + 1; alg < DW_ALGS_END; alg++) {
        if ((algorithms & DW_ALG_BIT(alg)) != 0) {
            names[list.n++] = dw_alg_name((enum dw_alg)alg);
        }
    }
    member_list(text, "algorithms", &list);
}

static void put_digests(struct text *text, unsigned algorithms)
{
    const char *names[DW_DIGESTS_END];
    struct dw_list list = {names, 0};

    for (unsigned i = 0; i < DW_DIGESTS_END; i++) {
        if ((algorithms & (1u << i)) != 0) {
            names[list.n++] = dw_digest_name((enum dw_digest)i);
        }
    }
    member_list(text, "algorithms", &list);
}

static void put_accept(struct text *text, const enum dw_scheme *accept)
{
    const char *names[DW_SCHEMES_END];
    struct dw_list list = {names, 0};

    while (list.n < DW_SCHEMES_END && accept[list.n] != DW_SCHEME_NONE) {
        names[list.n] = dw_scheme_name(accept[list.n]);
        list.n++;
    }
    member_list(text, "accept", &list);
}

/* -- this API ------------------------------------------------------------------------------------ */

static void put_issuer(struct text *text, const struct config_issuer *issuer)
{
    if (!issuer->enabled) {
        return;
    }
    text_put(text, "issuer: {");
    member_text(text, "url", issuer->url);
    member_text(text, "audience", issuer->audience);
    member_text(text, "algorithm", dw_alg_name(issuer->alg));
    member_number(text, "access_token_ttl", issuer->access_token_ttl);
    text_put(text, "}\n");
}

static void put_resource(struct text *text, const struct dw_resource *resource)
{
    if (resource->resource == NULL) {
        return;
    }
    text_put(text, "resource: {");
    member_text(text, "url", resource->resource);
    member_text(text, "name", resource->name);
    member_text(text, "documentation", resource->documentation);
    member_list(text, "scopes", &resource->scopes);
    text_put(text, "}\n");
}

/* -- schemes ------------------------------------------------------------------------------------- */

static void put_principals(struct text *text, const struct dw_schemes *schemes)
{
    if (schemes->certificate.n_rules == 0) {
        return;
    }
    member_begin(text, "principals");
    for (size_t i = 0; i < schemes->certificate.n_rules; i++) {
        const struct dw_certificate_rule *rule = &schemes->certificate.rules[i];

        text_put(text, i == 0 ? "[{" : ",\n    {");
        member_text(text, "fingerprint", rule->fingerprint);
        member_text(text, "subject", rule->subject);
        member_text(text, "san", rule->san);
        member_text(text, "principal", rule->principal);
        member_list(text, "scope", &rule->scope);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void put_schemes(struct text *text, const struct config *config)
{
    const struct dw_schemes *schemes = &config->policy.schemes;

    text_put(text, "schemes:\n  basic: {");
    member_number(text, "remember", config->schemes.password_ttl);
    text_put(text, "}\n  digest: {");
    put_digests(text, schemes->digest.algorithms);
    member_number(text, "nonce_life", schemes->digest.nonce_life);
    member_number(text, "auth_int", schemes->digest.auth_int);
    text_put(text, "}\n  apikey: {");
    member_text(text, "prefix", schemes->apikey.prefix);
    member_text(text, "field", schemes->apikey.field);
    member_text(text, "query", schemes->apikey.query);
    text_put(text, "}\n  cookie: {");
    member_text(text, "name", schemes->cookie.name);
    member_number(text, "idle", config->schemes.idle);
    member_number(text, "lifetime", config->schemes.lifetime);
    member_list(text, "origins", &schemes->cookie.origins);
    text_put(text, "}\n  certificate: {");
    member_text(text, "field", schemes->certificate.field);
    put_principals(text, schemes);
    text_put(text, "}\n  dpop: {");
    put_algorithms(text, schemes->dpop.algorithms);
    member_number(text, "window", schemes->dpop.window);
    member_switch(text, "nonce", schemes->dpop.nonce);
    text_put(text, "}\n");
}

/* -- issuers and routes -------------------------------------------------------------------------- */

static void put_introspection(struct text *text, const struct dw_trust *trust,
                              const struct config_keys *keys)
{
    if (keys->introspection == NULL) {
        return;
    }
    member_begin(text, "introspection");
    text_char(text, '{');
    member_text(text, "url", keys->introspection);
    member_text(text, "client_id", keys->client_id);
    member_text(text, "client_secret_file", keys->client_secret_file);
    member_number(text, "ttl", keys->introspection_ttl);
    member_text(text, "prefix", trust->opaque_prefix);
    text_char(text, '}');
}

static void put_trust(struct text *text, const struct config *config)
{
    text_put(text, config->policy.n_trust > (config->issuer.enabled ? 1u : 0u) ? "trust:\n" : "");
    for (size_t i = 0; i < config->policy.n_trust; i++) {
        const struct dw_trust *trust = &config->policy.trust[i];

        if (config->keys[i].ours) {
            continue;
        }
        text_put(text, "- {");
        member_text(text, "issuer", trust->issuer);
        text_put(text, trust->any_audience ? ", \"audience\": any" : "");
        member_list(text, "audience", &trust->audiences);
        put_algorithms(text, trust->algorithms);
        member_text(text, "jwks", config->keys[i].jwks_url);
        member_text(text, "jwks_file", config->keys[i].jwks_file);
        put_introspection(text, trust, &config->keys[i]);
        text_put(text, "}\n");
    }
}

static void put_require(struct text *text, const struct dw_route *route)
{
    if (route->n_require == 0) {
        return;
    }
    member_begin(text, "require");
    text_char(text, '{');
    for (size_t i = 0; i < route->n_require; i++) {
        member_text(text, route->require[i].claim, route->require[i].value);
    }
    text_char(text, '}');
}

static void put_route(struct text *text, const struct dw_route *route)
{
    text_put(text, "- {");
    member_text(text, "path", route->path);
    member_list(text, "methods", &route->methods);
    text_put(text, route->anyone ? ", \"allow\": anyone" : "");
    put_accept(text, route->accept);
    member_list(text, "audience", &route->audience);
    member_list(text, "scope", &route->scope);
    member_list(text, "scope_any", &route->scope_any);
    put_require(text, route);
    if (route->max_age > 0) {
        member_number(text, "max_age", route->max_age);
    }
    member_list(text, "acr", &route->acr);
    if (route->malformed > 0) {
        member_number(text, "malformed", route->malformed);
    }
    if (route->hide) {
        member_switch(text, "hide", true);
    }
    member_list(text, "cors", &route->cors.origins);
    text_put(text, "}\n");
}

static void put_routes(struct text *text, const struct dw_policy *policy)
{
    text_put(text, policy->n_routes > 0 ? "routes:\n" : "");
    for (size_t i = 0; i < policy->n_routes; i++) {
        put_route(text, &policy->routes[i]);
    }
}

/* -- the whole ----------------------------------------------------------------------------------- */

static void put_log(struct text *text, const struct config *config)
{
    text_put(text, "log: {");
    member_text(text, "file", config->log);
    member_switch(text, "allowed", config->log_allowed);
    text_put(text, "}\n");
}

static void put_verify(struct text *text, const struct config *config)
{
    if (config->verify_secret_file != NULL) {
        text_put(text, "verify: {");
        member_text(text, "secret_file", config->verify_secret_file);
        text_put(text, "}\n");
    }
}

void config_text(const struct config *config, struct text *text)
{
    put_text(text, "listen", config->listen);
    put_text(text, "upstream", config->upstream);
    put_text(text, "data", config->data);
    put_text(text, "edge", config->edge);
    put_text(text, "prefix", config->prefix);
    put_log(text, config);
    put_text(text, "origin", config->policy.origin);
    put_verify(text, config);
    put_resource(text, &config->policy.resource);
    put_text(text, "realm", config->policy.realm);
    put_number(text, "malformed", config->policy.malformed);
    put_number(text, "leeway", config->policy.leeway);
    put_issuer(text, &config->issuer);
    put_schemes(text, config);
    put_trust(text, config);
    put_routes(text, &config->policy);
}

int config_write(const struct config *config, const char *path, struct complaint *why)
{
    char *buffer = malloc(DOCUMENT_MAX);
    struct text text;
    int failed;

    if (buffer == NULL) {
        return complain(why, "out of memory");
    }
    text_init(&text, buffer, DOCUMENT_MAX);
    text_put(&text, "# Written by doorward: the whole configuration in effect. "
                    "Changes here are lost.\n");
    config_text(config, &text);
    failed = text.overflow ? complain(why, "%s: the configuration in effect is too long", path)
                           : file_replace(path, text_span(&text), why);
    free(buffer);
    return failed;
}
