/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"
#include "inspection.h"
#include "mint.h"

#define NOW    INT64_C(1700000000)
#define HEADER "eyJhbGciOiJFUzI1NiJ9" /* {"alg":"ES256"} */
#define CLAIMS \
    "eyJpc3MiOiJhIiwiYXVkIjoiYiIsImV4cCI6MTcwMDAwMDYwMH0" /* iss a, aud b, exp NOW + 600 */

static struct inspection *inspect(const char *token, const struct dw_policy *policy)
{
    struct guarded guarded = guard_text(token);
    struct inspection *inspection = inspection_new(guarded.span, policy, NULL, NOW);

    assert_non_null(inspection);
    guard_release(&guarded);
    return inspection;
}

/* -- Broken tokens ------------------------------------------------------------------------------ */

static void says_where_a_token_is_broken(void **state)
{
    static const struct {
        const char *token, *reason;
        bool header, claims;      /* could they be read? */
        size_t encoding, grammar; /* where, counted from 1; 0: nowhere */
    } CASES[] = {
        {"", "token.opaque_to_jwt", false, false, 0, 0},
        {"opaque", "token.opaque_to_jwt", false, false, 0, 0},
        {".", "token.segments", false, false, 0, 1},
        {"..", "token.bad_json", false, false, 0, 1},
        {"....", "token.jwe_to_jws", false, false, 0, 1},
        {".......", "token.segments", false, false, 0, 1},
        {HEADER "." CLAIMS, "token.segments", true, true, 0, 0},
        {HEADER "." CLAIMS ".", "token.signature_stripped", true, true, 0, 0},
        {HEADER "." CLAIMS ".AA=", "token.base64_standard", true, true, 76, 0},
        {HEADER "." CLAIMS ".AB", "token.base64_standard", true, true, 75, 0},
        {HEADER "." CLAIMS ".AAAAA", "token.base64_standard", true, true, 79, 0},
        {HEADER "=." CLAIMS ".AA", "token.base64_standard", true, true, 21, 0},
        {HEADER "." CLAIMS "==.AA", "token.base64_standard", true, true, 73, 0},
        {"e30+.e30.AA", "token.base64_standard", false, true, 4, 3},
        {"\xff.e30.AA", "token.base64_standard", false, true, 1, 1},
        {"e30.e3\x01.AA", "token.base64_standard", true, false, 7, 2},
        {"bnVsbA.e30.AA", "token.bad_json", false, true, 0, 1},
        {HEADER ".W10.AA", "token.bad_json", true, false, 0, 1},
        {HEADER ".eyJhIjoxLH0.AA", "token.bad_json", true, false, 0, 8},
        {HEADER "." CLAIMS ".AA.AA.AA", "token.jwe_to_jws", true, false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct inspection *found = inspect(CASES[i].token, NULL);
        const struct dw_fault *encoding = &found->header.encoding;
        const struct dw_fault *grammar = &found->header.grammar;

        encoding = encoding->what == NULL ? &found->claims.encoding : encoding;
        encoding = encoding->what == NULL ? &found->signature : encoding;
        grammar = grammar->what == NULL ? &found->claims.grammar : grammar;
        print_message("# case %zu\n", i);
        assert_int_equal(found->n_problems, 1);
        assert_string_equal(dw_reason_text(found->problems[0])->name, CASES[i].reason);
        assert_int_equal(found->header.is_object, CASES[i].header);
        assert_int_equal(found->claims.is_object, CASES[i].claims);
        assert_int_equal(encoding->what == NULL ? 0 : encoding->at + 1, CASES[i].encoding);
        assert_int_equal(grammar->what == NULL ? 0 : grammar->at + 1, CASES[i].grammar);
        assert_int_equal(inspection_has_content(found), CASES[i].header || CASES[i].claims);
        inspection_free(found);
    }
}

static void takes_the_longest_token(void **state)
{
    char *token = malloc(INSPECTION_TOKEN_MAX);
    struct inspection *found;

    (void)state;
    assert_non_null(token);
    memset(token, 'A', INSPECTION_TOKEN_MAX);
    token[1] = '.';
    found = inspection_new((struct dw_span){token, INSPECTION_TOKEN_MAX}, NULL, NULL, NOW);
    assert_non_null(found);
    assert_int_equal(found->problems[0], DW_TOKEN_TOO_LARGE);
    inspection_free(found);
    memset(token, '.', INSPECTION_TOKEN_MAX);
    found = inspection_new((struct dw_span){token, INSPECTION_TOKEN_MAX}, NULL, NULL, NOW);
    assert_non_null(found);
    inspection_free(found);
    free(token);
}

/* -- The same verdict as the guard's ------------------------------------------------------------- */

static const char *const AUDIENCE[] = {"api", "b"};
static const struct dw_trust TRUST[] = {
    {.issuer = "a", .audiences = {AUDIENCE, 2}},
    {.issuer = "any", .any_audience = true},
    {.issuer = "rsa", .any_audience = true, .algorithms = DW_ALG_BIT(DW_ALG_RS256)},
    {.issuer = "strict", .audiences = {AUDIENCE, 2}, .access_tokens_only = true},
};
static const struct dw_policy POLICY = {.leeway = 30, .trust = TRUST, .n_trust = COUNT_OF(TRUST)};

static enum dw_reason guard_says(const struct mint *mint, const char *bearer)
{
    static struct dw_work work;
    const struct dw_issuer_keys known = {.keys = mint->keys, .fresh = true};
    const struct dw_issuer_keys issuers[] = {known, known, known, known};
    const struct dw_answers answers = {.issuers = issuers, .asking = DW_HAVE_ASKED};
    const struct dw_field field = {DW_SPAN("Authorization"), dw_span_of(bearer)};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/"),
                                       .fields = &field,
                                       .n_fields = 1,
                                       .now = NOW};
    struct dw_decision decision;

    dw_decide(&POLICY, &answers, &request, &work, &decision);
    return decision.reason;
}

