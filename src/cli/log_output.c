/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cli/log_output.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/cli/complaint.h"
#include "src/cli/log_record.h"

#define SIZE   ((size_t)512 << 10)
#define RECORD (2 * (size_t)LOG_LINE_MAX)

bool log_output_init(struct log_output *o, int fd)
{
  uint8_t *buffer = malloc(SIZE);

  o->fd = fd;
  o->closed = false;
  o->error = 0;
  portero_writer_init_fixed(&o->w, buffer, buffer ? SIZE : 0);
  return buffer != NULL;
}

void log_output_deinit(struct log_output *o)
{
  free(o->w.base);
  o->w.base = NULL;
}

bool log_output_works(const struct log_output *o)
{
  return !o->closed && o->error == 0;
}

void log_output_flush(struct log_output *o)
{
  size_t at = 0;

  while (at < o->w.size && log_output_works(o)) {
    ssize_t n = write(o->fd, o->w.base + at, o->w.size - at);
    if (n >= 0) {
      at += (size_t)n;
      complaint_answered();
    } else if (errno == EPIPE)
      o->closed = true;
    else if (errno != EINTR)
      o->error = errno;
  }
  portero_writer_reset(&o->w);
}

struct portero_writer *log_output_record(struct log_output *o)
{
  if (o->w.capacity - o->w.size < RECORD)
    log_output_flush(o);
  return &o->w;
}

void log_output_bytes(struct log_output *o, const char *bytes, size_t size)
{
  while (size > 0 && log_output_works(o)) {
    size_t room = o->w.capacity - o->w.size, part = size < room ? size : room;
    portero_write_bytes(&o->w, bytes, part);
    bytes += part;
    size -= part;
    if (size > 0)
      log_output_flush(o);
  }
}
