/* SPDX-License-Identifier: Apache-2.0 */
#include "captured.h"

#define TOKEN "> Authorization: Bearer 2YotnFZFEjr1zCsicMWpAAx7Kf\n"
#define PAGE \
    "> Origin: https://app.example.org\n> Sec-Fetch-Mode: cors\n> Sec-Fetch-Site: cross-site\n"
#define PREFLIGHT                                                               \
    "> OPTIONS https://api.example.com/v1\n> Origin: https://app.example.org\n" \
    "> Access-Control-Request-Method: GET\n> Access-Control-Request-Headers: authorization\n"

static const struct sighting OF_BROWSERS[] = {
    {"> GET https://api.example.com/v1\n" TOKEN "< 401\n< WWW-Authenticate: Bearer\n", NULL, 0,
     "cors.masked_401"},
    {"> GET https://api.example.com/v1\n> Origin: https://api.example.com\n" TOKEN "< 401\n", NULL,
     0, "cors.masked_401"},
    {PREFLIGHT "< 401\n< WWW-Authenticate: Bearer\n", "cors.preflight_401", 97, "cors.masked_401"},
    {PREFLIGHT "< 204\n< Access-Control-Allow-Origin: *\n< Access-Control-Allow-Headers: *\n"
               "> GET https://api.example.com/v1\n" TOKEN PAGE "< 0\n* net::ERR_FAILED\n",
     "cors.allow_headers", 97, "cors.preflight_401"},
    {PREFLIGHT
     "< 204\n< Access-Control-Allow-Origin: *\n< Access-Control-Allow-Headers: X-A, Authorization\n"
     "> GET https://api.example.com/v1\n" TOKEN PAGE "< 0\n* net::ERR_FAILED\n",
     NULL, 0, "cors.allow_headers"},
    {"> GET https://api.example.com/v1\n" TOKEN PAGE "< 401\n< WWW-Authenticate: Bearer\n",
     "cors.masked_401", 97, "cors.expose"},
    {"> GET https://api.example.com/v1\n" TOKEN PAGE
     "< 401\n< Access-Control-Allow-Origin: *\n< WWW-Authenticate: Bearer "
     "error=\"invalid_token\"\n",
     "cors.expose", 97, "cors.masked_401"},
    {"> GET https://api.example.com/v1\n" TOKEN PAGE
     "< 401\n< Access-Control-Allow-Origin: *\n< Access-Control-Expose-Headers: www-authenticate\n"
     "< WWW-Authenticate: Bearer error=\"invalid_token\"\n",
     NULL, 0, "cors.expose"},
    {"> GET https://api.example.com/v1\n" PAGE
     "< 401\n< Access-Control-Allow-Origin: https://app.example.org\n"
     "< Access-Control-Allow-Credentials: true\n",
     "cors.credentials_mode", 80, "cors.masked_401"},
    {"> GET https://api.example.com/v1\n> Sec-Fetch-Mode: cors\n< 401\n< WWW-Authenticate: Basic "
     "realm=\"x\"\n",
     "browser.basic_popup", 97, NULL},
    {"> GET https://api.example.com/v1\n< 401\n< WWW-Authenticate: Basic realm=\"x\"\n", NULL, 0,
     "browser.basic_popup"},
    {"> GET https://ws.example.com/feed\n> Upgrade: websocket\n> Sec-WebSocket-Key: abc\n< 401\n",
     "ws.upgrade_401", 97, NULL},
    {"@ 1795000000\n> GET https://a.example.com/1\n< 200\n< Date: Wed, 18 Nov 2026 11:06:40 GMT\n"
     "@ 1795000010\n> GET https://b.example.com/1\n" TOKEN
     "< 401\n< Date: Wed, 18 Nov 2026 10:46:50 GMT\n",
     "server.clock_wrong", 95, "browser.clock"},
    {"@ 1795000000\n> GET https://a.example.com/1\n< 200\n< Date: Wed, 18 Nov 2026 12:06:40 GMT\n"
     "@ 1795000010\n> GET https://b.example.com/1\n" TOKEN
     "< 401\n< Date: Wed, 18 Nov 2026 12:06:50 GMT\n",
     "browser.clock", 90, "server.clock_wrong"},
    {"@ 1795000010\n> GET https://b.example.com/1\n" TOKEN
     "< 401\n< Date: Wed, 18 Nov 2026 11:07:05 GMT\n",
     NULL, 0, "browser.clock"},
};

#define SET(attributes) \
    "> POST https://app.example.com/session\n< 200\n< Set-Cookie: " attributes "\n"

