/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "clean.h"
#include "transcript_curl.h"
#include "transcript_log.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* How often each kind's own lines were seen. */
struct seen {
    size_t trace, curl, wget, python, quoted, http, bare, console, maps, log, fields, known, lines;
};

static bool begins_with_one(struct dw_span span, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (begins(span, texts[i])) {
            return true;
        }
    }
    return false;
}

static bool is_trace_line(struct dw_span line)
{
    static const char *const TEXTS[] = {"=> Send header, ", "<= Recv header, ",
                                        "== Info: ", "=> Send data, ", "<= Recv data, "};

    return begins_with_one(line, TEXTS, COUNT_OF(TEXTS));
}

static bool is_curl_line(struct dw_span line)
{
    static const char *const TEXTS[] = {
        "*   Trying ",   "* Trying ", "* Connected to ",     "* Could not resolve",
        "* Host ",       "curl: (",   "* Re-using existing", "* Issue another request",
        "* Connection #"};
    struct start start;

    if (begins_with_one(line, TEXTS, COUNT_OF(TEXTS))) {
        return true;
    }
    return (is_curl_mark(line, '>') || is_curl_mark(line, '<')) &&
           start_read(skip(line, 2), &start) && start.version.at != NULL;
}

static bool is_wget_line(struct dw_span line)
{
    return begins(line, "---request begin---") || begins(line, "---response begin---") ||
           begins(line, "HTTP request sent, awaiting response") ||
           begins(line, "wget: server returned error: HTTP/") ||
           (begins(line, "--20") && find_text(line, "--  http") < line.len);
}

static bool is_python_line(struct dw_span line)
{
    static const char *const TEXTS[] = {"send: b'", "send: b\"",      "send: '",
                                        "reply: '", "reply: \"HTTP/", "-> \"HTTP/"};
    const size_t quote = find_char(line, '"');
    struct start start;

    if (begins_with_one(trimmed(line), TEXTS, COUNT_OF(TEXTS))) {
        return true;
    }
    if (find_text(line, " Client Error: ") < line.len && find_text(line, " for url: ") < line.len) {
        return true;
    }
    return find_text(first(line, quote), "http") < quote &&
           find_text(line, " HTTP/1.1\" ") < line.len &&
           start_read(first(skip(line, quote + 1), find_char(skip(line, quote + 1), '"')), &start);
}

static bool is_console_line(struct dw_span line)
{
    static const char *const TEXTS[] = {"Request URL",
                                        "Status Code:",
                                        "Request Method",
                                        "Request Headers",
                                        "Response Headers",
                                        "~~~ REQUEST ~~~",
                                        "~~~ RESPONSE ~~~",
                                        "headers: {",
                                        "headers: Headers {",
                                        "headers: Object [AxiosHeaders] {",
                                        "headers: AxiosHeaders {",
                                        "\"headers\": {",
                                        "Response {",
                                        "URL: http",
                                        ":status: ",
                                        "\"Request Headers\": {",
                                        "\"Response Headers\": {"};

    line = trimmed(line);
    while (line.len > 0 && ((unsigned char)line.at[0] >= 0x80 || line.at[0] == ' ')) {
        line = skip(line, 1);
    }
    return begins_with_one(line, TEXTS, COUNT_OF(TEXTS)) ||
           dw_span_equal(line, DW_SPAN("Request")) || dw_span_equal(line, DW_SPAN("Response")) ||
           find_text(line, " headers: {") < line.len;
}

/* A name that logs and stack traces do not begin their lines with. */
static bool is_of_http(struct dw_span name)
{
    static const char *const NAMES[] = {"Host",   "Cookie", "Server", "Date",  "Location", "Accept",
                                        "Origin", "Via",    "Age",    "Vary",  "ETag",     "DPoP",
                                        "Allow",  "Token",  "Bearer", "Basic", "apikey"};

    if (is_credential_field(name) || find_char(name, '-') < name.len) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (dw_span_equal_nocase(name, dw_span_of(NAMES[i]))) {
            return true;
        }
    }
    return begins_nocase(name, "auth") && name.len <= strlen("Authentication");
}

