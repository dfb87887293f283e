/* SPDX-License-Identifier: Apache-2.0 */
#include "minted_case.h"

#define BEARER(claims) "> Authorization: Bearer <<" RS "|" claims "|c2ln>>\n"
#define SAID(words) \
    "< 401\n" DATE  \
    "< WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"" words "\"\n"
#define QUIET "< 401\n" DATE

/* The server's clock says 1795255200. */
static const struct sighting SIGHTINGS[] = {
    /* what is not to be found */
    {ASK BEARER("{\"iat\":1795254000,\"exp\":1795257600}") INVALID, NULL, 0, "token.expired"},
    {ASK BEARER("{\"iat\":1795254000,\"nbf\":1795254000,\"exp\":1795257600}") INVALID, NULL, 0,
     "token.not_yet_valid"},
    {ASK BEARER("{\"iat\":1795254000,\"exp\":1795257600}") INVALID, NULL, 0, "token.exp_millis"},
    {ASK BEARER("{\"iat\":1795254000,\"exp\":1795257600}") INVALID, NULL, 0, "token.exp_missing"},
    {ASK BEARER("{\"iat\":1795254000.5,\"exp\":1795257600}") INVALID, NULL, 0, "token.exp_type"},
    {ASK BEARER("{\"nbf\":0,\"exp\":1795257600}") INVALID, NULL, 0, "token.exp_type"},
    {ASK "> Authorization: Basic dTpw\n" QUIET, NULL, 0, "token.expired"},
    {"@ 1795255199 500\n" ASK BEARER("{\"exp\":1795254768}") INVALID, NULL, 0, "token.clock_skew"},

    /* exp */
    {ASK BEARER("{\"iat\":1795251168,\"exp\":1795254768}") INVALID, "token.expired", 97,
     "token.lifetime_tiny"},
    {ASK BEARER("{\"exp\":1795254768}") SAID("Jwt is expired"), "token.expired", 99, NULL},
    {ASK BEARER("{\"exp\":1795255170}") QUIET, "token.expired", 75, NULL},
    {ASK BEARER("{\"iat\":1795255100,\"exp\":1795255130}") QUIET, "token.lifetime_tiny", 97, NULL},
    {ASK BEARER("{\"sub\":\"a\"}") SAID("The token has no expiration"), "token.exp_missing", 97,
     NULL},
    {ASK BEARER("{\"sub\":\"a\"}") INVALID, "token.exp_missing", 50, "token.expired"},
    {ASK BEARER("{\"iat\":1794900000,\"exp\":1794950000}") SAID("token too old"), "token.expired",
     90, "token.max_age"},
    {ASK BEARER("{\"iat\":1795200000,\"exp\":1795257600}") SAID("maxAge exceeded"), "token.max_age",
     97, NULL},
    {ASK BEARER("{\"iat\":1795254000,\"exp\":1795257600}") SAID("Token has expired"),
     "token.clock_skew", 75, NULL},

    /* nbf, iat */
    {ASK BEARER("{\"nbf\":1795255500,\"exp\":1795259100}") QUIET, "token.not_yet_valid", 95,
     "token.expired"},
    {ASK BEARER("{\"iat\":1795255230,\"exp\":1795259100}") SAID("token used before issued"),
     "token.iat_future", 97, NULL},
    {"> GET https://id.example/\n< 200\n< Date: Sat, 21 Nov 2026 10:20:00 GMT\n" ASK BEARER(
         "{\"iat\":1795256400,\"exp\":1795260000}") QUIET,
     "token.clock_skew", 93, NULL},
    {ASK BEARER("{\"sub\":\"a\",\"exp\":1795260000}") SAID("Token is not active before 11:00"),
     NULL, 0, "token.expired"},
    {ASK BEARER("{\"iat\":1795255210,\"exp\":1795259100}") QUIET, "token.iat_future", 75, NULL},

    /* the kind of number */
    {ASK BEARER("{\"exp\":1795257600000}") QUIET, "token.exp_millis", 97, "token.expired"},
    {ASK BEARER("{\"iat\":1795254000000,\"exp\":1795257600}") QUIET, "token.exp_millis", 97,
     "token.iat_future"},
    {ASK BEARER("{\"exp\":\"1795257600\"}") QUIET, "token.exp_type", 97, "token.expired"},
    {ASK BEARER("{\"exp\":-5}") QUIET, "token.exp_type", 97, NULL},
    {ASK BEARER("{\"exp\":3600}") QUIET, "token.exp_type", 97, "token.expired"},
    {ASK BEARER("{\"exp\":null}") QUIET, "token.exp_type", 97, NULL},

    /* clocks: the client's says 10:35, the server's 10:00 */
    {"@ 1795257300 100\n" ASK BEARER("{\"iat\":1795257290,\"nbf\":1795257290,\"exp\":1795260890}")
         QUIET,
     "token.clock_skew", 93, NULL},
    {"@ 1795257300 100\n" ASK BEARER("{\"iat\":1795257290,\"exp\":1795260890}") QUIET,
     "server.clock_wrong", 75, "browser.clock"},
    {"@ 1795257299 100\n> GET https://other.example.net/\n< 200\n< Date: Sat, 21 Nov 2026 10:35:00 "
     "GMT\n"
     "@ 1795257300 100\n" ASK BEARER("{\"iat\":1795257290,\"exp\":1795260890}") QUIET,
     "server.clock_wrong", 90, "browser.clock"},
    {"@ 1795251600 100\n> GET https://other.example.net/\n< 200\n< Date: Sat, 21 Nov 2026 10:00:00 "
     "GMT\n"
     "@ 1795251600 100\n" ASK BEARER("{\"iat\":1795250000,\"exp\":1795253600}") QUIET,
     "browser.clock", 90, "server.clock_wrong"},
    {ASK "< 0\n* net::ERR_CERT_DATE_INVALID\n", "browser.clock", 70, NULL},
};

