/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <string.h>

#define PORT_MAX 65535

bool fits_text(const char *text)
{
    const size_t len = text == NULL ? 0 : strnlen(text, DW_TEXT_MAX + 1);

    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e) {
            return false;
        }
    }
    return len > 0 && len <= DW_TEXT_MAX;
}

bool fits_word(const char *text)
{
    return fits_text(text) && strpbrk(text, " \"\\") == NULL;
}

bool fits_name(const char *text)
{
    size_t at = 0;
    const struct dw_span span = fits_text(text) ? dw_span_of(text) : DW_SPAN("");
    const struct dw_span token = read_token(span, &at);
    return token.len > 0 && token.len == span.len;
}

bool fits_path(const char *text)
{
    return fits_word(text) && text[0] == '/' && text[1] != '/' && strpbrk(text, "?#<>") == NULL;
}

bool fits_optional(const char *text, bool (*is_fine)(const char *text))
{
    return text == NULL || is_fine(text);
}

/* -- Addresses (RFC 3986, RFC 6454 s6.2) ----------------------------------------------------------- */

static bool is_port(struct dw_span text)
{
    int port = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (c < '0' || c > '9' || port > PORT_MAX) {
            return false;
        }
        port = port * 10 + (c - '0');
    }
    return text.len > 0 && text.at[0] != '0' && port <= PORT_MAX;
}

/* A name, or an IPv6 address in brackets. */
static size_t host_len(const char *text)
{
    if (text[0] != '[') {
        return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._");
    }
    const size_t len = strspn(text + 1, "0123456789abcdef:.");
    return len > 0 && text[len + 1] == ']' ? len + 2 : 0;
}

static bool is_authority(struct dw_span text)
{
    const size_t host = host_len(text.at);
    const struct dw_span rest = span_from(text, host);

    return host > 0 && (rest.len == 0 || (rest.at[0] == ':' && is_port(span_from(rest, 1))));
}

bool fits_origin(const char *text)
{
    const size_t scheme =
        fits_text(text) ? strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.") : 0;

    return scheme > 0 && text[0] >= 'a' && strncmp(text + scheme, "://", 3) == 0 &&
           is_authority(dw_span_of(text + scheme + 3));
}

bool fits_url(const char *text)
{
    if (!fits_word(text) || strpbrk(text, "#<>") != NULL) {
        return false;
    }
    const bool plain = strncmp(text, "http://", 7) == 0;
    if (!plain && strncmp(text, "https://", 8) != 0) {
        return false;
    }
    struct dw_span authority = span_from(dw_span_of(text), plain ? 7 : 8);
    authority.len = strcspn(authority.at, "/?");
    return is_authority(authority);
}

/* -- Lists ----------------------------------------------------------------------------------------- */

bool fit_all(const struct dw_list *list, bool (*is_fine)(const char *text))
{
    if (list->n > DW_LIST_MAX) {
        return false;
    }
    for (size_t i = 0; i < list->n; i++) {
        if (!is_fine(list->items[i])) {
            return false;
        }
    }
    return true;
}

size_t list_bytes(const struct dw_list *list)
{
    size_t bytes = 0;

    for (size_t i = 0; i < list->n; i++) {
        bytes += strlen(list->items[i]) + 1;
    }
    return bytes;
}
