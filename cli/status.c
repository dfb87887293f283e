/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "status_pages.h"

#define LABEL_WIDTH 16

static const struct part {
    const char *label, *name; /* for a person, for a program */
    size_t member;
} PARTS[] = {
    {"ruled by", "section", offsetof(struct status_text, section)},
    {"must carry", "header", offsetof(struct status_text, header)},
    {"cacheable", "cache", offsetof(struct status_text, cache)},
    {"retry", "retry", offsetof(struct status_text, retry)},
    {"who mends it", "mends", offsetof(struct status_text, mends)},
    {"taken for", "beside", offsetof(struct status_text, beside)},
};

#define N_PARTS (sizeof(PARTS) / sizeof(PARTS[0]))

static const char *part_of(const struct status_text *text, size_t i)
{
    const char *part;

    memcpy(&part, (const char *)text + PARTS[i].member, sizeof(part));
    return part;
}

/* -- One ------------------------------------------------------------------------------------------- */

static void put_lines(const char *lines)
{
    while (*lines != '\0') {
        const size_t len = strcspn(lines, "\n");
        (void)printf("    %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n' ? 1 : 0);
    }
}

static void put_status(const struct status_text *text)
{
    (void)printf("%d %s\n\n  ", text->code, text->name);
    cli_put_wrapped(stdout, 2, 2, text->means);
    (void)fputc('\n', stdout);
    for (size_t i = 0; i < N_PARTS; i++) {
        const char *part = part_of(text, i);
        (void)printf("  %-*s", LABEL_WIDTH - 2, PARTS[i].label);
        cli_put_wrapped(stdout, LABEL_WIDTH, LABEL_WIDTH,
                        *part != '\0' ? part : "no RFC: a product's own");
    }
    (void)fputs("\n  for example\n\n", stdout);
    put_lines(text->request);
    (void)fputc('\n', stdout);
    put_lines(text->response);
}

static void put_member(const char *name, const char *value, const char *after)
{
    cli_put_json(stdout, dw_span_of(name));
    (void)fputs(": ", stdout);
    cli_put_json(stdout, dw_span_of(value));
    (void)fputs(after, stdout);
}

static void put_status_json(const struct status_text *text)
{
    (void)printf("{\"code\": %d, ", text->code);
    put_member("name", text->name, ", ");
    put_member("means", text->means, ", ");
    for (size_t i = 0; i < N_PARTS; i++) {
        put_member(PARTS[i].name, part_of(text, i), ", ");
    }
    put_member("request", text->request, ", ");
    put_member("response", text->response, "}");
}

/* -- All -------------------------------------------------------------------------------------------- */

static void put_all(bool json)
{
    (void)fputs(json ? "[" : "", stdout);
    for (size_t i = 0; i < status_count(); i++) {
        const struct status_text *text = status_at(i);
        if (json) {
            (void)fputs(i > 0 ? ",\n" : "", stdout);
            put_status_json(text);
        } else {
            (void)printf("%d  ", text->code);
            cli_put_wrapped(stdout, 5, 5, text->name);
        }
    }
    (void)fputs(json ? "]\n" : "\nMore of one: doorward status CODE\n", stdout);
}

static int show(const char *word, bool json)
{
    char *end;
    const long code = strtol(word, &end, 10);
    const struct status_text *text =
        *end == '\0' && code > 0 && code < 1000 ? status_find((int)code) : NULL;

    if (text == NULL) {
        return cli_fail("%s is none of the statuses around 401; see doorward status", word);
    }
    if (json) {
        put_status_json(text);
        (void)fputc('\n', stdout);
    } else {
        put_status(text);
    }
    return CLI_FINE;
}

int cli_status(int argc, char **argv)
{
    bool json = false;
    bool manual = false;
    const char *pages = NULL;
    const struct cli_option known[] = {
        {"json", 0, &json, NULL}, {"pages", 0, NULL, &pages}, {"manual", 0, &manual, NULL}};
    struct cli_line line = {
        .usage = "doorward status [CODE] [--json] [--pages FOLDER] [--manual]",
        .help =
            "Says what 401 and the statuses it is taken for mean: what they must carry, whether\n"
            "they may be cached or retried, and who mends them. Without CODE, lists them.\n\n"
            "  --json          print JSON\n"
            "  --pages FOLDER  write a page of Markdown for each\n"
            "  --manual        print the manual's page, as mdoc\n\n"
            "Exit status: 0; 1 the code is none of them.\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    if (pages != NULL) {
        return status_write_pages(pages);
    }
    if (manual) {
        status_put_manual(stdout);
    } else if (line.n_operands == 1) {
        return show(line.operands[0], json);
    } else {
        put_all(json);
    }
    return CLI_FINE;
}
