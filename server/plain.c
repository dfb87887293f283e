/* SPDX-License-Identifier: Apache-2.0 */
#include "plain.h"

void plain_say(struct http_response *response, int status, const char *type, struct dw_span body)
{
    response->status = status;
    response->body = body;
    http_add_field(response, "Content-Type", dw_span_of(type));
    http_add_field(response, "Cache-Control", DW_SPAN("no-store"));
}

/* RFC 9457: no type means that the status says it all. */
void plain_refuse(struct http_response *response, int status)
{
    static const struct {
        int status;
        const char *body;
    } PROBLEMS[] = {
        {400, "{\"title\":\"Bad Request\",\"status\":400}\n"},
        {404, "{\"title\":\"Not Found\",\"status\":404}\n"},
        {405, "{\"title\":\"Method Not Allowed\",\"status\":405}\n"},
        {413, "{\"title\":\"Content Too Large\",\"status\":413}\n"},
        {431, "{\"title\":\"Request Header Fields Too Large\",\"status\":431}\n"},
        {500, "{\"title\":\"Internal Server Error\",\"status\":500}\n"},
    };
    const size_t last = sizeof PROBLEMS / sizeof PROBLEMS[0] - 1;
    size_t i = 0;

    while (i < last && PROBLEMS[i].status != status) {
        i++;
    }
    plain_say(response, PROBLEMS[i].status, "application/problem+json",
              dw_span_of(PROBLEMS[i].body));
}

bool plain_is_read(const struct http_request *request, struct http_response *response)
{
    if (dw_span_equal(request->method, DW_SPAN("GET")) ||
        dw_span_equal(request->method, DW_SPAN("HEAD"))) {
        return true;
    }
    plain_refuse(response, 405);
    http_add_field(response, "Allow", DW_SPAN("GET, HEAD"));
    return false;
}
