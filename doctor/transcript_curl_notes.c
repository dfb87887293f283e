/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "complaint.h"
#include "transcript_curl.h"

/* With these, curl begins to speak of its next request. */
static const char *const NEXT[] = {"Issue another request",
                                   "Re-using existing",
                                   "Reusing existing",
                                   "Found bundle",
                                   "Trying ",
                                   "Host ",
                                   "Hostname ",
                                   "Added ",
                                   "Connected to ",
                                   "Server auth using",
                                   "Proxy auth using",
                                   "About to connect",
                                   "Could not resolve",
                                   "Couldn't find host",
                                   "h2h3 [",
                                   "h2 [",
                                   "[HTTP/2] [",
                                   "[HTTP/3] [",
                                   "Using Stream",
                                   "Switch from POST",
                                   "Switch to GET",
                                   "Clear auth",
                                   "Mark bundle",
                                   "Uses proxy env",
                                   "Rebuilt URL to",
                                   "NTLM",
                                   "Hostname was found in DNS",
                                   "Establish HTTP proxy tunnel"};

/* Of those, the ones behind which a request would have come, had all gone well. */
static const char *const TRIES[] = {"Issue another request", "Trying ",
                                    "Connected to ",         "About to connect",
                                    "Could not resolve",     "Re-using existing",
                                    "Reusing existing",      "Establish HTTP proxy tunnel"};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool begins_with_one(struct dw_span note, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (begins(note, texts[i])) {
            return true;
        }
    }
    return false;
}

bool curl_init(struct curl *curl, enum capture_kind kind, const char *name)
{
    *curl = (struct curl){
        .capture = capture_new(kind, name), .is_pending = true, .now_ms = -1, .sent_ms = -1};
    return curl->capture != NULL;
}

/* -- Connections -------------------------------------------------------------------------------------------- */

static void add_connection(struct curl *curl, struct dw_span name)
{
    const size_t at = curl->n_connections < CURL_CONNECTIONS_MAX ? curl->n_connections++
                                                                 : CURL_CONNECTIONS_MAX - 1;

    curl->connections[at] = (struct curl_connection){.name = name};
    (void)snprintf(curl->connections[at].host, CURL_HOST_MAX, "%.*s",
                   (int)(name.len < 256 ? name.len : 0), name.at);
    curl->connection = at;
}

/* "Connected to api.example.com (192.0.2.1) port 443 (#0)" */
static void note_connected(struct curl *curl, struct dw_span note)
{
    struct dw_span rest = skip(note, strlen("Connected to "));
    const struct dw_span name = next_word(&rest);
    const size_t port_at = find_text(rest, ") port ");
    struct dw_span port = skip(rest, port_at + strlen(") port "));

    port = next_word(&port);
    add_connection(curl, name);
    if (port.len > 0 && port.len <= 5 && name.len < 256) {
        (void)snprintf(curl->connections[curl->connection].host, CURL_HOST_MAX, "%.*s:%.*s",
                       (int)name.len, name.at, (int)port.len, port.at);
    }
}

/* "Re-using existing connection #0 with host api.example.com", "... https: connection with ..." */
static void note_reused(struct curl *curl, struct dw_span note)
{
    struct dw_span rest = skip(note, find_text(note, " with ") + strlen(" with "));
    struct dw_span name = next_word(&rest);

    if (dw_span_equal(name, DW_SPAN("host")) || dw_span_equal(name, DW_SPAN("proxy"))) {
        name = next_word(&rest);
    }
    for (size_t i = curl->n_connections; i > 0; i--) {
        if (dw_span_equal_nocase(curl->connections[i - 1].name, name)) {
            curl->connection = i - 1;
            return;
        }
    }
    add_connection(curl, name);
    curl->connections[curl->connection].is_tls = find_text(note, " https:") < note.len;
}

static bool tells_of_tls(struct dw_span note)
{
    return begins(note, "TLSv1") || begins(note, "SSL") || begins(note, "ALPN") ||
           begins(note, "schannel:") || find_text(note, ", TLS handshake") < note.len ||
           find_text(note, " [:scheme: https]") < note.len;
}

/* "Issue another request to this URL: 'URL'", "[HTTP/2] [1] OPENED stream for URL" */
static void note_url(struct curl *curl, struct dw_span note)
{
    const size_t at = find_text(note, "http");
    struct dw_span url = skip(note, at), rest = url;

    url = next_word(&rest);
    while (url.len > 0 && (url.at[url.len - 1] == '\'' || url.at[url.len - 1] == '"')) {
        url.len--;
    }
    if (url.len > 0) {
        curl->url = first(url, CAPTURE_VALUE_MAX);
    }
}

