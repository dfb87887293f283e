/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "parts.h"

#define CREDENTIALS_SIZE 1024
#define JTI_BYTES 16
#define CHALLENGE "Basic realm=\"token\""

/* X(name, status, error, description): RFC 6749 s5.2, RFC 8707 s2. */
#define OUTCOMES(X)                                                                                \
    X(GRANTED, 200, "", "")                                                                        \
    X(BAD_METHOD, 405, "invalid_request", "The token endpoint takes POST.")                        \
    X(BAD_TYPE, 400, "invalid_request", "The body must be application/x-www-form-urlencoded.")     \
    X(BAD_FORM, 400, "invalid_request", "The form is not properly encoded.")                       \
    X(BAD_SIZE, 400, "invalid_request", "The form is too large.")                                  \
    X(BAD_DUPLICATE, 400, "invalid_request", "A parameter is there twice.")                        \
    X(BAD_AUTHORIZATION, 400, "invalid_request", "There is more than one Authorization field.")    \
    X(BAD_METHODS, 400, "invalid_request", "The client authenticates in two ways at once.")        \
    X(NO_GRANT, 400, "invalid_request", "grant_type is missing.")                                  \
    X(NO_CLIENT, 401, "invalid_client", "The client must authenticate.")                           \
    X(BAD_CLIENT, 401, "invalid_client", "The client is unknown, or the secret is wrong.")       \
    X(BAD_GRANT, 400, "unsupported_grant_type", "grant_type must be client_credentials.")          \
    X(BAD_SCOPE, 400, "invalid_scope", "The scope is malformed, or more than the client may have.")\
    X(BAD_TARGET, 400, "invalid_target", "This issuer makes no tokens for that resource.")         \
    X(FAILED, 500, "server_error", "The token could not be made.")                                 \
    X(UNAVAILABLE, 503, "temporarily_unavailable", "The clients cannot be looked up now.")

enum outcome {
#define OUTCOME_VALUE(name, status, error, description) name,
    OUTCOMES(OUTCOME_VALUE)
#undef OUTCOME_VALUE
};

static const struct {
    int status;
    const char *error, *description;
} TEXTS[] = {
#define OUTCOME_TEXT(name, status, error, description) {status, error, description},
    OUTCOMES(OUTCOME_TEXT)
#undef OUTCOME_TEXT
};

/* -- The request -------------------------------------------------------------------------------- */

static size_t find_field(const struct issuer_request *request, const char *name,
                         struct dw_span *value)
{
    size_t n = 0;

    for (size_t i = 0; i < request->n_fields; i++) {
        if (dw_span_equal_nocase(request->fields[i].name, dw_span_of(name))) {
            *value = request->fields[i].value;
            n++;
        }
    }
    return n;
}

static bool is_form(const struct issuer_request *request)
{
    struct dw_span type;
    size_t len = 0;

    if (find_field(request, "Content-Type", &type) != 1) {
        return false;
    }
    while (len < type.len && strchr("; \t", type.at[len]) == NULL) {
        len++;
    }
    return dw_span_equal_nocase((struct dw_span){type.at, len},
                                DW_SPAN("application/x-www-form-urlencoded"));
}

static enum outcome read_form(struct issuer *issuer, const struct issuer_request *request,
                              struct form *form)
{
    if (!dw_span_equal(request->method, DW_SPAN("POST"))) {
        return BAD_METHOD;
    }
    if (!is_form(request)) {
        return BAD_TYPE;
    }
    if (request->body.len > sizeof(issuer->form)) {
        return BAD_SIZE;
    }
    if (request->body.len > 0) {
        memcpy(issuer->form, request->body.at, request->body.len);
    }
    switch (form_parse(issuer->form, request->body.len, form)) {
    case 0:
        break;
    case DW_ERR_SIZE:
        return BAD_SIZE;
    default:
        return BAD_FORM;
    }
    if (form_has_duplicate(form)) {
        return BAD_DUPLICATE;
    }
    return form_value(form, DW_SPAN("grant_type")).at == NULL ? NO_GRANT : GRANTED;
}

/* -- The client: RFC 6749 s2.3.1 ---------------------------------------------------------------- */

struct credentials {
    struct dw_span id, secret;
    char buffer[CREDENTIALS_SIZE];
};

static enum outcome read_basic(struct dw_span field, const struct form *form,
                               struct credentials *credentials)
{
    const struct dw_span posted_id = form_value(form, DW_SPAN("client_id"));
    struct dw_challenge basic;

    if (form_value(form, DW_SPAN("client_secret")).at != NULL) {
        return BAD_METHODS;
    }
    if (dw_credentials_parse(field, &basic, NULL) != 0 ||
        !dw_span_equal_nocase(basic.scheme, DW_SPAN("Basic")) ||
        !client_read_basic(basic.token68, credentials->buffer, sizeof(credentials->buffer),
                           &credentials->id, &credentials->secret)) {
        return BAD_CLIENT;
    }
    /* A client_id beside is no second way to authenticate, but it must be the same. */
    if (posted_id.at != NULL && !dw_span_equal(posted_id, credentials->id)) {
        return BAD_METHODS;
    }
    return GRANTED;
}

static enum outcome read_credentials(const struct issuer_request *request, const struct form *form,
                                     struct credentials *credentials)
{
    struct dw_span field;
    const size_t n = find_field(request, "Authorization", &field);

    if (n > 1) {
        return BAD_AUTHORIZATION;
    }
    if (n == 1) {
        return read_basic(field, form, credentials);
    }
    credentials->id = form_value(form, DW_SPAN("client_id"));
    credentials->secret = form_value(form, DW_SPAN("client_secret"));
    return credentials->id.at == NULL || credentials->secret.at == NULL ? NO_CLIENT : GRANTED;
}

