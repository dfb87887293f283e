/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

/* Credentials that somebody has to look up, and the order in which credentials are looked for. */

#define NOW  INT64_C(1700000000)
#define AUTH "Authorization"

static const char *const AUDIENCE[] = {"api"};
static const char *const DELETE[] = {"DELETE"};
static const char *const ORIGINS[] = {"https://app.example"};
static const struct dw_trust TRUST[] = {
    {.issuer = "https://jwt.example", .audiences = {AUDIENCE, 1}},
    {.issuer = "https://opaque.example",
     .audiences = {AUDIENCE, 1},
     .introspects = true,
     .opaque_prefix = "op_"},
};
static const struct dw_route ROUTES[] = {
    {.path = "/basic", .accept = {DW_SCHEME_BASIC}},
    {.path = "/key", .accept = {DW_SCHEME_APIKEY}},
    {.path = "/any", .accept = {DW_SCHEME_BEARER, DW_SCHEME_APIKEY, DW_SCHEME_COOKIE}},
    {.path = "/cors", .methods = {DELETE, 1}, .cors = {{ORIGINS, 1}}},
};
static const struct dw_policy POLICY = {.leeway = 30,
                                        .trust = TRUST,
                                        .n_trust = COUNT_OF(TRUST),
                                        .routes = ROUTES,
                                        .n_routes = COUNT_OF(ROUTES)};

/* What the machine remembers: one fact at most. */
static struct {
    enum dw_fact fact; /* DW_FACT_NONE: nothing */
    uint8_t name[DW_FACT_NAME];
    struct dw_known known;
    bool revoked;
    int wait, wait_right;
    int waited; /* how often somebody asked how long */
} memory;

static bool find(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                 struct dw_known *known)
{
    assert_ptr_equal(context, &memory);
    if (fact != memory.fact || memcmp(name, memory.name, DW_FACT_NAME) != 0) {
        return false;
    }
    *known = memory.known;
    return true;
}

static bool is_revoked(void *context, enum dw_scheme scheme, const struct dw_jwt *token)
{
    (void)context;
    assert_int_not_equal(scheme, DW_SCHEME_NONE);
    assert_non_null(token->sub.at);
    return memory.revoked;
}

static int wait_for(void *context, struct dw_span source, struct dw_span account, bool right)
{
    (void)context;
    (void)account;
    assert_span(source, "192.0.2.1");
    memory.waited += right ? 0 : 1;
    return right ? memory.wait_right : memory.wait;
}

static struct dw_work work;
static const uint8_t SECRET[32] = "a secret of thirty-two bytes ..";
static struct dw_issuer_keys issuers[COUNT_OF(TRUST)];
static struct dw_answers answers = {.issuers = issuers,
                                    .secret = SECRET,
                                    .context = &memory,
                                    .find = find,
                                    .is_revoked = is_revoked,
                                    .wait = wait_for};

static int forget(void **state)
{
    (void)state;
    memset(&memory, 0, sizeof(memory));
    answers.asking = DW_MAY_ASK;
    answers.heard = DW_REASON_NONE;
    return 0;
}

static struct dw_decision decide(const char *target, const struct dw_field *fields, size_t n)
{
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = dw_span_of(target),
                                       .fields = fields,
                                       .n_fields = n,
                                       .source = DW_SPAN("192.0.2.1"),
                                       .now = NOW};
    struct dw_decision decision;

    dw_decide(&POLICY, &answers, &request, &work, &decision);
    return decision;
}

static struct dw_decision decide_one(const char *target, const char *name, const char *value)
{
    const struct dw_field field = {dw_span_of(name), dw_span_of(value)};

    return decide(target, &field, 1);
}

/* As whoever was asked leaves what it has found out. */
static void remember(const struct dw_decision *decision, const char *claims)
{
    assert_int_equal(decision->verdict, DW_ASK);
    memory.fact = decision->fact;
    memcpy(memory.name, decision->name, DW_FACT_NAME);
    memory.known = (struct dw_known){.claims = dw_span_of(claims), .until = NOW + 300};
}

#define JOE           "{\"sub\":\"joe\",\"scope\":\"read\",\"iat\":1699999999}"
#define JOES_PASSWORD "Basic am9lOnNlY3JldA==" /* joe:secret */
#define OPAQUE        "Bearer op_4e1f"

