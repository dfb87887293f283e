/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <glob.h>

#include "capture_text.h"
#include "guard_page.h"

/*
 * Each tests/vectors/transcript/NAME.txt is what a client really wrote; NAME.read is what is to be made
 * of it. With DOORWARD_WRITE_READ in the environment, the latter are written anew, to be looked at.
 */

#define FILES     "tests/vectors/transcript/*.txt"
#define FILE_SIZE (64 * 1024)
#define WRITTEN   (256 * 1024)

static size_t load(const char *path, char *buffer, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t len;

    if (file == NULL) {
        return 0;
    }
    len = fread(buffer, 1, size, file);
    fclose(file);
    assert_true(len < size);
    return len;
}

static void expected_path(const char *path, char *buffer, size_t size)
{
    (void)snprintf(buffer, size, "%.*s.read", (int)(strlen(path) - strlen(".txt")), path);
}

static void write_expected(const char *path, struct dw_span read)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(read.at, 1, read.len, file), read.len);
    fclose(file);
}

static void read_into(struct text *text, struct dw_span bytes, size_t piece)
{
    struct complaint why = {""};
    struct capture *capture;

    if (read_input(bytes, piece, &capture, &why) != 0) {
        text_put(text, why.text);
        return;
    }
    put_capture(text, capture);
    capture_free(capture);
    assert_false(text->overflow);
}

static void compare(const char *path, struct dw_span read)
{
    static char expected[WRITTEN];
    char expected_name[256];
    size_t len;

    expected_path(path, expected_name, sizeof(expected_name));
    if (getenv("DOORWARD_WRITE_READ") != NULL) {
        write_expected(expected_name, read);
    }
    len = load(expected_name, expected, sizeof(expected));
    if (!dw_span_equal(read, (struct dw_span){expected, len})) {
        print_error("%s is read as\n%.*s\n", path, (int)read.len, read.at);
        fail();
    }
}

static void each_file(void (*check)(const char *path, struct dw_span bytes))
{
    static char bytes[FILE_SIZE];
    glob_t found;

    assert_int_equal(glob(FILES, 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 40);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const size_t len = load(found.gl_pathv[i], bytes, sizeof(bytes));

        check(found.gl_pathv[i], (struct dw_span){bytes, len});
    }
    globfree(&found);
}

static void check_whole(const char *path, struct dw_span bytes)
{
    static char written[WRITTEN], again[WRITTEN];
    struct text text, piecewise;

    text_init(&text, written, sizeof(written));
    read_into(&text, bytes, FILE_SIZE);
    compare(path, text_span(&text));
    text_init(&piecewise, again, sizeof(again));
    read_into(&piecewise, bytes, 7);
    assert_true(dw_span_equal(text_span(&text), text_span(&piecewise)));
}

static void transcripts_are_read(void **state)
{
    (void)state;
    each_file(check_whole);
}

/* A transcript that ends anywhere is read to its end and no further, by its own reader and by any other. */
static void check_prefix(struct dw_span bytes)
{
    static int (*const READERS[])(struct dw_span, const char *, struct capture **,
                                  struct complaint *) = {curl_read, curl_trace_read, http_read,
                                                         wget_read, python_read,     console_read};
    struct guarded guarded = guard_bytes(bytes.at, bytes.len);
    struct capture *capture;

    for (size_t i = 0; i < COUNT_OF(READERS); i++) {
        if (READERS[i](guarded.span, "test", &capture, NULL) == 0) {
            assert_true(capture->n_exchanges > 0);
            capture_free(capture);
        }
    }
    if (read_input(guarded.span, FILE_SIZE, &capture, NULL) == 0) {
        capture_free(capture);
    }
    guard_release(&guarded);
}

static void check_prefixes(const char *path, struct dw_span bytes)
{
    (void)path;
    for (size_t len = 0; len < bytes.len; len += 1 + len / 16) {
        check_prefix((struct dw_span){bytes.at, len});
    }
    check_prefix(bytes);
}

static void transcripts_end_anywhere(void **state)
{
    (void)state;
    each_file(check_prefixes);
}

