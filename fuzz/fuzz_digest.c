/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "digest.h"

/* What is read of Digest keeps to its bounds, and the response can be computed from it; nobody is let in
 * who has never seen a nonce of ours. */

static const uint8_t SECRET[32] = "a secret of thirty-two bytes....";
static const struct dw_route ROUTES[] = {{.path = "/**", .accept = {DW_SCHEME_DIGEST}}};
static const struct dw_policy POLICY = {
    .routes = ROUTES, .n_routes = 1, .schemes = {.digest = {.algorithms = 7, .auth_int = 100}}};

static struct dw_work work;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_read(struct dw_span field)
{
    struct trial trial = {.work = &work};
    struct digest digest = {.body = DW_SPAN("body")};
    const enum dw_reason reason = digest_read(&trial, field, &digest);
    uint8_t response[HASH_SIZE];

    if (reason != DW_REASON_NONE) {
        require(digest.user.at == NULL && digest.nonce.at == NULL);
        return;
    }
    require(digest.hashed ? digest.user.at == NULL : digest.user.at != NULL);
    require(digest.user.len <= 128 && digest.nc.len == 8);
    require(digest.cnonce.len > 0 && digest.cnonce.len <= 256);
    require(digest.realm.at != NULL && digest.nonce.at != NULL && digest.uri.at != NULL);
    if (digest.algorithm != DW_DIGESTS_END) {
        require(digest_response(&digest, DW_SPAN("ha1"), DW_SPAN("GET"), response) ==
                digest_size(digest.algorithm));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dw_field fields[] = {{DW_SPAN("Authorization"), {(const char *)data, size}},
                                      {DW_SPAN("Content-Length"), DW_SPAN("4")}};
    const struct dw_answers answers = {.secret = SECRET};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/"),
                                       .fields = fields,
                                       .n_fields = 2,
                                       .body = DW_SPAN("body"),
                                       .now = 1700000000};
    struct dw_decision decision;

    check_read(fields[0].value);
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    require(decision.verdict == DW_DENY && decision.authentication_info.at == NULL);
    require(dw_wants_body(&POLICY, &request) <= 4);
    return 0;
}
