/* SPDX-License-Identifier: Apache-2.0 */
#include "members.h"

void member_begin(struct text *text, const char *name)
{
    text_put(text, text->len > 0 && text->at[text->len - 1] == '{' ? "" : ", ");
    text_json(text, dw_span_of(name));
    text_put(text, ": ");
}

void member_text(struct text *text, const char *name, const char *value)
{
    if (value != NULL) {
        member_begin(text, name);
        text_json(text, dw_span_of(value));
    }
}

void member_number(struct text *text, const char *name, int value)
{
    member_begin(text, name);
    text_number(text, value);
}

void member_switch(struct text *text, const char *name, bool on)
{
    member_begin(text, name);
    text_put(text, on ? "true" : "false");
}

void member_list(struct text *text, const char *name, const struct dw_list *list)
{
    if (list->n == 0) {
        return;
    }
    member_begin(text, name);
    for (size_t i = 0; i < list->n; i++) {
        text_char(text, i == 0 ? '[' : ',');
        text_json(text, dw_span_of(list->items[i]));
    }
    text_char(text, ']');
}
