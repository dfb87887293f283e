/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

#define NAME_HALF (DW_FACT_NAME / 2)

/* A password's name begins with its user's, so that all of a user's can be forgotten at once. */
void dw_fact_name(enum dw_fact fact, struct dw_span of, uint8_t name[DW_FACT_NAME])
{
    const char kind = (char)fact;
    const struct dw_span parts[] = {{&kind, 1}, of};

    (void)hash_join(DW_DIGEST_SHA256, '\0', parts, 2, name);
    if (fact == DW_FACT_PASSWORD) {
        memset(name + NAME_HALF, 0, NAME_HALF);
    }
}

/* Keyed, or whoever reads the edge could try passwords at the speed of one plain hash. A key of one length
 * before the rest is as good as HMAC here: of the hash one half is never seen, so none can be extended. */
void dw_password_name(const uint8_t secret[32], struct dw_span user, struct dw_span password,
                      uint8_t name[DW_FACT_NAME])
{
    const struct dw_span parts[] = {{(const char *)secret, 32}, user, password};
    uint8_t whole[HASH_SIZE];

    dw_fact_name(DW_FACT_PASSWORD, user, name);
    (void)hash_join(DW_DIGEST_SHA256, '\0', parts, 3, whole);
    memcpy(name + NAME_HALF, whole, NAME_HALF);
    dw_secret_wipe(whole, sizeof(whole));
}

void dw_token_name(struct dw_span issuer, struct dw_span token, uint8_t name[DW_FACT_NAME])
{
    const char kind = DW_FACT_TOKEN;
    const struct dw_span parts[] = {{&kind, 1}, issuer, token};

    (void)hash_join(DW_DIGEST_SHA256, '\0', parts, 3, name);
}
