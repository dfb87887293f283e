/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop_place.h"
#include "vector_file.h"

/* -- Requests ---------------------------------------------------------------------------------- */

static const char *text_of(const struct vector *vector, const char *key, const char *otherwise)
{
    const struct vector_line *line = vector_line(vector, key, 0);

    return line != NULL ? line->value : otherwise;
}

static unsigned read_algorithms(struct dw_span list)
{
    struct dw_span word;
    unsigned algorithms = 0;

    while (span_word(&list, ' ', &word)) {
        algorithms |= DW_ALG_BIT(dw_alg_find(word));
    }
    return algorithms;
}

static void place_set(struct place *place, const struct vector *vector)
{
    place->policy.schemes.dpop.algorithms = read_algorithms(vector_value(vector, "policy"));
    place->policy.schemes.dpop.nonce = vector_line(vector, "nonce", 0) != NULL;
    place->request.method = dw_span_of(text_of(vector, "method", "GET"));
    place->request.target = dw_span_of(text_of(vector, "target", "/things?page=2"));
    place->request.origin = dw_span_of(text_of(vector, "origin", "https://api.example.com"));
    place->request.n_fields = 1 + (size_t)strtol(text_of(vector, "fields", "1"), NULL, 10);
}

static const char *write_proof(const struct visit *visit, const struct vector *vector)
{
    const char *how = text_of(vector, "sign", NULL);
    const bool by_other = how != NULL && strcmp(how, "other") == 0;
    const struct vector_line *proof = vector_line(vector, "proof", 0);

    if (proof != NULL) {
        return expand(visit, proof->value);
    }
    return dpop_sign(by_other ? &visit->other : &visit->client,
                     expand(visit, text_of(vector, "header", HEADER)),
                     expand(visit, text_of(vector, "claims", CLAIMS)), by_other ? NULL : how);
}

static void check_notes(const struct place *place, const struct visit *visit,
                        const struct vector *vector)
{
    const char *wanted = text_of(vector, "wanted", NULL);
    const char *seen = text_of(vector, "seen", NULL);
    const char *fresh = text_of(vector, "fresh", NULL);

    if (wanted != NULL) {
        assert_span(place->decision.wanted, expand(visit, wanted));
    }
    if (seen != NULL) {
        assert_span(place->decision.seen, expand(visit, seen));
    }
    if (fresh != NULL) {
        assert_int_equal(place->decision.dpop_nonce.at != NULL, strcmp(fresh, "yes") == 0);
    }
}

static void check_request(const struct vector *vector)
{
    static struct visit visit;
    struct place place;

    print_message("# %s:%d\n", vector->path, vector->number);
    visit_begin(&visit, dw_alg_find(dw_span_of(text_of(vector, "key", "ES256"))));
    visit_take_token(&visit, text_of(vector, "token", TOKEN));
    place_init(&place, &visit.issuer);
    place_set(&place, vector);
    const char *field = authorization(&visit, text_of(vector, "scheme", "DPoP"));
    const char *proof = write_proof(&visit, vector);
    assert_string_equal(dw_reason_text(ask(&place, field, proof))->name,
                        text_of(vector, "reason", ""));
    check_notes(&place, &visit, vector);
    if (vector_line(vector, "again", 0) != NULL) {
        assert_string_equal(dw_reason_text(ask(&place, field, proof))->name,
                            text_of(vector, "again", ""));
    }
    visit_end(&visit);
}

static void requests(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/dpop/request*.txt", check_request), 2);
}

/* -- The proofs of the RFC --------------------------------------------------------------------- */

static void check_proof(const struct vector *vector)
{
    const struct dw_span text = vector_value(vector, "proof");
    const struct dw_span token = vector_value(vector, "token");
    struct guarded guarded = guard_bytes(text.at, text.len);
    struct dpop_proof proof;
    char ath[48];

    print_message("# %s:%d\n", vector->path, vector->number);
    assert_int_equal(dpop_proof_read(guarded.span, DW_ALG_BIT(DW_ALG_ES256),
                                     dpop_work.bytes + WORK_CLAIMS, &proof),
                     DW_REASON_NONE);
    guard_release(&guarded);
    assert_span(proof.jkt, text_of(vector, "jkt", ""));
    assert_span(proof.jti, text_of(vector, "jti", ""));
    assert_span(proof.htm, text_of(vector, "htm", ""));
    assert_span(proof.htu, text_of(vector, "htu", ""));
    assert_int_equal(proof.iat, strtoll(text_of(vector, "iat", ""), NULL, 10));
    assert_span(proof.nonce, NULL);
    if (token.at == NULL) {
        assert_span(proof.ath, NULL);
        return;
    }
    write_ath(token, ath);
    assert_span(proof.ath, ath);
}

static void rfc_proofs(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/dpop/rfc*.txt", check_proof), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(rfc_proofs),
    };

    return RUN_TAP(tests);
}
