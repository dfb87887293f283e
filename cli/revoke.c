/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "authority.h"

/* What can be named, in the order of struct revoke_options. */
static const struct {
    const char *name;
    enum edge_revoked kind;
    bool has_issuer; /* --issuer may stand beside it */
} KINDS[] = {
    {"jti", EDGE_JTI, true},       {"subject", EDGE_SUBJECT, true},
    {"client", EDGE_CLIENT, true}, {"session", EDGE_SESSION, false},
    {"key", EDGE_KEY, false},      {"before", EDGE_ALL, false},
};
#define N_KINDS (sizeof(KINDS) / sizeof(KINDS[0]))

struct revoke_options {
    const char *which[N_KINDS];
    const char *issuer, *until, *config, *data;
    bool json;
};

/* One revocation under way. */
struct revoking {
    struct authority *authority;
    const struct revoke_options *options;
    size_t kind; /* index into KINDS */
    struct store_revocation revocation;
    size_t n_sessions; /* ended with it */
};

static int copy(const char *option, const char *text, char to[DW_TEXT_MAX + 1])
{
    const size_t len = strlen(text);

    if (len == 0 || len > DW_TEXT_MAX) {
        (void)cli_fail("--%s: expected 1 to %d bytes", option, DW_TEXT_MAX);
        return CLI_USAGE;
    }
    memcpy(to, text, len + 1);
    return CLI_FINE;
}

/* -- What is meant ------------------------------------------------------------------------------ */

/* A token's jti means something together with its issuer alone; ours unless another is named. */
static int take_issuer(struct revoking *revoking)
{
    const struct config_issuer *ours = &revoking->authority->config->issuer;
    const char *issuer = revoking->options->issuer;

    if (issuer == NULL && KINDS[revoking->kind].kind == EDGE_JTI) {
        if (!ours->enabled) {
            (void)cli_fail("whose token it is has to be said with --issuer: our own issuer is off");
            return CLI_USAGE;
        }
        issuer = ours->url;
    }
    return issuer == NULL ? CLI_FINE : copy("issuer", issuer, revoking->revocation.issuer);
}

static int take_before(struct revoking *revoking, const char *text)
{
    const int64_t now = revoking->authority->now;
    int64_t before;

    if (!cli_read_time(text, now, &before)) {
        (void)cli_fail("--before %s: expected now, seconds since 1970, or a time such as "
                       "2026-11-21T10:00:00Z",
                       text);
        return CLI_USAGE;
    }
    if (before > now) {
        (void)cli_fail("--before %s lies ahead: until then nobody could get in", text);
        return CLI_USAGE;
    }
    revoking->revocation.before = before;
    return CLI_FINE;
}

static bool is_own_token(const struct revoking *revoking)
{
    const struct config_issuer *ours = &revoking->authority->config->issuer;

    return KINDS[revoking->kind].kind == EDGE_JTI && ours->enabled &&
           strcmp(revoking->revocation.issuer, ours->url) == 0;
}

/* It is kept for as long as anything it means can be good. */
static int take_until(struct revoking *revoking)
{
    const int64_t now = revoking->authority->now;
    const char *text = revoking->options->until;

    revoking->revocation.until =
        now + (is_own_token(revoking) ? AUTHORITY_OWN_LONGEST : AUTHORITY_LONGEST);
    if (text == NULL) {
        return CLI_FINE;
    }
    if (!cli_read_time(text, now, &revoking->revocation.until)) {
        (void)cli_fail("--until %s: expected seconds since 1970, or a time such as "
                       "2026-11-21T10:00:00Z",
                       text);
        return CLI_USAGE;
    }
    return CLI_FINE;
}

static int take_all(struct revoking *revoking)
{
    const char *option = KINDS[revoking->kind].name;
    const char *text = revoking->options->which[revoking->kind];
    int status;

    revoking->revocation.kind = (int)KINDS[revoking->kind].kind;
    revoking->revocation.before = revoking->authority->now;
    if (KINDS[revoking->kind].kind == EDGE_ALL) {
        status = take_before(revoking, text);
    } else {
        status = copy(option, text, revoking->revocation.value);
    }
    if (status == CLI_FINE) {
        status = take_issuer(revoking);
    }
    return status == CLI_FINE ? take_until(revoking) : status;
}

/* -- Doing it ----------------------------------------------------------------------------------- */

/* A session of ours ends when its record says; of a sid that is another issuer's nobody can tell. */
static int revoke_session(struct revoking *revoking)
{
    struct authority *authority = revoking->authority;
    struct store_revocation *revocation = &revoking->revocation;
    int64_t end;
    const int status = authority_end_session(authority, revocation->value, &end);

    if (status != CLI_FINE) {
        return status;
    }
    revoking->n_sessions = end != 0 ? 1 : 0;
    if (end != 0 && revoking->options->until == NULL) {
        revocation->until = end;
        return CLI_FINE;
    }
    return authority_revoke(authority, revocation);
}

static int revoke_kind(struct revoking *revoking)
{
    struct authority *authority = revoking->authority;
    const struct store_revocation *revocation = &revoking->revocation;
    const enum edge_revoked kind = KINDS[revoking->kind].kind;
    int status;

    if (kind == EDGE_KEY) {
        return authority_revoke_key(authority, revocation->value, revocation->until);
    }
    if (kind == EDGE_SESSION) {
        return revoke_session(revoking);
    }
    status = authority_revoke(authority, revocation);
    if (status == CLI_FINE && kind == EDGE_SUBJECT && revocation->issuer[0] == '\0') {
        status = authority_end_sessions(authority, revocation->value, &revoking->n_sessions);
    }
    return status;
}

