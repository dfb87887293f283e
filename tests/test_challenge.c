/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard_page.h"
#include "vector_file.h"

#define WRITTEN_SIZE   8192
#define CHALLENGES_MAX 8

/* What a reader made of a field. */
struct reading {
    int error; /* DW_END: all of it was read */
    struct dw_fault fault;
    char written[CHALLENGES_MAX][WRITTEN_SIZE];
    size_t n;
};

/* Writes a parsed challenge out again: its values without their escapes first. */
static int rewrite(const struct dw_challenge *parsed, char *buffer, size_t size, size_t *len)
{
    static char values[2 * DW_FIELD_MAX];
    struct dw_challenge plain = *parsed;
    size_t used = 0;

    for (size_t i = 0; i < plain.n_params; i++) {
        size_t n;

        assert_int_equal(
            dw_param_unescape(&parsed->params[i], values + used, sizeof(values) - used, &n), 0);
        plain.params[i].value = (struct dw_span){values + used, n};
        used += n;
    }
    return dw_challenge_write(&plain, buffer, size, len);
}

static void read_all(struct dw_span field, bool lenient, struct reading *reading)
{
    struct dw_challenge_reader reader;
    struct dw_challenge challenge;
    struct dw_fault fault = {0, NULL};

    reading->n = 0;
    reading->fault = fault;
    dw_challenge_reader_init(&reader, field, lenient);
    for (;;) {
        char *written = reading->written[reading->n];
        size_t len;

        reading->error = dw_challenge_next(&reader, &challenge, &fault);
        if (reading->fault.what == NULL) {
            reading->fault = fault;
        }
        if (reading->error != 0) {
            break;
        }
        assert_true(reading->n + 1 < CHALLENGES_MAX);
        if (rewrite(&challenge, written, WRITTEN_SIZE - 1, &len) == 0) {
            written[len] = '\0';
        } else {
            (void)snprintf(written, WRITTEN_SIZE, "(unwritable)");
        }
        reading->n++;
    }
    assert_int_equal(dw_challenge_next(&reader, &challenge, &fault), DW_END);
}

static void blame(const struct vector *vector, const char *reader, const struct reading *reading)
{
    print_error("%s:%d: the %s reader got %s", vector->path, vector->number, reader,
                reading->error == DW_END ? "to the end" : dw_error_text(reading->error));
    if (reading->fault.what != NULL) {
        print_error(", fault %zu %s", reading->fault.at, reading->fault.what);
    }
    for (size_t i = 0; i < reading->n; i++) {
        print_error("\n  read %s", reading->written[i]);
    }
    print_error("\n");
    fail();
}

/* Whether the challenges are those of the vector's lines of that key, or the field itself where there
 * are none. */
static bool matches(const struct vector *vector, const char *key, const struct reading *reading)
{
    const struct vector_line *line = vector_line(vector, key, 0);
    size_t n = 0;

    if (line == NULL && vector_line(vector, "gives", 0) != NULL) {
        return reading->n == 0;
    }
    if (line == NULL) {
        return reading->n == 1 &&
               strcmp(reading->written[0], vector_value(vector, "field").at) == 0;
    }
    while (line != NULL && line->len > 0) {
        if (n == reading->n || strcmp(line->value, reading->written[n]) != 0) {
            return false;
        }
        line = vector_line(vector, key, ++n);
    }
    return n == reading->n;
}

static bool faults_match(const struct vector *vector, const struct dw_fault *fault)
{
    const struct dw_span expected = vector_value(vector, "fault");
    char text[256];

    if (expected.at == NULL || fault->what == NULL) {
        return (expected.at == NULL) == (fault->what == NULL);
    }
    (void)snprintf(text, sizeof(text), "%zu %s", fault->at, fault->what);
    return strcmp(text, expected.at) == 0;
}

static void run_vector(const struct vector *vector)
{
    static struct reading strict, lenient;
    const struct dw_span field = vector_value(vector, "field");
    struct guarded guarded = guard_bytes(field.at, field.len);
    const bool gives_up = vector_line(vector, "gives", 0) != NULL;
    const bool broken = vector_line(vector, "fault", 0) != NULL;
    const char *key = vector_line(vector, "lenient", 0) != NULL ? "lenient" : "reads";

    read_all(guarded.span, false, &strict);
    if (strict.error != (broken ? DW_ERR_SYNTAX : DW_END) || !faults_match(vector, &strict.fault) ||
        (!broken && !matches(vector, "reads", &strict))) {
        blame(vector, "strict", &strict);
    }
    read_all(guarded.span, true, &lenient);
    if (lenient.error != (gives_up ? DW_ERR_SYNTAX : DW_END) ||
        !faults_match(vector, &lenient.fault) || !matches(vector, key, &lenient)) {
        blame(vector, "lenient", &lenient);
    }
    guard_release(&guarded);
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(vector_run_all("tests/vectors/challenge/*.txt", run_vector), 3);
}

