/* SPDX-License-Identifier: Apache-2.0 */

/* Nanoseconds of a decision for each kind of credentials, beside libcrypto's own work in the same process.
 * What only the daemon finds out (a user, a key, a session, an opaque token) is known already. */

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "bare.h"
#include "internal.h"

#define NOW  1700000000
#define HEX  (2 * SHA256_DIGEST_LENGTH + 1)
#define SITE "https://api.example.com"
#define PATH "/reports/2026/08?page=2"

static const uint8_t SECRET[32] = "thirty-two bytes nobody can tell";
static const uint8_t SEED[16] = {7};
static const char *const AUDIENCE[] = {SITE};
static const char *const SCOPE[] = {"read:reports"};

static const struct dw_trust TRUST[] = {
    {.issuer = "https://login.example.org", .audiences = {AUDIENCE, 1}, .fixed_keys = true},
    {.issuer = "https://opaque.example.net",
     .any_audience = true,
     .introspects = true,
     .opaque_prefix = "op_"},
};

/* Nine rules a request passes by, and the tenth that fits. */
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
    {.path = "/**",
     .scope = {SCOPE, 1},
     .accept = {DW_SCHEME_BEARER, DW_SCHEME_DPOP, DW_SCHEME_BASIC, DW_SCHEME_DIGEST,
                DW_SCHEME_APIKEY, DW_SCHEME_COOKIE, DW_SCHEME_CERTIFICATE}},
};

static const struct dw_certificate_rule RULE = {.san = "dns:agent.example", .scope = {SCOPE, 1}};

static const struct dw_policy POLICY = {
    .realm = "api.example.com",
    .origin = SITE,
    .leeway = DW_LEEWAY,
    .trust = TRUST,
    .n_trust = 2,
    .schemes.certificate = {.rules = &RULE, .n_rules = 1},
    .routes = ROUTES,
    .n_routes = sizeof(ROUTES) / sizeof(ROUTES[0]),
};

/* -- A request, and what is known of who sends it -------------------------------------------------- */

struct scene {
    char first[4096], second[4096]; /* fields' values */
    struct dw_field fields[4];
    struct dw_request request;
    struct dw_issuer_keys issuers[2];
    struct dw_answers answers;
    struct dw_work work;
    struct dw_decision decision;
    enum dw_reason expected;
    uint8_t name[DW_FACT_NAME];
    char claims[512];
    int wait;
};

static bool find(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                 struct dw_known *known)
{
    const struct scene *scene = context;

    (void)fact;
    if (memcmp(name, scene->name, DW_FACT_NAME) != 0) {
        return false;
    }
    *known =
        (struct dw_known){.claims = dw_span_of(scene->claims), .until = NOW + 600, .again = true};
    return true;
}

static int wait_for(void *context, struct dw_span source, struct dw_span account, bool right)
{
    const struct scene *scene = context;

    (void)source;
    (void)account;
    (void)right;
    return scene->wait;
}

static struct scene *begin(void)
{
    static struct scene scene;

    dw_keys_free(scene.issuers[0].keys);
    dw_cache_free(scene.answers.cache);
    scene = (struct scene){
        .request = {.method = DW_SPAN("GET"),
                    .target = DW_SPAN(PATH),
                    .source = DW_SPAN("192.0.2.1"),
                    .origin = DW_SPAN(SITE),
                    .now = NOW},
        .answers = {.secret = SECRET, .find = find, .wait = wait_for},
        .claims = "{\"sub\":\"u-00000000\",\"scope\":\"read:reports\",\"jti\":\"0123456789ab\","
                  "\"iat\":1699999000}",
    };
    scene.fields[0] = (struct dw_field){DW_SPAN("Host"), DW_SPAN("api.example.com")};
    scene.fields[1] = (struct dw_field){DW_SPAN("Accept"), DW_SPAN("*/*")};
    scene.request.fields = scene.fields;
    scene.request.n_fields = 2;
    scene.answers.issuers = scene.issuers;
    scene.answers.context = &scene;
    return &scene;
}

static void add_field(struct scene *scene, const char *name, const char *value)
{
    scene->fields[scene->request.n_fields++] =
        (struct dw_field){dw_span_of(name), dw_span_of(value)};
}

static void decide(void *context)
{
    struct scene *scene = context;

    dw_decide(&POLICY, &scene->answers, &scene->request, &scene->work, &scene->decision);
    need(scene->decision.reason == scene->expected, "dw_decide");
}

static double measure_scene(struct scene *scene, enum dw_reason expected)
{
    scene->expected = expected;
    decide(scene);
    return measure(decide, scene);
}

/* -- What somebody has looked up ------------------------------------------------------------------- */

static void send_key(struct scene *scene)
{
    static const uint8_t RANDOM[DW_APIKEY_RANDOM] = {1, 2, 3};

    need(dw_apikey_write(NULL, RANDOM, scene->first, sizeof(scene->first)) == 0, "dw_apikey_write");
    add_field(scene, "X-API-Key", scene->first);
}

