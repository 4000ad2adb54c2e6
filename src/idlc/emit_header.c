/* SPDX-License-Identifier: Apache-2.0 */
/* STEM.h: what a program needs to know of the data: constants, types, parameters, opnums. */
#include "src/idlc/emit_inside.h"
#include "src/idlc/lower.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

struct header {
  const struct idlc_emit *e;
  struct portero_writer *w;
  uint8_t *done;        /* for each type: its body is out */
  struct header *local; /* with the program's own types; NULL: there are none */
};

/* ---- constants ---- */

static void number(struct portero_writer *w, int64_t value, bool is_unsigned)
{
  if (is_unsigned)
    emit_text(w, "%" PRIu64 "%s", (uint64_t)value, (uint64_t)value > UINT32_MAX ? "ull" : "u");
  else if (value == INT64_MIN)
    emit_text(w, "(-INT64_MAX - 1)");
  else if (value < 0)
    emit_text(w, "(%" PRId64 "%s)", value, value < INT32_MIN ? "ll" : "");
  else
    emit_text(w, "%" PRId64 "%s", value, value > INT32_MAX ? "ll" : "");
}

static void constant(struct portero_writer *w, const struct idlc_const *c)
{
  emit_text(w, "#define %s ", c->c_name);
  if (c->kind == IDLC_CONST_NUMBER)
    number(w, c->value, c->is_unsigned);
  else if (c->kind == IDLC_CONST_REAL)
    emit_text(w, "%s", c->text);
  else
    emit_text(w, "\"%s\"", c->text);
  emit_text(w, "\n");
}

static void constants(const struct header *h)
{
  const struct idlc_program *p = h->e->program;
  bool any = false;

  for (unsigned i = 0; i < p->n_consts; i++) {
    if (h->e->sources->files[p->consts[i].file].imported)
      continue;
    if (!any)
      emit_text(h->w, "\n");
    any = true;
    constant(h->w, &p->consts[i]);
  }
}

/* ---- bodies ---- */

static void body(struct header *h, uint32_t type, unsigned depth);

static void indent(struct header *h, unsigned depth)
{
  emit_text(h->w, "%*s", (int)(2 * depth), "");
}

static void member(struct header *h, uint32_t at, unsigned depth)
{
  const struct idlc_emit *e = h->e;
  const struct portero_member *m = &e->program->types.members[at];
  bool is_in = m->flags & PORTERO_MEMBER_IN, is_out = m->flags & PORTERO_MEMBER_OUT;
  struct emit_decl d;

  if (m->type == 0 || (m->flags & PORTERO_MEMBER_SAME))
    return;
  emit_declare(e, m->type, emit_member_name(e, at), false, &d);
  indent(h, depth);
  if (d.base && !(m->flags & PORTERO_MEMBER_EMBED)) {
    emit_print_decl(&d, h->w);
  } else {
    emit_text(h->w, "%s%s {\n", d.qualifier, d.keyword);
    body(h, d.type, depth + 1);
    indent(h, depth);
    emit_text(h->w, "}%s%s", m->flags & PORTERO_MEMBER_EMBED ? "" : " ",
              m->flags & PORTERO_MEMBER_EMBED ? "" : d.declarator);
  }
  emit_text(h->w, ";%s\n",
            is_in && is_out                    ? " /* in, out */"
            : is_in                            ? " /* in */"
            : m->flags & PORTERO_MEMBER_RESULT ? " /* returned */"
            : is_out                           ? " /* out */"
                                               : "");
}

static void body(struct header *h, uint32_t type, unsigned depth)
{
  const struct portero_type *t = emit_type(h->e, type);
  bool any = false;

  for (uint32_t i = 0; i < t->count; i++) {
    any = any || h->e->program->types.members[t->first + i].type != 0;
    member(h, t->first + i, depth);
  }
  if (any)
    return;
  indent(h, depth);
  emit_text(h->w, "uint8_t unused_;\n");
}

/* ---- enums ---- */

static void enumeration(struct header *h, uint32_t type)
{
  const struct portero_types *t = &h->e->program->types;
  const struct portero_type *row = &t->types[type];
  const char *c_name = emit_type_name(h->e, type);

  emit_text(h->w, "\nenum %s {\n", c_name);
  for (uint32_t i = 0; i < row->count; i++) {
    const struct portero_enumerator *n = &t->enumerators[row->first + i];

    emit_text(h->w, "  %s = ", h->e->program->enumerator_names[row->first + i]);
    if (n->value == INT32_MIN)
      emit_text(h->w, "-2147483647 - 1,\n");
    else
      emit_text(h->w, "%" PRId32 ",\n", n->value);
  }
  if (row->count == 0)
    emit_text(h->w, "  %s_NONE = 0,\n", c_name);
  emit_text(h->w, "};\n");
}

