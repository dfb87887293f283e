/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "capture_text.h"
#include "guard_page.h"

/* -- Words ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *words[8];
} SPLITS[] = {
    {"curl a b", {"curl", "a", "b"}},
    {"$ curl a", {"curl", "a"}},
    {"# curl a", {"curl", "a"}},
    {"> curl a", {"curl", "a"}},
    {"curl 'a b' \"c d\" e\\ f", {"curl", "a b", "c d", "e f"}},
    {"curl ''  \"\"", {"curl", "", ""}},
    {"curl 'it'\\''s'", {"curl", "it's"}},
    {"curl \"a \\\" \\\\ \\$B \\n\"", {"curl", "a \" \\ $B \\n"}},
    {"curl $'a\\tb\\'c\\x41\\u0042\\n'", {"curl", "a\tb'cAB\n"}},
    {"curl -H \"Authorization: Bearer $TOKEN\"", {"curl", "-H", "Authorization: Bearer $TOKEN"}},
    {"curl `date` $(x)", {"curl", "`date`", "$(x)"}},
    {"curl a \\\n  b \\\r\n c", {"curl", "a", "b", "c"}},
    {"curl a `\n b", {"curl", "a", "b"}},
    {"curl ^\"a b^\" ^\n  -H ^\"c: ^\\^\"d^\\^\"^\"", {"curl", "a b", "-H", "c: \"d\""}},
    {"curl \"a\" ^\r\n -H \"b: c\"", {"curl", "a", "-H", "b: c"}},
    {"curl a | jq .", {"curl", "a"}},
    {"curl a; echo b", {"curl", "a"}},
    {"curl a && echo b", {"curl", "a"}},
    {"curl a\necho b", {"curl", "a"}},
    {"curl a 2>&1 >out.txt b", {"curl", "a", "b"}},
    {"curl https://a/?b=1&c=2", {"curl", "https://a/?b=1&c=2"}},
    {"curl 'a\nb'", {"curl", "a\nb"}},
};

static void words_are_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SPLITS); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct guarded guarded = guard_text(SPLITS[i].text);
        struct complaint why = {""};
        char **words;
        size_t n;

        if (command_split(arena, guarded.span, &words, &n, &why) != 0) {
            print_error("%s: %s\n", SPLITS[i].text, why.text);
            fail();
        }
        for (size_t j = 0; j < n; j++) {
            assert_non_null(SPLITS[i].words[j]);
            assert_string_equal(words[j], SPLITS[i].words[j]);
        }
        assert_null(SPLITS[i].words[n]);
        guard_release(&guarded);
        arena_free(arena);
    }
}

static void broken_words_are_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } CASES[] = {
        {"", "no command"},
        {"  \n", "no command"},
        {"$ ", "no command"},
        {"curl 'a", "the quote ' that begins in the command's line 1 does not end"},
        {"curl a \\\n -H \"b", "the quote \" that begins in the command's line 2 does not end"},
        {"curl $'a\\'", "the quote ' that begins in the command's line 1 does not end"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct complaint why = {""};
        char **words = NULL;
        size_t n = 7;

        assert_int_equal(command_split(arena, dw_span_of(CASES[i].text), &words, &n, &why), -1);
        assert_string_equal(why.text, CASES[i].why);
        assert_null(words);
        assert_int_equal(n, 7);
        arena_free(arena);
    }
}

static void words_are_counted(void **state)
{
    static char text[4 * COMMAND_WORDS_MAX];
    struct arena *arena = arena_new(1 << 20);
    struct complaint why;
    char **words;
    size_t n;

    (void)state;
    for (size_t i = 0; i < COMMAND_WORDS_MAX; i++) {
        memcpy(text + 2 * i, "a ", 2);
    }
    assert_int_equal(
        command_split(arena, (struct dw_span){text, 2 * COMMAND_WORDS_MAX}, &words, &n, &why), 0);
    assert_int_equal(n, COMMAND_WORDS_MAX);
    text[2 * COMMAND_WORDS_MAX] = 'a';
    assert_int_equal(
        command_split(arena, (struct dw_span){text, 2 * COMMAND_WORDS_MAX + 1}, &words, &n, &why),
        -1);
    arena_free(arena);
}

/* -- Requests -------------------------------------------------------------------------------------------- */

