/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <string.h>

#include "cli.h"

#define COLUMNS 80
#define INDENT  2
#define LABEL   12 /* columns of what stands at the left, indent included */
#define SOURCE  8
#define WHOM    15

struct page {
    FILE *file;
    const struct explained *explained;
    const char *title, *bad, *good, *dim, *plain;
};

static struct page make_page(FILE *file, const struct explained *explained)
{
    if (!cli_has_colour(file)) {
        return (struct page){file, explained, "", "", "", "", ""};
    }
    return (struct page){file, explained, "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[2m", "\x1b[0m"};
}

static void put_blanks(const struct page *page, size_t n)
{
    (void)fprintf(page->file, "%*s", (int)n, "");
}

/* -- Lines --------------------------------------------------------------------------------------- */

/* The label, and the text wrapped beside it. */
static void put_labelled(const struct page *page, const char *label, const char *text)
{
    const size_t width = strlen(label) + 2 > LABEL - INDENT ? strlen(label) + 2 : LABEL - INDENT;

    (void)fprintf(page->file, "%*s%s%-*s%s", INDENT, "", page->dim, (int)width, label, page->plain);
    cli_put_wrapped(page->file, INDENT + width, INDENT + width, text);
}

/* Up to the last column, where there is room, else on a line below. */
static void put_right(const struct page *page, size_t column, const char *text)
{
    const size_t width = cli_width(dw_span_of(text));

    if (width == 0) {
        (void)fputc('\n', page->file);
        return;
    }
    if (column + 2 + width > COLUMNS) {
        (void)fputc('\n', page->file);
        column = 0;
    }
    put_blanks(page, width < COLUMNS - column ? COLUMNS - column - width : 0);
    cli_put_safe(page->file, dw_span_of(text));
    (void)fputc('\n', page->file);
}

/* -- What happened ------------------------------------------------------------------------------- */

static void put_headline(const struct page *page)
{
    const struct diagnosis *diagnosis = page->explained->diagnosis;
    const struct exchange *it = explain_shown(page->explained);
    const char *name = explain_headline(page->explained);
    const int verdict = explain_verdict(diagnosis);
    size_t column = strlen(name);

    (void)fputs(page->title, page->file);
    if (it != NULL && it->status > 0) {
        column += (size_t)fprintf(page->file, "%d ", it->status);
    }
    (void)fprintf(page->file, "%s%s%s", verdict == EXPLAIN_HEALTHY ? page->good : page->bad, name,
                  page->plain);
    put_right(page, column,
              verdict == EXPLAIN_CAUSE ? confidence_word(diagnosis->findings[0].confidence) : "");
}

static void put_request(const struct page *page)
{
    const struct exchange *it = explain_shown(page->explained);
    struct arena *arena = page->explained->diagnosis->arena;
    struct dw_span line;

    if (it == NULL) {
        return;
    }
    line = dw_span_of(arena_print(
        arena, "%.*s%s%s", (int)it->method.len, it->method.at != NULL ? it->method.at : "",
        it->method.len > 0 ? " " : "", explain_url(page->explained, it->url)));
    line = explain_cut(arena, line, COLUMNS - INDENT);
    put_blanks(page, INDENT);
    cli_put_safe(page->file, line);
    put_right(page, INDENT + cli_width(line), explain_place(page->explained, it->place));
}

/* The carets, and beside or below them what they say. */
static void put_carets(const struct page *page, size_t column, size_t width, const char *says)
{
    put_blanks(page, column);
    (void)fputs(page->bad, page->file);
    for (size_t i = 0; i < width; i++) {
        (void)fputc('^', page->file);
    }
    (void)fputs(page->plain, page->file);
    column += width;
    if (column + 1 + cli_width(dw_span_of(says)) <= COLUMNS) {
        (void)fputc(' ', page->file);
        cli_put_safe(page->file, dw_span_of(says));
        (void)fputc('\n', page->file);
        return;
    }
    (void)fprintf(page->file, "\n%*s", 2 * INDENT, "");
    cli_put_wrapped(page->file, 2L * INDENT, 2L * INDENT, says);
}

