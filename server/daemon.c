/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "listen.h"
#include "report.h"
#include "state.h"

#define TICK_MS     200
#define CLEARING_MS 10000 /* between two looks for dead readers */

/* -- Ready ------------------------------------------------------------------------------------- */

static int welcome(const struct state *state, struct complaint *why)
{
    const struct config *config = state->handler.service->config;

    printf("Doorward %s on http://%s", dw_version(), config->listen);
    if (state->options->example) {
        printf(", in front of an example API");
    } else if (state->proxied) {
        printf(", in front of %s", config->upstream);
    }
    printf("\nRecords in %s, decisions in %s\n\n", state->place.data, config->log);
    fflush(stdout);
    if (state->options->example && config->issuer.enabled) {
        return example_invite(state->store, config, why);
    }
    return 0;
}

static void become_ready(struct state *state)
{
    struct complaint why;

    pthread_mutex_lock(&state->lock);
    state->handler.ready = true;
    const int result = welcome(state, &why);
    pthread_mutex_unlock(&state->lock);
    if (result != 0) {
        report("%s", why.text);
    }
}

/* false: nginx could not even start. */
static bool check_start(struct state *state)
{
    if (state->handler.ready || state->stopping_since != 0) {
        return true;
    }
    if (state->proxied && state->proxy.minder.failures > 0) {
        report("nginx could not be started; %s says more", state->proxy.log);
        return false;
    }
    if (!state->proxied || listen_is_open(state->handler.service->config->listen)) {
        become_ready(state);
    }
    return true;
}

/* -- Every 200 ms ------------------------------------------------------------------------------ */

static void drain_log(struct state *state)
{
    struct complaint why;

    const bool failed = log_drain(state->log, state->shared.recent, &why) != 0;
    if (failed && !state->log_failing) {
        report("%s", why.text);
    }
    state->log_failing = failed;
}

/* Those who wait for keys decide by themselves whether they have waited long enough. */
static void tick_service(struct state *state, int64_t now)
{
    pthread_mutex_lock(&state->lock);
    guard_watch(state->handler.service->guard);
    state_wake(state);
    if (now - state->cleared > CLEARING_MS) {
        edge_clear_readers(state->shared.edge);
        state->cleared = now;
    }
    pthread_mutex_unlock(&state->lock);
}

static void tick_children(struct state *state, int64_t now)
{
    struct minder *proxy = &state->proxy.minder, *example = &state->example.minder;

    if (state->proxied) {
        minder_tick(proxy, now);
    }
    if (!state->options->example) {
        return;
    }
    /* nginx finishes its requests first. */
    if (state->stopping_since != 0 && example->stopping_since == 0 && !minder_is_running(proxy)) {
        minder_stop(example, now);
    }
    minder_tick(example, now);
}

/* -- Signals ----------------------------------------------------------------------------------- */

static void stop(struct state *state, int64_t now)
{
    if (state->stopping_since != 0) {
        minder_hurry(&state->proxy.minder);
        return;
    }
    state->stopping_since = now;
    if (state->proxied) {
        minder_stop(&state->proxy.minder, now);
    }
}

/* A terminal that was closed sends SIGHUP too: then nobody is left to press Ctrl-C. */
static bool has_terminal(void)
{
    const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (terminal >= 0) {
        close(terminal);
    }
    return terminal >= 0;
}

static int block_signals(void)
{
    sigset_t signals;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void take_signals(struct state *state, int signals)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP && (!state->had_terminal || has_terminal())) {
            state_reload(state);
        } else {
            stop(state, clock_ms());
        }
    }
}

/* -- The whole --------------------------------------------------------------------------------- */

static bool is_done(const struct state *state)
{
    return state->stopping_since != 0 && !minder_is_running(&state->proxy.minder) &&
           !minder_is_running(&state->example.minder);
}

static int run(struct state *state, int signals)
{
    struct pollfd woken = {.fd = signals, .events = POLLIN};
    int status = 0;

    while (!is_done(state)) {
        take_signals(state, signals);
        const int64_t now = clock_ms();
        tick_children(state, now);
        tick_service(state, now);
        drain_log(state);
        state_renew(state);
        if (!check_start(state)) {
            status = 1;
            stop(state, now);
        }
        poll(&woken, 1, TICK_MS);
    }
    return status;
}

/* What was running before goes on; what was started now does not. */
static void give_up(struct minder *minder)
{
    if (!minder->adopted) {
        minder_end(minder);
    }
}

int daemon_run(const struct daemon_options *options)
{
    static struct state state = {.lock = PTHREAD_MUTEX_INITIALIZER, .place.lock = -1};
    const int signals = block_signals();
    struct complaint why;
    int status = 1;

    state.options = options;
    state.had_terminal = has_terminal();
    if (signals < 0) {
        report("cannot watch for signals");
        return 1;
    }
    if (state_open(&state, &why) == 0) {
        status = run(&state, signals);
    } else {
        report("%s", why.text);
        give_up(&state.proxy.minder);
        give_up(&state.example.minder);
    }
    state_close(&state);
    close(signals);
    return status;
}
