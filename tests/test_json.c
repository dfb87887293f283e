/* SPDX-License-Identifier: Apache-2.0 */
#include "guard_page.h"
#include "internal.h"
#include "json_oracle.h"
#include "tap.h"
#include "vector_file.h"

#define NODES_MAX 8192

static struct json_node nodes[NODES_MAX];

/* What was read last, at the end of its memory; kept until the next. */
static struct guarded text;

static enum json_error parse_up_to(struct dw_span from, size_t max, struct json *json,
                                   size_t *fault)
{
    if (text.map != NULL) {
        guard_release(&text);
    }
    text = guard_bytes(from.at, from.len);
    char *at = (char *)text.map + (text.span.at - (char *)text.map);
    const enum json_error error = json_parse(at, from.len, nodes, max, json, fault);
    if (max == NODES_MAX) {
        assert_true(oracle_agrees(from, error, json));
    }
    return error;
}

static enum json_error parse(struct dw_span from, struct json *json, size_t *fault)
{
    return parse_up_to(from, NODES_MAX, json, fault);
}

static struct json read_good(const char *from)
{
    struct json json;

    assert_int_equal(parse(dw_span_of(from), &json, NULL), JSON_OK);
    return json;
}

/* -- The vectors --------------------------------------------------------------------------------- */

static void check_vector(const struct vector *vector)
{
    static const char *const VERDICTS[] = {"ok", "syntax", "duplicate", "nesting", "size"};
    const struct dw_span at = vector_value(vector, "at");
    struct json json;
    size_t fault = 0;

    print_message("# %s:%d\n", vector->path, vector->number);
    assert_span(vector_value(vector, "verdict"),
                VERDICTS[parse(vector_value(vector, "json"), &json, &fault)]);
    if (at.at != NULL) {
        assert_int_equal(fault, strtoul(at.at, NULL, 10));
    }
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/json/*.txt", check_vector), 2);
}

/* -- Limits -------------------------------------------------------------------------------------- */

static void members_are_bounded(void **state)
{
    static char object[JSON_MEMBERS_MAX * 16];
    struct json json;
    size_t len = 0;

    (void)state;
    for (int i = 0; i < JSON_MEMBERS_MAX; i++) {
        len += (size_t)snprintf(object + len, sizeof(object) - len, "%c\"%d\":%d",
                                i == 0 ? '{' : ',', i, i);
    }
    object[len] = '}';
    assert_int_equal(parse((struct dw_span){object, len + 1}, &json, NULL), JSON_OK);
    assert_int_equal(json_root(&json)->skip, 1 + 2 * JSON_MEMBERS_MAX);
    memcpy(object + len, ",\"x\":1}", 7);
    assert_int_equal(parse((struct dw_span){object, len + 7}, &json, NULL), JSON_SIZE);
}

/* With room for one value less than the text holds, nothing is written beyond it. */
static void values_are_bounded(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } CASES[] = {
        {"null", 1},
        {"[]", 1},
        {"[1]", 2},
        {"[1,2,3]", 4},
        {"{\"a\":1}", 3},
        {"[[[[]]]]", 4},
        {"{\"a\":{\"b\":[1,2]}}", 7},
        {"\"\"", 1},
    };
    struct json json;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        for (size_t max = 0; max < CASES[i].n; max++) {
            nodes[max].len = 4711;
            assert_int_equal(parse_up_to(dw_span_of(CASES[i].text), max, &json, NULL), JSON_SIZE);
            assert_int_equal(nodes[max].len, 4711);
        }
        assert_int_equal(parse_up_to(dw_span_of(CASES[i].text), CASES[i].n, &json, NULL), JSON_OK);
        assert_int_equal(json_root(&json)->skip, CASES[i].n);
    }
}

static void depth_is_back_after_each_container(void **state)
{
    static char list[4096] = "[";
    struct json json;

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        memcpy(list + 1 + i * 11, "[[]],{},[],", 11);
    }
    memcpy(list + 1 + 200 * 11, "{}]", 4);
    assert_int_equal(parse(dw_span_of(list), &json, NULL), JSON_OK);
}

/* -- Reading what was read ----------------------------------------------------------------------- */

static void members_are_found(void **state)
{
    const struct json json =
        read_good("{\"a\":[1,{\"b\":2}],\"\\u0062\":{\"a\":\"x\\n\"},\"\":null}");
    const struct json_node *root = json_root(&json);
    const struct json_node *b = json_member(&json, root, "b");

    (void)state;
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(json_member(&json, root, "a")->type, JSON_ARRAY);
    assert_span(json_string(&json, json_member(&json, b, "a")), "x\n");
    assert_int_equal(json_member(&json, root, "")->type, JSON_NULL);
    assert_null(json_member(&json, root, "c"));
    assert_null(json_member(&json, root, "aa"));
    assert_null(json_member(&json, json_member(&json, root, "a"), "b"));
    assert_null(json_member(&json, NULL, "b"));
}

static void values_are_walked(void **state)
{
    const struct json json = read_good("[1,[2,[3]],{\"a\":4},\"5\"]");
    static const enum json_type TYPES[] = {JSON_NUMBER, JSON_ARRAY, JSON_OBJECT, JSON_STRING};
    const struct json_node *root = json_root(&json);
    const struct json_node *node = json_first(root);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        assert_non_null(node);
        assert_int_equal(node->type, TYPES[i]);
        node = json_next(root, node);
    }
    assert_null(node);
    assert_null(json_next(root, NULL));
    assert_null(json_next(NULL, root));
    assert_null(json_first(NULL));
    assert_null(json_first(json_first(root)));
    const struct json empty = read_good("{\"a\":{},\"b\":[]}");
    assert_null(json_first(json_member(&empty, json_root(&empty), "a")));
    assert_null(json_first(json_member(&empty, json_root(&empty), "b")));
}

