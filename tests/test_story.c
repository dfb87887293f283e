/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "story.h"

/* "route credentials scheme !shape": what held, and what did not. */
static void write_names(const struct story *story, char *names, size_t size)
{
    size_t len = 0;

    names[0] = '\0';
    for (size_t i = 0; i < story->n; i++) {
        len += (size_t)snprintf(names + len, size - len, "%s%s%s", i == 0 ? "" : " ",
                                story->checks[i].ok ? "" : "!", story->checks[i].check);
        assert_true(len < size);
    }
}

static const struct story_check *last_of(const struct story *story)
{
    assert_true(story->n > 0);
    return &story->checks[story->n - 1];
}

/* -- Reasons -------------------------------------------------------------------------------------- */

static void every_refusal_belongs_to_a_check(void **state)
{
    (void)state;
    for (int i = DW_REASON_NONE; i < DW_REASONS_END; i++) {
        const struct dw_reason_text *reason = dw_reason_text((enum dw_reason)i);
        const bool is_none = i == DW_REASON_NONE || reason->status == 200;

        if ((story_check_of((enum dw_reason)i) == NULL) != is_none) {
            fail_msg("%s", reason->name);
        }
    }
    assert_null(story_check_of(DW_REASONS_END));
}

static void tells_of_one_failure_at_most_and_last(void **state)
{
    struct recent_entry entry = {.at_us = 1};
    struct story story;

    (void)state;
    for (unsigned n = 0; n < (DW_REASONS_END + 2u) * (DW_SCHEMES_END + 2u); n++) {
        entry.reason = (uint16_t)(n % (DW_REASONS_END + 2u));
        entry.scheme = (uint8_t)(n / (DW_REASONS_END + 2u));
        story_tell(&entry, &story);
        assert_in_range(story.n, 0, STORY_MAX);
        for (size_t i = 0; i < story.n; i++) {
            const bool is_failure = !story.checks[i].ok;
            assert_non_null(story.checks[i].check);
            assert_non_null(story.checks[i].expected);
            assert_true(!is_failure || i + 1 == story.n);
        }
        if (entry.reason < DW_REASONS_END && story_check_of(entry.reason) != NULL) {
            assert_string_equal(last_of(&story)->check, story_check_of(entry.reason));
            assert_false(last_of(&story)->ok);
        }
    }
}

/* -- The order ------------------------------------------------------------------------------------ */

#define JWT   "eyJh...x9Qk"
#define FIRST "route credentials scheme shape"
#define TOKEN FIRST " structure algorithm type issuer key signature claims time audience revocation"

