/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "report.h"

#define WAIT_MAX_MS 60000

/* One foreign issuer. */
struct watched {
    size_t trust;
    struct keys_schedule schedule;
    char *jwks; /* the last good ones; NULL: never had */
    size_t jwks_len;
    int64_t fetched;
    int64_t fresh_until;
    bool failing; /* the last fetch did; it was said */
};

struct keeper {
    struct keeper_settings settings;
    struct fetch *fetch;
    struct watched *watched;
    struct fetch_issuer *issuers; /* in the order of `watched` */
    size_t n;
    bool *due;
    bool stopping;
    bool started;
    pthread_t thread;
};

/* -- Onto the edge ----------------------------------------------------------------------------- */

static void publish(struct keeper *keeper, const struct watched *watched)
{
    const struct edge_keys keys = {.fetched = watched->fetched,
                                   .fresh_until = watched->fresh_until,
                                   .failing = watched->failing,
                                   .jwks = {watched->jwks, watched->jwks_len}};
    const char *issuer = keeper->settings.config->policy.trust[watched->trust].issuer;
    struct complaint why;

    if (edge_put_keys(keeper->settings.edge, dw_span_of(issuer), &keys, &why) != 0) {
        report("%s", why.text);
    }
}

static void take_copy(struct watched *watched, struct dw_span jwks)
{
    char *copy = malloc(jwks.len);

    if (copy == NULL) {
        return;
    }
    memcpy(copy, jwks.at, jwks.len);
    free(watched->jwks);
    watched->jwks = copy;
    watched->jwks_len = jwks.len;
}

/* The keys of an earlier run go on being good while the issuer is asked again. */
static void remember(struct keeper *keeper, struct watched *watched)
{
    const char *issuer = keeper->settings.config->policy.trust[watched->trust].issuer;
    struct edge_keys keys;
    uint64_t version;

    if (edge_begin(keeper->settings.edge, &version) != 0) {
        return;
    }
    if (edge_find_keys(keeper->settings.edge, dw_span_of(issuer), &keys) && keys.jwks.at != NULL) {
        take_copy(watched, keys.jwks);
        watched->fetched = keys.fetched;
    }
    edge_end(keeper->settings.edge);
}

/* -- A fetch has ended ------------------------------------------------------------------------- */

static void take_keys(struct watched *watched, const struct fetch_result *result,
                      const char *issuer)
{
    keys_succeed(&watched->schedule, clock_ms(), result->max_age);
    take_copy(watched, result->jwks);
    watched->fetched = clock_utc();
    if (watched->failing) {
        report("%s: its keys are had again", issuer);
    }
    watched->failing = false;
}

static void take_fault(struct watched *watched, const struct fetch_result *result,
                       const char *issuer)
{
    keys_fail(&watched->schedule, clock_ms());
    if (!watched->failing) {
        report("%s: cannot get its keys%s: %s", issuer,
               watched->jwks != NULL ? " (those had before stay)" : "", result->fault);
    }
    watched->failing = true;
}

static void take_result(void *context, size_t index, const struct fetch_result *result)
{
    struct keeper *keeper = context;
    struct watched *watched = &keeper->watched[index];
    const char *issuer = keeper->issuers[index].issuer;

    pthread_mutex_lock(keeper->settings.lock);
    if (result->fault == NULL) {
        take_keys(watched, result, issuer);
    } else {
        take_fault(watched, result, issuer);
    }
    if (keys_was_miss(&watched->schedule)) {
        watched->fresh_until = clock_utc() + KEYS_MISS_PAUSE;
    }
    if (watched->jwks != NULL) {
        publish(keeper, watched);
    }
    keeper->settings.learned(keeper->settings.context);
    pthread_mutex_unlock(keeper->settings.lock);
}

/* -- The thread -------------------------------------------------------------------------------- */

/* Marks what is to be fetched, under the lock; the fetching begins outside, as it may end at once and
 * then takes the lock itself. */
