/* SPDX-License-Identifier: Apache-2.0 */
#include "guard_page.h"
#include "tap.h"
#include "vector_file.h"

#define NOW     INT64_C(1700000000)
#define ALADDIN "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="

static const uint8_t SECRET[32] = "a secret of thirty-two bytes....";
static const struct dw_route ROUTES[] = {{.path = "/**", .accept = {DW_SCHEME_BASIC}}};
static const struct dw_policy POLICY = {.realm = "the \"cave\"", .routes = ROUTES, .n_routes = 1};

static struct dw_work work;
static struct dw_known known; /* claims absent: nothing is */
static uint8_t known_name[DW_FACT_NAME];

static bool find(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                 struct dw_known *found)
{
    (void)context;
    assert_int_equal(fact, DW_FACT_PASSWORD);
    if (known.claims.at == NULL || memcmp(name, known_name, DW_FACT_NAME) != 0) {
        return false;
    }
    *found = known;
    return true;
}

static struct dw_answers answers = {.secret = SECRET, .find = find};

static struct dw_decision decide(struct dw_span authorization)
{
    const struct dw_field field = {DW_SPAN("Authorization"), authorization};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/"),
                                       .fields = &field,
                                       .n_fields = 1,
                                       .now = NOW};
    struct dw_decision decision;

    memset(&work, 0, sizeof(work));
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    return decision;
}

static int forget(void **state)
{
    (void)state;
    known = (struct dw_known){.until = 0};
    answers = (struct dw_answers){.secret = SECRET, .find = find};
    return 0;
}

static void know(const char *user, const char *password)
{
    known = (struct dw_known){.claims = DW_SPAN("{\"sub\":\"genie\",\"scope\":\"wish\"}"),
                              .until = NOW + 300};
    dw_password_name(SECRET, dw_span_of(user), dw_span_of(password), known_name);
}

static bool work_holds(const char *secret)
{
    return memmem(work.bytes, sizeof(work.bytes), secret, strlen(secret)) != NULL;
}

/* -- What the field says --------------------------------------------------------------------------- */

static void run_vector(const struct vector *vector)
{
    const struct dw_span field = vector_value(vector, "field");
    const struct dw_span user = vector_value(vector, "user");
    const struct dw_span password = vector_value(vector, "password");
    struct guarded guarded = guard_bytes(field.at, field.len);
    const struct dw_decision decision = decide(guarded.span);
    const char *reason = dw_reason_text(decision.reason)->name;

    if (!dw_span_equal(vector_value(vector, "reason"), dw_span_of(reason))) {
        print_error("%s:%d: got %s\n", vector->path, vector->number, reason);
        fail();
    }
    assert_int_equal(decision.scheme, DW_SCHEME_BASIC);
    if (user.at != NULL) {
        assert_span(decision.account, user.at);
        assert_span(decision.password, password.at);
        assert_int_equal(decision.fact, DW_FACT_PASSWORD);
    } else {
        assert_null(decision.account.at);
        assert_null(decision.password.at);
        assert_int_equal(decision.fact, DW_FACT_NONE);
    }
    guard_release(&guarded);
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/basic/*.txt", run_vector), 2);
}

/* However the field is cut, nothing is read that was not sent. */
static void every_prefix(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(ALADDIN); len++) {
        struct guarded guarded = guard_bytes(ALADDIN, len);

        assert_int_not_equal(decide(guarded.span).verdict, DW_ALLOW);
        guard_release(&guarded);
    }
}

static void enormous_fields_are_not_decoded(void **state)
{
    static char field[DW_FIELD_MAX];

    (void)state;
    memset(field, 'A', sizeof(field));
    memcpy(field, "Basic ", 6);
    assert_int_equal(decide((struct dw_span){field, sizeof(field)}).reason, DW_BASIC_SIZE);
}

/* -- Who that is ----------------------------------------------------------------------------------- */

static void who_asks_is_told_name_and_password(void **state)
{
    const struct dw_decision decision = decide(DW_SPAN(ALADDIN));
    uint8_t name[DW_FACT_NAME];

    (void)state;
    assert_int_equal(decision.reason, DW_ASK_PASSWORD);
    dw_password_name(SECRET, DW_SPAN("Aladdin"), DW_SPAN("open sesame"), name);
    assert_memory_equal(decision.name, name, DW_FACT_NAME);
}

