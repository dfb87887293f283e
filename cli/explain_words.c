/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "mask.h"
#include "text.h"

#define NAME_MAX_COLUMNS 32
#define SECRETS_MAX      12
#define SECRET_MIN       6 /* bytes: covering what is shorter would cover half of the language */
#define TEXT_MAX         1024

/* -- The headline -------------------------------------------------------------------------------- */

int explain_verdict(const struct diagnosis *diagnosis)
{
    if (diagnosis->is_healthy) {
        return EXPLAIN_HEALTHY;
    }
    return diagnosis->n_findings > 0 ? EXPLAIN_CAUSE : EXPLAIN_UNDIAGNOSED;
}

const char *explain_headline(const struct explained *explained)
{
    switch (explain_verdict(explained->diagnosis)) {
    case EXPLAIN_CAUSE:
        return explained->diagnosis->findings[0].cause->id;
    case EXPLAIN_HEALTHY:
        return "healthy";
    default:
        return "undiagnosed";
    }
}

const struct exchange *explain_shown(const struct explained *explained)
{
    const struct capture *capture = explained->capture;
    size_t i = capture->n_exchanges;

    if (explained->diagnosis->scene->it != NULL) {
        return explained->diagnosis->scene->it;
    }
    while (i > 0) {
        if (capture->exchanges[--i]->role == ROLE_CAPTURED) {
            return capture->exchanges[i];
        }
    }
    return NULL;
}

/* -- Places -------------------------------------------------------------------------------------- */

/* The file without its folders where they are long. */
static const char *short_name(const char *name)
{
    const char *slash = strrchr(name, '/');

    return cli_width(dw_span_of(name)) > NAME_MAX_COLUMNS && slash != NULL ? slash + 1 : name;
}

const char *explain_place(const struct explained *explained, struct place place)
{
    struct arena *arena = explained->diagnosis->arena;
    const char *name = explained->capture->name;

    if (place.entry > 0) {
        return arena_print(arena, "entry %u", place.entry);
    }
    if (place.line == 0 || explained->capture->kind == CAPTURE_TOKEN) {
        return "";
    }
    if (name == NULL || strcmp(name, "-") == 0) {
        return arena_print(arena, "line %u", place.line);
    }
    return arena_print(arena, "%s:%u", short_name(name), place.line);
}

/* -- Without secrets ----------------------------------------------------------------------------- */

struct secrets {
    struct dw_span all[SECRETS_MAX];
    size_t n;
};

static void add_secret(struct secrets *secrets, struct dw_span secret)
{
    if (secret.len >= SECRET_MIN && secrets->n < SECRETS_MAX && !is_masked(secret)) {
        secrets->all[secrets->n++] = secret;
    }
}

static void add_sent(struct secrets *secrets, const struct sent *sent)
{
    add_secret(secrets, sent->password);
    if (sent->payload.len >= 2 * SECRET_MIN) {
        add_secret(secrets, sent->payload);
    }
}

static void know_secrets(const struct scene *scene, struct secrets *secrets)
{
    secrets->n = 0;
    add_sent(secrets, &scene->sent);
    for (size_t i = 0; i < scene->n_others; i++) {
        add_sent(secrets, &scene->others[i]);
    }
    if (scene->token.shape != TOKEN_NONE && scene->token.text.len >= 2 * SECRET_MIN) {
        add_secret(secrets, scene->token.text);
    }
}

/* Each run of hidden bytes becomes one mask. */
static struct dw_span cover(struct arena *arena, struct dw_span text, const bool *hidden)
{
    char *buffer = arena_take(arena, text.len * 4 + 1);
    struct text out;

    if (buffer == NULL) {
        return (struct dw_span){"", 0};
    }
    text_init(&out, buffer, text.len * 4 + 1);
    for (size_t i = 0; i < text.len; i++) {
        if (!hidden[i]) {
            text_char(&out, text.at[i]);
        } else if (i == 0 || !hidden[i - 1]) {
            text_put(&out, "***");
        }
    }
    return text_span(&out);
}

static const char *without(const struct explained *explained, enum mask_kind kind,
                           struct dw_span text)
{
    struct arena *arena = explained->diagnosis->arena;
    struct secrets secrets;
    bool *hidden;

