/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_credentials.h"

#include <string.h>
#include <strings.h>

#define NAMES_FROM 85 /* confidence of a text that is taken to name a cause */
#define NAMED_MAX  8

/* Causes the server's words name. */
struct named {
    const char *causes[NAMED_MAX];
    size_t n;
    struct dw_span words; /* of its own, for the first; absent: it is known literally */
};

void rules_walk(const struct credential_rule *rules, size_t n, const struct scene *scene,
                struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < n; i++) {
        rules[i].look(scene, diagnosis, rules[i].cause);
    }
}

/* -- What the server names -------------------------------------------------------------------------- */

static bool is_kin(const char *named, const char *cause, const char *kin)
{
    return strcmp(named, cause) == 0 ||
           (kin != NULL && list_has(dw_span_of(kin), dw_span_of(named)));
}

/* What is said of other layers contradicts nothing that is seen of the credentials. */
static bool is_about_credentials(const char *cause)
{
    static const char *const GROUPS[] = {"token.", "dpop.",   "mtls.",
                                         "scope.", "stepup.", "header.missing"};

    for (size_t i = 0; i < COUNT_OF_ROWS(GROUPS); i++) {
        if (strncmp(cause, GROUPS[i], strlen(GROUPS[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_listed(const struct named *named, const char *cause)
{
    for (size_t i = 0; i < named->n; i++) {
        if (strcmp(named->causes[i], cause) == 0) {
            return true;
        }
    }
    return false;
}

/* "Token is not active" within "token is not active before ...", which means another thing. */
static bool is_within_longer(const struct scene *scene, const struct server_text *text)
{
    for (size_t i = 0; i < server_text_count(); i++) {
        const struct server_text *other = server_text_at(i);

        if (strlen(other->text) > strlen(text->text) && strcmp(other->cause, text->cause) != 0 &&
            span_begins(dw_span_of(other->text), text->text) && scene_says(scene, other->text)) {
            return true;
        }
    }
    return false;
}

/* What the server's words name, looked up once: there are many words to look for. */
static const struct named *read_names(const struct scene *scene, struct diagnosis *diagnosis)
{
    static const struct named NONE = {.n = 0};
    struct named *named = arena_take(diagnosis->arena, sizeof(*named));

    if (named == NULL) {
        return &NONE;
    }
    diagnosis->named = named;
    named->causes[0] = wording_cause(scene, &named->words);
    named->n = named->causes[0] != NULL ? 1 : 0;
    for (size_t i = 0; i < server_text_count() && named->n < NAMED_MAX; i++) {
        const struct server_text *text = server_text_at(i);

        if (text->confidence >= NAMES_FROM && is_about_credentials(text->cause) &&
            !is_listed(named, text->cause) && scene_says(scene, text->text) &&
            !is_within_longer(scene, text)) {
            named->causes[named->n++] = text->cause;
        }
    }
    return named;
}

static const struct named *named_in(const struct scene *scene, struct diagnosis *diagnosis)
{
    return diagnosis->named != NULL ? diagnosis->named : read_names(scene, diagnosis);
}

bool is_named(const struct scene *scene, struct diagnosis *diagnosis, const char *cause,
              const char *kin)
{
    const struct named *named = named_in(scene, diagnosis);

    for (size_t i = 0; i < named->n; i++) {
        if (is_kin(named->causes[i], cause, kin)) {
            return true;
        }
    }
    return false;
}

struct finding *suspect(const struct scene *scene, struct diagnosis *diagnosis, const char *cause,
                        const char *kin, struct weight weight)
{
    const struct named *named = named_in(scene, diagnosis);
    struct finding *finding;

    if (is_named(scene, diagnosis, cause, kin)) {
        finding = diagnosis_suspect(diagnosis, cause, weight.agreed);
        say_answer(scene, diagnosis, finding);
        return finding;
    }
    if (named->n == 0) {
        return diagnosis_suspect(diagnosis, cause, weight.alone);
    }
    finding = diagnosis_suspect(diagnosis, cause, weight.otherwise);
    if (finding->against == NULL) {
        finding->against =
            arena_print(diagnosis->arena, "the server names another cause: %s", named->causes[0]);
    }
    return finding;
}

static bool begins_with_one(const char *id, struct dw_span prefixes)
{
    struct dw_span prefix;

    while (take_word(&prefixes, &prefix)) {
        if (strncmp(id, prefix.at, prefix.len) == 0) {
            return true;
        }
    }
    return false;
}

int surest_of(const struct diagnosis *diagnosis, const char *prefixes)
{
    int most = 0;

    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        const struct finding *finding = &diagnosis->findings[i];

        if (finding->confidence > most &&
            begins_with_one(finding->cause->id, dw_span_of(prefixes))) {
            most = finding->confidence;
        }
    }
    return most;
}

/* -- What is shown ---------------------------------------------------------------------------------- */

struct place token_place(const struct scene *scene)
{
    if (scene->sent.field != NULL) {
        return scene->sent.field->place;
    }
    if (scene->it != NULL) {
        return scene->it->request.place;
    }
    return (struct place){1, 0};
}

struct place answer_place(const struct scene *scene)
{
    if (scene->n_challenges > 0 && scene->challenges[0].field != NULL) {
        return scene->challenges[0].field->place;
    }
    return scene->it != NULL ? scene->it->response.place : (struct place){0, 0};
}

/* Where the token stands in its field. It is a mended copy: where something was mended, all of the field
 * is meant. */
static bool find_token(struct dw_span field, struct dw_span token, size_t *at)
{
    const char *found =
        token.len > 0 && field.len > 0 ? memmem(field.at, field.len, token.at, token.len) : NULL;

    *at = found != NULL ? (size_t)(found - field.at) : 0;
    return found != NULL;
}

void point_token(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
                 size_t at, size_t len, const char *says)
{
    const struct capture_field *field = scene->sent.field;
    const struct dw_span token =
        scene->token.text.at != NULL ? scene->token.text : scene->sent.payload;
    const bool is_new = finding->caret.says == NULL;
    const size_t rest = at < token.len ? token.len - at : 0;
    size_t start;

    len = len == 0 || len > rest ? rest : len;
    if (field == NULL) {
        finding_point(diagnosis, finding, NULL, at, len, "%s", says);
        finding->caret.text = is_new ? token : finding->caret.text;
    } else if (find_token(field->value, token, &start)) {
        finding_point(diagnosis, finding, field, start + at, len, "%s", says);
    } else {
        finding_point(diagnosis, finding, field, 0, field->value.len, "%s", says);
    }
}

void say_answer(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding)
{
    const struct dw_span words = named_in(scene, diagnosis)->words;

    if (scene->error_description.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "error=\"%.*s\" \"%.*s\"",
                    BRIEF(scene->error), BRIEF(scene->error_description));
    } else if (words.len > 0) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"",
                    BRIEF(words));
    } else if (scene->error.at != NULL) {
        finding_say(diagnosis, finding, "server", answer_place(scene), "error=\"%.*s\"",
                    BRIEF(scene->error));
    }
}

void say_text(const struct scene *scene, struct diagnosis *diagnosis, struct finding *finding,
              const char *text)
{
    finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%s\"", text);
}

/* -- Looking ---------------------------------------------------------------------------------------- */

bool is_jwt(const struct scene *scene)
{
    return scene->token.has_claims;
}

bool is_token_alone(const struct scene *scene)
{
    return scene->it == NULL || scene->it->status == 0;
}

bool is_refused(const struct scene *scene)
{
    if (span_is(scene->error, "invalid_token")) {
        return true;
    }
    return scene->it != NULL && scene->it->status == 401 && scene->sent.payload.len > 0 &&
           (scene_is_scheme(scene, "Bearer") || scene_is_scheme(scene, "DPoP"));
}

size_t span_find(struct dw_span in, const char *text)
{
    const size_t len = strlen(text);
    const char first = (char)(text[0] | 0x20);

    for (size_t i = 0; in.at != NULL && i + len <= in.len; i++) {
        if ((char)(in.at[i] | 0x20) == first && strncasecmp(in.at + i, text, len) == 0) {
            return i;
        }
    }
    return in.len;
}

struct dw_span span_until(struct dw_span span, const char *stops)
{
    size_t len = 0;

    while (len < span.len && span.at[len] != '\0' && strchr(stops, span.at[len]) == NULL) {
        len++;
    }
    return (struct dw_span){span.at, len};
}

/* The text up to the next |, as one of its own. */
static bool next_text(const char **texts, char *buffer, size_t size)
{
    const size_t len = strcspn(*texts, "|");

    if (len == 0 || len >= size) {
        return false;
    }
    memcpy(buffer, *texts, len);
    buffer[len] = '\0';
    *texts += len + ((*texts)[len] == '|' ? 1 : 0);
    return true;
}

struct dw_span said_of(const struct scene *scene, const char *texts)
{
    const char *start = texts;
    char text[96];

    while (next_text(&texts, text, sizeof(text))) {
        if (scene_says(scene, text)) {
            return (struct dw_span){start, strlen(text)};
        }
        start = texts;
    }
    return NOTHING;
}

struct dw_span found_of(struct dw_span in, const char *texts)
{
    const char *start = texts;
    char text[96];

    while (next_text(&texts, text, sizeof(text))) {
        if (span_has(in, text)) {
            return (struct dw_span){start, strlen(text)};
        }
        start = texts;
    }
    return NOTHING;
}

bool take_word(struct dw_span *list, struct dw_span *word)
{
    while (list->len > 0 && (list->at[0] == ' ' || list->at[0] == ',')) {
        *list = span_behind(*list, 1);
    }
    *word = span_until(*list, " ,");
    *list = span_behind(*list, word->len);
    return word->len > 0;
}

bool list_has(struct dw_span list, struct dw_span word)
{
    struct dw_span one;

    while (take_word(&list, &one)) {
        if (dw_span_equal(one, word)) {
            return true;
        }
    }
    return false;
}

struct dw_span asked_field(const struct scene *scene, const char *name)
{
    return scene->it != NULL ? message_value(&scene->it->request, name) : NOTHING;
}

struct dw_span answered_field(const struct scene *scene, const char *name)
{
    return scene->it != NULL ? message_value(&scene->it->response, name) : NOTHING;
}

struct dw_span query_value(struct dw_span query, const char *name)
{
    while (query.len > 0) {
        const struct dw_span pair = span_until(query, "&");
        const struct dw_span key = span_until(pair, "=");

        if (span_is(key, name)) {
            return span_behind(pair, key.len + 1);
        }
        query = span_behind(query, pair.len + 1);
    }
    return NOTHING;
}

void said_look(const struct scene *scene, struct diagnosis *diagnosis, const struct said *rows,
               size_t n, int most)
{
    for (size_t i = 0; i < n; i++) {
        const struct dw_span said = said_of(scene, rows[i].texts);
        struct finding *finding;

        if (said.at == NULL) {
            continue;
        }
        finding = diagnosis_suspect(diagnosis, rows[i].cause,
                                    rows[i].confidence < most ? rows[i].confidence : most);
        finding_say(diagnosis, finding, "server", answer_place(scene), "says \"%.*s\"",
                    BRIEF(said));
        finding->server_text = arena_print(diagnosis->arena, "%.*s", BRIEF(said));
    }
}
