/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scene.h"

#define SOFT_BODY_MAX 16384 /* bytes of a body that are looked through */

/* The lower, the more it is what somebody asks about. */
enum tier {
    TIER_401,
    TIER_KIN, /* what travels with 401 and is about credentials too */
    TIER_403,
    TIER_400_CHALLENGE,
    TIER_SOFT,
    TIER_REFUSED, /* 400, 431: perhaps a field that is too long */
    TIER_SILENCE, /* no answer came */
    TIER_OTHER,
    TIER_NONE
};

struct choice {
    const struct capture *capture;
    unsigned char tiers[CAPTURE_EXCHANGES_MAX]; /* enum tier of each exchange */
};

static bool has_challenge(const struct exchange *exchange)
{
    return message_field(&exchange->response, "WWW-Authenticate") != NULL;
}

static bool is_html(const struct exchange *exchange)
{
    return span_begins(message_value(&exchange->response, "Content-Type"), "text/html") ||
           span_begins(span_bare(exchange->response.body), "<!doctype html") ||
           span_begins(span_bare(exchange->response.body), "<html");
}

/* 200, and yet: a page to sign in on where data was asked for, or a body that says no. */
static bool is_soft(const struct exchange *exchange)
{
    static const char *const TEXTS[] = {"UNAUTHENTICATED",
                                        "\"invalid_auth\"",
                                        "\"not_authed\"",
                                        "\"token_expired\"",
                                        "\"token_revoked\"",
                                        "\"unauthorized\"",
                                        "\"status\":401",
                                        "\"status\": 401",
                                        "\"code\":401",
                                        "\"code\": 401",
                                        "\"statusCode\":401",
                                        "\"statusCode\": 401",
                                        "\"code\":\"401\"",
                                        "\"error\":\"invalid_token\"",
                                        "not authenticated",
                                        "\"authenticated\":false",
                                        "\"authenticated\": false",
                                        "\"REQUEST_DENIED\""};
    struct dw_span body = exchange->response.body;

    body.len = body.len < SOFT_BODY_MAX ? body.len : SOFT_BODY_MAX;
    if (span_is(message_value(&exchange->response, "grpc-status"), "16")) {
        return true;
    }
    if (span_begins(message_value(&exchange->response, "Content-Type"), "application/grpc")) {
        return span_has(body, "grpc-status:16") || span_has(body, "grpc-status: 16");
    }
    if (is_html(exchange)) {
        return span_has(body, "type=\"password\"") || span_has(body, "type='password'") ||
               span_has(body, "type=password");
    }
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        if (span_has(body, TEXTS[i])) {
            return true;
        }
    }
    return false;
}

static bool leads_to_login(const struct exchange *exchange)
{
    const struct dw_span location = message_value(&exchange->response, "Location");

    return span_has(location, "login") || span_has(location, "signin") ||
           span_has(location, "sign-in") || span_has(location, "sign_in") ||
           span_has(location, "/sso") || span_has(location, "/authorize") ||
           span_has(location, "/saml");
}

static enum tier tier_of_error(const struct exchange *exchange)
{
    switch (exchange->status) {
    case 401:
        return TIER_401;
    case 407:
    case 419:
    case 440:
    case 498:
    case 499:
    case 511:
        return TIER_KIN;
    case 403:
        return TIER_403;
    case 400:
        return has_challenge(exchange) ? TIER_400_CHALLENGE : TIER_REFUSED;
    case 431:
    case 494:
        return TIER_REFUSED;
    default:
        return has_challenge(exchange) ? TIER_400_CHALLENGE : TIER_OTHER;
    }
}

static enum tier tier_of(const struct exchange *exchange)
{
    if (exchange->role != ROLE_CAPTURED) {
        return TIER_NONE;
    }
    if (exchange->status == 0) {
        return TIER_SILENCE;
    }
    if (exchange->status >= 400) {
        return tier_of_error(exchange);
    }
    if (exchange->status >= 200 && exchange->status < 300) {
        return is_soft(exchange) ? TIER_SOFT : TIER_NONE;
    }
    return exchange->status >= 300 && leads_to_login(exchange) ? TIER_SOFT : TIER_NONE;
}

