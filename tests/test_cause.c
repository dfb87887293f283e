/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <strings.h>

#include "diagnosis.h"
#include "guard_page.h"
#include "unescaped.h"

#define FIX_MAX 160

/* Says of which row it does not hold. */
static void must(bool holds, const char *row)
{
    if (!holds) {
        print_error("%s\n", row);
        fail();
    }
}

/* -- The catalogue --------------------------------------------------------------------------------- */

static void refuse_what_is_unknown(void **state)
{
    (void)state;
    assert_null(cause_find(DW_SPAN("")));
    assert_null(cause_find(DW_SPAN("token")));
    assert_null(cause_find(DW_SPAN("token.expired.")));
    assert_null(cause_find(DW_SPAN("Token.Expired")));
    assert_null(cause_find((struct dw_span){NULL, 0}));
    assert_null(cause_at(cause_count()));
    assert_null(server_text_at(server_text_count()));
}

static void find_each_by_its_id(void **state)
{
    (void)state;
    assert_true(cause_count() >= 211);
    for (size_t i = 0; i < cause_count(); i++) {
        assert_ptr_equal(cause_find(dw_span_of(cause_at(i)->id)), cause_at(i));
    }
}

static bool is_id(const char *id)
{
    const size_t group = strspn(id, "abcdefghijklmnopqrstuvwxyz");

    return group > 0 && id[group] == '.' && id[group + 1] != '\0' &&
           id[group + 1 + strspn(id + group + 1, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* "" or one line of whole sentences. */
static bool is_prose(const char *text)
{
    const size_t len = strlen(text);

    return len == 0 || (text[len - 1] == '.' && strcspn(text, "\t\r\n") == len &&
                        strstr(text, "  ") == NULL && text[0] != ' ');
}

static void write_each_as_the_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < cause_count(); i++) {
        const struct cause *cause = cause_at(i);
        const char *const prose[] = {cause->title,   cause->signals,  cause->confirm,
                                     cause->builder, cause->consumer, cause->visitor};

        must(is_id(cause->id), cause->id);
        must(*cause->group != '\0' && *cause->title != '\0' && *cause->signals != '\0', cause->id);
        must(cause->confidence >= 30 && cause->confidence <= 99, cause->id);
        must(*cause->rfc == '\0' || strncmp(cause->rfc, "RFC ", 4) == 0, cause->id);
        must(*cause->builder != '\0' || *cause->consumer != '\0' || *cause->visitor != '\0',
             cause->id);
        for (size_t k = 0; k < COUNT_OF(prose); k++) {
            must(is_prose(prose[k]) && strlen(prose[k]) <= FIX_MAX, cause->id);
        }
    }
}

/* A group's causes stand together, so that a list needs each heading once. */
static void keep_headings_together(void **state)
{
    (void)state;
    for (size_t i = 1; i < cause_count(); i++) {
        for (size_t k = 0; k + 1 < i; k++) {
            if (strcmp(cause_at(i)->group, cause_at(i - 1)->group) != 0) {
                assert_string_not_equal(cause_at(i)->group, cause_at(k)->group);
            }
        }
    }
}

static void mend_the_common_ones_for_all_three(void **state)
{
    static const char *const COMMON[] = {"header.missing",      "token.expired",
                                         "token.not_yet_valid", "token.clock_skew",
                                         "token.wrong_aud",     "token.wrong_iss",
                                         "token.kid_unknown",   "token.signature_invalid",
                                         "token.segments",      "basic.wrong_password",
                                         "scope.insufficient",  "stepup.required",
                                         "cookie.expired",      "csrf.token",
                                         "redirect.to_login",   "proxy.strips_authorization",
                                         "cache.stored_401",    "cors.preflight_401",
                                         "server.403_for_401",  "header.duplicate_scheme",
                                         "header.empty_token",  "header.too_large",
                                         "token.opaque_to_jwt", "mtls.cert_missing"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(COMMON); i++) {
        const struct cause *cause = cause_find(dw_span_of(COMMON[i]));

        assert_non_null(cause);
        assert_true(*cause->builder != '\0' && *cause->consumer != '\0' && *cause->visitor != '\0');
    }
}

/* -- The texts --------------------------------------------------------------------------------------- */

static bool is_twice(size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcasecmp(server_text_at(i)->text, server_text_at(k)->text) == 0) {
            return true;
        }
    }
    return false;
}

