/* SPDX-License-Identifier: Apache-2.0 */
#include "captured.h"
#include "guard_page.h"

/* -- Dates ------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    int64_t at;
} DATES[] = {
    {"", 0},
    {"0", 0},
    {"yesterday, at noon", 0},
    {"Sun, 31 Feb 1994 08:49:37 GMT", 0},
    {"Sun, 06 Nov 1994 24:49:37 GMT", 0},
    {"Sun, 06 Nov 1994", 0},
    {"1994-13-06T08:49:37Z", 0},
    {"1994-11-06", 0},
    /* RFC 9110 s5.6.7 */
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
    {"Sun Nov  6 08:49:37 1994", 784111777},
    {" Sun, 06 Nov 1994 08:49:37 GMT\r", 784111777},
    {"1994-11-06T08:49:37Z", 784111777},
    {"1994-11-06T08:49:37.123Z", 784111777},
    {"1994-11-06T09:49:37.123+01:00", 784111777},
    {"1994-11-06T03:49:37-0500", 784111777},
};

static void reads_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(DATES); i++) {
        struct guarded text = guard_text(DATES[i].text);
        const int64_t at = date_read(text.span);

        if (at != DATES[i].at) {
            print_error("%s: %lld\n", DATES[i].text, (long long)at);
            fail();
        }
        guard_release(&text);
    }
}

/* -- URLs -------------------------------------------------------------------------------------- */

static const struct {
    const char *url, *origin, *host, *path, *query, *user;
} URLS[] = {
    {"", NULL, NULL, "", NULL, NULL},
    {"/a?b#c", NULL, NULL, "/a", "b", NULL},
    {"/a#b?c", NULL, NULL, "/a", NULL, NULL},
    {"https://", NULL, "", "/", NULL, NULL},
    {"https://h", "https://h", "h", "/", NULL, NULL},
    {"HTTPS://H:443/a", "https://h", "H", "/a", NULL, NULL},
    {"http://h:443?x=1", "http://h:443", "h", "/", "x=1", NULL},
    {"http://h:80/", "http://h", "h", "/", NULL, NULL},
    {"http://[::1]:8080/a", "http://[::1]:8080", "[::1]", "/a", NULL, NULL},
    {"https://u:p@ss@h:1/a?", "https://h:1", "h", "/a", "", "u:p@ss"},
};

static void takes_urls_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        struct guarded url = guard_text(URLS[i].url);
        char buffer[64];

        assert_span(url_origin(url.span, buffer, sizeof(buffer)), URLS[i].origin);
        assert_span(url_host(url.span), URLS[i].host);
        assert_span(url_path(url.span), URLS[i].path);
        assert_span(url_query(url.span), URLS[i].query);
        assert_span(url_user(url.span), URLS[i].user);
        guard_release(&url);
    }
    assert_span(url_origin(DW_SPAN("https://example.com"), (char[4]){0}, 4), NULL);
}

/* -- Spans ------------------------------------------------------------------------------------- */

static void looks_into_spans(void **state)
{
    struct guarded text = guard_text("Invalid TOKEN");

    (void)state;
    assert_true(span_has(text.span, "token"));
    assert_true(span_has(text.span, "INVALID token"));
    assert_false(span_has(text.span, "tokens"));
    assert_false(span_has(text.span, ""));
    assert_false(span_has((struct dw_span){NULL, 0}, "a"));
    assert_true(span_begins(text.span, "invalid"));
    assert_false(span_begins(text.span, "Invalid TOKEN "));
    assert_span(span_behind(text.span, 8), "TOKEN");
    assert_span(span_behind(text.span, 99), "");
    assert_span(span_bare(DW_SPAN(" \t a b\r\n")), "a b");
    guard_release(&text);
}

static const struct {
    const char *value;
    bool masked;
} MASKS[] = {
    {"", false},
    {"a*b", false},
    {"eyJ...", false},
    {"s3cret**", false},
    {"***", true},
    {"Bearer ****", true},
    {"[Filtered]", true},
    {"REDACTED", true},
    {"<redacted>", true},
    {"eyJh...x9Qw", true},
    {"\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2", true},
};

