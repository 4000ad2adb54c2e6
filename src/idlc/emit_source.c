/* SPDX-License-Identifier: Apache-2.0 */
/* STEM.c: the passes over STEM_wire.h, the type table, what the operations are. */
#include "src/idlc/emit_inside.h"
#include "src/idlc/emit_wire.h"

#include <string.h>

#define CHUNK 4000u /* C promises string literals of 4095 bytes */

/* ---- the table, as text ---- */

struct literal {
  struct portero_writer *w;
  unsigned column;
  bool was_octal; /* a digit behind would belong to it */
};

static void literal_byte(struct literal *l, uint8_t byte)
{
  static const char letters[] = "btnvfr"; /* for 8 to 13 */

  if (l->column > 90) {
    emit_text(l->w, "\"\n    \"");
    l->column = 0;
    l->was_octal = false;
  }
  if (byte == '"' || byte == '\\') {
    emit_text(l->w, "\\%c", byte);
    l->column += 2;
    l->was_octal = false;
  } else if (byte >= 8 && byte <= 13) {
    emit_text(l->w, "\\%c", letters[byte - 8]);
    l->column += 2;
    l->was_octal = false;
  } else if (byte >= ' ' && byte <= '~' && byte != '?' &&
             !(l->was_octal && byte >= '0' && byte <= '9')) {
    emit_text(l->w, "%c", byte);
    l->column++;
    l->was_octal = false;
  } else {
    l->column += byte < 8 ? 2 : byte < 64 ? 3 : 4;
    emit_text(l->w, "\\%o", (unsigned)byte);
    l->was_octal = byte < 64;
  }
}

static void table(const struct idlc_emit *e, struct portero_writer *w, size_t *out_size)
{
  struct literal l = {w, 0, false};
  struct portero_writer bytes;

  portero_writer_init(&bytes, w->mem, SIZE_MAX);
  portero_types_save(&e->program->types, &bytes);
  if (bytes.failed)
    w->failed = true;
  *out_size = bytes.size;
  emit_text(w, "\nstatic const unsigned char table[][%u] = {", CHUNK);
  for (size_t i = 0; i < bytes.size; i++) {
    if (i % CHUNK == 0) {
      emit_text(w, "%s\n    \"", i ? "\"," : "");
      l.column = 0;
      l.was_octal = false;
    }
    literal_byte(&l, bytes.base[i]);
  }
  emit_text(w, "%s};\n", bytes.size ? "\"" : "\n    \"\"");
  portero_writer_deinit(&bytes);
}

/* ---- operations ---- */

static bool has_direct_ops(const struct idlc_emit *e)
{
  const struct portero_types *t = &e->program->types;

  for (uint32_t i = 0; i < t->n_ifaces; i++)
    for (uint32_t k = 0; emit_has_stub(e, i) && k < emit_n_ops(e, &t->ifaces[i]); k++) {
      const struct portero_op *op = &t->ops[t->ifaces[i].first_op + k];

      if (!(op->flags & PORTERO_OP_RESERVED) && emit_can_op(e, op))
        return true;
    }
  return false;
}

static bool has_stubs(const struct idlc_emit *e)
{
  for (uint32_t i = 0; i < e->program->types.n_ifaces; i++)
    if (emit_has_stub(e, i))
      return true;
  return false;
}

static void passes(const struct idlc_emit *e, struct portero_writer *w)
{
  emit_text(w, "\n#if PORTERO_STUB_DIRECT\n");
  for (unsigned get = 0; get < 2; get++)
    for (unsigned ndr64 = 0; ndr64 < 2; ndr64++) {
      if (get || ndr64)
        emit_text(w, "#undef PORTERO_STUB_GET\n#undef PORTERO_STUB_64\n");
      emit_text(w,
                "#define PORTERO_STUB_GET %u\n#define PORTERO_STUB_64 %u\n"
                "#include <portero/stub_pass.h>\n#include \"%s_wire.h\"\n",
                get, ndr64, e->stem);
    }
  emit_text(w, "#endif\n");
}

static void stub(const struct idlc_emit *e, uint32_t index, size_t table_size,
                 struct portero_writer *w)
{
  const struct portero_iface *iface = &e->program->types.ifaces[index];
  const char *name = emit_iface_name(e, index);
  uint32_t n = emit_n_ops(e, iface);

  emit_text(w, "\nstatic const struct portero_stub_op %s_ops[] = {\n", name);
  for (uint32_t k = 0; k < n; k++) {
    const struct portero_op *op = &e->program->types.ops[iface->first_op + k];
    const char *op_name = e->program->op_info[iface->first_op + k].c_name;

    if (op->flags & PORTERO_OP_RESERVED)
      emit_text(w, "    PORTERO_STUB_OP_RESERVED(%u),\n", (unsigned)op->opnum);
    else if (emit_is_hooked(e, op->params))
      emit_text(w, "    PORTERO_STUB_OP_HOOKED%s(%s, %s, %s, %u, %u),\n",
                emit_can_op(e, op) ? "" : "_BY_TABLE", name, op_name,
                emit_type_name(e, op->params) + strlen(name) + 1, (unsigned)op->opnum,
                (unsigned)op->flags);
    else
      emit_text(w, "    PORTERO_STUB_OP%s(%s, %s, %u, %u),\n",
                emit_can_op(e, op) ? "" : "_BY_TABLE", name, op_name, (unsigned)op->opnum,
                (unsigned)op->flags);
  }
  emit_text(w, "};\nconst struct portero_stub %s_stub = {\n    \"%s\", ", name,
            portero_types_text(&e->program->types, iface->name));
  emit_syntax(&iface->id, w);
  emit_text(w, ", %s_ops, %u,\n    table[0], %zu};\n", name, (unsigned)n, table_size);
}

void idlc_emit_source(const struct idlc_emit *e, struct portero_writer *w)
{
  size_t table_size = 0;

  emit_made_by(e, w);
  emit_text(w, "#include \"%s.h\"\n", e->stem);
  if (!has_stubs(e))
    return;
  if (has_direct_ops(e))
    passes(e, w);
  emit_hook_walks(e, w);
  table(e, w, &table_size);
  for (uint32_t i = 0; i < e->program->types.n_ifaces; i++)
    if (emit_has_stub(e, i))
      stub(e, i, table_size, w);
}
