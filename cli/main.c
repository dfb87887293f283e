/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli.h"

static const struct cli_verb VERBS[] = {
    {"run", cli_run, "guard an API, and issue tokens for it"},
    {"check", cli_check, "say whether a configuration is right, without starting"},
    {"client", cli_client, "add, list and remove the clients of our issuer"},
    {"user", cli_user, "add, list, change and remove users, who sign in with a password"},
    {"apikey", cli_apikey, "make, list, rotate and revoke API keys"},
    {"session", cli_session, "list who is signed in"},
    {"revoke", cli_revoke, "end a token, a key, a session, or all that somebody was issued"},
    {"explain", cli_explain, "say why a request got 401, from whatever was captured of it"},
    {"token", cli_token, "look into a token, and say what would fail here and why"},
    {"challenge", cli_challenge,
     "print what a WWW-Authenticate field says, and where it is broken"},
    {"status", cli_status, "401 and the statuses around it: what each means, and who mends it"},
    {"watch", cli_watch, "ask addresses again and again, and say what is wrong with their 401s"},
    {"why", cli_why, "tell the whole of one decision, by the id in its answer"},
    {"recent", cli_recent, "list what is being refused, as it happens"},
    {"reasons", cli_reasons, "every answer Doorward gives, and the fix for it"},
};

static bool asks_for_version(const char *word)
{
    return strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0;
}

static int run(int argc, char **argv)
{
    if (argc == 2 && asks_for_version(argv[1])) {
        (void)printf("doorward %s\n", dw_version());
        return CLI_FINE;
    }
    return cli_dispatch("doorward", VERBS, sizeof(VERBS) / sizeof(VERBS[0]), argc, argv);
}

int main(int argc, char **argv)
{
    const int status = run(argc, argv);

    /* A full disk or a closed pipe must not pass for success: the output may be a secret shown once. */
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        return cli_fail("the output could not be written");
    }
    return status;
}
