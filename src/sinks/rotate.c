/* SPDX-License-Identifier: Apache-2.0 */
/* Old files: book.json.1 is the youngest, or book.json.20261121T040000Z. */
#include "src/sinks/ways.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NAME_SIZE 4096u
#define DATE_SIZE 16u /* 20261121T040000Z */

static bool numbered(char *name, const char *path, unsigned n)
{
  return snprintf(name, NAME_SIZE, "%s.%u", path, n) < (int)NAME_SIZE;
}

static void shift(const char *path, unsigned keep)
{
  char from[NAME_SIZE], to[NAME_SIZE];

  for (unsigned n = keep; n > 0; n--) {
    if (!numbered(to, path, n) || !numbered(from, path, n - 1))
      return;
    (void)rename(n == 1 ? path : from, to);
  }
}

/* A second file of the same second gets "-2". */
static void rename_dated(const char *path, uint64_t time)
{
  time_t seconds = (time_t)(time / 1000000000);
  char name[NAME_SIZE], date[DATE_SIZE + 1];
  struct tm utc;

  (void)gmtime_r(&seconds, &utc);
  if (strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &utc) != DATE_SIZE)
    return;
  if (snprintf(name, sizeof name, "%s.%s", path, date) >= (int)sizeof name)
    return;
  for (unsigned n = 2; access(name, F_OK) == 0 && n < 1000; n++)
    if (snprintf(name, sizeof name, "%s.%s-%03u", path, date, n) >= (int)sizeof name)
      return;
  (void)rename(path, name);
}

static const char *base_of(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash ? slash + 1 : path;
}

/* Is it base with a date of ours behind it? */
static bool is_dated(const char *name, const char *base)
{
  size_t length = strlen(base);
  const char *date = name + length + 1;

  if (strncmp(name, base, length) != 0 || name[length] != '.' || strlen(date) < DATE_SIZE)
    return false;
  for (size_t i = 0; i < DATE_SIZE; i++) {
    bool letter = i == 8 || i == DATE_SIZE - 1;
    if (letter ? date[i] != (i == 8 ? 'T' : 'Z') : date[i] < '0' || date[i] > '9')
      return false;
  }
  return date[DATE_SIZE] == 0 || date[DATE_SIZE] == '-';
}

/* Names with dates sort by age. Takes the oldest away while there are more than keep. */
static void remove_oldest(const char *path, unsigned keep)
{
  const char *base = base_of(path);
  char *folder = base == path ? strdup(".") : strndup(path, (size_t)(base - path));
  char oldest[256], name[NAME_SIZE];
  unsigned found = keep + 1;

  while (folder && found > keep) {
    DIR *d = opendir(folder);
    const struct dirent *entry;
    if (!d)
      break;
    found = 0;
    while ((entry = readdir(d)) != NULL) {
      if (!is_dated(entry->d_name, base))
        continue;
      if (found++ == 0 || strcmp(entry->d_name, oldest) < 0)
        (void)snprintf(oldest, sizeof oldest, "%s", entry->d_name);
    }
    (void)closedir(d);
    if (found <= keep || snprintf(name, sizeof name, "%s/%s", folder, oldest) >= (int)sizeof name ||
        unlink(name) != 0)
      break;
    found--;
  }
  free(folder);
}

void rotate_file(const char *path, bool dated, unsigned keep, uint64_t time)
{
  if (!dated) {
    shift(path, keep);
    return;
  }
  rename_dated(path, time);
  remove_oldest(path, keep);
}
