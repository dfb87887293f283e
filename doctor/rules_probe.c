/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include <string.h>

/* The differential requests, each as far as it was made; NULL: it was not, or got no answer. */
struct probes {
    const struct exchange *of[ROLE_METADATA + 1];
    size_t n; /* which were made */
};

static void gather(const struct scene *scene, struct probes *probes)
{
    *probes = (struct probes){.n = 0};
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *one = scene->capture->exchanges[i];

        if (one->role != ROLE_CAPTURED && one->status != 0 && probes->of[one->role] == NULL) {
            probes->of[one->role] = one;
            probes->n++;
        }
    }
    /* Where nothing was captured before, the live request itself is yours. */
    if (probes->of[ROLE_YOURS] == NULL && scene->it->status != 0) {
        probes->of[ROLE_YOURS] = scene->it;
    }
}

static void say_probe(struct diagnosis *diagnosis, struct finding *finding,
                      const struct exchange *probe, const char *what)
{
    finding_say(diagnosis, finding, "probe", probe->place, "%s: %d", what, probe->status);
}

/* The same status and the same challenge, byte for byte: the server made no difference. */
static bool is_same_answer(const struct exchange *a, const struct exchange *b)
{
    return a->status == b->status &&
           message_count(&a->response, "WWW-Authenticate") ==
               message_count(&b->response, "WWW-Authenticate") &&
           dw_span_equal(message_value(&a->response, "WWW-Authenticate"),
                         message_value(&b->response, "WWW-Authenticate")) &&
           (a->response.body.len == 0 || b->response.body.len == 0 ||
            dw_span_equal(a->response.body, b->response.body));
}

static struct finding *finding_of(struct diagnosis *diagnosis, const char *cause)
{
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        if (strcmp(diagnosis->findings[i].cause->id, cause) == 0) {
            return &diagnosis->findings[i];
        }
    }
    return NULL;
}

/* -- With and without credentials --------------------------------------------------------------------- */

/* The scheme that was sent is one the server offers, or it offers none. */
static bool is_offered(const struct scene *scene)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        if (dw_span_equal_nocase(scene->challenges[i].challenge.scheme, scene->sent.scheme)) {
            return true;
        }
    }
    return scene->n_challenges == 0;
}

static void look_none(const struct scene *scene, const struct probes *probes,
                      struct diagnosis *diagnosis)
{
    const struct exchange *none = probes->of[ROLE_NONE];
    const struct exchange *garbage = probes->of[ROLE_GARBAGE];
    const struct exchange *yours = probes->of[ROLE_YOURS];
    struct finding *finding;

    if (none == NULL || yours == NULL || sent_nothing(scene) || yours->status < 400) {
        return;
    }
    if (!is_same_answer(none, yours)) {
        diagnosis_rule_out(diagnosis, "proxy.strips_authorization",
                           "without credentials the answer is another one");
        return;
    }
    if (garbage != NULL && !is_same_answer(garbage, none)) {
        return;
    }
    finding = diagnosis_suspect(
        diagnosis, is_offered(scene) ? "proxy.strips_authorization" : "header.wrong_scheme",
        scene_is_scheme(scene, "Bearer") || words_for_missing(scene) != NULL ? 97 : LIKELY);
    say_probe(diagnosis, finding, none, "the same answer without credentials");
    if (garbage != NULL) {
        say_probe(diagnosis, finding, garbage, "the same answer to garbage");
    }
}

static void look_public(const struct scene *scene, const struct probes *probes,
                        struct diagnosis *diagnosis)
{
    const struct exchange *none = probes->of[ROLE_NONE];

    if (none == NULL || !is_success(none) || sent_nothing(scene)) {
        return;
    }
    diagnosis_rule_out(diagnosis, "header.missing", "without credentials it answers %d",
                       none->status);
}

