/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "capture.h"

static bool stands_at(struct dw_span text, size_t at, struct dw_span what)
{
    return text.len - at >= what.len && memcmp(text.at + at, what.at, what.len) == 0;
}

bool command_expands(struct dw_span command, struct dw_span variable)
{
    char quote = '\0';

    for (size_t i = 0; i < command.len && variable.len > 0; i++) {
        const char c = command.at[i];

        if (quote == '\'') {
            quote = c == '\'' ? '\0' : quote;
        } else if (c == '\\') {
            i++;
        } else if (c == '"') {
            quote = quote == '"' ? '\0' : '"';
        } else if (c == '\'' && quote == '\0') {
            quote = c;
        } else if (stands_at(command, i, variable)) {
            return true;
        }
    }
    return false;
}
