/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_HTTP_H
#define DW_SERVER_HTTP_H

/*
 * The daemon's HTTP: requests in, responses out, on one listening socket with one thread. Bounded:
 * 64 KiB of memory and 30 s of silence for a connection, 512 connections, 384 requests put off.
 */

#include <pthread.h>

#include "complaint.h"
#include "doorward.h"

#define HTTP_FIELDS_MAX  128 /* fields of a request; more are marked, not kept */
#define HTTP_ANSWER_MAX  32  /* fields of a response */
#define HTTP_MEMORY      (32 * 1024)
#define HTTP_SOURCE_SIZE 64

/* Spans are good until the handler returns. */
struct http_request {
    struct dw_span method;
    struct dw_span path; /* as it came, not decoded; without the query */
    struct dw_span query;
    const struct dw_field *fields;
    size_t n_fields;
    bool too_many_fields;
    struct dw_span body;
    bool body_too_large;   /* `body` is then absent */
    struct dw_span source; /* the peer's address; "unix:" on a socket of this machine */
    bool from_socket;
    int64_t came_us; /* clock_us() */
    bool hurry;      /* do not put it off: the server is about to end, or enough wait already */
};

/* Written by the handler. Fields through http_add_field(); the body is copied once it returns, and the
 * fields are wiped. */
struct http_response {
    int status;
    struct dw_span body;
    char *secret; /* the body's own memory, to be wiped once it was copied; NULL: no need */
    struct {
        const char *name, *value;
    } fields[HTTP_ANSWER_MAX];
    size_t n_fields;
    char memory[HTTP_MEMORY];
    size_t used;
};

/* Adds a field, copied. A value that is empty, holds a control character or does not fit is left out:
 * false. */
bool http_add_field(struct http_response *response, const char *name, struct dw_span value);
bool http_add_span(struct http_response *response, struct dw_span name, struct dw_span value);

/* The first field of that name (case-insensitive), and how many there are. */
size_t http_find_field(const struct http_request *request, const char *name, struct dw_span *value);

enum http_answer {
    HTTP_ANSWERED,
    HTTP_LATER /* call the handler again, with the same request, after http_wake() */
};

struct http_settings {
    int listener; /* the server's from http_start() on, also if it fails */
    bool is_socket;
    size_t body_max;
    pthread_mutex_t *lock; /* held while the handler runs */
    enum http_answer (*handle)(void *context, const struct http_request *request,
                               struct http_response *response);
    void *context;
};

struct http;

DW_MUST_USE int http_start(const struct http_settings *settings, struct http **http,
                           struct complaint *why);

/* Calls the handler again for every request put off. The caller holds the lock. */
void http_wake(struct http *http);

/* Takes no more connections, gives requests under way two seconds, and ends. The caller does not hold
 * the lock. NULL is fine. */
void http_stop(struct http *http);

#endif
