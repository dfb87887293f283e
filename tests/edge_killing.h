/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EDGE_KILLING_H
#define TESTS_EDGE_KILLING_H

/* Processes that use the edge's files are killed at random instants and replaced. */

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLS         200
#define ALARM_SECONDS 20 /* nothing may hang: whoever can finish by himself must do so before */

static inline uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Runs `judge` in a child that must end before the alarm, with exit status 0: a process of its own, as
 * none may fork with an edge open. */
static inline bool passes(int (*judge)(void))
{
    const pid_t child = fork();
    int status = -1;

    if (child == 0) {
        (void)alarm(ALARM_SECONDS);
        _exit(judge());
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static inline pid_t start_worker(void (*work_forever)(int worker), int worker)
{
    const pid_t child = fork();

    if (child == 0) {
        (void)alarm(ALARM_SECONDS);
        work_forever(worker);
        _exit(1);
    }
    return child;
}

/* Kills one worker after the other at random, starts another in its place, and kills all in the end.
 * How many had died by themselves. */
static inline int kill_many(void (*work_forever)(int worker), int n_workers)
{
    uint32_t random = (uint32_t)time(NULL);
    pid_t workers[16];
    int died = 0;

    (void)printf("# seed %u\n", random);
    (void)fflush(stdout);
    for (int i = 0; i < n_workers; i++) {
        workers[i] = start_worker(work_forever, i);
    }
    for (int i = 0; i < KILLS + n_workers; i++) {
        const bool last = i >= KILLS;
        const int victim = last ? i - KILLS : (int)(next_random(&random) % (uint32_t)n_workers);
        int status = 0;

        (void)usleep(last ? 0 : next_random(&random) % 8000);
        (void)kill(workers[victim], SIGKILL);
        (void)waitpid(workers[victim], &status, 0);
        died += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : 1;
        workers[victim] = last ? 0 : start_worker(work_forever, victim);
    }
    return died;
}

#endif
