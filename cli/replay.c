/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replay_record.h"
#include "scene.h"

#define ORIGIN_SIZE 512
#define LINE_SIZE   (CAPTURE_VALUE_MAX + 256)

/* One hop, as it goes. */
struct hop {
    const struct replay *replay;
    struct record record;
    bool is_home; /* the origin is the first one's */
    bool with_credentials;
    size_t body_len;
    CURL *handle;
    struct curl_slist *fields, *resolve, *connect_to;
    char error[CURL_ERROR_SIZE];
};

/* -- Writing down -------------------------------------------------------------------------------- */

static int take_debug(CURL *handle, curl_infotype type, char *data, size_t size, void *context)
{
    struct hop *hop = context;

    (void)handle;
    if (type == CURLINFO_HEADER_OUT) {
        record_request(&hop->record, (struct dw_span){data, size});
    } else if (type == CURLINFO_TEXT) {
        record_notes(&hop->record, (struct dw_span){data, size});
    }
    return 0;
}

static size_t take_header(char *data, size_t size, size_t n, void *context)
{
    struct hop *hop = context;

    record_header(&hop->record, (struct dw_span){data, size * n});
    return size * n;
}

/* Taking less than was given ends the transfer. */
static size_t take_body(char *data, size_t size, size_t n, void *context)
{
    struct hop *hop = context;
    const size_t len = size * n;

    if (hop->body_len + len > REPLAY_BODY_MAX) {
        return 0;
    }
    hop->body_len += len;
    record_body(&hop->record, (struct dw_span){data, len});
    return len;
}

/* -- What is sent ---------------------------------------------------------------------------------- */

/* What curl leaves out for another origin (curl 7.83), and what browsers and other clients do too. */
static bool is_credential(struct dw_span name)
{
    return span_is(name, "Authorization") || span_is(name, "Cookie") ||
           span_is(name, "Proxy-Authorization");
}

static bool is_sent(const struct hop *hop, const struct capture_field *field)
{
    if (field->name.len == 0 || field->name.at[0] == ':' ||
        span_is(field->name, "Content-Length") || span_is(field->name, "Transfer-Encoding") ||
        span_is(field->name, "Connection") || span_is(field->name, "Accept-Encoding")) {
        return false;
    }
    if (span_is(field->name, "Host") || span_begins(field->name, "Content-")) {
        return span_is(field->name, "Host") ? hop->is_home : hop->record.body.at != NULL;
    }
    return hop->with_credentials || !is_credential(field->name);
}

/* A line of its own within a value would be a request of somebody else's making. */
static struct dw_span first_line(struct dw_span value)
{
    size_t n = 0;

    while (n < value.len && value.at[n] != '\r' && value.at[n] != '\n' && value.at[n] != '\0') {
        n++;
    }
    return (struct dw_span){value.at, n};
}

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer != NULL) {
        *list = longer;
    }
    return longer != NULL;
}

static bool add_fields(struct hop *hop)
{
    char *line = malloc(LINE_SIZE);
    bool fits = line != NULL, has_agent = false;

    for (size_t i = 0; fits && i < hop->replay->n_fields; i++) {
        const struct capture_field *field = &hop->replay->fields[i];
        const struct dw_span name = first_line(field->name), value = first_line(field->value);

        if (!is_sent(hop, field) || memchr(name.at, ':', name.len) != NULL) {
            continue;
        }
        has_agent = has_agent || span_is(name, "User-Agent");
        (void)snprintf(line, LINE_SIZE, value.len > 0 ? "%.*s: %.*s" : "%.*s;", (int)name.len,
                       name.at, (int)value.len, value.at);
        fits = add_line(&hop->fields, line);
    }
    if (line != NULL) {
        dw_secret_wipe(line, LINE_SIZE);
    }
    free(line);
    /* Else curl waits for a 100 that many servers do not send, and names a form that was not said. */
    return fits && add_line(&hop->fields, "Expect:") &&
           (has_agent || hop->replay->agent == NULL ||
            curl_easy_setopt(hop->handle, CURLOPT_USERAGENT, hop->replay->agent) == CURLE_OK);
}

const char *replay_curl_agent(void)
{
    static char agent[64];

    (void)snprintf(agent, sizeof(agent), "curl/%s", curl_version_info(CURLVERSION_NOW)->version);
    return agent;
}

/* -- Options ------------------------------------------------------------------------------------- */

static long version_of(const struct replay *replay)
{
    const struct command *command = replay->command;

    if (replay->version == REPLAY_HTTP1 || (command != NULL && command->http1)) {
        return CURL_HTTP_VERSION_1_1;
    }
    return CURL_HTTP_VERSION_2TLS;
}

static unsigned long auth_of(const struct command *command)
{
    return (command->digest ? CURLAUTH_DIGEST : 0) | (command->ntlm ? CURLAUTH_NTLM : 0) |
           (command->negotiate ? CURLAUTH_NEGOTIATE : 0) | (command->anyauth ? CURLAUTH_ANY : 0);
}

static unsigned set_string(CURL *handle, CURLoption option, const char *value)
{
    return value != NULL ? curl_easy_setopt(handle, option, value) : CURLE_OK;
}

