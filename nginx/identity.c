/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

#define IDENTITY_FIELDS_MAX 8

static bool is_identity(const ngx_table_elt_t *field)
{
    const struct dw_span prefix = DW_SPAN(DW_IDENTITY_PREFIX);

    if (field->key.len < prefix.len) {
        return false;
    }
    /* FastCGI, uwsgi and CGI tell - and _ apart no more than upper and lower case. */
    if (field->key.data[prefix.len - 1] != '-' && field->key.data[prefix.len - 1] != '_') {
        return false;
    }
    return ngx_strncasecmp(field->key.data, (u_char *)DW_IDENTITY_PREFIX, prefix.len - 1) == 0;
}

static size_t count_fields(const ngx_list_t *list, bool *has_identity)
{
    size_t n = 0;

    *has_identity = false;
    for (const ngx_list_part_t *part = &list->part; part != NULL; part = part->next) {
        const ngx_table_elt_t *fields = part->elts;

        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            *has_identity = *has_identity || is_identity(&fields[i]);
        }
        n += part->nelts;
    }
    return n;
}

/* A list of its own for the request, without identity fields. The named pointers of headers_in go on
 * pointing at the old elements, which stay as they are. */
static ngx_int_t copy_fields(ngx_http_request_t *r, size_t n)
{
    ngx_list_t list;

    if (ngx_list_init(&list, r->pool, n + IDENTITY_FIELDS_MAX, sizeof(ngx_table_elt_t)) != NGX_OK) {
        return NGX_ERROR;
    }
    for (const ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        const ngx_table_elt_t *fields = part->elts;

        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            if (!is_identity(&fields[i])) {
                *(ngx_table_elt_t *)ngx_list_push(&list) = fields[i];
            }
        }
    }
    r->headers_in.headers = list;
    r->headers_in.headers.last = &r->headers_in.headers.part;
    return NGX_OK;
}

ngx_int_t identity_strip(ngx_http_request_t *r)
{
    bool has_identity;
    const size_t n = count_fields(&r->headers_in.headers, &has_identity);

    return has_identity ? copy_fields(r, n) : NGX_OK;
}

static ngx_int_t tell(ngx_http_request_t *r, const char *name, struct dw_span value)
{
    const size_t name_len = ngx_strlen(name);
    const size_t room = 3 * value.len;
    ngx_table_elt_t *field;
    u_char *bytes;
    size_t len = 0;

    if (value.len == 0) {
        return NGX_OK;
    }
    field = ngx_list_push(&r->headers_in.headers);
    bytes = ngx_pnalloc(r->pool, name_len + room + 1);
    if (field == NULL || bytes == NULL
        || dw_identity_write(value, (char *)bytes + name_len, room, &len) != 0) {
        return NGX_ERROR;
    }
    ngx_memzero(field, sizeof(*field));
    field->key.data = (u_char *)name;
    field->key.len = name_len;
    field->lowcase_key = bytes;
    field->hash = ngx_hash_strlow(bytes, field->key.data, name_len);
    field->value.data = bytes + name_len;
    field->value.len = len;
    field->value.data[len] = '\0';
    return NGX_OK;
}

static const struct {
    const char *name;
    size_t member;
} FIELDS[] = {
#define FIELD(name, member) {name, offsetof(struct dw_decision, member)},
    DW_IDENTITY_FIELDS(FIELD)
#undef FIELD
};

ngx_int_t identity_tell(ngx_http_request_t *r, struct record *record)
{
    const struct dw_decision *decision = &record->decision;
    struct dw_span value;
    bool has_identity;

    /* A subrequest's list shares its tail with the main request's: what is pushed there is lost. */
    if (r != r->main || record->told) {
        const size_t n = count_fields(&r->headers_in.headers, &has_identity);

        if (copy_fields(r, n) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    record->told = 1;
    for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++) {
        ngx_memcpy(&value, (const char *)decision + FIELDS[i].member, sizeof(value));
        if (tell(r, FIELDS[i].name, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    if (tell(r, "Doorward-Scheme", dw_span_of(dw_scheme_name(decision->scheme))) != NGX_OK) {
        return NGX_ERROR;
    }
    return tell(r, "Doorward-Id", record->id);
}