static bool plan(struct keeper *keeper, int64_t *wait)
{
    const int64_t now = clock_ms();

    pthread_mutex_lock(keeper->settings.lock);
    const bool go_on = !keeper->stopping;
    *wait = WAIT_MAX_MS;
    for (size_t i = 0; i < keeper->n; i++) {
        struct keys_schedule *schedule = &keeper->watched[i].schedule;
        keeper->due[i] = keys_is_due(schedule, now);
        if (keeper->due[i]) {
            keys_begin(schedule, now);
        }
        *wait = keys_wait(schedule, now, *wait);
    }
    pthread_mutex_unlock(keeper->settings.lock);
    return go_on;
}

static void *keep(void *context)
{
    struct keeper *keeper = context;
    int64_t wait;

    while (plan(keeper, &wait)) {
        for (size_t i = 0; i < keeper->n; i++) {
            if (keeper->due[i]) {
                fetch_begin(keeper->fetch, i);
            }
        }
        fetch_run(keeper->fetch, (int)wait);
    }
    return NULL;
}

enum keys_advice keeper_ask(struct keeper *keeper, size_t trust, int64_t since, struct dw_span kid)
{
    for (size_t i = 0; i < keeper->n; i++) {
        if (keeper->watched[i].trust != trust) {
            continue;
        }
        const enum keys_advice advice =
            keys_ask(&keeper->watched[i].schedule, clock_ms(), since, kid);
        if (advice == KEYS_WAIT) {
            fetch_wake(keeper->fetch);
        }
        return advice;
    }
    return KEYS_GO_ON;
}

/* -- Start and stop ---------------------------------------------------------------------------- */

static void watch(struct keeper *keeper, size_t trust)
{
    const struct config *config = keeper->settings.config;
    struct watched *watched = &keeper->watched[keeper->n];

    watched->trust = trust;
    remember(keeper, watched);
    keys_init(&watched->schedule, clock_ms(), watched->jwks != NULL);
    keeper->issuers[keeper->n].issuer = config->policy.trust[trust].issuer;
    keeper->issuers[keeper->n].jwks = config->keys[trust].jwks_url;
    keeper->n++;
}

static int start(struct keeper *keeper, struct complaint *why)
{
    const struct config *config = keeper->settings.config;
    const size_t room = config->policy.n_trust + 1;

    keeper->watched = calloc(room, sizeof *keeper->watched);
    keeper->issuers = calloc(room, sizeof *keeper->issuers);
    keeper->due = calloc(room, sizeof *keeper->due);
    if (keeper->watched == NULL || keeper->issuers == NULL || keeper->due == NULL) {
        return complain(why, "out of memory");
    }
    for (size_t i = 0; i < config->policy.n_trust; i++) {
        if (!config->keys[i].ours && config->keys[i].jwks_file == NULL) {
            watch(keeper, i);
        }
    }
    if (fetch_new(keeper->issuers, keeper->n, take_result, keeper, &keeper->fetch, why) != 0) {
        return -1;
    }
    if (pthread_create(&keeper->thread, NULL, keep, keeper) != 0) {
        return complain(why, "cannot start a thread");
    }
    keeper->started = true;
    return 0;
}

int keeper_new(const struct keeper_settings *settings, struct keeper **keeper,
               struct complaint *why)
{
    struct keeper *made = calloc(1, sizeof *made);

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    made->settings = *settings;
    if (start(made, why) != 0) {
        keeper_free(made);
        return -1;
    }
    *keeper = made;
    return 0;
}

void keeper_free(struct keeper *keeper)
{
    if (keeper == NULL) {
        return;
    }
    if (keeper->started) {
        pthread_mutex_lock(keeper->settings.lock);
        keeper->stopping = true;
        pthread_mutex_unlock(keeper->settings.lock);
        fetch_wake(keeper->fetch);
        pthread_join(keeper->thread, NULL);
    }
    fetch_free(keeper->fetch);
    for (size_t i = 0; i < keeper->n; i++) {
        free(keeper->watched[i].jwks);
    }
    free(keeper->watched);
    free(keeper->issuers);
    free(keeper->due);
    free(keeper);
}
