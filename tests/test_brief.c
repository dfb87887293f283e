/* SPDX-License-Identifier: Apache-2.0 */
/* Claims written briefly and read again. */
#include <string.h>

#include "brief.h"
#include "guard_page.h"
#include "tap.h"

static char brief[512], back[512];

static void a_control_character_is_refused(void **state)
{
    static const char *const TEXTS[] = {"\x01", "{\"sub\":\"\x08\"}", "{\"sub\":\"ann\"}\x02"};
    size_t len = 99;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        assert_false(brief_write(dw_span_of(TEXTS[i]), brief, &len));
        assert_int_equal(len, 99);
    }
}

static void too_little_room_is_refused(void **state)
{
    const struct dw_span text = DW_SPAN("{\"sub\":\"ann\",\"scope\":\"a\"}");
    size_t len = 0, read = 99;

    (void)state;
    assert_true(brief_write(text, brief, &len));
    for (size_t size = 0; size < text.len; size++) {
        assert_false(brief_read((struct dw_span){brief, len}, back, size, &read));
        assert_int_equal(read, 99);
    }
    assert_true(brief_read((struct dw_span){brief, len}, back, text.len, &read));
}

static void what_is_written_is_read(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } ROWS[] = {
        {"", 0},
        {"{}", 2},
        {"{\"sub\":\"ann\"}", 6},
        {"{\"sub\":\"", 1},
        {"{\"sub\":", 7},
        {"{\"sub\":\"ann\",\"scope\":\"a b\",\"jti\":\"j\",\"iat\":1,\"exp\":2}", 15},
        {"{ \"sub\" :\t\"ann\",\r\n\"iss\": \"x\" }", 30},
        {"{\"sub\":\"{\\\"sub\\\":\\\"\",\"client_id\":\"\xc3\xa4\",\"iss\":\"i\",\"aud\":"
         "\"\x7f\xff\"}",
         22},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct guarded text = guard_text(ROWS[i].text);
        size_t len = 0, read = 0;

        print_message("# row %zu\n", i);
        assert_true(brief_write(text.span, brief, &len));
        assert_int_equal(len, ROWS[i].len);
        assert_true(brief_read((struct dw_span){brief, len}, back, sizeof(back), &read));
        assert_int_equal(read, text.span.len);
        assert_memory_equal(back, text.span.at, read);
        guard_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_control_character_is_refused),
        cmocka_unit_test(too_little_room_is_refused),
        cmocka_unit_test(what_is_written_is_read),
    };

    return RUN_TAP(tests);
}
