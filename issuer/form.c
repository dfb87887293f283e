/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "parts.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX stands for, or -1. */
static int read_percent(const char *at, size_t len)
{
    const int high = len >= 3 ? hex_value(at[1]) : -1;
    const int low = len >= 3 ? hex_value(at[2]) : -1;

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* What may stand in a form as it is. */
static bool is_plain(char c)
{
    return c > ' ' && c <= '~' && c != '%' && c != '+';
}

bool form_decode(char *at, size_t *len)
{
    size_t to = 0;
    size_t from = 0;

    while (from < *len) {
        const int byte = at[from] == '%' ? read_percent(at + from, *len - from) : -1;

        if (byte >= 0) {
            at[to++] = (char)byte;
            from += 3;
        } else if (at[from] == '+') {
            at[to++] = ' ';
            from++;
        } else if (is_plain(at[from])) {
            at[to++] = at[from++];
        } else {
            return false;
        }
    }
    *len = to;
    return true;
}

/* One `name=value`. The = is looked for before decoding, so that an encoded one is part of the text. */
static int add_field(struct form *form, char *pair, size_t len)
{
    char *equals = memchr(pair, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - pair) : len;
    size_t value_len = equals != NULL ? len - name_len - 1 : 0;

    if (name_len == 0 || !form_decode(pair, &name_len)) {
        return DW_ERR_SYNTAX;
    }
    if (value_len == 0) {
        return 0;
    }
    if (!form_decode(equals + 1, &value_len)) {
        return DW_ERR_SYNTAX;
    }
    if (form->n_fields == FORM_FIELDS_MAX) {
        return DW_ERR_SIZE;
    }
    form->fields[form->n_fields++] = (struct form_field){{pair, name_len}, {equals + 1, value_len}};
    return 0;
}

int form_parse(char *body, size_t len, struct form *form)
{
    form->n_fields = 0;
    while (len > 0) {
        char *end = memchr(body, '&', len);
        const size_t pair_len = end != NULL ? (size_t)(end - body) : len;
        const size_t step = end != NULL ? pair_len + 1 : len;
        const int error = add_field(form, body, pair_len);

        if (error != 0) {
            return error;
        }
        if (end != NULL && step == len) {
            return DW_ERR_SYNTAX;
        }
        body += step;
        len -= step;
    }
    return 0;
}

struct dw_span form_value(const struct form *form, struct dw_span name)
{
    for (size_t i = 0; i < form->n_fields; i++) {
        if (dw_span_equal(form->fields[i].name, name)) {
            return form->fields[i].value;
        }
    }
    return (struct dw_span){NULL, 0};
}

bool form_has_duplicate(const struct form *form)
{
    for (size_t i = 0; i < form->n_fields; i++) {
        const struct form_field *field = &form->fields[i];

        if (form_value(form, field->name).at != field->value.at &&
            !dw_span_equal(field->name, DW_SPAN("resource"))) {
            return true;
        }
    }
    return false;
}
