/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <unistd.h>

#include "introspection.h"

/* -- An issuer on this machine ----------------------------------------------------------------- */

static struct MHD_Daemon *issuer;
static const char *said; /* the answer */
static unsigned status;
static unsigned n_asked;
static char last[512];        /* the form it was asked with */
static char credentials[256]; /* its Authorization field */

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *len, void **its)
{
    static int begun;

    (void)context, (void)url, (void)version;
    if (*its == NULL) {
        *its = &begun;
        last[0] = '\0';
        return MHD_YES;
    }
    if (*len > 0) {
        const size_t used = strlen(last);
        snprintf(last + used, sizeof last - used, "%.*s", (int)*len, data);
        *len = 0;
        return MHD_YES;
    }
    const char *field = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    snprintf(credentials, sizeof credentials, "%s", field == NULL ? "" : field);
    n_asked += strcmp(method, "POST") == 0 ? 1 : 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(said), (void *)(uintptr_t)said, MHD_RESPMEM_MUST_COPY);
    const enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* -- Asking it --------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static struct introspection *introspection;
static struct introspected found;
static char url[64];
static char secret_file[] = "/tmp/doorward-secret-XXXXXX";

static void take_note(void *context)
{
    (void)context;
    pthread_cond_signal(&told);
}

static int begin(const char *at, const char *client, const char *file, struct complaint *why)
{
    static struct dw_trust trust[] = {{.issuer = "https://none.test"},
                                      {.issuer = "https://a.test"}};
    static struct config_keys keys[2];
    struct config config = {.policy = {.trust = trust, .n_trust = 2}, .keys = keys};

    keys[1] =
        (struct config_keys){.introspection = at, .client_id = client, .client_secret_file = file};
    return introspection_new(&config, &lock, take_note, NULL, &introspection, why);
}

static int set_up(void **state)
{
    (void)state;
    n_asked = 0;
    status = 200;
    said = "{\"active\":false}";
    issuer = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, answer, NULL, MHD_OPTION_SOCK_ADDR,
        &(struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}},
        MHD_OPTION_END);
    assert_non_null(issuer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/introspect",
             MHD_get_daemon_info(issuer, MHD_DAEMON_INFO_BIND_PORT)->port);
    return begin(url, "client 1", secret_file, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    introspection_free(introspection);
    introspection = NULL;
    MHD_stop_daemon(issuer);
    return 0;
}

/* Waits until it is told. */
static enum introspection_answer ask_of(size_t trust, const char *token)
{
    uint8_t name[DW_FACT_NAME];
    enum introspection_answer heard;

    dw_token_name(DW_SPAN("https://a.test"), dw_span_of(token), name);
    pthread_mutex_lock(&lock);
    heard = introspection_ask(introspection, trust, name, dw_span_of(token), &found);
    while (heard == INTROSPECTION_WAIT) {
        pthread_cond_wait(&told, &lock);
        heard = introspection_ask(introspection, trust, name, dw_span_of(token), &found);
    }
    pthread_mutex_unlock(&lock);
    return heard;
}

static enum introspection_answer ask(const char *token)
{
    return ask_of(1, token);
}

/* -- The tests --------------------------------------------------------------------------------- */

static void nobody_to_ask(void **state)
{
    (void)state;
    assert_int_equal(ask_of(0, "t"), INTROSPECTION_FAILED);
    assert_int_equal(ask_of(2, "t"), INTROSPECTION_FAILED);
    assert_int_equal(n_asked, 0);
}

static void broken_answers(void **state)
{
    static const struct {
        unsigned status;
        const char *said;
    } ANSWERS[] = {
        {200, ""},
        {200, "<html>"},
        {200, "[true]"},
        {200, "true"},
        {200, "{}"},
        {200, "{\"active\":null}"},
        {200, "{\"active\":\"true\"}"},
        {200, "{\"active\":1}"},
        {200, "{\"active\":true,\"active\":false}"},
        {200, "{\"active\":true,\"exp\":\"soon\"}"},
        {200, "{\"active\":true}x"},
        {201, "{\"active\":true}"},
        {302, "{\"active\":true}"},
        {401, "{\"active\":true}"},
        {500, "{\"active\":true}"},
    };
    char token[16];

    (void)state;
    for (unsigned i = 0; i < COUNT_OF(ANSWERS); i++) {
        status = ANSWERS[i].status;
        said = ANSWERS[i].said;
        snprintf(token, sizeof token, "broken-%u", i);
        assert_int_equal(ask(token), INTROSPECTION_FAILED);
        /* Between them it is well, or it would be left alone. */
        status = 200;
        said = "{\"active\":false}";
        snprintf(token, sizeof token, "well-%u", i);
        assert_int_equal(ask(token), INTROSPECTION_INACTIVE);
    }
    assert_int_equal(n_asked, 2 * COUNT_OF(ANSWERS));
}

