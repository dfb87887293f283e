/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli.h"
#include "nearest.h"

#define MORE_IN_MANUAL "\nEach takes --help. The whole manual: man doorward\n"

struct verbs {
    const struct cli_verb *at;
    size_t n;
};

static const char *verb_name(const void *from, size_t i)
{
    const struct verbs *verbs = from;

    return i < verbs->n ? verbs->at[i].name : NULL;
}

static const struct cli_verb *find_verb(const struct verbs *verbs, const char *name)
{
    for (size_t i = 0; i < verbs->n; i++) {
        if (strcmp(verbs->at[i].name, name) == 0) {
            return &verbs->at[i];
        }
    }
    return NULL;
}

static void print_help(FILE *file, const char *program, const struct verbs *verbs)
{
    (void)fprintf(file, "usage: %s VERB ...\n\n", program);
    for (size_t i = 0; i < verbs->n; i++) {
        (void)fprintf(file, "  %-9s %s\n", verbs->at[i].name, verbs->at[i].what);
    }
    (void)fputs(MORE_IN_MANUAL, file);
}

static int refuse_verb(const char *program, const struct verbs *verbs, const char *name)
{
    const char *meant = nearest(dw_span_of(name), verb_name, verbs);

    if (meant != NULL) {
        (void)cli_fail("%s has no verb %s; did you mean %s?", program, name, meant);
    } else {
        (void)cli_fail("%s has no verb %s; see %s --help", program, name, program);
    }
    return CLI_USAGE;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* `help client add` is `client add --help`. */
static int help_on(const char *program, const struct verbs *verbs, int argc, char **argv)
{
    const struct cli_verb *verb = find_verb(verbs, argv[0]);
    char help[] = "--help";
    char *words[] = {argv[0], help, NULL, NULL};

    if (verb == NULL) {
        return refuse_verb(program, verbs, argv[0]);
    }
    if (argc == 1) {
        return verb->run(2, words);
    }
    words[1] = argv[1];
    words[2] = help;
    return verb->run(3, words);
}

int cli_dispatch(const char *program, const struct cli_verb *verbs, size_t n_verbs, int argc,
                 char **argv)
{
    const struct verbs all = {verbs, n_verbs};
    const struct cli_verb *verb;

    if (argc < 2) {
        print_help(stderr, program, &all);
        return CLI_USAGE;
    }
    if (asks_for_help(argv[1])) {
        if (argc > 2) {
            return help_on(program, &all, argc - 2, argv + 2);
        }
        print_help(stdout, program, &all);
        return CLI_FINE;
    }
    verb = find_verb(&all, argv[1]);
    if (verb == NULL) {
        return refuse_verb(program, &all, argv[1]);
    }
    return verb->run(argc - 1, argv + 1);
}
