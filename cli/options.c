/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "nearest.h"

#define MESSAGE_MAX 1024

int cli_fail(const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    int written;

    va_start(args, format);
    written = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)fputs("doorward: ", stderr);
    cli_put_safe(stderr, dw_span_of(written < 0 ? "cannot say what went wrong" : message));
    (void)fputc('\n', stderr);
    return CLI_FAILED;
}

const char *cli_data(const char *flag, const char *otherwise)
{
    const char *variable = getenv("DOORWARD_DATA");

    if (flag != NULL && *flag != '\0') {
        return flag;
    }
    return variable != NULL && *variable != '\0' ? variable : otherwise;
}

static const char *option_name(const void *from, size_t i)
{
    const struct cli_line *line = from;

    return i < line->n_options ? line->options[i].name : NULL;
}

static int refuse_option(const struct cli_line *line, const char *word)
{
    const char *meant = word[1] == '-' ? nearest(dw_span_of(word + 2), option_name, line) : NULL;

    if (meant != NULL) {
        (void)cli_fail("unknown option %s; did you mean --%s?", word, meant);
    } else {
        (void)cli_fail("unknown option %s; usage: %s", word, line->usage);
    }
    return CLI_USAGE;
}

/* What stands after the = of --name=VALUE, or NULL; `len` is that of --name. */
static const char *split_word(const char *word, size_t *len)
{
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;

    *len = equals != NULL ? (size_t)(equals - word) : strlen(word);
    return equals != NULL ? equals + 1 : NULL;
}

static const struct cli_option *find_option(const struct cli_line *line, const char *word,
                                            size_t len)
{
    for (size_t i = 0; i < line->n_options; i++) {
        const struct cli_option *option = &line->options[i];
        const bool is_long = len == strlen(option->name) + 2 && word[1] == '-' &&
                             strncmp(word + 2, option->name, len - 2) == 0;

        if (is_long || (len == 2 && option->letter != 0 && word[1] == option->letter)) {
            return option;
        }
    }
    return NULL;
}

/* Reads argv[*i], which begins with a dash, and its value where it has one. */
static int read_option(const struct cli_line *line, int argc, char **argv, int *i)
{
    const char *word = argv[*i];
    size_t len;
    const char *value = split_word(word, &len);
    const struct cli_option *option = find_option(line, word, len);

    if (option == NULL) {
        return refuse_option(line, word);
    }
    if (option->flag != NULL && value != NULL) {
        (void)cli_fail("--%s takes no value", option->name);
        return CLI_USAGE;
    }
    if (option->flag != NULL) {
        *option->flag = true;
        return CLI_GO_ON;
    }
    if (value == NULL && *i + 1 >= argc) {
        (void)cli_fail("--%s needs a value", option->name);
        return CLI_USAGE;
    }
    *option->value = value != NULL ? value : argv[++*i];
    return CLI_GO_ON;
}

static int read_operand(struct cli_line *line, const char *word)
{
    if (line->n_operands >= line->max_operands || line->n_operands >= CLI_OPERANDS_MAX) {
        (void)cli_fail("%s is one word too many; usage: %s", word, line->usage);
        return CLI_USAGE;
    }
    line->operands[line->n_operands++] = word;
    return CLI_GO_ON;
}

static int print_help(const struct cli_line *line)
{
    (void)printf("usage: %s\n\n%s", line->usage, line->help);
    return CLI_FINE;
}

int cli_read(struct cli_line *line, int argc, char **argv)
{
    bool options_end = false;

    line->n_operands = 0;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        int status;

        if (!options_end && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            return print_help(line);
        }
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
            continue;
        }
        if (options_end || word[0] != '-' || word[1] == '\0') {
            status = read_operand(line, word);
        } else {
            status = read_option(line, argc, argv, &i);
        }
        if (status != CLI_GO_ON) {
            return status;
        }
    }
    if (line->n_operands < line->min_operands) {
        (void)cli_fail("something is missing; usage: %s", line->usage);
        return CLI_USAGE;
    }
    return CLI_GO_ON;
}
