/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"
#include "internal.h"

static char buffer[DW_PATH_MAX];

enum path_result { PATH_READ, PATH_NO_MORE, PATH_BROKEN };

static enum path_result read_path(const char *target, unsigned reading, struct dw_span *read)
{
    struct guarded guarded = guard_text(target);
    enum path_result result = PATH_BROKEN;
    struct path path;

    if (path_find(guarded.span, &path)) {
        result = reading >= path.n_readings                ? PATH_NO_MORE
                 : path_read(&path, reading, buffer, read) ? PATH_READ
                                                           : PATH_BROKEN;
    }
    guard_release(&guarded);
    return result;
}

static void broken_paths_are_refused(void **state)
{
    static const char *const TARGETS[] = {
        "/%",     "/%4",    "/%zz",     "/a%2",     "/a%00b", "/a%0ab",    "/a%7f",
        "/a\x01", "/a\x7f", "/%25%30%", "/a%0d%0a", "/a#b",   "/a/#/../b",
    };
    struct dw_span path;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TARGETS); i++) {
        print_message("# %s\n", TARGETS[i]);
        assert_int_equal(read_path(TARGETS[i], 0, &path), PATH_BROKEN);
    }
}

static bool is_broken(const char *target)
{
    struct dw_span path;
    enum path_result result = PATH_READ;

    for (unsigned i = 0; result == PATH_READ; i++) {
        result = read_path(target, i, &path);
    }
    return result == PATH_BROKEN;
}

/* In one reading or another: each alone would miss /secret/open, which two servers in a row may find. */
static void dots_that_take_back_what_is_in_doubt_are_refused(void **state)
{
    static const char *const TARGETS[] = {
        "/open/../secret//../open/x",
        "/open/..;/secret/..;/../open/x",
        "/open/..%3b/secret/..%3b/../open/x",
        "/open/..;/secret/..;%2f../open/x",
        "/open/..%2fsecret/..%2fz/../open/x",
        "/open/..\\secret/..\\z/../open/x",
        "/open/%2e%2e/secret/%2e%2e/../open/x",
        "/open/%252e%252e/secret/%252e%252e/../open/x",
        "/open/%252e%252e/secret/%252e%252e/%2e%2e/open/x",
        "/secret/;x/../y",
        "/secret;/x%2f..%2f..%2fopen",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TARGETS); i++) {
        print_message("# %s\n", TARGETS[i]);
        assert_true(is_broken(TARGETS[i]));
    }
    assert_false(is_broken("/a/%C3%A4/x/../../b//"));
    assert_false(is_broken("/a//b/x/../y"));
    assert_false(is_broken("/../100/../x;y"));
}

static void a_path_of_any_length_over_the_limit_is_refused(void **state)
{
    static char target[DW_PATH_MAX + 2];
    struct dw_span path;

    (void)state;
    memset(target, 'a', sizeof(target) - 1);
    target[0] = '/';
    assert_int_equal(read_path(target, 0, &path), PATH_BROKEN);
    target[DW_PATH_MAX] = '\0';
    assert_int_equal(read_path(target, 0, &path), PATH_READ);
    assert_int_equal(path.len, DW_PATH_MAX);
}

/* The longest there is, in the most readings there are, would be half a megabyte to look at. */
static void a_path_in_much_doubt_is_shorter(void **state)
{
    static char target[DW_PATH_MAX + 1];
    struct dw_span path;

    (void)state;
    memset(target, 'a', sizeof(target) - 1);
    memcpy(target, "//%25", 5);
    assert_int_equal(read_path(target, 0, &path), PATH_BROKEN);
    target[2048 + 1] = '\0';
    assert_int_equal(read_path(target, 0, &path), PATH_BROKEN);
    target[2048] = '\0';
    assert_int_equal(read_path(target, PATH_READINGS_MAX - 1, &path), PATH_READ);
    memset(target, 'a', sizeof(target) - 1);
    memcpy(target, "/;", 2);
    assert_int_equal(read_path(target, 1, &path), PATH_READ);
}