/* What mends it is what it was: nothing could be surer. Rules before this one have found it. */
static void look_repaired(const struct probes *probes, struct diagnosis *diagnosis)
{
    const struct exchange *repaired = probes->of[ROLE_REPAIRED];

    if (repaired == NULL) {
        return;
    }
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        struct finding *finding = &diagnosis->findings[i];

        if (finding->repaired != NULL && is_success(repaired)) {
            finding->confidence = 99;
            say_probe(diagnosis, finding, repaired, "repaired so, it passes");
            return;
        }
        if (finding->repaired != NULL) {
            finding->against =
                arena_print(diagnosis->arena, "repaired so, it still gets %d", repaired->status);
            return;
        }
    }
}

/* -- Elsewhere, and once more --------------------------------------------------------------------------- */

static void look_nowhere(const struct scene *scene, const struct probes *probes,
                         struct diagnosis *diagnosis)
{
    const struct exchange *nowhere = probes->of[ROLE_NOWHERE];
    struct finding *finding;

    if (nowhere == NULL || scene->it->status < 400) {
        return;
    }
    if (nowhere->status == 404) {
        diagnosis_rule_out(diagnosis, "server.route_first", "a path nobody has answers 404");
        return;
    }
    /* Many a guard asks who it is before it looks where to: seldom the reason. */
    if (nowhere->status == scene->it->status) {
        finding = diagnosis_suspect(diagnosis, "server.route_first",
                                    scene_says(scene, "Missing Authentication Token") ? 98 : 45);
        say_probe(diagnosis, finding, nowhere, "a path nobody has");
    }
}

static void look_repeated(const struct probes *probes, struct diagnosis *diagnosis)
{
    if (probes->of[ROLE_REPEATED] != NULL && finding_of(diagnosis, "server.bad_node") == NULL) {
        diagnosis_rule_out(diagnosis, "server.bad_node",
                           "the same request gets the same answer again");
    }
}

static void look_preflight(const struct probes *probes, struct diagnosis *diagnosis)
{
    const struct exchange *preflight = probes->of[ROLE_PREFLIGHT];
    struct finding *finding;

    if (preflight == NULL) {
        return;
    }
    if (preflight->status == 401 || preflight->status == 403) {
        finding = diagnosis_suspect(diagnosis, "cors.preflight_401",
                                    finding_of(diagnosis, "cors.masked_401") != NULL ? 97 : 45);
        say_probe(diagnosis, finding, preflight, "OPTIONS as a browser asks");
    } else if (is_success(preflight)) {
        diagnosis_rule_out(diagnosis, "cors.preflight_401", "the preflight answers %d",
                           preflight->status);
    }
}

static void look_versions(const struct probes *probes, struct diagnosis *diagnosis)
{
    const struct exchange *one = probes->of[ROLE_HTTP1];
    const struct exchange *two = probes->of[ROLE_HTTP2];
    struct finding *finding;

    if (one == NULL || two == NULL) {
        return;
    }
    if (is_success(one) && two->status == 401) {
        finding = diagnosis_suspect(diagnosis, "header.http2_case", 97);
        say_probe(diagnosis, finding, one, "over HTTP/1.1");
        say_probe(diagnosis, finding, two, "over HTTP/2");
        return;
    }
    diagnosis_rule_out(diagnosis, "header.http2_case", "HTTP/1.1 gets %d, HTTP/2 %d", one->status,
                       two->status);
}

/* -- The issuer's keys --------------------------------------------------------------------------------- */

static void find_key(const struct scene *scene, const struct exchange *jwks,
                     const struct dw_keys *keys, struct diagnosis *diagnosis)
{
    struct finding *finding;

    if (scene->token.kid.at == NULL && dw_keys_count(keys) > 1) {
        finding = diagnosis_suspect(diagnosis, "token.kid_missing", 80);
        finding_say(diagnosis, finding, "probe", jwks->place,
                    "the issuer has %zu keys, and the token no kid", dw_keys_count(keys));
    } else if (scene->token.kid.at != NULL && !dw_keys_has_kid(keys, scene->token.kid)) {
        finding = diagnosis_suspect(diagnosis, "token.kid_unknown", 97);
        finding_say(diagnosis, finding, "probe", jwks->place,
                    "kid %.*s is not among the issuer's %zu keys", SHOWN(scene->token.kid),
                    dw_keys_count(keys));
    }
}

