/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's own types: typedefs and the functions that a program defines, for STEM.h; and for
 * STEM.c what walks over parameters with such types in them, member by member, in both directions.
 * Everything else in them is what travels already, and is copied.
 */
#include "src/idlc/emit_wire.h"
#include "src/idlc/lower.h"

#include <stdio.h>
#include <string.h>

/* ---- STEM.h ---- */

static void hook_type(const struct idlc_emit *e, const struct idlc_hook *hook,
                      struct portero_writer *w)
{
  size_t length = strlen(hook->local);
  struct emit_decl d;

  emit_declare(e, hook->wire, hook->wire_name, false, &d);
  emit_text(w,
            "\n/* %s: the program's own, and what travels. The program defines the functions. */\n"
            "typedef %s%s%s;\ntypedef ",
            hook->name, hook->local, length && hook->local[length - 1] == '*' ? "" : " ",
            hook->local_name);
  emit_print_decl(&d, w);
  emit_text(w,
            ";\nPORTERO_MUST_USE portero_status %s_to_wire(const %s *value,\n"
            "    struct portero_arena *arena, %s *out_wire);\n"
            "PORTERO_MUST_USE portero_status %s_from_wire(const %s *wire,\n"
            "    struct portero_arena *arena, %s *out_value);\n",
            hook->c_name, hook->local_name, hook->wire_name, hook->c_name, hook->wire_name,
            hook->local_name);
}

void emit_hook_types(const struct idlc_emit *e, struct portero_writer *w)
{
  for (unsigned i = 0; i < e->program->n_hooks; i++) {
    const struct idlc_hook *hook = &e->program->hooks[i];

    if (hook->wire && hook->file == e->program->main_file)
      hook_type(e, hook, w);
  }
}

/* ---- STEM.c: one function ---- */

struct walk {
  const struct idlc_emit *e; /* what travels */
  struct idlc_emit local;
  struct portero_writer *w;
  uint8_t *seen;   /* for each type: it has functions */
  bool to;         /* to what travels; else from it */
  uint32_t scope;  /* STRUCT that expressions are about */
  unsigned indent; /* of lines */
  unsigned names;  /* of locals */
};

__attribute__((format(printf, 2, 3))) static void line(struct walk *k, const char *format, ...)
{
  char text[4 * EMIT_NAME];
  va_list args;
  int length;

  va_start(args, format);
  length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (length < 0 || (size_t)length >= sizeof text) {
    k->w->failed = true;
    return;
  }
  emit_text(k->w, "%*s%s\n", (int)(2 * k->indent), "", text);
}

static const struct idlc_emit *source(const struct walk *k)
{
  return k->to ? &k->local : k->e;
}

static const struct idlc_emit *target(const struct walk *k)
{
  return k->to ? k->e : &k->local;
}

static const struct portero_type *local_type(const struct walk *k, uint32_t type)
{
  return &k->local.program->types.types[type];
}

static const struct portero_member *local_member(const struct walk *k, uint32_t at)
{
  return &k->local.program->types.members[at];
}

static bool is_hooked(const struct walk *k, uint32_t type)
{
  return k->local.program->type_info[type].is_hooked;
}

/* "&x" of "x", "x" of "(*x)" */
static const char *address(const struct walk *k, const char *lvalue)
{
  size_t length = strlen(lvalue);

  if (strncmp(lvalue, "(*", 2) == 0 && strchr(lvalue, ')') == lvalue + length - 1)
    return emit_format(k->e, "%.*s", (int)length - 3, lvalue + 2);
  return emit_format(k->e, "&%s", lvalue);
}

/* An expression over the source's members. */
static const char *says(const struct walk *k, uint32_t code)
{
  return emit_expr(k->e, code, k->scope, "v->");
}

static void value(struct walk *k, uint32_t type, const char *s, const char *d);

