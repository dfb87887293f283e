/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosis.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#define EVIDENCE_SIZE 256
#define MASKED_MIN \
    24 /* characters: of shorter secrets the eight that are shown would be too much */

/* -- Findings ------------------------------------------------------------------------------------ */

static struct finding *find(struct diagnosis *diagnosis, const struct cause *cause)
{
    for (size_t i = 0; i < diagnosis->n_findings; i++) {
        if (diagnosis->findings[i].cause == cause) {
            return &diagnosis->findings[i];
        }
    }
    return NULL;
}

/* The last one is the spare, and never counted. */
static struct finding *make(struct diagnosis *diagnosis, const struct cause *cause, int confidence)
{
    const bool fits = cause != NULL && diagnosis->n_findings + 1 < DIAGNOSIS_FINDINGS_MAX;
    struct finding *finding = &diagnosis->findings[DIAGNOSIS_FINDINGS_MAX - 1];

    if (fits) {
        finding = &diagnosis->findings[diagnosis->n_findings++];
    }
    *finding = (struct finding){.cause = cause, .confidence = confidence};
    return finding;
}

static struct finding *add(struct diagnosis *diagnosis, const struct cause *cause, int confidence)
{
    struct finding *finding = cause != NULL ? find(diagnosis, cause) : NULL;

    if (finding == NULL) {
        return make(diagnosis, cause, confidence);
    }
    if (finding->confidence < confidence) {
        finding->confidence = confidence;
    }
    return finding;
}

struct finding *diagnosis_add(struct diagnosis *diagnosis, const char *cause)
{
    const struct cause *found = cause_find(dw_span_of(cause));

    return add(diagnosis, found, found != NULL ? found->confidence : 0);
}

struct finding *diagnosis_suspect(struct diagnosis *diagnosis, const char *cause, int confidence)
{
    return add(diagnosis, cause_find(dw_span_of(cause)), confidence);
}

/* -- What shows and mends them ----------------------------------------------------------------------- */

static const char *__attribute__((format(printf, 2, 0)))
keep(struct diagnosis *diagnosis, const char *format, va_list arguments)
{
    char text[EVIDENCE_SIZE];

    (void)vsnprintf(text, sizeof(text), format, arguments);
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            *c = ' ';
        }
    }
    return arena_print(diagnosis->arena, "%s", text);
}

/* The words alone of `says "words"`; all of it where it says more. */
static struct dw_span words_of(const char *what)
{
    const struct dw_span begin = DW_SPAN("says \"");
    const struct dw_span all = dw_span_of(what);

    if (all.len <= begin.len || memcmp(all.at, begin.at, begin.len) != 0 ||
        all.at[all.len - 1] != '"') {
        return all;
    }
    return (struct dw_span){all.at + begin.len, all.len - begin.len - 1};
}

/* Several rules hear the same sentence: it is shown once. */
static bool is_said(const struct finding *finding, const char *source, const char *what)
{
    const struct dw_span words = words_of(what);

    for (size_t i = 0; i < finding->n_evidence; i++) {
        const struct dw_span there = dw_span_of(finding->evidence[i].what);
        if (strcmp(finding->evidence[i].source, source) == 0 &&
            memmem(there.at, there.len, words.at, words.len) != NULL) {
            return true;
        }
    }
    return false;
}

void finding_say(struct diagnosis *diagnosis, struct finding *finding, const char *source,
                 struct place place, const char *format, ...)
{
    va_list arguments;
    const char *what;

    va_start(arguments, format);
    what = keep(diagnosis, format, arguments);
    va_end(arguments);
    if (finding->n_evidence < FINDING_EVIDENCE_MAX && !is_said(finding, source, what)) {
        finding->evidence[finding->n_evidence++] = (struct evidence){source, place, what};
    }
}

