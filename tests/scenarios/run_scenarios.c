/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: run_scenarios [--record] [--show NAME] [--corpus FOLDER] FILE...
 *
 * Plays every scenario with its input whole (protected PDUs are opened in a copy, and in place), in
 * single bytes, and cut at three series of pseudo-random places: the transcript must be the file's
 * text each time, and the witness must agree. Then once for every allocation that it makes, with that
 * one, or it and all later ones, failing: nothing may leak, and what is told differently must end with
 * the lack of memory. --record writes the transcripts into the files: read the difference before you
 * keep it.
 */
#include "tests/scenarios/scenario.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned passed, failed;

/* ---- memory that fails ---- */

struct scarce {
  struct portero_mem mem;
  size_t n_takes, fail_at, in_use;
  bool once;
};

static void *scarce_take(void *ctx, size_t size)
{
  struct scarce *s = ctx;
  void *block;
  size_t n = s->n_takes++;

  if (n == s->fail_at || (n > s->fail_at && !s->once))
    return NULL;
  block = malloc(size ? size : 1);
  if (!block)
    abort();
  s->in_use += size;
  return block;
}

static void scarce_give(void *ctx, void *block, size_t size)
{
  struct scarce *s = ctx;

  s->in_use -= size;
  free(block);
}

static void scarce_init(struct scarce *s, size_t fail_at)
{
  memset(s, 0, sizeof *s);
  s->mem.take = scarce_take;
  s->mem.give = scarce_give;
  s->mem.ctx = s;
  s->fail_at = fail_at;
}

/* ---- verdicts ---- */

static void show_difference(const char *expected, size_t expected_size, const struct text *got)
{
  const char *a = expected, *a_end = expected + expected_size, *b = got->data ? got->data : "";

  while (a < a_end && *b) {
    size_t na = strcspn(a, "\n"), nb = strcspn(b, "\n");
    if (na != nb || memcmp(a, b, na) != 0)
      break;
    a += na + 1;
    b += nb + (b[nb] == '\n');
  }
  (void)printf("  expected: %.*s\n  got:      %.*s\n", a < a_end ? (int)strcspn(a, "\n") : 0, a,
               (int)strcspn(b, "\n"), b);
}

static bool same(const struct text *t, const char *data, size_t size)
{
  return t->size == size && memcmp(t->data, data, size) == 0;
}

static bool complain(const struct scenario *s, const char *what, unsigned n)
{
  (void)printf("FAILED %s:%u %s: %s %u\n", s->file, s->first_line - 1, s->name, what, n);
  return false;
}

static bool run_cut(const struct scenario *s, unsigned cut, const struct text *first_witness)
{
  struct play_options options = {
      .cut = cut, .mem = &portero_mem_malloc, .tap_mem = &portero_mem_malloc};
  struct play_result r;
  bool ok = true;

  play_scenario(s, &options, &r);
  if (!same(&r.transcript, s->text, s->size)) {
    ok = complain(s, "the transcript differs, cut", cut);
    show_difference(s->text, s->size, &r.transcript);
  } else if (r.complaints.size) {
    ok = complain(s, "the witness disagrees, cut", cut);
    (void)printf("%s", r.complaints.data);
  } else if (first_witness && !same(&r.witnessed, first_witness->data, first_witness->size)) {
    ok = complain(s, "the witness depends on the cut", cut);
    show_difference(first_witness->data, first_witness->size, &r.witnessed);
  }
  play_result_free(&r);
  return ok;
}

static bool run_cuts(const struct scenario *s)
{
  struct play_options options = {.mem = &portero_mem_malloc, .tap_mem = &portero_mem_malloc};
  static const unsigned cuts[] = {0, 1, PLAY_WHOLE_IN_PLACE, 0x5eed, 0xbeef, 20211};
  struct play_result first;
  bool ok = true;

  play_scenario(s, &options, &first);
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0] && ok; i++)
    ok = run_cut(s, cuts[i], &first.witnessed);
  play_result_free(&first);
  return ok;
}

/* A lack of memory may not go by unseen: the transcript is the same, or says so. */
static bool says_so(const struct text *transcript)
{
  return strstr(transcript->data, "NO_MEMORY") || strstr(transcript->data, "out of memory") ||
         strstr(transcript->data, "no memory") || strstr(transcript->data, "reject:2:3") ||
         strstr(transcript->data, "0x1c00001b");
}

static bool run_scarce_once(const struct scenario *s, size_t fail_at, bool once, bool for_tap,
                            bool *out_enough)
{
  struct scarce scarce;
  struct play_options options = {.mem = &portero_mem_malloc, .tap_mem = &portero_mem_malloc};
  struct play_result r;
  bool ok = true;

  scarce_init(&scarce, fail_at);
  scarce.once = once;
  options.scarce = true;
  if (for_tap)
    options.tap_mem = &scarce.mem;
  else
    options.mem = &scarce.mem;
  play_scenario(s, &options, &r);
  *out_enough = scarce.n_takes <= fail_at;
  if (scarce.in_use)
    ok = complain(s, "leaks when this allocation fails:", (unsigned)fail_at);
  else if (!same(&r.transcript, s->text, s->size) && !says_so(&r.transcript)) {
    ok = complain(s, "goes wrong in silence when this allocation fails:", (unsigned)fail_at);
    show_difference(s->text, s->size, &r.transcript);
  }
  play_result_free(&r);
  return ok;
}

static bool run_scarce(const struct scenario *s, bool for_tap)
{
  bool ok = true, enough = false;

  for (size_t n = 0; ok && !enough; n += 1 + n / 64)
    ok = run_scarce_once(s, n, false, for_tap, &enough) &&
         run_scarce_once(s, n, true, for_tap, &enough);
  return ok;
}

