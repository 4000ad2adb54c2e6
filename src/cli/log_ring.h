/* SPDX-License-Identifier: Apache-2.0 */
/* The last lines of what comes by once. */
#ifndef PORTERO_CLI_LOG_RING_H
#define PORTERO_CLI_LOG_RING_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: not used. */
struct log_ring {
  struct log_ring_line {
    char *text;
    size_t size;
  } * lines;
  size_t capacity, n, next;
  bool used;
};

/* capacity may be 0. false: memory is out. */
bool log_ring_init(struct log_ring *r, size_t capacity);
void log_ring_deinit(struct log_ring *r);
bool log_ring_is_used(const struct log_ring *r);
bool log_ring_add(struct log_ring *r, const char *line, size_t size);
/* Gives what is in it, oldest first; from then on it is not used. */
void log_ring_end(struct log_ring *r, void (*take)(void *user, const char *line, size_t size),
                  void *user);

#endif
