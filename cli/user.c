/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "authority.h"

#define COMMON_USAGE " [-c FILE] [--data DIR] [--json]"
#define COMMON_HELP                                                                               \
    "\n"                                                                                          \
    "  -c, --config FILE  doorward.yaml; default: what the daemon of the data folder runs with\n" \
    "  --data DIR         the data folder; default $DOORWARD_DATA, else var\n"                    \
    "  --json             print JSON\n"
#define PASSWORD_HELP                                                                     \
    "The password is read from the standard input, or asked for twice at a terminal.\n\n" \
    "  --password-stdin   read it from the standard input, less a newline at its end\n"

struct user_options {
    const char *config, *data, *scope;
    bool password_stdin, json;
};

#define COMMON_OPTIONS(options)                                                   \
    {"config", 'c', NULL, &(options).config}, {"data", 0, NULL, &(options).data}, \
    {                                                                             \
        "json", 0, &(options).json, NULL                                          \
    }

/* -- add, passwd -------------------------------------------------------------------------------- */

/* The name as it is kept, and whether there is such a user. Wipe what is found. */
static int find_user(const struct authority *authority, const char *text, bool *found,
                     struct store_user *user)
{
    struct complaint why;
    int result = user_name(dw_span_of(text), user->name, &why);

    if (result == 0) {
        result = store_user_find(authority->store, dw_span_of(user->name), user, &why);
    }
    if (result < 0) {
        return cli_fail("%s", why.text);
    }
    *found = result == 0;
    return CLI_FINE;
}

/* `old` is the user as it was, or its name alone. */
static int set_user(struct authority *authority, const struct user_options *options,
                    const struct store_user *old)
{
    char buffer[PASSWORD_MAX + 2];
    struct user_settings settings = {.name = old->name,
                                     .scope = options->scope,
                                     .realm = authority_digest_realm(authority),
                                     .digests =
                                         authority->config->policy.schemes.digest.algorithms};
    struct complaint why;
    int status = cli_read_password(old->name, options->password_stdin, buffer, sizeof(buffer),
                                   &settings.password);

    if (status == CLI_FINE && user_set(authority->store, &settings, authority->now, &why) != 0) {
        status = cli_fail("%s", why.text);
    }
    dw_secret_wipe(buffer, sizeof(buffer));
    if (status == CLI_FINE) {
        status = authority_forget_user(authority, old->name, old->realm);
    }
    if (status == CLI_FINE && settings.realm != NULL) {
        status = authority_forget_user(authority, old->name, settings.realm);
    }
    return status;
}

static void print_name(const char *member, const char *name, const char *said, bool json)
{
    if (json) {
        (void)fputc('{', stdout);
        cli_put_member(member, name, "}\n");
    } else {
        (void)puts(said);
    }
}

static int add_user(struct authority *authority, const struct user_options *options,
                    const char *name)
{
    struct store_user user = {.created = 0};
    bool found = false;
    int status = find_user(authority, name, &found, &user);

    if (status == CLI_FINE && found) {
        status = cli_fail("there is a user named %s already; see doorward user passwd", user.name);
    }
    if (status == CLI_FINE) {
        status = set_user(authority, options, &user);
    }
    if (status == CLI_FINE) {
        print_name("added", user.name, "Added.", options->json);
    }
    dw_secret_wipe(&user, sizeof(user));
    return status;
}

static int fail_unknown(const char *name)
{
    return cli_fail("there is no user %s; see doorward user list", name);
}

/* Whoever knew the old password may be signed in with it. */
static int change_password(struct authority *authority, const struct user_options *options,
                           const char *name)
{
    struct store_user user = {.created = 0};
    size_t n;
    bool found = false;
    int status = find_user(authority, name, &found, &user);

    if (status == CLI_FINE && !found) {
        status = fail_unknown(name);
    }
    if (status == CLI_FINE) {
        status = set_user(authority, options, &user);
    }
    if (status == CLI_FINE) {
        status = authority_end_sessions(authority, user.name, &n);
    }
    if (status == CLI_FINE) {
        print_name("changed", user.name, "Changed. Whoever was signed in has to sign in again.",
                   options->json);
    }
    dw_secret_wipe(&user, sizeof(user));
    return status;
}