static void print_json(const struct revoking *revoking)
{
    const struct store_revocation *revocation = &revoking->revocation;

    (void)fputc('{', stdout);
    cli_put_member("revoked", KINDS[revoking->kind].name, ",");
    if (revocation->value[0] != '\0') {
        cli_put_member("value", revocation->value, ",");
    }
    if (revocation->issuer[0] != '\0') {
        cli_put_member("issuer", revocation->issuer, ",");
    }
    (void)printf("\"before\":%lld,\"until\":%lld,\"sessions\":%zu}\n",
                 (long long)revocation->before, (long long)revocation->until, revoking->n_sessions);
}

static void print_line(const struct revoking *revoking)
{
    static const char *const WHAT[N_KINDS] = {"the token ",
                                              "whatever was issued to ",
                                              "whatever was issued to the client ",
                                              "the session ",
                                              "the API key ",
                                              "whatever was issued"};
    const struct store_revocation *revocation = &revoking->revocation;
    const bool by_time = KINDS[revoking->kind].kind == EDGE_SUBJECT ||
                         KINDS[revoking->kind].kind == EDGE_CLIENT ||
                         KINDS[revoking->kind].kind == EDGE_ALL;
    char date[CLI_DATE_SIZE];

    (void)printf("Revoked: %s", WHAT[revoking->kind]);
    cli_put_safe(stdout, dw_span_of(revocation->value));
    if (revocation->issuer[0] != '\0') {
        (void)fputs(by_time ? " by " : " of ", stdout);
        cli_put_safe(stdout, dw_span_of(revocation->issuer));
    }
    if (by_time) {
        (void)printf(" up to %s", cli_date(revocation->before, "1970", date));
    }
    (void)printf(".\nRemembered until %s.\n", cli_date(revocation->until, "1970", date));
    if (revoking->n_sessions > 0) {
        (void)printf("Sessions ended: %zu.\n", revoking->n_sessions);
    }
}

static int revoke_one(const struct revoke_options *options, size_t kind)
{
    struct revoking revoking = {.options = options, .kind = kind};
    int status = authority_find(options->config, options->data, &revoking.authority);

    if (status != CLI_FINE) {
        return status;
    }
    status = take_all(&revoking);
    if (status == CLI_FINE) {
        status = revoke_kind(&revoking);
    }
    if (status == CLI_FINE && options->json) {
        print_json(&revoking);
    } else if (status == CLI_FINE) {
        print_line(&revoking);
    }
    authority_close(revoking.authority);
    return status;
}

/* -- The verb ----------------------------------------------------------------------------------- */

static int choose(const struct revoke_options *options, const struct cli_line *line, size_t *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < N_KINDS; i++) {
        if (options->which[i] != NULL) {
            *kind = i;
            n++;
        }
    }
    if (n != 1) {
        (void)cli_fail("expected one of --jti, --subject, --client, --session, --key, --before; "
                       "usage: %s",
                       line->usage);
        return CLI_USAGE;
    }
    if (options->issuer != NULL && !KINDS[*kind].has_issuer) {
        (void)cli_fail("--issuer has no meaning beside --%s", KINDS[*kind].name);
        return CLI_USAGE;
    }
    return CLI_FINE;
}

int cli_revoke(int argc, char **argv)
{
    struct revoke_options options = {.json = false};
    const struct cli_option known[] = {
        {"jti", 0, NULL, &options.which[0]},    {"subject", 0, NULL, &options.which[1]},
        {"client", 0, NULL, &options.which[2]}, {"session", 0, NULL, &options.which[3]},
        {"key", 0, NULL, &options.which[4]},    {"before", 0, NULL, &options.which[5]},
        {"issuer", 0, NULL, &options.issuer},   {"until", 0, NULL, &options.until},
        {"config", 'c', NULL, &options.config}, {"data", 0, NULL, &options.data},
        {"json", 0, &options.json, NULL},
    };
    struct cli_line line = {
        .usage = "doorward revoke --jti J | --subject S | --client C | --session I | --key ID | "
                 "--before T [--issuer URL] [--until T] [-c FILE] [--data DIR] [--json]",
        .help =
            "Ends what was good, on every process of this machine within a second.\n\n"
            "  --jti J            one token, by its jti\n"
            "  --subject S        all that was issued to a subject up to now, and its sessions\n"
            "  --client C         all that was issued to a client up to now\n"
            "  --session I        a session, and all tokens of it\n"
            "  --key ID           an API key\n"
            "  --before T         all that was issued up to then: now, seconds since 1970, or\n"
            "                     a time such as 2026-11-21T10:00:00Z\n"
            "  --issuer URL       whose tokens; default: ours for --jti, else anybody's\n"
            "  --until T          how long to remember it; default: as long as it can be good, at\n"
            "                     most ten years\n"
            "  -c, --config FILE  doorward.yaml; default: what the daemon runs with\n"
            "  --data DIR         the data folder; default $DOORWARD_DATA, else var\n"
            "  --json             print JSON\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
    };
    size_t kind = 0;
    int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    status = choose(&options, &line, &kind);
    return status != CLI_FINE ? status : revoke_one(&options, kind);
}
