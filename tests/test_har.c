/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"
#include "har_print.h"
#include "json_push.h"

#define TEXT_SIZE 262144

/* An entry around `request` and `response`. */
#define ENTRY(request, response) "{\"request\":{" request "},\"response\":{" response "}}"
#define ENTRIES(entries)         "{\"log\":{\"entries\":[" entries "]}}"
#define REFUSED                  ENTRY("\"url\":\"https://a.example/\"", "\"status\":401")
#define FIELD(name, value)       "{\"name\":\"" name "\",\"value\":\"" value "\"}"

/* At once, against a guard page; and the same byte by byte. */
static char *print_both(struct dw_span text)
{
    struct guarded guarded = guard_bytes(text.at, text.len);
    char *whole = print_har(guarded.span, text.len);
    char *bytes = print_har(guarded.span, 1);

    assert_string_equal(whole, bytes);
    free(bytes);
    guard_release(&guarded);
    return whole;
}

static struct capture *read_text(const char *text)
{
    struct complaint why = {""};
    struct guarded guarded = guard_text(text);
    struct capture *capture = read_har(guarded.span, guarded.span.len, &why);

    if (capture == NULL) {
        fail_msg("%s: %s", text, why.text);
    }
    guard_release(&guarded);
    return capture;
}

/* -- What is refused ------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    const char *says;
} REFUSALS[] = {
    {"", "a.har:1:1: the text ends too soon, and no entry is complete before that"},
    {"\xef\xbb\xbf", "a.har:1:4: the text ends too soon"},
    {"\xef\xbb?", "a.har:1:3: a value was expected"},
    {"\xff\xfe{", "a.har:1:1: a text in UTF-16 has to be saved as UTF-8"},
    {"{\"log\"", "a.har:1:7: the text ends too soon"},
    {"{\n\"log\":\n  %}", "a.har:3:3: a value was expected"},
    {"{\"log\":{'entries':[]}}", "a.har:1:9: a member's name or a closing brace was expected"},
    {"{\"log\" {}}", "a.har:1:8: a colon was expected"},
    {"{\"log\":{} \"x\":1}", "a.har:1:11: a comma or a closing brace was expected"},
    {"{\"log\":{\"entries\":[1 2]}}", "a comma or a closing bracket was expected"},
    {"{\"log\":nope}", "a.har:1:12: a value was expected before this"},
    {"{\"log\":{\"entries\":[{\"time\":\"\\u12g4\"}]}}", "four hexadecimal digits"},
    {"{\"log\":{}}", "a.har: there are no entries in it"},
    {"{\"log\":{\"entries\":[]}}", "a.har: there are no entries in it"},
    {"{\"log\":{\"entries\":[null, 1, \"x\", []]}}", "a.har: there are no entries in it"},
    {"[1, {\"log\": null}]", "a.har: there are no entries in it"},
    {"12", "a.har: there are no entries in it"},
    {"\"text\" x", "a.har:1:8: something follows the end"},
    {"{\"log\":{\"entries\":[{\"request\":{", "a.har:1:32: the text ends too soon"},
};

static void refuses_with_a_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(REFUSALS); i++) {
        char *printed = print_both(dw_span_of(REFUSALS[i].text));

        if (strncmp(printed, "refused: ", 9) != 0 || strstr(printed, REFUSALS[i].says) == NULL) {
            fail_msg("%s: %s", REFUSALS[i].text, printed);
        }
        free(printed);
    }
}

static void refuses_a_text_that_is_nested_too_deeply(void **state)
{
    static char text[2 * JSON_PUSH_DEPTH_MAX];
    char *printed;

    (void)state;
    memset(text, '[', sizeof(text));
    printed = print_both((struct dw_span){text, sizeof(text)});
    assert_non_null(strstr(printed, "nested too deeply"));
    free(printed);
}

static void keeps_refusing(void **state)
{
    struct complaint why;
    struct har *har = har_new("a.har");
    struct capture *capture = NULL;

    (void)state;
    assert_non_null(har);
    assert_int_equal(har_push(har, DW_SPAN("?"), &why), -1);
    assert_int_equal(har_push(har, DW_SPAN(ENTRIES(REFUSED)), &why), -1);
    assert_int_equal(har_end(har, &capture, &why), -1);
    assert_null(capture);
    har_free(har);
    har_free(NULL);
}

/* -- What is cut ---------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    unsigned line, entry, n;
} CUTS[] = {
    {"{\"log\":{\"entries\":[" REFUSED, 1, 1, 1},
    {"{\"log\":{\"entries\":[\n" REFUSED ",\n{\"request\":{\"url\":\"", 3, 2, 1},
    {"{\"log\":{\"entries\":[" REFUSED ",\n" REFUSED " ?", 2, 2, 2},
    {ENTRIES(REFUSED) "\n$ ", 2, 1, 1},
    {ENTRIES(REFUSED) ENTRIES(REFUSED), 1, 1, 1},
    /* Of the last one all is there but the end of its body. */
    {"{\"log\":{\"entries\":[" REFUSED
     ",\n{\"request\":{},\"response\":{\"status\":401,\"headers\":[" FIELD(
         "a", "b") "],\"content\":{\"text\":\"half",
     2, 2, 2},
};

