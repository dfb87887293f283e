/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "scene.h"

#define DATE_SIZE 64
#define YEAR_MAX  9999

/* timegm() takes the 31st of February; this does not. */
static int64_t seconds_of(const struct tm *parsed)
{
    struct tm tm = *parsed;
    time_t at;

    tm.tm_isdst = 0;
    at = timegm(&tm);
    return at == (time_t)-1 || tm.tm_mday != parsed->tm_mday ? 0 : (int64_t)at;
}

static int digits(const char **at, size_t n)
{
    int number = 0;

    for (size_t i = 0; i < n; i++) {
        if ((*at)[i] < '0' || (*at)[i] > '9') {
            return -1;
        }
        number = number * 10 + (*at)[i] - '0';
    }
    *at += n;
    return number;
}

static bool skip(const char **at, char c)
{
    if (**at != c) {
        return false;
    }
    (*at)++;
    return true;
}

static bool read_month(const char **at, int *month)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++) {
        if (strncmp(*at, MONTHS + (size_t)i * 3, 3) == 0) {
            *month = i;
            *at += 3;
            return true;
        }
    }
    return false;
}

static bool read_clock(const char **at, struct tm *tm)
{
    tm->tm_hour = digits(at, 2);
    if (tm->tm_hour < 0 || tm->tm_hour > 23 || !skip(at, ':')) {
        return false;
    }
    tm->tm_min = digits(at, 2);
    if (tm->tm_min < 0 || tm->tm_min > 59 || !skip(at, ':')) {
        return false;
    }
    tm->tm_sec = digits(at, 2);
    return tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* RFC 9110 s5.6.7: a year of two digits is of this century unless it would lie far ahead. */
static bool read_year(const char **at, struct tm *tm)
{
    int year = digits(at, 4);

    if (year < 0) {
        year = digits(at, 2);
        year = year < 0 ? -1 : year + (year < 70 ? 2000 : 1900);
    }
    tm->tm_year = year - 1900;
    return year >= 0;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" */
static int64_t read_comma(const char *at)
{
    struct tm tm = {0};

    at = strchr(at, ',') + 1;
    at += strspn(at, " ");
    tm.tm_mday = digits(&at, 2);
    if (tm.tm_mday < 1 || (*at != ' ' && *at != '-')) {
        return 0;
    }
    at++;
    if (!read_month(&at, &tm.tm_mon) || (*at != ' ' && *at != '-')) {
        return 0;
    }
    at++;
    if (!read_year(&at, &tm) || !skip(&at, ' ') || !read_clock(&at, &tm)) {
        return 0;
    }
    return seconds_of(&tm);
}

/* "Sun Nov  6 08:49:37 1994" */
static int64_t read_asctime(const char *at)
{
    struct tm tm = {0};

    if (strlen(at) < 24) {
        return 0;
    }
    at += 4;
    if (!read_month(&at, &tm.tm_mon) || !skip(&at, ' ')) {
        return 0;
    }
    tm.tm_mday = skip(&at, ' ') ? digits(&at, 1) : digits(&at, 2);
    if (tm.tm_mday < 1 || !skip(&at, ' ') || !read_clock(&at, &tm) || !skip(&at, ' ') ||
        !read_year(&at, &tm)) {
        return 0;
    }
    return seconds_of(&tm);
}

/* Seconds east of UTC; a date without a zone is taken for UTC. */
static int64_t read_zone(const char *at)
{
    int sign, hours, minutes;

    at += strspn(at, ".0123456789");
    if (*at != '+' && *at != '-') {
        return 0;
    }
    sign = *at == '-' ? -1 : 1;
    at++;
    hours = digits(&at, 2);
    (void)skip(&at, ':');
    minutes = hours < 0 ? -1 : digits(&at, 2);
    return minutes < 0 ? 0 : (int64_t)sign * (hours * 3600 + minutes * 60);
}

/* "2026-11-21T10:00:00.123+01:00" */
static int64_t read_iso(const char *at)
{
    struct tm tm = {0};
    int64_t seconds;

    tm.tm_year = digits(&at, 4) - 1900;
    if (tm.tm_year < 0 || tm.tm_year > YEAR_MAX - 1900 || !skip(&at, '-')) {
        return 0;
    }
    tm.tm_mon = digits(&at, 2) - 1;
    if (tm.tm_mon < 0 || tm.tm_mon > 11 || !skip(&at, '-')) {
        return 0;
    }
    tm.tm_mday = digits(&at, 2);
    if (tm.tm_mday < 1 || (*at != 'T' && *at != 't' && *at != ' ')) {
        return 0;
    }
    at++;
    if (!read_clock(&at, &tm)) {
        return 0;
    }
    seconds = seconds_of(&tm);
    return seconds == 0 ? 0 : seconds - read_zone(at);
}

int64_t date_read(struct dw_span text)
{
    const struct dw_span bare = span_bare(text);
    char date[DATE_SIZE] = "";

    if (bare.len < 10 || bare.len >= sizeof(date)) {
        return 0;
    }
    memcpy(date, bare.at, bare.len);
    if (date[0] >= '0' && date[0] <= '9') {
        return read_iso(date);
    }
    return strchr(date, ',') != NULL ? read_comma(date) : read_asctime(date);
}
