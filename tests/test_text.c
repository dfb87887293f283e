/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "complaint.h"
#include "guard_page.h"
#include "internal.h"

/* Every byte at every place of a text of each length: one that is no plain byte ends the run. */
static void finds_plain_runs(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 20; len++) {
        struct guarded in = guard_bytes("aaaaaaaaaaaaaaaaaaaaaaaa", len);
        char *text = (char *)(uintptr_t)in.span.at;

        assert_int_equal(text_plain_run(text, len), len);
        for (size_t i = 0; i < len * 256; i++) {
            const unsigned char c = (unsigned char)(i % 256);
            const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

            text[i / 256] = (char)c;
            assert_int_equal(text_plain_run(text, len), plain ? len : i / 256);
            text[i / 256] = '\xff';
            assert_int_equal(text_plain_run(text, len), i / 256);
            text[i / 256] = 'a';
        }
        guard_release(&in);
    }
}

static const struct {
    const char *in;
    size_t len;
    const char *out;
} JSON[] = {
    {"", 0, "\"\""},
    {"a\"b\\c/", 6, "\"a\\\"b\\\\c/\""},
    {"\0\x1f\x7f\n", 4, "\"\\u0000\\u001f\\u007f\\u000a\""},
    {"<&>'", 4, "\"<&>'\""},
    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10,
     "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\""},
    /* Not UTF-8: cut, overlong, surrogates, beyond U+10FFFF, bytes that begin nothing. */
    {"\xc3", 1, "\"\xef\xbf\xbd\""},
    {"\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xf0\x9f\x98", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xe0\x9f\xbf", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xf0\x8f\xbf\xbf", 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xf4\x90\x80\x80", 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xf5\xff\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xc3(", 2, "\"\xef\xbf\xbd(\""},
    {"\xe2(\xa1", 3, "\"\xef\xbf\xbd(\xef\xbf\xbd\""},
    {"\xf0\x9f\x98(", 4, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd(\""},
};

static void writes_json_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(JSON); i++) {
        struct guarded in = guard_bytes(JSON[i].in, JSON[i].len);
        char buffer[64];
        struct text text;

        text_init(&text, buffer, sizeof(buffer));
        text_json(&text, in.span);
        assert_span(text_span(&text), JSON[i].out);
        guard_release(&in);
    }
}

static void writes_json_members(void **state)
{
    char buffer[128];
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof(buffer));
    text_char(&text, '{');
    text_json_member(&text, "absent", SPAN_NONE);
    text_json_member(&text, "empty", DW_SPAN(""));
    text_json_number(&text, "n", -5);
    text_json_member(&text, "brace", DW_SPAN("{"));
    text_put(&text, ",\"list\":[{");
    text_json_member(&text, "a", DW_SPAN("b"));
    text_put(&text, "}]}");
    assert_span(text_span(&text),
                "{\"empty\":\"\",\"n\":-5,\"brace\":\"{\",\"list\":[{\"a\":\"b\"}]}");
}

static void writes_numbers(void **state)
{
    static const struct {
        int64_t number;
        const char *text;
    } NUMBERS[] = {{0, "0"},
                   {7, "7"},
                   {-10, "-10"},
                   {INT64_MAX, "9223372036854775807"},
                   {INT64_MIN, "-9223372036854775808"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        char buffer[32];
        struct text text;

        text_init(&text, buffer, sizeof(buffer));
        text_number(&text, NUMBERS[i].number);
        assert_span(text_span(&text), NUMBERS[i].text);
    }
}

static void writes_html(void **state)
{
    char buffer[64];
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof(buffer));
    text_html(&text, DW_SPAN("<a b=\"c\" d='e'>&\xc3\xa4"));
    assert_span(text_span(&text), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\xc3\xa4");
}

static void stops_where_the_buffer_ends(void **state)
{
    struct guarded page = guard_bytes("....", 4);
    char *buffer = (char *)page.map + (page.span.at - (char *)page.map);
    struct text text;

    (void)state;
    text_init(&text, buffer, 4);
    text_put(&text, "abcd");
    text_add(&text, SPAN_NONE);
    assert_false(text.overflow);
    text_char(&text, 'e');
    assert_true(text.overflow);
    assert_span(text_span(&text), "abcd");
    text_init(&text, buffer, 4);
    text_put(&text, "ab");
    text_put(&text, "cde");
    assert_true(text.overflow);
    text_put(&text, "f");
    assert_span(text_span(&text), "abcd");
    text_init(&text, NULL, 0);
    text_json(&text, DW_SPAN("a"));
    assert_true(text.overflow);
    assert_int_equal(text.len, 0);
    guard_release(&page);
}

static void complains(void **state)
{
    char longer[2 * COMPLAINT_SIZE];
    struct complaint why;

    (void)state;
    assert_int_equal(complain(NULL, "nobody hears"), -1);
    assert_int_equal(complain(&why, "%s:%d: no \x1b[31m%s\n", "a.yaml", 3, "\x7f"), -1);
    assert_string_equal(why.text, "a.yaml:3: no ?[31m??");
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(complain(&why, "%s", longer), -1);
    assert_int_equal(strlen(why.text), COMPLAINT_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_plain_runs),    cmocka_unit_test(writes_json_strings),
        cmocka_unit_test(writes_json_members), cmocka_unit_test(writes_numbers),
        cmocka_unit_test(writes_html),         cmocka_unit_test(stops_where_the_buffer_ends),
        cmocka_unit_test(complains),
    };

    return RUN_TAP(tests);
}
