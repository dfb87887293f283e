/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop_client.h"
#include "mint.h"
#include "tap.h"

#include "edge_folder.h"
#include "guard.h"
#include "known.h"
#include "no_system_calls.h"
#include "once.h"
#include "throttle.h"

/* The guard over what others have found out: facts, revocations, what was used up, who guessed wrong. */

#define NOW    1700000000
#define LATER  4000000000
#define ISSUER "https://login.example.org"
#define OWNER  "ann"
#define HERE   DW_SPAN("192.0.2.1")
#define TIMES  1024

static const char *const AUDIENCES[] = {"https://api.example.com"};
static const struct dw_trust TRUST[] = {
    {.issuer = ISSUER, .audiences = {AUDIENCES, 1}, .fixed_keys = true}};
static const struct dw_route ROUTES[] = {
    {.path = "/**",
     .accept = {DW_SCHEME_BEARER, DW_SCHEME_DPOP, DW_SCHEME_APIKEY, DW_SCHEME_COOKIE,
                DW_SCHEME_BASIC, DW_SCHEME_CERTIFICATE}}};
static const struct dw_policy POLICY = {.origin = "https://api.example.com",
                                        .trust = TRUST,
                                        .n_trust = COUNT_OF(TRUST),
                                        .routes = ROUTES,
                                        .n_routes = COUNT_OF(ROUTES)};

static struct edge_folder folder;
static struct mint mint;
static struct dpop_client client;
static char api_key[DW_APIKEY_SIZE];

/* What the daemon has open. */
static struct edge *edge;
static struct known *known;

static int set_up_all(void **state)
{
    static const uint8_t random[DW_APIKEY_RANDOM] = "no bytes could be less random";

    (void)state;
    mint_init(&mint, DW_ALG_ES256);
    dpop_client_init(&client, DW_ALG_ES256);
    return dw_apikey_write(NULL, random, api_key, sizeof(api_key));
}

static int tear_down_all(void **state)
{
    (void)state;
    mint_free(&mint);
    dpop_client_free(&client);
    return 0;
}

/* As the daemon does when it starts. */
static int set_up(void **state)
{
    struct once *once = NULL;
    struct throttle *throttle = NULL;
    struct recent *recent = NULL;

    (void)state;
    folder = edge_folder_make();
    if (edge_open(folder.path, EDGE_WRITE, &edge, NULL) != 0 ||
        known_open(folder.path, EDGE_WRITE, &known, NULL) != 0 ||
        once_open(folder.path, true, &once, NULL) != 0 ||
        throttle_open(folder.path, true, &throttle, NULL) != 0 ||
        recent_open(folder.path, true, &recent, NULL) != 0) {
        return -1;
    }
    once_close(once);
    throttle_close(throttle);
    recent_close(recent);
    return 0;
}

static void stop_daemon(void)
{
    edge_close(edge);
    known_close(known);
    edge = NULL;
    known = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    stop_daemon();
    edge_folder_remove(&folder);
    return 0;
}

/* -- What the tests are made of ------------------------------------------------------------------ */

static struct guard *new_guard(const char *path)
{
    static char text[4096];
    size_t len = 0;
    struct dw_span jwks;
    struct guard *guard = NULL;
    struct complaint why = {""};

