/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <inttypes.h>

#include "cli.h"

struct object {
    FILE *file;
    const struct explained *explained; /* whose secrets are covered */
};

/* -- Members: each with what stands before it ------------------------------------------------------ */

static void put_text(const struct object *object, const char *before, const char *name,
                     const char *text)
{
    (void)fprintf(object->file, "%s\"%s\":", before, name);
    if (text == NULL) {
        (void)fputs("null", object->file);
        return;
    }
    cli_put_json(object->file, dw_span_of(text));
}

static void put_bare(const struct object *object, const char *before, const char *name,
                     const char *text)
{
    put_text(object, before, name,
             text != NULL ? explain_bare(object->explained, dw_span_of(text)) : NULL);
}

static void put_number(const struct object *object, const char *before, const char *name,
                       int64_t number)
{
    (void)fprintf(object->file, "%s\"%s\":%" PRId64, before, name, number);
}

/* null for 0 */
static void put_known(const struct object *object, const char *before, const char *name,
                      int64_t number)
{
    if (number != 0) {
        put_number(object, before, name, number);
    } else {
        (void)fprintf(object->file, "%s\"%s\":null", before, name);
    }
}

static void put_where(const struct object *object, const char *before, struct place place)
{
    const char *where = explain_place(object->explained, place);

    put_text(object, before, "where", *where != '\0' ? where : NULL);
    put_known(object, ",", "line", place.line);
    put_known(object, ",", "entry", place.entry);
}

/* -- A cause ----------------------------------------------------------------------------------------- */

static void put_evidence(const struct object *object, const struct finding *finding)
{
    (void)fputs(",\"evidence\":[", object->file);
    for (size_t i = 0; i < finding->n_evidence; i++) {
        const struct evidence *evidence = &finding->evidence[i];

        put_text(object, i == 0 ? "{" : ",{", "source", evidence->source);
        put_where(object, ",", evidence->place);
        put_bare(object, ",", "what", evidence->what);
        (void)fputc('}', object->file);
    }
    (void)fputc(']', object->file);
}

/* The repaired command, which there is for the first cause; else NULL. */
static const char *join_paste(const struct object *object)
{
    const char *words[EXPLAIN_PASTE_MAX];
    const size_t n = explain_paste(object->explained, words);
    const char *joined = NULL;

    for (size_t i = 0; i < n; i++) {
        joined = i == 0
                     ? words[i]
                     : arena_print(object->explained->diagnosis->arena, "%s %s", joined, words[i]);
    }
    return joined;
}

static void put_cause(const struct object *object, const struct finding *finding, bool is_first)
{
    const struct cause *cause = finding->cause;

    put_text(object, "{", "id", cause->id);
    put_text(object, ",", "title", cause->title);
    put_number(object, ",", "confidence", finding->confidence);
    put_text(object, ",", "word", confidence_word(finding->confidence));
    put_evidence(object, finding);
    put_bare(object, ",", "against", finding->against);
    put_text(object, ",\"fix\":{", "builder", cause->builder);
    put_text(object, ",", "consumer", cause->consumer);
    put_text(object, ",", "visitor", cause->visitor);
    put_text(object, "},", "repaired", is_first ? join_paste(object) : NULL);
    put_text(object, ",", "confirm", cause->confirm);
    put_text(object, ",", "reference", cause->rfc);
    (void)fputc('}', object->file);
}

static void put_causes(const struct object *object)
{
    const struct diagnosis *diagnosis = object->explained->diagnosis;

    (void)fputs(",\"causes\":[", object->file);
    for (size_t i = 0; i < diagnosis->n_findings && i < DIAGNOSIS_SHOWN_MAX; i++) {
        (void)fputs(i == 0 ? "" : ",", object->file);
        put_cause(object, &diagnosis->findings[i], i == 0);
    }
    (void)fputs("],\"ruled_out\":[", object->file);
    for (size_t i = 0; i < diagnosis->n_ruled_out; i++) {
        put_text(object, i == 0 ? "{" : ",{", "id", diagnosis->ruled_out[i].cause->id);
        put_bare(object, ",", "why", diagnosis->ruled_out[i].why);
        (void)fputc('}', object->file);
    }
    (void)fputc(']', object->file);
}

/* -- What was looked at ------------------------------------------------------------------------------ */

static void put_input(const struct object *object)
{
    const struct capture *capture = object->explained->capture;
    const struct scene *scene = object->explained->diagnosis->scene;

    put_text(object, "\"input\":{", "kind", capture_kind_name(capture->kind));
    put_text(object, ",", "name", capture->name);
    put_number(object, ",", "exchanges", capture->n_seen);
    put_number(object, ",", "shown", scene->it != NULL ? (int64_t)scene->index + 1 : 0);
    (void)fprintf(object->file, ",\"cut\":%s}", capture->is_cut ? "true" : "false");
}

static void put_exchange(const struct object *object)
{
    const struct exchange *it = explain_shown(object->explained);

    if (it == NULL) {
        (void)fputs(",\"exchange\":null", object->file);
        return;
    }
    put_text(object, ",\"exchange\":{", "method",
             it->method.at != NULL ? explain_bare(object->explained, it->method) : NULL);
    put_text(object, ",", "url",
             it->url.at != NULL ? explain_url(object->explained, it->url) : NULL);
    put_known(object, ",", "status", it->status);
    put_where(object, ",", it->place);
    put_text(object, ",", "hops", explain_hops(object->explained));
    (void)fputc('}', object->file);
}

static void put_point(const struct object *object)
{
    struct arena *arena = object->explained->diagnosis->arena;
    struct explain_line line;

    if (!explain_point(object->explained, 200, &line) || line.says == NULL) {
        (void)fputs(",\"caret\":null", object->file);
        return;
    }
    put_text(object, ",\"caret\":{", "name", line.name);
    put_text(object, ",", "before",
             arena_print(arena, "%.*s", (int)line.before.len, line.before.at));
    put_text(object, ",", "marked",
             arena_print(arena, "%.*s", (int)line.marked.len, line.marked.at));
    put_text(object, ",", "after", arena_print(arena, "%.*s", (int)line.after.len, line.after.at));
    put_text(object, ",", "says", line.says);
    put_where(object, ",", line.place);
    (void)fputc('}', object->file);
}

static void put_clocks(const struct object *object)
{
    const struct clocks *clocks = &object->explained->diagnosis->scene->clocks;

    put_known(object, ",\"clocks\":{", "server", clocks->server);
    put_known(object, ",", "capture", clocks->capture);
    put_known(object, ",", "local", clocks->local);
    put_known(object, ",", "judged", clocks->judged);
    put_text(object, ",", "judged_by", clocks->judged_by);
    (void)fputc('}', object->file);
}

void explain_print_json(FILE *file, const struct explained *explained)
{
    const struct explained covered = {explained->settings, explained->capture, explained->diagnosis,
                                      true};
    const struct object object = {file, &covered};
    const struct exchange *it = explain_shown(explained);

    (void)fputc('{', file);
    put_input(&object);
    put_known(&object, ",", "status", it != NULL ? it->status : 0);
    put_text(&object, ",", "verdict", explain_headline(&covered));
    put_causes(&object);
    put_exchange(&object);
    put_point(&object);
    put_clocks(&object);
    explain_put_scene(file, &covered);
    (void)fprintf(file, ",\"healthy\":%s}\n",
                  explain_verdict(explained->diagnosis) == EXPLAIN_HEALTHY ? "true" : "false");
}
