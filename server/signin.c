/* SPDX-License-Identifier: Apache-2.0 */
#include "signin.h"

#include <string.h>

#include "accounts.h"
#include "clock.h"
#include "form.h"
#include "inquiry.h"
#include "own.h"
#include "plain.h"
#include "report.h"
#include "text.h"

#define RETURN_MAX  2048 /* bytes of a path */
#define COOKIE_SIZE 512

/* What is answered here is answered as if for a path that takes nothing else. */
static const struct dw_route ROUTE = {.path = "/**", .accept = {DW_SCHEME_COOKIE}};

struct visit {
    struct service *service;
    const struct http_request *request;
    struct http_response *response;
    struct dw_request described;
    struct dw_span back; /* a path of ours */
    char id[RECENT_ID_SIZE];
};

/* -- Small things ------------------------------------------------------------------------------ */

/* `//host` and `/\host` lead to another place. */
static struct dw_span read_return(struct dw_span path)
{
    bool is_ours = path.len > 0 && path.len <= RETURN_MAX && path.at[0] == '/' &&
                   (path.len == 1 || (path.at[1] != '/' && path.at[1] != '\\'));

    for (size_t i = 0; is_ours && i < path.len; i++) {
        is_ours = path.at[i] > ' ' && path.at[i] < 0x7f;
    }
    return is_ours ? path : DW_SPAN("/");
}

static bool accepts(const struct visit *visit, const char *type)
{
    struct dw_span accept;

    return http_find_field(visit->request, "Accept", &accept) > 0 && accept.len > 0 &&
           memmem(accept.at, accept.len, type, strlen(type)) != NULL;
}

static void put_on_record(const struct visit *visit, const struct dw_decision *decision)
{
    const struct guard_record entry = {
        .id = visit->id,
        .status = visit->response->status,
        .at_us = clock_utc_us(),
        .latency_us = (uint32_t)(clock_us() - visit->request->came_us),
    };

    guard_record(visit->service->guard, &visit->described, decision, &entry);
}

/* The page leads back to where its reader was going. */
static void turn_away(struct visit *visit, struct dw_decision decision)
{
    struct dw_request page = visit->described;

    page.method = DW_SPAN("GET");
    page.target = visit->back;
    decision.verdict = DW_DENY;
    decision.scheme = DW_SCHEME_COOKIE;
    decision.route = &ROUTE;
    service_deny(visit->service, &page, &decision, visit->id, visit->response);
    put_on_record(visit, &decision);
}

static void fail(struct visit *visit, const struct complaint *why)
{
    report("%s", why->text);
    turn_away(visit, (struct dw_decision){.reason = DW_GUARD_FAILED});
}

static void set_cookie(struct visit *visit, const char *value, const char *rest)
{
    char buffer[COOKIE_SIZE];
    struct text text;

    text_init(&text, buffer, sizeof buffer);
    text_add(&text, dw_cookie_name(&visit->service->config->policy));
    text_char(&text, '=');
    text_put(&text, value);
    text_put(&text, "; Path=/; Secure; HttpOnly; SameSite=Lax");
    text_put(&text, rest);
    http_add_field(visit->response, "Set-Cookie", text_span(&text));
    dw_secret_wipe(buffer, sizeof buffer);
}

/* On to the path; or the word, as JSON, for a program that has no use for pages. */
static void go_on(struct visit *visit, struct dw_span to, const char *word)
{
    struct http_response *response = visit->response;

    http_add_field(response, "Doorward-Id", dw_span_of(visit->id));
    if (accepts(visit, "application/json") && !accepts(visit, "text/html")) {
        plain_say(response, 200, "application/json", dw_span_of(word));
        return;
    }
    response->status = 303;
    http_add_field(response, "Location", to);
    http_add_field(response, "Cache-Control", DW_SPAN("no-store"));
}

/* -- Signing in -------------------------------------------------------------------------------- */