static void agrees_with_the_guard(void **state)
{
    static const char *const CASES[] = {
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1700000600}",
        "{\"iss\":\"any\",\"exp\":1700000600}",
        "{}",
        "{\"iss\":\"\",\"exp\":1700000600}",
        "{\"iss\":\"A\",\"aud\":\"b\",\"exp\":1700000600}",
        "{\"iss\":\"rsa\",\"exp\":1}",
        "{\"iss\":\"strict\",\"aud\":\"b\",\"exp\":1700000600}",
        "{\"iss\":\"a\",\"aud\":\"b\"}",
        "{\"iss\":\"a\",\"exp\":1700000600}",
        "{\"iss\":\"a\",\"aud\":[],\"exp\":1700000600}",
        "{\"iss\":\"a\",\"aud\":[\"x\",\"api\"],\"exp\":1700000600}",
        "{\"iss\":\"a\",\"aud\":[\"x\",\"y\"],\"exp\":1700000600}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1699999971}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1699999970}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":-9223372036854775808}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1700000600000}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":2015619200}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":2015619201}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":9223372036854775807}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1700000600,\"nbf\":1700000030}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1700000600,\"nbf\":1700000031}",
        "{\"iss\":\"a\",\"aud\":\"x\",\"exp\":1,\"nbf\":1700000600}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1700000600,\"cnf\":{\"jkt\":\"x\"}}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1700000600,\"cnf\":{\"x5t#S256\":\"x\"}}",
        "{\"iss\":\"a\",\"aud\":\"b\",\"exp\":\"1700000600\"}",
        "{\"iss\":1,\"aud\":\"b\",\"exp\":1700000600}",
    };
    struct mint mint;

    (void)state;
    mint_init(&mint, DW_ALG_ES256);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const char *bearer = mint_bearer(&mint, CASES[i]);
        struct inspection *found = inspect(bearer + strlen("Bearer "), &POLICY);
        const enum dw_reason here = found->n_problems > 0 ? found->problems[0] : DW_ALLOWED_TOKEN;

        print_message("# %s\n", CASES[i]);
        assert_string_equal(dw_reason_text(here)->name,
                            dw_reason_text(guard_says(&mint, bearer))->name);
        inspection_free(found);
    }
    mint_free(&mint);
}

static void names_every_problem(void **state)
{
    static const enum dw_reason EXPECTED[] = {DW_TOKEN_TYP,     DW_TOKEN_CLAIM_MISSING,
                                              DW_TOKEN_EXPIRED, DW_TOKEN_NOT_YET,
                                              DW_TOKEN_AUD,     DW_TOKEN_BOUND_KEY};
    struct mint mint;
    struct inspection *found;

    (void)state;
    mint_init(&mint, DW_ALG_ES256);
    found = inspect(mint_bearer(&mint, "{\"iss\":\"strict\",\"aud\":\"x\",\"exp\":1,"
                                       "\"nbf\":1800000000,\"cnf\":{\"jkt\":\"x\"}}") +
                        strlen("Bearer "),
                    &POLICY);
    assert_int_equal(found->n_problems, COUNT_OF(EXPECTED));
    assert_memory_equal(found->problems, EXPECTED, sizeof(EXPECTED));
    inspection_free(found);
    mint_free(&mint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_a_token_is_broken),
        cmocka_unit_test(takes_the_longest_token),
        cmocka_unit_test(agrees_with_the_guard),
        cmocka_unit_test(names_every_problem),
    };

    return RUN_TAP(tests);
}
