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

/* -- what a configuration comes to ------------------------------------------------------------- */

static void assert_below(const char *path, const char *below)
{
    char folder[1024], expected[2048];

    assert_non_null(getcwd(folder, sizeof folder));
    (void)snprintf(expected, sizeof expected, "%s/%s", folder, below);
    assert_string_equal(path, expected);
}

static void nothing_said_is_a_working_guard(void **state)
{
    struct config *config;
    struct complaint why;

    (void)state;
    assert_int_equal(config_read(NULL, NULL, &config, &why), 0);
    assert_null(config->name);
    assert_string_equal(config->listen, "127.0.0.1:8401");
    assert_null(config->upstream);
    assert_below(config->data, "var");
    assert_below(config->edge, "var/edge");
    assert_below(config->log, "var/log/decisions.jsonl");
    assert_string_equal(config->prefix, "/doorward/");
    assert_false(config->log_allowed);
    assert_true(config->issuer.enabled);
    assert_string_equal(config->issuer.url, "http://127.0.0.1:8401");
    assert_string_equal(config->issuer.audience, "http://127.0.0.1:8401");
    assert_int_equal(config->issuer.alg, DW_ALG_ES256);
    assert_int_equal(config->issuer.access_token_ttl, 900);
    assert_null(config->policy.realm);
    assert_int_equal(config->policy.malformed, 401);
    assert_int_equal(config->policy.leeway, 30);
    assert_int_equal(config->policy.n_routes, 0);
    assert_int_equal(config->policy.n_trust, 1);
    assert_true(config->keys[0].ours);
    assert_string_equal(config->policy.trust[0].issuer, config->issuer.url);
    assert_true(config->policy.trust[0].access_tokens_only);
    config_free(config);
}

static void flags_have_the_last_word(void **state)
{
    const struct config_flags flags = {"[::1]:9000", "http://localhost:1", "elsewhere"};
    const struct dw_span text = DW_SPAN("listen: 127.0.0.1:1\ndata: here\nissuer: true\n");
    struct config *config;
    struct complaint why;

    (void)state;
    assert_int_equal(config_parse("etc/file", text, &flags, &config, &why), 0);
    assert_string_equal(config->listen, "[::1]:9000");
    assert_string_equal(config->upstream, "http://localhost:1");
    assert_string_equal(config->issuer.url, "http://[::1]:9000");
    assert_below(config->edge, "elsewhere/edge");
    config_free(config);
}

static void wrong_flags_are_refused(void **state)
{
    static const struct {
        struct config_flags flags;
        const char *expected;
    } CASES[] = {
        {{"8401", NULL, NULL},
         "--listen: expected HOST:PORT, such as 127.0.0.1:8401 or [::1]:8401"},
        {{NULL, "localhost:3000", NULL},
         "--upstream: expected http://HOST[:PORT], https://HOST[:PORT] or unix:/PATH"},
        {{NULL, NULL, ""}, "--data: expected the path of a file or folder"},
    };
    struct config *config = NULL;
    struct complaint why;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(config_read(NULL, &CASES[i].flags, &config, &why), -1);
        assert_string_equal(why.text, CASES[i].expected);
        assert_null(config);
    }
}

static void paths_are_relative_to_the_file(void **state)
{
    static const struct {
        const char *name, *data;
    } CASES[] = {
        {"/etc/doorward/file", "/etc/doorward/state"},
        {"/file", "/state"},
    };
    struct config *config;
    struct complaint why;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(config_parse(CASES[i].name, DW_SPAN("data: state"), NULL, &config, &why),
                         0);
        assert_string_equal(config->data, CASES[i].data);
        config_free(config);
    }
    assert_int_equal(config_parse("a/b", DW_SPAN("edge: c"), NULL, &config, &why), 0);
    assert_below(config->edge, "a/c");
    assert_below(config->data, "var");
    config_free(config);
    assert_int_equal(config_parse("b", DW_SPAN("edge: c"), NULL, &config, &why), 0);
    assert_below(config->edge, "c");
    config_free(config);
}

