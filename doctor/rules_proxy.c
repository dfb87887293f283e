/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"
#include "rules_credentials.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* -- Who answered, by what they leave in an answer ------------------------------------------------- */

/* `field` holds `value` ("": anything), and the body holds `body` (NULL: whatever it holds). */
static const struct mark {
    const char *cause;
    const char *field, *value; /* field NULL: the body alone tells */
    const char *body;
    const char *who;
    int confidence;
} MARKS[] = {
    {"proxy.edge_challenge", "cf-mitigated", "", NULL, "Cloudflare's bot check", 98},
    {"proxy.edge_challenge", NULL, "", "/cdn-cgi/challenge-platform", "Cloudflare's bot check", 95},
    {"proxy.edge_challenge", NULL, "", "Attention Required! | Cloudflare", "Cloudflare's firewall",
     97},
    {"proxy.edge_challenge", NULL, "", "cdn-cgi/access", "Cloudflare Access", 95},
    {"proxy.edge_challenge", "Location", "cdn-cgi/access", NULL, "Cloudflare Access", 85},
    {"proxy.edge_challenge", "Location", "cloudflareaccess.com", NULL, "Cloudflare Access", 85},
    {"proxy.edge_challenge", "Server", "AkamaiGHost", "Reference", "Akamai's edge", 95},
    {"proxy.edge_challenge", NULL, "", "errors.edgesuite.net", "Akamai's edge", 95},
    {"proxy.edge_challenge", NULL, "", "Incapsula incident ID", "Imperva's edge", 97},
    {"proxy.edge_challenge", NULL, "", "_Incapsula_Resource", "Imperva's edge", 95},
    {"proxy.edge_challenge", NULL, "", "Sucuri Website Firewall", "Sucuri's firewall", 97},
    {"proxy.edge_challenge", "x-amzn-waf-action", "", NULL, "AWS WAF", 97},
    {"proxy.edge_challenge", "x-datadome", "protected", NULL, "DataDome's bot check", 92},
    {"proxy.edge_challenge", "x-goog-iap-generated-response", "", NULL,
     "Google's Identity-Aware Proxy", 95},
    {"proxy.edge_challenge", "Server", "cloudflare", "<title>Just a moment",
     "Cloudflare's bot check", 97},
    {"proxy.edge_challenge", "Server", "cloudflare", "error code: 1020", "Cloudflare's firewall",
     94},
    {"proxy.edge_challenge", "Server", "cloudflare", "error code: 1010", "Cloudflare's firewall",
     92},
    {"proxy.edge_challenge", "Server", "cloudflare", "Cloudflare Ray ID", "Cloudflare's edge", 90},
    {"proxy.edge_challenge", NULL, "", "The requested URL was rejected. Please consult",
     "F5's firewall", 92},
    {"proxy.edge_challenge", "x-azure-ref", "", "The request is blocked",
     "Azure Front Door's firewall", 92},
    {"proxy.edge_challenge", "Server", "awselb", "<h1>403 Forbidden</h1>", "AWS's load balancer",
     85},
    {"proxy.mesh_rejected", "Server", "envoy", "RBAC: access denied", "Envoy's RBAC filter", 99},
    {"proxy.mesh_rejected", NULL, "", "RBAC: access denied", "Envoy's RBAC filter", 97},
    {"proxy.mesh_rejected", "Server", "envoy", "Jwt ", "Envoy's jwt_authn filter", 85},
    {"proxy.mesh_rejected", "Server", "envoy", "Jwks ", "Envoy's jwt_authn filter", 85},
    {"proxy.mesh_rejected", "Server", "envoy", "ext_authz", "Envoy's ext_authz filter", 90},
    {"proxy.mesh_rejected", "Server", "envoy", "UAEX", "Envoy's ext_authz filter", 90},
    {"proxy.mesh_rejected", "l5d-proxy-error", "", NULL, "Linkerd's proxy", 90},
    {"proxy.captive_portal", NULL, "", "captive portal", "a captive portal", 92},
    {"proxy.captive_portal", NULL, "", "captiveportal", "a captive portal", 90},
    {"proxy.captive_portal", NULL, "", "hotspot", "a hotspot's page", 85},
    {"proxy.captive_portal", NULL, "", "<WISPAccessGatewayParam", "a WISPr gateway", 97},
    {"proxy.captive_portal", "Location", "captive", NULL, "a captive portal", 92},
    {"proxy.captive_portal", "Location", "hotspot", NULL, "a hotspot's page", 90},
    {"proxy.captive_portal", "Location", "client_mac=", NULL, "a network's sign-in page", 96},
    {"proxy.captive_portal", "Location", "clientmac=", NULL, "a network's sign-in page", 96},
    {"proxy.captive_portal", "Location", "ap_mac=", NULL, "a network's sign-in page", 96},
    {"proxy.captive_portal", "Location", "apmac=", NULL, "a network's sign-in page", 96},
    {"proxy.captive_portal", "Location", "wlan=", NULL, "a network's sign-in page", 92},
    {"proxy.captive_portal", "Location", "ssid=", NULL, "a network's sign-in page", 90},
    {"proxy.captive_portal", "Location", "guestportal", NULL, "a guest network's page", 92},
    {"proxy.captive_portal", "Location", "guest/splash", NULL, "a guest network's page", 90},
    {"proxy.captive_portal", "Server", "hotspot", NULL, "a hotspot", 92},
};