/* What a command says of TLS, of the way there, and of credentials that curl itself makes. */
static bool set_command(struct hop *hop)
{
    const struct command *command = hop->replay->command;
    CURL *handle = hop->handle;
    unsigned failed = 0;

    if (command == NULL) {
        return true;
    }
    failed |= set_string(handle, CURLOPT_CAINFO, command->cacert);
    failed |= set_string(handle, CURLOPT_UNIX_SOCKET_PATH, command->unix_socket);
    if (command->insecure) {
        failed |= curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
        failed |= curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (command->resolve != NULL && add_line(&hop->resolve, command->resolve)) {
        failed |= curl_easy_setopt(handle, CURLOPT_RESOLVE, hop->resolve);
    }
    if (command->connect_to != NULL && add_line(&hop->connect_to, command->connect_to)) {
        failed |= curl_easy_setopt(handle, CURLOPT_CONNECT_TO, hop->connect_to);
    }
    if (hop->with_credentials) {
        failed |= set_string(handle, CURLOPT_SSLCERT, command->cert);
        failed |= set_string(handle, CURLOPT_SSLKEY, command->key);
    }
    if (hop->with_credentials && auth_of(command) != 0) {
        failed |= set_string(handle, CURLOPT_USERPWD, command->user != NULL ? command->user : ":");
        failed |= curl_easy_setopt(handle, CURLOPT_HTTPAUTH, auth_of(command));
    }
    if (command->netrc) {
        failed |= curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
    }
    return failed == CURLE_OK;
}

static unsigned set_method(struct hop *hop)
{
    CURL *handle = hop->handle;
    unsigned failed = 0;

    if (strcmp(hop->record.method, "HEAD") == 0) {
        return curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    }
    if (hop->record.body.at != NULL) {
        failed |= curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                                   (curl_off_t)hop->replay->body.len);
        failed |= curl_easy_setopt(handle, CURLOPT_POSTFIELDS, hop->replay->body.at);
    }
    if (strcmp(hop->record.method, "GET") != 0 || hop->record.body.at != NULL) {
        failed |= curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, hop->record.method);
    }
    return failed;
}

static bool set_options(struct hop *hop, long left_ms)
{
    CURL *handle = hop->handle;
    const char *proxy = hop->replay->proxy;
    unsigned failed = set_method(hop);

    failed |= curl_easy_setopt(handle, CURLOPT_URL, hop->record.url);
    failed |= curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    failed |= curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    failed |= curl_easy_setopt(handle, CURLOPT_PROXY, proxy != NULL ? proxy : "");
    failed |= curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    failed |= curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    failed |= curl_easy_setopt(handle, CURLOPT_CERTINFO, 1L);
    failed |= curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, left_ms);
    failed |= curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, version_of(hop->replay));
    failed |= curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    failed |= curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    failed |= curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, hop->error);
    failed |= curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
    failed |= curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, take_debug);
    failed |= curl_easy_setopt(handle, CURLOPT_DEBUGDATA, (void *)hop);
    failed |= curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    failed |= curl_easy_setopt(handle, CURLOPT_HEADERDATA, (void *)hop);
    failed |= curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    failed |= curl_easy_setopt(handle, CURLOPT_WRITEDATA, (void *)hop);
    return failed == CURLE_OK && add_fields(hop) && set_command(hop) &&
           curl_easy_setopt(handle, CURLOPT_HTTPHEADER, hop->fields) == CURLE_OK;
}

/* -- A hop ----------------------------------------------------------------------------------------- */

static int tell(const struct hop *hop, CURLcode code, struct complaint *why)
{
    const char *words = hop->error[0] != '\0' ? hop->error : curl_easy_strerror(code);
    const struct dw_span host = url_host(dw_span_of(hop->record.url));

    switch ((unsigned)code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        return complain(why, "the certificate of %.*s cannot be trusted, so nothing was sent: %s",
                        (int)host.len, host.at, words);
    case CURLE_SSL_CONNECT_ERROR:
        return complain(why, "TLS with %.*s failed, so nothing was sent: %s", (int)host.len,
                        host.at, words);
    case CURLE_OPERATION_TIMEDOUT:
        return complain(why, "%.*s did not answer in time: %s", (int)host.len, host.at, words);
    default:
        return complain(why, "%.*s: %s", (int)host.len, host.at, words);
    }
}

static void note_time(const struct hop *hop)
{
    curl_off_t us = 0;

    if (hop->record.exchange != NULL &&
        curl_easy_getinfo(hop->handle, CURLINFO_TOTAL_TIME_T, &us) == CURLE_OK) {
        hop->record.exchange->took_ms = (int64_t)us / 1000;
    }
}

/* "Nov 21 10:00:00 2027 GMT", as OpenSSL prints it. */
static void note_end(const struct hop *hop, const char *text)
{
    struct tm parts = {0};
    char note[64];

    if (strptime(text, "%b %d %H:%M:%S %Y", &parts) != NULL &&
        strftime(note, sizeof(note), "certificate expires %Y-%m-%dT%H:%M:%SZ", &parts) > 0) {
        capture_add_note(hop->record.capture, hop->record.exchange, dw_span_of(note));
    }
}

