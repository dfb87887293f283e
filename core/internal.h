/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_INTERNAL_H
#define DW_INTERNAL_H

/* What core's files say to each other. Nobody else includes this. */

#include "doorward.h"
#include "json.h"
#include "text.h"

/* -- span.c ------------------------------------------------------------------------------------ */

#define SPAN_NONE ((struct dw_span){NULL, 0})

bool span_starts_nocase(struct dw_span span, const char *prefix);
struct dw_span span_from(struct dw_span span, size_t at); /* without its first `at` bytes */
struct dw_span span_trim(struct dw_span span);            /* without spaces and tabs at both ends */

/* Takes the next word off a list separated by `separator`; false when none is left. */
bool span_word(struct dw_span *rest, char separator, struct dw_span *word);

/* -- auth_field.c: the characters and words of fields (RFC 9110 s5.6, s11.2) ----------------- */

bool is_tchar(char c);
bool is_token68_char(char c); /* without the = at its end */
struct dw_span read_token(struct dw_span field, size_t *at);
struct dw_span read_token68(struct dw_span field, size_t *at); /* absent if none stands there */
size_t skip_spaces(struct dw_span field, size_t at);           /* SP only */
size_t skip_blanks(struct dw_span field, size_t at);           /* SP and HTAB: BWS, OWS */
bool is_text_char(char c);                                     /* may stand in a quoted-string */

/* -- auth_scan.c: one challenge, or credentials: strictly or leniently, by the same steps ---- */

/* A place in a field, and the first fault found so far; its `what` is NULL if none was. */
struct auth_scan {
    struct dw_span field;
    size_t at;
    bool lenient;
    struct dw_fault fault;
};

/* Skips blanks and the commas of empty list elements. 0 or DW_ERR_SYNTAX. */
DW_MUST_USE int auth_skip_commas(struct auth_scan *scan, bool *skipped);

/* Reads one challenge, or credentials, and stops where the next begins. 0, DW_ERR_SYNTAX or
 * DW_ERR_SIZE. */
DW_MUST_USE int auth_read(struct auth_scan *scan, struct dw_challenge *auth);

/* -- base64.c: base64 proper (RFC 4648 s4); canonical or refused ------------------------------- */

/* `buffer` has as many bytes as the text. 0 or DW_ERR_SYNTAX; writes there in any case. */
DW_MUST_USE int base64_parse(struct dw_span text, char *buffer, size_t *len);

/* -- hash.c: SipHash-2-4 for tables; SHA-2, MD5 and HMAC for names, nonces and Digest ------------- */

uint64_t siphash(const uint8_t key[16], const void *bytes, size_t len);
DW_MUST_USE bool sha256(struct dw_span bytes, uint8_t digest[32]);

/* The two below allocate nothing and cannot fail. */
#define HASH_SIZE 32 /* bytes of the longest */

/* Hashes the parts with the separator between each two. How many bytes that gives: 16 for MD5, else 32. */
size_t hash_join(enum dw_digest algorithm, char separator, const struct dw_span *parts, size_t n,
                 uint8_t digest[HASH_SIZE]);

/* HMAC-SHA-256 (RFC 2104) of the parts with a NUL between each two. */
void hmac_join(const uint8_t key[32], const struct dw_span *parts, size_t n, uint8_t mac[HASH_SIZE]);

/* -- nonce.c: nonces that nobody has to remember --------------------------------------------------- */

#define NONCE_CHARS 32

/* Writes the time, sealed with the secret; `purpose` tells those of one scheme from another's. */
void nonce_write(const uint8_t secret[32], const char *purpose, int64_t now, char text[NONCE_CHARS]);

/* When it was made. false: it is none of ours. */
DW_MUST_USE bool nonce_read(const uint8_t secret[32], const char *purpose, struct dw_span nonce,
                            int64_t *made);

/* -- key_handle.c, key_import.c, signature.c: the only files that know OpenSSL's keys ------------- */

enum key_kind { KEY_RSA, KEY_EC256, KEY_EC384, KEY_EC521, KEY_ED25519, KEY_OCT, KEY_KINDS };

/* A JWK's numbers, decoded; absent members have len 0. `k` is an oct key's secret, `d` the private
 * part of the others; RSA's p, q, dp, dq, qi come with it. */
struct key_material {
    enum key_kind kind;
    struct dw_span n, e, x, y, d, p, q, dp, dq, qi, k;
};

#define MATERIAL_SIZE 5120 /* bytes: all numbers of an RSA key of 8192 bits */

struct key_handle; /* a key made ready to verify, sign, or both */

/* 0, DW_ERR_KEY, DW_ERR_MEMORY. */
DW_MUST_USE int key_handle_new(const struct key_material *material, struct key_handle **handle);
DW_MUST_USE int key_handle_generate(enum key_kind kind, struct key_handle **handle);
void key_handle_free(struct key_handle *handle);

