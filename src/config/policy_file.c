/* SPDX-License-Identifier: Apache-2.0 */
/* A policy file as a whole: its sections, reading it, and the one way from a path to a policy. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/config/policy_build.h"
#include "src/config/policy_values.h"

#define FILE_MAX     ((size_t)32 << 20)
#define ARENA_BUDGET ((size_t)1 << 30)

void policy_file_init(struct policy_file *f, const struct portero_mem *mem)
{
  memset(f, 0, sizeof *f);
  portero_arena_init(&f->arena, mem, ARENA_BUDGET);
}

void policy_file_deinit(struct policy_file *f)
{
  portero_arena_deinit(&f->arena);
  memset(&f->options, 0, sizeof f->options);
  f->warnings = NULL;
}

/* ---- what is told ---- */

bool policy_complain(struct policy_reader *r, uint32_t line, const char *key, const char *format,
                     ...)
{
  va_list args;
  int used;

  if (r->complained)
    return false;
  r->complained = true;
  used = snprintf(r->message, r->message_size, "%s:%u: %s%s", r->path, line, key, *key ? ": " : "");
  if (used < 0 || (size_t)used >= r->message_size)
    return false;
  va_start(args, format);
  (void)vsnprintf(r->message + used, r->message_size - (size_t)used, format, args);
  va_end(args);
  return false;
}

bool policy_warn(struct policy_build *b, uint32_t line, const char *format, ...)
{
  struct policy_warning *w = portero_arena_alloc(b->reader.arena, sizeof *w), **end;
  char text[POLICY_MESSAGE_SIZE];
  va_list args;

  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (w)
    w->text = portero_arena_text(b->reader.arena, text, strlen(text));
  if (!w || !w->text)
    return policy_complain(&b->reader, line, "", "the file is too large");
  w->line = line;
  for (end = &b->file->warnings; *end && (*end)->line <= line; end = &(*end)->next)
    ;
  w->next = *end;
  *end = w;
  return true;
}

/* ---- sections ---- */

static bool default_one(struct policy_build *b, const struct policy_node *node,
                        enum portero_action *out_action)
{
  if (node && node->type == POLICY_NODE_TEXT && strcmp(node->text, "allow") == 0)
    *out_action = PORTERO_ACTION_ALLOW;
  else if (node && node->type == POLICY_NODE_TEXT && strcmp(node->text, "deny") == 0)
    *out_action = PORTERO_ACTION_DENY;
  else
    return policy_complain(&b->reader, node ? node->line : 1, "default", "expected allow or deny");
  return true;
}

static const struct policy_node *child(const struct policy_node *map, const char *key)
{
  for (const struct policy_node *n = map && map->type == POLICY_NODE_MAP ? map->first : NULL; n;
       n = n->next)
    if (strcmp(n->key, key) == 0)
      return n;
  return NULL;
}

static bool read_default(struct policy_build *b, const struct policy_node *root)
{
  const struct policy_node *section = child(root, "default"), *calls = child(section, "calls"),
                           *registrations = child(section, "register");
  struct portero_policy_options *o = &b->file->options;
  const char *similar;
  bool negated;

  for (const struct policy_node *n = section ? section->first : NULL; n; n = n->next)
    if (section->type == POLICY_NODE_MAP && !policy_key_find("default", n->key, &negated)) {
      similar = policy_key_similar("default", n->key);
      return policy_complain(&b->reader, n->line, "default", "%s: no such key%s%s", n->key,
                             similar ? "; did you mean " : "", similar ? similar : "");
    }
  if (!calls || !registrations)
    return policy_complain(&b->reader, section ? section->line : 1, "default",
                           "has to be written: calls and register, each allow or deny");
  return default_one(b, calls, &o->call_default) &&
         default_one(b, registrations, &o->registration_default);
}

static bool check_sections(struct policy_build *b, const struct policy_node *root)
{
  const char *similar;

  for (const struct policy_node *n = root->first; n; n = n->next)
    if (!policy_is_section(n->key)) {
      similar = policy_key_similar("", n->key);
      return policy_complain(&b->reader, n->line, n->key, "no such section%s%s",
                             similar ? "; did you mean " : "", similar ? similar : "");
    }
  return true;
}

static bool read_sections(struct policy_build *b, const struct policy_node *root)
{
  const struct policy_node *sets = child(root, "sets"), *reserve = child(root, "reserve"),
                           *registrations = child(root, "register"), *calls = child(root, "calls");
  struct portero_policy_options *o = &b->file->options;

  return check_sections(b, root) && (!sets || policy_read_sets(b, sets)) &&
         (!reserve || policy_read_reservations(b, reserve)) &&
         (!registrations || policy_read_rules(b, registrations, "register", &o->registrations,
                                              &o->n_registrations)) &&
         (!calls || policy_read_rules(b, calls, "calls", &o->calls, &o->n_calls)) &&
         read_default(b, root) && policy_warn_unused(b);
}