/* "struct f_x *p1" for elements or referents of a type in the target. */
static const char *fresh_pointer(struct walk *k, uint32_t type, const char *name)
{
  const struct idlc_emit *e = target(k);
  struct emit_decl d;

  if (e == k->e)
    type = local_type(k, type)->kind == IDLC_KIND_HOOK ? local_type(k, type)->of : type;
  emit_declare(e, type, emit_format(k->e, "*%s", name), false, &d);
  return emit_format(k->e, "%s%s%s%s %s", d.qualifier, d.keyword, d.keyword[0] ? " " : "", d.base,
                     d.declarator);
}

static void copy(struct walk *k, uint32_t type, const char *s, const char *d)
{
  const struct portero_type *t = local_type(k, type);

  if (t->kind == PORTERO_KIND_ARRAY && !(t->flags & PORTERO_TYPE_CONFORMANT))
    line(k, "memcpy(%s, %s, sizeof %s);", d, s, d);
  else
    line(k, "%s = %s;", d, s);
}

static void hook(struct walk *k, uint32_t type, const char *s, const char *d)
{
  const struct portero_type *t = local_type(k, type);
  const struct portero_type *of = local_type(k, t->of);
  const struct idlc_hook *row = &k->e->program->hooks[t->first - 1];
  bool is_array = of->kind == PORTERO_KIND_ARRAY || of->kind == PORTERO_KIND_STRING;

  if (!(t->flags & PORTERO_TYPE_REF) || is_array) {
    line(k, "CONVERT(%s_%s_wire, %s, %s)", row->c_name, k->to ? "to" : "from", address(k, s),
         address(k, d));
  } else if (k->to) {
    line(k, "CONVERT_TO_REF(%s_to_wire, %s, %s, %s)", row->c_name, row->wire_name, address(k, s),
         d);
  } else {
    line(k, "CONVERT_REF(%s_from_wire, %s, %s, %s)", row->c_name, row->wire_name, address(k, s),
         address(k, d));
  }
}

/* ---- arrays and pointers ---- */

/* Of a varying array the elements from its offset on, each at its own index: behind the last. */
static const char *array_end(const struct walk *k, const struct portero_type *t)
{
  if (!(t->flags & PORTERO_TYPE_VARYING) || !t->length)
    return t->flags & PORTERO_TYPE_CONFORMANT ? says(k, t->size)
                                              : emit_format(k->e, "%u", (unsigned)t->count);
  return t->offset
             ? emit_format(k->e, "portero_stub_add(%s, %s)", says(k, t->offset), says(k, t->length))
             : says(k, t->length);
}

static const char *array_begin(const struct walk *k, const struct portero_type *t)
{
  return t->offset ? emit_format(k->e, "portero_stub_hook_count(c, %s)", says(k, t->offset)) : "0";
}

static void fixed_array(struct walk *k, const struct portero_type *t, const char *s, const char *d)
{
  unsigned i = ++k->names;

  if (t->flags & PORTERO_TYPE_VARYING)
    line(k, "memset(%s, 0, sizeof %s);", d, d);
  if (t->length)
    line(k,
         "for (size_t i%u = %s, n%u = portero_stub_hook_count(c, %s); i%u < n%u && i%u < %u; "
         "i%u++) {",
         i, array_begin(k, t), i, array_end(k, t), i, i, i, (unsigned)t->count, i);
  else
    line(k, "for (size_t i%u = %s; i%u < %u; i%u++) {", i, array_begin(k, t), i, (unsigned)t->count,
         i);
  k->indent++;
  value(k, t->of, emit_format(k->e, "%s[i%u]", s, i), emit_format(k->e, "%s[i%u]", d, i));
  k->indent--;
  line(k, "}");
}

static void counted_array(struct walk *k, const struct portero_type *t, const char *s,
                          const char *d)
{
  unsigned i = ++k->names;

  line(k, "%s = NULL;", d);
  line(k, "if (%s && portero_stub_hook_enter(c)) {", s);
  k->indent++;
  line(k, "size_t n%u = portero_stub_hook_count(c, %s);", i, array_end(k, t));
  line(k, "%s = portero_stub_hook_new(c, n%u, sizeof *p%u);",
       fresh_pointer(k, t->of, emit_format(k->e, "p%u", i)), i, i);
  line(k, "for (size_t i%u = %s; p%u && i%u < n%u; i%u++) {", i, array_begin(k, t), i, i, i, i);
  k->indent++;
  value(k, t->of, emit_format(k->e, "%s[i%u]", s, i), emit_format(k->e, "p%u[i%u]", i, i));
  k->indent--;
  line(k, "}");
  line(k, "%s = p%u;", d, i);
  line(k, "portero_stub_hook_leave(c);");
  k->indent--;
  line(k, "}");
}

