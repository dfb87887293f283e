/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"
#include "internal.h"

static void absent_is_not_read(void **state)
{
    (void)state;
    assert_null(dw_span_of(NULL).at);
    assert_true(dw_span_equal(SPAN_NONE, SPAN_NONE));
    assert_true(dw_span_equal(SPAN_NONE, DW_SPAN("")));
    assert_true(dw_secret_equal(SPAN_NONE, DW_SPAN("")));
    assert_false(dw_span_equal(SPAN_NONE, DW_SPAN("a")));
    assert_false(dw_secret_equal(SPAN_NONE, DW_SPAN("a")));
    assert_null(span_from(SPAN_NONE, 3).at);
    assert_int_equal(span_trim(SPAN_NONE).len, 0);
    assert_false(span_starts_nocase(SPAN_NONE, "a"));
    dw_secret_wipe(NULL, 5);
}

static void compares(void **state)
{
    struct guarded a = guard_text("abc");
    struct guarded b = guard_text("abd");

    (void)state;
    assert_int_equal(dw_span_of("abc").len, 3);
    assert_false(dw_span_equal(a.span, b.span));
    assert_false(dw_secret_equal(a.span, b.span));
    assert_false(dw_span_equal(a.span, DW_SPAN("ab")));
    assert_false(dw_secret_equal(a.span, DW_SPAN("abcd")));
    assert_true(dw_span_equal(a.span, DW_SPAN("abc")));
    assert_true(dw_secret_equal(a.span, DW_SPAN("abc")));
    assert_false(dw_span_equal(a.span, DW_SPAN("ABC")));
    assert_true(dw_span_equal_nocase(a.span, DW_SPAN("aBC")));
    assert_false(dw_span_equal_nocase(a.span, DW_SPAN("abC ")));
    assert_false(dw_span_equal_nocase(DW_SPAN("[@"), DW_SPAN("{`")));
    assert_true(span_starts_nocase(a.span, "AB"));
    assert_true(span_starts_nocase(a.span, ""));
    assert_false(span_starts_nocase(a.span, "abcd"));
    assert_false(span_starts_nocase(a.span, "ac"));
    guard_release(&a);
    guard_release(&b);
}

static void cuts(void **state)
{
    (void)state;
    assert_span(span_from(DW_SPAN("abc"), 0), "abc");
    assert_span(span_from(DW_SPAN("abc"), 2), "c");
    assert_span(span_from(DW_SPAN("abc"), 3), "");
    assert_span(span_from(DW_SPAN("abc"), 4), "");
    assert_span(span_trim(DW_SPAN(" \t a b \t")), "a b");
    assert_span(span_trim(DW_SPAN(" \t ")), "");
    assert_span(span_trim(DW_SPAN("a\n")), "a\n");
}

static void takes_words(void **state)
{
    struct guarded list = guard_text("  read  write ");
    struct dw_span rest = list.span, word = DW_SPAN("untouched");

    (void)state;
    assert_true(span_word(&rest, ' ', &word));
    assert_span(word, "read");
    assert_true(span_word(&rest, ' ', &word));
    assert_span(word, "write");
    assert_false(span_word(&rest, ' ', &word));
    assert_span(word, "write");
    assert_false(span_word(&rest, ' ', &word));
    rest = SPAN_NONE;
    assert_false(span_word(&rest, ' ', &word));
    guard_release(&list);
}

static void wipes(void **state)
{
    char secret[] = "secret";

    (void)state;
    dw_secret_wipe(secret, 3);
    assert_memory_equal(secret, "\0\0\0ret", sizeof(secret));
}

static void errors_have_texts(void **state)
{
    (void)state;
    assert_string_equal(dw_error_text(0), "success");
    assert_string_equal(dw_error_text(DW_ERR_SYNTAX), "the text breaks its grammar");
    assert_string_equal(dw_error_text(DW_END), "nothing is left");
    assert_string_equal(dw_error_text(1), "unknown error");
    assert_string_equal(dw_error_text(-8), "unknown error");
    assert_string_equal(dw_version(), DW_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_is_not_read),
        cmocka_unit_test(compares),
        cmocka_unit_test(cuts),
        cmocka_unit_test(takes_words),
        cmocka_unit_test(wipes),
        cmocka_unit_test(errors_have_texts),
    };

    return RUN_TAP(tests);
}
