/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cli.h"

#define DAY           86400
#define NUMBER_DIGITS 12
#define DURATION_MAX  (INT64_C(100) * 366 * DAY)

const char *cli_date(int64_t at, const char *never, char date[CLI_DATE_SIZE])
{
    const time_t then = (time_t)at;
    struct tm local;

    if (at == 0) {
        return never;
    }
    if (localtime_r(&then, &local) == NULL ||
        strftime(date, CLI_DATE_SIZE, "%Y-%m-%d %H:%M", &local) == 0) {
        date[0] = '\0';
    }
    return date;
}

const char *cli_utc(int64_t at, char date[CLI_DATE_SIZE])
{
    const time_t then = (time_t)at;
    struct tm utc;

    if (gmtime_r(&then, &utc) == NULL ||
        strftime(date, CLI_DATE_SIZE, "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        (void)snprintf(date, CLI_DATE_SIZE, "%" PRId64, at);
    }
    return date;
}

const char *cli_clock(int64_t at, int64_t now, char date[CLI_DATE_SIZE])
{
    char whole[CLI_DATE_SIZE];
    const char *t = strchr(cli_utc(at, whole), 'T');

    if (t == NULL) {
        (void)snprintf(date, CLI_DATE_SIZE, "%.20s", whole);
    } else if (at / DAY == now / DAY) {
        (void)snprintf(date, CLI_DATE_SIZE, "%.8sZ", t + 1);
    } else {
        (void)snprintf(date, CLI_DATE_SIZE, "%.*s %.8sZ", (int)(t - whole), whole, t + 1);
    }
    return date;
}

const char *cli_apart(int64_t a, int64_t b, char words[CLI_DATE_SIZE])
{
    static const struct {
        const char *name;
        uint64_t seconds;
    } UNITS[] = {{"y", 365 * DAY}, {"d", DAY}, {"h", 3600}, {"min", 60}, {"s", 1}};
    const uint64_t apart = a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
    size_t i = 0;
    int n;

    while (i < 4 && apart < UNITS[i].seconds) {
        i++;
    }
    n = snprintf(words, CLI_DATE_SIZE, "%" PRIu64 " %s", apart / UNITS[i].seconds, UNITS[i].name);
    const uint64_t rest = apart % UNITS[i].seconds;
    if (i < 4 && rest / UNITS[i + 1].seconds > 0 && n > 0 && n < CLI_DATE_SIZE) {
        (void)snprintf(words + n, CLI_DATE_SIZE - (size_t)n, " %" PRIu64 " %s",
                       rest / UNITS[i + 1].seconds, UNITS[i + 1].name);
    }
    return words;
}

void cli_put_time(const char *member, int64_t at, const char *after)
{
    cli_put_json(stdout, dw_span_of(member));
    if (at == 0) {
        (void)printf(":null%s", after);
    } else {
        (void)printf(":%lld%s", (long long)at, after);
    }
}

/* The digits a text begins with; returns what follows them. */
static const char *read_number(const char *text, int64_t *number)
{
    size_t n = 0;

    *number = 0;
    while (n < NUMBER_DIGITS && text[n] >= '0' && text[n] <= '9') {
        *number = *number * 10 + (text[n++] - '0');
    }
    return text + n;
}

/* RFC 3339 s5.6. strptime() takes a 31st of any month: such a day comes back from timegm() as another. */
static bool read_date(const char *text, int64_t *at)
{
    struct tm date = {.tm_isdst = 0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S%z", &date);
    struct tm again = date;
    const long offset = date.tm_gmtoff;

    if (rest == NULL || *rest != '\0') {
        return false;
    }
    *at = (int64_t)timegm(&again) - offset;
    return again.tm_mday == date.tm_mday;
}

bool cli_read_time(const char *text, int64_t now, int64_t *at)
{
    const char *rest = read_number(text, at);

    if (rest != text && *rest == '\0') {
        return true;
    }
    if (strcmp(text, "now") == 0) {
        *at = now;
        return true;
    }
    return read_date(text, at);
}

bool cli_read_duration(const char *text, int64_t *seconds)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } UNITS[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", DAY}};
    int64_t number;
    const char *unit = read_number(text, &number);

    for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        if (strcmp(unit, UNITS[i].unit) == 0) {
            *seconds = number * UNITS[i].seconds;
            return unit != text && *seconds <= DURATION_MAX;
        }
    }
    return false;
}