static const struct {
    enum dw_scheme scheme;
    enum dw_reason reason;
    const char *token, *account, *credential;
    const char *names;
} ORDERS[] = {
    {DW_SCHEME_NONE, DW_GUARD_FAILED, "", "", "", "!guard"},
    {DW_SCHEME_NONE, DW_REQUEST_PATH, "", "", "", "!route"},
    {DW_SCHEME_NONE, DW_VERIFY_SECRET, "", "", "", "!route"},
    {DW_SCHEME_NONE, DW_HEADER_MISSING, "", "", "", "route !credentials"},
    {DW_SCHEME_NONE, DW_HEADER_ILLEGAL, "", "", "", "route credentials !shape"},
    {DW_SCHEME_NONE, DW_SCHEME_UNSUPPORTED, "", "", "", "route credentials shape !scheme"},
    {DW_SCHEME_NONE, DW_ALLOWED_ANYONE, "", "", "", "route"},
    {DW_SCHEME_NONE, DW_ALLOWED_PREFLIGHT, "", "", "", "route"},
    {DW_SCHEME_NONE, DW_TOKEN_EXPIRED, "", "", "", "!time"},
    {DW_SCHEME_BASIC, DW_TOKEN_EXPIRED, "", "", "", "!time"},
    {DW_SCHEME_BEARER, DW_HEADER_QUOTED, "", "", "", "route credentials scheme !shape"},
    {DW_SCHEME_BEARER, DW_TOKEN_ALG_NONE, JWT, "", "", FIRST " structure !algorithm"},
    {DW_SCHEME_BEARER, DW_KEYS_UNREACHABLE, JWT, "", "",
     FIRST " structure algorithm type issuer !asking"},
    {DW_SCHEME_BEARER, DW_TOKEN_KID, JWT, "", "", FIRST " structure algorithm type issuer !key"},
    {DW_SCHEME_BEARER, DW_TOKEN_EXPIRED, JWT, "", "",
     FIRST " structure algorithm type issuer key signature claims !time"},
    {DW_SCHEME_BEARER, DW_TOKEN_INACTIVE, "op_x...9Qkx", "", "",
     FIRST " structure type issuer !active"},
    {DW_SCHEME_BEARER, DW_TOKEN_AUD, "op_x...9Qkx", "", "",
     FIRST " structure type issuer active claims time !audience"},
    {DW_SCHEME_BEARER, DW_TOKEN_REVOKED, JWT, "", "",
     FIRST " structure algorithm type issuer key signature claims time audience !revocation"},
    {DW_SCHEME_BEARER, DW_MTLS_MISMATCH, JWT, "", "", TOKEN " binding !certificate"},
    {DW_SCHEME_BEARER, DW_SCOPE_INSUFFICIENT, JWT, "", "",
     TOKEN " binding certificate requirements !scope"},
    {DW_SCHEME_BEARER, DW_ALLOWED_TOKEN, JWT, "", "",
     TOKEN " binding certificate requirements scope"},
    {DW_SCHEME_DPOP, DW_DPOP_PROOF_MISSING, JWT, "", "", "route credentials scheme !shape"},
    {DW_SCHEME_DPOP, DW_DPOP_UNBOUND, JWT, "", "", TOKEN " !binding"},
    {DW_SCHEME_DPOP, DW_DPOP_ATH, JWT, "", "", TOKEN " binding proof htm htu iat nonce !ath"},
    {DW_SCHEME_DPOP, DW_PROOF_REPLAYED, JWT, "", "",
     TOKEN " binding proof htm htu iat nonce ath jkt certificate !replay"},
    {DW_SCHEME_BASIC, DW_BASIC_COLON, "", "", "", "route credentials scheme !shape"},
    {DW_SCHEME_BASIC, DW_ATTEMPTS, "", "joe", "", FIRST " !attempts"},
    {DW_SCHEME_BASIC, DW_GUARD_BUSY, "", "joe", "", FIRST " !asking"},
    {DW_SCHEME_BASIC, DW_BASIC_PASSWORD, "", "joe", "", FIRST " !password"},
    {DW_SCHEME_DIGEST, DW_DIGEST_REALM, "", "joe", "", FIRST " !offer"},
    {DW_SCHEME_DIGEST, DW_DIGEST_STALE, "", "joe", "",
     FIRST " offer nonce uri user response !freshness"},
    {DW_SCHEME_APIKEY, DW_APIKEY_UNKNOWN, "dw_k...4Qkx", "k1", "k1", FIRST " !known"},
    {DW_SCHEME_APIKEY, DW_APIKEY_ROTATED, "dw_k...4Qkx", "k1", "k1", FIRST " known !validity"},
    {DW_SCHEME_COOKIE, DW_COOKIE_CROSS_SITE, "abcd...4Qkx", "", "s1",
     FIRST " known validity !origin"},
    {DW_SCHEME_COOKIE, DW_COOKIE_CROSS_SITE, "", "", "", "!origin"},
    {DW_SCHEME_COOKIE, DW_BASIC_PASSWORD, "", "joe", "", "origin !password"},
    {DW_SCHEME_COOKIE, DW_ALLOWED_PASSWORD, "", "joe", "s1", "origin password"},
    {DW_SCHEME_CERTIFICATE, DW_MTLS_UNKNOWN, "", "", "f00d", FIRST " time !known"},
};

