/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <string.h>

#define SECOND         1000
#define LONG_AGO       (INT64_MIN / 2)
#define MAX_AGE_DIGITS 9

void keys_init(struct keys_schedule *keys, int64_t now, bool had)
{
    *keys = (struct keys_schedule){
        .had = had, .next = now, .begun = LONG_AGO, .ended = LONG_AGO, .last_miss = LONG_AGO};
}

bool keys_is_due(const struct keys_schedule *keys, int64_t now)
{
    return !keys->fetching && now >= keys->next;
}

int64_t keys_wait(const struct keys_schedule *keys, int64_t now, int64_t most)
{
    if (keys->fetching || keys->next - now > most) {
        return most;
    }
    return keys->next > now ? keys->next - now : 0;
}

/* -- A fetch ----------------------------------------------------------------------------------- */

void keys_begin(struct keys_schedule *keys, int64_t now)
{
    keys->missed = keys->last_miss > keys->begun;
    keys->fetching = true;
    keys->begun = now;
}

static int64_t clamp_lifetime(int64_t max_age)
{
    if (max_age < 0) {
        return KEYS_LIFETIME;
    }
    if (max_age < KEYS_LIFETIME_MIN) {
        return KEYS_LIFETIME_MIN;
    }
    return max_age > KEYS_LIFETIME_MAX ? KEYS_LIFETIME_MAX : max_age;
}

void keys_succeed(struct keys_schedule *keys, int64_t now, int64_t max_age)
{
    keys->fetching = false;
    keys->had = true;
    keys->failures = 0;
    keys->ended = now;
    keys->next = now + clamp_lifetime(max_age) * SECOND * 85 / 100;
}

static int64_t backoff(unsigned failures)
{
    const int64_t seconds = failures > 5 ? KEYS_BACKOFF_MAX : (int64_t)1 << (failures - 1);

    return (seconds > KEYS_BACKOFF_MAX ? KEYS_BACKOFF_MAX : seconds) * SECOND;
}

void keys_fail(struct keys_schedule *keys, int64_t now)
{
    keys->fetching = false;
    keys->failures++;
    keys->ended = now;
    keys->next = now + backoff(keys->failures);
}

bool keys_was_miss(const struct keys_schedule *keys)
{
    return keys->missed;
}

/* -- Unknown kids ------------------------------------------------------------------------------ */

static bool is_remembered(const struct keys_schedule *keys, int64_t now, struct dw_span kid)
{
    for (size_t i = 0; i < KEYS_UNKNOWN_MAX; i++) {
        const struct keys_unknown *unknown = &keys->unknown[i];
        const struct dw_span name = {unknown->kid, unknown->len};
        if (unknown->until > now && dw_span_equal(name, kid)) {
            return true;
        }
    }
    return false;
}

static void remember(struct keys_schedule *keys, int64_t now, struct dw_span kid)
{
    if (kid.len > DW_KID_MAX || is_remembered(keys, now, kid)) {
        return;
    }
    struct keys_unknown *unknown = &keys->unknown[keys->n_unknown++ % KEYS_UNKNOWN_MAX];
    unknown->until = now + KEYS_UNKNOWN_TIME * SECOND;
    unknown->len = kid.len;
    if (kid.len > 0) {
        memcpy(unknown->kid, kid.at, kid.len);
    }
}

/* -- A request that asks ----------------------------------------------------------------------- */

/* A client told to come back in DW_RETRY_AFTER finds that somebody has tried again by then. */
static enum keys_advice ask_first(struct keys_schedule *keys, int64_t now)
{
    if (now < keys->next && now - keys->ended < DW_RETRY_AFTER * SECOND) {
        return KEYS_GO_ON;
    }
    keys->next = now;
    return KEYS_WAIT;
}

static enum keys_advice ask_kid(struct keys_schedule *keys, int64_t now, struct dw_span kid)
{
    if (keys->last_miss > keys->begun) {
        return KEYS_WAIT;
    }
    if (is_remembered(keys, now, kid) || now - keys->last_miss < KEYS_MISS_PAUSE * SECOND) {
        return KEYS_GO_ON;
    }
    keys->last_miss = now;
    keys->next = now;
    return KEYS_WAIT;
}

enum keys_advice keys_ask(struct keys_schedule *keys, int64_t now, int64_t since,
                          struct dw_span kid)
{
    if (keys->fetching) {
        return now - keys->begun < KEYS_PATIENCE ? KEYS_WAIT : KEYS_GO_ON;
    }
    if (keys->begun >= since) {
        if (keys->had && keys->failures == 0) {
            remember(keys, now, kid);
        }
        return KEYS_GO_ON;
    }
    return keys->had ? ask_kid(keys, now, kid) : ask_first(keys, now);
}

/* -- Cache-Control ----------------------------------------------------------------------------- */

static struct dw_span next_directive(struct dw_span *rest)
{
    size_t len = 0;

    while (len < rest->len && rest->at[len] != ',') {
        len++;
    }
    struct dw_span directive = {rest->at, len};
    const size_t taken = len < rest->len ? len + 1 : len;
    *rest = (struct dw_span){rest->at + taken, rest->len - taken};
    while (directive.len > 0 && (directive.at[0] == ' ' || directive.at[0] == '\t')) {
        directive = (struct dw_span){directive.at + 1, directive.len - 1};
    }
    while (directive.len > 0 &&
           (directive.at[directive.len - 1] == ' ' || directive.at[directive.len - 1] == '\t')) {
        directive.len--;
    }
    return directive;
}

/* delta-seconds (RFC 9111 s1.2.2); what is larger than nine digits is for ever. */
static int64_t read_seconds(struct dw_span digits)
{
    int64_t seconds = 0;

    if (digits.len >= 2 && digits.at[0] == '"' && digits.at[digits.len - 1] == '"') {
        digits = (struct dw_span){digits.at + 1, digits.len - 2};
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9') {
            return -1;
        }
        if (i < MAX_AGE_DIGITS) {
            seconds = seconds * 10 + (digits.at[i] - '0');
        }
    }
    return digits.len == 0 ? -1 : seconds;
}

int64_t keys_max_age(struct dw_span cache_control)
{
    const struct dw_span name = DW_SPAN("max-age=");
    int64_t max_age = -1;

    while (cache_control.len > 0) {
        const struct dw_span directive = next_directive(&cache_control);
        if (dw_span_equal_nocase(directive, DW_SPAN("no-store")) ||
            dw_span_equal_nocase(directive, DW_SPAN("no-cache"))) {
            return 0;
        }
        const struct dw_span start = {directive.at, name.len};
        if (directive.len > name.len && dw_span_equal_nocase(start, name)) {
            max_age =
                read_seconds((struct dw_span){directive.at + name.len, directive.len - name.len});
        }
    }
    return max_age;
}