static void put_point(const struct page *page)
{
    struct explain_line line;
    size_t column = INDENT;

    if (!explain_point(page->explained, COLUMNS - INDENT, &line)) {
        return;
    }
    put_blanks(page, INDENT);
    if (line.name != NULL) {
        cli_put_safe(page->file, dw_span_of(line.name));
        (void)fputs(": ", page->file);
        column += cli_width(dw_span_of(line.name)) + 2;
    }
    cli_put_safe(page->file, line.before);
    cli_put_safe(page->file, line.marked);
    cli_put_safe(page->file, line.after);
    (void)fputc('\n', page->file);
    if (line.says != NULL) {
        const size_t width = cli_width(line.marked);
        put_carets(page, column + cli_width(line.before), width > 0 ? width : 1, line.says);
    }
}

/* The file's name stands above already. */
static const char *told_with_place(const struct page *page, const char *what, struct place place)
{
    const bool is_token = page->explained->capture->kind == CAPTURE_TOKEN;
    struct arena *arena = page->explained->diagnosis->arena;
    const char *bare = explain_bare(page->explained, dw_span_of(what));

    if (place.entry > 0 || place.line == 0 || is_token) {
        const char *where = explain_place(page->explained, place);
        return *where != '\0' ? arena_print(arena, "%s (%s)", bare, where) : bare;
    }
    return arena_print(arena, "%s (line %u)", bare, place.line);
}

static void put_evidence_line(const struct page *page, const char *label, const char *source,
                              const struct evidence *evidence)
{
    (void)fprintf(page->file, "%*s%s%-*s%s%-*s", INDENT, "", page->dim, LABEL - INDENT, label,
                  page->plain, SOURCE, source);
    cli_put_wrapped(page->file, LABEL + SOURCE, LABEL + SOURCE,
                    told_with_place(page, evidence->what, evidence->place));
}

/* Those of one source stand together. */
static void put_evidence(const struct page *page, const struct finding *finding)
{
    bool told[FINDING_EVIDENCE_MAX] = {false};
    const char *label = "evidence";

    for (size_t i = 0; i < finding->n_evidence; i++) {
        const char *source = finding->evidence[i].source;

        for (size_t j = i; j < finding->n_evidence; j++) {
            if (told[j] || strcmp(finding->evidence[j].source, source) != 0) {
                continue;
            }
            put_evidence_line(page, label, j == i ? source : "", &finding->evidence[j]);
            told[j] = true;
            label = "";
        }
    }
}

/* -- What to do ------------------------------------------------------------------------------------ */

static void put_fixes(const struct page *page, const struct cause *cause)
{
    const struct {
        const char *whom, *label, *text;
    } FIXES[] = {{"consumer", "you call it", cause->consumer},
                 {"builder", "you build it", cause->builder},
                 {"visitor", "you visit it", cause->visitor}};
    const char *whom = page->explained->settings->whom;
    const char *label = "fix";

    for (size_t i = 0; i < sizeof(FIXES) / sizeof(FIXES[0]); i++) {
        if ((whom != NULL && strcmp(whom, FIXES[i].whom) != 0) || *FIXES[i].text == '\0') {
            continue;
        }
        (void)fprintf(page->file, "%*s%s%-*s%s%-*s", INDENT, "", page->dim, LABEL - INDENT, label,
                      page->plain, WHOM, FIXES[i].label);
        cli_put_wrapped(page->file, LABEL + WHOM, LABEL + WHOM, FIXES[i].text);
        label = "";
    }
}

static bool takes_value(const char *word)
{
    return strcmp(word, "-H") == 0 || strcmp(word, "-X") == 0 || strcmp(word, "--data-binary") == 0;
}

/* Broken between words alone, so that it can be pasted as it stands. */
static void put_paste(const struct page *page)
{
    const char *words[EXPLAIN_PASTE_MAX];
    const size_t n = explain_paste(page->explained, words);
    size_t column = LABEL;

    if (n == 0) {
        return;
    }
    (void)fprintf(page->file, "%*s%s%-*s%s", INDENT, "", page->dim, LABEL - INDENT, "paste",
                  page->plain);
    for (size_t i = 0; i < n; i++) {
        const bool is_value = i > 0 && takes_value(words[i - 1]);
        const size_t width = cli_width(dw_span_of(words[i]));
        const size_t next =
            takes_value(words[i]) && i + 1 < n ? cli_width(dw_span_of(words[i + 1])) + 1 : 0;

        if (column > LABEL && !is_value && column + 1 + width + next + 2 > COLUMNS) {
            (void)fprintf(page->file, " \\\n%*s", LABEL, "");
            column = LABEL;
        }
        (void)fputs(column > LABEL ? " " : "", page->file);
        column += (column > LABEL) + width;
        cli_put_safe(page->file, dw_span_of(words[i]));
    }
    (void)fputc('\n', page->file);
}

