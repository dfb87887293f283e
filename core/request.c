/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

#include <string.h>

#define ORIGIN_SIZE 512

size_t request_field(const struct dw_request *request, struct dw_span name, struct dw_span *value)
{
    struct dw_span first = SPAN_NONE;
    size_t n = 0;

    for (size_t i = 0; i < request->n_fields; i++) {
        const struct dw_span there = request->fields[i].name;
        if (there.len != name.len || !dw_span_equal_nocase(there, name)) {
            continue;
        }
        if (n == 0) {
            first = request->fields[i].value;
        }
        n++;
    }
    *value = first;
    return n;
}

struct dw_span request_query(const struct dw_request *request)
{
    const struct dw_span target = request->target;
    const char *mark = target.len == 0 ? NULL : memchr(target.at, '?', target.len);

    if (mark == NULL) {
        return SPAN_NONE;
    }
    struct dw_span query = span_from(target, (size_t)(mark - target.at) + 1);
    const char *fragment = query.len == 0 ? NULL : memchr(query.at, '#', query.len);
    if (fragment != NULL) {
        query.len = (size_t)(fragment - query.at);
    }
    return query;
}

bool param_next(struct dw_span *rest, struct dw_span *name, struct dw_span *value)
{
    struct dw_span param;

    if (!span_word(rest, '&', &param)) {
        return false;
    }
    const char *sign = memchr(param.at, '=', param.len);
    const size_t len = sign == NULL ? param.len : (size_t)(sign - param.at);
    *name = (struct dw_span){param.at, len};
    *value = sign == NULL ? DW_SPAN("") : span_from(param, len + 1);
    return true;
}

size_t request_parameter(const struct dw_request *request, struct dw_span name,
                         struct dw_span *value)
{
    struct dw_span rest = request_query(request);
    struct dw_span first = SPAN_NONE;
    struct dw_span there, found;
    size_t n = 0;

    while (param_next(&rest, &there, &found)) {
        if (!dw_span_equal(there, name)) {
            continue;
        }
        if (n == 0) {
            first = found;
        }
        n++;
    }
    *value = first;
    return n;
}

/* -- Where it came in -------------------------------------------------------------------------------- */

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool ends_with(struct dw_span text, struct dw_span end)
{
    return text.len > end.len &&
           dw_span_equal((struct dw_span){text.at + text.len - end.len, end.len}, end);
}

/* RFC 3986 s6.2.2.1, s6.2.3: small letters, and no port where it goes without saying. */
static struct dw_span normalize_origin(struct text *text)
{
    struct dw_span origin;

    for (size_t i = 0; i < text->len; i++) {
        text->at[i] = to_lower(text->at[i]);
    }
    origin = text_span(text);
    if (span_starts_nocase(origin, "https://") && ends_with(origin, DW_SPAN(":443"))) {
        origin.len -= strlen(":443");
    } else if (span_starts_nocase(origin, "http://") && ends_with(origin, DW_SPAN(":80"))) {
        origin.len -= strlen(":80");
    }
    return origin;
}

struct dw_span request_origin(const struct dw_policy *policy, const struct dw_request *request,
                              char *buffer)
{
    struct dw_span host;
    struct text text;

    text_init(&text, buffer, ORIGIN_SIZE);
    if (policy->origin != NULL) {
        text_put(&text, policy->origin);
    } else if (request->origin.len > 0) {
        text_add(&text, request->origin);
    } else if (request_field(request, DW_SPAN("Host"), &host) == 1 && host.len > 0) {
        text_put(&text, "https://");
        text_add(&text, host);
    }
    if (text.overflow || text.len == 0) {
        return SPAN_NONE;
    }
    return normalize_origin(&text);
}

/* -- Who may be sitting there (Fetch Metadata) ------------------------------------------------------- */

static bool has_script_mark(const struct dw_request *request)
{
    struct dw_span value;

    return request_field(request, DW_SPAN("X-Requested-With"), &value) > 0 &&
           dw_span_equal_nocase(value, DW_SPAN("XMLHttpRequest"));
}

static bool accepts_pages(const struct dw_request *request)
{
    struct dw_span value;

    return request_field(request, DW_SPAN("Accept"), &value) > 0 && value.len > 0 &&
           memmem(value.at, value.len, "text/html", strlen("text/html")) != NULL;
}

bool request_is_navigation(const struct dw_request *request)
{
    struct dw_span mode;

    if (request_field(request, DW_SPAN("Sec-Fetch-Mode"), &mode) > 0) {
        return dw_span_equal(mode, DW_SPAN("navigate"));
    }
    return accepts_pages(request) && !has_script_mark(request);
}

bool request_is_script(const struct dw_request *request)
{
    struct dw_span mode;

    if (request_field(request, DW_SPAN("Sec-Fetch-Mode"), &mode) > 0) {
        return !dw_span_equal(mode, DW_SPAN("navigate"));
    }
    return has_script_mark(request);
}

bool request_is_preflight(const struct dw_request *request)
{
    struct dw_span value;

    return dw_span_equal(request->method, DW_SPAN("OPTIONS")) &&
           request_field(request, DW_SPAN("Origin"), &value) == 1 &&
           request_field(request, DW_SPAN("Access-Control-Request-Method"), &value) == 1;
}
