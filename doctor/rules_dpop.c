/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

#include <openssl/evp.h>

#include "text.h"

/* Proof of possession (RFC 9449): a token bound to a key, and the proof beside it, which is checked for
 * all of s4.3 but its signature. */

#define WINDOW    300 /* seconds a proof's iat may differ; servers' own windows are narrower */
#define HASH_TEXT DW_BASE64URL_SIZE(32)

/* The key's members in the order of RFC 7638 s3.2, by kty. */
static const struct {
    const char *kty;
    const char *members[4];
} THUMBPRINTS[] = {
    {"EC", {"crv", "kty", "x", "y"}},
    {"RSA", {"e", "kty", "n", NULL}},
    {"OKP", {"crv", "kty", "x", NULL}},
};

static bool hash_of(struct dw_span bytes, char text[HASH_TEXT])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t n = 0;
    size_t len = 0;

    return EVP_Q_digest(NULL, "SHA256", NULL, bytes.at, bytes.len, hash, &n) == 1 &&
           dw_base64url_write(hash, n, text, HASH_TEXT, &len) == 0 && len == HASH_TEXT;
}

static bool thumbprint_of(const struct json *json, const struct json_node *jwk,
                          char text[HASH_TEXT])
{
    const struct dw_span kty = json_string(json, json_member(json, jwk, "kty"));
    char buffer[2048];
    struct text out;

    for (size_t i = 0; i < COUNT_OF_ROWS(THUMBPRINTS); i++) {
        if (!dw_span_equal(kty, dw_span_of(THUMBPRINTS[i].kty))) {
            continue;
        }
        text_init(&out, buffer, sizeof(buffer));
        text_char(&out, '{');
        for (size_t k = 0; k < 4 && THUMBPRINTS[i].members[k] != NULL; k++) {
            const char *name = THUMBPRINTS[i].members[k];

            text_json_member(&out, name, json_string(json, json_member(json, jwk, name)));
        }
        text_char(&out, '}');
        return !out.overflow && hash_of(text_span(&out), text);
    }
    return false;
}

/* -- What is wrong with a proof ----------------------------------------------------------------------- */

struct proof {
    const struct scene *scene;
    struct diagnosis *diagnosis;
    const struct capture_field *field;
    struct token_view view;
    struct finding *finding; /* NULL: nothing is wrong so far */
};

static void blame(struct proof *proof, int confidence, const char *what)
{
    proof->finding = diagnosis_suspect(proof->diagnosis, "dpop.proof_invalid", confidence);
    finding_say(proof->diagnosis, proof->finding, "request", proof->field->place, "%s", what);
    finding_point(proof->diagnosis, proof->finding, proof->field, 0, proof->field->value.len, "%s",
                  what);
}

static const struct json_node *header_of(const struct proof *proof, const char *name)
{
    return json_member(&proof->view.header, json_root(&proof->view.header), name);
}

static void check_form(struct proof *proof)
{
    const struct token_view *view = &proof->view;
    const struct json_node *jwk = header_of(proof, "jwk");
    struct arena *arena = proof->diagnosis->arena;

    if (!span_is(view->typ, "dpop+jwt")) {
        blame(proof, CERTAIN,
              arena_print(arena, "typ is \"%.*s\", not dpop+jwt", BRIEF(view->typ)));
    }
    if (span_is(view->alg, "none") || span_begins(view->alg, "HS") || view->alg.len == 0) {
        blame(proof, CERTAIN,
              arena_print(arena, "alg \"%.*s\" is not asymmetric", BRIEF(view->alg)));
    }
    if (jwk == NULL || jwk->type != JSON_OBJECT) {
        blame(proof, CERTAIN, "its header has no jwk");
    } else if (json_member(&view->header, jwk, "d") != NULL) {
        blame(proof, CERTAIN, "its jwk holds the private key");
    }
    if (view->jti.len == 0) {
        blame(proof, CERTAIN, "it has no jti");
    }
    if (view->signature_len == 0) {
        blame(proof, CERTAIN, "it is not signed");
    }
}

static void check_method(struct proof *proof)
{
    const struct dw_span htm = token_claim(&proof->view, "htm");
    const struct dw_span method = proof->scene->it->method;

    if (htm.at == NULL) {
        blame(proof, CERTAIN, "it has no htm");
    } else if (method.len > 0 && !dw_span_equal(htm, method)) {
        blame(proof, CERTAIN,
              arena_print(proof->diagnosis->arena, "htm is %.*s, the method is %.*s", BRIEF(htm),
                          BRIEF(method)));
    }
}

/* Without query and fragment, however they are spelt (RFC 9449 s4.3 with RFC 3986 s6.2.2, s6.2.3). */
static bool is_same_target(struct dw_span htu, struct dw_span url)
{
    char one[512], other[512];
    const struct dw_span a = url_origin(htu, one, sizeof(one));
    const struct dw_span b = url_origin(url, other, sizeof(other));
    struct dw_span path = url_path(htu);
    struct dw_span asked = url_path(url);

    path = span_until(path.len == 0 ? DW_SPAN("/") : path, "?#");
    asked = span_until(asked.len == 0 ? DW_SPAN("/") : asked, "?#");
    return dw_span_equal_nocase(a, b) && dw_span_equal(path, asked);
}

static void check_target(struct proof *proof)
{
    const struct dw_span htu = token_claim(&proof->view, "htu");
    const struct dw_span url = proof->scene->it->url;
    char origin[512];

    if (htu.at == NULL) {
        blame(proof, CERTAIN, "it has no htu");
        return;
    }
    if (url_origin(url, origin, sizeof(origin)).at != NULL && !is_same_target(htu, url)) {
        blame(proof, CERTAIN,
              arena_print(proof->diagnosis->arena, "htu is %.*s, the URL is %.*s", BRIEF(htu),
                          BRIEF(url)));
    }
}

