/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_DIGEST_H
#define DW_DIGEST_H

/*
 * Digest (RFC 7616), for core/digest*.c alone.
 *
 *   digest.c        who is calling
 *   digest_offer.c  what the policy offers: the challenge
 *   digest_read.c   what the Authorization field says
 *   digest_hash.c   the arithmetic: H(A1), the response
 */

#include "schemes.h"

/* -- digest_read.c ------------------------------------------------------------------------------- */

/* Credentials as they came, each value within its bounds and of the right form. */
struct digest {
    struct dw_span user; /* `hashed`: absent */
    struct dw_span realm, nonce, uri, qop, nc, cnonce;
    struct dw_span named;     /* the algorithm, as it was written; absent: MD5 */
    enum dw_digest algorithm; /* DW_DIGESTS_END: none we know */
    bool session;             /* -sess */
    bool integrity;           /* qop is auth-int */
    struct dw_span body;      /* what that covers, once it was found */
    bool hashed;              /* the user's name came as a hash */
    uint8_t userhash[HASH_SIZE];
    uint8_t response[HASH_SIZE];
};

/* Reads an Authorization field that begins with Digest. DW_REASON_NONE; DW_SCHEME_UNSUPPORTED: a longer
 * name; DW_HEADER_EMPTY; DW_DIGEST_MALFORMED, _QOP; DW_GUARD_FAILED. Spans borrow field and trial. */
DW_MUST_USE enum dw_reason digest_read(struct trial *trial, struct dw_span field,
                                       struct digest *digest);

/* The bytes of 2 * n hexadecimal digits, small or capital. */
DW_MUST_USE bool digest_read_hex(struct dw_span hex, uint8_t *bytes, size_t n);

/* -- digest_hash.c ------------------------------------------------------------------------------- */

size_t digest_size(enum dw_digest algorithm); /* bytes of a hash */

/* KD(H(A1), ...) of s3.4.1. `ha1` is what dw_digest_ha1() made. For rspauth (s3.5) the method is empty.
 * How many bytes that gives. */
size_t digest_response(const struct digest *digest, struct dw_span ha1, struct dw_span method,
                       uint8_t response[HASH_SIZE]);

void digest_write_hex(const uint8_t *bytes, size_t n, char *hex); /* 2 * n digits, no NUL */

/* -- digest_offer.c ------------------------------------------------------------------------------ */

struct dw_span digest_realm(const struct dw_policy *policy);
bool digest_offers(const struct dw_policy *policy, enum dw_digest algorithm);

/* What auth-int covers. false: the body was not, or cannot be, read. */
DW_MUST_USE bool digest_find_body(const struct trial *trial, struct dw_span *body);

#define DIGEST_NONCE "digest" /* the purpose of its nonces: nonce.c */

#endif
