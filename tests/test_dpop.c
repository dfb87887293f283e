/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop_place.h"

static void every_algorithm(void **state)
{
    static struct visit visit;
    struct place place;

    (void)state;
    for (unsigned alg = DW_ALG_RS256; alg <= DW_ALG_EdDSA; alg++) {
        print_message("# %s\n", dw_alg_name((enum dw_alg)alg));
        visit_begin(&visit, (enum dw_alg)alg);
        place_init(&place, &visit.issuer);
        assert_int_equal(ask_with(&place, &visit, CLAIMS), DW_ALLOWED_TOKEN);
        assert_int_equal(place.decision.scheme, DW_SCHEME_DPOP);
        place.policy.schemes.dpop.algorithms = ~DW_ALG_BIT(alg);
        assert_int_equal(ask_with(&place, &visit, CLAIMS), DW_DPOP_PROOF_MALFORMED);
        visit_end(&visit);
    }
}

static void a_proof_is_used_once(void **state)
{
    static struct visit visit, stranger;
    struct place place;

    (void)state;
    visit_begin(&visit, DW_ALG_ES256);
    place_init(&place, &visit.issuer);
    place.policy.schemes.dpop.window = 10;
    assert_int_equal(ask_with(&place, &visit, CLAIMS), DW_ALLOWED_TOKEN);
    assert_true(place.until == NOW + 10 + 30 + 1);
    assert_int_equal(ask_with(&place, &visit, CLAIMS), DW_PROOF_REPLAYED);
    visit_begin(&stranger, DW_ALG_ES256);
    place.issuer.keys = stranger.issuer.keys;
    assert_int_equal(ask_with(&place, &stranger, CLAIMS), DW_ALLOWED_TOKEN);
    place.broken = true;
    place.n_used = 0;
    assert_int_equal(ask_with(&place, &stranger, CLAIMS), DW_GUARD_FAILED);
    place.answers.use = NULL;
    assert_int_equal(ask_with(&place, &stranger, CLAIMS), DW_ALLOWED_TOKEN);
    visit_end(&visit);
    visit_end(&stranger);
}

static void nothing_is_used_up_in_vain(void **state)
{
    static struct visit visit;
    struct place place;

    (void)state;
    visit_begin(&visit, DW_ALG_ES256);
    place_init(&place, &visit.issuer);
    place.request.method = DW_SPAN("POST");
    assert_int_equal(ask_with(&place, &visit, CLAIMS), DW_DPOP_HTM);
    place.request.method = DW_SPAN("GET");
    place.issuer = (struct dw_issuer_keys){.keys = NULL};
    place.answers.asking = DW_MAY_ASK;
    assert_int_equal(ask_with(&place, &visit, CLAIMS), DW_ASK_KEYS);
    assert_int_equal(place.n_used, 0);
    visit_end(&visit);
}

/* What a fact's claims say must outlast the proof, which is read after them. */
static bool find(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                 struct dw_known *known)
{
    (void)name;
    *known = (struct dw_known){.claims = dw_span_of(context), .until = NOW + 60};
    return fact == DW_FACT_TOKEN;
}

static void an_opaque_token_may_be_bound(void **state)
{
    const struct dw_trust trust = {
        .issuer = "https://issuer.example", .any_audience = true, .introspects = true};
    static struct visit visit;
    struct place place;
    char claims[256];

    (void)state;
    visit_begin(&visit, DW_ALG_ES256);
    place_init(&place, &visit.issuer);
    place.policy.trust = &trust;
    place.answers.find = find;
    place.answers.use = NULL;
    place.answers.context = claims;
    (void)snprintf(visit.token, sizeof(visit.token), "opaque");
    write_ath(DW_SPAN("opaque"), visit.ath);
    (void)snprintf(claims, sizeof(claims), "%s",
                   expand(&visit, "{\"sub\":\"alice\",\"cnf\":{\"jkt\":\"@jkt\"}}"));
    assert_int_equal(ask_with(&place, &visit, CLAIMS), DW_ALLOWED_TOKEN);
    assert_span(place.decision.subject, "alice");
    (void)snprintf(claims, sizeof(claims), "{\"sub\":\"alice\"}");
    assert_int_equal(ask_with(&place, &visit, CLAIMS), DW_DPOP_UNBOUND);
    visit_end(&visit);
}

static void a_nonce_grows_old(void **state)
{
    static const char NONCE[] =
        "{\"jti\":\"j\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/things\","
        "\"iat\":1700000000,\"ath\":\"@ath\",\"nonce\":\"@nonce\"}";
    static const struct {
        int64_t age;
        enum dw_reason reason;
        bool fresh;
    } CASES[] = {
        {-31, DW_DPOP_NONCE, true},     {-30, DW_ALLOWED_TOKEN, false},
        {150, DW_ALLOWED_TOKEN, false}, {151, DW_ALLOWED_TOKEN, true},
        {300, DW_ALLOWED_TOKEN, true},  {301, DW_DPOP_NONCE, true},
        {NOW + 1, DW_DPOP_NONCE, true},
    };
    static struct visit visit;
    struct place place;

    (void)state;
    visit_begin(&visit, DW_ALG_ES256);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        place_init(&place, &visit.issuer);
        place.policy.schemes.dpop.nonce = true;
        write_nonce(NOW - CASES[i].age, visit.nonce);
        assert_int_equal(ask_with(&place, &visit, NONCE), CASES[i].reason);
        assert_int_equal(place.decision.dpop_nonce.at != NULL, CASES[i].fresh);
    }
    write_nonce(NOW, visit.nonce);
    place.answers.secret = (const uint8_t *)"another thirty-two bytes: no one";
    assert_int_equal(ask_with(&place, &visit, NONCE), DW_DPOP_NONCE);
    (void)snprintf(visit.nonce, sizeof(visit.nonce), "%.*s", (int)place.decision.dpop_nonce.len,
                   place.decision.dpop_nonce.at);
    assert_int_equal(ask_with(&place, &visit, NONCE), DW_ALLOWED_TOKEN);
    visit.nonce[31] ^= 1;
    assert_int_equal(ask_with(&place, &visit, NONCE), DW_DPOP_NONCE);
    place.answers.secret = NULL;
    assert_int_equal(ask_with(&place, &visit, NONCE), DW_GUARD_FAILED);
    visit_end(&visit);
}

