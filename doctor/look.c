/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOKEN_MIN    8 /* characters: shorter ones may be the same by chance */

const char *first_in(struct dw_span span, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_has(span, texts[i])) {
            return texts[i];
        }
    }
    return NULL;
}

/* -- What was sent ----------------------------------------------------------------------------------- */

bool sent_nothing(const struct scene *scene)
{
    return scene->it != NULL && scene->it->request.is_there && scene->sent.where == SENT_NOWHERE &&
           scene->n_others == 0;
}

/* A request that was written down before it was sent has no answer, and nothing is wrong with that. */
bool was_asked(const struct scene *scene)
{
    switch (scene->capture->kind) {
    case CAPTURE_COMMAND:
    case CAPTURE_TOKEN:
    case CAPTURE_TOKEN_ANSWER:
        return false;
    case CAPTURE_HTTP:
    case CAPTURE_CONSOLE:
    case CAPTURE_UNKNOWN:
        return scene->it->n_notes > 0;
    case CAPTURE_HAR:
    case CAPTURE_CURL_VERBOSE:
    case CAPTURE_CURL_TRACE:
    case CAPTURE_WGET:
    case CAPTURE_PYTHON:
    case CAPTURE_LIVE:
    default:
        return true;
    }
}

bool sent_authorization(const struct scene *scene)
{
    return scene->sent.where == SENT_AUTHORIZATION && scene->sent.payload.len > 0;
}

bool sent_the_same(const struct exchange *a, const struct exchange *b)
{
    static const char *const FIELDS[] = {"Authorization", "Cookie", "X-API-Key"};

    for (size_t i = 0; i < COUNT(FIELDS); i++) {
        if (!dw_secret_equal(message_value(&a->request, FIELDS[i]),
                             message_value(&b->request, FIELDS[i]))) {
            return false;
        }
    }
    return true;
}

static struct dw_span last_word(struct dw_span value)
{
    size_t from = value.len;

    while (from > 0 && value.at[from - 1] != ' ' && value.at[from - 1] != '\t') {
        from--;
    }
    return span_behind(value, from);
}

bool sent_in_other_shape(const struct exchange *a, const struct exchange *b)
{
    const struct dw_span one = message_value(&a->request, "Authorization");
    const struct dw_span other = message_value(&b->request, "Authorization");

    if (span_has(one, "=\"") || span_has(other, "=\"")) {
        return false; /* Digest and its kin have parameters, and no token at the end */
    }
    return one.len > 0 && other.len > 0 && !dw_span_equal(one, other) &&
           last_word(one).len >= TOKEN_MIN && dw_span_equal(last_word(one), last_word(other));
}

bool asked_the_same(const struct exchange *a, const struct exchange *b)
{
    return dw_span_equal(a->method, b->method) && dw_span_equal(a->url, b->url);
}

/* -- Who asked ---------------------------------------------------------------------------------------- */

bool is_browser(const struct exchange *exchange)
{
    const struct dw_span agent = message_value(&exchange->request, "User-Agent");

    return message_field(&exchange->request, "Sec-Fetch-Mode") != NULL ||
           (span_has(agent, "Mozilla/") && !span_has(agent, "PowerShell"));
}

bool is_script(const struct exchange *exchange)
{
    const struct dw_span mode = message_value(&exchange->request, "Sec-Fetch-Mode");

    if (mode.at != NULL) {
        return span_is(mode, "cors") || span_is(mode, "same-origin");
    }
    return span_is(message_value(&exchange->request, "X-Requested-With"), "XMLHttpRequest") ||
           (is_browser(exchange) && message_field(&exchange->request, "Origin") != NULL);
}

bool is_cross_origin(const struct exchange *exchange)
{
    const struct dw_span origin = message_value(&exchange->request, "Origin");
    char buffers[2][512];
    const struct dw_span page = url_origin(origin, buffers[0], sizeof(buffers[0]));
    const struct dw_span target = url_origin(exchange->url, buffers[1], sizeof(buffers[1]));

    if (span_is(origin, "null")) {
        return true;
    }
    return page.len > 0 && target.len > 0 && !dw_span_equal_nocase(page, target);
}

/* The last two labels: good enough without the public suffix list where Sec-Fetch-Site is silent. */
static struct dw_span site_of(struct dw_span host)
{
    size_t dots = 0;

    for (size_t i = host.len; i > 0; i--) {
        dots += host.at[i - 1] == '.';
        if (dots == 2) {
            return (struct dw_span){host.at + i, host.len - i};
        }
    }
    return host;
}