/* -- What else ------------------------------------------------------------------------------------- */

static void put_others(const struct page *page)
{
    const struct diagnosis *diagnosis = page->explained->diagnosis;
    struct arena *arena = diagnosis->arena;

    for (size_t i = 1; i < diagnosis->n_findings && i < DIAGNOSIS_SHOWN_MAX; i++) {
        const struct finding *finding = &diagnosis->findings[i];
        const char *what =
            finding->n_evidence > 0 ? finding->evidence[0].what : finding->cause->title;

        put_labelled(page, i == 1 ? "also possible" : "             ",
                     arena_print(arena, "%s (%s): %s", finding->cause->id,
                                 confidence_word(finding->confidence),
                                 explain_bare(page->explained, dw_span_of(what))));
    }
    for (size_t i = 0; i < diagnosis->n_ruled_out; i++) {
        put_labelled(
            page, i == 0 ? "ruled out" : "         ",
            arena_print(arena, "%s: %s", diagnosis->ruled_out[i].cause->id,
                        explain_bare(page->explained, dw_span_of(diagnosis->ruled_out[i].why))));
    }
}

static void put_nothing_found(const struct page *page)
{
    const bool is_probed = page->explained->settings->probe;

    if (page->explained->diagnosis->is_healthy) {
        put_labelled(page, "found", "nothing failed, and nothing is wrong with what was given");
        return;
    }
    put_labelled(page, "found", "no cause that is known: what was captured fits none of them");
    put_labelled(page, "try",
                 is_probed ? "a capture with the whole of the request and the response, "
                             "as curl -v or a HAR with sensitive data has it"
                           : "--probe, which asks the server again in several ways, "
                             "or a capture with more of the request and the response");
}

static void put_known(const struct page *page, const char *label, const char *text)
{
    if (text != NULL && *text != '\0') {
        put_labelled(page, label, text);
    }
}

static void put_cause(const struct page *page, const struct finding *finding)
{
    const char *against = finding->against != NULL ? finding->against : "";

    put_known(page, "means", finding->cause->title);
    put_evidence(page, finding);
    put_known(page, "clocks", explain_clocks(page->explained));
    put_known(page, "hops", explain_hops(page->explained));
    put_known(page, "but", explain_bare(page->explained, dw_span_of(against)));
    put_fixes(page, finding->cause);
    put_paste(page);
    if (finding->confidence < CERTAIN) {
        put_known(page, "to be sure", finding->cause->confirm);
    }
}

/* -- All --------------------------------------------------------------------------------------------- */

static void put_doubts(const struct page *page)
{
    const struct capture *capture = page->explained->capture;

    if (capture->is_cut) {
        put_labelled(page, "note",
                     arena_print(page->explained->diagnosis->arena,
                                 "the input ends too soon%s%s; what is there was judged",
                                 capture->cut_at.line > 0 ? ", at " : "",
                                 explain_place(page->explained, capture->cut_at)));
    }
    if (capture->n_seen > 1 && capture->kind != CAPTURE_LIVE &&
        page->explained->diagnosis->scene->it != NULL) {
        put_labelled(
            page, "looked at",
            arena_print(page->explained->diagnosis->arena, "one of %u exchanges", capture->n_seen));
    }
}

void explain_print(FILE *file, const struct explained *explained)
{
    const struct page page = make_page(file, explained);
    const struct diagnosis *diagnosis = explained->diagnosis;
    const bool has_cause = explain_verdict(diagnosis) == EXPLAIN_CAUSE;

    put_headline(&page);
    put_request(&page);
    put_point(&page);
    if (has_cause) {
        put_cause(&page, &diagnosis->findings[0]);
    } else {
        put_nothing_found(&page);
        put_known(&page, "hops", explain_hops(explained));
    }
    put_others(&page);
    put_doubts(&page);
    if (has_cause) {
        put_labelled(
            &page, "more",
            arena_print(diagnosis->arena, "doorward reasons %s", explain_headline(explained)));
    }
}
