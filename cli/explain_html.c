/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <string.h>

#include "cli.h"

/* One page, alone: nothing is fetched, nothing runs. */

struct page {
    FILE *file;
    const struct explained *explained; /* whose secrets are covered */
};

static const char HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n";

static const char STYLE[] =
    "<style>\n"
    ":root{--ground:#fff;--text:#1c1e21;--quiet:#5b6168;--line:#d9dce0;--bad:#b3261e;--good:#"
    "1b6e3c;"
    "--shade:#f4f5f7;--mark:#ffe1dd}\n"
    "@media (prefers-color-scheme:dark){:root{--ground:#16181b;--text:#e6e7e9;--quiet:#a1a7af;"
    "--line:#363a40;--bad:#ff8a80;--good:#7fd6a0;--shade:#202328;--mark:#5c2420}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:46rem;background:var(--ground);"
    "color:var(--text);font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:0;color:var(--bad);overflow-wrap:anywhere}\n"
    "h1.healthy{color:var(--good)}\n"
    "h2{font-size:1rem;margin:1.75rem 0 .5rem}\n"
    "p{margin:.25rem 0}\n"
    ".quiet,dt{color:var(--quiet)}\n"
    "dl{margin:0;display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.35rem 1rem}\n"
    "dd{margin:0;overflow-wrap:anywhere}\n"
    "pre{margin:.5rem 0;padding:.75rem;background:var(--shade);border:1px solid var(--line);"
    "border-radius:.4rem;white-space:pre-wrap;overflow-wrap:anywhere;"
    "font:.875rem/1.5 ui-monospace,monospace}\n"
    "mark{background:var(--mark);color:inherit;border-bottom:2px solid var(--bad)}\n"
    "footer{margin-top:2.5rem;padding-top:.75rem;border-top:1px solid var(--line);"
    "color:var(--quiet);font-size:.875rem}\n"
    "@media (max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}\n"
    "</style>\n";

/* -- Pieces ------------------------------------------------------------------------------------------ */

/* Controls and what turns the direction of writing come escaped, as on a terminal. */
static void put_escaped(const struct page *page, struct dw_span text)
{
    for (size_t i = 0, start = 0; i <= text.len; i++) {
        const char c = i < text.len ? text.at[i] : '<';
        const char *name = c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : "&quot;";

        if (c != '<' && c != '>' && c != '&' && c != '"') {
            continue;
        }
        cli_put_safe(page->file, (struct dw_span){text.at + start, i - start});
        (void)fputs(i < text.len ? name : "", page->file);
        start = i + 1;
    }
}

static void put_text(const struct page *page, const char *text)
{
    put_escaped(page, dw_span_of(text));
}

static void put_tag(const struct page *page, const char *tag)
{
    (void)fputs(tag, page->file);
}

static void put_between(const struct page *page, const char *open, const char *text,
                        const char *close)
{
    put_tag(page, open);
    put_text(page, text);
    put_tag(page, close);
}

/* A row of a list; nothing where there is no text. */
static void put_row(const struct page *page, const char *label, const char *text)
{
    if (text != NULL && *text != '\0') {
        put_between(page, "<dt>", label, "</dt>");
        put_between(page, "<dd>", text, "</dd>\n");
    }
}

static const char *bare(const struct page *page, const char *text)
{
    return text != NULL ? explain_bare(page->explained, dw_span_of(text)) : NULL;
}

/* -- Sections ---------------------------------------------------------------------------------------- */

static void put_head(const struct page *page)
{
    const struct diagnosis *diagnosis = page->explained->diagnosis;
    const struct exchange *it = explain_shown(page->explained);
    const bool is_healthy = explain_verdict(diagnosis) == EXPLAIN_HEALTHY;
    const char *status =
        it != NULL && it->status > 0 ? arena_print(diagnosis->arena, "%d ", it->status) : "";
    const char *title =
        arena_print(diagnosis->arena, "%s%s", status, explain_headline(page->explained));

    put_tag(page, HEAD);
    put_between(page, "<title>", title, "</title>\n");
    put_tag(page, STYLE);
    put_tag(page, "</head>\n<body>\n<main>\n");
    put_between(page, is_healthy ? "<h1 class=\"healthy\">" : "<h1>", title, "</h1>\n");
}

static void put_request(const struct page *page)
{
    const struct exchange *it = explain_shown(page->explained);
    const char *where;

    if (it == NULL) {
        return;
    }
    where = explain_place(page->explained, it->place);
    put_tag(page, "<h2>The request</h2>\n<pre>");
    put_escaped(page, it->method.at != NULL ? it->method : DW_SPAN(""));
    put_between(page, " ", explain_url(page->explained, it->url), "</pre>\n");
    if (*where != '\0') {
        put_between(page, "<p class=\"quiet\">", where, "</p>\n");
    }
}

