/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "clean.h"

static bool is_curl(struct dw_span word)
{
    return dw_span_equal(word, DW_SPAN("curl")) || dw_span_equal_nocase(word, DW_SPAN("curl.exe"));
}

/* "$ http GET ...": only behind a prompt, since many a line begins so. line.len: it is none. */
static size_t find_httpie(struct dw_span line)
{
    const size_t at = find_text(line, "$ ") + 2;
    struct dw_span rest = skip(line, at);

    return at < line.len && at < 120 && is_httpie(next_word(&rest)) && trimmed(rest).len > 0
               ? at
               : line.len;
}

/* "alice@host:~$ curl ...": where the command begins; line.len: it is none. */
static size_t find_behind_prompt(struct dw_span line)
{
    const size_t at = find_text(line, "curl");
    const struct dw_span prompt = trimmed(first(line, at));
    struct dw_span rest = skip(line, at);
    const char last = prompt.len > 0 ? prompt.at[prompt.len - 1] : '$';

    if (at == line.len || !is_curl(next_word(&rest)) || trimmed(rest).len == 0) {
        return find_httpie(line);
    }
    return at < 120 && (strchr("$#>%", last) != NULL || (unsigned char)last >= 0x80) ? at
                                                                                     : line.len;
}

/* To the end of its last line: one that a quote or a mark of continuation does not carry on. */
static size_t command_len(struct dw_span text)
{
    char quote = '\0';
    size_t i = 0;

    while (i < text.len) {
        const char c = text.at[i];

        if (c == '\n' && quote == '\0') {
            break;
        }
        if ((c == '\\' && quote != '\'') || (quote == '\0' && (c == '^' || c == '`'))) {
            i += i + 2 < text.len && text.at[i + 1] == '\r' && text.at[i + 2] == '\n' ? 2 : 1;
        } else if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '\'' || c == '"')) {
            quote = c;
        }
        i++;
    }
    return quote == '\0' ? (i < text.len ? i : text.len) : find_char(text, '\n');
}

struct dw_span command_find(struct dw_span text)
{
    struct lines lines;

    lines_init(&lines, text);
    while (lines_next(&lines)) {
        const size_t at = find_behind_prompt(lines.line);

        if (at < lines.line.len) {
            const struct dw_span rest = skip(text, (size_t)(lines.line.at + at - text.at));

            return first(rest, command_len(rest));
        }
    }
    return (struct dw_span){NULL, 0};
}
