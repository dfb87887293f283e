/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "accounts.h"
#include "store_place.h"

#define NOW 1700000000
#define DAY 86400

static const struct apikey_settings SETTINGS = {.owner = "ci", .scope = " read  write read"};

static struct store_apikey add_key(struct store *store, int64_t expires, char key[DW_APIKEY_SIZE])
{
    struct apikey_settings settings = SETTINGS;
    struct store_apikey record = {.created = 0};

    settings.expires = expires;
    assert_int_equal(apikey_add(store, &settings, NOW, &record, key, NULL), 0);
    return record;
}

static struct store_apikey find_key(struct store *store, const char *id)
{
    struct store_apikey key = {.created = 0};

    assert_int_equal(store_apikey_find(store, dw_span_of(id), &key, NULL), 0);
    return key;
}

static void refuses_what_makes_no_key(void **state)
{
    static const struct {
        struct apikey_settings settings;
        const char *why;
    } CASES[] = {
        {{.owner = "", .scope = ""}, "1 to 128 bytes"},
        {{.owner = "a\nb", .scope = ""}, "control characters"},
        {{.owner = "ci", .scope = "a\\b"}, "no scope"},
        {{.owner = "ci", .scope = "", .prefix = ""}, "prefix"},
        {{.owner = "ci", .scope = "", .prefix = "a_b"}, "prefix"},
        {{.owner = "ci", .scope = "", .prefix = "abcdefghijklmnopq"}, "prefix"},
    };
    struct store *store = open_store(*state);
    struct store_apikey record = {.owner = "untouched"};
    char key[DW_APIKEY_SIZE] = "untouched";
    struct complaint why;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        why.text[0] = '\0';
        assert_int_equal(apikey_add(store, &CASES[i].settings, NOW, &record, key, &why), -1);
        if (strstr(why.text, CASES[i].why) == NULL) {
            fail_msg("case %zu: \"%s\"", i, why.text);
        }
    }
    assert_string_equal(record.owner, "untouched");
    assert_string_equal(key, "untouched");
    store_close(store);
}

static void makes_a_key_and_keeps_its_hash_alone(void **state)
{
    struct store *store = open_store(*state);
    char key[DW_APIKEY_SIZE];
    char other[DW_APIKEY_SIZE];
    const struct store_apikey record = add_key(store, NOW + DAY, key);
    const struct store_apikey kept = find_key(store, record.id);
    uint8_t name[DW_FACT_NAME];
    struct dw_span id;

    assert_int_equal(dw_apikey_parse(dw_span_of(key), NULL, &id), DW_REASON_NONE);
    assert_span(id, record.id);
    assert_memory_equal(key, "dw_", 3);
    assert_string_equal(kept.owner, "ci");
    assert_string_equal(kept.scope, "read write");
    assert_int_equal(kept.created, NOW);
    assert_int_equal(kept.expires, NOW + DAY);
    dw_fact_name(DW_FACT_APIKEY, dw_span_of(key), name);
    assert_memory_equal(kept.name, name, sizeof(name));
    assert_null(memmem(&kept, sizeof(kept), key + 3 + DW_APIKEY_ID, 8));
    (void)add_key(store, 0, other);
    assert_string_not_equal(key, other);
    store_close(store);
}

static void takes_another_prefix(void **state)
{
    struct store *store = open_store(*state);
    const struct apikey_settings settings = {.owner = "ci", .prefix = "acme"};
    struct store_apikey record;
    char key[DW_APIKEY_SIZE];

    assert_int_equal(apikey_add(store, &settings, NOW, &record, key, NULL), 0);
    assert_memory_equal(key, "acme_", 5);
    assert_string_equal(record.scope, "");
    store_close(store);
}

