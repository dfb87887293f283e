/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "transcript.h"

static bool is_absolute(struct dw_span url)
{
    return begins_nocase(url, "http://") || begins_nocase(url, "https://");
}

static bool is_own_machine(struct dw_span host)
{
    return begins_nocase(host, "localhost") || begins(host, "127.") || begins(host, "[::1]");
}

/* Behind the last colon that is not inside an IPv6 address; empty: there is none. */
static struct dw_span port_of(struct dw_span host)
{
    const size_t bracket = begins(host, "[") ? find_char(host, ']') : 0;
    const struct dw_span rest = skip(host, bracket);

    return skip(rest, find_char(rest, ':') + 1);
}

/* "Location: https://" and what was asked for: it was asked for over http. */
static bool is_sent_to_https(const struct exchange *exchange, struct dw_span host)
{
    const struct dw_span location = trimmed(message_value(&exchange->response, "Location"));
    const struct dw_span behind = skip(location, strlen("https://"));

    return begins_nocase(location, "https://") && exchange->status >= 300 &&
           exchange->status < 400 && dw_span_equal_nocase(first(behind, host.len), host) &&
           dw_span_equal(skip(behind, host.len), exchange->url);
}

static const char *scheme_of(const struct exchange *exchange, enum security security,
                             struct dw_span host)
{
    const struct dw_span port = port_of(host);

    if (security != SECURITY_UNKNOWN) {
        return security == SECURITY_TLS ? "https" : "http";
    }
    if (begins(exchange->request.version, "HTTP/2") ||
        begins(exchange->request.version, "HTTP/3") ||
        begins(exchange->response.version, "HTTP/2") ||
        begins(exchange->response.version, "HTTP/3") || dw_span_equal(port, DW_SPAN("443")) ||
        dw_span_equal(port, DW_SPAN("8443"))) {
        return "https";
    }
    return port.len > 0 || is_sent_to_https(exchange, host) || is_own_machine(host) ? "http"
                                                                                    : "https";
}

/* RFC 9110 s4.2: a port that the scheme has anyway says nothing. */
static struct dw_span without_port(struct dw_span host, const char *scheme)
{
    const struct dw_span port = port_of(host);
    const char *usual = strcmp(scheme, "https") == 0 ? "443" : "80";

    return dw_span_equal(port, dw_span_of(usual)) ? first(host, host.len - port.len - 1) : host;
}

void make_absolute(struct capture *capture, struct exchange *exchange, enum security security,
                   struct dw_span host)
{
    const struct dw_span target = exchange->url;
    struct dw_span authority = trimmed(message_value(&exchange->request, "Host"));
    const char *scheme, *url;

    if (authority.len == 0) {
        authority = message_value(&exchange->request, ":authority");
    }
    authority = authority.len > 0 ? authority : host;
    if (target.len == 0 || is_absolute(target) || authority.len == 0 || authority.len > 512 ||
        target.at[0] != '/' || find_char(authority, '/') < authority.len) {
        return;
    }
    scheme = scheme_of(exchange, security, authority);
    authority = without_port(authority, scheme);
    url = arena_print(capture->arena, "%s://%.*s%.*s", scheme, (int)authority.len, authority.at,
                      (int)(target.len > CAPTURE_VALUE_MAX ? CAPTURE_VALUE_MAX : target.len),
                      target.at);
    exchange->url = url[0] != '\0' ? dw_span_of(url) : target;
}

void follow_locations(struct capture *capture)
{
    for (size_t i = 1; i < capture->n_exchanges; i++) {
        struct exchange *exchange = capture->exchanges[i];
        const struct exchange *before = capture->exchanges[i - 1];
        const struct dw_span location = message_value(&before->response, "Location");

        if (exchange->url.len == 0 && before->status >= 300 && before->status < 400 &&
            is_absolute(location)) {
            exchange->url = location;
        }
    }
}