static void keeps_what_stood_before_a_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CUTS); i++) {
        struct capture *capture = read_text(CUTS[i].text);

        free(print_both(dw_span_of(CUTS[i].text)));
        assert_true(capture->is_cut);
        assert_int_equal(capture->cut_at.line, CUTS[i].line);
        assert_int_equal(capture->cut_at.entry, CUTS[i].entry);
        assert_int_equal(capture->n_exchanges, CUTS[i].n);
        assert_int_equal(capture->exchanges[0]->status, 401);
        capture_free(capture);
    }
}

static void reads_every_beginning_of_a_har(void **state)
{
    static const char TEXT[] = ENTRIES(REFUSED "," ENTRY(
        "\"url\":\"\\ud83d\\ude00\\ud800\",\"headers\":[" FIELD("a", "\\n\\u0041") "]",
        "\"status\":2e2,\"content\":{\"text\":\"eA==\",\"encoding\":\"base64\"}"));

    (void)state;
    for (size_t len = 0; len <= sizeof(TEXT) - 1; len++) {
        free(print_both((struct dw_span){TEXT, len}));
    }
}

/* -- JSON that is taken --------------------------------------------------------------------------- */

static const struct {
    const char *written; /* as the URL */
    const char *url;
} STRINGS[] = {
    {"a\\\"\\\\\\/b", "a\"\\/b"},
    {"\\u00e9\\u20ac\\ud83d\\ude00", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\\ud83d|\\ude00|\\ud83d\\ud83d\\ude00|\\ud800\\n|\\ud800",
     "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xf0\x9f\x98\x80|\xef\xbf\xbd\n|\xef\xbf\xbd"},
    {"C:\\dir\\q\\'", "C:\\dir\\q\\'"},
    {"a\tb", "a\tb"},
    {"\xff\xfe", "\xff\xfe"},
};

static void reads_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(STRINGS); i++) {
        char text[512];
        struct capture *capture;

        (void)snprintf(text, sizeof(text), ENTRIES(ENTRY("\"url\":\"%s\"", "\"status\":401")),
                       STRINGS[i].written);
        free(print_both(dw_span_of(text)));
        capture = read_text(text);
        assert_span(capture->exchanges[0]->url, STRINGS[i].url);
        capture_free(capture);
    }
}

/* Each is a HAR of one entry with the status 401. */
static const char *const KIND[] = {
    "\xef\xbb\xbf" ENTRIES(REFUSED),
    " \r\n\t" ENTRIES(REFUSED ",") "\r\n",
    "{\"entries\":[" REFUSED "]}",
    "{\"log\":{\"x\":[NaN, -Infinity, 1e400, -0, [[{}]], "
    "{\"log\":{\"entries\":[]}},],\"entries\":[" REFUSED "]}}",
    ENTRIES(ENTRY("", "\"status\":\"401\",\"status\":200")),
    ENTRIES("{\"response\":{\"status\":401},\"response\":{\"status\":200}}"),
    ENTRIES(ENTRY("", "\"headers\":[" FIELD(":status", "401") "]")),
    ENTRIES(
        ENTRY("\"headers\":null,\"cookies\":{},\"postData\":7", "\"status\":401.0,\"content\":[]")),
};

static void takes_what_is_written_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(KIND); i++) {
        struct capture *capture = read_text(KIND[i]);

        free(print_both(dw_span_of(KIND[i])));
        assert_false(capture->is_cut);
        assert_int_equal(capture->n_exchanges, 1);
        assert_int_equal(capture->exchanges[0]->status, 401);
        capture_free(capture);
    }
}

