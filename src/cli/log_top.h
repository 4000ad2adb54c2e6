/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts by name in a table of a fixed size, for names that strangers choose. As long as there is
 * room all counts are exact. In a full table the name with the smallest count makes room, and the
 * new one starts from that count ("space saving", Metwally and others 2005): what comes often stays,
 * and no count is too small or too large by more than the smallest one in the table.
 */
#ifndef PORTERO_CLI_LOG_TOP_H
#define PORTERO_CLI_LOG_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_TOP_NAME 120u /* longer names are cut */

struct log_top_entry {
  char name[LOG_TOP_NAME];
  uint64_t hash;
  uint64_t count;
  uint64_t error; /* count is too large by at most this */
  uint32_t next;  /* in its chain: an index + 1 */
  uint32_t place; /* in the heap */
};

struct log_top {
  size_t capacity, n;
  size_t extra_size;  /* of what the user keeps beside each entry */
  uint64_t displaced; /* entries that made room */
  struct log_top_entry *entries;
  unsigned char *extra;
  uint32_t *heap; /* the smallest count first */
  uint32_t *chains;
  size_t n_chains; /* a power of two */
};

/* false: memory is out; deinit is fine. */
bool log_top_init(struct log_top *t, size_t capacity, size_t extra_size);
void log_top_deinit(struct log_top *t);
/* Adds by to name's count; returns what the user keeps beside it, all zero in a new entry. */
void *log_top_add(struct log_top *t, const char *name, uint64_t by);
const void *log_top_extra(const struct log_top *t, const struct log_top_entry *entry);
/* Up to n of the entries with the greatest counts, greatest first; those alike by name. */
size_t log_top_greatest(const struct log_top *t, const struct log_top_entry **out_entries,
                        size_t n);
/* The same by another value than the count; entries of value 0 stay out. */
size_t log_top_select(const struct log_top *t,
                      uint64_t (*value)(const struct log_top_entry *entry, const void *extra),
                      const struct log_top_entry **out_entries, size_t n);

#endif
