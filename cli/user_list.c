/* SPDX-License-Identifier: Apache-2.0 */
#include "authority.h"

struct list_options {
    const char *config, *data;
    bool json;
};

struct listing {
    bool json;
    size_t n;
    size_t name_width, scope_width;
};

static void measure(void *context, const struct store_user *user)
{
    struct listing *listing = context;

    listing->name_width = cli_widest(listing->name_width, user->name);
    listing->scope_width = cli_widest(listing->scope_width, user->scope);
}

static void print_row(const struct listing *listing, const struct store_user *user)
{
    char date[CLI_DATE_SIZE];

    cli_put_column(user->name, listing->name_width);
    cli_put_column(user->scope, listing->scope_width);
    cli_put_column(user->realm[0] != '\0' ? "basic, digest" : "basic", sizeof("basic, digest") - 1);
    (void)puts(cli_date(user->changed, "", date));
}

static void print_object(const struct listing *listing, const struct store_user *user)
{
    (void)fputs(listing->n == 0 ? "{" : ",\n {", stdout);
    cli_put_member("name", user->name, ",");
    cli_put_member("scope", user->scope, ",");
    (void)printf("\"digest\":%s,\"created\":%lld,\"changed\":%lld}",
                 user->realm[0] != '\0' ? "true" : "false", (long long)user->created,
                 (long long)user->changed);
}

static void print_user(void *context, const struct store_user *user)
{
    struct listing *listing = context;

    if (listing->json) {
        print_object(listing, user);
    } else {
        print_row(listing, user);
    }
    listing->n++;
}

static int list_users(const struct authority *authority, const struct list_options *options)
{
    struct listing listing = {.json = options->json};
    struct complaint why;
    int status = CLI_FINE;

    (void)fputs(options->json ? "[" : "", stdout);
    if (store_user_list(authority->store, measure, &listing, &why) != 0 ||
        store_user_list(authority->store, print_user, &listing, &why) != 0) {
        status = cli_fail("%s", why.text);
    }
    (void)fputs(options->json ? "]\n" : "", stdout);
    if (listing.n == 0 && !options->json && status == CLI_FINE) {
        (void)puts("No users yet. Add one: doorward user add NAME --scope \"SCOPE ...\"");
    }
    return status;
}

int cli_user_list(int argc, char **argv)
{
    struct list_options options = {.json = false};
    const struct cli_option known[] = {{"config", 'c', NULL, &options.config},
                                       {"data", 0, NULL, &options.data},
                                       {"json", 0, &options.json, NULL}};
    struct cli_line line = {
        .usage = "doorward user list [-c FILE] [--data DIR] [--json]",
        .help = "Prints name, scope, schemes and time of the last change of every user.\n\n"
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
        status = list_users(authority, &options);
        authority_close(authority);
    }
    return status;
}