static void look_at_line(struct dw_span whole, struct seen *seen)
{
    int64_t ms;
    const struct dw_span line = curl_unmetered(curl_untimed(whole, &ms));
    struct dw_span name, value;
    struct start start;

    seen->lines += trimmed(whole).len > 0 ? 1 : 0;
    seen->trace += is_trace_line(line) ? 1 : 0;
    seen->curl += is_curl_line(line) ? 1 : 0;
    seen->wget += is_wget_line(line) ? 1 : 0;
    seen->log += is_log_line(whole) ? 1 : 0;
    seen->python += is_python_line(line) && !is_log_line(whole) ? 1 : 0;
    seen->quoted += is_quoted_message(line) ? 1 : 0;
    seen->console += is_console_line(line) ? 1 : 0;
    seen->maps += begins(whole, "map[") ? 1 : 0;
    if (field_read(whole, &name, &value)) {
        seen->fields++;
        seen->known += is_of_http(trimmed(name)) ? 1 : 0;
    }
    if (start_read(whole, &start)) {
        seen->http += start.version.at != NULL ? 1 : 0;
        seen->bare += start.version.at == NULL ? 1 : 0;
    } else if (arrow_len(whole) > 0) {
        seen->http++;
    }
}

/* -- JSON ---------------------------------------------------------------------------------------------------- */

static bool has(struct dw_span text, const char *what)
{
    return find_text(text, what) < text.len;
}

bool begins_har(struct dw_span text, bool is_all)
{
    return begins(trimmed(text), "{") && has(text, "\"log\"") &&
           (has(text, "\"entries\"") ||
            (!is_all && (has(text, "\"creator\"") || has(text, "\"pages\""))));
}

struct dw_span token_of_answer(struct dw_span json)
{
    static const char *const MEMBERS[] = {"\"access_token\"", "\"accessToken\"", "\"id_token\"",
                                          "\"idToken\"",      "\"token\"",       "\"jwt\""};

    for (size_t i = 0; i < COUNT_OF(MEMBERS); i++) {
        struct dw_span rest = trimmed(skip(json, find_text(json, MEMBERS[i]) + strlen(MEMBERS[i])));

        rest = begins(rest, ":") ? trimmed(skip(rest, 1)) : (struct dw_span){NULL, 0};
        if (begins(rest, "\"")) {
            return first(skip(rest, 1), find_char(skip(rest, 1), '"'));
        }
    }
    return (struct dw_span){NULL, 0};
}

/* -- Tokens -------------------------------------------------------------------------------------------------- */

bool is_credential_field(struct dw_span name)
{
    static const char *const NAMES[] = {
        "Authorization",   "Proxy-Authorization",      "X-Api-Key",     "Api-Key",
        "X-Auth-Token",    "X-Access-Token",           "Private-Token", "DPoP",
        "X-Authorization", "Ocp-Apim-Subscription-Key"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (dw_span_equal_nocase(trimmed(name), dw_span_of(NAMES[i]))) {
            return true;
        }
    }
    return false;
}

static bool begins_with_scheme(struct dw_span text)
{
    static const char *const SCHEMES[] = {"Bearer ",    "Basic ", "Digest ",          "DPoP ",
                                          "Token ",     "JWT ",   "ApiKey ",          "Api-Key ",
                                          "Negotiate ", "NTLM ",  "AWS4-HMAC-SHA256 "};

    for (size_t i = 0; i < COUNT_OF(SCHEMES); i++) {
        if (begins_nocase(text, SCHEMES[i])) {
            return true;
        }
    }
    return false;
}

