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
int cli_user(int argc, char **argv);
int cli_user_list(int argc, char **argv);   /* "user list" */
int cli_user_import(int argc, char **argv); /* "user import" */
int cli_apikey(int argc, char **argv);
int cli_apikey_list(int argc, char **argv); /* "apikey list" */
int cli_session(int argc, char **argv);
int cli_revoke(int argc, char **argv);
int cli_token(int argc, char **argv);
int cli_challenge(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_watch(int argc, char **argv);
int cli_why(int argc, char **argv);
int cli_recent(int argc, char **argv);
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

/* -- password.c --------------------------------------------------------------------------------- */

/* Reads a password into `buffer`, which is to be wiped: twice from a terminal, without showing it; else,
 * if `from_input`, the standard input less a newline at its end. `for_whom` is named where it is asked
 * for. CLI_FINE, or another status after one clear line on stderr. */
DW_MUST_USE int cli_read_password(const char *for_whom, bool from_input, char *buffer, size_t size,
                                  struct dw_span *password);

/* -- when.c: times and durations ---------------------------------------------------------------- */

#define CLI_DATE_SIZE 32

/* A time as a person here reads it, into `date`, which is returned; `never` for 0. */
const char *cli_date(int64_t at, const char *never, char date[CLI_DATE_SIZE]);

/* "2026-11-21T12:07:12", into `date`, which is returned; beyond the calendar, the number. */
const char *cli_utc(int64_t at, char date[CLI_DATE_SIZE]);

/* "12:07:12Z", with the day before it where that is not the one of `now`. */
const char *cli_clock(int64_t at, int64_t now, char date[CLI_DATE_SIZE]);

/* How far apart two times are: "7 min 12 s", into `words`, which is returned. */
const char *cli_apart(int64_t a, int64_t b, char words[CLI_DATE_SIZE]);

/* A time as a member of a JSON object on stdout, and what follows it; null for 0. */
void cli_put_time(const char *member, int64_t at, const char *after);

/* "now", seconds since 1970, or as RFC 3339 writes it. */
DW_MUST_USE bool cli_read_time(const char *text, int64_t now, int64_t *time);

/* Seconds; or a whole number and s, m, h or d behind it. Up to a hundred years. */
DW_MUST_USE bool cli_read_duration(const char *text, int64_t *seconds);

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

/* Without white space at both ends, line ends too. */
struct dw_span cli_trim(struct dw_span text);

/* The text on stdout, and spaces up to `width` columns and two more. */
void cli_put_column(const char *text, size_t width);

/* The width a column needs that already needs `width` for others. */
size_t cli_widest(size_t width, const char *text);

/* The words of a text of our own or a stranger's, and a newline: wrapped at 80 columns, every line but the
 * first indented. `column` is where the first begins. -- wrap.c */
void cli_put_wrapped(FILE *file, size_t indent, size_t column, const char *text);

/* How many columns cli_put_safe() takes, counting one for each character. */
size_t cli_width(struct dw_span string);

#endif
