/* SPDX-License-Identifier: Apache-2.0 */
#include "mint.h"
#include "tap.h"

#include <time.h>

#include "edge_folder.h"
#include "guard.h"
#include "no_system_calls.h"

#define NOW       1700000000
#define ISSUER    "https://login.example.org"
#define OURS      "https://own.example.org"
#define JWKS_SIZE 4096

static const char *const AUDIENCES[] = {"https://api.example.com"};
static const struct dw_trust TRUST[] = {
    {.issuer = ISSUER, .audiences = {AUDIENCES, 1}},
    {.issuer = OURS, .audiences = {AUDIENCES, 1}, .fixed_keys = true},
};
static const struct dw_route ROUTES[] = {{.path = "/open", .anyone = true}, {.path = "/in/**"}};
static const struct dw_policy POLICY = {
    .trust = TRUST, .n_trust = COUNT_OF(TRUST), .routes = ROUTES, .n_routes = COUNT_OF(ROUTES)};

static const struct guard_terms MAY_ASK = {.asking = DW_MAY_ASK};

static struct edge_folder folder;
static struct mint first;
static struct mint second;

static int set_up_all(void **state)
{
    (void)state;
    mint_init(&first, DW_ALG_ES256);
    mint_init(&second, DW_ALG_EdDSA);
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    mint_free(&first);
    mint_free(&second);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    edge_folder_remove(&folder);
    return 0;
}

/* -- What the tests are made of ------------------------------------------------------------------ */

/* Keys as a JWKS, good until the next call. */
static struct dw_span jwks_of(const struct mint *mint)
{
    static char jwks[JWKS_SIZE];
    const size_t start = 9;
    size_t len = 0;

    memcpy(jwks, "{\"keys\":[", start);
    assert_int_equal(dw_key_write(mint->key, false, jwks + start, JWKS_SIZE - start - 2, &len), 0);
    memcpy(jwks + start + len, "]}", 2);
    return (struct dw_span){jwks, start + len + 2};
}

static struct edge *open_edge(void)
{
    struct edge *edge = NULL;

    assert_int_equal(edge_open(folder.path, EDGE_WRITE, &edge, NULL), 0);
    return edge;
}

static void put_keys(struct edge *edge, struct dw_span jwks, int64_t fresh_until)
{
    const struct edge_keys keys = {.fetched = NOW, .fresh_until = fresh_until, .jwks = jwks};

    assert_int_equal(edge_put_keys(edge, DW_SPAN(ISSUER), &keys, NULL), 0);
}

static void put_revoked(struct edge *edge, struct dw_span jti)
{
    const struct edge_revocation revocation = {
        .kind = EDGE_JTI, .issuer = DW_SPAN(ISSUER), .value = jti, .until = time(NULL) + 60};

    assert_int_equal(edge_put_revoked(edge, &revocation, NULL), 0);
}

static struct guard *new_guard(const char *edge, const struct dw_span *jwks)
{
    const struct guard_settings settings = {
        .policy = &POLICY, .edge = edge, .jwks = jwks, .cache_slots = 16};
    struct complaint why = {""};
    struct guard *guard = NULL;

    if (guard_new(&settings, &guard, &why) != 0) {
        fail_msg("%s", why.text);
    }
    return guard;
}

static const char *bearer(const struct mint *mint, const char *issuer, const char *jti)
{
    char claims[512];

    (void)snprintf(
        claims, sizeof(claims),
        "{\"iss\":\"%s\",\"aud\":\"%s\",\"exp\":%d,\"sub\":\"ann\",\"client_id\":\"app\","
        "\"jti\":\"%s\"}",
        issuer, AUDIENCES[0], NOW + 600, jti);
    return mint_bearer(mint, claims);
}

static struct dw_request request_of(struct dw_field *field, const char *bearer_value)
{
    *field = (struct dw_field){DW_SPAN("Authorization"), dw_span_of(bearer_value)};
    return (struct dw_request){.method = DW_SPAN("GET"),
                               .target = DW_SPAN("/in/box?secret=1"),
                               .fields = field,
                               .n_fields = 1,
                               .now = NOW};
}

