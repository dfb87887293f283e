/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "record.h"

#define NOW 1700000000

static const struct guard_record RECORD = {
    .id = "0123456789abc", .status = 401, .at_us = (int64_t)NOW * 1000000, .latency_us = 7};

static struct recent_entry fill(const struct dw_request *request,
                                const struct dw_decision *decision)
{
    struct recent_entry entry;

    memset(&entry, 'x', sizeof(entry));
    record_fill(request, decision, &RECORD, &entry);
    return entry;
}

static void an_entry_holds_what_is_known(void **state)
{
    const struct dw_route route = {.path = "/in/**"};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/in/box?secret=1"),
                                       .source = DW_SPAN("192.0.2.1")};
    const struct dw_decision decision = {
        .reason = DW_TOKEN_EXPIRED,
        .scheme = DW_SCHEME_BEARER,
        .route = &route,
        .iss = DW_SPAN("https://login.example.org"),
        .kid = DW_SPAN("k1"),
        .subject = DW_SPAN("ann"),
        .client = DW_SPAN("app"),
        .credential = DW_SPAN("jti-1"),
        .token = DW_SPAN("abcdefghijklmnopqrstuvwxyz"),
        .account = DW_SPAN("ann@"),
        .wanted = DW_SPAN("1700000000"),
        .seen = DW_SPAN("1700000001"),
        .cached = true,
    };
    const struct recent_entry entry = fill(&request, &decision);

    (void)state;
    assert_string_equal(entry.id, "0123456789abc");
    assert_int_equal(entry.at_us, RECORD.at_us);
    assert_int_equal(entry.latency_us, 7);
    assert_int_equal(entry.status, 401);
    assert_int_equal(entry.reason, DW_TOKEN_EXPIRED);
    assert_int_equal(entry.scheme, DW_SCHEME_BEARER);
    assert_int_equal(entry.cached, 1);
    assert_string_equal(entry.method, "GET");
    assert_string_equal(entry.path, "/in/box");
    assert_string_equal(entry.route, "/in/**");
    assert_string_equal(entry.source, "192.0.2.1");
    assert_string_equal(entry.issuer, "https://login.example.org");
    assert_string_equal(entry.kid, "k1");
    assert_string_equal(entry.subject, "ann");
    assert_string_equal(entry.client, "app");
    assert_string_equal(entry.credential, "jti-1");
    assert_string_equal(entry.token, "abcd...wxyz");
    assert_string_equal(entry.account, "ann@");
    assert_string_equal(entry.wanted, "1700000000");
    assert_string_equal(entry.seen, "1700000001");
}

static void what_is_too_long_is_cut(void **state)
{
    static char text[1000];
    const struct dw_span all = {text, sizeof(text)};
    const struct dw_request request = {.method = all, .target = all, .source = all};
    const struct dw_decision decision = {.subject = all,
                                         .client = all,
                                         .credential = all,
                                         .account = all,
                                         .wanted = all,
                                         .seen = all};
    struct recent_entry entry;

    (void)state;
    memset(text, '/', sizeof(text));
    entry = fill(&request, &decision);
    assert_int_equal(strlen(entry.method), sizeof(entry.method) - 1);
    assert_int_equal(strlen(entry.path), sizeof(entry.path) - 1);
    assert_int_equal(strlen(entry.source), sizeof(entry.source) - 1);
    assert_int_equal(strlen(entry.subject), sizeof(entry.subject) - 1);
    assert_int_equal(strlen(entry.client), sizeof(entry.client) - 1);
    assert_int_equal(strlen(entry.credential), sizeof(entry.credential) - 1);
    assert_int_equal(strlen(entry.account), sizeof(entry.account) - 1);
    assert_int_equal(strlen(entry.wanted), sizeof(entry.wanted) - 1);
    assert_int_equal(strlen(entry.seen), sizeof(entry.seen) - 1);
}

static void targets_are_cut_to_their_path(void **state)
{
    static const struct {
        const char *target, *path;
    } ROWS[] = {
        {"", ""},
        {"*", "*"},
        {"/", "/"},
        {"/a?b", "/a"},
        {"/a#b", "/a"},
        {"?b", ""},
        {"/a?u=http://x/y", "/a"},
        {"http://user:pass@host/a?b", "/a"},
        {"http://host", "/"},
        {"http://", "/"},
        {"host:443", "host:443"},
    };
    const struct dw_decision decision = {.reason = DW_HEADER_MISSING};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct dw_request request = {.target = dw_span_of(ROWS[i].target)};
        const struct recent_entry entry = fill(&request, &decision);

        assert_string_equal(entry.path, ROWS[i].path);
        assert_string_equal(entry.route, "(none)");
    }
}