static void check_agreement(struct dw_span field)
{
    static struct reading strict, lenient;

    read_all(field, false, &strict);
    read_all(field, true, &lenient);
    if (strict.error == DW_END) {
        assert_int_equal(lenient.error, DW_END);
        assert_null(lenient.fault.what);
        assert_int_equal(lenient.n, strict.n);
    }
    if (strict.error == DW_ERR_SYNTAX) {
        assert_non_null(lenient.fault.what);
        assert_int_equal(lenient.fault.at, strict.fault.at);
        assert_string_equal(lenient.fault.what, strict.fault.what);
    }
}

/* Every prefix, and every prefix with another last byte, is read to its end and no further. */
static void run_mutations(const struct vector *vector)
{
    static const char BYTES[] = {'\0', '\t', ' ', '"', '\'', ',', '/', ';', '=', '\\', 'a', '\x7f'};
    const struct dw_span field = vector_value(vector, "field");

    for (size_t len = 0; len <= field.len; len++) {
        struct guarded guarded = guard_bytes(field.at, len);

        check_agreement(guarded.span);
        for (size_t i = 0; len > 0 && i < sizeof(BYTES); i++) {
            ((char *)guarded.map)[(size_t)(guarded.span.at - (char *)guarded.map) + len - 1] =
                BYTES[i];
            check_agreement(guarded.span);
        }
        guard_release(&guarded);
    }
}

static void readers_agree(void **state)
{
    (void)state;
    (void)vector_run_all("tests/vectors/challenge/*.txt", run_mutations);
}

static size_t put_params(char *field, size_t size, size_t n)
{
    size_t len = (size_t)snprintf(field, size, "Newauth ");

    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(field + len, size - len, "p%zu=v,", i);
    }
    return len;
}

static void limits(void **state)
{
    static char field[DW_FIELD_MAX + 2];
    static struct reading reading;
    size_t len;

    (void)state;
    len = put_params(field, sizeof(field), DW_PARAMS_MAX + 1);
    read_all((struct dw_span){field, len}, false, &reading);
    assert_int_equal(reading.error, DW_ERR_SIZE);
    read_all((struct dw_span){field, len}, true, &reading);
    assert_int_equal(reading.error, DW_ERR_SIZE);
    len = put_params(field, sizeof(field), DW_PARAMS_MAX);
    read_all((struct dw_span){field, len}, false, &reading);
    assert_int_equal(reading.error, DW_END);

    memset(field, ',', sizeof(field));
    memcpy(field, "Newauth", 7);
    read_all((struct dw_span){field, DW_FIELD_MAX + 1}, false, &reading);
    assert_int_equal(reading.error, DW_ERR_SIZE);
    assert_int_equal(reading.n, 0);
    read_all((struct dw_span){field, DW_FIELD_MAX}, false, &reading);
    assert_int_equal(reading.error, DW_END);
    assert_int_equal(reading.n, 1);
    read_all((struct dw_span){NULL, 0}, false, &reading);
    assert_int_equal(reading.error, DW_END);
}

/* Text made to be looked at again and again takes no longer than any other. */
static void no_text_is_slow(void **state)
{
    static const char *const PATTERNS[] = {"' ",      "'",   "\"",   "\" a",
                                           "\" a b=", "a='", "a=' ", "a=\"b\"c "};
    static char field[DW_FIELD_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(PATTERNS); i++) {
        struct dw_challenge_reader reader;
        struct dw_challenge challenge;
        const size_t len = strlen(PATTERNS[i]);

        for (size_t at = 0; at < sizeof(field); at++) {
            field[at] = PATTERNS[i][at % len];
        }
        memcpy(field, "Basic r=", 8);
        dw_challenge_reader_init(&reader, (struct dw_span){field, sizeof(field)}, true);
        while (dw_challenge_next(&reader, &challenge, NULL) == 0) {
        }
    }
}

static void outputs_are_left_alone_on_failure(void **state)
{
    struct dw_challenge_reader reader;
    struct dw_challenge challenge, before;
    struct dw_fault fault = {7, "kept"};

    (void)state;
    memset(&challenge, 0x5a, sizeof(challenge));
    before = challenge;
    dw_challenge_reader_init(&reader, DW_SPAN("Basic realm=\"x"), false);
    assert_int_equal(dw_challenge_next(&reader, &challenge, NULL), DW_ERR_SYNTAX);
    assert_int_equal(dw_challenge_next(&reader, &challenge, &fault), DW_END);
    assert_memory_equal(&challenge, &before, sizeof(before));
    assert_string_equal(fault.what, "kept");
}