static void learn(struct curl *curl, struct dw_span note)
{
    if (begins(note, "Connected to ")) {
        note_connected(curl, note);
    } else if (begins(note, "Re-using existing ") || begins(note, "Reusing existing ")) {
        note_reused(curl, note);
    } else if (begins(note, "Issue another request") ||
               find_text(note, "OPENED stream for http") < note.len) {
        note_url(curl, note);
    } else if (tells_of_tls(note) && curl->n_connections > 0) {
        curl->connections[curl->connection].is_tls = true;
    }
}

/* -- Notes -------------------------------------------------------------------------------------------------- */

static bool is_answered(const struct curl *curl)
{
    return curl->exchange != NULL && curl->exchange->status >= 200 && curl->in_body;
}

static void add_pending(struct curl *curl, struct dw_span note, struct place place)
{
    if (curl->n_pending == 0) {
        curl->pending_at = place;
    }
    if (curl->n_pending < CAPTURE_NOTES_MAX) {
        curl->pending[curl->n_pending++] = note;
    }
    curl->tried =
        curl->tried || begins_with_one(note, TRIES, COUNT_OF(TRIES)) || begins(note, "curl: (");
}

/* Fields that HTTP/2 notes repeat, "h2h3 [authorization: Bearer x]": the request has them too. */
static bool is_repeated_field(struct dw_span note)
{
    const size_t at = find_text(note, "[HTTP/") == 0 ? find_text(note, "] [") + 3 : 0;
    const size_t inner = find_text(skip(note, at), at > 0 ? "] [" : "[") + at + (at > 0 ? 3 : 1);

    return (begins(note, "h2h3 [") || begins(note, "h2 [") || begins(note, "[HTTP/")) &&
           inner < note.len && note.at[inner] != ':' &&
           find_text(skip(note, inner), ": ") < note.len - inner;
}

/* Without the user and password that curl shows as a part of the URL. */
static struct dw_span without_secret(const struct curl *curl, struct dw_span note)
{
    const size_t url = find_text(note, ": '");

    return begins(note, "Issue another request") && find_char(curl->url, '@') < curl->url.len
               ? first(note, url)
               : note;
}

void curl_note(struct curl *curl, struct dw_span note, struct place place)
{
    note = trimmed(note);
    if (is_answered(curl) && begins_with_one(note, NEXT, COUNT_OF(NEXT))) {
        curl->is_pending = true;
    }
    learn(curl, note);
    note = without_secret(curl, note);
    if (is_repeated_field(note)) {
        return;
    }
    if (curl->is_pending) {
        add_pending(curl, note, place);
    } else {
        capture_add_note(curl->capture, curl->exchange, note);
    }
}

/* -- Where requests went ------------------------------------------------------------------------------------- */

/* 'http://alice:secret@api.example.com/': curl sends what is before the @ as credentials. */
static struct dw_span keep_url(struct capture *capture, struct dw_span url)
{
    const size_t authority = find_text(url, "://") + 3;
    const struct dw_span rest = skip(url, authority);
    const struct dw_span place = first(rest, find_char(rest, '/'));
    size_t at = place.len;
    struct dw_span made;

    while (at > 0 && place.at[at - 1] != '@') {
        at--;
    }
    made = arena_keep(capture->arena, first(url, authority));
    return arena_append(capture->arena, made, skip(rest, at));
}

static void take_pending(struct curl *curl)
{
    for (size_t i = 0; i < curl->n_pending; i++) {
        capture_add_note(curl->capture, curl->exchange, curl->pending[i]);
    }
    curl->n_pending = 0;
    curl->is_pending = false;
    curl->tried = false;
}

void curl_begin_exchange(struct curl *curl)
{
    take_pending(curl);
    curl->message =
        curl->exchange->status != 0 ? &curl->exchange->response : &curl->exchange->request;
    curl->is_placed = !curl->exchange->request.is_there;
    if (curl->is_placed && curl->url.at != NULL) {
        curl->exchange->url = keep_url(curl->capture, curl->url);
        curl->url = (struct dw_span){NULL, 0};
    }
}

