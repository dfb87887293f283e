/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "internal.h"

/*
 * A nonce is the time it was made and a MAC over that. All that are made in one second are the same,
 * which is harmless: what can be used once only is a client's answer to it, and nobody without the
 * secret can tell the nonces of tomorrow, to collect answers to them.
 */

#define TIME_SIZE  8
#define MAC_SIZE   16
#define NONCE_SIZE (TIME_SIZE + MAC_SIZE)

static_assert(DW_BASE64URL_SIZE(NONCE_SIZE) == NONCE_CHARS, "a nonce is as long as it is");

static void seal(const uint8_t secret[32], const char *purpose, const uint8_t time[TIME_SIZE],
                 uint8_t mac[HASH_SIZE])
{
    const struct dw_span parts[] = {dw_span_of(purpose), {(const char *)time, TIME_SIZE}};

    hmac_join(secret, parts, 2, mac);
}

void nonce_write(const uint8_t secret[32], const char *purpose, int64_t now, char text[NONCE_CHARS])
{
    uint8_t bytes[TIME_SIZE + HASH_SIZE];
    size_t len = 0;

    for (size_t i = 0; i < TIME_SIZE; i++) {
        bytes[i] = (uint8_t)((uint64_t)now >> (56 - 8 * i));
    }
    seal(secret, purpose, bytes, bytes + TIME_SIZE);
    /* It fits: see above. */
    (void)!dw_base64url_write(bytes, NONCE_SIZE, text, NONCE_CHARS, &len);
}

bool nonce_read(const uint8_t secret[32], const char *purpose, struct dw_span nonce, int64_t *made)
{
    uint8_t bytes[NONCE_SIZE];
    uint8_t mac[HASH_SIZE];
    uint64_t time = 0;
    size_t len = 0;

    if (dw_base64url_parse(nonce, bytes, sizeof(bytes), &len) != 0 || len != NONCE_SIZE) {
        return false;
    }
    seal(secret, purpose, bytes, mac);
    if (!dw_secret_equal((struct dw_span){(const char *)bytes + TIME_SIZE, MAC_SIZE},
                         (struct dw_span){(const char *)mac, MAC_SIZE})) {
        return false;
    }
    for (size_t i = 0; i < TIME_SIZE; i++) {
        time = time << 8 | bytes[i];
    }
    *made = (int64_t)time;
    return true;
}
