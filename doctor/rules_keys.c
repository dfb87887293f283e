/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

/* Keys: which one the token names, which the issuer has (RFC 7517), and whether the server got hold of
 * them. A JWKS may be in the capture itself. */

#define KEY_KIN "token.signature_invalid token.alg_mismatch token.kid_missing"

/* -- A JWKS in the capture ------------------------------------------------------------------------- */

static bool is_key_set(struct dw_span url)
{
    return found_of(url_path(url), "jwks|/certs|/discovery/keys|/v1/keys|/publickeys|/keys").at !=
           NULL;
}

/* The list under "keys" of the last one that can be read; NULL: none. */
static const struct json_node *open_keys(const struct scene *scene, struct json *json)
{
    for (size_t i = scene->capture->n_exchanges; i > 0; i--) {
        const struct exchange *exchange = scene->capture->exchanges[i - 1];
        struct json_node *nodes;
        struct dw_span text;
        const struct json_node *keys;

        if (exchange->status != 200 || exchange->response.body_cut ||
            exchange->response.body.len == 0 ||
            (exchange->role != ROLE_JWKS && !is_key_set(exchange->url))) {
            continue;
        }
        nodes = arena_take(scene->arena, SCENE_JSON_NODES * sizeof(*nodes));
        text = arena_keep(scene->arena, exchange->response.body);
        if (nodes == NULL || text.at == NULL ||
            json_parse((char *)(uintptr_t)text.at, text.len, nodes, SCENE_JSON_NODES, json, NULL) !=
                JSON_OK) {
            continue;
        }
        keys = json_member(json, json_root(json), "keys");
        if (keys != NULL && keys->type == JSON_ARRAY) {
            return keys;
        }
    }
    return NULL;
}

static struct dw_span member(const struct json *json, const struct json_node *key, const char *name)
{
    return json_string(json, json_member(json, key, name));
}

static void look_alg_of_key(const struct scene *scene, struct diagnosis *diagnosis,
                            const struct json *json, const struct json_node *key)
{
    const struct dw_span alg = member(json, key, "alg");
    struct finding *finding;

    diagnosis_rule_out(diagnosis, "token.kid_unknown", "the JWKS captured has kid \"%.*s\"",
                       BRIEF(scene->token.kid));
    if (alg.len == 0 || scene->token.alg.len == 0 || dw_span_equal(alg, scene->token.alg)) {
        return;
    }
    finding = suspect(scene, diagnosis, "token.alg_mismatch", KEY_KIN, (struct weight){93, 98, 70});
    finding_say(diagnosis, finding, "token", token_place(scene),
                "alg %.*s, its key in the JWKS is for %.*s", BRIEF(scene->token.alg), BRIEF(alg));
}

static void look_key_set(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct json json;
    const struct json_node *keys = open_keys(scene, &json);
    const struct dw_span kid = scene->token.kid;
    struct finding *finding;
    size_t n = 0;

    if (keys == NULL || !scene->token.has_header) {
        return;
    }
    for (const struct json_node *key = json_first(keys); key != NULL; key = json_next(keys, key)) {
        n++;
        if (kid.at != NULL && dw_span_equal(member(&json, key, "kid"), kid)) {
            look_alg_of_key(scene, diagnosis, &json, key);
            return;
        }
    }
    if (kid.at == NULL && n < 2) {
        return;
    }
    cause = kid.at == NULL ? "token.kid_missing" : cause;
    finding =
        suspect(scene, diagnosis, cause, KEY_KIN " token.kid_unknown", (struct weight){93, 98, 75});
    finding_say(diagnosis, finding, "token", token_place(scene),
                kid.at == NULL ? "no kid%.*s, and the JWKS captured has %zu keys"
                               : "kid \"%.*s\" is none of the %zu in the JWKS captured",
                BRIEF(kid), n);
    point_token(scene, diagnosis, finding, 0, span_until(scene->token.text, ".").len,
                kid.at == NULL ? "names no key" : "names a key its issuer does not have");
}

/* -- Without one ------------------------------------------------------------------------------------ */

