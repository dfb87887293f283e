/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "parts.h"

/* RFC 8414 s2: https (or http, on a machine of one's own), no query, no fragment. */
static bool split_url(const char *url, struct dw_span *origin, struct dw_span *path)
{
    const size_t len = strlen(url);
    size_t at;

    if (strncmp(url, "https://", 8) == 0) {
        at = 8;
    } else if (strncmp(url, "http://", 7) == 0) {
        at = 7;
    } else {
        return false;
    }
    const size_t authority = strcspn(url + at, "/");

    if (authority == 0 || strpbrk(url, "?#\"\\ ") != NULL) {
        return false;
    }
    at += authority;
    *origin = (struct dw_span){url, at};
    *path = (struct dw_span){url + at, len - at - (len > at && url[len - 1] == '/' ? 1 : 0)};
    return true;
}

/* `"name":"<origin><path><last>"`: none of the three holds what JSON escapes. */
static void put_url(struct text *text, const struct issuer *issuer, const char *name,
                    const char *path, const char *last)
{
    text_put(text, ",\"");
    text_put(text, name);
    text_put(text, "\":\"");
    text_add(text, issuer->origin);
    text_put(text, path);
    text_put(text, last);
    text_char(text, '"');
}

/* response_types_supported is required (RFC 8414 s2), and there is no authorization endpoint yet. */
static void put_metadata(struct text *text, const struct issuer *issuer)
{
    text_char(text, '{');
    text_json_member(text, "issuer", dw_span_of(issuer->settings->url));
    put_url(text, issuer, "token_endpoint", issuer->settings->prefix, "token");
    put_url(text, issuer, "jwks_uri", JWKS_PATH, "");
    text_put(text, ",\"response_types_supported\":[]"
                   ",\"grant_types_supported\":[\"client_credentials\"]"
                   ",\"token_endpoint_auth_methods_supported\":"
                   "[\"client_secret_basic\",\"client_secret_post\"]");
}

int metadata_write(struct issuer *issuer, struct complaint *why)
{
    struct text metadata;
    struct text openid;

    if (!split_url(issuer->settings->url, &issuer->origin, &issuer->path)) {
        return complain(why, "the issuer's url must be https:// or http://, a host, and perhaps a "
                             "path, without a query or fragment");
    }
    text_init(&metadata, issuer->metadata, sizeof(issuer->metadata));
    put_metadata(&metadata, issuer);
    text_put(&metadata, "}");
    text_char(&metadata, '\0');

    /* OpenID Connect Discovery s3 requires these two. */
    text_init(&openid, issuer->openid, sizeof(issuer->openid));
    put_metadata(&openid, issuer);
    text_put(&openid, ",\"subject_types_supported\":[\"public\"]"
                      ",\"id_token_signing_alg_values_supported\":[\"");
    text_put(&openid, dw_alg_name(issuer->settings->alg));
    text_put(&openid, "\"]}");
    text_char(&openid, '\0');
    return metadata.overflow || openid.overflow ? complain(why, "the issuer's url is too long") : 0;
}