static void pointer(struct walk *k, const struct portero_type *t, const char *s, const char *d)
{
  unsigned i = ++k->names;
  bool is_array = local_type(k, t->of)->kind == PORTERO_KIND_ARRAY;

  line(k, "%s = NULL;", d);
  if (t->flags & PORTERO_TYPE_IGNORE) {
    line(k, "(void)c, (void)v; /* it does not travel */");
    return;
  }
  line(k, "if (%s && portero_stub_hook_enter(c)) {", s);
  k->indent++;
  line(k, "%s = portero_stub_hook_new(c, 1, sizeof *p%u);",
       fresh_pointer(k, t->of, emit_format(k->e, "p%u", i)), i);
  line(k, "if (p%u) {", i);
  k->indent++;
  value(k, t->of, emit_format(k->e, "(*%s)", s), emit_format(k->e, "(*p%u)", i));
  k->indent--;
  line(k, "}");
  line(k, is_array ? "%s = (void *)p%u;" : "%s = p%u;", d, i);
  line(k, "portero_stub_hook_leave(c);");
  k->indent--;
  line(k, "}");
}

/* ---- unions ---- */

/* Was this label there before? Then the first one counts. */
static bool is_repeated(const struct walk *k, uint32_t first, uint32_t at)
{
  for (uint32_t i = first; i < at; i++)
    if (!(local_member(k, i)->flags & PORTERO_MEMBER_DEFAULT) &&
        local_member(k, i)->label == local_member(k, at)->label)
      return true;
  return false;
}

/* The labels of an arm and of those that share it; false: nothing is left. */
static bool labels(struct walk *k, const struct portero_type *u, uint32_t at)
{
  bool any = false;

  for (uint32_t i = at;
       i < u->first + u->count && (i == at || local_member(k, i)->flags & PORTERO_MEMBER_SAME);
       i++) {
    const struct portero_member *m = local_member(k, i);

    if (!(m->flags & PORTERO_MEMBER_DEFAULT) && is_repeated(k, u->first, i))
      continue;
    any = true;
    if (m->flags & PORTERO_MEMBER_DEFAULT)
      line(k, "default:");
    else if (m->label == INT64_MIN)
      line(k, "case -INT64_MAX - 1:");
    else
      line(k, "case %lld%s:", (long long)m->label,
           m->label > INT32_MAX || m->label < INT32_MIN ? "ll" : "");
  }
  return any;
}

static void member(struct walk *k, uint32_t at, const char *s, const char *d);

/* s and d stand in front of the arms' names. */
static void arms(struct walk *k, uint32_t type, const char *tag, const char *s, const char *d)
{
  const struct portero_type *u = local_type(k, type);

  line(k, "switch (%s) {", tag);
  for (uint32_t i = u->first; i < u->first + u->count; i++) {
    const struct portero_member *m = local_member(k, i);

    if (m->flags & PORTERO_MEMBER_SAME || !labels(k, u, i))
      continue;
    k->indent++;
    if (m->type)
      member(k, i, s, d);
    line(k, "break;");
    k->indent--;
  }
  line(k, "}");
}

static void choice(struct walk *k, uint32_t type, const char *s, const char *d)
{
  const struct portero_type *t = local_type(k, type);

  if (emit_is_inline(k->e, type))
    arms(k, t->of, says(k, t->size), emit_format(k->e, "%s.", s), emit_format(k->e, "%s.", d));
  else
    line(k, "%s_%s(c, %s, %s, %s);", k->to ? "to" : "from", emit_type_name(&k->local, t->of),
         address(k, s), address(k, d), says(k, t->size));
}