/* -- Entries -------------------------------------------------------------------------------------- */

/* One entry, and how it is printed. */
static const struct {
    const char *entry;
    const char *printed;
} READINGS[] = {
    {ENTRY("\"method\":\"GET\",\"url\":\"/\",\"headers\":[" FIELD("A", " b ") "]",
           "\"status\":401"),
     "    1.1 name=[A] value=[ b ]\n"},
    {ENTRY("\"headers\":[" FIELD("A", "x\\ny") "," FIELD("", "z") ",{\"name\":\"N\"}]",
           "\"status\":401"),
     "    1.1 name=[A] value=[x\ny]\n    1.1 name=[N] value=[]\n"},
    {ENTRY("", "\"headers\":[" FIELD("Set-Cookie", "x\\ny") "]"),
     "    1.1 name=[Set-Cookie] value=[x]\n    1.1 name=[Set-Cookie] value=[y]\n"},
    {ENTRY("\"headers\":{\"A\":\"b\",\"N\":7}", ""),
     "    1.1 name=[A] value=[b]\n    1.1 name=[N] value=[7]\n"},
    {ENTRY("\"headers\":[" FIELD(":method", "PUT") "," FIELD(":path", "/p") "," FIELD(
               ":authority", "h2.example") "]",
           "\"status\":401"),
     "method=[PUT] url=[https://h2.example/p]\n  message 1 line 1\n  message 1 line 1\n"},
    {ENTRY("\"url\":\"http://a.example/\",\"headers\":[" FIELD(":authority", "b.example") "]", ""),
     "url=[http://a.example/]\n"},
    {ENTRY("\"cookies\":[" FIELD("a", "1") "," FIELD("b", "2") "]", ""),
     "name=[Cookie] value=[a=1; b=2]\n"},
    {ENTRY("\"cookies\":[" FIELD("a", "1") "],\"headers\":[" FIELD("cookie", "a=0") "]", ""),
     "    1.1 name=[cookie] value=[a=0]\n  message 0"},
    {ENTRY("", "\"cookies\":[{\"name\":\"a\",\"value\":\"1\",\"path\":\"/"
               "\",\"secure\":true,\"httpOnly\":false,"
               "\"sameSite\":\"None\"}],\"status\":200"),
     "name=[Set-Cookie] value=[a=1; Path=/; SameSite=None; Secure]\n"},
    {ENTRY("\"postData\":{\"text\":\"a=b\",\"params\":[" FIELD("c", "d") "]}", ""),
     " body=[a=b]\n"},
    {ENTRY("\"postData\":{\"params\":[" FIELD("c c", "\xc3\xa9") "," FIELD("d", "&") "]}", ""),
     " body=[c+c=%C3%A9&d=%26]\n"},
    {ENTRY("\"postData\":{\"text\":\"YT1i\",\"encoding\":\"base64\"}", ""), " body=[a=b]\n"},
    {ENTRY("", "\"content\":{\"text\":\"eyJ4Ijox\\nfQ==\",\"encoding\":\"base64\"}"),
     " body=[{\"x\":1}]\n"},
    {ENTRY("", "\"content\":{\"encoding\":\"base64\",\"text\":\"no, plain\"}"),
     " body=[no, plain]\n"},
    {ENTRY("", "\"status\":200,\"content\":{\"mimeType\":\"image/png\",\"text\":\"xxxx\"}"),
     "  message 1 line 1 cut\n"},
    {ENTRY("", "\"status\":302,\"redirectURL\":\"/in\""), "name=[Location] value=[/in]\n"},
    {ENTRY("",
           "\"status\":302,\"redirectURL\":\"/in\",\"headers\":[" FIELD("location", "/out") "]"),
     "  message 1 line 1\n    1.1 name=[location] value=[/out]\n"},
    {ENTRY("\"httpVersion\":\"h2\"", "\"httpVersion\":\"unknown\",\"status\":-1"),
     "line 1 version=[h2]\n  message 0 line 1\n"},
    {ENTRY("", "\"status\":200,\"statusText\":\"Fine\""), " phrase=[Fine]"},
    {ENTRY("", "\"status\":99999"), " status 0 "},
    {"{\"startedDateTime\":\"2026-11-21T11:00:00.250+01:00\",\"time\":12.9}",
     " started 1795255200 took 12"},
    {"{\"startedDateTime\":\"yesterday\",\"time\":NaN}", " started 0 took -1"},
    {"{\"time\":-5}", " took -1"},
    {"{\"_fromCache\":\"memory\"}", " cache note=[_fromCache: memory]"},
    {"{\"_fromCache\":false}", " took -1 note=[_fromCache: false]"},
    {"{\"_fetchType\":\"Disk Cache\"}", " cache note"},
    {"{\"_fetchType\":\"Service Worker\"}", " worker note"},
    {"{\"_fetchType\":\"Network Load\"}", " took -1 note"},
    {ENTRY("", "\"_fetchedViaServiceWorker\":true"), " worker note"},
    {"{\"fromServiceWorker\":true}", " worker note"},
    {ENTRY("", "\"_error\":\"net::ERR_FAILED\",\"_transferSize\":0"),
     "note=[_error: net::ERR_FAILED] note=[_transferSize: 0]"},
    {"{\"_error\":null,\"comment\":\"\",\"_resourceType\":\"fetch\"}",
     " took -1 note=[_resourceType: fetch]\n"},
    {"{\"_initiator\":{\"type\":\"script\",\"stack\":{\"callFrames\":[{\"url\":\"https://a/"
     "x.js\"},{\"url\":"
     "\"https://a/y.js\"}]}},\"time\":1}",
     " took 1 note=[_initiator: script https://a/x.js]\n"},
    {"{\"_blockedCookies\":[{\"cookie\":{\"name\":\"sid\",\"value\":\"secret\"},\"blockedReasons\":"
     "["
     "\"SameSiteLax\",\"SecureOnly\"]}]}",
     " note=[_blockedCookies: sid SameSiteLax SecureOnly]\n"},
    {"{\"_webSocketMessages\":[{\"data\":\"x\",\"_error\":\"y\"}]}", " took -1\n"},
    {"{\"_webSocketMessages\":[{\"data\":\"x\"},{\"data\":\"code 4401\"},{\"data\":\"4401\"}]}",
     " took -1 note=[data: code 4401]\n"},
    {ENTRY("", "\"content\":{\"size\":7}"), " note=[the response's body was not recorded]"},
};

