/* SPDX-License-Identifier: Apache-2.0 */
#include "captured.h"

#define GET     "> GET https://api.example.com/orders\n"
#define REFUSED "< 401\n< WWW-Authenticate: Bearer realm=\"api\"\n"
#define JWT     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2UifQ."
#define GOOD    JWT "pX9zK3mQ7vT1bY5nC8wR2dF6gH4jL0sA-uE_iO9kPyM"
#define CUT     JWT "pX9zK3mQ7vT1bY5nC8wR2dF6gH4j"
#define SENT(v) GET "> Authorization: " v "\n"

static const struct sighting HEADER[] = {
    /* nothing to find */
    {GET "< 200\n= a\n", NULL, 0, "header.missing"},
    {"> OPTIONS https://api.example.com/\n> Access-Control-Request-Method: GET\n" REFUSED, NULL, 0,
     "header.missing"},
    {SENT("Bearer " GOOD) REFUSED, NULL, 0, "header.truncated"},
    {SENT("Bearer " GOOD "=") REFUSED, NULL, 0, "header.truncated"},
    {SENT("Bearer " GOOD) REFUSED, NULL, 0, "header.illegal_char"},
    {SENT("Bearer ab12|cd34~._-+/==") REFUSED, NULL, 0, "header.placeholder"},
    {SENT("Bearer 2YotnFZFEjr1zCsicMWpAA") REFUSED, NULL, 0, "header.missing_space"},
    {SENT("Bearer ****") REFUSED, NULL, 0, "header.illegal_char"},
    {SENT("Negotiate YIIabc=") "< 401\n< WWW-Authenticate: NTLM\n", NULL, 0, "header.wrong_scheme"},
    {SENT("DPoP abc") REFUSED, NULL, 0, "header.wrong_scheme"},
    {SENT("Digest username=\"a b\"") "< 401\n< WWW-Authenticate: Digest realm=\"r\"\n", NULL, 0,
     "header.illegal_char"},
    {GET "> Cookie: sid=abc\n< 401\n", NULL, 0, "header.missing"},
    {"< 401\n< WWW-Authenticate: Bearer\n", "header.missing", 1, "header.name_typo"},

    {GET REFUSED, "header.missing", 90, NULL},
    {SENT(
         "Bearer a") "< 302\n< Location: /orders/\n> GET https://api.example.com/orders/\n" REFUSED,
     "header.missing", 1, NULL},
    {GET "> Autorization: Bearer abc\n" REFUSED, "header.name_typo", 95, "header.missing"},
    {GET "> Authorisation: Bearer abc\n" REFUSED, "header.name_typo", 95, NULL},
    {GET "> Authentication: Bearer abc\n" REFUSED, "header.name_typo", 95, NULL},
    {GET "> X-Auth-Token: abc\n" REFUSED, "header.name_typo", 60, NULL},
    {GET "> Bearer: abc\n" REFUSED, "header.bearer_as_name", 99, "header.name_typo"},
    {SENT(GOOD) REFUSED, "header.missing_scheme", 95, NULL},
    {SENT("Bearer" GOOD) REFUSED, "header.missing_space", 99, "header.missing_scheme"},
    {SENT("Bearer: abc") REFUSED, "header.scheme_colon", 99, "header.missing_space"},
    {SENT("Bearer:abc") REFUSED, "header.scheme_colon", 99, "header.missing_space"},
    {SENT("Bearer=abc") REFUSED, "header.scheme_equals", 95, NULL},
    {SENT("Bearer  =abc") REFUSED, "header.scheme_equals", 95, NULL},
    {SENT("Bearer Bearer abc") REFUSED, "header.duplicate_scheme", 99, NULL},
    {SENT("bearer Bearer abc") REFUSED, "header.duplicate_scheme", 99, NULL},
    {SENT("Authorization: Bearer abc") REFUSED, "header.name_in_value", 99,
     "header.missing_scheme"},
    {SENT("Token abc") REFUSED, "header.wrong_scheme", 85, NULL},
    {SENT("Baerer abc") REFUSED, "header.wrong_scheme", 97, NULL},
    {SENT("bearer abc") REFUSED, "header.scheme_case", 40, "header.wrong_scheme"},
    {SENT("Bearer   abc") REFUSED, "header.extra_whitespace", 60, NULL},
    {SENT("Bearer\tabc") REFUSED, "header.extra_whitespace", 60, NULL},
    {SENT("Bearer abc ") REFUSED, "header.extra_whitespace", 60, NULL},
    {SENT("Bearer " GOOD "  ") "< 401\n= jwt malformed\n", "header.extra_whitespace", 90, NULL},
    {SENT("Bearer") REFUSED, "header.empty_token", 99, NULL},
    {SENT("Bearer ") REFUSED, "header.empty_token", 99, NULL},
    {SENT("Basic Og==") "< 401\n< WWW-Authenticate: Basic\n", "header.empty_token", 99, NULL},
    {SENT("Bearer <token>") REFUSED, "header.placeholder", 99, "header.illegal_char"},
    {SENT("Bearer YOUR_ACCESS_TOKEN") REFUSED, "header.placeholder", 99, NULL},
    {SENT("Bearer {{token}}") REFUSED, "header.placeholder", 99, NULL},
    {SENT("Bearer ${TOKEN}") REFUSED, "header.placeholder", 99, NULL},
    {SENT("Bearer $TOKEN") REFUSED, "header.placeholder", 99, NULL},
    {SENT("Bearer %ACCESS_TOKEN%") REFUSED, "header.placeholder", 99, "header.percent_encoded"},
    {SENT("Bearer undefined") REFUSED, "header.placeholder", 99, NULL},
    {SENT("undefined") REFUSED, "header.placeholder", 99, "header.missing_scheme"},
    {SENT("Bearer [object Promise]") REFUSED, "header.placeholder", 99, "header.illegal_char"},
    {SENT("Bearer eyJ...") REFUSED, "header.placeholder", 74, NULL},
    {SENT("Bearer xxxxxxxx") REFUSED, "header.placeholder", 74, NULL},
    {SENT("Bearer sk_test_XXXXXXXX") REFUSED, "header.placeholder", 74, NULL},
    {SENT("Basic dW5kZWZpbmVkOnVuZGVmaW5lZA==") "< 401\n< WWW-Authenticate: Basic\n",
     "header.placeholder", 99, NULL},
    {GET "> X-API-Key: \"abc\"\n" REFUSED, "header.quoted_token", 99, NULL},
    {SENT("Bearer \"" GOOD "\"") REFUSED, "header.quoted_token", 99, "header.illegal_char"},
    {SENT("Bearer b'" GOOD "'") REFUSED, "header.quoted_token", 99, "header.illegal_char"},
    {SENT("Bearer \xe2\x80\x9c" GOOD "\xe2\x80\x9d") REFUSED, "header.smart_quotes", 99,
     "header.invisible_unicode"},
    {SENT("Bearer \xe2\x80\x8b" GOOD) REFUSED, "header.invisible_unicode", 99,
     "header.smart_quotes"},
    /* a browser writes down bytes as characters */
    {SENT("Bearer \xc3\xa2\xc2\x80\xc2\x8b" GOOD) REFUSED, "header.invisible_unicode", 99,
     "header.illegal_char"},
    {SENT("Bearer, abc") REFUSED, "header.missing_space", 99, "header.illegal_char"},
    {SENT("Bearer %!s(<nil>)") REFUSED, "header.placeholder", 99, NULL},
    {GET "> X-API-Key: Bearer abc\n< 401\n", "header.duplicate_scheme", 70, NULL},
    {SENT("Basic " GOOD) REFUSED, "header.wrong_scheme", 95, NULL},
    {SENT("Bearer\xc2\xa0" GOOD) REFUSED, "header.invisible_unicode", 99, "header.missing_space"},
    {SENT("Bearer " GOOD "\r") REFUSED, "header.newline", 95, "header.illegal_char"},
    {SENT("Bearer " GOOD "\\n") REFUSED, "header.newline", 95, "header.illegal_char"},
    {SENT("Bearer ab%2Bcd%3D%3D") REFUSED, "header.percent_encoded", 90, NULL},
    {SENT("Bearer%20" GOOD) REFUSED, "header.percent_encoded", 90, "header.missing_scheme"},
    {"> GET https://a.example/?access_token=ab+cd/ef\n" REFUSED, "header.not_percent_encoded", 70,
     NULL},
    {SENT("Bearer {\"access_token\":\"" GOOD "\",\"expires_in\":3600}") REFUSED, "header.json_blob",
     99, "header.placeholder"},
    {SENT("{\"access_token\":\"a\",\"expires_in\":3600}") REFUSED, "header.json_blob", 99,
     "header.missing_scheme"},
    {SENT("Bearer eyJhbGciOiJIUzI1NiJ9.eyJz dWIi.abc") REFUSED, "header.illegal_char", 85, NULL},
    {SENT("Bearer ab#cd!ef") REFUSED, "header.illegal_char", 70, NULL},
    {SENT("Bearer " CUT) REFUSED, "header.truncated", 95, NULL},
    {SENT("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2U") REFUSED, "header.truncated", 85, NULL},
    {SENT("Bearer a") "> Authorization: Basic b\n" REFUSED, "header.multiple_authorization", 95,
     NULL},
    {SENT("Basic YTpi, Bearer abc") REFUSED, "header.multiple_authorization", 95, NULL},
    {"> GET https://a.example/?access_token=b\n> Authorization: Bearer a\n< 400\n"
     "< WWW-Authenticate: Bearer error=\"invalid_request\"\n",
     "header.multiple_methods", 97, NULL},
    {SENT("Bearer abc") "< 401\n= {\"message\":\"Missing API key found in request\"}\n",
     "header.wrong_location", 90, NULL},
    {SENT("Bearer abc") "< 401\n= {\"message\":\"The X-Auth-Token header must be set\"}\n",
     "header.wrong_location", 80, NULL},
    {SENT("Bearer abc") "< 401\n= {\"message\":\"X-CSRF-Token header missing\"}\n", NULL, 0,
     "header.wrong_location"},
    {SENT("ApiKey abc") "< 401\n= {\"message\":\"Please provide the appid query parameter\"}\n",
     "header.wrong_location", 80, NULL},
    {GET "> X-Api-Key: abc\n< 401\n= {\"message\":\"Invalid key. Please pass your API key\"}\n",
     NULL, 0, "header.wrong_location"},
    {SENT("{access_token=" GOOD ", expires_in=3600}") REFUSED, "header.json_blob", 99,
     "header.missing_scheme"},
    {SENT("Bearer access_token=" GOOD "&expires_in=3600") REFUSED, "header.json_blob", 99,
     "header.truncated"},
    {SENT("Basic YTpi; Bearer abc") REFUSED, "header.multiple_authorization", 95,
     "basic.bad_base64"},
    {SENT("Bearer Authorization: Bearer " GOOD) REFUSED, "header.name_in_value", 99, NULL},
    {GET REFUSED "* Server auth using Digest with user 'joe'\n", "header.missing", 50, NULL},
    {GET "> my_api_key: abc\n< 401\n< Server: nginx\n= missing key\n", "header.underscore_dropped",
     90, NULL},
    {GET "> Connection: close, authorization\n" REFUSED, "header.hop_by_hop", 90, NULL},
    {GET "> User-Agent: python-requests/2.31\n> Authorization: Basic YTpi\n" REFUSED,
     "header.netrc_override", 70, NULL},
    {SENT("Bearer abc") REFUSED "* Server auth using Basic with user 'joe'\n",
     "header.client_override", 80, NULL},
    {SENT("Basic YTpi") "< 401\n< WWW-Authenticate: Basic\n* Server auth using Basic with user "
                        "'a'\n",
     NULL, 0, "header.client_override"},
    {GET "> Proxy-Authorization: Basic YTpi\n" REFUSED, "header.proxy_confusion", 85, NULL},
    {SENT("Basic YTpi") "< 407\n< Proxy-Authenticate: basic realm=\"p\"\n",
     "header.proxy_confusion", 97, NULL},
    {SENT("Bearer a") "< 407\n< Proxy-Authenticate: Basic\n", "header.proxy_confusion", 85, NULL},
    {GET "> Accept: */*\n* -H begins with a typographic quote: \xe2\x80\x9c"
         "Authorization\n",
     "header.smart_quotes", 99, NULL},
    {SENT("Token token=abcdef") REFUSED, "header.wrong_scheme", 85, "header.duplicate_scheme"},
    {SENT("Token token=\"abcdef\"") REFUSED, "header.wrong_scheme", 85, "header.quoted_token"},
    {SENT("Token token=") "< 401\n< WWW-Authenticate: Token\n", "header.empty_token", 97,
     "header.duplicate_scheme"},
    {GET "> Origin: https://a.example\n> Upgrade: websocket\n" REFUSED, "header.js_cannot_set", 85,
     NULL},
    {GET "> Sec-Fetch-Mode: no-cors\n> Sec-Fetch-Dest: image\n" REFUSED, "header.js_cannot_set", 85,
     NULL},
    {GET "> Sec-Fetch-Mode: no-cors\n> Sec-Fetch-Dest: empty\n" REFUSED, "header.no_cors_mode", 85,
     NULL},
};

