/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: varying arrays whose last element is the terminator. [C706] 14.3.4 */
#include <portero/ndr.h>

/* The characters of the varying string that comes next, with their terminator. */
static struct portero_bytes string_take(struct portero_ndr_reader *n, uint32_t max, size_t unit,
                                        const char *what)
{
  uint32_t actual = portero_ndr_read_varying(n, max, unit, NULL, what);

  if (portero_ndr_reader_ok(n) && actual == 0)
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
  return portero_ndr_read_bytes(n, (size_t)actual * unit, what);
}

/* length bytes without terminator, of which none may be one. */
static const char *string_keep(struct portero_ndr_reader *n, const uint8_t *data, size_t length,
                               const char *what)
{
  char *text;

  if (memchr(data, 0, length)) {
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
    return "";
  }
  text = portero_ndr_reader_alloc(n, length + 1, 1, what);
  return text ? memcpy(text, data, length) : "";
}

const char *portero_ndr_read_string_max(struct portero_ndr_reader *n, uint32_t max,
                                        const char *what)
{
  struct portero_bytes chars = string_take(n, max, 1, what);

  if (!portero_ndr_reader_ok(n))
    return "";
  if (chars.data[chars.size - 1] != 0) {
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
    return "";
  }
  return string_keep(n, chars.data, chars.size - 1, what);
}

const char *portero_ndr_read_string(struct portero_ndr_reader *n, const char *what)
{
  return portero_ndr_read_string_max(n, portero_ndr_read_size(n, what), what);
}

const char *portero_ndr_read_varying_string(struct portero_ndr_reader *n, uint32_t max,
                                            const char *what)
{
  uint32_t actual = portero_ndr_read_varying(n, max, 1, NULL, what);
  struct portero_bytes chars = portero_ndr_read_bytes(n, actual, what);
  size_t length = chars.size ? strnlen((const char *)chars.data, chars.size) : 0;

  if (portero_ndr_reader_ok(n) && chars.size && length == chars.size)
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
  return portero_ndr_reader_ok(n) && length ? string_keep(n, chars.data, length, what) : "";
}

/* No code unit of units is zero. */
static bool has_no_nul(struct portero_bytes units)
{
  for (size_t i = 0; i < units.size; i += 2)
    if (units.data[i] == 0 && units.data[i + 1] == 0)
      return false;
  return true;
}

/* How many bytes of UTF-8 the string needs, or false (and failed). The last code unit is the
 * terminator. */
static bool wstring_measure(struct portero_ndr_reader *n, struct portero_bytes *units,
                            size_t *out_length, const char *what)
{
  if (!portero_ndr_reader_ok(n))
    return false;
  units->size -= 2;
  if (portero_load_u16(units->data + units->size, false) == 0 && has_no_nul(*units) &&
      portero_is_ok(portero_utf16_to_utf8(*units, n->r.big_endian, NULL, 0, out_length)))
    return true;
  portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
  return false;
}

/* units with their terminator, as UTF-8. */
static const char *wstring_keep(struct portero_ndr_reader *n, struct portero_bytes units,
                                const char *what)
{
  size_t length;
  char *text;

  if (!wstring_measure(n, &units, &length, what))
    return "";
  text = portero_ndr_reader_alloc(n, length + 1, 1, what);
  if (!text || !portero_is_ok(portero_utf16_to_utf8(units, n->r.big_endian, text, length, &length)))
    return "";
  return text;
}

const char *portero_ndr_read_wstring_max(struct portero_ndr_reader *n, uint32_t max,
                                         const char *what)
{
  return wstring_keep(n, string_take(n, max, 2, what), what);
}

const char *portero_ndr_read_wstring(struct portero_ndr_reader *n, const char *what)
{
  return portero_ndr_read_wstring_max(n, portero_ndr_read_size(n, what), what);
}

const char *portero_ndr_read_varying_wstring(struct portero_ndr_reader *n, uint32_t max,
                                             const char *what)
{
  uint32_t actual = portero_ndr_read_varying(n, max, 2, NULL, what);
  struct portero_bytes units = portero_ndr_read_bytes(n, (size_t)actual * 2, what);
  size_t end = 0;

  while (end < units.size && (units.data[end] != 0 || units.data[end + 1] != 0))
    end += 2;
  if (end == units.size && end > 0)
    portero_ndr_reader_fail(n, PORTERO_LOCAL_MALFORMED, what);
  if (!portero_ndr_reader_ok(n) || end == 0)
    return "";
  return wstring_keep(n, portero_bytes_make(units.data, end + 2), what);
}

/* Text that is too long for a count is not sendable. */
static bool count_of(struct portero_ndr_writer *n, size_t length, uint32_t *out_count)
{
  if (length >= UINT32_MAX) {
    portero_ndr_writer_fail(n, PORTERO_LOCAL_LIMIT);
    return false;
  }
  *out_count = (uint32_t)length + 1;
  return true;
}

static void string_write(struct portero_ndr_writer *n, const char *text, bool conformant)
{
  uint32_t count;

  if (!count_of(n, strlen(text), &count))
    return;
  if (conformant)
    portero_ndr_write_size(n, count);
  portero_ndr_write_varying(n, count);
  portero_ndr_write_bytes(n, text, count);
}

static void wstring_write(struct portero_ndr_writer *n, const char *text, bool conformant)
{
  size_t length = strlen(text);
  size_t size;
  uint32_t count;
  uint8_t *out;

  if (!portero_is_ok(portero_utf8_to_utf16(text, length, n->w.big_endian, NULL, 0, &size))) {
    portero_ndr_writer_fail(n, PORTERO_LOCAL_USAGE);
    return;
  }
  if (!count_of(n, size / 2, &count))
    return;
  if (conformant)
    portero_ndr_write_size(n, count);
  portero_ndr_write_varying(n, count);
  out = portero_writer_reserve(&n->w, size + 2);
  if (!out)
    return;
  memset(out + size, 0, 2);
  if (!portero_is_ok(portero_utf8_to_utf16(text, length, n->w.big_endian, out, size, &size)))
    portero_ndr_writer_fail(n, PORTERO_LOCAL_USAGE);
}

void portero_ndr_write_string(struct portero_ndr_writer *n, const char *text)
{
  string_write(n, text, true);
}

void portero_ndr_write_varying_string(struct portero_ndr_writer *n, const char *text)
{
  string_write(n, text, false);
}

void portero_ndr_write_wstring(struct portero_ndr_writer *n, const char *text)
{
  wstring_write(n, text, true);
}

void portero_ndr_write_varying_wstring(struct portero_ndr_writer *n, const char *text)
{
  wstring_write(n, text, false);
}