static void show_page(struct visit *visit)
{
    static const struct dw_field PAGE = {{"Accept", 6}, {"text/html", 9}};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = visit->back,
                                       .fields = &PAGE,
                                       .n_fields = 1,
                                       .now = visit->described.now};
    const struct dw_decision decision = {.reason = DW_HEADER_MISSING, .route = &ROUTE};
    struct service *service = visit->service;
    struct dw_denial page;

    if (dw_denial_write(&service->config->policy, &request, &decision, dw_span_of(visit->id),
                        service->denial, sizeof service->denial, &page) != 0) {
        plain_refuse(visit->response, 500);
        return;
    }
    plain_say(visit->response, 200, "text/html; charset=utf-8", page.body);
}

static void let_in(struct visit *visit, const struct store_user *user)
{
    struct service *service = visit->service;
    char cookie[SESSION_COOKIE_SIZE];
    struct store_session session;
    struct complaint why;

    const int result = session_add(service->store, user, service->config->schemes.lifetime,
                                   visit->described.now, &session, cookie, &why);
    if (result < 0) {
        fail(visit, &why);
        return;
    }
    if (result > 0) {
        turn_away(visit, (struct dw_decision){.reason = DW_BASIC_PASSWORD,
                                              .account = dw_span_of(user->name)});
        return;
    }
    const struct dw_decision decision = {.verdict = DW_ALLOW,
                                         .reason = DW_ALLOWED_PASSWORD,
                                         .scheme = DW_SCHEME_COOKIE,
                                         .subject = dw_span_of(user->name),
                                         .account = dw_span_of(user->name),
                                         .credential = dw_span_of(session.id)};
    set_cookie(visit, cookie, "");
    dw_secret_wipe(cookie, sizeof cookie);
    go_on(visit, visit->back, "{\"status\":\"signed in\"}\n");
    put_on_record(visit, &decision);
}

static enum http_answer check(struct visit *visit, struct dw_span user, struct dw_span password)
{
    struct service *service = visit->service;
    const uint8_t *secret = known_secret(service->shared.known);
    struct dw_decision decision = {.reason = DW_GUARD_FAILED, .account = user};
    uint8_t name[DW_FACT_NAME];
    struct store_user found;

    if (secret == NULL) {
        turn_away(visit, decision);
        return HTTP_ANSWERED;
    }
    dw_password_name(secret, user, password, name);
    const struct inquiry_password asked = {user, password, name, visit->described.source};
    const bool late =
        visit->request->hurry || clock_ms() - visit->request->came_us / 1000 >= SIGNIN_WAIT_MS;
    switch (inquire_password(service, &asked, late, &found, &decision.reason)) {
    case INQUIRY_LATER:
        return HTTP_LATER;
    case INQUIRY_DONE:
        let_in(visit, &found);
        dw_secret_wipe(&found, sizeof found);
        return HTTP_ANSWERED;
    case INQUIRY_REFUSED:
    default:
        turn_away(visit, decision);
        return HTTP_ANSWERED;
    }
}

static enum http_answer sign_in(struct visit *visit, const struct form *form)
{
    const struct dw_span user = form_value(form, DW_SPAN("username"));
    const struct dw_span password = form_value(form, DW_SPAN("password"));
    struct dw_decision decision = {.reason = DW_ATTEMPTS, .account = user};

    if (user.len == 0 || password.len == 0 || form_has_duplicate(form)) {
        plain_refuse(visit->response, 400);
        return HTTP_ANSWERED;
    }
    visit->back = read_return(form_value(form, DW_SPAN("return")));
    decision.retry_after = throttle_wait(visit->service->shared.throttle, visit->described.source,
                                         user, false, visit->described.now);
    if (decision.retry_after > 0) {
        turn_away(visit, decision);
        return HTTP_ANSWERED;
    }
    return check(visit, user, password);
}

/* -- Signing out ------------------------------------------------------------------------------- */

/* The store first: what it knows outlives everything. 0 or -1 and a complaint. */
static int end_session(struct service *service, struct dw_span cookie, int64_t now,
                       struct complaint *why)
{
    struct store_session session;
    uint8_t name[DW_FACT_NAME];