#define BASIC(v) GET "> Authorization: Basic " v "\n< 401\n< WWW-Authenticate: Basic realm=\"r\"\n"

static const struct sighting BASICS[] = {
    {BASIC("am9lOnNlY3JldA=="), "basic.wrong_password", 60, "basic.bad_base64"},
    {GET "> Authorization: Basic am9lOnNlY3JldA==\n< 403\n", NULL, 0, "basic.wrong_password"},
    {BASIC("am9l*OnNlY3JldA=="), "basic.bad_base64", 99, "basic.wrong_password"},
    {BASIC("joe:secret"), "basic.bad_base64", 99, NULL},
    {BASIC("am9lOnNlY3JldA"), "basic.bad_base64", 70, NULL},
    {BASIC("am9lc2VjcmV0"), "basic.no_colon", 99, "basic.wrong_password"},
    {BASIC("am9lOnNlY3JldAo="), "basic.trailing_newline", 99, "basic.wrong_password"},
    {BASIC("YW05bE9uTmxZM0psZEE9PQ=="), "basic.double_encoded", 95, "basic.no_colon"},
    {BASIC("am9lOmE6Yg=="), "basic.colon_in_user", 50, NULL},
    {BASIC("am9lOnDkc3M="), "basic.charset", 75, NULL},
    {BASIC("am9lOnBhzIhzcw=="), "basic.charset", 75, NULL},
    {BASIC("am9lOnAlNDBzcw=="), "basic.url_userinfo", 90, NULL},
    {"> GET https://ss#1@api.example.com/\n> Authorization: Basic YTpi\n< 0\n",
     "basic.url_userinfo", 75, NULL},
    {"> GET https://npm.example.com/@scope/x\n> Authorization: Basic YTpi\n< 401\n", NULL, 0,
     "basic.url_userinfo"},
    {BASIC("OnNlY3JldA=="), "basic.key_position", 60, NULL},
    {BASIC("YXBpOnNrX2xpdmVfMDEyMzQ1Njc4OWFiY2RlZg=="), "basic.key_position", 85, NULL},
    {"> GET https://api.github.com/user\n> Authorization: Basic am9lOnNlY3JldA==\n< 401\n"
     "= {\"message\":\"Support for password authentication was removed\"}\n",
     "basic.password_disabled", 90, NULL},
    {"> GET https://u:p@a.example/\n> User-Agent: Mozilla/5.0\n< 401\n< WWW-Authenticate: Basic\n",
     "basic.browser_url_creds", 85, NULL},
    {GET "> User-Agent: Mozilla/5.0\n> Authorization: Basic am9lOnNlY3JldA==\n< 401\n< "
         "WWW-Authenticate: Basic\n",
     "basic.cached_wrong", 40, NULL},
    {SENT("Bearer abc") "< 401\n< WWW-Authenticate: Basic realm=\"Staging\"\n", "basic.two_layers",
     90, NULL},
};

