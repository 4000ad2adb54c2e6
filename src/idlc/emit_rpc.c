/* SPDX-License-Identifier: Apache-2.0 */
/* STEM_rpc.h and STEM_rpc.c: calls for clients, dispatch for servers. */
#include "src/idlc/emit_inside.h"

typedef void per_op(const struct idlc_emit *e, const char *iface, const char *op,
                    const struct portero_op *row, struct portero_writer *w);

static void each_op(const struct idlc_emit *e, uint32_t index, per_op *visit,
                    struct portero_writer *w)
{
  const struct portero_iface *iface = &e->program->types.ifaces[index];

  for (uint32_t k = 0; k < emit_n_ops(e, iface); k++)
    visit(e, emit_iface_name(e, index), e->program->op_info[iface->first_op + k].c_name,
          &e->program->types.ops[iface->first_op + k], w);
}

static bool is_called(const struct portero_op *row)
{
  return !(row->flags & PORTERO_OP_RESERVED);
}

static void handler(const struct idlc_emit *e, const char *iface, const char *op,
                    const struct portero_op *row, struct portero_writer *w)
{
  (void)e;
  if (is_called(row))
    emit_text(w, "  portero_status (*%s)(struct portero_call *call, struct %s_%s *args);\n", op,
              iface, op);
}

static void call(const struct idlc_emit *e, const char *iface, const char *op,
                 const struct portero_op *row, struct portero_writer *w)
{
  (void)e;
  if (is_called(row))
    emit_text(w,
              "PORTERO_MUST_USE portero_status %s_%s(struct portero_client *c,\n"
              "    struct %s_%s *args);\n",
              iface, op, iface, op);
}

static bool uses_handles(const struct idlc_emit *e, uint32_t index)
{
  const struct portero_types *t = &e->program->types;
  const struct portero_iface *iface = &t->ifaces[index];

  for (uint32_t k = 0; k < iface->n_ops; k++) {
    const struct portero_type *params = &t->types[t->ops[iface->first_op + k].params];

    for (uint32_t m = 0; m < params->count; m++) {
      struct emit_decl d;

      emit_declare(e, t->members[params->first + m].type, "", false, &d);
      if (t->types[d.type].kind == PORTERO_KIND_HANDLE)
        return true;
    }
  }
  return false;
}

/* Objects' methods are called through ORPC, not by themselves. */
static bool is_called_directly(const struct idlc_emit *e, uint32_t iface)
{
  return emit_has_stub(e, iface) &&
         !(e->program->types.ifaces[iface].flags & PORTERO_IFACE_OBJECT);
}

void idlc_emit_rpc_header(const struct idlc_emit *e, struct portero_writer *w)
{
  emit_made_by(e, w);
  emit_text(w, "#ifndef ");
  emit_guard(e, "_RPC_H\n#define ", w);
  emit_guard(e, "_RPC_H\n", w);
  emit_text(w, "\n#include <portero/rpc_stub.h>\n\n#include \"%s.h\"\n\nPORTERO_BEGIN_DECLS\n",
            e->stem);
  for (uint32_t i = 0; i < e->program->types.n_ifaces; i++) {
    const char *name = emit_iface_name(e, i);

    if (!is_called_directly(e, i))
      continue;
    emit_text(w,
              "\n/* portero_server_add(server, &%s_interface, &handlers); NULL: not offered. */\n"
              "struct %s_handlers {\n",
              name, name);
    each_op(e, i, handler, w);
    emit_text(w, "};\nextern const struct portero_interface %s_interface;\n", name);
    if (uses_handles(e, i))
      emit_text(w,
                "/* For portero_handle_new() and its kin. */\n"
                "extern const char %s_handle_kind[];\n",
                name);
    emit_text(w, "\n");
    each_op(e, i, call, w);
  }
  emit_text(w, "\nPORTERO_END_DECLS\n\n#endif\n");
}

static void thunk(const struct idlc_emit *e, const char *iface, const char *op,
                  const struct portero_op *row, struct portero_writer *w)
{
  (void)e;
  if (is_called(row))
    emit_text(w, "PORTERO_STUB_RPC(%s, %s, %u)\n", iface, op, (unsigned)row->opnum);
}

static void row_of(const struct idlc_emit *e, const char *iface, const char *op,
                   const struct portero_op *row, struct portero_writer *w)
{
  (void)e;
  if (is_called(row))
    emit_text(w, "    PORTERO_STUB_RUN(%s, %s),\n", iface, op);
  else
    emit_text(w, "    PORTERO_STUB_RUN_RESERVED,\n");
}

void idlc_emit_rpc_source(const struct idlc_emit *e, struct portero_writer *w)
{
  emit_made_by(e, w);
  emit_text(w, "#include \"%s_rpc.h\"\n", e->stem);
  for (uint32_t i = 0; i < e->program->types.n_ifaces; i++) {
    const char *name = emit_iface_name(e, i);

    if (!is_called_directly(e, i))
      continue;
    emit_text(w, "\n");
    each_op(e, i, thunk, w);
    emit_text(w, "\nstatic const struct portero_operation %s_operations[] = {\n", name);
    each_op(e, i, row_of, w);
    emit_text(w, "};\n");
    if (uses_handles(e, i))
      emit_text(w, "const char %s_handle_kind[] = \"%s\";\n", name, name);
    emit_text(w, "PORTERO_STUB_INTERFACE(%s, ", name);
    emit_text(w, "%u, %u, ", (unsigned)e->program->types.ifaces[i].id.major,
              (unsigned)e->program->types.ifaces[i].id.minor);
    {
      const struct portero_uuid *u = &e->program->types.ifaces[i].id.uuid;

      emit_text(w, "0x%08x, 0x%04x, 0x%04x,\n    ", (unsigned)u->time_low, (unsigned)u->time_mid,
                (unsigned)u->time_hi_and_version);
      for (unsigned k = 0; k < 8; k++)
        emit_text(w, "0x%02x%s", (unsigned)u->node[k], k < 7 ? ", " : ")\n");
    }
  }
}
