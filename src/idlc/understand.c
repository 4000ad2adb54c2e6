/* SPDX-License-Identifier: Apache-2.0 */
/* The whole pass, in its order: names, interfaces, types that stand alone, constants, C names. */
#include "src/idlc/lower.h"

#include <stdio.h>
#include <string.h>

/* ---- complaints ---- */

uint32_t idlc_complain(struct idlc_lower *lo, struct idlc_place place, const char *hint,
                       const char *format, ...)
{
  char text[512];
  va_list args;

  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (!lo->quiet) {
    idlc_error(lo->s, place, hint, "%s", text);
  } else if (!lo->complaint) {
    lo->complaint = portero_arena_text(lo->arena, text, strlen(text));
    lo->complaint_place = place;
  }
  return IDLC_BAD;
}

bool idlc_enter(struct idlc_lower *lo, struct idlc_place place)
{
  if (lo->depth < IDLC_MAX_DEPTH) {
    lo->depth++;
    return true;
  }
  (void)idlc_complain(lo, place, NULL, "too deep: there are limits to nesting");
  return false;
}

void idlc_leave(struct idlc_lower *lo)
{
  lo->depth--;
}

struct idlc_mark idlc_quiet_begin(struct idlc_lower *lo)
{
  lo->quiet++;
  lo->complaint = NULL;
  return idlc_builder_mark(&lo->b);
}

void idlc_quiet_end(struct idlc_lower *lo, struct idlc_mark mark, bool good)
{
  lo->quiet--;
  if (good)
    return;
  for (struct idlc_body *body = lo->scope.first_body; body; body = body->after) {
    bool gone = body->state == IDLC_STATE_DONE && body->type >= mark.types;
    if (gone || (body->state == IDLC_STATE_FAILED && body->failed_quietly))
      body->state = IDLC_STATE_NEW;
  }
  idlc_builder_rewind(&lo->b, mark);
}

/* ---- interfaces and types of the main file ---- */

static void understand_interfaces(struct idlc_lower *lo, const struct idlc_item *items)
{
  struct idlc_def *def;

  for (const struct idlc_item *item = items; item && !idlc_hopeless(lo->s); item = item->next) {
    if (item->kind == IDLC_ITEM_LIBRARY)
      understand_interfaces(lo, item->items);
    if (item->kind != IDLC_ITEM_INTERFACE || item->is_forward || item->is_dispinterface ||
        !item->name)
      continue;
    def = idlc_scope_find(lo, IDLC_SPACE_INTERFACE, item->name, lo->tree->main->file);
    while (def && def->item != item)
      def = def->again;
    if (def)
      (void)idlc_interface(lo, def, lo->tree->main->file);
  }
}

static void understand_body(struct idlc_lower *lo, struct idlc_body *body)
{
  struct idlc_mark mark = idlc_quiet_begin(lo);
  bool good = idlc_body_type(lo, body, NULL) != IDLC_BAD;
  const char *why = lo->complaint ? lo->complaint : "it cannot travel";

  idlc_quiet_end(lo, mark, good);
  if (good)
    return;
  idlc_warn(lo->s, body->spec->place, NULL, "'%s' is left out: %s",
            body->name ? body->name : body->stand_in, why);
}

static void understand_types(struct idlc_lower *lo)
{
  for (struct idlc_body *body = lo->scope.first_body; body; body = body->after) {
    if (idlc_hopeless(lo->s))
      return;
    if (body->file == lo->tree->main->file && body->state == IDLC_STATE_NEW && !body->is_inner)
      understand_body(lo, body);
  }
}

/* ---- what only generated text wants ---- */

struct understand_consts {
  struct idlc_lower *lo;
  struct idlc_const *rows;
  unsigned count;
};

static void understand_const(struct understand_consts *c, const struct idlc_item *item,
                             uint16_t file)
{
  struct idlc_const *row = &c->rows[c->count];
  const struct idlc_expr *expr = item->value;
  struct idlc_def *def;
  struct idlc_value value;

  if (!item->decls || !item->decls->name || !expr)
    return;
  row->file = file;
  row->name = item->decls->name;
  if (expr->kind == IDLC_EXPR_TEXT || expr->kind == IDLC_EXPR_REAL) {
    row->kind = expr->kind == IDLC_EXPR_REAL ? IDLC_CONST_REAL
                : expr->value                ? IDLC_CONST_WTEXT
                                             : IDLC_CONST_TEXT;
    row->text = expr->name;
    c->count++;
    return;
  }
  def = idlc_scope_find(c->lo, IDLC_SPACE_VALUE, row->name, item->decls->place.file);
  while (def && def->item != item)
    def = def->again;
  if (!def || !idlc_constant_def(c->lo, def, &value)) {
    idlc_warn(c->lo->s, item->decls->place, NULL, "constant '%s' is left out: it is no number",
              row->name);
    return;
  }
  row->kind = IDLC_CONST_NUMBER;
  row->value = value.number;
  row->is_unsigned = value.is_unsigned;
  c->count++;
}