#define ASKED \
    "< 401\n< WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\", algorithm=MD5"
#define ANSWER(v)                                                                                 \
    GET "> Authorization: Digest username=\"joe\", realm=\"r\", nonce=\"n1\", response=\"0\", " v \
        "\n"
#define RIGHT  "uri=\"/orders\", qop=auth, cnonce=\"c\", nc=00000001"
#define TYPE_1 "TlRMTVNTUAABAAAA"
#define TYPE_2 "TlRMTVNTUAACAAAA"
#define TYPE_3 "TlRMTVNTUAADAAAA"

static const struct sighting DIGESTS[] = {
    {ANSWER(RIGHT) ASKED "\n", NULL, 0, "digest.qop_nc"},
    {ANSWER(RIGHT) ASKED "\n", "basic.wrong_password", 60, "digest.uri_mismatch"},
    {ANSWER(RIGHT) ASKED ", stale=true\n", "digest.stale_nonce", 99, "basic.wrong_password"},
    {ANSWER("uri=\"/other\", qop=auth, cnonce=\"c\", nc=00000001") ASKED "\n",
     "digest.uri_mismatch", 70, NULL},
    {ANSWER(RIGHT ", algorithm=SHA-256") ASKED "\n", "digest.algorithm", 75, NULL},
    {ANSWER("uri=\"/orders\"") ASKED "\n", "digest.qop_nc", 85, NULL},
    {ANSWER("uri=\"/orders\", qop=auth, cnonce=\"c\", nc=1") ASKED "\n", "digest.qop_nc", 90, NULL},
    {ANSWER("uri=\"/orders\", qop=auth, nc=00000001") ASKED "\n", "digest.qop_nc", 90, NULL},
    {ANSWER(RIGHT) "< 200\n" ANSWER(RIGHT) ASKED "\n" ANSWER(RIGHT) ASKED "\n", "digest.qop_nc", 90,
     NULL},
    {ANSWER(RIGHT) ASKED "\n< X-Served-By: a\n" ANSWER(RIGHT) ASKED "\n< X-Served-By: b\n",
     "digest.nonce_not_shared", 82, NULL},
    {ANSWER(RIGHT) ASKED "\n< X-Served-By: a\n" ANSWER(RIGHT) ASKED "\n< X-Served-By: a\n",
     "digest.nonce_not_shared", 50, NULL},
    {ANSWER(RIGHT) ASKED ", userhash=true\n", "digest.userhash_charset", 70, NULL},
    {SENT("NTLM " TYPE_3) "< 401\n< WWW-Authenticate: NTLM " TYPE_2 "\n", "ntlm.connection_broken",
     75, NULL},
    {SENT("NTLM " TYPE_1) "< 401\n< WWW-Authenticate: NTLM " TYPE_2 "\n< Connection: close\n",
     "ntlm.connection_broken", 75, NULL},
    {SENT("NTLM " TYPE_1) "< 401\n< WWW-Authenticate: NTLM " TYPE_2 "\n", NULL, 0,
     "ntlm.connection_broken"},
    {SENT("Negotiate " TYPE_1) "< 401\n< WWW-Authenticate: Negotiate\n", "negotiate.spn", 70, NULL},
    {GET "< 401\n< WWW-Authenticate: Negotiate\n", "negotiate.not_sent", 80, NULL},
    {GET "< 401\n< Server: Microsoft-IIS/10.0\n= HTTP Error 401.2 - Unauthorized\n", "iis.401_2",
     90, "iis.401_1"},
    {SENT("Negotiate YIIabc=") "< 401\n= HTTP Error 401.3 - Unauthorized\n", "iis.401_3", 90, NULL},
};