/* Without http: or https:, which not every transcript tells of each request. */
static struct dw_span address_of(const struct exchange *exchange)
{
    const struct dw_span url = exchange->url;
    const char *slashes = url.len > 3 ? memmem(url.at, url.len < 9 ? url.len : 9, "://", 3) : NULL;

    return slashes != NULL ? span_behind(url, (size_t)(slashes - url.at)) : url;
}

static bool is_same(const struct exchange *a, const struct exchange *b)
{
    return dw_span_equal(address_of(a), address_of(b)) && dw_span_equal(a->method, b->method);
}

/* A 401 that was followed by what was asked for was a part of asking. */
static bool is_answered(const struct choice *choice, size_t index)
{
    const struct capture *capture = choice->capture;
    const struct exchange *it = capture->exchanges[index];

    for (size_t i = index + 1; i < capture->n_exchanges; i++) {
        const struct exchange *later = capture->exchanges[i];

        if (later->role == ROLE_CAPTURED && is_same(it, later) && later->status >= 200 &&
            later->status < 400 && choice->tiers[i] == TIER_NONE) {
            return true;
        }
    }
    return false;
}

/* Browsers ask for it by themselves. */
static bool is_aside(const struct exchange *exchange)
{
    return span_has(url_path(exchange->url), "/favicon.ico") ||
           span_has(url_path(exchange->url), "/apple-touch-icon");
}

static const struct capture_field *credentials_of(const struct exchange *exchange)
{
    return message_field(&exchange->request,
                         exchange->status == 407 ? "Proxy-Authorization" : "Authorization");
}

/* Schemes that take several requests: what came last is what failed. */
static bool is_talk(const struct exchange *exchange)
{
    const struct capture_field *field = credentials_of(exchange);

    return field != NULL &&
           (span_begins(field->value, "Digest ") || span_begins(field->value, "NTLM ") ||
            span_begins(field->value, "Negotiate ") || span_begins(field->value, "SCRAM-"));
}

static bool names_error(const struct exchange *exchange)
{
    return span_has(message_value(&exchange->response, "WWW-Authenticate"), "error=");
}

/* The next asking, where what it was asked with was not captured, and the server names an error now. */
static bool is_refined(const struct exchange *first, const struct exchange *later)
{
    return !later->request.is_there && credentials_of(first) == NULL && !names_error(first) &&
           names_error(later);
}

/* The first asking is bare where a challenge is waited for: then the next one that has credentials. */
static size_t follow_up(const struct capture *capture, size_t index)
{
    size_t found = index;

    for (size_t i = index + 1; i < capture->n_exchanges; i++) {
        const struct exchange *later = capture->exchanges[i];
        const bool is_kin =
            later->role == ROLE_CAPTURED && later->status == capture->exchanges[index]->status;
        const bool goes_on = is_kin && is_same(capture->exchanges[index], later);

        if (is_kin && is_refined(capture->exchanges[found], later)) {
            found = i;
        }
        if (goes_on && credentials_of(later) != NULL &&
            (credentials_of(capture->exchanges[found]) == NULL || is_talk(later))) {
            found = i;
        }
    }
    return found;
}

static int first_of(const struct choice *choice, enum tier tier, bool asides)
{
    const struct capture *capture = choice->capture;

    for (size_t i = 0; i < capture->n_exchanges; i++) {
        if (choice->tiers[i] == tier && (asides || !is_aside(capture->exchanges[i])) &&
            !is_answered(choice, i)) {
            return (int)follow_up(capture, i);
        }
    }
    return -1;
}

int scene_choose(const struct capture *capture)
{
    struct choice choice = {.capture = capture};
    int found = -1;

    for (size_t i = 0; i < capture->n_exchanges; i++) {
        choice.tiers[i] = (unsigned char)tier_of(capture->exchanges[i]);
    }
    for (int tier = TIER_401; tier < TIER_NONE && found < 0; tier++) {
        found = first_of(&choice, (enum tier)tier, false);
    }
    for (int tier = TIER_401; tier < TIER_NONE && found < 0; tier++) {
        found = first_of(&choice, (enum tier)tier, true);
    }
    return found;
}
