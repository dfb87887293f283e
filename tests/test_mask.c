/* SPDX-License-Identifier: Apache-2.0 */
#include "mask.h"

#include <string.h>

#include "tap.h"

#define JWT  "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
#define SIZE 512

/* The value with a # for each byte that is hidden. */
static const char *drawn(enum mask_kind kind, struct dw_span value, char drawing[SIZE])
{
    bool hidden[SIZE] = {false};

    assert_true(value.len < SIZE);
    mask_find(kind, value, hidden);
    for (size_t i = 0; i < value.len; i++) {
        drawing[i] = value.at[i];
        if (hidden[i]) {
            drawing[i] = '#';
        }
    }
    drawing[value.len] = '\0';
    return drawing;
}

static void covers_what_is_secret(void **state)
{
    static const struct {
        enum mask_kind kind;
        const char *value;
        const char *secret; /* gone from the drawing */
    } CASES[] = {
        {MASK_TEXT, "it got " JWT ", and said no", JWT},
        {MASK_CREDENTIALS, "Bearer " JWT, "eyJ"},
        {MASK_CREDENTIALS, "bearer  " JWT " ", "eyJ"},
        {MASK_CREDENTIALS, "Bearer " JWT "\n", "eyJ"},
        {MASK_CREDENTIALS, "Bearer Bearer " JWT, "eyJ"},
        {MASK_CREDENTIALS, "Bearer: " JWT, "eyJ"},
        {MASK_CREDENTIALS, "Bearer" JWT, "eyJ"},
        {MASK_CREDENTIALS, "Bearer \"" JWT "\"", "eyJ"},
        {MASK_CREDENTIALS, "Bearer 3k1p9xNOtPv8==", "3k1p"},
        {MASK_CREDENTIALS, "Bearer xSigKey4k1p9=", "SigKey"},
        {MASK_CREDENTIALS, "Bearer \"xSigKey4k1p9=\"", "SigKey"},
        {MASK_CREDENTIALS, "Bearer token=\"" JWT "\"", "eyJ"},
        {MASK_CREDENTIALS, "Bearer hunter two", "hunter"},
        {MASK_CREDENTIALS, "Bearer correct horse battery", "battery"},
        {MASK_CREDENTIALS, "hunter2", "hunter2"},
        {MASK_CREDENTIALS, "$2y$10$abcdefghijk", "$2y"},
        {MASK_CREDENTIALS, "Bearer [hunter2]", "hunter2"},
        {MASK_CREDENTIALS, "hunter", "hunter"},
        {MASK_CREDENTIALS, "Basic dXNlcjpwYXNz", "dXNl"},
        {MASK_CREDENTIALS, "Basic user:pass", "pass"},
        {MASK_CREDENTIALS, "dXNl=cjpwYXNz", "dXNl"},
        {MASK_CREDENTIALS, "Digest username=\"Mufasa\", response=\"6629fae49393a0\"", "6629"},
        {MASK_CREDENTIALS, "Digest realm= hunter2, response=6629fae", "hunter2"},
        {MASK_CREDENTIALS, "Digest realm=\"\", response=\"6629fae49393\"", "6629"},
        {MASK_CREDENTIALS,
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/2026, SignedHeaders=host, Signature=fe5f80f7",
         "fe5f"},
        {MASK_CREDENTIALS, "{\"access_token\":\"s3cr3tvalue\"}", "s3cr3t"},
        {MASK_COOKIE, "a=one; session=two; flag", "two"},
        {MASK_SET_COOKIE, "session=two; Path=/; HttpOnly", "two"},
        {MASK_URL, "https://u:hunter2@a.example/x", "hunter2"},
        {MASK_URL, "https://ghp_token@a.example/x", "ghp_token"},
        {MASK_URL, "/x?a=1&access_token=two&b=3", "two"},
        {MASK_URL, "https://a.example/cb#id_token=two", "two"},
        {MASK_URL, "https://a.example/x?next=" JWT, "eyJ"},
    };
    char drawing[SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        drawn(CASES[i].kind, dw_span_of(CASES[i].value), drawing);
        if (strstr(drawing, CASES[i].secret) != NULL) {
            fail_msg("%s: %s", CASES[i].value, drawing);
        }
    }
}

