/* SPDX-License-Identifier: Apache-2.0 */
#include "marks.h"

#include <string.h>

#define TIME_BITS 32

int64_t mark_time(uint64_t word)
{
    return (int64_t)(word >> TIME_BITS);
}

uint64_t mark_make(int64_t time, uint32_t tag)
{
    if (time < 0) {
        time = 0;
    }
    if (time > UINT32_MAX) {
        time = UINT32_MAX;
    }
    return (uint64_t)time << TIME_BITS | tag;
}

void marks_look(_Atomic uint64_t *marks, size_t n, const uint8_t digest[8], struct marks_look *look)
{
    struct marks_look seen = {.lowest = UINT64_MAX};
    _Atomic uint64_t *set;
    uint32_t place;

    memcpy(&place, digest, sizeof(place));
    memcpy(&seen.tag, digest + sizeof(place), sizeof(seen.tag));
    set = marks + place % (n / MARKS_IN_SET) * MARKS_IN_SET;
    for (size_t i = 0; i < MARKS_IN_SET; i++) {
        const uint64_t word = atomic_load(&set[i]);

        if ((uint32_t)word == seen.tag && word > seen.marked) {
            seen.mark = &set[i];
            seen.marked = word;
        }
        if (seen.least == NULL || word < seen.lowest) {
            seen.least = &set[i];
            seen.lowest = word;
        }
    }
    *look = seen;
}
