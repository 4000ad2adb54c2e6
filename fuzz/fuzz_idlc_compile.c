/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IDL compiler from text to checked type tables, in little memory. Up to three files are in
 * the input, each but the first behind a form feed: main.idl, b.idl, main.acf. Then once more with
 * types of the program's own, and the C that comes of it.
 */
#include "fuzz/fuzz.h"
#include "src/idlc/compile.h"
#include "src/idlc/emit.h"
#include "tests/support/idlc_text.h"

#include <string.h>

#define BUDGET    (8u << 20)
#define TEXT_SIZE (1u << 20)

static unsigned split(const uint8_t *data, size_t size, struct idlc_text_file files[3])
{
  static const char *const paths[3] = {"main.idl", "b.idl", "main.acf"};
  unsigned n = 0;

  for (size_t at = 0; n < 3; n++) {
    const uint8_t *end = at < size ? memchr(data + at, '\f', size - at) : NULL;
    size_t length = (n < 2 && end ? (size_t)(end - data) : size) - at;

    files[n].path = paths[n];
    files[n].text = portero_bytes_make(data + at, length);
    at += length;
    if (at >= size)
      return n + 1;
    at++;
  }
  return n;
}

/* What C needs: a tag for every body, and what is contained comes before what contains it. */
static void check_program(const struct idlc_program *p)
{
  const struct portero_types *t = &p->types;

  for (uint32_t i = 1; i < t->n_types; i++) {
    const struct portero_type *type = &t->types[i];
    bool has_members = type->kind == PORTERO_KIND_STRUCT || type->kind == PORTERO_KIND_UNION;

    FUZZ_CHECK(!has_members || p->type_info[i].c_name);
    FUZZ_CHECK(type->kind == PORTERO_KIND_POINTER || type->of < i);
    for (uint32_t m = 0; has_members && m < type->count; m++)
      FUZZ_CHECK(t->members[type->first + m].type < i);
  }
  for (uint32_t i = 0; i < t->n_ops; i++)
    FUZZ_CHECK(p->op_info[i].c_name && *p->op_info[i].c_name);
}

static void write_all(const struct idlc_sources *s, const struct idlc_program *p)
{
  static uint8_t text[TEXT_SIZE];
  const struct idlc_emit e = {s, p, "main"};
  struct portero_writer w;

  portero_writer_init_fixed(&w, text, sizeof text);
  idlc_dump(p, &w);
  if (!p->local)
    return;
  portero_writer_init(&w, &portero_mem_malloc, TEXT_SIZE);
  idlc_emit_header(&e, &w);
  idlc_emit_source(&e, &w);
  portero_writer_deinit(&w);
}

static void compile(const uint8_t *data, size_t size, const struct idlc_compile_options *options)
{
  struct idlc_text_file files[3];
  struct idlc_program *p;
  struct idlc_text t;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, split(data, size, files));
  p = idlc_compile(&t.sources, "main.idl", options);
  FUZZ_CHECK(p || t.sources.errors > 0 || t.sources.out_of_memory);
  if (p) {
    FUZZ_CHECK(t.sources.errors == 0);
    check_program(p);
    write_all(&t.sources, p);
  }
  idlc_text_deinit(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct idlc_hook_option hooks[] = {{"S", NULL}, {"T", "struct own *"}};
  static const struct idlc_compile_options own = {
      .program = {.all_hooks = true, .hooks = hooks, .n_hooks = 2}};

  compile(data, size, NULL);
  compile(data, size, &own);
  return 0;
}
