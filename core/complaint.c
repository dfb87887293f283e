/* SPDX-License-Identifier: Apache-2.0 */
#include "complaint.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* What is quoted may come from a file or a server: it must not steer the reader's terminal. */
static void replace_controls(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            *text = '?';
        }
    }
}

int complain(struct complaint *why, const char *format, ...)
{
    va_list args;
    int written;

    if (why == NULL) {
        return -1;
    }
    va_start(args, format);
    written = vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
    if (written < 0) {
        why->text[0] = '\0';
    }
    replace_controls(why->text);
    return -1;
}
