/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"
#include "vector_file.h"

#define WRITTEN_SIZE 4096

/* Writes what was read, or `fault AT WHAT`, as the vectors have it. */
static void read_credentials(struct dw_span field, char written[WRITTEN_SIZE])
{
    static char values[WRITTEN_SIZE];
    struct dw_challenge credentials;
    struct dw_fault fault = {0, "none was written"};
    size_t used = 0, len;
    int error = dw_credentials_parse(field, &credentials, &fault);

    if (error == DW_ERR_SYNTAX) {
        (void)snprintf(written, WRITTEN_SIZE, "%zu %s", fault.at, fault.what);
        return;
    }
    assert_int_equal(error, 0);
    for (size_t i = 0; i < credentials.n_params; i++) {
        struct dw_param *param = &credentials.params[i];

        assert_int_equal(dw_param_unescape(param, values + used, sizeof(values) - used, &len), 0);
        param->value = (struct dw_span){values + used, len};
        used += len;
    }
    assert_int_equal(dw_challenge_write(&credentials, written, WRITTEN_SIZE - 1, &len), 0);
    written[len] = '\0';
}

static void read_bearer(struct dw_span field, char written[WRITTEN_SIZE])
{
    struct dw_span token = DW_SPAN("untouched");
    enum dw_reason reason = dw_bearer_parse(field, &token);

    if (reason == DW_REASON_NONE) {
        (void)snprintf(written, WRITTEN_SIZE, "token %.*s", (int)token.len, token.at);
        return;
    }
    assert_span(token, "untouched");
    (void)snprintf(written, WRITTEN_SIZE, "%s", dw_reason_text(reason)->name);
}

static void expect(const struct vector *vector, const char *key, const char *written)
{
    const struct dw_span expected = vector_value(vector, key);

    if (expected.at == NULL || strcmp(written, expected.at) != 0) {
        print_error("%s:%d: %s: got %s\n", vector->path, vector->number, key, written);
        fail();
    }
}

static void run_vector(const struct vector *vector)
{
    static char written[WRITTEN_SIZE];
    const struct dw_span field = vector_value(vector, "field");
    struct guarded guarded = guard_bytes(field.at, field.len);
    const char *key = vector_line(vector, "fault", 0) != NULL   ? "fault"
                      : vector_line(vector, "reads", 0) != NULL ? "reads"
                                                                : "field";

    read_credentials(guarded.span, written);
    expect(vector, key, written);
    read_bearer(guarded.span, written);
    expect(vector, "bearer", written);
    guard_release(&guarded);
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/credentials/*.txt", run_vector), 3);
}

/* Every byte, at every place of a token: RFC 6750 s2.1 says which are of b64token. */
static void every_byte(void **state)
{
    static const char ALLOWED[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    char field[] = "Bearer aaaaaaaaaaaaaaaaaaa";
    struct dw_span token;

    (void)state;
    for (size_t at = 7; at < sizeof(field) - 1; at++) {
        for (int c = 0; c < 256; c++) {
            const bool allowed = c != 0 && strchr(ALLOWED, c) != NULL;
            const bool trimmed = c == ' ' && (at == 7 || at == sizeof(field) - 2);
            const bool padding = c == '=' && at == sizeof(field) - 2;
            enum dw_reason reason;

            field[at] = (char)c;
            reason = dw_bearer_parse((struct dw_span){field, sizeof(field) - 1}, &token);
            assert_int_equal(reason == DW_REASON_NONE, allowed || trimmed || padding);
        }
        field[at] = 'a';
    }
}

/* What is read as a token is read so by the general grammar, too. */
static void run_prefixes(const struct vector *vector)
{
    const struct dw_span field = vector_value(vector, "field");

    for (size_t len = 0; len <= field.len; len++) {
        struct guarded guarded = guard_bytes(field.at, len);
        struct dw_challenge credentials;
        struct dw_span token;

        if (dw_bearer_parse(guarded.span, &token) == DW_REASON_NONE) {
            assert_int_equal(dw_credentials_parse(guarded.span, &credentials, NULL), 0);
            assert_true(dw_span_equal(credentials.token68, token));
        }
        guard_release(&guarded);
    }
}

static void readers_agree(void **state)
{
    (void)state;
    (void)vector_run_all("tests/vectors/credentials/*.txt", run_prefixes);
}

static void limits(void **state)
{
    static char field[DW_FIELD_MAX + 1];
    struct dw_challenge credentials;
    struct dw_fault fault = {7, "kept"};
    struct dw_span token;

    (void)state;
    assert_int_equal(dw_bearer_parse(dw_span_of(NULL), &token), DW_HEADER_EMPTY);
    memset(field, 'a', sizeof(field));
    memcpy(field, "Bearer ", 7);
    assert_int_equal(
        dw_credentials_parse((struct dw_span){field, sizeof(field)}, &credentials, &fault),
        DW_ERR_SIZE);
    assert_string_equal(fault.what, "kept");
    assert_int_equal(
        dw_credentials_parse((struct dw_span){field, sizeof(field) - 1}, &credentials, &fault), 0);
    assert_int_equal(credentials.token68.len, DW_FIELD_MAX - 7);
    assert_string_equal(fault.what, "kept");
    assert_int_equal(dw_bearer_parse((struct dw_span){field, sizeof(field)}, &token),
                     DW_REASON_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(readers_agree),
        cmocka_unit_test(limits),
    };

    return RUN_TAP(tests);
}
