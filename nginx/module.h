/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_NGINX_MODULE_H
#define DW_NGINX_MODULE_H

/*
 * The nginx module translates: nginx's request into a dw_request, the guard's decision into nginx's
 * answer. It decides nothing and words nothing.
 *
 *   ngx_http_doorward_module.c  the directives, and where the rest is hooked in
 *   worker.c                    the guard of this process, and the policy and key files it needs
 *   judge.c                     the phases: judge, ask the daemon, let in or turn away
 *   record.c                    what is known of one request, found, judged and kept
 *   request.c, body.c           nginx's request as the guard wants it
 *   target.c                    keeps an API key in a query out of logs and from the upstream
 *   variables.c                 the same as nginx's variables
 *   answer.c                    the denial as nginx's response, and the last look at what leaves
 *   identity.c                  the fields that tell the upstream who is calling
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <stdbool.h>

#include "config.h"
#include "guard.h"

extern ngx_module_t ngx_http_doorward_module;

/* Of the http block. */
struct settings {
    struct config *config; /* NULL: there is no doorward_policy, the module does nothing */
    ngx_str_t edge;
    ngx_int_t cache_slots;
    struct dw_span *jwks; /* as guard_settings wants it */
    bool fixed;           /* all keys are in files: there is nobody to ask */
    ngx_int_t request_uri; /* the index of that variable */
    struct guard *guard;  /* this process's */
    ngx_event_t watch;
    ngx_connection_t watcher; /* nginx's debug log wants events to have one */
};

/* Of a location, or of the server block outside all locations. */
struct place {
    ngx_flag_t on;
    ngx_str_t ask; /* empty: nobody to ask */
    ngx_str_t scope;
    ngx_str_t realm;
};

/* A denial, kept in the request's pool. */
struct answer {
    ngx_uint_t status;
    ngx_str_t content_type;
    ngx_str_t body;
    size_t n_fields;
    struct answer_field {
        ngx_str_t name, value;
    } fields[]; /* but Content-Type */
};

/* What is known of one request. A client's request has one for its whole life; a subrequest that
 * enters a guarded place has its own, because its path is another one. */
struct record {
    const struct place *place; /* where it was judged last; NULL: nowhere yet */
    struct dw_request request;
    struct dw_span target;       /* as it came, where it was changed since; else absent */
    size_t body_size;            /* of the body the guard wants to see */
    struct dw_decision decision; /* its spans last as long as the request */
    enum dw_asking asking;       /* DW_MAY_ASK: nobody was asked yet */
    enum dw_reason heard;        /* what the daemon has refused it for */
    int64_t begun_us; /* when it was decided last */
    char id_text[RECENT_ID_SIZE];
    struct dw_span id;
    struct dw_span reason; /* its id; once denied, that of the denial */
    struct dw_span scheme;
    struct answer *answer;
    int logged;            /* the status that was told to the ring; 0: none */
    unsigned waiting : 1;  /* for the daemon */
    unsigned has_read : 1; /* the body, where it is wanted */
    unsigned entered : 1;  /* its access phase is certain to be run */
    unsigned used : 1;     /* a proof or nonce, which is good once */
    unsigned let_in : 1;
    unsigned denied : 1;   /* `answer` is what the client gets */
    unsigned own_body : 1; /* and its body, not a page of nginx's */
    unsigned told : 1;     /* the upstream's fields are written */
};

static inline struct dw_span span_of(const ngx_str_t *string)
{
    return (struct dw_span){(const char *)string->data, string->len};
}

static inline struct settings *settings_of(ngx_http_request_t *r)
{
    return ngx_http_get_module_main_conf(r, ngx_http_doorward_module);
}

static inline const struct place *place_of(ngx_http_request_t *r)
{
    return ngx_http_get_module_loc_conf(r, ngx_http_doorward_module);
}

/* -- worker.c ---------------------------------------------------------------------------------- */

/* Reads the policy and the key files it names. NGX_CONF_OK, or NGX_CONF_ERROR after an entry in the
 * log. They are freed with the configuration. */
char *settings_read(ngx_conf_t *cf, struct settings *settings, ngx_str_t *file);