static void tells_masks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(MASKS); i++) {
        if (is_masked(dw_span_of(MASKS[i].value)) != MASKS[i].masked) {
            print_error("%s\n", MASKS[i].value);
            fail();
        }
    }
}

/* -- Which exchange ---------------------------------------------------------------------------- */

#define GET(path) "> GET https://a.example" path "\n"

static const struct {
    const char *text;
    int chosen;
} CHOICES[] = {
    {"", -1},
    {GET("/") "< 200\n", -1},
    {GET("/") "< 302\n< Location: /welcome\n", -1},
    {GET("/") "< 401\n" GET("/") "> Authorization: Basic YTpi\n< 200\n", -1},
    {GET("/") "< 401\n> OPTIONS https://a.example/\n< 200\n", 0},
    {GET("/a") "< 500\n" GET("/b") "< 403\n" GET("/c") "< 401\n", 2},
    {GET("/favicon.ico") "< 401\n" GET("/b") "< 401\n", 1},
    {GET("/favicon.ico") "< 401\n" GET("/b") "< 200\n", 0},
    {GET("/") "< 401\n" GET("/") "> Authorization: Basic YTpi\n< 401\n", 1},
    {GET("/") "> Authorization: NTLM TlRMTVNTUAAB\n< 401\n" GET(
         "/") "> Authorization: NTLM TlRMTVNTUAAD\n< 401\n",
     1},
    {GET("/") "> Authorization: Bearer a\n< 401\n" GET("/") "> Authorization: Bearer b\n< 401\n",
     0},
    {GET("/") "< 200\n< Content-Type: text/html\n= <input type=\"password\">\n", 0},
    {GET("/") "< 200\n= {\"errors\":[{\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}\n", 0},
    {GET("/") "< 200\n< grpc-status: 16\n", 0},
    {GET("/") "< 302\n< Location: /login?next=/\n", 0},
    {GET("/") "< 404\n" GET("/b") "< 400\n< WWW-Authenticate: Bearer error=\"invalid_request\"\n",
     1},
};

static void chooses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CHOICES); i++) {
        struct capture *capture = captured(CAPTURE_CURL_VERBOSE, CHOICES[i].text);
        const int chosen = scene_choose(capture);

        if (chosen != CHOICES[i].chosen) {
            print_error("%s: %d\n", CHOICES[i].text, chosen);
            fail();
        }
        capture_free(capture);
    }
}

/* -- What was sent ----------------------------------------------------------------------------- */

