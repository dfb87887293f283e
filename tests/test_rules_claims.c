/* SPDX-License-Identifier: Apache-2.0 */
#include "minted_case.h"

#define BEARER(claims) "> Authorization: Bearer <<" RS "|" claims "|c2ln>>\n"
#define TIMES          "\"iat\":1795254000,\"exp\":1795257600"
#define DESCRIBED(words) \
    "< 401\n" DATE       \
    "< WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"" words "\"\n"
#define SAYS(text) "< 401\n" DATE "< Content-Type: application/json\n= {\"message\":\"" text "\"}\n"
#define FINE                                                                                 \
    "{\"iss\":\"https://id.example.com\",\"aud\":\"https://api.example.com\",\"sub\":\"u\"," \
    "\"scope\":\"orders\"," TIMES "}"
#define ISS(iss) \
    "{\"iss\":\"" iss "\",\"aud\":\"https://api.example.com\",\"scope\":\"a\"," TIMES "}"
#define AUD(aud) \
    "{\"iss\":\"https://id.example.com\",\"aud\":\"" aud "\",\"scope\":\"a\"," TIMES "}"

static void look(const struct scene *scene, struct diagnosis *diagnosis)
{
    rules_time(scene, diagnosis);
    rules_token(scene, diagnosis);
    rules_claims(scene, diagnosis);
}