static void check_time(struct proof *proof)
{
    const int64_t now = proof->scene->clocks.judged;
    struct arena *arena = proof->diagnosis->arena;
    const bool is_old = proof->scene->clocks.server == 0 && proof->scene->clocks.capture == 0;
    int64_t iat;

    if (proof->view.iat.type == TIME_ABSENT) {
        blame(proof, CERTAIN, "it has no iat");
    } else if (!time_at(&proof->view.iat, &iat)) {
        blame(proof, CERTAIN, "its iat is no time in seconds");
    } else if (!is_old && (now - iat > WINDOW || iat - now > WINDOW)) {
        blame(proof, 96,
              arena_print(arena, "its iat %s is %s from %s", instant(arena, iat),
                          apart(arena, iat, now), proof->scene->clocks.judged_by));
    }
}

/* RFC 9449 s4.3: with a token, its hash and the key it is bound to. */
static void check_binding(struct proof *proof)
{
    const struct dw_span ath = token_claim(&proof->view, "ath");
    const struct token_view *token = &proof->scene->token;
    char due[HASH_TEXT];

    if (token->text.len == 0) {
        return;
    }
    if (ath.at == NULL) {
        blame(proof, 93, "it has no ath, though a token is sent with it");
    } else if (hash_of(token->text, due) && !dw_span_equal(ath, (struct dw_span){due, HASH_TEXT})) {
        blame(proof, CERTAIN,
              arena_print(proof->diagnosis->arena, "ath is %.8s..., the token's hash %.8s...",
                          ath.len >= 8 ? ath.at : "(short)", due));
    }
    if (token->jkt.at != NULL && thumbprint_of(&proof->view.header, header_of(proof, "jwk"), due) &&
        !dw_span_equal(token->jkt, (struct dw_span){due, HASH_TEXT})) {
        blame(proof, CERTAIN, "its jwk is not the key of the token's cnf.jkt");
    }
}

/* -- The rules ---------------------------------------------------------------------------------------- */

static void look_proof(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct proof proof = {.scene = scene, .diagnosis = diagnosis};

    (void)cause;
    proof.field = message_field(&scene->it->request, "DPoP");
    if (proof.field == NULL) {
        return;
    }
    token_look(scene->arena, span_bare(proof.field->value), &proof.view);
    if (!proof.view.has_header || !proof.view.has_claims || proof.view.shape != TOKEN_JWS) {
        blame(&proof, CERTAIN, "the proof is no JWT");
        return;
    }
    check_form(&proof);
    check_method(&proof);
    check_target(&proof);
    check_time(&proof);
    check_binding(&proof);
}

/* Where all of it is right for the public address, the server may know itself by another. */
static void look_behind_proxy(const struct scene *scene, struct diagnosis *diagnosis,
                              const char *cause)
{
    struct finding *finding;

    if (message_field(&scene->it->request, "DPoP") == NULL ||
        surest_of(diagnosis, "dpop.proof_invalid") >= LIKELY ||
        !(span_is(scene->error, "invalid_dpop_proof") || scene_says(scene, "htu"))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, scene_says(scene, "htu") ? 90 : 74);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "htu is the URL that was asked, %.*s", BRIEF(scene->it->url));
    say_answer(scene, diagnosis, finding);
}

static void look_nonce(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span nonce = answered_field(scene, "DPoP-Nonce");
    struct finding *finding;

    if (!span_is(scene->error, "use_dpop_nonce") && !scene_says(scene, "use_dpop_nonce")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 99);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says use_dpop_nonce%s",
                nonce.len > 0 ? ", and sends a DPoP-Nonce"
                              : "; but its DPoP-Nonce is not in the capture");
}

static void look_as_bearer(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause)
{
    struct finding *finding;

    if (scene->token.jkt.at == NULL || !scene_is_scheme(scene, "Bearer")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 98);
    finding_say(diagnosis, finding, "token", token_place(scene),
                "cnf.jkt binds it to a key, and it is sent as Bearer (RFC 9449 s7.2)");
    if (scene->sent.field != NULL) {
        finding_point(diagnosis, finding, scene->sent.field, 0, scene->sent.scheme.len,
                      "DPoP is the scheme of a bound token");
    }
}

static void look_no_proof(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    struct finding *finding;

    if (!scene_is_scheme(scene, "DPoP") || message_field(&scene->it->request, "DPoP") != NULL) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 96);
    finding_say(diagnosis, finding, "request", token_place(scene),
                "the scheme is DPoP, and there is no DPoP field with a proof");
}

/* The server's words, where the proof could not be judged from the capture. */
static void look_refused_proof(const struct scene *scene, struct diagnosis *diagnosis,
                               const char *cause)
{
    struct finding *finding;

    if (!span_is(scene->error, "invalid_dpop_proof") && !scene_says(scene, "invalid_dpop_proof")) {
        return;
    }
    finding =
        diagnosis_suspect(diagnosis, cause, surest_of(diagnosis, "dpop.htu_proxy") >= 90 ? 80 : 92);
    say_answer(scene, diagnosis, finding);
}

void dpop_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"dpop.nonce_required", look_nonce},   {"dpop.sent_as_bearer", look_as_bearer},
        {"dpop.proof_invalid", look_proof},    {"dpop.proof_invalid", look_no_proof},
        {"dpop.htu_proxy", look_behind_proxy}, {"dpop.proof_invalid", look_refused_proof},
    };

    if (scene->it != NULL) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
}
