/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IDL compiler without a disk: files are texts, diagnostics are kept, and a tree is written as
 * a line that a test can compare.
 */
#ifndef PORTERO_TESTS_SUPPORT_IDLC_TEXT_H
#define PORTERO_TESTS_SUPPORT_IDLC_TEXT_H

#include "src/idlc/ast.h"

struct idlc_text_file {
  const char *path;
  struct portero_bytes text;
};

/* A directory of them; what a loader takes as its context. */
struct idlc_text_store {
  const struct idlc_text_file *files;
  unsigned n_files;
  unsigned n_loads;
};

bool idlc_text_load(void *store, const char *path, struct portero_arena *arena,
                    struct portero_bytes *out_text);

#define IDLC_TEXT_DIAGNOSTICS 32u

/* One compile. init() does not allocate; deinit() gives everything back. */
struct idlc_text {
  struct portero_arena arena;
  struct idlc_loader loader;
  struct idlc_sources sources;
  struct idlc_text_store store;
  struct idlc_diagnostic diagnostics[IDLC_TEXT_DIAGNOSTICS]; /* the first ones */
  unsigned n_diagnostics;
};

void idlc_text_init(struct idlc_text *t, const struct portero_mem *mem, size_t budget,
                    const struct idlc_text_file *files, unsigned n_files);
void idlc_text_deinit(struct idlc_text *t);

/*
 * The declarations of one file, as text in w: names are followed by what they are, read aloud from
 * the name outwards: "typedef P:*u32;", "f:(in a:u8, b:*[n]char)void;".
 */
void idlc_text_items(struct portero_writer *w, const struct idlc_item *items);
void idlc_text_acf(struct portero_writer *w, const struct idlc_acf_entry *entry);

#endif
