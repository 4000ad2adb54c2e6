/* SPDX-License-Identifier: Apache-2.0 */
/* STEM_rpc.h and STEM_rpc.c: calls for clients, dispatch for servers. */
#include "src/idlc/emit_inside.h"

#include <string.h>

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
    emit_text(w, "  PORTERO_STUB_HANDLER(%s, %s);\n", iface, op);
}

static void call(const struct idlc_emit *e, const char *iface, const char *op,
                 const struct portero_op *row, struct portero_writer *w)
{
  (void)e;
  if (is_called(row))
    emit_text(w, "PORTERO_STUB_CLIENT(%s_%s);\n", iface, op);
}

/* ---- kinds of context handles ---- */

#define MAX_KINDS 256u /* of one interface */

struct kinds {
  const char *names[MAX_KINDS];
  unsigned count;
};

/* "handle" is the kind of those that no typedef names. */
static void kinds_add(const struct portero_types *t, uint32_t type, struct kinds *k)
{
  const char *name = t->types[type].name ? portero_types_text(t, t->types[type].name) : "handle";

  for (unsigned i = 0; i < k->count; i++)
    if (strcmp(k->names[i], name) == 0)
      return;
  if (k->count < MAX_KINDS) /* a handler that wants one beyond does not compile */
    k->names[k->count++] = name;
}

static void kinds_of(const struct idlc_emit *e, uint32_t index, struct kinds *out_kinds)
{
  const struct portero_types *t = &e->program->types;
  const struct portero_iface *iface = &t->ifaces[index];

  out_kinds->count = 0;
  for (uint32_t k = 0; k < iface->n_ops; k++) {
    const struct portero_type *params = &t->types[t->ops[iface->first_op + k].params];

    for (uint32_t m = 0; m < params->count; m++) {
      struct emit_decl d;

      emit_declare(e, t->members[params->first + m].type, "", false, &d);
      if (t->types[d.type].kind == PORTERO_KIND_HANDLE)
        kinds_add(t, d.type, out_kinds);
    }
  }
}

static void kinds_declare(const struct idlc_emit *e, uint32_t index, struct portero_writer *w)
{
  struct kinds k;

  kinds_of(e, index, &k);
  if (k.count)
    emit_text(
        w,
        "/* For portero_handle_new() and its kin: a handle of one kind is none of another. */\n");
  for (unsigned i = 0; i < k.count; i++)
    emit_text(w, "extern const char %s_%s_kind[];\n", emit_iface_name(e, index), k.names[i]);
}

static void kinds_define(const struct idlc_emit *e, uint32_t index, struct portero_writer *w)
{
  const char *iface = emit_iface_name(e, index);
  struct kinds k;

  kinds_of(e, index, &k);
  for (unsigned i = 0; i < k.count; i++)
    emit_text(w, "const char %s_%s_kind[] = \"%s.%s\";\n", iface, k.names[i], iface, k.names[i]);
}

/* What a program writes itself, with the calls that travel. */
static void locals_declare(const struct idlc_emit *e, uint32_t index, struct portero_writer *w)
{
  const struct idlc_item *item = NULL;
  const struct portero_iface *iface = &e->program->types.ifaces[index];
  bool any = false;

  if (iface->n_ops)
    item = e->program->op_info[iface->first_op].iface;
  for (const struct idlc_local_op *o = e->program->local_ops; o; o = o->next) {
    if (o->iface != item)
      continue;
    if (!any)
      emit_text(w, "/* The program's own: what it calls, made of the calls above. */\n");
    any = true;
    emit_text(w, "PORTERO_STUB_CLIENT(%s);\n", o->c_name);
  }
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
    emit_text(w, "\n/* What a server gives to %s_serve(). NULL: not offered. */\n", name);
    emit_text(w, "struct %s_handlers {\n", name);
    each_op(e, i, handler, w);
    emit_text(w,
              "};\nextern const struct portero_interface %s_interface;\n"
              "/* handlers must outlive s; portero_call_user() gives them user. min_level: of callers. */\n"
              "PORTERO_MUST_USE portero_status %s_serve(struct portero_server *s,\n"
              "    const struct %s_handlers *handlers, void *user, uint8_t min_level);\n",
              name, name, name);
    kinds_declare(e, i, w);
    emit_text(w, "\n");
    each_op(e, i, call, w);
    locals_declare(e, i, w);
  }
  emit_text(w, "\nPORTERO_END_DECLS\n\n#endif\n");
}

static void thunk(const struct idlc_emit *e, const char *iface, const char *op,
                  const struct portero_op *row, struct portero_writer *w)
{
  (void)e;
  if (is_called(row))
    emit_text(w, "CALL(%s, %s, %u)\n", iface, op, (unsigned)row->opnum);
}

static void row_of(const struct idlc_emit *e, const char *iface, const char *op,
                   const struct portero_op *row, struct portero_writer *w)
{
  (void)e;
  if (is_called(row))
    emit_text(w, "  ROW(%s, %s, %s)\n", iface, op,
              row->flags & PORTERO_OP_ASYNC ? "PORTERO_OPERATION_DEFERS" : "0");
  else
    emit_text(w, "  UNUSED\n");
}

static void interface(const struct idlc_emit *e, uint32_t index, struct portero_writer *w)
{
  const struct portero_iface *iface = &e->program->types.ifaces[index];
  const char *name = emit_iface_name(e, index);

  emit_text(w, "\n");
  each_op(e, index, thunk, w);
  emit_text(w, "\nOPERATIONS(%s) {\n", name);
  each_op(e, index, row_of, w);
  emit_text(w, "};\nconst struct portero_interface %s_interface = {\n    .id = ", name);
  emit_syntax(&iface->id, w);
  emit_text(w,
            ",\n    .name = \"%s\",\n    .operations = %s_operations,\n    .n_operations = %u,\n"
            "    .flags = PORTERO_INTERFACE_NDR64};\n",
            portero_types_text(&e->program->types, iface->name), name,
            (unsigned)emit_n_ops(e, iface));
  kinds_define(e, index, w);
  emit_text(w, "SERVE(%s)\n", name);
}

void idlc_emit_rpc_source(const struct idlc_emit *e, struct portero_writer *w)
{
  emit_made_by(e, w);
  emit_text(w, "#include \"%s_rpc.h\"\n#include <portero/stub_rpc.h>\n", e->stem);
  for (uint32_t i = 0; i < e->program->types.n_ifaces; i++)
    if (is_called_directly(e, i))
      interface(e, i, w);
}
