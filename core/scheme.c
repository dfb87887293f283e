/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

const char *dw_scheme_name(enum dw_scheme scheme)
{
    static const char *const NAMES[DW_SCHEMES_END] = {
        [DW_SCHEME_NONE] = "",
        [DW_SCHEME_BEARER] = "bearer",
    };
    return (unsigned)scheme < DW_SCHEMES_END ? NAMES[scheme] : "";
}
