/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The preprocessor: any text, which may include itself. An end comes, places are in the file, and
 * what is said can be printed. The first octet chooses how much memory there is and when UUIDs are
 * asked for.
 */
#include "src/idlc/token.h"

#include <string.h>

#include "fuzz/fuzz.h"

static struct portero_bytes text;

static bool load(void *ctx, const char *path, struct portero_arena *arena,
                 struct portero_bytes *out_text)
{
  (void)ctx;
  (void)arena;
  if (strcmp(path, "a") != 0)
    return false;
  *out_text = text;
  return true;
}

static void report(void *ctx, const struct idlc_sources *sources,
                   const struct idlc_diagnostic *diagnostic)
{
  struct portero_writer w;

  (void)ctx;
  FUZZ_CHECK(diagnostic->text[0] != '\0');
  portero_writer_init(&w, &portero_mem_malloc, 1u << 20);
  idlc_print(sources, diagnostic, true, &w);
  FUZZ_CHECK(!w.failed);
  portero_writer_deinit(&w);
}

static void check_token(struct idlc_preprocessor *p, const struct idlc_token *t)
{
  FUZZ_CHECK(t->place.file < 2);
  FUZZ_CHECK(t->place.file == 0 || (t->place.line && t->place.column));
  if (t->text)
    FUZZ_CHECK(strlen(t->text) == t->length || memchr(t->text, 0, t->length));
  if (t->kind == IDLC_NAME)
    FUZZ_CHECK(idlc_name(p, t->text) == t->text || t->length == 0);
  if (t->kind == IDLC_UUID)
    FUZZ_CHECK(t->length == 36);
}

static void read_all(struct idlc_sources *s, uint8_t choice)
{
  uint16_t file = idlc_open(s, "a", 0);
  struct idlc_preprocessor *p = file ? idlc_preprocessor_new(s, file, NULL, 0) : NULL;
  struct idlc_token t;
  unsigned n = 0;

  if (!p) {
    FUZZ_CHECK(s->out_of_memory);
    return;
  }
  do {
    t = (choice >> (n++ & 3)) & 1 ? idlc_next_uuid(p) : idlc_next(p);
    if (!s->out_of_memory)
      check_token(p, &t);
  } while (t.kind != IDLC_END);
  FUZZ_CHECK(idlc_next(p).kind == IDLC_END);
  FUZZ_CHECK(idlc_next_uuid(p).kind == IDLC_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct idlc_loader loader = {load, NULL};
  struct idlc_sources s;
  struct portero_arena arena;

  if (size == 0)
    return 0;
  text = portero_bytes_make(data + 1, size - 1);
  memset(&s, 0, sizeof s);
  portero_arena_init(&arena, &portero_mem_malloc,
                     data[0] & 0xf0 ? (size_t)1 << 25 : (size_t)(data[0] & 0xf) << 11);
  s.arena = &arena;
  s.loader = &loader;
  s.report = report;
  read_all(&s, data[0]);
  portero_arena_deinit(&arena);
  return 0;
}