static void tells_the_checks_in_order(void **state)
{
    char names[512];
    struct story story;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ORDERS); i++) {
        struct recent_entry entry = {.scheme = (uint8_t)ORDERS[i].scheme,
                                     .reason = (uint16_t)ORDERS[i].reason};

        (void)snprintf(entry.token, sizeof(entry.token), "%s", ORDERS[i].token);
        (void)snprintf(entry.account, sizeof(entry.account), "%s", ORDERS[i].account);
        (void)snprintf(entry.credential, sizeof(entry.credential), "%s", ORDERS[i].credential);
        story_tell(&entry, &story);
        write_names(&story, names, sizeof(names));
        assert_string_equal(names, ORDERS[i].names);
    }
}

/* -- Values --------------------------------------------------------------------------------------- */

static void shows_what_was_looked_at(void **state)
{
    const struct recent_entry entry = {.scheme = DW_SCHEME_BEARER,
                                       .reason = DW_TOKEN_SIGNATURE,
                                       .route = "/v1/**",
                                       .token = JWT,
                                       .issuer = "https://a.example",
                                       .kid = "k"};
    static const char *const SEEN[] = {
        "/v1/**", NULL, "bearer", JWT, NULL, NULL, NULL, "https://a.example", "k", NULL};
    struct story story;

    (void)state;
    story_tell(&entry, &story);
    assert_int_equal(story.n, COUNT_OF(SEEN));
    for (size_t i = 0; i < story.n; i++) {
        assert_span(dw_span_of(story.checks[i].seen), SEEN[i]);
    }
    assert_string_equal(last_of(&story)->expected, "a signature made with that key");
    assert_false(last_of(&story)->compared);
}

static void shows_both_values_of_what_failed(void **state)
{
    static const struct {
        enum dw_reason reason;
        const char *wanted, *seen;
        const char *expected; /* NULL: in words */
        enum story_values values;
        int64_t expected_at, seen_at;
    } CASES[] = {
        {DW_TOKEN_AUD, "https://a", "https://b", "https://a", STORY_TEXTS, 0, 0},
        {DW_TOKEN_EXPIRED, "1700000000", "1699999000", "1700000000", STORY_LATER, 1700000000,
         1699999000},
        {DW_TOKEN_NOT_YET, "1700000000", "1700001000", "1700000000", STORY_BY, 1700000000,
         1700001000},
        {DW_DPOP_IAT, "1700000000", "-9223372036854775808", "1700000000", STORY_NEAR, 1700000000,
         INT64_MIN},
        {DW_STEPUP_AGE, "auth_time", "", "auth_time", STORY_TEXTS, 0, 0},
        {DW_SCOPE_INSUFFICIENT, "write", "", "write", STORY_TEXTS, 0, 0},
        {DW_TOKEN_ISS, "", "https://b", NULL, STORY_TEXTS, 0, 0},
        {DW_TOKEN_EXPIRED, "17000000 00", "1", "17000000 00", STORY_TEXTS, 0, 0},
        {DW_CLAIM_MISMATCH, "12", "13", "12", STORY_TEXTS, 0, 0},
    };
    struct story story;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct recent_entry entry = {.scheme = DW_SCHEME_DPOP, .reason = (uint16_t)CASES[i].reason};

        (void)snprintf(entry.wanted, sizeof(entry.wanted), "%s", CASES[i].wanted);
        (void)snprintf(entry.seen, sizeof(entry.seen), "%s", CASES[i].seen);
        story_tell(&entry, &story);
        const struct story_check *failed = last_of(&story);
        assert_int_equal(failed->compared, CASES[i].expected != NULL);
        if (CASES[i].expected != NULL) {
            assert_string_equal(failed->expected, CASES[i].expected);
        }
        assert_span(dw_span_of(failed->seen), CASES[i].seen[0] == '\0' ? NULL : CASES[i].seen);
        assert_int_equal(failed->values, CASES[i].values);
        if (failed->values != STORY_TEXTS) {
            assert_int_equal(failed->expected_at, CASES[i].expected_at);
            assert_int_equal(failed->seen_at, CASES[i].seen_at);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_belongs_to_a_check),
        cmocka_unit_test(tells_of_one_failure_at_most_and_last),
        cmocka_unit_test(tells_the_checks_in_order),
        cmocka_unit_test(shows_what_was_looked_at),
        cmocka_unit_test(shows_both_values_of_what_failed),
    };

    return RUN_TAP(tests);
}
