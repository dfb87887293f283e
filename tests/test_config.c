/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "document.h"
#include "file.h"
#include "guard_page.h"
#include "write.h"

#define VECTORS "tests/vectors/config"
#define EXAMPLE "examples/doorward.yaml"
#define EXPECT  "# expect: "

/* -- one text in, one line out ----------------------------------------------------------------- */

/* Says of a text what `doorward check` would, into `line`. */
static void judge(struct dw_span text, struct complaint *line)
{
    struct config *config = NULL;
    struct guarded guarded = guard_bytes(text.at, text.len);

    if (config_parse("file", guarded.span, NULL, &config, line) != 0) {
        assert_null(config);
    } else {
        const struct dw_policy *policy = &config->policy;
        (void)snprintf(line->text, sizeof line->text, "ok, %zu route%s, %zu issuer%s",
                       policy->n_routes, policy->n_routes == 1 ? "" : "s", policy->n_trust,
                       policy->n_trust == 1 ? "" : "s");
    }
    config_free(config);
    guard_release(&guarded);
}

static void assert_judged(struct dw_span text, const char *expected)
{
    struct complaint line;

    judge(text, &line);
    assert_string_equal(line.text, expected);
}

/* A whole file, with a NUL behind it; to be freed. */
static char *read_file(const char *path, size_t *len)
{
    struct complaint why;
    char *bytes, *text;

    if (file_read(path, DOCUMENT_MAX, &bytes, len, &why) != 0) {
        fail_msg("%s", why.text);
    }
    text = strndup(bytes, *len);
    free(bytes);
    assert_non_null(text);
    return text;
}

/* Reads back what is written of it, and finds that the same is written again. */
static void assert_round_trip(const char *name, struct dw_span text)
{
    static char first[DOCUMENT_MAX], second[DOCUMENT_MAX];
    struct text once, twice;
    struct config *config, *again;
    struct complaint why;

    text_init(&once, first, sizeof first);
    text_init(&twice, second, sizeof second);
    assert_int_equal(config_parse(name, text, NULL, &config, &why), 0);
    config_text(config, &once);
    if (config_parse("/elsewhere/file", text_span(&once), NULL, &again, &why) != 0) {
        fail_msg("%s\n%.*s", why.text, (int)once.len, first);
    }
    config_text(again, &twice);
    assert_int_equal(once.len, twice.len);
    assert_memory_equal(first, second, once.len);
    assert_int_equal(config->policy.n_routes, again->policy.n_routes);
    assert_int_equal(config->policy.n_trust, again->policy.n_trust);
    config_free(config);
    config_free(again);
}

static void vector(void **state)
{
    char path[512], expected[COMPLAINT_SIZE];
    char *text;
    size_t len;

    (void)snprintf(path, sizeof path, VECTORS "/%s", (const char *)*state);
    text = read_file(path, &len);
    assert_int_equal(strncmp(text, EXPECT, strlen(EXPECT)), 0);
    (void)snprintf(expected, sizeof expected, "%.*s", (int)(strcspn(text, "\n") - strlen(EXPECT)),
                   text + strlen(EXPECT));
    assert_judged((struct dw_span){text, len}, expected);
    if (strncmp(expected, "ok", 2) == 0) {
        assert_round_trip("file", (struct dw_span){text, len});
    }
    free(text);
}

/* -- what no readable file can hold ------------------------------------------------------------ */

static void strange_bytes_are_refused(void **state)
{
    const struct {
        struct dw_span text;
        const char *expected;
    } CASES[] = {
        {DW_SPAN("realm: a\0b\n"), "file:1:9: expected YAML: control characters are not allowed"},
        {DW_SPAN("realm: api\n\x1b: 1\n"),
         "file:2:1: expected YAML: control characters are not allowed"},
        {DW_SPAN("realm: \xff\n"), "file:1:8: expected YAML: invalid leading UTF-8 octet"},
        {DW_SPAN("data: \xc3"), "file:1:7: expected YAML: incomplete UTF-8 octet sequence"},
        {DW_SPAN("\xff\xfer\0e\0"), "file:1:1: expected YAML: invalid leading UTF-8 octet"},
        {DW_SPAN("data: \"a\\u2028b\"\n"), "file:1:7: data: expected the path of a file or folder"},
        {DW_SPAN("data: \"a\\x85\"\n"), "file:1:7: data: expected the path of a file or folder"},
        {DW_SPAN(""), "ok, 0 routes, 0 issuers"},
        {DW_SPAN("\xef\xbb\xbfrealm: api\r\nleeway: 0\r\n"), "ok, 0 routes, 0 issuers"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_judged(CASES[i].text, CASES[i].expected);
    }
}

/* `front`, n times `again` with its number in it, and `behind`. */
static char *repeat(const char *front, size_t n, const char *again, const char *behind, size_t *len)
{
    const size_t size = strlen(front) + n * (strlen(again) + 8) + strlen(behind) + 1;
    char *text = malloc(size);
    size_t at;

    assert_non_null(text);
    at = (size_t)snprintf(text, size, "%s", front);
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, size - at, "%s%zu", again, i);
    }
    at += (size_t)snprintf(text + at, size - at, "%s", behind);
    *len = at;
    return text;
}

