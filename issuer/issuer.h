/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ISSUER_H
#define DW_ISSUER_H

/*
 * Our authorization server: requests in, responses out, over a store. No sockets, no clock.
 * RFC 6749 (client_credentials), 8414 and OpenID Connect Discovery, 7517, 9068.
 */

#include "complaint.h"
#include "doorward.h"
#include "store.h"

struct issuer_settings {
    const char *url; /* the issuer, exactly as tokens name it */
    const char *audience;
    const char *prefix; /* "/doorward/" */
    enum dw_alg alg;
    int access_token_ttl; /* seconds */
};

struct issuer;

/* Makes a signing key of settings->alg if the store has none. Borrows store and settings. 0 or -1 and
 * a complaint. */
DW_MUST_USE int issuer_new(struct store *store, const struct issuer_settings *settings, int64_t now,
                           struct issuer **issuer, struct complaint *why);
void issuer_free(struct issuer *issuer); /* NULL is fine */

/* The public keys as a JWKS, NUL-terminated, owned by the issuer. */
const char *issuer_jwks(const struct issuer *issuer);

#define ISSUER_BODY_MAX 16384 /* bytes of a request's body */

struct issuer_request {
    struct dw_span method;
    struct dw_span path;          /* without the query */
    const struct dw_field *fields;
    size_t n_fields;
    struct dw_span body;
    int64_t now;
};

struct issuer_response {
    int status;
    const char *content_type;
    const char *cache_control;
    char challenge[256];   /* WWW-Authenticate; "" if none */
    const char *allow;     /* Allow on 405; NULL if none */
    char body[32768];
    size_t body_len;       /* of the answer to GET, also where HEAD was asked */
    struct complaint why;  /* for the operator, on 500 and 503; "" else */
};

/* false: the path is none of the issuer's. The body may hold a token: wipe it after use. One thread at
 * a time. */
DW_MUST_USE bool issuer_answer(struct issuer *issuer, const struct issuer_request *request,
                               struct issuer_response *response);

/* clients.c: makes a client and its secret (43 characters, shown once; wipe it). 0; 1: the name is
 * taken; -1 and a complaint. Scope: RFC 6749 s3.3, words separated by spaces. */
#define ISSUER_SECRET_SIZE 44
DW_MUST_USE int issuer_client_add(struct store *store, const char *name, const char *scope,
                                  int64_t now, struct store_client *client,
                                  char secret[ISSUER_SECRET_SIZE], struct complaint *why);

#endif