static void count(bool ok)
{
  if (ok)
    passed++;
  else
    failed++;
}

/* ---- files ---- */

static char *read_file(const char *path, size_t *out_size)
{
  FILE *file = fopen(path, "rb");
  size_t capacity = 1u << 20;
  char *data = malloc(capacity);

  if (!file || !data) {
    perror(path);
    exit(2);
  }
  *out_size = fread(data, 1, capacity - 1, file);
  data[*out_size] = 0;
  (void)fclose(file);
  return data;
}

/* The next scenario of a file that was read to from; false: there is none. */
static bool next_scenario(const char *path, const char **from, unsigned *line,
                          struct scenario *out_s)
{
  const char *p = *from, *next;
  size_t size;

  while (*p && strncmp(p, "scenario ", 9) != 0) {
    p += strcspn(p, "\n");
    p += *p == '\n';
    ++*line;
  }
  if (!*p)
    return false;
  p += strlen("scenario ");
  size = strcspn(p, "\n");
  memset(out_s->name, 0, sizeof out_s->name);
  memcpy(out_s->name, p, size < sizeof out_s->name ? size : sizeof out_s->name - 1);
  p += size + 1;
  out_s->file = path;
  out_s->first_line = ++*line;
  out_s->text = p;
  next = strstr(p, "\nscenario ");
  out_s->size = next ? (size_t)(next + 1 - p) : strlen(p);
  for (size_t i = 0; i < out_s->size; i++)
    *line += p[i] == '\n';
  *from = p + out_s->size;
  return true;
}

struct work {
  bool record;
  const char *show, *corpus;
};

static void write_input(const char *folder, const char *target, const struct scenario *s,
                        struct portero_bytes bytes)
{
  char path[400];
  int at = snprintf(path, sizeof path, "%s/%s/", folder, target);
  FILE *file;

  (void)snprintf(path + at, sizeof path - (size_t)at, "%s", s->name);
  for (char *p = path + at; *p; p++)
    if (strchr(" /:,()\"", *p))
      *p = '-';
  file = bytes.size && bytes.size < 8000 ? fopen(path, "wb") : NULL;
  if (!file)
    return;
  (void)fputc(0, file); /* no choices */
  (void)fwrite(bytes.data, 1, bytes.size, file);
  (void)fclose(file);
}

static void write_bytes(const char *folder, const struct scenario *s)
{
  struct portero_writer bytes;
  struct play_options options = {
      .mem = &portero_mem_malloc, .tap_mem = &portero_mem_malloc, .bytes = &bytes};
  struct play_result r;

  portero_writer_init(&bytes, &portero_mem_malloc, 64u << 20);
  play_scenario(s, &options, &r);
  if (strcmp(r.mode, "both") != 0)
    write_input(folder, strcmp(r.mode, "server") == 0 ? "server_assoc" : "client_assoc", s,
                portero_writer_bytes(&bytes));
  play_result_free(&r);
  portero_writer_reset(&bytes);
  options.wire = true;
  play_scenario(s, &options, &r);
  if (strcmp(r.mode, "server") != 0)
    write_input(folder, "tap", s, portero_writer_bytes(&bytes));
  play_result_free(&r);
  portero_writer_deinit(&bytes);
}

static void show(const struct scenario *s)
{
  struct play_options options = {.mem = &portero_mem_malloc, .tap_mem = &portero_mem_malloc};
  struct play_result r;

  play_scenario(s, &options, &r);
  (void)printf("%s\n-- the witness:\n%s%s", r.transcript.data, r.witnessed.data,
               r.complaints.data ? r.complaints.data : "");
  play_result_free(&r);
}

static void test_scenario(const struct scenario *s)
{
  count(run_cuts(s));
  count(run_scarce(s, false));
  count(run_scarce(s, true));
}

static void record(const char *path, const char *data)
{
  struct play_options options = {.mem = &portero_mem_malloc, .tap_mem = &portero_mem_malloc};
  const char *from = data, *before = data;
  struct text all = {NULL, 0, 0};
  struct scenario s;
  struct play_result r;
  unsigned line = 1;
  FILE *file;

  while (next_scenario(path, &from, &line, &s)) {
    text_add(&all, "%.*s", (int)(s.text - before), before ? before : "");
    play_scenario(&s, &options, &r);
    text_add(&all, "%s", r.transcript.data);
    play_result_free(&r);
    before = from;
  }
  file = fopen(path, "wb");
  if (file) {
    (void)fwrite(all.data, 1, all.size, file);
    (void)fclose(file);
  }
  text_free(&all);
}

static void run_file(const char *path, const struct work *work)
{
  size_t size;
  char *data = read_file(path, &size);
  const char *from = data;
  struct scenario s;
  unsigned line = 1;

  if (work->record)
    record(path, data);
  while (!work->record && next_scenario(path, &from, &line, &s)) {
    if (work->show && strcmp(work->show, s.name) == 0)
      show(&s);
    else if (work->corpus)
      write_bytes(work->corpus, &s);
    else if (!work->show)
      test_scenario(&s);
  }
  free(data);
}

int main(int argc, char **argv)
{
  struct work work = {false, NULL, NULL};

  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--record") == 0)
      work.record = true;
    else if (strcmp(argv[i], "--show") == 0 && i + 1 < argc)
      work.show = argv[++i];
    else if (strcmp(argv[i], "--corpus") == 0 && i + 1 < argc)
      work.corpus = argv[++i];
    else
      run_file(argv[i], &work);
  }
  if (work.record || work.show || work.corpus)
    return 0;
  (void)printf("%u passed, %u failed, 0 skipped\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
