/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_CHARS_H
#define DW_CHARS_H

/* What the forms are made of. For forms.c and urls.c. */

#include "doorward.h"

bool is_one_of(char c, const char *set); /* never for a NUL */
bool is_digit(char c);
bool is_upper(char c);
bool is_small(char c);
bool is_name_char(char c); /* a letter, a digit, or one of -._ */

bool is_all(struct dw_span text, bool (*is)(char c)); /* and not empty */
bool starts(struct dw_span text, const char *prefix);
bool ends(struct dw_span text, const char *end);
struct dw_span from(struct dw_span text, size_t at); /* without its first `at` bytes */

#endif
