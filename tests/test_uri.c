/* SPDX-License-Identifier: Apache-2.0 */
#include "guard_page.h"
#include "schemes.h"
#include "tap.h"

static const struct {
    const char *uri, *normal; /* NULL: it is none */
} CASES[] = {
    {"", NULL},
    {"/a", NULL},
    {"https:", NULL},
    {"https:/a", NULL},
    {"https://", NULL},
    {"https:///a", NULL},
    {"https://?a", NULL},
    {"https://u@h/a", NULL},
    {"https://u:p@h/a", NULL},
    {"https://h@/a", NULL},
    {"ftp://h/a", NULL},
    {" https://h/", NULL},
    {"http://h", "http://h/"},
    {"http://h?a/b", "http://h/"},
    {"http://h#a/b", "http://h/"},
    {"HTTP://H/A", "http://h/A"},
    {"https://h:443/", "https://h/"},
    {"https://h:80/", "https://h:80/"},
    {"http://h:80/", "http://h/"},
    {"http://h:443", "http://h:443/"},
    {"https://h:/", "https://h/"},
    {"https://h:8443/a", "https://h:8443/a"},
    {"https://[2001:DB8::443]/a", "https://[2001:db8::443]/a"},
    {"https://[::1]:443/a", "https://[::1]/a"},
    {"https://h/a@b", "https://h/a@b"},
    {"https://h/a?b#c", "https://h/a"},
    {"https://h/a#b?c", "https://h/a"},
    {"https://h/%7e%41%2D", "https://h/~A-"},
    {"https://h/%2f%3a%3A%c3%A4", "https://h/%2F%3A%3A%C3%A4"},
    {"https://h/%", "https://h/%"},
    {"https://h/%4", "https://h/%4"},
    {"https://h/%4x%", "https://h/%4x%"},
    {"https://h/%254", "https://h/%254"},
    {"https://h/a//b/", "https://h/a//b/"},
    {"https://h/.", "https://h/"},
    {"https://h/..", "https://h/"},
    {"https://h/../../a", "https://h/a"},
    {"https://h/a/./b", "https://h/a/b"},
    {"https://h/a/../b", "https://h/b"},
    {"https://h/a/%2e%2E/b", "https://h/b"},
    {"https://h/a/b/..", "https://h/a/"},
    {"https://h/a/b/.", "https://h/a/b/"},
    {"https://h/a/b/../../../c", "https://h/c"},
    {"https://h/...", "https://h/..."},
    {"https://h/a..", "https://h/a.."},
    {"https://h/a%2f../b", "https://h/a%2F../b"},
};

static void one_spelling(void **state)
{
    char buffer[128];
    struct dw_span origin, path;
    struct text text;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct guarded uri = guard_text(CASES[i].uri);
        const bool is_one = uri_split(uri.span, &origin, &path);

        print_message("# %s\n", CASES[i].uri);
        assert_int_equal(is_one, CASES[i].normal != NULL);
        if (is_one) {
            text_init(&text, buffer, uri.span.len + 1);
            uri_put(&text, origin, path);
            assert_false(text.overflow);
            assert_span(text_span(&text), CASES[i].normal);
        }
        guard_release(&uri);
    }
}

static void a_small_buffer_overflows(void **state)
{
    char buffer[32];
    struct text text;

    (void)state;
    for (size_t size = 0; size < strlen("https://h/a/"); size++) {
        text_init(&text, buffer, size);
        uri_put(&text, DW_SPAN("https://h"), DW_SPAN("/a/../a/"));
        assert_true(text.overflow);
    }
}

/* The target of OPTIONS * and of CONNECT is no path. */
static void what_is_no_path(void **state)
{
    char buffer[32];
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof(buffer));
    uri_put(&text, DW_SPAN("https://h"), DW_SPAN("*"));
    assert_span(text_span(&text), "https://h/*");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_spelling),
        cmocka_unit_test(a_small_buffer_overflows),
        cmocka_unit_test(what_is_no_path),
    };

    return RUN_TAP(tests);
}
