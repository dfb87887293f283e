/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include "daemon.h"
#include "example.h"

int cli_run(int argc, char **argv)
{
    struct daemon_options options = {.config_path = NULL};
    const char *serve_example = NULL;
    const struct cli_option known[] = {
        {.name = "config", .letter = 'c', .value = &options.config_path},
        {.name = "listen", .value = &options.flags.listen},
        {.name = "upstream", .value = &options.flags.upstream},
        {.name = "data", .value = &options.flags.data},
        {.name = "example", .flag = &options.example},
        /* What --example starts for itself. */
        {.name = "serve-example", .value = &serve_example},
    };
    struct cli_line line = {
        .usage =
            "doorward run [-c FILE] [--listen HOST:PORT] [--upstream URL | --example] [--data DIR]",
        .help =
            "  -c, --config FILE    doorward.yaml; without, defaults and our own issuer\n"
            "  --listen HOST:PORT   where to answer (127.0.0.1:8401)\n"
            "  --upstream URL       the API to guard: nginx is started in front of it\n"
            "  --example            guard an example API that echoes who is calling\n"
            "  --data DIR           records, keys and logs (var, or $DOORWARD_DATA)\n"
            "\n"
            "SIGHUP reads the configuration again. SIGTERM and Ctrl-C finish what is under way.\n",
        .options = known,
        .n_options = sizeof known / sizeof known[0],
    };

    struct complaint why;

    const int status = cli_read(&line, argc, argv);
    if (status != CLI_GO_ON) {
        return status;
    }
    if (serve_example != NULL) {
        return example_serve(serve_example);
    }
    if (options.example && options.flags.upstream != NULL) {
        cli_fail("--example is an upstream: leave out --upstream");
        return CLI_USAGE;
    }
    options.flags.data = cli_data(options.flags.data, NULL);
    if (config_check_flags(&options.flags, &why) != 0) {
        cli_fail("%s", why.text);
        return CLI_USAGE;
    }
    return daemon_run(&options);
}
