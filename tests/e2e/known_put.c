/* SPDX-License-Identifier: Apache-2.0 */

/* Leaves on an edge what the daemon would have found out: known_put FOLDER FACT CLAIMS NAME..., where the
 * names are an API key, a cookie's value, a user (Digest), a user and a password, or an issuer and its
 * token. Without a fact it only makes what all processes share. */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "known.h"
#include "once.h"
#include "recent.h"
#include "throttle.h"

static const char *const FACTS[] = {
    [DW_FACT_NONE] = "none",         [DW_FACT_APIKEY] = "apikey", [DW_FACT_SESSION] = "session",
    [DW_FACT_PASSWORD] = "password", [DW_FACT_DIGEST] = "digest", [DW_FACT_TOKEN] = "token",
};

static enum dw_fact find_fact(const char *name)
{
    size_t i = sizeof FACTS / sizeof FACTS[0] - 1;

    while (i > 0 && strcmp(FACTS[i], name) != 0) {
        i--;
    }
    return (enum dw_fact)i;
}

static int share(const char *folder, struct known **known, struct complaint *why)
{
    struct throttle *throttle;
    struct recent *recent;
    struct once *once;

    if (known_open(folder, EDGE_WRITE, known, why) != 0 ||
        once_open(folder, true, &once, why) != 0 ||
        throttle_open(folder, true, &throttle, why) != 0 ||
        recent_open(folder, true, &recent, why) != 0) {
        return -1;
    }
    once_close(once);
    throttle_close(throttle);
    recent_close(recent);
    return 0;
}

static int put(struct known *known, char **words, int n, struct complaint *why)
{
    const enum dw_fact fact = find_fact(words[0]);
    const struct dw_span first = dw_span_of(words[2]);
    const struct dw_known what = {.claims = dw_span_of(words[1]), .until = time(NULL) + 600};
    uint8_t name[DW_FACT_NAME];

    if (fact == DW_FACT_PASSWORD && n == 4) {
        dw_password_name(known_secret(known), first, dw_span_of(words[3]), name);
    } else if (fact == DW_FACT_TOKEN && n == 4) {
        dw_token_name(first, dw_span_of(words[3]), name);
    } else {
        dw_fact_name(fact, first, name);
    }
    return known_put(known, fact, name, &what, why);
}

int main(int argc, char **argv)
{
    struct known *known = NULL;
    struct complaint why = {"usage"};
    int error = -1;

    if (argc == 2 || argc >= 5) {
        error = share(argv[1], &known, &why);
    }
    if (error == 0 && argc >= 5) {
        error = put(known, argv + 2, argc - 2, &why);
    }
    known_close(known);
    if (error != 0) {
        fprintf(stderr, "%s\n", why.text);
    }
    return error == 0 ? 0 : 1;
}