static void one_path_in_many_spellings_is_one_path(void **state)
{
    static const struct {
        const char *target, *path;
    } CASES[] = {
        {"", "/"},
        {"/", "/"},
        {"//", "/"},
        {"?x=1", "/"},
        {"/a/b", "/a/b"},
        {"/a/b/", "/a/b"},
        {"/a//b///", "/a/b"},
        {"//a/b", "/a/b"},
        {"/a/./b", "/a/b"},
        {"/a/x/../b", "/a/b"},
        {"/../../a/b", "/a/b"},
        {"/a/b/.", "/a/b"},
        {"/a/b/c/..", "/a/b"},
        {"/%61/%62", "/a/b"},
        {"/a/%2e/b", "/a/b"},
        {"/a/x/%2E%2e/b", "/a/b"},
        {"/a/x/.%2E/b", "/a/b"},
        {"/a/b?c=/../../d", "/a/b"},
        {"/a/b?c#/../..", "/a/b"},
        {"http://example.com/a/b", "/a/b"},
        {"HTTPS://example.com/a/b?x", "/a/b"},
        {"http://example.com", "/"},
        {"http://example.com?/a", "/"},
        {"/..a/...", "/..a/..."},
        {"*", "*"},
    };
    struct dw_span path;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        print_message("# %s\n", CASES[i].target);
        assert_int_equal(read_path(CASES[i].target, 0, &path), PATH_READ);
        assert_span(path, CASES[i].path);
    }
}

static bool has_reading(const char *target, const char *wanted)
{
    struct dw_span path;

    for (unsigned i = 0; read_path(target, i, &path) == PATH_READ; i++) {
        if (dw_span_equal(path, dw_span_of(wanted))) {
            return true;
        }
    }
    return false;
}

static void a_path_in_doubt_is_read_in_every_way(void **state)
{
    static const struct {
        const char *target, *path;
    } CASES[] = {
        {"/open%2fsecret", "/open/secret"},
        {"/open%2fsecret", "/open%2Fsecret"},
        {"/open/..%2fsecret", "/secret"},
        {"/open/..%2Fsecret", "/open/..%2Fsecret"},
        {"/open\\..\\secret", "/secret"},
        {"/open/..%5csecret", "/secret"},
        {"/open/..;/secret", "/secret"},
        {"/secret;x=1/y", "/secret/y"},
        {"/secret%3bx=1/y", "/secret/y"},
        {"/secret;/x%2f..", "/secret/x%2F.."},
        {"/open/%252e%252e/secret", "/secret"},
        {"/open%252fsecret", "/open/secret"},
        {"/open/..%255csecret", "/secret"},
        {"/secret/../open", "/secret/../open"},
        {"/secret/%2e%2e/open", "/secret/../open"},
        {"//open/secret", "/open/secret"},
        {"//open/secret", "/secret"},
        {"///open/secret", "/secret"},
        {"/\\open\\secret", "/secret"},
        {"//open", "/"},
        {"//open%2fx/a%2fb", "/a/b"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        print_message("# %s as %s\n", CASES[i].target, CASES[i].path);
        assert_true(has_reading(CASES[i].target, CASES[i].path));
    }
}

static void a_path_without_doubt_is_read_once(void **state)
{
    struct dw_span path;

    (void)state;
    assert_int_equal(read_path("/reports/2024/%C3%A4", 1, &path), PATH_NO_MORE);
    assert_int_equal(read_path("/open%2fsecret", PATH_READINGS_MAX, &path), PATH_NO_MORE);
    assert_int_equal(read_path("//%25%2f%5c;/.", PATH_READINGS_MAX - 1, &path), PATH_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_paths_are_refused),
        cmocka_unit_test(dots_that_take_back_what_is_in_doubt_are_refused),
        cmocka_unit_test(a_path_of_any_length_over_the_limit_is_refused),
        cmocka_unit_test(a_path_in_much_doubt_is_shorter),
        cmocka_unit_test(one_path_in_many_spellings_is_one_path),
        cmocka_unit_test(a_path_in_doubt_is_read_in_every_way),
        cmocka_unit_test(a_path_without_doubt_is_read_once),
    };
    return RUN_TAP(tests);
}