/* curl named the URL before it sent the request: it counts if the request's target is a part of it. */
static bool is_announced(const struct curl *curl)
{
    const struct dw_span url = curl->url, target = curl->exchange->url;
    struct dw_span end;

    if (url.at == NULL || target.len == 0 || target.at[0] != '/') {
        return false;
    }
    end = first(url, find_char(url, '#'));
    return end.len > target.len && dw_span_equal(skip(end, end.len - target.len), target);
}

/* The address asked again for a challenge's sake is the one asked before, of which no scheme was known. */
static void correct_before(struct curl *curl)
{
    const struct capture *capture = curl->capture;
    struct exchange *before =
        capture->n_exchanges > 1 ? capture->exchanges[capture->n_exchanges - 2] : NULL;
    const struct dw_span url = curl->exchange->url;

    if (before != NULL && before->status == 401 && curl->n_connections == 0 &&
        begins(url, "http://") && begins(before->url, "https://") &&
        dw_span_equal(skip(url, strlen("http://")), skip(before->url, strlen("https://")))) {
        before->url = url;
    }
}

/* What curl said of TLS may have been left out. */
static bool has_tls_port(const struct curl_connection *connection)
{
    const size_t len = strlen(connection->host);

    return len > 4 && strcmp(connection->host + len - 4, ":443") == 0;
}

void curl_end_request(struct curl *curl)
{
    const struct curl_connection *connection = &curl->connections[curl->connection];
    enum security security = SECURITY_UNKNOWN;

    if (curl->exchange == NULL || curl->is_placed) {
        return;
    }
    curl->is_placed = true;
    if (is_announced(curl)) {
        curl->exchange->url = keep_url(curl->capture, curl->url);
        correct_before(curl);
    } else if (curl->n_connections > 0) {
        security = connection->is_tls || has_tls_port(connection) ? SECURITY_TLS : SECURITY_NONE;
    }
    if (!begins(curl->exchange->method, "CONNECT")) {
        make_absolute(curl->capture, curl->exchange, security, dw_span_of(connection->host));
        curl->url = (struct dw_span){NULL, 0};
    }
}

/* "curl: (56) Received HTTP code 407 from proxy after CONNECT", "CONNECT tunnel failed, response 407" */
static int tunnel_status(struct dw_span note)
{
    static const char *const WORDS[] = {"Received HTTP code ", "CONNECT tunnel failed, response "};

    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        struct dw_span rest = skip(note, find_text(note, WORDS[i]) + strlen(WORDS[i]));
        const int status = next_number(&rest);

        if (status >= 400 && status < 600) {
            return status;
        }
    }
    return 0;
}

/* What answered there is the proxy, though nothing but its status was shown. */
static void take_tunnel_status(struct curl *curl)
{
    struct exchange *exchange = curl->exchange;

    for (size_t i = 0; exchange->status == 0 && i < exchange->n_notes; i++) {
        exchange->status = tunnel_status(exchange->notes[i]);
        if (exchange->status != 0) {
            exchange->method = arena_keep(curl->capture->arena, DW_SPAN("CONNECT"));
            exchange->response.is_there = true;
            exchange->response.place = exchange->place;
        }
    }
}

/* Notes of a request that was never sent: an exchange of its own, to which nothing came. */
static void end_pending(struct curl *curl)
{
    if (!curl->tried && curl->exchange != NULL) {
        take_pending(curl);
        return;
    }
    curl->exchange = curl->n_pending > 0 ? capture_add(curl->capture) : NULL;
    if (curl->exchange != NULL) {
        curl->exchange->place = curl->pending_at;
        curl_begin_exchange(curl);
        take_tunnel_status(curl);
    }
}

static bool failed(const struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->n_notes; i++) {
        if (begins(exchange->notes[i], "curl: (") ||
            begins(exchange->notes[i], "Closing connection") ||
            begins(exchange->notes[i], "Empty reply")) {
            return true;
        }
    }
    return false;
}

int curl_end(struct curl *curl, const char *what, struct capture **capture, struct complaint *why)
{
    if (!curl->is_full) {
        curl_end_request(curl);
        end_pending(curl);
    }
    follow_locations(curl->capture);
    if (curl->exchange != NULL && (curl->exchange->status == 0 || !curl->in_body) &&
        !failed(curl->exchange)) {
        curl->capture->is_cut = true;
        curl->capture->cut_at = curl->exchange->place;
    }
    return transcript_end(curl->capture, what, capture, why);
}