static void reads_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(READINGS); i++) {
        char text[1024];
        char *printed;

        (void)snprintf(text, sizeof(text), ENTRIES("%s"), READINGS[i].entry);
        printed = print_both(dw_span_of(text));
        if (strstr(printed, READINGS[i].printed) == NULL) {
            fail_msg("%s\nis read as\n%s\nwithout %s", text, printed, READINGS[i].printed);
        }
        free(printed);
    }
}

static void says_where_all_stands(void **state)
{
    static const char TEXT[] =
        "{\"log\":{\n\"creator\":{\"name\":\"Tool\",\"version\":\"1.2\"},\n"
        "\"entries\":[\n" REFUSED ",\n{\n\"request\":\n{\"headers\":[\n" FIELD(
            "a", "b") "\n]},\"response\":{\"status\":401}}]}}";
    struct capture *capture = read_text(TEXT);
    const struct exchange *second = capture->exchanges[1];

    (void)state;
    assert_int_equal(capture->kind, CAPTURE_HAR);
    assert_string_equal(capture->name, "a.har");
    assert_span(capture->creator, "Tool 1.2");
    assert_int_equal(capture->n_seen, 2);
    assert_int_equal(capture->exchanges[0]->place.line, 4);
    assert_int_equal(second->place.entry, 2);
    assert_int_equal(second->place.line, 5);
    assert_int_equal(second->request.place.line, 7);
    assert_int_equal(second->request.fields[0].place.line, 8);
    assert_int_equal(second->request.fields[0].place.entry, 2);
    assert_int_equal(second->response.place.line, 9);
    capture_free(capture);
}

/* Firefox alone means its cache by that. */
static void believes_firefox_of_its_cache(void **state)
{
    static const char FORMAT[] = "{\"log\":{\"creator\":{\"name\":\"%s\"},\"entries\":[{\"cache\":{"
                                 "\"afterRequest\":{\"hitCount\":1}}}]}}";

    (void)state;
    for (int is_firefox = 0; is_firefox < 2; is_firefox++) {
        char text[256];
        struct capture *capture;

        (void)snprintf(text, sizeof(text), FORMAT, is_firefox ? "Firefox" : "Other");
        capture = read_text(text);
        assert_int_equal(capture->exchanges[0]->from_cache, is_firefox);
        capture_free(capture);
    }
}

