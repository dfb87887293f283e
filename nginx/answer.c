/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

static ngx_http_output_header_filter_pt next_filter;

/* -- The denial, written and sent ---------------------------------------------------------------- */

static ngx_str_t copy(struct dw_span from, u_char **to)
{
    const ngx_str_t text = {from.len, *to};

    *to = from.len > 0 ? ngx_cpymem(*to, from.at, from.len) : *to;
    return text;
}

static size_t measure(const struct dw_denial *denial)
{
    size_t size = denial->body.len;

    for (size_t i = 0; i < denial->n_fields; i++) {
        size += sizeof(struct answer_field) + denial->fields[i].name.len +
                denial->fields[i].value.len;
    }
    return size;
}

/* In one piece of memory. NULL: there is none. */
static struct answer *keep(ngx_http_request_t *r, const struct dw_denial *denial)
{
    struct answer *answer = ngx_palloc(r->pool, sizeof(*answer) + measure(denial) + 1);
    u_char *to;

    if (answer == NULL) {
        return NULL;
    }
    to = (u_char *)(answer->fields + denial->n_fields);
    answer->status = (ngx_uint_t)denial->status;
    answer->n_fields = 0;
    answer->body = copy(denial->body, &to);
    for (size_t i = 0; i < denial->n_fields; i++) {
        const struct dw_field *field = &denial->fields[i];

        if (dw_span_equal(field->name, DW_SPAN("Content-Type"))) {
            answer->content_type = copy(field->value, &to);
            continue;
        }
        answer->fields[answer->n_fields].name = copy(field->name, &to);
        answer->fields[answer->n_fields++].value = copy(field->value, &to);
    }
    return answer;
}

ngx_int_t answer_write(ngx_http_request_t *r, struct record *record)
{
    static char buffer[DW_DENIAL_SIZE]; /* of this process, which has one thread */
    struct dw_denial denial;
    int error;

    error = dw_denial_write(&settings_of(r)->config->policy, &record->request, &record->decision,
                            record->id, buffer, sizeof(buffer), &denial);
    if (error != 0) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "doorward: no answer to decision %s: %s",
                      record->id_text, dw_error_text(error));
        return NGX_ERROR;
    }
    if (record->decision.reason == DW_GUARD_FAILED) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, "doorward: decision %s: %s",
                      record->id_text, dw_reason_text(DW_GUARD_FAILED)->private_text);
    }
    record_log(r, record, denial.status);
    record->answer = keep(r, &denial);
    return record->answer == NULL ? NGX_ERROR : NGX_OK;
}

ngx_int_t answer_send(ngx_http_request_t *r, struct record *record)
{
    const struct answer *answer = record->answer;
    ngx_http_complex_value_t body;
    ngx_str_t content_type = answer->content_type;

    ngx_memzero(&body, sizeof(body));
    body.value = answer->body;
    record->own_body = 1;
    r->expect_tested = 1; /* no 100 (Continue): the body is not wanted */
    r->err_status = answer->status;
    return ngx_http_send_response(r, answer->status, &content_type, &body);
}

/* -- The last look at what leaves ---------------------------------------------------------------- */

static ngx_int_t add_field(ngx_http_request_t *r, ngx_str_t name, ngx_str_t value)
{
    ngx_table_elt_t *field;

    if (value.len == 0) {
        return NGX_OK;
    }
    field = ngx_list_push(&r->headers_out.headers);
    if (field == NULL) {
        return NGX_ERROR;
    }
    ngx_memzero(field, sizeof(*field));
    field->hash = 1;
    field->key = name;
    field->value = value;
    return NGX_OK;
}

/* A page of the operator's is not what our Content-Security-Policy was made for. */
static bool is_of_body(const ngx_str_t *name)
{
    return name->len > 8 && ngx_strncasecmp(name->data, (u_char *)"Content-", 8) == 0;
}

