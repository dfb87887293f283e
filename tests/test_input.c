/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "capture_text.h"

#define JWT "eyJhbGciOiJub25lIn0.e30.x"
#define UNDERSTOOD \
    "paste a curl -v transcript, a HAR, a request or response, a curl command, a token"

/* -- What it is ------------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *kind;
    int status; /* of the first exchange; 0 also where there is none */
} KINDS[] = {
    {"* Connected to a (192.0.2.1) port 80\n> GET / HTTP/1.1\n> \n< HTTP/1.1 401 No\n< \n", "curl",
     401},
    {"< HTTP/2 401 \n< www-authenticate: Bearer\n< \n", "curl", 401},
    {"10:00:00.000000 [0-0] * Connected to a (192.0.2.1) port 80\n10:00:00.1 [0-0] > GET / "
     "HTTP/1.1\n"
     "10:00:00.1 [0-0] > \n10:00:00.2 [0-0] < HTTP/1.1 401 \n",
     "curl", 401},
    {"== Info: Connected to a (192.0.2.1) port 80\n<= Recv header, 14 bytes (0xe)\n0000: HTTP/1.1 "
     "401 \n",
     "curl-trace", 401},
    {"---request begin---\nGET / HTTP/1.1\nHost: a\n\n---request end---\n", "wget", 0},
    {"send: b'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'\nreply: 'HTTP/1.1 401 No\\r\\n'\n", "python",
     401},
    {"send: 'GET / HTTP/1.1\\r\\n\\r\\n'\nreply: 'HTTP/1.1 401 No\\r\\n'\n", "python", 401},
    {"DEBUG:urllib3.connectionpool:https://a:443 \"GET /b HTTP/1.1\" 401 52\n", "python", 401},
    {"requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://a/b\n",
     "python", 401},
    {"HTTP/1.1 401", "http", 401},
    {"2026-11-21 10:00:00 * Connected to a (192.0.2.1) port 80\n2026-11-21 10:00:00 > GET / "
     "HTTP/1.1\n"
     "2026-11-21 10:00:00 > Host: a\n2026-11-21 10:00:00 > \n2026-11-21 10:00:01 < HTTP/1.1 401 "
     "No\n",
     "curl", 401},
    {"app[1]: HTTP/1.1 407 No\napp[1]: Server: a\napp[2]: Via: b\napp[2]: \n", "http", 407},
    {"10:00:00.1 http.c:6   == Info: Connected to a (192.0.2.1) port 80\n"
     "10:00:00.2 http.c:7   => Send header, 0000000221 bytes (0x000000dd)\n"
     "10:00:00.2 http.c:7   => Send header: GET / HTTP/1.1\n10:00:00.2 http.c:7   => Send header: "
     "Host: a\n"
     "10:00:00.2 http.c:7   => Send header:\n10:00:00.3 http.c:7   <= Recv header: HTTP/1.1 401 "
     "No\n",
     "curl", 401},
    {"I1121 10:00:00.1    7 round_trippers.go:463] GET https://a:6443/api\n"
     "I1121 10:00:00.1    7 round_trippers.go:469] Request Headers:\n"
     "I1121 10:00:00.1    7 round_trippers.go:473]     Accept: */*\n"
     "I1121 10:00:00.2    7 round_trippers.go:574] Response Status: 401 Unauthorized in 19 "
     "milliseconds\n"
     "I1121 10:00:00.2    7 request.go:1188] Response Body: no\n",
     "console", 401},
    {"D http-outgoing-0 >> GET / HTTP/1.1\nD http-outgoing-0 >> Host: a\nD http-outgoing-0 << "
     "HTTP/1.1 401 No\n",
     "curl", 401},
    {"requests.exceptions.HTTPError: 401 Client Error: No for url: https://a/\n{\"a\": 1}\n",
     "python", 401},
    {"<- \"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"\n-> \"HTTP/1.1 401 No \\r\\n\"\n-> "
     "\"\\r\\n\"\n",
     "python", 401},
    {"--2026-11-21 10:00:00--  http://a/\nHTTP request sent, awaiting response... 401 "
     "Unauthorized\n",
     "wget", 401},
    {"curl: (56) Received HTTP code 407 from proxy after CONNECT\n", "curl", 407},
    {"Bearer error=\"invalid_token\", error_description=\"no\"\n", "http", 401},
    {"info: Failed to validate the token.\nIDX10223: Lifetime validation failed.\n", "http", 401},
    {"DEBUG fetch response.header.www-authenticate=\"Bearer realm=\\\"https://a/\\\"\" "
     "status=401\n",
     "http", 401},
    {"\n\n  HTTP/1.1 401 Unauthorized\n  Server: a\n", "http", 401},
    {"GET / HTTP/1.1\nHost: a\n\n", "http", 0},
    {"WWW-Authenticate: Bearer realm=\"a\"\n", "http", 401},
    {"Proxy-Authenticate: Basic\n", "http", 407},
    {"Host: a\nAuthorization: Bearer x\nAccept: */*\n", "http", 0},
    {"GET https://a/b 401 (Unauthorized)\n", "http", 401},
    {"GET https://a/b [HTTP/2 401 Unauthorized 52ms]\n", "http", 401},
    {"{\"error\":\"invalid_token\"}", "http", 401},
    {"{\"statusCode\": 403, \"message\": \"Forbidden\"}", "http", 403},
    {"Request URL: https://a/\nStatus Code: 401 Unauthorized\n", "console", 401},
    {"curl https://a/", "command", 0},
    {"alice@host:~$ curl https://a/\n", "command", 0},
    {"PS C:\\> curl.exe https://a/\n", "command", 0},
    {"$ curl -i https://a/\nHTTP/1.1 401 No\n\n", "http", 401},
    {"$ curl -v https://a/\n* Connected to a (192.0.2.1) port 443\n> GET / HTTP/1.1\n> \n< "
     "HTTP/1.1 401 No\n< \n$ ",
     "curl", 401},
    {"https://a/?access_token=x", "command", 0},
    {"{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"https://a/"
     "\",\"headers\":[]},"
     "\"response\":{\"status\":401,\"statusText\":\"\",\"headers\":[]}}]}}",
     "har", 401},
    {"\xef\xbb\xbf{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"https://a/"
     "\",\"headers\":[]},"
     "\"response\":{\"status\":401,\"statusText\":\"\",\"headers\":[]}}]}}",
     "har", 401},
    {"{\"startedDateTime\":\"2026-11-21T10:00:00Z\",\"request\":{\"method\":\"GET\",\"url\":"
     "\"https://a/\","
     "\"headers\":[]},\"response\":{\"status\":401,\"statusText\":\"\",\"headers\":[]}}",
     "har", 401},
    {"Why do I get this?\n```http\nHTTP/1.1 401 No\nServer: a\n```\nRegards\n", "http", 401},
    {"> HTTP/1.1 401 No\n> Server: a\n", "http", 401},
    {"\x1b[32mHTTP/1.1\x1b[0m 401 No\n", "http", 401},
    {"HTTP/1.1 401 No\rServer: a\r\r", "http", 401},
};

