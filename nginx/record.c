/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "module.h"

/* -- Finding it ---------------------------------------------------------------------------------- */

/* Nothing to clean: the entry in the pool is how a record survives an internal redirect, which clears
 * the context. */
static void mark(void *data)
{
    (void)data;
}

static struct record *find_in_pool(ngx_http_request_t *r)
{
    for (ngx_pool_cleanup_t *entry = r->pool->cleanup; entry != NULL; entry = entry->next) {
        if (entry->handler == mark) {
            return entry->data;
        }
    }
    return NULL;
}

struct record *record_find(ngx_http_request_t *r)
{
    struct record *record = ngx_http_get_module_ctx(r, ngx_http_doorward_module);

    if (record != NULL || r != r->main || !r->internal) {
        return record;
    }
    record = find_in_pool(r);
    if (record != NULL) {
        record->entered = 0;
        ngx_http_set_ctx(r, record, ngx_http_doorward_module);
    }
    return record;
}

static struct record *make_in_pool(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t *entry;

    if (r != r->main) {
        return ngx_pcalloc(r->pool, sizeof(struct record));
    }
    entry = ngx_pool_cleanup_add(r->pool, sizeof(struct record));
    if (entry == NULL) {
        return NULL;
    }
    entry->handler = mark;
    ngx_memzero(entry->data, sizeof(struct record));
    return entry->data;
}

struct record *record_make(ngx_http_request_t *r)
{
    struct record *record = record_find(r);

    if (record != NULL) {
        return record;
    }
    record = make_in_pool(r);
    if (record != NULL) {
        ngx_http_set_ctx(r, record, ngx_http_doorward_module);
    }
    return record;
}

/* -- The request, translated --------------------------------------------------------------------- */

static ngx_int_t read_fields(ngx_http_request_t *r, struct dw_request *request)
{
    struct dw_field *fields;
    size_t n = 0;

    for (const ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL;
         part = part->next) {
        n += part->nelts;
    }
    fields = ngx_palloc(r->pool, (n + 1) * sizeof(*fields));
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
    return NGX_OK;
}

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
    request->target = span_of(&r->unparsed_uri);
}

/* A subrequest has no line: its path is nginx's own, decoded, and is encoded again. */
static ngx_int_t read_path(ngx_http_request_t *r, struct dw_request *request)
{
    const size_t extra = 2 * ngx_escape_uri(NULL, r->uri.data, r->uri.len, NGX_ESCAPE_URI);
    u_char *target = ngx_pnalloc(r->pool, r->uri.len + extra + 1);

    if (target == NULL) {
        return NGX_ERROR;
    }
    (void)ngx_escape_uri(target, r->uri.data, r->uri.len, NGX_ESCAPE_URI);
    request->target = (struct dw_span){(const char *)target, r->uri.len + extra};
    request->method = span_of(&r->method_name);
    return NGX_OK;
}

static ngx_int_t read_request(ngx_http_request_t *r, const struct place *place,
                              struct dw_request *request)
{
    request->now = ngx_time();
    request->scope = place->scope.len > 0 ? span_of(&place->scope) : (struct dw_span){NULL, 0};
    request->realm = place->realm.len > 0 ? span_of(&place->realm) : (struct dw_span){NULL, 0};
    if (request->fields == NULL && read_fields(r, request) != NGX_OK) {
        return NGX_ERROR;
    }
    if (r != r->main) {
        return read_path(r, request);
    }
    read_line(r, request);
    return NGX_OK;
}

/* -- The decision -------------------------------------------------------------------------------- */

static void take(struct dw_span *span, u_char **to)
{
    if (span->at != NULL) {
        ngx_memcpy(*to, span->at, span->len);
        span->at = (const char *)*to;
        *to += span->len;
    }
}

/* The guard's spans are good until it decides again. The token is the request's own and stays. */
static ngx_int_t keep(ngx_http_request_t *r, struct dw_decision *decision)
{
    u_char *to =
        ngx_pnalloc(r->pool, decision->iss.len + decision->kid.len + decision->subject.len +
                                 decision->client.len + decision->scope.len + 1);

    if (to == NULL) {
        return NGX_ERROR;
    }
    take(&decision->iss, &to);
    take(&decision->kid, &to);
    take(&decision->subject, &to);
    take(&decision->client, &to);
    take(&decision->scope, &to);
    return NGX_OK;
}

static int64_t read_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum dw_asking may_ask(const struct settings *settings, const struct place *place,
                              const struct record *record)
{
    if (record->asking != DW_MAY_ASK || place->ask.len > 0) {
        return record->asking;
    }
    return settings->fixed ? DW_HAVE_ASKED : DW_CANNOT_ASK;
}

static bool is_same(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}

/* Whether the last decision is also the one for this place: it demands nothing else, and nothing was
 * learnt since. */
static bool is_judged(const struct record *record, const struct place *place)
{
    if (record->place == NULL ||
        (record->decision.verdict == DW_ASK && record->asking != DW_MAY_ASK)) {
        return false;
    }
    return record->place == place || (is_same(&record->place->scope, &place->scope) &&
                                      is_same(&record->place->realm, &place->realm) &&
                                      is_same(&record->place->ask, &place->ask));
}

ngx_int_t record_judge(ngx_http_request_t *r, struct record *record, const struct place *place)
{
    const struct settings *settings = settings_of(r);
    struct guard *guard = settings->guard;
    int64_t begin;

    if (guard == NULL) {
        return NGX_ERROR; /* a single process was told to reload, which nginx itself does not master */
    }
    if (is_judged(record, place)) {
        record->place = place;
        return NGX_OK;
    }
    if (read_request(r, place, &record->request) != NGX_OK) {
        return NGX_ERROR;
    }
    if (record->id.len == 0) {
        guard_id(guard, record->id_text);
        record->id = dw_span_of(record->id_text);
    }
    if (record->asking == DW_HAVE_ASKED) {
        guard_watch(guard); /* the answer may lie on an edge that was not there before */
    }
    begin = read_clock();
    guard_decide(guard, &record->request, may_ask(settings, place, record), &record->decision);
    record->latency_us = (uint32_t)(read_clock() - begin);
    record->place = place;
    record->scheme = dw_span_of(dw_scheme_name(record->decision.scheme));
    if (!record->denied) {
        record->reason = dw_span_of(dw_reason_text(record->decision.reason)->name);
    }
    return keep(r, &record->decision);
}

static bool is_logged(ngx_http_request_t *r, const struct record *record, int status)
{
    if (status < NGX_HTTP_BAD_REQUEST) {
        return record->logged != 0 || !settings_of(r)->config->log_allowed;
    }
    return record->logged >= NGX_HTTP_BAD_REQUEST;
}

void record_log(ngx_http_request_t *r, struct record *record, int status)
{
    const ngx_time_t *now = ngx_timeofday();
    const struct guard_record line = {
        .id = record->id_text,
        .source = span_of(&r->connection->addr_text),
        .status = status,
        .at_us = (int64_t)now->sec * 1000000 + (int64_t)now->msec * 1000,
        .latency_us = record->latency_us,
    };

    if (!is_logged(r, record, status)) {
        record->logged = status;
        (void)guard_record(settings_of(r)->guard, &record->request, &record->decision, &line);
    }
}