/* The longest that is read, and the first that is not; and the longest jti. */
static void sizes_are_bounded(void **state)
{
    static struct visit visit;
    static char claims[8192];
    struct place place;
    int len;

    (void)state;
    visit_begin(&visit, DW_ALG_ES256);
    place_init(&place, &visit.issuer);
    for (int jti = 512; jti <= 513; jti++) {
        (void)snprintf(claims, sizeof(claims), "{\"jti\":\"%0*d\",%s", jti, 0,
                       CLAIMS + strlen("{\"jti\":\"j\","));
        assert_int_equal(ask_with(&place, &visit, claims),
                         jti == 512 ? DW_ALLOWED_TOKEN : DW_DPOP_PROOF_MALFORMED);
    }
    place.n_used = 0;
    const size_t around = strlen(dpop_sign(&visit.client, expand(&visit, HEADER), "", NULL));
    const int most = (int)((4096 - around) / 4 * 3);
    for (int size = most; size <= most + 4; size += 4) {
        len = snprintf(claims, sizeof(claims), "%s", expand(&visit, CLAIMS));
        (void)snprintf(claims + len, sizeof(claims) - (size_t)len, "%*s", size - len, "");
        assert_int_equal(ask_with(&place, &visit, claims),
                         size == most ? DW_ALLOWED_TOKEN : DW_DPOP_PROOF_MALFORMED);
    }
    visit_end(&visit);
}

/* Every beginning of a proof is refused, and so is the proof with any one byte gone astray. */
static void a_damaged_proof_is_refused(void **state)
{
    static struct visit visit;
    char damaged[4096];
    struct dpop_proof proof;

    (void)state;
    visit_begin(&visit, DW_ALG_EdDSA);
    const char *good =
        dpop_sign(&visit.client, expand(&visit, HEADER), expand(&visit, CLAIMS), NULL);
    const size_t len = strlen(good);
    for (size_t i = 0; i <= len; i++) {
        memcpy(damaged, good, len + 1);
        damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
        struct guarded part = guard_bytes(good, i);
        struct guarded whole = guard_bytes(damaged, len);
        assert_int_equal(dpop_proof_read(part.span, ~0u, dpop_work.bytes + WORK_CLAIMS, &proof) ==
                             DW_REASON_NONE,
                         i == len);
        assert_int_equal(dpop_proof_read(whole.span, ~0u, dpop_work.bytes + WORK_CLAIMS, &proof) ==
                             DW_REASON_NONE,
                         i == len);
        guard_release(&part);
        guard_release(&whole);
    }
    visit_end(&visit);
}

/* -- The challenge ------------------------------------------------------------------------------- */

static void check_challenge(struct place *place, const char *expected)
{
    static char buffer[DW_DENIAL_SIZE];
    struct dw_denial denial;

    assert_int_equal(dw_denial_write(&place->policy, &place->request, &place->decision,
                                     DW_SPAN("1"), buffer, sizeof(buffer), &denial),
                     0);
    for (size_t i = 0; i < denial.n_fields; i++) {
        if (span_starts_nocase(denial.fields[i].value, "DPoP ")) {
            assert_span(denial.fields[i].value, expected);
            return;
        }
    }
    assert_null(expected);
}

static void challenges(void **state)
{
    static struct visit visit;
    struct place place;

    (void)state;
    visit_begin(&visit, DW_ALG_ES256);
    place_init(&place, &visit.issuer);
    place.request.n_fields = 0;
    (void)ask(&place, "", "");
    check_challenge(&place, "DPoP realm=\"api\", algs=\"ES256 ES384 ES512 EdDSA Ed25519 PS256 "
                            "PS384 PS512 RS256 RS384 RS512\"");
    place.policy.schemes.dpop.algorithms = DW_ALG_BIT(DW_ALG_ES256) | DW_ALG_BIT(DW_ALG_PS256);
    place.request.n_fields = 2;
    (void)ask(&place, authorization(&visit, "DPoP"), "nonsense");
    check_challenge(&place,
                    "DPoP realm=\"api\", error=\"invalid_dpop_proof\", error_description=\"The "
                    "proof of possession is not valid.\", algs=\"ES256 PS256\"");
    place.policy.schemes.dpop.nonce = true;
    (void)ask_with(&place, &visit, CLAIMS);
    check_challenge(&place,
                    "DPoP realm=\"api\", error=\"use_dpop_nonce\", error_description=\"The proof "
                    "must hold the nonce given.\", algs=\"ES256 PS256\"");
    (void)ask(&place, authorization(&visit, "Bearer"), "");
    check_challenge(&place, "DPoP realm=\"api\", algs=\"ES256 PS256\"");
    visit_end(&visit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(a_damaged_proof_is_refused),
        cmocka_unit_test(a_proof_is_used_once),
        cmocka_unit_test(nothing_is_used_up_in_vain),
        cmocka_unit_test(a_nonce_grows_old),
        cmocka_unit_test(every_algorithm),
        cmocka_unit_test(an_opaque_token_may_be_bound),
        cmocka_unit_test(challenges),
    };

    return RUN_TAP(tests);
}
