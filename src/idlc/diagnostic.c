/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics as text. What is shown comes from files, so nothing in it may reach a terminal that
 * is more than text: control characters and bidirectional overrides are shown as U+FFFD.
 */
#include "src/idlc/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TAB_STOP   8u
#define MAX_SHOWN  100u /* columns of the source line */
#define BEFORE     60u  /* of them, at most so many before the caret when it is cut */
#define MAX_COLUMN UINT16_MAX

struct glyph {
  uint32_t code; /* 0xfffd for what is not text */
  unsigned bytes;
  unsigned columns; /* 0 for combining characters; not meaningful for tabs */
};

struct range {
  uint32_t first, last;
};

static bool glyph_in(uint32_t code, const struct range *ranges, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (code >= ranges[i].first && code <= ranges[i].last)
      return true;
  return false;
}

/* Unicode TR 9, TR 11, in coarse ranges. */
static unsigned glyph_columns(uint32_t code)
{
  static const struct range none[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                                      {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f},
                                      {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}};
  static const struct range two[] = {{0x1100, 0x115f},  {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                                     {0xf900, 0xfaff},  {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                     {0xffe0, 0xffe6},  {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff},
                                     {0x20000, 0x3fffd}};

  if (code < 0x300)
    return 1;
  if (glyph_in(code, none, sizeof none / sizeof none[0]))
    return 0;
  return glyph_in(code, two, sizeof two / sizeof two[0]) ? 2 : 1;
}

static bool glyph_is_unsafe(uint32_t code)
{
  static const struct range unsafe[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},
                                        {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
                                        {0xd800, 0xdfff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};

  return code != '\t' && glyph_in(code, unsafe, sizeof unsafe / sizeof unsafe[0]);
}

static struct glyph glyph_bad(unsigned bytes)
{
  struct glyph g = {0xfffd, bytes, 1};
  return g;
}

/* The first character of size (not 0) bytes; a byte that begins none is one bad character. */
static struct glyph glyph_read(const uint8_t *p, size_t size)
{
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  struct glyph g = {p[0], 1, 1};

  if (p[0] >= 0xf0 && p[0] < 0xf5) {
    g.code = p[0] & 0x07u;
    g.bytes = 4;
  } else if (p[0] >= 0xe0 && p[0] < 0xf0) {
    g.code = p[0] & 0x0fu;
    g.bytes = 3;
  } else if (p[0] >= 0xc2 && p[0] < 0xe0) {
    g.code = p[0] & 0x1fu;
    g.bytes = 2;
  } else if (p[0] >= 0x80) {
    return glyph_bad(1);
  }
  if (g.bytes > size)
    return glyph_bad(1);
  for (unsigned i = 1; i < g.bytes; i++) {
    if ((p[i] & 0xc0) != 0x80)
      return glyph_bad(1);
    g.code = g.code << 6 | (p[i] & 0x3fu);
  }
  if (g.code < least[g.bytes] || g.code > 0x10ffff)
    return glyph_bad(1);
  if (glyph_is_unsafe(g.code))
    return glyph_bad(g.bytes);
  g.columns = glyph_columns(g.code);
  return g;
}

static void print_text(struct portero_writer *w, const char *text)
{
  portero_write_bytes(w, text, strlen(text));
}

static void print_spaces(struct portero_writer *w, size_t n)
{
  for (size_t i = 0; i < n; i++)
    portero_write_u8(w, ' ');
}

static void print_glyph(struct portero_writer *w, const uint8_t *p, struct glyph g)
{
  if (g.code == 0xfffd)
    print_text(w, "\xef\xbf\xbd");
  else
    portero_write_bytes(w, p, g.bytes);
}

static void print_safe(struct portero_writer *w, const char *text)
{
  const uint8_t *p = (const uint8_t *)text;

  for (size_t left = strlen(text); left;) {
    struct glyph g = glyph_read(p, left);
    print_glyph(w, p, g);
    p += g.bytes;
    left -= g.bytes;
  }
}

/* Colour: the codes only when they are wanted. */
static void print_style(struct portero_writer *w, bool colour, const char *code)
{
  if (colour) {
    print_text(w, "\x1b[");
    print_text(w, code);
    print_text(w, "m");
  }
}

/* ---- the line ---- */

static bool line_find(struct portero_bytes text, uint32_t line, struct portero_bytes *out_line)
{
  const uint8_t *p = text.data, *end = p + text.size, *stop;

  if (!p || line == 0)
    return false;
  if (text.size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
    p += 3;
  for (uint32_t i = 1; i < line; i++) {
    p = memchr(p, '\n', (size_t)(end - p));
    if (!p)
      return false;
    p++;
  }
  stop = memchr(p, '\n', (size_t)(end - p));
  if (!stop)
    stop = end;
  if (stop > p && stop[-1] == '\r')
    stop--;
  *out_line = portero_bytes_make(p, (size_t)(stop - p));
  return true;
}

static size_t glyph_end(size_t column, struct glyph g)
{
  return g.code == '\t' ? (column / TAB_STOP + 1) * TAB_STOP : column + g.columns;
}

static size_t line_columns(struct portero_bytes line, size_t bytes)
{
  size_t column = 0;

  for (size_t at = 0; at < bytes && at < line.size;) {
    struct glyph g = glyph_read(line.data + at, line.size - at);
    column = glyph_end(column, g);
    at += g.bytes;
  }
  return column;
}

/* The part of the line in columns [from, to). Tabs become blanks, so that the caret fits. */
static void line_print(struct portero_writer *w, struct portero_bytes line, size_t from, size_t to)
{
  size_t column = 0;

  for (size_t at = 0; at < line.size && column < to;) {
    struct glyph g = glyph_read(line.data + at, line.size - at);
    size_t next = glyph_end(column, g);
    if (g.code == '\t' || column < from || next > to) {
      size_t begin = column > from ? column : from;
      size_t stop = next < to ? next : to;
      print_spaces(w, stop > begin ? stop - begin : 0);
    } else {
      print_glyph(w, line.data + at, g);
    }
    column = next;
    at += g.bytes;
  }
}

static bool is_word(uint8_t c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* How much of the line the caret is under: the rest of a word, or one character. */
static size_t line_word(struct portero_bytes line, size_t at)
{
  size_t n = 0;

  while (at + n < line.size && is_word(line.data[at + n]))
    n++;
  return n ? n : 1;
}

static void print_line(struct portero_writer *w, struct portero_bytes line,
                       const struct idlc_place *place, bool colour)
{
  size_t caret = line_columns(line, place->column - 1u);
  size_t word = line_word(line, place->column - 1u);
  size_t width = line_columns(line, line.size);
  size_t from = 0, to = width;
  char gutter[16];

  if (width > MAX_SHOWN) {
    from = caret > BEFORE ? caret - BEFORE : 0;
    to = from + MAX_SHOWN < width ? from + MAX_SHOWN : width;
  }
  (void)snprintf(gutter, sizeof gutter, "%5" PRIu32 " | ", place->line);
  print_text(w, gutter);
  print_text(w, from ? "..." : "");
  line_print(w, line, from, to);
  print_text(w, to < width ? "...\n" : "\n");
  print_spaces(w, strlen(gutter) - 2);
  print_text(w, "| ");
  print_spaces(w, caret - from + (from ? 3 : 0));
  print_style(w, colour, "1;32");
  portero_write_u8(w, '^');
  for (size_t i = 1; i < word && caret + i < to; i++)
    portero_write_u8(w, '~');
  print_style(w, colour, "0");
  portero_write_u8(w, '\n');
}

static void print_place(struct portero_writer *w, const struct idlc_sources *s,
                        const struct idlc_place *place)
{
  char numbers[32];

  if (!place->file || place->file >= s->n_files)
    return;
  print_safe(w, s->files[place->file].path);
  if (place->line && place->column < MAX_COLUMN)
    (void)snprintf(numbers, sizeof numbers, ":%" PRIu32 ":%" PRIu16, place->line, place->column);
  else if (place->line)
    (void)snprintf(numbers, sizeof numbers, ":%" PRIu32, place->line);
  else
    numbers[0] = '\0';
  print_text(w, numbers);
  print_text(w, ": ");
}

void idlc_print(const struct idlc_sources *s, const struct idlc_diagnostic *d, bool colour,
                struct portero_writer *w)
{
  static const char *const words[] = {"note: ", "warning: ", "error: "};
  static const char *const colours[] = {"1;36", "1;35", "1;31"};
  const struct idlc_place *place = &d->place;
  struct portero_bytes line;

  print_style(w, colour, "1");
  print_place(w, s, place);
  print_style(w, colour, colours[d->severity]);
  print_text(w, words[d->severity]);
  print_style(w, colour, "0");
  print_safe(w, d->text);
  portero_write_u8(w, '\n');
  /* A column at its limit may be any: no caret is better than a wrong one. */
  if (place->file && place->file < s->n_files && place->column && place->column < MAX_COLUMN &&
      line_find(s->files[place->file].text, place->line, &line) && place->column <= line.size + 1)
    print_line(w, line, place, colour);
  if (!d->hint)
    return;
  print_text(w, "      = hint: ");
  print_safe(w, d->hint);
  portero_write_u8(w, '\n');
}
