/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_FORM_H
#define DW_FORM_H

/* application/x-www-form-urlencoded, strictly. */

#include "doorward.h"

#define FORM_FIELDS_MAX 64

struct form_field {
    struct dw_span name, value;
};

struct form {
    struct form_field fields[FORM_FIELDS_MAX];
    size_t n_fields;
};

/* Decodes + and percent-encoding in place. false: a byte that must be encoded, or a broken encoding. */
DW_MUST_USE bool form_decode(char *at, size_t *len);

/* Takes a form apart; `body` is changed and borrowed. Parameters without a value are left out (RFC 6749
 * s3.2). 0, DW_ERR_SYNTAX or DW_ERR_SIZE. */
DW_MUST_USE int form_parse(char *body, size_t len, struct form *form);

/* The value of the first parameter of that name; absent if there is none. */
struct dw_span form_value(const struct form *form, struct dw_span name);

/* Whether a parameter stands there twice, but for `resource` (RFC 8707 s2). */
bool form_has_duplicate(const struct form *form);

#endif
