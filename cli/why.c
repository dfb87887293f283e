/* SPDX-License-Identifier: Apache-2.0 */
#include "why.h"

#include <string.h>
#include <time.h>

#include "cli.h"
#include "past.h"
#include "story.h"

/* -- As JSON ------------------------------------------------------------------------------------- */

static void put_value(const char *name, const char *text, enum story_values values, int64_t at)
{
    char date[CLI_DATE_SIZE];

    if (values == STORY_TEXTS) {
        past_put_known(name, text);
        return;
    }
    (void)printf(",\"%s\":\"%sZ\"", name, cli_utc(at, date));
}

static void put_checks(const struct recent_entry *entry)
{
    struct story story;

    story_tell(entry, &story);
    (void)fputs(",\"checks\":[", stdout);
    for (size_t i = 0; i < story.n; i++) {
        const struct story_check *check = &story.checks[i];

        (void)fputs(i == 0 ? "{" : ",{", stdout);
        cli_put_member("check", check->check, "");
        put_value("expected", check->expected, check->values, check->expected_at);
        put_value("seen", check->seen, check->values, check->seen_at);
        (void)fputs(check->seen == NULL && check->values == STORY_TEXTS ? ",\"seen\":null" : "",
                    stdout);
        (void)printf(",\"ok\":%s}", check->ok ? "true" : "false");
    }
    (void)fputc(']', stdout);
}

/* A program finds these in every story. */
static void put_unknown(const struct recent_entry *entry)
{
    const char *scheme = dw_scheme_name(entry->scheme);

    (void)fputs(scheme == NULL || *scheme == '\0' ? ",\"scheme\":null" : "", stdout);
    (void)fputs(entry->route[0] == '\0' ? ",\"route\":null" : "", stdout);
}

/* Without the comma of its first member. */
static void put_fix(const struct dw_reason_text *reason)
{
    const struct {
        const char *name, *text;
    } FIXES[] = {{"build", reason->build}, {"call", reason->call}, {"visit", reason->visit}};
    const char *before = "";

    (void)fputs(",\"fix\":{", stdout);
    for (size_t i = 0; i < sizeof(FIXES) / sizeof(FIXES[0]); i++) {
        if (*FIXES[i].text != '\0') {
            (void)fputs(before, stdout);
            cli_put_member(FIXES[i].name, FIXES[i].text, "");
            before = ",";
        }
    }
    (void)fputc('}', stdout);
}

void why_print_json(const struct recent_entry *entry)
{
    const struct dw_reason_text *reason = dw_reason_text((enum dw_reason)entry->reason);

    (void)fputc('{', stdout);
    past_put_members(entry);
    put_unknown(entry);
    put_checks(entry);
    past_put_known("public", why_public(entry));
    past_put_known("private", reason->private_text);
    put_fix(reason);
    (void)fputs("}\n", stdout);
}

/* -- The verb ------------------------------------------------------------------------------------ */

static int refuse_id(const char *id)
{
    (void)cli_fail("%s is no id: those have %d letters and digits, and stand in Doorward-Id and "
                   "in the body of an answer",
                   id, RECENT_ID_SIZE - 1);
    return CLI_USAGE;
}

static bool is_id(const char *id)
{
    const size_t len = strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    return len > 0 && len < RECENT_ID_SIZE && id[len] == '\0';
}

static int not_found(const struct past *past, const char *id)
{
    return cli_fail("no decision %s: the ring holds the last %d of this machine, and the log %s%s; "
                    "look on the machine that answered, or name its data with --data",
                    id, RECENT_SLOTS, past->config->log,
                    past->config->log_allowed ? "" : " no more than those refused");
}

static int tell(const struct past *past, const char *id, bool json)
{
    struct recent_entry entry;

    if (!past_find(past, id, &entry)) {
        return not_found(past, id);
    }
    if (json) {
        why_print_json(&entry);
    } else {
        why_print(&entry, (int64_t)time(NULL));
    }
    return CLI_FINE;
}

int cli_why(int argc, char **argv)
{
    const char *config = NULL, *data = NULL;
    bool json = false;
    const struct cli_option known[] = {
        {"config", 'c', NULL, &config}, {"data", 0, NULL, &data}, {"json", 0, &json, NULL}};
    struct cli_line line = {
        .usage = "doorward why ID [-c FILE] [--data DIR] [--json]",
        .help =
            "Tells the whole of one decision: what was presented, which checks it passed and\n"
            "which it did not, with the values compared, and the fix. ID stands in the answer:\n"
            "in its field Doorward-Id, and at the end of its body.\n\n"
            "  -c, --config FILE  doorward.yaml; default: what the daemon runs with\n"
            "  --data DIR         the data folder; default $DOORWARD_DATA, else var\n"
            "  --json             print JSON\n",
        .options = known,
        .n_options = sizeof(known) / sizeof(known[0]),
        .min_operands = 1,
        .max_operands = 1,
    };
    struct past *past;
    int status = cli_read(&line, argc, argv);

    if (status != CLI_GO_ON) {
        return status;
    }
    if (!is_id(line.operands[0])) {
        return refuse_id(line.operands[0]);
    }
    status = past_open(config, data, &past);
    if (status == CLI_FINE) {
        status = tell(past, line.operands[0], json);
        past_close(past);
    }
    return status;
}
