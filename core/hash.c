/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

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
