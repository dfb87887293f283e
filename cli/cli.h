/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_CLI_H
#define DW_CLI_H

/*
 * The command line: one file per verb, each an entry in main.c's table. A verb gets argv from its own
 * name on and returns the program's exit status.
 */

#include <stdio.h>

#include "complaint.h"
#include "doorward.h"

enum cli_status {
    CLI_FINE = 0,
    CLI_FAILED = 1, /* it did not work, or a problem was found */
    CLI_USAGE = 2,  /* the command line is wrong */
    CLI_INPUT = 3   /* the input is none that the verb can read */
};

struct cli_verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what; /* one line for help */
};

int cli_run(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_client(int argc, char **argv);
int cli_token(int argc, char **argv);
int cli_reasons(int argc, char **argv);

/* Runs the verb argv[1] names, with argv from there on. `program` is what stands before it, for messages
 * and help: "doorward", "doorward client". No verb: help on stderr, CLI_USAGE; --help or help: on stdout,
 * CLI_FINE; a verb that is none: one line with the nearest, CLI_USAGE. */
int cli_dispatch(const char *program, const struct cli_verb *verbs, size_t n_verbs, int argc,
                 char **argv);

/* -- options.c --------------------------------------------------------------------------------- */

#define CLI_OPERANDS_MAX 8

/* --name, --name VALUE, --name=VALUE, and the same with one dash and the letter. */
struct cli_option {
    const char *name;   /* "data" */
    char letter;        /* 0: none */
    bool *flag;         /* set to true; NULL: the option takes a value */
    const char **value; /* set to the value */
};

struct cli_line {
    const char *usage; /* "doorward client add NAME [--scope SCOPE]...": first line of --help */
    const char *help;  /* what --help says below: lines with their newlines */
    const struct cli_option *options;
    size_t n_options;
    size_t min_operands, max_operands;
    const char *operands[CLI_OPERANDS_MAX]; /* written: what is no option */
    size_t n_operands;                      /* written */
};

#define CLI_GO_ON (-1)

/* Reads argv[1..]. Options and operands mix; after -- all are operands; - is an operand. CLI_GO_ON; or
 * the status to leave with, after help on stdout (--help, -h) or one clear line on stderr. */
DW_MUST_USE int cli_read(struct cli_line *line, int argc, char **argv);

/* The data folder: the flag's value, else $DOORWARD_DATA, else `otherwise`. Empty counts as absent. */
const char *cli_data(const char *flag, const char *otherwise);

/* "doorward: " and the line on stderr, control characters replaced. Returns CLI_FAILED. */
int cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* -- terminal.c: text of strangers, written so that no terminal obeys it ------------------------- */

/* Whether to colour what goes to `file`: a terminal, NO_COLOR unset or empty, TERM not dumb. */
bool cli_has_colour(FILE *file);

/* A JSON string, quotes included. Control, format and bidirectional characters and bytes that are not
 * UTF-8 come escaped. */
void cli_put_json(FILE *file, struct dw_span string);

/* A member of a JSON object on stdout, both texts NUL-terminated, and what follows it. */
void cli_put_member(const char *name, const char *value, const char *after);

/* Like cli_put_json() without quotes, and with " and \ as they are: for a person. */
void cli_put_safe(FILE *file, struct dw_span string);

/* How many columns cli_put_safe() takes, counting one for each character. */
size_t cli_width(struct dw_span string);

#endif
