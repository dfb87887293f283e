/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

enum claim {
    CLAIM_ISS,
    CLAIM_SUB,
    CLAIM_JTI,
    CLAIM_CLIENT_ID,
    CLAIM_AZP,
    CLAIM_APPID,
    CLAIM_CID,
    CLAIM_SCOPE,
    CLAIM_SCP,
    CLAIM_AUD,
    CLAIM_EXP,
    CLAIM_NBF,
    CLAIM_IAT,
    CLAIM_CNF,
    CLAIM_SID,
    CLAIM_ACR,
    CLAIM_AUTH_TIME,
    CLAIMS_END
};

static const struct dw_span NAMES[CLAIMS_END] = {
    [CLAIM_ISS] = {"iss", 3},     [CLAIM_SUB] = {"sub", 3},
    [CLAIM_JTI] = {"jti", 3},     [CLAIM_CLIENT_ID] = {"client_id", 9},
    [CLAIM_AZP] = {"azp", 3},     [CLAIM_APPID] = {"appid", 5},
    [CLAIM_CID] = {"cid", 3},     [CLAIM_SCOPE] = {"scope", 5},
    [CLAIM_SCP] = {"scp", 3},     [CLAIM_AUD] = {"aud", 3},
    [CLAIM_EXP] = {"exp", 3},     [CLAIM_NBF] = {"nbf", 3},
    [CLAIM_IAT] = {"iat", 3},     [CLAIM_CNF] = {"cnf", 3},
    [CLAIM_SID] = {"sid", 3},     [CLAIM_ACR] = {"acr", 3},
    [CLAIM_AUTH_TIME] = {"auth_time", 9},
};

/* The claims that matter here, found in one walk; NULL where the token has none. */
struct claims {
    const struct json *json;
    const struct json_node *nodes[CLAIMS_END];
};

/* Most names are of three letters: the first tells them apart sooner than a call to memcmp(). */
static enum claim find_claim(const char *name, size_t len)
{
    unsigned claim = 0;

    while (claim < CLAIMS_END && (len != NAMES[claim].len || name[0] != NAMES[claim].at[0] ||
                                  memcmp(name, NAMES[claim].at, len) != 0)) {
        claim++;
    }
    return (enum claim)claim;
}

static struct claims find_claims(const struct json *json)
{
    const struct json_node *root = json_root(json);
    struct claims claims = {.json = json};

    for (const struct json_node *name = json_first(root); name != NULL;
         name = json_next(root, name + 1)) {
        const enum claim claim = find_claim(json->text + name->at, name->len);

        if (claim < CLAIMS_END) {
            claims.nodes[claim] = name + 1;
        }
    }
    return claims;
}

/* -- Who it speaks of: strings ------------------------------------------------------------------- */

/* Names travel on in header fields and logs: no control character may, whoever minted it. */
static bool is_clean(struct dw_span text)
{
    size_t at = text_plain_run(text.at, text.len);

    while (at < text.len) {
        const unsigned char c = (unsigned char)text.at[at];

        if (c < 0x20 || c == 0x7f) {
            return false;
        }
        at += 1 + text_plain_run(text.at + at + 1, text.len - at - 1);
    }
    return true;
}

static bool read_text(const struct claims *claims, enum claim claim, struct dw_span *text)
{
    const struct json_node *node = claims->nodes[claim];

    if (node == NULL) {
        return true;
    }
    *text = json_string(claims->json, node);
    return text->at != NULL && is_clean(*text);
}

/* RFC 9068 s2.2 calls it client_id; others had their own names before, and may use them otherwise. */
static bool read_client(const struct claims *claims, struct dw_span *client)
{
    static const enum claim OTHERS[] = {CLAIM_AZP, CLAIM_APPID, CLAIM_CID};

    if (claims->nodes[CLAIM_CLIENT_ID] != NULL) {
        return read_text(claims, CLAIM_CLIENT_ID, client);
    }
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        const struct dw_span name = json_string(claims->json, claims->nodes[OTHERS[i]]);

        if (name.at != NULL) {
            *client = name;
            return is_clean(name);
        }
    }
    return true;
}

static bool read_names(const struct claims *claims, struct dw_jwt *jwt)
{
    return read_text(claims, CLAIM_ISS, &jwt->iss) && read_text(claims, CLAIM_SUB, &jwt->sub) &&
           read_text(claims, CLAIM_JTI, &jwt->jti) && read_text(claims, CLAIM_SID, &jwt->sid) &&
           read_text(claims, CLAIM_ACR, &jwt->acr) && read_client(claims, &jwt->client_id);
}

