/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosis.h"

#include <string.h>

#include "sent.h"
#include "unescaped.h"

/* What a text may still count where something speaks against its being the server's answer. */
#define IN_A_SUCCESS 40   /* in a page or document that came with a status below 400 */
#define IN_QUOTES    60   /* of HTML: a page that writes about the error */
#define OF_ANOTHER   40   /* a password is spoken of, and none was sent */
#define HEARD_MAX    4096 /* bytes of a line of a log */
#define WEIGHTY      60   /* from there on a text alone says that somebody was refused */
#define NAMES_IT     50   /* from there on the cause counts as named by the server */

static const struct server_text TEXTS[] = {
#define TEXT(text, product, cause, confidence) {text, product, cause, confidence},
#include "texts.def"
#undef TEXT
};

#define TEXTS_COUNT (sizeof(TEXTS) / sizeof(TEXTS[0]))

size_t server_text_count(void)
{
    return TEXTS_COUNT;
}

const struct server_text *server_text_at(size_t i)
{
    return i < TEXTS_COUNT ? &TEXTS[i] : NULL;
}

/* -- Finding texts --------------------------------------------------------------------------------- */

/* The texts by their first letter, so that few are compared at each place. */
struct texts_index {
    short first[256];
    short next[TEXTS_COUNT];
};

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_';
}

static void make_index(struct texts_index *index)
{
    for (size_t i = 0; i < 256; i++) {
        index->first[i] = -1;
    }
    for (size_t i = 0; i < TEXTS_COUNT; i++) {
        const unsigned char c = lower(TEXTS[i].text[0]);

        index->next[i] = index->first[c];
        index->first[c] = (short)i;
    }
}

static bool is_inside_word(const struct plain *plain, size_t at)
{
    return at > 0 && at < plain->len && is_word(plain->at[at - 1]) && is_word(plain->at[at]);
}

/* Envoy logs its details without blanks: jwt_authn_access_denied{Jwt_is_expired}. */
static bool is_same(const char *said, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char c = said[i] == '_' && text[i] == ' ' ? ' ' : said[i];

        if (lower(c) != lower(text[i])) {
            return false;
        }
    }
    return true;
}

/* The longest text that stands there as whole words, or NULL. */
static const struct server_text *longest_at(const struct texts_index *index,
                                            const struct plain *plain, size_t at)
{
    const struct server_text *best = NULL;
    size_t best_len = 0;

    if (is_inside_word(plain, at)) {
        return NULL;
    }
    for (int i = index->first[lower(plain->at[at])]; i >= 0; i = index->next[i]) {
        const size_t len = strlen(TEXTS[i].text);

        if (len > best_len && len <= plain->len - at &&
            is_same(plain->at + at, TEXTS[i].text, len) && !is_inside_word(plain, at + len)) {
            best = &TEXTS[i];
            best_len = len;
        }
    }
    return best;
}

bool server_text_stands(struct dw_span said)
{
    char room[HEARD_MAX];
    struct plain plain = {.at = room};
    struct texts_index index;

    said.len = said.len < HEARD_MAX ? said.len : HEARD_MAX;
    plain_put(&plain, said);
    make_index(&index);
    for (size_t i = 0; i < plain.len; i++) {
        const struct server_text *text = longest_at(&index, &plain, i);

        if (text != NULL && text->confidence >= WEIGHTY) {
            return true;
        }
    }
    return false;
}

/* -- What they mean here ------------------------------------------------------------------------------ */

struct hearing {
    const struct scene *scene;
    struct diagnosis *diagnosis;
    struct texts_index index;
    struct place place;
    bool is_body;
};

static bool is_of(const struct server_text *text, const char *group)
{
    return strncmp(text->cause, group, strlen(group)) == 0;
}

static bool is_quoted(const struct plain *plain, size_t at)
{
    return at > 0 && strchr("\"'`", plain->at[at - 1]) != NULL;
}

/* "wrong password" to a token is about something else than the token. */
static bool speaks_of_another(const struct scene *scene, const struct server_text *text)
{
    static const char *const WITH_PASSWORD[] = {"Basic", "Digest", "Negotiate", "NTLM"};

    if (strcmp(text->cause, "token.signature_invalid") == 0) {
        return exchange_is_signed(scene->it) && scene->token.shape != TOKEN_JWS;
    }
    if (strcmp(text->cause, "registry.pypi_user") == 0) {
        return span_is(scene->sent.user, "__token__");
    }
    if (!is_of(text, "basic.") || scene->sent.scheme.at == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(WITH_PASSWORD) / sizeof(WITH_PASSWORD[0]); i++) {
        if (scene_is_scheme(scene, WITH_PASSWORD[i])) {
            return false;
        }
    }
    return true;
}

static int at_most(int confidence, int most)
{
    return confidence < most ? confidence : most;
}

