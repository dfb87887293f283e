/* SPDX-License-Identifier: Apache-2.0 */
#include "past.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define TRIES 8

/* -- Where they are ------------------------------------------------------------------------------ */

static int find_config(struct past *past, const char *path, const char *data, struct complaint *why)
{
    const struct config_flags flags = {.data = cli_data(data, NULL)};
    const struct config_flags none = {.data = NULL};
    struct config *in_force;

    if (config_read(path, &flags, &past->config, why) != 0 ||
        place_find(past->config, &past->place, why) != 0) {
        return -1;
    }
    if (path != NULL || access(past->place.policy, F_OK) != 0) {
        return 0;
    }
    if (config_read(past->place.policy, &none, &in_force, why) != 0) {
        return -1;
    }
    config_free(past->config);
    past->config = in_force;
    return place_find(in_force, &past->place, why);
}

int past_open(const char *config, const char *data, struct past **past)
{
    struct past *made = calloc(1, sizeof(*made));
    struct complaint why;

    if (made == NULL) {
        return cli_fail("out of memory");
    }
    if (find_config(made, config, data, &why) != 0) {
        past_close(made);
        return cli_fail("%s", why.text);
    }
    if (recent_open(made->place.edge, false, &made->ring, &why) != 0 &&
        access(made->config->log, R_OK) != 0) {
        const int error = errno;
        const int status = cli_fail("%s; nor is there a decision log: %s: %s; say where the daemon "
                                    "has its data, with --data DIR or -c FILE",
                                    why.text, made->config->log, strerror(error));
        past_close(made);
        return status;
    }
    *past = made;
    return CLI_FINE;
}

void past_close(struct past *past)
{
    if (past == NULL) {
        return;
    }
    recent_close(past->ring);
    config_free(past->config);
    free(past);
}

bool past_renew(struct past *past)
{
    struct recent *new;

    if (recent_is_current(past->ring) || recent_open(past->place.edge, false, &new, NULL) != 0) {
        return false;
    }
    recent_close(past->ring);
    past->ring = new;
    return true;
}

/* -- The ring ------------------------------------------------------------------------------------ */

uint64_t past_count(const struct past *past)
{
    struct recent_entry entry;
    uint64_t total = 0;

    return recent_look(past->ring, 0, &entry, &total) || total > 0 ? total : 0;
}

uint64_t past_oldest(uint64_t total)
{
    return total > RECENT_SLOTS ? total - RECENT_SLOTS : 0;
}

/* While one looks others are added, and all move back. */
bool past_look(const struct past *past, uint64_t number, struct recent_entry *entry,
               uint64_t *total)
{
    for (int i = 0; i < TRIES && number < *total; i++) {
        const uint64_t back = *total - 1 - number;
        const bool found = recent_look(past->ring, back, entry, total);
        if (*total - 1 - back == number) {
            return found;
        }
    }
    return false;
}

/* As logrotate calls it, unless told otherwise. */
static bool find_rotated(const char *log, const char *id, struct recent_entry *entry)
{
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof(path), "%s.1", log);

    return len > 0 && (size_t)len < sizeof(path) && past_search(path, id, entry);
}

bool past_find(const struct past *past, const char *id, struct recent_entry *entry)
{
    return (past->ring != NULL && recent_find(past->ring, id, entry)) ||
           past_search(past->config->log, id, entry) ||
           find_rotated(past->config->log, id, entry);
}

/* -- As JSON ------------------------------------------------------------------------------------- */

void past_put_known(const char *name, const char *value)
{
    if (value != NULL && *value != '\0') {
        (void)fputc(',', stdout);
        cli_put_member(name, value, "");
    }
}

void past_put_members(const struct recent_entry *entry)
{
    char time[CLI_DATE_SIZE];

    (void)printf("\"time\":\"%s.%06dZ\"", cli_utc(entry->at_us / 1000000, time),
                 (int)(entry->at_us % 1000000));
    past_put_known("id", entry->id);
    past_put_known("reason", dw_reason_text(entry->reason)->name);
    (void)printf(",\"status\":%d", entry->status);
    past_put_known("scheme", dw_scheme_name(entry->scheme));
    past_put_known("route", entry->route);
    past_put_known("method", entry->method);
    past_put_known("path", entry->path);
    past_put_known("source", entry->source);
    past_put_known("issuer", entry->issuer);
    past_put_known("kid", entry->kid);
    past_put_known("subject", entry->subject);
    past_put_known("client", entry->client);
    past_put_known("token", entry->token);
    past_put_known("credential", entry->credential);
    past_put_known("account", entry->account);
    (void)printf(",\"cached\":%s,\"latency_us\":%u", entry->cached != 0 ? "true" : "false",
                 entry->latency_us);
}
