/* SPDX-License-Identifier: Apache-2.0 */
#include "denial_fields.h"

static const struct dw_route PAGES = {
    .path = "/", .accept = {DW_SCHEME_COOKIE, DW_SCHEME_BASIC, DW_SCHEME_DIGEST}};
static const struct dw_policy POLICY = {.realm = "api.example.com"};
static const struct dw_policy SITE = {.schemes.cookie.sign_in = "/sign-in&up"};

static char buffer[DW_DENIAL_SIZE];

static struct dw_denial write_denial(const struct dw_policy *policy,
                                     const struct dw_request *request, struct dw_decision decision)
{
    struct dw_denial denial;

    print_message("# %s\n", dw_reason_text(decision.reason)->name);
    assert_int_equal(dw_denial_write(policy, request, &decision, DW_SPAN("abc123"), buffer,
                                     sizeof(buffer), &denial),
                     0);
    return denial;
}

static struct dw_denial denial_for(const struct dw_policy *policy, struct dw_decision decision,
                                   const char *accept)
{
    const struct dw_field field = {DW_SPAN("accept"), dw_span_of(accept)};
    const struct dw_request request = {.fields = &field, .n_fields = accept == NULL ? 0 : 1};

    return write_denial(policy, &request, decision);
}

/* -- The body -------------------------------------------------------------------------------------- */

static void the_body_is_what_accept_prefers(void **state)
{
    static const struct {
        const char *accept, *type;
    } CASES[] = {
        {NULL, "application/problem+json"},
        {"", "application/problem+json"},
        {"*/*", "application/problem+json"},
        {"image/png", "application/problem+json"},
        {"application/*", "application/problem+json"},
        {"application/json", "application/json"},
        {"Application/JSON;charset=utf-8", "application/json"},
        {"application/json, application/problem+json", "application/problem+json"},
        {"application/problem+json;q=0.1, application/json;q=0.2", "application/json"},
        {"application/problem+json;q=0, */*", "application/json"},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
         "text/html; charset=utf-8"},
        {"text/html;q=0.5, application/json;q=0.51", "application/json"},
        {"text/html;q=0, */*;q=0.1", "application/problem+json"},
        {"text/*", "text/html; charset=utf-8"},
        {";;;,,,q=1,", "application/problem+json"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_decision decision = {.reason = DW_TOKEN_EXPIRED};
        const struct dw_denial denial = denial_for(&POLICY, decision, CASES[i].accept);
        print_message("# %s\n", CASES[i].accept == NULL ? "(none)" : CASES[i].accept);
        assert_span(field_of(&denial, "Content-Type", 0), CASES[i].type);
        assert_int_equal(count_fields(&denial, "Content-Security-Policy"),
                         CASES[i].type[0] == 't' ? 1 : 0);
    }
}

static void bodies_say_no_more_than_they_should(void **state)
{
    const struct dw_decision expired = {.reason = DW_TOKEN_EXPIRED};
    const struct dw_decision attempts = {.reason = DW_ATTEMPTS};
    struct dw_denial denial;

    (void)state;
    denial = denial_for(&POLICY, expired, "application/problem+json");
    assert_span(denial.body, "{\"title\":\"Unauthorized\",\"status\":401,"
                             "\"detail\":\"The token has expired.\",\"error\":\"invalid_token\","
                             "\"id\":\"abc123\"}\n");
    denial = denial_for(&POLICY, expired, "application/json");
    assert_span(denial.body,
                "{\"error\":\"invalid_token\","
                "\"error_description\":\"The token has expired.\",\"id\":\"abc123\"}\n");
    denial = denial_for(&POLICY, attempts, "application/problem+json");
    assert_span(denial.body, "{\"title\":\"Too Many Requests\",\"status\":429,"
                             "\"detail\":\"Too many wrong attempts; wait a little.\","
                             "\"id\":\"abc123\"}\n");
    denial = denial_for(&POLICY, attempts, "application/json");
    assert_true(span_holds(denial.body, "\"error\":\"too_many_requests\""));
    denial = denial_for(&POLICY, (struct dw_decision){.reason = DW_HEADER_MISSING}, "text/html");
    assert_true(span_holds(denial.body, "<h1>Unauthorized</h1>"));
    assert_true(span_holds(denial.body, "Sign in."));
    assert_true(span_holds(denial.body, "abc123"));
    assert_false(span_holds(denial.body, "<form"));
}

