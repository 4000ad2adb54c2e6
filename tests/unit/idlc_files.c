/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/idlc_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/support.h"

#define BUDGET ((size_t)1 << 28)

static void files_report(void *ctx, const struct idlc_sources *sources,
                         const struct idlc_diagnostic *diagnostic)
{
  struct idlc_files *f = ctx;

  idlc_print(sources, diagnostic, false, &f->said);
}

void idlc_files_init(struct idlc_files *f, const struct portero_mem *mem)
{
  memset(f, 0, sizeof *f);
  portero_arena_init(&f->arena, mem ? mem : &portero_mem_malloc, BUDGET);
  portero_writer_init(&f->said, &portero_mem_malloc, 1u << 24);
  f->store.files = f->files;
  f->loader.load = idlc_text_load;
  f->loader.ctx = &f->store;
  f->sources.arena = &f->arena;
  f->sources.loader = &f->loader;
  f->sources.report = files_report;
  f->sources.report_ctx = f;
}

void idlc_files_deinit(struct idlc_files *f)
{
  for (unsigned i = 0; i < f->store.n_files; i++)
    support_free(f->files[i].text);
  portero_writer_deinit(&f->said);
  portero_arena_deinit(&f->arena);
}

void idlc_files_add(struct idlc_files *f, const char *name, const void *text, size_t size)
{
  assert_true(f->store.n_files < IDLC_FILES_MAX);
  f->files[f->store.n_files].path = name;
  f->files[f->store.n_files++].text = support_copy(portero_bytes_make(text, size));
}

void idlc_files_add_text(struct idlc_files *f, const char *name, const char *text)
{
  idlc_files_add(f, name, text, strlen(text));
}

const char *idlc_files_said(struct idlc_files *f)
{
  portero_write_u8(&f->said, 0);
  assert_false(f->said.failed);
  f->said.size--;
  return (const char *)f->said.base;
}

static void show_token(FILE *out, const struct idlc_token *t)
{
  switch (t->kind) {
  case IDLC_END:
    return;
  case IDLC_NAME:
    (void)fprintf(out, "%s ", t->text);
    return;
  case IDLC_NUMBER:
    (void)fprintf(out, "%" PRIu64 "%s ", t->value, t->is_unsigned ? "u" : "");
    return;
  case IDLC_REAL:
    (void)fprintf(out, "r:%s ", t->text);
    return;
  case IDLC_TEXT:
    (void)fprintf(out, "\"%s\" ", t->text);
    return;
  case IDLC_WTEXT:
    (void)fprintf(out, "L\"%s\" ", t->text);
    return;
  case IDLC_CHAR:
    (void)fprintf(out, "c:%" PRIu64 " ", t->value);
    return;
  case IDLC_UUID:
    (void)fprintf(out, "u:%s ", t->text);
    return;
  case IDLC_MARK:
    if (t->mark == IDLC_ELLIPSIS)
      (void)fprintf(out, "... ");
    else if (t->mark > 0xff)
      (void)fprintf(out, "%c%c ", (int)(t->mark >> 8), (int)(t->mark & 0xff));
    else
      (void)fprintf(out, "%c ", (int)t->mark);
    return;
  }
}

char *idlc_files_tokens(struct idlc_files *f, const char *name, const struct idlc_define *defines,
                        unsigned n_defines)
{
  uint16_t file = idlc_open(&f->sources, name, 0);
  struct idlc_preprocessor *p =
      file ? idlc_preprocessor_new(&f->sources, file, defines, n_defines) : NULL;
  const char *uuid = p ? idlc_name(p, "uuid") : NULL, *last = NULL;
  struct idlc_token t = {.kind = IDLC_NAME};
  size_t size;
  char *text;
  FILE *out = open_memstream(&text, &size);

  assert_non_null(out);
  while (p && t.kind != IDLC_END) {
    bool ask = uuid && last == uuid && t.kind == IDLC_MARK && t.mark == '(';
    last = t.kind == IDLC_NAME ? t.text : NULL;
    t = ask ? idlc_next_uuid(p) : idlc_next(p);
    show_token(out, &t);
  }
  if (p)
    assert_int_equal(idlc_next(p).kind, IDLC_END);
  assert_int_equal(fclose(out), 0);
  if (size)
    text[size - 1] = '\0';
  return text;
}
