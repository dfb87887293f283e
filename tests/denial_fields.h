/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DENIAL_FIELDS_H
#define TESTS_DENIAL_FIELDS_H

/* What a denial's fields hold. */

#include "tap.h"

/* The field of that name, counted from 0; absent if there are not as many. */
static inline struct dw_span field_of(const struct dw_denial *denial, const char *name, size_t at)
{
    for (size_t i = 0; i < denial->n_fields; i++) {
        if (dw_span_equal(denial->fields[i].name, dw_span_of(name)) && at-- == 0) {
            return denial->fields[i].value;
        }
    }
    return (struct dw_span){NULL, 0};
}

static inline size_t count_fields(const struct dw_denial *denial, const char *name)
{
    size_t n = 0;

    while (field_of(denial, name, n).at != NULL) {
        n++;
    }
    return n;
}

/* The challenges' schemes in their order, separated by spaces. */
static inline const char *schemes_of(const struct dw_denial *denial)
{
    static char schemes[256];
    size_t len = 0;

    schemes[0] = '\0';
    for (size_t i = 0; i < count_fields(denial, "WWW-Authenticate"); i++) {
        const struct dw_span challenge = field_of(denial, "WWW-Authenticate", i);
        const char *space = memchr(challenge.at, ' ', challenge.len);
        const size_t n = space == NULL ? challenge.len : (size_t)(space - challenge.at);
        len += (size_t)snprintf(schemes + len, sizeof(schemes) - len, "%s%.*s", i == 0 ? "" : " ",
                                (int)n, challenge.at);
    }
    return schemes;
}

static inline bool span_holds(struct dw_span span, const char *part)
{
    return span.len > 0 && memmem(span.at, span.len, part, strlen(part)) != NULL;
}

#endif
