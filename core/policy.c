/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <string.h>

static const char *fault_of_trust(const struct dw_trust *trust)
{
    if (!fits_text(trust->issuer)) {
        return "an issuer is a printable text";
    }
    if (!fit_all(&trust->audiences, fits_text)) {
        return "audiences are at most 64 printable texts";
    }
    if (trust->any_audience == (trust->audiences.n > 0)) {
        return "an issuer has either audiences or any_audience";
    }
    if ((trust->algorithms & 1u) != 0 || trust->algorithms >= DW_ALG_BIT(DW_ALGS_END)) {
        return "an issuer's algorithms are a set of DW_ALG_BIT";
    }
    if (!fits_optional(trust->opaque_prefix, fits_word)) {
        return "the prefix of opaque tokens is printable, without spaces";
    }
    if (trust->opaque_prefix != NULL && !trust->introspects) {
        return "only an issuer that introspects has opaque tokens";
    }
    return NULL;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A token is shown to one issuer: which must be clear from how it begins. */
static bool is_in_doubt(const struct dw_trust *one, const struct dw_trust *other)
{
    if (!one->introspects || !other->introspects) {
        return false;
    }
    if (one->opaque_prefix == NULL || other->opaque_prefix == NULL) {
        return one->opaque_prefix == other->opaque_prefix;
    }
    return starts_with(one->opaque_prefix, other->opaque_prefix) ||
           starts_with(other->opaque_prefix, one->opaque_prefix);
}

static const char *fault_beside(const struct dw_policy *policy, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(policy->trust[i].issuer, policy->trust[at].issuer) == 0) {
            return "an issuer is trusted once";
        }
        if (is_in_doubt(&policy->trust[i], &policy->trust[at])) {
            return "issuers that introspect are told apart by opaque_prefix; one may have none";
        }
    }
    return NULL;
}

static bool is_http_origin(const char *text)
{
    return fits_origin(text) && fits_url(text);
}

static const char *fault_of_settings(const struct dw_policy *policy)
{
    if (!fits_optional(policy->realm, fits_text)) {
        return "a realm is a printable text";
    }
    if (!fits_optional(policy->origin, is_http_origin)) {
        return "origin is https://host[:port] in small letters, or the same with http";
    }
    if (policy->malformed != 0 && policy->malformed != 400 && policy->malformed != 401) {
        return "malformed is 400 or 401";
    }
    if (policy->leeway < 0 || policy->leeway > DW_LEEWAY_MAX) {
        return "leeway is 0 to 60 seconds";
    }
    if (policy->n_trust > DW_TRUST_MAX || policy->n_routes > DW_ROUTES_MAX) {
        return "a policy has at most 64 issuers and 1024 routes";
    }
    return NULL;
}

static const char *fault_of_resource(const struct dw_resource *resource)
{
    if (!fits_optional(resource->resource, fits_url) ||
        !fits_optional(resource->metadata, fits_url) ||
        !fits_optional(resource->documentation, fits_url)) {
        return "a resource, its metadata and documentation are URLs: host in small letters, no "
               "fragment";
    }
    if (!fits_optional(resource->name, fits_text)) {
        return "a resource's name is a printable text";
    }
    if (!fit_all(&resource->scopes, fits_word)) {
        return "a resource's scopes are at most 64 words (RFC 6749 s3.3)";
    }
    return NULL;
}

static const char *fault_of_policy(const struct dw_policy *policy)
{
    const char *fault = fault_of_settings(policy);

    if (fault == NULL) {
        fault = fault_of_schemes(&policy->schemes);
    }
    if (fault == NULL) {
        fault = fault_of_resource(&policy->resource);
    }
    for (size_t i = 0; fault == NULL && i < policy->n_trust; i++) {
        fault = fault_of_trust(&policy->trust[i]);
        fault = fault == NULL ? fault_beside(policy, i) : fault;
    }
    for (size_t i = 0; fault == NULL && i < policy->n_routes; i++) {
        fault = fault_of_route(&policy->routes[i]);
    }
    return fault;
}

static int report(const char *found, const char **fault)
{
    if (found == NULL) {
        return 0;
    }
    *fault = found;
    return DW_ERR_POLICY;
}

int dw_policy_check(const struct dw_policy *policy, const char **fault)
{
    return report(fault_of_policy(policy), fault);
}

int dw_route_check(const struct dw_route *route, const char **fault)
{
    return report(fault_of_route(route), fault);
}