/* Whatever is presented: what nobody but its owner may know is in no entry. */
static void secrets_leave_no_trace(void **state)
{
    static const struct {
        enum dw_scheme scheme;
        const char *token, *fingerprint;
    } ROWS[] = {
        {DW_SCHEME_NONE, "c2VjcmV0OnNlY3JldHNlY3JldA==", ""},
        {DW_SCHEME_BASIC, "YW5uOmEgbG9uZyBzZWNyZXQgaW5kZWVk", ""},
        {DW_SCHEME_DIGEST, "0123456789abcdef0123456789abcdef", ""},
        {DW_SCHEME_CERTIFICATE, "0123456789abcdef0123456789abcdef", ""},
        {DW_SCHEME_APIKEY, "dw_abcdefghijkl_0123456789", "dw_a...6789"},
        {DW_SCHEME_COOKIE, "0123456789abcdefghijklmnop", "0123...mnop"},
        {DW_SCHEME_DPOP, "0123456789abcdefghijklmnop", "0123...mnop"},
        {DW_SCHEME_BEARER, "short-secret-15", ""},
    };
    const struct dw_request request = {.target = DW_SPAN("/in?api_key=dw_secret_secret#secret")};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct dw_decision decision = {.scheme = ROWS[i].scheme,
                                             .token = dw_span_of(ROWS[i].token),
                                             .password = DW_SPAN("a secret"),
                                             .account = DW_SPAN("ann")};
        const struct recent_entry entry = fill(&request, &decision);

        assert_null(memmem(&entry, sizeof(entry), "secret", 6));
        assert_string_equal(entry.token, ROWS[i].fingerprint);
        assert_string_equal(entry.account, "ann");
    }
}

static void a_key_in_place_of_a_name_is_cut_to_its_id(void **state)
{
    static const struct {
        const char *account, *kept;
    } CASES[] = {
        {"dw_8tvEuMcc8Sk0_UHuc2uXO9KNPUqFRr7E6QUxELlinR3lK1HVCCQ", "dw_8tvEuMcc8Sk0"},
        {"dw_8tvEuMcc8Sk0_UH", "dw_8tvEuMcc8Sk0"},
        {"Acme1_8tvEuMcc8Sk0_", "Acme1_8tvEuMcc8Sk0"},
        {"dw_8tvEuMcc8Sk0", "dw_8tvEuMcc8Sk0"},
        {"dw_8tvEuMcc8Sk_UHuc2uXO9KNPU", "dw_8tvEuMcc8Sk_UHuc2uXO9KNPU"},
        {"dw_8tvEuMcc8Sk0xUHuc2uXO9KNPU", "dw_8tvEuMcc8Sk0xUHuc2uXO9KNPU"},
        {"_8tvEuMcc8Sk0_UHuc2uXO9KNPU", "_8tvEuMcc8Sk0_UHuc2uXO9KNPU"},
        {"seventeenlettersx_8tvEuMcc8Sk0_UH", "seventeenlettersx_8tvEuMcc8Sk0_UH"},
        {"ann_smith_of_accounts", "ann_smith_of_accounts"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_span(record_account(dw_span_of(CASES[i].account)), CASES[i].kept);
    }
    assert_span(record_account(dw_span_of(NULL)), NULL);
}

static void ids_differ_and_do_not_count_up(void **state)
{
    static const struct dw_policy POLICY;
    const struct guard_settings settings = {.policy = &POLICY};
    struct guard *guard = NULL;
    struct guard *other = NULL;
    static char ids[1000][RECENT_ID_SIZE];
    char id[RECENT_ID_SIZE];

    (void)state;
    assert_int_equal(guard_new(&settings, &guard, NULL), 0);
    assert_int_equal(guard_new(&settings, &other, NULL), 0);
    guard_id(other, id);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        guard_id(guard, ids[i]);
        assert_int_equal(strspn(ids[i], "0123456789abcdefghjkmnpqrstvwxyz"), RECENT_ID_SIZE - 1);
        assert_int_equal(ids[i][RECENT_ID_SIZE - 1], '\0');
        assert_string_not_equal(ids[i], id);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(ids[i], ids[j]);
        }
    }
    guard_free(guard);
    guard_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_holds_what_is_known),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(targets_are_cut_to_their_path),
        cmocka_unit_test(secrets_leave_no_trace),
        cmocka_unit_test(a_key_in_place_of_a_name_is_cut_to_its_id),
        cmocka_unit_test(ids_differ_and_do_not_count_up),
    };

    return RUN_TAP(tests);
}
