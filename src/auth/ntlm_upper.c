/* SPDX-License-Identifier: Apache-2.0 */
/* Simple case mapping of the Unicode character database, ranges with one rule each. */
#include "src/auth/ntlm_upper.h"

#include <stddef.h>

static const struct range {
  uint16_t first, last;
  int16_t distance; /* what is added */
  uint8_t step;     /* 2: every other unit from first on is small */
} ranges[] = {
    {0x0061, 0x007a, -32, 1}, /* Latin */
    {0x00e0, 0x00f6, -32, 1}, {0x00f8, 0x00fe, -32, 1}, {0x00ff, 0x00ff, 121, 1},
    {0x0101, 0x012f, -1, 2},  {0x0133, 0x0137, -1, 2},  {0x013a, 0x0148, -1, 2},
    {0x014b, 0x0177, -1, 2},  {0x017a, 0x017e, -1, 2},  {0x01ce, 0x01dc, -1, 2},
    {0x01df, 0x01ef, -1, 2},  {0x01f9, 0x021f, -1, 2},  {0x0223, 0x0233, -1, 2},
    {0x03ac, 0x03ac, -38, 1}, /* Greek */
    {0x03ad, 0x03af, -37, 1}, {0x03b1, 0x03c1, -32, 1}, {0x03c2, 0x03c2, -31, 1},
    {0x03c3, 0x03cb, -32, 1}, {0x03cc, 0x03cc, -64, 1}, {0x03cd, 0x03ce, -63, 1},
    {0x0430, 0x044f, -32, 1}, /* Cyrillic */
    {0x0450, 0x045f, -80, 1}, {0x0461, 0x0481, -1, 2},  {0x048b, 0x04bf, -1, 2},
    {0x04c2, 0x04ce, -1, 2},  {0x04d1, 0x052f, -1, 2},  {0x0561, 0x0586, -48, 1}, /* Armenian */
    {0x1e01, 0x1e95, -1, 2},                            /* Latin extended additional */
    {0x1ea1, 0x1eff, -1, 2},  {0xff41, 0xff5a, -32, 1}, /* full-width Latin */
};

uint16_t ntlm_upper(uint16_t unit)
{
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    const struct range *r = &ranges[i];
    if (unit >= r->first && unit <= r->last && (unit - r->first) % r->step == 0)
      return (uint16_t)(unit + r->distance);
  }
  return unit;
}
