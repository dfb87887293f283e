/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "listing.h"

#define LISTED        20
#define POLL_MS       200
#define PATIENCE      5    /* polls for an entry that is being written */
#define STILL_WRITTEN 1024 /* an entry older than so many is not */
#define REASON_WIDTH  24
#define REQUEST_WIDTH 28
#define SOURCE_WIDTH  15
#define WHO_WIDTH     16

struct listing {
    const struct listing_options *options;
    struct past *past;
    uint64_t next; /* the number of the entry to look at */
    unsigned polls;
    size_t printed;
    int64_t now;
};

/* -- Which --------------------------------------------------------------------------------------- */

bool listing_wants(const struct listing_options *options, const struct recent_entry *entry)
{
    const struct dw_reason_text *reason = dw_reason_text((enum dw_reason)entry->reason);

    if (options->only != DW_REASON_NONE && entry->reason != options->only) {
        return false;
    }
    if (options->reason != NULL &&
        strncmp(reason->name, options->reason, strlen(options->reason)) != 0) {
        return false;
    }
    if (options->status != 0) {
        return entry->status == options->status;
    }
    return options->all || options->reason != NULL || reason->status != 200;
}

/* Where to begin, for the last n that are wanted. */
static uint64_t find_start(const struct listing *listing)
{
    uint64_t total = past_count(listing->past);
    uint64_t number = total, n = 0;
    const uint64_t oldest = past_oldest(total);
    struct recent_entry entry;

    while (number > oldest && n < listing->options->n) {
        number--;
        if (past_look(listing->past, number, &entry, &total) &&
            listing_wants(listing->options, &entry)) {
            n++;
        }
    }
    return number;
}

/* -- One line each ------------------------------------------------------------------------------- */

static const char *find_who(const struct recent_entry *entry)
{
    const char *const names[] = {entry->subject, entry->client, entry->account, entry->credential,
                                 entry->token};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (*names[i] != '\0') {
            return names[i];
        }
    }
    return "-";
}

static void print_row(const struct listing *listing, const struct recent_entry *entry)
{
    char request[sizeof(entry->method) + sizeof(entry->path) + 1];
    char clock[CLI_DATE_SIZE];

    (void)snprintf(request, sizeof(request), "%s %s", entry->method, entry->path);
    (void)printf("%s  %3d  ", cli_clock(entry->at_us / 1000000, listing->now, clock),
                 entry->status);
    cli_put_column(dw_reason_text((enum dw_reason)entry->reason)->name, REASON_WIDTH);
    cli_put_column(request, REQUEST_WIDTH);
    cli_put_column(entry->source, SOURCE_WIDTH);
    cli_put_column(find_who(entry), WHO_WIDTH);
    cli_put_safe(stdout, dw_span_of(entry->id));
    (void)fputc('\n', stdout);
}

/* Who follows reads lines; who does not, one array. */
static void print_object(const struct listing *listing, const struct recent_entry *entry)
{
    const bool is_first = listing->printed == 0;

    if (listing->options->follow) {
        (void)fputc('{', stdout);
    } else {
        (void)fputs(is_first ? "{" : ",\n {", stdout);
    }
    past_put_members(entry);
    past_put_known("wanted", entry->wanted);
    past_put_known("seen", entry->seen);
    (void)fputs(listing->options->follow ? "}\n" : "}", stdout);
}

static void print_entry(struct listing *listing, const struct recent_entry *entry)
{
    if (listing->options->json) {
        print_object(listing, entry);
    } else {
        print_row(listing, entry);
    }
    listing->printed++;
}

/* Prints what is new up to now, or to one that is still being written. */
static void print_new(struct listing *listing)
{
    uint64_t total = past_count(listing->past);
    struct recent_entry entry;

    while (listing->next < total) {
        if (listing->next < past_oldest(total)) {
            listing->next = past_oldest(total);
        }
        const bool found = past_look(listing->past, listing->next, &entry, &total);
        if (!found && listing->polls < PATIENCE && total - listing->next < STILL_WRITTEN) {
            listing->polls++;
            return;
        }
        if (found && listing_wants(listing->options, &entry)) {
            print_entry(listing, &entry);
        }
        listing->polls = 0;
        listing->next++;
    }
}

/* Until the program is ended. */
static int follow(struct listing *listing)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

    for (;;) {
        if (past_renew(listing->past)) {
            listing->next = 0;
        }
        listing->now = (int64_t)time(NULL);
        print_new(listing);
        if (fflush(stdout) != 0) {
            return CLI_FAILED;
        }
        (void)nanosleep(&pause, NULL);
    }
}

