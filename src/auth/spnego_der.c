/* SPDX-License-Identifier: Apache-2.0 */
#include "src/auth/spnego_der.h"

#include <limits.h>

#include <libtasn1.h>

#define LENGTH_MAX 9 /* octets of a length, [X.690] 8.1.3.5 */

static size_t head_size(size_t content)
{
  uint8_t length[LENGTH_MAX];
  int size = sizeof length;

  asn1_length_der(content, length, &size);
  return 1 + (size_t)size;
}

size_t der_size(size_t content)
{
  return head_size(content) + content;
}

bool der_is(const struct portero_reader *r, uint8_t tag)
{
  return portero_reader_left(r) > 0 && r->base[r->at] == tag;
}

struct portero_bytes der_read(struct portero_reader *r, uint8_t tag, const char *what)
{
  size_t left = portero_reader_left(r);
  int used = 0;
  long size;

  if (!der_is(r, tag) || left < 2 || left > INT_MAX) {
    portero_reader_fail(r, what);
    return portero_bytes_make(NULL, 0);
  }
  size = asn1_get_length_der(r->base + r->at + 1, (int)left - 1, &used);
  if (size < 0 || used < 1 || head_size((size_t)size) != (size_t)used + 1) {
    portero_reader_fail(r, what);
    return portero_bytes_make(NULL, 0);
  }
  (void)portero_reader_take(r, (size_t)used + 1, what);
  return portero_read_bytes(r, (size_t)size, what);
}

struct portero_reader der_enter(struct portero_reader *r, uint8_t tag, const char *what)
{
  struct portero_reader inner;

  portero_reader_init(&inner, der_read(r, tag, what), false);
  inner.failed = r->failed;
  return inner;
}

void der_leave(struct portero_reader *r, const struct portero_reader *inner, const char *what)
{
  if (inner->failed)
    portero_reader_fail(r, inner->what);
  else if (portero_reader_left(inner) > 0)
    portero_reader_fail(r, what);
}

void der_write_head(struct portero_writer *w, uint8_t tag, size_t content)
{
  uint8_t length[LENGTH_MAX];
  int size = sizeof length;

  asn1_length_der(content, length, &size);
  portero_write_u8(w, tag);
  portero_write_bytes(w, length, (size_t)size);
}

void der_write(struct portero_writer *w, uint8_t tag, struct portero_bytes content)
{
  der_write_head(w, tag, content.size);
  portero_write_bytes(w, content.data, content.size);
}
