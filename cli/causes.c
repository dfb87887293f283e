/* SPDX-License-Identifier: Apache-2.0 */
#include "causes.h"

#include <string.h>

#include "cli.h"

#define TEXTS_SHOWN 4

void causes_put_line(const char *label, const char *text)
{
    if (*text != '\0') {
        (void)printf("%-*s", CAUSES_LABEL, label);
        cli_put_wrapped(stdout, CAUSES_LABEL, CAUSES_LABEL, text);
    }
}

/* The texts that say it most clearly, as they stand in the table. */
static void put_texts(const struct cause *cause)
{
    size_t shown = 0;

    for (size_t i = 0; i < server_text_count() && shown < TEXTS_SHOWN; i++) {
        const struct server_text *text = server_text_at(i);
        char line[256];

        if (strcmp(text->cause, cause->id) == 0 && text->confidence >= cause->confidence - 10) {
            (void)snprintf(line, sizeof(line), "\"%s\" (%s)", text->text, text->product);
            causes_put_line(shown == 0 ? "servers say" : "", line);
            shown++;
        }
    }
}

void causes_put(const struct cause *cause)
{
    char sure[32];

    (void)snprintf(sure, sizeof(sure), "%d %%", cause->confidence);
    causes_put_line("what is wrong", cause->title);
    causes_put_line("how it shows", cause->signals);
    put_texts(cause);
    causes_put_line("to be sure", cause->confirm);
    causes_put_line("sure from a capture alone", sure);
    causes_put_line("ruled by", cause->rfc);
    causes_put_line("fix, if you build the API", cause->builder);
    causes_put_line("fix, if you call it", cause->consumer);
    causes_put_line("fix, if you visit it", cause->visitor);
}

void causes_put_json(const struct cause *cause)
{
    (void)fputc('{', stdout);
    cli_put_member("id", cause->id, ",");
    cli_put_member("group", cause->group, ",");
    cli_put_member("title", cause->title, ",");
    cli_put_member("signals", cause->signals, ",");
    cli_put_member("confirm", cause->confirm, ",");
    (void)printf("\"confidence\":%d,", cause->confidence);
    cli_put_member("rfc", cause->rfc, ",\"fix\":{");
    cli_put_member("builder", cause->builder, ",");
    cli_put_member("consumer", cause->consumer, ",");
    cli_put_member("visitor", cause->visitor, "}}");
}

void causes_put_all(void)
{
    const char *group = "";

    for (size_t i = 0; i < cause_count(); i++) {
        const struct cause *cause = cause_at(i);

        if (strcmp(group, cause->group) != 0) {
            group = cause->group;
            (void)printf("\n%s\n\n", group);
        }
        (void)printf("%-32s %s\n", cause->id, cause->title);
    }
}