/* ---- in the order that C wants ---- */

static void type_out(struct header *h, uint32_t type);

/* A hook's own type that is a struct of this header comes before what has it in it. */
static void hook_first(struct header *h, const struct portero_type *type)
{
  const struct idlc_program *p = h->e->program;
  const char *name = strchr(p->hooks[type->first - 1].local, ' ');

  for (uint32_t i = 1; name && i < p->types.n_types; i++)
    if (emit_is_ours(h->e, i) && strcmp(p->type_info[i].c_name, name + 1) == 0)
      type_out(h, i);
}

/* What stands in type by value comes before it; what it points to, only if it is an enum. */
static void parts_first(struct header *h, uint32_t type)
{
  const struct portero_types *t = &h->e->program->types;
  const struct portero_type *row = &t->types[type];

  for (uint32_t i = 0; i < row->count; i++) {
    const struct portero_member *m = &t->members[row->first + i];
    struct emit_decl d;
    const struct portero_type *base;

    if (m->type == 0)
      continue;
    emit_declare(h->e, m->type, "", false, &d);
    base = &t->types[d.type];
    if (base->kind == IDLC_KIND_HOOK)
      hook_first(h, base);
    if (base->kind != PORTERO_KIND_STRUCT && base->kind != PORTERO_KIND_UNION &&
        !emit_is_enum(base))
      continue;
    if (!d.base || (m->flags & PORTERO_MEMBER_EMBED))
      parts_first(h, d.type);
    else if (!d.qualifier[0] || emit_is_enum(base) || strchr(d.declarator, '['))
      type_out(h, d.type);
  }
}

static void type_out(struct header *h, uint32_t type)
{
  const struct portero_type *t = emit_type(h->e, type);

  if (h->done[type])
    return;
  h->done[type] = 1;
  if (emit_is_enum(t)) {
    if (emit_is_ours(h->e, type))
      enumeration(h, type);
    else if (h->e->program->type_info[type].same_as)
      type_out(h, h->e->program->type_info[type].same_as);
    return;
  }
  parts_first(h, type);
  if (!emit_is_ours(h->e, type))
    return;
  emit_text(h->w, "\n%s %s {\n", emit_keyword(t), emit_type_name(h->e, type));
  body(h, type, 1);
  emit_text(h->w, "};\n");
}

/* What is written where it is used has no body of its own. */
static void mark_embedded(struct header *h)
{
  const struct portero_types *t = &h->e->program->types;

  for (uint32_t i = 0; i < t->n_members; i++) {
    struct emit_decl d;

    if (!(t->members[i].flags & PORTERO_MEMBER_EMBED))
      continue;
    emit_declare(h->e, t->members[i].type, "", false, &d);
    h->done[d.type] = 1;
  }
}

/* ---- interfaces ---- */

static void params(struct header *h, const struct portero_op *op)
{
  if (h->done[op->params] || (op->flags & PORTERO_OP_RESERVED))
    return;
  h->done[op->params] = 1;
  parts_first(h, op->params);
  emit_text(h->w, "\nstruct %s {\n", emit_type_name(h->e, op->params));
  body(h, op->params, 1);
  emit_text(h->w, "};\n");
  if (h->local && emit_is_hooked(h->e, op->params))
    params(h->local, op);
}

static void opnums(struct header *h, uint32_t index)
{
  const struct portero_iface *iface = &h->e->program->types.ifaces[index];
  const struct portero_op *ops = h->e->program->types.ops + iface->first_op;
  const char *name = emit_iface_name(h->e, index);
  bool any = false;

  for (uint32_t i = 0; i < emit_n_ops(h->e, iface); i++) {
    if (ops[i].flags & PORTERO_OP_RESERVED)
      continue;
    if (!any)
      emit_text(h->w, "\nenum %s_opnum {\n", name);
    any = true;
    emit_text(h->w, "  %s_%s_opnum = %u,\n", name,
              h->e->program->op_info[iface->first_op + i].c_name, (unsigned)ops[i].opnum);
  }
  if (any)
    emit_text(h->w, "};\n");
}

