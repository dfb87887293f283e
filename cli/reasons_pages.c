/* SPDX-License-Identifier: Apache-2.0 */
#include "reasons.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cause.h"
#include "cli.h"
#include "story.h"

#define FIRST ((enum dw_reason)(DW_REASON_NONE + 1))
#define MADE  "<!-- Made by `make docs` from core/reasons.def: what is changed here is lost. -->\n\n"

static bool is_denial(const struct dw_reason_text *reason)
{
    return reason->status >= 400;
}

/* "token" of "token.expired" */
static struct dw_span group_of(enum dw_reason reason)
{
    const char *name = dw_reason_text(reason)->name;

    return (struct dw_span){name, strcspn(name, ".")};
}

static bool is_of_group(enum dw_reason reason, enum dw_reason other)
{
    return dw_span_equal(group_of(reason), group_of(other));
}

/* -- A page -------------------------------------------------------------------------------------- */

static void put_row(FILE *file, const char *label, const char *text)
{
    if (text != NULL && *text != '\0') {
        (void)fprintf(file, "| %s | %s |\n", label, text);
    }
}

static void put_table(FILE *file, enum dw_reason reason)
{
    const struct dw_reason_text *text = dw_reason_text(reason);

    (void)fputs("| | |\n| --- | --- |\n", file);
    if (text->status == 0) {
        put_row(file, "answer", "none yet: asks first");
    } else {
        (void)fprintf(file, "| status | %d |\n", text->status);
    }
    put_row(file, "error code", text->error);
    put_row(file, "a stranger reads", text->public_text);
    put_row(file, "the check that failed, for `doorward why`", story_check_of(reason));
}

static void put_fix(FILE *file, const char *who, const char *text)
{
    if (*text != '\0') {
        (void)fprintf(file, "- If you %s: %s\n", who, text);
    }
}

static void put_fixes(FILE *file, const struct dw_reason_text *text)
{
    if (*text->build == '\0' && *text->call == '\0' && *text->visit == '\0') {
        return;
    }
    (void)fputs("\n## The fix\n\n", file);
    put_fix(file, "build the API", text->build);
    put_fix(file, "call it", text->call);
    put_fix(file, "visit it in a browser", text->visit);
}

static void put_link(FILE *file, enum dw_reason reason)
{
    const struct dw_reason_text *text = dw_reason_text(reason);

    (void)fprintf(file, "- [%s](%s.md): %s\n", text->name, text->name, text->private_text);
}

/* What belongs to the same check, and where all the others are. */
static void put_related(FILE *file, enum dw_reason reason)
{
    const struct dw_span group = group_of(reason);
    const char *check = story_check_of(reason);

    (void)fputs("\n## Related\n\n", file);
    for (enum dw_reason i = FIRST; i < DW_REASONS_END; i++) {
        if (i != reason && is_of_group(i, reason) && story_check_of(i) == check) {
            put_link(file, i);
        }
    }
    if (cause_find(dw_span_of(dw_reason_text(reason)->name)) != NULL) {
        (void)fprintf(file, "- [the same cause, whichever server answers](../causes/%s.md)\n",
                      dw_reason_text(reason)->name);
    }
    (void)fprintf(file, "- [all of %.*s](README.md#%.*s)\n", (int)group.len, group.at,
                  (int)group.len, group.at);
}

static void put_page(FILE *file, enum dw_reason reason)
{
    const struct dw_reason_text *text = dw_reason_text(reason);

    (void)fprintf(file, "# %s\n\n" MADE "%s\n\n", text->name, text->private_text);
    put_table(file, reason);
    put_fixes(file, text);
    if (is_denial(text)) {
        (void)fputs("\n## An answer\n\n```http\n", file);
        reasons_put_example(file, reason);
        (void)fputs("```\n", file);
    }
    put_related(file, reason);
}

/* -- The index ----------------------------------------------------------------------------------- */

static bool is_first_of_group(enum dw_reason reason)
{
    for (enum dw_reason i = FIRST; i < reason; i++) {
        if (is_of_group(i, reason)) {
            return false;
        }
    }
    return true;
}

static void put_group(FILE *file, enum dw_reason first)
{
    const struct dw_span group = group_of(first);

    (void)fprintf(file, "\n## %.*s\n\n| | status | |\n| --- | --- | --- |\n", (int)group.len,
                  group.at);
    for (enum dw_reason i = first; i < DW_REASONS_END; i++) {
        const struct dw_reason_text *text = dw_reason_text(i);

        if (is_of_group(i, first)) {
            (void)fprintf(file, "| [%s](%s.md) | %d | %s |\n", text->name, text->name, text->status,
                          text->private_text);
        }
    }
}

static void put_index(FILE *file)
{
    (void)fputs(
        "# Reasons\n\n" MADE
        "Every request that is let in or turned away has one of these reasons. The word is the\n"
        "same in the decision log, in the metrics, for `doorward why` and `doorward recent`, and\n"
        "for programs that use the library. A status of 0 stands for a question: the answer is\n"
        "not known on this machine yet, and somebody is asked before anything is decided.\n",
        file);
    for (enum dw_reason i = FIRST; i < DW_REASONS_END; i++) {
        if (is_first_of_group(i)) {
            put_group(file, i);
        }
    }
}

/* -- Files --------------------------------------------------------------------------------------- */

static FILE *open_page(const char *folder, const char *name, char path[PATH_MAX])
{
    const int n = snprintf(path, PATH_MAX, "%s/%s.md", folder, name);

    return n > 0 && n < PATH_MAX ? fopen(path, "w") : NULL;
}

/* DW_REASON_NONE: the index */
static int write_page(const char *folder, enum dw_reason reason)
{
    const char *name = reason == DW_REASON_NONE ? "README" : dw_reason_text(reason)->name;
    char path[PATH_MAX] = "";
    FILE *file = open_page(folder, name, path);

    if (file == NULL) {
        return cli_fail("%s: %s", path, strerror(errno));
    }
    if (reason == DW_REASON_NONE) {
        put_index(file);
    } else {
        put_page(file, reason);
    }
    const bool failed = ferror(file) != 0;
    return fclose(file) != 0 || failed ? cli_fail("%s: it could not be written", path) : CLI_FINE;
}

int reasons_write_pages(const char *folder)
{
    int status = CLI_FINE;

    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        return cli_fail("%s: cannot make the folder: %s", folder, strerror(errno));
    }
    for (enum dw_reason i = DW_REASON_NONE; status == CLI_FINE && i < DW_REASONS_END; i++) {
        status = write_page(folder, i);
    }
    return status;
}
