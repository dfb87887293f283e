/* SPDX-License-Identifier: Apache-2.0 */
#include "minted_case.h"

#define BEARER(token) "> Authorization: Bearer " token "\n"
#define CLAIMS        "{\"iss\":\"https://id.example.com\",\"exp\":1795257600}"
#define SIGNATURE     "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HS            "{\"alg\":\"HS256\"}"
#define SAYS(text)    "< 401\n" DATE "< Content-Type: application/json\n= {\"message\":\"" text "\"}\n"

/* {"alg":"HS256"} and {"exp":1795257600}, by hand where a test breaks them. */
#define HEAD "eyJhbGciOiJIUzI1NiJ9"
#define BODY "eyJleHAiOjE3OTUyNTc2MDB9"

static const struct sighting SIGHTINGS[] = {
    /* what is not to be found */
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>") INVALID, NULL, 0, "token.segments"},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>") INVALID, NULL, 0, "token.bad_json"},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>") INVALID, NULL, 0, "token.alg_none"},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>") INVALID, NULL, 0, "token.signature_invalid"},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>") INVALID, NULL, 0, "token.typ_mismatch"},
    {ASK BEARER("2YotnFZFEjr1zCsicMWpAAx7Kf") INVALID, NULL, 0, "token.opaque_to_jwt"},
    {ASK BEARER("2YotnFZFEjr1zCsicMWpAAx7Kf") INVALID, NULL, 0, "token.segments"},
    {ASK "> Authorization: Basic dTpw\n" INVALID, NULL, 0, "token.opaque_to_jwt"},

    /* parts */
    {ASK BEARER(HEAD "." BODY) INVALID, "token.segments", 90, "token.bad_json"},
    {ASK BEARER(HEAD "." BODY) SAYS("Not enough segments"), "token.segments", 97, NULL},
    {ASK BEARER(HEAD "." BODY ".c2ln.c2ln") INVALID, "token.segments", 90, NULL},
    {ASK BEARER(HEAD "." BODY "==." SIGNATURE) INVALID, "token.base64_standard", 90,
     "token.bad_json"},
    {ASK BEARER(HEAD "." BODY ".abc+/de" SIGNATURE) INVALID, "token.base64_standard", 90, NULL},
    {ASK BEARER(HEAD ".eyJleHAiOjE3OTUyNTc2MD." SIGNATURE) INVALID, "token.bad_json", 90,
     "token.segments"},
    {ASK BEARER("eyJhbGciOiJIUzI1." BODY "." SIGNATURE) SAYS("jwt malformed"), "token.bad_json", 97,
     NULL},

    /* signatures */
    {ASK BEARER("<<" HS "|" CLAIMS "|>>") INVALID, "token.signature_stripped", 97,
     "token.alg_none"},
    {ASK BEARER("<<{\"alg\":\"none\"}|" CLAIMS "|>>") INVALID, "token.alg_none", 97,
     "token.signature_stripped"},
    {ASK BEARER("<<{\"alg\":\"nOnE\"}|" CLAIMS "|" SIGNATURE ">>") INVALID, "token.alg_none", 97,
     NULL},
    {ASK BEARER("<<{\"alg\":\"ES256\"}|" CLAIMS "|MEUCIQDabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
                "QRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz>>") INVALID,
     "token.signature_invalid", 90, NULL},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>") SAYS("invalid signature"),
     "token.signature_invalid", 85, NULL},

    /* kinds */
    {ASK BEARER("<<{\"alg\":\"dir\",\"enc\":\"A256GCM\"}||abc.def.ghi>>") INVALID,
     "token.jwe_to_jws", 90, "token.segments"},
    {ASK BEARER("2YotnFZFEjr1zCsicMWpAAx7Kf") SAYS("jwt malformed"), "token.opaque_to_jwt", 90,
     "token.segments"},
    {ASK BEARER("2YotnFZFEjr1zCsicMWpAAx7Kf") SAYS("JWT must have 3 parts"), "token.opaque_to_jwt",
     90, NULL},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>")
         SAYS("Token introspection failed: token is not active"),
     "token.jwt_not_known", 75, NULL},
    {ASK BEARER("<<{\"alg\":\"RS256\",\"typ\":\"logout+jwt\"}|" CLAIMS "|c2ln>>") INVALID,
     "token.typ_mismatch", 90, NULL},
    {ASK BEARER("<<{\"alg\":\"RS256\",\"typ\":\"JWT\"}|" CLAIMS "|c2ln>>")
         SAYS("typ header must be at+jwt"),
     "token.typ_mismatch", 90, NULL},
    {ASK BEARER("<<{\"alg\":\"RS256\",\"crit\":[\"exp2\"],\"exp2\":1}|" CLAIMS "|c2ln>>") INVALID,
     "token.crit_unknown", 90, NULL},

    /* servers' words that are nowhere literally */
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>") SAYS("The access token you sent is expired"),
     "token.expired", 85, NULL},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>")
         SAYS("token issuer is not in the trusted list: unknown issuer"),
     "token.wrong_iss", 85, "token.wrong_aud"},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>")
         SAYS("could not find a suitable key for this token"),
     "token.kid_unknown", 85, NULL},
    {ASK BEARER("<<" HS "|" CLAIMS "|" SIGNATURE ">>") SAYS("Please sign in"), NULL, 0,
     "token.expired"},
};

static void sightings(void **state)
{
    (void)state;
    check_minted(SIGHTINGS, COUNT_OF(SIGHTINGS), rules_token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sightings)};

    return RUN_TAP(tests);
}
