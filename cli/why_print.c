/* SPDX-License-Identifier: Apache-2.0 */
#include "why.h"

#include <string.h>

#include "cli.h"
#include "story.h"

#define COLUMNS 80
#define LABEL   14 /* columns of what stands at the left */
#define MARK    6  /* "  ok  " */

/* -- Paragraphs ---------------------------------------------------------------------------------- */

struct style {
    const char *title, *good, *bad, *plain;
};

static struct style find_style(void)
{
    static const struct style COLOURED = {"\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[0m"};
    static const struct style BARE = {"", "", "", ""};

    return cli_has_colour(stdout) ? COLOURED : BARE;
}

static struct dw_span next_word(const char **text)
{
    *text += strspn(*text, " ");
    const struct dw_span word = {*text, strcspn(*text, " ")};
    *text += word.len;
    return word;
}

/* Words from column `indent` on, where the cursor is, and no further than the last column. */
static void put_words(size_t indent, const char *text)
{
    size_t column = indent;

    for (struct dw_span word = next_word(&text); word.len > 0; word = next_word(&text)) {
        const size_t width = cli_width(word);
        if (column > indent && column + 1 + width > COLUMNS) {
            (void)printf("\n%*s", (int)indent, "");
            column = indent;
        }
        if (column > indent) {
            (void)fputc(' ', stdout);
            column++;
        }
        cli_put_safe(stdout, word);
        column += width;
    }
    (void)fputc('\n', stdout);
}

/* Nothing where nothing is known. */
static void put_line(const char *label, const char *text)
{
    if (*text != '\0') {
        (void)printf("%-*s", LABEL, label);
        put_words(LABEL, text);
    }
}

/* -- The headline -------------------------------------------------------------------------------- */

/* "12:07:12Z (3 min 8 s ago)" */
static void write_when(const struct recent_entry *entry, int64_t now, char when[3 * CLI_DATE_SIZE])
{
    const int64_t at = entry->at_us / 1000000;
    char clock[CLI_DATE_SIZE], apart[CLI_DATE_SIZE];

    (void)snprintf(when, 3 * CLI_DATE_SIZE, "%s (%s %s)", cli_clock(at, now, clock),
                   cli_apart(at, now, apart), at <= now ? "ago" : "ahead of now");
}

/* On a second line where one would be too long. */
static void put_headline(const struct recent_entry *entry, int64_t now, const struct style *style)
{
    const char *reason = dw_reason_text((enum dw_reason)entry->reason)->name;
    const size_t first = strlen("401 ") + strlen(reason) + strlen("   ") + strlen(entry->method) +
                         1 + cli_width(dw_span_of(entry->path));
    char when[3 * CLI_DATE_SIZE];

    write_when(entry, now, when);
    const size_t all = first + strlen("   ") + strlen(when) + strlen("   ") + strlen(entry->source);
    (void)printf("%s%d %s%s   ", style->title, entry->status, reason, style->plain);
    cli_put_safe(stdout, dw_span_of(entry->method));
    (void)fputc(' ', stdout);
    cli_put_safe(stdout, dw_span_of(entry->path));
    (void)printf("%s%s   ", all > COLUMNS ? "\n    " : "   ", when);
    cli_put_safe(stdout, dw_span_of(entry->source));
    (void)fputs("\n\n", stdout);
}

/* -- What was presented -------------------------------------------------------------------------- */

static void put_presented(const struct recent_entry *entry)
{
    const char *scheme = dw_scheme_name((enum dw_scheme)entry->scheme);

    put_line("scheme", *scheme != '\0' ? scheme : "none");
    put_line("fingerprint", entry->token);
    put_line("issuer", entry->issuer);
    put_line("kid", entry->kid);
    put_line("account", entry->account);
    put_line("credential", entry->credential);
    put_line("subject", entry->subject);
    put_line("client", entry->client);
}

/* -- The checks ---------------------------------------------------------------------------------- */

/* "12:04:12Z, 3 min earlier" */
static void put_compared(const struct story_check *check, int64_t now)
{
    static const char *const WORDS[] = {[STORY_TEXTS] = "",
                                        [STORY_LATER] = "later than ",
                                        [STORY_BY] = "by ",
                                        [STORY_NEAR] = "about "};
    const char *order = check->seen_at < check->expected_at ? "earlier" : "later";
    char clock[CLI_DATE_SIZE], apart[CLI_DATE_SIZE];

    (void)printf("%s%s\n", WORDS[check->values], cli_clock(check->expected_at, now, clock));
    (void)printf("%*s%-*s%s, %s %s\n", MARK, "", LABEL, "  seen",
                 cli_clock(check->seen_at, now, clock),
                 cli_apart(check->seen_at, check->expected_at, apart), order);
}

static void put_failed(const struct story_check *check, int64_t now, const struct style *style)
{
    (void)printf("  %sno%s  %s\n", style->bad, style->plain, check->check);
    (void)printf("%*s%-*s", MARK, "", LABEL, "  expected");
    if (check->values != STORY_TEXTS) {
        put_compared(check, now);
        return;
    }
    put_words(MARK + LABEL, check->expected);
    if (check->seen != NULL || check->compared) {
        (void)printf("%*s%-*s", MARK, "", LABEL, "  seen");
        put_words(MARK + LABEL, check->seen != NULL ? check->seen : "nothing");
    }
}

static void put_checks(const struct recent_entry *entry, const struct style *style)
{
    struct story story;

    story_tell(entry, &story);
    (void)fputs("\nchecks\n", stdout);
    for (size_t i = 0; i < story.n; i++) {
        const struct story_check *check = &story.checks[i];

        if (!check->ok) {
            put_failed(check, entry->at_us / 1000000, style);
            continue;
        }
        (void)printf("  %sok%s  %-*s", style->good, style->plain, LABEL, check->check);
        put_words(MARK + LABEL, check->seen != NULL ? check->seen : check->expected);
    }
}

/* -- The rest ------------------------------------------------------------------------------------ */

static void put_clocks(const struct recent_entry *entry, int64_t now)
{
    const unsigned us = entry->latency_us;
    const bool is_long = us >= 10000;
    char clock[CLI_DATE_SIZE];

    (void)printf("\n%-*s%sZ, in %u %s%s\n", LABEL, "decided at",
                 cli_utc(entry->at_us / 1000000, clock), is_long ? us / 1000 : us,
                 is_long ? "ms" : "us", entry->cached != 0 ? ", from what was known" : "");
    (void)printf("%-*s%sZ by this machine's clock\n\n", LABEL, "now", cli_utc(now, clock));
}

const char *why_public(const struct recent_entry *entry)
{
    return entry->status == 404 ? "Not Found" /* hidden: problem.c */
                                : dw_reason_text((enum dw_reason)entry->reason)->public_text;
}

void why_print(const struct recent_entry *entry, int64_t now)
{
    const struct dw_reason_text *reason = dw_reason_text((enum dw_reason)entry->reason);
    const struct style style = find_style();

    put_headline(entry, now, &style);
    put_presented(entry);
    put_checks(entry, &style);
    put_clocks(entry, now);
    put_line("told", why_public(entry));
    put_line("meaning", reason->private_text);
    put_line("fix: build", reason->build);
    put_line("fix: call", reason->call);
    put_line("fix: visit", reason->visit);
}
