/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/*
 * doorward challenge parse: what a WWW-Authenticate field says, read the way a forgiving client reads it,
 * and where it breaks the grammar of RFC 9110 s11.6.1.
 */

#define AROUND 30 /* bytes that are shown on each side of a fault */

/* A field's value, and what was found in it. */
struct value {
    unsigned number; /* from 1 */
    struct dw_span text;
    struct dw_fault fault; /* the first; what NULL: none */
    size_t n_challenges;
};

/* People paste the whole line. */
static struct dw_span drop_name(struct dw_span text)
{
    static const char *const NAMES[] = {"WWW-Authenticate:", "Proxy-Authenticate:"};

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        const struct dw_span name = dw_span_of(NAMES[i]);
        if (text.len >= name.len &&
            dw_span_equal_nocase((struct dw_span){text.at, name.len}, name)) {
            return cli_trim((struct dw_span){text.at + name.len, text.len - name.len});
        }
    }
    return text;
}

/* -- For a program ------------------------------------------------------------------------------ */

static void put_lower(struct dw_span name)
{
    (void)fputc('"', stdout);
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.at[i];
        (void)fputc(c >= 'A' && c <= 'Z' ? c | 0x20 : c, stdout);
    }
    (void)fputs("\": ", stdout);
}

static void put_unescaped(const struct dw_param *param, void (*put)(FILE *, struct dw_span))
{
    char *room = malloc(param->value.len + 1);
    size_t len = 0;

    if (room != NULL && dw_param_unescape(param, room, param->value.len + 1, &len) == 0) {
        put(stdout, (struct dw_span){room, len});
    } else {
        put(stdout, param->value);
    }
    free(room);
}

static void put_challenge_json(const struct value *value, const struct dw_challenge *challenge)
{
    (void)fputs("{\"scheme\": ", stdout);
    cli_put_json(stdout, challenge->scheme);
    (void)fputs(", \"token68\": ", stdout);
    if (challenge->token68.at != NULL) {
        cli_put_json(stdout, challenge->token68);
    } else {
        (void)fputs("null", stdout);
    }
    (void)fputs(", \"params\": {", stdout);
    for (size_t i = 0; i < challenge->n_params; i++) {
        (void)fputs(i > 0 ? ", " : "", stdout);
        put_lower(challenge->params[i].name);
        put_unescaped(&challenge->params[i], cli_put_json);
    }
    (void)printf("}, \"value\": %u}", value->number);
}

static void put_fault_json(const struct value *value, bool first)
{
    (void)printf("%s{\"value\": %u, \"at\": %zu, \"what\": ", first ? "" : ", ", value->number,
                 value->fault.at);
    cli_put_json(stdout, dw_span_of(value->fault.what));
    (void)fputc('}', stdout);
}

/* -- For a person ------------------------------------------------------------------------------- */

static void put_challenge(const struct dw_challenge *challenge)
{
    size_t widest = 0;

    for (size_t i = 0; i < challenge->n_params; i++) {
        const size_t width = cli_width(challenge->params[i].name);
        widest = width > widest ? width : widest;
    }
    cli_put_safe(stdout, challenge->scheme);
    (void)fputc('\n', stdout);
    if (challenge->token68.at != NULL) {
        (void)fputs("  token68  ", stdout);
        cli_put_safe(stdout, challenge->token68);
        (void)fputc('\n', stdout);
    }
    for (size_t i = 0; i < challenge->n_params; i++) {
        const struct dw_param *param = &challenge->params[i];
        (void)fputs("  ", stdout);
        cli_put_safe(stdout, param->name);
        (void)printf("%*s", (int)(widest - cli_width(param->name) + 2), "");
        put_unescaped(param, cli_put_safe);
        (void)fputc('\n', stdout);
    }
}

/* The value's own bytes, and a caret below the one that cannot stand there. */
static void put_fault(const struct value *value)
{
    const size_t at = value->fault.at < value->text.len ? value->fault.at : value->text.len;
    const size_t from = at > AROUND ? at - AROUND : 0;
    const size_t to = value->text.len - at > AROUND ? at + AROUND : value->text.len;
    const struct dw_span before = {value->text.at + from, at - from};

    (void)printf("breaks RFC 9110 s11.6.1 at byte %zu: %s\n  ", value->fault.at + 1,
                 value->fault.what);
    cli_put_safe(stdout, (struct dw_span){value->text.at + from, to - from});
    (void)printf("\n  %*s^\n", (int)cli_width(before), "");
}

