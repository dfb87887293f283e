/* SPDX-License-Identifier: Apache-2.0 */
#include "past.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

#define LINE_MAX_BYTES (6 * sizeof(struct recent_entry) + 1024) /* log.c */
#define BLOCK          ((size_t)1024 * 1024)
#define NODES          64

/* -- A line of the log --------------------------------------------------------------------------- */

#define TEXT(name)                                                                              \
    {                                                                                           \
#name, offsetof(struct recent_entry, name), sizeof(((struct recent_entry *)NULL)->name) \
    }

static const struct {
    const char *name;
    size_t at, size;
} TEXTS[] = {
    TEXT(id),     TEXT(method),     TEXT(path),   TEXT(route),   TEXT(source),
    TEXT(issuer), TEXT(kid),        TEXT(token),  TEXT(subject), TEXT(client),
    TEXT(seen),   TEXT(credential), TEXT(wanted), TEXT(account),
};

#define N_TEXTS (sizeof(TEXTS) / sizeof(TEXTS[0]))

static struct dw_span find_text(const struct json *json, const char *name)
{
    return json_string(json, json_member(json, json_root(json), name));
}

static int64_t find_number(const struct json *json, const char *name)
{
    int64_t number = 0;

    return json_whole(json, json_member(json, json_root(json), name), &number) ? number : 0;
}

/* "2026-11-21T12:07:12.123456Z", as log.c writes it */
static bool read_time(struct dw_span text, int64_t *at_us)
{
    char buffer[40];
    struct tm tm = {.tm_isdst = 0};
    int64_t us = 0;

    if (text.at == NULL || text.len >= sizeof(buffer)) {
        return false;
    }
    memcpy(buffer, text.at, text.len);
    buffer[text.len] = '\0';
    const char *rest = strptime(buffer, "%Y-%m-%dT%H:%M:%S.", &tm);
    if (rest == NULL || strspn(rest, "0123456789") != 6 || strcmp(rest + 6, "Z") != 0) {
        return false;
    }
    for (size_t i = 0; i < 6; i++) {
        us = us * 10 + (rest[i] - '0');
    }
    *at_us = (int64_t)timegm(&tm) * 1000000 + us;
    return true;
}

static uint8_t find_scheme(struct dw_span name)
{
    uint8_t scheme = DW_SCHEME_NONE + 1;

    while (scheme < DW_SCHEMES_END && !dw_span_equal(name, dw_span_of(dw_scheme_name(scheme)))) {
        scheme++;
    }
    return scheme < DW_SCHEMES_END ? scheme : DW_SCHEME_NONE;
}

static bool fill(const struct json *json, struct recent_entry *entry)
{
    const struct json_node *cached = json_member(json, json_root(json), "cached");

    *entry = (struct recent_entry){
        .latency_us = (uint32_t)find_number(json, "latency_us"),
        .reason = (uint16_t)dw_reason_find(find_text(json, "reason")),
        .status = (uint16_t)find_number(json, "status"),
        .scheme = find_scheme(find_text(json, "scheme")),
        .cached = cached != NULL && cached->type == JSON_TRUE,
    };
    for (size_t i = 0; i < N_TEXTS; i++) {
        const struct dw_span text = find_text(json, TEXTS[i].name);
        const size_t len = text.len < TEXTS[i].size ? text.len : TEXTS[i].size - 1;

        if (len > 0) {
            memcpy((char *)entry + TEXTS[i].at, text.at, len);
        }
    }
    return entry->reason != DW_REASON_NONE && read_time(find_text(json, "time"), &entry->at_us);
}

/* A line while it is read. */
struct line {
    struct json_node nodes[NODES];
    char text[LINE_MAX_BYTES];
};

static bool read_line(struct line *line, size_t len, struct recent_entry *entry)
{
    struct recent_entry found;
    struct json json;

    if (json_parse(line->text, len, line->nodes, NODES, &json, NULL) != JSON_OK ||
        !fill(&json, &found)) {
        return false;
    }
    *entry = found;
    return true;
}

bool past_read_line(struct dw_span line, struct recent_entry *entry)
{
    struct line *read = malloc(sizeof(*read));
    bool good = false;

    if (read != NULL && line.len > 0 && line.len <= sizeof(read->text)) {
        memcpy(read->text, line.at, line.len);
        good = read_line(read, line.len, entry);
    }
    free(read);
    return good;
}

/* -- The log ------------------------------------------------------------------------------------- */

/* What is being looked for. */
struct search {
    int fd;
    struct dw_span needle; /* "id":"..." */
    char *block;           /* BLOCK and a line that begins in it */
    struct recent_entry *entry;
};

/* The line around `at`, if it begins in the block. */
static bool read_around(const struct search *search, const char *at, size_t len)
{
    const char *end = memchr(at, '\n', len - (size_t)(at - search->block));
    const char *begin = memrchr(search->block, '\n', (size_t)(at - search->block));

    if (end == NULL) {
        return false;
    }
    begin = begin != NULL ? begin + 1 : search->block;
    return past_read_line((struct dw_span){begin, (size_t)(end - begin)}, search->entry);
}

/* One that goes on in the next block is found whole here, and cut at its begin there. */
static bool search_block(const struct search *search, int64_t offset)
{
    const ssize_t n = pread(search->fd, search->block, BLOCK + LINE_MAX_BYTES, offset);
    const char *at =
        n <= 0 ? NULL : memmem(search->block, (size_t)n, search->needle.at, search->needle.len);

    return at != NULL && read_around(search, at, (size_t)n);
}

static bool search_backwards(const struct search *search)
{
    const int64_t size = lseek(search->fd, 0, SEEK_END);
    const int64_t last = size > PAST_LOG_MAX ? size - PAST_LOG_MAX : 0;

    for (int64_t offset = size - 1; offset >= last; offset--) {
        offset -= offset % (int64_t)BLOCK;
        if (search_block(search, offset)) {
            return true;
        }
    }
    return false;
}

bool past_search(const char *path, const char *id, struct recent_entry *entry)
{
    char needle[RECENT_ID_SIZE + sizeof("\"id\":\"\"")];
    struct search search = {.fd = open(path, O_RDONLY | O_CLOEXEC),
                            .block = malloc(BLOCK + LINE_MAX_BYTES),
                            .entry = entry};
    bool found = false;

    (void)snprintf(needle, sizeof(needle), "\"id\":\"%.*s\"", RECENT_ID_SIZE - 1, id);
    search.needle = dw_span_of(needle);
    if (search.fd >= 0 && search.block != NULL) {
        found = search_backwards(&search);
    }
    if (search.fd >= 0) {
        (void)close(search.fd);
    }
    free(search.block);
    return found;
}
