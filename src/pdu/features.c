/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bind-time feature negotiation: 6cb71c2c-9812-4540- and a little-endian bit mask of 8 bytes,
 * version 1.0. [MS-RPCE] 2.2.2.14, 3.3.1.5.3
 */
#include <portero/pdu.h>

static const struct portero_syntax features_prefix = {{0x6cb71c2c, 0x9812, 0x4540, {0}}, 1, 0};

bool portero_syntax_is_features(const struct portero_syntax *s, uint64_t *out_features)
{
  struct portero_syntax prefix = *s;

  memset(prefix.uuid.node, 0, sizeof prefix.uuid.node);
  if (!portero_syntax_equal(&prefix, &features_prefix))
    return false;
  *out_features = portero_load_u64(s->uuid.node, false);
  return true;
}

struct portero_syntax portero_syntax_from_features(uint64_t features)
{
  struct portero_syntax s = features_prefix;

  portero_store_u64(s.uuid.node, false, features);
  return s;
}
