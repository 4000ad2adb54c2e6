/* SPDX-License-Identifier: Apache-2.0 */
/* What the endpoint mapper and those who ask it know beyond idl/epm.idl. */
#ifndef PORTERO_RPC_EPM_H
#define PORTERO_RPC_EPM_H

#include "idl/epm.h"

#define EPM_MAX_ENTRIES 4096u /* entries that one ept_insert or ept_delete may have */

/* data NULL: a null pointer. */
static inline struct portero_bytes epm_octets(const struct epm_tower *tower)
{
  return tower ? portero_bytes_make(tower->octets, tower->tower_length)
               : portero_bytes_make(NULL, 0);
}

/* At most 2^32 - 1 octets. The octets stay where they are. */
static inline struct epm_tower epm_tower_of(struct portero_bytes octets)
{
  struct epm_tower tower = {(uint32_t)octets.size, octets.data};

  return tower;
}

static inline struct ms_types_interface_id epm_interface_id(const struct portero_syntax *s)
{
  struct ms_types_interface_id id = {s->uuid, s->major, s->minor};

  return id;
}

#endif