static unsigned understand_count(const struct idlc_item *items, enum idlc_item_kind kind)
{
  unsigned count = 0;

  for (const struct idlc_item *item = items; item; item = item->next)
    count += (item->kind == kind ? 1 : 0) + understand_count(item->items, kind);
  return count;
}

static void understand_each_const(struct understand_consts *c, const struct idlc_item *items,
                                  uint16_t file)
{
  for (const struct idlc_item *item = items; item; item = item->next) {
    if (item->kind == IDLC_ITEM_CONST)
      understand_const(c, item, file);
    understand_each_const(c, item->items, file);
  }
}

static bool understand_consts(struct idlc_lower *lo, struct idlc_program *p,
                              struct idlc_const **out_rows)
{
  struct understand_consts c = {lo, NULL, 0};
  unsigned count = 0;

  for (const struct idlc_unit *unit = lo->tree->units; unit; unit = unit->next)
    count += understand_count(unit->items, IDLC_ITEM_CONST);
  c.rows = portero_arena_array(lo->arena, count, sizeof *c.rows);
  if (!c.rows)
    return false;
  for (const struct idlc_unit *unit = lo->tree->units; unit; unit = unit->next)
    understand_each_const(&c, unit->items, unit->file);
  p->consts = c.rows;
  p->n_consts = c.count;
  *out_rows = c.rows;
  return true;
}

static void understand_texts(struct idlc_lower *lo, const struct idlc_item *items,
                             struct idlc_program *p, const char **quotes, uint16_t *imports)
{
  for (const struct idlc_item *item = items; item; item = item->next) {
    if (item->kind == IDLC_ITEM_CPP_QUOTE)
      quotes[p->n_quotes++] = item->text;
    if (item->kind == IDLC_ITEM_IMPORT && item->unit)
      imports[p->n_imports++] = item->unit->file;
    understand_texts(lo, item->items, p, quotes, imports);
  }
}

static bool understand_rest(struct idlc_lower *lo, struct idlc_program *p)
{
  const struct idlc_item *items = lo->tree->main->items;
  const char **quotes =
      portero_arena_array(lo->arena, understand_count(items, IDLC_ITEM_CPP_QUOTE), sizeof *quotes);
  uint16_t *imports =
      portero_arena_array(lo->arena, understand_count(items, IDLC_ITEM_IMPORT), sizeof *imports);

  if (!quotes || !imports)
    return false;
  p->quotes = quotes;
  p->imports = imports;
  p->main_file = lo->tree->main->file;
  understand_texts(lo, items, p, quotes, imports);
  return true;
}

/* ---- the end ---- */

static void understand_tables(const struct idlc_lower *lo, struct idlc_program *p)
{
  const struct idlc_builder *b = &lo->b;

  p->types.strings = b->strings.items;
  p->types.n_strings = b->strings.count;
  p->types.code = b->code.items;
  p->types.n_code = b->code.count;
  p->types.types = b->types.items;
  p->types.n_types = b->types.count;
  p->types.members = b->members.items;
  p->types.n_members = b->members.count;
  p->types.enumerators = b->enumerators.items;
  p->types.n_enumerators = b->enumerators.count;
  p->types.ops = b->ops.items;
  p->types.n_ops = b->ops.count;
  p->types.ifaces = b->ifaces.items;
  p->types.n_ifaces = b->ifaces.count;
  p->type_info = b->type_info.items;
  p->op_info = b->op_info.items;
  p->iface_info = b->iface_info.items;
}