static enum outcome authenticate(struct issuer *issuer, const struct issuer_request *request,
                                 const struct form *form, struct store_client *client,
                                 struct complaint *why)
{
    struct credentials credentials;
    enum outcome outcome = read_credentials(request, form, &credentials);

    if (outcome == GRANTED) {
        const int known =
            client_verify(issuer, credentials.id, credentials.secret, client, why);

        outcome = known < 0 ? UNAVAILABLE : known > 0 ? BAD_CLIENT : GRANTED;
    }
    dw_secret_wipe(&credentials, sizeof(credentials));
    return outcome;
}

/* -- The grant: RFC 6749 s4.4, RFC 8707, RFC 9068 ----------------------------------------------- */

static bool has_other_resource(const struct form *form, const char *audience)
{
    for (size_t i = 0; i < form->n_fields; i++) {
        if (dw_span_equal(form->fields[i].name, DW_SPAN("resource")) &&
            !dw_span_equal(form->fields[i].value, dw_span_of(audience))) {
            return true;
        }
    }
    return false;
}

static enum outcome judge_grant(const struct issuer *issuer, const struct form *form,
                                const struct store_client *client, struct text *scope)
{
    const struct dw_span allowed = dw_span_of(client->scope);
    const struct dw_span asked = form_value(form, DW_SPAN("scope"));

    if (!dw_span_equal(form_value(form, DW_SPAN("grant_type")), DW_SPAN("client_credentials"))) {
        return BAD_GRANT;
    }
    if (!scope_grant(asked.at != NULL ? asked : allowed, allowed, scope)) {
        return BAD_SCOPE;
    }
    return has_other_resource(form, issuer->settings->audience) ? BAD_TARGET : GRANTED;
}

static bool write_claims(const struct issuer *issuer, const struct store_client *client,
                         struct dw_span scope, int64_t now, struct text *claims)
{
    unsigned char random[JTI_BYTES];
    char jti[DW_BASE64URL_SIZE(JTI_BYTES)];
    size_t len;

    if (!draw_random(random, sizeof(random)) ||
        dw_base64url_write(random, sizeof(random), jti, sizeof(jti), &len) != 0) {
        return false;
    }
    text_char(claims, '{');
    text_json_member(claims, "iss", dw_span_of(issuer->settings->url));
    text_json_member(claims, "aud", dw_span_of(issuer->settings->audience));
    text_json_member(claims, "sub", dw_span_of(client->id));
    text_json_member(claims, "client_id", dw_span_of(client->id));
    text_json_number(claims, "iat", now);
    text_json_number(claims, "exp", now + issuer->settings->access_token_ttl);
    text_json_member(claims, "jti", (struct dw_span){jti, len});
    if (scope.len > 0) {
        text_json_member(claims, "scope", scope);
    }
    text_char(claims, '}');
    return !claims->overflow;
}

/* A compact JWS holds nothing JSON escapes: it is signed right into the body. */
static enum outcome grant(struct issuer *issuer, const struct store_client *client,
                          struct dw_span scope, int64_t now, struct text *body)
{
    struct text claims;
    size_t len;

    text_init(&claims, issuer->claims, sizeof(issuer->claims));
    if (!write_claims(issuer, client, scope, now, &claims)) {
        return FAILED;
    }
    text_put(body, "{\"access_token\":\"");
    if (dw_jws_sign(issuer->signer, "at+jwt", text_span(&claims), body->at + body->len,
                    body->size - body->len, &len) != 0) {
        return FAILED;
    }
    body->len += len;
    text_char(body, '"');
    text_json_member(body, "token_type", DW_SPAN("Bearer"));
    text_json_number(body, "expires_in", issuer->settings->access_token_ttl);
    text_json_member(body, "scope", scope);
    text_char(body, '}');
    return body->overflow ? FAILED : GRANTED;
}

/* -- The answer --------------------------------------------------------------------------------- */

static enum outcome decide(struct issuer *issuer, const struct issuer_request *request,
                           struct text *body, struct complaint *why)
{
    char granted[STORE_SCOPE_MAX];
    struct store_client client;
    struct form form;
    struct text scope;
    enum outcome outcome = read_form(issuer, request, &form);

    if (outcome != GRANTED) {
        return outcome;
    }
    outcome = authenticate(issuer, request, &form, &client, why);
    if (outcome != GRANTED) {
        return outcome;
    }
    text_init(&scope, granted, sizeof(granted));
    outcome = judge_grant(issuer, &form, &client, &scope);
    if (outcome != GRANTED) {
        return outcome;
    }
    return grant(issuer, &client, text_span(&scope), request->now, body);
}

static void write_error(enum outcome outcome, struct text *body)
{
    body->len = 0;
    body->overflow = false;
    text_char(body, '{');
    text_json_member(body, "error", dw_span_of(TEXTS[outcome].error));
    text_json_member(body, "error_description", dw_span_of(TEXTS[outcome].description));
    text_char(body, '}');
}

void token_answer(struct issuer *issuer, const struct issuer_request *request,
                  struct issuer_response *response)
{
    struct text body;
    enum outcome outcome;

    text_init(&body, response->body, sizeof(response->body));
    outcome = decide(issuer, request, &body, &response->why);
    dw_secret_wipe(issuer->form, sizeof(issuer->form));
    if (outcome != GRANTED) {
        write_error(outcome, &body);
    }
    if (outcome == FAILED) {
        (void)complain(&response->why, "an access token could not be made or signed");
    }
    if (outcome == BAD_METHOD) {
        response->allow = "POST";
    }
    response->status = TEXTS[outcome].status;
    if (response->status == 401) {
        memcpy(response->challenge, CHALLENGE, sizeof(CHALLENGE));
    }
    response->body_len = body.len;
}
