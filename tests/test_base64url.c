/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"

/* RFC 4648 s3: no padding, no other alphabet, no white space, no length that no bytes have. */
static const char *const BROKEN[] = {
    "A",
    "AAAAA",
    "Zg==",
    "Zm8=",
    "Zg=",
    "=",
    "====",
    "Zm9v YmFy",
    "Zm9v\n",
    "Zm9+",
    "Zm9/",
    "+A",
    "/A",
    "AA+",
    "AA/",
    "A A",
    "A\xc3",
    "\x80"
    "A",
    "Zh",
    "Zm9",
    "Zm-",
    "AAA!",
    "!AAA",
    "A!AA",
    "AA!AA",
    "Zm9vZm9.",
    "Zm9vZm9vZg==",
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
        struct guarded text = guard_text(BROKEN[i]);
        char buffer[16];
        size_t len = 99;

        if (dw_base64url_parse(text.span, buffer, sizeof(buffer), &len) != DW_ERR_SYNTAX) {
            print_error("%s was taken\n", BROKEN[i]);
            fail();
        }
        assert_int_equal(len, 99);
        guard_release(&text);
    }
}

/* RFC 4648 s3.5: of all texts of two or three characters, one for each value. */
static void is_canonical(void **state)
{
    size_t two = 0, three = 0;

    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            char text[3] = {(char)a, (char)b, 0};
            char buffer[2];
            size_t len;

            two += dw_base64url_parse((struct dw_span){text, 2}, buffer, 2, &len) == 0;
            for (unsigned c = 0; c < 256; c++) {
                text[2] = (char)c;
                three += dw_base64url_parse((struct dw_span){text, 3}, buffer, 2, &len) == 0;
            }
        }
    }
    assert_int_equal(two, 256);
    assert_int_equal(three, 65536);
}

/* RFC 4648 s10 without its padding; RFC 7515 s3.3 and appendix C. */
static const struct {
    const char *bytes;
    size_t n;
    const char *text;
} GOOD[] = {
    {"", 0, ""},
    {"f", 1, "Zg"},
    {"fo", 2, "Zm8"},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg"},
    {"fooba", 5, "Zm9vYmE"},
    {"foobar", 6, "Zm9vYmFy"},
    {"\x03\xec\xff\xe0\xc1", 5, "A-z_4ME"},
    {"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", 30, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"},
};

static void knows_the_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        struct guarded bytes = guard_bytes(GOOD[i].bytes, GOOD[i].n);
        struct guarded text = guard_text(GOOD[i].text);
        char buffer[64];
        size_t len;

        assert_int_equal(
            dw_base64url_write(bytes.span.at, bytes.span.len, buffer, text.span.len, &len), 0);
        assert_span((struct dw_span){buffer, len}, GOOD[i].text);
        assert_int_equal(dw_base64url_parse(text.span, buffer, GOOD[i].n, &len), 0);
        assert_true(dw_span_equal((struct dw_span){buffer, len}, bytes.span));
        guard_release(&bytes);
        guard_release(&text);
    }
}

static void says_when_the_buffer_is_small(void **state)
{
    char buffer[16];
    size_t len = 99;

    (void)state;
    assert_int_equal(dw_base64url_write("foo", 3, buffer, 3, &len), DW_ERR_SIZE);
    assert_int_equal(dw_base64url_write("f", 1, buffer, 1, &len), DW_ERR_SIZE);
    assert_int_equal(dw_base64url_write("f", SIZE_MAX, buffer, sizeof(buffer), &len), DW_ERR_SIZE);
    assert_int_equal(dw_base64url_parse(DW_SPAN("Zm9v"), buffer, 2, &len), DW_ERR_SIZE);
    assert_int_equal(dw_base64url_parse(DW_SPAN("Zg"), buffer, 0, &len), DW_ERR_SIZE);
    assert_int_equal(len, 99);
    assert_int_equal(dw_base64url_parse((struct dw_span){NULL, 0}, NULL, 0, &len), 0);
    assert_int_equal(len, 0);
}

static void comes_back_whole(void **state)
{
    unsigned char bytes[300];
    unsigned next = 1;

    (void)state;
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        char text[DW_BASE64URL_SIZE(sizeof(bytes))];
        size_t len;

        for (size_t i = 0; i < n; i++) {
            next = next * 1103515245u + 12345u;
            bytes[i] = (unsigned char)(next >> 16);
        }
        assert_int_equal(dw_base64url_write(bytes, n, text, sizeof(text), &len), 0);
        assert_int_equal(len, DW_BASE64URL_SIZE(n));
        /* In place, too. */
        assert_int_equal(dw_base64url_parse((struct dw_span){text, len}, text, n, &len), 0);
        assert_int_equal(len, n);
        assert_memory_equal(text, bytes, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(is_canonical),
        cmocka_unit_test(knows_the_examples),
        cmocka_unit_test(says_when_the_buffer_is_small),
        cmocka_unit_test(comes_back_whole),
    };

    return RUN_TAP(tests);
}
