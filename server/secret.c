/* SPDX-License-Identifier: Apache-2.0 */
#include "secret.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"

int secret_read(const char *path, char **secret, struct complaint *why)
{
    char *bytes;
    size_t len;

    if (file_read(path, SECRET_MAX, &bytes, &len, why) != 0) {
        return -1;
    }
    size_t end = len;
    while (end > 0 && (bytes[end - 1] == '\n' || bytes[end - 1] == '\r')) {
        end--;
    }
    char *copy = end == 0 ? NULL : strndup(bytes, end);
    dw_secret_wipe(bytes, len);
    free(bytes);
    if (copy == NULL) {
        return complain(why, "%s: it holds no secret", path);
    }
    *secret = copy;
    return 0;
}

void secret_free(char **secret)
{
    if (*secret != NULL) {
        dw_secret_wipe(*secret, strlen(*secret));
    }
    free(*secret);
    *secret = NULL;
}
