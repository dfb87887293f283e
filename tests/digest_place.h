/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DIGEST_PLACE_H
#define TESTS_DIGEST_PLACE_H

/* A guard that accepts Digest, a user called joe, and joe's client. */

#include "digest_client.h"
#include "tap.h"

#define NOW  INT64_C(1700000000)
#define ALL  (1u << DW_DIGEST_MD5 | 1u << DW_DIGEST_SHA256 | 1u << DW_DIGEST_SHA512_256)
#define LIFE 120

static const uint8_t SECRET[32] = "a secret of thirty-two bytes....";
static const struct dw_route ROUTES[] = {{.path = "/**", .accept = {DW_SCHEME_DIGEST}}};

static struct dw_policy policy;
static struct dw_answers answers;
static struct dw_request request;
static struct dw_field fields[2];
static struct dw_work work;
static struct digest_client client;
static struct dw_denial denial;

/* What the machine knows and remembers. */
static struct {
    bool knows, revoked;
    uint8_t name[DW_FACT_NAME];
    char claims[1024];
    uint8_t used[8][DW_FACT_NAME];
    size_t n_used;
    int64_t until;
    int wait;
    bool right; /* what was waited for was known to be so */
    char account[64]; /* whose guesses were asked for last */
} memory;

static inline bool find(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                        struct dw_known *known)
{
    (void)context;
    assert_int_equal(fact, DW_FACT_DIGEST);
    if (!memory.knows || memcmp(name, memory.name, DW_FACT_NAME) != 0) {
        return false;
    }
    *known = (struct dw_known){.claims = dw_span_of(memory.claims), .until = NOW + 3600};
    return true;
}

static inline enum dw_reason use(void *context, const uint8_t name[DW_FACT_NAME], int64_t until)
{
    (void)context;
    for (size_t i = 0; i < memory.n_used; i++) {
        if (memcmp(memory.used[i], name, DW_FACT_NAME) == 0) {
            return DW_PROOF_REPLAYED;
        }
    }
    if (memory.n_used == COUNT_OF(memory.used)) {
        return DW_GUARD_FAILED;
    }
    memcpy(memory.used[memory.n_used++], name, DW_FACT_NAME);
    memory.until = until;
    return DW_REASON_NONE;
}

static inline int wait_for(void *context, struct dw_span source, struct dw_span account, bool right)
{
    (void)context;
    assert_span(source, "192.0.2.1");
    memory.right = right;
    (void)snprintf(memory.account, sizeof(memory.account), "%.*s", (int)account.len, account.at);
    return memory.wait;
}

static inline bool is_revoked(void *context, enum dw_scheme scheme, const struct dw_jwt *token)
{
    (void)context;
    assert_int_equal(scheme, DW_SCHEME_DIGEST);
    assert_span(token->sub, "joe");
    return memory.revoked;
}

static inline struct dw_decision decide(const char *authorization)
{
    struct dw_decision decision;

    fields[0] = (struct dw_field){DW_SPAN("Authorization"), dw_span_of(authorization)};
    request.n_fields = authorization == NULL ? 0 : fields[1].name.at == NULL ? 1 : 2;
    request.fields = fields;
    if (authorization == NULL && fields[1].name.at != NULL) {
        request.fields = fields + 1;
        request.n_fields = 1;
    }
    dw_decide(&policy, &answers, &request, &work, &decision);
    return decision;
}

static inline struct dw_decision send_answer(void)
{
    return decide(digest_client_field(&client));
}

/* The challenges of a denial, one to a line. */
static inline const char *challenges(const struct dw_decision *decision)
{
    static char buffer[DW_DENIAL_SIZE], text[4096];
    size_t len = 0;

    assert_int_equal(dw_denial_write(&policy, &request, decision, DW_SPAN("id1"), buffer,
                                     sizeof(buffer), &denial),
                     0);
    text[0] = '\0';
    for (size_t i = 0; i < denial.n_fields; i++) {
        const struct dw_span value = denial.fields[i].value;
        if (dw_span_equal(denial.fields[i].name, DW_SPAN("WWW-Authenticate"))) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s\n", (int)value.len,
                                    value.at);
        }
    }
    return text;
}

static inline void take_nonce(struct dw_span nonce)
{
    (void)snprintf(client.nonce, sizeof(client.nonce), "%.*s", (int)nonce.len, nonce.at);
}

/* Joe is known, and his client has just been challenged. */
static inline int begin(void **state)
{
    char md5[DW_HA1_SIZE], sha256[DW_HA1_SIZE], sha512[DW_HA1_SIZE];
    const struct dw_span user = DW_SPAN("joe"), realm = DW_SPAN("club"),
                         password = DW_SPAN("secret");

    (void)state;
    memset(&memory, 0, sizeof(memory));
    memset(fields, 0, sizeof(fields));
    policy = (struct dw_policy){.realm = "club", .routes = ROUTES, .n_routes = 1};
    policy.schemes.digest.nonce_life = LIFE;
    answers = (struct dw_answers){
        .secret = SECRET, .find = find, .use = use, .wait = wait_for, .is_revoked = is_revoked};
    request = (struct dw_request){.method = DW_SPAN("GET"),
                                  .target = DW_SPAN("/a?b=c"),
                                  .source = DW_SPAN("192.0.2.1"),
                                  .now = NOW};
    client = (struct digest_client){.user = "joe",
                                    .password = "secret",
                                    .realm = "club",
                                    .method = "GET",
                                    .uri = "/a?b=c",
                                    .qop = "auth",
                                    .nc = "00000001",
                                    .cnonce = "c",
                                    .algorithm = "SHA-256"};
    take_nonce(decide(NULL).digest_nonce);
    if (dw_digest_ha1(DW_DIGEST_MD5, user, realm, password, md5) != 0 ||
        dw_digest_ha1(DW_DIGEST_SHA256, user, realm, password, sha256) != 0 ||
        dw_digest_ha1(DW_DIGEST_SHA512_256, user, realm, password, sha512) != 0) {
        return -1;
    }
    memory.knows = true;
    dw_fact_name(DW_FACT_DIGEST, user, memory.name);
    (void)snprintf(memory.claims, sizeof(memory.claims),
                   "{\"sub\":\"joe\",\"scope\":\"read\",\"ha1\":{\"MD5\":\"%s\",\"SHA-256\":\"%s\","
                   "\"SHA-512-256\":\"%s\"}}",
                   md5, sha256, sha512);
    return 0;
}

static inline void assert_let_in(void)
{
    const struct dw_decision decision = send_answer();
    char rspauth[DIGEST_HEX], expected[512];

    assert_string_equal(dw_reason_text(decision.reason)->name, "allowed.password");
    assert_int_equal(decision.scheme, DW_SCHEME_DIGEST);
    assert_span(decision.account, "joe");
    assert_span(decision.subject, "joe");
    assert_span(decision.scope, "read");
    digest_client_respond(&client, "", "auth", rspauth);
    (void)snprintf(expected, sizeof(expected), "rspauth=\"%s\", qop=auth, nc=%s, cnonce=\"%s\"",
                   rspauth, client.nc, client.cnonce);
    assert_span(decision.authentication_info, expected);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

#endif