static int list(struct listing *listing)
{
    listing->next = find_start(listing);
    if (listing->options->follow) {
        return follow(listing);
    }
    listing->polls = PATIENCE;
    (void)fputs(listing->options->json ? "[" : "", stdout);
    print_new(listing);
    (void)fputs(listing->options->json ? "]\n" : "", stdout);
    if (listing->printed == 0 && !listing->options->json) {
        (void)puts("Nothing of that kind among the decisions of late.");
    }
    return CLI_FINE;
}

/* -- The verb ------------------------------------------------------------------------------------ */

/* Words of the command line that are read further. */
struct words {
    const char *status, *n, *config, *data;
};

/* Up to `max`; -1: it is no such number. */
static long read_number(const char *text, long max)
{
    char *end;
    const long number = strtol(text, &end, 10);

    return *text >= '0' && *text <= '9' && *end == '\0' && number <= max ? number : -1;
}

static int read_numbers(const struct words *words, struct listing_options *options)
{
    const long n = words->n == NULL ? LISTED : read_number(words->n, RECENT_SLOTS);

    if (n < 0) {
        (void)cli_fail("--n %s: expected a number up to %d", words->n, RECENT_SLOTS);
        return CLI_USAGE;
    }
    options->n = (uint64_t)n;
    if (words->status == NULL) {
        return CLI_GO_ON;
    }
    options->status = read_number(words->status, 599);
    if (options->status < 100) {
        (void)cli_fail("--status %s: expected a status such as 401", words->status);
        return CLI_USAGE;
    }
    return CLI_GO_ON;
}

/* Whether there is a reason whose name begins so. */
static bool is_reason(const char *begin)
{
    int i = DW_REASON_NONE + 1;

    while (i < DW_REASONS_END &&
           strncmp(dw_reason_text((enum dw_reason)i)->name, begin, strlen(begin)) != 0) {
        i++;
    }
    return i < DW_REASONS_END;
}

static int read_choice(struct listing_options *options)
{
    if (options->by != NULL && (options->follow || !listing_can_count(options->by))) {
        (void)cli_fail("--by: expected reason, source or route, without --follow");
        return CLI_USAGE;
    }
    if (options->reason == NULL) {
        return CLI_GO_ON;
    }
    options->only = dw_reason_find(dw_span_of(options->reason));
    if (!is_reason(options->reason)) {
        (void)cli_fail("no reason begins with %s; all of them: doorward reasons", options->reason);
        return CLI_USAGE;
    }
    return CLI_GO_ON;
}

static int show(const struct words *words, const struct listing_options *options)
{
    struct listing listing = {.options = options, .now = (int64_t)time(NULL)};
    int status = past_open(words->config, words->data, &listing.past);

    if (status != CLI_FINE) {
        return status;
    }
    if (listing.past->ring == NULL) {
        status = cli_fail("%s: no decisions are kept there yet; what was refused before is in %s",
                          listing.past->place.edge, listing.past->config->log);
    } else if (options->by != NULL) {
        status = listing_count(options, listing.past);
    } else {
        status = list(&listing);
    }
    past_close(listing.past);
    return status;
}

int cli_recent(int argc, char **argv)
{
    struct listing_options options = {.json = false};
    struct words words = {.n = NULL};
    const struct cli_option known[] = {
        {"reason", 0, NULL, &options.reason},   {"status", 0, NULL, &words.status},
        {"follow", 'f', &options.follow, NULL}, {"n", 'n', NULL, &words.n},
        {"all", 0, &options.all, NULL},         {"by", 0, NULL, &options.by},
        {"config", 'c', NULL, &words.config},   {"data", 0, NULL, &words.data},
        {"json", 0, &options.json, NULL},
    };
    struct cli_line line = {
        .usage =
            "doorward recent [--reason ID] [--status N] [--all] [--n N] [--follow | --by WHAT] "
            "[-c FILE] [--data DIR] [--json]",
        .help =
            "Lists what was refused last, the newest at the end: time, status, reason, request,\n"
            "source, who, and the id that doorward why takes.\n\n"
            "  --reason ID        only of this reason; token. stands for all that begin so\n"
            "  --status N         only with this status\n"
            "  --all              also what was let in\n"
            "  -n, --n N          so many; default 20\n"
            "  -f, --follow       go on with what comes, until Ctrl-C\n"
            "  --by WHAT          count instead, by reason, source or route\n"
            "  -c, --config FILE  doorward.yaml; default: what the daemon runs with\n"
            "  --data DIR         the data folder; default $DOORWARD_DATA, else var\n"
            "  --json             print JSON; with --follow, one object in each line\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
    };
    int status = cli_read(&line, argc, argv);

    if (status == CLI_GO_ON) {
        status = read_numbers(&words, &options);
    }
    if (status == CLI_GO_ON) {
        status = read_choice(&options);
    }
    return status == CLI_GO_ON ? show(&words, &options) : status;
}