static void sees_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(HEADER); i++) {
        check_sighting(&HEADER[i], CAPTURE_HTTP, rules_header);
    }
}

static void sees_basic(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(BASICS); i++) {
        check_sighting(&BASICS[i], CAPTURE_HTTP, rules_basic);
    }
}

static void sees_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(DIGESTS); i++) {
        check_sighting(&DIGESTS[i], CAPTURE_HTTP, rules_digest);
    }
}

/* -- The caret and what to paste --------------------------------------------------------------- */

static const struct {
    const char *value, *cause;
    const char *under;    /* what the caret stands under */
    const char *repaired; /* NULL: nothing to paste */
} CARETS[] = {
    {"Bearer <token>", "header.placeholder", "<token>", NULL},
    {"Bearer", "header.empty_token", "Bearer", NULL},
    {"abc", "header.missing_scheme", "abc", "Bearer abc"},
    {"Bearer: abc", "header.scheme_colon", ":", "Bearer abc"},
    {"Bearer=abc", "header.scheme_equals", "=", "Bearer abc"},
    {"Bearer bearer abc", "header.duplicate_scheme", "bearer", "Bearer abc"},
    {"Authorization: Bearer abc", "header.name_in_value", "Authorization:", "Bearer abc"},
    {"Token abc", "header.wrong_scheme", "Token", "Bearer abc"},
    {"Bearer   abc", "header.extra_whitespace", "   ", "Bearer abc"},
    {"Bearer \"abc\"", "header.quoted_token", "\"abc\"", "Bearer abc"},
    {"Bearer abc'", "header.quoted_token", "'", "Bearer abc"},
    {"Bearer ab\xe2\x80\x8b"
     "c",
     "header.invisible_unicode", "\xe2\x80\x8b", "Bearer abc"},
    {"Bearer \xe2\x80\x9c"
     "abc\xe2\x80\x9d",
     "header.smart_quotes", "\xe2\x80\x9c", "Bearer abc"},
    {"Bearer a%2Fc", "header.percent_encoded", "%2F", "Bearer a/c"},
    {"Bearer abc\r", "header.newline", "\r", "Bearer abc"},
    {"Bearer a#c!", "header.illegal_char", "#", "Bearer a#c!"},
    {"Bearer {\"access_token\":\"abc\"}", "header.json_blob", "{\"access_token\":\"abc\"}",
     "Bearer abc"},
    {"Basic am9l*", "basic.bad_base64", "*", NULL},
    {"Basic joe:a", "basic.bad_base64", ":", "Basic am9lOmE="},
    {"Basic am9lOnNlY3JldAo=", "basic.trailing_newline", "dAo=", "Basic am9lOnNlY3JldA=="},
    {"Basic am9l", "basic.no_colon", "am9l", "Basic am9lOg=="},
};