static int read_command(const char *text, struct capture **capture, struct command *command,
                        struct complaint *why)
{
    char **words;
    size_t n;

    *capture = capture_new(CAPTURE_COMMAND, "test");
    assert_non_null(*capture);
    if (command_split((*capture)->arena, dw_span_of(text), &words, &n, why) != 0) {
        return -1;
    }
    return command_read(*capture, words, n, command, why);
}

static const struct {
    const char *command, *written;
} REQUESTS[] = {
    {"curl https://a/b", "GET https://a/b\nHost: a\nAccept: */*\n"},
    {"curl a.example/b", "GET http://a.example/b\nHost: a.example\nAccept: */*\n"},
    {"curl -sSL -H 'Authorization: Bearer x' https://a/",
     "GET https://a/\nHost: a\nAccept: */*\nAuthorization: Bearer x\n"},
    {"curl -HAuthorization:x -XDELETE https://a/",
     "DELETE https://a/\nHost: a\nAccept: */*\nAuthorization: x\n"},
    {"curl -u alice:secret https://a/",
     "GET https://a/\nHost: a\nAuthorization: Basic YWxpY2U6c2VjcmV0\nAccept: */*\n"},
    {"curl -u alice https://a/",
     "GET https://a/\nHost: a\nAuthorization: Basic YWxpY2U6\nAccept: */*\n"},
    {"curl --digest -u alice:secret https://a/", "GET https://a/\nHost: a\nAccept: */*\n"},
    {"curl -u a:b -H 'authorization: Bearer x' https://a/",
     "GET https://a/\nHost: a\nAccept: */*\nauthorization: Bearer x\n"},
    {"curl https://alice:p%40ss@a/b",
     "GET https://a/b\nHost: a\nAuthorization: Basic YWxpY2U6cEBzcw==\nAccept: */*\n"},
    {"curl --oauth2-bearer x https://a/",
     "GET https://a/\nHost: a\nAuthorization: Bearer x\nAccept: */*\n"},
    {"curl -d a=1 -d b=2 https://a/", "POST https://a/\nHost: a\nAccept: */*\nContent-Type: "
                                      "application/x-www-form-urlencoded\n\na=1&b=2"},
    {"curl --data @file https://a/", "POST https://a/\nHost: a\nAccept: */*\nContent-Type: "
                                     "application/x-www-form-urlencoded\n\n@file"},
    {"curl -G -d a=1 'https://a/?b=2'", "GET https://a/?b=2&a=1\nHost: a\nAccept: */*\n"},
    {"curl --json '{}' https://a/",
     "POST https://a/\nHost: a\nAccept: application/json\nContent-Type: application/json\n\n{}"},
    {"curl -I https://a/", "HEAD https://a/\nHost: a\nAccept: */*\n"},
    {"curl -T x https://a/", "PUT https://a/\nHost: a\nAccept: */*\n"},
    {"curl -b 'sid=1' -A me -e b --compressed https://a/",
     "GET https://a/\nHost: a\nUser-Agent: me\nAccept: */*\nAccept-Encoding: deflate, gzip, br, "
     "zstd\nReferer: b\n"
     "Cookie: sid=1\n"},
    {"curl -b jar.txt https://a/", "GET https://a/\nHost: a\nAccept: */*\n"},
    {"curl -H 'Accept:' -H 'X-Empty;' https://a/", "GET https://a/\nHost: a\nX-Empty: \n"},
    {"curl -H 'Host: b' https://a/", "GET https://a/\nAccept: */*\nHost: b\n"},
    {"curl -H 'Authorization Bearer x' https://a/",
     "GET https://a/\nHost: a\nAccept: */*\n* -H without a colon: Authorization\n"},
    {"curl -H \xe2\x80\x9c"
     "Authorization: https://a/",
     "GET https://a/\nHost: a\nAccept: */*\n* -H begins with a typographic quote: \xe2\x80\x9c"
     "Authorization\n"},
    {"curl --frobnicate https://a/",
     "GET https://a/\nHost: a\nAccept: */*\n* option not known: --frobnicate\n"},
    {"curl -o out -w '%{http_code}' https://a/ --next https://b/",
     "GET https://a/\nHost: a\nAccept: */*\n"},
    {"curl.exe --url https://a/", "GET https://a/\nHost: a\nAccept: */*\n"},
    {"https://a/?access_token=x", "GET https://a/?access_token=x\nHost: a\nAccept: */*\n"},
};

