/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <string.h>

#include "cli.h"
#include "mask.h"
#include "text.h"

#define MASK_MIN   24 /* as masked() has it: of what is shorter, nothing is shown */
#define MASK_ENDS  4
#define REVEAL_MAX 8 /* bytes of a secret that are shown because they are what is wrong */
#define NAME_WIDTH 40
#define DOTS       DW_SPAN("...")

/* -- Covering ------------------------------------------------------------------------------------ */

struct value {
    struct dw_span bytes;
    const bool *hidden; /* NULL: nothing is */
    size_t at, end;     /* what is marked */
    bool reveals;       /* the marked bytes are shown though they are part of a secret */
};

/* A run of hidden bytes, and the piece [from, to) of it that is to be written. */
static void put_piece(struct text *out, const struct value *value, size_t from, size_t to)
{
    size_t start = from, end = to;

    while (start > 0 && value->hidden[start - 1]) {
        start--;
    }
    while (end < value->bytes.len && value->hidden[end]) {
        end++;
    }
    if (end - start < MASK_MIN) {
        text_add(out, (struct dw_span){"***", to - from < 3 ? to - from : 3});
        return;
    }
    const size_t head = from < start + MASK_ENDS ? start + MASK_ENDS - from : 0;
    const size_t tail = to + MASK_ENDS > end ? to + MASK_ENDS - end : 0;
    const size_t len = to - from;
    if (head + tail >= len) {
        text_add(out, (struct dw_span){value->bytes.at + from, len});
        return;
    }
    text_add(out, (struct dw_span){value->bytes.at + from, head});
    text_add(out, DOTS);
    text_add(out, (struct dw_span){value->bytes.at + to - tail, tail});
}

static void put_range(struct text *out, const struct value *value, size_t from, size_t to,
                      bool bare)
{
    if (bare || value->hidden == NULL) {
        text_add(out, (struct dw_span){value->bytes.at + from, to - from});
        return;
    }
    while (from < to) {
        size_t end = from;

        while (end < to && value->hidden[end] == value->hidden[from]) {
            end++;
        }
        if (value->hidden[from]) {
            put_piece(out, value, from, end);
        } else {
            text_add(out, (struct dw_span){value->bytes.at + from, end - from});
        }
        from = end;
    }
}

/* Where few bytes inside a long secret are wrong, those are shown. */
static bool reveals(const struct value *value)
{
    size_t n = 0;

    if (value->hidden == NULL || value->end - value->at > REVEAL_MAX || value->end == value->at) {
        return false;
    }
    for (size_t i = value->at; i > 0 && value->hidden[i - 1]; i--) {
        n++;
    }
    for (size_t i = value->at; i < value->bytes.len && value->hidden[i]; i++) {
        n++;
    }
    return n >= 2 * MASK_MIN;
}

static struct dw_span draw(struct arena *arena, const struct value *value, size_t from, size_t to,
                           bool bare)
{
    const size_t size = to - from + 3 * (to - from) / 2 + 8; /* h.h.h: each hidden byte one star */
    char *buffer = arena_take(arena, size);
    struct text out;

    if (buffer == NULL) {
        return (struct dw_span){"", 0};
    }
    text_init(&out, buffer, size);
    put_range(&out, value, from, to, bare);
    return text_span(&out);
}

/* -- Cutting ------------------------------------------------------------------------------------- */

static size_t character(struct dw_span text)
{
    const size_t n = utf8_len((const unsigned char *)text.at, text.len);

    return n == 0 ? 1 : n;
}

/* The bytes at its beginning that fit. */
static size_t fitting(struct dw_span text, size_t columns)
{
    size_t at = 0;

    while (at < text.len) {
        const struct dw_span rest = {text.at + at, text.len - at};
        const size_t n = character(rest);
        const size_t width = cli_width((struct dw_span){rest.at, n});
        if (width > columns) {
            break;
        }
        columns -= width;
        at += n;
    }
    return at;
}

static struct dw_span keep_two(struct arena *arena, struct dw_span a, struct dw_span b)
{
    char *both = arena_take(arena, a.len + b.len + 1);

    if (both == NULL) {
        return DOTS;
    }
    memcpy(both, a.at, a.len);
    memcpy(both + a.len, b.at, b.len);
    return (struct dw_span){both, a.len + b.len};
}

struct dw_span explain_cut(struct arena *arena, struct dw_span text, size_t columns)
{
    if (cli_width(text) <= columns) {
        return text;
    }
    columns = columns > DOTS.len ? columns - DOTS.len : 0;
    return keep_two(arena, (struct dw_span){text.at, fitting(text, columns)}, DOTS);
}

static struct dw_span cut_start(struct arena *arena, struct dw_span text, size_t columns)
{
    size_t width = cli_width(text), at = 0;