static bool fits(const struct mark *mark, const struct scene *scene)
{
    const struct dw_span value = mark->field != NULL
                                     ? message_value(&scene->it->response, mark->field)
                                     : (struct dw_span){NULL, 0};

    if (mark->field != NULL &&
        (value.at == NULL || (*mark->value != '\0' && !span_has(value, mark->value)))) {
        return false;
    }
    return mark->body == NULL ||
           (span_has(scene->body, mark->body) &&
            (scene->body_is_html || !span_begins(dw_span_of(mark->cause), "proxy.captive_portal")));
}

static void look_marks(const struct scene *scene, struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < COUNT(MARKS); i++) {
        const struct mark *mark = &MARKS[i];
        const struct capture_field *field;
        struct finding *finding;

        if (!fits(mark, scene)) {
            continue;
        }
        field = mark->field != NULL ? message_field(&scene->it->response, mark->field) : NULL;
        finding = diagnosis_suspect(diagnosis, mark->cause, mark->confidence);
        finding_say(
            diagnosis, finding, "server", field != NULL ? field->place : scene->it->response.place,
            "%s answered: %s%s%s", mark->who, field != NULL ? mark->field : "",
            field != NULL && mark->body != NULL ? ", " : "", mark->body != NULL ? mark->body : "");
        if (field != NULL && mark->body == NULL) {
            finding_point(diagnosis, finding, field, 0, field->value.len,
                          "not the API's own answer");
        }
    }
}

/* -- Statuses of proxies ------------------------------------------------------------------------------ */

static void look_statuses(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_message *response = &scene->it->response;
    const struct capture_field *offer = message_field(response, "Proxy-Authenticate");
    struct finding *finding;

    if (scene->it->status == 511) {
        finding = diagnosis_suspect(diagnosis, "proxy.captive_portal", 98);
        finding_say(diagnosis, finding, "server", response->place,
                    "511: the network wants a login first (RFC 6585 s6)");
    }
    if (scene->it->status != 407 && !notes_have(scene->it, "407 Proxy Authentication")) {
        return;
    }
    finding = diagnosis_add(diagnosis, "proxy.407");
    finding_say(diagnosis, finding, "server", response->place, "407 comes from a proxy on the way");
    if (offer != NULL) {
        finding_say(diagnosis, finding, "server", offer->place, "Proxy-Authenticate: %.*s",
                    SHOWN(offer->value));
        finding_point(diagnosis, finding, offer, 0, offer->value.len, "what the proxy takes");
    }
}

/* -- Credentials lost on the way -------------------------------------------------------------------- */

