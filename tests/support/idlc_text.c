/* SPDX-License-Identifier: Apache-2.0 */
/* Files in memory, and the syntax tree as text. */
#include "tests/support/idlc_text.h"

#include <stdio.h>
#include <string.h>

/* ---- a compile ---- */

bool idlc_text_load(void *store, const char *path, struct portero_arena *arena,
                    struct portero_bytes *out_text)
{
  struct idlc_text_store *s = store;

  (void)arena;
  for (unsigned i = 0; i < s->n_files; i++)
    if (strcmp(s->files[i].path, path) == 0) {
      *out_text = s->files[i].text;
      s->n_loads++;
      return true;
    }
  return false;
}

static void report(void *ctx, const struct idlc_sources *sources,
                   const struct idlc_diagnostic *diagnostic)
{
  struct idlc_text *t = ctx;

  (void)sources;
  if (t->n_diagnostics < IDLC_TEXT_DIAGNOSTICS)
    t->diagnostics[t->n_diagnostics++] = *diagnostic;
}

void idlc_text_init(struct idlc_text *t, const struct portero_mem *mem, size_t budget,
                    const struct idlc_text_file *files, unsigned n_files)
{
  memset(t, 0, sizeof *t);
  portero_arena_init(&t->arena, mem, budget);
  t->store.files = files;
  t->store.n_files = n_files;
  t->loader.load = idlc_text_load;
  t->loader.ctx = &t->store;
  t->sources.arena = &t->arena;
  t->sources.loader = &t->loader;
  t->sources.report = report;
  t->sources.report_ctx = t;
}

void idlc_text_deinit(struct idlc_text *t)
{
  portero_arena_deinit(&t->arena);
}

/* ---- writing ---- */

static void put(struct portero_writer *w, const char *text)
{
  portero_write_bytes(w, text, strlen(text));
}

