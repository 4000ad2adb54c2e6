/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare-idl [-I DIR]... [-J DIR]... OURS.idl THEIRS.idl: are the operations of the two the same on the wire?
 * -I is where ours imports from, -J where theirs does. Interfaces are found by UUID, operations by number, and their types compared without names.
 * Prints a line for each difference; exits with 1 when there was one.
 */
#include "src/idlc/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PAIRS 65536u

struct side {
  struct portero_arena arena;
  struct idlc_sources sources;
  struct idlc_program *program;
};

/* Pairs of types that are equal, or are being compared. */
struct pairs {
  uint64_t *seen; /* open hash: 0 is free */
  uint32_t count;
};

struct comparison {
  const struct portero_types *a, *b;
  struct pairs pairs;
  char path[1024];
  const char *op;
  unsigned differences, operations;
};

/* ---- files ---- */

static bool load(void *ctx, const char *path, struct portero_arena *arena,
                 struct portero_bytes *out_text)
{
  FILE *file = fopen(path, "rb");
  uint8_t *data;
  long size = -1;

  (void)ctx;
  if (!file)
    return false;
  if (fseek(file, 0, SEEK_END) == 0)
    size = ftell(file);
  rewind(file);
  data = size >= 0 ? portero_arena_alloc(arena, (size_t)size) : NULL;
  if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
    (void)fclose(file);
    return false;
  }
  (void)fclose(file);
  *out_text = portero_bytes_make(data, (size_t)size);
  return true;
}

static void report(void *ctx, const struct idlc_sources *sources,
                   const struct idlc_diagnostic *diagnostic)
{
  struct portero_writer w;

  (void)ctx;
  if (diagnostic->severity == IDLC_WARNING)
    return;
  portero_writer_init(&w, &portero_mem_malloc, 1u << 20);
  idlc_print(sources, diagnostic, false, &w);
  (void)fwrite(w.base, 1, w.size, stderr);
  portero_writer_deinit(&w);
}

static bool side_compile(struct side *side, const char *path, const char *const *dirs,
                         unsigned n_dirs)
{
  static const struct idlc_loader loader = {load, NULL};

  portero_arena_init(&side->arena, &portero_mem_malloc, (size_t)1 << 28);
  side->sources.arena = &side->arena;
  side->sources.loader = &loader;
  side->sources.include_dirs = dirs;
  side->sources.n_include_dirs = n_dirs;
  side->sources.report = report;
  side->program = idlc_compile(&side->sources, path, NULL);
  return side->program != NULL;
}

/* ---- comparing ---- */

static bool pairs_add(struct pairs *pairs, uint32_t a, uint32_t b)
{
  uint64_t key = ((uint64_t)a << 32 | b) + 1;
  uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 40) % MAX_PAIRS;

  while (pairs->seen[at] && pairs->seen[at] != key)
    at = (at + 1) % MAX_PAIRS;
  if (pairs->seen[at] || pairs->count == MAX_PAIRS - 1)
    return false;
  pairs->seen[at] = key;
  pairs->count++;
  return true;
}

/* What a scalar is on the wire, whatever its sign and its name. */
static int wire_class(uint8_t kind)
{
  switch (kind) {
  case PORTERO_KIND_INT8:
  case PORTERO_KIND_UINT8:
  case PORTERO_KIND_BOOLEAN:
  case PORTERO_KIND_BYTE:
  case PORTERO_KIND_CHAR:
    return 1;
  case PORTERO_KIND_INT16:
  case PORTERO_KIND_UINT16:
  case PORTERO_KIND_WCHAR:
    return 2;
  case PORTERO_KIND_INT32:
  case PORTERO_KIND_UINT32:
  case PORTERO_KIND_ERROR:
  case PORTERO_KIND_ENUM32:
    return 4;
  case PORTERO_KIND_INT64:
  case PORTERO_KIND_UINT64:
    return 8;
  case PORTERO_KIND_UINT3264:
    return PORTERO_KIND_INT3264 + 100;
  default:
    return kind + 100;
  }
}

static void different(struct comparison *c, const char *what, const char *ours, const char *theirs)
{
  c->differences++;
  (void)printf("  %s%s: %s: ours %s, theirs %s\n", c->op, c->path, what, ours, theirs);
}

