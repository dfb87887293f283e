/* SPDX-License-Identifier: Apache-2.0 */
#include "minted_case.h"

#define TIMES             "\"iat\":1795254000,\"exp\":1795257600"
#define BEARER(claims)    "> Authorization: Bearer <<" RS "|" claims "|c2ln>>\n"
#define CHALLENGE(params) "< 401\n" DATE "< WWW-Authenticate: Bearer " params "\n"

/* The key of RFC 9449 s4.2 with its thumbprint (s6.1), and the token of s7.1 with its hash. */
#define JWK                                                                                    \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\"," \
    "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}"
#define JKT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define PROOF(claims) \
    "> DPoP: <<{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":" JWK "}|" claims "|c2ln>>\n"
#define SENT "> Authorization: DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU\n"
#define ATH  "\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\""
#define GOOD                                                               \
    "{\"jti\":\"a\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/v1/" \
    "orders\",\"iat\":1795255190," ATH "}"
#define DPOP_INVALID "< 401\n" DATE "< WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"\n"

static const struct sighting SIGHTINGS[] = {
    /* what is not to be found */
    {ASK SENT PROOF(GOOD) INVALID, NULL, 0, "dpop.proof_invalid"},
    {ASK BEARER("{\"scope\":\"a\"," TIMES "}") INVALID, NULL, 0, "dpop.sent_as_bearer"},
    {ASK BEARER("{\"scope\":\"a\"," TIMES "}") INVALID, NULL, 0, "scope.insufficient"},
    {ASK BEARER("{\"scope\":\"a b\"," TIMES "}") CHALLENGE("scope=\"a\""), NULL, 0,
     "scope.insufficient"},
    {ASK BEARER("{\"scope\":\"a\"," TIMES "}") INVALID, NULL, 0, "mtls.cert_mismatch"},
    {ASK BEARER("{\"scope\":\"a\"," TIMES "}") INVALID, NULL, 0, "stepup.required"},

    /* DPoP: one thing wrong in each (RFC 9449 s4.3) */
    {ASK BEARER("{\"cnf\":{\"jkt\":\"" JKT "\"}," TIMES "}") INVALID, "dpop.sent_as_bearer", 97,
     NULL},
    {ASK SENT "< 401\n" DATE "< DPoP-Nonce: n\n< WWW-Authenticate: DPoP error=\"use_dpop_nonce\"\n",
     "dpop.nonce_required", 99, NULL},
    {ASK SENT DPOP_INVALID, "dpop.proof_invalid", 95, NULL},
    {ASK SENT "> DPoP: nothing\n" DPOP_INVALID, "dpop.proof_invalid", 97, NULL},
    {ASK SENT PROOF("{\"jti\":\"a\",\"htm\":\"POST\",\"htu\":\"https://api.example.com/v1/orders\","
                    "\"iat\":1795255190," ATH "}") INVALID,
     "dpop.proof_invalid", 97, NULL},
    {ASK SENT PROOF("{\"jti\":\"a\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/v1/orders/\","
                    "\"iat\":1795255190," ATH "}") INVALID,
     "dpop.proof_invalid", 97, NULL},
    {ASK SENT PROOF("{\"jti\":\"a\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/v1/orders\","
                    "\"iat\":1795250000," ATH "}") INVALID,
     "dpop.proof_invalid", 95, NULL},
    {ASK SENT PROOF("{\"jti\":\"a\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/v1/orders\","
                    "\"iat\":1795255190}") INVALID,
     "dpop.proof_invalid", 90, NULL},
    {ASK SENT PROOF("{\"jti\":\"a\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/v1/orders\","
                    "\"iat\":1795255190,\"ath\":\"AAAAAAAAAAAA\"}") INVALID,
     "dpop.proof_invalid", 97, NULL},
    {ASK SENT PROOF(GOOD) DPOP_INVALID, "dpop.htu_proxy", 70, NULL},
    {"> GET https://API.example.com:443/v1/orders?page=2\n" SENT PROOF(GOOD) INVALID, NULL, 0,
     "dpop.proof_invalid"},

    /* certificates */
    {ASK BEARER("{\"cnf\":{\"x5t#S256\":\"abc\"}," TIMES "}") CHALLENGE(
         "error=\"invalid_token\", error_description=\"certificate thumbprint mismatch\""),
     "mtls.cert_mismatch", 97, NULL},
    {ASK "< 400\n= <html>400 No required SSL certificate was sent</html>\n", "mtls.cert_missing",
     90, NULL},
    {ASK "< 0\n* OpenSSL: tlsv13 alert certificate required\n", "mtls.cert_missing", 85, NULL},

    /* scope */
    {ASK BEARER("{\"scope\":\"orders:read\"," TIMES
                "}") "< 403\n" DATE "< WWW-Authenticate: Bearer error=\"insufficient_scope\", "
                     "scope=\"orders:read orders:write\"\n",
     "scope.insufficient", 97, NULL},
    {ASK BEARER("{\"scp\":[\"orders:read\"]," TIMES "}")
         CHALLENGE("error=\"insufficient_scope\", scope=\"orders:write\""),
     "scope.insufficient", 97, NULL},
    {ASK BEARER("{\"realm_access\":{\"roles\":[\"user\"]}," TIMES "}") CHALLENGE("scope=\"admin\""),
     "scope.insufficient", 70, NULL},
    {"> GET https://api.github.com/orgs/x\n> Authorization: token "
     "ghp_abcdefghijklmnopqrstuvwxyz0123456789\n"
     "< 403\n< X-OAuth-Scopes: repo\n< X-Accepted-OAuth-Scopes: admin:org\n",
     "scope.insufficient", 90, NULL},

    /* step-up, single sign-on */
    {ASK BEARER("{\"acr\":\"1\"," TIMES "}")
         CHALLENGE("error=\"insufficient_user_authentication\", acr_values=\"2\""),
     "stepup.required", 97, NULL},
    {"> GET https://api.github.com/orgs/x\n> Authorization: token "
     "ghp_abcdefghijklmnopqrstuvwxyz0123456789\n"
     "< 403\n< X-GitHub-SSO: required; url=https://github.com/orgs/x/sso\n",
     "sso.required", 97, NULL},
};

