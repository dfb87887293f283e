/* SPDX-License-Identifier: Apache-2.0 */
#include "captured.h"

#define TOKEN "> Authorization: Bearer 2YotnFZFEjr1zCsicMWpAAx7Kf\n"

static const struct sighting SIGHTINGS[] = {
    {"> GET https://api.example.com/v1\n" TOKEN "< 401\n", NULL, 0, "redirect.cross_origin_drop"},
    {"> GET https://api.example.com/v1\n" TOKEN "< 302\n< Location: https://api.example.com/v2\n"
     "> GET https://api.example.com/v2\n" TOKEN "< 401\n",
     NULL, 0, "redirect.same_origin_drop"},
    {"> GET https://api.example.com/v1\n" TOKEN "< 302\n< Location: https://data.example.net/v1\n"
     "> GET https://data.example.net/v1\n< 401\n",
     "redirect.cross_origin_drop", 97, "redirect.same_origin_drop"},
    {"> GET https://api.example.com/v1\n" TOKEN
     "< 302\n< Location: https://api.example.com:8443/v1\n"
     "> GET https://api.example.com:8443/v1\n< 401\n",
     "redirect.cross_origin_drop", 97, "redirect.to_login"},
    {"> GET https://api.example.com/v1\n" TOKEN "< 302\n< Location: https://api.example.com/v2\n"
     "> GET https://api.example.com/v2\n< 401\n",
     "redirect.same_origin_drop", 97, "redirect.cross_origin_drop"},
    {"> GET https://api.example.com/v1\n" TOKEN "< 307\n< Location: /v1/\n"
     "> GET https://api.example.com/v1/\n< 401\n",
     "redirect.trailing_slash", 97, "redirect.cross_origin_drop"},
    {"> GET https://api.example.com/v1\n" TOKEN "< 307\n< Location: http://api.example.com/v1/\n"
     "> GET http://api.example.com/v1/\n< 401\n",
     "redirect.scheme_downgrade", 97, "redirect.http_to_https"},
    {"> GET http://api.example.com/v1\n" TOKEN "< 301\n< Location: https://api.example.com/v1\n"
     "> GET https://api.example.com/v1\n< 401\n",
     "redirect.http_to_https", 95, "redirect.cross_origin_drop"},
    {"> GET https://api.example.com/v1\n> X-API-Key: 1234567890abcdef\n< 301\n"
     "< Location: https://b.example.net/v1\n> GET https://b.example.net/v1\n< 401\n",
     "redirect.cross_origin_drop", 97, NULL},
    {"> GET https://a.example.com/1\n" TOKEN "< 302\n< Location: https://b.example.com/2\n"
     "> GET https://b.example.com/2\n< 302\n< Location: https://b.example.com/3\n"
     "> GET https://b.example.com/3\n< 401\n",
     "redirect.cross_origin_drop", 97, NULL},
    {"> GET https://api.example.com/v1\n" TOKEN "< 301\n< Location: /v1/?a=1\n",
     "redirect.trailing_slash", 90, "redirect.same_origin_drop"},
    {"> GET http://api.example.com/v1\n" TOKEN "< 301\n< Location: https://api.example.com/v1\n",
     "redirect.http_to_https", 90, "redirect.trailing_slash"},
    {"> GET https://api.example.com/v1\n" TOKEN "< 302\n< Location: /v2/\n", NULL, 0,
     "redirect.trailing_slash"},
    {"> GET https://app.example.com/orders\n< 302\n< Location: "
     "https://login.example.com/authorize?x=1\n",
     "redirect.to_login", 95, NULL},
    {"> GET https://app.example.com/api/orders\n< 302\n< Location: /login?next=/api/orders\n"
     "> GET https://app.example.com/login?next=/api/orders\n< 200\n< Content-Type: text/html\n"
     "= <html><title>Login</title><input type=\"password\">\n",
     "redirect.to_login", 95, "redirect.same_origin_drop"},
    {"> GET https://app.example.com/api\n> Sec-Fetch-Mode: cors\n> Origin: "
     "https://app.example.com\n< 302\n"
     "< Location: https://idp.example.net/oauth2/authorize?client_id=1\n"
     "> GET https://idp.example.net/oauth2/authorize?client_id=1\n< 0\n",
     "redirect.idp_cors", 95, "redirect.cross_origin_drop"},
};

static void sightings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SIGHTINGS); i++) {
        check_sighting(&SIGHTINGS[i], CAPTURE_HAR, rules_redirect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sightings)};

    return RUN_TAP(tests);
}
