/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define CONNECTION_MEMORY ((size_t)64 * 1024)
#define CONNECTIONS_MAX   512u
#define WAITING_MAX       384u  /* of them: the rest is for those who need not wait */
#define SILENCE_MAX       30u   /* seconds */
#define OVERFLOW_MAX      65536 /* bytes past body_max that are read and dropped before hanging up */
#define DRAIN_MS          2000

/* A request from its first line to its answer. */
struct exchange {
    struct http *http;
    struct MHD_Connection *connection;
    struct exchange *next, *previous; /* among those put off */
    bool waiting;
    bool begun;
    int64_t came_us;
    char *target;
    char *body;
    size_t body_len;
    size_t overflow;
    char source[HTTP_SOURCE_SIZE];
};

struct http {
    struct http_settings settings;
    struct MHD_Daemon *daemon;
    struct exchange *waiting;
    unsigned n_waiting;
    unsigned active;
    bool stopping;
    struct dw_field fields[HTTP_FIELDS_MAX];
    struct http_request request;
    struct http_response response;
};

/* -- Fields ------------------------------------------------------------------------------------ */

static bool is_field_value(struct dw_span value)
{
    for (size_t i = 0; i < value.len; i++) {
        const unsigned char c = (unsigned char)value.at[i];
        if (c < 0x20 || c == 0x7f) {
            return false;
        }
    }
    return value.len > 0;
}

/* NUL-terminated; the caller has made sure that it fits. */
static const char *copy_text(struct http_response *response, struct dw_span text)
{
    char *copy = response->memory + response->used;

    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    response->used += text.len + 1;
    return copy;
}

bool http_add_span(struct http_response *response, struct dw_span name, struct dw_span value)
{
    const size_t left = sizeof response->memory - response->used;

    if (!is_field_value(name) || !is_field_value(value) || response->n_fields == HTTP_ANSWER_MAX ||
        name.len > left || value.len > left || name.len + value.len + 2 > left) {
        return false;
    }
    response->fields[response->n_fields].name = copy_text(response, name);
    response->fields[response->n_fields].value = copy_text(response, value);
    response->n_fields++;
    return true;
}

bool http_add_field(struct http_response *response, const char *name, struct dw_span value)
{
    return http_add_span(response, dw_span_of(name), value);
}

size_t http_find_field(const struct http_request *request, const char *name, struct dw_span *value)
{
    const struct dw_span wanted = dw_span_of(name);
    size_t n = 0;

    for (size_t i = 0; i < request->n_fields; i++) {
        if (!dw_span_equal_nocase(request->fields[i].name, wanted)) {
            continue;
        }
        if (n == 0) {
            *value = request->fields[i].value;
        }
        n++;
    }
    return n;
}

static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *name,
                                  size_t name_len, const char *value, size_t value_len)
{
    struct http *http = context;
    struct http_request *request = &http->request;

    (void)kind;
    if (request->n_fields == HTTP_FIELDS_MAX) {
        request->too_many_fields = true;
        return MHD_NO;
    }
    http->fields[request->n_fields].name = (struct dw_span){name, name_len};
    http->fields[request->n_fields].value =
        (struct dw_span){value == NULL ? "" : value, value == NULL ? 0 : value_len};
    request->n_fields++;
    return MHD_YES;
}

/* -- From the first line to the handler -------------------------------------------------------- */

static void *begin_exchange(void *context, const char *target, struct MHD_Connection *connection)
{
    struct http *http = context;
    struct exchange *exchange = calloc(1, sizeof *exchange);

    if (exchange == NULL) {
        return NULL;
    }
    exchange->target = strdup(target);
    if (exchange->target == NULL) {
        free(exchange);
        return NULL;
    }
    exchange->http = http;
    exchange->connection = connection;
    exchange->came_us = clock_us();
    pthread_mutex_lock(http->settings.lock);
    http->active++;
    pthread_mutex_unlock(http->settings.lock);
    return exchange;
}

