/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#include "complaint.h"

void report(const char *format, ...)
{
    char line[2 * COMPLAINT_SIZE];
    struct complaint safe;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    complain(&safe, "%s", line);
    fprintf(stderr, "doorward: %s\n", safe.text);
}
