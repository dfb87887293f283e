/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "file.h"

#define CACHE_SLOTS 4096

/* -- The guard --------------------------------------------------------------------------------- */

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
            return -1;
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
    return edge_put_keys(parts->edge, dw_span_of(config->issuer.url), &keys, why);
}

/* -- The whole --------------------------------------------------------------------------------- */

static int make_parts(struct service *service, const struct service_parts *parts,
                      struct complaint *why)
{
    const struct keeper_settings settings = {.config = service->config,
                                             .edge = parts->edge,
                                             .lock = parts->lock,
                                             .learned = parts->learned,
                                             .context = parts->context};

    if (read_key_files(service, why) != 0 || make_issuer(service, parts, why) != 0 ||
        make_guard(service, parts, why) != 0) {
        return -1;
    }
    return keeper_new(&settings, &service->keeper, why);
}

int service_new(struct config *config, const struct service_parts *parts, struct service **service,
                struct complaint *why)
{
    struct service *made = calloc(1, sizeof *made);

    if (made == NULL) {
        config_free(config);
        return complain(why, "out of memory");
    }
    made->config = config;
    if (make_parts(made, parts, why) != 0) {
        service_free(made);
        return -1;
    }
    *service = made;
    return 0;
}

void service_free(struct service *service)
{
    if (service == NULL) {
        return;
    }
    keeper_free(service->keeper);
    guard_free(service->guard);
    issuer_free(service->issuer);
    for (size_t i = 0; service->jwks != NULL && i < service->config->policy.n_trust; i++) {
        free((void *)(uintptr_t)service->jwks[i].at);
    }
    free(service->jwks);
    config_free(service->config);
    free(service);
}
