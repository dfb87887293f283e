/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ISSUER_PLACE_H
#define TESTS_ISSUER_PLACE_H

/* An issuer over a store in a folder of its own, with one client, and ways to ask it. */

#include "tap.h"

#include <openssl/evp.h>
#include <unistd.h>

#include "guard_page.h"
#include "issuer.h"
#include "json.h"

#define NOW 1700000000
#define NODES 256
#define URL "https://api.example.com"

struct place {
    char folder[64];
    struct store *store;
    struct issuer_settings settings;
    struct issuer *issuer;
    struct store_client client;
    char secret[ISSUER_SECRET_SIZE];
    struct issuer_response response;
};

static inline void open_issuer(struct place *place)
{
    struct complaint why = {""};

    if (issuer_new(place->store, &place->settings, NOW, &place->issuer, &why) != 0) {
        fail_msg("%s", why.text);
    }
}

static inline int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    assert_non_null(place);
    snprintf(place->folder, sizeof(place->folder), "/tmp/doorward-issuer-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    assert_int_equal(store_open(place->folder, &place->store, NULL), 0);
    place->settings = (struct issuer_settings){.url = URL,
                                               .audience = "https://api.example.com/v1",
                                               .prefix = "/doorward/",
                                               .alg = DW_ALG_ES256,
                                               .access_token_ttl = 900};
    open_issuer(place);
    assert_int_equal(issuer_client_add(place->store, "reports", "read write", NOW, &place->client,
                                       place->secret, NULL),
                     0);
    *state = place;
    return 0;
}

static inline int tear_down(void **state)
{
    static const char *const NAMES[] = {"doorward.db", "doorward.db-wal", "doorward.db-shm"};
    struct place *place = *state;
    char name[128];

    issuer_free(place->issuer);
    store_close(place->store);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s/%s", place->folder, NAMES[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

/* -- Asking ------------------------------------------------------------------------------------- */

static const struct dw_field FORM_FIELD = {{"content-type", 12},
                                           {"application/x-www-form-urlencoded", 33}};

static inline bool ask(struct place *place, const char *method, const char *path,
                const struct dw_field *fields, size_t n_fields, const char *body)
{
    struct guarded guarded = guard_text(body);
    struct guarded guarded_path = guard_text(path);
    const struct issuer_request request = {.method = dw_span_of(method),
                                           .path = guarded_path.span,
                                           .fields = fields,
                                           .n_fields = n_fields,
                                           .body = guarded.span,
                                           .now = NOW};
    bool taken;

    memset(&place->response, 0x55, sizeof(place->response));
    taken = issuer_answer(place->issuer, &request, &place->response);
    guard_release(&guarded);
    guard_release(&guarded_path);
    return taken;
}

static inline void post(struct place *place, const char *body)
{
    assert_true(ask(place, "POST", "/doorward/token", &FORM_FIELD, 1, body));
}

static inline void post_basic(struct place *place, const char *scheme, const char *credentials,
                       const char *body)
{
    unsigned char encoded[2048];
    char value[2100];
    struct dw_field fields[] = {FORM_FIELD, {DW_SPAN("Authorization"), {NULL, 0}}};

    assert_true(EVP_EncodeBlock(encoded, (const unsigned char *)credentials,
                                (int)strlen(credentials)) >= 0);
    snprintf(value, sizeof(value), "%s%s", scheme, (const char *)encoded);
    fields[1].value = dw_span_of(value);
    assert_true(ask(place, "POST", "/doorward/token", fields, 2, body));
}

/* -- Reading the answer ------------------------------------------------------------------------- */

static inline bool body_has(const struct place *place, const char *text)
{
    return memmem(place->response.body, place->response.body_len, text, strlen(text)) != NULL;
}

static inline void assert_error(const struct place *place, int status, const char *error,
                                const char *what)
{
    char member[64];

    snprintf(member, sizeof(member), "{\"error\":\"%s\",", error);
    if (place->response.status != status || !body_has(place, member)) {
        fail_msg("%s: wanted %d %s, got %d %.*s", what, status, error, place->response.status,
                 (int)place->response.body_len, place->response.body);
    }
    assert_string_equal(place->response.cache_control, "no-store");
    assert_string_equal(place->response.content_type, "application/json");
    assert_string_equal(place->response.challenge,
                        status == 401 ? "Basic realm=\"token\"" : "");
}

struct answer {
    char text[32768];
    struct json_node nodes[NODES];
    struct json json;
};

static inline void read_object(struct dw_span text, struct answer *answer)
{
    assert_true(text.len < sizeof(answer->text));
    memcpy(answer->text, text.at, text.len);
    assert_int_equal(
        json_parse(answer->text, text.len, answer->nodes, NODES, &answer->json, NULL), JSON_OK);
}

static inline void read_body(const struct place *place, struct answer *answer)
{
    read_object((struct dw_span){place->response.body, place->response.body_len}, answer);
}

static inline struct dw_span member(const struct answer *answer, const char *name)
{
    return json_string(&answer->json,
                       json_member(&answer->json, json_root(&answer->json), name));
}

/* The access token of the answer, verified with the published keys. */
static inline void read_token(const struct place *place, struct dw_work *work, struct dw_jwt *jwt,
                       char *token, size_t size)
{
    struct answer *answer = calloc(1, sizeof(*answer));
    struct dw_keys *keys = NULL;
    struct dw_span found;

    assert_non_null(answer);
    read_body(place, answer);
    found = member(answer, "access_token");
    assert_true(found.len > 0 && found.len < size);
    memcpy(token, found.at, found.len);
    assert_span(member(answer, "token_type"), "Bearer");
    free(answer);
    assert_int_equal(dw_jwt_parse((struct dw_span){token, found.len}, work, jwt), DW_REASON_NONE);
    assert_int_equal(dw_keys_parse(dw_span_of(issuer_jwks(place->issuer)), false, &keys), 0);
    assert_int_equal(dw_jwt_verify(jwt, keys, 0), DW_REASON_NONE);
    dw_keys_free(keys);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
