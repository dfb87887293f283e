/* SPDX-License-Identifier: Apache-2.0 */
#include "write.h"

#include <stdlib.h>

#include "document.h"
#include "file.h"

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

/* A member beside others: they are never the first. */
static void begin_member(struct text *text, const char *name)
{
    text_put(text, ", ");
    text_json(text, dw_span_of(name));
    text_put(text, ": ");
}

static void put_member(struct text *text, const char *name, const char *value)
{
    if (value != NULL) {
        begin_member(text, name);
        text_json(text, dw_span_of(value));
    }
}

static void put_list(struct text *text, const char *name, const struct dw_list *list)
{
    if (list->n == 0) {
        return;
    }
    begin_member(text, name);
    for (size_t i = 0; i < list->n; i++) {
        text_char(text, i == 0 ? '[' : ',');
        text_json(text, dw_span_of(list->items[i]));
    }
    text_char(text, ']');
}

static void put_algorithms(struct text *text, unsigned algorithms)
{
    char before = '[';

    if (algorithms == 0) {
        return;
    }
    begin_member(text, "algorithms");
    for (unsigned alg = DW_ALG_NONE + 1; alg < DW_ALGS_END; alg++) {
        if ((algorithms & DW_ALG_BIT(alg)) != 0) {
            text_char(text, before);
            text_put(text, dw_alg_name((enum dw_alg)alg));
            before = ',';
        }
    }
    text_char(text, ']');
}

static void put_accept(struct text *text, const enum dw_scheme *accept)
{
    if (accept[0] == DW_SCHEME_NONE) {
        return;
    }
    begin_member(text, "accept");
    for (size_t i = 0; i < DW_SCHEMES_END && accept[i] != DW_SCHEME_NONE; i++) {
        text_char(text, i == 0 ? '[' : ',');
        text_put(text, dw_scheme_name(accept[i]));
    }
    text_char(text, ']');
}

static void put_issuer(struct text *text, const struct config_issuer *issuer)
{
    if (!issuer->enabled) {
        return;
    }
    text_put(text, "issuer: {\"url\": ");
    text_json(text, dw_span_of(issuer->url));
    put_member(text, "audience", issuer->audience);
    put_member(text, "algorithm", dw_alg_name(issuer->alg));
    begin_member(text, "access_token_ttl");
    text_number(text, issuer->access_token_ttl);
    text_put(text, "}\n");
}

static void put_trust(struct text *text, const struct config *config)
{
    text_put(text, config->policy.n_trust > (config->issuer.enabled ? 1u : 0u) ? "trust:\n" : "");
    for (size_t i = 0; i < config->policy.n_trust; i++) {
        const struct dw_trust *trust = &config->policy.trust[i];

        if (config->keys[i].ours) {
            continue;
        }
        text_put(text, "- {\"issuer\": ");
        text_json(text, dw_span_of(trust->issuer));
        text_put(text, trust->any_audience ? ", \"audience\": any" : "");
        put_list(text, "audience", &trust->audiences);
        put_algorithms(text, trust->algorithms);
        put_member(text, "jwks", config->keys[i].jwks_url);
        put_member(text, "jwks_file", config->keys[i].jwks_file);
        text_put(text, "}\n");
    }
}

static void put_routes(struct text *text, const struct dw_policy *policy)
{
    text_put(text, policy->n_routes > 0 ? "routes:\n" : "");
    for (size_t i = 0; i < policy->n_routes; i++) {
        const struct dw_route *route = &policy->routes[i];

        text_put(text, "- {\"path\": ");
        text_json(text, dw_span_of(route->path));
        put_list(text, "methods", &route->methods);
        text_put(text, route->anyone ? ", \"allow\": anyone" : "");
        put_list(text, "scope", &route->scope);
        put_list(text, "scope_any", &route->scope_any);
        put_accept(text, route->accept);
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
    text_put(text, "log: {\"file\": ");
    text_json(text, dw_span_of(config->log));
    text_put(text, config->log_allowed ? ", \"allowed\": true}\n" : ", \"allowed\": false}\n");
    put_text(text, "realm", config->policy.realm);
    put_number(text, "malformed", config->policy.malformed);
    put_number(text, "leeway", config->policy.leeway);
    put_issuer(text, &config->issuer);
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