static const struct {
    const char *fields; /* behind the request line's URL */
    enum sent_where where;
    const char *scheme, *payload;
} SENTS[] = {
    {"/\n", SENT_NOWHERE, NULL, NULL},
    {"/\n> X-CSRF-Token: abc\n> Cookie: _ga=GA1.2; theme=dark\n", SENT_NOWHERE, NULL, NULL},
    {"/?key=de&page_token=abc\n", SENT_NOWHERE, NULL, NULL},
    {"/\n> Authorization: \n", SENT_AUTHORIZATION, NULL, ""},
    {"/\n> Authorization: Bearer\n", SENT_AUTHORIZATION, "Bearer", ""},
    {"/\n> Authorization: Bearer abc\n> X-API-Key: k\n", SENT_AUTHORIZATION, "Bearer", "abc"},
    {"/\n> Authorization: abc\n", SENT_AUTHORIZATION, NULL, "abc"},
    {"/\n> Authorization: Bearer  \"abc\" \n", SENT_AUTHORIZATION, "Bearer", "abc"},
    {"/\n> Authorization: \"Bearer abc\"\n", SENT_AUTHORIZATION, "Bearer", "abc"},
    {"/\n> Authorization: Bearer bearer abc\n", SENT_AUTHORIZATION, "bearer", "abc"},
    {"/\n> Authorization: Bearer Token abc\n", SENT_AUTHORIZATION, "Bearer", "abc"},
    {"/\n> Authorization: Authorization: Bearer abc\n", SENT_AUTHORIZATION, "Bearer", "abc"},
    {"/\n> Authorization: Bearerabc.def\n", SENT_AUTHORIZATION, "Bearer", "abc.def"},
    {"/\n> Authorization: Bearer: abc\n", SENT_AUTHORIZATION, "Bearer", "abc"},
    {"/\n> Authorization: Bearer=abc\n", SENT_AUTHORIZATION, "Bearer", "abc"},
    {"/\n> Authorization: Bearer a%2Fb%3D\n", SENT_AUTHORIZATION, "Bearer", "a/b="},
    {"/\n> Authorization: Bearer a\xe2\x80\x8b"
     "b\n",
     SENT_AUTHORIZATION, "Bearer", "ab"},
    {"/\n> Authorization: Bearer {\"access_token\":\"abc\",\"expires_in\":1}\n", SENT_AUTHORIZATION,
     "Bearer", "abc"},
    {"/\n> Authorization: Digest username=\"a b\", nc=1\n", SENT_AUTHORIZATION, "Digest",
     "username=\"a b\", nc=1"},
    {"/\n> Autorization: Bearer abc\n", SENT_FIELD, "Bearer", "abc"},
    {"/\n> Authentication: abc\n", SENT_FIELD, NULL, "abc"},
    {"/\n> Bearer: abc\n", SENT_FIELD, "Bearer", "abc"},
    {"/\n> api_key: abc\n", SENT_FIELD, NULL, "abc"},
    {"/\n> Ocp-Apim-Subscription-Key: abc\n> Cookie: sid=1\n", SENT_FIELD, NULL, "abc"},
    {"/\n> X-Vault-Token: hvs.abc\n", SENT_FIELD, NULL, "hvs.abc"},
    {"/?a=1&access_token=a%2Bb&c=2\n", SENT_QUERY, NULL, "a+b"},
    {"/?X-Amz-Signature=abc\n", SENT_QUERY, NULL, "abc"},
    {"/\n> Cookie: _ga=1; session=abc; b=2\n", SENT_COOKIE, NULL, "abc"},
};

static void finds_what_was_sent(void **state)
{
    static struct scene scene;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(SENTS); i++) {
        char text[512];
        struct capture *capture;

        (void)snprintf(text, sizeof(text), "> GET https://a.example%s< 401\n", SENTS[i].fields);
        capture = captured(CAPTURE_HTTP, text);
        assert_int_equal(scene_make(capture, 0, 1, &scene), 0);
        if (scene.sent.where != SENTS[i].where) {
            print_error("%s: %d\n", SENTS[i].fields, (int)scene.sent.where);
            fail();
        }
        assert_span(scene.sent.scheme, SENTS[i].scheme);
        assert_span(scene.sent.payload, SENTS[i].payload);
        capture_free(capture);
    }
}

static void decodes_basic(void **state)
{
    static struct scene scene;
    struct capture *capture = captured(
        CAPTURE_HTTP,
        "> GET /a?b=c\n> Host: h.example:8080\n> Authorization: Basic am9lOmE6Yg==\n< 401\n");

    (void)state;
    assert_int_equal(scene_make(capture, 0, 1, &scene), 0);
    assert_true(scene.sent.is_basic_decoded);
    assert_span(scene.sent.user, "joe");
    assert_span(scene.sent.password, "a:b");
    assert_int_equal(scene.token.shape, TOKEN_NONE);
    assert_span(scene.host, "h.example");
    assert_span(scene.path, "/a");
    assert_span(scene.query, "b=c");
    capture_free(capture);
}

/* -- What the server said ---------------------------------------------------------------------- */

