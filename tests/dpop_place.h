/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DPOP_PLACE_H
#define TESTS_DPOP_PLACE_H

/* A place that takes proofs of possession, and a visitor with a token bound to its key. */

#include <openssl/err.h>

#include "dpop_client.h"
#include "guard_page.h"
#include "mint.h"

#define NOW INT64_C(1700000000)
#define USED_MAX 8

static const uint8_t SECRET[32] = "thirty-two bytes nobody can tell";
static const char HEADER[] = "{\"typ\":\"dpop+jwt\",\"alg\":\"@alg\",\"jwk\":{@key}}";
static const char CLAIMS[] = "{\"jti\":\"j\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/things\","
                             "\"iat\":1700000000,\"ath\":\"@ath\"}";
static const char TOKEN[] = "{\"iss\":\"https://issuer.example\",\"sub\":\"alice\",\"aud\":\"api\","
                            "\"exp\":1700000600,\"cnf\":{\"jkt\":\"@jkt\"}}";

static struct dw_work dpop_work;

/* -- A place that takes DPoP --------------------------------------------------------------------- */

static const char *const AUDIENCE[] = {"api"};
static const struct dw_trust TRUST = {.issuer = "https://issuer.example", .audiences = {AUDIENCE, 1}};
static const struct dw_route ROUTE = {.path = "/**", .accept = {DW_SCHEME_BEARER, DW_SCHEME_DPOP}};

struct place {
    struct dw_policy policy;
    struct dw_issuer_keys issuer;
    struct dw_answers answers;
    struct dw_field fields[3];
    struct dw_request request;
    struct dw_decision decision;
    uint8_t used[USED_MAX][DW_FACT_NAME];
    size_t n_used;
    int64_t until;
    bool broken;
};

static inline enum dw_reason use(void *context, const uint8_t name[DW_FACT_NAME], int64_t until)
{
    struct place *place = context;

    for (size_t i = 0; i < place->n_used; i++) {
        if (memcmp(place->used[i], name, DW_FACT_NAME) == 0) {
            return DW_PROOF_REPLAYED;
        }
    }
    assert_true(place->n_used < USED_MAX);
    memcpy(place->used[place->n_used++], name, DW_FACT_NAME);
    place->until = until;
    return place->broken ? DW_GUARD_FAILED : DW_REASON_NONE;
}

static inline void place_init(struct place *place, const struct mint *mint)
{
    *place = (struct place){
        .policy = {.leeway = 30, .trust = &TRUST, .n_trust = 1, .routes = &ROUTE, .n_routes = 1},
        .issuer = {.keys = mint->keys, .fresh = true},
        .answers = {.asking = DW_HAVE_ASKED, .secret = SECRET, .use = use},
        .request = {.method = DW_SPAN("GET"),
                    .target = DW_SPAN("/things?page=2"),
                    .now = NOW,
                    .origin = DW_SPAN("https://api.example.com")},
    };
    place->answers.issuers = &place->issuer;
    place->answers.context = place;
    place->request.fields = place->fields;
    place->request.n_fields = 2;
}

static inline enum dw_reason ask(struct place *place, const char *authorization, const char *proof)
{
    struct guarded first = guard_text(authorization);
    struct guarded second = guard_text(proof);

    place->fields[0] = (struct dw_field){DW_SPAN("Authorization"), first.span};
    place->fields[1] = (struct dw_field){DW_SPAN("dpop"), second.span};
    place->fields[2] = place->fields[1];
    dw_decide(&place->policy, &place->answers, &place->request, &dpop_work, &place->decision);
    place->decision.token = SPAN_NONE;
    guard_release(&first);
    guard_release(&second);
    assert_int_equal(ERR_peek_error(), 0);
    return place->decision.reason;
}

/* -- A client, its token, and what its proofs may name ------------------------------------------- */

struct visit {
    struct mint issuer;
    struct dpop_client client, other;
    struct dpop_name names[7];
    char token[4096], ath[48], nonce[48];
};

static inline void write_nonce(int64_t now, char nonce[48])
{
    const struct dw_policy policy = {.schemes.dpop.nonce = true};
    const struct dw_answers answers = {.secret = SECRET};
    const struct dw_request request = {.now = now};
    struct dw_decision found = {.verdict = DW_DENY};
    struct trial trial = {&policy, &answers, &request, &dpop_work, &found, {.n = 0}, 0, {.n_aud = 0}, SPAN_NONE};

    dpop_make_nonce(&trial);
    (void)snprintf(nonce, 48, "%.*s", (int)found.dpop_nonce.len, found.dpop_nonce.at);
}

static inline void write_ath(struct dw_span token, char ath[48])
{
    uint8_t hash[32];
    size_t len = 0;

    assert_true(sha256(token, hash));
    assert_int_equal(dw_base64url_write(hash, sizeof(hash), ath, 47, &len), 0);
    ath[len] = '\0';
}

static inline const char *expand(const struct visit *visit, const char *text)
{
    return dpop_expand(text, visit->names, COUNT_OF(visit->names));
}

static inline void visit_take_token(struct visit *visit, const char *claims)
{
    const char *token = mint_bearer(&visit->issuer, expand(visit, claims)) + strlen("Bearer ");

    assert_true(strlen(token) < sizeof(visit->token));
    memcpy(visit->token, token, strlen(token) + 1);
    write_ath(dw_span_of(visit->token), visit->ath);
}

static inline void visit_begin(struct visit *visit, enum dw_alg alg)
{
    mint_init(&visit->issuer, DW_ALG_ES256);
    dpop_client_init(&visit->client, alg);
    dpop_client_init(&visit->other, DW_ALG_ES256);
    write_nonce(NOW, visit->nonce);
    const struct dpop_name names[] = {
        {"@key", visit->client.members}, {"@other", visit->other.members},
        {"@jkt", visit->client.jkt},     {"@ath", visit->ath},
        {"@nonce", visit->nonce},        {"@token", visit->token},
        {"@alg", dw_alg_name(alg)},
    };
    memcpy(visit->names, names, sizeof(names));
    visit_take_token(visit, TOKEN);
}

static inline void visit_end(struct visit *visit)
{
    mint_free(&visit->issuer);
    dpop_client_free(&visit->client);
    dpop_client_free(&visit->other);
}

static inline const char *authorization(const struct visit *visit, const char *scheme)
{
    static char field[DW_TOKEN_MAX];

    (void)snprintf(field, sizeof(field), "%s %s", scheme, visit->token);
    return field;
}

static inline enum dw_reason ask_with(struct place *place, const struct visit *visit, const char *claims)
{
    return ask(place, authorization(visit, "DPoP"),
               dpop_sign(&visit->client, expand(visit, HEADER), expand(visit, claims), NULL));
}

#endif
