/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>

#include "config.h"
#include "file.h"
#include "secret.h"

/* The files it names are parts of a configuration: there must be in them what is to be used. */
static int check_keys(const char *path, struct complaint *why)
{
    struct dw_keys *keys = NULL;
    char *bytes;
    size_t len, n;
    int error;

    if (file_read(path, (size_t)DW_JWKS_MAX, &bytes, &len, why) != 0) {
        return -1;
    }
    error = dw_keys_parse((struct dw_span){bytes, len}, true, &keys);
    dw_secret_wipe(bytes, len);
    free(bytes);
    if (error != 0) {
        return complain(why, "%s: expected a JWKS: %s", path, dw_error_text(error));
    }
    n = dw_keys_count(keys);
    dw_keys_free(keys);
    return n > 0 ? 0 : complain(why, "%s: expected a JWKS with a key that can be used", path);
}

/* `path` NULL: there is none. */
static int check_secret(const struct config *config, const char *path, struct complaint *why)
{
    char *secret;

    if (path == NULL) {
        return 0;
    }
    if (secret_read(path, &secret, why) != 0) {
        return config_blame(config, path, why);
    }
    secret_free(&secret);
    return 0;
}

static int check_issuer(const struct config *config, size_t issuer, struct complaint *why)
{
    const struct config_keys *keys = &config->keys[issuer];

    if (keys->jwks_file != NULL && check_keys(keys->jwks_file, why) != 0) {
        return config_blame(config, keys->jwks_file, why);
    }
    return check_secret(config, keys->client_secret_file, why);
}

static int check(const char *path, const struct config_flags *flags, struct config **config,
                 struct complaint *why)
{
    if (config_read(path, flags, config, why) != 0) {
        return -1;
    }
    for (size_t i = 0; i < (*config)->policy.n_trust; i++) {
        if (check_issuer(*config, i, why) != 0) {
            return -1;
        }
    }
    return check_secret(*config, (*config)->verify_secret_file, why);
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void print_line(const char *path, const struct dw_policy *policy)
{
    (void)printf("%s: ok, %zu route%s, %zu issuer%s\n", path, policy->n_routes,
                 plural(policy->n_routes), policy->n_trust, plural(policy->n_trust));
}

/* `policy` NULL: there is none, see `why`. */
static void print_json(const char *path, const struct dw_policy *policy,
                       const struct complaint *why)
{
    (void)printf("{\"file\":");
    cli_put_json(stdout, dw_span_of(path));
    if (policy != NULL) {
        (void)printf(",\"ok\":true,\"routes\":%zu,\"issuers\":%zu}\n", policy->n_routes,
                     policy->n_trust);
        return;
    }
    (void)printf(",\"ok\":false,\"error\":");
    cli_put_json(stdout, dw_span_of(why->text));
    (void)printf("}\n");
}

int cli_check(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    struct config_flags flags = {NULL, NULL, NULL};
    const struct cli_option options[] = {
        {.name = "config", .letter = 'c', .value = &path},
        {.name = "data", .value = &flags.data},
        {.name = "json", .flag = &json},
    };
    struct cli_line line = {
        .usage = "doorward check -c FILE [--data DIR] [--json]",
        .help = "Says whether FILE is a sound configuration, without starting anything.\n"
                "The first mistake is named as FILE:LINE:COLUMN. See doorward.yaml(5).\n",
        .options = options,
        .n_options = sizeof options / sizeof options[0],
    };
    struct config *config = NULL;
    struct complaint why;
    int failed = cli_read(&line, argc, argv);

    if (failed != CLI_GO_ON) {
        return failed;
    }
    if (path == NULL) {
        (void)cli_fail("check: expected -c FILE");
        return CLI_USAGE;
    }
    failed = check(path, &flags, &config, &why);
    if (json) {
        print_json(path, failed == 0 ? &config->policy : NULL, &why);
    } else if (failed == 0) {
        print_line(path, &config->policy);
    } else {
        (void)fprintf(stderr, "%s\n", why.text);
    }
    config_free(config);
    return failed == 0 ? CLI_FINE : CLI_FAILED;
}