/* -- Reading ------------------------------------------------------------------------------------ */

/* A lenient reader notes the first fault of each challenge; the first of all is the one to mend. */
static void note(struct value *value, const struct dw_fault *fault)
{
    if (value->fault.what == NULL && fault->what != NULL) {
        value->fault = *fault;
    }
}

static void read_value(struct value *value, bool json, size_t *n_before)
{
    struct dw_challenge_reader reader;
    struct dw_challenge challenge;
    struct dw_fault fault = {0, NULL};
    int error;

    dw_challenge_reader_init(&reader, value->text, true);
    for (;;) {
        error = dw_challenge_next(&reader, &challenge, &fault);
        if (error != 0) {
            break;
        }
        note(value, &fault);
        value->n_challenges++;
        if (json) {
            (void)fputs(*n_before > 0 ? ", " : "", stdout);
            put_challenge_json(value, &challenge);
        } else {
            put_challenge(&challenge);
        }
        (*n_before)++;
    }
    if (error == DW_ERR_SIZE) {
        fault = (struct dw_fault){0, "this is longer, or has more parameters, than any challenge"};
    }
    note(value, &fault);
    if (value->n_challenges == 0 && value->fault.what == NULL) {
        value->fault = (struct dw_fault){0, "a scheme was expected"};
    }
}

static size_t read_values(struct value *values, size_t n, bool json)
{
    size_t n_faults = 0;
    size_t n_before = 0;

    (void)fputs(json ? "{\"challenges\": [" : "", stdout);
    for (size_t i = 0; i < n; i++) {
        read_value(&values[i], json, &n_before);
        if (values[i].fault.what != NULL && !json) {
            put_fault(&values[i]);
        }
    }
    (void)fputs(json ? "], \"faults\": [" : "", stdout);
    for (size_t i = 0; i < n; i++) {
        if (values[i].fault.what == NULL) {
            continue;
        }
        if (json) {
            put_fault_json(&values[i], n_faults == 0);
        }
        n_faults++;
    }
    (void)fputs(json ? "]}\n" : "", stdout);
    return n_faults;
}

static int parse(const struct cli_line *line, bool json)
{
    struct value values[CLI_OPERANDS_MAX] = {{0}};
    size_t n_challenges = 0;

    for (size_t i = 0; i < line->n_operands; i++) {
        values[i].number = (unsigned)i + 1;
        values[i].text = drop_name(cli_trim(dw_span_of(line->operands[i])));
    }
    const size_t n_faults = read_values(values, line->n_operands, json);
    for (size_t i = 0; i < line->n_operands; i++) {
        n_challenges += values[i].n_challenges;
    }
    if (n_challenges == 0) {
        return CLI_INPUT;
    }
    return n_faults > 0 ? CLI_FAILED : CLI_FINE;
}

static int challenge_parse(int argc, char **argv)
{
    bool json = false;
    const struct cli_option known[] = {{"json", 0, &json, NULL}};
    struct cli_line line = {
        .usage = "doorward challenge parse [--json] VALUE...",
        .help =
            "Prints each challenge of WWW-Authenticate values, as a forgiving client reads them,\n"
            "and where a value breaks the grammar (RFC 9110 s11.6.1). A value may come with its\n"
            "field's name before it. Separate fields are separate words.\n\n"
            "  --json  print JSON: challenges, with their parameters by name in small letters,\n"
            "          and faults, whose `at` counts bytes from 0\n\n"
            "Exit status: 0 all sound, 1 something breaks the grammar, 3 no challenge at all.\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = CLI_OPERANDS_MAX,
    };
    const int status = cli_read(&line, argc, argv);

    return status != CLI_GO_ON ? status : parse(&line, json);
}

int cli_challenge(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"parse", challenge_parse,
         "print what a WWW-Authenticate field says, and where it is broken"},
    };

    return cli_dispatch("doorward challenge", VERBS, sizeof(VERBS) / sizeof(VERBS[0]), argc, argv);
}