static void rotates_no_key_that_is_none(void **state)
{
    struct store *store = open_store(*state);
    struct store_apikey record;
    char key[DW_APIKEY_SIZE] = "untouched";
    char made[DW_APIKEY_SIZE];
    const struct store_apikey revoked = add_key(store, 0, made);
    const struct store_apikey expired = add_key(store, NOW + 1, made);

    assert_int_equal(store_apikey_revoke(store, dw_span_of(revoked.id), NOW, NULL), 0);
    assert_int_equal(apikey_rotate(store, DW_SPAN("nobody"), NULL, DAY, NOW, &record, key, NULL),
                     1);
    assert_int_equal(
        apikey_rotate(store, dw_span_of(revoked.id), NULL, DAY, NOW, &record, key, NULL), 1);
    assert_int_equal(
        apikey_rotate(store, dw_span_of(expired.id), NULL, DAY, NOW + 1, &record, key, NULL), 1);
    assert_string_equal(key, "untouched");
    store_close(store);
}

static void rotates_and_lets_the_old_one_end(void **state)
{
    struct store *store = open_store(*state);
    char key[DW_APIKEY_SIZE];
    const struct store_apikey old = add_key(store, NOW + 10 * DAY, key);
    const int64_t later = NOW + 5 * DAY;
    struct store_apikey made, again;

    assert_int_equal(apikey_rotate(store, dw_span_of(old.id), NULL, DAY, later, &made, key, NULL),
                     0);
    assert_string_equal(made.owner, "ci");
    assert_string_equal(made.scope, "read write");
    assert_int_equal(made.created, later);
    assert_int_equal(made.expires, later + 10 * DAY);
    assert_string_equal(find_key(store, old.id).successor, made.id);
    assert_int_equal(find_key(store, old.id).expires, later + DAY);
    assert_int_equal(apikey_rotate(store, dw_span_of(old.id), NULL, DAY, later, &again, key, NULL),
                     1);
    assert_int_equal(apikey_rotate(store, dw_span_of(made.id), NULL, 0, later, &again, key, NULL),
                     0);
    assert_int_equal(find_key(store, made.id).expires, later);
    store_close(store);
}

static void judges(void **state)
{
    static const struct {
        struct store_apikey key;
        enum dw_reason expected;
    } CASES[] = {
        {{.expires = 0}, DW_REASON_NONE},
        {{.expires = NOW + 1}, DW_REASON_NONE},
        {{.expires = NOW}, DW_APIKEY_EXPIRED},
        {{.expires = NOW - 1}, DW_APIKEY_EXPIRED},
        {{.expires = NOW + 1, .successor = "next"}, DW_REASON_NONE},
        {{.expires = NOW, .successor = "next"}, DW_APIKEY_ROTATED},
        {{.expires = 0, .revoked = NOW - 5}, DW_APIKEY_REVOKED},
        {{.expires = NOW, .revoked = NOW - 5, .successor = "next"}, DW_APIKEY_REVOKED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(apikey_judge(&CASES[i].key, NOW), CASES[i].expected);
    }
}

static void writes_claims(void **state)
{
    struct store_apikey key = {
        .id = "0123456789ab", .owner = "c\"i", .scope = "read", .created = NOW, .expires = NOW + 9};
    char buffer[DW_CLAIMS_MAX];

    (void)state;
    assert_int_equal(apikey_claims(&key, buffer, sizeof(buffer)), 0);
    assert_string_equal(buffer, "{\"sub\":\"c\\\"i\",\"scope\":\"read\",\"jti\":\"0123456789ab\","
                                "\"iat\":1700000000,\"exp\":1700000009}");
    assert_int_equal(apikey_claims(&key, buffer, 20), DW_ERR_SIZE);
    key.expires = 0;
    assert_int_equal(apikey_claims(&key, buffer, sizeof(buffer)), 0);
    assert_null(strstr(buffer, "exp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_what_makes_no_key),
        TEST(makes_a_key_and_keeps_its_hash_alone),
        TEST(takes_another_prefix),
        TEST(rotates_no_key_that_is_none),
        TEST(rotates_and_lets_the_old_one_end),
        cmocka_unit_test(judges),
        cmocka_unit_test(writes_claims),
    };

    return RUN_TAP(tests);
}
