/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_books.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATE        "########T######Z" /* a digit for each # */
#define NUMBER_MOST 9u                 /* digits */
#define DECIMAL     10

static void book_deinit(struct log_book *book)
{
  if (book->fd > STDIN_FILENO)
    (void)close(book->fd);
  free(book->path);
}

void log_books_deinit(struct log_books *b)
{
  for (size_t i = 0; i < b->n; i++)
    book_deinit(&b->items[i]);
  free(b->items);
  b->items = NULL;
  b->n = 0;
}

/* ---- one ---- */

static bool book_open(const char *path, struct log_book *out_book)
{
  bool input = strcmp(path, "-") == 0;
  struct stat about;

  out_book->path = strdup(path);
  out_book->fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (!out_book->path || out_book->fd < 0 || fstat(out_book->fd, &about) != 0) {
    int error = errno;
    book_deinit(out_book);
    errno = error;
    return false;
  }
  if (S_ISDIR(about.st_mode)) {
    book_deinit(out_book);
    errno = EISDIR;
    return false;
  }
  out_book->device = about.st_dev;
  out_book->inode = about.st_ino;
  out_book->regular = S_ISREG(about.st_mode);
  return true;
}

static bool has(const struct log_books *b, size_t first, const struct log_book *book)
{
  for (size_t i = first; i < b->n; i++)
    if (b->items[i].device == book->device && b->items[i].inode == book->inode)
      return true;
  return false;
}

/* Behind the others, unless it is among those from first on. */
static bool add_once(struct log_books *b, size_t first, const char *path)
{
  struct log_book book;
  struct log_book *more;

  if (!book_open(path, &book))
    return false;
  if (has(b, first, &book)) {
    book_deinit(&book);
    return true;
  }
  more = reallocarray(b->items, b->n + 1, sizeof *more);
  if (!more) {
    book_deinit(&book);
    errno = ENOMEM;
    return false;
  }
  more[b->n++] = book;
  b->items = more;
  return true;
}

bool log_books_add(struct log_books *b, const char *path)
{
  return add_once(b, b->n, path);
}

/* ---- the old ones ---- */

static bool is_dated(const char *text)
{
  const char *mask = DATE;

  for (; *mask; mask++, text++)
    if (*mask == '#' ? *text < '0' || *text > '9' : *text != *mask)
      return false;
  return *text == 0 || (*text == '-' && strspn(text + 1, "0123456789") == strlen(text + 1));
}

static bool is_numbered(const char *text)
{
  size_t n = strspn(text, "0123456789");

  return n > 0 && n <= NUMBER_MOST && text[n] == 0 && text[0] != '0';
}

static bool is_compressed(const char *text)
{
  static const char *const ends[] = {".gz", ".xz", ".bz2", ".zst"};
  const char *dot = strrchr(text, '.');
  char plain[64];

  if (!dot || (size_t)(dot - text) >= sizeof plain)
    return false;
  memcpy(plain, text, (size_t)(dot - text));
  plain[dot - text] = 0;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (strcmp(dot, ends[i]) == 0)
      return is_dated(plain) || is_numbered(plain);
  return false;
}

/* Youngest first; dates are from before the numbers. */
static int by_age(const void *one, const void *other)
{
  const char *a = *(char *const *)one, *b = *(char *const *)other;
  bool a_number = is_numbered(a), b_number = is_numbered(b);
  unsigned long x, y;

  if (a_number != b_number)
    return a_number ? -1 : 1;
  if (!a_number)
    return strcmp(b, a);
  x = strtoul(a, NULL, DECIMAL);
  y = strtoul(b, NULL, DECIMAL);
  return x < y ? -1 : x > y;
}

/* What stands behind base and a dot in the names of a folder. */
struct endings {
  char **items;
  size_t n, compressed;
};

static void endings_deinit(struct endings *e)
{
  for (size_t i = 0; i < e->n; i++)
    free(e->items[i]);
  free(e->items);
}

static bool endings_add(struct endings *e, const char *text)
{
  char **more;

  e->compressed += is_compressed(text);
  if (!is_numbered(text) && !is_dated(text))
    return true;
  more = reallocarray(e->items, e->n + 1, sizeof *more);
  if (!more)
    return false;
  e->items = more;
  more[e->n] = strdup(text);
  return more[e->n] && ++e->n;
}

static bool endings_find(struct endings *e, const char *path)
{
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  char *folder = slash ? strndup(path, (size_t)(base - path)) : strdup(".");
  DIR *d = folder ? opendir(folder) : NULL;
  size_t length = strlen(base);
  const struct dirent *entry;
  bool ok = d != NULL;

  while (ok && (entry = readdir(d)) != NULL)
    if (strncmp(entry->d_name, base, length) == 0 && entry->d_name[length] == '.')
      ok = endings_add(e, entry->d_name + length + 1);
  if (d)
    (void)closedir(d);
  free(folder);
  if (e->n > 0)
    qsort(e->items, e->n, sizeof *e->items, by_age);
  return ok;
}

/* One that is gone meanwhile has been rotated on, or away. */
static bool add_ending(struct log_books *b, size_t first, const char *path, const char *ending)
{
  char *name = NULL;
  bool ok =
      asprintf(&name, "%s.%s", path, ending) >= 0 && (add_once(b, first, name) || errno == ENOENT);

  free(name);
  return ok;
}

/* Rotation that happens meanwhile gives each file the next number: one more is tried. */
static bool add_endings(struct log_books *b, size_t first, const char *path,
                        const struct endings *e)
{
  char next[16];
  bool ok = true;

  for (size_t i = 0; i < e->n && ok; i++) {
    bool last = is_numbered(e->items[i]) && (i + 1 == e->n || !is_numbered(e->items[i + 1]));
    ok = add_ending(b, first, path, e->items[i]);
    if (!last || !ok)
      continue;
    (void)snprintf(next, sizeof next, "%lu", strtoul(e->items[i], NULL, DECIMAL) + 1);
    ok = add_ending(b, first, path, next);
  }
  return ok;
}

static void turn_round(struct log_book *items, size_t n)
{
  for (size_t i = 0; i < n / 2; i++) {
    struct log_book other = items[i];
    items[i] = items[n - 1 - i];
    items[n - 1 - i] = other;
  }
}

/* Opened youngest first: a file that is renamed meanwhile comes again, and is known then. */
bool log_books_add_all(struct log_books *b, const char *path, size_t *out_compressed)
{
  struct endings e = {NULL, 0, 0};
  size_t first = b->n;
  bool there = log_books_add(b, path);
  int error = errno;
  bool ok = endings_find(&e, path) && add_endings(b, first, path, &e);

  error = ok ? error : errno;
  if (b->n > first)
    turn_round(b->items + first, b->n - first);
  *out_compressed = e.compressed;
  endings_deinit(&e);
  errno = error;
  return there && ok;
}

bool log_books_after(struct log_books *b, dev_t device, ino_t inode)
{
  size_t away = 0;
  bool found;

  while (away < b->n && (b->items[away].device != device || b->items[away].inode != inode))
    away++;
  found = away < b->n;
  away = found ? away + 1 : b->n > 0 ? b->n - 1 : 0;
  for (size_t i = 0; i < away; i++)
    book_deinit(&b->items[i]);
  b->n -= away;
  if (b->n > 0)
    memmove(b->items, b->items + away, b->n * sizeof *b->items);
  return found;
}
