/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions backwards: which number makes this one come out? */
#include "src/ndr/types_inside.h"

#define NODES 64u

struct node {
  struct types_code c;
  uint8_t part[3];
  bool has_member;
};

struct tree {
  const struct portero_types *t;
  const struct portero_type *type; /* the scope */
  uint8_t *scope;
  struct portero_arena *arena;
  struct node nodes[NODES];
  unsigned n_nodes;
};

/* Postfix to a tree whose root is the last node. */
static bool build(struct tree *x, uint32_t code)
{
  uint8_t stack[PORTERO_CODE_STACK];
  unsigned depth = 0;
  struct types_code c;

  while (types_code_next(x->t, &code, &c) && c.code != PORTERO_CODE_END) {
    struct node *n = &x->nodes[x->n_nodes];
    unsigned takes = types_code_takes(c.code);

    if (x->n_nodes == NODES || depth < takes || depth - takes >= PORTERO_CODE_STACK)
      return false;
    *n = (struct node){.c = c, .has_member = takes == 0 && c.code != PORTERO_CODE_CONST};
    depth -= takes;
    for (unsigned i = 0; i < takes; i++) {
      n->part[i] = stack[depth + i];
      n->has_member |= x->nodes[n->part[i]].has_member;
    }
    stack[depth++] = (uint8_t)x->n_nodes++;
  }
  return depth == 1;
}

/* Of a node without members. */
static int64_t constant(const struct tree *x, unsigned node)
{
  const struct node *n = &x->nodes[node];
  int64_t values[3] = {0};

  if (n->c.code == PORTERO_CODE_CONST)
    return n->c.constant;
  for (unsigned i = 0; i < types_code_takes(n->c.code); i++)
    values[i] = constant(x, n->part[i]);
  return types_code_apply(n->c.code, values);
}

static bool set_field(struct tree *x, const struct types_code *c, int64_t value)
{
  uint32_t member = x->type->first + c->field;
  const struct portero_type *m = &x->t->types[x->t->members[member].type];
  uint8_t *at = x->scope + x->t->offsets[member];
  uint8_t kind = c->code == PORTERO_CODE_DEREF ? x->t->types[m->of].kind : m->kind;
  uint8_t *pointee = at;

  if (c->code == PORTERO_CODE_DEREF) {
    pointee = portero_arena_alloc(x->arena, types_number_size(kind));
    if (!pointee)
      return false;
    memcpy(at, &pointee, sizeof pointee);
  }
  portero_types_set_number(kind, pointee, value);
  return true;
}

/* (member) op (constant), or the other way round: what the member's side must be. */
static bool solve(unsigned code, bool left, int64_t k, int64_t value, int64_t *out_other)
{
  int64_t pair[2] = {value, k};

  switch (code) {
  case PORTERO_CODE_ADD:
    *out_other = types_code_apply(PORTERO_CODE_SUB, pair);
    return true;
  case PORTERO_CODE_SUB:
    if (!left) {
      pair[0] = k;
      pair[1] = value;
    }
    *out_other = types_code_apply(left ? PORTERO_CODE_ADD : PORTERO_CODE_SUB, pair);
    return true;
  case PORTERO_CODE_MUL:
    *out_other = types_code_apply(PORTERO_CODE_DIV, pair);
    return true;
  case PORTERO_CODE_DIV:
    *out_other = types_code_apply(PORTERO_CODE_MUL, pair);
    return left;
  case PORTERO_CODE_SHL:
    *out_other = types_code_apply(PORTERO_CODE_SHR, pair);
    return left;
  case PORTERO_CODE_SHR:
    *out_other = types_code_apply(PORTERO_CODE_SHL, pair);
    return left;
  default:
    return false;
  }
}

static bool set_node(struct tree *x, unsigned node, int64_t value);

/* p ? *p : constant: the branch that has the member. */
static bool set_cond(struct tree *x, const struct node *n, int64_t value)
{
  unsigned branch = x->nodes[n->part[1]].has_member ? 1 : 2;

  return x->nodes[n->part[branch]].has_member && !x->nodes[n->part[3 - branch]].has_member &&
         set_node(x, n->part[branch], value);
}

static bool set_node(struct tree *x, unsigned node, int64_t value)
{
  const struct node *n = &x->nodes[node];
  int64_t other = 0, all = -1;
  bool left;

  switch ((unsigned)n->c.code) {
  case PORTERO_CODE_FIELD:
  case PORTERO_CODE_DEREF:
    return set_field(x, &n->c, value);
  case PORTERO_CODE_NEG:
  case PORTERO_CODE_NOT:
    return set_node(x, n->part[0], types_code_apply(n->c.code, &(int64_t[2]){value, all}[0]));
  case PORTERO_CODE_COND:
    return set_cond(x, n, value);
  default:
    break;
  }
  if (types_code_takes(n->c.code) != 2)
    return false;
  left = x->nodes[n->part[0]].has_member;
  if (left == x->nodes[n->part[1]].has_member)
    return false;
  return solve(n->c.code, left, constant(x, n->part[left ? 1 : 0]), value, &other) &&
         set_node(x, n->part[left ? 0 : 1], other);
}

/* The one member that the tree is made of; false: none, or several. */
static bool only_member(const struct tree *x, uint32_t *out_field)
{
  bool found = false;

  for (unsigned i = 0; i < x->n_nodes; i++) {
    const struct types_code *c = &x->nodes[i].c;

    if (types_code_takes(c->code) != 0 || c->code == PORTERO_CODE_CONST)
      continue;
    if (found && *out_field != c->field)
      return false;
    *out_field = c->field;
    found = true;
  }
  return found;
}

bool portero_types_invert(const struct portero_types *t, uint32_t code, uint32_t type, void *scope,
                          int64_t value, struct portero_arena *arena)
{
  struct tree x = {.t = t, .type = &t->types[type], .scope = scope, .arena = arena};
  uint8_t before[8];
  uint32_t field = 0, member;
  size_t size;

  if (portero_types_eval(t, code, type, scope) == value)
    return true;
  if (!scope || !build(&x, code) || !only_member(&x, &field))
    return false;
  member = x.type->first + field;
  size = t->layouts[t->members[member].type].size;
  if (size > sizeof before)
    return false;
  memcpy(before, x.scope + t->offsets[member], size);
  if (set_node(&x, x.n_nodes - 1, value) && portero_types_eval(t, code, type, scope) == value)
    return true;
  memcpy(x.scope + t->offsets[member], before, size);
  return false;
}
