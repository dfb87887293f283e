/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "derive.h"
#include "document.h"
#include "file.h"
#include "forms.h"
#include "schema.h"

#define ARENA_MAX ((size_t)64 * 1024 * 1024) /* DOCUMENT_MAX never fills it */

static const struct config DEFAULTS = {
    .listen = "127.0.0.1:8401",
    .data = "var",
    .prefix = "/doorward/",
    .schemes = {.password_ttl = 300, .idle = 1800, .lifetime = 12 * 3600},
    .issuer = {.alg = DW_ALG_ES256, .access_token_ttl = 900},
    .policy =
        {
            .malformed = 401,
            .leeway = DW_LEEWAY,
            .schemes =
                {
                    .digest = {.nonce_life = 300},
                    .apikey = {.prefix = "dw", .field = "X-API-Key"},
                    .cookie = {.name = "__Host-doorward"},
                    .dpop = {.window = 60},
                },
        },
};

/* The folder of a file, absolute. NULL: there is no saying. */
static const char *folder_of(const struct reading *reading, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *folder, *above;

    if (slash == file) {
        return "/";
    }
    if (slash == NULL) {
        return working_folder(reading);
    }
    folder = arena_text(reading->arena, (struct dw_span){file, (size_t)(slash - file)});
    if (folder == NULL || file[0] == '/') {
        return folder;
    }
    above = working_folder(reading);
    return above == NULL ? NULL : path_in(reading->arena, above, folder);
}

static int check_flag(const struct key *flag, const char *value, struct complaint *why)
{
    if (value != NULL &&
        (strnlen(value, DW_TEXT_MAX + 1) > DW_TEXT_MAX || !flag->fits(dw_span_of(value)))) {
        return complain(why, "%s: expected %s", flag->name, flag->expected);
    }
    return 0;
}

int config_check_flags(const struct config_flags *flags, struct complaint *why)
{
    static const struct key LISTEN = {
        .name = "--listen", .fits = is_listen, .expected = LISTEN_EXPECTED};
    static const struct key UPSTREAM = {
        .name = "--upstream", .fits = is_upstream, .expected = UPSTREAM_EXPECTED};
    static const struct key DATA = {.name = "--data", .fits = is_path, .expected = PATH_EXPECTED};

    if (check_flag(&LISTEN, flags->listen, why) != 0 ||
        check_flag(&UPSTREAM, flags->upstream, why) != 0) {
        return -1;
    }
    return check_flag(&DATA, flags->data, why);
}

/* The command line has the last word. */
static int apply_flag(const struct reading *reading, const char *value, const char **member)
{
    if (value == NULL) {
        return 0;
    }
    *member = arena_text(reading->arena, dw_span_of(value));
    return *member == NULL ? -1 : 0;
}

static int apply_flags(const struct reading *reading, const struct config_flags *flags,
                       struct config *config)
{
    if (config_check_flags(flags, reading->why) != 0 ||
        apply_flag(reading, flags->listen, &config->listen) != 0 ||
        apply_flag(reading, flags->upstream, &config->upstream) != 0) {
        return -1;
    }
    return apply_flag(reading, flags->data, &config->data);
}

static int finish(const struct reading *reading, const struct config_flags *flags,
                  struct draft *draft, struct config **config)
{
    const char *fault;
    struct config *made;

    if (flags != NULL && apply_flags(reading, flags, &draft->config) != 0) {
        return -1;
    }
    if (derive(reading, draft) != 0) {
        return -1;
    }
    if (dw_policy_check(&draft->config.policy, &fault) != 0) {
        return complain(reading->why, "%s: %s", reading->name, fault);
    }
    made = config_arena_take(reading->arena, 1, sizeof *made);
    if (made == NULL) {
        return -1;
    }
    *made = draft->config;
    made->arena = reading->arena;
    *config = made;
    return 0;
}

static int read_draft(struct reading *reading, struct dw_span text, struct draft *draft)
{
    struct node *root;

    reading->name = arena_text(reading->arena, dw_span_of(reading->name));
    if (reading->name == NULL) {
        return -1;
    }
    draft->config.name = reading->name;
    reading->folder = folder_of(reading, reading->name);
    if (reading->folder == NULL ||
        document_read(reading->arena, reading->name, text, &root, reading->why) != 0) {
        return -1;
    }
    return schema_read(reading, root, draft);
}

/* `name` is NULL when there is no file. */
static int make_config(const char *name, struct dw_span text, const struct config_flags *flags,
                       struct config **config, struct complaint *why)
{
    struct complaint said = {"out of memory"}; /* unless somebody says more */
    struct reading reading = {.name = name, .arena = config_arena_new(ARENA_MAX), .why = &said};
    struct draft draft = {.config = DEFAULTS};
    int failed = 0;

    reading.files = &draft.config.files;
    if (reading.arena == NULL) {
        return complain(why, "%s", said.text);
    }
    if (name != NULL) {
        failed = read_draft(&reading, text, &draft);
    } else {
        reading.name = "doorward";
        draft.config.issuer.enabled = true;
    }
    if (failed == 0) {
        failed = finish(&reading, flags, &draft, config);
    }
    if (failed != 0) {
        config_arena_free(reading.arena);
        (void)complain(why, "%s", said.text);
    }
    return failed;
}

int config_parse(const char *name, struct dw_span text, const struct config_flags *flags,
                 struct config **config, struct complaint *why)
{
    return make_config(name, text, flags, config, why);
}

int config_read(const char *path, const struct config_flags *flags, struct config **config,
                struct complaint *why)
{
    char *text = NULL;
    size_t len = 0;
    int failed;

    if (path != NULL && file_read(path, DOCUMENT_MAX, &text, &len, why) != 0) {
        return -1;
    }
    failed = make_config(path, (struct dw_span){text, len}, flags, config, why);
    free(text);
    return failed;
}

int config_blame(const struct config *config, const char *path, struct complaint *why)
{
    const struct config_file *file = config->files;

    while (file != NULL && strcmp(file->path, path) != 0) {
        file = file->next;
    }
    if (file == NULL || why == NULL) {
        return -1;
    }
    const struct complaint said = *why;
    return complain(why, "%s:%u:%u: %s: %s", config->name, file->line, file->column, file->key,
                    said.text);
}

void config_free(struct config *config)
{
    if (config != NULL) {
        config_arena_free(config->arena);
    }
}
