/* SPDX-License-Identifier: Apache-2.0 */
#include "description.h"

#include <openssl/evp.h>
#include <string.h>

#include "clock.h"
#include "text.h"

/* -- What is asked for ------------------------------------------------------------------------- */

/* The one value all fields of these names agree on. false: there is none, or there are two. */
static bool agree(const struct http_request *request, const char *const *names, size_t n,
                  struct dw_span (*read)(struct dw_span value), struct dw_span *agreed)
{
    struct dw_span found = {NULL, 0};

    for (size_t i = 0; i < n; i++) {
        struct dw_span value = {NULL, 0};
        const size_t times = http_find_field(request, names[i], &value);
        if (times == 0) {
            continue;
        }
        value = read(value);
        if (times > 1 || value.len == 0 || (found.at != NULL && !dw_span_equal(found, value))) {
            return false;
        }
        found = value;
    }
    *agreed = found;
    return found.at != NULL;
}

static struct dw_span read_whole(struct dw_span value)
{
    return value;
}

static bool starts(struct dw_span value, struct dw_span start)
{
    return value.len >= start.len &&
           dw_span_equal_nocase((struct dw_span){value.at, start.len}, start);
}

/* https://host/path?query without its origin; what is neither that nor a path is nothing. */
static struct dw_span read_target(struct dw_span value)
{
    const bool secure = starts(value, DW_SPAN("https://"));
    size_t at = secure ? 8 : 7;

    if (value.len > 0 && value.at[0] == '/') {
        return value;
    }
    if (!secure && !starts(value, DW_SPAN("http://"))) {
        return (struct dw_span){"", 0};
    }
    while (at < value.len && strchr("/?#\\", value.at[at]) == NULL) {
        at++;
    }
    if (at == value.len || value.at[at] != '/') {
        return (struct dw_span){"", 0};
    }
    return (struct dw_span){value.at + at, value.len - at};
}

static bool read_what(const struct http_request *request, struct dw_request *described)
{
    static const char *const METHODS[] = {"X-Original-Method", "X-Forwarded-Method"};
    static const char *const TARGETS[] = {"X-Original-URI", "X-Original-Url", "X-Forwarded-Uri"};
    struct dw_span method, target;

    if (!agree(request, METHODS, 2, read_whole, &method) ||
        !agree(request, TARGETS, 3, read_target, &target)) {
        return false;
    }
    described->method = method;
    described->target = target;
    return true;
}

/* -- Where ------------------------------------------------------------------------------------- */

/* What the nearest of several servers has added to a list. */
static struct dw_span last_element(struct dw_span list)
{
    const char *comma = list.len == 0 ? NULL : memrchr(list.at, ',', list.len);

    if (comma != NULL) {
        list = (struct dw_span){comma + 1, list.len - (size_t)(comma + 1 - list.at)};
    }
    while (list.len > 0 && list.at[0] == ' ') {
        list = (struct dw_span){list.at + 1, list.len - 1};
    }
    return list;
}

/* The last element of the last field of that name; absent if there is none. */
static struct dw_span find_last(const struct http_request *request, const char *name)
{
    const struct dw_span wanted = dw_span_of(name);

    for (size_t i = request->n_fields; i > 0; i--) {
        if (dw_span_equal_nocase(request->fields[i - 1].name, wanted)) {
            return last_element(request->fields[i - 1].value);
        }
    }
    return (struct dw_span){NULL, 0};
}

static struct dw_span read_origin(const struct http_request *request, char *buffer, size_t size)
{
    const struct dw_span scheme = find_last(request, "X-Forwarded-Proto");
    struct dw_span host = find_last(request, "X-Forwarded-Host");
    struct text text;

    if (!dw_span_equal_nocase(scheme, DW_SPAN("https")) &&
        !dw_span_equal_nocase(scheme, DW_SPAN("http"))) {
        return (struct dw_span){NULL, 0};
    }
    if (host.len == 0 && http_find_field(request, "Host", &host) != 1) {
        return (struct dw_span){NULL, 0};
    }
    text_init(&text, buffer, size);
    text_add(&text, scheme);
    text_put(&text, "://");
    text_add(&text, host);
    return text.overflow ? (struct dw_span){NULL, 0} : text_span(&text);
}

/* -- By whom ----------------------------------------------------------------------------------- */

static bool is_said(const struct http_request *request, const char *name)
{
    struct dw_span value;

    return http_find_field(request, name, &value) > 0;
}

bool description_is_ask(const struct http_request *request)
{
    return request->from_socket && is_said(request, "Doorward-Ask");
}

bool description_is_foreign(const struct http_request *request)
{
    return !request->from_socket ||
           (is_said(request, "Doorward-Source") && !is_said(request, "Doorward-Ask"));
}

static struct dw_span read_source(const struct http_request *request)
{
    struct dw_span source = {NULL, 0};

    if (request->from_socket && http_find_field(request, "Doorward-Source", &source) == 1) {
        return source;
    }
    source = find_last(request, "X-Forwarded-For");
    if (source.len == 0) {
        source = find_last(request, "X-Real-IP");
    }
    return source.len > 0 ? source : request->source;
}

/* A byte sequence of RFC 8941 s3.3.5. */
static struct dw_span read_certificate(const struct http_request *request, uint8_t *buffer)
{
    struct dw_span value;

    if (!description_is_ask(request) ||
        http_find_field(request, "Doorward-Certificate", &value) != 1 || value.len < 6 ||
        value.at[0] != ':' || value.at[value.len - 1] != ':' ||
        value.len / 4 * 3 > DESCRIPTION_CERTIFICATE) {
        return (struct dw_span){NULL, 0};
    }
    const size_t len = value.len - 2;
    const int padding = (value.at[len] == '=') + (value.at[len - 1] == '=');
    const int decoded =
        EVP_DecodeBlock(buffer, (const unsigned char *)value.at + 1, (int)len) - padding;
    if (decoded <= 0) {
        return (struct dw_span){NULL, 0};
    }
    return (struct dw_span){(const char *)buffer, (size_t)decoded};
}

/* Our module keeps the body to itself, and decides in earnest with it: here it is enough that it has
 * one, or nobody would come to be looked up for Digest's auth-int. */
static struct dw_span read_body(const struct http_request *request)
{
    return description_is_ask(request) ? DW_SPAN("") : (struct dw_span){NULL, 0};
}

/* -- The whole --------------------------------------------------------------------------------- */

void description_begin(const struct http_request *request, struct description *description,
                       struct dw_request *described)
{
    *described = (struct dw_request){
        .method = request->method,
        .target = request->path,
        .fields = request->fields,
        .n_fields = request->n_fields,
        .now = clock_utc(),
        .source = read_source(request),
        .origin = read_origin(request, description->origin, sizeof description->origin),
        .certificate = read_certificate(request, description->certificate),
        .body = read_body(request),
    };
}

bool description_read(const struct http_request *request, struct description *description,
                      struct dw_request *described)
{
    description_begin(request, description, described);
    return read_what(request, described);
}
