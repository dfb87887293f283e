/* SPDX-License-Identifier: Apache-2.0 */
#include "authority.h"

struct session_options {
    const char *config, *data, *user;
    bool json;
};

struct listing {
    const struct authority *authority;
    bool json;
    size_t n;
    size_t user_width;
};

/* One nobody has used for too long is no session any more, though its record still is there. */
static bool is_over(const struct listing *listing, const struct store_session *session)
{
    const struct authority *authority = listing->authority;

    return session_judge(session, authority->config->schemes.idle, authority->now) !=
           DW_REASON_NONE;
}

static void measure(void *context, const struct store_session *session)
{
    struct listing *listing = context;

    listing->user_width = cli_widest(listing->user_width, session->user);
}

static void print_row(const struct listing *listing, const struct store_session *session)
{
    const size_t width = sizeof("2026-11-21 10:00") - 1;
    char date[CLI_DATE_SIZE];

    if (listing->n == 0) {
        cli_put_column("id", STORE_SESSION_ID);
        cli_put_column("user", listing->user_width);
        cli_put_column("signed in", width);
        cli_put_column("last used", width);
        (void)puts("ends");
    }
    cli_put_column(session->id, STORE_SESSION_ID);
    cli_put_column(session->user, listing->user_width);
    cli_put_column(cli_date(session->created, "", date), width);
    cli_put_column(cli_date(session->used, "", date), width);
    (void)puts(cli_date(session->expires, "", date));
}

static void print_object(const struct listing *listing, const struct store_session *session)
{
    (void)fputs(listing->n == 0 ? "{" : ",\n {", stdout);
    cli_put_member("id", session->id, ",");
    cli_put_member("user", session->user, ",");
    (void)printf("\"created\":%lld,\"used\":%lld,\"expires\":%lld}", (long long)session->created,
                 (long long)session->used, (long long)session->expires);
}

static void print_session(void *context, const struct store_session *session)
{
    struct listing *listing = context;

    if (is_over(listing, session)) {
        return;
    }
    if (listing->json) {
        print_object(listing, session);
    } else {
        print_row(listing, session);
    }
    listing->n++;
}

static int list_sessions(const struct authority *authority, const struct session_options *options)
{
    struct listing listing = {
        .authority = authority, .json = options->json, .user_width = sizeof("user") - 1};
    struct complaint why;
    int status = CLI_FINE;

    (void)fputs(options->json ? "[" : "", stdout);
    if (store_session_list(authority->store, options->user, authority->now, measure, &listing,
                           &why) != 0 ||
        store_session_list(authority->store, options->user, authority->now, print_session, &listing,
                           &why) != 0) {
        status = cli_fail("%s", why.text);
    }
    (void)fputs(options->json ? "]\n" : "", stdout);
    if (listing.n == 0 && !options->json && status == CLI_FINE) {
        (void)puts("Nobody is signed in.");
    }
    return status;
}

static int session_list(int argc, char **argv)
{
    struct session_options options = {.json = false};
    const struct cli_option known[] = {{"config", 'c', NULL, &options.config},
                                       {"data", 0, NULL, &options.data},
                                       {"json", 0, &options.json, NULL},
                                       {"user", 0, NULL, &options.user}};
    struct cli_line line = {
        .usage = "doorward session list [--user NAME] [-c FILE] [--data DIR] [--json]",
        .help = "Prints id, user, begin, last use and end of every session. Ended with\n"
                "doorward revoke --session ID.\n\n"
                "  --user NAME        of those of one user alone\n"
                "  -c, --config FILE  doorward.yaml; default: what the daemon runs with\n"
                "  --data DIR         the data folder; default $DOORWARD_DATA, else var\n"
                "  --json             print JSON\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
    };
    struct authority *authority;
    int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    status = authority_find(options.config, options.data, &authority);
    if (status == CLI_FINE) {
        status = list_sessions(authority, &options);
        authority_close(authority);
    }
    return status;
}

int cli_session(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"list", session_list, "list who is signed in"},
    };

    return cli_dispatch("doorward session", VERBS, sizeof(VERBS) / sizeof(VERBS[0]), argc, argv);
}