static void different_number(struct comparison *c, const char *what, int64_t ours, int64_t theirs)
{
  char a[24], b[24];

  (void)snprintf(a, sizeof a, "%lld", (long long)ours);
  (void)snprintf(b, sizeof b, "%lld", (long long)theirs);
  different(c, what, a, b);
}

static const char *kind_text(const struct portero_types *t, uint32_t type)
{
  static const char *const names[] = {
      "nothing", "int8",    "uint8",    "int16",   "uint16", "int32",   "uint32", "int64",
      "uint64",  "int3264", "uint3264", "float",   "double", "boolean", "byte",   "char",
      "wchar",   "error",   "enum16",   "enum32",  "uuid",   "handle",  "struct", "union",
      "switch",  "array",   "string",   "pointer", "pipe"};

  return names[t->types[type].kind];
}

static void compare(struct comparison *c, uint32_t a, uint32_t b);

static void compare_below(struct comparison *c, const char *name, uint32_t a, uint32_t b)
{
  size_t length = strlen(c->path);

  if (length + strlen(name) + 2 < sizeof c->path)
    (void)snprintf(c->path + length, sizeof c->path - length, ".%s", name);
  compare(c, a, b);
  c->path[length] = 0;
}

static size_t code_size(const struct portero_types *t, uint32_t code)
{
  const uint8_t *at = t->code + code;

  while (*at != PORTERO_CODE_END) {
    uint8_t op = *at++;
    if (op > PORTERO_CODE_PRESENT)
      continue;
    while (*at++ & 0x80)
      continue;
  }
  return (size_t)(at - t->code) - code;
}

static void compare_code(struct comparison *c, const char *what, uint32_t a, uint32_t b)
{
  size_t size = code_size(c->a, a);

  if (size != code_size(c->b, b) || memcmp(c->a->code + a, c->b->code + b, size) != 0)
    different(c, what, a ? "an expression" : "none", b ? "another one" : "none");
}

static const struct portero_member *arm(const struct portero_types *t, const struct portero_type *u,
                                        const struct portero_member *like)
{
  for (uint32_t i = 0; i < u->count; i++) {
    const struct portero_member *m = &t->members[u->first + i];
    if ((m->flags & PORTERO_MEMBER_DEFAULT) == (like->flags & PORTERO_MEMBER_DEFAULT) &&
        m->label == like->label)
      return m;
  }
  return NULL;
}

static void compare_arms(struct comparison *c, const struct portero_type *x,
                         const struct portero_type *y)
{
  char label[32];

  for (uint32_t i = 0; i < x->count; i++) {
    const struct portero_member *m = &c->a->members[x->first + i], *n = arm(c->b, y, m);
    (void)snprintf(label, sizeof label, "case %lld", (long long)m->label);
    if (m->flags & PORTERO_MEMBER_DEFAULT)
      (void)snprintf(label, sizeof label, "default");
    if (n)
      compare_below(c, label, m->type, n->type);
    else
      different(c, label, "an arm", "none");
  }
  for (uint32_t i = 0; i < y->count; i++) {
    const struct portero_member *m = &c->b->members[y->first + i];
    if (!arm(c->a, x, m))
      different_number(c, m->flags & PORTERO_MEMBER_DEFAULT ? "default arm" : "arm, theirs", 0,
                       m->label);
  }
}

static void compare_members(struct comparison *c, const struct portero_type *x,
                            const struct portero_type *y)
{
  const uint16_t direction = PORTERO_MEMBER_IN | PORTERO_MEMBER_OUT | PORTERO_MEMBER_RESULT;

  if (x->count != y->count)
    different_number(c, "members", x->count, y->count);
  for (uint32_t i = 0; i < x->count && i < y->count; i++) {
    const struct portero_member *m = &c->a->members[x->first + i];
    const struct portero_member *n = &c->b->members[y->first + i];
    if ((m->flags & direction) != (n->flags & direction))
      different(c, portero_types_text(c->a, m->name), "one direction", "another");
    compare_below(c, portero_types_text(c->a, m->name), m->type, n->type);
  }
}