static int confidence_here(const struct hearing *hearing, const struct server_text *text,
                           const struct plain *plain, size_t at)
{
    const struct scene *scene = hearing->scene;
    int confidence = text->confidence;

    if (hearing->is_body && scene->it->status < 400) {
        confidence = at_most(confidence, scene->body_is_json ? LIKELY : IN_A_SUCCESS);
    }
    if (hearing->is_body && scene->body_is_html && is_quoted(plain, at)) {
        confidence = at_most(confidence, IN_QUOTES);
    }
    if (speaks_of_another(scene, text)) {
        confidence = at_most(confidence, OF_ANOTHER);
    }
    return confidence;
}

static void suspect(const struct hearing *hearing, const char *cause, int confidence,
                    const struct server_text *text, struct dw_span said)
{
    struct finding *finding = diagnosis_suspect(hearing->diagnosis, cause, confidence);
    const bool is_known = strcmp(text->product, "any server") != 0;

    finding_say(hearing->diagnosis, finding, "server", hearing->place, "says \"%.*s\"%s%s%s",
                (int)said.len, said.at, is_known ? " (" : "", is_known ? text->product : "",
                is_known ? ")" : "");
    if (confidence >= NAMES_IT && finding->server_text == NULL) {
        finding->server_text = text->text;
    }
}

/* A JWT was sent, where only those look who know of it; or another field than the one missed. */
static bool is_token_elsewhere(const struct scene *scene, const struct server_text *text)
{
    const enum sent_where where = scene->sent.where;

    if (where == SENT_FIELD && !is_nearly_authorization(scene->sent.field->name)) {
        return span_has(dw_span_of(text->text), "authorization header");
    }
    return scene->token.shape == TOKEN_JWS && (where == SENT_QUERY || where == SENT_COOKIE);
}

/* A key in a field of its own may be one more that is asked for: then both are needed. */
static int elsewhere_at_most(const struct scene *scene)
{
    return scene->sent.where == SENT_FIELD ? LIKELY - 1 : 85;
}

static void hear(const struct hearing *hearing, const struct server_text *text,
                 const struct plain *plain, size_t at)
{
    const struct dw_span said = {plain->at + at, strlen(text->text)};
    int confidence = confidence_here(hearing, text, plain, at);

    /* Who asks for the key by its place asks the same of those who sent none at all. */
    if (strcmp(text->cause, "header.wrong_location") == 0 &&
        hearing->scene->sent.where == SENT_NOWHERE) {
        suspect(hearing, "header.missing", confidence, text, said);
        confidence = at_most(confidence, POSSIBLE);
    }
    if (is_of(text, "header.missing") && is_token_elsewhere(hearing->scene, text)) {
        suspect(hearing, "header.wrong_location",
                at_most(confidence, elsewhere_at_most(hearing->scene)), text, said);
        confidence = at_most(confidence, POSSIBLE);
    }
    suspect(hearing, text->cause, confidence, text, said);
}

/* A text within a longer one is no text of its own. */
static void listen(const struct hearing *hearing, const struct plain *plain)
{
    size_t heard = 0;

    for (size_t i = 0; i < plain->len; i++) {
        const struct server_text *text = longest_at(&hearing->index, plain, i);

        if (text != NULL && i + strlen(text->text) > heard) {
            heard = i + strlen(text->text);
            hear(hearing, text, plain, i);
        }
    }
}

static bool is_listened_to(struct dw_span name)
{
    static const char *const OTHERS[] = {
        "Set-Cookie", "Content-Security-Policy",      "Date",
        "ETag",       "Access-Control-Allow-Headers", "Access-Control-Expose-Headers"};

    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        if (span_is(name, OTHERS[i])) {
            return false;
        }
    }
    return true;
}

static void listen_to_field(struct hearing *hearing, const struct capture_field *field)
{
    struct plain plain = {
        .at = arena_take(hearing->scene->arena, field->name.len + field->value.len + 2)};

    if (plain.at == NULL || !is_listened_to(field->name)) {
        return;
    }
    plain_put(&plain, field->name);
    plain_put(&plain, (struct dw_span){": ", 2});
    plain_put(&plain, field->value);
    hearing->place = field->place;
    listen(hearing, &plain);
}

static void listen_to_body(struct hearing *hearing)
{
    const struct scene *scene = hearing->scene;
    struct plain plain = {.at = arena_take(scene->arena, scene->body.len + 1),
                          .is_json = scene->body_is_json};

    if (plain.at == NULL || scene->body.len == 0) {
        return;
    }
    plain_put(&plain, scene->body);
    hearing->place = scene->it->response.place;
    hearing->is_body = true;
    listen(hearing, &plain);
}

void rules_texts(const struct scene *scene, struct diagnosis *diagnosis)
{
    struct hearing hearing = {.scene = scene, .diagnosis = diagnosis};

    if (scene->it == NULL || !scene->it->response.is_there) {
        return;
    }
    make_index(&hearing.index);
    for (size_t i = 0; i < scene->it->response.n_fields; i++) {
        listen_to_field(&hearing, &scene->it->response.fields[i]);
    }
    listen_to_body(&hearing);
}