/* -- The form to sign in --------------------------------------------------------------------------- */

static struct dw_denial page_for(enum dw_reason reason, const struct dw_route *route,
                                 const char *target)
{
    const struct dw_field field = {DW_SPAN("Accept"), DW_SPAN("text/html")};
    const struct dw_request request = {
        .target = dw_span_of(target), .fields = &field, .n_fields = 1};

    return write_denial(&SITE, &request, (struct dw_decision){.reason = reason, .route = route});
}

static void a_form_stands_where_a_session_helps(void **state)
{
    const struct dw_route hidden = {.path = "/", .hide = true, .accept = {DW_SCHEME_COOKIE}};
    const struct dw_route lenient = {.path = "/", .malformed = 400, .accept = {DW_SCHEME_COOKIE}};
    const struct dw_route tokens = {.path = "/", .accept = {DW_SCHEME_BEARER}};
    const struct {
        enum dw_reason reason;
        const struct dw_route *route;
        bool form;
    } cases[] = {
        {DW_HEADER_MISSING, NULL, false},      {DW_HEADER_MISSING, &tokens, false},
        {DW_HEADER_MISSING, &hidden, false},   {DW_HEADER_QUOTED, &lenient, false},
        {DW_COOKIE_CROSS_SITE, &PAGES, false}, {DW_ATTEMPTS, &PAGES, false},
        {DW_GUARD_BUSY, &PAGES, false},        {DW_HEADER_MISSING, &PAGES, true},
        {DW_COOKIE_EXPIRED, &PAGES, true},     {DW_STEPUP_AGE, &PAGES, true},
        {DW_BASIC_PASSWORD, &PAGES, true},
    };
    struct dw_denial denial;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        denial = page_for(cases[i].reason, cases[i].route, "/");
        assert_int_equal(span_holds(denial.body, "<form method=\"post\""), cases[i].form);
        assert_int_equal(span_holds(denial.body, "<h1>Sign in</h1>"), cases[i].form);
    }
    denial = denial_for(&POLICY, (struct dw_decision){.route = &PAGES, .reason = DW_HEADER_MISSING},
                        "text/html");
    assert_false(span_holds(denial.body, "<form"));
}

static void a_page_says_what_went_wrong(void **state)
{
    static const struct {
        enum dw_reason reason;
        const char *alert;
    } CASES[] = {
        {DW_HEADER_MISSING, NULL},
        {DW_SCHEME_UNSUPPORTED, NULL},
        {DW_COOKIE_EXPIRED, "<p role=\"alert\">The session has ended. Sign in again.</p>"},
        {DW_BASIC_PASSWORD, "<p role=\"alert\">The user name or the password is wrong. "
                            "Try again; mind capital letters.</p>"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct dw_denial denial = page_for(CASES[i].reason, &PAGES, "/");
        assert_true(span_holds(denial.body, CASES[i].alert == NULL ? "" : CASES[i].alert));
        assert_int_equal(span_holds(denial.body, "<p role"), CASES[i].alert != NULL);
    }
}

static void a_form_leads_back_and_nowhere_else(void **state)
{
    static char longest[1024 + 1], too_long[1024 + 2];
    const struct {
        const char *target, *value;
    } cases[] = {
        {NULL, NULL},
        {"", NULL},
        {"*", NULL},
        {"a", NULL},
        {"//elsewhere.example/", NULL},
        {"/\\elsewhere.example/", NULL},
        {"/a\\..\\b", NULL},
        {"https://elsewhere.example/", NULL},
        {"/\t/elsewhere.example", NULL},
        {"/a\r\nb", NULL},
        {too_long, NULL},
        {"/", "value=\"/\""},
        {"/a?b=c&d='\"<x>", "value=\"/a?b=c&amp;d=&#39;&quot;&lt;x&gt;\""},
        {longest, longest},
    };

    (void)state;
    memset(longest, '/', sizeof(longest) - 1);
    memset(too_long, 'a', sizeof(too_long) - 1);
    longest[1] = 'a';
    too_long[0] = '/';
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct dw_denial denial = page_for(DW_HEADER_MISSING, &PAGES, cases[i].target);
        print_message("# target %zu\n", i);
        assert_true(span_holds(denial.body, "<form"));
        assert_int_equal(span_holds(denial.body, "name=\"return\""), cases[i].value != NULL);
        assert_true(span_holds(denial.body, cases[i].value == NULL ? "" : cases[i].value));
    }
}

