/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

/* Names of facts are written by one process and read by another: what they are must not change. */

static const uint8_t SECRET[32] = "a secret of thirty-two bytes....";

static void assert_name(const uint8_t name[DW_FACT_NAME], const char *expected)
{
    char hex[2 * DW_FACT_NAME + 1];

    for (size_t i = 0; i < DW_FACT_NAME; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", name[i]);
    }
    assert_string_equal(hex, expected);
}

/* SHA-256 of the fact's number, a NUL and the text. */
static void a_fact_and_a_text_make_a_name(void **state)
{
    uint8_t name[DW_FACT_NAME];

    (void)state;
    dw_fact_name(DW_FACT_APIKEY, DW_SPAN("dw_key"), name);
    assert_name(name, "644b86f46676d474e7e63d8dbfe42faed5d8f048b21d0404133256ebdd6eb067");
    dw_fact_name(DW_FACT_DIGEST, DW_SPAN("joe"), name);
    assert_name(name, "f5fa9d3d1320de7a91b44ae05065e4d57e46b3b2677b2cc5603142c108baca79");
    dw_fact_name(DW_FACT_SESSION, (struct dw_span){NULL, 0}, name);
    assert_name(name, "99be5efb88ca2013bd8e4eb035fd42d5245468fe9afa70d8ba9c1c419a48c4e8");
}

/* One text is another credential for each fact. */
static void facts_share_no_names(void **state)
{
    uint8_t names[DW_FACT_TOKEN + 1][DW_FACT_NAME];

    (void)state;
    for (unsigned i = DW_FACT_APIKEY; i <= DW_FACT_TOKEN; i++) {
        dw_fact_name((enum dw_fact)i, DW_SPAN("same"), names[i]);
        for (unsigned j = DW_FACT_APIKEY; j < i; j++) {
            assert_memory_not_equal(names[i], names[j], DW_FACT_NAME / 2);
        }
    }
}

/* So that all passwords of a user are forgotten by the first half of the name. */
static void a_password_begins_with_its_user(void **state)
{
    uint8_t user[DW_FACT_NAME], name[DW_FACT_NAME], other[DW_FACT_NAME];

    (void)state;
    dw_fact_name(DW_FACT_PASSWORD, DW_SPAN("joe"), user);
    assert_name(user, "d7a12d48d4be7c595b58293d3290f49c00000000000000000000000000000000");
    dw_password_name(SECRET, DW_SPAN("joe"), DW_SPAN("secret"), name);
    assert_name(name, "d7a12d48d4be7c595b58293d3290f49cc88e0ab257b04b9d045fa39122eb4473");
    dw_password_name(SECRET, DW_SPAN("joe"), DW_SPAN("secret2"), other);
    assert_memory_equal(name, other, DW_FACT_NAME / 2);
    assert_memory_not_equal(name + DW_FACT_NAME / 2, other + DW_FACT_NAME / 2, DW_FACT_NAME / 2);
    dw_password_name(SECRET, DW_SPAN("jo"), DW_SPAN("secret"), other);
    assert_memory_not_equal(name, other, DW_FACT_NAME / 2);
}

/* Whoever reads the names, but not the secret, cannot try passwords. */
static void a_password_is_keyed(void **state)
{
    static const uint8_t OTHER[32] = "another of thirty-two bytes.....";
    uint8_t name[DW_FACT_NAME], other[DW_FACT_NAME];

    (void)state;
    dw_password_name(SECRET, DW_SPAN("joe"), DW_SPAN("secret"), name);
    dw_password_name(OTHER, DW_SPAN("joe"), DW_SPAN("secret"), other);
    assert_memory_not_equal(name + DW_FACT_NAME / 2, other + DW_FACT_NAME / 2, DW_FACT_NAME / 2);
}

/* Where one text ends and the next begins is part of the name. */
static void a_token_is_its_issuers(void **state)
{
    uint8_t name[DW_FACT_NAME], other[DW_FACT_NAME];

    (void)state;
    dw_token_name(DW_SPAN("https://a.example"), DW_SPAN("token"), name);
    assert_name(name, "2b7751fbae4db8f02d7d932f2d0b0e7ded45cc2fba671a48262833ec91e4badd");
    dw_token_name(DW_SPAN("https://a.exampl"), DW_SPAN("etoken"), other);
    assert_memory_not_equal(name, other, DW_FACT_NAME);
    dw_token_name(DW_SPAN("https://b.example"), DW_SPAN("token"), other);
    assert_memory_not_equal(name, other, DW_FACT_NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fact_and_a_text_make_a_name),   cmocka_unit_test(facts_share_no_names),
        cmocka_unit_test(a_password_begins_with_its_user), cmocka_unit_test(a_password_is_keyed),
        cmocka_unit_test(a_token_is_its_issuers),
    };

    return RUN_TAP(tests);
}
