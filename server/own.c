/* SPDX-License-Identifier: Apache-2.0 */
#include "own.h"

#include <string.h>

bool own_is(const struct config *config, struct dw_span path, const char *name)
{
    const size_t prefix = strlen(config->prefix);

    return path.len == prefix + strlen(name) &&
           dw_span_equal((struct dw_span){path.at, prefix}, dw_span_of(config->prefix)) &&
           dw_span_equal((struct dw_span){path.at + prefix, path.len - prefix}, dw_span_of(name));
}

struct dw_span own_resource_path(const struct config *config)
{
    const char *url = config->policy.resource.resource;
    const char *authority = url == NULL ? NULL : strstr(url, "://");
    const char *path = authority == NULL ? NULL : strchr(authority + 3, '/');

    if (path == NULL) {
        return DW_SPAN("");
    }
    size_t len = strcspn(path, "?#");
    while (len > 0 && path[len - 1] == '/') {
        len--;
    }
    return (struct dw_span){path, len};
}
