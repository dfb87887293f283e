/* SPDX-License-Identifier: Apache-2.0 */
#include "digest_place.h"

/* A right answer of Digest is good once, for its time and for its body. */

/* -- Once, and in time ------------------------------------------------------------------------------ */

static void a_count_is_used_once(void **state)
{
    (void)state;
    assert_let_in();
    assert_int_equal(memory.until, NOW + LIFE + 1);
    assert_int_equal(send_answer().reason, DW_DIGEST_REPLAYED);
    client.nc = "00000002";
    assert_let_in();
    client.nc = "00000001";
    assert_int_equal(send_answer().reason, DW_DIGEST_REPLAYED);
    client.hides_user = true;
    memcpy(memory.name, decide(digest_client_field(&client)).name, DW_FACT_NAME);
    assert_int_equal(send_answer().reason, DW_DIGEST_REPLAYED);
}

/* Clients that were challenged in the same second share a nonce. */
static void another_client_counts_for_itself(void **state)
{
    (void)state;
    assert_let_in();
    client.cnonce = "d";
    assert_let_in();
}

static void a_wrong_answer_uses_nothing_up(void **state)
{
    (void)state;
    answers.asking = DW_HAVE_ASKED;
    client.password = "guess";
    assert_int_equal(send_answer().reason, DW_DIGEST_RESPONSE);
    client.password = "secret";
    assert_let_in();
    memory.n_used = COUNT_OF(memory.used);
    client.nc = "00000002";
    assert_int_equal(send_answer().reason, DW_GUARD_FAILED);
    answers.use = NULL;
    assert_let_in();
}

static void only_a_good_answer_is_stale(void **state)
{
    struct dw_decision decision;

    (void)state;
    answers.asking = DW_HAVE_ASKED;
    request.now = NOW + LIFE + 1;
    decision = send_answer();
    assert_int_equal(decision.reason, DW_DIGEST_STALE);
    assert_non_null(strstr(challenges(&decision), ", stale=true\n"));
    assert_null(strstr(challenges(&decision), client.nonce));
    assert_int_equal(memory.n_used, 0);
    client.password = "guess";
    decision = send_answer();
    assert_int_equal(decision.reason, DW_DIGEST_RESPONSE);
    assert_null(strstr(challenges(&decision), "stale"));
    client.password = "secret";
    take_nonce(decision.digest_nonce);
    assert_let_in();
}

/* Clocks differ by little; a time far ahead is that of a clock that was put back. */
static void a_nonce_lives_for_its_life(void **state)
{
    static const struct {
        int64_t now;
        enum dw_reason reason;
    } CASES[] = {{NOW - LIFE - 1, DW_DIGEST_STALE},
                 {NOW - 1, DW_ALLOWED_PASSWORD},
                 {NOW + LIFE, DW_ALLOWED_PASSWORD},
                 {NOW + LIFE + 1, DW_DIGEST_STALE}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        request.now = CASES[i].now;
        memory.n_used = 0;
        assert_int_equal(send_answer().reason, CASES[i].reason);
    }
}

static void an_ageing_nonce_gets_a_successor(void **state)
{
    struct dw_decision decision;
    const char *next;

    (void)state;
    request.now = NOW + LIFE / 2;
    assert_let_in();
    request.now = NOW + LIFE / 2 + 1;
    client.nc = "00000002";
    client.cnonce = "c";
    decision = send_answer();
    next = strstr(decision.authentication_info.at, ", nextnonce=\"");
    assert_non_null(next);
    take_nonce((struct dw_span){next + 13, 32});
    client.nc = "00000001";
    assert_let_in();
}

static void a_cnonce_is_quoted_again(void **state)
{
    static char escaped[4096];
    const char *at = digest_client_field(&client);
    const char *mark = strstr(at, "cnonce=\"c\"");

    (void)state;
    client.cnonce = "\"\\";
    at = digest_client_field(&client);
    mark = strstr(at, "cnonce=\"");
    assert_non_null(mark);
    (void)snprintf(escaped, sizeof(escaped), "%.*scnonce=\"\\\"\\\\\"%s", (int)(mark - at), at,
                   mark + strlen("cnonce=\"\"\\\""));
    const struct dw_decision decision = decide(escaped);
    assert_int_equal(decision.reason, DW_ALLOWED_PASSWORD);
    assert_non_null(memmem(decision.authentication_info.at, decision.authentication_info.len,
                           "cnonce=\"\\\"\\\\\"", 13));
}

/* -- Bodies ---------------------------------------------------------------------------------------- */

static void post(const char *body, const char *length)
{
    policy.schemes.digest.auth_int = 100;
    request.method = DW_SPAN("POST");
    client.method = "POST";
    client.qop = "auth-int";
    client.body = body;
    fields[1] = (struct dw_field){DW_SPAN("Content-Length"), dw_span_of(length)};
}

static void a_body_is_protected(void **state)
{
    (void)state;
    answers.asking = DW_HAVE_ASKED;
    post("a=1", "3");
    request.body = DW_SPAN("a=1");
    assert_let_in();
    client.nc = "00000002";
    request.body = DW_SPAN("a=2");
    assert_int_equal(send_answer().reason, DW_DIGEST_RESPONSE);
    request.body = (struct dw_span){NULL, 0};
    assert_int_equal(send_answer().reason, DW_DIGEST_QOP);
    post("", "0");
    assert_let_in();
}

static void a_body_is_wanted_for_integrity_alone(void **state)
{
    static const struct {
        const char *qop, *length;
        int most;
        size_t wanted;
    } CASES[] = {
        {"auth-int", "3", 100, 3}, {"auth-int", "100", 100, 100}, {"auth-int", "101", 100, 0},
        {"auth", "3", 100, 0},     {"auth-int", "3", 0, 0},       {"auth-int", "x", 100, 0},
        {"auth-int", "0", 100, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        post("a=1", CASES[i].length);
        client.qop = CASES[i].qop;
        policy.schemes.digest.auth_int = CASES[i].most;
        (void)send_answer();
        assert_int_equal(dw_wants_body(&policy, &request), CASES[i].wanted);
    }
    post("a=1", "3");
    (void)decide(NULL);
    assert_int_equal(dw_wants_body(&policy, &request), 0);
    (void)decide("Bearer abc");
    assert_int_equal(dw_wants_body(&policy, &request), 0);
    (void)decide("Digest qop=auth-int, qop=auth-int");
    assert_int_equal(dw_wants_body(&policy, &request), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_count_is_used_once),
        TEST(another_client_counts_for_itself),
        TEST(a_wrong_answer_uses_nothing_up),
        TEST(only_a_good_answer_is_stale),
        TEST(a_nonce_lives_for_its_life),
        TEST(an_ageing_nonce_gets_a_successor),
        TEST(a_cnonce_is_quoted_again),
        TEST(a_body_is_protected),
        TEST(a_body_is_wanted_for_integrity_alone),
    };

    return RUN_TAP(tests);
}
