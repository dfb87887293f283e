/* SPDX-License-Identifier: Apache-2.0 */
#include "reasons.h"

#include <string.h>

#define ID "k7q2m4x9tz3vb"

/* Which scheme a reason is shown with: that of its group's name, else Bearer. */
static enum dw_scheme find_scheme(enum dw_reason reason)
{
    static const struct {
        const char *group;
        enum dw_scheme scheme;
    } GROUPS[] = {{"basic.", DW_SCHEME_BASIC},   {"digest.", DW_SCHEME_DIGEST},
                  {"apikey.", DW_SCHEME_APIKEY}, {"cookie.", DW_SCHEME_COOKIE},
                  {"dpop.", DW_SCHEME_DPOP},     {"mtls.", DW_SCHEME_CERTIFICATE},
                  {"attempts.", DW_SCHEME_BASIC}};
    const char *name = dw_reason_text(reason)->name;

    /* These are said of a Bearer token that is bound to what was not shown with it. */
    if (reason == DW_TOKEN_BOUND_KEY || reason == DW_TOKEN_BOUND_CERT ||
        reason == DW_MTLS_MISMATCH) {
        return DW_SCHEME_BEARER;
    }
    for (size_t i = 0; i < sizeof(GROUPS) / sizeof(GROUPS[0]); i++) {
        if (strncmp(name, GROUPS[i].group, strlen(GROUPS[i].group)) == 0) {
            return GROUPS[i].scheme;
        }
    }
    return DW_SCHEME_BEARER;
}

static void put_phrase(FILE *file, int status)
{
    static const struct {
        int status;
        const char *phrase;
    } PHRASES[] = {{400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {429, "Too Many Requests"},
                   {503, "Service Unavailable"}};

    (void)fprintf(file, "HTTP/1.1 %d", status);
    for (size_t i = 0; i < sizeof(PHRASES) / sizeof(PHRASES[0]); i++) {
        if (PHRASES[i].status == status) {
            (void)fprintf(file, " %s", PHRASES[i].phrase);
        }
    }
    (void)fputc('\n', file);
}

static void put_denial(FILE *file, const struct dw_denial *denial)
{
    put_phrase(file, denial->status);
    for (size_t i = 0; i < denial->n_fields; i++) {
        const struct dw_field *field = &denial->fields[i];

        (void)fprintf(file, "%.*s: %.*s\n", (int)field->name.len, field->name.at,
                      (int)field->value.len, field->value.at);
    }
    (void)fprintf(file, "\n%.*s", (int)denial->body.len, denial->body.at);
    if (denial->body.len > 0 && denial->body.at[denial->body.len - 1] != '\n') {
        (void)fputc('\n', file);
    }
}

/* Written by whoever writes all denials: what is shown is what is sent. */
void reasons_put_example(FILE *file, enum dw_reason reason)
{
    static char buffer[DW_DENIAL_SIZE];
    static const char *const SCOPES[] = {"write:reports"};
    static const char *const CLASSES[] = {"mfa"};
    const enum dw_scheme scheme = find_scheme(reason);
    const struct dw_route route = {
        .path = "/reports/**",
        .accept = {scheme},
        .scope = {SCOPES, reason == DW_SCOPE_INSUFFICIENT ? 1 : 0},
        .acr = {CLASSES, reason == DW_STEPUP_ACR ? 1 : 0},
        .max_age = reason == DW_STEPUP_AGE ? 300 : 0,
    };
    const struct dw_policy policy = {.realm = "api.example.com",
                                     .schemes.digest.algorithms = 1u << DW_DIGEST_SHA256,
                                     .schemes.cookie.sign_in = "/doorward/signin"};
    const struct dw_request request = {.method = DW_SPAN("GET"), .target = DW_SPAN("/reports/7")};
    struct dw_decision decision = {.verdict = DW_DENY,
                                   .reason = reason,
                                   .scheme = scheme,
                                   .route = &route,
                                   .retry_after = 30,
                                   .digest_nonce = DW_SPAN("NjoXmC6X1yL2eKy3Jc0q4g")};
    struct dw_denial denial;

    if (reason == DW_DPOP_NONCE) {
        decision.dpop_nonce = DW_SPAN("eyJ7S_zG.eyJH0-Z.HX4w-7v");
    }
    if (dw_denial_write(&policy, &request, &decision, DW_SPAN(ID), buffer, sizeof(buffer),
                        &denial) == 0) {
        put_denial(file, &denial);
    }
}
