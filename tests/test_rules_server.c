/* SPDX-License-Identifier: Apache-2.0 */
#include "captured.h"

#define ASKED  "> GET https://api.example.com/v1\n"
#define TOKEN  "> Authorization: Bearer 2YotnFZFEjr1zCsicMWpAAx7Kf\n"
#define BEARER "< WWW-Authenticate: Bearer realm=\"api\"\n"

static const struct sighting OF_SERVERS[] = {
    {ASKED TOKEN "< 401\n" BEARER, NULL, 0, "server.no_www_authenticate"},
    {ASKED TOKEN "< 401\n< Date: Wed, 18 Nov 2026 11:06:40 GMT\n", "server.no_www_authenticate", 97,
     NULL},
    {ASKED TOKEN "< 401\n" BEARER, NULL, 0, "server.malformed_challenge"},
    {ASKED TOKEN "< 401\n< WWW-Authenticate: Bearer scope=\"\" error=\"invalid_token\"\n",
     "server.malformed_challenge", 97, "server.no_www_authenticate"},
    {ASKED TOKEN "< 401\n< WWW-Authenticate: Basic realm=\"open\n", "server.malformed_challenge",
     97, NULL},
    {ASKED "< 401\n< WWW-Authenticate: Hoba max-age=\"1\", Basic realm=\"x\"\n",
     "server.challenge_unusable", 70, NULL},
    {ASKED "< 403\n= {\"detail\":\"Authentication credentials were not provided.\"}\n",
     "server.403_for_401", 95, NULL},
    {ASKED TOKEN "< 403\n= {\"detail\":\"no\"}\n", NULL, 0, "server.403_for_401"},
    {ASKED TOKEN "< 401\n" BEARER "= {\"error\":\"permission denied: admin only\"}\n",
     "server.401_for_403", 85, NULL},
    {ASKED TOKEN "< 200\n> DELETE https://api.example.com/v2\n" TOKEN
                 "< 401\n= {\"error\":\"a viewer may not delete\"}\n",
     "server.401_for_403", 85, NULL},
    {ASKED TOKEN "< 401\n= {\"error\":\"this token may not be used\"}\n", NULL, 0,
     "server.401_for_403"},
    {ASKED "< 403\n= {\"message\":\"Missing Authentication Token\"}\n", "server.route_first", 90,
     "server.403_for_401"},
    {ASKED TOKEN "< 401\n" BEARER
                 "= {\"status\":401,\"error\":\"Unauthorized\",\"path\":\"/error\"}\n",
     "server.error_dispatch", 95, NULL},
    {"> GET https://api.example.com/health\n< 401\n" BEARER, "server.middleware_order", 75, NULL},
    {"> POST https://api.example.com/register\n< 401\n= {\"message\":\"No token provided\"}\n",
     "server.middleware_order", 95, NULL},
    {"> GET https://api.example.com/health\n< 401\n" BEARER
     "> POST https://api.example.com/login\n< 401\n" BEARER,
     "server.middleware_order", 90, NULL},
    {ASKED TOKEN "< 200\n" ASKED TOKEN "< 401\n" BEARER ASKED TOKEN "< 200\n" ASKED TOKEN
                 "< 401\n" BEARER,
     "server.bad_node", 95, "session.store_lost"},
    {ASKED "> Cookie: sid=1\n< 200\n" ASKED "> Cookie: sid=1\n< 401\n" ASKED
           "> Cookie: sid=1\n< 200\n" ASKED "> Cookie: sid=1\n< 401\n",
     "session.store_lost", 90, "server.bad_node"},
    {"> GET https://x.example/1\n> Cookie: sid=1\n< 200\n< X-Backend: a\n"
     "> GET https://x.example/2\n> Cookie: sid=1\n< 401\n< X-Backend: b\n"
     "> GET https://x.example/3\n> Cookie: sid=1\n< 200\n< X-Backend: a\n"
     "> GET https://x.example/4\n> Cookie: sid=1\n< 401\n< X-Backend: b\n",
     "session.store_lost", 88, "server.bad_node"},
    {"> GET https://x.example/1\n> Cookie: sid=1\n< 200\n< X-Backend: a\n"
     "> GET https://x.example/2\n> Cookie: sid=1\n< 401\n< X-Backend: b\n"
     "> GET https://x.example/3\n> Cookie: sid=1\n< 200\n< X-Backend: b\n"
     "> GET https://x.example/4\n> Cookie: sid=1\n< 401\n< X-Backend: b\n",
     NULL, 0, "session.store_lost"},
    {ASKED TOKEN "< 200\n" ASKED TOKEN
                 "< 401\n< WWW-Authenticate: Bearer error_description=\"bad signature\"\n",
     "server.secret_changed", 90, "server.bad_node"},
    {"@ 1795000000 9000\n" ASKED TOKEN "< 401\n= introspection failed\n",
     "server.auth_backend_down", 85, NULL},
    {"> GET https://api.example.com/v1\n" TOKEN "< 419\n", "status.419", 97, NULL},
    {ASKED TOKEN "< 440\n", "status.440", 97, NULL},
    {ASKED TOKEN "< 498\n", "status.498", 97, NULL},
    {ASKED TOKEN "< 499\n= {\"error\":{\"code\":499}}\n", "status.499", 97, NULL},
    {ASKED TOKEN "< 400\n< WWW-Authenticate: Bearer error=\"invalid_request\"\n",
     "status.400_invalid_request", 97, NULL},
    {ASKED "> Accept: application/json\n< 200\n< Content-Type: text/html\n"
           "= <html><title>Log in</title><input type=\"password\">\n",
     "soft.login_page_200", 90, NULL},
    {ASKED TOKEN "< 200\n= {\"ok\":false,\"error\":\"invalid_auth\"}\n", "soft.body_error_200", 97,
     NULL},
    {ASKED TOKEN "< 200\n= "
                 "{\"data\":null,\"errors\":[{\"message\":\"x\",\"extensions\":{\"code\":"
                 "\"UNAUTHENTICATED\"}}]}\n",
     "soft.body_error_200", 97, NULL},
    {ASKED TOKEN "< 200\n= {\"error\":{\"code\":498,\"message\":\"Invalid token.\"}}\n",
     "soft.body_error_200", 97, NULL},
    {ASKED TOKEN "< 200\n< grpc-status: 16\n< grpc-message: token expired\n", "soft.grpc_16", 97,
     NULL},
    {ASKED TOKEN "< 200\n< Content-Type: application/grpc-web\n= ...grpc-status:16\n",
     "soft.grpc_16", 97, NULL},
    {ASKED TOKEN "< 200\n= {\"error\":{\"code\":499,\"message\":\"Token Required\"}}\n",
     "status.499", 97, NULL},
    {ASKED TOKEN "< 200\n= {\"ok\":true,\"message\":\"authentication is fun\"}\n", NULL, 0,
     "soft.body_error_200"},
};

