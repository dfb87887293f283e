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

static void assert_hex(const uint8_t *bytes, size_t n, const char *expected)
{
    char hex[2 * HASH_SIZE + 1];

    assert_int_equal(2 * n, strlen(expected));
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    assert_string_equal(hex, expected);
}

/* RFC 1321 s A.5, FIPS 180-2 appendix B.1, and NIST's example of SHA-512/256. */
static void joined_hashes_are_the_standards(void **state)
{
    static const struct {
        enum dw_digest algorithm;
        size_t size;
        const char *of_abc, *of_nothing;
    } CASES[] = {
        {DW_DIGEST_MD5, 16, "900150983cd24fb0d6963f7d28e17f72", "d41d8cd98f00b204e9800998ecf8427e"},
        {DW_DIGEST_SHA256, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {DW_DIGEST_SHA512_256, 32,
         "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
         "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"},
    };
    const struct dw_span whole = DW_SPAN("abc");
    const struct dw_span parts[] = {DW_SPAN("a"), DW_SPAN("c")};
    const struct dw_span empty[] = {DW_SPAN(""), {NULL, 0}};
    uint8_t digest[HASH_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(hash_join(CASES[i].algorithm, ':', &whole, 1, digest), CASES[i].size);
        assert_hex(digest, CASES[i].size, CASES[i].of_abc);
        (void)hash_join(CASES[i].algorithm, 'b', parts, 2, digest);
        assert_hex(digest, CASES[i].size, CASES[i].of_abc);
        (void)hash_join(CASES[i].algorithm, ':', empty + 1, 1, digest);
        assert_hex(digest, CASES[i].size, CASES[i].of_nothing);
    }
}

/* Longer than a block of each, so that the hash works on while it is added to. */
static void joined_hashes_take_any_length(void **state)
{
    static const char *const EXPECTED[] = {
        "cabe45dcc9ae5b66ba86600cca6b8ba8",
        "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3",
        "40eb4a70d4d69815407a9e272f0101cd67e3d11262a4a0bfc087712749c7fb53",
    };
    static char text[1000];
    uint8_t digest[HASH_SIZE];

    (void)state;
    memset(text, 'a', sizeof(text));
    for (unsigned i = 0; i < COUNT_OF(EXPECTED); i++) {
        struct dw_span parts[2] = {{text, 499}, {text, 500}};
        const size_t n = hash_join((enum dw_digest)i, 'a', parts, 2, digest);

        assert_hex(digest, n, EXPECTED[i]);
    }
}

/* RFC 4231 s4.2 and s4.3; a shorter key is the same with zeros behind it. */
static void hmac_is_the_standard(void **state)
{
    uint8_t key[32] = {0};
    const struct dw_span hi = DW_SPAN("Hi There");
    const struct dw_span jefe = DW_SPAN("what do ya want for nothing?");
    const struct dw_span parts[] = {DW_SPAN("a"), DW_SPAN("b")};
    const struct dw_span joined = {"a\0b", 3};
    uint8_t mac[HASH_SIZE], other[HASH_SIZE];

    (void)state;
    memset(key, 0x0b, 20);
    hmac_join(key, &hi, 1, mac);
    assert_hex(mac, sizeof(mac),
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    memset(key, 0, sizeof(key));
    memcpy(key, "Jefe", 4);
    hmac_join(key, &jefe, 1, mac);
    assert_hex(mac, sizeof(mac),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_join(key, parts, 2, mac);
    hmac_join(key, &joined, 1, other);
    assert_memory_equal(mac, other, sizeof(mac));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_is_the_reference),
        cmocka_unit_test(siphash_heeds_everything),
        cmocka_unit_test(sha256_is_the_standard),
        cmocka_unit_test(joined_hashes_are_the_standards),
        cmocka_unit_test(joined_hashes_take_any_length),
        cmocka_unit_test(hmac_is_the_standard),
    };

    return RUN_TAP(tests);
}
