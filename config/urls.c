/* SPDX-License-Identifier: Apache-2.0 */
#include "forms.h"

#include <arpa/inet.h>
#include <string.h>

#include "chars.h"

#define HOST_MAX 253 /* RFC 1035 s2.3.4, written out */

struct url {
    bool https;
    struct dw_span host; /* IPv6 with its brackets */
    struct dw_span rest; /* path and query */
};

static bool is_address(int family, struct dw_span text)
{
    char copy[INET6_ADDRSTRLEN] = "";
    unsigned char address[16];

    if (text.len >= sizeof copy || memchr(text.at, '\0', text.len) != NULL) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    return inet_pton(family, copy, address) == 1;
}

static bool is_dotted(char c)
{
    return is_digit(c) || c == '.';
}

/* Takes a host off the front of `text`. */
static bool read_host(struct dw_span *text, struct dw_span *host)
{
    size_t len = 0;

    if (text->len > 0 && text->at[0] == '[') {
        const char *end = memchr(text->at, ']', text->len);

        if (end == NULL ||
            !is_address(AF_INET6, (struct dw_span){text->at + 1, (size_t)(end - text->at) - 1})) {
            return false;
        }
        len = (size_t)(end - text->at) + 1;
    }
    while (len < text->len && text->at[0] != '[' && is_name_char(text->at[len])) {
        len++;
    }
    if (len == 0 || len > HOST_MAX) {
        return false;
    }
    *host = (struct dw_span){text->at, len};
    *text = from(*text, len);
    return !is_all(*host, is_dotted) || is_address(AF_INET, *host);
}

/* Takes a colon and a port off the front of `text`. */
static bool read_port(struct dw_span *text)
{
    unsigned port = 0;
    size_t len = 1;

    if (text->len == 0 || text->at[0] != ':') {
        return false;
    }
    while (len < text->len && len < 6 && is_digit(text->at[len])) {
        port = port * 10 + (unsigned)(text->at[len] - '0');
        len++;
    }
    if (port == 0 || port > 65535 || text->at[1] == '0') {
        return false;
    }
    *text = from(*text, len);
    return true;
}

bool is_listen(struct dw_span text)
{
    struct dw_span host;

    return read_host(&text, &host) && read_port(&text) && text.len == 0;
}

static bool is_url_char(char c)
{
    return c > ' ' && c <= '~' && !is_one_of(c, "\"#<>\\^`{|}");
}

static bool read_url(struct dw_span text, struct url *url)
{
    url->https = starts(text, "https://");
    if (!url->https && !starts(text, "http://")) {
        return false;
    }
    text = from(text, url->https ? 8 : 7);
    if (!read_host(&text, &url->host)) {
        return false;
    }
    if (text.len > 0 && text.at[0] == ':' && !read_port(&text)) {
        return false;
    }
    url->rest = text;
    return text.len == 0 || (is_one_of(text.at[0], "/?") && is_all(text, is_url_char));
}

static bool is_loopback(struct dw_span host)
{
    return dw_span_equal_nocase(host, DW_SPAN("localhost")) ||
           dw_span_equal(host, DW_SPAN("[::1]")) ||
           (starts(host, "127.") && is_address(AF_INET, host));
}

bool is_url(struct dw_span text)
{
    struct url url;

    return read_url(text, &url);
}

bool is_secure_url(struct dw_span text)
{
    struct url url;

    return read_url(text, &url) && (url.https || is_loopback(url.host));
}

bool is_discoverable_url(struct dw_span text)
{
    return is_secure_url(text) && memchr(text.at, '?', text.len) == NULL;
}

bool is_origin(struct dw_span text)
{
    struct url url;

    return read_url(text, &url) && url.rest.len == 0;
}

/* RFC 6454 s6.2. */
bool is_web_origin(struct dw_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_upper(text.at[i])) {
            return false;
        }
    }
    return is_origin(text) && !ends(text, starts(text, "https://") ? ":443" : ":80");
}

bool is_cors_origin(struct dw_span text)
{
    return dw_span_equal(text, DW_SPAN("*")) || is_web_origin(text);
}

static bool is_socket_char(char c)
{
    return is_name_char(c) || c == '/';
}

bool is_upstream(struct dw_span text)
{
    if (starts(text, "unix:/")) {
        return text.len <= 100 && is_all(from(text, 5), is_socket_char);
    }
    return is_origin(text);
}