static void a_name_need_not_be_typed_again(void **state)
{
    static char longest[128 + 1], too_long[128 + 2];
    const struct {
        enum dw_scheme scheme;
        const char *account, *value;
    } cases[] = {
        {DW_SCHEME_COOKIE, NULL, NULL},
        {DW_SCHEME_BASIC, "joe", NULL},
        {DW_SCHEME_COOKIE, too_long, NULL},
        {DW_SCHEME_COOKIE, "joe", " value=\"joe\">"},
        {DW_SCHEME_COOKIE, "\"><b>'&", " value=\"&quot;&gt;&lt;b&gt;&#39;&amp;\">"},
        {DW_SCHEME_COOKIE, longest, longest},
    };
    const struct dw_field field = {DW_SPAN("Accept"), DW_SPAN("text/html")};
    const struct dw_request request = {.target = DW_SPAN("/"), .fields = &field, .n_fields = 1};

    (void)state;
    memset(longest, 'l', sizeof(longest) - 1);
    memset(too_long, 'l', sizeof(too_long) - 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct dw_denial denial =
            write_denial(&SITE, &request,
                         (struct dw_decision){.reason = DW_BASIC_PASSWORD,
                                              .route = &PAGES,
                                              .scheme = cases[i].scheme,
                                              .account = dw_span_of(cases[i].account)});
        print_message("# account %zu\n", i);
        assert_true(span_holds(denial.body, cases[i].value == NULL ? "" : cases[i].value));
        assert_int_equal(span_holds(denial.body, "required autofocus>\n<label"),
                         cases[i].value == NULL);
        assert_int_equal(span_holds(denial.body, "required autofocus>\n<input type=\"hidden\""),
                         cases[i].value != NULL);
    }
}

/* What a reader of screens, a password manager and a browser without scripts need. */
static void a_form_is_good_for_everybody(void **state)
{
    static const char *const PARTS[] = {
        "<html lang=\"en\">",
        "name=\"viewport\"",
        "prefers-color-scheme:dark",
        "<main>",
        "<label for=\"username\">",
        "id=\"username\" name=\"username\" autocomplete=\"username\"",
        "<label for=\"password\">",
        "id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\"",
        "action=\"/sign-in&amp;up\"",
        "<button>Sign in</button>",
        "<code>abc123</code>",
    };
    const struct dw_denial denial = page_for(DW_COOKIE_EXPIRED, &PAGES, "/a");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
        print_message("# %s\n", PARTS[i]);
        assert_true(span_holds(denial.body, PARTS[i]));
    }
    assert_false(span_holds(denial.body, "<script"));
    assert_false(span_holds(denial.body, " style="));
    assert_true(denial.body.len < 4096);
    assert_span(field_of(&denial, "Content-Security-Policy", 0),
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                "frame-ancestors 'none'");
}

/* -- The size that always suffices ----------------------------------------------------------------- */

#define LONGEST_WORDS \
    3 /* of DW_TEXT_MAX bytes that fit DW_SCOPE_MAX; one that is shorter fills it */

/* Everything that is written, as long as it may be and made of what is escaped the longest. */
struct longest {
    char word[DW_TEXT_MAX + 1], rest[DW_TEXT_MAX + 1], quotes[DW_TEXT_MAX + 1];
    char url[DW_TEXT_MAX + 1], path[DW_TEXT_MAX + 1], origin[DW_TEXT_MAX + 1];
    char name[DW_TEXT_MAX + 1], scope[DW_SCOPE_MAX + 1], target[1024 + 1];
    const char *words[LONGEST_WORDS + 1], *origins[1];
};

static void fill(char *text, size_t size, const char *begin, char c)
{
    memset(text, c, size - 1);
    memcpy(text, begin, strlen(begin));
    text[size - 1] = '\0';
}