/* One word, and none of a language: it is long, or has a digit, or dots as JWTs have them. */
static bool is_token_word(struct dw_span text)
{
    size_t n_digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == ' ' || text.at[i] == 0x7f) {
            return false;
        }
        n_digits += text.at[i] >= '0' && text.at[i] <= '9' ? 1 : 0;
    }
    return text.len >= 24 || (text.len >= 8 && n_digits > 0) || begins(text, "eyJ");
}

/* "eyJ..." in several lines, as a mail breaks it. */
static bool is_broken_jwt(struct dw_span text)
{
    return begins(text, "eyJ") && find_char(text, ' ') == text.len &&
           find_char(text, ':') == text.len;
}

/* As it stood in a script: the quotes are around all of it. */
static struct dw_span without_quotes(struct dw_span text)
{
    const char first = text.len > 1 ? text.at[0] : '\0';

    return (first == '"' || first == '\'') && text.at[text.len - 1] == first
               ? (struct dw_span){text.at + 1, text.len - 2}
               : text;
}

static bool is_token(struct dw_span text, const struct seen *seen)
{
    const struct dw_span bare = without_quotes(trimmed(text));
    struct dw_span name, value;

    if (field_read(bare, &name, &value) && is_credential_field(name)) {
        return seen->lines == 1 || seen->fields <= 1;
    }
    return begins_with_scheme(bare) || is_token_word(bare) || is_broken_jwt(bare);
}

/* -- All -------------------------------------------------------------------------------------------------------- */

static bool is_json(struct dw_span text)
{
    return begins(trimmed(text), "{") || begins(trimmed(text), "[{");
}

static enum capture_kind kind_of_json(struct dw_span text)
{
    if (begins_har(text, true) || has(text, "\"startedDateTime\"")) {
        return CAPTURE_HAR;
    }
    if (has(text, "\"headers\"")) {
        return CAPTURE_CONSOLE;
    }
    return token_of_answer(text).at != NULL ? CAPTURE_TOKEN_ANSWER : CAPTURE_HTTP;
}

static enum capture_kind kind_of_transcript(const struct seen *seen)
{
    if (seen->trace > 0) {
        return CAPTURE_CURL_TRACE;
    }
    if (seen->curl > 0) {
        return CAPTURE_CURL_VERBOSE;
    }
    if (seen->wget > 0) {
        return CAPTURE_WGET;
    }
    if (seen->python > 0) {
        return CAPTURE_PYTHON;
    }
    if (seen->console > 1 || (seen->console > 0 && seen->http == 0)) {
        return CAPTURE_CONSOLE;
    }
    if (seen->http > 0 || seen->bare > 0) {
        return CAPTURE_HTTP;
    }
    if (seen->quoted > 0) {
        return CAPTURE_PYTHON;
    }
    if (seen->log > 0) {
        return CAPTURE_HTTP;
    }
    return seen->maps > 0 ? CAPTURE_CONSOLE : CAPTURE_UNKNOWN;
}

/* Fields alone: most lines are some, one of them HTTP's, and no prose with a colon now and then. */
static bool are_fields(const struct seen *seen)
{
    return seen->known > 0 && 3 * seen->fields >= 2 * seen->lines;
}

enum capture_kind text_kind(struct dw_span text)
{
    struct seen seen = {0};
    enum capture_kind kind;
    struct lines lines;

    if (is_json(text)) {
        return kind_of_json(text);
    }
    lines_init(&lines, text);
    while (lines_next(&lines)) {
        look_at_line(lines.line, &seen);
    }
    kind = kind_of_transcript(&seen);
    if (kind != CAPTURE_UNKNOWN) {
        return kind;
    }
    if (begins(trimmed(text), "https://") || begins(trimmed(text), "http://")) {
        return CAPTURE_COMMAND;
    }
    if (is_token(text, &seen)) {
        return CAPTURE_TOKEN;
    }
    return are_fields(&seen) ? CAPTURE_HTTP : CAPTURE_UNKNOWN;
}