/* -- remove ------------------------------------------------------------------------------------- */

/* Who is gone already may have been removed by somebody who was killed before the sessions had ended: so
 * what follows is done all the same. */
static int remove_user(struct authority *authority, const struct user_options *options,
                       const char *name)
{
    struct store_user user = {.created = 0};
    struct complaint why;
    size_t n;
    bool found = false;
    int status = find_user(authority, name, &found, &user);

    if (status == CLI_FINE && found && store_user_remove(authority->store, user.name, &why) < 0) {
        status = cli_fail("%s", why.text);
    }
    if (status == CLI_FINE) {
        status = authority_forget_user(authority, user.name, user.realm);
    }
    if (status == CLI_FINE) {
        status = authority_end_sessions(authority, user.name, &n);
    }
    if (status == CLI_FINE && !found && n == 0) {
        status = fail_unknown(name);
    }
    if (status == CLI_FINE) {
        print_name("removed", user.name, "Removed.", options->json);
    }
    dw_secret_wipe(&user, sizeof(user));
    return status;
}

/* -- The verbs ---------------------------------------------------------------------------------- */

static int with_authority(int (*run)(struct authority *authority,
                                     const struct user_options *options, const char *name),
                          const struct user_options *options, const char *name)
{
    struct authority *authority;
    int status = authority_open(options->config, options->data, &authority);

    if (status == CLI_FINE) {
        status = run(authority, options, name);
        authority_close(authority);
    }
    return status;
}

static int user_add(int argc, char **argv)
{
    struct user_options options = {.json = false};
    const struct cli_option known[] = {COMMON_OPTIONS(options),
                                       {"password-stdin", 0, &options.password_stdin, NULL},
                                       {"scope", 0, NULL, &options.scope}};
    struct cli_line line = {
        .usage = "doorward user add NAME [--password-stdin] [--scope \"SCOPE ...\"]" COMMON_USAGE,
        .help = "Adds a user, who signs in with a password. " PASSWORD_HELP
                "  --scope S          what the user may do: words separated by spaces" COMMON_HELP,
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    return status != CLI_GO_ON ? status : with_authority(add_user, &options, line.operands[0]);
}

static int user_passwd(int argc, char **argv)
{
    struct user_options options = {.json = false};
    const struct cli_option known[] = {COMMON_OPTIONS(options),
                                       {"password-stdin", 0, &options.password_stdin, NULL}};
    struct cli_line line = {
        .usage = "doorward user passwd NAME [--password-stdin]" COMMON_USAGE,
        .help = "Gives a user another password, and ends the user's sessions. " PASSWORD_HELP
            COMMON_HELP,
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    return status != CLI_GO_ON ? status
                               : with_authority(change_password, &options, line.operands[0]);
}

static int user_remove(int argc, char **argv)
{
    struct user_options options = {.json = false};
    const struct cli_option known[] = {COMMON_OPTIONS(options)};
    struct cli_line line = {
        .usage = "doorward user remove NAME" COMMON_USAGE,
        .help = "Removes a user, and ends the user's sessions.\n" COMMON_HELP,
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = 1,
    };
    const int status = cli_read(&line, argc, argv);

    return status != CLI_GO_ON ? status : with_authority(remove_user, &options, line.operands[0]);
}

int cli_user(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"add", user_add, "add a user with a password"},
        {"passwd", user_passwd, "give a user another password"},
        {"list", cli_user_list, "list the users"},
        {"remove", user_remove, "remove a user"},
        {"import", cli_user_import, "take over the users of an htpasswd file"},
    };

    return cli_dispatch("doorward user", VERBS, sizeof(VERBS) / sizeof(VERBS[0]), argc, argv);
}
