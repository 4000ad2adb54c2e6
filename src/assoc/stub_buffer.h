/* SPDX-License-Identifier: Apache-2.0 */
/* The stub of a call that arrives in several fragments. Grows with what has arrived, never with what was promised. */
#ifndef PORTERO_ASSOC_STUB_BUFFER_H
#define PORTERO_ASSOC_STUB_BUFFER_H

#include <portero/bytes.h>

struct stub_buffer {
  uint8_t *data;
  size_t size, capacity;
};

/* LOCAL_LIMIT above limit, LOCAL_NO_MEMORY; then nothing was appended. */
portero_status stub_buffer_append(struct stub_buffer *b, const struct portero_mem *mem,
                                  struct portero_bytes bytes, size_t limit);
void stub_buffer_free(struct stub_buffer *b, const struct portero_mem *mem);

#endif
