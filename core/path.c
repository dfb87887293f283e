/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <string.h>

/*
 * Servers disagree on what a path means. Each bit is one thing some do and others do not; a request
 * is judged under every combination that could make a difference to it.
 */
enum {
    READ_SLASH = 1,     /* %2F separates segments */
    READ_BACKSLASH = 2, /* so does \ */
    READ_PARAMS = 4,    /* ;name=value is not part of a segment (RFC 3986 s3.3) */
    READ_TWICE = 8,     /* what was decoded is decoded again */
    READ_DOTS = 16,     /* dot segments are left in place */
    READ_HOST = 32,     /* //name begins with a host (RFC 3986 s4.2), as for WHATWG's URL */
    READ_ALL = 63
};

/* Bytes of a path in all its readings. An ordinary one has two or three hundred, in one reading; whoever
 * sends the longest there is in the most readings there are would keep a worker busy for milliseconds. */
#define READ_MAX ((size_t)128 * 1024)

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte a percent-encoding stands for, or -1. */
static int encoded_byte(struct dw_span text, size_t at)
{
    if (text.len - at < 3 || text.at[at] != '%') {
        return -1;
    }
    const int high = hex_digit(text.at[at + 1]);
    const int low = hex_digit(text.at[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* RFC 9112 s3.2: origin-form, or absolute-form with its scheme and authority taken off. */
static struct dw_span path_of(struct dw_span target)
{
    const char *query = target.len == 0 ? NULL : memchr(target.at, '?', target.len);

    if (query != NULL) {
        target.len = (size_t)(query - target.at);
    }
    if (target.len > 0 && target.at[0] == '/') {
        return target;
    }
    const bool plain = span_starts_nocase(target, "http://");
    if (plain || span_starts_nocase(target, "https://")) {
        target = span_from(target, plain ? 7 : 8);
        const char *slash = memchr(target.at, '/', target.len);
        target = slash == NULL ? DW_SPAN("/") : span_from(target, (size_t)(slash - target.at));
    }
    return target.len == 0 ? DW_SPAN("/") : target;
}

static unsigned doubts_of_byte(int byte)
{
    switch (byte) {
    case '/':
        return READ_SLASH;
    case '\\':
        return READ_BACKSLASH;
    case ';':
        return READ_PARAMS;
    case '%':
        return READ_ALL & ~(unsigned)READ_HOST;
    default:
        return 0;
    }
}

static bool is_dot(struct dw_span path, size_t at)
{
    return at < path.len && (path.at[at] == '.' || encoded_byte(path, at) == '.');
}

static bool is_slash(struct dw_span path, size_t at)
{
    return at < path.len && (path.at[at] == '/' || path.at[at] == '\\');
}

/* What stands behind the host. */
static struct dw_span without_host(struct dw_span path)
{
    size_t at = 0;

    while (is_slash(path, at)) {
        at++;
    }
    while (at < path.len && !is_slash(path, at)) {
        at++;
    }
    return at == path.len ? DW_SPAN("/") : span_from(path, at);
}

/* What servers may disagree on in this path; most have nothing. */
static unsigned doubts_of(struct dw_span path)
{
    unsigned doubts = is_slash(path, 0) && is_slash(path, 1) ? READ_HOST : 0;

    for (size_t i = 0; i < path.len; i++) {
        const char c = path.at[i];
        if (c == '%') {
            doubts |= doubts_of_byte(encoded_byte(path, i));
        } else if (c == '/') {
            doubts |= is_dot(path, i + 1) ? READ_DOTS : 0;
        } else {
            doubts |= doubts_of_byte(c);
        }
    }
    /* A separator in doubt may make a dot segment of what follows it. */
    return (doubts & (READ_SLASH | READ_BACKSLASH | READ_PARAMS)) != 0 ? doubts | READ_DOTS
                                                                       : doubts;
}

static unsigned count_bits(unsigned bits)
{
    unsigned n = 0;

    for (; bits != 0; bits &= bits - 1) {
        n++;
    }
    return n;
}

/* The number's bits, dealt out to the bits of the mask. */
static unsigned choose_bits(unsigned number, unsigned mask)
{
    unsigned chosen = 0;

    for (unsigned bit = 1; bit <= READ_ALL; bit <<= 1) {
        if ((mask & bit) != 0) {
            chosen |= (number & 1) != 0 ? bit : 0;
            number >>= 1;
        }
    }
    return chosen;
}

static bool is_control(int byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* Decodes into `buffer`, which may be the text itself. An encoded slash stays encoded unless it is
 * read as a separator. false: broken, or a control character (a C string might end there). */
static bool decode(struct dw_span text, unsigned how, bool strict, char *buffer, size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        int byte = (unsigned char)text.at[i];
        const int decoded = byte == '%' ? encoded_byte(text, i) : -1;
        if (byte == '%' && decoded < 0 && strict) {
            return false;
        }
        if (decoded == '/' && (how & READ_SLASH) == 0) {
            memcpy(buffer + n, "%2F", 3);
            n += 3;
            i += 2;
            continue;
        }
        if (decoded >= 0) {
            byte = decoded;
            i += 2;
        }
        if (is_control(byte)) {
            return false;
        }
        buffer[n++] = (char)byte;
    }
    *len = n;
    return true;
}

static bool is_separator(char c, unsigned how)
{
    return c == '/' || (c == '\\' && (how & READ_BACKSLASH) != 0);
}

/* -- What two dots take back ----------------------------------------------------------------------- */

static struct dw_span without_params(struct dw_span segment, unsigned how)
{
    const char *params = segment.len == 0 ? NULL : memchr(segment.at, ';', segment.len);

    if (params != NULL && (how & READ_PARAMS) != 0) {
        segment.len = (size_t)(params - segment.at);
    }
    return segment;
}

/* Whether another server may find no segment in it, or several, or dots. */
static bool is_doubtful(struct dw_span segment)
{
    for (size_t i = 0; i < segment.len; i++) {
        const bool is_encoded = segment.at[i] == '%';
        const int byte = is_encoded ? encoded_byte(segment, i) : segment.at[i];
        if (doubts_of_byte(byte) != 0 || (is_encoded && byte == '.')) {
            return true;
        }
    }
    return segment.len == 0;
}

/* One server may take dots off before the next one reads the path in another way. Both find what a
 * single reading finds, unless they disagree on what two dots take back: /open/..;/a/..;/../b. From the
 * end, where each two dots are met before the segment that is theirs. */
static bool is_disputed(struct dw_span path, unsigned how)
{
    size_t end = path.len;
    size_t back = 0;

    while (end > 0) {
        size_t start = end;
        while (start > 0 && !is_separator(path.at[start - 1], how)) {
            start--;
        }
        const struct dw_span segment =
            without_params((struct dw_span){path.at + start, end - start}, how);
        if (dw_span_equal(segment, DW_SPAN(".."))) {
            back++;
        } else if (back > 0 && !dw_span_equal(segment, DW_SPAN("."))) {
            if (is_doubtful(segment)) {
                return true;
            }
            back--;
        }
        end = start > 0 ? start - 1 : 0;
    }
    return false;
}

/* -- Segments -------------------------------------------------------------------------------------- */

static size_t drop_last_segment(const char *buffer, size_t len)
{
    while (len > 0 && buffer[--len] != '/') {
    }
    return len;
}

/* Adds "/segment" to the path written so far, unless the segment is nothing. */
static size_t add_segment(char *buffer, size_t len, struct dw_span segment, unsigned how)
{
    segment = without_params(segment, how);
    if (segment.len == 0) {
        return len;
    }
    if ((how & READ_DOTS) == 0 && dw_span_equal(segment, DW_SPAN("."))) {
        return len;
    }
    if ((how & READ_DOTS) == 0 && dw_span_equal(segment, DW_SPAN(".."))) {
        return drop_last_segment(buffer, len);
    }
    buffer[len] = '/';
    memmove(buffer + len + 1, segment.at, segment.len);
    return len + 1 + segment.len;
}

/* Writes the segments over the text they come from: never more bytes than were read. */
static size_t tidy(char *buffer, size_t len, unsigned how)
{
    size_t written = 0;
    size_t start = 1;

    for (size_t i = 1; i <= len; i++) {
        if (i == len || is_separator(buffer[i], how)) {
            const struct dw_span segment = {buffer + start, i - start};
            written = add_segment(buffer, written, segment, how);
            start = i + 1;
        }
    }
    if (written == 0) {
        buffer[written++] = '/';
    }
    return written;
}

/* As most paths are: there is nothing to decode, to drop, to refuse or to doubt. */
static bool is_plain(struct dw_span path)
{
    for (size_t i = 0; i < path.len; i++) {
        const char c = path.at[i];
        const char next = i + 1 < path.len ? path.at[i + 1] : '/';
        if (c == '%' || c == '\\' || c == ';' || is_control((unsigned char)c)) {
            return false;
        }
        if (c == '/' && path.len > 1 && (next == '/' || next == '.')) {
            return false;
        }
    }
    return path.at[0] == '/';
}

bool path_find(struct dw_span target, struct path *path)
{
    const struct dw_span raw = path_of(target);

    /* No target holds a # (RFC 9112 s3.2): one server ends the path there, the next one goes on. */
    if (raw.len > DW_PATH_MAX || memchr(raw.at, '#', raw.len) != NULL) {
        return false;
    }
    if (is_plain(raw)) {
        *path = (struct path){.raw = raw, .n_readings = 1, .plain = true};
        return true;
    }
    if (is_disputed(raw, 0)) {
        return false;
    }
    const unsigned doubts = doubts_of(raw);
    const unsigned n_readings = 1u << count_bits(doubts);
    if (raw.len * n_readings > READ_MAX) {
        return false;
    }
    *path = (struct path){raw, doubts, n_readings, false};
    return true;
}

bool path_read(const struct path *path, unsigned reading, char *buffer, struct dw_span *read)
{
    const unsigned how = choose_bits(reading, path->doubts);
    const struct dw_span raw = (how & READ_HOST) != 0 ? without_host(path->raw) : path->raw;
    size_t len = 0;

    if (path->plain) {
        memcpy(buffer, path->raw.at, path->raw.len);
        *read = (struct dw_span){buffer, path->raw.len};
        return true;
    }
    if (!decode(raw, how, true, buffer, &len)) {
        return false;
    }
    const struct dw_span once = {buffer, len};
    if ((how & READ_TWICE) != 0 && !decode(once, how, false, buffer, &len)) {
        return false;
    }
    if ((how & READ_DOTS) == 0 && is_disputed((struct dw_span){buffer, len}, how)) {
        return false;
    }
    if (path->raw.at[0] == '/') {
        len = tidy(buffer, len, how);
    }
    *read = (struct dw_span){buffer, len};
    return true;
}
