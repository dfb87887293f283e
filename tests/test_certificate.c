/* SPDX-License-Identifier: Apache-2.0 */
#include "one_fact.h"

#include <openssl/err.h>

#include "guard_page.h"
#include "schemes.h"
#include "vector_file.h"
#include "x509.h"

#define RFC9440_X5T "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes"
#define RFC9440_NOW INT64_C(1600000000)
#define FIELDS_MAX  2
#define SCOPES_MAX  4

static const struct dw_route ROUTE = {.path = "/**", .accept = {DW_SCHEME_CERTIFICATE}};

static struct dw_policy policy_with(const struct dw_certificate_rule *rule)
{
    return (struct dw_policy){
        .leeway = 30,
        .schemes.certificate = {.field = "Client-Cert", .rules = rule, .n_rules = rule != NULL},
        .routes = &ROUTE,
        .n_routes = 1};
}

static struct dw_decision ask(const struct dw_policy *policy, const struct dw_field *fields,
                              size_t n, int64_t now)
{
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/"),
                                       .fields = fields,
                                       .n_fields = n,
                                       .now = now};

    return decide(policy, &request);
}

static struct dw_decision ask_with_der(const struct dw_policy *policy, struct dw_span der,
                                       int64_t now)
{
    const struct dw_request request = {
        .method = DW_SPAN("GET"), .target = DW_SPAN("/"), .certificate = der, .now = now};

    return decide(policy, &request);
}

/* -- The vectors --------------------------------------------------------------------------------- */

static struct vector_line rfc9440; /* its field, and that of the case before */
static struct vector_line last;

/* The certificate in a field: false if there is none. */
static bool decode(const struct vector_line *field, char *der, size_t *len)
{
    return field->len > 2 &&
           base64_parse((struct dw_span){field->value + 1, field->len - 2}, der, len) == 0;
}

static const char *value_or_null(const struct vector *vector, const char *key)
{
    return vector_value(vector, key).at;
}

static bool make_rule(const struct vector *vector, struct dw_certificate_rule *rule)
{
    static char words[VECTOR_LINE_SIZE];
    static const char *scope[SCOPES_MAX];
    size_t n = 0;

    (void)snprintf(words, sizeof(words), "%s",
                   value_or_null(vector, "scope") == NULL ? "" : value_or_null(vector, "scope"));
    for (char *word = words; *word != '\0' && n < SCOPES_MAX; n++) {
        scope[n] = word;
        word += strcspn(word, " ");
        if (*word == ' ') {
            *word++ = '\0';
        }
    }
    *rule = (struct dw_certificate_rule){.fingerprint = value_or_null(vector, "fingerprint"),
                                         .subject = value_or_null(vector, "subject"),
                                         .san = value_or_null(vector, "san"),
                                         .principal = value_or_null(vector, "principal"),
                                         .scope = {scope, n}};
    return rule->fingerprint != NULL || rule->subject != NULL || rule->san != NULL;
}

static void check_decision(const struct vector *vector, const struct dw_decision *decision)
{
    const char *granted = value_or_null(vector, "granted");
    const char *seen = value_or_null(vector, "seen");
    const char *credential = value_or_null(vector, "jti");

    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(decision->scheme, DW_SCHEME_CERTIFICATE);
    if (seen != NULL) {
        assert_span(decision->seen, seen);
    }
    if (value_or_null(vector, "sub") == NULL) {
        assert_reason(decision->reason, dw_reason_find(vector_value(vector, "reason")));
        assert_null(decision->subject.at);
        return;
    }
    assert_reason(decision->reason, DW_ALLOWED_CERTIFICATE);
    assert_span(decision->subject, value_or_null(vector, "sub"));
    assert_string_equal(memory.subject, value_or_null(vector, "sub"));
    assert_span(decision->scope, granted);
    assert_int_equal(decision->credential.len, 64);
    if (credential != NULL) {
        assert_span(decision->credential, credential);
    }
}

