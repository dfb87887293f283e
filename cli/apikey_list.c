/* SPDX-License-Identifier: Apache-2.0 */
#include "authority.h"

const char *apikey_state(const struct store_apikey *key, int64_t now)
{
    switch ((int)apikey_judge(key, now)) {
    case DW_APIKEY_REVOKED:
        return "revoked";
    case DW_APIKEY_ROTATED:
        return "rotated";
    case DW_APIKEY_EXPIRED:
        return "expired";
    default:
        return key->successor[0] != '\0' ? "ending" : "good";
    }
}

struct list_options {
    const char *config, *data, *owner;
    bool json;
};

struct listing {
    bool json;
    int64_t now;
    size_t n;
    size_t owner_width, scope_width;
};

static void measure(void *context, const struct store_apikey *key)
{
    struct listing *listing = context;

    listing->owner_width = cli_widest(listing->owner_width, key->owner);
    listing->scope_width = cli_widest(listing->scope_width, key->scope);
}

static void put_dates(const struct store_apikey *key)
{
    const size_t width = sizeof("2026-11-21 10:00") - 1;
    char date[CLI_DATE_SIZE];

    cli_put_column(cli_date(key->created, "", date), width);
    cli_put_column(cli_date(key->expires, "never", date), width);
    cli_put_column(cli_date(key->used, "never", date), width);
}

static void print_row(const struct listing *listing, const struct store_apikey *key)
{
    cli_put_column(key->id, DW_APIKEY_ID);
    cli_put_column(key->owner, listing->owner_width);
    cli_put_column(key->scope, listing->scope_width);
    put_dates(key);
    (void)puts(apikey_state(key, listing->now));
}

static void print_heading(const struct listing *listing)
{
    const size_t width = sizeof("2026-11-21 10:00") - 1;

    cli_put_column("id", DW_APIKEY_ID);
    cli_put_column("owner", listing->owner_width);
    cli_put_column("scope", listing->scope_width);
    cli_put_column("created", width);
    cli_put_column("expires", width);
    cli_put_column("last used", width);
    (void)puts("state");
}

static void print_object(const struct listing *listing, const struct store_apikey *key)
{
    (void)fputs(listing->n == 0 ? "{" : ",\n {", stdout);
    cli_put_member("id", key->id, ",");
    cli_put_member("owner", key->owner, ",");
    cli_put_member("scope", key->scope, ",");
    cli_put_time("created", key->created, ",");
    cli_put_time("expires", key->expires, ",");
    cli_put_time("used", key->used, ",");
    if (key->successor[0] != '\0') {
        cli_put_member("successor", key->successor, ",");
    }
    cli_put_member("state", apikey_state(key, listing->now), "}");
}

static void print_key(void *context, const struct store_apikey *key)
{
    struct listing *listing = context;

    if (listing->json) {
        print_object(listing, key);
    } else {
        if (listing->n == 0) {
            print_heading(listing);
        }
        print_row(listing, key);
    }
    listing->n++;
}

static int list_keys(const struct authority *authority, const struct list_options *options)
{
    struct listing listing = {.json = options->json,
                              .now = authority->now,
                              .owner_width = sizeof("owner") - 1,
                              .scope_width = sizeof("scope") - 1};
    struct complaint why;
    int status = CLI_FINE;

    (void)fputs(options->json ? "[" : "", stdout);
    if (store_apikey_list(authority->store, options->owner, measure, &listing, &why) != 0 ||
        store_apikey_list(authority->store, options->owner, print_key, &listing, &why) != 0) {
        status = cli_fail("%s", why.text);
    }
    (void)fputs(options->json ? "]\n" : "", stdout);
    if (listing.n == 0 && !options->json && status == CLI_FINE && options->owner != NULL) {
        (void)puts("No keys of that owner.");
    } else if (listing.n == 0 && !options->json && status == CLI_FINE) {
        (void)puts("No keys yet. Make one: doorward apikey add --owner NAME --scope \"SCOPE ...\"");
    }
    return status;
}

int cli_apikey_list(int argc, char **argv)
{
    struct list_options options = {.json = false};
    const struct cli_option known[] = {{"config", 'c', NULL, &options.config},
                                       {"data", 0, NULL, &options.data},
                                       {"json", 0, &options.json, NULL},
                                       {"owner", 0, NULL, &options.owner}};
    struct cli_line line = {
        .usage = "doorward apikey list [--owner NAME] [-c FILE] [--data DIR] [--json]",
        .help = "Prints id, owner, scope, creation, end, last use and state of every key.\n\n"
                "  --owner NAME       of those of one owner alone\n"
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
        status = list_keys(authority, &options);
        authority_close(authority);
    }
    return status;
}
