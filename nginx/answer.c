/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

static ngx_http_output_header_filter_pt next_filter;

/* -- The denial, written and sent ---------------------------------------------------------------- */

static ngx_int_t copy(ngx_http_request_t *r, struct dw_span from, ngx_str_t *to)
{
    to->len = from.len;
    to->data = ngx_pnalloc(r->pool, from.len + 1);
    if (to->data == NULL) {
        return NGX_ERROR;
    }
    ngx_memcpy(to->data, from.at, from.len);
    return NGX_OK;
}

static ngx_int_t keep(ngx_http_request_t *r, const struct dw_denial *denial, struct answer *answer)
{
    answer->status = (ngx_uint_t)denial->status;
    answer->retry_after = denial->retry_after;
    answer->n_challenges = denial->n_challenges;
    for (size_t i = 0; i < denial->n_challenges; i++) {
        if (copy(r, denial->challenges[i], &answer->challenges[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    if (copy(r, denial->content_type, &answer->content_type) != NGX_OK) {
        return NGX_ERROR;
    }
    return copy(r, denial->body, &answer->body);
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
    return keep(r, &denial, &record->answer);
}

ngx_int_t answer_send(ngx_http_request_t *r, const struct answer *answer)
{
    ngx_http_complex_value_t body;
    ngx_str_t content_type = answer->content_type;

    ngx_memzero(&body, sizeof(body));
    body.value = answer->body;
    r->expect_tested = 1; /* no 100 (Continue): the body is not wanted */
    r->err_status = answer->status;
    return ngx_http_send_response(r, answer->status, &content_type, &body);
}

/* -- The last look at what leaves ---------------------------------------------------------------- */

static ngx_int_t add_field(ngx_http_request_t *r, const char *name, ngx_str_t value)
{
    ngx_table_elt_t *field = ngx_list_push(&r->headers_out.headers);

    if (field == NULL) {
        return NGX_ERROR;
    }
    ngx_memzero(field, sizeof(*field));
    field->hash = 1;
    field->key.data = (u_char *)name;
    field->key.len = ngx_strlen(name);
    field->value = value;
    return NGX_OK;
}

static ngx_int_t add_retry_after(ngx_http_request_t *r, int seconds)
{
    ngx_str_t value;

    value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }
    value.len = (size_t)(ngx_sprintf(value.data, "%d", seconds) - value.data);
    return add_field(r, "Retry-After", value);
}

static ngx_int_t add_fields(ngx_http_request_t *r, const struct record *record)
{
    const struct answer *answer = &record->answer;
    const ngx_str_t id = {record->id.len, (u_char *)record->id_text};

    for (size_t i = 0; i < answer->n_challenges; i++) {
        if (add_field(r, "WWW-Authenticate", answer->challenges[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }
    if (answer->retry_after > 0 && add_retry_after(r, answer->retry_after) != NGX_OK) {
        return NGX_ERROR;
    }
    if (add_field(r, "Cache-Control", (ngx_str_t)ngx_string("no-store")) != NGX_OK) {
        return NGX_ERROR;
    }
    return add_field(r, "Doorward-Id", id);
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
        r->headers_out.status = record->answer.status;
        r->header_only = 1;
        return NGX_OK;
    }
    record->denied = 1;
    rc = answer_send(r, &record->answer);
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
        return next_filter(r);
    }
    if (answer_write(r, record) != NGX_OK) {
        return NGX_ERROR;
    }
    return send_instead(r, record);
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
    if (r == r->main && record != NULL && record->denied &&
        r->headers_out.status == record->answer.status && add_fields(r, record) != NGX_OK) {
        return NGX_ERROR;
    }
    return next_filter(r);
}

void answer_filter_add(void)
{
    next_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = filter_header;
}
