/* SPDX-License-Identifier: Apache-2.0 */
#include "src/idlc/emit.h"

void idlc_emit_tables(const struct idlc_emit *e, struct portero_writer *w)
{
  portero_types_save(&e->program->types, w);
}
