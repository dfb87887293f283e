/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ISSUER_PARTS_H
#define DW_ISSUER_PARTS_H

/* What the issuer's files say to each other. Nobody else includes this. */

#include "form.h"
#include "issuer.h"
#include "text.h"

#define HASH_SIZE 32
#define DOCUMENT_SIZE 8192
#define JWKS_PATH "/.well-known/jwks.json"

struct issuer {
    struct store *store;
    const struct issuer_settings *settings;
    struct dw_span origin; /* of settings->url: scheme and authority */
    struct dw_span path;   /* its path, without a slash at its end */
    struct dw_key *signer;
    char jwks[sizeof(((struct issuer_response *)0)->body)];
    char metadata[DOCUMENT_SIZE]; /* RFC 8414 */
    char openid[DOCUMENT_SIZE];   /* OpenID Connect Discovery */
    uint8_t nobody[HASH_SIZE];    /* the hash of no secret, for clients that are not there */
    char form[ISSUER_BODY_MAX];   /* scratch; wiped after each request */
    char claims[4096];            /* scratch */
};

/* -- keyring.c --------------------------------------------------------------------------------- */

/* Loads the store's keys, makes the signing key where there is none, and writes the JWKS. */
DW_MUST_USE int keyring_open(struct issuer *issuer, int64_t now, struct complaint *why);

/* -- metadata.c -------------------------------------------------------------------------------- */

/* Takes settings->url apart and writes the two documents. */
DW_MUST_USE int metadata_write(struct issuer *issuer, struct complaint *why);

/* -- token.c: the token endpoint ---------------------------------------------------------------- */

void token_answer(struct issuer *issuer, const struct issuer_request *request,
                  struct issuer_response *response);

/* -- scope.c: RFC 6749 s3.3 -------------------------------------------------------------------- */

/* One word after another; false when none is left. */
bool scope_word(struct dw_span *rest, struct dw_span *word);
bool scope_is_word(struct dw_span word);
bool scope_has(struct dw_span scope, struct dw_span word);

/* Adds to `granted` each word asked for, once. false: one is not in `allowed`, or the text is no scope. */
DW_MUST_USE bool scope_grant(struct dw_span asked, struct dw_span allowed, struct text *granted);

/* -- clients.c --------------------------------------------------------------------------------- */

/* 0 and the client; 1: unknown, or the secret is another's, told after the same work; -1 and a
 * complaint. */
DW_MUST_USE int client_verify(struct issuer *issuer, struct dw_span id, struct dw_span secret,
                              struct store_client *client, struct complaint *why);

/* RFC 6749 s2.3.1 out of the value of a Basic field: borrowed from `buffer`, which is to be wiped. */
DW_MUST_USE bool client_read_basic(struct dw_span token68, char *buffer, size_t size,
                                   struct dw_span *id, struct dw_span *secret);

/* -- record.c: what all records are made of -------------------------------------------------------- */

/* UTF-8 without control characters, C1's among them. */
bool record_is_plain(struct dw_span text);

/* Takes a name of up to STORE_NAME_MAX bytes that is plain and has no space at either end; complaints
 * begin with `what`. 0 or -1 and a complaint. */
DW_MUST_USE int record_name(const char *what, const char *text, char name[STORE_NAME_MAX + 1],
                            struct complaint *why);

/* Takes a scope: each word once, separated by single spaces. 0 or -1 and a complaint. */
DW_MUST_USE int record_scope(const char *text, char scope[STORE_SCOPE_MAX + 1],
                             struct complaint *why);

/* Random bytes of the kernel's; `n` small letters and digits, 5 bits each, NUL-terminated; a secret of
 * 256 bits. */
DW_MUST_USE bool draw_random(void *at, size_t len);
DW_MUST_USE bool draw_id(char *id, size_t n);
DW_MUST_USE bool draw_secret(char secret[ISSUER_SECRET_SIZE]);

/* A claims set of strings and numbers, as a JSON object. claims_end() ends it and the text with a NUL: 0
 * or DW_ERR_SIZE. */
void claims_begin(struct text *text, char *buffer, size_t size);
DW_MUST_USE int claims_end(struct text *text);

/* -- apr1.c ------------------------------------------------------------------------------------- */

#define APR1_SIZE 23 /* 22 characters and a NUL */

/* The MD5-based hash of Apache's htpasswd, without "$apr1$SALT$". false: libcrypto has no MD5. */
DW_MUST_USE bool apr1_hash(struct dw_span password, struct dw_span salt, char hash[APR1_SIZE]);

#endif