static void every_key_arrives(void **state)
{
    struct config *config;
    struct complaint why;
    const struct dw_trust *trust;
    const struct dw_route *routes;

    (void)state;
    assert_int_equal(config_read(VECTORS "/ok-everything.yaml", NULL, &config, &why), 0);
    trust = config->policy.trust;
    routes = config->policy.routes;
    assert_string_equal(config->upstream, "https://backend.internal:3000");
    assert_below(config->data, VECTORS "/state");
    assert_below(config->log, VECTORS "/decisions.jsonl");
    assert_string_equal(config->edge, "/run/doorward/edge");
    assert_string_equal(config->prefix, "/auth/v1/");
    assert_true(config->log_allowed);
    assert_string_equal(config->policy.realm, "say \"api\"");
    assert_int_equal(config->policy.malformed, 400);
    assert_int_equal(config->policy.leeway, 60);
    assert_int_equal(config->issuer.alg, DW_ALG_RS256);
    assert_int_equal(config->issuer.access_token_ttl, 3600);
    assert_string_equal(trust[0].audiences.items[0], "reports");
    assert_true(trust[1].any_audience);
    assert_false(trust[1].access_tokens_only);
    assert_int_equal(trust[2].audiences.n, 2);
    assert_int_equal(trust[2].algorithms, DW_ALG_BIT(DW_ALG_RS256) | DW_ALG_BIT(DW_ALG_ES256));
    assert_string_equal(config->keys[3].jwks_url, "http://localhost:9000/keys?a=b");
    assert_below(config->keys[4].jwks_file, VECTORS "/../keys/zo\xc3\xab.json");
    assert_true(trust[4].fixed_keys);
    assert_false(trust[4].any_audience);
    assert_string_equal(trust[4].audiences.items[0], "any");
    assert_true(routes[0].anyone);
    assert_string_equal(routes[1].methods.items[1], "PUT");
    assert_string_equal(routes[1].scope.items[0], "write:reports");
    assert_string_equal(routes[1].scope_any.items[1], "b");
    assert_int_equal(routes[5].accept[0], DW_SCHEME_BEARER);
    config_free(config);
}

/* -- files ------------------------------------------------------------------------------------- */

static void the_example_is_sound(void **state)
{
    size_t len;
    char *text = read_file(EXAMPLE, &len);

    (void)state;
    assert_judged((struct dw_span){text, len}, "ok, 4 routes, 3 issuers");
    assert_round_trip(EXAMPLE, (struct dw_span){text, len});
    free(text);
}

/* The table of keys, the manual and the example say the same. */
static void every_key_is_in_the_manual(void **state)
{
    static const char ROW[] = "\n    {.name = \"";
    size_t len;
    char *schema = read_file("config/schema.c", &len);
    char *manual = read_file("docs/man/doorward.yaml.5", &len);
    char *example = read_file(EXAMPLE, &len);
    size_t n = 0;

    (void)state;
    for (const char *at = strstr(schema, ROW); at != NULL; at = strstr(at, ROW)) {
        char item[64], use[64];

        at += strlen(ROW);
        (void)snprintf(item, sizeof item, "\n.It Cm %.*s : ", (int)strcspn(at, "\""), at);
        (void)snprintf(use, sizeof use, " %.*s:", (int)strcspn(at, "\""), at);
        print_message("#%s\n", use);
        assert_non_null(strstr(manual, item));
        assert_non_null(strstr(example, use + 1));
        n++;
    }
    assert_true(n > 20);
    free(schema);
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

#define VECTORS_MAX 256

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
        cmocka_unit_test(wrong_flags_are_refused),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(nothing_said_is_a_working_guard),
        cmocka_unit_test(flags_have_the_last_word),
        cmocka_unit_test(paths_are_relative_to_the_file),
        cmocka_unit_test(every_key_arrives),
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
