/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_OWN_H
#define DW_SERVER_OWN_H

/* Which paths are our own. For the handler, and for nginx in front, which sends them to us. */

#include "config.h"

#define OWN_RESOURCE "/.well-known/oauth-protected-resource"

/* Whether the path is the prefix with that name behind it. */
bool own_is(const struct config *config, struct dw_span path, const char *name);

/* The path of the resource's identifier, without a slash at its end: what stands behind OWN_RESOURCE (RFC
 * 9728 s3.1). Empty: it has none. */
struct dw_span own_resource_path(const struct config *config);

#endif