static void kinds_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        struct complaint why = {""};
        struct capture *capture;

        if (read_input(dw_span_of(KINDS[i].text), 3, &capture, &why) != 0) {
            print_error("%s\n%s\n", KINDS[i].text, why.text);
            fail();
        }
        assert_string_equal(capture_kind_name(capture->kind), KINDS[i].kind);
        assert_int_equal(capture->n_exchanges > 0 ? capture->exchanges[0]->status : 0,
                         KINDS[i].status);
        capture_free(capture);
    }
}

static void tokens_stay_as_they_are(void **state)
{
    static const struct {
        const char *text, *kind, *token;
    } CASES[] = {
        {JWT, "token", JWT},
        {JWT "\n", "token", JWT},
        {JWT "\r\n", "token", JWT},
        {JWT "\n\n", "token", JWT "\n"},
        {JWT " \n", "token", JWT " "},
        {"\"" JWT "\"", "token", "\"" JWT "\""},
        {"'" JWT "'\n", "token", "'" JWT "'"},
        {"eyJhbGciOiJub25lIn0.\ne30.x", "token", "eyJhbGciOiJub25lIn0.\ne30.x"},
        {"Bearer " JWT, "token", "Bearer " JWT},
        {"bearer  " JWT, "token", "bearer  " JWT},
        {"Authorization: Bearer " JWT, "token", "Authorization: Bearer " JWT},
        {"Basic YWxpY2U6c2VjcmV0", "token", "Basic YWxpY2U6c2VjcmV0"},
        {"X-Api-Key: abc", "token", "X-Api-Key: abc"},
        {"ghp_0123456789abcdef0123456789abcdef0123", "token",
         "ghp_0123456789abcdef0123456789abcdef0123"},
        {"2YotnFZFEjr1zCsicMWpAA", "token", "2YotnFZFEjr1zCsicMWpAA"},
        {"{\"access_token\": \"" JWT "\", \"token_type\": \"Bearer\"}", "token-answer", JWT},
        {"{\"token_type\": \"Bearer\", \"id_token\" : \"" JWT "\"}", "token-answer", JWT},
        {"{\"access_token\": \"" JWT, "token-answer", JWT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct complaint why = {""};
        struct capture *capture;

        if (read_input(dw_span_of(CASES[i].text), 5, &capture, &why) != 0) {
            print_error("%s\n%s\n", CASES[i].text, why.text);
            fail();
        }
        assert_string_equal(capture_kind_name(capture->kind), CASES[i].kind);
        assert_span(capture->token, CASES[i].token);
        capture_free(capture);
    }
}

/* -- What it is not ---------------------------------------------------------------------------------------- */

static void all_else_is_refused(void **state)
{
    static const struct {
        struct dw_span bytes;
        const char *why;
    } CASES[] = {
        {{"", 0}, "test: empty: " UNDERSTOOD},
        {{"\n \r\n", 4}, "test: empty: " UNDERSTOOD},
        {{"\xef\xbb\xbf", 3}, "test: empty: " UNDERSTOOD},
        {{"\xff\xfe", 2}, "test: empty: " UNDERSTOOD},
        {{"hello", 5}, "test:1: no HTTP in it: " UNDERSTOOD},
        {{"\n\nhello world, this is prose\n", 29}, "test:3: no HTTP in it: " UNDERSTOOD},
        {{"\x1f\x8b\x08\x00\x00", 5}, "test: it is gzip: " UNDERSTOOD},
        {{"PK\x03\x04zzzz", 8}, "test: it is a ZIP archive: " UNDERSTOOD},
        {{"a\x00\x01\x02z", 5}, "test: binary: byte 0x00 at offset 1: " UNDERSTOOD},
        {{"{}", 2}, "test:1: JSON, but no HAR, no token and no error in it"},
        {{"curl 'a", 7}, "the quote ' that begins in the command's line 1 does not end"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct complaint why = {""};
        struct capture *capture = NULL;

        assert_int_equal(read_input(CASES[i].bytes, 2, &capture, &why), -1);
        assert_string_equal(why.text, CASES[i].why);
        assert_null(capture);
    }
}

static void more_than_enough_is_refused(void **state)
{
    static char piece[64 * 1024];
    struct input *input = input_new("big.txt");
    struct complaint why = {""};
    const struct dw_span bytes = {piece, sizeof(piece)};
    size_t n = 0;

    (void)state;
    memset(piece, 'a', sizeof(piece));
    while (input_push(input, bytes, &why) == 0) {
        n += sizeof(piece);
        assert_true(n <= INPUT_TEXT_MAX);
    }
    assert_string_equal(
        why.text, "big.txt: more than 8 MiB, and no HAR: cut it down to the request that fails");
    input_free(input);
}

/* -- Encodings --------------------------------------------------------------------------------------------- */

static size_t put_utf16(const char *text, bool is_big, bool has_mark, char *buffer)
{
    size_t len = 0;

    if (has_mark) {
        buffer[len++] = is_big ? '\xfe' : '\xff';
        buffer[len++] = is_big ? '\xff' : '\xfe';
    }
    for (; *text != '\0'; text++) {
        buffer[len++] = is_big ? '\0' : *text;
        buffer[len++] = is_big ? *text : '\0';
    }
    return len;
}

static void utf16_is_decoded(void **state)
{
    char buffer[256];

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        const size_t len = put_utf16("HTTP/1.1 401 No\r\nServer: a\r\n\r\n", i & 1, i & 2, buffer);

        for (size_t piece = 1; piece < 7; piece++) {
            struct capture *capture;

            assert_int_equal(read_input((struct dw_span){buffer, len}, piece, &capture, NULL), 0);
            assert_int_equal(capture->exchanges[0]->status, 401);
            assert_span(message_value(&capture->exchanges[0]->response, "server"), "a");
            capture_free(capture);
        }
    }
}

static void surrogates_are_decoded(void **state)
{
    /* "HTTP/1.1 401 \U0001f511", a surrogate alone behind it, and half a character at the end. */
    static const char TEXT[] = "\xff\xfeH\0T\0T\0P\0/\0"
                               "1\0.\0"
                               "1\0 \0"
                               "4\0"
                               "0\0"
                               "1\0 \0"
                               "\x3d\xd8\x11\xdd\x11\xdd!\0z";
    struct capture *capture;

    (void)state;
    assert_int_equal(read_input((struct dw_span){TEXT, sizeof(TEXT) - 1}, 1, &capture, NULL), 0);
    assert_span(capture->exchanges[0]->phrase, "\xf0\x9f\x94\x91\xef\xbf\xbd!\xef\xbf\xbd");
    capture_free(capture);
}

/* -- Captures ------------------------------------------------------------------------------------------------ */

static struct exchange *add_answered(struct capture *capture, int status)
{
    struct exchange *exchange = capture_add(capture);

    if (exchange != NULL) {
        exchange->status = status;
    }
    return exchange;
}

static void what_answers_nothing_is_dropped_first(void **state)
{
    struct capture *capture = capture_new(CAPTURE_HAR, "test");
    size_t n_failed = 0;

    (void)state;
    for (int i = 0; i < 3 * CAPTURE_EXCHANGES_MAX; i++) {
        assert_non_null(add_answered(capture, i % 100 == 50 ? 401 : 200));
    }
    assert_int_equal(capture->n_seen, 3 * CAPTURE_EXCHANGES_MAX);
    assert_true(capture->n_exchanges <= CAPTURE_EXCHANGES_MAX);
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        n_failed += capture->exchanges[i]->status == 401 ? 1 : 0;
    }
    assert_int_equal(n_failed, 15);
    capture_free(capture);

    capture = capture_new(CAPTURE_HAR, "test");
    for (int i = 0; i < CAPTURE_EXCHANGES_MAX; i++) {
        assert_non_null(add_answered(capture, 401));
    }
    assert_null(add_answered(capture, 401));
    capture_free(capture);
}