static void know_what_each_text_means(void **state)
{
    (void)state;
    assert_true(server_text_count() >= 140);
    for (size_t i = 0; i < server_text_count(); i++) {
        const struct server_text *text = server_text_at(i);

        must(cause_find(dw_span_of(text->cause)) != NULL, text->text);
        must(text->confidence >= 30 && text->confidence <= 97, text->text);
        must(*text->product != '\0' && strlen(text->text) >= 6, text->text);
        must(strstr(text->text, "  ") == NULL && strpbrk(text->text, "\t\r\n") == NULL, text->text);
        must(!is_twice(i), text->text);
    }
}

static void read_plainly(void **state)
{
    static const struct {
        const char *in, *out;
        bool is_json;
    } CASES[] = {
        {"", "", false},
        {"\\", "\\", false},
        {"\\u", "\\u", false},
        {"\\u00", "\\u00", false},
        {"\\u0000", "\\u0000", false},
        {"%", "%", false},
        {"%4", "%4", false},
        {"%zz &amp;amp; &unknown;", "%zz &amp; &unknown;", false},
        {"a \r\n\t b", "a b", false},
        {"Audience doesn\\u0027t match", "Audience doesn't match", false},
        {"doesn&#39;t doesn\xe2\x80\x99t", "doesn't doesn't", false},
        {"Jwt%20is%20expired", "Jwt is expired", false},
        {"{ \"message\" :\n \"a  \\\"b\\\" c\" }", "{\"message\":\"a \"b\" c\"}", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char out[128];
        struct plain plain = {.at = out, .is_json = CASES[i].is_json};
        struct guarded in = guard_text(CASES[i].in);

        plain_put(&plain, in.span);
        assert_span((struct dw_span){plain.at, plain.len}, CASES[i].out);
        guard_release(&in);
    }
}

/* -- What is heard ----------------------------------------------------------------------------------- */

struct heard {
    const char *name, *exchange;
    const char *cause; /* NULL: nothing is heard */
    int least, most;
    const char *not_this; /* a cause that must not be found beside it; NULL */
};

#define ASKED "GET /a HTTP/1.1\r\nHost: api.example.com\r\n"
#define TOLD  ASKED "Authorization: Bearer abc.def.ghi\r\n\r\n"
#define PAGE  "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\n\r\n"
#define JSON  "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n"
#define PLAIN "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\n\r\n"

static const struct heard HEARD[] = {
    {"no text at all", TOLD PLAIN "Unauthorized", NULL, 0, 0, NULL},
    {"a part of a word", TOLD PLAIN "unjwt expiredness", NULL, 0, 0, NULL},
    {"a cookie of that name", TOLD "HTTP/1.1 401 No\r\nSet-Cookie: jwt expired=1\r\n\r\n", NULL, 0,
     0, NULL},
    {"a body", TOLD PLAIN "Jwt is expired", "token.expired", 90, 97, NULL},
    {"in any case", TOLD PLAIN "JWT IS EXPIRED!", "token.expired", 90, 97, NULL},
    {"a challenge",
     TOLD "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\", "
          "error_description=\"The audience 'https://a.example' is invalid\"\r\n\r\n",
     "token.wrong_aud", 85, 97, NULL},
    {"escaped in JSON", TOLD JSON "{\"detail\":\"Audience doesn\\u0027t match\"}",
     "token.wrong_aud", 85, 97, NULL},
    {"JSON laid out", TOLD JSON "{\n  \"ok\" : false,\n  \"error\" : \"token_revoked\"\n}",
     "token.revoked", 85, 97, NULL},
    {"the longer one", TOLD JSON "{\"message\":\"The provided token has expired.\"}",
     "token.expired", 85, 97, NULL},
    {"not the one within", TOLD JSON "{\"message\":\"CSRF token expired\"}", "csrf.token", 85, 97,
     "token.expired"},
    {"another's refresh token", TOLD JSON "{\"message\":\"Refresh token expired\"}",
     "token.session_ended", 75, 97, "token.expired"},
    {"quoted in a page", TOLD PAGE "<p>What \"jwt expired\" means</p>", "token.expired", 30, 60,
     NULL},
    {"said in a page", TOLD PAGE "<p>jwt expired</p>", "token.expired", 85, 97, NULL},
    {"a page that came with a success",
     TOLD "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>jwt expired</p>", "token.expired",
     30, 40, NULL},
    {"a password, where a token was sent", TOLD JSON "{\"detail\":\"Invalid username/password.\"}",
     "basic.wrong_password", 30, 40, NULL},
    {"a key at another place", TOLD JSON "{\"message\":\"No API key found in request\"}",
     "header.wrong_location", 85, 97, "header.missing"},
    {"no key at all", ASKED "\r\n" JSON "{\"message\":\"No API key found in request\"}",
     "header.missing", 85, 97, NULL},
    {"a field's name",
     ASKED "\r\nHTTP/1.1 401 Unauthorized\r\nx-amzn-remapped-www-authenticate: Bearer\r\n\r\n",
     "proxy.www_auth_remapped", 90, 97, NULL},
    {"too general to say much", TOLD JSON "{\"detail\":\"Invalid token.\"}", "token.revoked", 1, 40,
     NULL},
};

static struct capture *captured(const char *exchange)
{
    struct capture *capture = NULL;
    struct complaint why;

    assert_int_equal(http_read(dw_span_of(exchange), "test", &capture, &why), 0);
    assert_int_equal(capture->n_exchanges, 1);
    return capture;
}

static const struct finding *found(const struct diagnosis *diagnosis, const char *cause)
{
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        if (strcmp(diagnosis->findings[i].cause->id, cause) == 0) {
            return &diagnosis->findings[i];
        }
    }
    return NULL;
}