static const struct sighting OF_PROXIES[] = {
    {ASKED TOKEN "< 401\n< WWW-Authenticate: Bearer error=\"invalid_token\"\n", NULL, 0,
     "proxy.strips_authorization"},
    {ASKED "< 401\n" BEARER, NULL, 0, "proxy.strips_authorization"},
    {ASKED TOKEN "< 401\n" BEARER, "proxy.strips_authorization", 70, "proxy.apache_cgi"},
    {ASKED TOKEN "< 401\n< Server: Apache/2.4\n< X-Powered-By: PHP/8.2\n= {\"error\":\"No "
                 "authorization header\"}\n",
     "proxy.apache_cgi", 90, "proxy.mod_wsgi"},
    {ASKED TOKEN "< 401\n< Server: Apache/2.4 mod_wsgi/4.9\n"
                 "= {\"detail\":\"Authentication credentials were not provided.\"}\n",
     "proxy.mod_wsgi", 90, "proxy.apache_cgi"},
    {ASKED TOKEN "< 401\n< X-Amz-Cf-Id: abc\n= {\"message\":\"Missing token\"}\n",
     "proxy.cloudfront", 80, NULL},
    {"> GET https://x.azurestaticapps.net/api\n" TOKEN
     "< 401\n< WWW-Authenticate: Bearer error=\"invalid_token\"\n",
     "proxy.platform_overwrites", 80, NULL},
    {ASKED "< 407\n< Proxy-Authenticate: Basic realm=\"p\"\n", "proxy.407", 97, NULL},
    {ASKED "< 511\n", "proxy.captive_portal", 97, NULL},
    {ASKED TOKEN "< 403\n< cf-mitigated: challenge\n", "proxy.edge_challenge", 95, NULL},
    {ASKED TOKEN "< 403\n< Server: istio-envoy\n= RBAC: access denied\n", "proxy.mesh_rejected", 97,
     NULL},
    {ASKED "> apikey: pk7fA9xQ2LmN0pRs\n< 401\n< X-Kong-Upstream-Latency: 9\n"
           "= {\"error\":\"apikey header required\"}\n",
     "proxy.gateway_consumes", 74, NULL},
    {ASKED "< 401\n< x-amzn-Remapped-WWW-Authenticate: Basic\n", "proxy.www_auth_remapped", 97,
     NULL},
    {ASKED TOKEN "< 401\n< Server: nginx/1.24\n= <h1>401 Authorization Required</h1>\n",
     "proxy.auth_request", 60, NULL},
    {ASKED "> Host: other.example.org\n< 401\n" BEARER, "proxy.vhost", 70, NULL},
    {ASKED TOKEN "< 401\n< Age: 120\n" BEARER, "cache.stored_401", 97, NULL},
    {ASKED TOKEN "< 401\n< Age: 0\n< Cache-Control: no-store\n" BEARER, NULL, 0,
     "cache.stored_401"},
    {ASKED TOKEN "< 401\n< X-Cache: MISS\n< Cache-Control: public, max-age=60\n" BEARER,
     "cache.stored_401", 75, NULL},
    {ASKED TOKEN "< 401\n< X-Cache: HIT from edge\n" BEARER, "cache.stored_401", 97, NULL},
    {"@ 1795000000\n" ASKED TOKEN "< 401\n< Date: Wed, 18 Nov 2026 11:06:40 GMT\n"
     "@ 1795000060\n" ASKED TOKEN "< 401\n< Date: Wed, 18 Nov 2026 11:06:40 GMT\n",
     "cache.stored_401", 95, NULL},
    {"@ 1795000000\n" ASKED TOKEN "< 401\n< Date: Wed, 18 Nov 2026 11:06:40 GMT\n"
     "@ 1795000030\n" ASKED TOKEN "< 200\n"
     "@ 1795000060\n" ASKED TOKEN "< 401\n< Date: Wed, 18 Nov 2026 11:06:40 GMT\n",
     NULL, 0, "cache.stored_401"},
    {ASKED TOKEN "< 302\n< Location: http://captive.example.net/guest\n", "proxy.captive_portal",
     90, NULL},
    {"> GET http://api.example.com/v1\n"
     "< 302\n< Location: http://192.0.2.1/login?client_mac=a4:83:e7:11:22:33\n",
     "proxy.captive_portal", 90, NULL},
    {ASKED TOKEN "< 401\n" BEARER
                 "* SSL: no alternative certificate subject name matches target host name\n",
     "proxy.vhost", 90, NULL},
};

