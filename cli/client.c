/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "cli.h"
#include "issuer.h"
#include "store.h"

#define COMMON_HELP                                                     \
    "\n"                                                                \
    "  --data DIR  the data folder; default $DOORWARD_DATA, else var\n" \
    "  --json      print JSON\n"

struct client_options {
    const char *data, *scope;
    bool json;
};

static int open_store(const struct client_options *options, struct store **store)
{
    struct complaint why;

    if (store_open(cli_data(options->data, "var"), store, &why) != 0) {
        return cli_fail("%s", why.text);
    }
    return CLI_FINE;
}

/* -- add ---------------------------------------------------------------------------------------- */

static void print_added(const struct store_client *client, const char *secret, bool json)
{
    if (json) {
        (void)fputc('{', stdout);
        cli_put_member("client_id", client->id, ",");
        cli_put_member("client_secret", secret, ",");
        cli_put_member("name", client->name, ",");
        cli_put_member("scope", client->scope, "}\n");
        return;
    }
    (void)printf("client_id      %s\nclient_secret  %s\nscope          %s\n\n", client->id, secret,
                 client->scope);
    (void)puts("The secret is shown this once: only its hash is kept.");
}

static int add_client(const struct client_options *options, const char *name)
{
    const char *scope = options->scope != NULL ? options->scope : "";
    char secret[ISSUER_SECRET_SIZE];
    struct store_client client;
    struct complaint why;
    struct store *store;
    int status = open_store(options, &store);

    if (status != CLI_FINE) {
        return status;
    }
    switch (issuer_client_add(store, name, scope, (int64_t)time(NULL), &client, secret, &why)) {
    case 0:
        print_added(&client, secret, options->json);
        dw_secret_wipe(secret, sizeof(secret));
        break;
    case 1:
        status = cli_fail("there is a client named %s already", name);
        break;
    default:
        status = cli_fail("%s", why.text);
    }
    store_close(store);
    return status;
}

static int client_add(int argc, char **argv)
{
    struct client_options options = {.json = false};
    const struct cli_option known[] = {{"scope", 0, NULL, &options.scope},
                                       {"data", 0, NULL, &options.data},
                                       {"json", 0, &options.json, NULL}};
    struct cli_line line = {
        .usage = "doorward client add NAME [--scope \"SCOPE ...\"] [--data DIR] [--json]",
        .help = "Adds a client and prints its id and, this once, its secret.\n\n"
                "  --scope S   what its tokens may hold: words separated by spaces" COMMON_HELP,
        .options = known,
        .n_options = 3,
        .min_operands = 1,
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    return status != CLI_GO_ON ? status : add_client(&options, line.operands[0]);
}

/* -- list --------------------------------------------------------------------------------------- */

struct listing {
    bool json;
    size_t n;
    size_t name_width, scope_width;
};

static void measure(void *context, const struct store_client *client)
{
    struct listing *listing = context;

    listing->name_width = cli_widest(listing->name_width, client->name);
    listing->scope_width = cli_widest(listing->scope_width, client->scope);
}

static void print_row(const struct listing *listing, const struct store_client *client)
{
    char date[CLI_DATE_SIZE];

    cli_put_column(client->name, listing->name_width);
    cli_put_column(client->id, 0);
    cli_put_column(client->scope, listing->scope_width);
    (void)puts(cli_date(client->created, "", date));
}

static void print_object(const struct listing *listing, const struct store_client *client)
{
    (void)fputs(listing->n == 0 ? "{" : ",\n {", stdout);
    cli_put_member("client_id", client->id, ",");
    cli_put_member("name", client->name, ",");
    cli_put_member("scope", client->scope, ",");
    (void)printf("\"created\":%lld}", (long long)client->created);
}

static void print_client(void *context, const struct store_client *client)
{
    struct listing *listing = context;

    if (listing->json) {
        print_object(listing, client);
    } else {
        print_row(listing, client);
    }
    listing->n++;
}

static int list_clients(const struct client_options *options)
{
    struct listing listing = {.json = options->json};
    struct complaint why;
    struct store *store;
    int status = open_store(options, &store);

    if (status != CLI_FINE) {
        return status;
    }
    (void)fputs(options->json ? "[" : "", stdout);
    if (store_client_list(store, measure, &listing, &why) != 0 ||
        store_client_list(store, print_client, &listing, &why) != 0) {
        status = cli_fail("%s", why.text);
    }
    (void)fputs(options->json ? "]\n" : "", stdout);
    if (listing.n == 0 && !options->json && status == CLI_FINE) {
        (void)puts("No clients yet. Add one: doorward client add NAME --scope \"SCOPE ...\"");
    }
    store_close(store);
    return status;
}

static int client_list(int argc, char **argv)
{
    struct client_options options = {.json = false};
    const struct cli_option known[] = {{"data", 0, NULL, &options.data},
                                       {"json", 0, &options.json, NULL}};
    struct cli_line line = {
        .usage = "doorward client list [--data DIR] [--json]",
        .help = "Prints name, id, scope and time of creation of every client.\n" COMMON_HELP,
        .options = known,
        .n_options = 2,
    };
    const int status = cli_read(&line, argc, argv);

    return status != CLI_GO_ON ? status : list_clients(&options);
}

/* -- remove ------------------------------------------------------------------------------------- */

static int remove_client(const struct client_options *options, const char *which)
{
    struct complaint why;
    struct store *store;
    int status = open_store(options, &store);

    if (status != CLI_FINE) {
        return status;
    }
    switch (store_client_remove(store, which, &why)) {
    case 0:
        break;
    case 1:
        status = cli_fail("there is no client %s; see doorward client list", which);
        break;
    default:
        status = cli_fail("%s", why.text);
    }
    store_close(store);
    if (status != CLI_FINE) {
        return status;
    }
    if (options->json) {
        (void)fputc('{', stdout);
        cli_put_member("removed", which, "}\n");
    } else {
        (void)puts("Removed. Tokens it holds stay good until they expire.");
    }
    return CLI_FINE;
}

static int client_remove(int argc, char **argv)
{
    struct client_options options = {.json = false};
    const struct cli_option known[] = {{"data", 0, NULL, &options.data},
                                       {"json", 0, &options.json, NULL}};
    struct cli_line line = {
        .usage = "doorward client remove NAME|ID [--data DIR] [--json]",
        .help = "Removes a client: from now on it gets no token.\n" COMMON_HELP,
        .options = known,
        .n_options = 2,
        .min_operands = 1,
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    return status != CLI_GO_ON ? status : remove_client(&options, line.operands[0]);
}

/* ----------------------------------------------------------------------------------------------- */

int cli_client(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"add", client_add, "add a client and print its id and secret"},
        {"list", client_list, "list the clients"},
        {"remove", client_remove, "remove a client"},
    };

    return cli_dispatch("doorward client", VERBS, sizeof(VERBS) / sizeof(VERBS[0]), argc, argv);
}
