/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_KEY_HANDLE_H
#define DW_KEY_HANDLE_H

/* For key_handle.c, key_import.c and signature.c alone: the files that know OpenSSL's keys. */

#include <openssl/evp.h>

#include "internal.h"

/* What one algorithm needs; made at its first use and kept, as making it costs more than using it. */
struct method {
    EVP_MD *digest;
    EVP_PKEY_CTX *verify;
    EVP_PKEY_CTX *sign;
    EVP_MAC_CTX *mac;
};

struct key_handle {
    enum key_kind kind;
    EVP_PKEY *pkey;        /* NULL for an oct key */
    unsigned char *secret; /* of an oct key */
    size_t secret_len;
    EVP_MD_CTX *hashing;
    struct method methods[DW_ALGS_END];
};

/* Bytes of a coordinate, and of each half of an ECDSA signature (RFC 7518 s3.4, s6.2.1.2); of an
 * Ed25519 key; 0 for other kinds. */
size_t key_kind_width(enum key_kind kind);

/* An elliptic curve's name, for OpenSSL; NULL for other kinds. */
const char *key_kind_group(enum key_kind kind);

/* OpenSSL's form of a key that is not oct; NULL if it is broken or too weak. */
EVP_PKEY *pkey_import(const struct key_material *material);

#endif