static void check_caret(const char *value, const char *cause, const char *under,
                        const char *repaired)
{
    struct capture *capture =
        captured(CAPTURE_HTTP, GET REFUSED "< WWW-Authenticate: Basic realm=\"r\"\n");
    struct exchange *it = capture->exchanges[0];
    struct scene *scene = arena_take(capture->arena, sizeof(*scene));
    struct diagnosis *diagnosis = arena_take(capture->arena, sizeof(*diagnosis));
    const struct finding *finding;

    assert_true(capture_add_field(capture, &it->request, DW_SPAN("Authorization"),
                                  dw_span_of(value), (struct place){3, 0}));
    diagnosis->arena = capture->arena;
    diagnosis->scene = scene;
    assert_int_equal(scene_make(capture, 0, 1, scene), 0);
    rules_header(scene, diagnosis);
    rules_basic(scene, diagnosis);
    finding = found_in(diagnosis, cause);
    if (finding == NULL) {
        fail_msg("%s: no %s", value, cause);
        return;
    }
    assert_ptr_equal(finding->caret.field, &it->request.fields[0]);
    assert_span(
        (struct dw_span){finding->caret.field->value.at + finding->caret.at, finding->caret.len},
        under);
    assert_int_equal(finding->evidence[0].place.line, 3);
    if (repaired == NULL) {
        assert_null(finding->repaired);
    } else {
        assert_non_null(finding->repaired);
        assert_string_equal(finding->repaired, repaired);
    }
    capture_free(capture);
}

