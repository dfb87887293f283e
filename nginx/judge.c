/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

/* -- Asking -------------------------------------------------------------------------------------- */

static ngx_str_t find_field(const ngx_http_request_t *r, const char *name)
{
    const size_t len = ngx_strlen(name);

    for (const ngx_list_part_t *part = &r->headers_out.headers.part; part != NULL;
         part = part->next) {
        const ngx_table_elt_t *fields = part->elts;

        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            if (fields[i].hash != 0 && fields[i].key.len == len &&
                ngx_strncasecmp(fields[i].key.data, (u_char *)(uintptr_t)name, len) == 0) {
                return fields[i].value;
            }
        }
    }
    return (ngx_str_t)ngx_null_string;
}

/* Whatever the daemon answers, it has done what it could, and left what it learnt on the edge. Any
 * other status is nginx's own, or of somebody who is not the daemon: its 404 has an id. */
static bool is_answer(const ngx_http_request_t *ask, ngx_int_t status)
{
    switch (status) {
    case NGX_HTTP_BAD_REQUEST:
    case NGX_HTTP_UNAUTHORIZED:
    case NGX_HTTP_FORBIDDEN:
    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return true;
    case NGX_HTTP_NOT_FOUND:
        return find_field(ask, "Doorward-Id").len > 0;
    default:
        return status >= NGX_HTTP_OK && status < NGX_HTTP_SPECIAL_RESPONSE;
    }
}

/* The daemon may say why it refuses; that it lets in is for us to find out. */
static enum dw_reason read_reason(const ngx_http_request_t *ask)
{
    const ngx_str_t name = find_field(ask, "Doorward-Reason");
    const enum dw_reason reason = dw_reason_find(span_of(&name));

    return dw_reason_text(reason)->status >= NGX_HTTP_BAD_REQUEST ? reason : DW_REASON_NONE;
}

static ngx_int_t hear(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    struct record *record = data;
    const ngx_int_t status =
        rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : (ngx_int_t)r->headers_out.status;

    record->waiting = 0;
    /* An error_page for a daemon that is gone ends here, too, and with a status of its own. */
    if (record->asking == DW_MAY_ASK) {
        record->asking = DW_CANNOT_ASK;
        if (rc != NGX_ERROR && is_answer(r, status)) {
            record->asking = DW_HAVE_ASKED;
            record->heard = read_reason(r);
        }
    }
    target_unshow(r);
    return rc;
}

bool judge_is_ask(ngx_http_request_t *r)
{
    return r->post_subrequest != NULL && r->post_subrequest->handler == hear;
}

ngx_int_t judge_ask(ngx_http_request_t *r, struct record *record, ngx_uint_t flags)
{
    ngx_str_t uri = record->place->ask;
    ngx_http_post_subrequest_t *after = ngx_palloc(r->pool, sizeof(*after));
    ngx_http_request_body_t *nothing = ngx_pcalloc(r->pool, sizeof(*nothing));
    ngx_http_request_t *ask;

    if (after == NULL || nothing == NULL) {
        return NGX_ERROR;
    }
    after->handler = hear;
    after->data = record;
    if (ngx_http_subrequest(r, &uri, NULL, &ask, after, flags) != NGX_OK) {
        return NGX_ERROR;
    }
    /* The daemon needs no body: nginx would read the client's, or refuse its size. */
    ask->request_body = nothing;
    ask->headers_in.content_length = NULL;
    ask->headers_in.content_length_n = -1;
    ask->headers_in.chunked = 0;
    ask->header_only = 1;
    return target_show(ask);
}

/* -- Letting in and turning away ------------------------------------------------------------------ */

static ngx_int_t let_in(ngx_http_request_t *r, struct record *record)
{
    record->let_in = 1;
    record_log(r, record, NGX_HTTP_OK);
    return identity_tell(r, record);
}

/* Whether nginx has a page of the operator's for that status. */
static bool has_error_page(ngx_http_request_t *r, ngx_uint_t status)
{
    const ngx_http_core_loc_conf_t *core = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    const ngx_http_err_page_t *pages;

    if (r->error_page || core->error_pages == NULL || r->uri_changes == 0) {
        return false;
    }
    pages = core->error_pages->elts;
    for (ngx_uint_t i = 0; i < core->error_pages->nelts; i++) {
        if (pages[i].status == (ngx_int_t)status) {
            return true;
        }
    }
    return false;
}