bool is_cross_site(const struct exchange *exchange)
{
    const struct dw_span site = message_value(&exchange->request, "Sec-Fetch-Site");
    const struct dw_span origin = message_value(&exchange->request, "Origin");

    if (site.at != NULL) {
        return span_is(site, "cross-site");
    }
    return url_host(origin).len > 0 &&
           !dw_span_equal_nocase(site_of(url_host(origin)), site_of(url_host(exchange->url)));
}

bool wants_json(const struct exchange *exchange)
{
    return span_has(message_value(&exchange->request, "Accept"), "json") ||
           span_has(message_value(&exchange->request, "Content-Type"), "json") ||
           span_has(url_path(exchange->url), "/api/") ||
           span_has(url_path(exchange->url), "/graphql") || is_script(exchange);
}

/* The Fetch standard keeps Authorization out of what * covers. */
bool lets_authorization(const struct exchange *preflight)
{
    return names_member(message_value(&preflight->response, "Access-Control-Allow-Headers"),
                        "authorization");
}

/* -- What was answered -------------------------------------------------------------------------------- */

bool is_success(const struct exchange *exchange)
{
    return exchange->status >= 200 && exchange->status < 300;
}

bool is_redirect(const struct exchange *exchange)
{
    return exchange->status >= 300 && exchange->status < 400 &&
           message_field(&exchange->response, "Location") != NULL;
}

bool is_login(struct dw_span url)
{
    static const char *const HOSTS[] = {"login.", "signin.", "accounts.", "sso.",
                                        "idp.",   "auth.",   "id."};
    static const char *const PATHS[] = {
        "login",          "signin",        "sign-in",      "sign_in",
        "logon",          "/authorize",    "/saml",        "/sso",
        "/oauth",         "/adfs/",        "/oidc",        "openid-connect",
        "cdn-cgi/access", "/auth/realms/", "/session/new", "/authenticate"};
    static const char *const QUERIES[] = {
        "redirect_uri=",  "returnurl=",  "return_to=",          "SAMLRequest=",
        "response_type=", "RelayState=", "redirect_after_login"};
    const struct dw_span host = url_host(url);

    if (first_in(url_path(url), PATHS, COUNT(PATHS)) != NULL ||
        first_in(url_query(url), QUERIES, COUNT(QUERIES)) != NULL) {
        return true;
    }
    for (size_t i = 0; i < COUNT(HOSTS); i++) {
        if (span_begins(host, HOSTS[i])) {
            return true;
        }
    }
    return false;
}

const char *words_for_missing(const struct scene *scene)
{
    static const char *const WORDS[] = {
        "credentials were not provided",
        "missing authorization",
        "authorization header is missing",
        "authorization header missing",
        "no authorization header",
        "authorization header not found",
        "authorization header is required",
        "authorization header required",
        "missing bearer",
        "no bearer token",
        "missing token",
        "no token provided",
        "token not provided",
        "token is missing",
        "token missing",
        "missing access token",
        "no access token",
        "no credentials",
        "missing credentials",
        "no auth token",
        "no authorization token",
        "not authenticated",
        "jwt is missing",
        "authorization is not set",
        "authorization not set",
        "missing jwt",
        "request does not contain an access token",
        "full authentication is required",
        "you are not currently logged in",
        "rest_not_logged_in",
    };

    for (size_t i = 0; i < COUNT(WORDS); i++) {
        if (scene_says(scene, WORDS[i])) {
            return WORDS[i];
        }
    }
    return NULL;
}

static struct dw_span cut(struct dw_span span, char at)
{
    const char *end = span.len > 0 ? memchr(span.at, at, span.len) : NULL;

    return end != NULL ? (struct dw_span){span.at, (size_t)(end - span.at)} : span;
}

bool names_member(struct dw_span list, const char *member)
{
    while (list.len > 0) {
        const struct dw_span one = cut(list, ',');
        const size_t taken = one.len < list.len ? one.len + 1 : one.len;

        if (span_is(span_bare(cut(one, ';')), member)) {
            return true;
        }
        list = span_behind(list, taken);
    }
    return false;
}

bool notes_have(const struct exchange *exchange, const char *text)
{
    for (size_t i = 0; i < exchange->n_notes; i++) {
        if (span_has(exchange->notes[i], text)) {
            return true;
        }
    }
    return false;
}

struct dw_span closing_frame(const struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->n_notes; i++) {
        if (is_closing_frame(exchange->notes[i])) {
            return exchange->notes[i];
        }
    }
    return is_closing_frame(exchange->response.body) ? exchange->response.body
                                                     : (struct dw_span){NULL, 0};
}

int64_t field_number(const struct capture_message *message, const char *name)
{
    const struct dw_span value = message_value(message, name);
    int64_t number = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9' || number > INT32_MAX) {
            return -1;
        }
        number = number * 10 + (value.at[i] - '0');
    }
    return value.len > 0 ? number : -1;
}