static void compare_arrays(struct comparison *c, const struct portero_type *x,
                           const struct portero_type *y)
{
  const uint16_t flags = PORTERO_TYPE_CONFORMANT | PORTERO_TYPE_VARYING;

  if ((x->flags & flags) != (y->flags & flags))
    different_number(c, "kind of array", x->flags & flags, y->flags & flags);
  if (!(x->flags & PORTERO_TYPE_CONFORMANT) && x->count != y->count)
    different_number(c, "elements", x->count, y->count);
  compare_code(c, "size", x->size, y->size);
  compare_code(c, "length", x->length, y->length);
  compare_code(c, "offset", x->offset, y->offset);
  compare_below(c, "[]", x->of, y->of);
}

static void compare_same_kind(struct comparison *c, const struct portero_type *x,
                              const struct portero_type *y)
{
  const uint16_t pointers = PORTERO_TYPE_REF | PORTERO_TYPE_UNIQUE | PORTERO_TYPE_FULL;

  if (x->kind == PORTERO_KIND_STRUCT)
    compare_members(c, x, y);
  if (x->kind == PORTERO_KIND_UNION) {
    if ((x->flags ^ y->flags) & (PORTERO_TYPE_MS_UNION | PORTERO_TYPE_NO_TAG))
      different_number(c, "union flags", x->flags, y->flags);
    if (x->of && y->of)
      compare_below(c, "tag", x->of, y->of);
    compare_arms(c, x, y);
  }
  if (x->kind == PORTERO_KIND_SWITCH) {
    compare_code(c, "switch_is", x->size, y->size);
    compare(c, x->of, y->of);
  }
  if (x->kind == PORTERO_KIND_ARRAY || x->kind == PORTERO_KIND_STRING)
    compare_arrays(c, x, y);
  if (x->kind == PORTERO_KIND_POINTER) {
    if ((x->flags ^ y->flags) & pointers)
      different_number(c, "pointer (8 ref, 16 unique, 32 full)", x->flags & pointers,
                       y->flags & pointers);
    compare_below(c, "*", x->of, y->of);
  }
  if (x->kind == PORTERO_KIND_PIPE)
    compare_below(c, "pipe", x->of, y->of);
}

static bool is_blob(const struct portero_types *t, uint32_t type)
{
  uint8_t kind = t->types[type].kind;

  return kind == PORTERO_KIND_UUID || kind == PORTERO_KIND_HANDLE;
}

/* How many bytes, when it is nothing but bytes; else 0. */
static uint32_t bytes_only(const struct portero_types *t, uint32_t type)
{
  const struct portero_type *x = &t->types[type];
  uint32_t sum = 0, one;

  if (wire_class(x->kind) == 1)
    return 1;
  if (x->kind == PORTERO_KIND_ARRAY && !(x->flags & ~PORTERO_TYPE_RANGE))
    return x->count * bytes_only(t, x->of);
  for (uint32_t i = 0; x->kind == PORTERO_KIND_STRUCT && i < x->count; i++) {
    one = bytes_only(t, t->members[x->first + i].type);
    if (!one)
      return 0;
    sum += one;
  }
  return sum;
}

/* A UUID or a handle, and a struct that is the same bytes. */
static bool same_bytes(struct comparison *c, uint32_t a, uint32_t b)
{
  const struct portero_wire *x = &c->a->layouts[a].wire[0], *y = &c->b->layouts[b].wire[0];

  return (is_blob(c->a, a) || is_blob(c->b, b)) && x->flags & y->flags & PORTERO_WIRE_FIXED &&
         x->size == y->size && x->align == y->align;
}

