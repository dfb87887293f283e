/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_POLICY_H
#define DW_POLICY_H

/* What a policy's texts may be. For the files that check one: policy.c and policy_*.c. */

#include "internal.h"

/* -- policy_text.c: all answer false for NULL ------------------------------------------------------ */

bool fits_text(const char *text);   /* 1 to DW_TEXT_MAX printable ASCII characters */
bool fits_word(const char *text);   /* of these none is a space, a quote or a backslash */
bool fits_name(const char *text);   /* a token: of a method, a field, a cookie (RFC 9110 s5.6.2) */
bool fits_origin(const char *text); /* scheme://host[:port] in small letters (RFC 6454 s6.2) */
bool fits_url(const char *text);    /* http or https, host in small letters, no fragment */
bool fits_path(const char *text);   /* of an address of this place, without a query */

/* NULL is fine too: left out. */
bool fits_optional(const char *text, bool (*is_fine)(const char *text));

/* Whether there are at most DW_LIST_MAX items and all are fine. */
bool fit_all(const struct dw_list *list, bool (*is_fine)(const char *text));

/* Scopes, or what is written out like them: bytes of them all, with a space behind each. */
size_t list_bytes(const struct dw_list *list);

/* -- policy_route.c, policy_schemes.c: what is wrong (a static sentence), or NULL ------------------- */

const char *fault_of_route(const struct dw_route *route);
const char *fault_of_schemes(const struct dw_schemes *schemes);

#endif
