/* SPDX-License-Identifier: Apache-2.0 */
#include "captured.h"

#define TOKEN "> Authorization: Bearer 2YotnFZFEjr1zCsicMWpAAx7Kf\n"

static struct diagnosis *empty(struct capture *capture)
{
    struct diagnosis *diagnosis = arena_take(capture->arena, sizeof(*diagnosis));

    assert_non_null(diagnosis);
    diagnosis->arena = capture->arena;
    return diagnosis;
}

/* -- Findings -------------------------------------------------------------------------------------------- */

static void the_same_cause_is_one_finding(void **state)
{
    struct capture *capture = captured(CAPTURE_HAR, "");
    struct diagnosis *diagnosis = empty(capture);
    struct finding *first = diagnosis_suspect(diagnosis, "token.expired", 60);

    (void)state;
    assert_ptr_equal(diagnosis_suspect(diagnosis, "token.expired", 50), first);
    assert_int_equal(first->confidence, 60);
    assert_ptr_equal(diagnosis_suspect(diagnosis, "token.expired", 80), first);
    assert_int_equal(first->confidence, 80);
    assert_ptr_not_equal(diagnosis_add(diagnosis, "token.revoked"), first);
    assert_int_equal(diagnosis->n_findings, 2);
    assert_int_equal(diagnosis->findings[1].confidence,
                     cause_find(DW_SPAN("token.revoked"))->confidence);
    capture_free(capture);
}

static void too_much_lands_in_a_spare(void **state)
{
    struct capture *capture = captured(CAPTURE_HAR, "");
    struct diagnosis *diagnosis = empty(capture);

    (void)state;
    assert_non_null(diagnosis_add(diagnosis, "no.such_cause"));
    assert_int_equal(diagnosis->n_findings, 0);
    for (size_t i = 0; i < cause_count(); i++) {
        struct finding *finding = diagnosis_add(diagnosis, cause_at(i)->id);

        for (int k = 0; k < FINDING_EVIDENCE_MAX + 3; k++) {
            finding_say(diagnosis, finding, "test", (struct place){1, 0}, "%d", k);
        }
    }
    assert_int_equal(diagnosis->n_findings, DIAGNOSIS_FINDINGS_MAX - 1);
    assert_int_equal(diagnosis->findings[0].n_evidence, FINDING_EVIDENCE_MAX);
    capture_free(capture);
}

static void evidence_is_said_once_and_on_one_line(void **state)
{
    struct capture *capture = captured(CAPTURE_HAR, "");
    struct diagnosis *diagnosis = empty(capture);
    struct finding *finding = diagnosis_add(diagnosis, "token.expired");

    (void)state;
    finding_say(diagnosis, finding, "token", (struct place){1, 0}, "exp %s", "a\nb\x1b[31m");
    finding_say(diagnosis, finding, "token", (struct place){2, 0}, "exp %s", "a\nb\x1b[31m");
    assert_int_equal(finding->n_evidence, 1);
    assert_string_equal(finding->evidence[0].what, "exp a b [31m");
    finding_point(diagnosis, finding, NULL, 3, 4, "first");
    finding_point(diagnosis, finding, NULL, 5, 6, "second");
    assert_string_equal(finding->caret.says, "first");
    finding_repair(diagnosis, finding, "Bearer %s", "abc");
    finding_repair(diagnosis, finding, "Bearer %s", "def");
    assert_string_equal(finding->repaired, "Bearer abc");
    capture_free(capture);
}

static void ruled_out_is_bounded(void **state)
{
    struct capture *capture = captured(CAPTURE_HAR, "");
    struct diagnosis *diagnosis = empty(capture);

    (void)state;
    diagnosis_rule_out(diagnosis, "no.such_cause", "x");
    assert_int_equal(diagnosis->n_ruled_out, 0);
    for (size_t i = 0; i < cause_count(); i++) {
        diagnosis_rule_out(diagnosis, cause_at(i)->id, "because %zu", i);
        diagnosis_rule_out(diagnosis, cause_at(i)->id, "because");
    }
    assert_int_equal(diagnosis->n_ruled_out, COUNT_OF(diagnosis->ruled_out));
    assert_string_equal(diagnosis->ruled_out[1].why, "because 1");
    capture_free(capture);
}

