/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "transcript_console.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

int number_in(struct dw_span value)
{
    while (value.len > 0 && (value.at[0] < '0' || value.at[0] > '9')) {
        value = skip(value, 1);
    }
    return next_number(&value);
}

bool is_among(struct dw_span name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (dw_span_equal_nocase(name, dw_span_of(names[i]))) {
            return true;
        }
    }
    return false;
}

void take_status(struct capture *capture, struct exchange *exchange, struct dw_span value)
{
    const int status = number_in(value);
    struct dw_span rest = value;

    if (status < 100 || status > 599) {
        return;
    }
    exchange->status = status;
    exchange->response.is_there = true;
    exchange->from_cache =
        find_text(value, "disk cache") < value.len || find_text(value, "memory cache") < value.len;
    exchange->from_worker = find_text(value, "service worker") < value.len;
    while (rest.len > 0 && (rest.at[0] < '0' || rest.at[0] > '9')) {
        rest = skip(rest, 1);
    }
    if (trimmed(skip(rest, 3)).len > 0) {
        exchange->phrase = arena_keep(capture->arena, trimmed(skip(rest, 3)));
    }
}

/* axios has it in small letters. */
static void take_method(struct capture *capture, struct exchange *exchange, struct dw_span value)
{
    char *method = arena_take(capture->arena, value.len + 1);

    if (method == NULL) {
        return;
    }
    for (size_t i = 0; i < value.len; i++) {
        method[i] =
            value.at[i] >= 'a' && value.at[i] <= 'z' ? (char)(value.at[i] - 0x20) : value.at[i];
    }
    exchange->method = (struct dw_span){method, value.len};
}

bool take_fact(struct capture *capture, struct exchange *exchange, struct dw_span name,
               struct dw_span value)
{
    static const char *const URLS[] = {"Request URL", "URL", "requestUrl", "responseURL", "href"};
    static const char *const METHODS[] = {"Request Method", "Method", ":method"};
    static const char *const STATUSES[] = {"Status Code", "Status", ":status", "statusCode",
                                           "Response Status"};
    static const char *const PHRASES[] = {"statusText", "statusMessage"};

    if (is_among(name, URLS, COUNT_OF(URLS))) {
        if (exchange->url.len == 0 && find_text(value, "://") < value.len) {
            exchange->url = arena_keep(capture->arena, first(value, CAPTURE_VALUE_MAX));
        }
        return true;
    }
    if (is_among(name, METHODS, COUNT_OF(METHODS))) {
        take_method(capture, exchange, first(value, 20));
        return true;
    }
    if (is_among(name, STATUSES, COUNT_OF(STATUSES))) {
        take_status(capture, exchange, value);
        return true;
    }
    if (is_among(name, PHRASES, COUNT_OF(PHRASES))) {
        exchange->phrase = arena_keep(capture->arena, first(value, 200));
        return true;
    }
    return false;
}
