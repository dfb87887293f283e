/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "accounts.h"
#include "guard_page.h"
#include "store_place.h"

#define NOW    1700000000
#define BCRYPT "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
#define APR1   "$apr1$xxxxxxxx$dxHfLAsjHkDRmG83UXe8K0"

static struct store_user find_user(struct store *store, const char *name)
{
    struct store_user user = {.created = 0};

    assert_int_equal(store_user_find(store, dw_span_of(name), &user, NULL), 0);
    return user;
}

/* -- Setting ------------------------------------------------------------------------------------ */

static void refuses_what_makes_no_user(void **state)
{
    static const struct {
        const char *name, *scope, *password, *why;
    } CASES[] = {
        {"", "", "long enough", "1 to 128 bytes"},
        {"a:b", "", "long enough", "colon"},
        {"a\nb", "", "long enough", "control characters"},
        {"caf\xe9", "", "long enough", "UTF-8"},
        {" a", "", "long enough", "space"},
        {"a ", "", "long enough", "space"},
        {"alice", "a\"b", "long enough", "no scope"},
        {"alice", "", "", "empty"},
        {"alice", "", "seven 7", "8 characters"},
        {"alice", "", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "8 characters"},
        {"alice", "", "long\tenough", "control characters"},
        {"alice", "", "long enough \xff", "UTF-8"},
    };
    struct store *store = open_store(*state);
    struct store_user user;
    struct complaint why;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct guarded password = guard_text(CASES[i].password);
        const struct user_settings settings = {
            .name = CASES[i].name, .scope = CASES[i].scope, .password = password.span};

        why.text[0] = '\0';
        assert_int_equal(user_set(store, &settings, NOW, &why), -1);
        if (strstr(why.text, CASES[i].why) == NULL) {
            fail_msg("case %zu: \"%s\"", i, why.text);
        }
        guard_release(&password);
    }
    assert_int_equal(store_user_find(store, DW_SPAN("alice"), &user, NULL), 1);
    store_close(store);
}

static void takes_no_name_of_129_bytes(void **state)
{
    struct store *store = open_store(*state);
    char name[STORE_NAME_MAX + 2];
    struct user_settings settings = {.name = name, .password = DW_SPAN("long enough")};

    memset(name, 'x', sizeof(name));
    name[STORE_NAME_MAX + 1] = '\0';
    assert_int_equal(user_set(store, &settings, NOW, NULL), -1);
    name[STORE_NAME_MAX] = '\0';
    assert_int_equal(user_set(store, &settings, NOW, NULL), 0);
    store_close(store);
}

static void sets_a_user(void **state)
{
    struct store *store = open_store(*state);
    struct user_settings settings = {.name = "J\xc3\xb6rg",
                                     .scope = " read  write read",
                                     .password = DW_SPAN("caf\xc3\xa9 au lait")};
    struct store_user user;

    assert_int_equal(user_set(store, &settings, NOW, NULL), 0);
    user = find_user(store, "J\xc3\xb6rg");
    assert_string_equal(user.scope, "read write");
    assert_string_equal(user.realm, "");
    assert_string_equal(user.ha1[DW_DIGEST_SHA256], "");
    assert_int_equal(user.created, NOW);
    assert_true(password_check(user.password, DW_SPAN("cafe\xcc\x81 au lait")));

    /* The same user under another spelling; the scope stays. */
    settings =
        (struct user_settings){.name = "Jo\xcc\x88rg", .password = DW_SPAN("something else")};
    assert_int_equal(user_set(store, &settings, NOW + 5, NULL), 0);
    user = find_user(store, "J\xc3\xb6rg");
    assert_string_equal(user.scope, "read write");
    assert_int_equal(user.created, NOW);
    assert_int_equal(user.changed, NOW + 5);
    assert_false(password_check(user.password, DW_SPAN("caf\xc3\xa9 au lait")));
    assert_true(password_check(user.password, DW_SPAN("something else")));
    store_close(store);
}

