/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

static const struct status_text TEXTS[] = {
#define STATUS(code, name, section, means, header, cache, retry, mends, beside, request, response) \
    {code, name, section, means, header, cache, retry, mends, beside, request, response},
#include "statuses.def"
#undef STATUS
};

#define N_TEXTS (sizeof(TEXTS) / sizeof(TEXTS[0]))

size_t status_count(void)
{
    return N_TEXTS;
}

const struct status_text *status_at(size_t i)
{
    return &TEXTS[i];
}

const struct status_text *status_find(int code)
{
    for (size_t i = 0; i < N_TEXTS; i++) {
        if (TEXTS[i].code == code) {
            return &TEXTS[i];
        }
    }
    return NULL;
}
