/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/scenarios/scenario.h"

#include <stdio.h>
#include <stdlib.h>

enum mode {
  MODE_SERVER,
  MODE_CLIENT,
  MODE_BOTH,
};

/* Bytes on their way to one end. */
struct way {
  struct portero_writer bytes; /* given so far, and those that still wait */
  size_t at;
};

struct play {
  const struct play_options *options;
  struct play_result *result;
  struct words words;
  enum mode mode;
  bool started, failed, held, keeps;
  uint64_t now;
  uint32_t random;
  struct portero_assoc_config config, tap_config;
  char address[40];
  struct end ends[2]; /* the scripted modes use ends[0]; both: client, server */
  unsigned n_ends;
  struct way to[2];          /* towards ends[i] */
  struct portero_writer out; /* what the single end has said and nobody described yet */
  struct peers peers;
  struct witness witness;
};

/* ---- settings ---- */

static void set_limits(struct play *p)
{
  struct portero_assoc_limits *l = &p->config.limits;
  const struct words *w = &p->words;

  l->max_frag = (uint16_t)words_number(w, "max_frag", l->max_frag);
  l->max_stub = words_number(w, "max_stub", l->max_stub);
  l->max_output = words_number(w, "max_output", l->max_output);
  l->max_contexts = (uint16_t)words_number(w, "max_contexts", l->max_contexts);
  l->max_calls = (uint16_t)words_number(w, "max_calls", l->max_calls);
  l->max_security = (uint16_t)words_number(w, "max_security", l->max_security);
  l->max_token = (uint16_t)words_number(w, "max_token", l->max_token);
  l->first_pdu_timeout = words_number(w, "first_pdu_timeout", l->first_pdu_timeout);
  l->bind_timeout = words_number(w, "bind_timeout", l->bind_timeout);
  l->auth_timeout = words_number(w, "auth_timeout", l->auth_timeout);
  l->partial_timeout = words_number(w, "partial_timeout", l->partial_timeout);
  l->idle_timeout = words_number(w, "idle_timeout", l->idle_timeout);
}

static void set_config(struct play *p)
{
  const char *address = words_value(&p->words, "address");

  p->keeps = p->keeps || words_has(&p->words, "keep-calls");
  p->config.features = words_number(&p->words, "features", p->config.features);
  p->config.header_signing = words_number(&p->words, "header_signing", p->config.header_signing);
  if (address) {
    (void)snprintf(p->address, sizeof p->address, "%s", address);
    p->config.secondary_address = p->address;
  }
}

static void set_mode(struct play *p)
{
  p->mode = words_has(&p->words, "server")   ? MODE_SERVER
            : words_has(&p->words, "client") ? MODE_CLIENT
                                             : MODE_BOTH;
}

static void start(struct play *p)
{
  if (p->started)
    return;
  p->started = true;
  p->tap_config = p->config;
  p->tap_config.mem = p->options->tap_mem;
  witness_init(&p->witness, &p->tap_config);
  p->witness.every_fault = p->mode != MODE_SERVER;
  peers_init(&p->peers, p->mode == MODE_SERVER);
  p->peers.lenient = p->options->scarce;
  p->n_ends = p->mode == MODE_BOTH ? 2 : 1;
  for (unsigned i = 0; i < p->n_ends && !p->failed; i++) {
    bool server = p->mode == MODE_SERVER || i == 1;
    const char *mark = p->mode != MODE_BOTH ? "!" : server ? "s!" : "c!";
    p->failed = !end_new(&p->ends[i], server, &p->config, p->now, &p->witness, mark);
    p->ends[i].keeps = p->keeps;
  }
  if (p->failed)
    text_add(&p->result->transcript, ". NO_MEMORY\n");
}

static void watch(struct play *p, bool from_server, struct portero_bytes bytes)
{
  witness_bytes(&p->witness, from_server, bytes, p->now);
  if (p->options->bytes && p->options->wire)
    portero_write_bytes(p->options->bytes, bytes.data, bytes.size);
}

/* ---- bytes in ---- */

static size_t piece(struct play *p, size_t left)
{
  size_t n;

  if (p->options->cut == 0 || p->options->cut == PLAY_WHOLE_IN_PLACE)
    return left;
  if (p->options->cut == 1) {
    n = 1 + left / 65536; /* a little more where there are megabytes */
  } else {
    p->random = p->random * 1664525u + 1013904223u;
    n = 1 + (p->random >> 16) % ((p->random >> 8) % 7 == 0 ? 6000 : 40);
  }
  return n < left ? n : left;
}

static void drain(struct play *p, unsigned i)
{
  while (end_next(&p->ends[i], &p->result->transcript))
    ;
}