static void put_number(struct portero_writer *w, uint64_t value)
{
  char text[24];

  (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  put(w, text);
}

static void put_mark(struct portero_writer *w, uint32_t mark)
{
  if (mark > 0xff)
    portero_write_u8(w, (uint8_t)(mark >> 8));
  portero_write_u8(w, (uint8_t)mark);
}

static void put_stars(struct portero_writer *w, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    put(w, "*");
}

static void put_spec(struct portero_writer *w, const struct idlc_spec *spec);
static void put_decl(struct portero_writer *w, const struct idlc_decl *decl);

/* ---- expressions ---- */

static void put_expr(struct portero_writer *w, const struct idlc_expr *e);

static void put_inner_expr(struct portero_writer *w, const struct idlc_expr *e)
{
  put(w, "(");
  put_expr(w, e->a);
  if (e->kind == IDLC_EXPR_COND)
    put(w, " ? ");
  else
    put_mark(w, e->op);
  if (e->b)
    put_expr(w, e->b);
  if (e->c) {
    put(w, " : ");
    put_expr(w, e->c);
  }
  if (e->kind == IDLC_EXPR_MEMBER)
    put(w, e->name);
  put(w, ")");
}

static void put_type_expr(struct portero_writer *w, const struct idlc_expr *e)
{
  put(w, e->kind == IDLC_EXPR_SIZEOF ? "sizeof" : "");
  if (e->spec) {
    put(w, "<");
    put_stars(w, e->pointers);
    put_spec(w, e->spec);
    put(w, ">");
  }
  if (e->a)
    put_expr(w, e->a);
}

static void put_expr(struct portero_writer *w, const struct idlc_expr *e)
{
  switch (e->kind) {
  case IDLC_EXPR_NUMBER:
    put_number(w, e->value);
    return;
  case IDLC_EXPR_CHAR:
    put(w, "'");
    put_number(w, e->value);
    return;
  case IDLC_EXPR_TEXT:
    put(w, e->value ? "L\"" : "\"");
    put(w, e->name);
    put(w, "\"");
    return;
  case IDLC_EXPR_REAL:
  case IDLC_EXPR_NAME:
    put(w, e->name);
    return;
  case IDLC_EXPR_ALL:
    put(w, "ALL");
    return;
  case IDLC_EXPR_UNARY:
    put_mark(w, e->op);
    put_expr(w, e->a);
    return;
  case IDLC_EXPR_CAST:
  case IDLC_EXPR_SIZEOF:
    put_type_expr(w, e);
    return;
  case IDLC_EXPR_BINARY:
  case IDLC_EXPR_COND:
  case IDLC_EXPR_MEMBER:
    break;
  }
  put_inner_expr(w, e);
}

/* ---- attributes ---- */

static void put_arg(struct portero_writer *w, const struct idlc_arg *arg)
{
  if (arg->uuid)
    put(w, arg->uuid);
  if (arg->is_version) {
    put_number(w, arg->pair_major);
    put(w, ".");
    put_number(w, arg->pair_minor);
  }
  if (arg->spec) {
    put(w, "<");
    put_stars(w, arg->pointers);
    put_spec(w, arg->spec);
    put(w, ">");
  }
  if (arg->expr)
    put_expr(w, arg->expr);
}

static void put_args(struct portero_writer *w, const struct idlc_arg *args)
{
  for (const struct idlc_arg *arg = args; arg; arg = arg->next) {
    put_arg(w, arg);
    if (arg->next)
      put(w, ",");
  }
}

static void put_attrs(struct portero_writer *w, const struct idlc_attr *attrs)
{
  for (const struct idlc_attr *attr = attrs; attr; attr = attr->next) {
    put(w, attr->name);
    if (attr->args) {
      put(w, "(");
      put_args(w, attr->args);
      put(w, ")");
    }
    put(w, " ");
  }
}

/* ---- types ---- */

static void put_enumerators(struct portero_writer *w, const struct idlc_spec *spec)
{
  put(w, "{");
  for (const struct idlc_enumerator *e = spec->enumerators; e; e = e->next) {
    put(w, e->name);
    if (e->value) {
      put(w, "=");
      put_expr(w, e->value);
    }
    put(w, e->next ? ", " : "");
  }
  put(w, "}");
}

static void put_members(struct portero_writer *w, const struct idlc_spec *spec)
{
  if (spec->switch_spec) {
    put(w, "switch ");
    put(w, spec->switch_name);
    put(w, ":");
    put_spec(w, spec->switch_spec);
    put(w, " ");
    put(w, spec->union_name ? spec->union_name : "");
  }
  put(w, "{");
  for (const struct idlc_decl *d = spec->members; d; d = d->next) {
    put_attrs(w, d->attrs);
    put_decl(w, d);
    put(w, d->next ? "; " : "");
  }
  put(w, "}");
}

static void put_tagged(struct portero_writer *w, const struct idlc_spec *spec, const char *kind)
{
  put(w, kind);
  put(w, " ");
  put_attrs(w, spec->attrs);
  if (spec->name)
    put(w, spec->name);
  if (spec->is_defined && spec->kind == IDLC_SPEC_ENUM)
    put_enumerators(w, spec);
  else if (spec->is_defined)
    put_members(w, spec);
}

static void put_of(struct portero_writer *w, const struct idlc_spec *spec, const char *kind)
{
  put(w, kind);
  put(w, "<");
  put_stars(w, spec->pointers);
  put_spec(w, spec->of);
  put(w, ">");
}

static void put_spec(struct portero_writer *w, const struct idlc_spec *spec)
{
  static const char *const bases[] = {"void",  "boolean", "byte",   "char",        "wchar",
                                      "i8",    "u8",      "i16",    "u16",         "i32",
                                      "u32",   "i64",     "u64",    "i3264",       "u3264",
                                      "float", "double",  "handle", "error_status"};

  switch (spec->kind) {
  case IDLC_SPEC_NAME:
    put(w, spec->name);
    return;
  case IDLC_SPEC_BASE:
    put(w, bases[spec->base]);
    return;
  case IDLC_SPEC_STRUCT:
    put_tagged(w, spec, "struct");
    return;
  case IDLC_SPEC_UNION:
    put_tagged(w, spec, "union");
    return;
  case IDLC_SPEC_ENUM:
    put_tagged(w, spec, "enum");
    return;
  case IDLC_SPEC_PIPE:
    put_of(w, spec, "pipe");
    return;
  case IDLC_SPEC_SAFEARRAY:
    put_of(w, spec, "safearray");
    return;
  case IDLC_SPEC_INTERFACE:
    put(w, "interface ");
    put(w, spec->name);
    return;
  }
}

static void put_params(struct portero_writer *w, const struct idlc_decl *params)
{
  put(w, "(");
  for (const struct idlc_decl *d = params; d; d = d->next) {
    put_attrs(w, d->attrs);
    put_decl(w, d);
    put(w, d->next ? ", " : "");
  }
  put(w, ")");
}

static void put_array(struct portero_writer *w, const struct idlc_derive *array)
{
  put(w, "[");
  if (array->lower) {
    put_expr(w, array->lower);
    put(w, "..");
  }
  if (array->bound)
    put_expr(w, array->bound);
  put(w, array->is_open ? "]open " : "]");
}

static void put_derive(struct portero_writer *w, const struct idlc_derive *derive)
{
  for (; derive; derive = derive->next) {
    if (derive->kind == IDLC_POINTER_TO)
      put(w, "*");
    else if (derive->kind == IDLC_ARRAY_OF)
      put_array(w, derive);
    else
      put_params(w, derive->params);
    put_attrs(w, derive->attrs);
  }
}

static void put_labels(struct portero_writer *w, const struct idlc_decl *decl)
{
  if (decl->labels) {
    put(w, "case ");
    put_args(w, decl->labels);
    put(w, " ");
  }
  put(w, decl->is_default ? "default " : "");
}

static void put_decl(struct portero_writer *w, const struct idlc_decl *decl)
{
  put_labels(w, decl);
  put(w, decl->name ? decl->name : "");
  put(w, ":");
  put(w, decl->is_const ? "const " : "");
  put_derive(w, decl->derive);
  if (decl->spec)
    put_spec(w, decl->spec);
  if (decl->bits) {
    put(w, ":");
    put_expr(w, decl->bits);
  }
  if (decl->value) {
    put(w, "=");
    put_expr(w, decl->value);
  }
}

/* ---- declarations ---- */

static void put_named(struct portero_writer *w, const struct idlc_item *item, const char *kind)
{
  put(w, kind);
  put(w, " ");
  put(w, item->name);
  if (item->base) {
    put(w, ":");
    put(w, item->base);
  }
  if (item->is_forward)
    return;
  put(w, " {");
  idlc_text_items(w, item->items);
  put(w, "}");
}

static void put_text(struct portero_writer *w, const struct idlc_item *item, const char *kind)
{
  put(w, kind);
  put(w, " \"");
  put(w, item->text);
  put(w, item->unit ? "\" {" : "\"");
  if (!item->unit)
    return;
  idlc_text_items(w, item->unit->items);
  put(w, "}");
}

static void put_decls(struct portero_writer *w, const struct idlc_item *item, const char *kind)
{
  put(w, kind);
  for (const struct idlc_decl *d = item->decls; d; d = d->next) {
    put_decl(w, d);
    put(w, d->next ? ", " : "");
  }
  if (item->value) {
    put(w, "=");
    put_expr(w, item->value);
  }
}

static void put_item(struct portero_writer *w, const struct idlc_item *item)
{
  put_attrs(w, item->attrs);
  switch (item->kind) {
  case IDLC_ITEM_TYPEDEF:
    put_decls(w, item, "typedef ");
    return;
  case IDLC_ITEM_TYPE:
    put_spec(w, item->spec);
    return;
  case IDLC_ITEM_CONST:
    put_decls(w, item, "");
    return;
  case IDLC_ITEM_OPERATION:
    put_decls(w, item, "");
    return;
  case IDLC_ITEM_PROPERTY:
    put_decls(w, item, "property ");
    return;
  case IDLC_ITEM_CPP_QUOTE:
    put_text(w, item, "cpp_quote");
    return;
  case IDLC_ITEM_IMPORT:
    put_text(w, item, "import");
    return;
  case IDLC_ITEM_IMPORTLIB:
    put_text(w, item, "importlib");
    return;
  case IDLC_ITEM_INTERFACE:
    put_named(w, item, item->is_dispinterface ? "dispinterface" : "interface");
    return;
  case IDLC_ITEM_LIBRARY:
    put_named(w, item, "library");
    return;
  case IDLC_ITEM_COCLASS:
    put_named(w, item, "coclass");
    return;
  case IDLC_ITEM_MODULE:
    put_named(w, item, "module");
    return;
  case IDLC_ITEM_PRAGMA:
    put(w, "nothing");
    return;
  }
}

void idlc_text_items(struct portero_writer *w, const struct idlc_item *items)
{
  for (const struct idlc_item *item = items; item; item = item->next) {
    put_item(w, item);
    put(w, item->next ? "; " : "");
  }
}

void idlc_text_acf(struct portero_writer *w, const struct idlc_acf_entry *entry)
{
  for (; entry; entry = entry->next) {
    put_attrs(w, entry->attrs);
    put(w, entry->interface_name ? entry->interface_name : "?");
    put(w, entry->operation ? "." : entry->type ? " typedef " : "");
    put(w, entry->operation ? entry->operation : entry->type ? entry->type : "");
    put(w, entry->parameter ? "." : "");
    put(w, entry->parameter ? entry->parameter : "");
    put(w, entry->next ? "; " : "");
  }
}
