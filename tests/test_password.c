/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <argon2.h>

#include "accounts.h"
#include "guard_page.h"
#include "vector_file.h"

/* How a hash of ours begins: what it costs. */
#define DEAR "$argon2id$v=19$m=19456,t=2,p=1$"

static size_t n_cases;

static void assert_check(const struct vector *vector, const char *hash, struct dw_span password,
                         bool right)
{
    struct guarded guarded = guard_bytes(password.at, password.len);

    if (password_check(hash, guarded.span) != right) {
        fail_msg("%s:%d: \"%.*s\" should be %s", vector->path, vector->number, (int)password.len,
                 password.at, right ? "right" : "wrong");
    }
    guard_release(&guarded);
}

static void refuse_broken(const struct vector *vector)
{
    const struct dw_span text = vector_value(vector, "none");
    struct guarded guarded = guard_bytes(text.at, text.len);

    if (password_is_hash(guarded.span)) {
        fail_msg("%s:%d: taken for a hash", vector->path, vector->number);
    }
    guard_release(&guarded);
    n_cases++;
}

static void takes_no_broken_hash(void **state)
{
    (void)state;
    n_cases = 0;
    assert_int_equal(vector_run_all("tests/vectors/password/broken.txt", refuse_broken), 1);
    assert_true(n_cases >= 30);
    assert_false(password_is_hash((struct dw_span){NULL, 0}));
}

/* All begin as a hash does: at every length the rest is missing. */
static void takes_no_part_of_a_hash(void **state)
{
    static const char *const HASHES[] = {
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg",
        "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA",
        "$apr1$xxxxxxxx$dxHfLAsjHkDRmG83UXe8K0"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(HASHES); i++) {
        const size_t whole = strlen(HASHES[i]);

        for (size_t len = 0; len <= whole; len++) {
            struct guarded part = guard_bytes(HASHES[i], len);
            const bool is_short = strncmp(HASHES[i], "$argon2id", 9) == 0 && len + 6 >= whole;

            assert_int_equal(password_is_hash(part.span), len == whole || is_short);
            guard_release(&part);
        }
    }
}

static void check_right_and_wrong(const struct vector *vector)
{
    const struct dw_span password = vector_value(vector, "password");
    const char *hash = vector_line(vector, "hash", 0)->value;
    char other[VECTOR_LINE_SIZE];

    assert_true(password_is_hash(dw_span_of(hash)));
    assert_check(vector, hash, password, true);
    memcpy(other, password.at, password.len);
    other[0] ^= 1;
    assert_check(vector, hash, (struct dw_span){other, password.len}, false);
    n_cases++;
}

static void knows_the_passwords_of_others_hashes(void **state)
{
    (void)state;
    n_cases = 0;
    assert_int_equal(vector_run_all("tests/vectors/password/apr1.txt", check_right_and_wrong), 1);
    assert_int_equal(vector_run_all("tests/vectors/password/crypt.txt", check_right_and_wrong), 1);
    assert_int_equal(vector_run_all("tests/vectors/password/argon2id.txt", check_right_and_wrong),
                     1);
    assert_true(n_cases >= 20);
}

