/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "authority.h"

#define COMMON_USAGE " [-c FILE] [--data DIR] [--json]"
#define COMMON_HELP                                                                               \
    "\n"                                                                                          \
    "  -c, --config FILE  doorward.yaml; default: what the daemon of the data folder runs with\n" \
    "  --data DIR         the data folder; default $DOORWARD_DATA, else var\n"                    \
    "  --json             print JSON\n"
#define OVERLAP "24h"

struct apikey_options {
    const char *config, *data, *owner, *scope, *expires, *overlap;
    bool json;
    int64_t seconds; /* what --expires or --overlap say */
};

#define COMMON_OPTIONS(options)                                                   \
    {"config", 'c', NULL, &(options).config}, {"data", 0, NULL, &(options).data}, \
    {                                                                             \
        "json", 0, &(options).json, NULL                                          \
    }

static const char *key_prefix(const struct authority *authority)
{
    return authority->config->policy.schemes.apikey.prefix;
}

/* -- add ---------------------------------------------------------------------------------------- */

/* `old` is the key this one takes the place of, and is good until `until`; NULL: of none. */
static void print_new(const struct store_apikey *record, const char *key, const char *old,
                      int64_t until, bool json)
{
    char date[CLI_DATE_SIZE];

    if (json) {
        (void)fputc('{', stdout);
        cli_put_member("id", record->id, ",");
        cli_put_member("key", key, ",");
        cli_put_member("owner", record->owner, ",");
        cli_put_member("scope", record->scope, ",");
        cli_put_time("expires", record->expires, old != NULL ? "," : "}\n");
    } else {
        (void)printf("id       %s\nkey      %s\nowner    ", record->id, key);
        cli_put_safe(stdout, dw_span_of(record->owner));
        (void)printf("\nscope    %s\nexpires  %s\n\n", record->scope,
                     cli_date(record->expires, "never", date));
    }
    if (old != NULL && json) {
        cli_put_member("replaces", old, ",");
        cli_put_time("until", until, "}\n");
    } else if (old != NULL) {
        (void)printf("The old key, %s, is good until %s.\n", old, cli_date(until, "", date));
    }
    if (!json) {
        (void)puts("The key is shown this once: only its hash is kept.");
    }
}

static int add_key(struct authority *authority, const struct apikey_options *options,
                   const char *id)
{
    const struct apikey_settings settings = {
        .prefix = key_prefix(authority),
        .owner = options->owner,
        .scope = options->scope,
        .expires = options->expires != NULL ? authority->now + options->seconds : 0};
    char key[DW_APIKEY_SIZE];
    struct store_apikey record;
    struct complaint why;

    (void)id;
    if (apikey_add(authority->store, &settings, authority->now, &record, key, &why) != 0) {
        return cli_fail("%s", why.text);
    }
    print_new(&record, key, NULL, 0, options->json);
    dw_secret_wipe(key, sizeof(key));
    return CLI_FINE;
}

/* -- rotate, revoke ----------------------------------------------------------------------------- */

static int complain_rotated(const struct authority *authority, const char *id)
{
    struct store_apikey key;

    if (store_apikey_find(authority->store, dw_span_of(id), &key, NULL) != 0) {
        return cli_fail("there is no API key %s; see doorward apikey list", id);
    }
    return cli_fail("the key %s cannot be rotated: it is %s", id,
                    key.successor[0] != '\0' ? "rotated already"
                                             : apikey_state(&key, authority->now));
}

/* The new key is shown even where the edge could not be told: it is good, and nowhere else to be had. */
static int rotate_key(struct authority *authority, const struct apikey_options *options,
                      const char *id)
{
    const int64_t until = authority->now + options->seconds;
    char key[DW_APIKEY_SIZE];
    struct store_apikey record, old;
    struct complaint why;
    int status;
    const int result = apikey_rotate(authority->store, dw_span_of(id), key_prefix(authority),
                                     options->seconds, authority->now, &record, key, &why);

    if (result != 0) {
        return result == 1 ? complain_rotated(authority, id) : cli_fail("%s", why.text);
    }
    if (store_apikey_find(authority->store, dw_span_of(id), &old, &why) != 0) {
        status = cli_fail("the old key is gone");
        old.expires = until;
    } else {
        status = authority_forget(authority, DW_FACT_APIKEY, old.name, sizeof(old.name));
    }
    print_new(&record, key, id, old.expires, options->json);
    dw_secret_wipe(key, sizeof(key));
    return status;
}

