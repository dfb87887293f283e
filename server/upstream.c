/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream.h"

#include <netdb.h>
#include <string.h>

#define RESOLVERS_MAX 3

/* The configuration has made sure that it is http(s)://HOST[:PORT] or unix:/PATH. */
static void read_url(const char *url, struct upstream *upstream)
{
    const char *slashes = strstr(url, "://");

    *upstream = (struct upstream){.scheme = "http", .resolves = true};
    snprintf(upstream->server, sizeof upstream->server, "%s", url);
    if (slashes == NULL) {
        return;
    }
    const bool secure = slashes - url == 5;
    const char *host = slashes + 3;
    const bool six = host[0] == '[';
    const char *bracket = six ? strchr(host, ']') : NULL;
    const char *colon = strchr(bracket != NULL ? bracket : host, ':');
    const size_t len = colon != NULL ? (size_t)(colon - host) : strlen(host);
    const int brackets = six ? 1 : 0;
    upstream->scheme = secure ? "https" : "http";
    snprintf(upstream->host, sizeof upstream->host, "%.*s", (int)len - 2 * brackets,
             host + brackets);
    snprintf(upstream->port, sizeof upstream->port, "%s",
             colon != NULL ? colon + 1 : (secure ? "443" : "80"));
    snprintf(upstream->server, sizeof upstream->server, "%.*s:%s", (int)len, host, upstream->port);
}

static bool does_resolve(const struct upstream *upstream)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;

    if (upstream->host[0] == '\0') {
        return true;
    }
    if (getaddrinfo(upstream->host, upstream->port, &hints, &found) != 0) {
        return false;
    }
    freeaddrinfo(found);
    return true;
}

void upstream_find(const char *url, struct upstream *upstream)
{
    read_url(url, upstream);
    upstream->resolves = does_resolve(upstream);
}

/* -- Names ------------------------------------------------------------------------------------- */

/* The address in a line of resolv.conf(5); absent in any other. */
static struct dw_span read_nameserver(const char *line)
{
    const size_t word = strlen("nameserver");

    if (strncmp(line, "nameserver", word) != 0) {
        return (struct dw_span){NULL, 0};
    }
    line += word;
    line += strspn(line, " \t");
    const size_t len = strspn(line, "0123456789abcdefABCDEF.:");
    return len == 0 ? (struct dw_span){NULL, 0} : (struct dw_span){line, len};
}

void upstream_put_resolver(FILE *out)
{
    FILE *file = fopen("/etc/resolv.conf", "re");
    char line[256];
    int n = 0;

    fprintf(out, "        resolver");
    while (file != NULL && n < RESOLVERS_MAX && fgets(line, sizeof line, file) != NULL) {
        const struct dw_span address = read_nameserver(line);
        if (address.at != NULL) {
            const bool six = memchr(address.at, ':', address.len) != NULL;
            fprintf(out, six ? " [%.*s]" : " %.*s", (int)address.len, address.at);
            n++;
        }
    }
    fprintf(out, "%s valid=30s;\n", n == 0 ? " 127.0.0.1" : "");
    if (file != NULL) {
        fclose(file);
    }
}
