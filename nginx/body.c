/* SPDX-License-Identifier: Apache-2.0 */
#include "module.h"

/* A part of the body, from memory or from nginx's temporary file. */
static ngx_int_t read_part(const ngx_buf_t *part, u_char *to, size_t room, size_t *len)
{
    const size_t size = (size_t)ngx_buf_size(part);

    if (size > room) {
        return NGX_ERROR;
    }
    if (ngx_buf_in_memory(part)) {
        ngx_memcpy(to, part->pos, size);
    } else if (ngx_read_file(part->file, to, size, part->file_pos) != (ssize_t)size) {
        return NGX_ERROR;
    }
    *len += size;
    return NGX_OK;
}

/* A body that cannot be had as it was sent is absent: then what was computed from it is wrong. */
static void take_body(ngx_http_request_t *r, struct record *record)
{
    const size_t size = record->body_size;
    u_char *bytes = ngx_pnalloc(r->pool, size);
    size_t len = 0;

    if (bytes == NULL || r->request_body == NULL) {
        return;
    }
    for (const ngx_chain_t *link = r->request_body->bufs; link != NULL; link = link->next) {
        if (read_part(link->buf, bytes + len, size - len, &len) != NGX_OK) {
            return;
        }
    }
    if (len == size) {
        record->request.body = (struct dw_span){(const char *)bytes, len};
    }
}

static void resume(ngx_http_request_t *r)
{
    struct record *record = record_find(r);

    if (record != NULL) {
        take_body(r, record);
        record->place = NULL; /* what was decided without it */
    }
    r->preserve_body = 1;
    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}

ngx_int_t body_read(ngx_http_request_t *r, struct record *record)
{
    const struct dw_policy *policy = &settings_of(r)->config->policy;
    ngx_int_t rc;

    if (policy->schemes.digest.auth_int == 0 || r != r->main || record->has_read) {
        return NGX_OK;
    }
    record->has_read = 1;
    if (request_read(r, place_of(r), &record->request) != NGX_OK) {
        return NGX_ERROR;
    }
    record->body_size = dw_wants_body(policy, &record->request);
    if (record->body_size == 0) {
        return NGX_OK;
    }
    rc = ngx_http_read_client_request_body(r, resume);
    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }
    ngx_http_finalize_request(r, NGX_DONE);
    return NGX_DONE;
}
