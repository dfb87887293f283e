/* SPDX-License-Identifier: Apache-2.0 */
#include "handler.h"

#include <string.h>

#include "clock.h"
#include "own.h"
#include "plain.h"
#include "report.h"
#include "signin.h"
#include "verify.h"

/* -- Our own pages ----------------------------------------------------------------------------- */

static void answer_health(const struct handler *handler, const struct http_request *request,
                          struct http_response *response)
{
    if (!plain_is_read(request, response)) {
        return;
    }
    if (handler->ready) {
        plain_say(response, 200, "application/json", DW_SPAN("{\"status\":\"ok\"}\n"));
    } else {
        plain_say(response, 503, "application/json", DW_SPAN("{\"status\":\"starting\"}\n"));
    }
}

/* RFC 9728 s3.1 puts its well-known part before the resource's path; the bare path is ours, too. */
static bool is_resource(const struct config *config, struct dw_span path)
{
    const struct dw_span name = DW_SPAN(OWN_RESOURCE);

    if (config->policy.resource.resource == NULL || path.len < name.len ||
        !dw_span_equal((struct dw_span){path.at, name.len}, name)) {
        return false;
    }
    const struct dw_span rest = {path.at + name.len, path.len - name.len};
    return rest.len == 0 || dw_span_equal(rest, own_resource_path(config));
}

/* Public by its nature: any page may read it. */
static void answer_resource(struct service *service, const struct http_request *request,
                            struct http_response *response)
{
    size_t len = 0;

    if (!plain_is_read(request, response)) {
        return;
    }
    if (dw_resource_write(&service->config->policy, service->denial, sizeof service->denial,
                          &len) != 0) {
        plain_refuse(response, 404);
        return;
    }
    response->status = 200;
    response->body = (struct dw_span){service->denial, len};
    http_add_field(response, "Content-Type", DW_SPAN("application/json"));
    http_add_field(response, "Cache-Control", DW_SPAN("public, max-age=3600"));
    http_add_field(response, "Access-Control-Allow-Origin", DW_SPAN("*"));
}

/* -- Our issuer's ------------------------------------------------------------------------------ */

static bool answer_issuer(struct service *service, const struct http_request *request,
                          struct http_response *response)
{
    struct issuer_response *issued = &service->issued;
    const struct issuer_request asked = {.method = request->method,
                                         .path = request->path,
                                         .fields = request->fields,
                                         .n_fields = request->n_fields,
                                         .body = request->body,
                                         .now = clock_utc()};

    if (service->issuer == NULL || !issuer_answer(service->issuer, &asked, issued)) {
        return false;
    }
    if (issued->why.text[0] != '\0') {
        report("%s", issued->why.text);
    }
    response->status = issued->status;
    http_add_field(response, "Content-Type", dw_span_of(issued->content_type));
    http_add_field(response, "Cache-Control", dw_span_of(issued->cache_control));
    http_add_field(response, "WWW-Authenticate", dw_span_of(issued->challenge));
    http_add_field(response, "Allow", dw_span_of(issued->allow));
    response->body = (struct dw_span){issued->body, issued->body_len};
    response->secret = issued->body;
    return true;
}

/* -- Whose it is ------------------------------------------------------------------------------- */

static enum http_answer answer_own(struct handler *handler, const struct http_request *request,
                                   struct http_response *response)
{
    struct service *service = handler->service;
    enum http_answer when = HTTP_ANSWERED;

    if (signin_answer(service, request, response, &when)) {
        return when;
    }
    if (own_is(service->config, request->path, "verify")) {
        return verify_answer(service, request, response);
    }
    if (own_is(service->config, request->path, "healthz")) {
        answer_health(handler, request, response);
    } else if (is_resource(service->config, request->path)) {
        answer_resource(service, request, response);
    } else if (!answer_issuer(service, request, response)) {
        plain_refuse(response, 404);
    }
    return HTTP_ANSWERED;
}

enum http_answer handler_answer(void *context, const struct http_request *request,
                                struct http_response *response)
{
    if (request->too_many_fields) {
        plain_refuse(response, 431);
        return HTTP_ANSWERED;
    }
    if (request->body_too_large) {
        plain_refuse(response, 413);
        return HTTP_ANSWERED;
    }
    return answer_own(context, request, response);
}
