/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_SERVER_NGINX_CONF_H
#define DW_SERVER_NGINX_CONF_H

/* The nginx.conf the daemon generates. */

#include "config.h"
#include "place.h"

struct nginx_conf {
    const struct config *config;
    const struct place *place;
    const char *module; /* ngx_http_doorward_module.so */
    const char *prefix; /* nginx's own folder, for its temporary files */
};

/* Writes it to `path`, whole or not at all. Looks up the upstream's name: one that does not resolve now
 * is looked up by nginx when it is needed. 0 or -1 and a complaint. */
DW_MUST_USE int nginx_conf_write(const struct nginx_conf *conf, const char *path,
                                 struct complaint *why);

#endif