static ngx_int_t turn_away(ngx_http_request_t *r, struct record *record)
{
    if (answer_write(r, record) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }
    record->denied = 1;
    if (r != r->main || has_error_page(r, record->answer->status)) {
        return (ngx_int_t)record->answer->status;
    }
    ngx_http_finalize_request(r, answer_send(r, record));
    return NGX_DONE;
}

static ngx_int_t judge(ngx_http_request_t *r, struct record *record)
{
    ngx_int_t rc;

    if (record->waiting) {
        return NGX_AGAIN;
    }
    rc = body_read(r, record);
    if (rc != NGX_OK) {
        return rc;
    }
    if (record_judge(r, record, place_of(r)) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }
    if (record->decision.verdict == DW_ALLOW) {
        return let_in(r, record);
    }
    if (record->decision.verdict == DW_DENY) {
        return turn_away(r, record);
    }
    if (judge_ask(r, record, NGX_HTTP_SUBREQUEST_WAITED) != NGX_OK) {
        return NGX_ERROR;
    }
    record->waiting = 1;
    return NGX_AGAIN;
}

/* -- The phases ---------------------------------------------------------------------------------- */

static ngx_int_t at_read(ngx_http_request_t *r)
{
    if (settings_of(r)->config == NULL) {
        return NGX_DECLINED;
    }
    if (identity_strip(r) != NGX_OK || target_hide(r) != NGX_OK) {
        return NGX_ERROR;
    }
    return NGX_DECLINED;
}

/* nginx runs no access phase for subrequests (SSI, mirror, auth_request): theirs is this one. */
static ngx_int_t at_preaccess(ngx_http_request_t *r)
{
    struct record *record;
    ngx_int_t rc;

    if (!place_of(r)->on || (judge_is_ask(r))) {
        return NGX_DECLINED;
    }
    record = record_make(r);
    if (record == NULL) {
        return NGX_ERROR;
    }
    record->entered = 1;
    if (r == r->main) {
        return NGX_DECLINED;
    }
    rc = judge(r, record);
    return rc == NGX_OK ? NGX_DECLINED : rc;
}

static ngx_int_t at_access(ngx_http_request_t *r)
{
    struct record *record;

    if (!place_of(r)->on) {
        return NGX_DECLINED;
    }
    record = record_make(r);
    return record == NULL ? NGX_ERROR : judge(r, record);
}

/* A request that failed before the first phase is logged, too. */
static ngx_int_t at_log(ngx_http_request_t *r)
{
    return target_hide_from_log(r);
}

static ngx_http_handler_pt *add_handler(ngx_conf_t *cf, ngx_http_phases phase)
{
    ngx_http_core_main_conf_t *core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    return ngx_array_push(&core->phases[phase].handlers);
}

static ngx_int_t put_first(ngx_conf_t *cf, ngx_http_phases phase, ngx_http_handler_pt handler)
{
    ngx_http_core_main_conf_t *core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    ngx_array_t *handlers = &core->phases[phase].handlers;
    ngx_http_handler_pt *first;

    if (add_handler(cf, phase) == NULL) {
        return NGX_ERROR;
    }
    first = handlers->elts;
    ngx_memmove(first + 1, first, (handlers->nelts - 1) * sizeof(*first));
    *first = handler;
    return NGX_OK;
}

ngx_int_t phases_add(ngx_conf_t *cf)
{
    ngx_http_handler_pt *read = add_handler(cf, NGX_HTTP_POST_READ_PHASE);
    ngx_http_handler_pt *preaccess = add_handler(cf, NGX_HTTP_PREACCESS_PHASE);

    if (read == NULL || preaccess == NULL) {
        return NGX_ERROR;
    }
    *read = at_read;
    *preaccess = at_preaccess;
    /* That phase runs its handlers from the last to the first. Ours is judged last: under `satisfy any`
     * nobody can let in after it, so its answer is the final one. */
    if (put_first(cf, NGX_HTTP_ACCESS_PHASE, at_access) != NGX_OK) {
        return NGX_ERROR;
    }
    return put_first(cf, NGX_HTTP_LOG_PHASE, at_log);
}
