/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>

#include "look.h"

/* Registries of images and packages, and places for git. A registry of images hands out tokens elsewhere:
 * its challenge says where (the distribution specification's token authentication). */

/* -- Images ------------------------------------------------------------------------------------------- */

static bool is_image_registry(const struct scene *scene)
{
    const struct challenge_view *bearer = scene_challenge(scene, "Bearer");

    return bearer != NULL && span_has(scene_param(bearer, "realm"), "://") &&
           (scene_param(bearer, "service").len > 0 || span_begins(scene->path, "/v2/"));
}

/* The first exchange that asked the challenge's realm for a token; NULL: none. */
static const struct exchange *find_realm(const struct scene *scene)
{
    const struct dw_span realm = scene_param(scene_challenge(scene, "Bearer"), "realm");

    for (size_t i = scene->capture->n_exchanges; i > 0; i--) {
        const struct exchange *exchange = scene->capture->exchanges[i - 1];

        if (dw_span_equal_nocase(url_host(exchange->url), url_host(realm)) &&
            dw_span_equal(url_path(exchange->url), url_path(realm)) && exchange != scene->it) {
            return exchange;
        }
    }
    return NULL;
}

/* Another credential than the token the dance hands out does not get far at most registries. */
static void look_dance(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct challenge_view *bearer = scene_challenge(scene, "Bearer");
    struct finding *finding;
    int confidence = 96;

    if (!is_image_registry(scene) || find_realm(scene) != NULL ||
        span_is(scene->error, "insufficient_scope")) {
        return;
    }
    if (scene->sent.where != SENT_NOWHERE) {
        if (scene_is_scheme(scene, "Bearer")) {
            return;
        }
        confidence = 88;
    }
    finding = diagnosis_suspect(diagnosis, cause, confidence);
    finding_say(diagnosis, finding, "server", answer_place(scene), "sends for a token to %.*s",
                BRIEF(scene_param(bearer, "realm")));
    finding_say(diagnosis, finding, "capture", scene->it->place, "nobody asked there");
    if (bearer->field != NULL) {
        finding_point(diagnosis, finding, bearer->field, 0, bearer->field->value.len,
                      "where the token is to be asked for");
    }
}

static bool is_denied(const struct scene *scene)
{
    return scene_says(scene, "requested access to the resource is denied") ||
           scene_says(scene, "access to the requested resource is not authorized") ||
           scene_says(scene, "insufficient_scope") || scene_says(scene, "\"DENIED\"");
}

/* access: what the token lets its bearer do; empty: nothing. */
static void look_denied(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct json_node *access = NULL;
    struct finding *finding;
    bool is_empty;

    if (!is_image_registry(scene) ||
        (!scene_is_scheme(scene, "Bearer") && !span_is(scene->error, "insufficient_scope"))) {
        return;
    }
    if (is_jwt(scene)) {
        access = json_member(&scene->token.claims, json_root(&scene->token.claims), "access");
    }
    is_empty = access != NULL && access->type == JSON_ARRAY && json_first(access) == NULL;
    if (!is_empty && surest_of(diagnosis, "token.expired") >= LIKELY) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause,
                                span_is(scene->error, "insufficient_scope") ? 99
                                : is_empty                                  ? CERTAIN
                                : is_denied(scene)                          ? 92
                                                                            : 80);
    finding_say(diagnosis, finding, "server", answer_place(scene), "still wants scope \"%.*s\"",
                BRIEF(scene_param(scene_challenge(scene, "Bearer"), "scope")));
    if (is_empty) {
        finding_say(diagnosis, finding, "token", token_place(scene),
                    "its access claim is an empty list");
    }
}

static void look_private(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct exchange *realm = is_image_registry(scene) ? find_realm(scene) : NULL;
    struct finding *finding;

    if (realm == NULL) {
        return;
    }
    if (realm->status == 401 || realm->status == 403) {
        finding = diagnosis_suspect(diagnosis, cause, 74);
        finding_say(diagnosis, finding, "server", realm->place, "the token service itself says %d",
                    realm->status);
        return;
    }
    if (message_field(&realm->request, "Authorization") == NULL && scene->it->status >= 400) {
        finding = diagnosis_suspect(diagnosis, cause, 70);
        finding_say(diagnosis, finding, "request", realm->place,
                    "the token was asked for without a login: good for public images only");
    }
}