static void reads_the_answer(void **state)
{
    static struct scene scene;
    struct capture *capture = captured(
        CAPTURE_HTTP,
        "@ 1000\n> GET https://a.example/a\n> Authorization: Bearer x\n< 302\n< Location: /b\n"
        "@ 1001\n> GET https://a.example/b\n< 401\n< Date: Sun, 06 Nov 1994 08:49:37 GMT\n< Age: "
        "10\n"
        "< WWW-Authenticate: Bearer realm=\"r\", error=\"invalid_token\", error_description=\"a "
        "\\\"b\\\"\"\n"
        "< X-Amzn-Remapped-WWW-Authenticate: Basic realm=x realm2=y\n< Content-Type: "
        "application/json\n"
        "= {\"message\":\"Jwt is expired\"}\n");

    (void)state;
    assert_int_equal(scene_choose(capture), 1);
    assert_int_equal(scene_make(capture, 1, 5, &scene), 0);
    assert_ptr_equal(scene.before, capture->exchanges[0]);
    assert_int_equal(scene.n_challenges, 2);
    assert_null(scene.challenges[0].fault.what);
    assert_non_null(scene.challenges[1].fault.what);
    assert_span(scene_param(scene_challenge(&scene, "bearer"), "REALM"), "r");
    assert_null(scene_challenge(&scene, "Digest"));
    assert_span(scene.error, "invalid_token");
    assert_span(scene.error_description, "a \"b\"");
    assert_true(scene.clocks.server == 784111787 && scene.clocks.judged == 784111787);
    assert_true(scene.clocks.capture == 1001 && scene.clocks.local == 5);
    assert_true(scene.body_is_json && !scene.body_is_html && scene.is_https);
    assert_true(scene_says(&scene, "jwt is EXPIRED"));
    assert_false(scene_says(&scene, "nothing of that"));
    capture_free(capture);
}

static const struct {
    enum capture_kind kind;
    const char *creator;
    const char *text;
    bool sanitized;
} CLEANED[] = {
    {CAPTURE_HTTP, NULL, GET("/") "< 401\n", false},
    {CAPTURE_HAR, "WebInspector 537.36", GET("/") "> Authorization: Bearer abcdef\n< 401\n", false},
    {CAPTURE_HAR, "Firefox", GET("/") "< 401\n", false},
    {CAPTURE_COMMAND, NULL, GET("/") "> Authorization: Bearer $TOKEN\n", false},
    {CAPTURE_CURL_VERBOSE, NULL,
     GET("/") "> Authorization: Bearer $TOKEN\n< 401\n= jwt malformed\n", false},
    {CAPTURE_CURL_VERBOSE, NULL, GET("/") "> Authorization: Bearer $TOKEN\n< 401\n", true},
    {CAPTURE_HAR, "WebInspector 537.36", GET("/") "> X-Authorization: Bearer abcdef\n< 401\n",
     false},
    {CAPTURE_HAR, "WebInspector 537.36", GET("/") "> Bearer: abcdef\n< 401\n", false},
    {CAPTURE_HAR, "WebInspector 537.36", GET("/") "> X-API-Key: abcdef\n< 401\n", true},
    {CAPTURE_HAR, "WebInspector 537.36", GET("/") "< 401\n", true},
    {CAPTURE_HTTP, NULL, GET("/") "> Authorization: Bearer ***\n< 401\n", true},
    {CAPTURE_HTTP, NULL, GET("/") "> Authorization: [Filtered]\n< 401\n", true},
    {CAPTURE_HTTP, NULL, GET("/") "> Cookie: session=REDACTED\n< 401\n", true},
};

static void tells_cleaned_captures(void **state)
{
    static struct scene scene;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CLEANED); i++) {
        struct capture *capture = captured(CLEANED[i].kind, CLEANED[i].text);

        capture->creator = dw_span_of(CLEANED[i].creator);
        assert_int_equal(scene_make(capture, 0, 1, &scene), 0);
        if (scene_is_sanitized(&scene) != CLEANED[i].sanitized) {
            print_error("%s\n", CLEANED[i].text);
            fail();
        }
        capture_free(capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_dates),
        cmocka_unit_test(takes_urls_apart),
        cmocka_unit_test(looks_into_spans),
        cmocka_unit_test(tells_masks),
        cmocka_unit_test(chooses),
        cmocka_unit_test(finds_what_was_sent),
        cmocka_unit_test(decodes_basic),
        cmocka_unit_test(reads_the_answer),
        cmocka_unit_test(tells_cleaned_captures),
    };

    return RUN_TAP(tests);
}
