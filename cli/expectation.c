/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "proof.h"
#include "text.h"

bool expectations_read(const char *text, struct expectation *expected, size_t *n)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, ",");
        const char *equals = memchr(text, '=', len);
        if (equals == NULL || equals == text || *n == PROOF_EXPECTED_MAX) {
            return false;
        }
        expected[*n] = (struct expectation){
            .name = {text, (size_t)(equals - text)},
            .wanted = {equals + 1, len - (size_t)(equals + 1 - text)},
        };
        (*n)++;
        text += len + (text[len] == ',' ? 1 : 0);
    }
    return true;
}

static bool has_word(struct dw_span words, struct dw_span word)
{
    size_t start = 0;

    for (size_t i = 0; i <= words.len; i++) {
        if (i < words.len && words.at[i] != ' ') {
            continue;
        }
        if (dw_span_equal((struct dw_span){words.at + start, i - start}, word)) {
            return true;
        }
        start = i + 1;
    }
    return false;
}

static bool is_it(const struct json *json, const struct json_node *value, struct dw_span wanted)
{
    const struct dw_span text = json_string(json, value);

    if (text.at != NULL) {
        return dw_span_equal(text, wanted);
    }
    return dw_span_equal((struct dw_span){json->text + value->at, value->len}, wanted);
}

static bool holds(const struct json *json, const struct json_node *value,
                  const struct expectation *expected)
{
    if (is_it(json, value, expected->wanted)) {
        return true;
    }
    if (value->type == JSON_STRING) {
        return dw_span_equal(expected->name, DW_SPAN("scope")) &&
               has_word(json_string(json, value), expected->wanted);
    }
    for (const struct json_node *item = value->type == JSON_ARRAY ? json_first(value) : NULL;
         item != NULL; item = json_next(value, item)) {
        if (is_it(json, item, expected->wanted)) {
            return true;
        }
    }
    return false;
}

static void note_value(const struct json *json, const struct json_node *value, struct text *seen)
{
    const struct json_node *item = value->type == JSON_ARRAY ? json_first(value) : NULL;

    if (value->type == JSON_STRING) {
        text_json(seen, json_string(json, value));
        return;
    }
    if (value->type != JSON_ARRAY) {
        text_add(seen, (struct dw_span){json->text + value->at, value->len});
        return;
    }
    text_put(seen, "[");
    for (; item != NULL; item = json_next(value, item)) {
        if (item->type == JSON_STRING) {
            text_json(seen, json_string(json, item));
        }
        text_put(seen, json_next(value, item) != NULL ? ", " : "");
    }
    text_put(seen, "]");
}

void expectation_judge(const struct json *header, const struct json *claims,
                       struct expectation *expected)
{
    const struct dw_span prefix = DW_SPAN("header.");
    const bool in_header =
        expected->name.len > prefix.len && memcmp(expected->name.at, prefix.at, prefix.len) == 0;
    const struct json *json = in_header ? header : claims;
    const size_t from = in_header ? prefix.len : 0;
    char name[128];
    struct text seen;

    expected->holds = false;
    expected->seen[0] = '\0';
    if (json == NULL || expected->name.len - from >= sizeof(name)) {
        return;
    }
    memcpy(name, expected->name.at + from, expected->name.len - from);
    name[expected->name.len - from] = '\0';
    const struct json_node *value = json_member(json, json_root(json), name);
    if (value == NULL) {
        return;
    }
    text_init(&seen, expected->seen, sizeof(expected->seen) - 1);
    note_value(json, value, &seen);
    if (seen.overflow) {
        (void)snprintf(expected->seen, sizeof(expected->seen), "\"(longer than %d bytes)\"",
                       PROOF_TEXT_SIZE);
    } else {
        expected->seen[seen.len] = '\0';
    }
    expected->holds = holds(json, value, expected);
}
