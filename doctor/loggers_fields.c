/* SPDX-License-Identifier: Apache-2.0 */
#include "loggers.h"

/* Those with several fields on a line. */

static struct dw_span unquoted(struct dw_span text)
{
    text = trimmed(text);
    if (text.len > 1 && (text.at[0] == '\'' || text.at[0] == '"') &&
        text.at[text.len - 1] == text.at[0]) {
        return first(skip(text, 1), text.len - 2);
    }
    return text;
}

/* -- Java's HttpURLConnection ------------------------------------------------------------------------- */

bool is_message_header(struct dw_span text)
{
    return find_text(text, "MessageHeader@") < text.len && find_text(text, " pairs: {") < text.len;
}

/* {GET / HTTP/1.1: null}{Accept: text/plain}, {null: HTTP/1.1 401 Unauthorized}{Date: ...} */
static void put_braced(struct rewrite *to, struct dw_span pair)
{
    const struct dw_span status = behind(pair, "null: ");
    const size_t null = find_text(pair, ": null");

    if (begins(pair, "null: ")) {
        put_line(to, status);
    } else {
        put_line(to, first(pair, null + 6 == pair.len ? null : pair.len));
    }
}

void message_header_line(struct rewrite *to, struct dw_span line)
{
    struct dw_span rest = behind(line, " pairs: ");

    while (begins(rest, "{")) {
        const size_t next = find_text(rest, "}{");
        const size_t end = next < rest.len ? next : rest.len - 1;

        put_braced(to, first(skip(rest, 1), end - 1));
        rest = skip(rest, end + 1);
    }
    put_gap(to);
}

/* -- PowerShell ----------------------------------------------------------------------------------------- */

static size_t find_cmdlet(struct dw_span text)
{
    const size_t rest = find_text(text, "Invoke-RestMethod "),
                 web = find_text(text, "Invoke-WebRequest ");

    return rest < web ? rest : web;
}

/* What stands between the braces of the table with the fields; empty: there is none. */
static struct dw_span table_in(struct dw_span text)
{
    for (;;) {
        const size_t at = find_text(text, "@{");
        const struct dw_span inside = skip(text, at + 2);
        const struct dw_span table = first(inside, find_char(inside, '}'));

        if (at == text.len || find_text(table, "uthorization") < table.len) {
            return at == text.len ? (struct dw_span){NULL, 0} : table;
        }
        text = inside;
    }
}

bool is_powershell(struct dw_span text)
{
    return find_cmdlet(text) < text.len && table_in(text).at != NULL &&
           find_text(text, "http") < text.len;
}

/* Name = 'value'; one on each line, or parted by semicolons */
static void put_table(struct rewrite *to, struct dw_span table)
{
    while (table.len > 0) {
        const size_t semicolon = find_char(table, ';'), end_of_line = find_char(table, '\n');
        const size_t end = semicolon < end_of_line ? semicolon : end_of_line;
        const struct dw_span pair = first(table, end);
        const size_t equals = find_char(pair, '=');

        if (equals < pair.len) {
            put_span(to, unquoted(first(pair, equals)));
            put_text(to, ": ");
            put_line(to, unquoted(skip(pair, equals + 1)));
        }
        table = skip(table, end + 1);
    }
}

/* "... returned an error: (401) Unauthorized.", "...: 401 (Unauthorized)." */
static struct dw_span status_in(struct dw_span line)
{
    const struct dw_span old = behind(line, "returned an error: (");
    const struct dw_span new = behind(line, "does not indicate success: ");

    return old.at != NULL ? old : new;
}

void powershell_line(struct rewrite *to, struct dw_span line)
{
    const struct dw_span call = skip(line, find_cmdlet(line));
    const size_t address = find_text(call, "http");
    const struct dw_span method = behind(call, "-Method "), status = status_in(line);
    struct dw_span rest = method;

    if (status.at != NULL) {
        put_gap(to);
        put_status(to, first(status, 3));
    } else if (address < call.len) {
        struct dw_span url = skip(call, address);

        to->method = next_word(&rest);
        to->target = next_word(&url);
        while (to->target.len > 0 && (to->target.at[to->target.len - 1] == '\'' ||
                                      to->target.at[to->target.len - 1] == '"')) {
            to->target.len--;
        }
        put_request(to, (struct dw_span){NULL, 0});
        put_table(to, table_in(to->text));
        put_gap(to);
    } else {
        put_gap(to);
    }
}
