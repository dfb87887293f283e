/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli.h"
#include "nearest.h"
#include "reasons.h"

#define FIRST ((enum dw_reason)(DW_REASON_NONE + 1))

static void print_object(const struct dw_reason_text *reason)
{
    (void)fputc('{', stdout);
    cli_put_member("reason", reason->name, ",");
    (void)printf("\"status\":%d,", reason->status);
    cli_put_member("error", reason->error, ",");
    cli_put_member("public", reason->public_text, ",");
    cli_put_member("private", reason->private_text, ",");
    cli_put_member("build", reason->build, ",");
    cli_put_member("call", reason->call, ",");
    cli_put_member("visit", reason->visit, "}");
}

static void print_line(const char *label, const char *text)
{
    if (*text != '\0') {
        (void)printf("%-28s%s\n", label, text);
    }
}

static void print_whole(const struct dw_reason_text *reason)
{
    (void)printf("%s\n\n", reason->name);
    if (reason->status == 0) {
        print_line("answer", "none yet: asks first");
    } else {
        (void)printf("%-28s%d%s%s\n", "answer", reason->status, *reason->error == '\0' ? "" : " ",
                     reason->error);
    }
    print_line("what a stranger reads", reason->public_text);
    print_line("what the operator reads", reason->private_text);
    print_line("fix, if you build the API", reason->build);
    print_line("fix, if you call it", reason->call);
    print_line("fix, if you visit it", reason->visit);
}

static int print_all(bool json)
{
    (void)fputs(json ? "[" : "", stdout);
    for (enum dw_reason i = FIRST; i < DW_REASONS_END; i++) {
        const struct dw_reason_text *reason = dw_reason_text(i);

        if (json) {
            (void)fputs(i == FIRST ? "" : ",\n ", stdout);
            print_object(reason);
        } else {
            (void)printf("%-32s %3d  %s\n", reason->name, reason->status, reason->private_text);
        }
    }
    (void)fputs(json ? "]\n" : "", stdout);
    return CLI_FINE;
}

static const char *reason_name(const void *from, size_t i)
{
    (void)from;
    return i + FIRST < DW_REASONS_END ? dw_reason_text((enum dw_reason)(i + FIRST))->name : NULL;
}

static int print_one(const char *name, bool json)
{
    const enum dw_reason reason = dw_reason_find(dw_span_of(name));
    const char *meant;

    if (reason == DW_REASON_NONE) {
        meant = nearest(dw_span_of(name), reason_name, NULL);
        return cli_fail("there is no reason %s; %s%s", name,
                        meant != NULL ? "did you mean " : "all of them: doorward reasons",
                        meant != NULL ? meant : "");
    }
    if (json) {
        print_object(dw_reason_text(reason));
        (void)fputc('\n', stdout);
    } else {
        print_whole(dw_reason_text(reason));
    }
    return CLI_FINE;
}

int cli_reasons(int argc, char **argv)
{
    const char *pages = NULL;
    bool json = false;
    const struct cli_option known[] = {{"json", 0, &json, NULL}, {"pages", 0, NULL, &pages}};
    struct cli_line line = {
        .usage = "doorward reasons [ID] [--json | --pages DIR]",
        .help = "Prints every answer Doorward gives, or one in full: the word for it in logs,\n"
                "metrics and tools, its status, and the fix for who builds, calls or visits.\n\n"
                "  --json       print JSON\n"
                "  --pages DIR  write all as Markdown, a page each, into this folder\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    if (pages != NULL) {
        return reasons_write_pages(pages);
    }
    return line.n_operands == 0 ? print_all(json) : print_one(line.operands[0], json);
}