/* Of the server's own certificate, which comes first. */
static void note_certificate(const struct hop *hop)
{
    static const char MARK[] = "Expire date:";
    struct curl_certinfo *info = NULL;

    if (hop->record.exchange == NULL ||
        curl_easy_getinfo(hop->handle, CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL ||
        info->num_of_certs < 1) {
        return;
    }
    for (const struct curl_slist *line = info->certinfo[0]; line != NULL; line = line->next) {
        if (strncmp(line->data, MARK, sizeof(MARK) - 1) == 0) {
            note_end(hop, line->data + sizeof(MARK) - 1);
        }
    }
}

static int perform(struct hop *hop, long left_ms, struct complaint *why)
{
    CURLcode code;

    if (!set_options(hop, left_ms)) {
        return complain(why, "libcurl could not begin");
    }
    code = curl_easy_perform(hop->handle);
    note_time(hop);
    note_certificate(hop);
    if (hop->record.exchange != NULL && hop->record.exchange->status >= 200 && code != CURLE_OK) {
        hop->record.exchange->response.body_cut = true; /* the head of the answer tells enough */
        return 0;
    }
    return code == CURLE_OK ? 0 : tell(hop, code, why);
}

/* Where the answer points to, of the capture's arena; NULL: nowhere. */
static const char *next_url(const struct hop *hop)
{
    char *to = NULL;

    if (hop->record.exchange == NULL ||
        curl_easy_getinfo(hop->handle, CURLINFO_REDIRECT_URL, &to) != CURLE_OK || to == NULL) {
        return NULL;
    }
    if (!span_begins(dw_span_of(to), "http://") && !span_begins(dw_span_of(to), "https://")) {
        return NULL;
    }
    return arena_keep(hop->record.capture->arena, dw_span_of(to)).at;
}

static void hop_end(struct hop *hop)
{
    curl_slist_free_all(hop->fields);
    curl_slist_free_all(hop->resolve);
    curl_slist_free_all(hop->connect_to);
    curl_easy_cleanup(hop->handle);
    hop->fields = hop->resolve = hop->connect_to = NULL;
    hop->handle = NULL;
}

/* -- All hops -------------------------------------------------------------------------------------- */

bool replay_same_origin(struct dw_span a, struct dw_span b)
{
    char first[ORIGIN_SIZE], second[ORIGIN_SIZE];
    const struct dw_span one = url_origin(a, first, sizeof(first));
    const struct dw_span other = url_origin(b, second, sizeof(second));

    return one.at != NULL && other.at != NULL && dw_span_equal_nocase(one, other);
}

static int64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* RFC 9110 s15.4, as curl and browsers do it: a POST becomes a GET, save for 307 and 308. */
static void turn(struct hop *hop, const char *to)
{
    const struct command *command = hop->replay->command;
    const int status = hop->record.exchange->status;
    const bool is_post = strcmp(hop->record.method, "POST") == 0;
    const bool is_safe =
        strcmp(hop->record.method, "GET") == 0 || strcmp(hop->record.method, "HEAD") == 0;

    if ((is_post && (status == 301 || status == 302)) || (!is_safe && status == 303)) {
        hop->record.method = "GET";
        hop->record.body = (struct dw_span){NULL, 0};
    }
    /* Once dropped, they stay so: the first origin alone was meant to get them. */
    hop->is_home = hop->is_home && replay_same_origin(dw_span_of(hop->replay->url), dw_span_of(to));
    hop->with_credentials =
        hop->is_home || (command != NULL && command->location_trusted && hop->with_credentials);
    hop->record.url = to;
    hop->record.exchange = NULL;
    hop->body_len = 0;
    hop->error[0] = '\0';
}

int replay_send(struct capture *capture, const struct replay *replay, struct complaint *why)
{
    const int64_t end =
        clock_ms() + 1000L * (replay->seconds > 0 ? replay->seconds : REPLAY_SECONDS);
    struct hop hop = {.replay = replay, .is_home = true, .with_credentials = true};

    hop.record = (struct record){.capture = capture,
                                 .role = replay->role,
                                 .url = replay->url,
                                 .method = replay->method,
                                 .body = replay->body};
    for (unsigned i = 0; i <= REPLAY_HOPS_MAX; i++) {
        const int64_t left = end - clock_ms();
        const char *to = NULL;
        int result;

        hop.handle = left > 0 ? curl_easy_init() : NULL;
        if (hop.handle == NULL) {
            return complain(why, left > 0 ? "out of memory" : "the redirects did not end in time");
        }
        result = perform(&hop, (long)left, why);
        to = result == 0 && replay->follow ? next_url(&hop) : NULL;
        hop_end(&hop);
        if (to == NULL) {
            return result;
        }
        turn(&hop, to);
    }
    return complain(why, "the redirects do not end: the %dth goes to %.200s", REPLAY_HOPS_MAX,
                    hop.record.url);
}