/* Large exchanges that nobody needs make room for those that fail. */
static void memory_is_made_room_in(void **state)
{
    static char value[32 * 1024];
    struct capture *capture = capture_new(CAPTURE_HAR, "test");
    const struct place place = {7, 0};
    const struct exchange *last;

    (void)state;
    memset(value, 'v', sizeof(value));
    for (int i = 0; i < 2000; i++) {
        struct exchange *exchange = add_answered(capture, i % 500 == 0 ? 401 : 200);

        assert_non_null(exchange);
        assert_true(capture_add_field(capture, &exchange->response, DW_SPAN("Big"),
                                      (struct dw_span){value, sizeof(value)}, place));
        capture_add_note(capture, exchange, DW_SPAN("a note"));
    }
    assert_true(arena_used(capture->arena) < CAPTURE_MEMORY_MAX);
    assert_int_equal(capture->exchanges[0]->status, 401);
    last = capture->exchanges[capture->n_exchanges - 1];
    assert_int_equal(message_value(&last->response, "big").len, sizeof(value));
    assert_span(last->notes[0], "a note");
    capture_free(capture);
}

static void messages_have_limits(void **state)
{
    static char bytes[CAPTURE_BODY_MAX];
    struct capture *capture = capture_new(CAPTURE_HTTP, "test");
    struct exchange *exchange = capture_add(capture);
    struct capture_message *message = &exchange->response;
    const struct place place = {1, 0};

    (void)state;
    for (size_t i = 0; i < CAPTURE_FIELDS_MAX; i++) {
        assert_true(capture_add_field(capture, message, DW_SPAN("Name"), DW_SPAN(" v "), place));
    }
    assert_false(capture_add_field(capture, message, DW_SPAN("Name"), DW_SPAN("v"), place));
    assert_int_equal(message_count(message, "name"), CAPTURE_FIELDS_MAX);
    assert_span(message_value(message, "NAME"), "v");
    assert_span(message_value(message, "Nam"), NULL);

    memset(bytes, 'b', sizeof(bytes));
    for (size_t i = 0; i < CAPTURE_BODY_MAX; i += 100) {
        capture_add_body(capture, message, (struct dw_span){bytes, 100});
    }
    assert_int_equal(message->body.len, CAPTURE_BODY_MAX);
    assert_true(message->body_cut);
    for (size_t i = 0; i < CAPTURE_NOTES_MAX + 1; i++) {
        capture_add_note(capture, exchange, DW_SPAN("n"));
    }
    assert_int_equal(exchange->n_notes, CAPTURE_NOTES_MAX);
    capture_free(capture);
}

