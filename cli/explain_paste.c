/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <string.h>

#include "mask.h"
#include "text.h"

#define VALUE_MAX (CAPTURE_VALUE_MAX / 2)

/* The command as it grows. */
struct paste {
    const struct explained *explained;
    const char **words;
    size_t n;
    size_t n_variables; /* that stand for secrets */
};

static void add(struct paste *paste, const char *word)
{
    if (paste->n < EXPLAIN_PASTE_MAX && *word != '\0') {
        paste->words[paste->n++] = word;
    }
}

/* -- Quoting ------------------------------------------------------------------------------------- */

static bool is_plain(struct dw_span text)
{
    static const char PLAIN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_./:@%+=,";

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\0' || strchr(PLAIN, text.at[i]) == NULL) {
            return false;
        }
    }
    return text.len > 0;
}

static bool has_controls(struct dw_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool is_hidden(const bool *hidden, size_t at)
{
    return hidden != NULL && hidden[at];
}

static bool any(const bool *hidden, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_hidden(hidden, i)) {
            return true;
        }
    }
    return false;
}

/* 'text', with '\'' for a quote. */
static void quote(struct text *out, struct dw_span value)
{
    text_char(out, '\'');
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] == '\'') {
            text_put(out, "'\\''");
        } else {
            text_char(out, value.at[i]);
        }
    }
    text_char(out, '\'');
}

/* "text", where $TOKEN stands for each secret. */
static void quote_covered(struct paste *paste, struct text *out, struct dw_span value,
                          const bool *hidden)
{
    text_char(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (!is_hidden(hidden, i)) {
            text_put(out, memchr("\"\\$`", value.at[i], 4) != NULL ? "\\" : "");
            text_char(out, value.at[i]);
            continue;
        }
        if (i > 0 && is_hidden(hidden, i - 1)) {
            continue;
        }
        text_put(out, paste->n_variables == 0 ? "$TOKEN" : "$SECRET");
        if (paste->n_variables++ > 0) {
            text_number(out, (int64_t)paste->n_variables);
        }
    }
    text_char(out, '"');
}

/* A shell word for the text; "" where there is no room. */
static const char *quoted(struct paste *paste, enum mask_kind kind, size_t plain,
                          struct dw_span value)
{
    struct arena *arena = paste->explained->diagnosis->arena;
    const size_t size = value.len * 12 + 16;
    char *buffer = value.len <= VALUE_MAX ? arena_take(arena, size) : NULL;
    bool *hidden = paste->explained->masks ? arena_take(arena, value.len + 1) : NULL;
    struct text out;

    if (buffer == NULL || (paste->explained->masks && hidden == NULL)) {
        return "";
    }
    if (hidden != NULL) {
        const struct dw_span part = {value.at + plain, value.len - plain};
        mask_find(kind, part, hidden + plain);
    }
    text_init(&out, buffer, size);
    if (any(hidden, value.len)) {
        quote_covered(paste, &out, value, hidden);
    } else if (is_plain(value)) {
        text_add(&out, value);
    } else {
        quote(&out, value);
    }
    text_char(&out, '\0');
    return buffer;
}

/* -- Fields -------------------------------------------------------------------------------------- */

static bool is_left_out(const struct capture_field *field)
{
    static const char *const NAMES[] = {"Host",
                                        "Content-Length",
                                        "Connection",
                                        "Accept-Encoding",
                                        "Accept-Language",
                                        "User-Agent",
                                        "Upgrade-Insecure-Requests",
                                        "Cache-Control",
                                        "Pragma",
                                        "Referer",
                                        "TE",
                                        "Priority",
                                        "DNT",
                                        "Transfer-Encoding"};

    if (field->name.len == 0 || field->name.at[0] == ':' || span_begins(field->name, "Sec-") ||
        has_controls(field->name) || has_controls(field->value)) {
        return true;
    }
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (span_is(field->name, NAMES[i])) {
            return true;
        }
    }
    return span_is(field->name, "Accept") && span_is(span_bare(field->value), "*/*");
}

static void add_field(struct paste *paste, struct dw_span name, struct dw_span value)
{
    struct arena *arena = paste->explained->diagnosis->arena;
    const char *line =
        arena_print(arena, "%.*s: %.*s", (int)name.len, name.at, (int)value.len, value.at);

    add(paste, "-H");
    add(paste, quoted(paste, mask_kind_of(name), name.len + 2, dw_span_of(line)));
}

/* The URL still has to follow. */
static void add_fields(struct paste *paste, const struct exchange *it, const char *repaired)
{
    add_field(paste, DW_SPAN("Authorization"), dw_span_of(repaired));
    for (size_t i = 0; i < it->request.n_fields && paste->n + 3 < EXPLAIN_PASTE_MAX; i++) {
        const struct capture_field *field = &it->request.fields[i];

        if (span_is(field->name, "Authorization")) {
            continue;
        }
        if (!is_left_out(field)) {
            add_field(paste, field->name, span_bare(field->value));
        }
    }
}

/* -- The command ----------------------------------------------------------------------------------- */

/* Absolute; absent where it cannot be. */
static struct dw_span find_url(const struct scene *scene)
{
    const struct dw_span url = scene->it->url;
    const char *made;

    if (has_controls(url) || url.len == 0 || span_begins(url, "http://") ||
        span_begins(url, "https://")) {
        return has_controls(url) ? (struct dw_span){NULL, 0} : url;
    }
    if (url.at[0] != '/' || scene->host.len == 0) {
        return (struct dw_span){NULL, 0};
    }
    made = arena_print(scene->arena, "https://%.*s%.*s", (int)scene->host.len, scene->host.at,
                       (int)url.len, url.at);
    return dw_span_of(made);
}

static void add_method(struct paste *paste, const struct exchange *it)
{
    const bool has_body = it->request.body.len > 0;

    if (span_is(it->method, "HEAD")) {
        add(paste, "-I");
    } else if (it->method.len > 0 && !dw_span_equal(it->method, DW_SPAN("GET"))) {
        add(paste, "-X");
        add(paste, quoted(paste, MASK_TEXT, 0, it->method));
    }
    if (has_body) {
        add(paste, "--data-binary");
        add(paste, "@body");
    }
}

size_t explain_paste(const struct explained *explained, const char *words[EXPLAIN_PASTE_MAX])
{
    const struct diagnosis *diagnosis = explained->diagnosis;
    const struct scene *scene = diagnosis->scene;
    struct paste paste = {.explained = explained, .words = words};
    struct dw_span url;

    if (diagnosis->n_findings == 0 || diagnosis->findings[0].repaired == NULL ||
        scene->it == NULL) {
        return 0;
    }
    url = find_url(scene);
    if (url.len == 0 || has_controls(dw_span_of(diagnosis->findings[0].repaired))) {
        return 0;
    }
    add(&paste, "curl");
    add(&paste, "-i");
    add_method(&paste, scene->it);
    add_fields(&paste, scene->it, diagnosis->findings[0].repaired);
    add(&paste, quoted(&paste, MASK_URL, 0, url));
    return paste.n;
}
