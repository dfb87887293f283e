/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_ISSUER_PARTS_H
#define DW_ISSUER_PARTS_H

/* What the issuer's files say to each other. Nobody else includes this. */

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

/* -- form.c: application/x-www-form-urlencoded, strictly ------------------------------------------ */

#define FORM_FIELDS_MAX 64

struct form_field {
    struct dw_span name, value;
};

struct form {
    struct form_field fields[FORM_FIELDS_MAX];
    size_t n_fields;
};

/* Decodes + and percent-encoding in place. false: a byte that must be encoded, or a broken encoding. */
DW_MUST_USE bool form_decode(char *at, size_t *len);

/* Takes a form apart; `body` is changed and borrowed. Parameters without a value are left out (RFC 6749
 * s3.2). 0, DW_ERR_SYNTAX or DW_ERR_SIZE. */
DW_MUST_USE int form_parse(char *body, size_t len, struct form *form);

/* The value of the first parameter of that name; absent if there is none. */
struct dw_span form_value(const struct form *form, struct dw_span name);

/* Whether a parameter stands there twice, but for `resource` (RFC 8707 s2). */
bool form_has_duplicate(const struct form *form);

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

/* Random bytes of the kernel's. */
DW_MUST_USE bool draw_random(void *at, size_t len);

#endif