static void check_heard(const struct heard *heard, const struct diagnosis *diagnosis)
{
    const struct finding *finding;

    if (heard->cause == NULL) {
        must(diagnosis->n_findings == 0, heard->name);
        return;
    }
    finding = found(diagnosis, heard->cause);
    must(finding != NULL && finding->n_evidence >= 1, heard->name);
    must(finding->confidence >= heard->least && finding->confidence <= heard->most, heard->name);
    assert_string_equal(finding->evidence[0].source, "server");
    assert_int_equal(strncmp(finding->evidence[0].what, "says \"", 6), 0);
    must((finding->server_text != NULL) == (finding->confidence >= 50), heard->name);
    must(heard->not_this == NULL || found(diagnosis, heard->not_this) == NULL, heard->name);
}

static void hear(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(HEARD); i++) {
        struct capture *capture = captured(HEARD[i].exchange);
        struct scene *scene = arena_take(capture->arena, sizeof(*scene));
        struct diagnosis *diagnosis = arena_take(capture->arena, sizeof(*diagnosis));

        assert_true(scene != NULL && diagnosis != NULL);
        assert_int_equal(scene_make(capture, 0, 1700000000, scene), 0);
        diagnosis->arena = capture->arena;
        diagnosis->scene = scene;
        rules_texts(scene, diagnosis);
        check_heard(&HEARD[i], diagnosis);
        capture_free(capture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuse_what_is_unknown),
        cmocka_unit_test(find_each_by_its_id),
        cmocka_unit_test(write_each_as_the_others),
        cmocka_unit_test(keep_headings_together),
        cmocka_unit_test(mend_the_common_ones_for_all_three),
        cmocka_unit_test(know_what_each_text_means),
        cmocka_unit_test(read_plainly),
        cmocka_unit_test(hear),
    };
    return RUN_TAP(tests);
}