    dw_fact_name(DW_FACT_SESSION, cookie, name);
    const int found = store_session_find(service->store, name, &session, why);
    if (found != 0) {
        return found < 0 ? -1 : 0;
    }
    const struct edge_revocation revocation = {.kind = EDGE_SESSION,
                                               .value = dw_span_of(session.id),
                                               .before = now,
                                               .until = session.expires};
    if (store_session_end(service->store, session.id, now, why) < 0 ||
        edge_put_revoked(service->shared.edge, &revocation, why) != 0) {
        return -1;
    }
    return known_drop(service->shared.known, DW_FACT_SESSION, name, DW_FACT_NAME, why);
}

static void sign_out(struct visit *visit)
{
    struct service *service = visit->service;
    struct dw_span cookie;
    struct complaint why;

    if (dw_cookie_find(&service->config->policy, &visit->described, &cookie) > 0 &&
        end_session(service, cookie, visit->described.now, &why) != 0) {
        fail(visit, &why);
        return;
    }
    set_cookie(visit, "", "; Max-Age=0");
    go_on(visit, DW_SPAN("/"), "{\"status\":\"signed out\"}\n");
}

/* -- Which ------------------------------------------------------------------------------------- */

static bool is_form(const struct http_request *request)
{
    const struct dw_span wanted = DW_SPAN("application/x-www-form-urlencoded");
    struct dw_span type;

    return http_find_field(request, "Content-Type", &type) == 1 && type.len >= wanted.len &&
           dw_span_equal_nocase((struct dw_span){type.at, wanted.len}, wanted);
}

/* Takes a text apart in the service's scratch, which is to be wiped. */
static bool read_form(struct service *service, struct dw_span text, struct form *form)
{
    form->n_fields = 0;
    if (text.len > sizeof service->form) {
        return false;
    }
    if (text.len > 0) {
        memcpy(service->form, text.at, text.len);
    }
    return form_parse(service->form, text.len, form) == 0;
}

static enum http_answer take_post(struct visit *visit, bool out)
{
    const struct http_request *request = visit->request;
    enum http_answer when = HTTP_ANSWERED;
    struct form form;

    if (!dw_sender_is_own(&visit->service->config->policy, &visit->described)) {
        turn_away(visit, (struct dw_decision){.reason = DW_COOKIE_CROSS_SITE});
    } else if (out) {
        sign_out(visit);
    } else if (!is_form(request) || !read_form(visit->service, request->body, &form)) {
        plain_refuse(visit->response, 400);
    } else {
        when = sign_in(visit, &form);
    }
    dw_secret_wipe(visit->service->form, request->body.len);
    return when;
}

static void take_get(struct visit *visit)
{
    struct form form;

    if (read_form(visit->service, visit->request->query, &form)) {
        visit->back = read_return(form_value(&form, DW_SPAN("return")));
    }
    show_page(visit);
}

bool signin_answer(struct service *service, const struct http_request *request,
                   struct http_response *response, enum http_answer *when)
{
    const struct config *config = service->config;
    const char *place = config->policy.schemes.cookie.sign_in;
    struct visit visit = {.service = service, .request = request, .response = response};

    const bool in = place != NULL && dw_span_equal(request->path, dw_span_of(place));
    const bool out = place != NULL && own_is(config, request->path, "signout");
    if (!in && !out) {
        return false;
    }
    guard_id(service->guard, visit.id);
    description_begin(request, &service->description, &visit.described);
    visit.back = DW_SPAN("/");
    *when = HTTP_ANSWERED;
    if (dw_span_equal(request->method, DW_SPAN("POST"))) {
        *when = take_post(&visit, out);
    } else if (out) {
        plain_refuse(response, 405);
        http_add_field(response, "Allow", DW_SPAN("POST"));
    } else if (plain_is_read(request, response)) {
        take_get(&visit);
    }
    return true;
}
