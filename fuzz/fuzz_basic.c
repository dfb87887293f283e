/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "schemes.h"

/* Basic either names a user and a password that, written again, are the field that came; or has a reason
 * and names neither. Nobody is let in whose password is not known. */

static const uint8_t SECRET[32] = "a secret of thirty-two bytes....";
static const struct dw_route ROUTES[] = {{.path = "/**", .accept = {DW_SCHEME_BASIC}}};
static const struct dw_policy POLICY = {.routes = ROUTES, .n_routes = 1};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static char encode_digit(unsigned bits)
{
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[bits & 63];
}

/* base64, by the book. */
static struct dw_span encode(struct dw_span plain, char *to)
{
    const unsigned char *from = (const unsigned char *)plain.at;
    size_t n = 0;

    for (size_t i = 0; i < plain.len; i += 3) {
        const unsigned b = i + 1 < plain.len ? from[i + 1] : 0;
        const unsigned c = i + 2 < plain.len ? from[i + 2] : 0;

        to[n++] = encode_digit(from[i] >> 2u);
        to[n++] = encode_digit((from[i] & 3u) << 4 | b >> 4);
        to[n++] = i + 1 < plain.len ? encode_digit((b & 15) << 2 | c >> 6) : '=';
        to[n++] = i + 2 < plain.len ? encode_digit(c) : '=';
    }
    return (struct dw_span){to, n};
}

static void check_asked(const struct dw_decision *decision, struct dw_span field)
{
    static char plain[2048], encoded[4096];
    const struct dw_span user = decision->account, password = decision->password;
    struct dw_span token;

    require(user.len <= 128 && password.len <= 1024);
    require(user.len == 0 || memchr(user.at, ':', user.len) == NULL);
    memcpy(plain, user.at, user.len);
    plain[user.len] = ':';
    memcpy(plain + user.len + 1, password.at, password.len);
    require(auth_token68(field, "Basic", &token) == DW_REASON_NONE);
    require(dw_span_equal(encode((struct dw_span){plain, user.len + 1 + password.len}, encoded),
                          token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dw_work work;
    const struct dw_field field = {DW_SPAN("Authorization"), {(const char *)data, size}};
    const struct dw_answers answers = {.secret = SECRET};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/"),
                                       .fields = &field,
                                       .n_fields = 1,
                                       .now = 1700000000};
    struct dw_decision decision;

    dw_decide(&POLICY, &answers, &request, &work, &decision);
    require(decision.verdict != DW_ALLOW);
    if (decision.verdict == DW_ASK) {
        check_asked(&decision, field.value);
    } else {
        require(decision.account.at == NULL && decision.password.at == NULL);
    }
    return 0;
}
