/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "edge_folder.h"
#include "log.h"
#include "past.h"

static struct edge_folder folder;
static char log_path[128];

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    (void)snprintf(log_path, sizeof(log_path), "%s/decisions.jsonl", folder.path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    edge_folder_remove(&folder);
    return 0;
}

/* -- A line ---------------------------------------------------------------------------------------- */

static void refuses_what_is_no_decision(void **state)
{
    static const char *const LINES[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"time\":\"2026-11-21T12:07:12.123456Z\",\"dropped\":3}",
        "{\"time\":\"2026-11-21T12:07:12.123456Z\",\"id\":\"a\",\"reason\":\"no.such\",\"status\":"
        "401}",
        "{\"time\":\"2026-11-21T12:07:12Z\",\"id\":\"a\",\"reason\":\"token.expired\",\"status\":"
        "401}",
        "{\"time\":\"2026-11-21T12:07:12.12345Z\",\"id\":\"a\",\"reason\":\"token.expired\"}",
        "{\"time\":\"2026-11-21T12:07:12.123456Z and on\",\"reason\":\"token.expired\"}",
        "{\"time\":12,\"id\":\"a\",\"reason\":\"token.expired\",\"status\":401}",
        "{\"id\":\"a\",\"reason\":\"token.expired\",\"status\":401}",
        "{\"time\":\"2026-11-21T12:07:12.123456Z\",\"reason\":\"token.expired\"} {}",
        "\"reason\":\"token.expired\"}",
    };
    struct recent_entry entry;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        if (past_read_line(dw_span_of(LINES[i]), &entry)) {
            fail_msg("%s", LINES[i]);
        }
    }
}

static void reads_what_is_there_and_cuts_what_is_long(void **state)
{
    static const char LEAST[] =
        "{\"time\":\"1970-01-01T00:00:01.000002Z\",\"reason\":\"header.missing\"}";
    static const char MORE[] =
        "{\"time\":\"2026-11-21T12:07:12.123456Z\",\"id\":\"a1\",\"reason\":\"token.expired\","
        "\"status\":404,\"scheme\":\"dpop\",\"subject\":\"a\\\"b\",\"cached\":true,"
        "\"latency_us\":7,\"method\":12,\"kid\":\"0123456789012345678901234567890123456789\","
        "\"new\":{\"member\":[1]}}";
    struct recent_entry entry;

    (void)state;
    assert_true(past_read_line(dw_span_of(LEAST), &entry));
    assert_int_equal(entry.at_us, 1000002);
    assert_int_equal(entry.reason, DW_HEADER_MISSING);
    assert_int_equal(entry.scheme, DW_SCHEME_NONE);
    assert_string_equal(entry.id, "");
    assert_false(past_read_line((struct dw_span){MORE, sizeof(MORE) - 2}, &entry));
    assert_true(past_read_line(dw_span_of(MORE), &entry));
    assert_int_equal(entry.status, 404);
    assert_int_equal(entry.scheme, DW_SCHEME_DPOP);
    assert_int_equal(entry.cached, 1);
    assert_int_equal(entry.latency_us, 7);
    assert_string_equal(entry.subject, "a\"b");
    assert_string_equal(entry.method, "");
    assert_string_equal(entry.kid, "0123456789012345678901234567890");
}

/* -- What the log holds is what the ring held -------------------------------------------------------- */

static struct recent_entry make_entry(unsigned n)
{
    struct recent_entry entry = {.at_us = INT64_C(1700000000123456) + n,
                                 .latency_us = n,
                                 .reason = (uint16_t)(DW_HEADER_MISSING + n % 20),
                                 .status = (uint16_t)(401 + n % 3),
                                 .scheme = (uint8_t)(n % DW_SCHEMES_END),
                                 .cached = n % 2,
                                 .method = "GET",
                                 .route = "/v1/**",
                                 .source = "203.0.113.7",
                                 .issuer = "https://a.example",
                                 .kid = "\"k\\",
                                 .subject = "J\xc3\xb6rg\x1b[31m",
                                 .client = "c",
                                 .token = "eyJh...x9Qk",
                                 .credential = "jti",
                                 .account = "joe",
                                 .wanted = "a",
                                 .seen = "b"};

    (void)snprintf(entry.id, sizeof(entry.id), "id%010u", n);
    memset(entry.path, n % 2 == 0 ? '/' : '\1', n % sizeof(entry.path));
    return entry;
}

static void write_log(unsigned n)
{
    struct complaint why = {""};
    struct log_writer *writer = NULL;
    struct recent *ring = NULL;

    assert_int_equal(recent_open(folder.path, true, &ring, &why), 0);
    assert_int_equal(log_open(log_path, true, &writer, &why), 0);
    for (unsigned i = 0; i < n; i++) {
        const struct recent_entry entry = make_entry(i);
        recent_add(ring, &entry);
    }
    assert_int_equal(log_drain(writer, ring, &why), 0);
    log_close(writer);
    recent_close(ring);
}

static void finds_each_decision_in_the_log(void **state)
{
    const unsigned n =
        5000; /* several of the blocks that are read at once, and lines across each boundary */
    struct recent_entry found;

    (void)state;
    write_log(n);
    for (unsigned i = 0; i < n; i++) {
        const struct recent_entry wanted = make_entry(i);

        assert_true(past_search(log_path, wanted.id, &found));
        assert_memory_equal(&found, &wanted, sizeof(found));
    }
}

static void finds_nothing_that_is_not_there(void **state)
{
    struct recent_entry found;

    (void)state;
    assert_false(past_search(log_path, "id0000000001", &found));
    write_log(3);
    assert_false(past_search(log_path, "id0000000003", &found));
    assert_false(past_search(log_path, "id000000000", &found));
    assert_false(past_search(log_path, "", &found));
    assert_true(past_search(log_path, "id0000000000", &found));
}

static void a_line_that_is_being_written_is_left_alone(void **state)
{
    struct recent_entry found;
    struct stat whole;

    (void)state;
    write_log(2);
    assert_true(past_search(log_path, "id0000000001", &found));
    assert_int_equal(stat(log_path, &whole), 0);
    assert_int_equal(truncate(log_path, whole.st_size - 1), 0);
    assert_false(past_search(log_path, "id0000000001", &found));
    assert_true(past_search(log_path, "id0000000000", &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_decision),
        cmocka_unit_test(reads_what_is_there_and_cuts_what_is_long),
        cmocka_unit_test_setup_teardown(finds_each_decision_in_the_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_nothing_that_is_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_is_being_written_is_left_alone, set_up,
                                        tear_down),
    };

    return RUN_TAP(tests);
}