static void finds_params(void **state)
{
    struct dw_challenge_reader reader;
    struct dw_challenge challenge;

    (void)state;
    dw_challenge_reader_init(&reader, DW_SPAN("Bearer Realm=\"x\", error=y"), false);
    assert_int_equal(dw_challenge_next(&reader, &challenge, NULL), 0);
    assert_null(challenge.token68.at);
    assert_span(dw_challenge_param(&challenge, "realm")->value, "x");
    assert_span(dw_challenge_param(&challenge, "ERROR")->value, "y");
    assert_null(dw_challenge_param(&challenge, "rea"));
    assert_null(dw_challenge_param(&challenge, "realms"));
}

static void unescapes(void **state)
{
    const struct dw_param quoted = {DW_SPAN("n"), DW_SPAN("a\\\"b\\\\c\\"), true};
    const struct dw_param token = {DW_SPAN("n"), DW_SPAN("abc"), false};
    char buffer[8];
    size_t len = 99;

    (void)state;
    assert_int_equal(dw_param_unescape(&quoted, buffer, 5, &len), DW_ERR_SIZE);
    assert_int_equal(len, 99);
    assert_int_equal(dw_param_unescape(&quoted, buffer, 6, &len), 0);
    assert_span((struct dw_span){buffer, len}, "a\"b\\c\\");
    assert_int_equal(dw_param_unescape(&token, buffer, 3, &len), 0);
    assert_span((struct dw_span){buffer, len}, "abc");
}

static const struct {
    struct dw_challenge challenge;
    const char *written; /* NULL: DW_ERR_SYNTAX */
} WRITES[] = {
    {{.scheme = {"", 0}}, NULL},
    {{.scheme = {"Ba sic", 6}}, NULL},
    {{.scheme = {"Basic\r", 6}}, NULL},
    {{.scheme = {"Basic", 5}, .token68 = {"", 0}}, NULL},
    {{.scheme = {"Basic", 5}, .token68 = {"a=b", 3}}, NULL},
    {{.scheme = {"Basic", 5}, .token68 = {"a b", 3}}, NULL},
    {{.scheme = {"Basic", 5}, .token68 = {"a", 1}, {{{"b", 1}, {"c", 1}, false}}, 1}, NULL},
    {{.scheme = {"Basic", 5}, .params = {{{"", 0}, {"c", 1}, true}}, .n_params = 1}, NULL},
    {{.scheme = {"Basic", 5}, .params = {{{"b", 1}, {"", 0}, false}}, .n_params = 1}, NULL},
    {{.scheme = {"Basic", 5}, .params = {{{"b", 1}, {"c d", 3}, false}}, .n_params = 1}, NULL},
    {{.scheme = {"Basic", 5}, .params = {{{"b", 1}, {"c\nd", 3}, true}}, .n_params = 1}, NULL},
    {{.scheme = {"Basic", 5}, .params = {{{"b", 1}, {"\0", 1}, true}}, .n_params = 1}, NULL},
    {{.scheme = {"Basic", 5}, .params = {{{"b", 1}, {"\x7f", 1}, true}}, .n_params = 1}, NULL},
    {{.scheme = {"Basic", 5}}, "Basic"},
    {{.scheme = {"Basic", 5}, .token68 = {"a/==", 4}}, "Basic a/=="},
    {{.scheme = {"Basic", 5}, .params = {{{"b", 1}, {"", 0}, true}}, .n_params = 1},
     "Basic b=\"\""},
    {{.scheme = {"Basic", 5},
      .params = {{{"b", 1}, {"\"c\\\t\xc3\xa4", 6}, true}, {{"d", 1}, {"e", 1}, false}},
      .n_params = 2},
     "Basic b=\"\\\"c\\\\\t\xc3\xa4\", d=e"},
};

static void writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(WRITES); i++) {
        const char *written = WRITES[i].written;
        const size_t size = written != NULL ? strlen(written) : 64;
        char buffer[64];
        size_t len = 99;
        int error = dw_challenge_write(&WRITES[i].challenge, buffer, size, &len);

        assert_int_equal(error, written != NULL ? 0 : DW_ERR_SYNTAX);
        if (error == 0) {
            assert_span((struct dw_span){buffer, len}, written);
            assert_int_equal(dw_challenge_write(&WRITES[i].challenge, buffer, size - 1, &len),
                             DW_ERR_SIZE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(readers_agree),
        cmocka_unit_test(limits),
        cmocka_unit_test(no_text_is_slow),
        cmocka_unit_test(outputs_are_left_alone_on_failure),
        cmocka_unit_test(finds_params),
        cmocka_unit_test(unescapes),
        cmocka_unit_test(writes),
    };

    return RUN_TAP(tests);
}
