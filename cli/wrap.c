/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli.h"

#define COLUMNS 80

void cli_put_wrapped(FILE *file, size_t indent, size_t column, const char *text)
{
    while (*text != '\0') {
        const struct dw_span word = {text, strcspn(text, " ")};
        const size_t width = cli_width(word);

        if (column > indent && column + 1 + width > COLUMNS) {
            (void)fprintf(file, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            (void)fputc(' ', file);
            column++;
        }
        cli_put_safe(file, word);
        column += width;
        text += word.len + strspn(text + word.len, " ");
    }
    (void)fputc('\n', file);
}
