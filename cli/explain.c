/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "explain_id.h"

#define SECONDS_MAX 600

/* -- The command line ------------------------------------------------------------------------------- */

static const char HELP[] =
    "Says why a request got 401, or something like it: the cause, what shows it, and the fix\n"
    "for whoever calls, builds or visits. It takes whatever is at hand, and sees what it is:\n"
    "a curl -v, -i or --trace transcript, a HAR, a raw request or response, a dump of httpie,\n"
    "wget, requests or Postman, a curl command, a token, a URL, which is fetched without\n"
    "credentials, or the id of a decision of ours. Without FILE the standard input is read.\n"
    "What stands after -- is a curl command: it is run, without a shell.\n\n"
    "  --probe          ask the server again: GET, HEAD and OPTIONS only\n"
    "  --replay         send what was captured, and judge the answer to that\n"
    "  --for WHO        builder, consumer or visitor: the fix for one of them\n"
    "  --json           print JSON\n"
    "  --html FILE      write one page to share, without secrets; - is the standard output\n"
    "  --web            serve a page to paste or drop it into, for this machine only\n"
    "  --show-secrets   do not cover tokens and passwords\n"
    "  --at TIME        now, by the clock here: seconds since 1970 or RFC 3339\n"
    "  -m SECONDS       how long a request may take, redirects included; default 10\n"
    "  -x PROXY         the proxy to ask; default none, whatever the environment says\n"
    "  -c, --config FILE, --data DIR  where decisions of ours are found, as with why\n\n"
    "It leaves with 0 if nothing is wrong, 1 if a cause was found, 2 if not, 3 if the input\n"
    "cannot be read, 4 if the network fails.\n";

struct words {
    const char *at, *seconds;
};

static int refuse(const char *what, const char *value, const char *wanted)
{
    (void)cli_fail("%s %s: it takes %s", what, value, wanted);
    return CLI_USAGE;
}

static int read_words(const struct words *words, struct explain_settings *settings)
{
    int64_t seconds;

    settings->now = (int64_t)time(NULL);
    if (words->at != NULL && !cli_read_time(words->at, settings->now, &settings->now)) {
        return refuse("--at", words->at, "now, seconds since 1970, or 2026-11-21T10:00:00Z");
    }
    if (words->seconds != NULL) {
        if (!cli_read_duration(words->seconds, &seconds) || seconds < 1 || seconds > SECONDS_MAX) {
            return refuse("-m", words->seconds, "seconds, up to 600");
        }
        settings->seconds = (unsigned)seconds;
    }
    if (settings->whom != NULL && strcmp(settings->whom, "builder") != 0 &&
        strcmp(settings->whom, "consumer") != 0 && strcmp(settings->whom, "visitor") != 0) {
        return refuse("--for", settings->whom, "builder, consumer or visitor");
    }
    return CLI_GO_ON;
}

/* Where a command begins: behind --, or with the word curl. */
static int find_command(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            return i + 1;
        }
        if (strcmp(argv[i], "curl") == 0 && access("curl", F_OK) != 0) {
            return i;
        }
    }
    return argc;
}