static bool runs_php(const struct scene *scene)
{
    static const char *const PATHS[] = {".php", "/cgi-bin/", ".cgi", ".pl", "wp-json"};

    return span_has(message_value(&scene->it->response, "X-Powered-By"), "PHP") ||
           span_has(message_value(&scene->it->response, "Set-Cookie"), "PHPSESSID") ||
           span_has(scene->server, "PHP") || span_has(scene->server, "mod_fcgid") ||
           first_in(scene->path, PATHS, COUNT(PATHS)) != NULL;
}

/* RFC 6750 s3.1: no error= where a token came says that none was seen. PHP behind Apache, which loses it
 * unless told not to, often answers without any challenge. */
static bool is_challenge_for_none(const struct scene *scene)
{
    const bool is_silent = scene->it->status == 401 && scene->n_challenges == 0 &&
                           span_has(scene->server, "Apache") && runs_php(scene) &&
                           span_has(scene->body, "unauthenticated");

    if (is_silent) {
        return scene_is_scheme(scene, "Bearer");
    }
    return scene->error.at == NULL && scene_is_scheme(scene, "Bearer") &&
           scene_challenge(scene, "Bearer") != NULL;
}

static void say_lost(const struct scene *scene, struct diagnosis *diagnosis,
                     struct finding *finding, const char *words)
{
    const struct capture_field *field = scene->sent.field;
    const struct dw_span name = field != NULL ? field->name : dw_span_of("Authorization");

    finding_say(diagnosis, finding, "request",
                field != NULL ? field->place : scene->it->request.place, "%.*s was sent: %.*s%s%s",
                SHOWN(name), SHOWN(scene->sent.scheme), scene->sent.scheme.len > 0 ? " " : "",
                masked(scene->arena, scene->sent.payload));
    if (words != NULL) {
        finding_say(diagnosis, finding, "server", scene->it->response.place, "it says \"%s\"",
                    words);
    } else {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "its challenge has no error=, as for a request without a token");
    }
    if (field != NULL) {
        finding_point(diagnosis, finding, field, 0, field->value.len,
                      "sent, and not seen at the end");
    }
}

static bool runs_python(const struct scene *scene, bool *by_name)
{
    *by_name = span_has(scene->server, "mod_wsgi") || span_has(scene->server, "Python");
    return *by_name || scene_says(scene, "Authentication credentials were not provided") ||
           scene_says(scene, "csrftoken") || scene_says(scene, "Missing Authorization Header");
}

static void look_apache(const struct scene *scene, struct diagnosis *diagnosis, const char *words)
{
    bool by_name;

    if (!span_has(scene->server, "Apache")) {
        return;
    }
    if (runs_python(scene, &by_name)) {
        say_lost(scene, diagnosis,
                 diagnosis_suspect(diagnosis, "proxy.mod_wsgi",
                                   words == NULL ? 65
                                   : by_name     ? 93
                                                 : 85),
                 words);
    } else if (runs_php(scene) || words != NULL) {
        say_lost(scene, diagnosis,
                 diagnosis_suspect(diagnosis, "proxy.apache_cgi",
                                   words == NULL     ? 65
                                   : runs_php(scene) ? 93
                                                     : LIKELY),
                 words);
    }
}

static void look_cloudfront(const struct scene *scene, struct diagnosis *diagnosis,
                            const char *words)
{
    if (message_field(&scene->it->response, "X-Amz-Cf-Id") != NULL ||
        span_has(message_value(&scene->it->response, "Via"), "cloudfront")) {
        say_lost(scene, diagnosis,
                 diagnosis_suspect(diagnosis, "proxy.cloudfront", words != NULL ? 92 : 80), words);
    }
}