static double measure_key(void)
{
    struct scene *scene = begin();

    send_key(scene);
    dw_fact_name(DW_FACT_APIKEY, dw_span_of(scene->first), scene->name);
    return measure_scene(scene, DW_ALLOWED_APIKEY);
}

static double measure_refused(void)
{
    struct scene *scene = begin();

    send_key(scene);
    scene->wait = 7;
    return measure_scene(scene, DW_ATTEMPTS);
}

static double measure_session(void)
{
    static const char VALUE[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFE";
    struct scene *scene = begin();

    (void)snprintf(scene->first, sizeof(scene->first), "theme=dark; __Host-doorward=%s", VALUE);
    add_field(scene, "Cookie", scene->first);
    dw_fact_name(DW_FACT_SESSION, dw_span_of(VALUE), scene->name);
    return measure_scene(scene, DW_ALLOWED_SESSION);
}

static double measure_password(void)
{
    struct scene *scene = begin();

    /* joe:correct horse battery staple */
    add_field(scene, "Authorization", "Basic am9lOmNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU=");
    dw_password_name(SECRET, DW_SPAN("joe"), DW_SPAN("correct horse battery staple"), scene->name);
    return measure_scene(scene, DW_ALLOWED_PASSWORD);
}

static double measure_opaque(void)
{
    static const char TOKEN[] = "op_0123456789abcdefghijklmnopqrstuvwxyzABCD";
    struct scene *scene = begin();

    (void)snprintf(scene->first, sizeof(scene->first), "Bearer %s", TOKEN);
    add_field(scene, "Authorization", scene->first);
    dw_token_name(dw_span_of(TRUST[1].issuer), dw_span_of(TOKEN), scene->name);
    return measure_scene(scene, DW_ALLOWED_TOKEN);
}

/* -- Digest ---------------------------------------------------------------------------------------- */

static void write_hash(const char *text, char hex[HEX])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];

    need(EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text), hash, NULL) == 1, "EVP_Q_digest");
    for (size_t i = 0; i < sizeof(hash); i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
}

static double measure_digest(void)
{
    struct scene *scene = begin();
    char ha1[DW_HA1_SIZE], ha2[HEX], response[HEX], nonce[128], text[512];

    decide((scene->expected = DW_HEADER_MISSING, scene));
    (void)snprintf(nonce, sizeof(nonce), "%.*s", (int)scene->decision.digest_nonce.len,
                   scene->decision.digest_nonce.at);
    need(dw_digest_ha1(DW_DIGEST_SHA256, DW_SPAN("joe"), dw_span_of(POLICY.realm),
                       DW_SPAN("correct horse battery staple"), ha1) == 0,
         "dw_digest_ha1");
    write_hash("GET:" PATH, ha2);
    (void)snprintf(text, sizeof(text), "%s:%s:00000001:0a4f113b:auth:%s", ha1, nonce, ha2);
    write_hash(text, response);
    (void)snprintf(scene->first, sizeof(scene->first),
                   "Digest username=\"joe\", realm=\"%s\", nonce=\"%s\", uri=\"" PATH "\", "
                   "algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"0a4f113b\", response=\"%s\"",
                   POLICY.realm, nonce, response);
    add_field(scene, "Authorization", scene->first);
    dw_fact_name(DW_FACT_DIGEST, DW_SPAN("joe"), scene->name);
    (void)snprintf(scene->claims, sizeof(scene->claims),
                   "{\"sub\":\"joe\",\"scope\":\"read:reports\",\"ha1\":{\"SHA-256\":\"%s\"}}",
                   ha1);
    return measure_scene(scene, DW_ALLOWED_PASSWORD);
}

/* -- DPoP: a token that is in the cache, and a proof that never is ---------------------------------- */

static struct dw_keys *publish(const struct dw_key *key)
{
    static char jwk[2048], jwks[2200];
    struct dw_keys *keys;
    size_t len = 0;

    need(dw_key_write(key, false, jwk, sizeof(jwk), &len) == 0, "dw_key_write");
    (void)snprintf(jwks, sizeof(jwks), "{\"keys\":[%.*s]}", (int)len, jwk);
    need(dw_keys_parse(dw_span_of(jwks), false, &keys) == 0, "dw_keys_parse");
    return keys;
}

static void write_token(struct scene *scene, struct dw_span jkt)
{
    char claims[512];
    struct dw_key *key;
    size_t len = 0;

    (void)snprintf(claims, sizeof(claims),
                   "{\"iss\":\"%s\",\"aud\":\"" SITE "\",\"sub\":\"u-00000000\","
                   "\"scope\":\"read:reports\",\"iat\":%d,\"exp\":%d,\"cnf\":{\"jkt\":\"%.*s\"}}",
                   TRUST[0].issuer, NOW - 60, NOW + 3600, (int)jkt.len, jkt.at);
    need(dw_key_generate(DW_ALG_RS256, &key) == 0, "dw_key_generate");
    memcpy(scene->first, "DPoP ", 5);
    need(dw_jws_sign(key, "at+jwt", dw_span_of(claims), scene->first + 5, sizeof(scene->first) - 6,
                     &len) == 0,
         "dw_jws_sign");
    scene->first[5 + len] = '\0';
    scene->issuers[0] = (struct dw_issuer_keys){.keys = publish(key), .fresh = true};
    dw_key_free(key);
}

