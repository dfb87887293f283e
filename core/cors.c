/* SPDX-License-Identifier: Apache-2.0 */
#include "schemes.h"

/* Of the request's one Origin: as it is listed, "*", or absent if its scripts are not let in. */
static struct dw_span allowed_origin(const struct dw_cors *cors, const struct dw_request *request)
{
    struct dw_span origin = SPAN_NONE;
    struct dw_span allowed = SPAN_NONE;

    if (request_field(request, DW_SPAN("Origin"), &origin) != 1) {
        return SPAN_NONE;
    }
    for (size_t i = 0; i < cors->origins.n; i++) {
        const struct dw_span listed = dw_span_of(cors->origins.items[i]);
        if (dw_span_equal(listed, DW_SPAN("*"))) {
            return DW_SPAN("*");
        }
        if (dw_span_equal(listed, origin)) {
            allowed = listed;
        }
    }
    return allowed;
}

bool cors_allows(const struct dw_cors *cors, const struct dw_request *request)
{
    return allowed_origin(cors, request).at != NULL;
}

/* A browser refuses Access-Control-Allow-Credentials beside a star, and would show the script nothing. */
static int add_permission(struct answer *answer, struct dw_span allowed)
{
    int error = answer_add(answer, "Access-Control-Allow-Origin", allowed);

    if (error == 0 && !dw_span_equal(allowed, DW_SPAN("*"))) {
        error = answer_add(answer, "Access-Control-Allow-Credentials", DW_SPAN("true"));
    }
    if (error == 0) {
        error = answer_add(answer, "Access-Control-Expose-Headers",
                           DW_SPAN("WWW-Authenticate, DPoP-Nonce, Doorward-Id, Retry-After"));
    }
    return error;
}

int cors_answer(struct answer *answer)
{
    const struct dw_route *route = answer->decision->route;

    if (route == NULL || route->cors.origins.n == 0) {
        return 0;
    }
    const int error = answer_add(answer, "Vary", DW_SPAN("Origin"));
    const struct dw_span allowed = allowed_origin(&route->cors, answer->request);
    return error != 0 || allowed.at == NULL ? error : add_permission(answer, allowed);
}