static void sightings(void **state)
{
    (void)state;
    check_minted(SIGHTINGS, COUNT_OF(SIGHTINGS), rules_proof);
}

/* The key in the proof is, or is not, that of cnf.jkt. */
static void thumbprint(void **state)
{
    static const char BOUND[] =
        ASK "> Authorization: DPoP <<" RS "|{\"cnf\":{\"jkt\":\"" JKT
            "\"}}|c2ln>>\n" PROOF("{\"jti\":\"a\",\"htm\":\"GET\",\"htu\":\"https://"
                                  "api.example.com/v1/orders\",\"iat\":1795255190}") INVALID;
    static const char OTHER[] =
        ASK "> Authorization: DPoP <<" RS "|{\"cnf\":{\"jkt\":\"AAAA\"}}|c2ln>>\n" PROOF(
            "{\"jti\":\"a\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/v1/"
            "orders\",\"iat\":1795255190}") INVALID;

    (void)state;
    assert_int_equal(minted_confidence(BOUND, "dpop.proof_invalid", rules_proof),
                     93); /* ath alone is missing */
    assert_int_equal(minted_confidence(OTHER, "dpop.proof_invalid", rules_proof), CERTAIN);
}

/* A token that has all the challenge asks for speaks against it. */
static void contradiction(void **state)
{
    (void)state;
    assert_in_range(minted_confidence(ASK BEARER("{\"scope\":\"a b\"," TIMES "}")
                                          CHALLENGE("error=\"insufficient_scope\", scope=\"a\""),
                                      "scope.insufficient", rules_proof),
                    50, 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sightings), cmocka_unit_test(thumbprint),
                                       cmocka_unit_test(contradiction)};

    return RUN_TAP(tests);
}
