/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

const struct json_node *json_root(const struct json *json)
{
    return json->nodes;
}

const struct json_node *json_first(const struct json_node *container)
{
    if (container == NULL || (container->type != JSON_ARRAY && container->type != JSON_OBJECT)) {
        return NULL;
    }
    return container->skip > 1 ? container + 1 : NULL;
}

const struct json_node *json_next(const struct json_node *container, const struct json_node *node)
{
    if (container == NULL || node == NULL) {
        return NULL;
    }
    node += node->skip;
    return node < container + container->skip ? node : NULL;
}

const struct json_node *json_member(const struct json *json, const struct json_node *object,
                                    const char *name)
{
    const size_t len = strlen(name);

    if (object == NULL || object->type != JSON_OBJECT) {
        return NULL;
    }
    for (const struct json_node *node = json_first(object); node != NULL;
         node = json_next(object, node + 1)) {
        if (node->len == len && memcmp(json->text + node->at, name, len) == 0) {
            return node + 1;
        }
    }
    return NULL;
}

struct dw_span json_string(const struct json *json, const struct json_node *node)
{
    if (node == NULL || node->type != JSON_STRING) {
        return SPAN_NONE;
    }
    return (struct dw_span){json->text + node->at, node->len};
}

/* -- Numbers: exactly, in decimal, as a double cannot hold every int64_t ------------------------- */

#define EXPONENT_MAX 1000000000 /* beyond the length of any text, and far from overflowing */

struct decimal {
    struct dw_span digits; /* the point may be among them */
    bool negative;
    int64_t point; /* how many digits stand before the point once the exponent is applied */
};

static int64_t read_exponent(struct dw_span text)
{
    const bool negative = text.len > 0 && text.at[0] == '-';
    int64_t exponent = 0;

    for (size_t i = negative || text.at[0] == '+' ? 1 : 0; i < text.len; i++) {
        if (exponent < EXPONENT_MAX) {
            exponent = exponent * 10 + (text.at[i] - '0');
        }
    }
    return negative ? -exponent : exponent;
}

static struct decimal read_decimal(struct dw_span text)
{
    const bool negative = text.at[0] == '-';
    const struct dw_span number = span_from(text, negative ? 1 : 0);
    size_t end = 0;
    size_t point;

    while (end < number.len && number.at[end] != 'e' && number.at[end] != 'E') {
        end++;
    }
    for (point = 0; point < end && number.at[point] != '.';) {
        point++;
    }
    return (struct decimal){
        {number.at, end},
        negative,
        (int64_t)point + (end < number.len ? read_exponent(span_from(number, end + 1)) : 0),
    };
}

/* The digits before the point as a whole number, and whether any after it is not 0. */
static bool truncate_decimal(const struct decimal *decimal, uint64_t *whole, bool *fraction)
{
    int64_t place = 0;

    *whole = 0;
    *fraction = false;
    for (size_t i = 0; i < decimal->digits.len; i++) {
        const char c = decimal->digits.at[i];

        if (c == '.') {
            continue;
        }
        if (place++ >= decimal->point) {
            *fraction = *fraction || c != '0';
        } else if (__builtin_mul_overflow(*whole, UINT64_C(10), whole) ||
                   __builtin_add_overflow(*whole, (uint64_t)(c - '0'), whole)) {
            return false;
        }
    }
    for (; *whole > 0 && place < decimal->point; place++) {
        if (__builtin_mul_overflow(*whole, UINT64_C(10), whole)) {
            return false;
        }
    }
    return true;
}

#define SURE_DIGITS 18 /* which int64_t always holds */

/* What nearly every number is: a few digits and nothing else. */
static bool read_digits(struct dw_span text, int64_t *whole)
{
    int64_t value = 0;

    if (text.len > SURE_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        const unsigned digit = (unsigned)text.at[i] - '0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
    *whole = value;
    return true;
}

bool json_whole(const struct json *json, const struct json_node *node, int64_t *whole)
{
    struct decimal decimal;
    uint64_t size;
    uint64_t limit;
    bool fraction;

    if (node == NULL || node->type != JSON_NUMBER) {
        return false;
    }
    const struct dw_span text = {json->text + node->at, node->len};
    if (read_digits(text, whole)) {
        return true;
    }
    decimal = read_decimal(text);
    limit = (uint64_t)INT64_MAX + (decimal.negative ? 1 : 0);
    if (!truncate_decimal(&decimal, &size, &fraction) || size > limit) {
        return false;
    }
    if (decimal.negative && fraction) {
        if (size == limit) {
            return false;
        }
        size++; /* down is away from zero here */
    }
    *whole = decimal.negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}
