/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole decision and its denial. The input is three lines: target, Authorization, Accept. Nobody
 * holds a key here, so nothing but an open route may be let in; and whatever is refused can be said.
 */
#include <stdlib.h>
#include <string.h>

#include "doorward.h"

static bool has_challenge(const struct dw_denial *denial)
{
    for (size_t i = 0; i < denial->n_fields; i++) {
        if (dw_span_equal(denial->fields[i].name, dw_span_of("WWW-Authenticate"))) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const AUDIENCE[] = {"api"};
static const char *const READ[] = {"read"};
static const struct dw_trust TRUST = {.issuer = "https://i", .audiences = {AUDIENCE, 1}};
static const struct dw_route ROUTES[] = {
    {.path = "/open/**", .anyone = true},
    {.path = "/read/{id}", .scope = {READ, 1}},
};
static const struct dw_policy POLICY = {
    .trust = &TRUST, .n_trust = 1, .routes = ROUTES, .n_routes = 2};

static struct dw_span take_line(struct dw_span *rest)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->at, '\n', rest->len);
    const struct dw_span line = {rest->at, end == NULL ? rest->len : (size_t)(end - rest->at)};
    const size_t taken = line.len + (end == NULL ? 0 : 1);

    *rest = (struct dw_span){rest->at + taken, rest->len - taken};
    return line;
}

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dw_work work;
    static char buffer[DW_DENIAL_SIZE];
    struct dw_span rest = {(const char *)data, size};
    struct dw_keys *keys = NULL;
    const struct dw_span target = take_line(&rest);
    const struct dw_field fields[] = {{DW_SPAN("Authorization"), take_line(&rest)},
                                      {DW_SPAN("Accept"), take_line(&rest)}};
    const struct dw_request request = {
        .method = DW_SPAN("GET"), .target = target, .fields = fields, .n_fields = 2, .now = 1};
    struct dw_decision decision;
    struct dw_denial denial;

    check(dw_keys_parse(DW_SPAN("{\"keys\":[]}"), false, &keys) == 0);
    const struct dw_issuer_keys issuer = {.keys = keys};
    const struct dw_answers answers = {.issuers = &issuer};
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    if (decision.verdict == DW_ALLOW) {
        check(decision.reason == DW_ALLOWED_ANYONE && decision.route == &ROUTES[0]);
    } else {
        check(dw_denial_write(&POLICY, &request, &decision, DW_SPAN("1"), buffer, sizeof(buffer),
                              &denial) == 0);
        check(denial.status >= 400 && denial.body.len > 0);
        check((denial.status == 401) <= has_challenge(&denial));
    }
    dw_keys_free(keys);
    return 0;
}