static void refuses_wrong_passwords(void **state)
{
    static const char *const WRONG[] = {"correct hors",   "correct horse ", "Correct horse",
                                        " correct horse", "correct\thorse", "c"};
    char hash[256] = "";
    char *huge = malloc(PASSWORD_MAX + 2);

    (void)state;
    assert_non_null(huge);
    memset(huge, 'x', PASSWORD_MAX + 2);
    assert_int_equal(password_hash(DW_SPAN("correct horse"), hash, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        assert_false(password_check(hash, dw_span_of(WRONG[i])));
    }
    assert_false(password_check(hash, (struct dw_span){NULL, 0}));
    assert_false(password_check(hash, DW_SPAN("correct horse\0")));
    assert_false(password_check(hash, (struct dw_span){huge, PASSWORD_MAX + 1}));
    assert_false(password_check("$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
                                DW_SPAN("correct horse\0and more")));
    assert_false(password_check("correct horse", DW_SPAN("correct horse")));
    assert_false(password_check("", DW_SPAN("correct horse")));
    assert_false(password_check(NULL, DW_SPAN("correct horse")));
    free(huge);
}

/* Of 80 times the letter a; bcrypt has seen 72. */
static void renews_no_hash_of_a_part(void **state)
{
    static const char HASH[] = "$2y$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe";
    char password[80];
    char renewed[256] = "";

    (void)state;
    memset(password, 'a', sizeof(password));
    assert_true(password_check(HASH, (struct dw_span){password, 80}));
    assert_false(password_renew(HASH, (struct dw_span){password, 80}, renewed));
    assert_true(password_check(HASH, (struct dw_span){password, 72}));
    assert_false(password_renew(HASH, (struct dw_span){password, 72}, renewed));
    assert_string_equal(renewed, "");
    assert_true(password_renew(HASH, (struct dw_span){password, 71}, renewed));
    assert_true(password_is_hash(dw_span_of(renewed)));
}

static void knows_its_own(void **state)
{
    char one[256] = "";
    char two[256] = "";
    char *longest = malloc(PASSWORD_MAX);

    (void)state;
    assert_non_null(longest);
    memset(longest, 'x', PASSWORD_MAX);
    assert_int_equal(password_hash((struct dw_span){longest, PASSWORD_MAX}, one, NULL), 0);
    assert_int_equal(password_hash((struct dw_span){longest, PASSWORD_MAX}, two, NULL), 0);
    assert_string_not_equal(one, two);
    assert_true(password_is_hash(dw_span_of(one)));
    assert_memory_equal(one, DEAR, sizeof(DEAR) - 1);
    assert_true(password_check(one, (struct dw_span){longest, PASSWORD_MAX}));
    assert_false(password_check(one, (struct dw_span){longest, PASSWORD_MAX - 1}));
    free(longest);
}

/* Clients send what the keyboard gave them: both forms are right, whichever was set. */
static void knows_other_forms_of_a_password(void **state)
{
    static const char *const APART = "cafe\xcc\x81 au lait";
    static const char *const WHOLE = "caf\xc3\xa9 au lait";
    char hash[256] = "";

    (void)state;
    assert_int_equal(password_hash(dw_span_of(WHOLE), hash, NULL), 0);
    assert_true(password_check(hash, dw_span_of(WHOLE)));
    assert_true(password_check(hash, dw_span_of(APART)));
    assert_false(password_check(hash, DW_SPAN("cafe au lait")));
    /* An imported hash may be of what no client sends but one: bytes that are no UTF-8. */
    assert_true(password_check("$apr1$saltsalt$U9G9HsMjOIxSySe2TieSX/", DW_SPAN("caf\xe9")));
}

static void normalize(const struct vector *vector)
{
    const bool is_refused = vector_line(vector, "refused", 0) != NULL;
    const struct dw_span text = vector_value(vector, is_refused ? "refused" : "text");
    const struct dw_span expected = vector_value(vector, "normal");
    struct guarded guarded = guard_bytes(text.at, text.len);
    char buffer[64];
    struct dw_span normal = {NULL, 0};
    const int result = password_normalize(guarded.span, buffer, sizeof(buffer), &normal);

    if (result != (is_refused ? DW_ERR_SYNTAX : 0) ||
        (!is_refused && !dw_span_equal(normal, expected))) {
        fail_msg("%s:%d: %d \"%.*s\"", vector->path, vector->number, result, (int)normal.len,
                 normal.at);
    }
    guard_release(&guarded);
    n_cases++;
}

static void normalizes(void **state)
{
    char buffer[4];
    struct dw_span normal;

    (void)state;
    n_cases = 0;
    assert_int_equal(vector_run_all("tests/vectors/password/normal.txt", normalize), 1);
    assert_true(n_cases >= 15);
    assert_int_equal(password_normalize(DW_SPAN("abcde"), buffer, sizeof(buffer), &normal),
                     DW_ERR_SIZE);
    assert_int_equal(password_normalize(DW_SPAN("abcd"), buffer, sizeof(buffer), &normal), 0);
    assert_int_equal(password_normalize((struct dw_span){NULL, 0}, buffer, 4, &normal), 0);
    assert_int_equal(normal.len, 0);
}

/* What one check costs is what it has Argon2 do: in the library's place, this counts. */
static unsigned n_dear, n_other;
static int failing; /* what argon2 says instead of checking; 0: it checks */

int argon2id_verify(const char *hash, const void *password, size_t len)
{
    if (strncmp(hash, DEAR, sizeof(DEAR) - 1) == 0) {
        n_dear++;
    } else {
        n_other++;
    }
    return failing != 0 ? failing : argon2_verify(hash, password, len, Argon2_id);
}

static void assert_costs_one(const char *hash)
{
    n_dear = n_other = 0;
    assert_false(password_check(hash, DW_SPAN("wrong password")));
    assert_int_equal(n_dear, 1);
    assert_int_equal(n_other, 0);
}

static void takes_as_long_for_nobody(void **state)
{
    char hash[256];

    (void)state;
    assert_int_equal(password_hash(DW_SPAN("correct horse"), hash, NULL), 0);
    assert_costs_one(hash);
    assert_costs_one(NULL);
    assert_costs_one("$apr1$xxxxxxxx$dxHfLAsjHkDRmG83UXe8K0");
    assert_costs_one("$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e");
    assert_costs_one("no hash at all");
}

/* A right password is not called wrong because there is no memory: nobody has guessed. */
static void tells_wrong_from_unchecked(void **state)
{
    static const int FAILING[] = {ARGON2_MEMORY_ALLOCATION_ERROR, ARGON2_THREAD_FAIL};
    static const char *const HASHES[] = {NULL, "$apr1$xxxxxxxx$dxHfLAsjHkDRmG83UXe8K0",
                                         "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"
                                         "nf65EOgLrQMR/uIPnA4rEg"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(FAILING) * COUNT_OF(HASHES); i++) {
        failing = FAILING[i % COUNT_OF(FAILING)];
        assert_int_equal(password_check(HASHES[i / COUNT_OF(FAILING)], DW_SPAN("wrong password")),
                         PASSWORD_UNCHECKED);
    }
    failing = 0;
    assert_int_equal(password_check(NULL, DW_SPAN("wrong password")), PASSWORD_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_no_broken_hash),
        cmocka_unit_test(takes_no_part_of_a_hash),
        cmocka_unit_test(refuses_wrong_passwords),
        cmocka_unit_test(knows_the_passwords_of_others_hashes),
        cmocka_unit_test(renews_no_hash_of_a_part),
        cmocka_unit_test(knows_its_own),
        cmocka_unit_test(knows_other_forms_of_a_password),
        cmocka_unit_test(normalizes),
        cmocka_unit_test(takes_as_long_for_nobody),
        cmocka_unit_test(tells_wrong_from_unchecked),
    };

    return RUN_TAP(tests);
}