    if (width <= columns) {
        return text;
    }
    columns = columns > DOTS.len ? columns - DOTS.len : 0;
    while (at < text.len && width > columns) {
        const struct dw_span rest = {text.at + at, text.len - at};
        const size_t n = character(rest);
        width -= cli_width((struct dw_span){rest.at, n});
        at += n;
    }
    return keep_two(arena, DOTS, (struct dw_span){text.at + at, text.len - at});
}

/* What is marked matters most; what stands before it has the first half of the rest, and more where
 * less stands behind it. */
static void cut(struct arena *arena, size_t columns, struct explain_line *line)
{
    size_t left, behind, before;

    line->marked = explain_cut(arena, line->marked, columns);
    left = columns - cli_width(line->marked);
    behind = cli_width(line->after);
    before = behind < left / 2 ? left - behind : left - left / 2;
    line->before = cut_start(arena, line->before, before);
    line->after = explain_cut(arena, line->after, left - cli_width(line->before));
}

/* -- What is shown ------------------------------------------------------------------------------- */

static bool is_inside(struct dw_span part, struct dw_span whole)
{
    return part.at != NULL && whole.at != NULL && part.at >= whole.at &&
           part.at + part.len <= whole.at + whole.len;
}

static enum mask_kind kind_of_text(const struct scene *scene, struct dw_span text)
{
    if (is_inside(text, scene->sent.value) || is_inside(text, scene->capture->token) ||
        dw_span_equal(text, scene->token.text)) {
        return MASK_CREDENTIALS;
    }
    return span_begins(text, "http:") || span_begins(text, "https:") || span_begins(text, "/")
               ? MASK_URL
               : MASK_TEXT;
}

static bool *find_hidden(const struct explained *explained, enum mask_kind kind,
                         struct dw_span value)
{
    const struct scene *scene = explained->diagnosis->scene;
    bool *hidden = arena_take(explained->diagnosis->arena, value.len + 1);

    if (hidden == NULL) {
        return NULL;
    }
    mask_find(kind, value, hidden);
    if (kind == MASK_TEXT && scene->sent.payload.len >= MASK_MIN) {
        mask_known(value, scene->sent.payload, hidden);
    }
    return hidden;
}

static const struct capture_field *field_to_show(const struct scene *scene,
                                                 const struct finding *first)
{
    if (first != NULL && (first->caret.field != NULL || first->caret.text.at != NULL)) {
        return first->caret.field;
    }
    return scene->sent.field;
}

/* The bytes to show, and how they are to be covered; absent: there are none. */
static struct dw_span choose(const struct scene *scene, const struct finding *first,
                             struct explain_line *line, enum mask_kind *kind)
{
    const struct capture_field *field = field_to_show(scene, first);

    if (field != NULL) {
        const struct dw_span name = explain_cut(scene->arena, field->name, NAME_WIDTH);
        line->name = arena_print(scene->arena, "%.*s", (int)name.len, name.at);
        line->place = field->place;
        *kind = mask_kind_of(field->name);
        return field->value;
    }
    if (first != NULL && first->caret.text.at != NULL) {
        *kind = kind_of_text(scene, first->caret.text);
        return first->caret.text;
    }
    *kind = MASK_CREDENTIALS;
    return scene->sent.where == SENT_ALONE ? scene->sent.value : (struct dw_span){NULL, 0};
}

bool explain_point(const struct explained *explained, size_t columns, struct explain_line *line)
{
    const struct diagnosis *diagnosis = explained->diagnosis;
    const struct finding *first =
        explain_verdict(diagnosis) == EXPLAIN_CAUSE ? &diagnosis->findings[0] : NULL;
    enum mask_kind kind;
    struct value value = {.at = 0};

    *line = (struct explain_line){.name = NULL};
    value.bytes = choose(diagnosis->scene, first, line, &kind);
    if (value.bytes.at == NULL) {
        return false;
    }
    if (explained->masks) {
        value.hidden = find_hidden(explained, kind, value.bytes);
        if (value.hidden == NULL) {
            return false;
        }
    }
    value.end = value.at = value.bytes.len;
    if (first != NULL && first->caret.says != NULL) {
        const size_t at = first->caret.at;

        line->says = explain_bare(explained, dw_span_of(first->caret.says));
        value.at = at < value.bytes.len ? at : value.bytes.len;
        value.end = first->caret.len < value.bytes.len - value.at ? value.at + first->caret.len
                                                                  : value.bytes.len;
    }
    line->before = draw(diagnosis->arena, &value, 0, value.at, false);
    line->marked = draw(diagnosis->arena, &value, value.at, value.end, reveals(&value));
    line->after = draw(diagnosis->arena, &value, value.end, value.bytes.len, false);
    columns -= line->name != NULL ? cli_width(dw_span_of(line->name)) + 2 : 0;
    cut(diagnosis->arena, columns, line);
    return true;
}
