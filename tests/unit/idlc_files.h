/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the IDL compiler: files that exist in memory alone, and what was said about them.
 * Texts are handed over in heap blocks of exactly their size.
 */
#ifndef PORTERO_TESTS_UNIT_IDLC_FILES_H
#define PORTERO_TESTS_UNIT_IDLC_FILES_H

#include "src/idlc/token.h"
#include "tests/support/idlc_text.h"

#define IDLC_FILES_MAX 16u

struct idlc_files {
  struct idlc_sources sources;
  struct portero_arena arena;
  struct idlc_loader loader;
  struct idlc_text_file files[IDLC_FILES_MAX];
  struct idlc_text_store store;
  struct portero_writer said; /* all diagnostics, as they are printed */
};

/* mem may be NULL: malloc. */
void idlc_files_init(struct idlc_files *f, const struct portero_mem *mem);
void idlc_files_deinit(struct idlc_files *f);
void idlc_files_add(struct idlc_files *f, const char *name, const void *text, size_t size);
void idlc_files_add_text(struct idlc_files *f, const char *name, const char *text);
/* Terminated; "" when nothing was said. */
const char *idlc_files_said(struct idlc_files *f);

/*
 * Reads the file to its end and writes the tokens with blanks between them, as this: names and
 * numbers plain, reals r:1.5, texts "..." and L"...", characters c:97, UUIDs u:... (asked for behind
 * `uuid (`), marks as they are. For free().
 */
char *idlc_files_tokens(struct idlc_files *f, const char *name, const struct idlc_define *defines,
                        unsigned n_defines);

#endif