    text.len = text.len > TEXT_MAX ? TEXT_MAX : text.len;
    if (text.len == 0) {
        return "";
    }
    if (explained->masks) {
        hidden = arena_take(arena, text.len * sizeof(*hidden));
        if (hidden == NULL) {
            return "";
        }
        know_secrets(explained->diagnosis->scene, &secrets);
        mask_find(kind, text, hidden);
        for (size_t i = 0; i < secrets.n; i++) {
            mask_known(text, secrets.all[i], hidden);
        }
        text = cover(arena, text, hidden);
    }
    return arena_print(arena, "%.*s", (int)text.len, text.at);
}

const char *explain_bare(const struct explained *explained, struct dw_span text)
{
    return without(explained, MASK_TEXT, text);
}

const char *explain_url(const struct explained *explained, struct dw_span url)
{
    return without(explained, MASK_URL, url);
}

/* -- Hops ------------------------------------------------------------------------------------------ */

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static size_t index_of(const struct capture *capture, const struct exchange *exchange)
{
    size_t i = 0;

    while (i < capture->n_exchanges && capture->exchanges[i] != exchange) {
        i++;
    }
    return i;
}

size_t explain_find_hops(const struct scene *scene, const struct exchange *hops[EXPLAIN_HOPS_MAX])
{
    const struct capture *capture = scene->capture;
    const struct exchange *chain[EXPLAIN_HOPS_MAX];
    size_t n = 0, i;

    if (scene->it == NULL) {
        return 0;
    }
    chain[n++] = scene->it;
    if (scene->before != NULL) {
        chain[n++] = scene->before;
    }
    i = scene->before != NULL ? index_of(capture, scene->before) : 0;
    while (i > 0 && i < capture->n_exchanges && n < EXPLAIN_HOPS_MAX &&
           is_redirect(capture->exchanges[i - 1]->status)) {
        chain[n++] = capture->exchanges[--i];
    }
    for (i = 0; i < n; i++) {
        hops[i] = chain[n - 1 - i];
    }
    return n;
}

const char *explain_lost_between(const struct exchange *from, const struct exchange *to)
{
    static const char *const NAMES[] = {"Authorization", "Cookie"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (from->request.is_there && to->request.is_there &&
            message_field(&from->request, NAMES[i]) != NULL &&
            message_field(&to->request, NAMES[i]) == NULL) {
            return NAMES[i];
        }
    }
    return NULL;
}

const char *explain_hops(const struct explained *explained)
{
    const struct scene *scene = explained->diagnosis->scene;
    struct arena *arena = explained->diagnosis->arena;
    const struct exchange *hops[EXPLAIN_HOPS_MAX];
    const char *told = "";
    size_t n;

    if (scene->it == NULL || scene->before == NULL) {
        return NULL;
    }
    n = explain_find_hops(scene, hops);
    for (size_t i = 0; i < n; i++) {
        const char *lost = i > 0 ? explain_lost_between(hops[i - 1], hops[i]) : NULL;

        told = arena_print(
            arena, "%s%s%.*s %s %d%s%s%s", told, i > 0 ? " -> " : "", (int)hops[i]->method.len,
            hops[i]->method.at != NULL ? hops[i]->method.at : "",
            explain_url(explained, hops[i]->url), hops[i]->status, lost != NULL ? "  (" : "",
            lost != NULL ? lost : "", lost != NULL ? " lost here)" : "");
    }
    return told;
}

/* -- Clocks ---------------------------------------------------------------------------------------- */

static const char *add_clock(struct arena *arena, const char *told, const char *name, int64_t at,
                             int64_t judged)
{
    char date[CLI_DATE_SIZE];

    if (at == 0) {
        return told;
    }
    return arena_print(arena, "%s%s%s %s", told, *told != '\0' ? ", " : "", name,
                       cli_clock(at, judged, date));
}

const char *explain_clocks(const struct explained *explained)
{
    const struct clocks *clocks = &explained->diagnosis->scene->clocks;
    struct arena *arena = explained->diagnosis->arena;
    const char *told = "";

    if (clocks->server == 0 && clocks->capture == 0) {
        return NULL;
    }
    told = add_clock(arena, told, "server", clocks->server, clocks->judged);
    told = add_clock(arena, told, "capture", clocks->capture, clocks->judged);
    told = add_clock(arena, told, "this machine", clocks->local, clocks->judged);
    return arena_print(arena, "%s; judged by %s", told,
                       clocks->judged_by != NULL ? clocks->judged_by : "the first of them");
}
