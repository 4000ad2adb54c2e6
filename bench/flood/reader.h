/* SPDX-License-Identifier: Apache-2.0 */
/* Reads answers, of which only the beginning counts, without keeping a buffer for each connection. */
#ifndef PORTERO_BENCH_FLOOD_READER_H
#define PORTERO_BENCH_FLOOD_READER_H

#include <portero/bytes.h>

#define FLOOD_HEAD 28u /* up to the status of a fault */

struct flood_reader {
  uint8_t head[FLOOD_HEAD];
  uint8_t held;  /* of head */
  uint16_t left; /* of the PDU, behind the head */
};

struct flood_heard {
  uint8_t ptype;
  bool last;     /* fragment */
  uint32_t code; /* a fault's status, a nak's reason */
};

/* Zeroed at first. Takes bytes off the front; true when a PDU was read to its end. */
bool flood_reader_next(struct flood_reader *r, struct portero_bytes *bytes,
                       struct flood_heard *out_heard);

#endif