static void look_image_words(const struct scene *scene, struct diagnosis *diagnosis,
                             const char *cause)
{
    static const char TEXTS[] =
        "pull access denied|repository does not exist or may require|"
        "repository name not known|NAME_UNKNOWN|does not exist or no pull access";
    const struct dw_span said = said_of(scene, TEXTS);
    struct finding *finding;

    if (said.at == NULL || (!span_begins(scene->path, "/v2/") && !is_image_registry(scene))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 84);
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"", BRIEF(said));
}

/* -- npm and its like ----------------------------------------------------------------------------------- */

static bool is_npm(const struct exchange *exchange)
{
    const struct dw_span agent = message_value(&exchange->request, "User-Agent");

    return span_begins(agent, "npm/") || span_begins(agent, "yarn/") ||
           span_begins(agent, "pnpm/") || span_begins(agent, "bun/") ||
           message_field(&exchange->request, "npm-command") != NULL ||
           message_field(&exchange->request, "npm-session") != NULL;
}

static bool is_tarball(const struct scene *scene)
{
    return span_has(scene->path, "/-/") && found_of(scene->path, ".tgz|.tar.gz").at != NULL;
}

/* Whether npm has a token, and sent it to another place or in another request. */
static const struct exchange *find_login(const struct scene *scene)
{
    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];

        if (other != scene->it && is_npm(other) &&
            message_field(&other->request, "Authorization") != NULL) {
            return other;
        }
    }
    return NULL;
}

static struct dw_span private_realm(const struct scene *scene)
{
    static const char REALMS[] =
        "Artifactory Realm|Sonatype Nexus|Nexus Repository|ProGet|Verdaccio|Azure DevOps|"
        "pkgsprodscussu|CodeArtifact|cloudsmith|GitHub Package";

    for (size_t i = 0; i < scene->n_challenges; i++) {
        const struct dw_span found = found_of(scene_param(&scene->challenges[i], "realm"), REALMS);

        if (found.at != NULL) {
            return found;
        }
    }
    return NOTHING;
}

static void look_npm(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct exchange *login = find_login(scene);
    const struct dw_span realm = private_realm(scene);
    struct finding *finding;

    if (!(is_npm(scene->it) || (is_tarball(scene) && realm.at != NULL)) ||
        scene->it->status != 401 || scene->sent.where != SENT_NOWHERE) {
        return;
    }
    if (login != NULL) {
        finding = diagnosis_suspect(diagnosis, "registry.npmrc_scope", is_tarball(scene) ? 93 : 88);
        finding_say(diagnosis, finding, "request", login->place,
                    "a token was sent to %.*s, and none to %.*s", BRIEF(url_host(login->url)),
                    BRIEF(scene->host));
        return;
    }
    if (realm.at != NULL && (is_tarball(scene) || !span_has(scene->path, "/%40"))) {
        finding = diagnosis_suspect(diagnosis, cause, is_tarball(scene) ? 92 : 84);
        finding_say(diagnosis, finding, "server", answer_place(scene),
                    "its realm is \"%.*s\": a private registry", BRIEF(realm));
        finding_say(diagnosis, finding, "request", scene->it->place, "no token is kept for %.*s",
                    BRIEF(scene->host));
        diagnosis_suspect(diagnosis, "registry.npmrc_scope", 70);
        return;
    }
    finding = diagnosis_suspect(diagnosis, "registry.npmrc_scope", 85);
    finding_say(diagnosis, finding, "request", scene->it->place,
                "npm sent no Authorization to %.*s", BRIEF(scene->host));
}

static void look_npm_words(const struct scene *scene, struct diagnosis *diagnosis,
                           const char *cause)
{
    struct finding *finding;

    for (size_t i = 0; i < scene->it->n_notes; i++) {
        const struct dw_span note = scene->it->notes[i];

        if (span_has(note, "need: Basic realm=\"Artifactory") ||
            span_has(note, "need: BASIC realm=\"Sonatype")) {
            finding = diagnosis_suspect(diagnosis, cause, 92);
            finding_say(diagnosis, finding, "client", scene->it->place, "%.*s", BRIEF(note));
        }
    }
}