/* The algorithms a kind of key can make: a set of DW_ALG_BIT. */
unsigned key_kind_algs(enum key_kind kind);

/* Writes the key's numbers, as bytes, into `buffer`; `material` borrows it. 0 or DW_ERR_SIZE. */
DW_MUST_USE int key_handle_material(const struct key_handle *handle, bool with_secret,
                                    unsigned char *buffer, size_t size,
                                    struct key_material *material);

/* 0: verified; DW_ERR_SYNTAX: not; DW_ERR_CRYPTO: could not tell. */
DW_MUST_USE int key_handle_verify(struct key_handle *handle, enum dw_alg alg,
                                  struct dw_span message, struct dw_span signature);

#define SIGNATURE_MAX 1024 /* bytes: RSA of 8192 bits */

/* 0, DW_ERR_SIZE or DW_ERR_CRYPTO. */
DW_MUST_USE int key_handle_sign(struct key_handle *handle, enum dw_alg alg, struct dw_span message,
                                unsigned char *signature, size_t size, size_t *len);

/* -- jwk.c, jwks.c, jwk_key.c -------------------------------------------------------------------- */

#define THUMBPRINT_SIZE 32

struct dw_key {
    struct key_handle *handle;
    enum key_kind kind;
    unsigned algs;       /* what it may be used with */
    char kid[DW_KID_MAX];
    size_t kid_len;      /* 0: the JWK has none */
    uint8_t thumbprint[THUMBPRINT_SIZE]; /* RFC 7638 */
};

struct dw_keys {
    struct dw_key *keys;
    size_t n_keys;
};

/* A JSON text of keys: a copy, as reading changes it. */
struct jwk_document {
    char *text;
    size_t len;
    struct json_node *nodes;
    struct json json;
};

/* 0, DW_ERR_SYNTAX, DW_ERR_SIZE, DW_ERR_MEMORY; only after 0 it must be closed, which wipes it. */
DW_MUST_USE int jwk_document_open(struct dw_span text, struct jwk_document *document);
void jwk_document_close(struct jwk_document *document);

/* What a key is read for: to verify (without or with oct keys), or to sign. */
enum jwk_purpose { JWK_VERIFY, JWK_VERIFY_OCT, JWK_SIGN };

/* 0 and a key whose handle the caller frees; DW_ERR_KEY for one that is of no use here; or
 * DW_ERR_MEMORY. */
DW_MUST_USE int jwk_read(const struct json *json, const struct json_node *object,
                         enum jwk_purpose purpose, struct dw_key *key);

/* A JWK's members that make the key, as RFC 7638 s3 orders them, then its secret ones; no braces.
 * What is absent from the material is left out. */
void jwk_write_material(struct text *text, const struct key_material *material);

/* RFC 7638. false: OpenSSL failed. */
DW_MUST_USE bool jwk_thumbprint(const struct key_material *material,
                                uint8_t thumbprint[THUMBPRINT_SIZE]);

/* Chooses the key a token asks for. DW_REASON_NONE and the key, or DW_TOKEN_ALG, _KID, _KID_MISSING. */
DW_MUST_USE enum dw_reason keys_choose(const struct dw_keys *keys, const struct dw_jwt *jwt,
                                       unsigned algorithms, struct dw_key **key);

/* The key of that thumbprint, or NULL. */
struct dw_key *keys_find(const struct dw_keys *keys, const uint8_t thumbprint[THUMBPRINT_SIZE]);

/* -- jws.c ------------------------------------------------------------------------------------- */

/* dw_jwt_verify(), saying also which key it was. */
DW_MUST_USE enum dw_reason jws_verify(const struct dw_jwt *jwt, const struct dw_keys *keys,
                                      unsigned algorithms, struct dw_key **key);

/* -- jwt.c ------------------------------------------------------------------------------------- */

enum jws_part { JWS_HEADER, JWS_PAYLOAD, JWS_SIGNATURE, JWS_PARTS };

/* Takes a compact JWS apart (RFC 7515 s7.1): its parts' bytes go into `buffer`, one behind the other,
 * three for each four of the token; `signed_part` borrows the token. DW_REASON_NONE, or
 * DW_TOKEN_OPAQUE, _SEGMENTS, _ENCRYPTED or _BASE64. */
DW_MUST_USE enum dw_reason jws_split(struct dw_span token, char *buffer, size_t size,
                                     struct dw_span parts[JWS_PARTS], struct dw_span *signed_part);

/* Without all the room for audiences: they are counted, and mostly few. */
void jwt_clear(struct dw_jwt *jwt);
void jwt_copy(const struct dw_jwt *from, struct dw_jwt *to);

/* -- claims.c ---------------------------------------------------------------------------------- */

/* What the claims set says, types checked (RFC 7519 s4.1, RFC 9068 s2.2). `text` is json's own: a list
 * of scopes is joined in place. DW_REASON_NONE or the token.* reason; fills jwt in any case. */
