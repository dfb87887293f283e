/* SPDX-License-Identifier: Apache-2.0 */

/* The edge with a million API keys on it: how long a look takes, and how much room they take. Beside it what
 * else a worker looks at there. */

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bare.h"
#include "known.h"
#include "once.h"
#include "throttle.h"

#define MANY     1000000
#define FEW      100000
#define ROOM     ((size_t)256 << 20)
#define NOW      1700000000
#define PRIME    777767777 /* steps of it go through all keys in no order */
#define TEXT_MAX 256

struct edges {
    char folder[64];
    unsigned n;  /* keys on it */
    unsigned at; /* the one to look for next */
    struct known *known;
    struct once *once;
    struct throttle *throttle;
    int64_t now;
};

static void make_name(unsigned i, uint8_t name[DW_FACT_NAME])
{
    char key[TEXT_MAX];

    (void)snprintf(key, sizeof(key), "dw_%012u_%032u", i, i);
    dw_fact_name(DW_FACT_APIKEY, dw_span_of(key), name);
}

/* -- The work ---------------------------------------------------------------------------------------- */

static void name_one(void *context)
{
    struct edges *edges = context;
    uint8_t name[DW_FACT_NAME];

    edges->at = (unsigned)(((uint64_t)edges->at + PRIME) % edges->n);
    make_name(edges->at, name);
}

static void look(void *context)
{
    struct edges *edges = context;
    uint8_t name[DW_FACT_NAME];
    struct dw_known found;

    edges->at = (unsigned)(((uint64_t)edges->at + PRIME) % edges->n);
    make_name(edges->at, name);
    need(known_look(edges->known, DW_FACT_APIKEY, name, edges->now, &found), "known_look");
    known_end(edges->known);
}

static void look_in_vain(void *context)
{
    struct edges *edges = context;
    uint8_t name[DW_FACT_NAME];
    struct dw_known found;

    edges->at++;
    make_name(MANY + edges->at, name);
    need(!known_look(edges->known, DW_FACT_APIKEY, name, edges->now, &found), "known_look");
    known_end(edges->known);
}

static void use_once(void *context)
{
    struct edges *edges = context;
    uint8_t name[DW_FACT_NAME] = {0};

    uint64_t mixed = 0;

    edges->at++;
    for (size_t i = 0; i < sizeof(name); i += sizeof(mixed)) {
        mixed = (mixed ^ edges->at ^ mixed >> 29) * UINT64_C(0x9e3779b97f4a7c15);
        memcpy(name + i, &mixed, sizeof(mixed));
    }
    const int64_t now = edges->now + edges->at / 10000;
    need(once_use(edges->once, name, now + 60, now) != ONCE_AGAIN, "once_use");
}

static void ask_to_wait(void *context)
{
    struct edges *edges = context;

    need(throttle_wait(edges->throttle, DW_SPAN("192.0.2.1"), DW_SPAN("joe"), false, edges->now) >
             0,
         "throttle_wait");
}

/* -- Filling ------------------------------------------------------------------------------------------ */

static void put_keys(struct edges *edges)
{
    struct complaint why = {""};
    uint8_t name[DW_FACT_NAME];
    char claims[TEXT_MAX];

    for (unsigned i = 0; i < edges->n; i++) {
        make_name(i, name);
        (void)snprintf(claims, sizeof(claims),
                       "{\"sub\":\"ci-%06u\",\"scope\":\"read:reports write:reports\","
                       "\"jti\":\"%012u\",\"iat\":%d,\"exp\":%d}",
                       i, i, NOW, NOW + 86400);
        const struct dw_known what = {.claims = dw_span_of(claims), .until = edges->now + 86400};
        need(known_put(edges->known, DW_FACT_APIKEY, name, &what, &why) == 0, why.text);
    }
}

/* Bytes of disk that everything in it takes; with `remove` it is deleted as well. */
static size_t walk(const char *path, bool remove)
{
    DIR *folder = opendir(path);
    size_t size = 0;
    char inner[TEXT_MAX];
    struct stat file;

    for (struct dirent *entry = folder == NULL ? NULL : readdir(folder); entry != NULL;
         entry = readdir(folder)) {
        const int len = snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || len >= (int)sizeof(inner) || stat(inner, &file) != 0) {
            continue;
        }
        size += S_ISDIR(file.st_mode) ? walk(inner, remove) : (size_t)file.st_blocks * 512;
        if (remove && !S_ISDIR(file.st_mode)) {
            (void)unlink(inner);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    if (remove) {
        (void)rmdir(path);
    }
    return size;
}

static void open_edges(struct edges *edges)
{
    struct complaint why = {""};

    need(mkdtemp(edges->folder) != NULL, "mkdtemp");
    need(known_open(edges->folder, EDGE_WRITE, &edges->known, &why) == 0 &&
             once_open(edges->folder, true, &edges->once, &why) == 0 &&
             throttle_open(edges->folder, true, &edges->throttle, &why) == 0,
         why.text);
    for (int i = 0; i < 2 * THROTTLE_BURST; i++) {
        throttle_blame(edges->throttle, DW_SPAN("192.0.2.1"), DW_SPAN("joe"), edges->now);
    }
}

/* -- The table ---------------------------------------------------------------------------------------- */

static void show_room(const struct edges *edges)
{
    const size_t size = walk(edges->folder, false);

    printf("%-34s %10zu MiB  at most %zu MiB  %s\n", "the edge's folder", size >> 20, ROOM >> 20,
           size < ROOM ? "met" : "MISSED");
}

int main(int argc, char **argv)
{
    struct edges edges = {.folder = "/tmp/doorward-bench-XXXXXX", .now = (int64_t)time(NULL)};
    const double start = seconds();

    edges.n = measure_quickly(argc, argv) ? FEW : MANY;
    open_edges(&edges);
    put_keys(&edges);
    printf("%u API keys\n", edges.n);
    show("put one", (seconds() - start) * 1e9 / edges.n);
    show_room(&edges);
    const double naming = measure(name_one, &edges);
    show_beside("look, one that is known", measure(look, &edges) - naming, "naming it        ",
                naming);
    show_beside("look, one that is not", measure(look_in_vain, &edges) - naming,
                "naming it        ", naming);
    show("use a proof once", measure(use_once, &edges));
    show("ask how long to wait", measure(ask_to_wait, &edges));
    known_close(edges.known);
    once_close(edges.once);
    throttle_close(edges.throttle);
    (void)walk(edges.folder, true);
    return 0;
}
