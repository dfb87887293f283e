/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_MAX      16 /* letters and digits before the first _ of an API key */
#define FINGERPRINT_END 4
#define FINGERPRINT_MIN 16 /* of a shorter token, eight characters would say too much */

static void copy_text(struct dw_span from, char *to, size_t size)
{
    const size_t len = from.len < size ? from.len : size - 1;

    if (len > 0) {
        memcpy(to, from.at, len);
    }
    to[len] = '\0';
}

static struct dw_span skip(struct dw_span text, size_t n)
{
    return (struct dw_span){text.at + n, text.len - n};
}

/* RFC 9112 s3.2: an absolute target names a server, and perhaps a user, before its path. */
static struct dw_span skip_authority(struct dw_span target)
{
    const char *colon;
    const char *path;

    if (target.len == 0 || target.at[0] == '/') {
        return target;
    }
    colon = memmem(target.at, target.len, "://", 3);
    if (colon == NULL) {
        return target;
    }
    target = skip(target, (size_t)(colon - target.at) + 3);
    path = memchr(target.at, '/', target.len);
    return path != NULL ? skip(target, (size_t)(path - target.at)) : DW_SPAN("/");
}

static struct dw_span path_of(struct dw_span target)
{
    size_t len = 0;

    target = skip_authority(target);
    while (len < target.len && target.at[len] != '?' && target.at[len] != '#') {
        len++;
    }
    return (struct dw_span){target.at, len};
}

/* Of what is long and random; a password's last letters would help who guesses it. */
static bool has_fingerprint(enum dw_scheme scheme)
{
    return scheme == DW_SCHEME_BEARER || scheme == DW_SCHEME_DPOP || scheme == DW_SCHEME_APIKEY ||
           scheme == DW_SCHEME_COOKIE;
}

static void write_fingerprint(struct dw_span token, char *to, size_t size)
{
    if (token.len >= FINGERPRINT_MIN) {
        (void)snprintf(to, size, "%.4s...%.4s", token.at, token.at + token.len - FINGERPRINT_END);
    }
}

static size_t count_alnum(struct dw_span text, size_t at)
{
    size_t n = 0;

    while (at + n < text.len && isalnum((unsigned char)text.at[at + n]) != 0) {
        n++;
    }
    return n;
}

/* Many APIs take a key in place of the user's name, and so do people try here. */
struct dw_span record_account(struct dw_span account)
{
    const size_t prefix = count_alnum(account, 0);
    const size_t end = prefix + 1 + DW_APIKEY_ID;

    if (prefix == 0 || prefix > PREFIX_MAX || account.len <= end || account.at[prefix] != '_' ||
        count_alnum(account, prefix + 1) != DW_APIKEY_ID || account.at[end] != '_') {
        return account;
    }
    return (struct dw_span){account.at, end};
}

static void fill_credentials(const struct dw_decision *decision, struct recent_entry *entry)
{
    copy_text(decision->iss, entry->issuer, sizeof(entry->issuer));
    copy_text(decision->kid, entry->kid, sizeof(entry->kid));
    copy_text(decision->subject, entry->subject, sizeof(entry->subject));
    copy_text(decision->client, entry->client, sizeof(entry->client));
    copy_text(decision->credential, entry->credential, sizeof(entry->credential));
    copy_text(record_account(decision->account), entry->account, sizeof(entry->account));
    entry->token[0] = '\0';
    if (has_fingerprint(decision->scheme)) {
        write_fingerprint(decision->token, entry->token, sizeof(entry->token));
    }
}

void record_fill(const struct dw_request *request, const struct dw_decision *decision,
                 const struct guard_record *record, struct recent_entry *entry)
{
    const char *route = decision->route != NULL ? decision->route->path : "(none)";

    entry->at_us = record->at_us;
    entry->latency_us = record->latency_us;
    entry->reason = (uint16_t)decision->reason;
    entry->status = (uint16_t)record->status;
    entry->scheme = (uint8_t)decision->scheme;
    entry->cached = decision->cached ? 1 : 0;
    copy_text(dw_span_of(record->id), entry->id, sizeof(entry->id));
    copy_text(request->method, entry->method, sizeof(entry->method));
    copy_text(path_of(request->target), entry->path, sizeof(entry->path));
    copy_text(dw_span_of(route), entry->route, sizeof(entry->route));
    copy_text(request->source, entry->source, sizeof(entry->source));
    copy_text(decision->wanted, entry->wanted, sizeof(entry->wanted));
    copy_text(decision->seen, entry->seen, sizeof(entry->seen));
    fill_credentials(decision, entry);
}
