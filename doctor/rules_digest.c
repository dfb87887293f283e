/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "look.h"
#include "rules_digest.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define NC_DIGITS    8
#define UNANSWERED   70 /* the capture may as well end too soon */

/* What was sent as Digest, and what is asked for (the best of several challenges). */
struct digest_view {
    const struct scene *scene;
    struct dw_challenge sent;           /* its parameters */
    const struct challenge_view *asked; /* NULL: no Digest */
};

static struct dw_span value_of(const struct dw_challenge *challenge, const char *name)
{
    const struct dw_param *param = dw_challenge_param(challenge, name);

    return param != NULL ? param->value : (struct dw_span){NULL, 0};
}

static bool is_quoted(const struct dw_challenge *challenge, const char *name)
{
    const struct dw_param *param = dw_challenge_param(challenge, name);

    return param != NULL && param->quoted;
}

static bool read_digest(struct dw_span value, struct dw_challenge *digest)
{
    struct dw_challenge_reader reader;

    dw_challenge_reader_init(&reader, span_bare(value), true);
    return dw_challenge_next(&reader, digest, NULL) == 0 && span_is(digest->scheme, "Digest");
}

/* Points at a parameter's value; at all of it where there is none of that name. */
static void point_param(const struct digest_view *view, struct diagnosis *diagnosis,
                        struct finding *finding, const char *name, const char *says)
{
    const struct sent *sent = &view->scene->sent;
    const struct dw_span value = value_of(&view->sent, name);

    if (value.at != NULL) {
        point_sent(view->scene, diagnosis, finding, sent, (size_t)(value.at - sent->value.at),
                   value.len, says);
    } else {
        point_sent(view->scene, diagnosis, finding, sent, 0, sent->value.len, says);
    }
}

static int shown(struct dw_span span)
{
    return (int)(span.len < 36 ? span.len : 36);
}

/* -- digest.stale_nonce ------------------------------------------------------------------------ */

static void look_stale(const struct digest_view *view, struct diagnosis *diagnosis,
                       const char *cause)
{
    const struct scene *scene = view->scene;
    struct finding *finding;

    for (size_t i = 0; i < scene->n_challenges; i++) {
        const struct challenge_view *challenge = &scene->challenges[i];

        if (span_is(challenge->challenge.scheme, "Digest") &&
            span_is(scene_param(challenge, "stale"), "true")) {
            finding = diagnosis_add(diagnosis, cause);
            finding_say(diagnosis, finding, "server", challenge->field->place,
                        "stale=true, and a new nonce");
            point_param(view, diagnosis, finding, "nonce", "too old; the rest of it was right");
            return;
        }
    }
}

static bool is_stale(const struct digest_view *view)
{
    return span_is(scene_param(view->asked, "stale"), "true");
}

/* -- digest.uri_mismatch ----------------------------------------------------------------------- */

static struct dw_span target_of(const struct scene *scene)
{
    const struct dw_span url = scene->it->url;
    struct dw_span target = scene->path;

    if (scene->query.at != NULL && target.at >= url.at && target.at <= url.at + url.len) {
        target.len = (size_t)(scene->query.at + scene->query.len - target.at);
    }
    return target;
}

/* A proxy is asked with the whole URL (RFC 9112 s3.2.2). */
static bool is_target(const struct scene *scene, struct dw_span uri, struct dw_span target)
{
    return dw_span_equal(uri, target) || dw_span_equal(uri, scene->it->url) ||
           (url_host(uri).at != NULL && dw_span_equal(url_path(uri), scene->path));
}

static void look_uri(const struct digest_view *view, struct diagnosis *diagnosis, const char *cause)
{
    const struct scene *scene = view->scene;
    const struct dw_span uri = value_of(&view->sent, "uri");
    const struct dw_span target = target_of(scene);
    struct finding *finding;

    if (uri.at == NULL || target.len == 0 || span_is(scene->it->method, "CONNECT") ||
        is_target(scene, uri, target) || span_is(uri, "*")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_stale(view) ? POSSIBLE : 92);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                "uri %.*s, the target asked for is %.*s", shown(uri), uri.at, shown(target),
                target.at);
    point_param(view, diagnosis, finding, "uri", "not the target that was asked for");
}