static void leaves_what_is_wrong(void **state)
{
    static const struct {
        enum mask_kind kind;
        const char *value;
        const char *drawing;
    } CASES[] = {
        {MASK_TEXT, "Bearer realm=\"api\", error=\"invalid_token\"",
         "Bearer realm=\"api\", error=\"invalid_token\""},
        {MASK_CREDENTIALS, "", ""},
        {MASK_CREDENTIALS, "Bearer ", "Bearer "},
        {MASK_CREDENTIALS, "Bearer", "Bearer"},
        {MASK_CREDENTIALS, "Bearer  hunter2 ", "Bearer  ####### "},
        {MASK_CREDENTIALS, "Baerer \"hunter2\"", "Baerer \"#######\""},
        {MASK_CREDENTIALS, "Bearer Bearer hunter2", "Bearer Bearer #######"},
        {MASK_CREDENTIALS, "Bearer,hunter2", "Bearer,#######"},
        {MASK_CREDENTIALS, "Bearerhunter2", "Bearer#######"},
        {MASK_CREDENTIALS, "Bearer $TOKEN", "Bearer $TOKEN"},
        {MASK_CREDENTIALS, "Bearer undefined", "Bearer undefined"},
        {MASK_CREDENTIALS, "Bearer [object Object]", "Bearer [object Object]"},
        {MASK_CREDENTIALS, "Bearer <token>", "Bearer <token>"},
        {MASK_CREDENTIALS, "Bearer {{token}}", "Bearer {{token}}"},
        {MASK_CREDENTIALS, "Bearer ${{ secrets.X }}", "Bearer ${{ ######### }}"},
        {MASK_CREDENTIALS, "Digest username=\"Mufasa, the\", uri=\"/a b\", response=\"66\"",
         "Digest username=\"Mufasa, the\", uri=\"/a b\", response=\"##\""},
        {MASK_COOKIE, "a=one; session=two", "a=###; session=###"},
        {MASK_SET_COOKIE, "a=one; Path=/", "a=###; Path=/"},
        {MASK_URL, "https://u:pw@a.example/x?page=2&key=three&empty=",
         "https://u:##@a.example/x?page=2&key=#####&empty="},
    };
    char drawing[SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_string_equal(drawn(CASES[i].kind, dw_span_of(CASES[i].value), drawing),
                            CASES[i].drawing);
    }
}

static void knows_the_fields(void **state)
{
    static const struct {
        const char *name;
        enum mask_kind kind;
    } CASES[] = {
        {"Authorization", MASK_CREDENTIALS},
        {"x-api-key", MASK_CREDENTIALS},
        {"PRIVATE-TOKEN", MASK_CREDENTIALS},
        {"Proxy-Authorization", MASK_CREDENTIALS},
        {"DPoP", MASK_CREDENTIALS},
        {"cookie", MASK_COOKIE},
        {"Set-Cookie", MASK_SET_COOKIE},
        {"Location", MASK_URL},
        {"WWW-Authenticate", MASK_TEXT},
        {"x-amzn-remapped-www-authenticate", MASK_TEXT},
        {"Date", MASK_TEXT},
        {"", MASK_TEXT},
        {"Access-Control-Allow-Credentials", MASK_TEXT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(mask_kind_of(dw_span_of(CASES[i].name)), CASES[i].kind);
    }
}

static void covers_what_is_known(void **state)
{
    const struct dw_span text = DW_SPAN("hunter2, and hunter2 again; hunter");
    bool hidden[64] = {false};
    size_t n = 0;

    (void)state;
    mask_known(text, DW_SPAN("hunter2"), hidden);
    mask_known(text, DW_SPAN(""), hidden);
    mask_known(DW_SPAN(""), DW_SPAN("hunter2"), hidden);
    for (size_t i = 0; i < text.len; i++) {
        n += hidden[i];
    }
    assert_int_equal(n, 14);
    assert_true(hidden[0] && hidden[19] && !hidden[20]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covers_what_is_secret),
        cmocka_unit_test(leaves_what_is_wrong),
        cmocka_unit_test(knows_the_fields),
        cmocka_unit_test(covers_what_is_known),
    };

    return RUN_TAP(tests);
}
