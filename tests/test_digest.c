/* SPDX-License-Identifier: Apache-2.0 */
#include "digest_place.h"

/* What Digest offers, and whose answer is right. When, how often and with what body: test_digest_once.c. */

/* -- The challenge --------------------------------------------------------------------------------- */

static void the_challenge_offers_what_is_strong(void **state)
{
    struct dw_decision decision;
    char expected[1024];

    (void)state;
    request.realm = DW_SPAN("of this place");
    decision = decide(NULL);
    assert_int_equal(decision.reason, DW_HEADER_MISSING);
    (void)snprintf(
        expected, sizeof(expected),
        "Digest algorithm=SHA-256, realm=\"club\", qop=\"auth\", nonce=\"%s\", charset=UTF-8, "
        "userhash=true\n"
        "Digest algorithm=SHA-512-256, realm=\"club\", qop=\"auth\", nonce=\"%s\", "
        "charset=UTF-8, userhash=true\n",
        client.nonce, client.nonce);
    assert_string_equal(challenges(&decision), expected);
}

static void md5_is_offered_where_it_is_asked_for(void **state)
{
    struct dw_decision decision;
    char expected[512];

    (void)state;
    policy.schemes.digest.algorithms = 1u << DW_DIGEST_MD5;
    policy.realm = NULL;
    decision = decide(NULL);
    (void)snprintf(
        expected, sizeof(expected),
        "Digest algorithm=MD5, realm=\"api\", qop=\"auth\", nonce=\"%s\", charset=UTF-8\n",
        client.nonce);
    assert_string_equal(challenges(&decision), expected);
}