static void what_is_not_known_is_asked_for(void **state)
{
    const struct dw_decision decision = decide_one("/basic", AUTH, JOES_PASSWORD);

    (void)state;
    assert_int_equal(decision.reason, DW_ASK_PASSWORD);
    assert_int_equal(decision.fact, DW_FACT_PASSWORD);
    assert_span(decision.account, "joe");
    assert_span(decision.password, "secret");
    assert_int_equal(decide_one("/", AUTH, OPAQUE).reason, DW_ASK_TOKEN);
}

static void without_anybody_to_ask_nobody_is_turned_away(void **state)
{
    (void)state;
    answers.asking = DW_CANNOT_ASK;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_GUARD_UNREACHABLE);
    answers.asking = DW_HAVE_ASKED;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_GUARD_FAILED);
}

static void who_was_asked_may_refuse_but_not_let_in(void **state)
{
    (void)state;
    answers.asking = DW_HAVE_ASKED;
    answers.heard = DW_BASIC_PASSWORD;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_BASIC_PASSWORD);
    answers.heard = DW_ALLOWED_PASSWORD;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_GUARD_FAILED);
    answers.heard = DW_ASK_PASSWORD;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_GUARD_FAILED);
}

static void what_is_known_lets_in_without_a_question(void **state)
{
    const struct dw_decision asked = decide_one("/basic", AUTH, JOES_PASSWORD);

    (void)state;
    remember(&asked, JOE);
    memory.wait = 7;
    memory.waited = 0;
    const struct dw_decision decision = decide_one("/basic", AUTH, JOES_PASSWORD);
    assert_int_equal(decision.reason, DW_ALLOWED_PASSWORD);
    assert_int_equal(decision.scheme, DW_SCHEME_BASIC);
    assert_span(decision.subject, "joe");
    assert_span(decision.scope, "read");
    assert_true(decision.cached);
    assert_int_equal(memory.waited, 0); /* others' guesses do not hold back the right password */
    memory.wait_right = 3;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_ATTEMPTS);
}

/* What the cache remembers of claims is what they say: others are read anew, whatever their name. */
static void who_comes_again_is_known_from_the_cache(void **state)
{
    static const uint8_t seed[16] = {1};
    const struct dw_decision asked = decide_one("/basic", AUTH, JOES_PASSWORD);

    (void)state;
    assert_int_equal(dw_cache_new(16, seed, &answers.cache), 0);
    remember(&asked, JOE);
    memory.known.again = true;
    for (int i = 0; i < 4; i++) {
        const struct dw_decision decision = decide_one("/basic", AUTH, JOES_PASSWORD);

        assert_int_equal(decision.reason, DW_ALLOWED_PASSWORD);
        assert_span(decision.subject, "joe");
    }
    memory.known.claims = DW_SPAN("{\"sub\":\"ann\",\"scope\":\"read\"}");
    const struct dw_decision other = decide_one("/basic", AUTH, JOES_PASSWORD);
    assert_int_equal(other.reason, DW_ALLOWED_PASSWORD);
    assert_span(other.subject, "ann");
    dw_cache_free(answers.cache);
    answers.cache = NULL;
}

static void a_guess_too_many_waits(void **state)
{
    (void)state;
    memory.wait = 7;
    const struct dw_decision decision = decide_one("/basic", AUTH, JOES_PASSWORD);
    assert_int_equal(decision.reason, DW_ATTEMPTS);
    assert_int_equal(decision.retry_after, 7);
    assert_int_equal(decision.verdict, DW_DENY);
}

static void another_password_is_not_known(void **state)
{
    const struct dw_decision asked = decide_one("/basic", AUTH, JOES_PASSWORD);

    (void)state;
    remember(&asked, JOE);
    assert_int_equal(decide_one("/basic", AUTH, "Basic am9lOnNlY3JldB==").verdict, DW_DENY);
    assert_int_equal(decide_one("/basic", AUTH, "Basic am9lOnNlY3JldDI=").reason, DW_ASK_PASSWORD);
}