/* One piece in a heap block of its size, gone when the machine has been drained. */
static void give_piece(struct play *p, unsigned i, size_t n)
{
  struct way *way = &p->to[i];
  uint8_t *block = malloc(n);

  if (!block)
    abort();
  memcpy(block, way->bytes.base + way->at, n);
  way->at += n;
  watch(p, !p->ends[i].is_server, portero_bytes_make(block, n));
  end_input(&p->ends[i], portero_bytes_make(block, n), p->now);
  drain(p, i);
  free(block);
}

static bool give(struct play *p, unsigned i)
{
  struct way *way = &p->to[i];
  bool moved = false;

  drain(p, i);
  while (way->at < way->bytes.size && !p->ends[i].closed && end_wants_input(&p->ends[i])) {
    give_piece(p, i, piece(p, way->bytes.size - way->at));
    moved = true;
  }
  if (p->ends[i].closed && way->at < way->bytes.size) { /* they were sent: the witness sees them */
    watch(p, !p->ends[i].is_server,
          portero_bytes_make(way->bytes.base + way->at, way->bytes.size - way->at));
    way->at = way->bytes.size;
  }
  if (way->at == way->bytes.size)
    way->at = way->bytes.size = 0;
  return moved;
}

/* ---- bytes out ---- */

static void describe_out(struct play *p, struct portero_writer *from, const char *mark)
{
  struct text *t = &p->result->transcript;
  size_t at = 0;

  while (from->size - at >= PORTERO_PDU_HEADER_SIZE) {
    bool big = (from->base[at + 4] & 0xf0) == 0;
    size_t size = portero_load_u16(from->base + at + 8, big);
    if (size > from->size - at)
      break;
    text_add(t, "%s ", mark);
    describe_pdu(t, portero_bytes_make(from->base + at, size),
                 p->mode == MODE_BOTH ? NULL : &p->peers);
    text_add(t, "\n");
    at += size;
  }
  if (at)
    memmove(from->base, from->base + at, from->size - at);
  from->size -= at;
}

static bool take_output(struct play *p, unsigned i, size_t most)
{
  struct portero_bytes bytes = end_output(&p->ends[i]);
  size_t n = bytes.size < most ? bytes.size : most, before;

  if (n == 0)
    return false;
  if (p->mode != MODE_BOTH) {
    watch(p, p->ends[i].is_server, portero_bytes_make(bytes.data, n));
    portero_write_bytes(&p->out, bytes.data, n);
  } else {
    before = p->to[1 - i].bytes.size;
    portero_write_bytes(&p->to[1 - i].bytes, bytes.data, n);
    /* A copy is described: the bytes themselves go on to the other end. */
    portero_write_bytes(&p->out, p->to[1 - i].bytes.base + before, n);
  }
  describe_out(p, &p->out, p->mode != MODE_BOTH ? "<" : i == 0 ? "->" : "<-");
  end_sent(&p->ends[i], n);
  return true;
}

/* Until nothing moves any more. */
static void settle(struct play *p)
{
  bool moved = true;

  while (moved && !p->failed) {
    moved = false;
    for (unsigned i = 0; i < p->n_ends; i++) {
      moved = give(p, i) || moved;
      if (!p->held)
        moved = take_output(p, i, SIZE_MAX) || moved;
    }
  }
}

/* ---- lines ---- */

static void line_bytes(struct play *p, bool more)
{
  size_t before = p->to[0].bytes.size;

  if (p->mode == MODE_BOTH)
    words_wrong(&p->words, "nothing is scripted between two machines");
  build_pdu(&p->to[0].bytes, &p->words, &p->peers);
  if (p->to[0].bytes.failed)
    words_wrong(&p->words, "too many bytes");
  if (p->options->bytes && !p->options->wire)
    portero_write_bytes(p->options->bytes, p->to[0].bytes.base + before,
                        p->to[0].bytes.size - before);
  if (!more)
    settle(p);
}

static void line_show(struct play *p, const char *what)
{
  struct text *t = &p->result->transcript;
  struct end *e = &p->ends[p->words.n > 1 && strcmp(p->words.word[1], "server") == 0];
  uint64_t deadline = end_deadline(e);

  if (strcmp(what, "deadline") == 0 && deadline == PORTERO_NEVER)
    text_add(t, ". never\n");
  else if (strcmp(what, "deadline") == 0)
    text_add(t, ". %llu\n", (unsigned long long)deadline);
  else
    text_add(t, ". %s\n", end_wants_input(e) ? "yes" : "no");
}

/* A word alone: clock, transport. */
static void line_word(struct play *p, const char *what)
{
  const struct words *w = &p->words;
  unsigned last = p->n_ends - 1;

  if (strcmp(what, "now") == 0) {
    p->now = words_at(w, 1);
  } else if (strcmp(what, "tick") == 0) {
    for (unsigned i = 0; i < p->n_ends; i++)
      end_tick(&p->ends[i], p->now);
  } else if (strcmp(what, "eof") == 0) {
    end_eof(&p->ends[words_has(w, "server") ? last : 0],
            w->n > 1 && !words_has(w, "server") ? name_status(w, w->word[1]) : portero_ok());
  } else if (strcmp(what, "hold") == 0) {
    p->held = true;
  } else if (strcmp(what, "release") == 0) {
    p->held = false;
  } else if (strcmp(what, "take") == 0) {
    (void)take_output(p, 0, words_at(w, 1));
  } else if (strcmp(what, "deadline") == 0 || strcmp(what, "wants-input") == 0) {
    line_show(p, what);
    return;
  } else {
    words_wrong(w, "cannot be understood");
  }
  settle(p);
}

