/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define NODES_MAX 4096

static const char *const WELL_KNOWN[DISCOVERY_FORMS] = {
    [DISCOVERY_OAUTH] = "/.well-known/oauth-authorization-server",
    [DISCOVERY_OPENID] = "/.well-known/openid-configuration",
};

/* -- URLs -------------------------------------------------------------------------------------- */

/* scheme://authority and the rest, path and query. */
struct url_parts {
    struct dw_span scheme, authority, path;
};

static bool split_url(const char *url, struct url_parts *parts)
{
    const char *colon = strstr(url, "://");

    if (colon == NULL || colon == url) {
        return false;
    }
    const char *authority = colon + 3;
    const size_t len = strcspn(authority, "/?#");
    if (len == 0) {
        return false;
    }
    parts->scheme = (struct dw_span){url, (size_t)(colon - url)};
    parts->authority = (struct dw_span){authority, len};
    parts->path = dw_span_of(authority + len);
    return true;
}

bool discovery_url(const char *issuer, enum discovery_form form, char url[DISCOVERY_URL_SIZE])
{
    struct url_parts parts;

    if (!split_url(issuer, &parts) || memchr(parts.path.at, '?', parts.path.len) != NULL ||
        memchr(parts.path.at, '#', parts.path.len) != NULL) {
        return false;
    }
    size_t path_len = parts.path.len;
    while (path_len > 0 && parts.path.at[path_len - 1] == '/') {
        path_len--;
    }
    const int path = (int)path_len;
    const int origin = (int)(parts.path.at - issuer);
    const int len = form == DISCOVERY_OAUTH
                        ? snprintf(url, DISCOVERY_URL_SIZE, "%.*s%s%.*s", origin, issuer,
                                   WELL_KNOWN[form], path, parts.path.at)
                        : snprintf(url, DISCOVERY_URL_SIZE, "%.*s%.*s%s", origin, issuer, path,
                                   parts.path.at, WELL_KNOWN[form]);
    return len > 0 && len < DISCOVERY_URL_SIZE;
}

/* The host of an authority, without port and brackets. */
static bool read_host(struct dw_span authority, char *host, size_t size)
{
    const bool bracketed = authority.at[0] == '[';
    const char *start = authority.at + (bracketed ? 1 : 0);
    const char *end = memchr(authority.at, bracketed ? ']' : ':', authority.len);

    if (end == NULL && bracketed) {
        return false;
    }
    if (end == NULL) {
        end = authority.at + authority.len;
    }
    const size_t len = (size_t)(end - start);
    if (len == 0 || len >= size) {
        return false;
    }
    memcpy(host, start, len);
    host[len] = '\0';
    return true;
}

static bool is_loopback(struct dw_span authority)
{
    struct in6_addr six;
    struct in_addr four;
    char host[256];

    if (!read_host(authority, host, sizeof host)) {
        return false;
    }
    if (dw_span_equal_nocase(dw_span_of(host), DW_SPAN("localhost"))) {
        return true;
    }
    if (inet_pton(AF_INET, host, &four) == 1) {
        return ntohl(four.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool discovery_is_safe(const char *url)
{
    struct url_parts parts;

    for (const char *c = url; *c != '\0'; c++) {
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || *c == '\\') {
            return false;
        }
    }
    if (strlen(url) >= DISCOVERY_URL_SIZE || !split_url(url, &parts) ||
        memchr(parts.authority.at, '@', parts.authority.len) != NULL) {
        return false;
    }
    if (dw_span_equal_nocase(parts.scheme, DW_SPAN("https"))) {
        return true;
    }
    return dw_span_equal_nocase(parts.scheme, DW_SPAN("http")) && is_loopback(parts.authority);
}

bool discovery_may_follow(const char *from, const char *to)
{
    struct url_parts old, new;

    return discovery_is_safe(to) && split_url(from, &old) && split_url(to, &new) &&
           dw_span_equal_nocase(old.scheme, new.scheme);
}

/* -- The document ------------------------------------------------------------------------------ */

static const char *judge_document(const struct json *json, const char *issuer,
                                  char jwks_uri[DISCOVERY_URL_SIZE])
{
    const struct json_node *root = json_root(json);
    const struct dw_span named = json_string(json, json_member(json, root, "issuer"));
    const struct dw_span keys = json_string(json, json_member(json, root, "jwks_uri"));

    if (named.at == NULL || !dw_span_equal(named, dw_span_of(issuer))) {
        return "the metadata names another issuer; the spelling must be exactly the same";
    }
    if (keys.at == NULL || keys.len >= DISCOVERY_URL_SIZE ||
        memchr(keys.at, '\0', keys.len) != NULL) {
        return "the metadata has no jwks_uri";
    }
    char found[DISCOVERY_URL_SIZE];
    memcpy(found, keys.at, keys.len);
    found[keys.len] = '\0';
    if (!discovery_is_safe(found)) {
        return "the metadata's jwks_uri is not https";
    }
    memcpy(jwks_uri, found, keys.len + 1);
    return NULL;
}

const char *discovery_read(char *document, size_t len, const char *issuer,
                           char jwks_uri[DISCOVERY_URL_SIZE])
{
    struct json json;

    struct json_node *nodes = calloc(NODES_MAX, sizeof *nodes);
    if (nodes == NULL) {
        return "out of memory";
    }
    const enum json_error error = json_parse(document, len, nodes, NODES_MAX, &json, NULL);
    const char *fault =
        error != JSON_OK ? "the metadata is not JSON" : judge_document(&json, issuer, jwks_uri);
    free(nodes);
    return fault;
}
