/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#define SYMMETRIC (DW_ALG_BIT(DW_ALG_HS256) | DW_ALG_BIT(DW_ALG_HS384) | DW_ALG_BIT(DW_ALG_HS512))

/* Whether a request somewhere may be authenticated so: also what no route names asks for Bearer. */
static bool is_accepted(const struct dw_policy *policy, enum dw_scheme scheme)
{
    for (size_t i = 0; i < policy->n_routes; i++) {
        const struct dw_route *route = &policy->routes[i];
        if (!route->anyone && route_accepts(route, scheme)) {
            return true;
        }
        if (route->methods.n == 0 && dw_span_equal(dw_span_of(route->path), DW_SPAN("/**"))) {
            return false;
        }
    }
    return route_accepts(NULL, scheme);
}

static void open_array(struct text *text, const char *name)
{
    text_char(text, ',');
    text_json(text, dw_span_of(name));
    text_put(text, ":[");
}

static void put_item(struct text *text, size_t at, const char *item)
{
    if (at > 0) {
        text_char(text, ',');
    }
    text_json(text, dw_span_of(item));
}

/* RFC 9728 s3.2: a list without elements is left out. */
static void put_issuers(struct text *text, const struct dw_policy *policy)
{
    if (policy->n_trust == 0) {
        return;
    }
    open_array(text, "authorization_servers");
    for (size_t i = 0; i < policy->n_trust; i++) {
        put_item(text, i, policy->trust[i].issuer);
    }
    text_char(text, ']');
}

static void put_scopes(struct text *text, const struct dw_list *scopes)
{
    if (scopes->n == 0) {
        return;
    }
    open_array(text, "scopes_supported");
    for (size_t i = 0; i < scopes->n; i++) {
        put_item(text, i, scopes->items[i]);
    }
    text_char(text, ']');
}

/* RFC 9449 s4.2: a proof is never signed with a secret both sides have. */
static void put_dpop(struct text *text, const struct dw_policy *policy)
{
    const unsigned listed = policy->schemes.dpop.algorithms;
    const unsigned algorithms = (listed == 0 ? ~0u : listed) & ~SYMMETRIC;
    size_t n = 0;

    if (!is_accepted(policy, DW_SCHEME_DPOP)) {
        return;
    }
    open_array(text, "dpop_signing_alg_values_supported");
    for (enum dw_alg alg = DW_ALG_NONE + 1; alg < DW_ALGS_END; alg++) {
        if ((algorithms & DW_ALG_BIT(alg)) != 0) {
            put_item(text, n++, dw_alg_name(alg));
        }
    }
    text_char(text, ']');
    if (!is_accepted(policy, DW_SCHEME_BEARER)) {
        text_put(text, ",\"dpop_bound_access_tokens_required\":true");
    }
}

static bool sees_certificates(const struct dw_policy *policy)
{
    return policy->schemes.certificate.field != NULL || is_accepted(policy, DW_SCHEME_CERTIFICATE);
}

int dw_resource_write(const struct dw_policy *policy, char *buffer, size_t size, size_t *len)
{
    const struct dw_resource *resource = &policy->resource;
    struct text text;

    if (resource->resource == NULL) {
        return DW_ERR_POLICY;
    }
    text_init(&text, buffer, size);
    text_char(&text, '{');
    text_json_member(&text, "resource", dw_span_of(resource->resource));
    put_issuers(&text, policy);
    put_scopes(&text, &resource->scopes);
    text_put(&text, ",\"bearer_methods_supported\":[\"header\"]");
    text_json_member(&text, "resource_name", dw_span_of(resource->name));
    text_json_member(&text, "resource_documentation", dw_span_of(resource->documentation));
    put_dpop(&text, policy);
    if (sees_certificates(policy)) {
        text_put(&text, ",\"tls_client_certificate_bound_access_tokens\":true");
    }
    text_put(&text, "}\n");
    if (text.overflow) {
        return DW_ERR_SIZE;
    }
    *len = text.len;
    return 0;
}