static void verify(const struct scene *scene, const struct exchange *jwks, struct dw_keys *keys,
                   struct diagnosis *diagnosis)
{
    struct dw_work *work = arena_take(scene->arena, sizeof(*work));
    struct dw_jwt jwt;
    enum dw_reason reason;
    struct finding *finding;

    if (work == NULL || dw_jwt_parse(scene->token.text, work, &jwt) != DW_REASON_NONE) {
        return;
    }
    reason = dw_jwt_verify(&jwt, keys, 0);
    if (reason == DW_REASON_NONE) {
        diagnosis_rule_out(diagnosis, "token.signature_invalid",
                           "a key of the issuer's JWKS verifies it");
        diagnosis_rule_out(diagnosis, "token.kid_unknown", "its key is in the issuer's JWKS");
    } else if (reason == DW_TOKEN_SIGNATURE) {
        finding = diagnosis_suspect(diagnosis, "token.signature_invalid", 98);
        finding_say(diagnosis, finding, "probe", jwks->place,
                    "the issuer's key does not verify the signature");
    } else if (reason == DW_TOKEN_ALG) {
        finding = diagnosis_suspect(diagnosis, "token.alg_mismatch", VERY_LIKELY);
        finding_say(diagnosis, finding, "probe", jwks->place,
                    "alg %.*s does not fit the issuer's key", SHOWN(scene->token.alg));
    }
}

static void look_keys(const struct scene *scene, const struct probes *probes,
                      struct diagnosis *diagnosis)
{
    const struct exchange *jwks = probes->of[ROLE_JWKS];
    struct dw_keys *keys;
    struct finding *finding;

    if (jwks == NULL || scene->token.shape != TOKEN_JWS) {
        return;
    }
    if (!is_success(jwks) || dw_keys_parse(jwks->response.body, false, &keys) != 0) {
        finding = diagnosis_suspect(diagnosis, "token.jwks_unreachable", 65);
        say_probe(diagnosis, finding, jwks, "the issuer's keys cannot be had");
        return;
    }
    find_key(scene, jwks, keys, diagnosis);
    verify(scene, jwks, keys, diagnosis);
    dw_keys_free(keys);
}

/* RFC 8414 s3.3: what the metadata says of itself must be what the token says. */
static void look_metadata(const struct scene *scene, const struct probes *probes,
                          struct diagnosis *diagnosis)
{
    const struct exchange *metadata = probes->of[ROLE_METADATA];
    const char *wanted;

    if (metadata == NULL || !is_success(metadata) || scene->token.iss.len == 0 ||
        !span_has(metadata->response.body, "\"issuer\"")) {
        return;
    }
    wanted = arena_print(scene->arena, "\"%.*s\"", (int)scene->token.iss.len, scene->token.iss.at);
    if (!span_has(metadata->response.body, wanted)) {
        struct finding *finding = diagnosis_suspect(diagnosis, "token.iss_format", 80);

        finding_say(diagnosis, finding, "probe", metadata->place,
                    "the issuer's metadata names another issuer than iss %.*s",
                    SHOWN(scene->token.iss));
    }
}

void rules_probe(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct probes probes;

    if (scene->it == NULL) {
        return;
    }
    gather(scene, &probes);
    if (probes.n == 0) {
        return;
    }
    look_none(scene, &probes, diagnosis);
    look_public(scene, &probes, diagnosis);
    look_nowhere(scene, &probes, diagnosis);
    look_repeated(&probes, diagnosis);
    look_preflight(&probes, diagnosis);
    look_versions(&probes, diagnosis);
    look_keys(scene, &probes, diagnosis);
    look_metadata(scene, &probes, diagnosis);
    look_repaired(&probes, diagnosis);
}
