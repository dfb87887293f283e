/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "text.h"

#define NOT_UTF8 UINT32_MAX

bool cli_has_colour(FILE *file)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (no_colour != NULL && *no_colour != '\0') {
        return false;
    }
    return terminal != NULL && strcmp(terminal, "dumb") != 0 && isatty(fileno(file)) == 1;
}

/* RFC 3629 s3. The character at the span's start, or NOT_UTF8 for one byte that begins none; returns
 * how many bytes it takes. */
static size_t read_character(struct dw_span span, uint32_t *character)
{
    static const unsigned char FIRST_BITS[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const unsigned char *at = (const unsigned char *)span.at;
    const size_t n = utf8_len(at, span.len);
    uint32_t value = at[0] & (unsigned)FIRST_BITS[n];

    for (size_t i = 1; i < n; i++) {
        value = value << 6 | (at[i] & 0x3fu);
    }
    *character = n == 0 ? NOT_UTF8 : value;
    return n == 0 ? 1 : n;
}

/* Controls; and what has no width, turns the direction of writing, or tags. */
static bool is_unsafe(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } UNSAFE[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
        {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < sizeof(UNSAFE) / sizeof(UNSAFE[0]); i++) {
        if (character >= UNSAFE[i].first && character <= UNSAFE[i].last) {
            return true;
        }
    }
    return false;
}

static void put_escape(FILE *file, uint32_t character)
{
    if (character < 0x10000) {
        (void)fprintf(file, "\\u%04x", character);
        return;
    }
    (void)fprintf(file, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10), 0xdc00 + (character & 0x3ff));
}

static void put_raw(FILE *file, struct dw_span span)
{
    (void)fwrite(span.at, 1, span.len, file);
}

void cli_put_json(FILE *file, struct dw_span string)
{
    (void)fputc('"', file);
    while (string.len > 0) {
        uint32_t character;
        const size_t n = read_character(string, &character);

        if (character == NOT_UTF8) {
            (void)fputs("\\ufffd", file);
        } else if (character == '"' || character == '\\') {
            (void)fprintf(file, "\\%c", (int)character);
        } else if (is_unsafe(character)) {
            put_escape(file, character);
        } else {
            put_raw(file, (struct dw_span){string.at, n});
        }
        string = (struct dw_span){string.at + n, string.len - n};
    }
    (void)fputc('"', file);
}

void cli_put_member(const char *name, const char *value, const char *after)
{
    cli_put_json(stdout, dw_span_of(name));
    (void)fputc(':', stdout);
    cli_put_json(stdout, dw_span_of(value));
    (void)fputs(after, stdout);
}

void cli_put_safe(FILE *file, struct dw_span string)
{
    while (string.len > 0) {
        uint32_t character;
        const size_t n = read_character(string, &character);

        if (character == NOT_UTF8) {
            (void)fprintf(file, "\\x%02x", (unsigned char)string.at[0]);
        } else if (is_unsafe(character)) {
            put_escape(file, character);
        } else {
            put_raw(file, (struct dw_span){string.at, n});
        }
        string = (struct dw_span){string.at + n, string.len - n};
    }
}

size_t cli_width(struct dw_span string)
{
    size_t width = 0;

    while (string.len > 0) {
        uint32_t character;
        const size_t n = read_character(string, &character);
        const size_t escaped = character < 0x10000 ? 6 : 12;

        if (character == NOT_UTF8) {
            width += 4;
        } else {
            width += is_unsafe(character) ? escaped : 1;
        }
        string = (struct dw_span){string.at + n, string.len - n};
    }
    return width;
}

size_t cli_widest(size_t width, const char *text)
{
    const size_t needed = cli_width(dw_span_of(text));

    return needed > width ? needed : width;
}

void cli_put_column(const char *text, size_t width)
{
    const size_t taken = cli_width(dw_span_of(text));

    cli_put_safe(stdout, dw_span_of(text));
    (void)printf("%*s", (int)(width > taken ? width - taken + 2 : 2), "");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct dw_span cli_trim(struct dw_span text)
{
    while (text.len > 0 && is_blank(text.at[text.len - 1])) {
        text.len--;
    }
    while (text.len > 0 && is_blank(text.at[0])) {
        text = (struct dw_span){text.at + 1, text.len - 1};
    }
    return text;
}