/* -- What for: lists ----------------------------------------------------------------------------- */

/* A scope with a space in it would become two once the list is joined (RFC 6749 s3.3). */
static bool is_scope(struct dw_span scope)
{
    return scope.at != NULL && is_clean(scope) &&
           (scope.len == 0 || memchr(scope.at, ' ', scope.len) == NULL);
}

/* Joined where it stands: two quotes and a comma are more than the one space between two scopes. */
static bool join_scopes(const struct json *json, const struct json_node *list, char *text,
                        struct dw_span *scope)
{
    char *start = text + list->at;
    char *to = start;

    for (const struct json_node *node = json_first(list); node != NULL;
         node = json_next(list, node)) {
        const struct dw_span item = json_string(json, node);

        if (!is_scope(item)) {
            return false;
        }
        if (item.len > 0 && to > start) {
            *to++ = ' ';
        }
        memmove(to, item.at, item.len);
        to += item.len;
    }
    *scope = (struct dw_span){start, (size_t)(to - start)};
    return true;
}

static bool read_scope(const struct claims *claims, char *text, struct dw_jwt *jwt)
{
    const enum claim claim = claims->nodes[CLAIM_SCOPE] != NULL ? CLAIM_SCOPE : CLAIM_SCP;
    const struct json_node *node = claims->nodes[claim];

    if (node != NULL && node->type == JSON_ARRAY) {
        return join_scopes(claims->json, node, text, &jwt->scope);
    }
    return read_text(claims, claim, &jwt->scope);
}

static bool add_audience(const struct claims *claims, const struct json_node *node,
                         struct dw_jwt *jwt)
{
    const struct dw_span audience = json_string(claims->json, node);

    if (audience.at == NULL || jwt->n_aud == DW_AUD_MAX) {
        return false;
    }
    jwt->aud[jwt->n_aud++] = audience;
    return true;
}

static bool read_audiences(const struct claims *claims, struct dw_jwt *jwt)
{
    const struct json_node *list = claims->nodes[CLAIM_AUD];

    if (list == NULL || list->type != JSON_ARRAY) {
        return list == NULL || add_audience(claims, list, jwt);
    }
    for (const struct json_node *node = json_first(list); node != NULL;
         node = json_next(list, node)) {
        if (!add_audience(claims, node, jwt)) {
            return false;
        }
    }
    return true;
}

/* -- When, and with what ------------------------------------------------------------------------- */

static bool read_time(const struct claims *claims, enum claim claim, int64_t *time, bool *has_time)
{
    *has_time = claims->nodes[claim] != NULL;
    return !*has_time || json_whole(claims->json, claims->nodes[claim], time);
}

static bool read_times(const struct claims *claims, struct dw_jwt *jwt)
{
    return read_time(claims, CLAIM_EXP, &jwt->exp, &jwt->has_exp) &&
           read_time(claims, CLAIM_NBF, &jwt->nbf, &jwt->has_nbf) &&
           read_time(claims, CLAIM_IAT, &jwt->iat, &jwt->has_iat) &&
           read_time(claims, CLAIM_AUTH_TIME, &jwt->auth_time, &jwt->has_auth_time);
}

static bool read_method(const struct claims *claims, const char *name, struct dw_span *bound_to)
{
    const struct json_node *method = json_member(claims->json, claims->nodes[CLAIM_CNF], name);

    *bound_to = json_string(claims->json, method);
    return method == NULL || bound_to->at != NULL;
}

/* RFC 7800 s3: confirmation methods nobody asked for are ignored; these two we know. */
static bool read_confirmation(const struct claims *claims, struct dw_jwt *jwt)
{
    const struct json_node *cnf = claims->nodes[CLAIM_CNF];

    return cnf == NULL || (cnf->type == JSON_OBJECT && read_method(claims, "jkt", &jwt->jkt) &&
                           read_method(claims, "x5t#S256", &jwt->x5t));
}

enum dw_reason claims_read(const struct json *json, char *text, struct dw_jwt *jwt)
{
    const struct claims claims = find_claims(json);

    if (!read_names(&claims, jwt) || !read_scope(&claims, text, jwt) ||
        !read_audiences(&claims, jwt) || !read_confirmation(&claims, jwt)) {
        return DW_TOKEN_CLAIM_TYPE;
    }
    return read_times(&claims, jwt) ? DW_REASON_NONE : DW_TOKEN_TIME_TYPE;
}
