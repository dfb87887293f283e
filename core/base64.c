/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* Read by the reader of base64url, from which two digits and the padding differ; the padding must be
 * there. Where it stands: that reader takes four characters before it writes three bytes. */
int base64_parse(struct dw_span text, char *buffer, size_t *len)
{
    size_t n = text.len;

    if (n % 4 != 0) {
        return DW_ERR_SYNTAX;
    }
    for (size_t i = 0; i < n; i++) {
        const char c = text.at[i];
        if (c == '-' || c == '_') {
            return DW_ERR_SYNTAX;
        }
        buffer[i] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
    }
    for (int padding = 0; padding < 2 && n > 0 && buffer[n - 1] == '='; padding++) {
        n--;
    }
    return dw_base64url_parse((struct dw_span){buffer, n}, buffer, n, len);
}
