/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DW_WRITE_H
#define DW_WRITE_H

/* The effective configuration as text: YAML whose values are JSON. */

#include "config.h"
#include "text.h"

/* Read back, it makes the same configuration. text->overflow says that it did not fit. */
void config_text(const struct config *config, struct text *text);

#endif