static void of_servers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(OF_SERVERS); i++) {
        check_sighting(&OF_SERVERS[i], CAPTURE_HAR, rules_server);
    }
}

static void of_proxies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(OF_PROXIES); i++) {
        check_sighting(&OF_PROXIES[i], CAPTURE_HAR, rules_proxy);
    }
}

/* -- What the differential requests show ---------------------------------------------------------------- */

static const char PROBED[] =
    ASKED TOKEN "< 401\n" BEARER ASKED "< 401\n" BEARER ASKED TOKEN "< 401\n" BEARER;

static void look_probed(const char *text, const enum exchange_role *roles, const char *cause,
                        int confidence, const char *ruled_out)
{
    struct capture *capture = captured(CAPTURE_LIVE, text);
    struct diagnosis *diagnosis;
    const struct finding *finding;
    bool is_out = ruled_out == NULL;

    for (size_t i = 0; i < capture->n_exchanges; i++) {
        capture->exchanges[i]->role = roles[i];
    }
    assert_int_equal(diagnosis_make(capture, 1795000000, &diagnosis), 0);
    finding = cause != NULL ? found_in(diagnosis, cause) : NULL;
    for (size_t i = 0; i < diagnosis->n_ruled_out; i++) {
        is_out = is_out || strcmp(diagnosis->ruled_out[i].cause->id, ruled_out) == 0;
    }
    if (!is_out || (cause != NULL && (finding == NULL || finding->confidence < confidence))) {
        print_error("%s", text);
        print_findings(diagnosis);
        capture_free(capture);
        fail();
    }
    capture_free(capture);
}

static void probes(void **state)
{
    static const enum exchange_role BARE[] = {ROLE_CAPTURED, ROLE_NONE, ROLE_GARBAGE};
    static const enum exchange_role AGAIN[] = {ROLE_CAPTURED, ROLE_REPEATED, ROLE_NOWHERE};

    (void)state;
    look_probed(PROBED, BARE, "proxy.strips_authorization", 97, NULL);
    look_probed(ASKED TOKEN "< 401\n< WWW-Authenticate: Bearer error=\"invalid_token\"\n" ASKED
                            "< 401\n" BEARER,
                BARE, NULL, 0, "proxy.strips_authorization");
    look_probed(ASKED TOKEN "< 401\n< WWW-Authenticate: Basic realm=\"x\"\n" ASKED
                            "< 401\n< WWW-Authenticate: Basic realm=\"x\"\n",
                BARE, "header.wrong_scheme", 97, NULL);
    look_probed(ASKED TOKEN "< 401\n" BEARER ASKED TOKEN "< 401\n" BEARER
                            "> GET https://api.example.com/nowhere\n"
                            "< 401\n" BEARER,
                AGAIN, "server.route_first", 45, "server.bad_node");
    look_probed(ASKED TOKEN "< 401\n" BEARER ASKED TOKEN "< 401\n" BEARER
                            "> GET https://api.example.com/nowhere\n"
                            "< 404\n",
                AGAIN, NULL, 0, "server.route_first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_servers), cmocka_unit_test(of_proxies),
                                       cmocka_unit_test(probes)};

    return RUN_TAP(tests);
}
