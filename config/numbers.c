/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#define DIGITS_MAX 8 /* no sum overflows, however it is multiplied below */

/* Takes digits off the front of `text`. */
static bool take_digits(struct dw_span *text, int *number)
{
    int n = 0;
    size_t len = 0;

    while (len < text->len && text->at[len] >= '0' && text->at[len] <= '9') {
        if (len == DIGITS_MAX) {
            return false;
        }
        n = n * 10 + (text->at[len++] - '0');
    }
    *number = n;
    *text = (struct dw_span){text->at + len, text->len - len};
    return len > 0;
}

int read_number(const struct reading *reading, const struct key *key, const struct node *node,
                void *member)
{
    struct dw_span text = node->text;
    int number;

    if (node->kind != NODE_PLAIN || !take_digits(&text, &number) || text.len > 0 ||
        number < key->least || number > key->most) {
        return refuse_value(reading, key, node);
    }
    *(int *)member = number;
    return 0;
}

/* What a unit counts, in seconds; 0: it is none. */
static int seconds_of(struct dw_span unit)
{
    if (unit.len == 0 || dw_span_equal(unit, DW_SPAN("s"))) {
        return 1;
    }
    if (dw_span_equal(unit, DW_SPAN("m"))) {
        return 60;
    }
    return dw_span_equal(unit, DW_SPAN("h")) ? 3600 : 0;
}

/* The same, in bytes. */
static int bytes_of(struct dw_span unit)
{
    if (unit.len == 0) {
        return 1;
    }
    return dw_span_equal(unit, DW_SPAN("k")) ? 1024 : 0;
}

static int read_amount(const struct reading *reading, const struct key *key,
                       const struct node *node, int (*count)(struct dw_span unit), int *amount)
{
    struct dw_span text = node->text;
    int64_t whole;
    int number;

    if (!is_scalar(node) || !take_digits(&text, &number)) {
        return refuse_value(reading, key, node);
    }
    whole = (int64_t)number * count(text);
    if (count(text) == 0 || whole < key->least || whole > key->most) {
        return refuse_value(reading, key, node);
    }
    *amount = (int)whole;
    return 0;
}

int read_duration(const struct reading *reading, const struct key *key, const struct node *node,
                  void *member)
{
    return read_amount(reading, key, node, seconds_of, member);
}

int read_size(const struct reading *reading, const struct key *key, const struct node *node,
              void *member)
{
    return read_amount(reading, key, node, bytes_of, member);
}