/* As a field, and as the TLS layer hands it on: the same decision. */
static void run_vector(const struct vector *vector)
{
    static char der[VECTOR_LINE_SIZE];
    struct guarded guarded[FIELDS_MAX];
    struct dw_field fields[FIELDS_MAX];
    struct dw_certificate_rule rule;
    const struct vector_line *now = vector_line(vector, "now", 0);
    const int64_t when = now == NULL ? NOW : strtoll(now->value, NULL, 10);
    const struct dw_policy policy = policy_with(make_rule(vector, &rule) ? &rule : NULL);
    size_t n = 0, len = 0;

    print_message("# %s:%d\n", vector->path, vector->number);
    last = vector_line(vector, "field", 0) != NULL ? *vector_line(vector, "field", 0) : last;
    do {
        const struct vector_line *line = vector_line(vector, "field", n);
        line = line == NULL ? &last : line;
        guarded[n] = guard_bytes(line->value, line->len);
        fields[n] = (struct dw_field){DW_SPAN("client-cert"), guarded[n].span};
    } while (vector_line(vector, "field", ++n) != NULL);
    const struct dw_decision decision = ask(&policy, fields, n, when);
    check_decision(vector, &decision);
    if (n == 1 && decode(&last, der, &len)) {
        struct guarded bytes = guard_bytes(der, len);
        const struct dw_decision same = ask_with_der(&policy, bytes.span, when);
        check_decision(vector, &same);
        guard_release(&bytes);
    }
    while (n > 0) {
        guard_release(&guarded[--n]);
    }
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/certificate/*.txt", run_vector), 3);
}

static void keep_first(const struct vector *vector)
{
    const struct vector_line *field = vector_line(vector, "field", 0);

    if (field != NULL && rfc9440.len == 0) {
        rfc9440 = *field;
    }
}

static int read_rfc9440(void **state)
{
    (void)vector_run_all("tests/vectors/certificate/rfc9440.txt", keep_first);
    return forget(state);
}

static struct dw_field rfc9440_field(void)
{
    return (struct dw_field){DW_SPAN("Client-Cert"), {rfc9440.value, rfc9440.len}};
}

/* -- Where it stands ------------------------------------------------------------------------------- */

static void a_field_is_read_only_where_somebody_sets_it(void **state)
{
    const struct dw_policy trusting = policy_with(NULL);
    struct dw_policy policy = trusting;
    const struct dw_field field = rfc9440_field();

    (void)state;
    assert_reason(ask(&trusting, &field, 1, RFC9440_NOW).reason, DW_ALLOWED_CERTIFICATE);
    assert_reason(ask(&trusting, NULL, 0, RFC9440_NOW).reason, DW_HEADER_MISSING);
    policy.schemes.certificate.field = NULL;
    assert_reason(ask(&policy, &field, 1, RFC9440_NOW).reason, DW_HEADER_MISSING);
}

/* Whoever speaks TLS with us is who they are, whatever else they claim. */
static void the_connection_comes_first(void **state)
{
    const struct dw_policy policy = policy_with(NULL);
    const struct dw_field field = rfc9440_field();
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/"),
                                       .fields = &field,
                                       .n_fields = 1,
                                       .certificate = DW_SPAN("0"),
                                       .now = RFC9440_NOW};

    (void)state;
    assert_reason(decide(&policy, &request).reason, DW_MTLS_MALFORMED);
}

static void sizes_are_bounded(void **state)
{
    static char text[2 * 16384];
    const struct dw_policy policy = policy_with(NULL);
    const struct dw_field field = {DW_SPAN("Client-Cert"), {text, sizeof(text)}};
    const struct dw_field less = {DW_SPAN("Client-Cert"), {text, 21850}};

    (void)state;
    memset(text, 'A', sizeof(text));
    text[0] = text[21849] = text[sizeof(text) - 1] = ':';
    assert_reason(ask(&policy, &field, 1, NOW).reason, DW_MTLS_MALFORMED);
    assert_reason(ask(&policy, &less, 1, NOW).reason, DW_MTLS_MALFORMED);
    assert_reason(ask_with_der(&policy, (struct dw_span){text, 16384}, NOW).reason,
                  DW_MTLS_MALFORMED);
    assert_reason(ask_with_der(&policy, (struct dw_span){text, 16385}, NOW).reason,
                  DW_MTLS_MALFORMED);
}

