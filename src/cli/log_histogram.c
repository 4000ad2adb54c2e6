/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_histogram.h"

#include <assert.h>
#include <string.h>

/* Each a multiple of the one before; the last one holds all times that a book can have. */
static const uint64_t widths[] = {1,     5,     15,    60,     300,     900,      3600,
                                  10800, 43200, 86400, 604800, 2419200, 31449600, 314496000};

#define STEPS (sizeof widths / sizeof widths[0])

uint64_t log_histogram_width(const struct log_histogram *h)
{
  return widths[h->step];
}

static void widen(struct log_histogram *h)
{
  struct log_histogram wide = {.step = h->step + 1};
  uint64_t factor;

  assert(wide.step < STEPS);
  factor = widths[wide.step] / widths[h->step];
  wide.first = h->first / factor;
  for (size_t i = 0; i < h->n; i++) {
    wide.n = (size_t)((h->first + i) / factor - wide.first) + 1;
    wide.columns[wide.n - 1] += h->columns[i];
  }
  *h = wide;
}

/* Columns for all of [low, high] of the present width. */
static void extend(struct log_histogram *h, uint64_t column)
{
  size_t before;

  if (h->n == 0)
    h->first = column;
  if (column < h->first) {
    before = (size_t)(h->first - column);
    memmove(h->columns + before, h->columns, h->n * sizeof *h->columns);
    memset(h->columns, 0, before * sizeof *h->columns);
    h->first = column;
    h->n += before;
  }
  if (column - h->first >= h->n) /* what is not used is zero */
    h->n = (size_t)(column - h->first) + 1;
}

void log_histogram_add(struct log_histogram *h, uint64_t seconds)
{
  uint64_t column;

  for (;;) {
    uint64_t low, high;
    column = seconds / widths[h->step];
    low = h->n == 0 || column < h->first ? column : h->first;
    high = h->n == 0 || column >= h->first + h->n ? column : h->first + h->n - 1;
    if (high - low < LOG_HISTOGRAM_COLUMNS)
      break;
    widen(h);
  }
  extend(h, column);
  h->columns[column - h->first]++;
}

void log_histogram_fit(struct log_histogram *h, size_t most)
{
  while (h->n > most && h->step + 1 < STEPS)
    widen(h);
}