/* The first rule that points knows best: it ran because of that place. */
void finding_point(struct diagnosis *diagnosis, struct finding *finding,
                   const struct capture_field *field, size_t at, size_t len, const char *format,
                   ...)
{
    va_list arguments;
    const char *says;

    if (finding->caret.says != NULL) {
        return;
    }
    va_start(arguments, format);
    says = keep(diagnosis, format, arguments);
    va_end(arguments);
    finding->caret = (struct caret){.field = field, .at = at, .len = len, .says = says};
}

void finding_repair(struct diagnosis *diagnosis, struct finding *finding, const char *format, ...)
{
    va_list arguments, again;
    char *text;
    int len;

    if (finding->repaired != NULL) {
        return;
    }
    va_start(arguments, format);
    va_copy(again, arguments);
    len = vsnprintf(NULL, 0, format, arguments);
    text = len > 0 ? arena_take(diagnosis->arena, (size_t)len + 1) : NULL;
    if (text != NULL) {
        (void)vsnprintf(text, (size_t)len + 1, format, again);
        finding->repaired = text;
    }
    va_end(again);
    va_end(arguments);
}

void diagnosis_rule_out(struct diagnosis *diagnosis, const char *cause, const char *format, ...)
{
    const struct cause *found = cause_find(dw_span_of(cause));
    const size_t n = diagnosis->n_ruled_out;
    va_list arguments;

    if (found == NULL || n == sizeof(diagnosis->ruled_out) / sizeof(diagnosis->ruled_out[0])) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (diagnosis->ruled_out[i].cause == found) {
            return;
        }
    }
    va_start(arguments, format);
    diagnosis->ruled_out[n] = (struct ruled_out){found, keep(diagnosis, format, arguments)};
    va_end(arguments);
    diagnosis->n_ruled_out++;
}

/* -- Words for a person -------------------------------------------------------------------------------- */

static char show(char c)
{
    return c > ' ' && c < 0x7f ? c : '?';
}

const char *masked(struct arena *arena, struct dw_span secret)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    const char *last = secret.at + (secret.len >= 4 ? secret.len - 4 : 0);
    size_t n = 0;

    if (secret.len < MASKED_MIN ||
        EVP_Q_digest(NULL, "SHA256", NULL, secret.at, secret.len, hash, &n) != 1) {
        return "****";
    }
    return arena_print(arena, "%c%c%c%c...%c%c%c%c (sha256 %02x%02x%02x)", show(secret.at[0]),
                       show(secret.at[1]), show(secret.at[2]), show(secret.at[3]), show(last[0]),
                       show(last[1]), show(last[2]), show(last[3]), hash[0], hash[1], hash[2]);
}

const char *apart(struct arena *arena, int64_t a, int64_t b)
{
    static const struct {
        uint64_t seconds, parts;
        const char *name, *part;
    } UNITS[] = {{86400, 3600, "d", "h"}, {3600, 60, "h", "min"}, {60, 1, "min", "s"}};
    const uint64_t span = a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;

    for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) {
        const unsigned long long whole = span / UNITS[i].seconds;
        const unsigned long long rest = span % UNITS[i].seconds / UNITS[i].parts;

        if (whole > 0 && rest > 0) {
            return arena_print(arena, "%llu %s %llu %s", whole, UNITS[i].name, rest, UNITS[i].part);
        }
        if (whole > 0) {
            return arena_print(arena, "%llu %s", whole, UNITS[i].name);
        }
    }
    return arena_print(arena, "%llu s", (unsigned long long)span);
}

const char *instant(struct arena *arena, int64_t at)
{
    const time_t seconds = (time_t)at;
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year + 1900 > 9999 || utc.tm_year + 1900 < 0) {
        return arena_print(arena, "%lld", (long long)at);
    }
    return arena_print(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

const char *confidence_word(int confidence)
{
    static const struct {
        int from;
        const char *word;
    } WORDS[] = {{CERTAIN, "certain"},
                 {VERY_LIKELY, "very likely"},
                 {LIKELY, "likely"},
                 {POSSIBLE, "possible"}};

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        if (confidence >= WORDS[i].from) {
            return WORDS[i].word;
        }
    }
    return "a guess";
}
