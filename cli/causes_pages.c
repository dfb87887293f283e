/* SPDX-License-Identifier: Apache-2.0 */
#include "causes.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"

#define MADE \
    "<!-- Made by `make docs` from doctor/causes.def: what is changed here is lost. -->\n\n"
#define SAID "\n## What servers say\n\nEach with how sure it is that it means this.\n\n"

/* -- A page -------------------------------------------------------------------------------------- */

static void put_section(FILE *file, const char *heading, const char *text)
{
    if (*text != '\0') {
        (void)fprintf(file, "\n## %s\n\n%s\n", heading, text);
    }
}

static void put_fix(FILE *file, const char *who, const char *text)
{
    if (*text != '\0') {
        (void)fprintf(file, "- If you %s: %s\n", who, text);
    }
}

static void put_fixes(FILE *file, const struct cause *cause)
{
    (void)fputs("\n## The fix\n\n", file);
    put_fix(file, "build the API", cause->builder);
    put_fix(file, "call it", cause->consumer);
    put_fix(file, "visit it in a browser", cause->visitor);
}

static void put_texts(FILE *file, const struct cause *cause)
{
    bool is_first = true;

    for (size_t i = 0; i < server_text_count(); i++) {
        const struct server_text *text = server_text_at(i);

        if (strcmp(text->cause, cause->id) == 0) {
            (void)fputs(is_first ? SAID : "", file);
            (void)fprintf(file, "- ``%s``: %s, %d %%\n", text->text, text->product,
                          text->confidence);
            is_first = false;
        }
    }
}

static void put_related(FILE *file, const struct cause *cause)
{
    (void)fputs("\n## Related\n\n", file);
    if (dw_reason_find(dw_span_of(cause->id)) != DW_REASON_NONE) {
        (void)fprintf(file, "- [Doorward's own answer](../reasons/%s.md)\n", cause->id);
    }
    (void)fprintf(file, "- [all causes](README.md)\n");
}

static void put_page(FILE *file, const struct cause *cause)
{
    (void)fprintf(file, "# %s\n\n" MADE "%s\n\n| | |\n| --- | --- |\n", cause->id, cause->title);
    (void)fprintf(file, "| kind | %s |\n| sure from a capture alone | %d %% |\n", cause->group,
                  cause->confidence);
    if (*cause->rfc != '\0') {
        (void)fprintf(file, "| ruled by | %s |\n", cause->rfc);
    }
    put_section(file, "How it shows", cause->signals);
    put_section(file, "To be sure", cause->confirm);
    put_fixes(file, cause);
    put_texts(file, cause);
    put_related(file, cause);
}

/* -- The index ----------------------------------------------------------------------------------- */

static void put_index(FILE *file)
{
    const char *group = "";

    (void)fputs(
        "# Causes\n\n" MADE
        "Why a request got 401, or something like it, whichever server answers. The word is the\n"
        "one `doorward explain` prints, and `doorward reasons ID` shows the same as its page.\n"
        "What Doorward itself answers is listed under [reasons](../reasons/README.md).\n",
        file);
    for (size_t i = 0; i < cause_count(); i++) {
        const struct cause *cause = cause_at(i);

        if (strcmp(group, cause->group) != 0) {
            group = cause->group;
            (void)fprintf(file, "\n## %s\n\n| | |\n| --- | --- |\n", group);
        }
        (void)fprintf(file, "| [%s](%s.md) | %s |\n", cause->id, cause->id, cause->title);
    }
}

/* -- Files --------------------------------------------------------------------------------------- */

/* NULL: the index */
static int write_page(const char *folder, const struct cause *cause)
{
    char path[PATH_MAX] = "";
    const int n =
        snprintf(path, sizeof(path), "%s/%s.md", folder, cause == NULL ? "README" : cause->id);
    FILE *file = n > 0 && n < (int)sizeof(path) ? fopen(path, "w") : NULL;

    if (file == NULL) {
        return cli_fail("%s: %s", path, strerror(errno));
    }
    if (cause == NULL) {
        put_index(file);
    } else {
        put_page(file, cause);
    }
    const bool failed = ferror(file) != 0;
    return fclose(file) != 0 || failed ? cli_fail("%s: it could not be written", path) : CLI_FINE;
}

int causes_write_pages(const char *folder)
{
    int status;

    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        return cli_fail("%s: cannot make the folder: %s", folder, strerror(errno));
    }
    status = write_page(folder, NULL);
    for (size_t i = 0; status == CLI_FINE && i < cause_count(); i++) {
        status = write_page(folder, cause_at(i));
    }
    return status;
}