static void put_part(struct text *text, const void *bytes, size_t n)
{
    size_t len = 0;

    need(dw_base64url_write(bytes, n, text->at + text->len, text->size - text->len, &len) == 0,
         "dw_base64url_write");
    text->len += len;
}

static void write_proof(struct scene *scene, const struct dw_key *key)
{
    char jwk[512], header[1024], claims[512], ath[44] = "";
    unsigned char hash[32], signature[64];
    struct text text;
    size_t len = 0;

    need(dw_key_write(key, false, jwk, sizeof(jwk), &len) == 0, "dw_key_write");
    (void)snprintf(header, sizeof(header), "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%.*s}",
                   (int)len, jwk);
    need(sha256(dw_span_of(scene->first + 5), hash) &&
             dw_base64url_write(hash, sizeof(hash), ath, sizeof(ath) - 1, &len) == 0,
         "ath");
    (void)snprintf(claims, sizeof(claims),
                   "{\"jti\":\"0123456789abcdef\",\"htm\":\"GET\",\"htu\":\"" SITE
                   "/reports/2026/08\",\"iat\":%d,\"ath\":\"%s\"}",
                   NOW, ath);
    text_init(&text, scene->second, sizeof(scene->second) - 1);
    put_part(&text, header, strlen(header));
    text_char(&text, '.');
    put_part(&text, claims, strlen(claims));
    need(key_handle_sign(key->handle, DW_ALG_ES256, text_span(&text), signature, sizeof(signature),
                         &len) == 0,
         "key_handle_sign");
    text_char(&text, '.');
    put_part(&text, signature, len);
    scene->second[text.len] = '\0';
}

static double measure_dpop(void)
{
    struct scene *scene = begin();
    struct dw_key *key;

    need(dw_key_generate(DW_ALG_ES256, &key) == 0, "dw_key_generate");
    write_token(scene, dw_key_kid(key));
    write_proof(scene, key);
    dw_key_free(key);
    add_field(scene, "Authorization", scene->first);
    add_field(scene, "DPoP", scene->second);
    need(dw_cache_new(64, SEED, &scene->answers.cache) == 0, "dw_cache_new");
    const double result = measure_scene(scene, DW_ALLOWED_TOKEN);
    need(scene->decision.cached, "caching");
    return result;
}

/* -- A certificate --------------------------------------------------------------------------------- */

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *made = X509_new();
    X509_NAME *name = X509_get_subject_name(made);
    X509_EXTENSION *san =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:agent.example");

    need(X509_set_version(made, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(made), 1) == 1 &&
             ASN1_TIME_set(X509_getm_notBefore(made), NOW - 60) != NULL &&
             ASN1_TIME_set(X509_getm_notAfter(made), NOW + 3600) != NULL &&
             X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"agent",
                                        -1, -1, 0) == 1 &&
             X509_set_issuer_name(made, name) == 1 && X509_set_pubkey(made, key) == 1 &&
             san != NULL && X509_add_ext(made, san, -1) == 1 &&
             X509_sign(made, key, EVP_sha256()) > 0,
         "making a certificate");
    X509_EXTENSION_free(san);
    return made;
}

static double measure_certificate(double *reference)
{
    struct scene *scene = begin();
    EVP_PKEY *key = make_bare_key(DW_ALG_ES256);
    X509 *made = make_certificate(key);
    unsigned char *der = NULL;
    const int len = i2d_X509(made, &der);

    need(len > 0, "i2d_X509");
    scene->request.certificate = (struct dw_span){(const char *)der, (size_t)len};
    *reference = measure(parse_bare, &scene->request.certificate);
    const double result = measure_scene(scene, DW_ALLOWED_CERTIFICATE);
    OPENSSL_free(der);
    X509_free(made);
    EVP_PKEY_free(key);
    return result;
}

/* -- The table ------------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    static const char HASH[] = "SHA-256, 64 bytes", MAC[] = "HMAC-SHA-256     ";
    double parsing = 0;

    (void)measure_quickly(argc, argv);
    const double hash = measure_bare_hash(), mac = measure_bare_mac();

    show_beside("decide, API key, known", measure_key(), HASH, hash);
    show_beside("decide, session, known", measure_session(), HASH, hash);
    show_beside("decide, opaque token, known", measure_opaque(), HASH, hash);
    show_beside("decide, password, known", measure_password(), MAC, mac);
    show_beside("decide, Digest", measure_digest(), MAC, mac);
    show_beside("decide, one guess too many", measure_refused(), HASH, hash);
    const double certificate = measure_certificate(&parsing);
    show_beside("decide, certificate", certificate, "d2i_X509         ", parsing);
    show_beside("decide, DPoP, ES256", measure_dpop(), "libcrypto, ES256 ",
                measure_bare(DW_ALG_ES256));
    (void)begin();
    return 0;
}