static void look_kid(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;

    if (!scene->token.has_header || !is_named(scene, diagnosis, cause, NULL)) {
        return;
    }
    if (scene->token.kid.at == NULL) {
        finding = diagnosis_suspect(diagnosis, "token.kid_missing", 80);
        finding_say(diagnosis, finding, "token", token_place(scene), "its header names no kid");
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 88);
    say_answer(scene, diagnosis, finding);
    finding_say(diagnosis, finding, "token", token_place(scene), "kid \"%.*s\", iss \"%.*s\"",
                BRIEF(scene->token.kid), BRIEF(scene->token.iss));
    point_token(scene, diagnosis, finding, 0, span_until(scene->token.text, ".").len,
                "names a key the server does not know");
}

static void look_no_kid(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    static const char TEXTS[] =
        "missing kid|no kid|kid is missing|without a kid|kid header is missing|"
        "\"kid\" is missing|kid not present|token has no kid|missing a kid";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (!scene->token.has_header || scene->token.kid.at != NULL || said.at == NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 97);
    finding_say(diagnosis, finding, "token", token_place(scene), "its header names no kid");
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(said));
}

/* Issuers who publish keys for all to see sign with nothing that is secret. */
static bool publishes_keys(struct dw_span iss)
{
    return found_of(
               iss,
               "microsoftonline|sts.windows.net|accounts.google|securetoken.google|cognito-idp|"
               ".okta.com|/realms/|.auth0.com|.onelogin.com|appleid.apple")
               .at != NULL;
}

static void look_alg(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span alg = scene->token.alg;
    const bool is_shared = span_begins(alg, "HS") && publishes_keys(scene->token.iss);
    struct finding *finding;

    if (alg.len == 0 || span_is(alg, "none") || scene->it == NULL ||
        (!is_named(scene, diagnosis, cause, NULL) && !(is_shared && is_refused(scene)))) {
        return;
    }
    finding = suspect(scene, diagnosis, cause, "token.signature_invalid token.kid_unknown",
                      is_shared ? (struct weight){74, 97, 60} : (struct weight){0, 94, 0});
    finding_say(diagnosis, finding, "token", token_place(scene),
                is_shared ? "alg %.*s, a shared secret, where its issuer publishes keys"
                          : "alg is %.*s",
                BRIEF(alg));
    point_token(scene, diagnosis, finding, 0, span_until(scene->token.text, ".").len,
                "its algorithm is not the one expected");
}

static void look_secret(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;

    if (!span_begins(scene->token.alg, "HS") ||
        !is_named(scene, diagnosis, "token.signature_invalid", NULL)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 55);
    finding_say(diagnosis, finding, "token", token_place(scene),
                "alg %.*s: raw, base64 and hex readings of one secret sign differently",
                BRIEF(scene->token.alg));
}

/* -- The server's own keys --------------------------------------------------------------------------- */

static const struct said SAID[] = {
    {"token.server_key_pem", 92,
     "secret or public key must be provided|secretOrPublicKey|not valid key material|Could not "
     "deserialize key|"
     "Unable to load PEM|MalformedFraming|DECODER routines::unsupported|error:0909006C|no start "
     "line|"
     "Could not parse the provided public key|must be an asymmetric key|asn1 encoding routines|"
     "Key must be PEM encoded|invalid key format|PEM_read_bio|error:1E08010C|unable to decode key|"
     "failed to parse PEM|invalid PEM|\"secretOrPublicKey\" must"},
    {"token.hs_secret_short", 88,
     "secret must be at least|Key must be at least 256|key size must be greater|key byte array is "
     "0|"
     "is not secure enough for any JWT HMAC|IDX10653|IDX10720|HMAC key is too short|"
     "The JWT secret must be at least"},
    {"token.jwks_unreachable", 92,
     "Jwks remote fetch is failed|Jwks doesn't have any valid public "
     "key|IDX20803|IDX20804|IDX20807|"
     "Unable to obtain configuration from|Couldn't retrieve remote JWK set|Could not fetch JWKS|"
     "failed to fetch jwks|Error fetching JWKS|JwksError|Expected 200 OK from the JSON Web Key Set|"
     "OpenID Connect metadata|unable to fetch keys|JWKS fetch failed|failed to get JWKS|IDX10500"},
};

static void look_server_keys(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    (void)cause;
    said_look(scene, diagnosis, SAID, COUNT_OF_ROWS(SAID), 100);
}

void keys_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"token.kid_unknown", look_key_set},       {"token.kid_unknown", look_kid},
        {"token.kid_missing", look_no_kid},        {"token.alg_mismatch", look_alg},
        {"token.hs_secret_encoding", look_secret}, {"token.jwks_unreachable", look_server_keys},
    };

    if (scene->it != NULL) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
}