static void too_long(void **state)
{
    static char text[DW_CLAIMS_MAX + 2];

    (void)state;
    memset(text, ' ', sizeof text - 1);
    memcpy(text, "{\"active\":true}", 15);
    said = text;
    assert_int_equal(ask("long"), INTROSPECTION_FAILED);
    text[DW_CLAIMS_MAX] = '\0';
    assert_int_equal(ask("less"), INTROSPECTION_ACTIVE);
    assert_int_equal(found.claims.len, DW_CLAIMS_MAX);
}

static void inactive(void **state)
{
    (void)state;
    assert_int_equal(ask("t"), INTROSPECTION_INACTIVE);
    said = "{\"active\":true}";
    assert_int_equal(ask("t"), INTROSPECTION_INACTIVE);
    assert_int_equal(n_asked, 1);
    assert_int_equal(ask("u"), INTROSPECTION_ACTIVE);
    assert_int_equal(n_asked, 2);
}

/* RFC 7662 s2.2 */
static void active(void **state)
{
    (void)state;
    said = "{\"active\":true, \"client_id\":\"l238j323ds-23ij4\", \"username\":\"jdoe\","
           "\"scope\":\"read write dolphin\", \"exp\":1419356238, \"iat\":1419350238}";
    assert_int_equal(ask("mF_9.B5f-4.1JqM+/="), INTROSPECTION_ACTIVE);
    assert_span(found.claims, said);
    assert_int_equal(found.expires, 1419356238);
    assert_string_equal(last, "token=mF_9.B5f-4.1JqM%2B%2F%3D&token_type_hint=access_token");
    /* client 1 and s:1, percent-encoded */
    assert_string_equal(credentials, "Basic Y2xpZW50JTIwMTpzJTNBMQ==");
    said = "{\"active\":true}";
    assert_int_equal(ask("forever"), INTROSPECTION_ACTIVE);
    assert_true(found.expires == INT64_MAX);
}

static void left_alone(void **state)
{
    char token[16];

    (void)state;
    status = 503;
    for (unsigned i = 0; i < INTROSPECTION_FAILURES; i++) {
        snprintf(token, sizeof token, "t-%u", i);
        assert_int_equal(ask(token), INTROSPECTION_FAILED);
    }
    assert_int_equal(n_asked, INTROSPECTION_FAILURES);
    status = 200;
    assert_int_equal(ask("another"), INTROSPECTION_FAILED);
    assert_int_equal(n_asked, INTROSPECTION_FAILURES);
}

static void nobody_answers(void **state)
{
    (void)state;
    MHD_stop_daemon(issuer);
    issuer = NULL;
    assert_int_equal(ask("t"), INTROSPECTION_FAILED);
}

static void unsafe_addresses(void **state)
{
    static const char *const URLS[] = {"http://192.0.2.1/introspect", "ftp://127.0.0.1/",
                                       "file:///etc/passwd", "https://a@127.0.0.1/"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(URLS); i++) {
        assert_int_equal(begin(URLS[i], NULL, NULL, NULL), 0);
        assert_int_equal(ask("t"), INTROSPECTION_FAILED);
        introspection_free(introspection);
        introspection = NULL;
    }
}

static void no_secret(void **state)
{
    struct complaint why;

    (void)state;
    assert_int_equal(begin("https://a.test/", "c", "/nowhere/at/all", &why), -1);
    assert_non_null(strstr(why.text, "/nowhere/at/all"));
    assert_int_equal(begin("https://a.test/", "c", "/dev/null", &why), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_to_ask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(inactive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(active, set_up, tear_down),
        cmocka_unit_test_setup_teardown(left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_answers, set_up, tear_down),
        cmocka_unit_test(unsafe_addresses),
        cmocka_unit_test(no_secret),
    };
    const int file = mkstemp(secret_file);

    assert_true(file >= 0 && write(file, "s:1\n", 4) == 4 && close(file) == 0);
    const int failed = RUN_TAP(tests);
    unlink(secret_file);
    return failed;
}
