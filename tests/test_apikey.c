/* SPDX-License-Identifier: Apache-2.0 */
#include "one_fact.h"

#include "guard_page.h"
#include "schemes.h"
#include "vector_file.h"

#define KEY    "dw_qQ4mb8gdEqno_00Eoh211G4c8wtVWM00my5rsNSFlKgaW2qO7fV"
#define KEY_ID "qQ4mb8gdEqno"
#define CLAIMS "{\"sub\":\"robot\",\"jti\":\"" KEY_ID "\",\"scope\":\"read\""

static const char *const READ[] = {"read"};
static const struct dw_route ROUTES[] = {
    {.path = "/bearer", .accept = {DW_SCHEME_BEARER}},
    {.path = "/**", .scope = {READ, 1}, .accept = {DW_SCHEME_APIKEY}},
};
static const struct dw_policy PLAIN = {.routes = ROUTES, .n_routes = COUNT_OF(ROUTES)};
static const struct dw_policy QUERY = {.schemes.apikey = {.field = "Api-Token", .query = "key"},
                                       .routes = ROUTES,
                                       .n_routes = COUNT_OF(ROUTES)};

/* -- Keys ------------------------------------------------------------------------------------------ */

static void write_vector(const struct vector *vector, const struct vector_line *random)
{
    uint8_t bytes[DW_APIKEY_RANDOM];
    char key[DW_APIKEY_SIZE];
    const struct dw_span expected = vector_value(vector, "key");
    const char *prefix = vector_value(vector, "prefix").at;

    assert_int_equal(random->len, 2 * sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        const char digits[] = {random->value[2 * i], random->value[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    memset(key, '#', sizeof(key));
    assert_int_equal(dw_apikey_write(prefix, bytes, key, expected.len), DW_ERR_SIZE);
    assert_int_equal(key[0], '#');
    assert_int_equal(dw_apikey_write(prefix, bytes, key, expected.len + 1), 0);
    assert_string_equal(key, expected.at);
}

static void run_vector(const struct vector *vector)
{
    const struct vector_line *random = vector_line(vector, "random", 0);
    const struct dw_span key = vector_value(vector, "key");
    const struct dw_span expected = vector_value(vector, "reason");
    struct guarded guarded = guard_bytes(key.at, key.len);
    struct dw_span id = DW_SPAN("untouched");

    print_message("# %s:%d\n", vector->path, vector->number);
    const enum dw_reason reason =
        dw_apikey_parse(guarded.span, vector_value(vector, "prefix").at, &id);
    assert_reason(reason, dw_reason_find(expected));
    if (reason == DW_REASON_NONE) {
        assert_span(id, vector_value(vector, "id").at);
    } else {
        assert_span(id, "untouched");
    }
    guard_release(&guarded);
    if (random != NULL) {
        write_vector(vector, random);
    }
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/apikey/*.txt", run_vector), 1);
}

static void no_typing_error_is_a_key(void **state)
{
    struct dw_span id;
    char key[] = KEY;

    (void)state;
    for (size_t len = 0; len < sizeof(key) - 1; len++) {
        struct guarded guarded = guard_bytes(key, len);
        assert_reason(dw_apikey_parse(guarded.span, NULL, &id), DW_APIKEY_PARTIAL);
        guard_release(&guarded);
    }
    for (size_t at = 0; at < sizeof(key) - 1; at++) {
        for (int c = 0; c < 256; c++) {
            key[at] = (char)c;
            const enum dw_reason reason =
                dw_apikey_parse((struct dw_span){key, sizeof(key) - 1}, NULL, &id);
            assert_int_equal(reason == DW_REASON_NONE, key[at] == KEY[at]);
        }
        key[at] = KEY[at];
    }
}

static void a_prefix_is_a_word(void **state)
{
    static const char *const WRONG[] = {"", "1a", "a_b", "a-b", "Abcdefgh012345678", "d\xc3\xbc"};
    const uint8_t random[DW_APIKEY_RANDOM] = {0};
    char key[2 * DW_APIKEY_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        assert_int_equal(dw_apikey_write(WRONG[i], random, key, sizeof(key)), DW_ERR_SYNTAX);
    }
    assert_int_equal(dw_apikey_write(NULL, random, key, DW_APIKEY_SIZE), 0);
    assert_memory_equal(key, "dw_0", 4);
}

static void a_key_is_known_by_its_prefix(void **state)
{
    const struct dw_policy other = {.schemes.apikey.prefix = "acme"};

    (void)state;
    assert_true(apikey_is_one(&PLAIN, DW_SPAN(KEY)));
    assert_true(apikey_is_one(&PLAIN, DW_SPAN("dw_")));
    assert_false(apikey_is_one(&PLAIN, DW_SPAN("dw")));
    assert_false(apikey_is_one(&PLAIN, DW_SPAN("dwx_")));
    assert_false(apikey_is_one(&PLAIN, SPAN_NONE));
    assert_false(apikey_is_one(&other, DW_SPAN(KEY)));
    assert_true(apikey_is_one(&other, DW_SPAN("acme_1")));
}

/* -- Where a key stands -------------------------------------------------------------------------------- */

static struct dw_decision ask(const struct dw_policy *policy, const char *target,
                              const struct dw_field *fields, size_t n)
{
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = dw_span_of(target),
                                       .fields = fields,
                                       .n_fields = n,
                                       .now = NOW};

    return decide(policy, &request);
}

static void a_key_stands_in_one_place(void **state)
{
    static const struct {
        const struct dw_policy *policy;
        const char *target;
        const char *first, *first_value, *second, *second_value;
        enum dw_reason reason;
    } CASES[] = {
        {&PLAIN, "/", NULL, NULL, NULL, NULL, DW_HEADER_MISSING},
        {&PLAIN, "/", "x-api-key", KEY, NULL, NULL, DW_ASK_APIKEY},
        {&PLAIN, "/", "X-API-Key", " \t" KEY " ", NULL, NULL, DW_ASK_APIKEY},
        {&PLAIN, "/", "Authorization", "Api-Key " KEY, NULL, NULL, DW_ASK_APIKEY},
        {&PLAIN, "/", "Authorization", "ApiKey " KEY, NULL, NULL, DW_ASK_APIKEY},
        {&PLAIN, "/", "Authorization", "Bearer " KEY, NULL, NULL, DW_ASK_APIKEY},
        {&PLAIN, "/", "X-API-Key", "", NULL, NULL, DW_HEADER_EMPTY},
        {&PLAIN, "/", "X-API-Key", "  ", NULL, NULL, DW_HEADER_EMPTY},
        {&PLAIN, "/", "Authorization", "Api-Key", NULL, NULL, DW_HEADER_EMPTY},
        {&PLAIN, "/", "X-API-Key", "Bearer " KEY, NULL, NULL, DW_APIKEY_PARTIAL},
        {&PLAIN, "/", "X-API-Key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", NULL, NULL,
         DW_APIKEY_PARTIAL},
        {&PLAIN, "/", "X-API-Key", "dw_qQ4mb8gdEqno_00Eoh211G4c8wtVWM00my5rsNSFlKgaW2qO7fW", NULL,
         NULL, DW_APIKEY_CHECKSUM},
        {&PLAIN, "/", "X-API-Key", KEY, "X-Api-Key", KEY, DW_HEADER_METHODS},
        {&PLAIN, "/", "X-API-Key", KEY, "Authorization", "Api-Key " KEY, DW_HEADER_METHODS},
        {&PLAIN, "/", "X-API-Key", KEY, "Authorization", "Bearer " KEY, DW_HEADER_METHODS},
        {&PLAIN, "/", "Api-Token", KEY, NULL, NULL, DW_HEADER_MISSING},
        {&PLAIN, "/?key=" KEY, NULL, NULL, NULL, NULL, DW_HEADER_LOCATION},
        {&PLAIN, "/?a&api_key=x", NULL, NULL, NULL, NULL, DW_HEADER_LOCATION},
        {&PLAIN, "/?apikey=x", NULL, NULL, NULL, NULL, DW_HEADER_LOCATION},
        {&PLAIN, "/?access_token=x", NULL, NULL, NULL, NULL, DW_HEADER_LOCATION},
        {&PLAIN, "/?key=left", NULL, NULL, NULL, NULL, DW_HEADER_MISSING},
        {&PLAIN, "/bearer?key=" KEY, NULL, NULL, NULL, NULL, DW_HEADER_LOCATION},
        {&PLAIN, "/?key=" KEY, "X-API-Key", KEY, NULL, NULL, DW_ASK_APIKEY},
        {&QUERY, "/", "Api-Token", KEY, NULL, NULL, DW_ASK_APIKEY},
        {&QUERY, "/", "X-API-Key", KEY, NULL, NULL, DW_HEADER_MISSING},
        {&QUERY, "/?key=" KEY, NULL, NULL, NULL, NULL, DW_ASK_APIKEY},
        {&QUERY, "/?a=b&key=dw%5fqQ4mb8gdEqno%5F%300Eoh211G4c8wtVWM00my5rsNSFlKgaW2qO7fV#x", NULL,
         NULL, NULL, NULL, DW_ASK_APIKEY},
        {&QUERY, "/?key=", NULL, NULL, NULL, NULL, DW_HEADER_EMPTY},
        {&QUERY, "/?key", NULL, NULL, NULL, NULL, DW_HEADER_EMPTY},
        {&QUERY, "/?key=%", NULL, NULL, NULL, NULL, DW_APIKEY_PARTIAL},
        {&QUERY, "/?key=dw%5", NULL, NULL, NULL, NULL, DW_APIKEY_PARTIAL},
        {&QUERY, "/?key=dw%5g" KEY, NULL, NULL, NULL, NULL, DW_APIKEY_PARTIAL},
        {&QUERY, "/?key=" KEY "&key=" KEY, NULL, NULL, NULL, NULL, DW_HEADER_METHODS},
        {&QUERY, "/?key=" KEY, "Api-Token", KEY, NULL, NULL, DW_HEADER_METHODS},
        {&QUERY, "/?key=" KEY, "Authorization", "Api-Key " KEY, NULL, NULL, DW_HEADER_METHODS},
        {&QUERY, "/?Key=" KEY, NULL, NULL, NULL, NULL, DW_HEADER_MISSING},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_field fields[] = {
            {dw_span_of(CASES[i].first), dw_span_of(CASES[i].first_value)},
            {dw_span_of(CASES[i].second), dw_span_of(CASES[i].second_value)}};
        const size_t n = CASES[i].first == NULL ? 0 : CASES[i].second == NULL ? 1 : 2;
        print_message("# %zu %s\n", i, CASES[i].target);
        const struct dw_decision decision = ask(CASES[i].policy, CASES[i].target, fields, n);
        assert_reason(decision.reason, CASES[i].reason);
        if (decision.reason == DW_ASK_APIKEY) {
            assert_span(decision.token, KEY);
        }
    }
}

static void what_is_looked_at_is_bounded(void **state)
{
    static char value[100000];
    const struct dw_field field = {DW_SPAN("X-API-Key"), {value, sizeof(value)}};

    (void)state;
    memset(value, 'a', sizeof(value));
    memcpy(value, "/?key=%61", 9);
    assert_reason(ask(&PLAIN, "/", &field, 1).reason, DW_APIKEY_PARTIAL);
    value[sizeof(value) - 1] = '\0';
    assert_reason(ask(&QUERY, value, NULL, 0).reason, DW_APIKEY_PARTIAL);
}

/* -- Whose it is ------------------------------------------------------------------------------------- */

static struct dw_decision ask_with_key(void)
{
    const struct dw_field field = {DW_SPAN("X-API-Key"), DW_SPAN(KEY)};

    return ask(&PLAIN, "/", &field, 1);
}

static void a_key_is_looked_up_under_its_hash(void **state)
{
    const struct dw_decision decision = ask_with_key();
    uint8_t name[DW_FACT_NAME];

    (void)state;
    dw_fact_name(DW_FACT_APIKEY, DW_SPAN(KEY), name);
    assert_int_equal(decision.scheme, DW_SCHEME_APIKEY);
    assert_int_equal(decision.fact, DW_FACT_APIKEY);
    assert_memory_equal(decision.name, name, sizeof(name));
    assert_span(decision.account, KEY_ID);
    assert_span(decision.credential, KEY_ID);
    assert_null(decision.subject.at);
    assert_null(decision.password.at);
}

static void what_was_found_out_is_heard(void **state)
{
    static const enum dw_reason HEARD[] = {DW_APIKEY_UNKNOWN, DW_APIKEY_REVOKED, DW_APIKEY_ROTATED,
                                           DW_APIKEY_EXPIRED};

    (void)state;
    answers.asking = DW_HAVE_ASKED;
    for (size_t i = 0; i < COUNT_OF(HEARD); i++) {
        answers.heard = HEARD[i];
        assert_reason(ask_with_key().reason, HEARD[i]);
    }
    assert_true(dw_reason_is_guess(DW_APIKEY_UNKNOWN));
    assert_false(dw_reason_is_guess(DW_APIKEY_CHECKSUM));
}

static void a_known_key_is_judged(void **state)
{
    struct dw_decision decision = ask_with_key();

    (void)state;
    remember(&decision, CLAIMS "}");
    decision = ask_with_key();
    assert_reason(decision.reason, DW_ALLOWED_APIKEY);
    assert_span(decision.subject, "robot");
    assert_span(decision.credential, KEY_ID);
    assert_true(decision.cached);
    memory.revoked = true;
    assert_reason(ask_with_key().reason, DW_APIKEY_REVOKED);
    memory.revoked = false;
    memory.known.claims = DW_SPAN(CLAIMS ",\"exp\":1700000000}");
    assert_reason(ask_with_key().reason, DW_APIKEY_EXPIRED);
    memory.known.claims = DW_SPAN("{\"sub\":\"robot\"}");
    assert_reason(ask_with_key().reason, DW_SCOPE_INSUFFICIENT);
}

static void the_challenge_says_where_a_key_goes(void **state)
{
    const struct dw_request request = {
        .method = DW_SPAN("GET"), .target = DW_SPAN("/"), .now = NOW};

    (void)state;
    assert_challenge(&PLAIN, &request, "Api-Key realm=\"api\", field=\"X-API-Key\"");
    assert_challenge(&QUERY, &request, "Api-Key realm=\"api\", field=\"Api-Token\", query=\"key\"");
}

#define CASE(function) cmocka_unit_test_setup(function, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(vectors),
        CASE(no_typing_error_is_a_key),
        CASE(a_prefix_is_a_word),
        CASE(a_key_is_known_by_its_prefix),
        CASE(a_key_stands_in_one_place),
        CASE(what_is_looked_at_is_bounded),
        CASE(a_key_is_looked_up_under_its_hash),
        CASE(what_was_found_out_is_heard),
        CASE(a_known_key_is_judged),
        CASE(the_challenge_says_where_a_key_goes),
    };

    return RUN_TAP(tests);
}