/* -- Words -------------------------------------------------------------------------------------------------- */

static void words(void **state)
{
    struct capture *capture = captured(CAPTURE_HAR, "");
    struct arena *arena = capture->arena;

    (void)state;
    assert_string_equal(masked(arena, (struct dw_span){NULL, 0}), "****");
    assert_string_equal(masked(arena, DW_SPAN("hunter2")), "****");
    assert_string_equal(masked(arena, DW_SPAN("12345678901234567890123")), "****");
    assert_string_equal(masked(arena, DW_SPAN("abcdefghijklmnopqrstuvwxyz")),
                        "abcd...wxyz (sha256 71c480)");
    assert_string_equal(masked(arena, DW_SPAN("\x1b\n\xff"
                                              "defghijklmnopqrstuvwxyz")),
                        "???d...wxyz (sha256 86726c)");
    assert_string_equal(apart(arena, 0, 0), "0 s");
    assert_string_equal(apart(arena, 432, 0), "7 min 12 s");
    assert_string_equal(apart(arena, 0, 7200), "2 h");
    assert_string_equal(apart(arena, 0, 90061), "1 d 1 h");
    assert_string_equal(apart(arena, INT64_MIN, INT64_MAX), "213503982334601 d 7 h");
    assert_string_equal(instant(arena, 1795000000), "2026-11-18T11:06:40Z");
    assert_string_equal(instant(arena, INT64_MAX), "9223372036854775807");
    assert_string_equal(confidence_word(97), "certain");
    assert_string_equal(confidence_word(96), "very likely");
    assert_string_equal(confidence_word(75), "likely");
    assert_string_equal(confidence_word(50), "possible");
    assert_string_equal(confidence_word(49), "a guess");
    capture_free(capture);
}

/* -- Ranking ------------------------------------------------------------------------------------------------- */

/* What was found, in any order; and what must come first, at most so sure. */
static const struct ranking {
    const char *text; /* the capture */
    struct {
        const char *cause;
        int confidence;
        const char *server_text;
    } found[3];
    const char *first;
    int most;
} RANKINGS[] = {
    {"> GET https://a.example.com/\n< 401\n",
     {{"header.missing", 90, NULL}, {"header.js_cannot_set", 85, NULL}},
     "header.js_cannot_set",
     85},
    {"> GET https://a.example.com/\n< 401\n",
     {{"server.no_www_authenticate", 99, NULL}, {"header.missing", 90, NULL}},
     "header.missing",
     90},
    {"> GET https://a.example.com/\n" TOKEN "< 401\n",
     {{"server.no_www_authenticate", 99, NULL}, {"token.revoked", 60, NULL}},
     "server.no_www_authenticate",
     75},
    {"> GET https://a.example.com/\n" TOKEN "< 401\n",
     {{"server.no_www_authenticate", 99, NULL}},
     "server.no_www_authenticate",
     99},
    {"> GET https://a.example.com/\n" TOKEN "< 401\n",
     {{"proxy.strips_authorization", 70, NULL}, {"token.expired", 97, NULL}},
     "token.expired",
     97},
    {"> GET https://a.example.com/\n" TOKEN "< 401\n",
     {{"header.missing", 95, "no token"}, {"proxy.strips_authorization", 82, NULL}},
     "proxy.strips_authorization",
     82},
    {"> GET https://a.example.com/\n" TOKEN
     "< 401\n< WWW-Authenticate: Bearer error=\"invalid_token\"\n",
     {{"proxy.strips_authorization", 82, NULL}, {"token.signature_invalid", 60, NULL}},
     "token.signature_invalid",
     60},
    {"> GET https://a.example.com/\n< 401\n",
     {{"header.missing", 90, NULL}, {"capture.sanitized", 95, NULL}},
     "capture.sanitized",
     95},
    {"> GET https://a.example.com/\n< 401\n",
     {{"token.expired", 92, "Jwt is expired"}, {"capture.sanitized", 95, NULL}},
     "token.expired",
     92},
    {"< 401\n", {{"header.missing", 90, NULL}, {"token.expired", 85, NULL}}, "token.expired", 85},
    {"> GET https://a.example.com/\n< 0\n",
     {{"capture.status_zero", 95, NULL}, {"cors.preflight_401", 99, NULL}},
     "cors.preflight_401",
     99},
    {"> GET https://a.example.com/\n< 0\n",
     {{"capture.status_zero", 95, NULL}, {"header.missing", 90, NULL}},
     "capture.status_zero",
     95},
    {"> GET https://a.example.com/\n" TOKEN "< 401\n",
     {{"token.expired", 98, NULL}, {"token.clock_skew", 93, NULL}},
     "token.clock_skew",
     93},
    {"> GET https://a.example.com/\n" TOKEN "< 401\n",
     {{"token.expired", 98, NULL}, {"token.clock_skew", 70, NULL}},
     "token.expired",
     98},
    {"> GET https://a.example.com/\n" TOKEN "< 401\n",
     {{"token.expired", 98, NULL}, {"token.refresh_race", 95, NULL}},
     "token.refresh_race",
     95},
    {"> GET https://a.example.com/\n< 407\n",
     {{"proxy.407", 99, NULL}, {"header.proxy_confusion", 97, NULL}},
     "header.proxy_confusion",
     97},
    {"> GET https://a.example.com/\n< 500\n",
     {{"capture.not_a_401", 99, NULL}, {"header.missing", 90, NULL}},
     "capture.not_a_401",
     99},
};

