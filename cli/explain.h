/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_EXPLAIN_H
#define DW_EXPLAIN_H

/* `doorward explain`: from what a person has at hand to the cause, the evidence and the fix. */

#include <stdio.h>

#include "diagnosis.h"

enum explain_status {
    EXPLAIN_HEALTHY = 0,
    EXPLAIN_CAUSE = 1,
    EXPLAIN_UNDIAGNOSED = 2,
    EXPLAIN_INPUT = 3,
    EXPLAIN_NETWORK = 4
};

struct explain_settings {
    const char
        *input;     /* a file, a URL, an id, "-", or the thing itself; NULL: `command` is there */
    char **command; /* curl's words, to be run */
    size_t n_command;
    const char *config, *data; /* where decisions of ours are; NULL: the defaults */
    const char *whom;          /* "builder", "consumer", "visitor"; NULL: all three */
    const char *html;          /* a file, or "-"; NULL: none */
    const char *proxy;         /* NULL: none, whatever the environment says */
    int64_t now;               /* seconds since 1970 */
    unsigned
        seconds; /* for a request and its redirects; 0: as the command says, else the default */
    bool json, probe, replay, show_secrets;
    bool web; /* serve the page, and read nothing */
};

/* What came in, and what it means. */
struct explained {
    const struct explain_settings *settings;
    const struct capture *capture;
    const struct diagnosis *diagnosis;
    bool masks; /* secrets are covered */
};

/* -- explain_input.c ----------------------------------------------------------------------------- */

struct explain_source {
    struct capture *capture;
    struct capture *read; /* what the command was read into; NULL: it was none that was run */
    const struct command *command; /* of `read`; NULL */
};

/* Reads, fetches or replays what the settings name. EXPLAIN_HEALTHY and the source, to be closed; or the
 * status to leave with, after one line on stderr. */
DW_MUST_USE int explain_open(const struct explain_settings *settings,
                             struct explain_source *source);
void explain_close(struct explain_source *source); /* wipes */

/* -- probe_requests.c ---------------------------------------------------------------------------- */

/* Sends the differential requests that are safe for what was captured, and adds them to it, each with
 * its role and a line on stderr. `command` says how to reach the server; NULL. How many were answered. */
size_t probe_send(struct capture *capture, const struct diagnosis *diagnosis,
                  const struct explain_settings *settings, const struct command *command);

/* -- The verdict, told: on a terminal, for programs, as one page ------------------------------------ */

void explain_print(FILE *file, const struct explained *explained);
void explain_print_json(FILE *file, const struct explained *explained); /* never a secret */
void explain_print_html(FILE *file, const struct explained *explained); /* never a secret */

/* EXPLAIN_HEALTHY, _CAUSE or _UNDIAGNOSED. */
int explain_verdict(const struct diagnosis *diagnosis);

/* -- explain_words.c: what all three say, of the diagnosis' arena ------------------------------------- */

/* "token.expired", "healthy", "undiagnosed". */
const char *explain_headline(const struct explained *explained);

/* The exchange that was looked at; else the last that was captured; NULL: there is none. */
const struct exchange *explain_shown(const struct explained *explained);

/* "curl.txt:9", "entry 12", "line 9"; "" where it is not known. */
const char *explain_place(const struct explained *explained, struct place place);

/* The text without the secrets that are known, where they are to be covered. */
const char *explain_bare(const struct explained *explained, struct dw_span text);

/* The same for a URL, whose parameters may be secrets. */
const char *explain_url(const struct explained *explained, struct dw_span url);

/* "GET http://a/x 301 -> GET https://a/x 401", and what was lost on the way; NULL: one hop. */
const char *explain_hops(const struct explained *explained);

#define EXPLAIN_HOPS_MAX 8

/* The same taken apart: what led to the exchange that is looked at, and itself, the first first. 0: none. */
size_t explain_find_hops(const struct scene *scene, const struct exchange *hops[EXPLAIN_HOPS_MAX]);

/* The field with credentials that the first request had and the second had not; NULL: none. */
const char *explain_lost_between(const struct exchange *from, const struct exchange *to);

/* "server 10:07:12Z, this machine 10:07:13Z; judged by the server's Date"; NULL: nothing to compare. */
const char *explain_clocks(const struct explained *explained);

/* -- explain_line.c: the user's own bytes ------------------------------------------------------------- */

/* One line, cut around what is wrong. Not made safe for a terminal. */
struct explain_line {
    const char *name; /* of the field, without its colon; NULL: it is none */
    struct dw_span before, marked, after;
    const char *says; /* NULL: nothing is marked */
    struct place place;
};

/* What the first cause points at, in at most `columns`. false: there is nothing to show. */
bool explain_point(const struct explained *explained, size_t columns, struct explain_line *line);

/* The text, with dots for what does not fit. Of the arena, or the text itself. */
struct dw_span explain_cut(struct arena *arena, struct dw_span text, size_t columns);

/* -- explain_paste.c ---------------------------------------------------------------------------------- */

#define EXPLAIN_PASTE_MAX 64

/* The repaired curl command, as shell words. 0: there is none. */
size_t explain_paste(const struct explained *explained, const char *words[EXPLAIN_PASTE_MAX]);

/* -- explain_scene.c ---------------------------------------------------------------------------------- */

/* Members of an object, each with a comma before it: "hops", "token", "challenges". Never a secret. */
void explain_put_scene(FILE *file, const struct explained *explained);

/* -- explain_web.c ------------------------------------------------------------------------------------ */

/* Serves the page on loopback until it is interrupted; the exit status. */
int explain_web(const struct explain_settings *settings);

#endif
