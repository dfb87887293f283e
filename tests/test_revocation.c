/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "edge_folder.h"
#include "revocation.h"

#define LATER  4000000000
#define ISSUER "https://login.example.org"
#define OTHER  "https://login.example.com"

static struct edge_folder folder;
static struct edge *edge;

static int set_up(void **state)
{
    (void)state;
    folder = edge_folder_make();
    return edge_open(folder.path, EDGE_WRITE, &edge, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    edge_close(edge);
    edge_folder_remove(&folder);
    return 0;
}

static void put(enum edge_revoked kind, const char *issuer, const char *value, int64_t before)
{
    const struct edge_revocation revocation = {.kind = kind,
                                               .issuer = dw_span_of(issuer),
                                               .value = dw_span_of(value),
                                               .before = before,
                                               .until = LATER};

    assert_int_equal(edge_put_revoked(edge, &revocation, NULL), 0);
}

/* Somebody of everything, issued at 100; without an issuer, as our own users and keys are, or with. */
static bool holds(enum dw_scheme scheme, const char *issuer, int64_t iat)
{
    const struct dw_jwt who = {.iss = dw_span_of(issuer),
                               .sub = DW_SPAN("ann"),
                               .client_id = DW_SPAN("app"),
                               .jti = DW_SPAN("j"),
                               .sid = DW_SPAN("s"),
                               .iat = iat,
                               .has_iat = iat != 0};
    uint64_t version;
    bool revoked;

    assert_int_equal(edge_begin(edge, &version), 0);
    revoked = revocation_holds(edge, scheme, &who);
    edge_end(edge);
    return revoked;
}

static void each_revocation_reaches_what_it_names(void **state)
{
    static const struct {
        const char *label;
        enum edge_revoked kind;
        const char *issuer, *value;
        int64_t before;
        enum dw_scheme scheme;
        const char *by;
        int64_t iat;
        bool revoked;
    } ROWS[] = {
        {"another jti", EDGE_JTI, ISSUER, "k", 0, DW_SCHEME_BEARER, ISSUER, 100, false},
        {"another issuer's jti", EDGE_JTI, OTHER, "j", 0, DW_SCHEME_BEARER, ISSUER, 100, false},
        {"nobody's jti", EDGE_JTI, NULL, "j", 0, DW_SCHEME_BEARER, ISSUER, 100, false},
        {"jti", EDGE_JTI, ISSUER, "j", 0, DW_SCHEME_BEARER, ISSUER, 100, true},
        {"jti of a bound token", EDGE_JTI, ISSUER, "j", 0, DW_SCHEME_DPOP, ISSUER, 100, true},
        {"jti like a key's id", EDGE_JTI, NULL, "j", 0, DW_SCHEME_APIKEY, NULL, 100, false},
        {"another key", EDGE_KEY, NULL, "k", 0, DW_SCHEME_APIKEY, NULL, 100, false},
        {"key", EDGE_KEY, NULL, "j", 0, DW_SCHEME_APIKEY, NULL, 100, true},
        {"key like a jti", EDGE_KEY, NULL, "j", 0, DW_SCHEME_BEARER, ISSUER, 100, false},
        {"session", EDGE_SESSION, NULL, "j", 0, DW_SCHEME_COOKIE, NULL, 100, true},
        {"session like a key's id", EDGE_SESSION, NULL, "j", 0, DW_SCHEME_APIKEY, NULL, 100, false},
        {"a token's session", EDGE_SESSION, NULL, "s", 0, DW_SCHEME_BEARER, ISSUER, 100, true},
        {"another subject", EDGE_SUBJECT, NULL, "bob", 100, DW_SCHEME_BASIC, NULL, 100, false},
        {"issued later", EDGE_SUBJECT, NULL, "ann", 99, DW_SCHEME_BASIC, NULL, 100, false},
        {"another's subject", EDGE_SUBJECT, OTHER, "ann", 100, DW_SCHEME_BEARER, ISSUER, 100,
         false},
        {"an issuer's subject", EDGE_SUBJECT, ISSUER, "ann", 100, DW_SCHEME_BASIC, NULL, 100,
         false},
        {"a client of that name", EDGE_CLIENT, NULL, "ann", 100, DW_SCHEME_BASIC, NULL, 100, false},
        {"user", EDGE_SUBJECT, NULL, "ann", 100, DW_SCHEME_BASIC, NULL, 100, true},
        {"subject", EDGE_SUBJECT, ISSUER, "ann", 100, DW_SCHEME_BEARER, ISSUER, 100, true},
        {"anybody's subject", EDGE_SUBJECT, NULL, "ann", 100, DW_SCHEME_BEARER, ISSUER, 100, true},
        {"certificate", EDGE_SUBJECT, NULL, "ann", 100, DW_SCHEME_CERTIFICATE, NULL, 0, true},
        {"another client", EDGE_CLIENT, NULL, "apq", 100, DW_SCHEME_BEARER, ISSUER, 100, false},
        {"client", EDGE_CLIENT, ISSUER, "app", 100, DW_SCHEME_BEARER, ISSUER, 100, true},
        {"all, earlier", EDGE_ALL, NULL, NULL, 99, DW_SCHEME_BEARER, ISSUER, 100, false},
        {"all", EDGE_ALL, NULL, NULL, 100, DW_SCHEME_BEARER, ISSUER, 100, true},
        {"all, without a time", EDGE_ALL, NULL, NULL, 1, DW_SCHEME_BEARER, ISSUER, 0, true},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        print_message("# %s\n", ROWS[i].label);
        assert_false(holds(ROWS[i].scheme, ROWS[i].by, ROWS[i].iat));
        put(ROWS[i].kind, ROWS[i].issuer, ROWS[i].value, ROWS[i].before);
        assert_int_equal(holds(ROWS[i].scheme, ROWS[i].by, ROWS[i].iat), ROWS[i].revoked);
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
    }
}

static void who_has_no_name_has_nothing_revoked_by_name(void **state)
{
    static const enum edge_revoked KINDS[] = {EDGE_JTI, EDGE_SUBJECT, EDGE_CLIENT, EDGE_SESSION,
                                              EDGE_KEY};
    const struct dw_jwt who = {.iat = 100, .has_iat = true};
    uint64_t version;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        put(KINDS[i], NULL, "", 100);
    }
    assert_int_equal(edge_begin(edge, &version), 0);
    for (int scheme = 0; scheme < DW_SCHEMES_END; scheme++) {
        assert_false(revocation_holds(edge, (enum dw_scheme)scheme, &who));
    }
    edge_end(edge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_revocation_reaches_what_it_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_no_name_has_nothing_revoked_by_name, set_up,
                                        tear_down),
    };

    return RUN_TAP(tests);
}