static void put_point(const struct page *page)
{
    struct explain_line line;

    if (!explain_point(page->explained, 160, &line)) {
        return;
    }
    put_tag(page, "<pre>");
    if (line.name != NULL) {
        put_between(page, "", line.name, ": ");
    }
    put_escaped(page, line.before);
    if (line.says != NULL) {
        put_tag(page, "<mark>");
        put_escaped(page, line.marked.len > 0 ? line.marked : DW_SPAN(" "));
        put_tag(page, "</mark>");
    }
    put_escaped(page, line.after);
    put_tag(page, "</pre>\n");
    if (line.says != NULL) {
        put_between(page, "<p>Marked: ", line.says, "</p>\n");
    }
}

static void put_evidence(const struct page *page, const struct finding *finding)
{
    put_tag(page, "<h2>What shows it</h2>\n<dl>\n");
    for (size_t i = 0; i < finding->n_evidence; i++) {
        const struct evidence *evidence = &finding->evidence[i];
        const char *where = explain_place(page->explained, evidence->place);

        put_row(page, evidence->source,
                arena_print(page->explained->diagnosis->arena, "%s%s%s%s",
                            bare(page, evidence->what), *where != '\0' ? " (" : "", where,
                            *where != '\0' ? ")" : ""));
    }
    put_row(page, "clocks", explain_clocks(page->explained));
    put_row(page, "hops", explain_hops(page->explained));
    put_row(page, "but", bare(page, finding->against));
    put_tag(page, "</dl>\n");
}

static void put_fixes(const struct page *page, const struct cause *cause)
{
    const char *whom = page->explained->settings->whom;

    put_tag(page, "<h2>What to do</h2>\n<dl>\n");
    put_row(page, "You call it", whom == NULL || *whom == 'c' ? cause->consumer : "");
    put_row(page, "You build it", whom == NULL || *whom == 'b' ? cause->builder : "");
    put_row(page, "You visit it", whom == NULL || *whom == 'v' ? cause->visitor : "");
    put_tag(page, "</dl>\n");
}

static void put_paste(const struct page *page)
{
    const char *words[EXPLAIN_PASTE_MAX];
    const size_t n = explain_paste(page->explained, words);

    if (n == 0) {
        return;
    }
    put_tag(page, "<h2>The request, mended</h2>\n<pre>");
    for (size_t i = 0; i < n; i++) {
        put_between(page, i > 0 ? " " : "", words[i], "");
    }
    put_tag(page, "</pre>\n");
}

static void put_cause(const struct page *page, const struct finding *finding)
{
    put_between(page, "<p>", finding->cause->title, "</p>\n");
    put_between(page, "<p class=\"quiet\">This is ", confidence_word(finding->confidence),
                ".</p>\n");
    put_request(page);
    put_point(page);
    put_evidence(page, finding);
    put_fixes(page, finding->cause);
    put_paste(page);
    if (finding->confidence < CERTAIN && *finding->cause->confirm != '\0') {
        put_between(page, "<h2>To be sure</h2>\n<p>", finding->cause->confirm, "</p>\n");
    }
}

static void put_others(const struct page *page)
{
    const struct diagnosis *diagnosis = page->explained->diagnosis;

    if (diagnosis->n_findings > 1) {
        put_tag(page, "<h2>Also possible</h2>\n<dl>\n");
    }
    for (size_t i = 1; i < diagnosis->n_findings && i < DIAGNOSIS_SHOWN_MAX; i++) {
        const struct finding *finding = &diagnosis->findings[i];

        put_row(page, finding->cause->id,
                arena_print(diagnosis->arena, "%s (%s)", finding->cause->title,
                            confidence_word(finding->confidence)));
    }
    put_tag(page, diagnosis->n_findings > 1 ? "</dl>\n" : "");
    if (diagnosis->n_ruled_out > 0) {
        put_tag(page, "<h2>Ruled out</h2>\n<dl>\n");
    }
    for (size_t i = 0; i < diagnosis->n_ruled_out; i++) {
        put_row(page, diagnosis->ruled_out[i].cause->id, bare(page, diagnosis->ruled_out[i].why));
    }
    put_tag(page, diagnosis->n_ruled_out > 0 ? "</dl>\n" : "");
}

void explain_print_html(FILE *file, const struct explained *explained)
{
    const struct explained covered = {explained->settings, explained->capture, explained->diagnosis,
                                      true};
    const struct page page = {file, &covered};
    const int verdict = explain_verdict(explained->diagnosis);

    put_head(&page);
    if (verdict == EXPLAIN_CAUSE) {
        put_cause(&page, &explained->diagnosis->findings[0]);
        put_others(&page);
    } else {
        put_tag(&page, verdict == EXPLAIN_HEALTHY
                           ? "<p>Nothing failed, and nothing is wrong with what was given.</p>\n"
                           : "<p>What was captured fits no cause that is known.</p>\n");
        put_request(&page);
        put_point(&page);
    }
    put_tag(&page, "</main>\n<footer>Made by doorward explain. Tokens and passwords are covered."
                   "</footer>\n</body>\n</html>\n");
}