static void points_and_mends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CARETS); i++) {
        check_caret(CARETS[i].value, CARETS[i].cause, CARETS[i].under, CARETS[i].repaired);
    }
}

/* No password is in what is shown: only in what is to be pasted. */
static void shows_no_password(void **state)
{
    static const char *const VALUES[] = {"am9lOmh1bnRlcjI=", "am9lOmh1bnRlcjIK",
                                         "aHVudGVyMg==", "am9lOmh1bnRlcjI6aHVudGVyMg=="};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        struct capture *capture;
        struct scene *scene;
        struct diagnosis *diagnosis;
        char text[256];

        (void)snprintf(text, sizeof(text), BASIC("%s"), VALUES[i]);
        capture = captured(CAPTURE_HTTP, text);
        scene = arena_take(capture->arena, sizeof(*scene));
        diagnosis = arena_take(capture->arena, sizeof(*diagnosis));
        diagnosis->arena = capture->arena;
        assert_int_equal(scene_make(capture, 0, 1, scene), 0);
        rules_header(scene, diagnosis);
        rules_basic(scene, diagnosis);
        assert_true(diagnosis->n_findings > 0);
        for (size_t k = 0; k < diagnosis->n_findings; k++) {
            for (size_t j = 0; j < diagnosis->findings[k].n_evidence; j++) {
                assert_null(strstr(diagnosis->findings[k].evidence[j].what, "hunter2"));
            }
        }
        capture_free(capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_headers),      cmocka_unit_test(sees_basic),
        cmocka_unit_test(sees_digest),       cmocka_unit_test(points_and_mends),
        cmocka_unit_test(shows_no_password),
    };

    return RUN_TAP(tests);
}