static void stop_waiting(struct exchange *exchange)
{
    if (!exchange->waiting) {
        return;
    }
    if (exchange->previous != NULL) {
        exchange->previous->next = exchange->next;
    } else {
        exchange->http->waiting = exchange->next;
    }
    if (exchange->next != NULL) {
        exchange->next->previous = exchange->previous;
    }
    exchange->waiting = false;
    exchange->http->n_waiting--;
}

static void end_exchange(void *context, struct MHD_Connection *connection, void **its,
                         enum MHD_RequestTerminationCode how)
{
    struct http *http = context;
    struct exchange *exchange = *its;

    (void)connection;
    (void)how;
    if (exchange == NULL) {
        return;
    }
    pthread_mutex_lock(http->settings.lock);
    stop_waiting(exchange);
    http->active--;
    pthread_mutex_unlock(http->settings.lock);
    if (exchange->body != NULL) {
        dw_secret_wipe(exchange->body, exchange->body_len);
    }
    free(exchange->body);
    free(exchange->target);
    free(exchange);
    *its = NULL;
}

/* Reads the whole body or counts what is too much of it. false: hang up. */
static bool take_body(struct exchange *exchange, const char *data, size_t len)
{
    const size_t max = exchange->http->settings.body_max;

    if (exchange->body == NULL) {
        exchange->body = malloc(max);
        if (exchange->body == NULL) {
            return false;
        }
    }
    if (exchange->overflow > 0 || len > max - exchange->body_len) {
        exchange->overflow += len;
        return exchange->overflow <= OVERFLOW_MAX;
    }
    memcpy(exchange->body + exchange->body_len, data, len);
    exchange->body_len += len;
    return true;
}

static void note_declared_size(struct exchange *exchange)
{
    const char *declared = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND,
                                                       MHD_HTTP_HEADER_CONTENT_LENGTH);

    if (declared != NULL && strtoull(declared, NULL, 10) > exchange->http->settings.body_max) {
        exchange->overflow = 1;
    }
}

static struct dw_span find_source(struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    socklen_t size = sizeof(struct sockaddr_in);

    if (exchange->http->settings.is_socket || info == NULL || info->client_addr == NULL) {
        return DW_SPAN("unix:");
    }
    if (info->client_addr->sa_family == AF_INET6) {
        size = sizeof(struct sockaddr_in6);
    }
    if (getnameinfo(info->client_addr, size, exchange->source, sizeof exchange->source, NULL, 0,
                    NI_NUMERICHOST) != 0) {
        return DW_SPAN("unknown");
    }
    return dw_span_of(exchange->source);
}

static void fill_request(struct exchange *exchange, const char *method)
{
    struct http *http = exchange->http;
    const char *query = strchr(exchange->target, '?');
    const struct dw_span target = dw_span_of(exchange->target);

    http->request = (struct http_request){
        .method = dw_span_of(method),
        .path = {target.at, query == NULL ? target.len : (size_t)(query - target.at)},
        .query = dw_span_of(query == NULL ? NULL : query + 1),
        .fields = http->fields,
        .source = find_source(exchange),
        .from_socket = http->settings.is_socket,
        .body_too_large = exchange->overflow > 0,
        .came_us = exchange->came_us,
        .hurry = http->stopping || http->n_waiting >= WAITING_MAX,
    };
    if (exchange->overflow == 0) {
        http->request.body = (struct dw_span){exchange->body, exchange->body_len};
    }
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, take_field, http);
}

static enum MHD_Result send_response(struct exchange *exchange)
{
    const struct http_response *response = &exchange->http->response;
    char none[1] = "";
    void *body = response->body.len == 0 ? none : (void *)(uintptr_t)response->body.at;

