/* SPDX-License-Identifier: Apache-2.0 */
#include "one_fact.h"

#include "guard_page.h"
#include "schemes.h"
#include "vector_file.h"

#define VALUE      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define CLAIMS     "{\"sub\":\"alice\",\"jti\":\"s1\",\"scope\":\"read\""
#define FIELDS_MAX 8

static const char *const READ[] = {"read"};
static const char *const ORIGINS[] = {"https://app.example.org"};
static const struct dw_route ROUTE = {
    .path = "/**", .scope = {READ, 1}, .accept = {DW_SCHEME_COOKIE}};
static const struct dw_policy POLICY = {.origin = "https://api.example.com",
                                        .schemes.cookie = {.origins = {ORIGINS, 1}},
                                        .routes = &ROUTE,
                                        .n_routes = 1};

static struct dw_decision ask(const char *method, const struct dw_field *fields, size_t n)
{
    const struct dw_request request = {.method = dw_span_of(method),
                                       .target = DW_SPAN("/"),
                                       .fields = fields,
                                       .n_fields = n,
                                       .now = NOW};

    return decide(&POLICY, &request);
}

#define COOKIE                       \
    {                                \
        {"COOKIE", 6},               \
        {                            \
            PAIRS, sizeof(PAIRS) - 1 \
        }                            \
    }
static const char PAIRS[] = "a=b; __Host-doorward=" VALUE;
static const struct dw_field FIELD = COOKIE;

static size_t n_cookies(const struct dw_field *fields, size_t n, struct dw_span *value)
{
    return dw_cookie_find(&POLICY, &(struct dw_request){.fields = fields, .n_fields = n}, value);
}

static bool is_own(const struct dw_field *fields, size_t n)
{
    return dw_sender_is_own(&POLICY, &(struct dw_request){.fields = fields, .n_fields = n});
}

/* -- Cookie fields --------------------------------------------------------------------------------- */

static void run_fields(const struct vector *vector)
{
    struct guarded guarded[FIELDS_MAX];
    struct dw_field fields[FIELDS_MAX];
    struct dw_span value;
    size_t n = 0;

    print_message("# %s:%d\n", vector->path, vector->number);
    for (; vector_line(vector, "cookie", n) != NULL; n++) {
        const struct vector_line *line = vector_line(vector, "cookie", n);
        guarded[n] = guard_bytes(line->value, line->len);
        fields[n] = (struct dw_field){DW_SPAN("cookie"), guarded[n].span};
    }
    const struct dw_decision decision = ask("GET", fields, n);
    if (vector_line(vector, "value", 0) != NULL) {
        assert_reason(decision.reason, DW_ASK_SESSION);
        assert_span(decision.token, vector_value(vector, "value").at);
        assert_int_equal(n_cookies(fields, n, &value), 1);
        assert_true(dw_span_equal(value, decision.token));
    } else {
        assert_reason(decision.reason, dw_reason_find(vector_value(vector, "reason")));
        assert_int_equal(n_cookies(fields, n, &value) > 1, decision.reason == DW_COOKIE_DUPLICATE);
    }
    while (n > 0) {
        guard_release(&guarded[--n]);
    }
}

static void fields_are_read(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/cookie/fields.txt", run_fields), 1);
}

static void a_cookie_may_have_another_name(void **state)
{
    const struct dw_policy policy = {.schemes.cookie.name = "sid", .routes = &ROUTE, .n_routes = 1};
    struct dw_field field = {DW_SPAN("Cookie"), DW_SPAN("sid=" VALUE)};
    const struct dw_request request = {
        .method = DW_SPAN("GET"), .target = DW_SPAN("/"), .fields = &field, .n_fields = 1};

    (void)state;
    assert_reason(decide(&policy, &request).reason, DW_ASK_SESSION);
    field.value = DW_SPAN("__Host-doorward=" VALUE);
    assert_reason(decide(&policy, &request).reason, DW_HEADER_MISSING);
    assert_span(dw_cookie_name(&policy), "sid");
    assert_span(dw_cookie_name(&POLICY), "__Host-doorward");
}

/* -- Whose it is ------------------------------------------------------------------------------------- */

static void a_session_is_looked_up_under_its_hash(void **state)
{
    const struct dw_decision decision = ask("GET", &FIELD, 1);
    uint8_t name[DW_FACT_NAME];

    (void)state;
    dw_fact_name(DW_FACT_SESSION, DW_SPAN(VALUE), name);
    assert_reason(decision.reason, DW_ASK_SESSION);
    assert_int_equal(decision.scheme, DW_SCHEME_COOKIE);
    assert_int_equal(decision.fact, DW_FACT_SESSION);
    assert_memory_equal(decision.name, name, sizeof(name));
    assert_null(decision.account.at);
    assert_null(decision.subject.at);
}

static void what_was_found_out_is_heard(void **state)
{
    static const enum dw_reason HEARD[] = {DW_COOKIE_UNKNOWN, DW_COOKIE_EXPIRED, DW_COOKIE_REVOKED};

    (void)state;
    answers.asking = DW_HAVE_ASKED;
    for (size_t i = 0; i < COUNT_OF(HEARD); i++) {
        answers.heard = HEARD[i];
        assert_reason(ask("GET", &FIELD, 1).reason, HEARD[i]);
        assert_false(dw_reason_is_guess(HEARD[i]));
    }
}

