/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that a compile reads: files and where things are in them; and what the compiler says
 * about it. Everything lives in the compile's arena.
 */
#ifndef PORTERO_IDLC_SOURCE_H
#define PORTERO_IDLC_SOURCE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portero/arena.h>
#include <portero/bytes.h>

/* A place in the text; file 0 is no place. Lines and columns count from 1, columns in bytes. */
struct idlc_place {
  uint16_t file;
  uint16_t column;
  uint32_t line;
};

struct idlc_file {
  const char *path; /* as it is opened and printed */
  const char *stem; /* base name without directories and extension: "ms_types" */
  struct portero_bytes text;
  bool is_main;  /* named on the command line, not imported or included */
  bool imported; /* by `import`: its declarations belong to another output */
};

/* How the compiler gets at files: the program reads disks, tests and fuzzers give text. */
struct idlc_loader {
  /* The whole text of path, in arena; false when there is no such file. */
  bool (*load)(void *ctx, const char *path, struct portero_arena *arena,
               struct portero_bytes *out_text);
  void *ctx;
};

enum idlc_severity {
  IDLC_NOTE,
  IDLC_WARNING,
  IDLC_ERROR
};

struct idlc_diagnostic {
  enum idlc_severity severity;
  struct idlc_place place;
  const char *text; /* "expected ';' after the typedef" */
  const char *hint; /* NULL, or what to do about it */
};

#define IDLC_MAX_ERRORS 20u /* then a compile gives up */

struct idlc_names;

struct idlc_sources {
  struct portero_arena *arena;
  const struct idlc_loader *loader;
  const char *const
      *include_dirs; /* -I, in order; the directory of the including file comes first */
  unsigned n_include_dirs;
  struct idlc_file *files; /* files[0] is unused: places with file 0 are nowhere */
  unsigned n_files;
  unsigned errors, warnings;
  bool out_of_memory;
  struct idlc_names *names; /* that were read so far; NULL at first */
  /* Told of each diagnostic as it is found; a note belongs to the error before it. */
  void (*report)(void *ctx, const struct idlc_sources *sources,
                 const struct idlc_diagnostic *diagnostic);
  void *report_ctx;
};

/* hint may be NULL. Both are copied into the arena after formatting. */
__attribute__((format(printf, 4, 5))) void idlc_error(struct idlc_sources *s,
                                                      struct idlc_place place, const char *hint,
                                                      const char *format, ...);
__attribute__((format(printf, 4, 5))) void idlc_warn(struct idlc_sources *s,
                                                     struct idlc_place place, const char *hint,
                                                     const char *format, ...);
__attribute__((format(printf, 3, 4))) void
idlc_note(struct idlc_sources *s, struct idlc_place place, const char *format, ...);
/* Too many errors, or memory is out: stop. */
static inline bool idlc_hopeless(const struct idlc_sources *s)
{
  return s->errors >= IDLC_MAX_ERRORS || s->out_of_memory;
}
/*
 * Finds, loads and remembers a file; 0 when it cannot be had (nothing is reported). from: the file
 * that asks, whose directory is searched before include_dirs; 0: name is a path and nothing is
 * searched. A file that is loaded already keeps its index: "a/../b.idl" is "b.idl", a backslash in
 * name is a slash.
 */
uint16_t idlc_open(struct idlc_sources *s, const char *name, uint16_t from);

/*
 * "path:3:14: error: expected ';'" with the line and a caret below it, and the hint. Writes to w;
 * colour: with terminal colours.
 */
void idlc_print(const struct idlc_sources *s, const struct idlc_diagnostic *d, bool colour,
                struct portero_writer *w);

#endif
