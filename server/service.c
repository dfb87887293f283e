/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file.h"
#include "secret.h"

#define CACHE_SLOTS 4096

/* -- The guard --------------------------------------------------------------------------------- */

static int read_secret(struct service *service, struct complaint *why)
{
    const char *path = service->config->verify_secret_file;

    if (path == NULL || secret_read(path, &service->verify_secret, why) == 0) {
        return 0;
    }
    return config_blame(service->config, path, why);
}

static int read_key_files(struct service *service, struct complaint *why)
{
    const struct config *config = service->config;

    service->jwks = calloc(config->policy.n_trust + 1, sizeof *service->jwks);
    if (service->jwks == NULL) {
        return complain(why, "out of memory");
    }
    for (size_t i = 0; i < config->policy.n_trust; i++) {
        char *bytes;
        size_t len;
        if (config->keys[i].jwks_file == NULL) {
            continue;
        }
        if (file_read(config->keys[i].jwks_file, DW_JWKS_MAX, &bytes, &len, why) != 0) {
            return config_blame(config, config->keys[i].jwks_file, why);
        }
        service->jwks[i] = (struct dw_span){bytes, len};
    }
    return 0;
}

static int make_guard(struct service *service, const struct service_parts *parts,
                      struct complaint *why)
{
    const struct guard_settings settings = {.policy = &service->config->policy,
                                            .edge = parts->edge_folder,
                                            .jwks = service->jwks,
                                            .cache_slots = CACHE_SLOTS};

    if (guard_new(&settings, &service->guard, why) != 0) {
        return -1;
    }
    guard_watch(service->guard);
    return 0;
}

/* -- Our issuer -------------------------------------------------------------------------------- */

static int make_issuer(struct service *service, const struct service_parts *parts,
                       struct complaint *why)
{
    const struct config *config = service->config;

    if (!config->issuer.enabled) {
        return 0;
    }
    service->issuer_settings = (struct issuer_settings){
        .url = config->issuer.url,
        .audience = config->issuer.audience,
        .prefix = config->prefix,
        .alg = config->issuer.alg,
        .access_token_ttl = config->issuer.access_token_ttl,
    };
    const int64_t now = clock_utc();
    if (issuer_new(parts->store, &service->issuer_settings, now, &service->issuer, why) != 0) {
        return -1;
    }
    const struct edge_keys keys = {
        .fetched = now, .fresh_until = INT64_MAX, .jwks = dw_span_of(issuer_jwks(service->issuer))};
    return edge_put_keys(service->shared.edge, dw_span_of(config->issuer.url), &keys, why);
}

/* -- Revocations ------------------------------------------------------------------------------- */

static void publish(void *context, const struct store_revocation *revocation)
{
    const struct edge_revocation put = {
        .kind = (enum edge_revoked)revocation->kind,
        .issuer = dw_span_of(revocation->issuer[0] == '\0' ? NULL : revocation->issuer),
        .value = dw_span_of(revocation->value[0] == '\0' ? NULL : revocation->value),
        .before = revocation->before,
        .until = revocation->until};

    edge_fill_add(context, &put);
}

static int publish_all(void *context, struct edge_filling *filling, struct complaint *why)
{
    const struct service *service = context;

    return store_revocation_list(service->store, clock_utc(), publish, filling, why);
}

int service_publish(struct service *service, struct complaint *why)
{
    return edge_fill(service->shared.edge, publish_all, service, why);
}

/* -- The whole --------------------------------------------------------------------------------- */

static int start_threads(struct service *service, const struct service_parts *parts,
                         struct complaint *why)
{
    const struct keeper_settings settings = {.config = service->config,
                                             .edge = service->shared.edge,
                                             .lock = parts->lock,
                                             .learned = parts->learned,
                                             .context = parts->context};

    if (keeper_new(&settings, &service->keeper, why) != 0 ||
        hasher_new(parts->lock, parts->learned, parts->context, &service->hasher, why) != 0) {
        return -1;
    }
    return introspection_new(service->config, parts->lock, parts->learned, parts->context,
                             &service->introspection, why);
}

static int make_parts(struct service *service, const struct service_parts *parts,
                      struct complaint *why)
{
    if (read_secret(service, why) != 0 || read_key_files(service, why) != 0 ||
        make_issuer(service, parts, why) != 0 || make_guard(service, parts, why) != 0) {
        return -1;
    }
    return start_threads(service, parts, why);
}

int service_new(struct config *config, const struct service_parts *parts, struct service **service,
                struct complaint *why)
{
    struct service *made = calloc(1, sizeof *made);

    *service = made;
    if (made == NULL) {
        config_free(config);
        return complain(why, "out of memory");
    }
    made->config = config;
    made->store = parts->store;
    made->shared = *parts->shared;
    return make_parts(made, parts, why);
}

void service_deny(struct service *service, const struct dw_request *described,
                  const struct dw_decision *decision, const char *id,
                  struct http_response *response)
{
    struct dw_denial denial;
    char seconds[12];

    if (dw_denial_write(&service->config->policy, described, decision, dw_span_of(id),
                        service->denial, sizeof service->denial, &denial) != 0) {
        snprintf(seconds, sizeof seconds, "%d", DW_RETRY_AFTER);
        response->status = 503;
        http_add_field(response, "Retry-After", dw_span_of(seconds));
        http_add_field(response, "Cache-Control", DW_SPAN("no-store"));
        http_add_field(response, "Doorward-Id", dw_span_of(id));
        return;
    }
    response->status = denial.status;
    for (size_t i = 0; i < denial.n_fields; i++) {
        http_add_span(response, denial.fields[i].name, denial.fields[i].value);
    }
    response->body = denial.body;
}

void service_free(struct service *service)
{
    if (service == NULL) {
        return;
    }
    introspection_free(service->introspection);
    hasher_free(service->hasher);
    keeper_free(service->keeper);
    guard_free(service->guard);
    issuer_free(service->issuer);
    for (size_t i = 0; service->jwks != NULL && i < service->config->policy.n_trust; i++) {
        free((void *)(uintptr_t)service->jwks[i].at);
    }
    free(service->jwks);
    secret_free(&service->verify_secret);
    config_free(service->config);
    free(service);
}
