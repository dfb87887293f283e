/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_MASK_H
#define DW_MASK_H

/*
 * Which bytes of a value are a secret, so that the rest of it can be shown: schemes, parameters' names,
 * blanks, quotes and placeholders stay, for they are what is wrong often enough.
 */

#include "doorward.h"

enum mask_kind {
    MASK_TEXT,        /* tokens by their looks */
    MASK_CREDENTIALS, /* Authorization and its like */
    MASK_COOKIE,
    MASK_SET_COOKIE,
    MASK_URL
};

enum mask_kind mask_kind_of(struct dw_span field_name);

/* Sets hidden[i] where value.at[i] is part of a secret; leaves the others as they are. */
void mask_find(enum mask_kind kind, struct dw_span value, bool *hidden);

/* The same wherever `secret` stands in the value. */
void mask_known(struct dw_span value, struct dw_span secret, bool *hidden);

/* Whether a parameter of that name holds a secret. */
bool mask_is_secret_name(struct dw_span name);

#endif