/* Lines end as Windows has it, or are quoted by a mail, or both; nothing else changes. */
static size_t dress(struct dw_span bytes, const char *before, const char *end, char *buffer)
{
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        if (i == 0 || bytes.at[i - 1] == '\n') {
            len += (size_t)snprintf(buffer + len, 8, "%s", before);
        }
        if (bytes.at[i] == '\n') {
            len += (size_t)snprintf(buffer + len, 8, "%s", end);
        } else if (bytes.at[i] != '\r') {
            buffer[len++] = bytes.at[i];
        }
    }
    return len;
}

static unsigned statuses(struct dw_span bytes)
{
    struct capture *capture;
    unsigned sum = 0;

    if (read_input(bytes, FILE_SIZE, &capture, NULL) != 0) {
        return 1;
    }
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        const struct exchange *exchange = capture->exchanges[i];

        sum = 31 * sum + (unsigned)exchange->status;
        sum = 31 * sum + (unsigned)(exchange->request.n_fields + 100 * exchange->response.n_fields);
    }
    capture_free(capture);
    return sum;
}

static void check_dressed(const char *path, struct dw_span bytes)
{
    static char dressed[4 * FILE_SIZE];
    const unsigned plain = statuses(bytes);
    const char *const BEFORE[] = {"", "", "> ", "    "}, *const END[] = {"\n", "\r\n", "\n",
                                                                         "\r\n"};

    for (size_t i = 0; i < COUNT_OF(BEFORE); i++) {
        const size_t len = dress(bytes, BEFORE[i], END[i], dressed);

        if (statuses((struct dw_span){dressed, len}) != plain) {
            print_error("%s reads otherwise with \"%s\" before its lines\n", path, BEFORE[i]);
            fail();
        }
    }
}

static void dressing_changes_nothing(void **state)
{
    (void)state;
    each_file(check_dressed);
}

static const struct capture_field *field_of(const char *text, const char *name,
                                            struct capture **capture)
{
    assert_int_equal(read_input(dw_span_of(text), FILE_SIZE, capture, NULL), 0);
    return message_field(&(*capture)->exchanges[0]->request, name);
}

