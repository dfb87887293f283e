/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "transcript_curl.h"

/* curl --trace and --trace-ascii: a heading, and below it rows of bytes, each with its place. */

#define HEX_COLUMNS 16

enum section { SECTION_OTHER, SECTION_HEADER, SECTION_SENT, SECTION_RECEIVED };

struct reader {
    struct curl curl;
    enum section section;
    size_t total; /* bytes of the section */
    size_t at;    /* how many of them there were */
    struct place line_at;
    size_t line_len;
    char line[CAPTURE_VALUE_MAX]; /* of a message, as far as it came */
};

/* -- Bytes of messages --------------------------------------------------------------------------------------- */

static void end_line(struct reader *reader)
{
    struct dw_span line = {reader->line, reader->line_len};

    if (line.len > 0 && line.at[line.len - 1] == '\r') {
        line.len--;
    }
    (void)curl_read_message_line(&reader->curl, line, reader->line_at);
    reader->line_len = 0;
}

static void take_header_byte(struct reader *reader, char c, struct place place)
{
    if (c == '\n') {
        end_line(reader);
        return;
    }
    if (reader->line_len == 0) {
        reader->line_at = place;
    }
    if (reader->line_len < sizeof(reader->line)) {
        reader->line[reader->line_len++] = c;
    }
}

static void take_bytes(struct reader *reader, struct dw_span bytes, struct place place)
{
    struct exchange *exchange = reader->curl.exchange;

    reader->at += bytes.len;
    for (size_t i = 0; reader->section == SECTION_HEADER && i < bytes.len; i++) {
        take_header_byte(reader, bytes.at[i], place);
    }
    if (reader->section == SECTION_SENT && exchange != NULL) {
        capture_add_body(reader->curl.capture, &exchange->request, bytes);
    } else if (reader->section == SECTION_RECEIVED && exchange != NULL) {
        capture_add_body(reader->curl.capture, &exchange->response, bytes);
    }
}

/* -- Rows ---------------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(DIGITS, c | 0x20) : NULL;

    return at != NULL ? (int)(at - DIGITS) : -1;
}

/* The number in front of "0040: ". false: it is none. */
static bool read_offset(struct dw_span *line, size_t *offset)
{
    const size_t len = find_text(*line, ": ");
    size_t value = 0;

    if (len < 4 || len > 8 ||
        (len == line->len && !(line->len > 4 && line->at[line->len - 1] == ':'))) {
        return false;
    }
    for (size_t i = 0; i < len && line->at[i] != ':'; i++) {
        const int digit = hex_digit(line->at[i]);

        if (digit < 0) {
            return false;
        }
        value = 16 * value + (size_t)digit;
    }
    *line = skip(*line, len + 2);
    *offset = value;
    return true;
}

/* "47 45 54 20 " and so on; all that the section still has, or a row full. */
static bool read_hex(struct dw_span row, size_t left, char bytes[HEX_COLUMNS], size_t *n)
{
    const size_t wanted = left < HEX_COLUMNS ? left : HEX_COLUMNS;

    if (row.len + 1 < 3 * wanted) {
        return false;
    }
    for (size_t i = 0; i < wanted; i++) {
        const int high = hex_digit(row.at[3 * i]), low = hex_digit(row.at[3 * i + 1]);

        if (high < 0 || low < 0 || (3 * i + 2 < row.len && row.at[3 * i + 2] != ' ')) {
            return false;
        }
        bytes[i] = (char)(16 * high + low);
    }
    *n = wanted;
    return wanted > 0;
}

/* --trace-ascii leaves line ends out: the next row's place, or the section's size, tells that there was one. */
static void catch_up(struct reader *reader, size_t offset, struct place place)
{
    if (offset > reader->at && reader->at > 0) {
        take_bytes(reader, DW_SPAN("\r\n"), place);
    }
    reader->at = offset;
}

static void read_row(struct reader *reader, struct dw_span row, size_t offset, struct place place)
{
    char bytes[HEX_COLUMNS];
    size_t n;

    catch_up(reader, offset, place);
    if (reader->total > offset && read_hex(row, reader->total - offset, bytes, &n)) {
        take_bytes(reader, (struct dw_span){bytes, n}, place);
        return;
    }
    take_bytes(reader, row, place);
    if (row.len == 0 && reader->total == offset + 2) {
        take_bytes(reader, DW_SPAN("\r\n"), place);
    }
}

/* -- Headings -------------------------------------------------------------------------------------------------- */

static void end_section(struct reader *reader, struct place place)
{
    catch_up(reader, reader->total, place);
    if (reader->line_len > 0) {
        end_line(reader);
    }
    reader->section = SECTION_OTHER;
    reader->total = 0;
    reader->at = 0;
}

static bool read_heading(struct reader *reader, struct dw_span line, struct place place)
{
    static const struct {
        const char *text;
        enum section section;
    } HEADINGS[] = {{"=> Send header, ", SECTION_HEADER},  {"<= Recv header, ", SECTION_HEADER},
                    {"=> Send data, ", SECTION_SENT},      {"<= Recv data, ", SECTION_RECEIVED},
                    {"=> Send SSL data, ", SECTION_OTHER}, {"<= Recv SSL data, ", SECTION_OTHER}};

    for (size_t i = 0; i < sizeof(HEADINGS) / sizeof(HEADINGS[0]); i++) {
        struct dw_span rest = skip(line, strlen(HEADINGS[i].text));

        if (begins(line, HEADINGS[i].text)) {
            const int total = next_number(&rest);

            end_section(reader, place);
            reader->section = HEADINGS[i].section;
            reader->total = total > 0 ? (size_t)total : 0;
            return true;
        }
    }
    return false;
}

static void read_line(struct reader *reader, const struct lines *lines)
{
    const struct place place = {lines->number, 0};
    const size_t info = find_text(lines->line, "== Info: ");
    struct dw_span line = curl_untimed(lines->line, &reader->curl.now_ms);
    size_t offset;

    if (info < lines->line.len) {
        end_section(reader, place);
        curl_note(&reader->curl, skip(lines->line, info + strlen("== Info: ")), place);
    } else if (!read_heading(reader, line, place) && read_offset(&line, &offset) &&
               (offset < reader->total || reader->total == 0)) {
        read_row(reader, line, offset, place);
    }
}

int curl_trace_read(struct dw_span text, const char *name, struct capture **capture,
                    struct complaint *why)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    struct lines lines;
    int error;

    if (reader == NULL || !curl_init(&reader->curl, CAPTURE_CURL_TRACE, name)) {
        free(reader);
        return complain(why, "out of memory");
    }
    lines_init(&lines, text);
    while (!reader->curl.is_full && lines_next(&lines)) {
        read_line(reader, &lines);
    }
    if (!reader->curl.is_full) {
        end_section(reader, (struct place){lines.number, 0});
    }
    error = curl_end(&reader->curl, "curl --trace", capture, why);
    dw_secret_wipe(reader, sizeof(*reader));
    free(reader);
    return error;
}