/* What a gateway adds once it has let a request through to what is behind it. */
static void look_gateway(const struct scene *scene, struct diagnosis *diagnosis, const char *words)
{
    const int confidence = words == NULL ? 60 : sent_authorization(scene) ? 80 : LIKELY - 1;

    static const char *const PASSED[] = {"X-Kong-Upstream-Latency", "X-Envoy-Upstream-Service-Time",
                                         "X-Gravitee-Request-Id", "X-Apigee-Message-Id"};

    for (size_t i = 0; i < COUNT(PASSED); i++) {
        const struct capture_field *field = message_field(&scene->it->response, PASSED[i]);

        if (field != NULL) {
            struct finding *finding =
                diagnosis_suspect(diagnosis, "proxy.gateway_consumes", confidence);

            finding_say(diagnosis, finding, "server", field->place,
                        "%s: the gateway let it through, what is behind it refused", PASSED[i]);
            say_lost(scene, diagnosis, finding, words);
        }
    }
}

/* A key in a field of its own: the gateway took it out, and what is behind it misses one. */
static void look_gateway_key(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const char *const WORDS[] = {"required",   "missing", "not provided",     "not supplied",
                                        "no api key", "no key",  "not authenticated"};
    const char *words = first_in(scene->body, WORDS, COUNT(WORDS));

    if (scene->sent.where == SENT_FIELD && scene->it->status == 401 && words != NULL &&
        scene->error.at == NULL) {
        look_gateway(scene, diagnosis, words);
    }
}

static void look_platform(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct finding *finding;

    if (scene_says(scene, ".scm.azurewebsites.net") &&
        !span_has(scene->token.iss, ".scm.azurewebsites.net")) {
        finding = diagnosis_suspect(diagnosis, "proxy.platform_overwrites", 98);
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "it read a token of *.scm.azurewebsites.net, which was not sent");
    } else if (span_has(scene->host, "azurestaticapps.net")) {
        finding = diagnosis_suspect(diagnosis, "proxy.platform_overwrites",
                                    scene->error.at == NULL ? 88 : 82);
        finding_say(diagnosis, finding, "request", scene->it->request.place,
                    "%.*s puts a token of its own into Authorization", SHOWN(scene->host));
    }
}

/* WordPress refuses nobody with 401 and somebody with 403; a wrong password has a code of its own. */
static const char *words_of_wordpress(const struct scene *scene)
{
    return scene->it->status == 401 && span_has(scene->body, "\"code\":\"rest_") ? "rest_..."
                                                                                 : NULL;
}

static void look_lost(const struct scene *scene, struct diagnosis *diagnosis)
{
    const char *missing = words_for_missing(scene);
    const char *words = missing != NULL ? missing : words_of_wordpress(scene);
    const bool is_for_none = is_challenge_for_none(scene);

    look_gateway_key(scene, diagnosis);
    if (!sent_authorization(scene) || scene->it->status < 400) {
        return;
    }
    look_platform(scene, diagnosis);
    if (scene->error.at != NULL) {
        return;
    }
    if (message_field(&scene->it->response, "X-Amz-Cf-Id") != NULL && scene->it->status == 401) {
        look_cloudfront(scene, diagnosis, words);
    }
    if (words == NULL && !is_for_none) {
        return;
    }
    look_apache(scene, diagnosis, words);
    look_gateway(scene, diagnosis, words);
    say_lost(scene, diagnosis,
             diagnosis_suspect(diagnosis, "proxy.strips_authorization", words != NULL ? 82 : 70),
             words);
}

/* -- Challenges lost or renamed on the way ----------------------------------------------------------- */

static void look_remapped(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *field =
        message_field(&scene->it->response, "x-amzn-remapped-www-authenticate");
    struct finding *finding;

    if (field == NULL) {
        return;
    }
    finding = diagnosis_add(diagnosis, "proxy.www_auth_remapped");
    finding_say(diagnosis, finding, "server", field->place,
                "AWS API Gateway renamed WWW-Authenticate");
    finding_point(diagnosis, finding, field, 0, field->value.len, "no client looks here");
}

/* nginx writes a challenge for each 401 of its own but those of auth_request and return. */
static void look_auth_request(const struct scene *scene, struct diagnosis *diagnosis)
{
    const bool is_nginx = span_has(scene->server, "nginx") || span_has(scene->server, "openresty");
    struct finding *finding;

    if (!is_nginx || scene->it->status != 401 ||
        !span_has(scene->body, "401 Authorization Required") ||
        message_field(&scene->it->response, "WWW-Authenticate") != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "proxy.auth_request", LIKELY);
    finding_say(diagnosis, finding, "server", scene->it->response.place,
                "nginx's own 401 page without a challenge: an auth_request said no");
}