/* -- What is too much ------------------------------------------------------------------------------ */

static char *repeat(char *at, const char *text, size_t times)
{
    const size_t len = strlen(text);

    for (size_t i = 0; i < times; i++, at += len) {
        memcpy(at, text, len + 1);
    }
    return at;
}

static void bounds_one_entry(void **state)
{
    static char text[8 * TEXT_SIZE];
    struct capture *capture;
    const struct exchange *exchange;
    char *at = repeat(text, "{\"log\":{\"entries\":[{\"_note\":\"", 1);

    (void)state;
    at = repeat(at, "n", 5000);
    at = repeat(at, "\",\"request\":{\"url\":\"", 1);
    at = repeat(at, "u", CAPTURE_VALUE_MAX + 9);
    at = repeat(at, "\",\"headers\":[", 1);
    at = repeat(at, FIELD("name", "value") ",", CAPTURE_FIELDS_MAX + 9);
    at = repeat(at, "]},\"response\":{\"status\":401,\"content\":{\"text\":\"", 1);
    at = repeat(at, "b", CAPTURE_BODY_MAX * 3);
    (void)repeat(at, "\"}}}]}}", 1);
    capture = read_text(text);
    exchange = capture->exchanges[0];
    assert_int_equal(exchange->url.len, CAPTURE_VALUE_MAX);
    assert_int_equal(exchange->request.n_fields, CAPTURE_FIELDS_MAX);
    assert_int_equal(exchange->response.body.len, CAPTURE_BODY_MAX);
    assert_true(exchange->response.body_cut);
    assert_int_equal(exchange->notes[0].len, 1024);
    assert_span(exchange->notes[1], "the entry is longer than is kept");
    capture_free(capture);
}

/* Pushes what stands around a 401 `times`, before and after it. */
static struct capture *read_around(const char *entry, unsigned times)
{
    struct complaint why = {""};
    struct har *har = har_new("-");
    struct capture *capture = NULL;

    assert_non_null(har);
    assert_int_equal(har_push(har, DW_SPAN("{\"log\":{\"entries\":["), &why), 0);
    for (unsigned i = 0; i < 2 * times; i++) {
        assert_int_equal(har_push(har, dw_span_of(entry), &why), 0);
        if (i + 1 == times) {
            assert_int_equal(har_push(har, DW_SPAN(REFUSED ","), &why), 0);
        }
    }
    assert_int_equal(har_push(har, DW_SPAN("]}}"), &why), 0);
    assert_int_equal(har_end(har, &capture, &why), 0);
    har_free(har);
    return capture;
}

static void finds_a_401_among_many(void **state)
{
    static const char *const OTHERS[] = {"200", "0", "404", "304"};
    static char entry[TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        struct capture *capture;
        size_t found = 0;
        char *at = repeat(entry, "{\"request\":{\"url\":\"https://b.example/\",\"headers\":[", 1);

        at = repeat(at, FIELD("name", "a value of some length, as there are") ",", 40);
        at = repeat(at, "]},\"response\":{\"content\":{\"text\":\"", 1);
        at = repeat(at, "b", 30000);
        at = repeat(at, "\"},\"status\":", 1);
        at = repeat(at, OTHERS[i], 1);
        (void)repeat(at, "}},", 1);
        capture = read_around(entry, 900);
        assert_int_equal(capture->n_seen, 1801);
        assert_true(arena_used(capture->arena) <= CAPTURE_MEMORY_MAX);
        for (size_t j = 0; j < capture->n_exchanges; j++) {
            found += capture->exchanges[j]->status == 401 ? capture->exchanges[j]->place.entry : 0;
        }
        assert_int_equal(found, 901);
        capture_free(capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_with_a_place),
        cmocka_unit_test(refuses_a_text_that_is_nested_too_deeply),
        cmocka_unit_test(keeps_refusing),
        cmocka_unit_test(keeps_what_stood_before_a_cut),
        cmocka_unit_test(reads_every_beginning_of_a_har),
        cmocka_unit_test(reads_strings),
        cmocka_unit_test(takes_what_is_written_by_hand),
        cmocka_unit_test(reads_entries),
        cmocka_unit_test(says_where_all_stands),
        cmocka_unit_test(believes_firefox_of_its_cache),
        cmocka_unit_test(bounds_one_entry),
        cmocka_unit_test(finds_a_401_among_many),
    };

    return RUN_TAP(tests);
}