/* -- PyPI ------------------------------------------------------------------------------------------------- */

static void look_pypi(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const struct dw_span user = scene->sent.user;
    struct finding *finding;

    if (span_is(user, "__token__") && scene->it->status == 403 &&
        span_begins(scene->sent.password, "pypi-")) {
        diagnosis_rule_out(diagnosis, cause, "the user is __token__");
        finding = diagnosis_suspect(diagnosis, "apikey.rotated", 74);
        finding_say(diagnosis, finding, "request", token_place(scene),
                    "a PyPI token, of the right user");
        return;
    }
    if (!scene->sent.is_basic_decoded || span_is(user, "__token__")) {
        return;
    }
    if (span_begins(scene->sent.password, "pypi-")) {
        finding = diagnosis_suspect(diagnosis, cause, 98);
        finding_say(diagnosis, finding, "request", token_place(scene),
                    "the password is a PyPI token, the user \"%.*s\" where __token__ belongs",
                    BRIEF(user));
    } else if (found_of(scene->host, "upload.pypi|test.pypi").at != NULL) {
        finding = diagnosis_suspect(diagnosis, cause, 80);
        finding_say(diagnosis, finding, "request", token_place(scene),
                    "the user is \"%.*s\"; PyPI takes uploads of __token__ only", BRIEF(user));
    } else {
        return;
    }
    if (scene->sent.field != NULL) {
        finding_point(diagnosis, finding, scene->sent.field, 0, scene->sent.field->value.len,
                      "the user should be __token__");
    }
}

/* -- git ---------------------------------------------------------------------------------------------------- */

/* An answer alone, of which only their own fields tell whose it is. */
static bool is_forges_answer(const struct scene *scene)
{
    return answered_field(scene, "X-GitHub-Request-Id").at != NULL ||
           answered_field(scene, "X-Gitlab-Meta").at != NULL ||
           span_begins(scene->server, "GitHub.com");
}

static void look_unasked_hidden(const struct scene *scene, struct diagnosis *diagnosis,
                                const char *cause)
{
    struct finding *finding;

    if (scene->it->status != 404 || scene->it->request.is_there || !scene->body_is_json ||
        !is_forges_answer(scene) || !scene_says(scene, "Not Found")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, LIKELY - 1);
    finding_say(diagnosis, finding, "server", answer_place(scene),
                "404 of a forge, which hides so what the one who asks may not see");
}

static void look_hidden(const struct scene *scene, struct diagnosis *diagnosis, const char *cause)
{
    const bool is_api =
        span_is(scene->host, "api.github.com") || span_has(scene->path, "/api/v4/projects/");
    const bool is_git = span_has(scene->path, ".git/") || span_has(scene->query, "service=git-") ||
                        span_begins(asked_field(scene, "User-Agent"), "git/");
    const bool is_known =
        found_of(scene->host, "github|gitlab|bitbucket|codeberg|gitea").at != NULL;
    const bool is_nobody = scene->sent.where == SENT_NOWHERE;
    struct finding *finding;

    if (scene->it->status != 404 ||
        !(is_api || is_git || (is_known && span_has(scene->path, "/repos/"))) ||
        !scene->it->request.is_there) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_nobody ? 90 : 84);
    finding_say(
        diagnosis, finding, "server", answer_place(scene), "404 of %.*s %s", BRIEF(scene->host),
        is_nobody ? "to a request without credentials" : "to credentials that may not see it");
    if (answered_field(scene, "X-OAuth-Scopes").at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene),
                    "the token's scopes are \"%.*s\"",
                    BRIEF(answered_field(scene, "X-OAuth-Scopes")));
    }
}

void rules_registry(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct credential_rule RULES[] = {
        {"registry.token_dance", look_dance},
        {"registry.scope_denied", look_denied},
        {"registry.private_or_absent", look_private},
        {"registry.private_or_absent", look_image_words},
        {"registry.lockfile_host", look_npm},
        {"registry.lockfile_host", look_npm_words},
        {"registry.pypi_user", look_pypi},
        {"git.hidden_404", look_hidden},
        {"git.hidden_404", look_unasked_hidden},
    };

    if (scene->it != NULL) {
        rules_walk(RULES, COUNT_OF_ROWS(RULES), scene, diagnosis);
    }
}