    (void)snprintf(text, sizeof(text), "{\"keys\":[");
    assert_int_equal(dw_key_write(mint.key, false, text + 9, sizeof(text) - 16, &len), 0);
    memcpy(text + 9 + len, "]}", 2);
    jwks = (struct dw_span){text, 9 + len + 2};
    const struct guard_settings settings = {
        .policy = &POLICY, .edge = path, .jwks = &jwks, .cache_slots = 16};
    if (guard_new(&settings, &guard, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return guard;
}

struct visit {
    struct dw_field fields[2];
    struct dw_request request;
};

static struct dw_request *visit_with(struct visit *visit, const char *name, const char *value)
{
    visit->fields[0] = (struct dw_field){dw_span_of(name), dw_span_of(value)};
    visit->request = (struct dw_request){.method = DW_SPAN("GET"),
                                         .target = DW_SPAN("/in"),
                                         .fields = visit->fields,
                                         .n_fields = 1,
                                         .now = NOW,
                                         .source = HERE};
    return &visit->request;
}

static void check(struct guard *guard, const struct dw_request *request,
                  const struct guard_terms *terms, enum dw_reason expected)
{
    struct dw_decision decision;

    guard_decide(guard, request, terms, &decision);
    assert_string_equal(dw_reason_text(decision.reason)->name, dw_reason_text(expected)->name);
}

static void put_fact(enum dw_fact fact, const uint8_t name[DW_FACT_NAME], const char *claims)
{
    const struct dw_known what = {.claims = dw_span_of(claims), .until = LATER};

    assert_int_equal(known_put(known, fact, name, &what, NULL), 0);
}

static void put_key(const char *claims)
{
    uint8_t name[DW_FACT_NAME];

    dw_fact_name(DW_FACT_APIKEY, dw_span_of(api_key), name);
    put_fact(DW_FACT_APIKEY, name, claims);
}

static void put_revoked(enum edge_revoked kind, const char *value)
{
    const struct edge_revocation revocation = {
        .kind = kind, .value = dw_span_of(value), .before = NOW, .until = LATER};

    assert_int_equal(edge_put_revoked(edge, &revocation, NULL), 0);
}

/* -- Facts --------------------------------------------------------------------------------------- */

static const struct guard_terms MAY_ASK = {.asking = DW_MAY_ASK};
static const struct guard_terms CANNOT_ASK = {.asking = DW_CANNOT_ASK};

static void a_fact_lets_in_as_soon_as_it_is_put(void **state)
{
    const struct guard_terms refused = {.asking = DW_HAVE_ASKED, .heard = DW_APIKEY_UNKNOWN};
    struct guard *guard = new_guard(folder.path);
    struct visit visit;
    const struct dw_request *request = visit_with(&visit, "X-API-Key", api_key);

    (void)state;
    check(guard, request, &MAY_ASK, DW_ASK_APIKEY);
    check(guard, request, &CANNOT_ASK, DW_GUARD_UNREACHABLE);
    check(guard, request, &refused, DW_APIKEY_UNKNOWN);
    put_key("{\"sub\":\"" OWNER "\"}");
    check(guard, request, &MAY_ASK, DW_ALLOWED_APIKEY);
    stop_daemon();
    check(guard, request, &CANNOT_ASK, DW_ALLOWED_APIKEY);
    guard_free(guard);
}

static void what_is_not_there_yet_comes_later(void **state)
{
    struct edge_folder empty = edge_folder_make();
    struct guard *guard = new_guard(empty.path);
    struct known *other = NULL;
    struct visit visit;
    const struct dw_request *key = visit_with(&visit, "X-API-Key", api_key);
    const struct dw_known what = {.claims = DW_SPAN("{\"sub\":\"" OWNER "\"}"), .until = LATER};
    uint8_t name[DW_FACT_NAME];

    (void)state;
    check(guard, key, &MAY_ASK, DW_ASK_APIKEY);
    assert_int_equal(known_open(empty.path, EDGE_WRITE, &other, NULL), 0);
    dw_fact_name(DW_FACT_APIKEY, dw_span_of(api_key), name);
    assert_int_equal(known_put(other, DW_FACT_APIKEY, name, &what, NULL), 0);
    check(guard, key, &MAY_ASK, DW_ASK_APIKEY);
    guard_watch(guard);
    check(guard, key, &MAY_ASK, DW_ALLOWED_APIKEY);
    known_close(other);
    edge_folder_remove(&empty);
    guard_watch(guard);
    check(guard, key, &MAY_ASK, DW_ALLOWED_APIKEY); /* what is open goes on being read */
    guard_free(guard);
}

/* The password's name is keyed with the secret that daemon and workers share. */
static void a_password_is_known_by_the_shared_secret(void **state)
{
    struct guard *guard = new_guard(folder.path);
    uint8_t name[DW_FACT_NAME];
    struct visit visit;
    const struct dw_request *right = visit_with(&visit, "Authorization", "Basic YW5uOnB3");
    struct visit other;
    const struct dw_request *wrong = visit_with(&other, "Authorization", "Basic YW5uOnB4");

    (void)state;
    check(guard, right, &MAY_ASK, DW_ASK_PASSWORD);
    dw_password_name(known_secret(known), DW_SPAN("ann"), DW_SPAN("pw"), name);
    put_fact(DW_FACT_PASSWORD, name, "{\"sub\":\"ann\",\"iat\":1700000000}");
    check(guard, right, &MAY_ASK, DW_ALLOWED_PASSWORD);
    check(guard, wrong, &MAY_ASK, DW_ASK_PASSWORD);
    guard_free(guard);
}

/* -- Revocations ---------------------------------------------------------------------------------- */

static void what_is_revoked_stays_out(void **state)
{
    struct guard *guard = new_guard(folder.path);
    struct visit visit;
    const struct dw_request *request = visit_with(&visit, "X-API-Key", api_key);

    (void)state;
    put_key("{\"sub\":\"" OWNER "\",\"jti\":\"k\"}");
    put_revoked(EDGE_KEY, "l");
    check(guard, request, &MAY_ASK, DW_ALLOWED_APIKEY);
    put_revoked(EDGE_KEY, "k");
    check(guard, request, &MAY_ASK, DW_APIKEY_REVOKED);
    guard_free(guard);
}

/* -- What is used up ------------------------------------------------------------------------------- */

/* A token bound to the client's key, and a proof with that jti; good until the next call. */
static const struct dw_request *visit_with_proof(struct visit *visit, const char *jti)
{
    static char authorization[DW_TOKEN_MAX + 8];
    char claims[512];
    char header[4096];
    char ath[48] = "";
    uint8_t hash[32];
    size_t len = 0;

    (void)snprintf(claims, sizeof(claims),
                   "{\"iss\":\"" ISSUER "\",\"aud\":\"%s\",\"sub\":\"ann\",\"exp\":%d,"
                   "\"cnf\":{\"jkt\":\"%s\"}}",
                   AUDIENCES[0], NOW + 600, client.jkt);
    (void)snprintf(authorization, sizeof(authorization), "DPoP %s",
                   mint_bearer(&mint, claims) + strlen("Bearer "));
    assert_true(sha256(dw_span_of(authorization + 5), hash));
    assert_int_equal(dw_base64url_write(hash, sizeof(hash), ath, sizeof(ath), &len), 0);
    (void)snprintf(header, sizeof(header), "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{%s}}",
                   client.members);
    (void)snprintf(claims, sizeof(claims),
                   "{\"jti\":\"%s\",\"htm\":\"GET\",\"htu\":\"https://api.example.com/in\","
                   "\"iat\":%d,\"ath\":\"%.*s\"}",
                   jti, NOW, (int)len, ath);
    (void)visit_with(visit, "Authorization", authorization);
    visit->fields[1] =
        (struct dw_field){DW_SPAN("DPoP"), dw_span_of(dpop_sign(&client, header, claims, NULL))};
    visit->request.n_fields = 2;
    return &visit->request;
}

static void a_proof_is_used_up_by_the_first_guard(void **state)
{
    const struct guard_terms rehearsal = {.asking = DW_HAVE_ASKED, .rehearsal = true};
    struct guard *guard = new_guard(folder.path);
    struct guard *other = new_guard(folder.path);
    struct visit visit;
    const struct dw_request *request = visit_with_proof(&visit, "one");

    (void)state;
    check(guard, request, &rehearsal, DW_ALLOWED_TOKEN);
    check(guard, request, &rehearsal, DW_ALLOWED_TOKEN);
    check(guard, request, &MAY_ASK, DW_ALLOWED_TOKEN);
    check(guard, request, &MAY_ASK, DW_PROOF_REPLAYED);
    check(other, request, &MAY_ASK, DW_PROOF_REPLAYED);
    check(other, visit_with_proof(&visit, "two"), &MAY_ASK, DW_ALLOWED_TOKEN);
    guard_free(guard);
    guard_free(other);
}

static void without_a_table_no_proof_is_taken(void **state)
{
    struct guard *alone = new_guard(NULL);
    struct guard *guard;
    struct once *once = NULL;
    struct visit visit;
    const struct dw_request *request = visit_with_proof(&visit, "one");

    (void)state;
    check(alone, request, &MAY_ASK, DW_GUARD_FAILED);
    assert_int_equal(unlink(edge_folder_file(&folder, "once")), 0);
    guard = new_guard(folder.path);
    check(guard, request, &MAY_ASK, DW_GUARD_FAILED);
    assert_int_equal(once_open(folder.path, true, &once, NULL), 0);
    guard_watch(guard);
    check(guard, request, &MAY_ASK, DW_ALLOWED_TOKEN);
    once_close(once);
    guard_free(guard);
    guard_free(alone);
}

/* -- Wrong guesses ---------------------------------------------------------------------------------- */

static void guess_wrong(struct guard *guard, const struct dw_request *request,
                        enum dw_reason reason, int status, int n)
{
    const struct dw_decision decision = {.reason = reason};
    const struct guard_record record = {.id = "x", .status = status};

    for (int i = 0; i < n; i++) {
        assert_true(guard_record(guard, request, &decision, &record));
    }
}

static void wrong_guesses_make_their_source_wait(void **state)
{
    struct guard *guard = new_guard(folder.path);
    struct visit visit;
    struct dw_request *request = visit_with(&visit, "X-API-Key", api_key);

    (void)state;
    guess_wrong(guard, request, DW_TOKEN_EXPIRED, 401, 100);
    guess_wrong(guard, request, DW_APIKEY_UNKNOWN, 200, 100);
    guess_wrong(guard, request, DW_APIKEY_UNKNOWN, 401, THROTTLE_BURST - 1);
    check(guard, request, &MAY_ASK, DW_ASK_APIKEY);
    guess_wrong(guard, request, DW_APIKEY_UNKNOWN, 404, 1);
    check(guard, request, &MAY_ASK, DW_ATTEMPTS);
    request->source = DW_SPAN("192.0.2.2");
    check(guard, request, &MAY_ASK, DW_ASK_APIKEY);
    request->source = HERE;
    put_key("{\"sub\":\"" OWNER "\"}");
    check(guard, request, &MAY_ASK, DW_ALLOWED_APIKEY); /* what is right is never held back */
    guard_free(guard);
}

static void guesses_are_counted_without_a_ring(void **state)
{
    const struct dw_decision decision = {.reason = DW_APIKEY_UNKNOWN};
    const struct guard_record record = {.id = "x", .status = 401};
    struct guard *guard;
    struct visit visit;
    const struct dw_request *request = visit_with(&visit, "X-API-Key", api_key);

    (void)state;
    assert_int_equal(unlink(edge_folder_file(&folder, "recent")), 0);
    guard = new_guard(folder.path);
    for (int i = 0; i < THROTTLE_BURST; i++) {
        assert_false(guard_record(guard, request, &decision, &record));
    }
    check(guard, request, &MAY_ASK, DW_ATTEMPTS);
    guard_free(guard);
}

/* -- System calls ---------------------------------------------------------------------------------- */

struct deciding {
    struct guard *guard;
    const struct dw_request *request;
    enum dw_reason first, then;
};

static bool prepare_deciding(void *context)
{
    struct deciding *deciding = context;
    struct visit visit;

    deciding->guard = new_guard(folder.path);
    check(deciding->guard, visit_with(&visit, "Authorization", "Bearer x"), &MAY_ASK,
          DW_TOKEN_OPAQUE);
    return true;
}

static bool decide_often(void *context)
{
    struct deciding *deciding = context;
    bool good = true;

    for (int i = 0; i < TIMES; i++) {
        const struct guard_record record = {.id = "x", .status = 401};
        struct dw_decision decision;

        guard_decide(deciding->guard, deciding->request, &MAY_ASK, &decision);
        good = good && decision.reason == (i == 0 ? deciding->first : deciding->then);
        decision.reason = i % 2 == 0 ? DW_APIKEY_UNKNOWN : decision.reason;
        good = good && guard_record(deciding->guard, deciding->request, &decision, &record);
    }
    return good;
}

static void deciding_makes_no_system_call(void **state)
{
    struct visit visit;
    struct deciding deciding = {.guard = NULL};

    (void)state;
    if (!MALLOC_IS_QUIET) {
        print_message("# not judged under AddressSanitizer\n");
        return;
    }
    put_revoked(EDGE_SUBJECT, "somebody");
    put_revoked(EDGE_KEY, "some key");
    deciding.request = visit_with_proof(&visit, "one");
    deciding.first = DW_ALLOWED_TOKEN;
    deciding.then = DW_PROOF_REPLAYED;
    assert_true(makes_no_system_call(prepare_deciding, decide_often, &deciding));

    deciding.request = visit_with(&visit, "X-API-Key", api_key);
    deciding.first = DW_ATTEMPTS; /* of the guesses recorded above */
    deciding.then = DW_ATTEMPTS;
    assert_true(makes_no_system_call(prepare_deciding, decide_often, &deciding));

    put_key("{\"sub\":\"" OWNER "\",\"jti\":\"a key\",\"iat\":5}");
    deciding.first = DW_ALLOWED_APIKEY;
    deciding.then = DW_ALLOWED_APIKEY;
    assert_true(makes_no_system_call(prepare_deciding, decide_often, &deciding));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fact_lets_in_as_soon_as_it_is_put),
        TEST(what_is_not_there_yet_comes_later),
        TEST(a_password_is_known_by_the_shared_secret),
        TEST(what_is_revoked_stays_out),
        TEST(a_proof_is_used_up_by_the_first_guard),
        TEST(without_a_table_no_proof_is_taken),
        TEST(wrong_guesses_make_their_source_wait),
        TEST(guesses_are_counted_without_a_ring),
        TEST(deciding_makes_no_system_call),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
