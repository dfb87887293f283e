/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

const char *dw_error_text(int error)
{
    switch (error) {
    case 0:
        return "success";
#define ERROR_CASE(name, value, text) \
    case name:                        \
        return text;
        DW_ERRORS(ERROR_CASE)
#undef ERROR_CASE
    default:
        return "unknown error";
    }
}

const char *dw_version(void)
{
    return DW_VERSION;
}
