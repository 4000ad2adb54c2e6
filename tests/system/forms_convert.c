/* SPDX-License-Identifier: Apache-2.0 */
/* The conversions that a program defines for its own types. */
#include "tests/system/forms_ends.h"

#include <stdio.h>
#include <string.h>

#define EPOCH 11644473600ll /* seconds from 1601 to 1970 */

portero_status forms_FILETIME_to_wire(const struct timespec *value, struct portero_arena *arena,
                                      struct forms_FILETIME *out_wire)
{
  uint64_t ticks;

  (void)arena;
  if (value->tv_sec < -EPOCH || value->tv_nsec < 0 || value->tv_nsec >= 1000000000)
    return portero_local(PORTERO_LOCAL_USAGE);
  ticks = (uint64_t)(value->tv_sec + EPOCH) * 10000000u + (uint64_t)value->tv_nsec / 100u;
  *out_wire = (struct forms_FILETIME){(uint32_t)ticks, (uint32_t)(ticks >> 32)};
  return portero_ok();
}

portero_status forms_FILETIME_from_wire(const struct forms_FILETIME *wire,
                                        struct portero_arena *arena, struct timespec *out_value)
{
  uint64_t ticks = (uint64_t)wire->high << 32 | wire->low;

  (void)arena;
  if (ticks > INT64_MAX)
    return portero_local(PORTERO_LOCAL_MALFORMED);
  out_value->tv_sec = (time_t)(ticks / 10000000u) - EPOCH;
  out_value->tv_nsec = (long)(ticks % 10000000u) * 100;
  return portero_ok();
}

portero_status forms_BSTR_to_wire(const forms_BSTR_local *value, struct portero_arena *arena,
                                  forms_BSTR_wire *out_wire)
{
  struct forms_FLAGGED_WORD_BLOB *blob;
  size_t length = *value ? strlen(*value) : 0, size = 0;
  uint8_t *units;

  *out_wire = NULL;
  if (!*value)
    return portero_ok();
  if (**value == '!')
    return portero_fault_status(STUBBORN);
  blob = portero_arena_alloc(arena, sizeof *blob);
  units = portero_arena_alloc(arena, 2 * length);
  if (!blob || !units)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  if (!portero_is_ok(portero_utf8_to_utf16(*value, length, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
                                           units, 2 * length, &size)))
    return portero_local(PORTERO_LOCAL_USAGE);
  *blob = (struct forms_FLAGGED_WORD_BLOB){
      .fFlags = 8, .clSize = (uint32_t)(size / 2), .asData = (const void *)units};
  *out_wire = blob;
  return portero_ok();
}

portero_status forms_BSTR_from_wire(const forms_BSTR_wire *wire, struct portero_arena *arena,
                                    forms_BSTR_local *out_value)
{
  const struct forms_FLAGGED_WORD_BLOB *blob = *wire;
  size_t length = 0, room = blob ? 3 * (size_t)blob->clSize + 1 : 0;
  portero_status status;
  char *text;

  *out_value = NULL;
  if (!blob)
    return portero_ok();
  text = portero_arena_alloc(arena, room);
  if (!text)
    return portero_local(PORTERO_LOCAL_LIMIT);
  status = portero_utf16_to_utf8(portero_bytes_make(blob->asData, 2 * (size_t)blob->clSize),
                                 __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, text, room, &length);
  if (!portero_is_ok(status))
    return status;
  if (text[0] == '?')
    return portero_fault_status(UNWANTED);
  text[length] = '\0';
  *out_value = text;
  return portero_ok();
}

static struct forms_wire_angle angle_of(double degrees)
{
  int32_t minutes = (int32_t)(degrees * 60);

  return (struct forms_wire_angle){minutes / 60, minutes % 60};
}

portero_status forms_ANGLE_to_wire(const ANGLE *value, struct portero_arena *arena,
                                   struct forms_wire_angle *out_wire)
{
  (void)arena;
  *out_wire = angle_of(*value);
  return portero_ok();
}

portero_status forms_ANGLE_from_wire(const struct forms_wire_angle *wire,
                                     struct portero_arena *arena, ANGLE *out_value)
{
  (void)arena;
  *out_value = wire->degrees + wire->minutes / 60.0;
  return portero_ok();
}

portero_status forms_HEADING_to_wire(const HEADING *value, struct portero_arena *arena,
                                     forms_HEADING_wire *out_wire)
{
  struct forms_wire_angle *angle;

  *out_wire = NULL;
  if (value->degrees < 0)
    return portero_ok(); /* there is none: refused, since what travels is no pointer that may be 0 */
  angle = portero_arena_alloc(arena, sizeof *angle);
  if (!angle)
    return portero_local(PORTERO_LOCAL_NO_MEMORY);
  *angle = angle_of(value->degrees);
  *out_wire = angle;
  return portero_ok();
}

portero_status forms_HEADING_from_wire(const forms_HEADING_wire *wire, struct portero_arena *arena,
                                       HEADING *out_value)
{
  (void)arena;
  out_value->degrees = (*wire)->degrees + (*wire)->minutes / 60.0;
  (void)snprintf(out_value->name, sizeof out_value->name, "%s",
                 out_value->degrees < 180 ? "east" : "west");
  return portero_ok();
}

portero_status forms_COLOUR_to_wire(const struct forms_COLOUR *value, struct portero_arena *arena,
                                    uint64_t *out_wire)
{
  (void)arena;
  *out_wire = (uint64_t)(uint8_t)value->red << 40 | (uint64_t)(uint8_t)value->green << 20 |
              (uint8_t)value->blue;
  return portero_ok();
}

portero_status forms_COLOUR_from_wire(const uint64_t *wire, struct portero_arena *arena,
                                      struct forms_COLOUR *out_value)
{
  (void)arena;
  *out_value = (struct forms_COLOUR){(int8_t)(uint8_t)(*wire >> 40), (int8_t)(uint8_t)(*wire >> 20),
                                     (int8_t)(uint8_t)*wire};
  return portero_ok();
}