static void arenas_have_limits(void **state)
{
    struct arena *arena = arena_new(100);
    struct dw_span kept;

    (void)state;
    assert_null(arena_take(arena, 101));
    assert_non_null(arena_take(arena, 50));
    assert_null(arena_take(arena, 51));
    assert_null(arena_take(arena, SIZE_MAX));
    kept = arena_keep(arena, DW_SPAN("abc"));
    assert_string_equal(kept.at, "abc");
    kept = arena_append(arena, kept, DW_SPAN("def"));
    assert_string_equal(kept.at, "abcdef");
    assert_int_equal(kept.len, 6);
    assert_string_equal(arena_print(arena, "%d-%s", 7, "x"), "7-x");
    kept = arena_append(arena, kept, DW_SPAN("ghi"));
    assert_string_equal(kept.at, "abcdefghi");
    assert_null(arena_append(arena, kept, DW_SPAN("0123456789012345678901234567890123456789")).at);
    assert_string_equal(arena_print(arena, "%060d", 1), "");
    assert_true(arena_used(arena) <= 100);
    arena_free(arena);
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(more_than_enough_is_refused),
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(tokens_stay_as_they_are),
        cmocka_unit_test(utf16_is_decoded),
        cmocka_unit_test(surrogates_are_decoded),
        cmocka_unit_test(arenas_have_limits),
        cmocka_unit_test(messages_have_limits),
        cmocka_unit_test(memory_is_made_room_in),
        cmocka_unit_test(what_answers_nothing_is_dropped_first),
    };

    return RUN_TAP(tests);
}
