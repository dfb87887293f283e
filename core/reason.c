/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static const struct dw_reason_text REASONS[DW_REASONS_END] = {
    [DW_REASON_NONE] = {"", 0, "", "", "", "", "", ""},
#define REASON(name, id, status, error, public, private, build, call, visit)                       \
    [DW_##name] = {id, status, error, public, private, build, call, visit},
#include "reasons.def"
#undef REASON
};

const struct dw_reason_text *dw_reason_text(enum dw_reason reason)
{
    if ((unsigned)reason >= DW_REASONS_END) {
        return &REASONS[DW_REASON_NONE];
    }
    return &REASONS[reason];
}

enum dw_reason dw_reason_find(struct dw_span name)
{
    for (unsigned i = 1; i < DW_REASONS_END; i++) {
        if (dw_span_equal(name, dw_span_of(REASONS[i].name))) {
            return (enum dw_reason)i;
        }
    }
    return DW_REASON_NONE;
}

/* What nobody can guess, and a stale cookie or token of an honest client, are no guesses. */
bool dw_reason_is_guess(enum dw_reason reason)
{
    switch ((unsigned)reason) {
    case DW_BASIC_USER:
    case DW_BASIC_PASSWORD:
    case DW_DIGEST_USER:
    case DW_DIGEST_RESPONSE:
    case DW_APIKEY_UNKNOWN:
        return true;
    default:
        return false;
    }
}