static struct dw_decision decide(struct guard *guard, const char *bearer_value,
                                 enum dw_asking asking)
{
    struct dw_field field;
    const struct dw_request request = request_of(&field, bearer_value);
    const struct guard_terms terms = {.asking = asking};
    struct dw_decision decision;

    guard_decide(guard, &request, &terms, &decision);
    return decision;
}

static void check_reason(struct guard *guard, const char *bearer_value, enum dw_asking asking,
                         enum dw_reason expected)
{
    const struct dw_decision decision = decide(guard, bearer_value, asking);

    assert_string_equal(dw_reason_text(decision.reason)->name, dw_reason_text(expected)->name);
}

/* -- Keys -------------------------------------------------------------------------------------- */

static void bad_fixed_keys_are_refused(void **state)
{
    const struct dw_span jwks[] = {{NULL, 0}, DW_SPAN("{\"keys\":")};
    const struct guard_settings settings = {.policy = &POLICY, .jwks = jwks};
    struct complaint why = {""};
    struct guard *guard = NULL;

    (void)state;
    assert_int_equal(guard_new(&settings, &guard, &why), -1);
    assert_non_null(strstr(why.text, OURS));
    assert_null(guard);
    guard_free(NULL);
}

static void without_an_edge_fixed_keys_decide(void **state)
{
    const struct dw_span jwks[] = {{NULL, 0}, jwks_of(&first)};
    struct guard *guard = new_guard(NULL, jwks);

    (void)state;
    check_reason(guard, bearer(&first, OURS, "1"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    check_reason(guard, bearer(&second, OURS, "1"), DW_MAY_ASK, DW_TOKEN_KID);
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_MAY_ASK, DW_GUARD_UNREACHABLE);
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_HAVE_ASKED, DW_KEYS_UNREACHABLE);
    guard_watch(guard);
    guard_free(guard);
}

static void before_the_edge_is_there_it_asks(void **state)
{
    struct guard *guard = new_guard(folder.path, NULL);
    struct edge *edge;

    (void)state;
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_MAY_ASK, DW_ASK_KEYS);
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_CANNOT_ASK, DW_GUARD_UNREACHABLE);
    edge = open_edge();
    put_keys(edge, jwks_of(&first), NOW + 60);
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_MAY_ASK, DW_ASK_KEYS);
    guard_watch(guard);
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    edge_close(edge);
    guard_free(guard);
}

