/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_CLOCK_H
#define DW_SERVER_CLOCK_H

/* The daemon's two clocks. */

#include <stdint.h>
#include <time.h>

/* Microseconds of a clock that never goes back: for waiting. */
static inline int64_t clock_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* The same in milliseconds. */
static inline int64_t clock_ms(void)
{
    return clock_us() / 1000;
}

/* Microseconds since 1970, UTC: for tokens and logs. */
static inline int64_t clock_utc_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static inline int64_t clock_utc(void)
{
    return clock_utc_us() / 1000000;
}

#endif
