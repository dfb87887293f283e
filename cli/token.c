/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "config.h"
#include "inspection.h"
#include "material.h"

#define SCHEME          "Bearer"
#define ROOM_FOR_BLANKS 1024 /* and for the scheme */
#define SECRET_MAX      2048

struct inspect_options {
    const char *config;
    const char *data;
    const char *jwks;        /* a file or a URL */
    const char *secret_file; /* of an HMAC secret */
    const char *expect;
    bool json;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* People paste what stands in the field; it is the token they mean. */
static struct dw_span drop_scheme(struct dw_span text)
{
    const size_t len = sizeof(SCHEME) - 1;

    if (text.len <= len || !is_blank(text.at[len]) ||
        !dw_span_equal_nocase((struct dw_span){text.at, len}, DW_SPAN(SCHEME))) {
        return text;
    }
    (void)fputs("doorward: left out the \"" SCHEME "\" before the token\n", stderr);
    return cli_trim((struct dw_span){text.at + len, text.len - len});
}

/* -- What it is held against ------------------------------------------------------------------- */

static int hold_against_keys(struct inspection *inspection, const struct inspect_options *options)
{
    char *text;
    size_t len;
    const int status = material_read(options->jwks, DW_JWKS_MAX, &text, &len);

    if (status != CLI_FINE) {
        return status;
    }
    proof_by_keys(inspection->token, (struct dw_span){text, len}, &inspection->proof);
    material_free(text, len);
    return CLI_FINE;
}

static int hold_against_secret(struct inspection *inspection, const struct inspect_options *options)
{
    char *text;
    size_t len;
    const int status = material_read(options->secret_file, SECRET_MAX, &text, &len);

    if (status != CLI_FINE) {
        return status;
    }
    proof_by_secret(inspection->token, (struct dw_span){text, len}, &inspection->proof);
    material_free(text, len);
    return CLI_FINE;
}

static int hold_against_expected(struct inspection *inspection, const char *expect)
{
    const struct json *header = inspection->header.is_object ? &inspection->header.json : NULL;
    const struct json *claims = inspection->claims.is_object ? &inspection->claims.json : NULL;

    if (!expectations_read(expect, inspection->expected, &inspection->n_expected)) {
        (void)cli_fail("--expect takes NAME=VALUE, with commas between several, up to %d",
                       PROOF_EXPECTED_MAX);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < inspection->n_expected; i++) {
        expectation_judge(header, claims, &inspection->expected[i]);
    }
    return CLI_FINE;
}

static int hold_against(struct inspection *inspection, const struct inspect_options *options)
{
    int status = CLI_FINE;

    if (options->jwks != NULL) {
        status = hold_against_keys(inspection, options);
    } else if (options->secret_file != NULL) {
        status = hold_against_secret(inspection, options);
    }
    if (status == CLI_FINE && options->expect != NULL) {
        status = hold_against_expected(inspection, options->expect);
    }
    return status;
}

static int print(const struct inspection *inspection, bool json)
{
    if (json) {
        inspection_print_json(stdout, inspection);
    } else {
        inspection_print(stdout, inspection);
    }
    if (!inspection_has_content(inspection)) {
        return CLI_INPUT;
    }
    return inspection_has_failed(inspection) ? CLI_FAILED : CLI_FINE;
}

static int judge(struct dw_span token, const struct dw_policy *policy,
                 const struct inspect_options *options)
{
    struct inspection *inspection =
        inspection_new(token, policy, options->config, (int64_t)time(NULL));
    int status;

    if (inspection == NULL) {
        return cli_fail("out of memory");
    }
    status = hold_against(inspection, options);
    if (status == CLI_FINE) {
        status = print(inspection, options->json);
    }
    inspection_free(inspection);
    return status;
}

/* -- Reading it ---------------------------------------------------------------------------------- */

static int inspect(struct dw_span input, const struct inspect_options *options)
{
    const struct config_flags flags = {.data = cli_data(options->data, NULL)};
    const struct dw_span token = drop_scheme(cli_trim(input));
    struct config *config = NULL;
    struct complaint why;
    int status;

    if (token.len == 0) {
        (void)cli_fail("there is no token: give it as a word, or on the standard input");
        return CLI_INPUT;
    }
    if (token.len > INSPECTION_TOKEN_MAX) {
        (void)cli_fail("that is no token: it has more than %d bytes", INSPECTION_TOKEN_MAX);
        return CLI_INPUT;
    }
    if (options->config != NULL && config_read(options->config, &flags, &config, &why) != 0) {
        (void)cli_fail("%s", why.text);
        return CLI_INPUT;
    }
    status = judge(token, config != NULL ? &config->policy : NULL, options);
    config_free(config);
    return status;
}

static int inspect_standard_input(const struct inspect_options *options)
{
    const size_t size = (size_t)INSPECTION_TOKEN_MAX + ROOM_FOR_BLANKS;
    char *input = malloc(size);
    size_t len;
    int status;

    if (input == NULL) {
        return cli_fail("out of memory");
    }
    if (isatty(STDIN_FILENO) == 1) {
        (void)fputs("Paste the token, then press Ctrl-D on a line of its own.\n", stderr);
    }
    len = fread(input, 1, size, stdin);
    if (ferror(stdin) != 0) {
        (void)cli_fail("the standard input cannot be read");
        status = CLI_INPUT;
    } else {
        status = inspect((struct dw_span){input, len}, options);
    }
    dw_secret_wipe(input, size);
    free(input);
    return status;
}

static int token_inspect(int argc, char **argv)
{
    struct inspect_options options = {.json = false};
    const struct cli_option known[] = {
        {"config", 'c', NULL, &options.config}, {"data", 0, NULL, &options.data},
        {"jwks", 0, NULL, &options.jwks},       {"secret-file", 0, NULL, &options.secret_file},
        {"expect", 0, NULL, &options.expect},   {"json", 0, &options.json, NULL}};
    struct cli_line line = {
        .usage = "doorward token inspect [TOKEN|-] [--jwks FILE|URL | --secret-file FILE] "
                 "[--expect NAME=VALUE,...] [-c FILE] [--data DIR] [--json]",
        .help =
            "Prints a token's header and claims, and what would fail here and why. Reads the\n"
            "standard input for - and without TOKEN. The signature is not printed, and the\n"
            "token is sent nowhere.\n\n"
            "  --jwks FILE|URL     verify the signature with these keys, and name the step that\n"
            "                      fails\n"
            "  --secret-file FILE  say whether, and read how, this HMAC secret fits: raw, "
            "trimmed,\n"
            "                      base64, base64url or hexadecimal\n"
            "  --expect N=V,...    say whether the claims have these values: aud=x,iss=y; one of\n"
            "                      the header goes by header.typ\n"
            "  -c, --config FILE   compare issuer, audience and algorithm with this one's\n"
            "  --data DIR          the data folder the configuration is read with\n"
            "  --json              print JSON\n\n"
            "Exit status: 0 no problem found, 1 a problem found, 3 no token could be read.\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    if (line.n_operands == 0 || strcmp(line.operands[0], "-") == 0) {
        return inspect_standard_input(&options);
    }
    return inspect(dw_span_of(line.operands[0]), &options);
}

int cli_token(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"inspect", token_inspect, "print header and claims, and what would fail here"},
    };

    return cli_dispatch("doorward token", VERBS, sizeof(VERBS) / sizeof(VERBS[0]), argc, argv);
}
