/* SPDX-License-Identifier: Apache-2.0 */
#include "cause.h"

static const struct cause CAUSES[] = {
#define CAUSE(id, title, signals, confirm, confidence, builder, consumer, visitor, rfc) \
    {id, HEADING, title, signals, confirm, confidence, builder, consumer, visitor, rfc},
#include "causes.def"
#undef CAUSE
};

size_t cause_count(void)
{
    return sizeof(CAUSES) / sizeof(CAUSES[0]);
}

const struct cause *cause_at(size_t i)
{
    return i < cause_count() ? &CAUSES[i] : NULL;
}

const struct cause *cause_find(struct dw_span id)
{
    for (size_t i = 0; i < cause_count(); i++) {
        if (dw_span_equal(id, dw_span_of(CAUSES[i].id))) {
            return &CAUSES[i];
        }
    }
    return NULL;
}