/* What travels: hooks are looked through. Their rows are the last ones, and not in the table. */
static bool understand_wire(struct idlc_lower *lo, struct idlc_program *p, uint32_t n_hooks)
{
  struct portero_types *t = &p->types;
  struct portero_type *types = portero_arena_array(lo->arena, t->n_types, sizeof *types);
  struct portero_member *members = portero_arena_array(lo->arena, t->n_members, sizeof *members);

  if (!types || !members)
    return false;
  t->n_types -= n_hooks;
  for (uint32_t i = 0; i < t->n_types; i++) {
    types[i] = t->types[i];
    types[i].of = idlc_builder_wire(&lo->b, types[i].of);
  }
  for (uint32_t i = 0; i < t->n_members; i++) {
    members[i] = t->members[i];
    members[i].type = idlc_builder_wire(&lo->b, members[i].type);
  }
  t->types = types;
  t->members = members;
  return true;
}

/* The same as programs see it. */
static bool understand_local(struct idlc_lower *lo, struct idlc_program *p, uint32_t n_hooks)
{
  struct idlc_program *local = portero_arena_alloc(lo->arena, sizeof *local);
  uint32_t n = p->types.n_types + n_hooks;
  struct portero_layout *layouts = portero_arena_array(lo->arena, n, sizeof *layouts);
  struct idlc_type_info *info = portero_arena_array(lo->arena, n, sizeof *info);

  if (!local || !layouts || !info)
    return false;
  memcpy(layouts, p->types.layouts, p->types.n_types * sizeof *layouts);
  for (uint32_t i = 0; i < n; i++) {
    info[i] = p->type_info[i];
    if (info[i].local_name)
      info[i].c_name = info[i].local_name;
  }
  *local = *p;
  local->types.types = lo->b.types.items;
  local->types.n_types = n;
  local->types.members = lo->b.members.items;
  local->types.layouts = layouts;
  local->type_info = info;
  p->local = local;
  return true;
}

static bool understand_hooks(struct idlc_lower *lo, struct idlc_program *p, uint32_t n_hooks)
{
  struct idlc_hook *row = p->hooks;

  for (const struct idlc_hooked *hook = lo->hooks; hook; hook = hook->next, row++)
    row->wire = idlc_builder_wire(&lo->b, hook->node);
  p->local_ops = lo->local_ops;
  return (!n_hooks && !lo->local_ops) || understand_local(lo, p, n_hooks);
}

static struct idlc_program *understand_finish(struct idlc_lower *lo)
{
  struct idlc_program *p = portero_arena_alloc(lo->arena, sizeof *p);
  struct idlc_const *consts;
  struct idlc_place nowhere = {0, 0, 0};
  const char *problem = NULL;
  uint32_t n_hooks = 0;

  if (!p || !understand_consts(lo, p, &consts) || !understand_rest(lo, p))
    return NULL;
  idlc_hooks_mark(lo);
  if (lo->s->errors || !idlc_names(lo, consts, p->n_consts, &p->enumerator_names) ||
      !idlc_hooks_store(lo, p) || !idlc_order(lo, &n_hooks))
    return NULL;
  understand_tables(lo, p);
  if (n_hooks && !understand_wire(lo, p, n_hooks))
    return NULL;
  if (portero_is_ok(portero_types_check(&p->types, lo->arena, &problem)))
    return understand_hooks(lo, p, n_hooks) ? p : NULL;
  nowhere.file = lo->tree->main->file;
  idlc_error(lo->s, nowhere, NULL, "the type table would not be valid: %s",
             problem ? problem : "memory is out");
  return NULL;
}

struct idlc_program *idlc_understand(struct idlc_sources *s, const struct idlc_tree *tree,
                                     const struct idlc_program_options *options)
{
  struct idlc_lower *lo = portero_arena_alloc(s->arena, sizeof *lo);
  struct idlc_program *p;

  if (!lo) {
    s->out_of_memory = true;
    return NULL;
  }
  lo->s = s;
  lo->arena = s->arena;
  lo->tree = tree;
  lo->options = options;
  lo->includes_tail = &lo->includes;
  lo->local_ops_tail = &lo->local_ops;
  if (!idlc_builder_init(&lo->b, s->arena) || !idlc_scope_collect(lo)) {
    s->out_of_memory = true;
    return NULL;
  }
  idlc_judge(lo);
  idlc_scope_check(lo);
  idlc_acf_check(lo);
  idlc_hooks_begin(lo);
  understand_interfaces(lo, tree->main->items);
  understand_types(lo);
  idlc_hooks_understand(lo);
  p = idlc_hopeless(s) ? NULL : understand_finish(lo);
  if (lo->b.out_of_memory || (!p && !s->errors))
    s->out_of_memory = true;
  return s->errors || s->out_of_memory ? NULL : p;
}
