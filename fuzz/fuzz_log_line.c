/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a book. What is read is written again, and that is read to the same. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "src/cli/log_record.h"

#define WRITTEN (6 * LOG_LINE_MAX) /* each byte may become an escape */

static struct log_record record;
static uint8_t first[WRITTEN], second[WRITTEN];

static size_t write_json(uint8_t *bytes)
{
  struct portero_writer w;

  portero_writer_init_fixed(&w, bytes, WRITTEN);
  portero_event_write_json(&w, &record.event);
  FUZZ_CHECK(!w.failed && w.size > 0);
  for (size_t i = 0; i + 1 < w.size; i++)
    FUZZ_CHECK(bytes[i] >= 0x20 && bytes[i] != 0x7f);
  return w.size - 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct portero_writer w;
  size_t written;

  if (!log_record_read(&record, (const char *)data, size))
    return 0;
  written = write_json(first);
  if (written > LOG_LINE_MAX)
    return 0;
  FUZZ_CHECK(log_record_read(&record, (const char *)first, written));
  FUZZ_CHECK(write_json(second) == written && memcmp(first, second, written) == 0);

  portero_writer_init_fixed(&w, first, sizeof first);
  portero_event_write_text(&w, &record.event, false);
  FUZZ_CHECK(!w.failed && w.size > 0);
  for (size_t i = 0; i + 1 < w.size; i++)
    FUZZ_CHECK(first[i] >= 0x20 && first[i] != 0x7f);
  return 0;
}