static void rank_one(const struct ranking *ranking)
{
    struct capture *capture = captured(CAPTURE_HAR, ranking->text);
    struct diagnosis *diagnosis = empty(capture);
    struct scene *scene = arena_take(capture->arena, sizeof(*scene));

    assert_non_null(scene);
    assert_int_equal(scene_make(capture, 0, 1795000000, scene), 0);
    diagnosis->scene = scene;
    for (size_t i = 0; i < COUNT_OF(ranking->found) && ranking->found[i].cause != NULL; i++) {
        struct finding *finding =
            diagnosis_suspect(diagnosis, ranking->found[i].cause, ranking->found[i].confidence);

        finding->server_text = ranking->found[i].server_text;
    }
    diagnosis_rank(diagnosis);
    if (strcmp(diagnosis->findings[0].cause->id, ranking->first) != 0 ||
        diagnosis->findings[0].confidence > ranking->most) {
        print_error("%swanted %s, at most %d; found\n", ranking->text, ranking->first,
                    ranking->most);
        print_findings(diagnosis);
        fail();
    }
    capture_free(capture);
}

static void rankings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(RANKINGS); i++) {
        rank_one(&RANKINGS[i]);
    }
}

static void what_is_told_and_seen_is_certain(void **state)
{
    struct capture *capture =
        captured(CAPTURE_HAR, "> GET https://a.example.com/\n" TOKEN "< 401\n");
    struct diagnosis *diagnosis = empty(capture);
    struct scene scene;
    struct finding *finding = diagnosis_suspect(diagnosis, "token.expired", 92);

    (void)state;
    assert_int_equal(scene_make(capture, 0, 1795000000, &scene), 0);
    diagnosis->scene = &scene;
    finding->server_text = "Jwt is expired";
    finding_say(diagnosis, finding, "server", (struct place){1, 0}, "Jwt is expired");
    diagnosis_rank(diagnosis);
    assert_int_equal(diagnosis->findings[0].confidence, 92);
    finding_say(diagnosis, &diagnosis->findings[0], "token", (struct place){1, 0},
                "exp has passed");
    (void)diagnosis_suspect(diagnosis, "token.not_yet_valid", 60);
    diagnosis_rank(diagnosis);
    assert_true(diagnosis->findings[0].confidence >= CERTAIN);
    assert_non_null(diagnosis->findings[1].against);
    capture_free(capture);
}

