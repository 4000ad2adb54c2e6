/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [local] F and [call_as(F)] RemoteF: programs call F, which is theirs and calls RemoteF; at the
 * other end RemoteF's handler is theirs and calls their F. Here F gets its parameters in C.
 */
#include "src/idlc/lower.h"

void idlc_local_op(struct idlc_lower *lo, const struct idlc_item *iface, const struct idlc_item *op,
                   uint16_t file)
{
  struct idlc_mark mark = idlc_quiet_begin(lo);
  struct idlc_local_op *row;
  uint32_t params = 0;
  bool good = idlc_parameters(lo, op, iface, file, &params);

  idlc_quiet_end(lo, mark, good);
  if (!good) {
    idlc_warn(lo->s, op->decls->place, "declare it in a header of your own",
              "local operation '%s' gets no struct: %s", op->decls->name,
              lo->complaint ? lo->complaint : "it cannot travel");
    return;
  }
  row = portero_arena_alloc(lo->arena, sizeof *row);
  if (!row) {
    lo->s->out_of_memory = true;
    return;
  }
  row->iface = iface;
  row->op = op;
  row->params = params;
  *lo->local_ops_tail = row;
  lo->local_ops_tail = &row->next;
}
