/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "causes.h"
#include "cli.h"
#include "nearest.h"
#include "reasons.h"

#define FIRST ((enum dw_reason)(DW_REASON_NONE + 1))

/* What the doctor knows of the same word, or NULL. */
static const struct cause *cause_of(const struct dw_reason_text *reason)
{
    return cause_find(dw_span_of(reason->name));
}

static void print_object(const struct dw_reason_text *reason)
{
    const struct cause *cause = cause_of(reason);

    (void)fputc('{', stdout);
    cli_put_member("reason", reason->name, ",");
    (void)printf("\"status\":%d,", reason->status);
    cli_put_member("error", reason->error, ",");
    cli_put_member("public", reason->public_text, ",");
    cli_put_member("private", reason->private_text, ",");
    cli_put_member("build", reason->build, ",");
    cli_put_member("call", reason->call, ",");
    cli_put_member("visit", reason->visit, cause != NULL ? ",\"cause\":" : "");
    if (cause != NULL) {
        causes_put_json(cause);
    }
    (void)fputc('}', stdout);
}

static void print_cause_object(const struct cause *cause)
{
    (void)fputs("{\"cause\":", stdout);
    causes_put_json(cause);
    (void)fputc('}', stdout);
}

static void print_whole(const struct dw_reason_text *reason)
{
    const struct cause *cause = cause_of(reason);

    (void)printf("%s\n\n", reason->name);
    if (reason->status == 0) {
        causes_put_line("answer", "none yet: asks first");
    } else {
        (void)printf("%-*s%d%s%s\n", CAUSES_LABEL, "answer", reason->status,
                     *reason->error == '\0' ? "" : " ", reason->error);
    }
    causes_put_line("what a stranger reads", reason->public_text);
    causes_put_line("what the operator reads", reason->private_text);
    causes_put_line("fix, if you build the API", reason->build);
    causes_put_line("fix, if you call it", reason->call);
    causes_put_line("fix, if you visit it", reason->visit);
    if (cause != NULL) {
        (void)fputs("\nthe same cause, whichever server answers\n\n", stdout);
        causes_put(cause);
    }
}

static bool has_reason(const struct cause *cause)
{
    return dw_reason_find(dw_span_of(cause->id)) != DW_REASON_NONE;
}

static void print_all_objects(void)
{
    (void)fputc('[', stdout);
    for (enum dw_reason i = FIRST; i < DW_REASONS_END; i++) {
        (void)fputs(i == FIRST ? "" : ",\n ", stdout);
        print_object(dw_reason_text(i));
    }
    for (size_t i = 0; i < cause_count(); i++) {
        if (!has_reason(cause_at(i))) {
            (void)fputs(",\n ", stdout);
            print_cause_object(cause_at(i));
        }
    }
    (void)fputs("]\n", stdout);
}

static void print_all(void)
{
    (void)fputs("What Doorward answers, and why\n\n", stdout);
    for (enum dw_reason i = FIRST; i < DW_REASONS_END; i++) {
        const struct dw_reason_text *reason = dw_reason_text(i);

        (void)printf("%-32s %3d  %s\n", reason->name, reason->status, reason->private_text);
    }
    (void)fputs("\nWhy any server may refuse, as `doorward explain` tells\n", stdout);
    causes_put_all();
}

/* Reasons first, then causes; NULL at the end. */
static const char *known_name(const void *from, size_t i)
{
    const size_t n_reasons = DW_REASONS_END - (size_t)FIRST;

    (void)from;
    if (i < n_reasons) {
        return dw_reason_text((enum dw_reason)(i + FIRST))->name;
    }
    return i - n_reasons < cause_count() ? cause_at(i - n_reasons)->id : NULL;
}

static int print_nothing(const char *name)
{
    const char *meant = nearest(dw_span_of(name), known_name, NULL);

    return cli_fail("there is no reason %s; %s%s", name,
                    meant != NULL ? "did you mean " : "all of them: doorward reasons",
                    meant != NULL ? meant : "");
}

static int print_one(const char *name, bool json)
{
    const enum dw_reason reason = dw_reason_find(dw_span_of(name));
    const struct cause *cause = cause_find(dw_span_of(name));

    if (reason == DW_REASON_NONE && cause == NULL) {
        return print_nothing(name);
    }
    if (json && reason != DW_REASON_NONE) {
        print_object(dw_reason_text(reason));
    } else if (json) {
        print_cause_object(cause);
    } else if (reason != DW_REASON_NONE) {
        print_whole(dw_reason_text(reason));
    } else {
        (void)printf("%s\n\n", cause->id);
        causes_put(cause);
    }
    (void)fputs(json ? "\n" : "", stdout);
    return CLI_FINE;
}

static int write_pages(const char *reasons, const char *causes)
{
    int status = CLI_FINE;

    if (reasons != NULL) {
        status = reasons_write_pages(reasons);
    }
    if (status == CLI_FINE && causes != NULL) {
        status = causes_write_pages(causes);
    }
    return status;
}

static int print_any(const char *name, bool json)
{
    if (name != NULL) {
        return print_one(name, json);
    }
    if (json) {
        print_all_objects();
    } else {
        print_all();
    }
    return CLI_FINE;
}

int cli_reasons(int argc, char **argv)
{
    const char *pages = NULL, *cause_pages = NULL;
    bool json = false;
    const struct cli_option known[] = {{"json", 0, &json, NULL},
                                       {"pages", 0, NULL, &pages},
                                       {"cause-pages", 0, NULL, &cause_pages}};
    struct cli_line line = {
        .usage = "doorward reasons [ID] [--json | --pages DIR | --cause-pages DIR]",
        .help = "Prints every answer Doorward gives, and every cause of a 401 that `doorward\n"
                "explain` knows; or one in full: how it shows, its status, and the fix for who\n"
                "builds, calls or visits.\n\n"
                "  --json             print JSON\n"
                "  --pages DIR        write the answers as Markdown, a page each\n"
                "  --cause-pages DIR  write the causes as Markdown, a page each\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    if (pages != NULL || cause_pages != NULL) {
        return write_pages(pages, cause_pages);
    }
    return print_any(line.n_operands == 0 ? NULL : line.operands[0], json);
}