/* -- digest.algorithm -------------------------------------------------------------------------- */

/* RFC 7616 s3.3 */
static struct dw_span algorithm_of(struct dw_span named)
{
    struct dw_span algorithm = DW_SPAN("MD5");

    if (named.at != NULL) {
        algorithm = named;
    }
    return algorithm;
}

static bool is_algorithm_offered(const struct scene *scene, struct dw_span algorithm)
{
    for (size_t i = 0; i < scene->n_challenges; i++) {
        const struct challenge_view *challenge = &scene->challenges[i];

        if (span_is(challenge->challenge.scheme, "Digest") &&
            dw_span_equal_nocase(algorithm_of(scene_param(challenge, "algorithm")), algorithm)) {
            return true;
        }
    }
    return false;
}

static void look_algorithm(const struct digest_view *view, struct diagnosis *diagnosis,
                           const char *cause)
{
    const struct scene *scene = view->scene;
    const struct dw_span sent = algorithm_of(value_of(&view->sent, "algorithm"));
    struct dw_span asked;
    struct finding *finding;

    if (view->asked == NULL) {
        return;
    }
    asked = algorithm_of(scene_param(view->asked, "algorithm"));
    if (!is_algorithm_offered(scene, sent)) {
        finding = diagnosis_suspect(diagnosis, cause, 94);
        finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                    "answered with %.*s, asked for %.*s", shown(sent), sent.at, shown(asked),
                    asked.at);
        point_param(view, diagnosis, finding, "algorithm", "not what the challenge asks for");
    } else if (is_quoted(&view->asked->challenge, "algorithm") && !is_stale(view)) {
        finding = diagnosis_suspect(diagnosis, cause, 55);
        finding_say(diagnosis, finding, "server", view->asked->field->place,
                    "algorithm=\"%.*s\" is quoted, which some clients misread", shown(asked),
                    asked.at);
    }
}

/* curl begins without an answer, and stops there if it cannot work one out. */
static void look_unanswered(const struct scene *scene, struct diagnosis *diagnosis)
{
    const struct challenge_view *asked = scene_challenge(scene, "Digest");
    struct finding *finding;

    if (asked == NULL || scene->sent.where != SENT_NOWHERE ||
        !notes_have(scene->it, "auth using Digest") ||
        span_is(algorithm_of(scene_param(asked, "algorithm")), "MD5")) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, "digest.algorithm", UNANSWERED);
    finding_say(diagnosis, finding, "client", scene->it->place,
                "it was to use Digest, and has not answered the challenge");
    finding_say(diagnosis, finding, "server", asked->field->place, "it asks for %.*s",
                shown(scene_param(asked, "algorithm")), scene_param(asked, "algorithm").at);
}

/* -- digest.qop_nc ----------------------------------------------------------------------------- */

static bool is_count(struct dw_span nc)
{
    size_t n = 0;

    while (n < nc.len && nc.at[n] != '\0' && strchr("0123456789abcdefABCDEF", nc.at[n]) != NULL) {
        n++;
    }
    return n == NC_DIGITS && nc.len == NC_DIGITS;
}

/* The same nonce and nc in a request that came before. */
static bool is_used_again(const struct digest_view *view)
{
    const struct scene *scene = view->scene;
    const struct dw_span nonce = value_of(&view->sent, "nonce");
    const struct dw_span nc = value_of(&view->sent, "nc");
    struct dw_challenge other;

    for (size_t i = 0; nc.len > 0 && i < scene->index; i++) {
        const struct dw_span value =
            message_value(&scene->capture->exchanges[i]->request, "Authorization");

        if (value.at != NULL && read_digest(value, &other) &&
            dw_span_equal(value_of(&other, "nonce"), nonce) &&
            dw_span_equal(value_of(&other, "nc"), nc)) {
            return true;
        }
    }
    return false;
}

struct qop_flaw {
    const char *param;
    const char *says; /* NULL: it is sound */
    int confidence;
};

static struct qop_flaw qop_flaw(const struct digest_view *view)
{
    const struct dw_span qop = value_of(&view->sent, "qop");
    const struct dw_span nc = value_of(&view->sent, "nc");
    const struct dw_span offered = scene_param(view->asked, "qop");

