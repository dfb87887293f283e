/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A key or a set of them. What can be used verifies nothing that was not signed; a key that signs is the
 * same after it was written and read again. */

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_key(const struct dw_key *key)
{
    static const char ZEROS[SIGNATURE_MAX] = {0};

    require(key->algs != 0 && (key->algs & ~key_kind_algs(key->kind)) == 0);
    require(key->kid_len <= DW_KID_MAX);
    for (unsigned alg = DW_ALG_NONE; alg < DW_ALGS_END; alg++) {
        for (size_t len = 0; len <= SIGNATURE_MAX; len = len * 2 + 32) {
            require(key_handle_verify(key->handle, (enum dw_alg)alg, DW_SPAN("message"),
                                      (struct dw_span){ZEROS, len}) == DW_ERR_SYNTAX);
        }
    }
}

static size_t check_set(struct dw_span text, bool secrets)
{
    struct dw_keys *keys = NULL;
    size_t n = 0;

    if (dw_keys_parse(text, secrets, &keys) != 0) {
        return 0;
    }
    n = dw_keys_count(keys);
    require(n <= DW_KEYS_MAX);
    for (size_t i = 0; i < n && i < 4; i++) {
        check_key(&keys->keys[i]);
    }
    dw_keys_free(keys);
    return n;
}

static void check_signing_key(struct dw_span text)
{
    char first[16384];
    char second[16384];
    struct dw_key *key = NULL;
    struct dw_key *again = NULL;
    size_t len = 0;
    size_t len_again = 0;

    if (dw_key_parse(text, &key) != 0) {
        return;
    }
    require(dw_key_write(key, true, first, sizeof(first), &len) == 0);
    require(dw_key_parse((struct dw_span){first, len}, &again) == 0);
    require(dw_key_write(again, true, second, sizeof(second), &len_again) == 0);
    require(len == len_again && memcmp(first, second, len) == 0);
    dw_key_free(key);
    dw_key_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dw_span text = {(const char *)data, size};

    require(check_set(text, false) <= check_set(text, true));
    check_signing_key(text);
    return 0;
}