static void limits_hold(void **state)
{
    static const struct {
        const char *front;
        size_t n;
        const char *again, *behind, *expected;
    } CASES[] = {
        {"# ", 60000, "aaaa", "\n", "file:1:1: expected at most 256 KiB"},
        {"routes:", 1024, "\n- path: /", "\n", "ok, 1024 routes, 0 issuers"},
        {"routes:", 1025, "\n- path: /", "\n", "file:2:1: routes: expected at most 1024 routes"},
        {"routes: [{path: /, scope: [a", 63, ",s", "]}]", "ok, 1 route, 0 issuers"},
        {"routes: [{path: /, scope: [a", 64, ",s", "]}]",
         "file:1:27: scope: expected at most 64 values"},
        {"trust:", 63, "\n- audience: a\n  issuer: https://a/", "\n", "ok, 0 routes, 63 issuers"},
        {"trust:", 64, "\n- audience: a\n  issuer: https://a/", "\n",
         "file:2:1: trust: expected at most 63 issuers"},
        {"realm: ", 256, "", "\n", "file:1:8: realm: expected at most 512 bytes"},
        {"data: /", 512, "", "\n", "file:1:7: data: expected at most 1024 bytes"},
        {"a: [", 20000, "x,[", "", "file:1:31: expected less nesting: this is too deep"},
        {"trust: [", 30000, "", "",
         "file:2:1: expected YAML: did not find expected ',' or ']' "
         "while parsing a flow sequence"},
        {"trust: [", 33000, "a,", "]", "file:1:8: trust: expected at most 63 issuers"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        size_t len;
        char *text = repeat(CASES[i].front, CASES[i].n, CASES[i].again, CASES[i].behind, &len);

        print_message("# %s\n", CASES[i].expected);
        assert_judged((struct dw_span){text, len}, CASES[i].expected);
        free(text);
    }
}

/* -- files ------------------------------------------------------------------------------------- */

static void the_example_is_sound(void **state)
{
    size_t len;
    char *text = read_file(EXAMPLE, &len);

    (void)state;
    assert_judged((struct dw_span){text, len}, "ok, 8 routes, 3 issuers");
    assert_round_trip(EXAMPLE, (struct dw_span){text, len});
    free(text);
}

/* The tables of keys, the manual and the example say the same. */
static size_t assert_keys_described(const char *path, const char *manual, const char *example)
{
    static const char ROW[] = "\n    {.name = \"";
    size_t len, n = 0;
    char *source = read_file(path, &len);

    for (const char *at = strstr(source, ROW); at != NULL; at = strstr(at, ROW)) {
        char item[64], use[64];

        at += strlen(ROW);
        (void)snprintf(item, sizeof item, "\n.It Cm %.*s : ", (int)strcspn(at, "\""), at);
        (void)snprintf(use, sizeof use, " %.*s:", (int)strcspn(at, "\""), at);
        print_message("#%s\n", use);
        assert_non_null(strstr(manual, item));
        assert_non_null(strstr(example, use + 1));
        n++;
    }
    free(source);
    return n;
}

static void every_key_is_in_the_manual(void **state)
{
    static const char *const SOURCES[] = {"config/schema.c", "config/schemes.c", "config/trust.c",
                                          "config/routes.c"};
    size_t len, n = 0;
    char *manual = read_file("docs/man/doorward.yaml.5", &len);
    char *example = read_file(EXAMPLE, &len);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(SOURCES); i++) {
        n += assert_keys_described(SOURCES[i], manual, example);
    }
    assert_true(n > 60);
    free(manual);
    free(example);
}

static void files_that_cannot_be_read_are_named(void **state)
{
    struct config *config = NULL;
    struct complaint why;

    (void)state;
    assert_int_equal(config_read("/nowhere/a.yaml", NULL, &config, &why), -1);
    assert_string_equal(why.text, "/nowhere/a.yaml: No such file or directory");
    assert_int_equal(config_read("/tmp", NULL, &config, &why), -1);
    assert_string_equal(why.text, "/tmp: Is a directory");
    assert_int_equal(config_read("/dev/zero", NULL, &config, NULL), -1);
    assert_null(config);
}

static void what_is_written_is_read(void **state)
{
    char folder[] = "/tmp/doorward-config-XXXXXX";
    char path[64];
    struct config *config, *again;
    struct complaint why;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/policy.yaml", folder);
    assert_int_equal(config_read(EXAMPLE, NULL, &config, &why), 0);
    assert_int_equal(config_write(config, path, &why), 0);
    assert_int_equal(config_write(config, path, &why), 0);
    assert_int_equal(config_read(path, NULL, &again, &why), 0);
    assert_string_equal(again->data, config->data);
    assert_string_equal(again->issuer.audience, "https://api.example.com");
    assert_int_equal(again->policy.n_trust, 3);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left behind */
    assert_int_equal(config_write(config, path, &why), -1);
    assert_non_null(strstr(why.text, "No such file or directory"));
    config_free(config);
    config_free(again);
}

/* -- all of them ------------------------------------------------------------------------------- */

#define VECTORS_MAX 512

static int is_vector(const struct dirent *entry)
{
    return strstr(entry->d_name, ".yaml") != NULL;
}

int main(void)
{
    static struct CMUnitTest tests[VECTORS_MAX];
    const struct CMUnitTest others[] = {
        cmocka_unit_test(strange_bytes_are_refused),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(the_example_is_sound),
        cmocka_unit_test(every_key_is_in_the_manual),
        cmocka_unit_test(what_is_written_is_read),
    };
    struct dirent **entries;
    const int found = scandir(VECTORS, &entries, is_vector, alphasort);
    size_t n = found > 0 ? (size_t)found : 0;
    int failed;

    if (n == 0 || n + COUNT_OF(others) > VECTORS_MAX) {
        (void)printf("Bail out! no vectors in " VECTORS ", or too many\n");
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        tests[i] = (struct CMUnitTest){entries[i]->d_name, vector, NULL, NULL, entries[i]->d_name};
    }
    memcpy(tests + n, others, sizeof others);
    n += COUNT_OF(others);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = _cmocka_run_group_tests("config", tests, n, NULL, NULL);
    for (int i = 0; i < found; i++) {
        free(entries[i]);
    }
    free(entries);
    return failed;
}