static void only_strings_are_strings(void **state)
{
    const struct json json = read_good("[\"\",\"a\",1,null,true,[],{}]");
    const struct json_node *node = json_first(json_root(&json));

    (void)state;
    assert_span(json_string(&json, node), "");
    node = json_next(json_root(&json), node);
    assert_span(json_string(&json, node), "a");
    for (node = json_next(json_root(&json), node); node != NULL;
         node = json_next(json_root(&json), node)) {
        assert_span(json_string(&json, node), NULL);
    }
    assert_span(json_string(&json, NULL), NULL);
}

static void numbers_are_rounded_down(void **state)
{
    static const struct {
        const char *text;
        int64_t whole;
    } CASES[] = {
        {"0", 0},
        {"-0", 0},
        {"-0.0e5", 0},
        {"1.9", 1},
        {"-1.1", -2},
        {"-0.5", -1},
        {"-1e-400", -1},
        {"1e-400", 0},
        {"-0e-400", 0},
        {"0e999999999999999999999", 0},
        {"0.000e+999999999999999999999", 0},
        {"1.5e1", 15},
        {"1.55e1", 15},
        {"-1.55e1", -16},
        {"15e-1", 1},
        {"150e-2", 1},
        {"100e-2", 1},
        {"-100e-2", -1},
        {"0.0000000001e10", 1},
        {"1000000000000000000000000e-24", 1},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775807.9", INT64_MAX},
        {"9.223372036854775807e18", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"-9223372036854775807.1", INT64_MIN},
        {"-9223372036854775808.0", INT64_MIN},
        {"9007199254740993", 9007199254740993},
    };
    int64_t whole = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct json json = read_good(CASES[i].text);

        print_message("# %s\n", CASES[i].text);
        assert_true(json_whole(&json, json_root(&json), &whole));
        assert_true(whole == CASES[i].whole);
    }
}

static void what_is_no_whole_number(void **state)
{
    static const char *const TEXTS[] = {
        "9223372036854775808",
        "-9223372036854775809",
        "-9223372036854775808.1",
        "18446744073709551615",
        "18446744073709551616",
        "-18446744073709551615.5",
        "1e19",
        "-1e19",
        "1e400",
        "1e999999999999999999999",
        "92233720368547758.08e2",
        "1.0e9999999999",
        "\"1\"",
        "null",
        "true",
        "[1]",
        "{\"a\":1}",
    };
    int64_t whole = 4711;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        const struct json json = read_good(TEXTS[i]);

        print_message("# %s\n", TEXTS[i]);
        assert_false(json_whole(&json, json_root(&json), &whole));
        assert_true(whole == 4711);
    }
    const struct json json = read_good("1");
    assert_false(json_whole(&json, NULL, &whole));
}

/* -- What jansson thinks of texts nobody thought of ---------------------------------------------- */

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* A text put together from pieces: mostly broken, often nearly right. */
static size_t compose(char *to, size_t size, uint32_t *seed)
{
    static const char *const PIECES[] = {
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "1",
        "-",
        "0",
        "1.5",
        "e",
        "E+2",
        ".",
        "true",
        "null",
        "\"",
        "\\",
        "\\u",
        "d83d",
        " ",
        "\n",
        "\x7",
        "\"\"",
        "false",
        "\xc3\xa9",
        "\xed\xa0\x80",
        "\"\\ud83d\\ude00\"",
        "{\"a\":",
        ",\"a\":",
    };
    const size_t n = 1 + next_random(seed) % 12;
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        const char *piece = PIECES[next_random(seed) % COUNT_OF(PIECES)];

        if (len + strlen(piece) < size) {
            memcpy(to + len, piece, strlen(piece));
            len += strlen(piece);
        }
    }
    return len;
}

static void jansson_agrees(void **state)
{
    uint32_t seed = 20240501;
    char composed[256];
    struct json json;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        const size_t len = compose(composed, sizeof(composed), &seed);

        (void)!parse((struct dw_span){composed, len}, &json, NULL);
    }
}

/* Every byte of a good text changed to something else in turn. */
static void jansson_agrees_on_damage(void **state)
{
    static const char TEXT[] =
        "{\"iss\":\"https:\\/\\/"
        "a\\u00e9\xc3\xa9\",\"aud\":[\"x\",1.5e3,-0,true,false,null],\"c\":{}}";
    static const char OTHERS[] = "\"\\{}[],:0 e-.\x80\xff\n";
    char damaged[sizeof(TEXT)];
    struct json json;

    (void)state;
    for (size_t i = 0; i < strlen(TEXT); i++) {
        for (size_t j = 0; j < sizeof(OTHERS); j++) {
            memcpy(damaged, TEXT, sizeof(TEXT));
            damaged[i] = OTHERS[j];
            (void)!parse((struct dw_span){damaged, strlen(TEXT)}, &json, NULL);
        }
        (void)!parse((struct dw_span){TEXT, i}, &json, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(members_are_bounded),
        cmocka_unit_test(values_are_bounded),
        cmocka_unit_test(depth_is_back_after_each_container),
        cmocka_unit_test(what_is_no_whole_number),
        cmocka_unit_test(numbers_are_rounded_down),
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(values_are_walked),
        cmocka_unit_test(only_strings_are_strings),
        cmocka_unit_test(jansson_agrees),
        cmocka_unit_test(jansson_agrees_on_damage),
    };

    return RUN_TAP(tests);
}