    if (qop.at == NULL && offered.at != NULL) {
        return (struct qop_flaw){"qop", "the challenge offers qop, the answer has none", 88};
    }
    if (qop.at == NULL) {
        return (struct qop_flaw){"qop", NULL, 0};
    }
    if (value_of(&view->sent, "cnonce").len == 0) {
        return (struct qop_flaw){"cnonce", "qop is there, cnonce is not", 95};
    }
    if (!is_count(nc)) {
        return (struct qop_flaw){"nc",
                                 nc.at == NULL ? "qop is there, nc is not"
                                               : "nc must have eight hexadecimal digits",
                                 95};
    }
    if (is_used_again(view)) {
        return (struct qop_flaw){"nc", "nc was used with this nonce before", 94};
    }
    if (offered.at != NULL && qop.len < 16 &&
        !span_has(offered, arena_print(view->scene->arena, "%.*s", (int)qop.len, qop.at))) {
        return (struct qop_flaw){"qop", "the challenge does not offer this qop", 92};
    }
    if (is_quoted(&view->sent, "qop") || is_quoted(&view->sent, "nc")) {
        return (struct qop_flaw){is_quoted(&view->sent, "qop") ? "qop" : "nc",
                                 "quoted, which RFC 7616 s3.4 does not allow", LIKELY};
    }
    return (struct qop_flaw){"qop", NULL, 0};
}

static void look_qop(const struct digest_view *view, struct diagnosis *diagnosis, const char *cause)
{
    const struct qop_flaw flaw = qop_flaw(view);
    struct finding *finding;

    if (flaw.says == NULL || is_stale(view)) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, flaw.confidence);
    finding_say(diagnosis, finding, "request", place_of_sent(view->scene, &view->scene->sent), "%s",
                flaw.says);
    point_param(view, diagnosis, finding, flaw.param, flaw.says);
}

/* -- digest.nonce_not_shared, digest.userhash_charset ------------------------------------------ */

struct digest_tally {
    size_t refused, passed;
    const char *node; /* a field that shows that several servers refused; NULL: none */
};

/* How often Digest was answered to this host, and how. */
static struct digest_tally tally(const struct scene *scene)
{
    struct digest_tally found = {0, 0, NULL};

    for (size_t i = 0; i < scene->capture->n_exchanges; i++) {
        const struct exchange *other = scene->capture->exchanges[i];

        if (other->role != ROLE_CAPTURED ||
            !span_begins(message_value(&other->request, "Authorization"), "Digest") ||
            !dw_span_equal_nocase(url_host(other->url), url_host(scene->it->url))) {
            continue;
        }
        if (other->status == 401) {
            found.refused++;
            found.node = found.node != NULL ? found.node : nodes_field(other, scene->it);
        }
        found.passed += other->status >= 200 && other->status < 400 ? 1 : 0;
    }
    return found;
}

static void look_nonce(const struct digest_view *view, struct diagnosis *diagnosis,
                       const char *cause)
{
    const struct scene *scene = view->scene;
    const struct dw_span fresh = scene_param(view->asked, "nonce");
    const struct digest_tally found = tally(scene);
    struct finding *finding;

    if (view->asked == NULL || is_stale(view) || fresh.at == NULL || scene->it->status != 401 ||
        dw_span_equal(fresh, value_of(&view->sent, "nonce"))) {
        return;
    }
    if (found.refused < 2 && found.passed == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause,
                                found.passed > 0     ? 85
                                : found.node != NULL ? 82
                                : found.refused > 2  ? 58
                                                     : POSSIBLE);
    finding_say(diagnosis, finding, "server", view->asked->field->place,
                "a new nonce each time, and no stale=true");
    if (found.node != NULL) {
        finding_say(diagnosis, finding, "server", scene->it->response.place,
                    "%s shows that not one server alone refused", found.node);
    }
    finding_say(diagnosis, finding, "hops", scene->it->place,
                "answers to Digest: %zu refused, %zu passed", found.refused, found.passed);
    point_param(view, diagnosis, finding, "nonce", "perhaps another server's");
}

