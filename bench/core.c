/* SPDX-License-Identifier: Apache-2.0 */

/* Nanoseconds of the core's work, beside libcrypto's own verification in the same process. */

#include "bare.h"
#include "doorward.h"

#define NOW 1700000000
#define TOKEN_SIZE 2048

/* -- Fields -------------------------------------------------------------------------------------- */

static void parse_challenge(void *context)
{
    const struct dw_span *field = context;
    struct dw_challenge_reader reader;
    struct dw_challenge challenge;

    dw_challenge_reader_init(&reader, *field, false);
    need(dw_challenge_next(&reader, &challenge, NULL) == 0, "dw_challenge_next");
}

static void parse_credentials(void *context)
{
    const struct dw_span *field = context;
    struct dw_span token;

    need(dw_bearer_parse(*field, &token) == DW_REASON_NONE, "dw_bearer_parse");
}

/* -- A guard: ten routes, one issuer, one token -------------------------------------------------- */

static const char *const AUDIENCE[] = {"https://api.example.com"};
static const char *const SCOPE[] = {"read:reports"};

static const struct dw_trust TRUST = {
    .issuer = "https://login.example.org", .audiences = {AUDIENCE, 1}, .fixed_keys = true};

static const struct dw_route ROUTES[] = {
    {.path = "/health", .anyone = true},
    {.path = "/static/**", .anyone = true},
    {.path = "/reports/*/pages"},
    {.path = "/users/**"},
    {.path = "/users/*/keys"},
    {.path = "/admin/**"},
    {.path = "/orders/*"},
    {.path = "/orders/**"},
    {.path = "/files/*/versions/*"},
    {.path = "/**", .scope = {SCOPE, 1}},
};

static const struct dw_policy POLICY = {.realm = "api.example.com",
                                        .leeway = DW_LEEWAY,
                                        .trust = &TRUST,
                                        .n_trust = 1,
                                        .routes = ROUTES,
                                        .n_routes = sizeof(ROUTES) / sizeof(ROUTES[0])};

struct guard {
    char field[TOKEN_SIZE + 16];
    struct dw_field fields[3];
    struct dw_request request;
    struct dw_issuer_keys issuer;
    struct dw_answers answers;
    struct dw_work work;
    struct dw_decision decision;
    enum dw_reason expected;
};

static void decide(void *context)
{
    struct guard *guard = context;

    dw_decide(&POLICY, &guard->answers, &guard->request, &guard->work, &guard->decision);
    need(guard->decision.reason == guard->expected, "dw_decide");
}

static void write_denial(void *context)
{
    struct guard *guard = context;
    struct dw_denial denial;
    static char buffer[DW_DENIAL_SIZE];

    need(dw_denial_write(&POLICY, &guard->request, &guard->decision, DW_SPAN("0123456789abc"), buffer,
                         sizeof(buffer), &denial) == 0,
         "dw_denial_write");
}

static void make_request(struct guard *guard)
{
    guard->fields[0] = (struct dw_field){DW_SPAN("Host"), DW_SPAN("api.example.com")};
    guard->fields[1] = (struct dw_field){DW_SPAN("Accept"), DW_SPAN("*/*")};
    guard->fields[2] = (struct dw_field){DW_SPAN("Authorization"), dw_span_of(guard->field)};
    guard->request = (struct dw_request){.method = DW_SPAN("GET"),
                                         .target = DW_SPAN("/reports/2026/08?page=2"),
                                         .fields = guard->fields,
                                         .n_fields = 3,
                                         .now = NOW};
    guard->answers = (struct dw_answers){.issuers = &guard->issuer, .asking = DW_HAVE_ASKED};
    guard->expected = DW_ALLOWED_TOKEN;
}

/* The JWKS of one key; an oct key's is the JWK it was made of. */
static struct dw_keys *publish(const struct dw_key *key, const char *secret)
{
    static char jwk[2048], jwks[2200];
    struct dw_keys *keys;
    size_t len = 0;

