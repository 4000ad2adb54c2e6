/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs together in one item of book:. */
#ifndef PORTERO_CONFIG_CONFIG_SINK_H
#define PORTERO_CONFIG_CONFIG_SINK_H

#include "src/config/config.h"

#define CONFIG_SINK_MESSAGE_SIZE 256u

/*
 * Has it exactly one way, and only keys that go with it? seen: by the place of a key in the schema.
 * false with message.
 */
bool config_sink_fits(const struct config_sink *sink, const bool seen[CONFIG_KEY_MAX],
                      char message[CONFIG_SINK_MESSAGE_SIZE]);

#endif