/* -- The whole ------------------------------------------------------------------------------------------------- */

static const struct whole {
    enum capture_kind kind;
    const char *text;
    bool is_healthy;
    const char *first; /* NULL: nothing is looked for */
} WHOLES[] = {
    {CAPTURE_HAR, "> GET https://a.example.com/\n< 200\n", true, "capture.not_a_401"},
    {CAPTURE_HAR, "> GET https://a.example.com/\n< 500\n", false, "capture.not_a_401"},
    {CAPTURE_HAR,
     "> GET https://a.example.com/\n< 401\n< WWW-Authenticate: Basic\n> GET "
     "https://a.example.com/\n"
     "> Authorization: Basic YTpi\n< 200\n",
     true, "capture.not_a_401"},
    {CAPTURE_HAR, "> GET https://a.example.com/\n* net::ERR_NAME_NOT_RESOLVED\n", false,
     "capture.status_zero"},
    {CAPTURE_HAR,
     "> OPTIONS https://a.example.com/\n> Origin: https://b.example\n> "
     "Access-Control-Request-Method: GET\n"
     "> Access-Control-Request-Headers: authorization\n< 204\n< Access-Control-Allow-Headers: *\n",
     false, "cors.allow_headers"},
    {CAPTURE_HAR, "> GET wss://a.example.com/\n> Upgrade: websocket\n< 101\n* closed with 4401\n",
     false, "ws.close_4401"},
    {CAPTURE_HAR, "> GET https://a.example.com/\n" TOKEN "< 200\n= {\"error\":{\"code\":498}}\n",
     false, "status.498"},
    {CAPTURE_HAR, "> GET https://a.example.com/x\n" TOKEN "< 301\n< Location: /x/\n", false,
     "redirect.trailing_slash"},
    {CAPTURE_HAR,
     "> GET https://a.example.com/x\n" TOKEN "< 307\n< Location: http://a.example.com/x/\n", false,
     "redirect.scheme_downgrade"},
    {CAPTURE_HAR, "> GET https://a.example.com/x\n< 301\n< Location: /x/\n", true,
     "capture.not_a_401"},
    {CAPTURE_HAR,
     "> GET https://a.example.com/x\n" TOKEN "< 302\n< Location: https://b.example.net/x\n", true,
     "capture.not_a_401"},
    {CAPTURE_HAR,
     "> GET https://a.example.com/me\n> Cookie: sid=2\n< 200\n< Cache-Control: public\n< Age: 9\n"
     "< Set-Cookie: sid=1\n",
     false, "cache.shared_user"},
    {CAPTURE_HAR,
     "> GET https://a.example.com/\n< 200\n< Cache-Control: public\n< Age: 9\n"
     "< Set-Cookie: __cf_bm=1\n",
     true, "capture.not_a_401"},
};

static void wholes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(WHOLES); i++) {
        const struct whole *whole = &WHOLES[i];
        struct capture *capture = captured(whole->kind, whole->text);
        struct diagnosis *diagnosis;

        assert_int_equal(diagnosis_make(capture, 1795000000, &diagnosis), 0);
        if (diagnosis->is_healthy != whole->is_healthy || diagnosis->n_findings == 0 ||
            strcmp(diagnosis->findings[0].cause->id, whole->first) != 0) {
            print_error("%swanted %s; found\n", whole->text, whole->first);
            print_findings(diagnosis);
            fail();
        }
        capture_free(capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_cause_is_one_finding),
        cmocka_unit_test(too_much_lands_in_a_spare),
        cmocka_unit_test(evidence_is_said_once_and_on_one_line),
        cmocka_unit_test(ruled_out_is_bounded),
        cmocka_unit_test(words),
        cmocka_unit_test(rankings),
        cmocka_unit_test(what_is_told_and_seen_is_certain),
        cmocka_unit_test(wholes),
    };

    return RUN_TAP(tests);
}
