/* SPDX-License-Identifier: Apache-2.0 */
#include "authority.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The configuration of a file; without one, what the daemon that keeps this DATA runs with. */
static int find_config(struct authority *authority, const char *path, const char *data,
                       struct complaint *why)
{
    const struct config_flags flags = {.data = cli_data(data, NULL)};
    const struct config_flags none = {.data = NULL};
    struct config *in_force;

    if (config_read(path, &flags, &authority->config, why) != 0 ||
        store_open(authority->config->data, &authority->store, why) != 0 ||
        place_find(authority->config, &authority->place, why) != 0) {
        return -1;
    }
    if (path != NULL || access(authority->place.policy, F_OK) != 0) {
        return 0;
    }
    if (config_read(authority->place.policy, &none, &in_force, why) != 0) {
        return -1;
    }
    config_free(authority->config);
    authority->config = in_force;
    return place_find(in_force, &authority->place, why);
}

int authority_open(const char *config, const char *data, struct authority **authority)
{
    struct authority *made = calloc(1, sizeof(*made));
    struct complaint why;

    if (made == NULL) {
        return cli_fail("out of memory");
    }
    made->now = (int64_t)time(NULL);
    if (find_config(made, config, data, &why) != 0) {
        authority_close(made);
        return cli_fail("%s", why.text);
    }
    *authority = made;
    return CLI_FINE;
}

int authority_find(const char *config, const char *data, struct authority **authority)
{
    if (config == NULL && cli_data(data, NULL) == NULL && access("var/doorward.db", F_OK) != 0) {
        return cli_fail("there are no records in var: say where the daemon has its own, with "
                        "--data DIR or -c FILE");
    }
    return authority_open(config, data, authority);
}

void authority_close(struct authority *authority)
{
    if (authority == NULL) {
        return;
    }
    known_close(authority->known);
    edge_close(authority->edge);
    store_close(authority->store);
    config_free(authority->config);
    free(authority);
}

const char *authority_digest_realm(const struct authority *authority)
{
    const char *realm = authority->config->policy.realm;

    if (!authority->config->schemes.keeps_digests) {
        return NULL;
    }
    return realm != NULL ? realm : "api";
}