portero_status policy_file_read_text(struct policy_file *f, const char *path,
                                     struct portero_bytes text, char *message, size_t size)
{
  struct policy_build b = {
      .reader = {.arena = &f->arena, .path = path, .message = message, .message_size = size},
      .file = f};
  const struct policy_node *root = policy_tree_read(&b.reader, text);

  if (root && read_sections(&b, root))
    return portero_ok();
  memset(&f->options, 0, sizeof f->options);
  return portero_local(PORTERO_LOCAL_MALFORMED);
}

/* ---- files ---- */

static portero_status file_failed(const char *path, int why, char *message, size_t size)
{
  (void)snprintf(message, size, "%s: %s", path, strerror(why));
  return portero_status_make(PORTERO_CLASS_SYSTEM, (uint32_t)why);
}

/* -1: errno is set. Not waited for: whoever opens a FIFO otherwise waits for its writer. */
static int regular_open(const char *path)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), why;
  struct stat s;

  if (fd < 0)
    return -1;
  why = fstat(fd, &s) != 0 ? errno : S_ISREG(s.st_mode) ? 0 : S_ISDIR(s.st_mode) ? EISDIR : EINVAL;
  if (!why)
    return fd;
  (void)close(fd);
  errno = why;
  return -1;
}

static FILE *regular_stream(const char *path)
{
  int fd = regular_open(path), why;
  FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

  if (fd >= 0 && !file) {
    why = errno;
    (void)close(fd);
    errno = why;
  }
  return file;
}

/* Closes the file; NULL: it could not be opened, as errno says. */
static portero_status read_whole(FILE *file, const char *path, struct portero_bytes *out_text,
                                 char *message, size_t size)
{
  char *text = NULL;
  size_t room = 0, used = 0;
  int why = file ? 0 : errno;

  while (file && !why && !feof(file)) {
    char *more = used == room ? realloc(text, room = room ? room * 2 : 65536) : text;
    if (!more || room > FILE_MAX) {
      why = more ? EFBIG : ENOMEM;
      text = more ? more : text;
      break;
    }
    text = more;
    used += fread(text + used, 1, room - used, file);
    why = ferror(file) ? errno : 0;
  }
  if (file)
    (void)fclose(file);
  if (why) {
    free(text);
    return file_failed(path, why, message, size);
  }
  *out_text = portero_bytes_make((const uint8_t *)text, used);
  return portero_ok();
}

portero_status policy_read_whole(const char *path, struct portero_bytes *out_text, char *message,
                                 size_t size)
{
  return read_whole(fopen(path, "re"), path, out_text, message, size);
}

void policy_whole_free(struct portero_bytes *text)
{
  union {
    const uint8_t *bytes;
    void *block;
  } was = {.bytes = text->data};

  free(was.block);
  *text = portero_bytes_make(NULL, 0);
}

/* Closes the file, as read_whole() does. */
static portero_status file_read(struct policy_file *f, FILE *file, const char *path, char *message,
                                size_t size)
{
  struct portero_bytes text;
  portero_status status = read_whole(file, path, &text, message, size);

  if (!portero_is_ok(status))
    return status;
  status = policy_file_read_text(f, path, text, message, size);
  policy_whole_free(&text);
  return status;
}

portero_status policy_file_read(struct policy_file *f, const char *path, char *message, size_t size)
{
  return file_read(f, fopen(path, "re"), path, message, size);
}

portero_status policy_file_read_regular(struct policy_file *f, const char *path, char *message,
                                        size_t size)
{
  FILE *file = regular_stream(path);
  bool odd = !file && errno == EINVAL;
  portero_status status = file_read(f, file, path, message, size);

  if (odd)
    (void)snprintf(message, size, "%s: is no regular file", path);
  return status;
}

portero_status portero_policy_load(const char *path, struct portero_policy **out_policy,
                                   char *message, size_t size)
{
  char text[128];
  struct policy_file f;
  portero_status status;

  policy_file_init(&f, &portero_mem_malloc);
  status = policy_file_read_regular(&f, path, message, size);
  if (portero_is_ok(status)) {
    status = portero_policy_new(&portero_mem_malloc, &f.options, out_policy);
    if (!portero_is_ok(status))
      (void)snprintf(message, size, "%s: %s", path, portero_status_text(status, text, sizeof text));
  }
  policy_file_deinit(&f);
  return status;
}