static void interface(struct header *h, uint32_t index)
{
  const struct portero_iface *iface = &h->e->program->types.ifaces[index];

  for (uint32_t i = 0; i < emit_n_ops(h->e, iface); i++)
    params(h, &h->e->program->types.ops[iface->first_op + i]);
  opnums(h, index);
  emit_text(h->w, "\nextern const struct portero_stub %s_stub;\n", emit_iface_name(h->e, index));
}

/* ---- with the program's own types ---- */

/* What is not hooked is there already. */
static bool local_begin(const struct header *h, struct idlc_emit *e, struct header *local)
{
  const struct idlc_program *p = h->e->program->local;

  *e = (struct idlc_emit){h->e->sources, p, h->e->stem};
  *local = (struct header){e, h->w, portero_arena_alloc(e->sources->arena, p->types.n_types), NULL};
  if (!local->done) {
    h->w->failed = true;
    return false;
  }
  for (uint32_t i = 0; i < p->types.n_types; i++)
    local->done[i] = !p->type_info[i].is_hooked;
  mark_embedded(local);
  return true;
}

static void local_types(struct header *h, struct header *local)
{
  struct portero_op op = {0};

  emit_hook_types(h->e, h->w);
  for (uint32_t i = 1; i < h->e->program->types.n_types; i++)
    if (emit_is_ours(local->e, i))
      type_out(local, i);
  for (const struct idlc_local_op *o = h->e->program->local_ops; o; o = o->next) {
    op.params = o->params;
    local->done[o->params] = 0;
    params(local, &op);
  }
}

static bool is_idl(const struct header *h, uint16_t file)
{
  const char *dot = strrchr(h->e->sources->files[file].path, '.');

  return dot && strcasecmp(dot, ".idl") == 0;
}

static bool is_needed(const struct header *h, uint16_t file)
{
  const struct idlc_program *p = h->e->program;

  for (uint32_t i = 1; i < p->types.n_types; i++)
    if (p->type_info[i].file == file && p->type_info[i].c_name)
      return true;
  for (unsigned i = 0; i < p->n_consts; i++)
    if (p->consts[i].file == file)
      return true;
  return false;
}

/*
 * Files that are no IDL, imported for their typedefs (basetsd.h), have a header of ours only where
 * it says something.
 */
static void includes(const struct header *h)
{
  const struct idlc_program *p = h->e->program;
  const struct idlc_sources *s = h->e->sources;

  emit_text(h->w, "\n#include <portero/stub.h>\n");
  for (unsigned i = 0; i < p->n_includes; i++) {
    const char *mark = strchr("<\"", p->includes[i][0]) ? "" : "\"";
    emit_text(h->w, "#include %s%s%s\n", mark, p->includes[i], mark);
  }
  for (unsigned i = 0; i < p->n_imports; i++)
    if (is_idl(h, p->imports[i]))
      emit_text(h->w, "#include \"%s.h\"\n", s->files[p->imports[i]].stem);
  for (uint16_t i = 1; i < s->n_files; i++)
    if (s->files[i].imported && !is_idl(h, i) && is_needed(h, i))
      emit_text(h->w, "#include \"%s.h\"\n", s->files[i].stem);
  emit_text(h->w, "\nPORTERO_BEGIN_DECLS\n");
  emit_quotes(h->e, h->w);
}

void idlc_emit_header(const struct idlc_emit *e, struct portero_writer *w)
{
  const struct portero_types *t = &e->program->types;
  struct header h = {e, w, portero_arena_alloc(e->sources->arena, t->n_types), NULL};
  struct header local;
  struct idlc_emit local_emit;

  if (!h.done) {
    w->failed = true;
    return;
  }
  emit_made_by(e, w);
  emit_text(w, "#ifndef ");
  emit_guard(e, "_H\n#define ", w);
  emit_guard(e, "_H\n", w);
  includes(&h);
  constants(&h);
  mark_embedded(&h);
  for (uint32_t i = 1; i < t->n_types; i++)
    if (emit_is_ours(e, i))
      type_out(&h, i);
  if (e->program->local && local_begin(&h, &local_emit, &local)) {
    h.local = &local;
    local_types(&h, &local);
  }
  for (uint32_t i = 0; i < t->n_ifaces; i++)
    if (emit_has_stub(e, i))
      interface(&h, i);
  emit_text(w, "\nPORTERO_END_DECLS\n\n#endif\n");
}
