/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "capture.h"

/* Words that were split, quoted again and split again are the same; a command that is read has a URL, a
 * method and one exchange. */

#define TEXT_MAX 8192

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static size_t quote(const char *word, char *buffer)
{
    size_t len = 0;

    buffer[len++] = '\'';
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            memcpy(buffer + len, "'\\'", 3);
            len += 3;
        }
        buffer[len++] = *word;
    }
    buffer[len++] = '\'';
    buffer[len++] = ' ';
    return len;
}

/* Carets of Windows' cmd are taken out wherever they stand: those words come out otherwise. */
static bool has_caret(char **words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr(words[i], '^') != NULL) {
            return true;
        }
    }
    return false;
}

static void check_again(struct arena *arena, char **words, size_t n)
{
    static char text[8 * TEXT_MAX];
    char **again;
    size_t len = 0, n_again;

    if (has_caret(words, n)) {
        return;
    }
    len += quote("curl", text);
    for (size_t i = 0; i < n; i++) {
        len += quote(words[i], text + len);
    }
    if (n == COMMAND_WORDS_MAX) {
        return;
    }
    require(command_split(arena, (struct dw_span){text, len}, &again, &n_again, NULL) == 0);
    require(n_again == n + 1);
    for (size_t i = 0; i < n; i++) {
        require(strcmp(words[i], again[i + 1]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capture *capture = capture_new(CAPTURE_COMMAND, "fuzz");
    struct command command;
    char **words;
    size_t n;

    require(capture != NULL);
    if (size <= TEXT_MAX &&
        command_split(capture->arena, (struct dw_span){(const char *)data, size}, &words, &n,
                      NULL) == 0) {
        require(n > 0 && n <= COMMAND_WORDS_MAX);
        check_again(capture->arena, words, n);
        if (command_read(capture, words, n, &command, NULL) == 0) {
            require(command.url != NULL && command.method != NULL && capture->n_exchanges == 1);
        }
    }
    capture_free(capture);
    return 0;
}