    if (secret == NULL) {
        need(dw_key_write(key, false, jwk, sizeof(jwk), &len) == 0, "dw_key_write");
        secret = jwk;
    } else {
        len = strlen(secret);
    }
    snprintf(jwks, sizeof(jwks), "{\"keys\":[%.*s]}", (int)len, secret);
    need(dw_keys_parse(dw_span_of(jwks), true, &keys) == 0, "dw_keys_parse");
    return keys;
}

static void make_guard(struct guard *guard, enum dw_alg alg)
{
    static const char SECRET[] = "{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"bench\","
                                 "\"k\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"}";
    static const char CLAIMS[] =
        "{\"iss\":\"https://login.example.org\",\"aud\":\"https://api.example.com\","
        "\"sub\":\"u-00000000\",\"client_id\":\"bench\",\"scope\":\"read:reports\","
        "\"iat\":1699999000,\"exp\":1700003600,\"jti\":\"00000000xxxxxxxxxxxxxxxxxxxxxxxx\"}";
    const bool symmetric = alg == DW_ALG_HS256;
    struct dw_key *key;
    size_t len;

    need((symmetric ? dw_key_parse(dw_span_of(SECRET), &key) : dw_key_generate(alg, &key)) == 0,
         "making a key");
    memcpy(guard->field, "Bearer ", 7);
    need(dw_jws_sign(key, "at+jwt", dw_span_of(CLAIMS), guard->field + 7, TOKEN_SIZE, &len) == 0,
         "dw_jws_sign");
    guard->field[7 + len] = '\0';
    make_request(guard);
    guard->issuer = (struct dw_issuer_keys){
        .keys = publish(key, symmetric ? SECRET : NULL), .fresh = true};
    dw_key_free(key);
}

static void free_guard(struct guard *guard)
{
    dw_keys_free(guard->issuer.keys);
    dw_cache_free(guard->answers.cache);
}

/* -- The table ----------------------------------------------------------------------------------- */

static void show_fields(void)
{
    struct dw_span challenge = DW_SPAN("Bearer realm=\"api.example.com\", error=\"invalid_token\", "
                                       "error_description=\"The access token expired\"");
    struct dw_span credentials = DW_SPAN("Bearer eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIn0.AAAAAAAAAAAAAA");

    show("parse a challenge", measure(parse_challenge, &challenge));
    show("parse credentials", measure(parse_credentials, &credentials));
}

static void show_verification(enum dw_alg alg)
{
    static struct guard guard;
    char name[64];

    guard = (struct guard){.expected = DW_REASON_NONE};
    make_guard(&guard, alg);
    const double ours = measure(decide, &guard);
    const double bare = alg == DW_ALG_HS256 ? measure_bare_mac() : measure_bare(alg);
    snprintf(name, sizeof(name), "decide, %s", dw_alg_name(alg));
    show_beside(name, ours, "libcrypto alone", bare);
    free_guard(&guard);
}

static void show_cached(void)
{
    static struct guard guard;
    static const uint8_t SEED[16] = {7};

    make_guard(&guard, DW_ALG_RS256);
    need(dw_cache_new(1024, SEED, &guard.answers.cache) == 0, "dw_cache_new");
    decide(&guard);
    show("decide, RS256, cached", measure(decide, &guard));
    need(guard.decision.cached, "caching");

    guard.request.n_fields = 2;
    guard.expected = DW_HEADER_MISSING;
    show("decide, no credentials", measure(decide, &guard));
    show("write the denial", measure(write_denial, &guard));
    free_guard(&guard);
}

int main(int argc, char **argv)
{
    static const enum dw_alg ALGS[] = {DW_ALG_RS256, DW_ALG_ES256, DW_ALG_EdDSA, DW_ALG_HS256};

    (void)measure_quickly(argc, argv);
    show_fields();
    show_cached();
    for (size_t i = 0; i < sizeof(ALGS) / sizeof(ALGS[0]); i++) {
        show_verification(ALGS[i]);
    }
    return 0;
}