/* What is wrong with a field must be there to be seen. */
static void values_stay_raw(void **state)
{
    static const struct {
        const char *text, *value;
    } CASES[] = {
        {"GET / HTTP/1.1\nHost: a\nAuthorization: Bearer x \t\n\n", "Bearer x \t"},
        {"GET / HTTP/1.1\nHost: a\nAuthorization:  Bearer x\n\n", " Bearer x"},
        {"GET / HTTP/1.1\nHost: a\nAuthorization:Bearer x\n\n", "Bearer x"},
        {"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\r\n\r\n", "Bearer x\r"},
        {"GET / HTTP/1.1\nHost: a\nAuthorization: \"Bearer x\"\n\n", "\"Bearer x\""},
        {"GET / HTTP/1.1\nHost: a\nAuthorization: Bearer\n x\n\n", "Bearer\n x"},
        {"> GET / HTTP/1.1\n> Host: a\n> Authorization: Bearer x \n> \n< HTTP/1.1 401\n< \n",
         "Bearer x "},
        {"send: b'GET / HTTP/1.1\\r\\nHost: a\\r\\nAuthorization: Bearer \\xc3\\xa9\\r\\n\\r\\n'\n",
         "Bearer \xc3\xa9"},
        {"send: b\"GET / HTTP/1.1\\r\\nHost: a\\r\\nAuthorization: Bearer it's\\r\\n\\r\\n\"\n",
         "Bearer it's"},
        {"GET / HTTP/1.1\nHost: a\nAuthorization: Bearer [redacted]\n\n", "Bearer [redacted]"},
        {"GET / HTTP/1.1\nHost: a\nAuthorization:\n\n", ""},
        {"GET / HTTP/1.1\nHost: a\nAuthorization: Bearer "
         "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.sig\n{\"a\": 1}\n",
         "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.sig"},
        {"> GET / HTTP/1.1\n> Host: a\n> Authorization: Bearer "
         "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.sig\n...\n< HTTP/1.1 401\n< \n",
         "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.sig"},
        {"GET / HTTP/1.1\nHost: a\nAuthorization: Bearer "
         "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGlj\nZSJ9.sig\nAccept: b\n\n",
         "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.sig"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct capture *capture;
        const struct capture_field *field = field_of(CASES[i].text, "Authorization", &capture);

        assert_non_null(field);
        assert_span(field->value, CASES[i].value);
        capture_free(capture);
    }
}

static void urls_become_absolute(void **state)
{
    static const struct {
        const char *text, *url;
    } CASES[] = {
        {"GET /a HTTP/1.1\nHost: api.example.com\n\n", "https://api.example.com/a"},
        {"GET /a HTTP/1.1\nHost: api.example.com:443\n\n", "https://api.example.com/a"},
        {"GET /a HTTP/1.1\nHost: localhost\n\n", "http://localhost/a"},
        {"GET /a HTTP/1.1\nHost: [::1]:8080\n\n", "http://[::1]:8080/a"},
        {"GET /a HTTP/1.1\nHost: localhost:8443\n\n", "https://localhost:8443/a"},
        {"GET /a HTTP/2\nHost: localhost:9000\n\n", "https://localhost:9000/a"},
        {"GET http://api.example.com/a HTTP/1.1\nHost: b\n\n", "http://api.example.com/a"},
        {"GET /a HTTP/1.1\nAccept: b\n\n", "/a"},
        {"* Connected to api.example.com (192.0.2.1) port 80\n> GET /a HTTP/1.1\n> Host: "
         "api.example.com\n> \n",
         "http://api.example.com/a"},
        {"* Connected to api.example.com (192.0.2.1) port 443\n> GET /a HTTP/1.1\n> Accept: b\n> "
         "\n",
         "https://api.example.com/a"},
        {"* Connected to api.example.com (192.0.2.1) port 9443\n* SSL connection using TLSv1.3\n"
         "> GET /a HTTP/1.1\n> Host: api.example.com:9443\n> \n",
         "https://api.example.com:9443/a"},
        {"* [HTTP/2] [1] OPENED stream for https://api.example.com/a?b=1\n> GET /a?b=1 HTTP/2\n"
         "> Host: api.example.com\n> \n",
         "https://api.example.com/a?b=1"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct capture *capture;

        assert_int_equal(read_input(dw_span_of(CASES[i].text), FILE_SIZE, &capture, NULL), 0);
        assert_span(capture->exchanges[0]->url, CASES[i].url);
        capture_free(capture);
    }
}

/* No note repeats a secret that curl shows twice. */
static void notes_keep_no_secret(void **state)
{
    static const char TEXT[] =
        "* Connected to a (192.0.2.1) port 443\n* h2h3 [authorization: Bearer hush]\n"
        "* [HTTP/2] [1] [:path: /]\n* [HTTP/2] [1] [cookie: hush]\n"
        "> GET / HTTP/2\n> Host: a\n> \n< HTTP/2 302\n< \n"
        "* Issue another request to this URL: 'https://alice:hush@a/b'\n"
        "> GET /b HTTP/2\n> Host: a\n> \n< HTTP/2 401\n< \n";
    struct capture *capture;

    (void)state;
    assert_int_equal(read_input(dw_span_of(TEXT), FILE_SIZE, &capture, NULL), 0);
    assert_int_equal(capture->n_exchanges, 2);
    assert_span(capture->exchanges[1]->url, "https://a/b");
    for (size_t i = 0; i < capture->n_exchanges; i++) {
        for (size_t j = 0; j < capture->exchanges[i]->n_notes; j++) {
            const struct dw_span note = capture->exchanges[i]->notes[j];

            assert_null(memmem(note.at, note.len, "hush", 4));
        }
    }
    capture_free(capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transcripts_are_read),     cmocka_unit_test(transcripts_end_anywhere),
        cmocka_unit_test(dressing_changes_nothing), cmocka_unit_test(values_stay_raw),
        cmocka_unit_test(urls_become_absolute),     cmocka_unit_test(notes_keep_no_secret),
    };

    return RUN_TAP(tests);
}
