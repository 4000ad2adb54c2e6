/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/idl_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/idlc/compile.h"

#define MAX_FILE ((off_t)64 << 20)

static bool file_read(FILE *f, struct portero_arena *arena, struct portero_bytes *out_text)
{
  struct stat about;
  uint8_t *text;

  if (fstat(fileno(f), &about) < 0 || !S_ISREG(about.st_mode) || about.st_size > MAX_FILE)
    return false;
  text = portero_arena_alloc(arena, (size_t)about.st_size);
  if (!text || fread(text, 1, (size_t)about.st_size, f) != (size_t)about.st_size)
    return false;
  *out_text = portero_bytes_make(text, (size_t)about.st_size);
  return true;
}

static bool disk_load(void *ctx, const char *path, struct portero_arena *arena,
                      struct portero_bytes *out_text)
{
  FILE *f = fopen(path, "rb");
  bool loaded;

  (void)ctx;
  if (!f)
    return false;
  loaded = file_read(f, arena, out_text);
  (void)fclose(f);
  return loaded;
}

const struct idlc_loader idl_disk_loader = {disk_load, NULL};

void idl_report(void *ctx, const struct idlc_sources *sources, const struct idlc_diagnostic *d)
{
  const char *term = getenv("TERM");
  bool colour = isatty(2) && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
  struct portero_writer w;

  (void)ctx;
  portero_writer_init(&w, &portero_mem_malloc, 1 << 20);
  idlc_print(sources, d, colour, &w);
  (void)fwrite(w.base, 1, w.size, stderr);
  portero_writer_deinit(&w);
}

bool idl_types(const char *path, struct portero_arena *arena, struct portero_types *out_types)
{
  struct idlc_sources s = {.arena = arena, .loader = &idl_disk_loader, .report = idl_report};
  const struct idlc_program *program = idlc_compile(&s, path, NULL);

  if (!program || s.errors || s.out_of_memory) {
    if (!s.errors)
      (void)fprintf(stderr, "%s: cannot be read\n", path);
    return false;
  }
  *out_types = program->types;
  return true;
}
