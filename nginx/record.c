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

/* -- The decision -------------------------------------------------------------------------------- */

/* What lasts only until the guard decides again, and is needed for longer: by the upstream, the log and
 * the variables. */
static const size_t KEPT[] = {
    offsetof(struct dw_decision, iss),
    offsetof(struct dw_decision, kid),
    offsetof(struct dw_decision, subject),
    offsetof(struct dw_decision, client),
    offsetof(struct dw_decision, scope),
    offsetof(struct dw_decision, credential),
    offsetof(struct dw_decision, account),
    offsetof(struct dw_decision, wanted),
    offsetof(struct dw_decision, seen),
    offsetof(struct dw_decision, authentication_info),
    offsetof(struct dw_decision, dpop_nonce),
    offsetof(struct dw_decision, digest_nonce),
};

#define N_KEPT (sizeof(KEPT) / sizeof(KEPT[0]))

static struct dw_span *kept(struct dw_decision *decision, size_t i)
{
    return (struct dw_span *)((char *)decision + KEPT[i]);
}

static void take(struct dw_span *span, u_char **to)
{
    if (span->len > 0) {
        ngx_memcpy(*to, span->at, span->len);
        span->at = (const char *)*to;
        *to += span->len;
    }
}

/* A token is mostly a part of a field, which lasts, and may be long. */
static bool lasts(const struct dw_request *request, struct dw_span token)
{
    for (size_t i = 0; i < request->n_fields; i++) {
        const struct dw_span field = request->fields[i].value;

        if (token.at >= field.at && token.at + token.len <= field.at + field.len) {
            return true;
        }
    }
    return token.len == 0;
}

static ngx_int_t keep(ngx_http_request_t *r, const struct dw_request *request,
                      struct dw_decision *decision)
{
    const bool token_lasts = lasts(request, decision->token);
    size_t size = token_lasts ? 0 : decision->token.len;
    u_char *to;

    for (size_t i = 0; i < N_KEPT; i++) {
        size += kept(decision, i)->len;
    }
    if (size == 0) {
        return NGX_OK;
    }
    to = ngx_pnalloc(r->pool, size);
    if (to == NULL) {
        return NGX_ERROR;
    }
    for (size_t i = 0; i < N_KEPT; i++) {
        take(kept(decision, i), &to);
    }
    if (!token_lasts) {
        take(&decision->token, &to);
    }
    return NGX_OK;
}

/* The daemon reads it from the request itself. */
static void forget_password(struct dw_decision *decision)
{
    if (decision->password.len > 0) {
        dw_secret_wipe((void *)(uintptr_t)decision->password.at, decision->password.len);
    }
    decision->password = (struct dw_span){NULL, 0};
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

/* Who has shown a proof or a nonce once has it used up, and is judged again where a redirect leads, or for
 * a part of the page. */
static bool has_used(ngx_http_request_t *r)
{
    const struct record *whole = record_find(r->main);

    return whole != NULL && whole->used;
}

static ngx_int_t note_use(ngx_http_request_t *r, const struct dw_decision *decision)
{
    const bool is_proof =
        decision->scheme == DW_SCHEME_DPOP || decision->scheme == DW_SCHEME_DIGEST;
    const int status = dw_reason_text(decision->reason)->status;
    struct record *whole;

    if (!is_proof || (status != NGX_HTTP_OK && status != NGX_HTTP_FORBIDDEN)) {
        return NGX_OK;
    }
    whole = record_make(r->main);
    if (whole == NULL) {
        return NGX_ERROR;
    }
    whole->used = 1;
    return NGX_OK;
}

static void decide(ngx_http_request_t *r, struct record *record, const struct place *place)
{
    struct settings *settings = settings_of(r);
    const struct guard_terms terms = {
        .asking = may_ask(settings, place, record),
        .heard = record->heard,
        .rehearsal = has_used(r),
    };

    record->begun_us = read_clock();
    guard_decide(settings->guard, &record->request, &terms, &record->decision);
    forget_password(&record->decision);
}

ngx_int_t record_judge(ngx_http_request_t *r, struct record *record, const struct place *place)
{
    struct guard *guard = settings_of(r)->guard;

    if (guard == NULL) {
        return NGX_ERROR; /* a single process was told to reload, which nginx itself does not master */
    }
    if (is_judged(record, place)) {
        record->place = place;
        return NGX_OK;
    }
    if (request_read(r, place, &record->request) != NGX_OK) {
        return NGX_ERROR;
    }
    if (record->id.len == 0) {
        guard_id(guard, record->id_text);
        record->id = (struct dw_span){record->id_text, sizeof(record->id_text) - 1};
    }
    if (record->asking == DW_HAVE_ASKED) {
        guard_watch(guard); /* the answer may lie on an edge that was not there before */
    }
    decide(r, record, place);
    record->place = place;
    record->scheme = dw_span_of(dw_scheme_name(record->decision.scheme));
    if (!record->denied) {
        record->reason = dw_span_of(dw_reason_text(record->decision.reason)->name);
    }
    if (note_use(r, &record->decision) != NGX_OK) {
        return NGX_ERROR;
    }
    return keep(r, &record->request, &record->decision);
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
    struct guard_record line;

    if (is_logged(r, record, status)) {
        return;
    }
    record->logged = status;
    line = (struct guard_record){
        .id = record->id_text,
        .status = status,
        .at_us = (int64_t)now->sec * 1000000 + (int64_t)now->msec * 1000,
        .latency_us = (uint32_t)(read_clock() - record->begun_us),
    };
    (void)guard_record(settings_of(r)->guard, &record->request, &record->decision, &line);
}
