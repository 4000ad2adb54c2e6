/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over files and folders of inputs, without a fuzzer. Each input lies in a heap
 * block of exactly its size. An empty corpus is a failure: it would test nothing.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

struct replay_counts {
  size_t inputs;
  size_t bytes;
};

static bool replay_complain(const char *path)
{
  (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
  return false;
}

static bool replay_file(const char *path, size_t size, struct replay_counts *counts)
{
  FILE *file = fopen(path, "rb");
  uint8_t *block = malloc(size ? size : 1);
  size_t got = file && block ? fread(block, 1, size, file) : 0;
  bool whole = file && block && got == size;

  if (file)
    (void)fclose(file);
  if (whole) {
    (void)LLVMFuzzerTestOneInput(block, size);
    counts->inputs++;
    counts->bytes += size;
  }
  free(block);
  return whole || replay_complain(path);
}

static bool replay_path(const char *path, struct replay_counts *counts);

static int without_dots(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

static bool replay_folder(const char *path, struct replay_counts *counts)
{
  struct dirent **entries;
  int n = scandir(path, &entries, without_dots, alphasort);
  bool ok = n >= 0 || replay_complain(path);

  for (int i = 0; i < n; i++) {
    char *inner = NULL;
    if (asprintf(&inner, "%s/%s", path, entries[i]->d_name) < 0)
      abort();
    ok = replay_path(inner, counts) && ok;
    free(inner);
    free(entries[i]);
  }
  if (n >= 0)
    free(entries);
  return ok;
}

static bool replay_path(const char *path, struct replay_counts *counts)
{
  struct stat status;

  if (stat(path, &status) != 0)
    return replay_complain(path);
  if (S_ISDIR(status.st_mode))
    return replay_folder(path, counts);
  return replay_file(path, (size_t)status.st_size, counts);
}

int main(int argc, char **argv)
{
  struct replay_counts counts = {0, 0};
  bool ok = true;

  for (int i = 1; i < argc; i++)
    ok = replay_path(argv[i], &counts) && ok;
  (void)printf("%zu inputs, %zu bytes\n", counts.inputs, counts.bytes);
  return ok && counts.inputs > 0 ? 0 : 1;
}