/* -- The wrong site ------------------------------------------------------------------------------------ */

static struct dw_span without_port(struct dw_span host)
{
    const char *colon = host.len > 0 && host.at[0] != '[' ? memchr(host.at, ':', host.len) : NULL;

    return colon != NULL ? (struct dw_span){host.at, (size_t)(colon - host.at)} : host;
}

/* "subject: C=DE; CN=*.example.com"; absent: no client said so. */
static struct dw_span common_name(const struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->n_notes; i++) {
        const struct dw_span note = span_bare(exchange->notes[i]);
        struct dw_span name = span_behind(note, span_find(note, "CN="));

        if (span_begins(note, "subject:") && name.len > 3) {
            const char *end = memchr(name.at, ';', name.len);

            name.len = end != NULL ? (size_t)(end - name.at) : name.len;
            return span_bare(span_behind(name, 3));
        }
    }
    return (struct dw_span){NULL, 0};
}

/* curl -k goes on whatever the certificate's name is. Names beside the first are not shown then: it is
 * another site's if not even the domain is the same. */
static bool is_of_another(struct dw_span name, struct dw_span host)
{
    size_t n_dots = 0, i = name.len;

    while (i > 0 && (name.at[i - 1] != '.' || ++n_dots < 2)) {
        i--;
    }
    return n_dots > 0 && host.len > 0 &&
           !dw_span_equal_nocase(
               span_behind(name, i),
               span_behind(host, host.len > name.len - i ? host.len - (name.len - i) : 0));
}

static void look_certificate(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct dw_span name = common_name(scene->it);
    struct finding *finding;

    if (!notes_have(scene->it, "continuing anyway") || !is_of_another(name, scene->host)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "proxy.vhost", 94);
    finding_say(diagnosis, finding, "client", scene->it->place,
                "the certificate is %.*s's, not %.*s's", SHOWN(name), SHOWN(scene->host));
}

static void look_vhost(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct capture_field *field = message_field(&scene->it->request, "Host");
    const struct dw_span asked = without_port(message_value(&scene->it->request, "Host"));
    const struct dw_span meant = url_host(scene->it->url);
    struct finding *finding;

    if (scene->it->status == 421) {
        finding = diagnosis_suspect(diagnosis, "proxy.vhost", VERY_LIKELY);
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "421: the connection is another host's (RFC 9110 s15.5.20)");
    }
    if (notes_have(scene->it, "subject name matches target host") ||
        notes_have(scene->it, "does not match target host")) {
        finding = diagnosis_suspect(diagnosis, "proxy.vhost", 92);
        finding_say(diagnosis, finding, "client", scene->it->place,
                    "the certificate is another host's");
    }
    if (asked.len > 0 && meant.len > 0 && !dw_span_equal_nocase(asked, meant)) {
        finding = diagnosis_suspect(diagnosis, "proxy.vhost", LIKELY);
        finding_say(diagnosis, finding, "request", field->place, "Host is %.*s, the URL's %.*s",
                    SHOWN(asked), SHOWN(meant));
        finding_point(diagnosis, finding, field, 0, field->value.len, "another site's name");
    }
}

bool leads_to_portal(const struct exchange *exchange)
{
    static const char *const PORTALS[] = {"captive", "hotspot", "guest/splash"};

    return is_redirect(exchange) && first_in(message_value(&exchange->response, "Location"),
                                             PORTALS, COUNT(PORTALS)) != NULL;
}

void rules_proxy(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (scene->it == NULL) {
        return;
    }
    cache_look(scene, diagnosis);
    look_statuses(scene, diagnosis);
    look_marks(scene, diagnosis);
    look_lost(scene, diagnosis);
    look_remapped(scene, diagnosis);
    look_auth_request(scene, diagnosis);
    look_certificate(scene, diagnosis);
    look_vhost(scene, diagnosis);
}