    struct MHD_Response *sent =
        MHD_create_response_from_buffer(response->body.len, body, MHD_RESPMEM_MUST_COPY);
    if (response->secret != NULL) {
        dw_secret_wipe(response->secret, response->body.len);
    }
    if (sent == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result = MHD_YES;
    for (size_t i = 0; i < response->n_fields && result == MHD_YES; i++) {
        result = MHD_add_response_header(sent, response->fields[i].name, response->fields[i].value);
    }
    if (result == MHD_YES) {
        result = MHD_queue_response(exchange->connection, (unsigned)response->status, sent);
    }
    MHD_destroy_response(sent);
    return result;
}

/* The caller holds the lock: nobody can wake an exchange that is not asleep yet. */
static void put_off(struct exchange *exchange)
{
    struct http *http = exchange->http;

    exchange->waiting = true;
    exchange->previous = NULL;
    exchange->next = http->waiting;
    if (http->waiting != NULL) {
        http->waiting->previous = exchange;
    }
    http->waiting = exchange;
    http->n_waiting++;
    MHD_suspend_connection(exchange->connection);
}

static enum MHD_Result answer(struct exchange *exchange, const char *method)
{
    struct http *http = exchange->http;
    enum MHD_Result result = MHD_YES;

    pthread_mutex_lock(http->settings.lock);
    fill_request(exchange, method);
    http->response.status = MHD_HTTP_INTERNAL_SERVER_ERROR;
    http->response.body = (struct dw_span){NULL, 0};
    http->response.secret = NULL;
    http->response.n_fields = 0;
    http->response.used = 0;
    const enum http_answer when =
        http->settings.handle(http->settings.context, &http->request, &http->response);
    if (when == HTTP_LATER && !http->request.hurry) {
        put_off(exchange);
    } else {
        result = send_response(exchange);
    }
    /* A field may set a cookie. */
    dw_secret_wipe(http->response.memory, http->response.used);
    pthread_mutex_unlock(http->settings.lock);
    return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_len, void **its)
{
    struct exchange *exchange = *its;

    (void)context;
    (void)connection;
    (void)url;
    (void)version;
    if (exchange == NULL) {
        return MHD_NO;
    }
    if (!exchange->begun) {
        exchange->begun = true;
        note_declared_size(exchange);
        return exchange->overflow > 0 ? answer(exchange, method) : MHD_YES;
    }
    if (*data_len > 0) {
        const bool taken = take_body(exchange, data, *data_len);
        *data_len = 0;
        return taken ? MHD_YES : MHD_NO;
    }
    return answer(exchange, method);
}

/* -- Start and stop ---------------------------------------------------------------------------- */

/* The library would decode the path; whoever compares paths wants them as they came. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct http *http)
{
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;

    return MHD_start_daemon(
        flags, 0, NULL, NULL, handle, http, MHD_OPTION_LISTEN_SOCKET, http->settings.listener,
        MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, http, MHD_OPTION_NOTIFY_COMPLETED,
        end_exchange, http, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_MAX, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_END);
}

int http_start(const struct http_settings *settings, struct http **http, struct complaint *why)
{
    struct http *made = calloc(1, sizeof *made);

    if (made == NULL) {
        close(settings->listener);
        return complain(why, "out of memory");
    }
    made->settings = *settings;
    made->daemon = start_daemon(made);
    if (made->daemon == NULL) {
        close(settings->listener);
        free(made);
        return complain(why, "libmicrohttpd could not start; is the limit of open files too low?");
    }
    *http = made;
    return 0;
}

void http_wake(struct http *http)
{
    while (http->waiting != NULL) {
        struct exchange *exchange = http->waiting;
        stop_waiting(exchange);
        MHD_resume_connection(exchange->connection);
    }
}

static bool is_busy(struct http *http)
{
    pthread_mutex_lock(http->settings.lock);
    http->stopping = true;
    http_wake(http);
    const bool busy = http->active > 0;
    pthread_mutex_unlock(http->settings.lock);
    return busy;
}

void http_stop(struct http *http)
{
    if (http == NULL) {
        return;
    }
    const int listener = MHD_quiesce_daemon(http->daemon);
    const int64_t end = clock_ms() + DRAIN_MS;
    while (is_busy(http) && clock_ms() < end) {
        usleep(10000);
    }
    MHD_stop_daemon(http->daemon);
    if (listener >= 0) {
        close(listener);
    }
    free(http);
}
