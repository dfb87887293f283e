/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"
#include "text.h"

#define FILE_MODE  0640
#define BATCH_SIZE ((size_t)64 * 1024)
#define LINE_SIZE  (6 * sizeof(struct recent_entry) + 1024) /* every byte escaped as \u00xx fits */
#define TIME_SIZE  32
#define LET_IN     200

struct log_writer {
    int fd;
    bool allowed;
    uint64_t dropped; /* not yet written down */
    size_t len;       /* bytes in `batch` not yet written */
    char batch[BATCH_SIZE];
    char path[PATH_MAX];
};

/* -- Opening ----------------------------------------------------------------------------------- */

static int make_parent(const char *path, struct complaint *why)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const size_t len = slash != NULL ? (size_t)(slash - path) : 0;

    if (len == 0) {
        return 0;
    }
    memcpy(folder, path, len);
    folder[len] = '\0';
    return folder_make(folder, why);
}

int log_reopen(struct log_writer *writer, struct complaint *why)
{
    const int fd = open(writer->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, FILE_MODE);

    if (fd < 0) {
        return complain(why, "%s: %s", writer->path, strerror(errno));
    }
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    writer->fd = fd;
    return 0;
}

int log_open(const char *path, bool allowed, struct log_writer **writer, struct complaint *why)
{
    struct log_writer *made;
    const size_t len = strlen(path);

    if (len >= PATH_MAX) {
        return complain(why, "%.100s...: the path is too long", path);
    }
    if (make_parent(path, why) != 0) {
        return -1;
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return complain(why, "%s: out of memory", path);
    }
    memcpy(made->path, path, len + 1);
    made->allowed = allowed;
    made->fd = -1;
    if (log_reopen(made, why) != 0) {
        free(made);
        return -1;
    }
    *writer = made;
    return 0;
}

void log_close(struct log_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    close(writer->fd);
    free(writer);
}

/* -- Writing ----------------------------------------------------------------------------------- */

/* Writes the batch; what the file does not take stays for the next time. */
static int flush(struct log_writer *writer, struct complaint *why)
{
    size_t done = 0;
    int error = 0;

    while (error == 0 && done < writer->len) {
        const ssize_t n = write(writer->fd, writer->batch + done, writer->len - done);

        if (n < 0 && errno != EINTR) {
            error = errno;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    writer->len -= done;
    memmove(writer->batch, writer->batch + done, writer->len);
    if (error != 0) {
        return complain(why, "%s: cannot write: %s", writer->path, strerror(error));
    }
    return 0;
}

static struct dw_span write_time(int64_t at_us, char buffer[TIME_SIZE])
{
    const time_t seconds = at_us / 1000000;
    struct tm tm;
    size_t len;
    int n;

    if (at_us < 0 || gmtime_r(&seconds, &tm) == NULL) {
        return (struct dw_span){NULL, 0};
    }
    len = strftime(buffer, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    n = snprintf(buffer + len, TIME_SIZE - len, ".%06dZ", (int)(at_us % 1000000));
    if (len == 0 || n < 0 || (size_t)n >= TIME_SIZE - len) {
        return (struct dw_span){NULL, 0};
    }
    return (struct dw_span){buffer, len + (size_t)n};
}

/* What is empty is unknown. */
static struct dw_span known(const char *text)
{
    return dw_span_of(text[0] != '\0' ? text : NULL);
}

static void write_credentials(struct text *line, const struct recent_entry *entry)
{
    text_json_member(line, "issuer", known(entry->issuer));
    text_json_member(line, "kid", known(entry->kid));
    text_json_member(line, "subject", known(entry->subject));
    text_json_member(line, "client", known(entry->client));
    text_json_member(line, "token", known(entry->token));
    text_json_member(line, "credential", known(entry->credential));
    text_json_member(line, "account", known(entry->account));
    text_json_member(line, "wanted", known(entry->wanted));
    text_json_member(line, "seen", known(entry->seen));
}

static void write_entry(struct text *line, const struct recent_entry *entry)
{
    char time[TIME_SIZE];

    text_char(line, '{');
    text_json_member(line, "time", write_time(entry->at_us, time));
    text_json_member(line, "id", dw_span_of(entry->id));
    text_json_member(line, "reason", dw_span_of(dw_reason_text(entry->reason)->name));
    text_json_number(line, "status", entry->status);
    text_json_member(line, "scheme", known(dw_scheme_name(entry->scheme)));
    text_json_member(line, "route", known(entry->route));
    text_json_member(line, "method", known(entry->method));
    text_json_member(line, "path", known(entry->path));
    text_json_member(line, "source", known(entry->source));
    write_credentials(line, entry);
    text_put(line, entry->cached ? ",\"cached\":true" : ",\"cached\":false");
    text_json_number(line, "latency_us", entry->latency_us);
    text_put(line, "}\n");
}

static void write_dropped(struct text *line, uint64_t dropped)
{
    struct timespec now;
    char time[TIME_SIZE];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    text_char(line, '{');
    text_json_member(line, "time",
                     write_time((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, time));
    text_json_number(line, "dropped", (int64_t)dropped);
    text_put(line, "}\n");
}

static int make_room(struct log_writer *writer, struct complaint *why)
{
    return BATCH_SIZE - writer->len >= LINE_SIZE ? 0 : flush(writer, why);
}

static struct text begin_line(struct log_writer *writer)
{
    struct text line;

    text_init(&line, writer->batch + writer->len, BATCH_SIZE - writer->len);
    return line;
}

static void end_line(struct log_writer *writer, const struct text *line)
{
    if (line->overflow) {
        writer->dropped++;
        return;
    }
    writer->len += line->len;
}

static bool is_wanted(const struct log_writer *writer, const struct recent_entry *entry)
{
    return writer->allowed || dw_reason_text(entry->reason)->status != LET_IN;
}

/* At most a ring full at once, so that the caller's other work is not starved. */
static int write_entries(struct log_writer *writer, struct recent *recent, struct complaint *why)
{
    struct recent_entry entry;

    for (size_t n = 0; n < RECENT_SLOTS; n++) {
        struct text line;

        if (make_room(writer, why) != 0) {
            return -1;
        }
        if (!recent_take(recent, &entry, &writer->dropped)) {
            return 0;
        }
        if (is_wanted(writer, &entry)) {
            line = begin_line(writer);
            write_entry(&line, &entry);
            end_line(writer, &line);
        }
    }
    return 0;
}

int log_drain(struct log_writer *writer, struct recent *recent, struct complaint *why)
{
    if (write_entries(writer, recent, why) != 0 || make_room(writer, why) != 0) {
        return -1;
    }
    if (writer->dropped > 0) {
        struct text line = begin_line(writer);

        write_dropped(&line, writer->dropped);
        writer->dropped = 0;
        end_line(writer, &line);
    }
    return flush(writer, why);
}
