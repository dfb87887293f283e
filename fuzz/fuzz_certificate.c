/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client certificate: the input is one in DER, and it is the Client-Cert field itself. Read from a field
 * or from the TLS layer, the decision is the same; and whatever it says, its names are plain.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "doorward.h"
#include "x509.h"

#define DER_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dw_certificate_rule RULES[] = {
    {.subject = "CN=a"},
    {.san = "dns:a"},
    {.san = "ip:::1"},
    {.san = "uri:a:b", .principal = "b"},
};
static const struct dw_route ROUTE = {.path = "/**", .accept = {DW_SCHEME_CERTIFICATE}};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_plain(struct dw_span text, unsigned char least, unsigned char most)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        require(c >= least && c <= most && c != 0x7f);
    }
}

static void check_read(struct dw_span der)
{
    static char room[4 * DER_MAX];
    struct x509 read;

    if (x509_read(der, room, sizeof(room), &read) != 0) {
        return;
    }
    check_plain(read.subject, 0x20, 0x7e);
    check_plain(read.common_name, 0x20, 0xff);
    require(read.n_sans <= X509_SANS_MAX);
    for (size_t i = 0; i < read.n_sans; i++) {
        if (read.sans[i].kind != SAN_IP) {
            check_plain(read.sans[i].value, 0x21, 0x7e);
        }
    }
}

static struct dw_decision decide(size_t n_rules, struct dw_span der, struct dw_span field)
{
    static struct dw_work work;
    const struct dw_policy policy = {
        .schemes.certificate = {.field = "Client-Cert", .rules = RULES, .n_rules = n_rules},
        .routes = &ROUTE,
        .n_routes = 1};
    const struct dw_field fields[] = {{DW_SPAN("Client-Cert"), field}};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = DW_SPAN("/"),
                                       .fields = fields,
                                       .n_fields = der.len > 0 ? 0 : 1,
                                       .certificate = der,
                                       .now = 1700000000};
    const struct dw_answers answers = {.issuers = NULL};
    struct dw_decision decision;

    dw_decide(&policy, &answers, &request, &work, &decision);
    require(decision.verdict != DW_ASK);
    require((decision.verdict == DW_ALLOW) == (decision.subject.len > 0));
    return decision;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char field[2 + 4 * (DER_MAX / 3 + 1) + 1];
    const struct dw_span whole = {(const char *)data, size};
    const struct dw_span none = {NULL, 0};

    check_read(whole);
    (void)decide(0, none, whole);
    if (size == 0 || size > DER_MAX) {
        return 0;
    }
    field[0] = ':';
    const int len = EVP_EncodeBlock((unsigned char *)field + 1, data, (int)size);
    field[len + 1] = ':';
    for (size_t n_rules = 0; n_rules <= sizeof(RULES) / sizeof(RULES[0]); n_rules += 4) {
        const enum dw_reason direct = decide(n_rules, whole, none).reason;
        require(decide(n_rules, none, (struct dw_span){field, (size_t)len + 2}).reason == direct);
    }
    return 0;
}