static void what_is_known_is_who_is_calling(void **state)
{
    struct dw_decision decision;

    (void)state;
    know("Aladdin", "open sesame");
    decision = decide(DW_SPAN(ALADDIN));
    assert_int_equal(decision.reason, DW_ALLOWED_PASSWORD);
    assert_span(decision.account, "Aladdin");
    assert_span(decision.subject, "genie");
    assert_span(decision.scope, "wish");
    assert_true(decision.cached);
}

/* Another password of the same user, another user with the same one, or another secret. */
static void what_is_known_of_others_says_nothing(void **state)
{
    static const uint8_t OTHER_SECRET[32] = "another of thirty-two bytes.....";

    (void)state;
    know("Aladdin", "open sesam");
    assert_int_equal(decide(DW_SPAN(ALADDIN)).reason, DW_ASK_PASSWORD);
    know("aladdin", "open sesame");
    assert_int_equal(decide(DW_SPAN(ALADDIN)).reason, DW_ASK_PASSWORD);
    know("Aladdin", "open sesame");
    answers.secret = OTHER_SECRET;
    assert_int_equal(decide(DW_SPAN(ALADDIN)).reason, DW_ASK_PASSWORD);
}

static void without_a_secret_nothing_can_be_known(void **state)
{
    (void)state;
    know("Aladdin", "open sesame");
    answers.secret = NULL;
    assert_int_equal(decide(DW_SPAN(ALADDIN)).reason, DW_ASK_PASSWORD);
    answers.asking = DW_CANNOT_ASK;
    assert_int_equal(decide(DW_SPAN(ALADDIN)).reason, DW_GUARD_UNREACHABLE);
    answers.asking = DW_HAVE_ASKED;
    assert_int_equal(decide(DW_SPAN(ALADDIN)).reason, DW_GUARD_UNREACHABLE);
}

/* The name is for the log; the password is for whoever is asked, and for nobody else. */
static void the_password_stays_only_to_be_asked_about(void **state)
{
    struct dw_decision decision;

    (void)state;
    (void)decide(DW_SPAN(ALADDIN));
    assert_true(work_holds("open sesame"));
    answers.asking = DW_HAVE_ASKED;
    answers.heard = DW_BASIC_PASSWORD;
    decision = decide(DW_SPAN(ALADDIN));
    assert_int_equal(decision.reason, DW_BASIC_PASSWORD);
    assert_span(decision.account, "Aladdin");
    assert_null(decision.password.at);
    assert_false(work_holds("sesame"));
    know("Aladdin", "open sesame");
    assert_int_equal(decide(DW_SPAN(ALADDIN)).verdict, DW_ALLOW);
    assert_false(work_holds("sesame"));
    assert_int_equal(decide(DW_SPAN("Basic QWxhZGRpbiBvcGVuIHNlc2FtZQ==")).reason, DW_BASIC_COLON);
    assert_false(work_holds("sesame"));
}

/* -- The challenge --------------------------------------------------------------------------------- */

static void the_challenge_asks_for_utf8(void **state)
{
    static char buffer[DW_DENIAL_SIZE];
    const struct dw_request request = {
        .method = DW_SPAN("GET"), .target = DW_SPAN("/"), .now = NOW};
    struct dw_decision decision;
    struct dw_denial denial;

    (void)state;
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    assert_int_equal(decision.reason, DW_HEADER_MISSING);
    assert_int_equal(dw_denial_write(&POLICY, &request, &decision, DW_SPAN("id1"), buffer,
                                     sizeof(buffer), &denial),
                     0);
    assert_int_equal(denial.status, 401);
    assert_span(denial.fields[0].name, "WWW-Authenticate");
    assert_span(denial.fields[0].value, "Basic realm=\"the \\\"cave\\\"\", charset=\"UTF-8\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(vectors, forget),
        cmocka_unit_test_setup(every_prefix, forget),
        cmocka_unit_test_setup(enormous_fields_are_not_decoded, forget),
        cmocka_unit_test_setup(who_asks_is_told_name_and_password, forget),
        cmocka_unit_test_setup(what_is_known_is_who_is_calling, forget),
        cmocka_unit_test_setup(what_is_known_of_others_says_nothing, forget),
        cmocka_unit_test_setup(without_a_secret_nothing_can_be_known, forget),
        cmocka_unit_test_setup(the_password_stays_only_to_be_asked_about, forget),
        cmocka_unit_test_setup(the_challenge_asks_for_utf8, forget),
    };

    return RUN_TAP(tests);
}
