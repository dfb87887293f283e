/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

const char *dw_scheme_name(enum dw_scheme scheme)
{
    static const char *const NAMES[DW_SCHEMES_END] = {
        [DW_SCHEME_NONE] = "",
        [DW_SCHEME_BEARER] = "bearer",
        [DW_SCHEME_BASIC] = "basic",
        [DW_SCHEME_DIGEST] = "digest",
        [DW_SCHEME_APIKEY] = "apikey",
        [DW_SCHEME_COOKIE] = "cookie",
        [DW_SCHEME_CERTIFICATE] = "certificate",
        [DW_SCHEME_DPOP] = "dpop",
    };
    return (unsigned)scheme < DW_SCHEMES_END ? NAMES[scheme] : "";
}
