/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "listing.h"

struct tally {
    char name[64]; /* as large as any text that is counted */
    size_t n;
};

static const char *name_by_reason(const struct recent_entry *entry)
{
    return dw_reason_text((enum dw_reason)entry->reason)->name;
}

static const char *name_by_source(const struct recent_entry *entry)
{
    return entry->source;
}

static const char *name_by_route(const struct recent_entry *entry)
{
    return entry->route;
}

static const struct {
    const char *name;
    const char *(*of)(const struct recent_entry *entry);
} GROUPS[] = {{"reason", name_by_reason}, {"source", name_by_source}, {"route", name_by_route}};

#define N_GROUPS (sizeof(GROUPS) / sizeof(GROUPS[0]))

static size_t find_group(const char *name)
{
    size_t i = 0;

    while (i < N_GROUPS && strcmp(GROUPS[i].name, name) != 0) {
        i++;
    }
    return i;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

static int compare_counts(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;

    return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->name, y->name);
}

/* Those of one name stand side by side once they are sorted. */
static size_t join(struct tally *tallies, size_t n)
{
    size_t made = 0;

    qsort(tallies, n, sizeof(*tallies), compare_names);
    for (size_t i = 0; i < n; i++) {
        if (made > 0 && strcmp(tallies[made - 1].name, tallies[i].name) == 0) {
            tallies[made - 1].n++;
        } else {
            tallies[made++] = tallies[i];
        }
    }
    qsort(tallies, made, sizeof(*tallies), compare_counts);
    return made;
}

static size_t gather(const struct listing_options *options, const struct past *past,
                     struct tally *tallies)
{
    const size_t group = find_group(options->by);
    uint64_t total = past_count(past);
    struct recent_entry entry;
    size_t n = 0;

    for (uint64_t number = past_oldest(total); number < total && n < RECENT_SLOTS; number++) {
        if (past_look(past, number, &entry, &total) && listing_wants(options, &entry)) {
            const char *name = GROUPS[group].of(&entry);
            (void)snprintf(tallies[n].name, sizeof(tallies[n].name), "%s", name);
            tallies[n++].n = 1;
        }
    }
    return n;
}

static void print_tallies(const struct listing_options *options, const struct tally *tallies,
                          size_t n)
{
    const bool json = options->json;

    (void)fputs(json ? "[" : "", stdout);
    for (size_t i = 0; i < n && i < options->n; i++) {
        if (json) {
            (void)fputs(i == 0 ? "{" : ",\n {", stdout);
            cli_put_member(options->by, tallies[i].name, ",");
            (void)printf("\"n\":%zu}", tallies[i].n);
        } else {
            (void)printf("%7zu  ", tallies[i].n);
            cli_put_safe(stdout, dw_span_of(tallies[i].name));
            (void)fputc('\n', stdout);
        }
    }
    (void)fputs(json ? "]\n" : "", stdout);
}

bool listing_can_count(const char *by)
{
    return find_group(by) < N_GROUPS;
}

int listing_count(const struct listing_options *options, const struct past *past)
{
    struct tally *tallies = calloc(RECENT_SLOTS, sizeof(*tallies));

    if (tallies == NULL) {
        return cli_fail("out of memory");
    }
    print_tallies(options, tallies, join(tallies, gather(options, past, tallies)));
    free(tallies);
    return CLI_FINE;
}