DW_MUST_USE enum dw_reason claims_read(const struct json *json, char *text, struct dw_jwt *jwt);

/* -- claims_open.c ------------------------------------------------------------------------------- */

/* Reads an object where it stands. DW_REASON_NONE, or DW_TOKEN_JSON, _DUPLICATE, _NESTING. */
DW_MUST_USE enum dw_reason object_parse(char *text, size_t len, struct json_node *nodes, size_t max,
                                        struct json *json);

/* The same for a copy of `text`, made into the room (aligned to 16 bytes) together with its nodes. */
DW_MUST_USE enum dw_reason object_copy(struct dw_span text, unsigned char *room, size_t size,
                                       struct json *json);

/* A JSON text of at most DW_CLAIMS_MAX, read as a token's claims are; nothing else of `jwt` is filled.
 * Its spans borrow the room (aligned to 16 bytes). DW_REASON_NONE; or DW_TOKEN_JSON, _DUPLICATE,
 * _NESTING, _CLAIM_TYPE or _TIME_TYPE, and `jwt` is left alone. */
DW_MUST_USE enum dw_reason claims_parse(struct dw_span text, unsigned char *room, size_t size,
                                        struct dw_jwt *jwt);

/* -- cache.c ----------------------------------------------------------------------------------- */

struct cache_key {
    const struct dw_policy *policy;
    struct dw_span token;
    struct dw_span mark; /* a few bytes that tell it from others */
};

struct cache_key cache_key_of(const struct dw_policy *policy, struct dw_span token);

/* The token, if it was verified under a key that is still in `issuers`; else NULL. */
const struct dw_jwt *cache_find(const struct dw_cache *cache, const struct cache_key *key,
                                const struct dw_issuer_keys *issuers, size_t *issuer);

/* Remembers a verified token, if it fits and comes for the second time; may forget another. */
void cache_add(struct dw_cache *cache, const struct cache_key *key, const struct dw_jwt *jwt,
               size_t issuer, const uint8_t thumbprint[THUMBPRINT_SIZE], int64_t now);

/* The same for a claims set in place of a token, which needs no key: a token's text is no JSON. */
const struct dw_jwt *cache_find_claims(const struct dw_cache *cache, const struct cache_key *key);
void cache_add_claims(struct dw_cache *cache, const struct cache_key *key, const struct dw_jwt *who,
                      int64_t now);

/* -- path.c ------------------------------------------------------------------------------------ */

#define PATH_READINGS_MAX 64

/* A request's path as it came, and in how many ways a server may read it: most in one. */
struct path {
    struct dw_span raw;
    unsigned doubts;
    unsigned n_readings;
    bool plain; /* it is read as it stands */
};

/* Finds the path in a request's target, which it borrows. false: it is too long, holds a #,
 * or has dots that servers may take off in more than one way. */
DW_MUST_USE bool path_find(struct dw_span target, struct path *path);

/* The path in one of its readings, counted from 0: decoded, repeated and closing slashes gone. `buffer`
 * has DW_PATH_MAX bytes; `read` borrows it. false: it is broken. */
DW_MUST_USE bool path_read(const struct path *path, unsigned reading, char *buffer,
                           struct dw_span *read);

/* -- route.c ----------------------------------------------------------------------------------- */

/* The rules a request must meet: one, or several where its path can be read in several ways. */
struct demands {
    const struct dw_route *routes[PATH_READINGS_MAX]; /* NULL: no route names the path */
    uint64_t readings[PATH_READINGS_MAX]; /* of each: the readings it is the rule for, 1 << each */
    size_t n;
    struct path path; /* borrows the request's target */
};

/* false: the path is broken. `buffer` is scratch of DW_PATH_MAX bytes. */
DW_MUST_USE bool policy_route(const struct dw_policy *policy, const struct dw_request *request,
                              char *buffer, struct demands *demands);

bool route_accepts(const struct dw_route *route, enum dw_scheme scheme);

/* The scheme a route offers at that place, counted from 0; DW_SCHEME_NONE: it offers no more. */
enum dw_scheme route_offers(const struct dw_route *route, size_t at);

/* Whether the scope (a list separated by spaces) holds all a route and a request's place ask for. */
bool scope_suffices(struct dw_span scope, const struct dw_route *route, struct dw_span place);

/* The segment of a path, as it was read, that the route's pattern calls {NAME}; absent if none is. */
struct dw_span route_segment(const struct dw_route *route, struct dw_span path, struct dw_span name);

/* Takes a piece off a demand's value: its literal text, or the name in {path.NAME}. false: it is at its
 * end, or has a brace that begins no such name: then `rest` is not empty. */
DW_MUST_USE bool demand_piece(struct dw_span *rest, struct dw_span *piece, bool *is_name);

#endif