/* The sliding of sessions, and a key's last use: asked again beside the answer that is had. */
static void an_answer_is_renewed_but_outlives_who_gave_it(void **state)
{
    const struct dw_decision asked = decide_one("/basic", AUTH, JOES_PASSWORD);

    (void)state;
    remember(&asked, JOE);
    memory.known.renew = NOW;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_ASK_PASSWORD);
    answers.asking = DW_CANNOT_ASK;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_ALLOWED_PASSWORD);
    answers.asking = DW_HAVE_ASKED;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_ALLOWED_PASSWORD);
}

static void a_revoked_users_password_is_checked_again(void **state)
{
    const struct dw_decision asked = decide_one("/basic", AUTH, JOES_PASSWORD);

    (void)state;
    remember(&asked, JOE);
    memory.revoked = true;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_ASK_PASSWORD);
    answers.asking = DW_CANNOT_ASK;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_GUARD_UNREACHABLE);
    answers.asking = DW_HAVE_ASKED;
    answers.heard = DW_GUARD_BUSY;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_GUARD_BUSY);
    answers.heard = DW_REASON_NONE;
    assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_ALLOWED_PASSWORD);
}

static void broken_claims_let_nobody_in(void **state)
{
    static const char *const BROKEN[] = {"", "[]", "{\"sub\":1}", "{\"sub\":\"joe\"",
                                         "{\"a\":1,\"a\":2}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
        forget(NULL);
        const struct dw_decision asked = decide_one("/basic", AUTH, JOES_PASSWORD);
        remember(&asked, BROKEN[i]);
        assert_int_equal(decide_one("/basic", AUTH, JOES_PASSWORD).reason, DW_GUARD_FAILED);
    }
}

static void an_issuers_answer_is_judged_like_a_token(void **state)
{
    static const struct {
        const char *claims;
        enum dw_reason reason;
    } CASES[] = {
        {"{\"active\":true,\"sub\":\"a\",\"aud\":\"api\"}", DW_ALLOWED_TOKEN},
        {"{\"sub\":\"a\",\"aud\":[\"x\",\"api\"],\"iss\":\"https://opaque.example\"}",
         DW_ALLOWED_TOKEN},
        {"{\"sub\":\"a\",\"aud\":\"api\",\"iss\":\"https://jwt.example\"}", DW_TOKEN_ISS},
        {"{\"sub\":\"a\",\"aud\":\"other\"}", DW_TOKEN_AUD},
        {"{\"sub\":\"a\"}", DW_TOKEN_AUD_MISSING},
        {"{\"sub\":\"a\",\"aud\":\"api\",\"exp\":1699999000}", DW_TOKEN_EXPIRED},
        {"{\"sub\":\"a\",\"aud\":\"api\",\"nbf\":1700000999}", DW_TOKEN_NOT_YET},
        {"{\"sub\":\"a\",\"aud\":\"api\",\"cnf\":{\"jkt\":\"x\"}}", DW_TOKEN_BOUND_KEY},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        forget(NULL);
        const struct dw_decision asked = decide_one("/", AUTH, OPAQUE);
        assert_int_equal(asked.issuer, 1);
        remember(&asked, CASES[i].claims);
        const struct dw_decision decision = decide_one("/", AUTH, OPAQUE);
        assert_int_equal(decision.reason, CASES[i].reason);
        assert_span(decision.iss, "https://opaque.example");
    }
}

/* No issuer gets to see what another has issued. */
static void an_opaque_token_of_nobodys_is_not_asked_about(void **state)
{
    (void)state;
    assert_int_equal(decide_one("/", AUTH, "Bearer xx_4e1f").reason, DW_TOKEN_OPAQUE);
    assert_int_equal(decide_one("/", AUTH, "Bearer op_4e1f.x.y").reason, DW_ASK_TOKEN);
}

static void a_token_in_two_places_is_refused(void **state)
{
    (void)state;
    assert_int_equal(decide_one("/?access_token=x", AUTH, OPAQUE).reason, DW_HEADER_METHODS);
    assert_int_equal(decide_one("/?access_token", AUTH, OPAQUE).reason, DW_HEADER_METHODS);
    assert_int_equal(decide_one("/?a=access_token", AUTH, OPAQUE).reason, DW_ASK_TOKEN);
    assert_int_equal(decide("/?access_token=x", NULL, 0).reason, DW_HEADER_LOCATION);
}

