/* SPDX-License-Identifier: Apache-2.0 */
#include "src/idlc/source.h"

#include <stdio.h>
#include <string.h>

#define MAX_FILES      4096u
#define MAX_PATH_BYTES 4096u
#define MAX_FILE_BYTES ((size_t)1 << 28)
#define MAX_MESSAGE    1024u

static const char no_memory[] = "out of memory";

/* ---- reports ---- */

__attribute__((format(printf, 2, 0))) static const char *
sources_format(struct idlc_sources *s, const char *format, va_list args)
{
  char buffer[MAX_MESSAGE];
  int length = vsnprintf(buffer, sizeof buffer, format, args);
  const char *text;

  if (length < 0)
    length = 0;
  if ((size_t)length >= sizeof buffer) {
    length = (int)sizeof buffer - 1;
    memcpy(buffer + sizeof buffer - 4, "...", 3);
  }
  text = portero_arena_text(s->arena, buffer, (size_t)length);
  if (text)
    return text;
  s->out_of_memory = true;
  return no_memory;
}

static void sources_tell(struct idlc_sources *s, enum idlc_severity severity,
                         struct idlc_place place, const char *text, const char *hint)
{
  struct idlc_diagnostic d;

  if (!s->report)
    return;
  d.severity = severity;
  d.place = place;
  d.text = text;
  d.hint = hint ? portero_arena_text(s->arena, hint, strlen(hint)) : NULL;
  s->report(s->report_ctx, s, &d);
}

void idlc_error(struct idlc_sources *s, struct idlc_place place, const char *hint,
                const char *format, ...)
{
  static const struct idlc_place nowhere = {0, 0, 0};
  const char *text;
  va_list args;

  if (s->errors >= IDLC_MAX_ERRORS) {
    s->errors = IDLC_MAX_ERRORS + 1;
    return;
  }
  s->errors++;
  va_start(args, format);
  text = sources_format(s, format, args);
  va_end(args);
  sources_tell(s, IDLC_ERROR, place, text, hint);
  if (s->errors == IDLC_MAX_ERRORS)
    sources_tell(s, IDLC_NOTE, nowhere, "too many errors, giving up", NULL);
}

void idlc_warn(struct idlc_sources *s, struct idlc_place place, const char *hint,
               const char *format, ...)
{
  const char *text;
  va_list args;

  if (idlc_hopeless(s))
    return;
  s->warnings++;
  va_start(args, format);
  text = sources_format(s, format, args);
  va_end(args);
  sources_tell(s, IDLC_WARNING, place, text, hint);
}

void idlc_note(struct idlc_sources *s, struct idlc_place place, const char *format, ...)
{
  const char *text;
  va_list args;

  /* What it belongs to was not told. */
  if (idlc_hopeless(s))
    return;
  va_start(args, format);
  text = sources_format(s, format, args);
  va_end(args);
  sources_tell(s, IDLC_NOTE, place, text, NULL);
}

/* ---- paths ---- */

struct path {
  char text[MAX_PATH_BYTES];
  size_t length;
};

/* Takes the last component away, if there is one that ".." can undo. */
static bool path_up(struct path *p, size_t root)
{
  size_t at = p->length;

  if (at == root)
    return false;
  while (at > root && p->text[at - 1] != '/')
    at--;
  if (p->length - at == 2 && memcmp(p->text + at, "..", 2) == 0)
    return false;
  p->length = at > root ? at - 1 : root;
  return true;
}

static bool path_add(struct path *p, size_t root, const char *part, size_t length)
{
  if (length == 0 || (length == 1 && part[0] == '.'))
    return true;
  if (length == 2 && memcmp(part, "..", 2) == 0 && (path_up(p, root) || root))
    return true;
  if (p->length + length + 2 > sizeof p->text)
    return false;
  if (p->length > root)
    p->text[p->length++] = '/';
  memcpy(p->text + p->length, part, length);
  p->length += length;
  return true;
}

/* Adds text, component by component: afterwards there is no ".", no "//", no "x/..". */
static bool path_join(struct path *p, size_t root, const char *text, size_t length)
{
  size_t begin = 0;

  for (size_t i = 0; i <= length; i++) {
    if (i < length && text[i] != '/' && text[i] != '\\')
      continue;
    if (!path_add(p, root, text + begin, i - begin))
      return false;
    begin = i + 1;
  }
  return true;
}

