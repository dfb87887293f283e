/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <string.h>

#include "report.h"

/* -- SIGHUP ------------------------------------------------------------------------------------ */

static bool is_same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* What a running daemon cannot change. */
static const char *find_obstacle(const struct state *state, const struct config *new)
{
    const struct config *old = state->handler.service->config;

    if (!is_same(old->data, new->data) || !is_same(old->edge, new->edge)) {
        return "data and edge";
    }
    if ((old->upstream == NULL) != (new->upstream == NULL)) {
        return "between upstream and none";
    }
    return !state->proxied && !is_same(old->listen, new->listen) ? "listen" : NULL;
}

/* The file may have been renamed since (logrotate), or another be wanted now. */
static void renew_log(struct state *state, const struct config *config)
{
    struct log_writer *log;
    struct complaint why;

    if (log_open(config->log, config->log_allowed, &log, &why) != 0) {
        report("%s", why.text);
        return;
    }
    log_close(state->log);
    state->log = log;
}

static int reload(struct state *state, struct config *config, struct complaint *why)
{
    const char *obstacle = find_obstacle(state, config);

    if (obstacle != NULL) {
        config_free(config);
        return complain(why, "a change of %s needs a restart", obstacle);
    }
    if (state_serve(state, config, &state->shared, why) != 0) {
        return -1;
    }
    renew_log(state, config);
    if (!state->proxied) {
        return 0;
    }
    if (proxy_configure(&state->proxy, config, &state->place, why) != 0) {
        return -1;
    }
    proxy_reload(&state->proxy);
    return 0;
}

void state_reload(struct state *state)
{
    struct config *config;
    struct complaint why;

    if (state_read(state, &config, &why) != 0 || reload(state, config, &why) != 0) {
        report("%s; all goes on as it was", why.text);
        return;
    }
    report("the configuration was read again");
}

/* -- The edge taken away ----------------------------------------------------------------------- */

static int renew(struct state *state, struct complaint *why)
{
    const struct config_flags none = {NULL, NULL, NULL};
    struct config *config;
    struct shared shared;

    if (config_read(state->place.policy, &none, &config, why) != 0) {
        return -1;
    }
    if (place_share(&state->place, state->place.edge, why) != 0 ||
        shared_open(state->place.edge, &shared, why) != 0) {
        config_free(config);
        return -1;
    }
    if (state_serve(state, config, &shared, why) != 0) {
        shared_close(&shared);
        return -1;
    }
    shared_close(&state->shared);
    state->shared = shared;
    return 0;
}

void state_renew(struct state *state)
{
    struct complaint why;

    if (shared_is_current(&state->shared)) {
        return;
    }
    if (!state->edge_failing) {
        report("%s was taken away; making it again", state->place.edge);
    }
    const bool failed = renew(state, &why) != 0;
    if (failed && !state->edge_failing) {
        report("%s", why.text);
    }
    state->edge_failing = failed;
}