static const struct sighting SIGHTINGS[] = {
    /* what is not to be found */
    {ASK BEARER(FINE) "< 401\n" DATE, NULL, 0, "token.wrong_aud"},
    {ASK BEARER(FINE) INVALID, NULL, 0, "token.wrong_env"},
    {ASK BEARER(FINE) INVALID, NULL, 0, "token.id_token_used"},
    {ASK BEARER(FINE) INVALID, NULL, 0, "token.iss_docker_localhost"},
    {ASK BEARER(FINE) INVALID, NULL, 0, "token.aud_missing"},
    {ASK "> Authorization: Basic dTpw\n" INVALID, NULL, 0, "token.revoked"},
    {ASK BEARER("{\"iss\":\"https://securetoken.google.com/"
                "p\",\"aud\":\"p\",\"auth_time\":1795254000," TIMES "}") INVALID,
     NULL, 0, "token.id_token_used"},

    /* audience */
    {ASK BEARER(AUD("https://other.example.org"))
         DESCRIBED("The audience 'https://other.example.org' is invalid"),
     "token.wrong_aud", 90, NULL},
    {ASK BEARER(AUD("https://a.example.org"))
         SAYS("jwt audience invalid. expected: https://b.example.org"),
     "token.wrong_aud", 97, "token.aud_format"},
    {ASK BEARER(AUD("https://b.example.org/"))
         SAYS("jwt audience invalid. expected: https://b.example.org"),
     "token.aud_format", 97, "token.aud_missing"},
    {ASK BEARER(AUD("http://api.example.com/")) SAYS("invalid audience"), "token.aud_format", 96,
     NULL},
    {ASK BEARER(AUD("https://api.example.com")) SAYS("invalid audience"), "token.wrong_aud", 60,
     "token.aud_format"},
    {ASK BEARER(AUD("11111111-2222")) SAYS("aud mismatch: want api://11111111-2222"),
     "token.aud_format", 97, NULL},
    {ASK BEARER(
         AUD("https://graph.example.org")) "< 401\n" DATE
                                           "< WWW-Authenticate: Bearer error=\"invalid_token\", "
                                           "resource_id=\"https://b.example.org\"\n",
     "token.wrong_aud", 85, NULL},
    {ASK BEARER("{\"iss\":\"https://id.example.com\",\"scope\":\"a\"," TIMES "}")
         DESCRIBED("The audience is invalid"),
     "token.aud_missing", 97, "token.wrong_aud"},

    /* issuer */
    {ASK BEARER(ISS("https://evil.example.org"))
         SAYS("jwt issuer invalid. expected: https://id.example.com"),
     "token.wrong_iss", 97, NULL},
    {ASK BEARER(ISS("https://id.example.com"))
         SAYS("jwt issuer invalid. expected: https://id.example.com/"),
     "token.iss_format", 97, NULL},
    {ASK BEARER(ISS("https://sts.windows.net/11111111-2222-3333-4444-555555555555/")) DESCRIBED(
         "IDX10205: issuer validation failed. ValidIssuer: "
         "'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0' mismatch"),
     "token.iss_format", 97, NULL},
    {ASK BEARER(ISS("http://keycloak:8080/realms/shop")) DESCRIBED("The iss claim is not valid"),
     "token.iss_docker_localhost", 97, NULL},
    {ASK BEARER(ISS("http://localhost:8080/realms/shop")) INVALID, "token.iss_docker_localhost", 80,
     NULL},
    {ASK BEARER(ISS("https://id.staging.example.com")) INVALID, "token.wrong_env", 75, NULL},
    {"> GET https://api.sandbox.example.com/v1\n" BEARER(ISS("https://id.example.com"))
         DESCRIBED("unknown issuer"),
     "token.wrong_env", 90, NULL},

    /* keys */
    {"> GET https://id.example.com/.well-known/jwks.json\n< 200\n= "
     "{\"keys\":[{\"kid\":\"k2\"},{\"kid\":\"k3\"}]}\n" ASK BEARER(FINE) INVALID,
     "token.kid_unknown", 90, NULL},
    {"> GET https://id.example.com/.well-known/jwks.json\n< 200\n= "
     "{\"keys\":[{\"kid\":\"k1\",\"alg\":\"ES256\"}]}\n" ASK BEARER(FINE) INVALID,
     "token.alg_mismatch", 90, NULL},
    {ASK BEARER(FINE) DESCRIBED("The signature key was not found"), "token.kid_unknown", 85, NULL},
    {ASK "> Authorization: Bearer <<{\"alg\":\"HS256\"}|" FINE
         "|AAAA>>\n" SAYS("invalid algorithm"),
     "token.alg_mismatch", 90, NULL},
    {ASK "> Authorization: Bearer <<{\"alg\":\"HS256\"}|" FINE
         "|AAAA>>\n" SAYS("invalid signature"),
     "token.hs_secret_encoding", 50, NULL},
    {ASK BEARER(FINE) SAYS("secretOrPublicKey must be an asymmetric key when using RS256"),
     "token.server_key_pem", 90, NULL},
    {ASK BEARER(FINE) SAYS("Jwks remote fetch is failed"), "token.jwks_unreachable", 90, NULL},

    /* kinds */
    {ASK BEARER("{\"iss\":\"https://"
                "id.example.com\",\"aud\":\"client1\",\"azp\":\"client1\",\"nonce\":\"n\","
                "\"at_hash\":\"h\"," TIMES "}") INVALID,
     "token.id_token_used", 92, NULL},
    {ASK BEARER("{\"typ\":\"ID\",\"aud\":\"c\"," TIMES "}") INVALID, "token.id_token_used", 97,
     NULL},
    {ASK BEARER(
         "{\"typ\":\"Refresh\",\"scope\":\"openid\",\"aud\":\"https://id.example.com\"," TIMES "}")
         INVALID,
     "token.refresh_token_used", 97, "token.id_token_used"},
    {ASK BEARER("{\"token_type\":\"refresh\"," TIMES "}") SAYS("Token has wrong type"),
     "token.refresh_token_used", 97, NULL},
    {ASK "> Authorization: Bearer <<{\"alg\":\"RS256\",\"nonce\":\"x\"}|"
         "{\"aud\":\"00000003-0000-0000-c000-000000000000\",\"scp\":\"User.Read\"," TIMES
         "}|AAAA>>\n" INVALID,
     "token.wrong_graph_audience", 97, NULL},
    {ASK "> Authorization: Bearer GOCSPX-abcdefghijklmnopqrstuvwxyz12\n" INVALID,
     "token.code_or_secret_used", 85, NULL},
    {"> GET https://api.github.com/user\n> Authorization: Bearer "
     "ghp_abcdefghijklmnopqrstuvwxyz0123456789\n< 401\n",
     NULL, 0, "token.code_or_secret_used"},

    /* what is missing */
    {ASK BEARER(FINE) SAYS("Token is missing the required claim 'tenant'"), "token.missing_claim",
     97, NULL},

    /* state */
    {ASK BEARER(FINE) DESCRIBED("The token has been revoked."), "token.revoked", 90, NULL},
    {ASK BEARER(FINE) SAYS("User inactive or deleted."), "token.user_disabled", 90, NULL},
    {"> GET https://app.example.com/cb?code=SplxlOBeZQ&state=x\n< 200\n" ASK
     "> Authorization: Bearer SplxlOBeZQ\n" INVALID,
     "token.code_or_secret_used", 95, NULL},
    {ASK BEARER(FINE) SAYS("Claim required but not present"), NULL, 0, "token.missing_claim"},
    {ASK BEARER("{\"iss\":\"https://id.example.com\",\"aud\":null,\"scope\":\"a\"," TIMES "}")
         DESCRIBED("The audience is invalid"),
     "token.aud_missing", 97, "token.aud_format"},
    {ASK BEARER(FINE) SAYS("access token lacks mandatory claim: tenant"), "token.missing_claim", 97,
     NULL},
    {ASK BEARER(FINE) DESCRIBED("Client 'a' may not call this API"), "token.client_not_allowed", 80,
     NULL},
    {ASK BEARER(FINE) DESCRIBED("Token is on the revocation list"), "token.revoked", 85, NULL},
    {ASK BEARER(FINE) DESCRIBED("Token was issued too long ago"), "token.max_age", 90, NULL},
    {ASK BEARER(FINE) SAYS("The user's password has been changed."), "token.session_ended", 85,
     NULL},
    {"@ 1795255200 10\n" ASK BEARER(FINE) INVALID "@ 1795255203 10\n" ASK BEARER(FINE) "< 200\n",
     "token.not_replicated", 85, NULL},
    {ASK BEARER(FINE) "< 200\n" ASK BEARER(FINE) INVALID, "token.replayed", 55, NULL},
    {ASK BEARER("{\"iss\":\"https://kubernetes.default.svc.cluster.local\",\"kubernetes.io\":{},"
                "\"iat\":1795240000,\"exp\":1795250000}") "< 401\n" DATE,
     "token.k8s_rotated", 97, NULL},
    {ASK BEARER(FINE) "< 401\n" DATE "< WWW-Authenticate: Bearer error=\"insufficient_claims\", "
                      "claims=\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ==\"\n",
     "token.context_bound", 90, "stepup.required"},

    /* nothing shows */
    {ASK BEARER(FINE) INVALID, "token.signature_invalid", 50, NULL},
    {ASK BEARER(FINE) INVALID, "token.revoked", 50, NULL},
    {ASK "> Authorization: Bearer 2YotnFZFEjr1zCsicMWpAAx7Kf\n" INVALID, "token.revoked", 50, NULL},
};

