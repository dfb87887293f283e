/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_REPORT_H
#define DW_SERVER_REPORT_H

/* "doorward: " and one line on stderr, control characters replaced. From any thread. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