static bool line_setting(struct play *p, const char *what)
{
  if (strcmp(what, "mode") == 0)
    set_mode(p);
  else if (strcmp(what, "limits") == 0)
    set_limits(p);
  else if (strcmp(what, "config") == 0)
    set_config(p);
  else if (strcmp(what, "witness") == 0)
    p->witness.sees_more = true;
  else
    return false;
  return true;
}

static void line_do(struct play *p, char *first)
{
  struct words *w = &p->words;

  memmove(&w->word[0], &w->word[1], --w->n * sizeof w->word[0]);
  if (strcmp(first, ">") == 0 || strcmp(first, ">+") == 0) {
    line_bytes(p, first[1] == '+');
  } else if (strcmp(first, "=") == 0) {
    end_answer(&p->ends[p->n_ends - 1], w, &p->result->transcript);
    settle(p);
  } else if (strcmp(first, "=c") == 0 || strcmp(first, ":") == 0) {
    if (*first == ':')
      end_command(&p->ends[0], w, &p->result->transcript);
    else
      end_answer(&p->ends[0], w, &p->result->transcript);
    settle(p);
  } else {
    memmove(&w->word[1], &w->word[0], w->n++ * sizeof w->word[0]);
    w->word[0] = first;
    line_word(p, first);
  }
}

static bool is_expectation(const char *line, size_t size)
{
  static const char *const marks[] = {"! ", "c! ", "s! ", "< ", "-> ", "<- ", ". "};

  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
    if (size > strlen(marks[i]) && strncmp(line, marks[i], strlen(marks[i])) == 0)
      return true;
  return false;
}

static void play_line(struct play *p, const struct scenario *s, unsigned number, const char *line,
                      size_t size)
{
  if (is_expectation(line, size))
    return;
  text_add(&p->result->transcript, "%.*s\n", (int)size, line);
  words_split(&p->words, s->file, number, line, size);
  if (size == 0 || *line == '#' || p->words.n == 0)
    return;
  if (line_setting(p, p->words.word[0]))
    return;
  start(p);
  if (!p->failed)
    line_do(p, p->words.word[0]);
}

static void finish(struct play *p)
{
  static const char *const modes[] = {"server", "client", "both"};
  struct play_result *r = p->result;

  r->mode = modes[p->mode];
  if (p->out.size)
    text_add(&r->transcript, "! %zu bytes of an unfinished PDU were sent\n", p->out.size);
  (void)witness_agrees(&p->witness, &r->complaints);
  for (unsigned i = 0; i < 2; i++)
    text_add(&r->witnessed, "%s", p->witness.seen[i].data ? p->witness.seen[i].data : "");
}

static bool protects(const struct scenario *s)
{
  return memmem(s->text, s->size, "auth=", 5) != NULL;
}

void play_scenario(const struct scenario *s, const struct play_options *options,
                   struct play_result *out_result)
{
  struct play *p = calloc(1, sizeof *p);
  const char *line = s->text, *end = s->text + s->size;
  unsigned number = s->first_line;

  if (!p)
    abort();
  memset(out_result, 0, sizeof *out_result);
  p->options = options;
  p->result = out_result;
  p->random = options->cut;
  p->config.mem = options->mem;
  p->config.limits = portero_assoc_limits_default;
  p->config.in_place = options->cut >= PLAY_WHOLE_IN_PLACE;
  p->witness.stubs = !protects(s);
  for (unsigned i = 0; i < 2; i++)
    portero_writer_init(&p->to[i].bytes, &portero_mem_malloc, 64u << 20);
  portero_writer_init(&p->out, &portero_mem_malloc, 64u << 20);
  for (; line < end; number++) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    size_t size = newline ? (size_t)(newline - line) : (size_t)(end - line);
    play_line(p, s, number, line, size);
    line += size + 1;
  }
  finish(p);
  for (unsigned i = 0; i < p->n_ends; i++)
    end_free(&p->ends[i]);
  for (unsigned i = 0; i < 2; i++)
    portero_writer_deinit(&p->to[i].bytes);
  portero_writer_deinit(&p->out);
  if (p->started)
    peers_free(&p->peers);
  witness_free(&p->witness);
  free(p);
}

void play_result_free(struct play_result *r)
{
  text_free(&r->transcript);
  text_free(&r->witnessed);
  text_free(&r->complaints);
}
