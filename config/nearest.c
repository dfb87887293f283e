/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX 32

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped, changed or swapped. Both texts fit WORD_MAX. */
static unsigned distance(struct dw_span a, struct dw_span b)
{
    uint8_t d[WORD_MAX + 1][WORD_MAX + 1] = {{0}};

    for (size_t i = 0; i <= a.len; i++) {
        d[i][0] = (uint8_t)i;
    }
    for (size_t j = 0; j <= b.len; j++) {
        d[0][j] = (uint8_t)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        for (size_t j = 1; j <= b.len; j++) {
            const char x = lower(a.at[i - 1]), y = lower(b.at[j - 1]);
            unsigned best = least(d[i - 1][j], d[i][j - 1]) + 1u;

            best = least(best, d[i - 1][j - 1] + (x != y ? 1u : 0u));
            if (i > 1 && j > 1 && x == lower(b.at[j - 2]) && y == lower(a.at[i - 2])) {
                best = least(best, d[i - 2][j - 2] + 1u);
            }
            d[i][j] = (uint8_t)best;
        }
    }
    return d[a.len][b.len];
}

const char *nearest(struct dw_span word, const char *(*candidate)(const void *from, size_t i),
                    const void *from)
{
    const unsigned enough = word.len < 4 ? 1 : word.len < 9 ? 2 : 3;
    const char *name = candidate(from, 0);
    const char *found = NULL;
    unsigned best = enough + 1;

    for (size_t i = 0; name != NULL && word.len <= WORD_MAX; name = candidate(from, ++i)) {
        const struct dw_span known = dw_span_of(name);
        const unsigned apart = known.len > WORD_MAX ? best : distance(word, known);

        if (apart < best) {
            best = apart;
            found = name;
        }
    }
    return found;
}
