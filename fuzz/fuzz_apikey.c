/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An API key wherever it may stand. The input is two lines: target and X-API-Key; the whole of it is also
 * read as a key, and its first bytes make one. Nobody knows any key here, so nobody is let in.
 */
#include <stdlib.h>
#include <string.h>

#include "doorward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dw_route ROUTE = {.path = "/**", .accept = {DW_SCHEME_APIKEY}};
static const struct dw_policy POLICY = {
    .schemes.apikey.query = "key", .routes = &ROUTE, .n_routes = 1};

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static struct dw_span take_line(struct dw_span *rest)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->at, '\n', rest->len);
    const struct dw_span line = {rest->at, end == NULL ? rest->len : (size_t)(end - rest->at)};
    const size_t taken = line.len + (end == NULL ? 0 : 1);

    *rest = (struct dw_span){rest->at + taken, rest->len - taken};
    return line;
}

static void check_read(struct dw_span key)
{
    struct dw_span id = {NULL, 0};
    const enum dw_reason reason = dw_apikey_parse(key, NULL, &id);

    if (reason == DW_REASON_NONE) {
        require(id.at == key.at + 3 && id.len == DW_APIKEY_ID);
        require(key.len == 3 + DW_APIKEY_ID + 1 + DW_APIKEY_SECRET + 6);
    } else {
        require(reason == DW_APIKEY_PARTIAL || reason == DW_APIKEY_CHECKSUM);
        require(id.at == NULL);
    }
}

static void check_written(const uint8_t *data, size_t size)
{
    uint8_t random[DW_APIKEY_RANDOM] = {0};
    char key[DW_APIKEY_SIZE];
    struct dw_span id;

    memcpy(random, data, size < sizeof(random) ? size : sizeof(random));
    require(dw_apikey_write(NULL, random, key, sizeof(key)) == 0);
    check_read(dw_span_of(key));
    require(dw_apikey_parse(dw_span_of(key), NULL, &id) == DW_REASON_NONE);
}

static void check_found(struct dw_span target, struct dw_span value)
{
    static struct dw_work work;
    const struct dw_field field = {DW_SPAN("X-API-Key"), value};
    const struct dw_request request = {.method = DW_SPAN("GET"),
                                       .target = target,
                                       .fields = &field,
                                       .n_fields = value.len > 0 ? 1 : 0,
                                       .now = 1};
    const struct dw_answers answers = {.asking = DW_MAY_ASK};
    struct dw_decision decision;
    struct dw_span id;

    dw_decide(&POLICY, &answers, &request, &work, &decision);
    require(decision.verdict != DW_ALLOW);
    if (decision.verdict == DW_ASK) {
        require(decision.reason == DW_ASK_APIKEY && decision.fact == DW_FACT_APIKEY);
        require(dw_apikey_parse(decision.token, NULL, &id) == DW_REASON_NONE);
        require(dw_span_equal(id, decision.account));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dw_span whole = {(const char *)data, size};
    struct dw_span rest = whole;
    const struct dw_span target = take_line(&rest);

    check_read(whole);
    check_written(data, size);
    check_found(target, take_line(&rest));
    return 0;
}
