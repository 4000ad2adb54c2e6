/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The IDL compiler's parser: any text, in little memory. Up to three files are in the input, each
 * but the first behind a form feed: main.idl, b.idl, main.acf.
 */
#include "fuzz/fuzz.h"
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

/* What was said has its place in a file that there is. */
static void check_places(const struct idlc_text *t)
{
  for (unsigned i = 0; i < t->n_diagnostics; i++) {
    const struct idlc_diagnostic *d = &t->diagnostics[i];

    FUZZ_CHECK(d->text && *d->text);
    FUZZ_CHECK(d->place.file < t->sources.n_files || d->place.file == 0);
    FUZZ_CHECK(d->place.file == 0 || d->place.line > 0);
  }
}

static void check_tree(const struct idlc_text *t, const struct idlc_tree *tree)
{
  static uint8_t text[TEXT_SIZE];
  struct portero_writer w;
  const struct idlc_unit *last = NULL;

  for (const struct idlc_unit *unit = tree->units; unit; unit = unit->next) {
    portero_writer_init_fixed(&w, text, sizeof text);
    idlc_text_items(&w, unit->items);
    FUZZ_CHECK(unit->file > 0 && unit->file < t->sources.n_files);
    last = unit;
  }
  FUZZ_CHECK(last == tree->main);
  portero_writer_init_fixed(&w, text, sizeof text);
  idlc_text_acf(&w, tree->acf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct idlc_text_file files[3];
  struct idlc_parse_options options = {.n_defines = 0};
  struct idlc_text t;
  struct idlc_tree *tree;

  idlc_text_init(&t, &portero_mem_malloc, BUDGET, files, split(data, size, files));
  tree = idlc_parse(&t.sources, "main.idl", &options);
  FUZZ_CHECK(tree || t.sources.errors > 0 || t.sources.out_of_memory);
  FUZZ_CHECK(t.sources.errors <= IDLC_MAX_ERRORS + 1); /* the last one says: too many */
  check_places(&t);
  if (tree)
    check_tree(&t, tree);
  idlc_text_deinit(&t);
  return 0;
}
