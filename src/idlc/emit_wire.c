/* SPDX-License-Identifier: Apache-2.0 */
/* STEM_wire.h: see <portero/stub_pass.h> for its language. */
#include "src/idlc/emit_wire.h"

static bool is_direct(const struct idlc_emit *e, const struct portero_op *op)
{
  return !(op->flags & PORTERO_OP_RESERVED) && emit_can_op(e, op);
}

static void left_out(const struct idlc_emit *e, uint32_t iface, struct portero_writer *w)
{
  const struct portero_iface *i = &e->program->types.ifaces[iface];
  const char *name = emit_iface_name(e, iface);
  bool any = false;

  for (uint32_t k = 0; k < emit_n_ops(e, i); k++) {
    const struct portero_op *op = &e->program->types.ops[i->first_op + k];

    if ((op->flags & PORTERO_OP_RESERVED) || emit_can_op(e, op))
      continue;
    emit_text(w, "%s%s_%s", any ? ", " : "/* Left to the type table: ", name,
              e->program->op_info[i->first_op + k].c_name);
    any = true;
  }
  if (any)
    emit_text(w, " */\n");
}

void idlc_emit_wire(const struct idlc_emit *e, struct portero_writer *w)
{
  const struct portero_types *t = &e->program->types;
  struct emit_wire x = {e, w, portero_arena_alloc(e->sources->arena, t->n_types)};

  if (!x.state) {
    w->failed = true;
    return;
  }
  emit_made_by(e, w);
  emit_text(w, "/* Compiled four times, in the words of <portero/stub_pass.h>. */\n");
  for (uint32_t i = 0; i < t->n_ifaces; i++) {
    const struct portero_iface *iface = &t->ifaces[i];

    if (!emit_has_stub(e, i))
      continue;
    left_out(e, i, w);
    for (uint32_t k = 0; k < emit_n_ops(e, iface); k++)
      if (is_direct(e, &t->ops[iface->first_op + k]))
        emit_op(&x, &t->ops[iface->first_op + k]);
  }
}
