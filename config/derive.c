/* SPDX-License-Identifier: Apache-2.0 */
#include "derive.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forms.h"

#define WELL_KNOWN "/.well-known/oauth-protected-resource"

/* The text in front and the one behind, as one. */
static const char *join(struct arena *arena, const char *front, const char *behind)
{
    const size_t size = strlen(front) + strlen(behind) + 1;
    char *whole = config_arena_take(arena, size, 1);

    if (whole != NULL) {
        (void)snprintf(whole, size, "%s%s", front, behind);
    }
    return whole;
}

const char *working_folder(const struct reading *reading)
{
    char folder[PATH_MAX];

    if (getcwd(folder, sizeof folder) == NULL) {
        (void)complain(reading->why, "the working folder: %s", strerror(errno));
        return NULL;
    }
    return arena_text(reading->arena, dw_span_of(folder));
}

/* -- what nothing was said of -------------------------------------------------------------------- */

/* What follows from other values where nothing is said. */
static int fill_gaps(const struct reading *reading, struct config *config)
{
    struct arena *arena = reading->arena;

    if (config->data[0] != '/') {
        const char *folder = working_folder(reading);

        config->data = folder == NULL ? NULL : path_in(arena, folder, config->data);
    }
    if (config->data == NULL) {
        return -1;
    }
    if (config->edge == NULL) {
        config->edge = join(arena, config->data, "/edge");
    }
    if (config->log == NULL) {
        config->log = join(arena, config->data, "/log/decisions.jsonl");
    }
    if (config->issuer.url == NULL) {
        config->issuer.url = join(arena, "http://", config->listen);
    }
    if (config->issuer.audience == NULL) {
        config->issuer.audience = config->issuer.url;
    }
    if (config->edge == NULL || config->log == NULL || config->issuer.url == NULL) {
        return -1;
    }
    return 0;
}

/* -- schemes and the resource -------------------------------------------------------------------- */

static bool is_accepted(const struct dw_policy *policy, enum dw_scheme scheme)
{
    for (size_t i = 0; i < policy->n_routes; i++) {
        const enum dw_scheme *accept = policy->routes[i].accept;

        for (size_t j = 0; j < DW_SCHEMES_END && accept[j] != DW_SCHEME_NONE; j++) {
            if (accept[j] == scheme) {
                return true;
            }
        }
    }
    return false;
}

static int derive_schemes(const struct reading *reading, struct config *config)
{
    config->schemes.keeps_digests = is_accepted(&config->policy, DW_SCHEME_DIGEST);
    if (is_accepted(&config->policy, DW_SCHEME_COOKIE)) {
        config->policy.schemes.cookie.sign_in = join(reading->arena, config->prefix, "signin");
        return config->policy.schemes.cookie.sign_in == NULL ? -1 : 0;
    }
    return 0;
}

/* RFC 9728 s3.1: between the host and the path, of which a slash alone is left out. */
static int derive_resource(const struct reading *reading, struct dw_resource *resource)
{
    const char *host = resource->resource == NULL ? NULL : strstr(resource->resource, "://");
    const char *path, *front;

    if (host == NULL) {
        return 0;
    }
    path = host + 3 + strcspn(host + 3, "/");
    front = arena_text(reading->arena,
                       (struct dw_span){resource->resource, (size_t)(path - resource->resource)});
    front = front == NULL ? NULL : join(reading->arena, front, WELL_KNOWN);
    if (front == NULL) {
        return -1;
    }
    resource->metadata = join(reading->arena, front, strcmp(path, "/") == 0 ? "" : path);
    return resource->metadata == NULL ? -1 : 0;
}

/* -- issuers ------------------------------------------------------------------------------------- */

/* RFC 8414 s2 wants https. Where that is not so, the address we listen on is all that is left. */
static int check_own_issuer(const struct reading *reading, const struct draft *draft)
{
    const struct config_issuer *issuer = &draft->config.issuer;
    const bool own = strncmp(issuer->url, "http://", 7) == 0 &&
                     strcmp(issuer->url + 7, draft->config.listen) == 0;

    if (!issuer->enabled) {
        return 0;
    }
    if (draft->issuer != NULL && !own && !is_secure_url(dw_span_of(issuer->url))) {
        return refuse(reading, value_of(draft->issuer, "url"),
                      "url: expected an https URL, or one of this machine alone");
    }
    for (size_t i = 0; i < draft->n_trusted; i++) {
        if (strcmp(draft->trusted[i].trust.issuer, issuer->url) == 0) {
            return refuse(reading, value_of(draft->trusted[i].node, "issuer"),
                          "issuer: expected another issuer: our own is trusted already");
        }
    }
    return 0;
}

static void trust_own_issuer(const struct config_issuer *issuer, const char **audience,
                             struct dw_trust *trust, struct config_keys *keys)
{
    *audience = issuer->audience;
    *trust = (struct dw_trust){
        .issuer = issuer->url,
        .audiences = {audience, 1},
        .access_tokens_only = true,
    };
    *keys = (struct config_keys){.ours = true};
}

static int make_trust(const struct reading *reading, struct draft *draft)
{
    struct config *config = &draft->config;
    const size_t ours = config->issuer.enabled ? 1 : 0;
    const size_t n = draft->n_trusted + ours;
    struct dw_trust *trust = config_arena_take(reading->arena, n, sizeof *trust);
    struct config_keys *keys = config_arena_take(reading->arena, n, sizeof *keys);
    const char **audience = config_arena_take(reading->arena, 1, sizeof *audience);

    if (trust == NULL || keys == NULL || audience == NULL) {
        return -1;
    }
    if (ours == 1) {
        trust_own_issuer(&config->issuer, audience, &trust[0], &keys[0]);
    }
    for (size_t i = 0; i < draft->n_trusted; i++) {
        trust[ours + i] = draft->trusted[i].trust;
        keys[ours + i] = draft->trusted[i].keys;
    }
    config->policy.trust = trust;
    config->policy.n_trust = n;
    config->keys = keys;
    return 0;
}

/* -- all of it ----------------------------------------------------------------------------------- */

int derive(const struct reading *reading, struct draft *draft)
{
    if (fill_gaps(reading, &draft->config) != 0 || derive_schemes(reading, &draft->config) != 0 ||
        derive_resource(reading, &draft->config.policy.resource) != 0) {
        return -1;
    }
    if (check_own_issuer(reading, draft) != 0) {
        return -1;
    }
    return make_trust(reading, draft);
}