static void sightings(void **state)
{
    (void)state;
    check_minted(SIGHTINGS, COUNT_OF(SIGHTINGS), rules_time);
}

/* Where there is no Date, or the server names something else, nobody can be certain. */
static void doubts(void **state)
{
    static const char *const TEXTS[] = {
        ASK BEARER("{\"exp\":1794990000}") "< 401\n",
        ASK BEARER("{\"exp\":1795254768}") SAID("Signature verification failed"),
        "@ 1795250000 5\n" ASK BEARER("{\"exp\":1795254768}") SAID("Jwt is expired"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        const int confidence = minted_confidence(TEXTS[i], "token.expired", rules_time);

        assert_true(confidence > 0);
        assert_true(confidence < CERTAIN);
    }
}

static void look_at_token(const char *text, int64_t local, const char *cause, const char *without)
{
    static char minted[MINTED_SIZE];
    struct capture *capture = capture_new(CAPTURE_TOKEN, "-");
    struct scene *scene = taken(capture->arena, sizeof(*scene));
    struct diagnosis *diagnosis = taken(capture->arena, sizeof(*diagnosis));

    mint_text(text, minted);
    capture->token = arena_keep(capture->arena, dw_span_of(minted));
    diagnosis->arena = capture->arena;
    diagnosis->scene = scene;
    assert_int_equal(scene_make(capture, -1, local, scene), 0);
    rules_time(scene, diagnosis);
    if (cause != NULL) {
        const struct finding *finding = finding_in(diagnosis, cause);
        assert_true(finding->confidence >= VERY_LIKELY && finding->confidence < CERTAIN);
        assert_string_equal(finding->caret.says, "ended 7 min 12 s ago");
        assert_span(finding->caret.text, minted);
    }
    assert_null(found_in(diagnosis, without));
    capture_free(capture);
}

static void bare_tokens(void **state)
{
    (void)state;
    look_at_token("<<" RS "|{\"exp\":1795255200}|c2ln>>", 1795255199, NULL, "token.expired");
    look_at_token("<<" RS "|{\"exp\":1795255200}|c2ln>>", 1795255632, "token.expired",
                  "token.exp_missing");
}

static void caret(void **state)
{
    static char minted[MINTED_SIZE];
    struct capture *capture;
    struct scene *scene;
    struct diagnosis *diagnosis;
    const struct finding *finding;

    (void)state;
    mint_text(ASK BEARER("{\"exp\":1795254768}") INVALID, minted);
    capture = captured(CAPTURE_CURL_VERBOSE, minted);
    scene = taken(capture->arena, sizeof(*scene));
    diagnosis = taken(capture->arena, sizeof(*diagnosis));
    diagnosis->arena = capture->arena;
    diagnosis->scene = scene;
    assert_int_equal(scene_make(capture, 0, 1795000000, scene), 0);
    rules_time(scene, diagnosis);
    finding = finding_in(diagnosis, "token.expired");
    assert_non_null(finding->caret.field);
    assert_int_equal(finding->caret.at, strlen("Bearer "));
    assert_int_equal(finding->caret.at + finding->caret.len, finding->caret.field->value.len);
    assert_string_equal(finding->caret.says, "ended 7 min 12 s before the server answered");
    capture_free(capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sightings), cmocka_unit_test(doubts),
                                       cmocka_unit_test(bare_tokens), cmocka_unit_test(caret)};

    return RUN_TAP(tests);
}