/* directory may be empty. False when the path is too long or is nothing. */
static bool path_make(struct path *p, const char *directory, size_t length, const char *name)
{
  bool absolute = name[0] == '/' || name[0] == '\\';
  bool rooted = absolute || (length && directory[0] == '/');

  p->length = 0;
  if (rooted)
    p->text[p->length++] = '/';
  if (!absolute && !path_join(p, rooted, directory, length))
    return false;
  if (!path_join(p, rooted, name, strlen(name)))
    return false;
  p->text[p->length] = '\0';
  return p->length > rooted;
}

static size_t path_directory(const char *path)
{
  const char *slash = strrchr(path, '/');

  if (!slash)
    return 0;
  return slash == path ? 1 : (size_t)(slash - path);
}

/* Where the last component begins. */
static size_t path_base(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash ? (size_t)(slash - path) + 1 : 0;
}

/* ---- files ---- */

static uint16_t sources_loaded(const struct idlc_sources *s, const struct path *p)
{
  for (unsigned i = 1; i < s->n_files; i++)
    if (strcmp(s->files[i].path, p->text) == 0)
      return (uint16_t)i;
  return 0;
}

/* The array grows at powers of two; files[0] stays empty. */
static bool sources_room(struct idlc_sources *s)
{
  unsigned n = s->n_files ? s->n_files : 1;
  struct idlc_file *files;

  if (s->n_files && (n < 8 || (n & (n - 1)) != 0))
    return true;
  files = portero_arena_array(s->arena, n < 8 ? 8 : (size_t)n * 2, sizeof *files);
  if (!files)
    return false;
  if (s->n_files)
    memcpy(files, s->files, s->n_files * sizeof *files);
  s->files = files;
  s->n_files = n;
  return true;
}

static const char *sources_stem(struct idlc_sources *s, const char *path)
{
  const char *slash = strrchr(path, '/');
  const char *base = slash ? slash + 1 : path;
  const char *dot = strrchr(base, '.');

  return portero_arena_text(s->arena, base,
                            dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

static uint16_t sources_add(struct idlc_sources *s, const struct path *p, struct portero_bytes text)
{
  struct idlc_file file;

  memset(&file, 0, sizeof file);
  file.text = text;
  file.path = portero_arena_text(s->arena, p->text, p->length);
  file.stem = file.path ? sources_stem(s, file.path) : NULL;
  if (!file.stem || !sources_room(s)) {
    s->out_of_memory = true;
    return 0;
  }
  s->files[s->n_files] = file;
  return (uint16_t)s->n_files++;
}

/* The same file by another path: "dtyp.idl" and "/usr/share/idl/dtyp.idl". */
static uint16_t sources_same(const struct idlc_sources *s, const struct path *p,
                             struct portero_bytes text)
{
  const char *base = p->text + path_base(p->text);

  for (unsigned i = 1; i < s->n_files; i++) {
    const struct idlc_file *f = &s->files[i];
    if (strcmp(f->path + path_base(f->path), base) == 0 && f->text.size == text.size &&
        (text.size == 0 || memcmp(f->text.data, text.data, text.size) == 0))
      return (uint16_t)i;
  }
  return 0;
}

static uint16_t sources_try(struct idlc_sources *s, const char *directory, size_t length,
                            const char *name)
{
  struct portero_bytes text = {NULL, 0};
  struct path path;
  uint16_t index;

  if (!path_make(&path, directory, length, name))
    return 0;
  index = sources_loaded(s, &path);
  if (index)
    return index;
  if (s->n_files >= MAX_FILES || !s->loader->load(s->loader->ctx, path.text, s->arena, &text))
    return 0;
  if (text.size > MAX_FILE_BYTES)
    return 0;
  index = sources_same(s, &path, text);
  return index ? index : sources_add(s, &path, text);
}

uint16_t idlc_open(struct idlc_sources *s, const char *name, uint16_t from)
{
  const char *path = from && from < s->n_files ? s->files[from].path : "";
  uint16_t index = sources_try(s, path, path_directory(path), name);

  for (unsigned i = 0; i < s->n_include_dirs && from && !index; i++)
    index = sources_try(s, s->include_dirs[i], strlen(s->include_dirs[i]), name);
  return index;
}