static ngx_int_t add_denial(ngx_http_request_t *r, const struct record *record)
{
    const struct answer *answer = record->answer;

    for (size_t i = 0; i < answer->n_fields; i++) {
        const struct answer_field *field = &answer->fields[i];

        if (is_of_body(&field->name) && !record->own_body) {
            continue;
        }
        if (add_field(r, field->name, field->value) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

static ngx_str_t string_of(struct dw_span span)
{
    return (ngx_str_t){span.len, (u_char *)(uintptr_t)span.at};
}

/* What a client that was let in needs for its next request. */
static ngx_int_t add_next(ngx_http_request_t *r, const struct dw_decision *decision)
{
    if (add_field(r, (ngx_str_t)ngx_string("Authentication-Info"),
                  string_of(decision->authentication_info)) != NGX_OK) {
        return NGX_ERROR;
    }
    return add_field(r, (ngx_str_t)ngx_string("DPoP-Nonce"), string_of(decision->dpop_nonce));
}

/* What the client was let in to may be fetched in parts, or again: slice, a cache's update. */
static bool is_part(ngx_http_request_t *r)
{
    const struct record *whole = record_find(r->main);

    return r != r->main && whole != NULL && whole->entered && !whole->denied &&
           place_of(r->main) == place_of(r) && r->uri.len == r->main->uri.len &&
           ngx_memcmp(r->uri.data, r->main->uri.data, r->uri.len) == 0;
}

/* `return`, `rewrite ... redirect` and other modules answer before the access phase. */
static bool is_unjudged(ngx_http_request_t *r, const struct record *record)
{
    return place_of(r)->on && r->headers_out.status < NGX_HTTP_BAD_REQUEST &&
           (record == NULL || !record->entered) && !judge_is_ask(r) && !is_part(r);
}

/* The denial goes out in place of the response whose header was about to. Who is sending that one is
 * told that it has a header only, as for HEAD. */
static ngx_int_t send_instead(ngx_http_request_t *r, struct record *record)
{
    ngx_int_t rc;

    ngx_http_clean_header(r);
    r->allow_ranges = 0;
    if (r != r->main) {
        r->headers_out.status = record->answer->status;
        r->header_only = 1;
        return NGX_OK;
    }
    record->denied = 1;
    rc = answer_send(r, record);
    r->header_only = 1;
    return rc;
}

/* It is too late to wait for the daemon here: the client is told to come again, and by then the daemon
 * was asked. */
static ngx_int_t judge_leaving(ngx_http_request_t *r)
{
    const struct place *place = place_of(r);
    struct record *record = record_make(r);

    if (record == NULL || record_judge(r, record, place) != NGX_OK) {
        return NGX_ERROR;
    }
    record->entered = 1;
    if (record->decision.verdict == DW_ASK) {
        record->asking = DW_CANNOT_ASK;
        if (judge_ask(r, record, NGX_HTTP_SUBREQUEST_BACKGROUND) != NGX_OK ||
            record_judge(r, record, place) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    if (record->decision.verdict == DW_ALLOW) {
        record_log(r, record, NGX_HTTP_OK);
        return add_next(r, &record->decision) == NGX_OK ? next_filter(r) : NGX_ERROR;
    }
    if (answer_write(r, record) != NGX_OK) {
        return NGX_ERROR;
    }
    return send_instead(r, record);
}

static ngx_int_t add_fields(ngx_http_request_t *r, const struct record *record)
{
    if (record->denied && r->headers_out.status == record->answer->status) {
        return add_denial(r, record);
    }
    return record->let_in && !record->denied ? add_next(r, &record->decision) : NGX_OK;
}

static ngx_int_t filter_header(ngx_http_request_t *r)
{
    const struct record *record;

    if (settings_of(r)->config == NULL) {
        return next_filter(r);
    }
    record = record_find(r);
    if (is_unjudged(r, record)) {
        return judge_leaving(r);
    }
    if (r == r->main && record != NULL && add_fields(r, record) != NGX_OK) {
        return NGX_ERROR;
    }
    return next_filter(r);
}

void answer_filter_add(void)
{
    next_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = filter_header;
}
