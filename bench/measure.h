/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

/* The clock: each round takes about as long as it was told, the median of all is shown. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS_MAX 15

static int rounds = 9;
static double round_seconds = 0.1;

static inline void need(bool fine, const char *what)
{
    if (!fine) {
        fprintf(stderr, "bench: %s failed\n", what);
        exit(1);
    }
}

/* Whether `make bench BENCH=quick` was said: roughly, then. */
static inline bool measure_quickly(int argc, char **argv)
{
    const bool quick = argc > 1 && strcmp(argv[1], "quick") == 0;

    if (quick) {
        rounds = 3;
        round_seconds = 0.03;
    }
    return quick;
}

static inline double seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Nanoseconds of one call. */
static inline double measure(void (*work)(void *), void *context)
{
    double results[ROUNDS_MAX];

    for (int i = 0; i < rounds; i++) {
        const double start = seconds();
        double end = start;
        long calls = 0;

        while (end - start < round_seconds) {
            for (int k = 0; k < 64; k++) {
                work(context);
            }
            calls += 64;
            end = seconds();
        }
        results[i] = (end - start) * 1e9 / (double)calls;
    }
    qsort(results, (size_t)rounds, sizeof(results[0]), compare);
    return results[rounds / 2];
}

static inline void show(const char *name, double result)
{
    printf("%-34s %10.0f ns\n", name, result);
}

static inline void show_beside(const char *name, double result, const char *other, double reference)
{
    printf("%-34s %10.0f ns   %s %8.0f ns   ratio %.2f\n", name, result, other, reference,
           result / reference);
}

#endif