/* Makes this process's guard, and lets it look at the edge every second. NGX_OK, or NGX_ERROR after an
 * entry in the log. */
ngx_int_t worker_enter(struct settings *settings, ngx_log_t *log);
void worker_leave(struct settings *settings);

/* -- record.c ---------------------------------------------------------------------------------- */

/* The record of this very request, or NULL: none was made. */
struct record *record_find(ngx_http_request_t *r);
/* The same, made where there is none; NULL: out of memory. */
struct record *record_make(ngx_http_request_t *r);

/* Judges the request where it now is, unless it was already. The verdict stays DW_ASK while there is
 * somebody to ask. NGX_OK or NGX_ERROR. */
ngx_int_t record_judge(ngx_http_request_t *r, struct record *record, const struct place *place);

/* Tells the ring of a denial, or of who was let in if that is wanted: each once for a request. */
void record_log(ngx_http_request_t *r, struct record *record, int status);

/* -- request.c --------------------------------------------------------------------------------- */

/* Reads what was asked for, here and now. NGX_OK or NGX_ERROR. */
ngx_int_t request_read(ngx_http_request_t *r, const struct place *place,
                       struct dw_request *request);

/* The client's certificate in DER, as TLS has verified it; absent if it has not. NGX_OK or NGX_ERROR. */
ngx_int_t request_certificate(ngx_http_request_t *r, struct dw_span *certificate);

/* -- body.c ------------------------------------------------------------------------------------ */

/* Reads the body if the guard wants to see it. NGX_OK: go on; NGX_DONE: the phases are run again when it
 * is there; else how the request ends. */
ngx_int_t body_read(ngx_http_request_t *r, struct record *record);

/* -- target.c ---------------------------------------------------------------------------------- */

/* Once for each configuration. NGX_OK or NGX_ERROR. */
ngx_int_t target_prepare(ngx_conf_t *cf, struct settings *settings);

/* The client's request target as it came. */
struct dw_span target_of(ngx_http_request_t *r);

/* Takes an API key out of the target, once that is known; before the log is written also out of what
 * was never a target, and whatever else was sent where it should not stand. NGX_OK or NGX_ERROR. */
ngx_int_t target_hide(ngx_http_request_t *r);
ngx_int_t target_hide_from_log(ngx_http_request_t *r);

/* Lets the daemon see it, as $request_uri, until it has answered. NGX_OK or NGX_ERROR. */
ngx_int_t target_show(ngx_http_request_t *ask);
void target_unshow(ngx_http_request_t *ask);

/* -- variables.c ------------------------------------------------------------------------------- */

ngx_int_t variables_add(ngx_conf_t *cf);

/* -- judge.c ----------------------------------------------------------------------------------- */

/* Starts the subrequest that asks the daemon. `flags`: NGX_HTTP_SUBREQUEST_WAITED holds the request
 * until it is done, _BACKGROUND does not. NGX_OK or NGX_ERROR. */
ngx_int_t judge_ask(ngx_http_request_t *r, struct record *record, ngx_uint_t flags);
/* Whether a request is such a subrequest: it is let through unjudged. */
bool judge_is_ask(ngx_http_request_t *r);

ngx_int_t phases_add(ngx_conf_t *cf);

/* -- answer.c ---------------------------------------------------------------------------------- */

/* Writes the denial into the record and tells the ring. NGX_OK or NGX_ERROR. */
ngx_int_t answer_write(ngx_http_request_t *r, struct record *record);

/* Sends the denial as the whole response; what ngx_http_output_filter() returned. */
ngx_int_t answer_send(ngx_http_request_t *r, struct record *record);

void answer_filter_add(void);

/* -- identity.c -------------------------------------------------------------------------------- */

/* Once, before the first request. */
void identity_prepare(void);

/* Drops every field that only we may write. NGX_OK or NGX_ERROR. */
ngx_int_t identity_strip(ngx_http_request_t *r);

/* Writes who was let in as fields of the request. NGX_OK or NGX_ERROR. */
ngx_int_t identity_tell(ngx_http_request_t *r, struct record *record);

#endif
