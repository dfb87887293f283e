/* SPDX-License-Identifier: Apache-2.0 */
#include "set_cookie.h"

#include <string.h>

#define COOKIE_MAX 4096 /* name and value; RFC 6265bis s5.6 */

static struct dw_span take_until(struct dw_span *rest, char separator)
{
    const char *end = rest->len > 0 ? memchr(rest->at, separator, rest->len) : NULL;
    const struct dw_span taken = {rest->at, end != NULL ? (size_t)(end - rest->at) : rest->len};

    *rest = span_behind(*rest, end != NULL ? taken.len + 1 : taken.len);
    return taken;
}

static void split_pair(struct dw_span pair, struct dw_span *name, struct dw_span *value)
{
    struct dw_span rest = pair;

    *name = span_bare(take_until(&rest, '='));
    *value = span_bare(rest);
}

/* -- Cookie ---------------------------------------------------------------------------------------------- */

bool cookie_next(struct dw_span *rest, struct dw_span *name, struct dw_span *value)
{
    while (rest->len > 0) {
        split_pair(take_until(rest, ';'), name, value);
        if (name->len > 0) {
            return true;
        }
    }
    return false;
}

bool cookie_is_sent(const struct capture_message *request, struct dw_span name)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        struct dw_span rest = request->fields[i].value;
        struct dw_span sent, value;

        while (span_is(request->fields[i].name, "Cookie") && cookie_next(&rest, &sent, &value)) {
            if (dw_span_equal(sent, name)) {
                return true;
            }
        }
    }
    return false;
}

/* -- Set-Cookie ------------------------------------------------------------------------------------------ */

static enum same_site read_same_site(struct dw_span value)
{
    if (span_is(value, "None")) {
        return SAMESITE_NONE;
    }
    if (span_is(value, "Strict")) {
        return SAMESITE_STRICT;
    }
    return span_is(value, "Lax") ? SAMESITE_LAX : SAMESITE_ABSENT;
}

static void read_attribute(struct dw_span pair, int64_t now, struct set_cookie *cookie)
{
    struct dw_span name, value;

    split_pair(pair, &name, &value);
    if (span_is(name, "Secure")) {
        cookie->is_secure = true;
    } else if (span_is(name, "Partitioned")) {
        cookie->is_partitioned = true;
    } else if (span_is(name, "SameSite")) {
        cookie->same_site = read_same_site(value);
    } else if (span_is(name, "Domain") && value.len > 0) {
        cookie->domain = value.at[0] == '.' ? span_behind(value, 1) : value;
    } else if (span_is(name, "Path") && value.len > 0 && value.at[0] == '/') {
        cookie->path = value;
    } else if (span_is(name, "Max-Age") && value.len > 0) {
        cookie->is_deleted = value.at[0] == '-' || span_is(value, "0");
    } else if (span_is(name, "Expires")) {
        const int64_t at = date_read(value);

        cookie->is_deleted =
            cookie->is_deleted || (at != 0 && at <= now) || span_has(value, "1970");
    }
}

void set_cookie_read(struct dw_span line, int64_t now, struct set_cookie *cookie)
{
    struct dw_span rest = line;

    *cookie = (struct set_cookie){.same_site = SAMESITE_ABSENT};
    split_pair(take_until(&rest, ';'), &cookie->name, &cookie->value);
    while (rest.len > 0) {
        read_attribute(take_until(&rest, ';'), now, cookie);
    }
    cookie->is_deleted = cookie->is_deleted || cookie->value.len == 0;
}

/* -- Matching -------------------------------------------------------------------------------------------- */

bool domain_matches(struct dw_span host, struct dw_span domain)
{
    struct dw_span tail;

    if (dw_span_equal_nocase(host, domain)) {
        return true;
    }
    if (host.len <= domain.len) {
        return false;
    }
    tail = span_behind(host, host.len - domain.len);
    return dw_span_equal_nocase(tail, domain) && host.at[host.len - domain.len - 1] == '.';
}

bool path_matches(struct dw_span path, struct dw_span cookie)
{
    if (path.len < cookie.len || memcmp(path.at, cookie.at, cookie.len) != 0) {
        return false;
    }
    return path.len == cookie.len || cookie.at[cookie.len - 1] == '/' || path.at[cookie.len] == '/';
}

/* -- What browsers refuse ------------------------------------------------------------------------------- */

static const char *prefix_fault(const struct set_cookie *cookie, bool is_https)
{
    const bool is_host = span_begins(cookie->name, "__Host-");

    if (!is_host && !span_begins(cookie->name, "__Secure-")) {
        return NULL;
    }
    if (!cookie->is_secure || !is_https) {
        return cookie->is_secure ? "its prefix needs https:" : "its prefix needs Secure";
    }
    if (is_host && cookie->domain.at != NULL) {
        return "__Host- allows no Domain";
    }
    return is_host && !span_is(cookie->path, "/") ? "__Host- needs Path=/" : NULL;
}

/* Browsers take http://localhost for a secure place. */
static bool is_trusted(struct dw_span url)
{
    const struct dw_span host = url_host(url);

    return span_begins(url, "https:") || span_begins(url, "wss:") || span_is(host, "localhost") ||
           span_is(host, "127.0.0.1");
}

const char *cookie_refusal(const struct set_cookie *cookie, struct dw_span url, const char **cause)
{
    const char *fault = prefix_fault(cookie, is_trusted(url));
    const struct dw_span host = url_host(url);

    *cause = "cookie.prefix";
    if (fault != NULL) {
        return fault;
    }
    *cause = "cookie.too_big";
    if (cookie->name.len + cookie->value.len > COOKIE_MAX) {
        return "name and value are over 4096 bytes";
    }
    *cause = "cookie.secure_http";
    if (cookie->is_secure && !is_trusted(url)) {
        return "Secure, and set over http:";
    }
    if (cookie->same_site == SAMESITE_NONE && !cookie->is_secure) {
        return "SameSite=None needs Secure";
    }
    *cause = "cookie.domain_path";
    if (cookie->domain.at != NULL && host.len > 0 && !domain_matches(host, cookie->domain)) {
        return "its Domain is not the host's that sets it";
    }
    return NULL;
}
