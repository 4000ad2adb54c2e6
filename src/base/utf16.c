/* SPDX-License-Identifier: Apache-2.0 */
#include <portero/utf16.h>

static bool is_high_surrogate(uint32_t unit)
{
  return unit >= 0xd800 && unit <= 0xdbff;
}
static bool is_low_surrogate(uint32_t unit)
{
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The code point that starts at *at, which moves on; false for a lone surrogate. */
static bool utf16_next(struct portero_bytes units, bool big_endian, size_t *at, uint32_t *out_point)
{
  uint32_t first = portero_load_u16(units.data + *at, big_endian);
  uint32_t second;

  *at += 2;
  if (!is_high_surrogate(first)) {
    *out_point = first;
    return !is_low_surrogate(first);
  }
  if (*at == units.size)
    return false;
  second = portero_load_u16(units.data + *at, big_endian);
  *at += 2;
  *out_point = 0x10000 + ((first & 0x3ff) << 10 | (second & 0x3ff));
  return is_low_surrogate(second);
}

/* 1 to 4 bytes. */
static size_t utf8_put(uint32_t point, char out[4])
{
  if (point < 0x80) {
    out[0] = (char)point;
    return 1;
  }
  if (point < 0x800) {
    out[0] = (char)(0xc0 | point >> 6);
    out[1] = (char)(0x80 | (point & 0x3f));
    return 2;
  }
  if (point < 0x10000) {
    out[0] = (char)(0xe0 | point >> 12);
    out[1] = (char)(0x80 | (point >> 6 & 0x3f));
    out[2] = (char)(0x80 | (point & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | point >> 18);
  out[1] = (char)(0x80 | (point >> 12 & 0x3f));
  out[2] = (char)(0x80 | (point >> 6 & 0x3f));
  out[3] = (char)(0x80 | (point & 0x3f));
  return 4;
}

portero_status portero_utf16_to_utf8(struct portero_bytes units, bool big_endian, char *out,
                                     size_t size, size_t *out_length)
{
  size_t length = 0;

  if (units.size % 2 != 0)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  for (size_t at = 0; at < units.size;) {
    uint32_t point;
    char bytes[4];
    size_t n;

    if (!utf16_next(units, big_endian, &at, &point))
      return portero_local(PORTERO_LOCAL_MALFORMED);
    n = utf8_put(point, bytes);
    if (out && size - length < n)
      return portero_local(PORTERO_LOCAL_LIMIT);
    if (out)
      memcpy(out + length, bytes, n);
    length += n;
  }
  *out_length = length;
  return portero_ok();
}

/* Continuation bytes after this lead byte, or -1; *out_bits are its own bits. */
static int utf8_lead(uint8_t lead, uint32_t *out_bits)
{
  if (lead < 0x80) {
    *out_bits = lead;
    return 0;
  }
  if (lead >= 0xc2 && lead <= 0xdf) {
    *out_bits = lead & 0x1f;
    return 1;
  }
  if (lead >= 0xe0 && lead <= 0xef) {
    *out_bits = lead & 0x0f;
    return 2;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    *out_bits = lead & 0x07;
    return 3;
  }
  return -1;
}

/* The code point that starts at *at, which moves on. RFC 3629 section 4. */
static bool utf8_next(const char *text, size_t length, size_t *at, uint32_t *out_point)
{
  static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  uint32_t point = 0;
  int more = utf8_lead((uint8_t)text[*at], &point);

  if (more < 0 || length - *at <= (size_t)more)
    return false;
  ++*at;
  for (int i = 0; i < more; i++, ++*at) {
    uint8_t next = (uint8_t)text[*at];
    if ((next & 0xc0) != 0x80)
      return false;
    point = point << 6 | (next & 0x3f);
  }
  *out_point = point;
  return point >= least[more] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

/* 2 or 4 bytes. */
static size_t utf16_put(uint32_t point, bool big_endian, uint8_t out[4])
{
  if (point < 0x10000) {
    portero_store_u16(out, big_endian, (uint16_t)point);
    return 2;
  }
  point -= 0x10000;
  portero_store_u16(out, big_endian, (uint16_t)(0xd800 | point >> 10));
  portero_store_u16(out + 2, big_endian, (uint16_t)(0xdc00 | (point & 0x3ff)));
  return 4;
}

portero_status portero_utf8_to_utf16(const char *text, size_t length, bool big_endian, uint8_t *out,
                                     size_t size, size_t *out_size)
{
  size_t used = 0;

  for (size_t at = 0; at < length;) {
    uint32_t point;
    uint8_t units[4];
    size_t n;

    if (!utf8_next(text, length, &at, &point))
      return portero_local(PORTERO_LOCAL_MALFORMED);
    n = utf16_put(point, big_endian, units);
    if (out && size - used < n)
      return portero_local(PORTERO_LOCAL_LIMIT);
    if (out)
      memcpy(out + used, units, n);
    used += n;
  }
  *out_size = used;
  return portero_ok();
}