/* ---- any value, any member ---- */

static void value(struct walk *k, uint32_t type, const char *s, const char *d)
{
  const struct portero_type *t = local_type(k, type);

  if (!is_hooked(k, type))
    copy(k, type, s, d);
  else if (t->kind == IDLC_KIND_HOOK)
    hook(k, type, s, d);
  else if (t->kind == PORTERO_KIND_STRUCT)
    line(k, "%s_%s(c, %s, %s);", k->to ? "to" : "from", emit_type_name(&k->local, type),
         address(k, s), address(k, d));
  else if (t->kind == PORTERO_KIND_SWITCH)
    choice(k, type, s, d);
  else if (t->kind == PORTERO_KIND_ARRAY && t->flags & PORTERO_TYPE_CONFORMANT)
    counted_array(k, t, s, d);
  else if (t->kind == PORTERO_KIND_ARRAY)
    fixed_array(k, t, s, d);
  else if (k->local.program->types.layouts[type].is_collapsed)
    value(k, t->of, s, d);
  else
    pointer(k, t, s, d);
}

/* s and d stand in front of its name; members of an embedded body are in the struct around it. */
static void member(struct walk *k, uint32_t at, const char *s, const char *d)
{
  const struct portero_member *m = local_member(k, at);
  const struct portero_type *t = local_type(k, m->type);
  const char *name = emit_member_name(k->e, at);

  if (!(m->flags & PORTERO_MEMBER_EMBED))
    value(k, m->type, emit_format(k->e, "%s%s", s, name), emit_format(k->e, "%s%s", d, name));
  else if (t->kind == PORTERO_KIND_SWITCH)
    arms(k, t->of, says(k, t->size), s, d);
  else
    for (uint32_t i = 0; i < t->count; i++)
      member(k, t->first + i, s, d);
}

/* ---- functions ---- */

static void head(struct walk *k, uint32_t type, bool to, const char *end)
{
  const char *keyword = emit_keyword(local_type(k, type));
  const char *name = emit_type_name(&k->local, type);

  k->to = to;
  emit_text(k->w,
            "static void %s_%s(struct portero_stub_hook_run *c, const %s %s *v,\n    %s %s *w%s)%s",
            to ? "to" : "from", name, keyword, emit_type_name(source(k), type), keyword,
            emit_type_name(target(k), type),
            local_type(k, type)->kind == PORTERO_KIND_UNION ? ", int64_t tag" : "", end);
}

static void function(struct walk *k, uint32_t type, bool to)
{
  const struct portero_type *t = local_type(k, type);

  emit_text(k->w, "\n");
  head(k, type, to, "\n{\n");
  k->indent = 1;
  k->names = 0;
  k->scope = type;
  if (t->kind == PORTERO_KIND_UNION)
    arms(k, type, "tag", "v->", "w->");
  else
    for (uint32_t i = 0; i < t->count; i++)
      member(k, t->first + i, "v->", "w->");
  emit_text(k->w, "}\n");
}

/* Which structs and unions need functions: those that are not written where they stand. */
static void reach(struct walk *k, uint32_t type, bool is_inside)
{
  const struct portero_type *t = local_type(k, type);
  bool is_inline = t->kind == PORTERO_KIND_SWITCH && (is_inside || emit_is_inline(k->e, type));

  if (!is_hooked(k, type) || t->kind == IDLC_KIND_HOOK)
    return;
  if (t->kind != PORTERO_KIND_STRUCT && t->kind != PORTERO_KIND_UNION) {
    reach(k, t->of, is_inline);
    return;
  }
  if (k->seen[type] && !is_inside)
    return;
  if (!is_inside)
    k->seen[type] = 1;
  for (uint32_t i = 0; i < t->count; i++)
    reach(k, local_member(k, t->first + i)->type,
          local_member(k, t->first + i)->flags & PORTERO_MEMBER_EMBED);
}

/* ---- operations ---- */