static int revoke_key(struct authority *authority, const struct apikey_options *options,
                      const char *id)
{
    const int status = authority_revoke_key(authority, id, authority->now + AUTHORITY_LONGEST);

    if (status == CLI_FINE && options->json) {
        (void)fputc('{', stdout);
        cli_put_member("revoked", id, "}\n");
    } else if (status == CLI_FINE) {
        (void)puts("Revoked.");
    }
    return status;
}

/* -- The verbs ---------------------------------------------------------------------------------- */

static int with_authority(int (*run)(struct authority *authority,
                                     const struct apikey_options *options, const char *id),
                          const struct apikey_options *options, const char *id)
{
    struct authority *authority;
    int status = authority_open(options->config, options->data, &authority);

    if (status == CLI_FINE) {
        status = run(authority, options, id);
        authority_close(authority);
    }
    return status;
}

static int refuse_duration(const char *option, const char *text)
{
    (void)cli_fail("--%s %s: expected a duration such as 90d, 24h, 15m or 30s", option, text);
    return CLI_USAGE;
}

static int apikey_add_verb(int argc, char **argv)
{
    struct apikey_options options = {.json = false};
    const struct cli_option known[] = {COMMON_OPTIONS(options),
                                       {"owner", 0, NULL, &options.owner},
                                       {"scope", 0, NULL, &options.scope},
                                       {"expires", 0, NULL, &options.expires}};
    struct cli_line line = {
        .usage = "doorward apikey add --owner NAME [--scope \"SCOPE ...\"] [--expires "
                 "DURATION]" COMMON_USAGE,
        .help = "Makes an API key and prints it, this once.\n\n"
                "  --owner NAME       whose it is: the subject of requests made with it\n"
                "  --scope S          what it is good for: words separated by spaces\n"
                "  --expires 90d      when it ends; default: never" COMMON_HELP,
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
    };
    const int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    if (options.owner == NULL) {
        (void)cli_fail("--owner is missing; usage: %s", line.usage);
        return CLI_USAGE;
    }
    if (options.expires != NULL && !cli_read_duration(options.expires, &options.seconds)) {
        return refuse_duration("expires", options.expires);
    }
    return with_authority(add_key, &options, NULL);
}

static int apikey_rotate_verb(int argc, char **argv)
{
    struct apikey_options options = {.json = false, .overlap = OVERLAP};
    const struct cli_option known[] = {COMMON_OPTIONS(options),
                                       {"overlap", 0, NULL, &options.overlap}};
    struct cli_line line = {
        .usage = "doorward apikey rotate ID [--overlap DURATION]" COMMON_USAGE,
        .help =
            "Makes a new key in the place of an old one, for as long as that was made for.\n\n"
            "  --overlap 24h      how long the old one is still good; default " OVERLAP COMMON_HELP,
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    if (!cli_read_duration(options.overlap, &options.seconds)) {
        return refuse_duration("overlap", options.overlap);
    }
    return with_authority(rotate_key, &options, line.operands[0]);
}

static int apikey_revoke_verb(int argc, char **argv)
{
    struct apikey_options options = {.json = false};
    const struct cli_option known[] = {COMMON_OPTIONS(options)};
    struct cli_line line = {
        .usage = "doorward apikey revoke ID" COMMON_USAGE,
        .help =
            "Ends a key for good, on every process of this machine within a second.\n" COMMON_HELP,
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    return status != CLI_GO_ON ? status : with_authority(revoke_key, &options, line.operands[0]);
}

int cli_apikey(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"add", apikey_add_verb, "make a key and print it, this once"},
        {"list", cli_apikey_list, "list the keys"},
        {"rotate", apikey_rotate_verb, "make a new key in the place of an old one"},
        {"revoke", apikey_revoke_verb, "end a key"},
    };

    return cli_dispatch("doorward apikey", VERBS, sizeof(VERBS) / sizeof(VERBS[0]), argc, argv);
}
