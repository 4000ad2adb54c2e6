/* SPDX-License-Identifier: Apache-2.0 */
/* The whole front: a file's text in, what it means out. And that meaning as text. */
#ifndef PORTERO_IDLC_COMPILE_H
#define PORTERO_IDLC_COMPILE_H

#include "src/idlc/program.h"

struct idlc_compile_options {
  struct idlc_parse_options parse;
  struct idlc_program_options program;
};

/* NULL when there were errors: s->report was told. Everything lives in s->arena. options may be NULL. */
struct idlc_program *idlc_compile(struct idlc_sources *s, const char *path,
                                  const struct idlc_compile_options *options);

/*
 * The text form, for tests and for looking at: a line for each type with a name and its members,
 * a line for each operation's parameters. Types of other files only when they are needed.
 */
void idlc_dump(const struct idlc_program *p, struct portero_writer *w);

#endif
