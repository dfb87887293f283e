/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#define HEX_SIZE ((size_t)2 * HASH_SIZE)

static const char *const NAMES[DW_DIGESTS_END] = {
    [DW_DIGEST_MD5] = "MD5",
    [DW_DIGEST_SHA256] = "SHA-256",
    [DW_DIGEST_SHA512_256] = "SHA-512-256",
};

const char *dw_digest_name(enum dw_digest algorithm)
{
    return algorithm < DW_DIGESTS_END ? NAMES[algorithm] : "";
}

size_t digest_size(enum dw_digest algorithm)
{
    return algorithm == DW_DIGEST_MD5 ? 16 : HASH_SIZE;
}

void digest_write_hex(const uint8_t *bytes, size_t n, char *hex)
{
    static const char DIGITS[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = DIGITS[bytes[i] >> 4];
        hex[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
}

/* H(parts joined by colons), written as the RFC joins it further: in small hexadecimal digits. */
static struct dw_span hash_hex(enum dw_digest algorithm, const struct dw_span *parts, size_t n,
                               char hex[HEX_SIZE])
{
    uint8_t hash[HASH_SIZE];
    const size_t len = hash_join(algorithm, ':', parts, n, hash);

    digest_write_hex(hash, len, hex);
    dw_secret_wipe(hash, sizeof(hash));
    return (struct dw_span){hex, 2 * len};
}

int dw_digest_ha1(enum dw_digest algorithm, struct dw_span user, struct dw_span realm,
                  struct dw_span password, char ha1[DW_HA1_SIZE])
{
    const struct dw_span parts[] = {user, realm, password};

    if (algorithm >= DW_DIGESTS_END) {
        return DW_ERR_CRYPTO;
    }
    ha1[hash_hex(algorithm, parts, 3, ha1).len] = '\0';
    return 0;
}

int dw_digest_userhash(enum dw_digest algorithm, struct dw_span user, struct dw_span realm,
                       uint8_t hash[DW_FACT_NAME])
{
    const struct dw_span parts[] = {user, realm};

    if (algorithm == DW_DIGEST_MD5 || algorithm >= DW_DIGESTS_END) {
        return DW_ERR_CRYPTO;
    }
    return hash_join(algorithm, ':', parts, 2, hash) == DW_FACT_NAME ? 0 : DW_ERR_CRYPTO;
}

/* RFC 7616 s3.4.3. */
static struct dw_span hash_a2(const struct digest *digest, struct dw_span method,
                              char hex[HEX_SIZE])
{
    char of_body[HEX_SIZE];

    if (!digest->integrity) {
        return hash_hex(digest->algorithm, (struct dw_span[]){method, digest->uri}, 2, hex);
    }
    const struct dw_span parts[] = {method, digest->uri,
                                    hash_hex(digest->algorithm, &digest->body, 1, of_body)};
    return hash_hex(digest->algorithm, parts, 3, hex);
}

size_t digest_response(const struct digest *digest, struct dw_span ha1, struct dw_span method,
                       uint8_t response[HASH_SIZE])
{
    char session[HEX_SIZE];
    char of_a2[HEX_SIZE];
    struct dw_span of_a1 = ha1;

    /* s3.4.2 takes nonce and cnonce of the session's first request. Nobody here remembers that one, and
     * clients take those of each request. */
    if (digest->session) {
        const struct dw_span parts[] = {ha1, digest->nonce, digest->cnonce};
        of_a1 = hash_hex(digest->algorithm, parts, 3, session);
    }
    const struct dw_span parts[] = {
        of_a1,          digest->nonce, digest->nc,
        digest->cnonce, digest->qop,   hash_a2(digest, method, of_a2),
    };
    const size_t len = hash_join(digest->algorithm, ':', parts, 6, response);
    dw_secret_wipe(session, sizeof(session));
    return len;
}