static void compare(struct comparison *c, uint32_t a, uint32_t b)
{
  const struct portero_type *x = &c->a->types[a], *y = &c->b->types[b];

  if (!pairs_add(&c->pairs, a, b))
    return;
  if (bytes_only(c->a, a) && bytes_only(c->a, a) == bytes_only(c->b, b))
    return;
  if (x->kind == y->kind)
    compare_same_kind(c, x, y);
  else if (x->kind == PORTERO_KIND_STRUCT && x->count == 1 && wire_class(y->kind) < 10)
    compare(c, c->a->members[x->first].type, b);
  else if (y->kind == PORTERO_KIND_STRUCT && y->count == 1 && wire_class(x->kind) < 10)
    compare(c, a, c->b->members[y->first].type);
  else if (wire_class(x->kind) != wire_class(y->kind) && !same_bytes(c, a, b))
    different(c, "type", kind_text(c->a, a), kind_text(c->b, b));
  if ((x->flags ^ y->flags) & PORTERO_TYPE_RANGE || x->min != y->min || x->max != y->max)
    (void)printf("  %s%s: range: ours %lld..%lld, theirs %lld..%lld (same bytes)\n", c->op, c->path,
                 (long long)x->min, (long long)x->max, (long long)y->min, (long long)y->max);
}

static void compare_op(struct comparison *c, const struct portero_op *x, const struct portero_op *y)
{
  char name[160];

  (void)snprintf(name, sizeof name, "%u %s", x->opnum, portero_types_text(c->a, x->name));
  c->op = name;
  c->path[0] = 0;
  c->operations++;
  if ((x->flags ^ y->flags) & PORTERO_OP_RESERVED) {
    (void)printf("  %s: reserved in one of them\n", name);
    return;
  }
  compare(c, x->params, y->params);
}

/* Operations and, in *out_missing, those of ours that theirs has not: its own and inherited ones. */
static void compare_ops(struct comparison *c, const struct portero_iface *x,
                        const struct portero_iface *y, unsigned *out_missing)
{
  for (uint32_t i = 0; i < x->n_ops; i++) {
    const struct portero_op *op = &c->a->ops[x->first_op + i];
    const struct portero_op *other = portero_types_op(c->b, y, op->opnum);
    if (other && !(op->flags & PORTERO_OP_CALLBACK))
      compare_op(c, op, other);
    else
      (*out_missing)++;
  }
  if (x->base)
    compare_ops(c, &c->a->ifaces[x->base - 1], y, out_missing);
}

static void compare_iface(struct comparison *c, const struct portero_iface *x)
{
  const struct portero_iface *y = portero_types_iface(c->b, &x->id);
  unsigned before = c->differences, missing = 0;

  c->operations = 0;
  if (!y) {
    (void)printf("%s: not among theirs\n", portero_types_text(c->a, x->name));
    return;
  }
  compare_ops(c, x, y, &missing);
  if (missing)
    (void)printf("  %u of ours are not among theirs\n", missing);
  (void)printf("%s: %u operations compared, %u differences\n", portero_types_text(c->a, x->name),
               c->operations, c->differences - before);
}

int main(int argc, char **argv)
{
  static struct side ours, theirs;
  static struct comparison c;
  const char *dirs[2][16], *paths[2] = {NULL, NULL};
  unsigned n_dirs[2] = {0, 0}, n_paths = 0;

  for (int i = 1; i < argc; i++) {
    unsigned side = strcmp(argv[i], "-J") == 0;
    if ((side || strcmp(argv[i], "-I") == 0) && i + 1 < argc && n_dirs[side] < 16)
      dirs[side][n_dirs[side]++] = argv[++i];
    else if (n_paths < 2)
      paths[n_paths++] = argv[i];
  }
  if (n_paths != 2) {
    (void)fprintf(stderr, "usage: compare-idl [-I DIR]... [-J DIR]... OURS.idl THEIRS.idl\n");
    return 2;
  }
  c.pairs.seen = calloc(MAX_PAIRS, sizeof *c.pairs.seen);
  if (!c.pairs.seen || !side_compile(&ours, paths[0], dirs[0], n_dirs[0]) ||
      !side_compile(&theirs, paths[1], dirs[1], n_dirs[1]))
    return 2;
  c.a = &ours.program->types;
  c.b = &theirs.program->types;
  for (uint32_t i = 0; i < c.a->n_ifaces; i++) {
    if (ours.program->iface_info[i].is_main)
      compare_iface(&c, &c.a->ifaces[i]);
  }
  free(c.pairs.seen);
  portero_arena_deinit(&ours.arena);
  portero_arena_deinit(&theirs.arena);
  return c.differences != 0;
}
