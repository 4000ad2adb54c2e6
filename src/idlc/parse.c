/* SPDX-License-Identifier: Apache-2.0 */
/* Units: the main file, what it imports, and its attribute configuration file. */
#include "src/idlc/parse.h"

#include <string.h>

#define FILE_NAME_MAX 512u

static struct idlc_unit *parse_unit(struct parse_compile *c, uint16_t file)
{
  struct idlc_preprocessor *pp =
      idlc_preprocessor_new(c->s, file, c->options->defines, c->options->n_defines);
  struct idlc_unit *unit = portero_arena_alloc(c->s->arena, sizeof *unit);
  struct parse_items items = {NULL, &items.first};
  struct parser p;

  if (!pp || !unit || (c->names_size == 0 && !parse_words_init(c, pp))) {
    c->s->out_of_memory = true;
    return NULL;
  }
  parse_start(&p, c, pp, file);
  parse_item_list(&p, 0, &items);
  unit->file = file;
  unit->items = items.first;
  *c->units_tail = unit;
  c->units_tail = &unit->next;
  return unit;
}

/* ---- finding what is imported ---- */

/* A text in a literal, where a backslash is either doubled or the separator itself. */
static size_t plain_path(const char *text, char out_path[FILE_NAME_MAX])
{
  size_t n = 0;

  for (; *text; text++) {
    if (n == FILE_NAME_MAX - 1)
      return 0;
    if (*text == '\\' && n > 0 && out_path[n - 1] == '/')
      continue;
    out_path[n++] = *text == '\\' ? '/' : *text;
  }
  out_path[n] = '\0';
  return n;
}

static const char *without_directory(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash ? slash + 1 : path;
}

/* How the published texts call each other: ms-dtyp.idl, for what is kept as dtyp.idl. */
static const char *without_prefix(const char *name)
{
  bool prefixed = (name[0] == 'm' || name[0] == 'M') && (name[1] == 's' || name[1] == 'S') &&
                  (name[2] == '-' || name[2] == '_') && name[3];

  return prefixed ? name + 3 : name;
}

static uint16_t open_any(struct parse_compile *c, const char *name, uint16_t from)
{
  const char *base = without_directory(name), *bare = without_prefix(base);
  uint16_t file = idlc_open(c->s, name, from);

  if (!file && base != name && *base)
    file = idlc_open(c->s, base, from);
  if (!file && bare != base)
    file = idlc_open(c->s, bare, from);
  return file;
}

static uint16_t find_import(struct parse_compile *c, const char *text, uint16_t from)
{
  char path[FILE_NAME_MAX];
  size_t n = plain_path(text, path);
  char *name = n > 0 ? portero_arena_text(c->s->arena, path, n) : NULL;
  uint16_t file = name ? open_any(c, name, from) : 0;

  if (file || !name)
    return file;
  name = portero_arena_text(c->s->arena, path, n);
  for (size_t i = 0; name && i < n; i++)
    if (name[i] >= 'A' && name[i] <= 'Z')
      name[i] = (char)(name[i] - 'A' + 'a');
  return name && strcmp(name, path) != 0 ? open_any(c, name, from) : 0;
}

/* ---- attribute configuration ---- */

/* A file's name with the ending .acf; 0: there is none. */
static uint16_t own_acf(struct parse_compile *c, const char *path)
{
  char name[FILE_NAME_MAX];
  const char *dot = strrchr(path, '.');
  size_t n = dot && !strchr(dot, '/') ? (size_t)(dot - path) : strlen(path);
  const char *copy;

  if (n + sizeof ".acf" > sizeof name)
    return 0;
  memcpy(name, path, n);
  memcpy(name + n, ".acf", sizeof ".acf");
  copy = portero_arena_text(c->s->arena, name, n + 4);
  return copy ? idlc_open(c->s, copy, 0) : 0;
}

/* What an imported file's configuration says of its types holds for all that import it. */
static void add_imported_acf(struct parse_compile *c, uint16_t idl)
{
  uint16_t file = own_acf(c, c->s->files[idl].path);

  if (file)
    (void)parse_acf(c, file, idl);
}

/* ---- import ---- */

static bool import_one(struct parser *p, struct idlc_item *item)
{
  struct idlc_sources *s = p->c->s;
  uint16_t file = find_import(p->c, item->text, item->place.file);

  if (!file) {
    idlc_warn(s, item->place, "-I DIR adds a directory to look in", "cannot find '%.200s'",
              item->text);
    return true;
  }
  if (s->files[file].is_main || s->files[file].imported)
    return true;
  s->files[file].imported = true;
  if (!parse_enter(p))
    return false;
  item->unit = parse_unit(p->c, file);
  parse_leave(p);
  if (item->unit)
    add_imported_acf(p->c, file);
  return item->unit != NULL;
}

bool parse_import(struct parser *p, struct parse_items *items)
{
  parse_advance(p);
  do {
    struct idlc_item *item;

    if (p->tok.t.kind != IDLC_TEXT)
      return parse_expected(p, "the name of a file in quotes", NULL);
    item = parse_item_new(p, IDLC_ITEM_IMPORT, p->tok.t.place, items);
    if (!item)
      return false;
    item->text = p->tok.t.text;
    parse_advance(p);
    if (!import_one(p, item))
      return false;
  } while (parse_accept(p, ','));
  parse_semicolon(p, "the import");
  return true;
}

/* ---- the main file ---- */

static void add_acf(struct parse_compile *c, const char *path)
{
  static const struct idlc_place nowhere;
  const char *name = c->options->acf;
  uint16_t file = name ? idlc_open(c->s, name, 0) : own_acf(c, path);

  if (!file && name)
    idlc_error(c->s, nowhere, NULL, "cannot read '%.200s'", name);
  if (file)
    (void)parse_acf(c, file, c->main_file);
}

struct idlc_tree *idlc_parse(struct idlc_sources *s, const char *path,
                             const struct idlc_parse_options *options)
{
  static const struct idlc_place nowhere;
  struct idlc_tree *tree = portero_arena_alloc(s->arena, sizeof *tree);
  struct parse_compile c = {.s = s, .options = options, .tree = tree};
  uint16_t file = tree ? idlc_open(s, path, 0) : 0;

  if (!file) {
    s->out_of_memory = s->out_of_memory || !tree;
    idlc_error(s, nowhere, NULL, "cannot read '%.200s'", path);
    return NULL;
  }
  c.units_tail = &tree->units;
  c.main_file = file;
  c.acf_tail = &tree->acf;
  c.imported_acf_tail = &tree->imported_acf;
  c.includes_tail = &tree->includes;
  s->files[file].is_main = true;
  tree->main = parse_unit(&c, file);
  if (tree->main && !idlc_hopeless(s))
    add_acf(&c, path);
  return tree->main && !s->out_of_memory ? tree : NULL;
}