static void write_request(const struct exchange *exchange, struct text *text)
{
    put_span(text, "", exchange->method, " ");
    put_span(text, "", exchange->url, "\n");
    for (size_t i = 0; i < exchange->request.n_fields; i++) {
        put_span(text, "", exchange->request.fields[i].name, ": ");
        put_span(text, "", exchange->request.fields[i].value, "\n");
    }
    for (size_t i = 0; i < exchange->n_notes; i++) {
        put_span(text, "* ", exchange->notes[i], "\n");
    }
    if (exchange->request.body.len > 0) {
        put_span(text, "\n", exchange->request.body, "");
    }
}

static void requests_are_what_curl_sends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(REQUESTS); i++) {
        struct complaint why = {""};
        struct capture *capture;
        struct command command;
        char written[1024];
        struct text text;

        if (read_command(REQUESTS[i].command, &capture, &command, &why) != 0) {
            print_error("%s: %s\n", REQUESTS[i].command, why.text);
            fail();
        }
        text_init(&text, written, sizeof(written));
        write_request(capture->exchanges[0], &text);
        assert_span(text_span(&text), REQUESTS[i].written);
        capture_free(capture);
    }
}

static void options_are_kept(void **state)
{
    struct capture *capture;
    struct command command;

    (void)state;
    assert_int_equal(
        read_command(
            "curl -kLn --location-trusted --http1.1 --resolve a:443:127.0.0.1 --connect-to b "
            "-x p --cacert c -E d --key e --unix-socket f -m 7 --anyauth https://a/",
            &capture, &command, NULL),
        0);
    assert_true(command.insecure && command.follow && command.netrc && command.location_trusted &&
                command.http1 && command.anyauth);
    assert_false(command.http2 || command.digest || command.head || command.get);
    assert_string_equal(command.resolve, "a:443:127.0.0.1");
    assert_string_equal(command.connect_to, "b");
    assert_string_equal(command.proxy, "p");
    assert_string_equal(command.cacert, "c");
    assert_string_equal(command.cert, "d");
    assert_string_equal(command.key, "e");
    assert_string_equal(command.unix_socket, "f");
    assert_int_equal(command.max_seconds, 7);
    capture_free(capture);
}

static void broken_commands_are_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } CASES[] = {
        {"curl", "the curl command names no URL"},
        {"curl -H", "curl's option -H needs a value"},
        {"curl https://a/ --header", "curl's option --header needs a value"},
        {"curl https:///b", "the curl command's URL names no host: https:///b"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct complaint why = {""};
        struct command command = {.max_seconds = 7};
        struct capture *capture;

        assert_int_equal(read_command(CASES[i].text, &capture, &command, &why), -1);
        assert_string_equal(why.text, CASES[i].why);
        assert_int_equal(command.max_seconds, 7);
        assert_int_equal(capture->n_exchanges, 0);
        capture_free(capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_words_are_refused),
        cmocka_unit_test(words_are_split),
        cmocka_unit_test(words_are_counted),
        cmocka_unit_test(broken_commands_are_refused),
        cmocka_unit_test(requests_are_what_curl_sends),
        cmocka_unit_test(options_are_kept),
    };

    return RUN_TAP(tests);
}
