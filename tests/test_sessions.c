/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "accounts.h"
#include "store_place.h"

#define NOW      1700000000
#define IDLE     1800
#define LIFETIME 43200

static const struct store_user USER = {.name = "alice", .scope = "read write", .password = "$hash"};

static void judges(void **state)
{
    static const struct {
        struct store_session session;
        enum dw_reason expected;
    } CASES[] = {
        {{.used = NOW, .expires = NOW + 1}, DW_REASON_NONE},
        {{.used = NOW - IDLE + 1, .expires = NOW + 1}, DW_REASON_NONE},
        {{.used = NOW - IDLE, .expires = NOW + 1}, DW_COOKIE_EXPIRED},
        {{.used = NOW, .expires = NOW}, DW_COOKIE_EXPIRED},
        {{.used = NOW, .expires = NOW + 1, .ended = NOW - 1}, DW_COOKIE_REVOKED},
        {{.used = NOW - IDLE, .expires = NOW, .ended = NOW - 1}, DW_COOKIE_REVOKED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(session_judge(&CASES[i].session, IDLE, NOW), CASES[i].expected);
    }
}

static void makes_a_session_and_keeps_its_hash_alone(void **state)
{
    struct store *store = open_store(*state);
    struct store_session record, kept;
    uint8_t name[DW_FACT_NAME];
    char cookie[SESSION_COOKIE_SIZE], other[SESSION_COOKIE_SIZE];

    assert_int_equal(store_user_put(store, &USER, NULL), 0);
    assert_int_equal(session_add(store, &USER, LIFETIME, NOW, &record, cookie, NULL), 0);
    assert_int_equal(strlen(cookie), SESSION_COOKIE_SIZE - 1);
    assert_int_equal(strlen(record.id), STORE_SESSION_ID);
    dw_fact_name(DW_FACT_SESSION, dw_span_of(cookie), name);
    assert_int_equal(store_session_find(store, name, &kept, NULL), 0);
    assert_string_equal(kept.id, record.id);
    assert_string_equal(kept.user, "alice");
    assert_string_equal(kept.scope, "read write");
    assert_int_equal(kept.created, NOW);
    assert_int_equal(kept.used, NOW);
    assert_int_equal(kept.expires, NOW + LIFETIME);
    assert_null(memmem(&kept, sizeof(kept), cookie, 8));
    assert_int_equal(session_judge(&kept, IDLE, NOW), DW_REASON_NONE);
    assert_int_equal(session_add(store, &USER, LIFETIME, NOW, &record, other, NULL), 0);
    assert_string_not_equal(cookie, other);
    store_close(store);
}

static void count(void *context, const struct store_session *session)
{
    int *n = context;

    (void)session;
    (*n)++;
}

/* As if somebody had changed the user since the password was found to be right. */
static void makes_none_of_what_was_known_before(void **state)
{
    static const struct store_user CHANGED[] = {
        {.name = "alice", .scope = "read write", .password = "$other"},
        {.name = "alice", .scope = "read", .password = "$hash"},
    };
    struct store *store = open_store(*state);
    struct store_session record;
    char cookie[SESSION_COOKIE_SIZE] = "";
    int n = 0;

    for (size_t i = 0; i < COUNT_OF(CHANGED); i++) {
        assert_int_equal(store_user_put(store, &CHANGED[i], NULL), 0);
        assert_int_equal(session_add(store, &USER, LIFETIME, NOW, &record, cookie, NULL), 1);
    }
    assert_int_equal(store_user_remove(store, "alice", NULL), 0);
    assert_int_equal(session_add(store, &USER, LIFETIME, NOW, &record, cookie, NULL), 1);
    assert_string_equal(cookie, "");
    assert_int_equal(store_session_list(store, NULL, NOW, count, &n, NULL), 0);
    assert_int_equal(n, 0);
    store_close(store);
}

static void writes_claims(void **state)
{
    struct store_session session = {.id = "abcdefghijkl",
                                    .user = "alice",
                                    .scope = "read",
                                    .created = NOW,
                                    .used = NOW + 100,
                                    .expires = NOW + LIFETIME};
    char buffer[DW_CLAIMS_MAX];

    (void)state;
    assert_int_equal(session_claims(&session, IDLE, buffer, sizeof(buffer)), 0);
    assert_string_equal(buffer, "{\"sub\":\"alice\",\"scope\":\"read\",\"jti\":\"abcdefghijkl\","
                                "\"sid\":\"abcdefghijkl\",\"iat\":1700000000,"
                                "\"auth_time\":1700000000,\"exp\":1700001900}");
    session.expires = NOW + 200;
    assert_int_equal(session_claims(&session, IDLE, buffer, sizeof(buffer)), 0);
    assert_non_null(strstr(buffer, "\"exp\":1700000200}"));
    assert_int_equal(session_claims(&session, IDLE, buffer, 30), DW_ERR_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        TEST(makes_a_session_and_keeps_its_hash_alone),
        TEST(makes_none_of_what_was_known_before),
        cmocka_unit_test(writes_claims),
    };

    return RUN_TAP(tests);
}