static bool is_ascii(struct dw_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static void look_userhash(const struct digest_view *view, struct diagnosis *diagnosis,
                          const char *cause)
{
    const bool wants_hash = span_is(scene_param(view->asked, "userhash"), "true");
    const bool wants_utf8 = span_is(scene_param(view->asked, "charset"), "UTF-8");
    const struct dw_span user = value_of(&view->sent, "username");
    const bool sends_hash = span_is(value_of(&view->sent, "userhash"), "true");
    struct finding *finding;

    if (!(wants_hash && !sends_hash) && !(wants_utf8 && !is_ascii(user))) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, is_stale(view) ? 40 : 70);
    finding_say(diagnosis, finding, "request", place_of_sent(view->scene, &view->scene->sent),
                wants_hash && !sends_hash ? "userhash=true is offered, the name was sent in clear"
                                          : "a name beyond ASCII, where username* belongs");
    point_param(view, diagnosis, finding, "username", "the server may want this in another form");
}

/* -- What is left: basic.wrong_password, whose name is older than Digest's part in it ---------- */

static bool is_suspected(const struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        const struct finding *finding = &diagnosis->findings[i];

        if (strncmp(finding->cause->id, "digest.", 7) == 0 && finding->confidence > POSSIBLE) {
            return true;
        }
    }
    return false;
}

static void look_wrong_password(const struct digest_view *view, struct diagnosis *diagnosis,
                                const char *cause)
{
    const struct scene *scene = view->scene;
    const struct dw_span realm = scene_param(view->asked, "realm");
    struct finding *finding;

    if (scene->it->status != 401 || view->asked == NULL || is_stale(view) ||
        is_suspected(diagnosis) || value_of(&view->sent, "response").len == 0) {
        return;
    }
    finding = diagnosis_suspect(diagnosis, cause, 72);
    finding_say(diagnosis, finding, "request", place_of_sent(scene, &scene->sent),
                "Digest, well formed, to the target that was asked for");
    finding_say(diagnosis, finding, "server", view->asked->field->place,
                "asks for Digest again, realm \"%.*s\"", shown(realm),
                realm.at != NULL ? realm.at : "");
    point_param(view, diagnosis, finding, "response", "made of another password than the server's");
}

/* -- All of it --------------------------------------------------------------------------------- */

/* Of several challenges, the one the client answered, by its algorithm. */
static const struct challenge_view *answered(const struct scene *scene,
                                             const struct dw_challenge *sent)
{
    const struct dw_span named = value_of(sent, "algorithm");
    const struct dw_span algorithm = algorithm_of(named);

    for (size_t i = 0; i < scene->n_challenges; i++) {
        const struct challenge_view *challenge = &scene->challenges[i];
        const struct dw_span offered = scene_param(challenge, "algorithm");

        if (span_is(challenge->challenge.scheme, "Digest") &&
            dw_span_equal_nocase(algorithm_of(offered), algorithm)) {
            return challenge;
        }
    }
    return scene_challenge(scene, "Digest");
}

static void digest_look(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct {
        const char *cause;
        void (*look)(const struct digest_view *view, struct diagnosis *diagnosis,
                     const char *cause);
    } RULES[] = {
        {"digest.stale_nonce", look_stale},
        {"digest.uri_mismatch", look_uri},
        {"digest.algorithm", look_algorithm},
        {"digest.qop_nc", look_qop},
        {"digest.nonce_not_shared", look_nonce},
        {"digest.userhash_charset", look_userhash},
        {"basic.wrong_password", look_wrong_password},
    };
    struct digest_view *view = arena_take(scene->arena, sizeof(*view));

    if (view == NULL || !scene_is_scheme(scene, "Digest") ||
        !read_digest(scene->sent.value, &view->sent)) {
        return;
    }
    view->scene = scene;
    view->asked = answered(scene, &view->sent);
    for (size_t i = 0; i < COUNT(RULES); i++) {
        RULES[i].look(view, diagnosis, RULES[i].cause);
    }
}

void rules_digest(const struct scene *scene, struct diagnosis *diagnosis)
{
    if (scene->it != NULL) {
        digest_look(scene, diagnosis);
        look_unanswered(scene, diagnosis);
        windows_look(scene, diagnosis);
    }
}