static const char *direction(const struct portero_member *m)
{
  bool in = m->flags & PORTERO_MEMBER_IN, out = m->flags & PORTERO_MEMBER_OUT;

  return in && out ? "which" : in ? "which & PORTERO_MEMBER_IN" : "which & PORTERO_MEMBER_OUT";
}

/* What follows is for this case; NULL: for all. Members that follow each other share a block. */
static void condition(struct walk *k, const char **open, const char *next)
{
  if (*open && next && strcmp(*open, next) == 0)
    return;
  if (*open) {
    k->indent--;
    line(k, "}");
  }
  if (next) {
    line(k, "if (%s) {", next);
    k->indent++;
  }
  *open = next;
}

/* What is not hooked is always there for those who read what travels: it may be a count. */
static void params(struct walk *k, const struct portero_op *op, bool to)
{
  const struct portero_type *t = local_type(k, op->params);
  const char *name = emit_type_name(&k->local, op->params);
  const char *open = NULL;

  k->to = to;
  k->indent = 1;
  k->names = 0;
  k->scope = op->params;
  emit_text(
      k->w,
      "\nstatic void %s_%s(struct portero_stub_hook_run *c, const void *from, uint16_t which,\n"
      "    void *to)\n{\n  const struct %s *v = from;\n  struct %s *w = to;\n\n",
      to ? "to" : "from", name, emit_type_name(source(k), op->params),
      emit_type_name(target(k), op->params));
  for (uint32_t i = t->first; i < t->first + t->count; i++) {
    bool always = to && !is_hooked(k, local_member(k, i)->type);

    condition(k, &open, always ? NULL : direction(local_member(k, i)));
    member(k, i, "v->", "w->");
  }
  condition(k, &open, NULL);
  emit_text(k->w, "}\n");
}

static void ops_of(struct walk *k, uint32_t iface,
                   void (*visit)(struct walk *k, const struct portero_op *op))
{
  const struct portero_types *t = &k->e->program->types;

  for (uint32_t i = 0; i < emit_n_ops(k->e, &t->ifaces[iface]); i++) {
    const struct portero_op *op = &t->ops[t->ifaces[iface].first_op + i];

    if (!(op->flags & PORTERO_OP_RESERVED) && is_hooked(k, op->params))
      visit(k, op);
  }
}

static void reach_op(struct walk *k, const struct portero_op *op)
{
  const struct portero_type *t = local_type(k, op->params);

  for (uint32_t i = 0; i < t->count; i++)
    reach(k, local_member(k, t->first + i)->type, false);
}

static void op_functions(struct walk *k, const struct portero_op *op)
{
  const char *name = emit_type_name(&k->local, op->params);

  params(k, op, true);
  params(k, op, false);
  emit_text(k->w,
            "\nstatic const struct portero_stub_hook hook_%s = {\n    sizeof(struct %s), to_%s, "
            "from_%s};\n",
            name, emit_type_name(k->e, op->params), name, name);
}

void emit_hook_walks(const struct idlc_emit *e, struct portero_writer *w)
{
  const struct portero_types *t = &e->program->types;
  struct walk k = {.e = e, .w = w};

  if (!e->program->local)
    return;
  k.local = (struct idlc_emit){e->sources, e->program->local, e->stem};
  k.seen = portero_arena_alloc(e->sources->arena, t->n_types);
  if (!k.seen) {
    w->failed = true;
    return;
  }
  for (uint32_t i = 0; i < t->n_ifaces; i++)
    if (emit_has_stub(e, i))
      ops_of(&k, i, reach_op);
  emit_text(w, "\n#include <portero/stub_hook.h>\n\n");
  for (unsigned to = 0; to < 2; to++)
    for (uint32_t i = 1; i < t->n_types; i++)
      if (k.seen[i])
        head(&k, i, to, ";\n");
  for (unsigned to = 0; to < 2; to++)
    for (uint32_t i = 1; i < t->n_types; i++)
      if (k.seen[i])
        function(&k, i, to);
  for (uint32_t i = 0; i < t->n_ifaces; i++)
    if (emit_has_stub(e, i))
      ops_of(&k, i, op_functions);
}