static int read_line(int argc, char **argv, struct explain_settings *settings)
{
    struct words words = {NULL, NULL};
    const struct cli_option known[] = {{"probe", 0, &settings->probe, NULL},
                                       {"replay", 0, &settings->replay, NULL},
                                       {"for", 0, NULL, &settings->whom},
                                       {"json", 0, &settings->json, NULL},
                                       {"html", 0, NULL, &settings->html},
                                       {"web", 0, &settings->web, NULL},
                                       {"show-secrets", 0, &settings->show_secrets, NULL},
                                       {"at", 0, NULL, &words.at},
                                       {"max-time", 'm', NULL, &words.seconds},
                                       {"proxy", 'x', NULL, &settings->proxy},
                                       {"config", 'c', NULL, &settings->config},
                                       {"data", 0, NULL, &settings->data}};
    struct cli_line line = {
        .usage = "doorward explain [FILE | URL | ID | - | -- curl ARGS...] [OPTION]...",
        .help = HELP,
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .max_operands = 1,
    };
    const int command = find_command(argc, argv);
    const bool is_marked = command > 1 && strcmp(argv[command - 1], "--") == 0;
    const int status = cli_read(&line, is_marked ? command - 1 : command, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    settings->input = line.n_operands > 0 ? line.operands[0] : "-";
    if (command < argc) {
        settings->command = argv + command;
        settings->n_command = (size_t)(argc - command);
    }
    /* `-- FILE`: a name that begins with a dash, as elsewhere. */
    if (settings->n_command == 1 && line.n_operands == 0) {
        settings->input = settings->command[0];
        settings->command = NULL;
    } else if (settings->command != NULL && line.n_operands > 0) {
        (void)cli_fail("%s and a command are two inputs", line.operands[0]);
        return CLI_USAGE;
    }
    return read_words(&words, settings);
}

/* -- The verb --------------------------------------------------------------------------------------- */

static int write_page(const struct explained *explained)
{
    const char *name = explained->settings->html;
    FILE *file = strcmp(name, "-") == 0 ? stdout : fopen(name, "we");
    bool failed;

    if (file == NULL) {
        (void)cli_fail("%s: %s", name, strerror(errno));
        return EXPLAIN_INPUT;
    }
    explain_print_html(file, explained);
    if (file == stdout) {
        return EXPLAIN_HEALTHY;
    }
    failed = ferror(file) != 0;
    failed = fclose(file) != 0 || failed;
    if (failed) {
        (void)cli_fail("%s could not be written", name);
    }
    return failed ? EXPLAIN_INPUT : EXPLAIN_HEALTHY;
}

static int tell(const struct explained *explained)
{
    const struct explain_settings *settings = explained->settings;
    int status = EXPLAIN_HEALTHY;

    if (settings->html != NULL) {
        status = write_page(explained);
    }
    if (settings->json) {
        explain_print_json(stdout, explained);
    } else if (settings->html == NULL || strcmp(settings->html, "-") != 0) {
        explain_print(stdout, explained);
    }
    return status != EXPLAIN_HEALTHY ? status : explain_verdict(explained->diagnosis);
}

static int judge(const struct explain_settings *settings, const struct explain_source *source)
{
    struct capture *capture = source->capture;
    struct diagnosis *diagnosis;
    size_t answered = 1;

    if (diagnosis_make(capture, settings->now, &diagnosis) != 0) {
        (void)cli_fail("out of memory");
        return EXPLAIN_INPUT;
    }
    if (settings->probe) {
        answered = probe_send(capture, diagnosis, settings, source->command);
        if (diagnosis_make(capture, settings->now, &diagnosis) != 0) {
            (void)cli_fail("out of memory");
            return EXPLAIN_INPUT;
        }
    }
    const struct explained explained = {settings, capture, diagnosis, !settings->show_secrets};
    const int status = tell(&explained);
    return answered == 0 && status == EXPLAIN_UNDIAGNOSED ? EXPLAIN_NETWORK : status;
}

int cli_explain(int argc, char **argv)
{
    struct explain_settings settings = {.input = NULL};
    struct explain_source source;
    int status = read_line(argc, argv, &settings);

    if (status != CLI_GO_ON) {
        return status;
    }
    if (settings.web && (settings.command != NULL || strcmp(settings.input, "-") != 0)) {
        (void)cli_fail("--web takes no input: paste or drop it into the page");
        return CLI_USAGE;
    }
    if (settings.web) {
        return explain_web(&settings);
    }
    if (settings.command == NULL && explain_is_id(settings.input)) {
        return explain_decision(settings.input, settings.config, settings.data, settings.json);
    }
    status = explain_open(&settings, &source);
    if (status == EXPLAIN_HEALTHY) {
        status = judge(&settings, &source);
        explain_close(&source);
    }
    return status;
}
