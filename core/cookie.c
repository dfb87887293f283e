/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "schemes.h"

#define SESSION_SIZE 32 /* bytes of a session's secret */
#define SESSION_TEXT DW_BASE64URL_SIZE(SESSION_SIZE)
#define ORIGIN_SIZE  512

struct dw_span dw_cookie_name(const struct dw_policy *policy)
{
    const char *name = policy->schemes.cookie.name;

    return name == NULL ? DW_SPAN("__Host-doorward") : dw_span_of(name);
}

/* -- The Cookie field (RFC 6265 s4.2.1) -------------------------------------------------------------- */

/* How often the cookie stands in one field, and its last value. */
static size_t count_cookies(struct dw_span field, struct dw_span name, struct dw_span *value)
{
    struct dw_span pair;
    size_t n = 0;

    while (span_word(&field, ';', &pair)) {
        pair = span_trim(pair);
        if (pair.len > name.len && pair.at[name.len] == '=' &&
            dw_span_equal((struct dw_span){pair.at, name.len}, name)) {
            *value = span_from(pair, name.len + 1);
            n++;
        }
    }
    return n;
}

/* RFC 9113 s8.2.3: HTTP/2 may bring one field in several. */
size_t dw_cookie_find(const struct dw_policy *policy, const struct dw_request *request,
                      struct dw_span *value)
{
    const struct dw_span name = dw_cookie_name(policy);
    size_t n = 0;

    *value = SPAN_NONE;
    for (size_t i = 0; i < request->n_fields; i++) {
        if (dw_span_equal_nocase(request->fields[i].name, DW_SPAN("Cookie"))) {
            n += count_cookies(request->fields[i].value, name, value);
        }
    }
    return n;
}

enum dw_reason cookie_find(struct trial *trial, struct dw_span *value)
{
    struct dw_span there;
    const size_t n = dw_cookie_find(trial->policy, trial->request, &there);

    if (n == 0) {
        return DW_HEADER_MISSING;
    }
    if (n > 1) {
        return DW_COOKIE_DUPLICATE;
    }
    *value = there;
    return DW_REASON_NONE;
}

/* -- Whether the page that sent it may (CSRF) --------------------------------------------------------- */

static bool is_websocket(const struct dw_request *request)
{
    struct dw_span rest = SPAN_NONE;
    struct dw_span protocol;

    /* Upgrade is for the next hop alone: some proxies describe a request without it. */
    if (request_field(request, DW_SPAN("Sec-WebSocket-Key"), &protocol) > 0) {
        return true;
    }
    (void)request_field(request, DW_SPAN("Upgrade"), &rest);
    while (span_word(&rest, ',', &protocol)) {
        if (dw_span_equal_nocase(span_trim(protocol), DW_SPAN("websocket"))) {
            return true;
        }
    }
    return false;
}

/* RFC 9110 s9.2.1; methods have their case. What an upgrade leads to may change anything, and no
 * browser asks whether another site's page may make one. */
static bool is_safe(const struct dw_request *request)
{
    static const struct dw_span SAFE[] = {{"GET", 3}, {"HEAD", 4}, {"OPTIONS", 7}, {"TRACE", 5}};

    for (size_t i = 0; i < sizeof(SAFE) / sizeof(SAFE[0]); i++) {
        if (dw_span_equal(request->method, SAFE[i])) {
            return !is_websocket(request);
        }
    }
    return false;
}

static bool is_listed(const struct dw_list *origins, struct dw_span origin)
{
    for (size_t i = 0; i < origins->n; i++) {
        if (dw_span_equal_nocase(dw_span_of(origins->items[i]), origin)) {
            return true;
        }
    }
    return false;
}

/* Where a request says it comes from. No page can write these fields, whatever it wants to send. */
struct sender {
    size_t n_sites, n_origins;
    struct dw_span site;   /* Sec-Fetch-Site (Fetch Metadata) */
    struct dw_span origin; /* Origin (RFC 6454 s7), else that of Referer */
};

static struct sender find_sender(const struct dw_request *request)
{
    struct sender sender = {.site = SPAN_NONE, .origin = SPAN_NONE};
    struct dw_span referer, path;