static void make_longest(struct longest *most)
{
    fill(most->word, sizeof(most->word), "", 'w');
    fill(most->rest, DW_SCOPE_MAX - LONGEST_WORDS * (DW_TEXT_MAX + 1), "", 'r');
    fill(most->quotes, sizeof(most->quotes), "", '"');
    fill(most->url, sizeof(most->url), "https://a/", 'u');
    fill(most->path, sizeof(most->path), "/", '\'');
    fill(most->origin, sizeof(most->origin), "https://", 'o');
    fill(most->name, sizeof(most->name), "", 'n');
    fill(most->scope, sizeof(most->scope), "", '"');
    fill(most->target, sizeof(most->target), "/", '"');
    for (size_t i = 0; i < LONGEST_WORDS; i++) {
        most->words[i] = most->word;
    }
    most->words[LONGEST_WORDS] = most->rest;
    most->origins[0] = most->origin;
}

static void the_longest_answer_fits(void **state)
{
    static struct longest most;
    static const enum dw_reason REASONS[] = {DW_HEADER_MISSING, DW_STEPUP_ACR, DW_TOKEN_EXPIRED,
                                             DW_SCOPE_INSUFFICIENT};
    const struct dw_list words = {most.words, LONGEST_WORDS + 1};
    const struct dw_route route = {.path = "/",
                                   .max_age = INT32_MAX,
                                   .acr = words,
                                   .scope = words,
                                   .cors.origins = {most.origins, 1},
                                   .accept = {DW_SCHEME_BEARER, DW_SCHEME_BASIC, DW_SCHEME_DIGEST,
                                              DW_SCHEME_APIKEY, DW_SCHEME_COOKIE,
                                              DW_SCHEME_CERTIFICATE, DW_SCHEME_DPOP}};
    const struct dw_policy policy = {
        .realm = most.quotes,
        .routes = &route,
        .n_routes = 1,
        .resource.metadata = most.url,
        .schemes = {.digest = {.algorithms = (1u << DW_DIGESTS_END) - 1, .auth_int = 1},
                    .apikey = {.field = most.name, .query = most.name},
                    .cookie = {.name = most.name, .sign_in = most.path}}};
    const struct dw_field fields[] = {{DW_SPAN("Accept"), DW_SPAN("text/*")},
                                      {DW_SPAN("Content-Length"), DW_SPAN("1")},
                                      {DW_SPAN("Origin"), {most.origin, DW_TEXT_MAX}}};
    const struct dw_request request = {.target = {most.target, 1024},
                                       .fields = fields,
                                       .n_fields = COUNT_OF(fields),
                                       .scope = {most.scope, DW_SCOPE_MAX},
                                       .realm = {most.quotes, DW_TEXT_MAX}};
    const char *fault = "";

    (void)state;
    make_longest(&most);
    const int error = dw_policy_check(&policy, &fault);
    assert_string_equal(fault, "");
    assert_int_equal(error, 0);
    for (size_t i = 0; i < COUNT_OF(REASONS); i++) {
        const struct dw_decision decision = {.reason = REASONS[i],
                                             .route = &route,
                                             .scheme = DW_SCHEME_BEARER,
                                             .digest_nonce = {most.word, 128},
                                             .dpop_nonce = {most.word, 128}};
        const struct dw_denial denial = write_denial(&policy, &request, decision);
        const bool is_401 = REASONS[i] != DW_SCOPE_INSUFFICIENT;
        assert_int_equal(count_fields(&denial, "WWW-Authenticate"), is_401 ? 9 : 1);
        assert_int_equal(count_fields(&denial, "Access-Control-Allow-Origin"), 1);
        assert_int_equal(span_holds(denial.body, "name=\"return\""), is_401);
        print_message("# %zu fields, %zu bytes\n", denial.n_fields,
                      (size_t)(denial.body.at - buffer) + denial.body.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_is_what_accept_prefers),
        cmocka_unit_test(bodies_say_no_more_than_they_should),
        cmocka_unit_test(a_form_stands_where_a_session_helps),
        cmocka_unit_test(a_page_says_what_went_wrong),
        cmocka_unit_test(a_form_leads_back_and_nowhere_else),
        cmocka_unit_test(a_name_need_not_be_typed_again),
        cmocka_unit_test(a_form_is_good_for_everybody),
        cmocka_unit_test(the_longest_answer_fits),
    };
    return RUN_TAP(tests);
}