static void sightings(void **state)
{
    (void)state;
    check_minted(SIGHTINGS, COUNT_OF(SIGHTINGS), look);
}

/* A token in which nothing is wrong: all that is left are possibilities. */
static void never_likely(void **state)
{
    static const char *const CAUSES[] = {"token.signature_invalid", "token.wrong_aud",
                                         "token.revoked", "token.kid_unknown"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CAUSES); i++) {
        assert_in_range(minted_confidence(ASK BEARER(FINE) INVALID, CAUSES[i], look), 40, 60);
    }
}

/* Two refreshes with one refresh token. */
static void race(void **state)
{
    struct capture *capture = captured(
        CAPTURE_HAR,
        "@ 1795255200 300\n> POST https://id.example.com/token\n< 200\n= {\"access_token\":\"a\"}\n"
        "@ 1795255200 350\n> POST https://id.example.com/token\n< 400\n= "
        "{\"error\":\"invalid_grant\"}\n"
        "@ 1795255201 20\n> GET https://api.example.com/v1\n> Authorization: Bearer "
        "2YotnFZFEjr1zCsicMW\n< 401\n");
    struct scene *scene = arena_take(capture->arena, sizeof(*scene));
    struct diagnosis *diagnosis = arena_take(capture->arena, sizeof(*diagnosis));
    const struct finding *finding;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        capture_add_body(capture, &capture->exchanges[i]->request,
                         DW_SPAN("grant_type=refresh_token&refresh_token=r1"));
    }
    diagnosis->arena = capture->arena;
    diagnosis->scene = scene;
    assert_int_equal(scene_make(capture, 2, 1795255300, scene), 0);
    rules_claims(scene, diagnosis);
    finding = found_in(diagnosis, "token.refresh_race");
    assert_int_equal(finding != NULL ? finding->confidence : 0, 95);
    capture_free(capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sightings), cmocka_unit_test(never_likely),
                                       cmocka_unit_test(race)};

    return RUN_TAP(tests);
}
