/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's native protocol: one datagram a record, of fields. "NAME=value\n" for text on one
 * line; for anything else NAME, an end of line, the value's size in eight bytes (little-endian), the
 * value and an end of line. (systemd's JOURNAL_NATIVE_PROTOCOL.)
 */
#include "src/sinks/sink.h"

static void field(void *user, const char *name, struct portero_bytes value)
{
  struct portero_writer *w = user;

  portero_write_bytes(w, name, strlen(name));
  if (value.size > 0 && memchr(value.data, '\n', value.size)) {
    portero_write_u8(w, '\n');
    portero_write_u64(w, value.size);
  } else {
    portero_write_u8(w, '=');
  }
  portero_write_bytes(w, value.data, value.size);
  portero_write_u8(w, '\n');
}

void journal_write(struct portero_writer *w, const struct sink *s, const struct portero_event *e)
{
  field(w, "SYSLOG_IDENTIFIER", portero_bytes_make(s->origin.app, strlen(s->origin.app)));
  portero_event_journal(e, field, w);
}
