/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_MEMBERS_H
#define DW_MEMBERS_H

/* Members of a mapping, as JSON, behind its { or behind other members. What says nothing is left out: a
 * text that is NULL, an empty list. */

#include "doorward.h"
#include "text.h"

void member_begin(struct text *text, const char *name); /* the value is to follow */
void member_text(struct text *text, const char *name, const char *value);
void member_number(struct text *text, const char *name, int value);
void member_switch(struct text *text, const char *name, bool on);
void member_list(struct text *text, const char *name, const struct dw_list *list);

#endif
