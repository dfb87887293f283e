/* SPDX-License-Identifier: Apache-2.0 */
#include "guard_page.h"
#include "internal.h"
#include "tap.h"

/* From SipHash's reference implementation: the key is 00 01 .. 0f, the n-th input is the first n bytes
 * of 00 01 02 .. */
static const uint64_t SIPHASHES[] = {
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
    0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
    0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
};

static void siphash_is_the_reference(void **state)
{
    uint8_t key[16];

    (void)state;
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t)i;
    }
    for (size_t len = 0; len < COUNT_OF(SIPHASHES); len++) {
        struct guarded input = guard_bytes((const char *)key, len);

        assert_true(siphash(key, input.span.at, len) == SIPHASHES[len]);
        guard_release(&input);
    }
}

/* The key matters, and so does each byte of the input and its length. */
static void siphash_heeds_everything(void **state)
{
    uint8_t key[16] = {0};
    uint8_t input[64] = {0};
    const uint64_t plain = siphash(key, input, sizeof(input));

    (void)state;
    assert_false(siphash(key, input, sizeof(input) - 1) == plain);
    for (size_t i = 0; i < sizeof(input); i++) {
        input[i] ^= 1;
        assert_false(siphash(key, input, sizeof(input)) == plain);
        input[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] ^= 1;
        assert_false(siphash(key, input, sizeof(input)) == plain);
        key[i] ^= 1;
    }
}

/* FIPS 180-2 appendix B.1, and nothing at all. */
static void sha256_is_the_standard(void **state)
{
    static const uint8_t OF_ABC[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                     0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                     0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                     0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    static const uint8_t OF_NOTHING[] = {0xe3, 0xb0, 0xc4, 0x42};
    uint8_t digest[32];

    (void)state;
    assert_true(sha256(DW_SPAN("abc"), digest));
    assert_memory_equal(digest, OF_ABC, sizeof(OF_ABC));
    assert_true(sha256((struct dw_span){NULL, 0}, digest));
    assert_memory_equal(digest, OF_NOTHING, sizeof(OF_NOTHING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_is_the_reference),
        cmocka_unit_test(siphash_heeds_everything),
        cmocka_unit_test(sha256_is_the_standard),
    };

    return RUN_TAP(tests);
}