static const struct sighting OF_COOKIES[] = {
    {"> GET https://app.example.com/a\n> Cookie: sid=1\n< 401\n< WWW-Authenticate: Bearer\n", NULL,
     0, "cookie.expired"},
    {SET("sid=1; Path=/; Secure") "> GET https://app.example.com/a\n> Cookie: sid=1\n< 401\n", NULL,
     0, "cookie.domain_path"},
    {SET("sid=1; Path=/; Secure") "> GET http://app.example.com/a\n< 401\n", "cookie.secure_http",
     97, NULL},
    {SET("sid=1; SameSite=None") "> GET https://app.example.com/a\n< 401\n", "cookie.secure_http",
     97, NULL},
    {SET("sid=1; Path=/admin") "> GET https://app.example.com/a\n< 401\n", "cookie.domain_path", 97,
     NULL},
    {SET("sid=1; Path=/a") "> GET https://app.example.com/a/b\n< 401\n", NULL, 0,
     "cookie.domain_path"},
    {SET("sid=1; Path=/a") "> GET https://app.example.com/ab\n< 401\n", "cookie.domain_path", 97,
     NULL},
    {SET("sid=1; Domain=example.net") "> GET https://app.example.com/a\n< 401\n",
     "cookie.domain_path", 97, NULL},
    {SET("sid=1; Path=/") "> GET https://api.example.com/a\n< 401\n", "cookie.domain_path", 97,
     NULL},
    {SET("sid=1; Domain=.example.com") "> GET https://api.example.com/a\n< 401\n", NULL, 0,
     "cookie.domain_path"},
    {SET("__Host-sid=1; Secure; Path=/; Domain=example.com") "> GET https://app.example.com/a\n< "
                                                             "401\n",
     "cookie.prefix", 97, NULL},
    {SET("__Secure-sid=1; Path=/") "> GET https://app.example.com/a\n< 401\n", "cookie.prefix", 97,
     NULL},
    {SET("sid=1; Secure; Path=/; SameSite=Lax") "> GET https://app.example.com/a\n> "
                                                "Sec-Fetch-Site: cross-site\n> Sec-Fetch-Mode: "
                                                "cors\n< 401\n",
     "cookie.samesite", 90, NULL},
    {SET("sid=1; Secure; Path=/; SameSite=None") "> GET https://app.example.com/a\n> "
                                                 "Sec-Fetch-Site: cross-site\n> Sec-Fetch-Mode: "
                                                 "cors\n< 401\n",
     "cookie.third_party", 75, "cookie.samesite"},
    {"> GET https://a.example.com/me\n> Sec-Fetch-Site: cross-site\n"
     "> Sec-Fetch-Storage-Access: none\n< 401\n",
     "cookie.third_party", 85, "cookie.samesite"},
    {"> GET https://a.example.com/me\n> Sec-Fetch-Site: cross-site\n"
     "> Sec-Fetch-Storage-Access: active\n< 401\n",
     NULL, 0, "cookie.third_party"},
    {"> GET https://app.example.com/a\n> Cookie: sid=1; lang=en; sid=2\n< 401\n",
     "cookie.duplicate", 90, NULL},
    {"> GET https://app.example.com/a\n> Cookie: sid=1\n< 401\n< Set-Cookie: sid=; Max-Age=0\n",
     "cookie.expired", 90, NULL},
    {"> GET https://app.example.com/a\n> Cookie: _ga=GA1.2; consent=1\n< 401\n",
     "cookie.not_logged_in", 74, "cookie.expired"},
    {"> GET https://app.example.com/a\n> Sec-Fetch-Mode: navigate\n< 401\n", "cookie.not_logged_in",
     85, "cookie.expired"},
    {"> POST https://app.example.com/a\n> Cookie: sid=1\n< 403\n= {\"detail\":\"CSRF Failed: CSRF "
     "token missing.\"}\n",
     "csrf.token", 90, NULL},
    {"> POST https://app.example.com/a\n> Cookie: sid=1\n< 419\n= Page Expired\n", "csrf.token", 90,
     NULL},
};

static void of_browsers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(OF_BROWSERS); i++) {
        check_sighting(&OF_BROWSERS[i], CAPTURE_HAR, rules_browser);
    }
}

static void of_cookies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(OF_COOKIES); i++) {
        check_sighting(&OF_COOKIES[i], CAPTURE_HAR, rules_cookie);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_browsers), cmocka_unit_test(of_cookies)};

    return RUN_TAP(tests);
}
