/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"
#include "scene.h"

#define HS256_HEADER "eyJhbGciOiJIUzI1NiJ9"
#define SIGNATURE    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

/* What a text is taken for. `fault` is where it is broken; -1: nowhere. */
static const struct {
    const char *text;
    enum token_shape shape;
    const char *vendor;
    int fault;
} SHAPES[] = {
    {"", TOKEN_NONE, NULL, -1},
    {"eyJ", TOKEN_BROKEN, NULL, 0},
    {HS256_HEADER, TOKEN_BROKEN, NULL, 20},
    {HS256_HEADER ".e30", TOKEN_BROKEN, NULL, 24},
    {HS256_HEADER ".e30.a.b", TOKEN_BROKEN, NULL, 28},
    {"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.a.b", TOKEN_BROKEN, NULL, 43},
    {"ojEsZXhwIjoyfQ.eyJzdWIiOiJzb21lYm9keSJ9." SIGNATURE, TOKEN_BROKEN, NULL, 0},
    {HS256_HEADER ".e30=." SIGNATURE, TOKEN_JWS, NULL, 24},
    {HS256_HEADER ".eyJhIjoiPz8_In0.a+bc", TOKEN_JWS, NULL, 38},
    {HS256_HEADER ".e3s." SIGNATURE, TOKEN_JWS, NULL, 21},
    {HS256_HEADER ".W10." SIGNATURE, TOKEN_JWS, NULL, 21},
    {HS256_HEADER ".e30." SIGNATURE, TOKEN_JWS, NULL, -1},
    {"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.BBBB.CCCC", TOKEN_JWE, NULL, -1},
    {"v4.public.eyJzdWIiOiJqb2UifQ", TOKEN_PASETO, NULL, -1},
    {"v2.local.AAAA.BBBB", TOKEN_PASETO, NULL, -1},
    {"v5.local.AAAA", TOKEN_OPAQUE, NULL, -1},
    {"v4.secret.AAAA", TOKEN_OPAQUE, NULL, -1},
    {"ghp_0123456789abcdefghijABCDEFGHIJ012345", TOKEN_VENDOR, "GitHub personal access token", -1},
    {"github_pat_0123456789", TOKEN_VENDOR, "GitHub fine-grained access token", -1},
    {"sk_live_0123456789", TOKEN_VENDOR, "Stripe live secret key", -1},
    {"sk-ant-0123456789", TOKEN_VENDOR, "Anthropic API key", -1},
    {"AKIA0123456789ABCDEF", TOKEN_VENDOR, "AWS access key id", -1},
    {"dw_0123456789", TOKEN_VENDOR, "Doorward API key", -1},
    {"00abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN", TOKEN_VENDOR, "Okta API token", -1},
    {"cio", TOKEN_OPAQUE, NULL, -1},
    {"cioccolata", TOKEN_OPAQUE, NULL, -1},
    {"sk_live_", TOKEN_OPAQUE, NULL, -1},
    {"2YotnFZFEjr1zCsicMWpAA", TOKEN_OPAQUE, NULL, -1},
    {"a.b.c", TOKEN_OPAQUE, NULL, -1},
};

static void tells_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct guarded text = guard_text(SHAPES[i].text);
        struct token_view view;
        bool is_right;

        token_look(arena, text.span, &view);
        is_right = view.shape == SHAPES[i].shape &&
                   (view.vendor == NULL) == (SHAPES[i].vendor == NULL) &&
                   (view.vendor == NULL || strcmp(view.vendor, SHAPES[i].vendor) == 0) &&
                   (view.fault.what == NULL) == (SHAPES[i].fault < 0) &&
                   (view.fault.what == NULL || view.fault.at == (size_t)SHAPES[i].fault);
        if (!is_right) {
            print_error("%s: shape %d, vendor %s, fault %zu %s\n", SHAPES[i].text, (int)view.shape,
                        view.vendor != NULL ? view.vendor : "-", view.fault.at,
                        view.fault.what != NULL ? view.fault.what : "-");
            fail();
        }
        guard_release(&text);
        arena_free(arena);
    }
}

/* The claims as JSON, made into an unsigned token. */
static void look_at_claims(struct arena *arena, const char *claims, struct token_view *view)
{
    char text[2048] = HS256_HEADER ".";
    const size_t start = strlen(text);
    size_t len;

    assert_int_equal(
        dw_base64url_write(claims, strlen(claims), text + start, sizeof(text) - start - 64, &len),
        0);
    memcpy(text + start + len, "." SIGNATURE, sizeof("." SIGNATURE));
    token_look(arena, arena_keep(arena, dw_span_of(text)), view);
}

