/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's cookie, and the page that sends it. The input is lines: method, two Cookie fields, Origin,
 * Referer, Sec-Fetch-Site, Upgrade; an empty one is no field. Every session is known here, so what keeps
 * a page out is where it says it comes from.
 */
#include <stdlib.h>
#include <string.h>

#include "doorward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { METHOD, COOKIE, COOKIE_2, ORIGIN, REFERER, SITE, UPGRADE, LINES };

static const char *const NAMES[LINES] = {"",        "Cookie",         "Cookie", "Origin",
                                         "Referer", "Sec-Fetch-Site", "Upgrade"};
static const char *const ORIGINS[] = {"https://b"};
static const struct dw_route ROUTE = {.path = "/**", .accept = {DW_SCHEME_COOKIE}};
static const struct dw_policy POLICY = {
    .origin = "https://a", .schemes.cookie.origins = {ORIGINS, 1}, .routes = &ROUTE, .n_routes = 1};

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

static bool find(void *context, enum dw_fact fact, const uint8_t name[DW_FACT_NAME],
                 struct dw_known *known)
{
    (void)context;
    (void)name;
    require(fact == DW_FACT_SESSION);
    *known = (struct dw_known){.claims = DW_SPAN("{\"sub\":\"a\"}"), .until = 2};
    return true;
}

static bool is_ours(struct dw_span origin)
{
    return dw_span_equal_nocase(origin, DW_SPAN("https://a")) ||
           dw_span_equal_nocase(origin, DW_SPAN("https://b"));
}

/* Whoever was let in to change something was one of ours by the best that was said. */
static void check_sender(const struct dw_span lines[LINES])
{
    const struct dw_span site = lines[SITE], origin = lines[ORIGIN], referer = lines[REFERER];

    if (dw_span_equal(site, DW_SPAN("same-origin"))) {
        return;
    }
    if (origin.len > 0) {
        require(is_ours(origin));
    } else if (!dw_span_equal(site, DW_SPAN("none"))) {
        require(referer.len >= 9 && is_ours((struct dw_span){referer.at, 9}));
        require(referer.len == 9 || memchr("/?#", referer.at[9], 3) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dw_work work;
    struct dw_span rest = {(const char *)data, size};
    struct dw_span lines[LINES];
    struct dw_field fields[LINES];
    struct dw_decision decision;
    size_t n = 0;

    for (int i = 0; i < LINES; i++) {
        lines[i] = take_line(&rest);
        if (i != METHOD && lines[i].len > 0) {
            fields[n++] = (struct dw_field){dw_span_of(NAMES[i]), lines[i]};
        }
    }
    const struct dw_request request = {
        .method = lines[METHOD], .target = DW_SPAN("/"), .fields = fields, .n_fields = n, .now = 1};
    const struct dw_answers answers = {.find = find};
    dw_decide(&POLICY, &answers, &request, &work, &decision);
    if (decision.verdict == DW_ALLOW) {
        require(decision.token.len == 43);
        if (dw_span_equal(lines[METHOD], DW_SPAN("POST")) ||
            dw_span_equal(lines[UPGRADE], DW_SPAN("websocket"))) {
            check_sender(lines);
        }
    }
    return 0;
}