static void new_keys_count_at_once(void **state)
{
    struct edge *edge = open_edge();
    struct guard *guard = new_guard(folder.path, NULL);
    char old[1024]; /* ECDSA never signs the same twice */

    (void)state;
    put_keys(edge, jwks_of(&first), NOW);
    (void)snprintf(old, sizeof(old), "%s", bearer(&first, ISSUER, "1"));
    check_reason(guard, old, DW_MAY_ASK, DW_ALLOWED_TOKEN);
    check_reason(guard, old, DW_MAY_ASK, DW_ALLOWED_TOKEN);
    assert_true(decide(guard, old, DW_MAY_ASK).cached);
    check_reason(guard, bearer(&second, ISSUER, "1"), DW_MAY_ASK, DW_ASK_KID);
    put_keys(edge, jwks_of(&second), NOW);
    check_reason(guard, bearer(&second, ISSUER, "1"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    /* The old key is gone, and with it what the cache knew by it. */
    check_reason(guard, old, DW_MAY_ASK, DW_ASK_KID);
    put_keys(edge, jwks_of(&second), NOW + 1);
    check_reason(guard, old, DW_MAY_ASK, DW_TOKEN_KID);
    edge_close(edge);
    guard_free(guard);
}

static void garbage_leaves_the_last_good_keys(void **state)
{
    struct edge *edge = open_edge();
    struct guard *guard = new_guard(folder.path, NULL);

    (void)state;
    put_keys(edge, DW_SPAN("<html>"), NOW + 60);
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_HAVE_ASKED, DW_KEYS_UNREACHABLE);
    put_keys(edge, jwks_of(&first), NOW + 60);
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    put_keys(edge, DW_SPAN("<html>"), NOW + 60);
    check_reason(guard, bearer(&first, ISSUER, "2"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    put_keys(edge, (struct dw_span){NULL, 0}, NOW + 60);
    check_reason(guard, bearer(&first, ISSUER, "3"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    edge_close(edge);
    guard_free(guard);
}

static void the_edge_cannot_speak_for_fixed_keys(void **state)
{
    const struct dw_span jwks[] = {{NULL, 0}, jwks_of(&first)};
    const struct edge_keys keys = {.fresh_until = NOW, .jwks = DW_SPAN("{\"keys\":[]}")};
    struct edge *edge = open_edge();
    struct guard *guard = new_guard(folder.path, jwks);

    (void)state;
    assert_int_equal(edge_put_keys(edge, DW_SPAN(OURS), &keys, NULL), 0);
    check_reason(guard, bearer(&first, OURS, "1"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    edge_close(edge);
    guard_free(guard);
}

static void remove_edge(void)
{
    assert_int_equal(unlink(edge_folder_file(&folder, "data.mdb")), 0);
    assert_int_equal(unlink(edge_folder_file(&folder, "lock.mdb")), 0);
}

static int add_nothing(void *context, struct edge_filling *filling, struct complaint *why)
{
    (void)context;
    (void)filling;
    (void)why;
    return 0;
}

static int add_bad(void *context, struct edge_filling *filling, struct complaint *why)
{
    const struct edge_revocation bad = {
        .kind = EDGE_JTI, .issuer = DW_SPAN(ISSUER), .value = DW_SPAN("bad"), .until = NOW + 60};

    (void)context;
    (void)why;
    edge_fill_add(filling, &bad);
    return 0;
}

/* Between the two looks the daemon has made another edge, and has not come to what was revoked. */
static void a_replaced_edge_forgets_no_revocation(void **state)
{
    struct edge *edge = open_edge();
    struct guard *guard = new_guard(folder.path, NULL);

    (void)state;
    put_keys(edge, jwks_of(&first), NOW + 60);
    put_revoked(edge, DW_SPAN("bad"));
    check_reason(guard, bearer(&first, ISSUER, "bad"), DW_MAY_ASK, DW_TOKEN_REVOKED);
    edge_close(edge);
    remove_edge();
    edge = open_edge();
    put_keys(edge, jwks_of(&first), NOW + 60);
    guard_watch(guard);
    check_reason(guard, bearer(&first, ISSUER, "bad"), DW_MAY_ASK, DW_TOKEN_REVOKED);
    assert_int_equal(edge_fill(edge, add_bad, NULL, NULL), 0);
    guard_watch(guard);
    check_reason(guard, bearer(&first, ISSUER, "bad"), DW_MAY_ASK, DW_TOKEN_REVOKED);
    check_reason(guard, bearer(&first, ISSUER, "good"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    edge_close(edge);
    guard_free(guard);
}

static void a_replaced_edge_is_followed(void **state)
{
    struct edge *edge = open_edge();
    struct guard *guard = new_guard(folder.path, NULL);

    (void)state;
    put_keys(edge, jwks_of(&first), NOW + 60);
    check_reason(guard, bearer(&first, ISSUER, "1"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    edge_close(edge);
    remove_edge();
    guard_watch(guard); /* nothing there: what is known stays */
    check_reason(guard, bearer(&first, ISSUER, "2"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    edge = open_edge();
    guard_watch(guard); /* not filled yet: the old one stays */
    check_reason(guard, bearer(&first, ISSUER, "2"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    check_reason(guard, bearer(&second, ISSUER, "2"), DW_MAY_ASK, DW_TOKEN_KID);
    assert_int_equal(edge_fill(edge, add_nothing, NULL, NULL), 0);
    guard_watch(guard); /* empty: the keys stay, but are not known to be all */
    check_reason(guard, bearer(&first, ISSUER, "3"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    check_reason(guard, bearer(&second, ISSUER, "3"), DW_MAY_ASK, DW_ASK_KID);
    put_keys(edge, jwks_of(&second), NOW + 60); /* of the same generation as the first were */
    check_reason(guard, bearer(&second, ISSUER, "4"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    edge_close(edge);
    guard_free(guard);
}

static void what_is_revoked_stays_out(void **state)
{
    struct edge *edge = open_edge();
    struct guard *guard = new_guard(folder.path, NULL);

    (void)state;
    put_keys(edge, jwks_of(&first), NOW + 60);
    check_reason(guard, bearer(&first, ISSUER, "bad"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    put_revoked(edge, DW_SPAN("bad"));
    check_reason(guard, bearer(&first, ISSUER, "bad"), DW_MAY_ASK, DW_TOKEN_REVOKED);
    check_reason(guard, bearer(&first, ISSUER, "good"), DW_MAY_ASK, DW_ALLOWED_TOKEN);
    edge_close(edge);
    guard_free(guard);
}

/* -- System calls -------------------------------------------------------------------------------- */

#define TOKENS 64

struct deciding {
    struct guard *guard;
    char tokens[TOKENS][1024];
};

/* Tokens new and seen before, let in and turned away. */
static bool decide_often(void *context)
{
    struct deciding *deciding = context;
    struct guard *guard = deciding->guard;
    bool good = true;

    for (int i = 0; i < 10 * TOKENS; i++) {
        struct dw_field field;
        const struct dw_request request = request_of(&field, deciding->tokens[i % TOKENS]);
        struct guard_record record = {.status = 200};
        char id[RECENT_ID_SIZE];
        struct dw_decision decision;

        guard_decide(guard, &request, &MAY_ASK, &decision);
        guard_id(guard, id);
        record.id = id;
        good = good && guard_record(guard, &request, &decision, &record) &&
               decision.reason == (i % 2 == 0 ? DW_ALLOWED_TOKEN : DW_TOKEN_REVOKED);
    }
    return good;
}

static bool prepare_deciding(void *context)
{
    struct deciding *deciding = context;

    deciding->guard = new_guard(folder.path, NULL);
    return decide(deciding->guard, "Bearer x", DW_MAY_ASK).verdict == DW_DENY;
}

static void deciding_makes_no_system_call(void **state)
{
    static struct deciding deciding;
    struct edge *edge;
    struct recent *recent = NULL;
    char jti[16];

    (void)state;
    if (!MALLOC_IS_QUIET) {
        print_message("# not judged under AddressSanitizer\n");
        return;
    }
    assert_int_equal(recent_open(folder.path, true, &recent, NULL), 0);
    recent_close(recent);
    edge = open_edge();
    put_keys(edge, jwks_of(&first), NOW + 60);
    for (int i = 0; i < TOKENS; i++) {
        (void)snprintf(jti, sizeof(jti), "jti-%d", i);
        (void)snprintf(deciding.tokens[i], sizeof(deciding.tokens[i]), "%s",
                       bearer(&first, ISSUER, jti));
        if (i % 2 == 1) {
            put_revoked(edge, dw_span_of(jti));
        }
    }
    edge_close(edge);
    assert_true(makes_no_system_call(prepare_deciding, decide_often, &deciding));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bad_fixed_keys_are_refused),
        TEST(without_an_edge_fixed_keys_decide),
        TEST(before_the_edge_is_there_it_asks),
        TEST(new_keys_count_at_once),
        TEST(garbage_leaves_the_last_good_keys),
        TEST(the_edge_cannot_speak_for_fixed_keys),
        TEST(a_replaced_edge_is_followed),
        TEST(what_is_revoked_stays_out),
        TEST(a_replaced_edge_forgets_no_revocation),
        TEST(deciding_makes_no_system_call),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