static void integrity_is_offered_for_small_bodies(void **state)
{
    static const struct {
        const char *length;
        bool offered;
    } CASES[] = {{NULL, false},   {"0", true},    {"100", true},
                 {"00100", true}, {"101", false}, {"", false},
                 {"1x", false},   {"-1", false},  {"99999999999999999999", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct dw_decision decision;

        fields[1] = (struct dw_field){dw_span_of(CASES[i].length == NULL ? NULL : "content-length"),
                                      dw_span_of(CASES[i].length)};
        policy.schemes.digest.auth_int = 0;
        decision = decide(NULL);
        assert_null(strstr(challenges(&decision), "auth-int"));
        policy.schemes.digest.auth_int = 100;
        decision = decide(NULL);
        assert_int_equal(strstr(challenges(&decision), "qop=\"auth, auth-int\"") != NULL,
                         CASES[i].offered);
    }
}

static void without_a_secret_there_is_no_digest(void **state)
{
    struct dw_decision decision;

    (void)state;
    answers.secret = NULL;
    decision = decide(NULL);
    assert_null(decision.digest_nonce.at);
    assert_null(strstr(challenges(&decision), "Digest"));
    assert_int_equal(send_answer().reason, DW_ASK_USER);
    answers.asking = DW_CANNOT_ASK;
    assert_int_equal(send_answer().reason, DW_GUARD_UNREACHABLE);
}

/* -- The answer ------------------------------------------------------------------------------------ */

static void the_right_answer_is_let_in(void **state)
{
    static const char *const ALGORITHMS[] = {"MD5", "SHA-256", "SHA-512-256"};

    (void)state;
    policy.schemes.digest.algorithms = ALL;
    for (size_t i = 0; i < COUNT_OF(ALGORITHMS); i++) {
        client.algorithm = ALGORITHMS[i];
        client.session = false;
        assert_let_in();
        client.session = true;
        client.cnonce = "another";
        assert_let_in();
        client.cnonce = "c";
        memory.n_used = 0;
    }
}

static void the_users_name_may_be_hidden(void **state)
{
    struct dw_decision decision;

    (void)state;
    client.hides_user = true;
    decision = send_answer();
    assert_int_equal(decision.reason, DW_ASK_USER);
    assert_int_equal(decision.fact, DW_FACT_DIGEST);
    assert_null(decision.account.at);
    memcpy(memory.name, decision.name, DW_FACT_NAME);
    assert_let_in();
    assert_string_equal(memory.account, "joe");
    client.password = "guess";
    answers.asking = DW_HAVE_ASKED;
    decision = send_answer();
    assert_int_equal(decision.reason, DW_DIGEST_RESPONSE);
    assert_span(decision.account, "joe");
}

/* Whoever is asked about nobody is asked about these, too: both take as long. */
static void wrong_answers_are_asked_about(void **state)
{
    (void)state;
    client.password = "guess";
    assert_int_equal(send_answer().reason, DW_ASK_USER);
    answers.asking = DW_CANNOT_ASK;
    assert_int_equal(send_answer().reason, DW_DIGEST_RESPONSE);
    answers.asking = DW_MAY_ASK;
    memory.wait = 7;
    assert_int_equal(send_answer().reason, DW_ATTEMPTS);
    memory.wait = 0;
    client.password = "secret";
    assert_let_in();
    (void)snprintf(memory.claims, sizeof(memory.claims), "{\"sub\":\"joe\",\"ha1\":{}}");
    assert_int_equal(send_answer().reason, DW_ASK_USER);
}

/* What is wrong is found in this order, before anybody looks the user up. */
static void other_answers_are_refused(void **state)
{
    struct dw_decision decision;

    (void)state;
    answers.asking = DW_HAVE_ASKED;
    client.password = "Secret";
    assert_int_equal(send_answer().reason, DW_DIGEST_RESPONSE);
    client.method = "POST";
    assert_int_equal(send_answer().reason, DW_DIGEST_RESPONSE);
    memory.knows = false;
    client.uri = "/a?b=d";
    decision = send_answer();
    assert_int_equal(decision.reason, DW_DIGEST_URI);
    assert_span(decision.wanted, "/a");
    assert_span(decision.seen, "/a");
    client.nonce[5] = client.nonce[5] == 'A' ? 'B' : 'A';
    assert_int_equal(send_answer().reason, DW_DIGEST_NONCE);
    client.algorithm = "MD5";
    decision = send_answer();
    assert_int_equal(decision.reason, DW_DIGEST_ALGORITHM);
    assert_span(decision.seen, "MD5");
    client.realm = "Club";
    decision = send_answer();
    assert_int_equal(decision.reason, DW_DIGEST_REALM);
    assert_span(decision.wanted, "club");
    assert_span(decision.seen, "Club");
    client.nc = "1";
    assert_int_equal(send_answer().reason, DW_DIGEST_QOP);
    assert_int_equal(memory.n_used, 0);
}

static void either_form_of_a_target_will_do(void **state)
{
    static const struct {
        const char *target, *uri;
        bool same;
    } CASES[] = {
        {"/a?b=c", "http://club.example/a?b=c", true},
        {"http://club.example/a?b=c", "/a?b=c", true},
        {"http://club.example", "/", true},
        {"/a?u=http://x/", "/a?u=http://x/", true},
        {"/a?u=http://x/", "/", false},
        {"/a?b=c", "/a", false},
        {"/a", "/a?", false},
        {"/a", "/A", false},
        {"/%61", "/a", false},
        {"/a", "", false},
        {"/a", "a", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        request.target = dw_span_of(CASES[i].target);
        client.uri = CASES[i].uri;
        memory.n_used = 0;
        assert_int_equal(send_answer().reason, CASES[i].same ? DW_ALLOWED_PASSWORD : DW_DIGEST_URI);
    }
}

/* -- The user -------------------------------------------------------------------------------------- */

static void who_is_not_known_is_asked_for(void **state)
{
    uint8_t name[DW_FACT_NAME];
    struct dw_decision decision;

    (void)state;
    memory.knows = false;
    decision = send_answer();
    assert_int_equal(decision.reason, DW_ASK_USER);
    assert_span(decision.account, "joe");
    dw_fact_name(DW_FACT_DIGEST, DW_SPAN("joe"), name);
    assert_memory_equal(decision.name, name, DW_FACT_NAME);
    assert_int_equal(memory.n_used, 0);
    answers.asking = DW_HAVE_ASKED;
    answers.heard = DW_DIGEST_USER;
    decision = send_answer();
    assert_int_equal(decision.reason, DW_DIGEST_USER);
    assert_span(decision.account, "joe");
}

static void who_has_no_hash_cannot_use_digest(void **state)
{
    static const struct {
        const char *claims;
        enum dw_reason reason;
    } CASES[] = {
        {"{\"sub\":\"joe\"}", DW_DIGEST_USER},
        {"{\"sub\":\"joe\",\"ha1\":{}}", DW_DIGEST_USER},
        {"{\"sub\":\"joe\",\"ha1\":\"abc\"}", DW_DIGEST_USER},
        {"{\"sub\":\"joe\",\"ha1\":{\"SHA-256\":\"abc\"}}", DW_DIGEST_USER},
        {"{\"sub\":\"joe\",\"ha1\":{\"MD5\":\"939e7578ed9e3c518a452acee763bce9\"}}",
         DW_DIGEST_USER},
        {"{\"sub\":", DW_GUARD_FAILED},
    };

    (void)state;
    answers.asking = DW_HAVE_ASKED;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        (void)snprintf(memory.claims, sizeof(memory.claims), "%s", CASES[i].claims);
        assert_int_equal(send_answer().reason, CASES[i].reason);
    }
}

static void who_guessed_too_often_has_to_wait(void **state)
{
    struct dw_decision decision;

    (void)state;
    memory.wait = 17;
    decision = send_answer();
    assert_int_equal(decision.reason, DW_ATTEMPTS);
    assert_int_equal(decision.retry_after, 17);
    assert_string_equal(memory.account, "joe");
    assert_true(memory.right); /* an answer is checked first */
    assert_int_equal(memory.n_used, 0);
}

/* A stranger does not learn whose tokens were revoked. */
static void a_revoked_user_is_looked_up_again_after_the_right_answer(void **state)
{
    (void)state;
    memory.revoked = true;
    assert_int_equal(send_answer().reason, DW_ASK_USER);
    answers.asking = DW_HAVE_ASKED;
    assert_int_equal(send_answer().reason, DW_ALLOWED_PASSWORD);
    client.password = "guess";
    assert_int_equal(send_answer().reason, DW_DIGEST_RESPONSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_challenge_offers_what_is_strong),
        TEST(md5_is_offered_where_it_is_asked_for),
        TEST(integrity_is_offered_for_small_bodies),
        TEST(without_a_secret_there_is_no_digest),
        TEST(the_right_answer_is_let_in),
        TEST(the_users_name_may_be_hidden),
        TEST(wrong_answers_are_asked_about),
        TEST(other_answers_are_refused),
        TEST(either_form_of_a_target_will_do),
        TEST(who_is_not_known_is_asked_for),
        TEST(who_has_no_hash_cannot_use_digest),
        TEST(who_guessed_too_often_has_to_wait),
        TEST(a_revoked_user_is_looked_up_again_after_the_right_answer),
    };

    return RUN_TAP(tests);
}
