/* SPDX-License-Identifier: Apache-2.0 */
#include "handler.h"

#include <string.h>

#include "clock.h"
#include "report.h"
#include "verify.h"

/* -- Our own pages ----------------------------------------------------------------------------- */

static void say(struct http_response *response, int status, const char *type, struct dw_span body)
{
    response->status = status;
    response->body = body;
    http_add_field(response, "Content-Type", dw_span_of(type));
    http_add_field(response, "Cache-Control", DW_SPAN("no-store"));
}

/* RFC 9457: no type means that the status says it all. */
static void refuse(struct http_response *response, int status)
{
    const char *type = "application/problem+json";

    switch (status) {
    case 404:
        say(response, status, type, DW_SPAN("{\"title\":\"Not Found\",\"status\":404}\n"));
        break;
    case 405:
        say(response, status, type, DW_SPAN("{\"title\":\"Method Not Allowed\",\"status\":405}\n"));
        break;
    case 413:
        say(response, status, type, DW_SPAN("{\"title\":\"Content Too Large\",\"status\":413}\n"));
        break;
    default:
        say(response, 431, type,
            DW_SPAN("{\"title\":\"Request Header Fields Too Large\",\"status\":431}\n"));
        break;
    }
}

static void answer_health(const struct handler *handler, const struct http_request *request,
                          struct http_response *response)
{
    if (!dw_span_equal(request->method, DW_SPAN("GET")) &&
        !dw_span_equal(request->method, DW_SPAN("HEAD"))) {
        refuse(response, 405);
        http_add_field(response, "Allow", DW_SPAN("GET, HEAD"));
        return;
    }
    if (handler->ready) {
        say(response, 200, "application/json", DW_SPAN("{\"status\":\"ok\"}\n"));
    } else {
        say(response, 503, "application/json", DW_SPAN("{\"status\":\"starting\"}\n"));
    }
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

static bool is_own(const struct config *config, struct dw_span path, const char *name)
{
    const size_t prefix = strlen(config->prefix);

    return path.len == prefix + strlen(name) &&
           dw_span_equal((struct dw_span){path.at, prefix}, dw_span_of(config->prefix)) &&
           dw_span_equal((struct dw_span){path.at + prefix, path.len - prefix}, dw_span_of(name));
}

enum http_answer handler_answer(void *context, const struct http_request *request,
                                struct http_response *response)
{
    struct handler *handler = context;
    struct service *service = handler->service;

    if (request->too_many_fields) {
        refuse(response, 431);
    } else if (request->body_too_large) {
        refuse(response, 413);
    } else if (is_own(service->config, request->path, "verify")) {
        return verify_answer(service, request, response);
    } else if (is_own(service->config, request->path, "healthz")) {
        answer_health(handler, request, response);
    } else if (!answer_issuer(service, request, response)) {
        refuse(response, 404);
    }
    return HTTP_ANSWERED;
}
