/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "listen.h"

#define FILES_MAX 65536

/* -- The configuration ------------------------------------------------------------------------- */

static int set_example_upstream(const struct state *state, struct config *config,
                                struct complaint *why)
{
    char upstream[PATH_MAX + 8];

    const int len = snprintf(upstream, sizeof upstream, "unix:%s", state->place.example);
    config->upstream = arena_text(config->arena, (struct dw_span){upstream, (size_t)len});
    return config->upstream == NULL ? complain(why, "out of memory") : 0;
}

static int adapt(const struct state *state, struct config *config, struct complaint *why)
{
    config->edge = arena_text(config->arena, dw_span_of(state->place.edge));
    if (config->edge == NULL) {
        return complain(why, "out of memory");
    }
    return state->options->example ? set_example_upstream(state, config, why) : 0;
}

int state_read(const struct state *state, struct config **config, struct complaint *why)
{
    struct config *found;

    if (config_read(state->options->config_path, &state->options->flags, &found, why) != 0) {
        return -1;
    }
    if (adapt(state, found, why) != 0) {
        config_free(found);
        return -1;
    }
    *config = found;
    return 0;
}

/* -- The service ------------------------------------------------------------------------------- */

void state_wake(struct state *state)
{
    if (state->socket != NULL) {
        http_wake(state->socket);
    }
    if (state->tcp != NULL) {
        http_wake(state->tcp);
    }
}

static void learn(void *context)
{
    state_wake(context);
}

int state_serve(struct state *state, struct config *config, const struct shared *shared,
                struct complaint *why)
{
    const struct service_parts parts = {.store = state->store,
                                        .shared = shared,
                                        .edge_folder = state->place.edge,
                                        .lock = &state->lock,
                                        .learned = learn,
                                        .context = state};
    struct service *made, *old;

    pthread_mutex_lock(&state->lock);
    int result = service_new(config, &parts, &made, why);
    if (result == 0) {
        result = config_write(config, state->place.policy, why);
    }
    if (result == 0) {
        result = service_publish(made, why);
    }
    if (result == 0) {
        old = state->handler.service;
        state->handler.service = made;
    } else {
        old = made;
    }
    pthread_mutex_unlock(&state->lock);
    service_free(old);
    return result;
}

/* -- Start ------------------------------------------------------------------------------------- */

/* Children inherit it: nginx wants a file for each connection on either side. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_MAX) {
        return;
    }
    limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int check_port(const struct config *config, struct complaint *why)
{
    int listener;

    if (listen_tcp(config->listen, &listener, why) != 0) {
        return -1;
    }
    close(listener);
    return 0;
}

/* An nginx that a killed daemon left behind goes on serving, unless it has nothing to do any more. */
static int find_proxy(struct state *state, const struct config *config, struct complaint *why)
{
    state->proxied = config->upstream != NULL;
    const bool running = minder_adopt(&state->proxy.minder, clock_ms());

    if (state->proxied) {
        if (proxy_find(&state->proxy, why) != 0) {
            return -1;
        }
        return running ? 0 : check_port(config, why);
    }
    if (running) {
        minder_end(&state->proxy.minder);
    }
    return 0;
}

static void find_example(struct state *state)
{
    if (!state->options->example && minder_adopt(&state->example.minder, clock_ms())) {
        minder_end(&state->example.minder);
    }
}

static int open_records(struct state *state, const struct config *config, struct complaint *why)
{
    if (store_open(state->place.data, &state->store, why) != 0 ||
        shared_open(state->place.edge, &state->shared, why) != 0) {
        return -1;
    }
    return log_open(config->log, config->log_allowed, &state->log, why);
}

static int serve_on(struct state *state, int listener, bool is_socket, struct http **at,
                    struct complaint *why)
{
    const struct http_settings settings = {.listener = listener,
                                           .is_socket = is_socket,
                                           .body_max = ISSUER_BODY_MAX,
                                           .lock = &state->lock,
                                           .handle = handler_answer,
                                           .context = &state->handler};
    struct http *http;

    if (http_start(&settings, &http, why) != 0) {
        return -1;
    }
    pthread_mutex_lock(&state->lock);
    *at = http;
    pthread_mutex_unlock(&state->lock);
    return 0;
}

static int open_http(struct state *state, const struct config *config, struct complaint *why)
{
    int listener;

    if (listen_unix(state->place.socket, &listener, why) != 0 ||
        serve_on(state, listener, true, &state->socket, why) != 0) {
        return -1;
    }
    if (state->proxied) {
        return 0;
    }
    if (listen_tcp(config->listen, &listener, why) != 0) {
        return -1;
    }
    return serve_on(state, listener, false, &state->tcp, why);
}

static int start_children(struct state *state, const struct config *config, struct complaint *why)
{
    if (state->options->example && example_start(&state->example, clock_ms(), why) != 0) {
        return -1;
    }
    if (!state->proxied) {
        return 0;
    }
    if (proxy_configure(&state->proxy, config, &state->place, why) != 0) {
        return -1;
    }
    return proxy_start(&state->proxy, clock_ms(), why);
}

/* The lock comes first: after it, nobody else touches this DATA or what a daemon left running there. */
static int open_place(struct state *state, struct complaint *why)
{
    struct config *config;

    if (config_read(state->options->config_path, &state->options->flags, &config, why) != 0) {
        return -1;
    }
    const int result = place_open(config, &state->place, why);
    config_free(config);
    if (result != 0) {
        return -1;
    }
    if (proxy_init(&state->proxy, &state->place, why) != 0) {
        return -1;
    }
    return example_init(&state->example, &state->place, why);
}

int state_open(struct state *state, struct complaint *why)
{
    struct config *config;

    raise_file_limit();
    if (open_place(state, why) != 0 || state_read(state, &config, why) != 0) {
        return -1;
    }
    find_example(state);
    if (find_proxy(state, config, why) != 0 || open_records(state, config, why) != 0) {
        config_free(config);
        return -1;
    }
    if (state_serve(state, config, &state->shared, why) != 0 ||
        open_http(state, config, why) != 0) {
        return -1;
    }
    return start_children(state, config, why);
}

/* What a fetch wakes is taken away first. */
static void close_http(struct state *state, struct http **at)
{
    pthread_mutex_lock(&state->lock);
    struct http *http = *at;
    *at = NULL;
    pthread_mutex_unlock(&state->lock);
    http_stop(http);
}

void state_close(struct state *state)
{
    close_http(state, &state->tcp);
    close_http(state, &state->socket);
    service_free(state->handler.service);
    log_close(state->log);
    shared_close(&state->shared);
    store_close(state->store);
    place_close(&state->place);
}
