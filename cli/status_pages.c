/* SPDX-License-Identifier: Apache-2.0 */
#include "status_pages.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "status.h"

#define MADE \
    "<!-- Made by `make docs` from doctor/statuses.def: what is changed here is lost. -->\n\n"

/* -- Markdown -------------------------------------------------------------------------------------- */

static void put_page(FILE *file, const struct status_text *text)
{
    (void)fprintf(file, "# %d %s\n\n" MADE "%s\n\n| | |\n| --- | --- |\n", text->code, text->name,
                  text->means);
    (void)fprintf(file, "| ruled by | %s |\n",
                  *text->section != '\0' ? text->section : "no RFC: a product's own");
    (void)fprintf(file, "| must carry | %s |\n| cacheable | %s |\n", text->header, text->cache);
    (void)fprintf(file, "| retry | %s |\n| who mends it | %s |\n", text->retry, text->mends);
    (void)fprintf(file, "\n## What it is taken for\n\n%s\n", text->beside);
    (void)fprintf(file, "\n## For example\n\n```http\n%s```\n\n```http\n%s```\n", text->request,
                  text->response);
    (void)fputs("\n[All of them](README.md)\n", file);
}

static void put_index(FILE *file)
{
    (void)fputs("# 401, and the statuses around it\n\n" MADE "| | | |\n| --- | --- | --- |\n",
                file);
    for (size_t i = 0; i < status_count(); i++) {
        const struct status_text *text = status_at(i);
        (void)fprintf(file, "| [%d](%d.md) | %s | %s |\n", text->code, text->code, text->name,
                      text->section);
    }
}

/* NULL: the index */
static int write_page(const char *folder, const struct status_text *text)
{
    char path[PATH_MAX] = "";
    const int n = text == NULL ? snprintf(path, sizeof(path), "%s/README.md", folder)
                               : snprintf(path, sizeof(path), "%s/%d.md", folder, text->code);
    FILE *file = n > 0 && n < (int)sizeof(path) ? fopen(path, "we") : NULL;

    if (file == NULL) {
        return cli_fail("%s: %s", path, strerror(errno));
    }
    if (text == NULL) {
        put_index(file);
    } else {
        put_page(file, text);
    }
    const bool failed = ferror(file) != 0;
    return fclose(file) != 0 || failed ? cli_fail("%s: it could not be written", path) : CLI_FINE;
}

int status_write_pages(const char *folder)
{
    int status;

    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        return cli_fail("%s: cannot make the folder: %s", folder, strerror(errno));
    }
    status = write_page(folder, NULL);
    for (size_t i = 0; status == CLI_FINE && i < status_count(); i++) {
        status = write_page(folder, status_at(i));
    }
    return status;
}

/* -- The manual (mdoc) ----------------------------------------------------------------------------- */

/* A line that begins with a dot or an apostrophe would be taken for a request. */
static void put_text(FILE *file, const char *text)
{
    bool starts = true;

    for (; *text != '\0'; text++) {
        if (starts && (*text == '.' || *text == '\'')) {
            (void)fputs("\\&", file);
        }
        (void)fputs(*text == '\\' ? "\\e" : (const char[]){*text, '\0'}, file);
        starts = *text == '\n';
    }
}

/* mdoc wants each sentence on a line of its own. */
static void put_prose(FILE *file, const char *text)
{
    char sentence[1024];

    while (*text != '\0') {
        const char *end = strstr(text, ". ");
        const size_t len = end != NULL ? (size_t)(end - text) + 1 : strlen(text);
        (void)snprintf(sentence, sizeof(sentence), "%.*s\n", (int)len, text);
        put_text(file, sentence);
        text += len + (end != NULL ? 1 : 0);
    }
}

static void put_item(FILE *file, const char *label, const char *text)
{
    (void)fprintf(file, ".It %s\n", label);
    put_prose(file, text);
}

static void put_section(FILE *file, const struct status_text *text)
{
    (void)fprintf(file, ".Ss %d %s\n", text->code, text->name);
    put_prose(file, text->means);
    (void)fputs(".Bl -tag -width \"who mends it\" -compact\n", file);
    put_item(file, "ruled by", *text->section != '\0' ? text->section : "no RFC: a product's own");
    put_item(file, "must carry", text->header);
    put_item(file, "cacheable", text->cache);
    put_item(file, "retry", text->retry);
    put_item(file, "who mends it", text->mends);
    put_item(file, "taken for", text->beside);
    (void)fputs(".El\n.Bd -literal -offset indent\n", file);
    put_text(file, text->request);
    (void)fputc('\n', file);
    put_text(file, text->response);
    (void)fputs(".Ed\n", file);
}

void status_put_manual(FILE *file)
{
    (void)fputs(
        ".\\\" SPDX-License-Identifier: Apache-2.0\n"
        ".\\\" Made by `make docs` from doctor/statuses.def: what is changed here is lost.\n"
        ".Dd November 21, 2026\n.Dt DOORWARD-STATUS 7\n.Os\n.Sh NAME\n.Nm doorward-status\n"
        ".Nd 401, and the HTTP statuses it is taken for\n.Sh DESCRIPTION\n"
        "What each says, the field it must carry, whether it may be cached or sent again, and who\n"
        "mends it.\nThe same, one at a time:\n.Ql doorward status CODE .\n",
        file);
    for (size_t i = 0; i < status_count(); i++) {
        put_section(file, status_at(i));
    }
    (void)fputs(".Sh SEE ALSO\n.Xr doorward 1\n", file);
}