static void a_bad_credential_is_not_passed_over(void **state)
{
    const struct dw_field fields[] = {{DW_SPAN("X-API-Key"), DW_SPAN("dw_cut")},
                                      {DW_SPAN("Cookie"), DW_SPAN("__Host-doorward=x")}};
    const struct dw_field both[] = {{DW_SPAN("Authorization"), DW_SPAN("Bearer \"x\"")},
                                    {DW_SPAN("Cookie"), DW_SPAN("__Host-doorward=x")}};

    (void)state;
    assert_int_equal(decide("/any", fields, 2).reason, DW_APIKEY_PARTIAL);
    assert_int_equal(decide("/any", fields, 2).scheme, DW_SCHEME_APIKEY);
    assert_int_equal(decide("/any", both, 2).reason, DW_HEADER_QUOTED);
    assert_int_equal(decide("/any", fields + 1, 1).scheme, DW_SCHEME_COOKIE);
    assert_int_equal(decide("/any", NULL, 0).reason, DW_HEADER_MISSING);
}

static void a_scheme_is_taken_only_where_it_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(decide_one("/key", AUTH, JOES_PASSWORD).reason, DW_SCHEME_UNSUPPORTED);
    assert_int_equal(decide_one("/basic", AUTH, OPAQUE).reason, DW_SCHEME_UNSUPPORTED);
    assert_int_equal(decide_one("/key", AUTH, "Bearer dw_x").reason, DW_APIKEY_PARTIAL);
    assert_int_equal(decide_one("/key", AUTH, "ApiKey dw_x").reason, DW_APIKEY_PARTIAL);
    assert_int_equal(decide_one("/key", AUTH, "api-key: dw_x").reason, DW_HEADER_COLON);
    assert_int_equal(decide_one("/basic", "X-API-Key", "dw_x").reason, DW_HEADER_MISSING);
}

static void a_preflight_passes_where_scripts_may_call(void **state)
{
    const struct dw_field fields[] = {
        {DW_SPAN("Origin"), DW_SPAN("https://app.example")},
        {DW_SPAN("Access-Control-Request-Method"), DW_SPAN("DELETE")},
    };
    struct dw_request request = {.method = DW_SPAN("OPTIONS"),
                                 .target = DW_SPAN("/cors"),
                                 .fields = fields,
                                 .n_fields = 2,
                                 .now = NOW};
    struct dw_decision decision;

    (void)state;
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    assert_int_equal(decision.reason, DW_ALLOWED_PREFLIGHT);
    assert_null(decision.subject.at);
    request.n_fields = 1;
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    assert_int_equal(decision.reason, DW_HEADER_MISSING);
    request.n_fields = 2;
    request.method = DW_SPAN("GET");
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    assert_int_equal(decision.reason, DW_HEADER_MISSING);
    request.method = DW_SPAN("OPTIONS");
    request.target = DW_SPAN("/any");
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    assert_int_equal(decision.reason, DW_HEADER_MISSING);
}

#define CASE(function) cmocka_unit_test_setup(function, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_not_known_is_asked_for),
        CASE(without_anybody_to_ask_nobody_is_turned_away),
        CASE(who_was_asked_may_refuse_but_not_let_in),
        CASE(what_is_known_lets_in_without_a_question),
        CASE(who_comes_again_is_known_from_the_cache),
        CASE(a_guess_too_many_waits),
        CASE(another_password_is_not_known),
        CASE(an_answer_is_renewed_but_outlives_who_gave_it),
        CASE(a_revoked_users_password_is_checked_again),
        CASE(broken_claims_let_nobody_in),
        CASE(an_issuers_answer_is_judged_like_a_token),
        CASE(an_opaque_token_of_nobodys_is_not_asked_about),
        CASE(a_token_in_two_places_is_refused),
        CASE(a_bad_credential_is_not_passed_over),
        CASE(a_scheme_is_taken_only_where_it_is_accepted),
        CASE(a_preflight_passes_where_scripts_may_call),
    };

    return RUN_TAP(tests);
}
