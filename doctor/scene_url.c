/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "scene.h"

#define ABSENT ((struct dw_span){NULL, 0})

static size_t find_any(struct dw_span in, const char *bytes)
{
    size_t i = 0;

    while (i < in.len && (in.at[i] == '\0' || strchr(bytes, in.at[i]) == NULL)) {
        i++;
    }
    return i;
}

/* How long "https" is before "://"; 0: the URL is not absolute. */
static size_t scheme_len(struct dw_span url)
{
    const size_t colon = find_any(url, ":/?#");

    return colon > 0 && span_begins(span_behind(url, colon), "://") ? colon : 0;
}

/* user:password@host:port; absent if the URL is not absolute. */
static struct dw_span authority(struct dw_span url)
{
    const size_t scheme = scheme_len(url);
    struct dw_span rest;

    if (scheme == 0) {
        return ABSENT;
    }
    rest = span_behind(url, scheme + 3);
    return (struct dw_span){rest.at, find_any(rest, "/?#")};
}

static struct dw_span without_user(struct dw_span authority_part)
{
    for (size_t i = authority_part.len; i > 0; i--) {
        if (authority_part.at[i - 1] == '@') {
            return span_behind(authority_part, i);
        }
    }
    return authority_part;
}

static struct dw_span without_port(struct dw_span host)
{
    if (host.len > 0 && host.at[0] == '[') {
        const size_t end = find_any(host, "]");

        return (struct dw_span){host.at, end < host.len ? end + 1 : host.len};
    }
    return (struct dw_span){host.at, find_any(host, ":")};
}

struct dw_span url_host(struct dw_span url)
{
    const struct dw_span whole = authority(url);

    return whole.at == NULL ? ABSENT : without_port(without_user(whole));
}

struct dw_span url_user(struct dw_span url)
{
    const struct dw_span whole = authority(url);
    const struct dw_span host = without_user(whole);

    return host.len < whole.len ? (struct dw_span){whole.at, whole.len - host.len - 1} : ABSENT;
}

struct dw_span url_path(struct dw_span url)
{
    const struct dw_span whole = authority(url);
    struct dw_span rest =
        whole.at == NULL ? url : span_behind(url, (size_t)(whole.at - url.at) + whole.len);

    rest.len = find_any(rest, "?#");
    if (rest.len == 0 && whole.at != NULL) {
        return DW_SPAN("/");
    }
    return rest;
}

struct dw_span url_query(struct dw_span url)
{
    const size_t at = find_any(url, "?#");
    struct dw_span query;

    if (at == url.len || url.at[at] != '?') {
        return ABSENT;
    }
    query = span_behind(url, at + 1);
    return (struct dw_span){query.at, find_any(query, "#")};
}

static bool is_default_port(struct dw_span scheme, struct dw_span port)
{
    return ((span_is(scheme, "https") || span_is(scheme, "wss")) && span_is(port, ":443")) ||
           ((span_is(scheme, "http") || span_is(scheme, "ws")) && span_is(port, ":80"));
}

struct dw_span url_origin(struct dw_span url, char *buffer, size_t size)
{
    const struct dw_span scheme = {url.at, scheme_len(url)};
    const struct dw_span place = without_user(authority(url));
    const struct dw_span host = place.at != NULL ? without_port(place) : ABSENT;
    struct dw_span port = span_behind(place, host.len);
    int len;

    if (host.len == 0) {
        return ABSENT;
    }
    port.len = port.len == 1 || is_default_port(scheme, port) ? 0 : port.len;
    len = snprintf(buffer, size, "%.*s://%.*s%.*s", (int)scheme.len, scheme.at, (int)host.len,
                   host.at, (int)port.len, port.at);
    if (len < 0 || (size_t)len >= size) {
        return ABSENT;
    }
    for (char *c = buffer; *c != '\0'; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    return (struct dw_span){buffer, (size_t)len};
}

/* -- Parameters: of a query or a form ---------------------------------------------------------- */

bool url_query_next(struct dw_span *rest, struct dw_span *name, struct dw_span *value)
{
    struct dw_span pair;
    size_t equals;

    if (rest->len == 0) {
        return false;
    }
    pair = (struct dw_span){rest->at, find_any(*rest, "&")};
    *rest = span_behind(*rest, pair.len + 1);
    equals = find_any(pair, "=");
    *name = (struct dw_span){pair.at, equals};
    *value = span_behind(pair, equals + 1);
    return true;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_percent(struct dw_span text, size_t at)
{
    return text.len >= 3 && at <= text.len - 3 && text.at[at] == '%' && hex(text.at[at + 1]) >= 0 &&
           hex(text.at[at + 2]) >= 0;
}

struct dw_span percent_open(struct arena *arena, struct dw_span text)
{
    char *bytes = arena_take(arena, text.len + 1);
    size_t len = 0;

    if (bytes == NULL || text.at == NULL) {
        return ABSENT;
    }
    for (size_t i = 0; i < text.len; i++) {
        bytes[len] = text.at[i];
        if (is_percent(text, i)) {
            bytes[len] = (char)(unsigned char)(hex(text.at[i + 1]) * 16 + hex(text.at[i + 2]));
            i += 2;
        }
        len++;
    }
    return (struct dw_span){bytes, len};
}