static void a_known_session_is_judged(void **state)
{
    struct dw_decision decision = ask("GET", &FIELD, 1);

    (void)state;
    remember(&decision, CLAIMS "}");
    decision = ask("GET", &FIELD, 1);
    assert_reason(decision.reason, DW_ALLOWED_SESSION);
    assert_span(decision.subject, "alice");
    assert_span(decision.credential, "s1");
    memory.revoked = true;
    assert_reason(ask("GET", &FIELD, 1).reason, DW_COOKIE_REVOKED);
    memory.revoked = false;
    memory.known.claims = DW_SPAN(CLAIMS ",\"exp\":1700000000}");
    assert_reason(ask("GET", &FIELD, 1).reason, DW_COOKIE_EXPIRED);
}

/* -- Who sent it ------------------------------------------------------------------------------------- */

static size_t add_fields(const struct vector *vector, const char *key, const char *name,
                         struct dw_field *fields, size_t n)
{
    for (size_t i = 0; vector_line(vector, key, i) != NULL; i++) {
        const struct vector_line *line = vector_line(vector, key, i);
        assert_true(n < FIELDS_MAX);
        fields[n++] = (struct dw_field){dw_span_of(name), {line->value, line->len}};
    }
    return n;
}

static void run_sender(const struct vector *vector)
{
    const bool passes = dw_span_equal(vector_value(vector, "passes"), DW_SPAN("yes"));
    struct dw_field fields[FIELDS_MAX] = {COOKIE};
    size_t n = 1;

    print_message("# %s:%d\n", vector->path, vector->number);
    n = add_fields(vector, "site", "Sec-Fetch-Site", fields, n);
    n = add_fields(vector, "origin", "origin", fields, n);
    n = add_fields(vector, "referer", "Referer", fields, n);
    n = add_fields(vector, "upgrade", "Upgrade", fields, n);
    forget(NULL);
    const struct dw_decision asked = ask("GET", &FIELD, 1);
    remember(&asked, CLAIMS "}");
    const struct dw_decision decision = ask(vector_value(vector, "method").at, fields, n);
    assert_reason(decision.reason, passes ? DW_ALLOWED_SESSION : DW_COOKIE_CROSS_SITE);
    if (dw_span_equal(vector_value(vector, "method"), DW_SPAN("POST"))) {
        assert_int_equal(is_own(fields, n), passes);
    }
    if (!passes) {
        assert_span(decision.wanted, "https://api.example.com");
        assert_span(decision.subject, "alice");
    }
}

static void senders_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/cookie/senders.txt", run_sender), 1);
}

static void a_bad_session_is_bad_before_it_is_anothers(void **state)
{
    const struct dw_field fields[] = {COOKIE, {DW_SPAN("Sec-Fetch-Site"), DW_SPAN("cross-site")}};
    const struct dw_decision asked = ask("POST", fields, 2);

    (void)state;
    assert_reason(asked.reason, DW_ASK_SESSION);
    remember(&asked, CLAIMS ",\"exp\":1}");
    assert_reason(ask("POST", fields, 2).reason, DW_COOKIE_EXPIRED);
    memory.known.claims = DW_SPAN("{\"sub\":\"alice\"}");
    assert_reason(ask("POST", fields, 2).reason, DW_COOKIE_CROSS_SITE);
    assert_int_equal(dw_reason_text(DW_COOKIE_CROSS_SITE)->status, 403);
    assert_span(ask("POST", fields, 2).seen, "cross-site");
}

/* Without a name of its own, nothing is our own place: not even a sender who says nothing. */
static void a_place_without_a_name_is_nobodys(void **state)
{
    const struct dw_policy policy = {.routes = &ROUTE, .n_routes = 1};
    struct dw_field fields[] = {COOKIE, {DW_SPAN("Origin"), DW_SPAN("")}};
    struct dw_request request = {
        .method = DW_SPAN("POST"), .target = DW_SPAN("/"), .fields = fields, .n_fields = 2};
    const struct dw_decision asked = decide(&policy, &request);

    (void)state;
    remember(&asked, CLAIMS "}");
    assert_reason(decide(&policy, &request).reason, DW_COOKIE_CROSS_SITE);
    request.n_fields = 1;
    assert_reason(decide(&policy, &request).reason, DW_COOKIE_CROSS_SITE);
    request.n_fields = 2;
    fields[1].value = DW_SPAN("https://h.example");
    request.origin = DW_SPAN("https://h.example:443");
    assert_reason(decide(&policy, &request).reason, DW_ALLOWED_SESSION);
}

static void the_challenge_says_where_to_sign_in(void **state)
{
    const struct dw_policy policy = {
        .schemes.cookie.sign_in = "/doorward/signin", .routes = &ROUTE, .n_routes = 1};
    const struct dw_request request = {
        .method = DW_SPAN("GET"), .target = DW_SPAN("/"), .now = NOW};

    (void)state;
    assert_challenge(&POLICY, &request, "Cookie realm=\"api\", cookie-name=\"__Host-doorward\"");
    assert_challenge(&policy, &request,
                     "Cookie realm=\"api\", form-action=\"/doorward/signin\", "
                     "cookie-name=\"__Host-doorward\"");
}

#define CASE(function) cmocka_unit_test_setup(function, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(fields_are_read),
        CASE(a_cookie_may_have_another_name),
        CASE(a_session_is_looked_up_under_its_hash),
        CASE(what_was_found_out_is_heard),
        CASE(a_known_session_is_judged),
        CASE(senders_are_told_apart),
        CASE(a_bad_session_is_bad_before_it_is_anothers),
        CASE(a_place_without_a_name_is_nobodys),
        CASE(the_challenge_says_where_to_sign_in),
    };

    return RUN_TAP(tests);
}
