/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static const char *const NAMES[DW_ALGS_END] = {
    [DW_ALG_NONE] = "",
#define ALG_NAME(name) [DW_ALG_##name] = #name,
    DW_ALGS(ALG_NAME)
#undef ALG_NAME
};

/* RFC 9864 gave EdDSA with our one curve a name of its own. */
enum dw_alg dw_alg_find(struct dw_span name)
{
    if (dw_span_equal(name, DW_SPAN("Ed25519"))) {
        return DW_ALG_EdDSA;
    }
    for (unsigned alg = DW_ALG_NONE + 1; alg < DW_ALGS_END; alg++) {
        if (dw_span_equal(name, dw_span_of(NAMES[alg]))) {
            return (enum dw_alg)alg;
        }
    }
    return DW_ALG_NONE;
}

const char *dw_alg_name(enum dw_alg alg)
{
    return (unsigned)alg < DW_ALGS_END ? NAMES[alg] : "";
}