static void reads_claims(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct token_view view;

    (void)state;
    look_at_claims(
        arena,
        "{\"iss\":\"https://"
        "a\",\"sub\":\"joe\",\"aud\":[\"x\",7,\"y\"],\"azp\":\"app\",\"scp\":[\"a\",\"b\"],"
        "\"jti\":\"1\",\"cnf\":{\"jkt\":\"k\",\"x5t#S256\":\"c\"}}",
        &view);
    assert_true(view.has_header && view.has_claims);
    assert_span(view.alg, "HS256");
    assert_span(view.kid, NULL);
    assert_span(view.iss, "https://a");
    assert_span(view.sub, "joe");
    assert_span(view.client, "app");
    assert_span(view.scope, "a b");
    assert_span(view.jkt, "k");
    assert_span(view.x5t, "c");
    assert_int_equal(view.n_aud, 2);
    assert_span(view.aud[1], "y");
    assert_int_equal(view.signature_len, 43);
    assert_span(token_claim(&view, "jti"), "1");
    assert_span(token_claim(&view, "none"), NULL);
    assert_true(token_has_claim(&view, "cnf"));
    assert_false(token_has_claim(&view, "exp"));
    look_at_claims(arena, "{\"aud\":\"x\",\"scope\":\"a b\",\"client_id\":\"c\"}", &view);
    assert_int_equal(view.n_aud, 1);
    assert_span(view.scope, "a b");
    assert_span(view.client, "c");
    look_at_claims(arena, "{\"aud\":{},\"scope\":1}", &view);
    assert_int_equal(view.n_aud, 0);
    assert_span(view.scope, NULL);
    arena_free(arena);
}

static const struct {
    const char *value;
    enum time_type type;
    int64_t at;
} TIMES[] = {
    {"null", TIME_OTHER, 0},
    {"[1]", TIME_OTHER, 0},
    {"1e400", TIME_OTHER, 0},
    {"\"soon\"", TIME_TEXT, 0},
    {"\"1700000000\"", TIME_TEXT, 1700000000},
    {"\"2023-11-14T22:13:20Z\"", TIME_TEXT, 1700000000},
    {"1700000000.5", TIME_FRACTION, 1700000000},
    {"1700000000", TIME_NUMBER, 1700000000},
    {"1700000000000", TIME_NUMBER, 1700000000000},
};

static void reads_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(TIMES); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct token_view view;
        char claims[64];

        (void)snprintf(claims, sizeof(claims), "{\"exp\":%s}", TIMES[i].value);
        look_at_claims(arena, claims, &view);
        if (view.exp.type != TIMES[i].type || view.exp.at != TIMES[i].at) {
            print_error("%s: type %d, at %lld\n", claims, (int)view.exp.type,
                        (long long)view.exp.at);
            fail();
        }
        assert_int_equal(view.nbf.type, TIME_ABSENT);
        arena_free(arena);
    }
}

/* Every prefix, and every prefix with another last byte, is looked at to its end and no further. */
static void no_prefix_is_too_much(void **state)
{
    static const char TEXT[] = HS256_HEADER ".eyJhdWQiOlsieCJdLCJleHAiOjE3MDAwMDAwMDB9." SIGNATURE;
    static const char BYTES[] = {'\0', '.', '=', '+', ' ', '"', '\x80'};

    (void)state;
    for (size_t len = 0; len < sizeof(TEXT); len++) {
        for (size_t i = 0; i < sizeof(BYTES); i++) {
            struct arena *arena = arena_new(1 << 20);
            struct guarded text = guard_bytes(TEXT, len);
            struct token_view view;

            if (len > 0) {
                ((char *)(uintptr_t)text.span.at)[len - 1] = BYTES[i];
            }
            token_look(arena, text.span, &view);
            guard_release(&text);
            arena_free(arena);
        }
    }
}

static void manages_with_no_memory(void **state)
{
    struct arena *arena = arena_new(16);
    struct token_view view;

    (void)state;
    token_look(arena, DW_SPAN(HS256_HEADER ".e30." SIGNATURE), &view);
    assert_false(view.has_claims);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_shapes),
        cmocka_unit_test(reads_claims),
        cmocka_unit_test(reads_times),
        cmocka_unit_test(no_prefix_is_too_much),
        cmocka_unit_test(manages_with_no_memory),
    };

    return RUN_TAP(tests);
}