    sender.n_sites = request_field(request, DW_SPAN("Sec-Fetch-Site"), &sender.site);
    sender.n_origins = request_field(request, DW_SPAN("Origin"), &sender.origin);
    if (sender.n_origins > 0 || request_field(request, DW_SPAN("Referer"), &referer) != 1 ||
        !uri_split(referer, &referer, &path)) {
        return sender;
    }
    sender.origin = referer;
    return sender;
}

/* Sec-Fetch-Site is judged by the browser, which knows the address it went to; `null` is a page that
 * may not say, never one of ours. Who says nothing at all is no browser of today, or hides. */
static bool is_ours(const struct sender *sender, struct dw_span own, const struct dw_list *origins)
{
    if (sender->n_sites > 1 || sender->n_origins > 1) {
        return false;
    }
    if (dw_span_equal(sender->site, DW_SPAN("same-origin")) ||
        (dw_span_equal(sender->site, DW_SPAN("none")) && sender->n_origins == 0)) {
        return true;
    }
    if (sender->n_sites == 0 && own.len > 0 && dw_span_equal_nocase(sender->origin, own)) {
        return true;
    }
    return sender->origin.len > 0 && is_listed(origins, sender->origin);
}

bool dw_sender_is_own(const struct dw_policy *policy, const struct dw_request *request)
{
    const struct sender sender = find_sender(request);
    char room[ORIGIN_SIZE];

    return is_ours(&sender, request_origin(policy, request, room), &policy->schemes.cookie.origins);
}

static enum dw_reason check_sender(struct trial *trial)
{
    const struct sender sender = find_sender(trial->request);
    char *room = trial_take(trial, ORIGIN_SIZE);

    if (room == NULL) {
        return DW_GUARD_FAILED;
    }
    const struct dw_span own = request_origin(trial->policy, trial->request, room);
    if (is_ours(&sender, own, &trial->policy->schemes.cookie.origins)) {
        return DW_REASON_NONE;
    }
    trial_note(trial, own, sender.origin.len > 0 ? sender.origin : sender.site);
    return DW_COOKIE_CROSS_SITE;
}

/* -- The scheme ------------------------------------------------------------------------------------ */

static bool is_session(struct dw_span value)
{
    uint8_t secret[SESSION_SIZE];
    size_t len = 0;

    const int error = dw_base64url_parse(value, secret, sizeof(secret), &len);
    dw_secret_wipe(secret, sizeof(secret));
    return error == 0 && len == SESSION_SIZE;
}

/* Who it is comes before what a page may do in their name: a 401 before a 403. */
enum dw_reason cookie_authenticate(struct trial *trial, struct dw_span value)
{
    struct dw_decision *found = trial->found;
    struct dw_known known;

    found->token = value;
    if (value.len != SESSION_TEXT) {
        return DW_COOKIE_UNKNOWN;
    }
    found->fact = DW_FACT_SESSION;
    dw_fact_name(DW_FACT_SESSION, value, found->name);
    enum dw_reason reason = lookup_find(trial, &known);
    if (reason != DW_REASON_NONE) {
        return is_session(value) ? reason : DW_COOKIE_UNKNOWN; /* one that is known was ours */
    }
    reason = lookup_accept(trial, &known);
    if (reason != DW_REASON_NONE || is_safe(trial->request)) {
        return reason;
    }
    return check_sender(trial);
}

/* RFC 9110 s15.5.2 wants a challenge in each 401. This one is draft-broyer-http-cookie-auth's: no client
 * acts on it, so none opens a dialogue, and people and programs can read where to sign in. */
int cookie_challenge(struct answer *answer)
{
    struct dw_challenge challenge = {.scheme = DW_SPAN("Cookie")};

    challenge_put(&challenge, "realm", answer_realm(answer));
    challenge_put(&challenge, "form-action", dw_span_of(answer->policy->schemes.cookie.sign_in));
    challenge_put(&challenge, "cookie-name", dw_cookie_name(answer->policy));
    return answer_challenge(answer, &challenge);
}
