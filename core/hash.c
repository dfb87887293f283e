/* SPDX-License-Identifier: Apache-2.0 */
/* EVP makes a context on the heap for every hash; these functions need none. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include "internal.h"

/* SipHash-2-4, after the paper of Aumasson and Bernstein. */
struct sip {
    uint64_t a, b, c, d;
};

static uint64_t turn(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void mix(struct sip *sip)
{
    sip->a += sip->b;
    sip->c += sip->d;
    sip->b = turn(sip->b, 13) ^ sip->a;
    sip->d = turn(sip->d, 16) ^ sip->c;
    sip->a = turn(sip->a, 32);
    sip->c += sip->b;
    sip->a += sip->d;
    sip->b = turn(sip->b, 17) ^ sip->c;
    sip->d = turn(sip->d, 21) ^ sip->a;
    sip->c = turn(sip->c, 32);
}

static inline void absorb(struct sip *sip, uint64_t word)
{
    sip->d ^= word;
    mix(sip);
    mix(sip);
    sip->a ^= word;
}

/* Little-endian whatever the machine; compilers make one load of it. */
static inline uint64_t read_word(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

uint64_t siphash(const uint8_t key[16], const void *bytes, size_t len)
{
    const uint64_t low = read_word(key);
    const uint64_t high = read_word(key + 8);
    struct sip sip = {low ^ 0x736f6d6570736575, high ^ 0x646f72616e646f6d,
                      low ^ 0x6c7967656e657261, high ^ 0x7465646279746573};
    const uint8_t *at = bytes;
    uint8_t last[8] = {0};

    for (size_t left = len / 8; left > 0; left--, at += 8) {
        absorb(&sip, read_word(at));
    }
    if (len % 8 > 0) {
        memcpy(last, at, len % 8);
    }
    last[7] = (uint8_t)len;
    absorb(&sip, read_word(last));
    sip.c ^= 0xff;
    for (int i = 0; i < 4; i++) {
        mix(&sip);
    }
    return sip.a ^ sip.b ^ sip.c ^ sip.d;
}

bool sha256(struct dw_span bytes, uint8_t digest[32])
{
    size_t len = 0;

    ERR_set_mark();
    const int done = EVP_Q_digest(NULL, "SHA256", NULL, bytes.at, bytes.len, digest, &len);
    ERR_pop_to_mark();
    return done == 1;
}

/* -- Hashes of several parts ----------------------------------------------------------------------- */

#define HMAC_BLOCK 64

struct hash {
    enum dw_digest algorithm;
    union {
        MD5_CTX md5;
        SHA256_CTX sha256;
        SHA512_CTX sha512;
    } state;
};

/* FIPS 180-4 s5.3.6.2: SHA-512/256 is SHA-512 from another beginning, and then cut. */
static void begin_sha512_256(SHA512_CTX *state)
{
    static const uint64_t BEGINNING[8] = {
        0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
        0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2,
    };

    (void)SHA512_Init(state);
    for (size_t i = 0; i < 8; i++) {
        state->h[i] = BEGINNING[i];
    }
}

static void begin_hash(struct hash *hash, enum dw_digest algorithm)
{
    hash->algorithm = algorithm;
    if (algorithm == DW_DIGEST_MD5) {
        (void)MD5_Init(&hash->state.md5);
    } else if (algorithm == DW_DIGEST_SHA512_256) {
        begin_sha512_256(&hash->state.sha512);
    } else {
        (void)SHA256_Init(&hash->state.sha256);
    }
}

static void add_bytes(struct hash *hash, const void *bytes, size_t len)
{
    if (len == 0) {
        return;
    }
    if (hash->algorithm == DW_DIGEST_MD5) {
        (void)MD5_Update(&hash->state.md5, bytes, len);
    } else if (hash->algorithm == DW_DIGEST_SHA512_256) {
        (void)SHA512_Update(&hash->state.sha512, bytes, len);
    } else {
        (void)SHA256_Update(&hash->state.sha256, bytes, len);
    }
}

static void add_parts(struct hash *hash, char separator, const struct dw_span *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            add_bytes(hash, &separator, 1);
        }
        add_bytes(hash, parts[i].at, parts[i].len);
    }
}

/* What was hashed may have been a secret, and its last bytes stand in the state. */
static size_t end_hash(struct hash *hash, uint8_t digest[HASH_SIZE])
{
    const enum dw_digest algorithm = hash->algorithm;
    uint8_t whole[SHA512_DIGEST_LENGTH];

    if (algorithm == DW_DIGEST_MD5) {
        (void)MD5_Final(digest, &hash->state.md5);
    } else if (algorithm == DW_DIGEST_SHA512_256) {
        (void)SHA512_Final(whole, &hash->state.sha512);
        memcpy(digest, whole, HASH_SIZE);
        dw_secret_wipe(whole, sizeof(whole));
    } else {
        (void)SHA256_Final(digest, &hash->state.sha256);
    }
    dw_secret_wipe(hash, sizeof(*hash));
    return algorithm == DW_DIGEST_MD5 ? MD5_DIGEST_LENGTH : HASH_SIZE;
}

size_t hash_join(enum dw_digest algorithm, char separator, const struct dw_span *parts, size_t n,
                 uint8_t digest[HASH_SIZE])
{
    struct hash hash;

    begin_hash(&hash, algorithm);
    add_parts(&hash, separator, parts, n);
    return end_hash(&hash, digest);
}

static void begin_hmac(struct hash *hash, const uint8_t key[32], uint8_t pad)
{
    uint8_t block[HMAC_BLOCK];

    memset(block, pad, sizeof(block));
    for (size_t i = 0; i < 32; i++) {
        block[i] ^= key[i];
    }
    begin_hash(hash, DW_DIGEST_SHA256);
    add_bytes(hash, block, sizeof(block));
    dw_secret_wipe(block, sizeof(block));
}

void hmac_join(const uint8_t key[32], const struct dw_span *parts, size_t n, uint8_t mac[HASH_SIZE])
{
    uint8_t inner[HASH_SIZE];
    struct hash hash;

    begin_hmac(&hash, key, 0x36);
    add_parts(&hash, '\0', parts, n);
    (void)end_hash(&hash, inner);
    begin_hmac(&hash, key, 0x5c);
    add_bytes(&hash, inner, sizeof(inner));
    (void)end_hash(&hash, mac);
}
