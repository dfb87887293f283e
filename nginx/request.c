/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

/* -- Fields, and where it came in ----------------------------------------------------------------- */

/* RFC 9112 s3.2.2: an absolute target has the last word. */
static struct dw_span read_authority(ngx_http_request_t *r)
{
    const ngx_http_core_srv_conf_t *server = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (r->host_start != NULL && r->host_end != NULL) {
        const u_char *end = r->port_end != NULL ? r->port_end : r->host_end;

        return (struct dw_span){(const char *)r->host_start, (size_t)(end - r->host_start)};
    }
    return r->headers_in.host != NULL ? span_of(&r->headers_in.host->value)
                                      : span_of(&server->server_name);
}

static size_t write_origin(ngx_http_request_t *r, struct dw_span authority, u_char *to)
{
    const bool secure = r->connection->ssl != NULL;
    u_char *end = ngx_cpymem(to, secure ? "https://" : "http://", secure ? 8 : 7);

    end = ngx_cpymem(end, authority.at, authority.len);
    return (size_t)(end - to);
}

static size_t count_fields(const ngx_list_t *list)
{
    size_t n = 0;

    for (const ngx_list_part_t *part = &list->part; part != NULL; part = part->next) {
        n += part->nelts;
    }
    return n;
}

/* Both in one piece of memory, once for each request. */
static ngx_int_t read_fields(ngx_http_request_t *r, struct dw_request *request)
{
    const bool is_known = settings_of(r)->config->policy.origin != NULL;
    const struct dw_span authority = is_known ? (struct dw_span){NULL, 0} : read_authority(r);
    const size_t n = count_fields(&r->headers_in.headers);
    struct dw_field *fields;

    fields = ngx_palloc(r->pool, (n + 1) * sizeof(*fields) + sizeof("https://") + authority.len);
    if (fields == NULL) {
        return NGX_ERROR;
    }
    request->fields = fields;
    request->n_fields = n;
    for (const ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL;
         part = part->next) {
        const ngx_table_elt_t *from = part->elts;

        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            *fields++ = (struct dw_field){span_of(&from[i].key), span_of(&from[i].value)};
        }
    }
    if (authority.len > 0) {
        request->origin.at = (const char *)fields;
        request->origin.len = write_origin(r, authority, (u_char *)fields);
    }
    return NGX_OK;
}

/* -- The client's certificate ---------------------------------------------------------------------- */

ngx_int_t request_certificate(ngx_http_request_t *r, struct dw_span *certificate)
{
    const ngx_ssl_connection_t *ssl = r->connection->ssl;
    const X509 *shown = ssl == NULL ? NULL : SSL_get0_peer_certificate(ssl->connection);
    u_char *der, *end;
    int len;

    *certificate = (struct dw_span){NULL, 0};
    if (shown == NULL || SSL_get_verify_result(ssl->connection) != X509_V_OK) {
        return NGX_OK;
    }
    len = i2d_X509(shown, NULL);
    der = len > 0 ? ngx_pnalloc(r->pool, (size_t)len) : NULL;
    end = der;
    if (der == NULL || i2d_X509(shown, &end) != len) {
        return NGX_ERROR;
    }
    *certificate = (struct dw_span){(const char *)der, (size_t)len};
    return NGX_OK;
}

/* -- What is asked for ----------------------------------------------------------------------------- */

/* A client's request is judged by its first line, whatever nginx has made of it since: error_page
 * turns a POST into a GET, rewrite changes the path. */
static void read_line(ngx_http_request_t *r, struct dw_request *request)
{
    const ngx_str_t *line = &r->request_line;
    size_t len = 0;

    while (len < line->len && line->data[len] != ' ') {
        len++;
    }
    request->method = (struct dw_span){(const char *)line->data, len};
    request->target = target_of(r);
}

static struct dw_span query_of(struct dw_span target)
{
    const char *mark = target.len == 0 ? NULL : memchr(target.at, '?', target.len);

    return mark == NULL ? (struct dw_span){"", 0}
                        : (struct dw_span){mark, target.len - (size_t)(mark - target.at)};
}

/* A subrequest has no line: its path is nginx's own, decoded, and is encoded again. Credentials are the
 * client's, also those in its query. */
static ngx_int_t read_path(ngx_http_request_t *r, struct dw_request *request)
{
    const size_t extra = 2 * ngx_escape_uri(NULL, r->uri.data, r->uri.len, NGX_ESCAPE_URI);
    const struct dw_span query = query_of(target_of(r->main));
    u_char *target = ngx_pnalloc(r->pool, r->uri.len + extra + query.len + 1);

    if (target == NULL) {
        return NGX_ERROR;
    }
    (void)ngx_escape_uri(target, r->uri.data, r->uri.len, NGX_ESCAPE_URI);
    ngx_memcpy(target + r->uri.len + extra, query.at, query.len);
    request->target = (struct dw_span){(const char *)target, r->uri.len + extra + query.len};
    request->method = span_of(&r->method_name);
    return NGX_OK;
}

static ngx_int_t read_once(ngx_http_request_t *r, struct dw_request *request)
{
    request->source = span_of(&r->connection->addr_text);
    if (read_fields(r, request) != NGX_OK) {
        return NGX_ERROR;
    }
    return request_certificate(r, &request->certificate);
}

ngx_int_t request_read(ngx_http_request_t *r, const struct place *place,
                       struct dw_request *request)
{
    request->now = ngx_time();
    request->scope = place->scope.len > 0 ? span_of(&place->scope) : (struct dw_span){NULL, 0};
    request->realm = place->realm.len > 0 ? span_of(&place->realm) : (struct dw_span){NULL, 0};
    if (request->fields == NULL && read_once(r, request) != NGX_OK) {
        return NGX_ERROR;
    }
    if (r != r->main) {
        return read_path(r, request);
    }
    read_line(r, request);
    return NGX_OK;
}
