/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

static const struct {
    ngx_str_t name;
    size_t member;   /* a struct dw_span of struct record */
    bool of_allowed; /* speaks only of who was let in: else an expired token could lend its name */
} VARIABLES[] = {
    {ngx_string("doorward_subject"), offsetof(struct record, decision.subject), true},
    {ngx_string("doorward_client"), offsetof(struct record, decision.client), true},
    {ngx_string("doorward_scope"), offsetof(struct record, decision.scope), true},
    {ngx_string("doorward_issuer"), offsetof(struct record, decision.iss), true},
    {ngx_string("doorward_reason"), offsetof(struct record, reason), false},
    {ngx_string("doorward_id"), offsetof(struct record, id), false},
};

/* Variables are wanted before the access phase, too (limit_req): then the request is judged now, and
 * not again. */
static struct record *judge_now(ngx_http_request_t *r)
{
    const struct place *place = place_of(r);
    struct record *record;

    /* After the header it is too late to matter; before the line was read there is nothing to judge. */
    if (!place->on || r->header_sent || r->unparsed_uri.len == 0) {
        return NULL;
    }
    record = record_make(r);
    if (record == NULL || record_judge(r, record, place) != NGX_OK) {
        return NULL;
    }
    return record;
}

static const struct record *find_judged(ngx_http_request_t *r)
{
    const struct record *record = record_find(r);

    if (record == NULL && r != r->main) {
        r = r->main;
        record = record_find(r);
    }
    return record != NULL && record->place != NULL ? record : judge_now(r);
}

static ngx_int_t set_text(ngx_http_variable_value_t *value, const ngx_str_t *text)
{
    value->valid = 1;
    value->no_cacheable = 0;
    value->not_found = 0;
    value->len = (unsigned)text->len;
    value->data = text->data;
    return NGX_OK;
}

static ngx_int_t get(ngx_http_request_t *r, ngx_http_variable_value_t *value, uintptr_t which)
{
    const struct record *record = find_judged(r);
    struct dw_span span = {NULL, 0};

    if (record != NULL && (record->decision.verdict == DW_ALLOW || !VARIABLES[which].of_allowed)) {
        ngx_memcpy(&span, (const char *)record + VARIABLES[which].member, sizeof(span));
    }
    if (span.at == NULL) {
        value->not_found = 1;
        return NGX_OK;
    }
    return set_text(value, &(ngx_str_t){span.len, (u_char *)(uintptr_t)span.at});
}

/* RFC 9440 s2.2: base64 between colons. */
static ngx_int_t get_certificate(ngx_http_request_t *r, ngx_http_variable_value_t *value,
                                 uintptr_t data)
{
    struct dw_span der;
    ngx_str_t from, to;

    (void)data;
    value->not_found = 1;
    if (request_certificate(r, &der) != NGX_OK) {
        return NGX_ERROR;
    }
    if (der.len == 0) {
        return NGX_OK;
    }
    from = (ngx_str_t){der.len, (u_char *)(uintptr_t)der.at};
    to.data = ngx_pnalloc(r->pool, ngx_base64_encoded_length(from.len) + 2);
    if (to.data == NULL) {
        return NGX_ERROR;
    }
    to.data++;
    ngx_encode_base64(&to, &from);
    *--to.data = ':';
    to.data[to.len + 1] = ':';
    to.len += 2;
    return set_text(value, &to);
}

static ngx_int_t add_certificate(ngx_conf_t *cf)
{
    ngx_str_t name = ngx_string("doorward_certificate");
    ngx_http_variable_t *variable = ngx_http_add_variable(cf, &name, 0);

    if (variable == NULL) {
        return NGX_ERROR;
    }
    variable->get_handler = get_certificate;
    return NGX_OK;
}

ngx_int_t variables_add(ngx_conf_t *cf)
{
    for (size_t i = 0; i < sizeof(VARIABLES) / sizeof(VARIABLES[0]); i++) {
        ngx_str_t name = VARIABLES[i].name;
        ngx_http_variable_t *variable = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);

        if (variable == NULL) {
            return NGX_ERROR;
        }
        variable->get_handler = get;
        variable->data = i;
    }
    return add_certificate(cf);
}