/* Cut anywhere, or changed anywhere: never more than refused, and nothing is left behind. */
static void broken_bytes_do_no_harm(void **state)
{
    static char der[VECTOR_LINE_SIZE], room[4096];
    size_t len = 0;

    (void)state;
    assert_true(decode(&rfc9440, der, &len));
    for (size_t n = 0; n < len; n++) {
        struct guarded guarded = guard_bytes(der, n);
        struct x509 read = {.n_sans = 7};
        assert_int_equal(x509_read(guarded.span, room, sizeof(room), &read), DW_ERR_SYNTAX);
        assert_int_equal(read.n_sans, 7);
        guard_release(&guarded);
    }
    for (size_t at = 0; at < len; at++) {
        struct x509 read;
        for (unsigned bit = 0; bit < 8; bit++) {
            der[at] = (char)(der[at] ^ (1 << bit));
            const int error = x509_read((struct dw_span){der, len}, room, sizeof(room), &read);
            assert_true(error == 0 || error == DW_ERR_SYNTAX);
            der[at] = (char)(der[at] ^ (1 << bit));
        }
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void texts_that_do_not_fit_are_no_texts(void **state)
{
    static char der[VECTOR_LINE_SIZE], room[64];
    const size_t needed = strlen("CN=BC") + strlen("BC") + strlen("bdc@example.com");
    struct x509 read;
    size_t len = 0;

    (void)state;
    assert_true(decode(&rfc9440, der, &len));
    for (size_t size = 0; size < needed; size++) {
        assert_int_equal(x509_read((struct dw_span){der, len}, room, size, &read), DW_ERR_SIZE);
    }
    assert_int_equal(x509_read((struct dw_span){der, len}, room, needed, &read), 0);
    assert_span(read.subject, "CN=BC");
    assert_span(read.common_name, "BC");
    assert_span(read.sans[0].value, "bdc@example.com");
}

/* -- Whose it is ------------------------------------------------------------------------------------- */

static void the_first_rule_that_fits_says_who_it_is(void **state)
{
    static const char *const READ[] = {"read"};
    const struct dw_certificate_rule rules[] = {
        {.subject = "CN=other", .principal = "wrong"},
        {.san = "email:bdc@example.com", .principal = "right", .scope = {READ, 1}},
        {.subject = "CN=BC", .principal = "late"}};
    const struct dw_field field = rfc9440_field();
    struct dw_policy policy = policy_with(rules);

    (void)state;
    policy.schemes.certificate.n_rules = COUNT_OF(rules);
    const struct dw_decision decision = ask(&policy, &field, 1, RFC9440_NOW);
    assert_reason(decision.reason, DW_ALLOWED_CERTIFICATE);
    assert_span(decision.subject, "right");
    assert_span(decision.scope, "read");
    assert_null(decision.iss.at);
    memory.revoked = true;
    assert_reason(ask(&policy, &field, 1, RFC9440_NOW).reason, DW_MTLS_REVOKED);
    assert_string_equal(memory.subject, "right");
}

static void the_challenge_names_what_to_show(void **state)
{
    const struct dw_policy policy = policy_with(NULL);
    const struct dw_request request = {
        .method = DW_SPAN("GET"), .target = DW_SPAN("/"), .now = NOW};

    (void)state;
    assert_challenge(&policy, &request, "ClientCertificate realm=\"api\"");
}

/* -- A token bound to it ----------------------------------------------------------------------------- */

static enum dw_reason bind(struct dw_field field, size_t n, const char *x5t,
                           struct dw_decision *found)
{
    const struct dw_policy policy = policy_with(NULL);
    const struct dw_request request = {.fields = &field, .n_fields = n, .now = NOW};
    struct trial trial = {.policy = &policy,
                          .answers = &answers,
                          .request = &request,
                          .work = &memory.work,
                          .found = found};

    *found = (struct dw_decision){.verdict = DW_DENY};
    return certificate_is_bound(&trial, dw_span_of(x5t));
}

static void a_bound_token_wants_its_certificate(void **state)
{
    struct dw_decision found;

    (void)state;
    assert_reason(bind(rfc9440_field(), 0, RFC9440_X5T, &found), DW_TOKEN_BOUND_CERT);
    assert_reason(bind(rfc9440_field(), 1, RFC9440_X5T, &found), DW_REASON_NONE);
    assert_reason(bind(rfc9440_field(), 1, "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0", &found),
                  DW_MTLS_MISMATCH);
    assert_span(found.seen, RFC9440_X5T);
    assert_span(found.wanted, "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
    assert_reason(bind(rfc9440_field(), 1, "", &found), DW_MTLS_MISMATCH);
    assert_reason(bind(rfc9440_field(), 1, RFC9440_X5T "=", &found), DW_MTLS_MISMATCH);
    assert_reason(
        bind((struct dw_field){DW_SPAN("Client-Cert"), DW_SPAN("x")}, 1, RFC9440_X5T, &found),
        DW_MTLS_MALFORMED);
}

#define CASE(function) cmocka_unit_test_setup(function, read_rfc9440)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(vectors),
        CASE(a_field_is_read_only_where_somebody_sets_it),
        CASE(the_connection_comes_first),
        CASE(sizes_are_bounded),
        CASE(broken_bytes_do_no_harm),
        CASE(texts_that_do_not_fit_are_no_texts),
        CASE(the_first_rule_that_fits_says_who_it_is),
        CASE(the_challenge_names_what_to_show),
        CASE(a_bound_token_wants_its_certificate),
    };

    return RUN_TAP(tests);
}