/* RFC 7616 s3.9.1 has these names and this password; the realm is the text there. */
static void makes_digests_where_they_are_wanted(void **state)
{
    struct store *store = open_store(*state);
    struct user_settings settings = {
        .name = "Mufasa", .password = DW_SPAN("Circle of Life"), .realm = "http-auth@example.org"};
    char expected[DW_HA1_SIZE] = "";
    struct store_user user;

    assert_int_equal(user_set(store, &settings, NOW, NULL), 0);
    user = find_user(store, "Mufasa");
    assert_string_equal(user.realm, "http-auth@example.org");
    assert_string_equal(user.ha1[DW_DIGEST_MD5], "");
    assert_string_equal(user.ha1[DW_DIGEST_SHA256],
                        "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
    assert_int_equal(dw_digest_ha1(DW_DIGEST_SHA512_256, DW_SPAN("Mufasa"),
                                   DW_SPAN("http-auth@example.org"), DW_SPAN("Circle of Life"),
                                   expected),
                     0);
    assert_string_equal(user.ha1[DW_DIGEST_SHA512_256], expected);

    settings.digests = 1u << DW_DIGEST_MD5;
    assert_int_equal(user_set(store, &settings, NOW, NULL), 0);
    user = find_user(store, "Mufasa");
    assert_string_equal(user.ha1[DW_DIGEST_MD5], "3d78807defe7de2157e2b0b6573a855f");
    assert_string_equal(user.ha1[DW_DIGEST_SHA256], "");
    store_close(store);
}

/* The user of RFC 7616 s3.9.2, whose hash there is not that of SHA-512/256, but as erratum 4897 has it. */
static void hashes_names(void **state)
{
    uint8_t hash[DW_FACT_NAME];
    char hex[2 * DW_FACT_NAME + 1];

    (void)state;
    assert_int_equal(dw_digest_userhash(DW_DIGEST_MD5, DW_SPAN("a"), DW_SPAN("b"), hash), DW_ERR_CRYPTO);
    assert_int_equal(dw_digest_userhash(DW_DIGEST_SHA512_256, DW_SPAN("J\xc3\xa4s\xc3\xb8n Doe"),
                               DW_SPAN("api@example.org"), hash),
                     0);
    for (size_t i = 0; i < sizeof(hash); i++) {
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    assert_string_equal(hex, "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
}

/* -- Importing ---------------------------------------------------------------------------------- */

static void refuses_lines_it_cannot_take(void **state)
{
    static const struct {
        const char *line, *why;
    } CASES[] = {
        {"alice", "expected NAME:HASH"},
        {":" BCRYPT, "1 to 128 bytes"},
        {"al\tice:" BCRYPT, "control characters"},
        {"alice:", "is missing"},
        {"alice:secret word", "there as it is"},
        {"alice:rl.3StKT.4T8M", "DES crypt"},
        {"alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "SHA-1 without a salt"},
        {"alice:$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "in a way that is not taken"},
        {"alice:$2y$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", "too costly"},
        {" alice:" BCRYPT, "space"},
    };
    struct store *store = open_store(*state);
    struct store_user user;
    struct complaint why;

    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct guarded line = guard_text(CASES[i].line);
        const char *colon = strchr(CASES[i].line, ':');

        why.text[0] = '\0';
        assert_int_equal(user_import(store, line.span, NULL, NOW, &why), -1);
        if (strstr(why.text, CASES[i].why) == NULL) {
            fail_msg("\"%s\": \"%s\"", CASES[i].line, why.text);
        }
        assert_true(colon == NULL || colon[1] == '\0' || strstr(why.text, colon + 1) == NULL);
        guard_release(&line);
    }
    assert_int_equal(store_user_find(store, DW_SPAN("alice"), &user, NULL), 1);
    store_close(store);
}

static void skips_what_is_no_user(void **state)
{
    static const char *const LINES[] = {"", "\n", "  \t\r\n", "# alice:" BCRYPT, "#"};
    struct store *store = open_store(*state);

    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        struct guarded line = guard_text(LINES[i]);

        assert_int_equal(user_import(store, line.span, NULL, NOW, NULL), 1);
        guard_release(&line);
    }
    store_close(store);
}

static void imports(void **state)
{
    static const char *const LINES[] = {"alice:" BCRYPT "\n", "bob:" APR1 "\r\n",
                                        "carol:" APR1 ":Carol of accounting:/home\n"};
    struct store *store = open_store(*state);
    struct store_user user;

    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        struct guarded line = guard_text(LINES[i]);

        assert_int_equal(user_import(store, line.span, "read", NOW, NULL), 0);
        guard_release(&line);
    }
    user = find_user(store, "alice");
    assert_string_equal(user.password, BCRYPT);
    assert_string_equal(user.scope, "read");
    assert_true(password_check(user.password, DW_SPAN("correct horse")));
    assert_string_equal(find_user(store, "bob").password, APR1);
    assert_string_equal(find_user(store, "carol").password, APR1);

    assert_int_equal(user_import(store, DW_SPAN("alice:" APR1), NULL, NOW + 1, NULL), 0);
    user = find_user(store, "alice");
    assert_string_equal(user.scope, "read");
    assert_int_equal(user.created, NOW);
    assert_true(password_check(user.password, DW_SPAN("password")));
    store_close(store);
}

/* Digest hashes of the password that was there before are not to stay. */
static void imports_over_a_user_with_digests(void **state)
{
    struct store *store = open_store(*state);
    const struct user_settings settings = {
        .name = "alice", .password = DW_SPAN("long enough"), .realm = "api"};
    struct store_user user;

    assert_int_equal(user_set(store, &settings, NOW, NULL), 0);
    assert_int_equal(user_import(store, DW_SPAN("alice:" APR1), NULL, NOW, NULL), 0);
    user = find_user(store, "alice");
    assert_string_equal(user.realm, "");
    assert_string_equal(user.ha1[DW_DIGEST_SHA256], "");
    store_close(store);
}

/* -- Claims ------------------------------------------------------------------------------------- */

static void writes_claims(void **state)
{
    struct store_user user = {.name = "J\xc3\xb6 \"x\" \\", .scope = "read write"};
    char buffer[DW_CLAIMS_MAX];

    (void)state;
    assert_int_equal(user_claims(&user, false, NOW, buffer, sizeof(buffer)), 0);
    assert_string_equal(buffer, "{\"sub\":\"J\xc3\xb6 \\\"x\\\" \\\\\",\"scope\":\"read write\","
                                "\"iat\":1700000000}");
    snprintf(user.name, sizeof(user.name), "al");
    assert_int_equal(user_claims(&user, true, NOW, buffer, sizeof(buffer)), 0);
    assert_string_equal(buffer, "{\"sub\":\"al\",\"scope\":\"read write\",\"iat\":1700000000,"
                                "\"ha1\":{}}");
    snprintf(user.ha1[DW_DIGEST_MD5], DW_HA1_SIZE, "01");
    snprintf(user.ha1[DW_DIGEST_SHA512_256], DW_HA1_SIZE, "03");
    assert_int_equal(user_claims(&user, true, NOW, buffer, sizeof(buffer)), 0);
    assert_string_equal(buffer, "{\"sub\":\"al\",\"scope\":\"read write\",\"iat\":1700000000,"
                                "\"ha1\":{\"MD5\":\"01\",\"SHA-512-256\":\"03\"}}");
    for (size_t size = 0; size <= strlen(buffer); size++) {
        char *small = malloc(size + 1);

        assert_non_null(small);
        assert_int_equal(user_claims(&user, true, NOW, small, size), DW_ERR_SIZE);
        free(small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_what_makes_no_user),
        TEST(takes_no_name_of_129_bytes),
        TEST(sets_a_user),
        TEST(makes_digests_where_they_are_wanted),
        cmocka_unit_test(hashes_names),
        TEST(refuses_lines_it_cannot_take),
        TEST(skips_what_is_no_user),
        TEST(imports),
        TEST(imports_over_a_user_with_digests),
        cmocka_unit_test(writes_claims),
    };

    return RUN_TAP(tests);
}
