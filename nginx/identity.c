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
    for (const ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL;
         part = part->next) {
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

static struct told {
    ngx_str_t name;
    size_t member; /* a struct dw_span of struct record */
    bool is_ours;  /* our own word, which a field can hold as it is */
    u_char lowcase[32];
    ngx_uint_t hash;
} fields_told[] = {
#define TOLD(name, member) {ngx_string(name), offsetof(struct record, decision.member), false, "", 0},
    DW_IDENTITY_FIELDS(TOLD)
#undef TOLD
        {ngx_string("Doorward-Scheme"), offsetof(struct record, scheme), true, "", 0},
    {ngx_string("Doorward-Id"), offsetof(struct record, id), true, "", 0},
};

#define N_TOLD (sizeof(fields_told) / sizeof(fields_told[0]))

void identity_prepare(void)
{
    for (size_t i = 0; i < N_TOLD; i++) {
        struct told *told = &fields_told[i];

        told->hash = ngx_hash_strlow(told->lowcase, told->name.data, told->name.len);
    }
}

static ngx_int_t encode(ngx_http_request_t *r, struct dw_span value, ngx_str_t *encoded)
{
    const size_t room = 3 * value.len;
    u_char *bytes = ngx_pnalloc(r->pool, room + 1);
    size_t len = 0;

    if (bytes == NULL || dw_identity_write(value, (char *)bytes, room, &len) != 0) {
        return NGX_ERROR;
    }
    bytes[len] = '\0';
    *encoded = (ngx_str_t){len, bytes};
    return NGX_OK;
}

static ngx_int_t tell(ngx_http_request_t *r, struct told *told, struct dw_span value)
{
    ngx_str_t encoded = {value.len, (u_char *)(uintptr_t)value.at};
    ngx_table_elt_t *field;

    if (value.len == 0) {
        return NGX_OK;
    }
    field = ngx_list_push(&r->headers_in.headers);
    if (field == NULL || (!told->is_ours && encode(r, value, &encoded) != NGX_OK)) {
        return NGX_ERROR;
    }
    ngx_memzero(field, sizeof(*field));
    field->key = told->name;
    field->lowcase_key = told->lowcase;
    field->hash = told->hash;
    field->value = encoded;
    return NGX_OK;
}

ngx_int_t identity_tell(ngx_http_request_t *r, struct record *record)
{
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
    for (size_t i = 0; i < N_TOLD; i++) {
        ngx_memcpy(&value, (const char *)record + fields_told[i].member, sizeof(value));
        if (tell(r, &fields_told[i], value) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}
