/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <signal.h>
#include <sys/resource.h>

#include "edge_folder.h"
#include "json.h"
#include "log.h"

#define FILE_MAX ((size_t)64 * 1024 * 1024)

static struct edge_folder folder;
static struct recent *ring;
static char log_path[128];

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    (void)snprintf(log_path, sizeof(log_path), "%s/log/decisions.jsonl", folder.path);
    return recent_open(folder.path, true, &ring, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    recent_close(ring);
    edge_folder_remove(&folder);
    return 0;
}

static struct log_writer *open_log(bool allowed)
{
    struct complaint why = {""};
    struct log_writer *writer = NULL;

    if (log_open(log_path, allowed, &writer, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return writer;
}

static void drain(struct log_writer *writer)
{
    struct complaint why = {""};

    if (log_drain(writer, ring, &why) != 0) {
        fail_msg("%s", why.text);
    }
}

/* The whole of a file, to be freed. */
static char *read_whole(const char *path)
{
    char *whole = calloc(1, FILE_MAX + 1);
    FILE *file = fopen(path, "rb");

    assert_non_null(whole);
    assert_non_null(file);
    assert_true(fread(whole, 1, FILE_MAX, file) < FILE_MAX);
    fclose(file);
    return whole;
}

static void check_log(const char *path, const char *expected)
{
    char *whole = read_whole(path);

    assert_string_equal(whole, expected);
    free(whole);
}

/* Every line one object; how many there are. */
static size_t count_lines(void)
{
    char *whole = read_whole(log_path);
    struct json_node nodes[64];
    struct json json;
    size_t n = 0;
    char *end;

    for (char *line = whole; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        assert_non_null(end);
        assert_int_equal(json_parse(line, (size_t)(end - line), nodes, 64, &json, NULL), JSON_OK);
        n++;
    }
    free(whole);
    return n;
}

static struct recent_entry small_entry(int number)
{
    struct recent_entry entry = {.at_us = number, .reason = DW_HEADER_MISSING, .status = 401};

    (void)snprintf(entry.id, sizeof(entry.id), "id%d", number);
    return entry;
}

static void add_small(int number)
{
    const struct recent_entry entry = small_entry(number);

    recent_add(ring, &entry);
}

static void a_log_needs_its_place(void **state)
{
    struct complaint why = {""};
    struct log_writer *writer = NULL;
    static char path[8192];

    (void)state;
    memset(path, 'a', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(log_open("/nowhere/at/all/log", false, &writer, &why), -1);
    assert_int_equal(log_open("/", false, &writer, &why), -1);
    assert_int_equal(log_open(path, false, &writer, &why), -1);
    assert_null(writer);
    log_close(NULL);
}

static void a_line_holds_what_is_known(void **state)
{
    const struct recent_entry full = {
        .at_us = 1767323045678901,
        .latency_us = 42,
        .reason = DW_TOKEN_EXPIRED,
        .status = 401,
        .scheme = DW_SCHEME_BEARER,
        .cached = 1,
        .id = "0123456789abc",
        .method = "GET",
        .path = "/reports/1",
        .route = "/reports/**",
        .source = "192.0.2.1",
        .issuer = "https://login.example.org",
        .kid = "k1",
        .subject = "ann",
        .client = "app",
        .token = "eyJh...x9Qw",
        .credential = "jti-1",
        .account = "ann",
        .wanted = "2026-01-02T03:04:00Z",
        .seen = "2026-01-02T03:04:05Z",
    };
    struct log_writer *writer = open_log(false);

    (void)state;
    recent_add(ring, &full);
    add_small(7);
    drain(writer);
    check_log(log_path,
              "{\"time\":\"2026-01-02T03:04:05.678901Z\",\"id\":\"0123456789abc\","
              "\"reason\":\"token.expired\",\"status\":401,\"scheme\":\"bearer\","
              "\"route\":\"/reports/**\",\"method\":\"GET\",\"path\":\"/reports/1\","
              "\"source\":\"192.0.2.1\",\"issuer\":\"https://login.example.org\",\"kid\":\"k1\","
              "\"subject\":\"ann\",\"client\":\"app\",\"token\":\"eyJh...x9Qw\","
              "\"credential\":\"jti-1\",\"account\":\"ann\","
              "\"wanted\":\"2026-01-02T03:04:00Z\",\"seen\":\"2026-01-02T03:04:05Z\","
              "\"cached\":true,"
              "\"latency_us\":42}\n"
              "{\"time\":\"1970-01-01T00:00:00.000007Z\",\"id\":\"id7\","
              "\"reason\":\"header.missing\",\"status\":401,\"cached\":false,\"latency_us\":0}\n");
    log_close(writer);
}

static void hostile_texts_stay_in_their_line(void **state)
{
    static const int BYTES[] = {1, '\n', '"', '\\', 0x7f, 0x80, 0xff};
    struct log_writer *writer = open_log(true);
    struct recent_entry entry;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(BYTES); i++) {
        memset(&entry, BYTES[i], sizeof(entry));
        recent_add(ring, &entry);
    }
    drain(writer);
    assert_int_equal(count_lines(), COUNT_OF(BYTES));
    log_close(writer);
}

static void what_was_let_in_is_logged_if_wanted(void **state)
{
    const struct recent_entry entry = {.reason = DW_ALLOWED_TOKEN, .status = 200, .id = "in"};
    struct log_writer *writer = open_log(false);

    (void)state;
    recent_add(ring, &entry);
    drain(writer);
    assert_int_equal(count_lines(), 0);
    log_close(writer);
    writer = open_log(true);
    recent_add(ring, &entry);
    drain(writer);
    assert_int_equal(count_lines(), 1);
    log_close(writer);
}

static void what_was_dropped_is_said(void **state)
{
    struct log_writer *writer = open_log(false);
    char *whole;

    (void)state;
    for (int i = 0; i < RECENT_SLOTS + 3; i++) {
        add_small(i);
    }
    drain(writer);
    assert_int_equal(count_lines(), RECENT_SLOTS + 1);
    whole = read_whole(log_path);
    assert_non_null(strstr(whole, ",\"dropped\":3}\n"));
    assert_null(strstr(whole, "\"id\":\"id2\""));
    assert_non_null(strstr(whole, "\"id\":\"id3\""));
    free(whole);
    drain(writer);
    assert_int_equal(count_lines(), RECENT_SLOTS + 1);
    log_close(writer);
}

static void a_renamed_log_is_left_when_asked(void **state)
{
    struct log_writer *writer = open_log(false);
    struct complaint why = {""};
    char rotated[128];
    struct stat file;

    (void)state;
    (void)snprintf(rotated, sizeof(rotated), "%s/log/decisions.1", folder.path);
    add_small(1);
    drain(writer);
    assert_int_equal(rename(log_path, rotated), 0);
    add_small(2);
    drain(writer);
    assert_int_equal(log_reopen(writer, &why), 0);
    add_small(3);
    drain(writer);
    assert_int_equal(count_lines(), 1);
    assert_int_equal(stat(log_path, &file), 0);
    assert_int_equal(file.st_mode & 0027, 0);
    log_close(writer);
}

/* A limit of the file's size stands for a full disk. */
static void a_full_disk_loses_nothing(void **state)
{
    const struct rlimit small = {100000, RLIM_INFINITY};
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    struct log_writer *writer = open_log(false);
    struct complaint why = {""};

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 10000; i++) {
        add_small(i);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(log_drain(writer, ring, &why), -1);
    assert_int_equal(log_drain(writer, ring, &why), -1);
    assert_non_null(strstr(why.text, log_path));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    drain(writer);
    assert_int_equal(count_lines(), 10000);
    log_close(writer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_log_needs_its_place),
        TEST(a_line_holds_what_is_known),
        TEST(hostile_texts_stay_in_their_line),
        TEST(what_was_let_in_is_logged_if_wanted),
        TEST(what_was_dropped_is_said),
        TEST(a_renamed_log_is_left_when_asked),
        TEST(a_full_disk_loses_nothing),
    };

    return RUN_TAP(tests);
}
