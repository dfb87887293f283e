/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer.h"

#include <stdlib.h>
#include <string.h>

#include "parts.h"

#define METADATA_PATH "/.well-known/oauth-authorization-server"
#define OPENID_PATH "/.well-known/openid-configuration"
#define MAX_AGE "public, max-age=600"

int issuer_new(struct store *store, const struct issuer_settings *settings, int64_t now,
               struct issuer **issuer, struct complaint *why)
{
    struct issuer *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return complain(why, "out of memory");
    }
    made->store = store;
    made->settings = settings;
    if (!draw_random(made->nobody, sizeof(made->nobody))) {
        issuer_free(made);
        return complain(why, "the system gave no random bytes");
    }
    if (metadata_write(made, why) != 0 || keyring_open(made, now, why) != 0) {
        issuer_free(made);
        return -1;
    }
    *issuer = made;
    return 0;
}

void issuer_free(struct issuer *issuer)
{
    if (issuer == NULL) {
        return;
    }
    dw_key_free(issuer->signer);
    free(issuer);
}

const char *issuer_jwks(const struct issuer *issuer)
{
    return issuer->jwks;
}

/* -- Documents ---------------------------------------------------------------------------------- */

static void answer_document(const struct issuer_request *request, const char *type,
                            const char *document, struct issuer_response *response)
{
    const bool is_read =
        dw_span_equal(request->method, DW_SPAN("GET")) || dw_span_equal(request->method, DW_SPAN("HEAD"));

    response->content_type = type;
    if (!is_read) {
        response->status = 405;
        response->allow = "GET, HEAD";
        return;
    }
    response->status = 200;
    response->cache_control = MAX_AGE;
    response->body_len = strlen(document);
    memcpy(response->body, document, response->body_len);
}

/* Whether `path` is `first` and then `second`. */
static bool is_path(struct dw_span path, struct dw_span first, struct dw_span second)
{
    return path.len == first.len + second.len &&
           dw_span_equal((struct dw_span){path.at, first.len}, first) &&
           dw_span_equal((struct dw_span){path.at + first.len, second.len}, second);
}

/* RFC 8414 s3.1: the well-known part goes between host and path; a proxy may have taken the path off. */
static bool is_well_known(const struct issuer *issuer, struct dw_span path, struct dw_span name)
{
    return dw_span_equal(path, name) || is_path(path, name, issuer->path);
}

/* -- The paths ---------------------------------------------------------------------------------- */

bool issuer_answer(struct issuer *issuer, const struct issuer_request *request,
                   struct issuer_response *response)
{
    const struct dw_span path = request->path;
    const struct dw_span openid = DW_SPAN(OPENID_PATH);

    response->status = 0;
    response->content_type = "application/json";
    response->cache_control = "no-store";
    response->challenge[0] = '\0';
    response->allow = NULL;
    response->body_len = 0;
    response->why.text[0] = '\0';
    if (is_path(path, dw_span_of(issuer->settings->prefix), DW_SPAN("token"))) {
        token_answer(issuer, request, response);
    } else if (dw_span_equal(path, DW_SPAN(JWKS_PATH))) {
        answer_document(request, "application/jwk-set+json", issuer->jwks, response);
    } else if (is_well_known(issuer, path, DW_SPAN(METADATA_PATH))) {
        answer_document(request, "application/json", issuer->metadata, response);
    } else if (is_well_known(issuer, path, openid) || is_path(path, issuer->path, openid)) {
        /* OpenID Connect Discovery s4 puts it behind the path instead. */
        answer_document(request, "application/json", issuer->openid, response);
    } else {
        return false;
    }
    return true;
}
