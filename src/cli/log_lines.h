/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a file, forwards as it grows, and where its last ones begin. */
#ifndef PORTERO_CLI_LOG_LINES_H
#define PORTERO_CLI_LOG_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_lines {
  int fd;          /* borrowed */
  bool seekable;   /* it is read at offset, whatever the descriptor's own position */
  uint64_t offset; /* of what is read next */
  bool skipping;   /* the line that is being read is too long */
  char *buffer;
  size_t start, end;
};

enum log_lines_got {
  LOG_LINES_LINE,
  LOG_LINES_END,   /* at this moment; what is left over may become a line */
  LOG_LINES_FAILED /* errno */
};

/* false: memory is out. */
bool log_lines_init(struct log_lines *l, int fd, uint64_t offset);
void log_lines_deinit(struct log_lines *l);
/* Another file, in the same memory. */
void log_lines_restart(struct log_lines *l, int fd, uint64_t offset);

/*
 * The next line, without its end; it lives until the next call. *out_line is NULL for a line of more
 * than LOG_LINE_MAX bytes. Empty lines are passed over. before_read is called before bytes are
 * asked for; it may be NULL.
 */
enum log_lines_got log_lines_next(struct log_lines *l, void (*before_read)(void *user), void *user,
                                  const char **out_line, size_t *out_size);
/* At the end: what is left behind the last end of line, as a line. false: nothing. */
bool log_lines_rest(struct log_lines *l, const char **out_line, size_t *out_size);

/* The file has so many bytes. When whole lines that were read are gone, goes on at its beginning:
 * true. */
bool log_lines_cut(struct log_lines *l, uint64_t size);

/*
 * Where the last n lines that are wanted begin, reading backwards from size. *out_found: how many
 * there are, at most n. false: errno.
 */
bool log_lines_last(int fd, uint64_t size, uint64_t n,
                    bool (*wanted)(void *user, const char *line, size_t size), void *user,
                    uint64_t *out_offset, uint64_t *out_found);

#endif
